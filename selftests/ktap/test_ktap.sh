#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the test harness says of tests that end in every way a test can end.
set -u
cases=${HIOD_OBJ:?}/selftests/ktap-cases/cases
run=$HIOD_OBJ/ktap-run
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

n=0
bad=0
ok() { # description, then a command that must succeed
	n=$((n + 1))
	what=$1
	shift
	if "$@" >"$tmp/why" 2>&1; then
		echo "ok $n $what"
	else
		sed 's/^/# /' "$tmp/why"
		echo "not ok $n $what"
		bad=1
	fi
}
has() { grep -qxF -e "$1" "$tmp/out" || { echo "missing line: $1"; cat "$tmp/out"; return 1; }; }
has_re() { grep -qE -e "$1" "$tmp/out" || { echo "missing: $1"; cat "$tmp/out"; return 1; }; }
lacks() { ! grep -qF -e "$1" "$tmp/out"; }
is() { [ "$1" = "$2" ] || { echo "expected '$1', got '$2'"; return 1; }; }

echo 'KTAP version 1'
echo '1..20'
ASAN_OPTIONS=${ASAN_OPTIONS:-} "$cases" >"$tmp/out" 2>&1
ok 'a run with failures exits 1' is 1 $?
ok 'the document begins with version and plan' is 'KTAP version 1 1..11' \
	"$(sed -n 1,2p "$tmp/out" | paste -sd' ')"
ok 'each variant of a fixture is a test' has 'ok 1 width.narrow.is_39'
ok 'a failed assertion fails the test' has 'not ok 2 width.wide.is_39'
ok 'a failed assertion prints both values' \
	has_re '^# .*cases\.c:[0-9]+:width\.wide\.is_39:Expected 39 \(39\) == self->bits \(48\)$'
ok 'teardown runs after a failed assertion' has_re 'width\.wide\.is_39:teardown of 48$'
ok 'a known failure that passes is XPASS and a failure' \
	has_re '^not ok 3 width\.narrow\.known_bug # XPASS'
ok 'a known failure is XFAIL and no failure' has 'ok 4 width.wide.known_bug # XFAIL'
ok 'the block behind a check runs on failure' has_re 'handler ran$'
ok 'EXPECT goes on' has_re 'expect_goes_on:went on$'
ok 'ASSERT stops' lacks 'went on after an assertion'
ok 'a skip gives its reason' has 'ok 8 global.skips # SKIP no device here'
ok 'a hanging test is killed and says so' has 'not ok 9 global.hangs # TIMEOUT after 1 s'
ok 'a test killed by a signal names it' has_re '^not ok 10 global\.dies # killed by signal 15'
if nm "$cases" | grep -q __lsan_do_recoverable_leak_check; then
	ok 'a leak fails the test' has 'not ok 11 global.leaks'
else
	n=$((n + 1))
	echo "ok $n a leak fails the test # SKIP built without a leak checker"
fi
ok 'the totals count every outcome' has_re '^# Totals: pass:[23] fail:[56] xfail:1 xpass:1 skip:1 error:0$'

"$cases" -t skips >"$tmp/out" 2>&1
ok 'a run of skips alone exits 4' is 4 $?
"$cases" -l >"$tmp/out" 2>&1
ok '-l lists and exits 4' is "4 width.narrow.is_39" "$? $(head -n 1 "$tmp/out")"

printf '#!/bin/sh\necho 1..2\necho ok 1 a\n' >"$tmp/short"
printf '#!/bin/sh\necho 1..1\necho "ok 1 a # SKIP b"\n' >"$tmp/skip"
chmod +x "$tmp/short" "$tmp/skip"
"$run" "$tmp/short" "$tmp/skip" >"$tmp/out" 2>&1
ok 'a program that stops before its plan is done fails the run' is 1 $?
ok 'the last line counts all tests of all programs' is '1 passed, 1 failed, 1 skipped' \
	"$(tail -n 1 "$tmp/out")"
exit $bad
