#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hiod reconstruct, and hiod check on what it makes; the reconstructed corpus.
set -u
hiod=${HIOD:?}
corpus=${HIOD_CORPUS:-corpus}/hosts/reconstructed
. harness/ktap/ktap.sh

out=$tmp/out
err=$tmp/err
run() { # status is kept in $status, outputs in $out and $err
	timeout 120 "$hiod" "$@" >"$out" 2>"$err"
	status=$?
}
is() { [ "$1" = "$2" ] || { echo "expected $1, found $2"; cat "$out" "$err"; false; }; }
has() { grep -q -e "$2" "$1" || { echo "no '$2' in:"; cat "$1"; false; }; }
one_line() { is 1 "$(wc -l <"$err" | tr -d ' ')"; }
verdicts() { grep -o '"verdict":"[a-z]*"' "$out" | sort -u | tr '\n' ' '; }

cat >"$tmp/log" <<'EOF'
> [    0.000000] Linux version 6.14.6-300.fc42.x86_64 (x@y) #1
> [    0.000000] Command line: intel_iommu=on
> [    0.012] DMAR: Host address width 39
> [    0.012] DMAR: DRHD base: 0x000000fed90000 flags: 0x0
> [    0.012] DMAR: dmar0: reg_base_addr fed90000 ver 4:0 cap
> 1c0000c40660462 ecap 19e2ff0505e
> [    0.012] DMAR: DRHD base: 0x000000fed91000 flags: 0x1
> [    0.012] DMAR: dmar1: reg_base_addr fed91000 ver 1:0 cap d2008c40660462 ec
EOF
ktap_plan 26

run reconstruct --dmesg "$tmp/log" -o "$tmp/h.host.json"
ok 'a quoted and wrapped log makes a description' is 0 "$status"
ok 'what could not be read is listed with line and reason' has "$err" \
	'^hiod: log:8: not read: ends before its ecap$'
run validate "$tmp/h.host.json"
ok 'it is valid' is 0 "$status"
run check --format json --viommu intel-iommu,caching-mode=on,aw-bits=39 --device ffff:00:00.0 "$tmp/h.host.json"
ok 'a width by registers is answered' is '"verdict":"accepted" ' "$(verdicts)"
ok 'with what the answer assumes' has "$out" '"assumed":".*a device behind dmar0'
run check --format json --viommu intel-iommu,caching-mode=on,aw-bits=39 --device ffff:01:00.0 "$tmp/h.host.json"
ok 'a width by the host address width is unknown' is '"verdict":"unknown" ' "$(verdicts)"
ok 'of QEMU, too' has "$out" '"qemu":"unknown"'
ok 'with what it would be' has "$out" '"hint":"as assumed: accepted'
ok 'unknown is not compatible' is 1 "$status"
run check --format ktap --device ffff:01:00.0 "$tmp/h.host.json"
ok 'KTAP says it as a diagnostic' has "$out" '^# assumed: .*39 bits, the host address width (log:3)'
run check --device ffff:00:00.0 --viommu intel-iommu,caching-mode=on,aw-bits=39 "$tmp/h.host.json"
ok 'the table says it in the message' has "$out" 'accepted  assumed: interrupts remapped; a device'

run reconstruct -q --units --dmesg "$tmp/log" -o "$tmp/u.host.json"
ok 'each unit has a description of its own' is 'u-unit0.host.json u-unit1.host.json u.host.json' \
	"$(cd "$tmp" && echo u*.json)"
run reconstruct -q --dmesg - <"$tmp/log"
ok 'standard input is read' has "$out" '"note": "stdin:5"'
run reconstruct -q --dmesg "$tmp/log" --kernel 6.6
ok 'a given kernel replaces the one of the log' has "$out" '"kernel": "6.6"'

for bad in "--dmesg $tmp/none" "--dmesg $tmp" "--dmar $tmp/log" "--ivrs $tmp/none" \
	"--dmesg /dev/null"; do
	# shellcheck disable=SC2086
	run reconstruct $bad -o "$tmp/bad.host.json"
	is 2 "$status" && one_line || break
done
ok 'a bad input is one line and status 2' eval 'is 2 "$status" && one_line'
run reconstruct --dmesg "$tmp/log" -o "$tmp/none/x.host.json"
ok 'so is an output that cannot be written' is 2 "$status"
ok 'and nothing is left behind' is '' "$(ls "$tmp" | grep bad)"
for bad in "" "--kernel six --dmesg $tmp/log" "--units --dmesg $tmp/log" "--dmesg $tmp/log more"; do
	# shellcheck disable=SC2086
	run reconstruct $bad
	is 2 "$status" >/dev/null || break
done
ok 'wrong usage is status 2' is 2 "$status"
run reconstruct --help
ok 'help tells the options' has "$out" '--reserved-regions FILE'

has_python=$(command -v python3)
if [ -n "$has_python" ]; then
	ok 'the corpus is what its inputs give' python3 "$corpus/remake" "$hiod" --check
else
	skip 'the corpus is what its inputs give' 'python3 is not installed'
fi
run validate -q "$corpus"/*.host.json
ok 'every description of it is valid' is 0 "$status"

# An answer for every device of each machine whose registers are known, by each profile.
answers() {
	for p in v7 qemu-9.1 qemu-9.2 qemu-10.0 qemu-10.1 qemu-10.2 qemu-11.0 qemu-11.1; do
		timeout 300 "$hiod" check --format json -p "$p" "$corpus"/dmar-*.host.json \
			"$corpus"/dmarhost-*.host.json >"$tmp/$p.json"
		[ $? -le 1 ] || return 1
		grep -c . "$tmp/$p.json"
	done | sort -u >"$tmp/counts"
	[ "$(wc -l <"$tmp/counts")" -eq 1 ] && ! grep -l '"verdict":"error"' "$tmp"/*.json
}
ok 'machines with registers have an answer by every profile' answers

# MGAW and SAGAW as decoded by those who collected the registers.
widths() {
	python3 - "$corpus" "$tmp/qemu-11.1.json" <<'EOF'
import collections, json, sys
seen, bad = 0, 0
rows = collections.defaultdict(list)
for line in open(sys.argv[2]):
    r = json.loads(line)
    rows[r["host"]].append(r)
for host, answers in rows.items():
    d = json.load(open("%s/%s.host.json" % (sys.argv[1], host)))
    for r in answers:
        # On an iommufd QEMU asks for dirty tracking, which has page tables of its own.
        if r["host_aw_bits"] is None or r["backend"] != "legacy":
            continue
        dev = next(x for x in d["devices"] if x["bdf"] == r["device"])
        regs = d["iommus"][dev["iommu"]].get("registers")
        if not regs:
            continue
        cap, ecap = int(regs["cap"], 16), int(regs["ecap"], 16)
        table = max((w for i, w in ((1, 39), (2, 48), (3, 57)) if cap >> 8 + i & 1), default=0)
        want = min(table, (cap >> 16 & 63) + 1)
        scalable = ecap >> 43 & 1 and ecap >> 47 & 1
        minor = tuple(int(x) for x in d["kernel"].split("-")[0].split(".")[:2])
        if scalable and minor >= (6, 13):
            want -= 1
        seen += 1
        if r["host_aw_bits"] != want:
            bad += 1
            print(host, r["device"], r["host_aw_bits"], "expected", want)
print(seen, "widths")
sys.exit(bad or seen < 250)
EOF
}
if [ -n "$has_python" ]; then
	ok 'their widths are those of MGAW and SAGAW' widths
else
	skip 'their widths are those of MGAW and SAGAW' 'python3 is not installed'
fi

run check --format json "$corpus"/acpidmar-*.host.json
ok 'without registers no host is accepted' is 0 "$(grep -c '"verdict":"accepted"' "$out")"
run check --format json "$corpus"/acpiivrs-*.host.json
ok 'AMD machines are accepted at 64 bits' is '"host_aw_bits":64' \
	"$(grep -o '"host_aw_bits":[0-9a-z]*' "$out" | sort -u)"
run check --format json --viommu intel-iommu,caching-mode=on "$corpus"/iova-003.host.json
ok 'ranges that end at 47 bits refuse 48' has "$out" 'aw-bits 48 > host aw-bits 47'
ktap_end
