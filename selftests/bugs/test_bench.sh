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

# Results as selftests/bugs/bench/run and check-bugs leave them, for every bug.
results() {
	mkdir "$tmp/out" "$tmp/check" && echo 'rows of all bugs' >"$tmp/doc" || return 1
	for p in selftests/bugs/*.patch selftests/bugs/bench/*.patch; do
		echo 'ok 1 - killed' >"$tmp/check/$(basename "$p" .patch).out"
	done
	for name in none $(sed -n 's/^\([a-z][^ ]*\) .*/\1/p' "$targets"); do
		echo 'type1_info 5/5 7 5/5 70 0.1 60 100000' >"$tmp/out/$name"
	done
}
some_leave_the_document() {
	for lost in out/p01-no-cycle-check out/none check/p01-no-cycle-check.out; do
		mv "$tmp/$lost" "$tmp/lost" || return 1
		selftests/bugs/bench/table "$tmp/out" "$tmp/check" "$tmp/doc" 2>"$tmp/said" || return 1
		mv "$tmp/lost" "$tmp/$lost"
		grep -q 'not all have a result' "$tmp/said" && [ -s "$tmp/out/table.md" ] &&
			[ "$(cat "$tmp/doc")" = 'rows of all bugs' ] || { echo "without $lost" && return 1; }
	done
}
all_are_the_document() {
	selftests/bugs/bench/table "$tmp/out" "$tmp/check" "$tmp/doc" || return 1
	grep -q '^| p01-no-cycle-check .*| killed | type1_info | 7 (5/5) | 70 (5/5) | 0.1 |' "$tmp/doc"
}

set -- selftests/bugs/bench/*.patch
ktap_plan $(($# + 5))
for p; do
	ok "$(basename "$p" .patch)" eval 'applies "$p" && names_a_test "$p" && has_a_target "$p"'
done
ok 'every target is a property' targets_are_properties
ok 'every line of targets has a patch, once' lines_have_patches
ok 'there are 25 parsing bugs and more' [ $# -ge 25 ]
results || exit 1
ok 'results of some bugs leave docs/bug-bench.md as it is' some_leave_the_document
ok 'results of all bugs are docs/bug-bench.md' all_are_the_document
ktap_end
