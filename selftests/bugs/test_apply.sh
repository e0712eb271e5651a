#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Patches of known bugs rot as sources move: each applies, and names a test that is there.
set -u
. harness/ktap/ktap.sh
. selftests/bugs/patch.sh
table=docs/regressions.md

has_a_row() { # patch
	id=$(sed -n '1s/: .*//p' "$1")
	what=$(sed -n '1s/^[^:]*: //p' "$1")
	t=$(sed -n '2s/^Test: //p' "$1")
	row=$(grep "^| $id | " "$table")
	for part in " $what |" " $(basename "$1" .patch) |" " ${t% *} \`${t#* }\` |"; do
		case $row in *"$part"*) ;; *) echo "no '$part' in the row of $id: $row" && return 1 ;; esac
	done
}
rows_have_patches() {
	sed -n 's/^| [MR][0-9a-z]* |.* | \([a-z0-9-]*\) | selftests.*/\1/p' "$table" >"$tmp/named"
	[ -s "$tmp/named" ] || return 1
	while read -r name; do
		[ -e "selftests/bugs/$name.patch" ] || { echo "no patch $name" && return 1; }
	done <"$tmp/named"
}

set -- selftests/bugs/*.patch
ktap_plan $(($# + 2))
for p; do
	ok "$(basename "$p" .patch)" eval 'applies "$p" && names_a_test "$p" && has_a_row "$p"'
done
ok "every row of $table has a patch" rows_have_patches
ok 'there are 40 bugs and more' [ $# -ge 40 ]
ktap_end
