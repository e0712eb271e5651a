#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/class-tree.md: what its rows name is there, and what is there has a row.
set -u
. harness/ktap/ktap.sh
doc=docs/class-tree.md

# Column N of every row of the tables, code spans one a line, as FILE SYMBOL pairs.
pairs() {
	grep '^| `' "$doc" | awk -F' \\| ' -v c="$1" '{ print $c }' | grep -o '`[^`]*`' | tr -d '`' | paste -d' ' - -
}
symbols_are_there() {
	pairs 3 >"$tmp/pairs"
	[ "$(wc -l <"$tmp/pairs")" -gt 40 ] || return 1
	while read -r file symbol; do
		grep -qw -- "$symbol" "$file" || { echo "$file has no $symbol" && return 1; }
	done <"$tmp/pairs"
}
tests_are_there() {
	pairs 4 >"$tmp/pairs"
	[ "$(wc -l <"$tmp/pairs")" -gt 40 ] || return 1
	while read -r prog test; do
		grep -qE "^TEST(_F)?\(([a-z0-9_]+, )?$test\)" "$prog.c" ||
			{ echo "$prog has no $test" && return 1; }
	done <"$tmp/pairs"
}

# The members of "struct NAME {" or "typedef struct NAME {" in a header, one a line.
members() { # header, name
	sed -n "/^\(typedef \)\{0,1\}struct $2 {/,/^}/p" "$1" | sed '1d;$d' |
		sed 's|/\*.*\*/||; /^\t\/\*/,/\*\//d' | tr '\n' ' ' | tr ';' '\n' |
		sed 's/.*(\*\([a-z_0-9]*\)).*/\1()/; s/^.*[ *]\([a-z_0-9]*, [a-z_0-9, *]*\)$/\1/; t
			s/^.*[ *]\([a-z_0-9]*\) *$/\1/' | tr ',' '\n' | sed 's/[ *]//g' | grep .
}
has_rows() { # header, name, prefix of its members
	members "$1" "$2" >"$tmp/members"
	[ -s "$tmp/members" ] || { echo "no members of $2" && return 1; }
	cut -d'|' -f2 "$doc" >"$tmp/column"
	while read -r m; do
		case $m in *'()') want="$m" ;; parent) continue ;; *) want="$3$m" ;; esac
		grep -qF "\`$want\`" "$tmp/column" || { echo "$2 has $m, $doc no \`$want\`" && return 1; }
	done <"$tmp/members"
}
classes_have_rows() {
	for c in $(grep -oh '"host-iommu-device[a-z-]*"' hiod/*.c | tr -d '"' | sort -u); do
		grep -q "^| \`$c\` |" "$doc" || { echo "no row of $c" && return 1; }
	done
}

ktap_plan 8
ok 'every symbol of a row is in its file' symbols_are_there
ok 'every test of a row is in its program' tests_are_there
ok 'every class has a row' classes_have_rows
ok 'every member of a host IOMMU device has one' has_rows hiod/host_iommu_device.h HostIOMMUDevice .
ok 'every capability has one' has_rows hiod/host_iommu_device.h HostIOMMUDeviceCaps .caps.
ok 'every callback has one' has_rows hiod/host_iommu_device.h HostIOMMUDeviceClass ''
ok 'every member below iommufd has one' has_rows hiod/iommufd.h HostIOMMUDeviceIOMMUFD .
ok 'every callback below iommufd has one' has_rows hiod/iommufd.h HostIOMMUDeviceIOMMUFDClass ''
ktap_end
