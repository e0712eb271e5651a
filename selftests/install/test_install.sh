#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make install and uninstall, the library outside the tree, and make dist. On a
# release build that is there already: `make check-install` makes it.
# shellcheck disable=SC2317 # functions are called by ok
set -u
obj=${HIOD_OBJ:?}
build=${obj%/asan}
. harness/ktap/ktap.sh

dest=$tmp/root
lib=/usr/lib/any
release() { # make on the release build, without the outer make's variables
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make --no-print-directory -s BUILD="$build" DEPS=no \
		PREFIX=/usr LIBDIR=$lib "$@"
}

ktap_plan 21
if [ ! -e "$build/install/list" ]; then
	why='no release build here: make check-install'
elif release -n install-files | grep -qe ' -c -o '; then
	why='the release build is older than the source: make check-install'
fi
if [ "${why:-}" ]; then
	while [ $ktap_n -lt 21 ]; do
		skip 'what is installed' "$why"
	done
	ktap_end
fi

installed() { # what is there that is no directory, and its permissions
	(cd "$dest" && find . ! -type d -printf '%P %m\n' | sort)
}
as_listed() {
	while read -r mode dir file _; do
		[ "$mode" = link ] && mode=777
		echo "${dir#/}/${file##*/} $mode"
	done <"$build/install/list" | sort | diff - "$tmp/installed"
}
not_sanitised() {
	! ldd "$dest/usr/bin/hiod" "$dest$lib/libhiod-shim.so.0" | grep -e asan -e ubsan
}
# The tree's own place is in nothing that is read.
no_build_path() {
	! grep -rlF -e "$PWD" "$dest/usr/share" "$dest/usr/include" "$dest$lib/pkgconfig"
}

ok 'make install' release install DESTDIR="$dest"
installed >"$tmp/installed"
ok 'installs what is listed, with its permissions' as_listed
ok 'the program runs' is "hiod $(sed -n 's/^VERSION := //p' Makefile)" "$("$dest/usr/bin/hiod" --version)"
ok 'it is not sanitised' not_sanitised
ok 'manual, completion, headers and pkg-config do not name the build tree' no_build_path
ok 'there is a page for each format' is "$(find docs -name "*-format.md" | wc -l)" \
	"$(find "$dest/usr/share/man/man5" -name 'hiod-*.5' | wc -l)"

# ---- the library ----------------------------------------------------------
export PKG_CONFIG_PATH="$dest$lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$dest"
cflags=$(pkg-config --cflags hiod-shim)
cc=${CC:-cc}
each_header() { # compiler and language
	for h in "$dest"/usr/include/hiod-shim/*.h; do
		printf '#include <hiod-shim/%s>\n' "${h##*/}" >"$tmp/h.c"
		# shellcheck disable=SC2086 # flags
		"$@" $cflags -Wall -Wextra -Werror -fsyntax-only "$tmp/h.c" || return 1
	done
}
# Functions that the headers declare, as gcc tells, and data by their name.
declared() {
	for h in "$dest"/usr/include/hiod-shim/*.h; do
		printf '#include <hiod-shim/%s>\n' "${h##*/}"
	done >"$tmp/all.c"
	# shellcheck disable=SC2086 # flags
	gcc $cflags -aux-info "$tmp/aux" -fsyntax-only "$tmp/all.c" || return 1
	grep 'hiod-shim/[a-z_]*\.h:[0-9]*:NC \*/ extern' "$tmp/aux" |
		sed 's/ (.*//; s/.*[ *]//'
	sed -n 's/^extern const struct .* \([a-z_]*\);$/\1/p' "$dest"/usr/include/hiod-shim/*.h
}
exports_what_is_declared() {
	declared | sort -u >"$tmp/declared"
	nm -D --defined-only "$dest$lib/libhiod-shim.so.0" | sed -n 's/.* [TDRB] \(.*\)@@.*/\1/p' | sort |
		diff "$tmp/declared" - || return 1
	nm --defined-only "$dest$lib/libhiod-shim.a" | sed -n 's/.* [TDRB] //p' | sort |
		diff "$tmp/declared" -
}
cp -r examples/shim-client "$tmp/client"
client=$tmp/client/shim-client
built() {
	env -u MAKEFLAGS -u MAKELEVEL -u CFLAGS make -s -C "$tmp/client" clean &&
		env -u MAKEFLAGS -u MAKELEVEL make -s -C "$tmp/client" CFLAGS='-Wall -Wextra -Werror' "$@"
}
host=$dest/usr/share/hiod/corpus/hosts/6.12-vtd-aw39.host.json
run() { # stdout and status
	LD_LIBRARY_PATH=$dest$lib "$client" "$@" >"$tmp/out"
	status=$?
}
ranges='0x0 - 0xfedfffff
0xfef00000 - 0x7fffffffff'

ok 'each header compiles alone' each_header "$cc" -std=gnu11
if command -v g++ >/dev/null; then
	ok 'and as C++' each_header g++ -x c++
else
	skip 'and as C++' 'no g++'
fi
ok 'the libraries export what the headers declare, and nothing else' exports_what_is_declared
ok 'the soname is that of the ABI' is libhiod-shim.so.0 \
	"$(objdump -p "$dest$lib/libhiod-shim.so" | sed -n 's/ *SONAME *//p')"
ok 'the example builds outside the tree by pkg-config alone' built
run "$host" 0000:00:05.0 "$tmp/x.capture.jsonl"
ok 'on the model it sees the ranges of the host' is "$ranges" "$(cat "$tmp/out")"
ok 'what it recorded is a valid transcript' "$dest/usr/bin/hiod" validate "$tmp/x.capture.jsonl"
run --replay "$tmp/x.capture.jsonl" 0000:00:05.0
ok 'on the recording it sees the same' is "0 $ranges" "$status $(cat "$tmp/out")"
run --fault "$host" 0000:00:05.0
ok 'with a call that fails it says so' is '1 VFIO: Cannot allocate memory' "$status $(cat "$tmp/out")"
run --kernel ffff:ff:1f.7
ok 'on the kernel it asks the kernel' is '1 ffff:ff:1f.7: No such file or directory' \
	"$status $(cat "$tmp/out")"
if [ -e "$(gcc -print-file-name=libjansson.a)" ]; then
	ok 'it links with the archive' built STATIC=yes
else
	skip 'it links with the archive' 'no static libjansson'
fi

# ---- uninstall ------------------------------------------------------------
echo mine >"$dest/usr/share/doc/hiod/mine"
echo mine >"$dest$lib/mine"
ok 'make uninstall' release uninstall DESTDIR="$dest"
ok 'leaves what others put there, and nothing else' is \
	"usr/lib/any/mine 644 usr/share/doc/hiod/mine 644" "$(installed | tr '\n' ' ' | sed 's/ $//')"

# ---- dist -----------------------------------------------------------------
dist() { # two archives, made in other circumstances
	packaging/dist 1.2.3 "$tmp/a.tar.gz" 2>/dev/null &&
		(umask 077 && TZ=Asia/Tokyo LC_ALL=C packaging/dist 1.2.3 "$tmp/b.tar.gz" 2>/dev/null) &&
		cmp "$tmp/a.tar.gz" "$tmp/b.tar.gz"
}
holds_the_commit() {
	tar -tzf "$tmp/a.tar.gz" | grep -v '/$' | sed 's,^hiod-1.2.3/,,' | sort >"$tmp/in"
	git ls-tree -r --name-only HEAD | sort | diff - "$tmp/in"
}
if git rev-parse HEAD >/dev/null 2>&1; then
	ok 'make dist gives the same bytes again' dist
	ok 'it holds what the commit holds' holds_the_commit
else
	skip 'make dist gives the same bytes again' 'no git repository'
	skip 'it holds what the commit holds' 'no git repository'
fi
ktap_end
