#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hiod capture, on the model kernel of recorded hosts: options, statuses, what
# the other commands make of its file, and being killed.
set -u
hiod=${HIOD:?}
hosts=${HIOD_CORPUS:-corpus}/hosts
. harness/ktap/ktap.sh

host=$hosts/7.3-vtd-aw48-q11.host.json
none=$hosts/6.12-noiommu.host.json
out=$tmp/out
err=$tmp/err
run() { # status is kept in $status, outputs in $out and $err
	timeout 60 "$hiod" "$@" >"$out" 2>"$err"
	status=$?
}
refused() { # one line that begins with hiod, and perhaps the hint at --help
	is 2 "$status" && is 1 "$(grep -vc "^Try '" "$err")" && grep -q '^hiod' "$err"
}

ktap_plan 26

cap=$tmp/c.capture.jsonl
run capture --from "$host" -o "$cap"
ok 'capture succeeds' is 0 "$status"
ok 'it says in one line what was answered' is \
	"hiod: $cap: 1 device; answered to the end: 1 by legacy VFIO, 1 by iommufd, 1 by iommufd's VFIO layer" \
	"$(cat "$err")"
ok 'and nothing on standard output' is 0 "$(wc -c <"$out" | tr -d ' ')"
ok 'the header names client, kernel and device' is '"probe" "7.3.4" "0000:00:05.0"' \
	"$(head -n 1 "$cap" | python3 -c 'import json, sys
h = json.load(sys.stdin)
print(*(json.dumps(h[k]) for k in ("client", "kernel", "device")))')"
ok 'the last line says how far each backend was followed' is \
	'{"result":{"devices":[{"device":"0000:00:05.0","legacy":"ok","iommufd":"ok","compat":"ok"}]}}' \
	"$(tail -n 1 "$cap" | tr -d ' ')"
run validate "$cap"
ok 'its file is a valid transcript' is 0 "$status"
run show "$cap"
ok 'show decodes it' has "$out" 'IOMMU_IOAS_IOVA_RANGES\(.*EMSGSIZE'
run replay "$cap"
ok 'replay finds no deviation' is 0 "$status"

# The same verdicts, for every profile, as the host's own.
verdicts() { # file: without the column of hosts
	for p in qemu-9.1 qemu-9.2 qemu-10.0 qemu-10.1 qemu-10.2 qemu-11.1; do
		"$hiod" check --matrix --profile $p --format json "$1"
	done | sed 's/"host": *"[^"]*"//'
}
verdicts "$host" >"$tmp/a"
verdicts "$cap" >"$tmp/b"
ok 'check gives a capture the verdicts of its host' cmp "$tmp/a" "$tmp/b"
run describe "$cap" -o "$tmp/c.host.json"
verdicts "$tmp/c.host.json" >"$tmp/b"
ok 'and the description made of it too' cmp "$tmp/a" "$tmp/b"

for how in --redact --redact=bdf; do
	run capture --from "$host" "$how" -o "$tmp/r.capture.jsonl"
	verdicts "$tmp/r.capture.jsonl" | sed 's/0000:00:01\.0/0000:00:05.0/g' >"$tmp/b"
	ok "capture $how gives the same verdicts" cmp "$tmp/a" "$tmp/b"
	run replay "$tmp/r.capture.jsonl"
	ok "capture $how replays" is 0 "$status"
done
ok 'capture --redact=bdf renames the device' is "0 1" \
	"$(grep -c '00:05\.0' "$tmp/r.capture.jsonl") $(grep -c '"device": *"0000:00:01\.0"' "$tmp/r.capture.jsonl" | sed 's/2/1/')"

run capture --from "$host" --device 00:05.0 --progress -o "$tmp/p"
ok '--progress tells device and stage' is \
	'sysfs legacy iommufd compat' \
	"$(sed -n 's/^device 1 of 1, 0000:00:05\.0: //p' "$err" | paste -sd' ')"

# Nothing to capture: status 4, a reason, and the output as it was.
echo old >"$tmp/keep"
run capture --from "$none" -o "$tmp/keep"
ok 'without an IOMMU group it is status 4' is "4 old" "$status $(cat "$tmp/keep")"
ok 'with the reason' has "$err" '^hiod: nothing to capture: no IOMMU group'
run capture --from "$host" --device 0000:99:00.0 -o "$tmp/keep"
ok 'a device that is not there is status 4' is "4 old" "$status $(cat "$tmp/keep")"
run capture --from "$none" --all -o "$tmp/all"
ok '--all records a host without an IOMMU' is 0 "$status"

# Bad usage and bad output.
bad=
for args in "--device 5 -o $tmp/x" "--all --device 00:05.0 -o $tmp/x" "--redact=x -o $tmp/x" \
	"-o $tmp/x more" "" "-o $tmp/no/such/dir" "-o $tmp" "-o /dev/full"; do
	# shellcheck disable=SC2086 # words are arguments
	run capture --from "$host" $args
	refused >/dev/null || bad="$bad [$args]=$status"
done
ok 'bad usage and bad output are one line and status 2' is '' "$bad"
run capture --from "$tmp/missing" -o "$tmp/x"
ok 'a host that is not there is status 2' refused

# A whole disk's worth less: the file ends where it was full, and is said to.
(
	ulimit -f 8
	trap '' XFSZ
	"$hiod" capture --from "$host" -o "$tmp/full" 2>"$err"
	echo $? >"$tmp/status"
)
status=$(cat "$tmp/status")
ok 'a disk that fills up is status 2 and said' refused
run show "$tmp/full"
ok 'what was written before can be read' is 0 "$status"

# kill -9 at any moment: what is there is whole lines, but for the last one.
python3 - "$hiod" "$host" "$tmp" <<'END'
import random, subprocess, sys, time

def start(out):
    return subprocess.Popen([sys.argv[1], "capture", "--from", sys.argv[2], "-o", out],
                            stderr=subprocess.DEVNULL)

# As long as a whole one takes here.
begin = time.monotonic()
start(sys.argv[3] + "/k").wait()
whole = time.monotonic() - begin
for i in range(100):
    p = start("%s/k.%d" % (sys.argv[3], i))
    time.sleep(random.uniform(0, whole))
    p.kill()
    p.wait()
END
lines=$(wc -l <"$cap")
broken=
partial=0
for k in "$tmp"/k.*; do
	[ -s "$k" ] || continue
	have=$(wc -l <"$k")
	[ "$have" -eq "$lines" ] || partial=$((partial + 1))
	# show refuses a line that is not whole, unless it is the last.
	timeout 60 "$hiod" show "$k" >"$out" 2>"$err" || broken="$broken ${k##*/}"
	shown=$(grep -cE '^ +[0-9]+  ' "$out")
	# Without the header, and the result where it got so far.
	want=$((have == lines ? have - 2 : have - 1))
	[ "$shown" -eq "$want" ] || broken="$broken ${k##*/}($shown!=$want)"
done
echo "# $partial of 100 were killed while they wrote"
ok 'killed at 100 random moments, no whole line is lost or broken' is '' "$broken"

# The running kernel, where no device is VFIO's: those that are may be somebody's.
if ls -d /dev/vfio/[0-9]* /dev/vfio/noiommu-* /dev/vfio/devices/* >"$out" 2>/dev/null; then
	skip 'every PCI device of this machine replays' 'VFIO has devices here'
else
	run capture --all -o "$tmp/here"
	if [ "$status" = 4 ]; then
		skip 'every PCI device of this machine replays' "$(cat "$err")"
	else
		run replay "$tmp/here"
		ok 'every PCI device of this machine replays' is 0 "$status"
	fi
fi
ktap_end
