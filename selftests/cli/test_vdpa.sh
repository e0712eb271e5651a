#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vDPA devices on the command line, on the model kernel: check, its transcript,
# capture and what it leaves alone.
set -u
hiod=${HIOD:?}
hosts=${HIOD_CORPUS:-corpus}/hosts
. harness/ktap/ktap.sh

out=$tmp/out
err=$tmp/err
run() { # status is kept in $status, outputs in $out and $err
	timeout 60 "$hiod" "$@" >"$out" 2>"$err"
	status=$?
}

ktap_plan 18

host=$tmp/h.host.json
cat >"$host" <<-EOF
	{"hiod-host": 1, "origin": "made", "kernel": "6.12.117",
	 "groups": [{"id": 3, "reserved": [{"start": "0xfee00000", "last": "0xfeefffff", "type": "msi"}]}],
	 "devices": [{"bdf": "0000:00:08.0", "link": "../../../devices/pci0000:00/0000:00:08.0",
	   "driver": "vp-vdpa", "group": 3}],
	 "vdpa": [
	  {"name": "vdpa0", "kind": "virtio-pci", "driver": "vhost_vdpa",
	   "link": "../../../devices/pci0000:00/0000:00:08.0/vdpa0",
	   "node": {"name": "vhost-vdpa-0", "major": 251, "minor": 0, "mode": "0600"},
	   "told": {"device-id": 1, "features": "0x300000000", "backend-features": "0x10e",
	     "first": "0x0", "last": "0x7fffffffff", "queues": 2, "queue-max": 256, "groups": 1,
	     "spaces": 1, "config": "525400abcdef0100", "queue-sizes": [256, 256]}},
	  {"name": "vdpa1", "kind": "other", "driver": "vhost_vdpa",
	   "node": {"name": "vhost-vdpa-1", "major": 251, "minor": 1, "mode": "0600"}}]}
EOF
vdpa() { run check "$host" --backend vdpa --format json "$@"; }

run validate "$host"
ok 'a description with vDPA devices is valid' is 0 "$status"
vdpa --device /dev/vhost-vdpa-0 --viommu intel-iommu,caching-mode=on,aw-bits=39
ok 'a device that fits is accepted' is 0 "$status"
ok 'what QEMU says is unknown' has "$out" '"verdict":"accepted","qemu":"unknown"'
ok 'the ranges are without the reserved region' has "$out" \
	'"iova_ranges":\[\["0x0","0xfedfffff"\],\["0xfef00000","0x7fffffffff"\]\]'
vdpa --device vhost-vdpa-0
ok 'one that does not is refused' is 1 "$status"
ok 'and a width that fits is told' has "$out" '"hint":"aw-bits=39 fits this host"'
vdpa --device vhost-vdpa-1
ok 'a device that nobody asked is skipped' is 4 "$status"
ok 'with the reason' has "$out" '"verdict":"skipped".*hiod capture --vdpa'
run check "$hosts/7.3-vtd-aw48-q11.host.json" --backend vdpa --format ktap
ok 'a host without one is skipped, with the reason' has "$out" \
	'# SKIP this host has no such vhost-vdpa device'
run check "$hosts/7.3-vtd-aw48-q11.host.json" --format json
ok 'and not mentioned where no backend was named' is 0 "$(grep -c vdpa "$out")"
run check "$host" --format json
ok 'where there is one it is checked' is 1 "$(grep -c '"device":"vhost-vdpa-0"' "$out")"

cap=$tmp/check.capture.jsonl
run check "$host" --backend vdpa --device vhost-vdpa-0 --record "$cap"
ok 'a check is recorded' is 1 "$status"
run replay "$cap"
ok 'and replayed' is 0 "$status"
run check "$cap" --backend vdpa --format json
ok 'and described, for the same verdict' has "$out" 'aw-bits 48 > host aw-bits 39'

cap=$tmp/c.capture.jsonl
run capture --from "$host" --all -o "$cap"
ok 'capture leaves the nodes alone' is 0 "$(grep -c '"open","path":"/dev/vhost-vdpa' "$cap")"
ok 'and says so' has "$err" '2 vDPA devices, not opened \(--vdpa'
run capture --from "$host" --vdpa --redact -o "$cap"
ok 'with --vdpa it asks them' is 0 "$status"
run check "$cap" --backend vdpa --device vhost-vdpa-0 --format json
ok 'and they are checked from it' has "$out" '"host_aw_bits":39'

ktap_end
