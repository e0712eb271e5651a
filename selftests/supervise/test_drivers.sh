#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that are not QEMU: the tests that are made for real drivers, run
# unchanged under hiod run. They fork, open devices by both ways, and know
# nothing of a model.
set -u
hiod=${HIOD:?}
obj=${HIOD_OBJ:?}
. harness/ktap/ktap.sh

host=${HIOD_CORPUS:-corpus}/hosts/vm-6.12-built-vtd-aw39.host.json
export HIOD_BDF=0000:00:05.0
# Under a sanitiser each test is a process that starts slowly: the smaller ones will do.
programs='attach cdev check container device group hwinfo info ioas'

all_pass() { # PROGRAM: and more than none
	timeout 300 "$hiod" run --host "$host" -- "$obj/selftests/drivers/test_$1" -j 1 >"$tmp/out" 2>"$tmp/err"
	s=$?
	tail -n 20 "$tmp/out" "$tmp/err"
	[ $s = 0 ] && grep -q '^# Totals: pass:[1-9][0-9]* fail:0 ' "$tmp/out"
}

# shellcheck disable=SC2086 # a list
ktap_plan $(echo $programs | wc -w)
for p in $programs; do
	if [ -x "$obj/selftests/drivers/test_$p" ]; then
		ok "the driver tests pass on a described host: $p" all_pass "$p"
	else
		skip "the driver tests pass on a described host: $p" 'not built'
	fi
done
ktap_end
