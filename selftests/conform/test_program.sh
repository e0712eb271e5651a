#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hiod-conform: options, exit statuses, replaying a difference, KTAP.
set -u
conform=${HIOD_OBJ:?}/hiod-conform
. harness/ktap/ktap.sh

out=$tmp/out
err=$tmp/err
run() {
	timeout 120 "$conform" "$@" >"$out" 2>"$err"
	status=$?
}
ktap_plan 17

run --help
ok '--help is usage on stdout' has "$out" '^usage: hiod-conform --bdf BDF'
run
ok 'nothing to compare with is status 2' is 2 "$status"
for bad in '--seed x' '--calls -1' '--length 0' '--length 49' '--mutant none-such' \
	'--against kernel' '--frobnicate'; do
	# shellcheck disable=SC2086
	run --against model $bad
	ok "$bad is status 2" is 2 "$status"
done
run --bdf ffff:ff:1f.7
ok 'a device that is not here is status 4 and says so' is "4 1" "$status $(grep -c '^SKIP' "$out")"

run --against model --calls 2000
ok 'a model agrees with itself' is "0 1" \
	"$status $(grep -c '^model against model: .* 0 sequences differ' "$out")"
ok 'the table has requests and results' has "$out" '^iommufd +IOMMU_IOAS_ALLOC +ok +[0-9]'

run --mutant dma-avail --calls 2000 --quiet
ok 'a mutant differs' is 1 "$status"
again=$(sed -n 's/^difference: \(--seed [^ ]* --sequence [0-9]*\);.*/\1/p' "$out" | head -n 1)
ok 'the difference names seed and sequence' is 4 "$(echo "$again" | wc -w | tr -d ' ')"
first=$(grep -m 1 'differs:' "$out")
# shellcheck disable=SC2086
run --mutant dma-avail --quiet $again
ok 'seed and sequence give the difference again' is "$first" "$(grep -m 1 'differs:' "$out")"

run --against model --calls 20000 --require --ktap
ok '--ktap --require has three results and no other line' is "0 1..3 3 0" \
	"$status $(grep '^1\.\.' "$out") $(grep -c '^ok ' "$out") $(grep -cvE \
		'^(KTAP version 1|1\.\.[0-9]+|(not )?ok |#)' "$out")"
run --mutants --ktap
ok 'every mutant is caught' is "0 1" "$status $(grep -c '^# [0-9]* mutants, 0 not caught' "$out")"
ktap_end
