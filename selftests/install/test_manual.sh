#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual pages as they are made of the program under test and of docs/.
# shellcheck disable=SC2317 # functions are called by ok
set -u
hiod=${HIOD:?}
. harness/ktap/ktap.sh

formats=$(ls docs/*-format.md)
pages=
for f in $formats; do
	name=hiod-$(basename "$f" -format.md)
	pages="$pages $tmp/$name.5"
done

make_pages() {
	packaging/man/mkman --name hiod --section 1 --see 'hiod-host.5' --program "$hiod" \
		packaging/man/hiod.md >"$tmp/hiod.1" || return 1
	for f in $formats; do
		name=hiod-$(basename "$f" -format.md)
		packaging/man/mkman --name "$name" --section 5 --see 'hiod.1' "$f" >"$tmp/$name.5" || return 1
	done
}

# Both print what they find on stderr or stdout, and find nothing.
quiet() {
	out=$("$@" 2>&1 >/dev/null) || out="$out (status $?)"
	[ -z "$out" ] || {
		echo "$*: $out"
		return 1
	}
}
man_warnings() {
	for p in "$tmp/hiod.1" $pages; do
		LC_ALL=C.UTF-8 quiet man --warnings -E UTF-8 -l -Tutf8 -Z "$p" || return 1
	done
}
lint() {
	# Names of the format pages are pages of ours, which it does not find installed.
	for p in "$tmp/hiod.1" $pages; do
		mandoc -Tlint -Wwarning "$p" | grep -v 'referenced manual not found' && return 1
	done
	return 0
}
plain() { # page: as it is read
	LC_ALL=C.UTF-8 MANWIDTH=200 man -l "$1" 2>/dev/null | col -bx
}

# Each line that begins an option in --help begins one in the page.
has_options() {
	plain "$tmp/hiod.1" | sed 's/^ *//' >"$tmp/text"
	for c in $("$hiod" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
		grep -q "^hiod $c: " "$tmp/text" || { echo "$c: no section" && return 1; }
		"$hiod" "$c" --help | grep -o '^ \{1,8\}\(-[a-zA-Z], \)\?--[a-z-]*' | sed 's/^ *//' |
			while read -r o; do
				grep -q -e "^$o" "$tmp/text" || { echo "$c $o: not in the page" && exit 1; }
			done || return 1
	done
}

# Every table, heading and code block of a format comes out.
has_words() {
	for f in $formats; do
		plain "$tmp/hiod-$(basename "$f" -format.md).5" | sed 's/│//g' | tr -s ' ' '\n' | sort -u >"$tmp/seen"
		# shellcheck disable=SC2016 # backquotes of Markdown
		grep -o '`[^` ]*`' "$f" | tr -d '`' | grep -v '[-\\"]' | sort -u |
			while read -r w; do
				grep -qF -e "$w" "$tmp/seen" || { echo "$f: '$w' is not in the page" && exit 1; }
			done || return 1
	done
}

ktap_plan 6
ok 'pages are made of --help and docs/' make_pages
# shellcheck disable=SC2016 # for the inner shell
ok 'they are the same every time' sh -c '
	SOURCE_DATE_EPOCH=1 packaging/man/mkman --name h --section 5 docs/host-format.md >"$0/a"
	TZ=Asia/Tokyo SOURCE_DATE_EPOCH=1 packaging/man/mkman --name h --section 5 docs/host-format.md |
		cmp "$0/a"' "$tmp"
if command -v man >/dev/null && man -w man >/dev/null 2>&1 || man --version >/dev/null 2>&1; then
	ok 'man has no warning' man_warnings
	ok 'every option of every command is in hiod(1)' has_options
	ok 'every word in code of a format is in its page' has_words
else
	for what in warnings options words; do
		skip "$what" 'no man(1): ci/deps install-check'
	done
fi
if command -v mandoc >/dev/null; then
	ok 'mandoc has no warning' lint
else
	skip 'mandoc has no warning' 'no mandoc(1): ci/deps install-check'
fi
ktap_end
