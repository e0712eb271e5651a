# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by the tests of the patches here, behind ktap.sh: what holds of each patch.
# shellcheck disable=SC2154 # tmp is ktap.sh's

is_property() { # name
	grep -qE "^PROPERTY(_JSON)?\($1\)" selftests/properties/list.def
}
# Nothing but the patched files is copied.
applies() {
	rm -rf "$tmp/tree"
	for f in $(sed -n 's|^+++ b/||p' "$1"); do
		case $f in selftests/*) echo "$f is a test" && return 1 ;; esac
		mkdir -p "$tmp/tree/${f%/*}" && cp "$f" "$tmp/tree/$f" || return 1
	done
	patch -s -p1 -d "$tmp/tree" <"$1"
}
names_a_test() { # patch
	t=$(sed -n '2s/^Test: //p' "$1")
	name=${t##*.}
	# A property is a test of its name.
	grep -qE "^TEST(_F|_TIMEOUT)?\(([a-z0-9_]+, )?${name}[,)]" "${t% *}.c" ||
		{ [ "${t% *}" = selftests/properties/test_properties ] && is_property "$name"; } ||
		{ echo "no test $t" && return 1; }
}
