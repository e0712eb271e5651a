#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line: usage, exit statuses, formats, and what bad input does.
set -u
hiod=${HIOD:?}
hosts=${HIOD_CORPUS:-corpus}/hosts
. harness/ktap/ktap.sh

host39=$hosts/6.12-vtd-aw39.host.json
probe39=$hosts/6.12-vtd-aw39.capture.jsonl
out=$tmp/out
err=$tmp/err
run() { # status is kept in $status, outputs in $out and $err
	timeout 60 "$hiod" "$@" >"$out" 2>"$err"
	status=$?
}
# One clear line on stderr and status 2, with at most one other line (a hint at --help).
refused() {
	is 2 "$status" && is 1 "$(wc -l <"$err" | tr -d ' ')" && grep -q '^hiod' "$err" &&
		! grep -qE 'runtime error|Sanitizer' "$err"
}

commands='capture check describe import replay show uapi validate'
ktap_plan 50

run --version
ok '--version prints name and number' has "$out" '^hiod [0-9]+\.[0-9]+\.[0-9]+$'
run --help
ok '--help names every command' is "0 8" "$status $(grep -cE '^  (capture|check|describe|import|replay|show|uapi|validate) ' "$out")"
for c in $commands; do
	run "$c" --help
	ok "$c --help succeeds and begins with its usage" is "0 Usage: hiod $c" \
		"$status $(head -n 1 "$out" | cut -d' ' -f1-3)"
done
run
ok 'no command is status 2' is 2 "$status"
run frobnicate
ok 'an unknown command is status 2 and named' has "$err" "no command 'frobnicate'"

run check --viommu intel-iommu,aw-bits=48,caching-mode=on --backend legacy "$host39"
ok 'a 39-bit host refuses 48 bits with status 1' is 1 "$status"
ok 'the table has QEMU'\''s words' has "$out" \
	'vfio 0000:00:05\.0: Failed to set vIOMMU: aw-bits 48 > host aw-bits 39'
ok 'the table says what would fit' has "$out" 'aw-bits=39 fits this host'
run check --viommu intel-iommu,aw-bits=39,caching-mode=on "$host39"
ok 'a 39-bit host takes 39 bits on both backends with status 0' is "0 2" \
	"$status $(grep -c accepted "$out" | sed 's/3/2/')"
run check --format json --viommu intel-iommu,aw-bits=48,caching-mode=on "$host39"
ok 'json is one object a line with the documented keys in order' is \
	'host device backend viommu profile host_aw_bits iova_ranges verdict qemu stage message hint warnings' \
	"$(head -n 1 "$out" | grep -oE '"[a-z_]+":' | tr -d '":' | paste -sd' ')"
ok 'json gives ranges as pairs of hexadecimal strings' has "$out" \
	'"iova_ranges":\[\["0x0","0xfedfffff"\],\["0xfef00000","0x7fffffffff"\]\]'
run check --format ktap --viommu intel-iommu,aw-bits=39,caching-mode=on \
	--viommu intel-iommu,aw-bits=48,caching-mode=on --backend legacy "$host39"
ok 'ktap has version, plan, results and totals' is "KTAP version 1|1..2|1|1" \
	"$(sed -n 1,2p "$out" | paste -sd'|')|$(grep -c '^ok ' "$out")|$(grep -c '^not ok ' "$out")"
run check --profile qemu-10.0 --viommu intel-iommu,aw-bits=39 --backend legacy "$host39"
ok 'a profile has its QEMU'\''s caching-mode rule' has "$out" 'We need to set caching-mode=on'
run check --profile qemu-1.0 "$host39"
ok 'an unknown profile is status 2 and the known ones are named' has "$err" \
	'no profile .qemu-1\.0.*qemu-10\.0'
run check --backend vfio "$host39"
ok 'an unknown backend is status 2' is 2 "$status"
run check --format yaml "$host39"
ok 'an unknown format is status 2' is 2 "$status"
run check
ok 'no host is status 2' is 2 "$status"
run check --device 0000:99:00.0 "$host39"
ok 'a device that no host has is status 4' is 4 "$status"
run check "$host39" "$probe39"
ok 'a transcript gives the verdicts of its description' is \
	"$(sed -n 2p "$out")" "$(sed -n 4p "$out")"
run check --backend legacy --backend iommufd --format json "$hosts"
# A host with several devices has a line for each of them.
ok 'a directory stands for each of its hosts once' is \
	"$(find "$hosts" -maxdepth 1 -name '*.host.json' | wc -l) hosts, none twice" \
	"$(grep -o '^{"host":"[^"]*"' "$out" | sort -u | wc -l) hosts, $(
		grep -o '^{"host":"[^"]*","device":"[^"]*","backend":"[^"]*"' "$out" | sort | uniq -d |
			grep . || echo none) twice"

# A host that nests page tables, but walks them past the caches.
sed -e '/"parent"/,/}/s/"error": "EOPNOTSUPP"/"start":"0x0","last":"0xffffffffffff","page-sizes":"0x1000"/' \
	-e 's/"data": "0100.*"/"data": "0100000000000000660478408c00ed09df50f0869eee0200"/' \
	"$hosts/7.3-vtd-aw48-scalable-q10.host.json" >"$tmp/stale.host.json"
nested=intel-iommu,caching-mode=on,scalable-mode=on,fsts=on
run check --backend iommufd --viommu $nested "$tmp/stale.host.json"
ok 'what QEMU does not verify is a warning of an accepted host' has "$out" \
	'accepted  warning: .*ECAP\.SMPWC'
ok 'a warning leaves status 0' is 0 "$status"
run check --format json --backend iommufd --viommu $nested "$tmp/stale.host.json"
ok 'json has warnings as a list' has "$out" '"warnings":\["the host.s IOMMU does not snoop'
run check --format ktap --backend iommufd --viommu $nested "$tmp/stale.host.json"
ok 'ktap has warnings before the result' has "$out" '^# warning: .*SMPWC'

"$hiod" check "$host39" >/dev/full 2>"$err"
status=$?
ok 'a full disk under the output is status 2 and said' refused

# Transcripts of hiod itself.
rec=$tmp/rec.capture.jsonl
run check --profile qemu-11.1 --backend iommufd --record "$rec" \
	--viommu intel-iommu,caching-mode=on,aw-bits=48 "$host39"
ok 'check --record keeps its verdict' is 1 "$status"
run replay "$rec"
ok 'replay of a recorded check has no deviation' is 0 "$status"
run show "$rec"
ok 'show decodes the calls' has "$out" 'IOMMU_IOAS_IOVA_RANGES\(.*EMSGSIZE'
run check --record "$tmp/two" "$host39"
ok '--record refuses more than one check' refused
run describe "$rec" -o "$tmp/rec.host.json"
ok 'describe of a recorded check gives a description' is 0 "$status"
run check --backend iommufd --viommu intel-iommu,caching-mode=on,aw-bits=48 "$tmp/rec.host.json"
ok 'that description gives the same answer' has "$out" 'aw-bits 48 > host aw-bits 39'

# The last usable IOVA, 0x7fffffffff, one bit narrower in every reply that tells it.
sed 's/ffffffff7f000000/ffffffff3f000000/g' "$rec" >"$tmp/flip.capture.jsonl"
run replay "$tmp/flip.capture.jsonl"
ok 'a changed reply that matters is a deviation' is 1 "$status"
ok 'it is named: the result that changed' has "$out" "result '(host_aw_bits|message|iova_ranges)' differs"
sed 's/IOMMU_IOAS_ALLOC","in":"0c/IOMMU_IOAS_ALLOC","in":"0d/' "$rec" >"$tmp/in.capture.jsonl"
run replay "$tmp/in.capture.jsonl"
ok 'a request that differs is a deviation with its line' is "1 $(grep -n 'IOMMU_IOAS_ALLOC' "$rec" | head -n 1 | cut -d: -f1)" \
	"$status $(grep -oE 'in\.capture\.jsonl:[0-9]+' "$out" | head -n 1 | cut -d: -f2)"
head -c -20 "$rec" >"$tmp/cut.capture.jsonl"
run show "$tmp/cut.capture.jsonl"
ok 'show tolerates a truncated last line and says so' has "$err" 'last line is incomplete'
run replay "$tmp/cut.capture.jsonl"
ok 'replay refuses a truncated transcript' refused
run replay "$probe39"
ok 'replay of a probe compares its calls with the model' has "$out" \
	'[1-9][0-9]+ calls on the model, 0 differ'

# Bad files: one line and status 2 from every command that reads files.
printf '\000\001\377binary' >"$tmp/binary"
: >"$tmp/empty"
head -c 200 "$host39" >"$tmp/short.host.json"
python3 -c 'print("[" * 100000)' >"$tmp/nested"
truncate -s 100M "$tmp/huge"
sed 's/"devices": \[/"devices": {"a": [/' "$host39" >"$tmp/wrong.host.json"
ln -s nowhere "$tmp/dangling"
mkdir "$tmp/dir"
bad=
for f in binary empty short.host.json nested huge wrong.host.json dangling dir missing; do
	for c in check describe show replay validate; do
		run "$c" "$tmp/$f"
		refused >/dev/null || bad="$bad $c($f)=$status:$(wc -l <"$err")"
	done
done
ok 'bad files are one line and status 2 for every command' is '' "$bad"
run import "$tmp/binary" -o "$tmp/imported"
ok 'import refuses a file that is no log' refused

echo old >"$tmp/keep"
run describe "$tmp/short.host.json" -o "$tmp/keep"
ok 'a failed describe leaves its output as it was' is old "$(cat "$tmp/keep")"
run describe "$probe39" -o "$tmp/no/such/dir"
ok 'an output that cannot be written is status 2' refused
run validate "$host39" "$probe39" "$tmp/binary"
ok 'validate names the good and refuses the bad' is "2 2" "$status $(grep -c ': valid' "$out")"
run uapi
ok 'uapi lists the requests' has "$out" '^iommufd +0x00003b84 +6\.2 +IOMMU_IOAS_IOVA_RANGES$'
ktap_end
