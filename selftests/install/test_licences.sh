#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every file of the source names its licence, and a file that does not is seen.
# shellcheck disable=SC2317 # functions are called by ok
set -u
. harness/ktap/ktap.sh

licences() { # in a directory
	(cd "$1" && python3 "$here/packaging/licences")
}

here=$PWD
ktap_plan 4
if ! python3 -c 'import tomllib' 2>/dev/null; then
	for what in 'every file' 'an unnamed one' 'a missing text' 'an entry for nothing'; do
		skip "$what" 'needs Python 3.11'
	done
	ktap_end
fi
ok 'every file of the source names its licence' licences .

# A tree of our own, which is not of git.
mkdir -p "$tmp/t/LICENSES" "$tmp/t/data"
cp LICENSES/CC-BY-4.0.txt "$tmp/t/LICENSES"
printf '/* SPDX-License-Identifier: CC-BY-4.0 */\n' >"$tmp/t/a.c"
echo x >"$tmp/t/data/b.bin"
printf 'version = 1\n[[annotations]]\npath = "data/**"\nSPDX-License-Identifier = "CC-BY-4.0"\n' >"$tmp/t/REUSE.toml"
lists() { # what it must print
	licences "$tmp/t" >"$tmp/out" && return 1
	has "$tmp/out" "$1"
}
sed -i '1i # SPDX-License-Identifier: CC-BY-4.0' "$tmp/t/REUSE.toml"
echo y >"$tmp/t/c.c"
ok 'a file without one is listed' lists '^c\.c: no licence$'
printf '# SPDX-License-Identifier: MIT\n' >"$tmp/t/c.c"
ok 'a licence without its text is listed' lists '^LICENSES/MIT\.txt: missing$'
rm "$tmp/t/c.c" "$tmp/t/data/b.bin"
ok 'an entry of REUSE.toml that matches nothing is listed' lists "'data/\*\*' matches no file"
ktap_end
