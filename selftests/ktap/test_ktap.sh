#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the test harness says of tests that end in every way a test can end.
set -u
cases=${HIOD_OBJ:?}/selftests/ktap-cases/cases
run=$HIOD_OBJ/ktap-run
. harness/ktap/ktap.sh

out=$tmp/out
ktap_plan 21
ASAN_OPTIONS=${ASAN_OPTIONS:-} "$cases" >"$out" 2>&1
ok 'a run with failures exits 1' is 1 $?
ok 'the document begins with version and plan' is 'KTAP version 1 1..11' \
	"$(sed -n 1,2p "$out" | paste -sd' ')"
ok 'each variant of a fixture is a test' has_line "$out" 'ok 1 width.narrow.is_39'
ok 'a failed assertion fails the test' has_line "$out" 'not ok 2 width.wide.is_39'
ok 'a failed assertion prints both values' \
	has "$out" '^# .*cases\.c:[0-9]+:width\.wide\.is_39:Expected 39 \(39\) == self->bits \(48\)$'
ok 'teardown runs after a failed assertion' has "$out" 'width\.wide\.is_39:teardown of 48$'
ok 'a known failure that passes is XPASS and a failure' \
	has "$out" '^not ok 3 width\.narrow\.known_bug # XPASS'
ok 'a known failure is XFAIL and no failure' has_line "$out" 'ok 4 width.wide.known_bug # XFAIL'
ok 'the block behind a check runs on failure' has "$out" 'handler ran$'
ok 'EXPECT goes on' has "$out" 'expect_goes_on:went on$'
ok 'ASSERT stops' lacks "$out" 'went on after an assertion'
ok 'a skip gives its reason' has_line "$out" 'ok 8 global.skips # SKIP no device here'
ok 'a hanging test is killed and says so' has_line "$out" 'not ok 9 global.hangs # TIMEOUT after 1 s'
ok 'a test killed by a signal names it' has "$out" '^not ok 10 global\.dies # killed by signal 15'
if nm "$cases" | grep -q __lsan_do_recoverable_leak_check; then
	ok 'a leak fails the test' has_line "$out" 'not ok 11 global.leaks'
else
	skip 'a leak fails the test' 'built without a leak checker'
fi
ok 'the totals count every outcome' has "$out" '^# Totals: pass:[23] fail:[56] xfail:1 xpass:1 skip:1 error:0$'

# The program is ended from outside while a test of it hangs.
"$cases" -r global.hangs >"$out" 2>&1 &
program=$!
test=
while [ -z "$test" ] && kill -0 "$program" 2>"$out"; do
	test=$(grep -ls "^PPid:[[:space:]]*$program\$" /proc/[0-9]*/status | cut -d/ -f3)
done
kill "$program"
wait "$program" 2>"$out"
tries=0
while [ -n "$test" ] && kill -0 "$test" 2>"$out" && [ $tries -lt 100 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
ok 'a test does not outlive its program' is 1 "$((tries < 100))"

"$cases" -t skips >"$out" 2>&1
ok 'a run of skips alone exits 4' is 4 $?
"$cases" -l >"$out" 2>&1
ok '-l lists and exits 4' is "4 width.narrow.is_39" "$? $(head -n 1 "$out")"

printf '#!/bin/sh\necho 1..2\necho ok 1 a\n' >"$tmp/short"
printf '#!/bin/sh\necho 1..1\necho "ok 1 a # SKIP b"\n' >"$tmp/skip"
chmod +x "$tmp/short" "$tmp/skip"
"$run" "$tmp/short" "$tmp/skip" >"$out" 2>&1
ok 'a program that stops before its plan is done fails the run' is 1 $?
ok 'the last line counts all tests of all programs' is '1 passed, 1 failed, 1 skipped' \
	"$(tail -n 1 "$out")"
ktap_end
