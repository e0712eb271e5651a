#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The sums that ci/vm/run prints are those of the leaves of a KTAP document.
# shellcheck disable=SC2317 # functions are called by ok
. harness/ktap/ktap.sh

counts() { # "PASSED FAILED SKIPPED" DOCUMENT-LINE...
	want=$1
	shift
	is "$want" "$(printf '%s\n' "$@" | awk -f ci/vm/count.awk)"
}

ktap_plan 7
ok 'plain results' counts '2 1 1' 'KTAP version 1' '1..4' 'ok 1 a' 'ok 2 b' 'not ok 3 c' \
	'ok 4 d # SKIP why'
ok 'a subtest counts by its leaves' counts '2 1 0' '    ok 1 a' '    ok 2 b' '    not ok 3 c' 'not ok 1 p'
ok 'two levels' counts '3 0 1' '  ok 1 a' '    ok 1 b' '    ok 2 c # SKIP why' '  ok 2 q' 'ok 1 p' 'ok 2 r'
ok 'a program that fails though its tests pass is a failure' counts '1 1 0' '    ok 1 a' 'not ok 1 p'
ok 'a failure two levels down counts once' counts '0 1 0' '        not ok 1 a' '    not ok 1 q' \
	'not ok 1 p'
ok 'a failure of one subtest is none of the next' counts '1 2 0' '    not ok 1 a' 'not ok 1 p' \
	'    ok 1 b' 'not ok 2 q'
ok 'a skipped program is one skip' counts '0 0 1' 'ok 1 p # SKIP why'
ktap_end
