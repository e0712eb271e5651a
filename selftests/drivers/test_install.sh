#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make kselftest-install: what it refuses, and that what it places is complete.
. harness/ktap/ktap.sh

install() { ci/kselftest/install "$@"; }
refuses() { # WHY ARGUMENT...
	why=$1
	shift
	! install "$@" >"$tmp/said" 2>&1 && has "$tmp/said" "$why"
}
# Every source finds its headers in the tree, and those of the system.
complete() {
	(cd "$to" && find . -name '*.c' -exec "${CC:-gcc}" -MM -D_GNU_SOURCE -I. -isystem "$headers" {} +)
}
programs() { # all tests are built
	make -s -C "$to" -f - show <<-'M'
		include Makefile
		show: ; @echo $(TEST_GEN_PROGS)
	M
}

tree=$tmp/linux
to=$tree/tools/testing/selftests/hiod
headers=$PWD/build/include
# The headers are next to the build directory, whichever that is.
for d in "${HIOD_OBJ:-build}"/../include "${HIOD_OBJ:-build}"/../../include; do
	[ ! -e "$d/linux/iommufd.h" ] || headers=$(cd "$d" && pwd)
done
mkdir -p "$tree/include/uapi/linux"

ktap_plan 8
ok 'no tree named' refuses 'no kernel tree named'
ok 'not a kernel tree' refuses 'is no kernel tree' "$tree"
mkdir -p "$tree/tools/testing/selftests"
cat >"$tree/tools/testing/selftests/lib.mk" <<'M'
OUTPUT := $(CURDIR)
TEST_GEN_PROGS := $(TEST_GEN_PROGS:%=$(OUTPUT)/%)
M
ok 'too old a tree' refuses 'older than Linux 6.11' "$tree"
echo '#define IOMMU_FAULT_QUEUE_ALLOC' >"$tree/include/uapi/linux/iommufd.h"
ok 'placed' install "$tree"
if [ -e "$headers/linux/iommufd.h" ] || [ -e /usr/include/linux/iommufd.h ]; then
	ok 'every source has its headers' complete
else
	skip 'every source has its headers' 'no kernel headers beside the build'
fi
programs >"$tmp/programs" 2>&1
# shellcheck disable=SC2046 # words
ok 'every test is a program of it' is "$(wc -w <"$tmp/programs")" \
	"$(find selftests/drivers -name 'test_*.c' | wc -l)"
touch "$to/leftover.c"
install "$tree" >/dev/null 2>&1
ok 'placed again, the old files are gone' test ! -e "$to/leftover.c"
echo 'all:' >"$to/Makefile"
ok "another's directory is left alone" refuses 'is not ours' "$tree"
ktap_end
