#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hiod check: what differs by version, machine type and place on the command line.
set -u
hiod=${HIOD:?}
hosts=${HIOD_CORPUS:-corpus}/hosts
. harness/ktap/ktap.sh

host39=$hosts/6.12-vtd-aw39.host.json
wide=intel-iommu,caching-mode=on,aw-bits=48
out=$tmp/out
err=$tmp/err
run() { # status is kept in $status, outputs in $out and $err
	timeout 60 "$hiod" "$@" >"$out" 2>"$err"
	status=$?
}
ktap_plan 14

for p in v7 qemu-9.1 qemu-11.0; do
	run check --profile "$p" --backend legacy --viommu "$wide" "$host39"
	case $p in qemu-1*) to=vIOMMU ;; *) to=iommu_device ;; esac
	ok "profile $p refuses in its words" has "$out" "Failed to set $to: aw-bits 48 > host"
done
run check --profile qemu-99 "$host39"
ok 'an unknown profile is told which there are' has "$err" 'v7 qemu-9\.1 .* qemu-11\.0 qemu-11\.1'

run check --machine pc-q35-9.1 --backend legacy "$host39"
ok 'a machine type brings its default width' is 0 "$status"
run check --machine q35,default-bus-bypass-iommu=on --backend legacy --viommu "$wide" "$host39"
ok 'a bypassed bus is not checked' is 0 "$status"
run check --machine q35,accel=kvm --backend legacy --viommu intel-iommu,intremap=on "$host39"
ok 'an accelerator with all of the irqchip rules out remapping' has "$out" \
	'Interrupt Remapping cannot work with kernel-irqchip=on'

run check --format json --device-first --backend legacy --viommu "$wide" "$host39"
ok 'a device before the vIOMMU is accepted by QEMU, and unknown to us' has "$out" \
	'"verdict":"unknown","qemu":"accepted"'
ok 'that counts as not compatible' is 1 "$status"
ok 'and says what to do' has "$out" 'list the vIOMMU before the device'
run check --device-first --backend iommufd --viommu "$wide" --record "$tmp/late.capture.jsonl" "$host39"
run replay "$tmp/late.capture.jsonl"
ok 'a recorded one is run again as it was' is 0 "$status"

sed -e 's/"bdf": "0000:00:05.0"/"bdf": "0000:00:05.0",\n      "mdev": true/' \
	-e '/"iommu": 0,/d' "$host39" >"$tmp/mdev.host.json"
run validate "$tmp/mdev.host.json"
ok 'a description of a mediated device is valid' is 0 "$status"
run check --backend iommufd --viommu "$wide" "$tmp/mdev.host.json"
ok 'a mediated device has no host IOMMU to be too narrow' is 0 "$status"
run check --profile v7 --backend iommufd --viommu "$wide" "$tmp/mdev.host.json"
ok 'but in the series itself' has "$out" 'Failed to get hardware info: No such file or directory'
ktap_end
