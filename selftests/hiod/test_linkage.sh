#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hiod/ cannot tell which shim backend answers it: what its object code asks of
# others, and what its sources include, stay within a list.
#
# HIOD_OBJ: the build directory (default build); CC: the compiler.

obj=${HIOD_OBJ:-build}
cc=${CC:-gcc}
n=0
failed=0

# result NAME OFFENDERS: an empty second argument is a pass
result() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n $1"
	else
		failed=$((failed + 1))
		echo "$2" | sed 's/^/# not allowed: /'
		echo "not ok $n $1"
	fi
}

echo "KTAP version 1"
echo "1..4"

# Functions that touch memory and strings and nothing else.
libc='malloc calloc realloc free memcpy memmove memset memcmp memchr strlen strcmp strncmp strchr
strrchr strstr strcpy strncpy strcat strspn strcspn strtol strtoul strtoll strtoull strerror
snprintf vsnprintf'
# What compilers put in: sanitizers, stack protector, fortified and C23 spellings of the above,
# bcmp for a memcmp whose order nobody asks.
runtime='^(bcmp|__(asan|ubsan)_.*|__stack_chk_fail(_local)?|_GLOBAL_OFFSET_TABLE_|__tls_get_addr|'
runtime=$runtime'__isoc23_strto(l|ul|ll|ull)|__(memcpy|memmove|memset|strcpy|strncpy|strcat|snprintf|'
runtime=$runtime'vsnprintf)_chk|__x86.get_pc_thunk.*)$'

defined=$(nm --defined-only "$obj/libhiod.a" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u)
undefined=$(nm -u "$obj/libhiod.a" 2>/dev/null | awk '$1 == "U" { print $2 }' | sort -u)
if [ -z "$defined" ]; then
	result archive_has_symbols "no symbols in $obj/libhiod.a"
else
	result archive_has_symbols ""
fi

# A list, one a line, of what is in $1 and not in $2
minus() {
	printf '%s\n' "$1" | while read -r s; do
		printf '%s\n' "$2" | grep -qxF -e "$s" || echo "$s"
	done
}
left=$(minus "$undefined" "$defined")
left=$(minus "$left" "$(printf '%s\n' $libc)")
result undefined_symbols_are_of_memory_and_strings "$(printf '%s\n' "$left" |
	grep -Ev -e "$runtime" -e '^$')"

inc=$obj/include
[ -d "$inc" ] || inc=$obj/../include
[ -d "$inc" ] || inc=build/include
includes=$(for f in hiod/*.c; do
	$cc -std=gnu11 -D_GNU_SOURCE -I. -isystem "$inc" -MM "$f" || echo "cannot preprocess $f"
done | tr ' \\' '\n\n' | grep -v -e ':$' -e '^$' | sort -u)
result includes_of_the_project "$(printf '%s\n' "$includes" |
	grep -vE '^(hiod/[a-z0-9_]+\.[ch]|harness/shim/shim\.h|harness/uapi/(uapi_compat|hw_info)\.h)$')"

result includes_of_the_system "$(sed -n 's/^ *# *include *<\(.*\)>.*/\1/p' hiod/*.[ch] | sort -u |
	grep -vE '^(errno|fcntl|inttypes|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|unistd)\.h$' |
	grep -vE '^(sys/(stat|types)\.h|linux/.*)$')"

echo "# Totals: pass:$((n - failed)) fail:$failed xfail:0 xpass:0 skip:0 error:0"
[ $failed = 0 ]
