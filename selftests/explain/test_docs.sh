#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/problems.md: every command in it says what the text shows, and every row
# of its table has its part. UPDATE=yes writes the outputs anew.
set -u
. harness/ktap/ktap.sh
hiod=${HIOD:?}
doc=docs/problems.md

# What stands behind "$ " in a fenced block is run; the block must be its output.
again() { # file of the document -> the document with outputs of now
	in=no
	while IFS= read -r line; do
		case $in$line in
		'no```') in=block ;;
		'block```' | 'output```') in=no ;;
		block'$ hiod '*)
			printf '%s\n' "$line"
			# shellcheck disable=SC2086 # options without blanks
			"$hiod" ${line#'$ hiod '} 2>&1 </dev/null
			in=output
			continue
			;;
		output*) continue ;;
		esac
		printf '%s\n' "$line"
	done <"$1"
}

again "$doc" >"$tmp/now"
if [ "${UPDATE:-}" = yes ]; then
	cp "$tmp/now" "$doc"
fi

commands=$(grep -c '^\$ hiod ' "$doc")
rows() { sed -n 's/^| \[\([0-9]*\)\](#[^)]*) .* | \([a-z0-9-]*\) |$/\1 \2/p' "$doc"; }

ktap_plan 5
ok 'there are fifteen problems and a command for each' is '15 15' "$(rows | wc -l | tr -d ' ') $commands"
ok 'each output is what the command says now' diff -u "$doc" "$tmp/now"
missing=$(rows | while read -r n slug; do
	grep -qF "## $n. $slug" "$doc" && grep -q "^problem: $slug " "$doc" || echo "$n $slug"
done)
ok 'each row of the table has its part, in which the problem is named' is '' "$missing"
"$hiod" explain --list-problems | awk '$1 != "-" { print $1, $2 }' | sort >"$tmp/known"
rows | sort >"$tmp/told"
ok 'each row is a problem of that number' is '' "$(comm -13 "$tmp/known" "$tmp/told")"
hosts=$(grep -o 'corpus/hosts/[^ ]*' "$doc" | sort -u | while read -r f; do [ -e "$f" ] || echo "$f"; done)
ok 'each host is in the corpus' is '' "$hosts"
ktap_end
