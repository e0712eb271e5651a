#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The README's session with QEMU: each "$" line is typed, and what it prints is
# what stands under it.
set -u
hiod=${HIOD:?}
. harness/ktap/ktap.sh

# The lines of the section, without their margin.
awk '/^## / { here = /^## Your QEMU/ } here && sub(/^    /, "")' README.md >"$tmp/session"
sed -n 's/^\$ //p' "$tmp/session" >"$tmp/typed"
grep -v '^\$ ' "$tmp/session" >"$tmp/expected"
rows=$(grep -c '^on ' "$tmp/typed")
ktap_plan 2
ok 'the README shows three rows' is 3 "$rows"
qemu=$(ci/qemu --cached 10.0 2>"$tmp/why")
if [ -z "$qemu" ]; then
	skip 'QEMU says what the README says' "$(tail -n 1 "$tmp/why")"
else
	# What is built and fetched there is here already.
	{
		echo "qemu='$qemu'"
		grep -v '^make ' "$tmp/typed" | sed "s:build/hiod:'$hiod':"
	} >"$tmp/script"
	timeout 120 sh "$tmp/script" >"$tmp/seen" 2>&1
	ok 'QEMU says what the README says' diff "$tmp/expected" "$tmp/seen"
fi
ktap_end
