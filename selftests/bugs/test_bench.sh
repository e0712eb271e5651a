#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The patches of the bug bench: each applies, names a test that is there, and is found by
# somebody: a parsing bug (p) by a fuzz target, too.
set -u
. harness/ktap/ktap.sh
. selftests/bugs/patch.sh
targets=selftests/bugs/bench/targets

has_a_target() { # patch
	grep -q "^$(basename "$1" .patch) " "$targets" || { echo "no target" && return 1; }
}
targets_are_properties() {
	sed -n 's/^[a-z][^ ]* //p' "$targets" | tr ' ' '\n' | sort -u >"$tmp/targets"
	[ -s "$tmp/targets" ] || return 1
	while read -r name; do
		is_property "$name" || { echo "no property $name" && return 1; }
	done <"$tmp/targets"
}
lines_have_patches() {
	sed -n 's/^\([a-z][^ ]*\) .*/\1/p' "$targets" >"$tmp/names"
	[ "$(sort "$tmp/names" | uniq -d)" = "" ] || { uniq -d "$tmp/names" && return 1; }
	while read -r name; do
		[ -e "selftests/bugs/$name.patch" ] || [ -e "selftests/bugs/bench/$name.patch" ] ||
			{ echo "no patch $name" && return 1; }
	done <"$tmp/names"
}

set -- selftests/bugs/bench/*.patch
ktap_plan $(($# + 3))
for p; do
	ok "$(basename "$p" .patch)" eval 'applies "$p" && names_a_test "$p" && has_a_target "$p"'
done
ok 'every target is a property' targets_are_properties
ok 'every line of targets has a patch, once' lines_have_patches
ok 'there are 25 parsing bugs and more' [ $# -ge 25 ]
ktap_end
