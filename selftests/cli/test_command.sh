#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hiod check HOST -- QEMU's command line: what is read of it, what is named as not.
set -u
hiod=${HIOD:?}
. harness/ktap/ktap.sh

host=${HIOD_CORPUS:-corpus}/hosts/vm-6.12-built-vtd-aw39.host.json
check() { # $status, $rows (backend, vIOMMU, verdict, message), $err
	timeout 60 "$hiod" check -p qemu-10.0 --format json "$host" -- "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	err=$(cat "$tmp/err")
	rows=$(python3 -c 'import json, sys
for line in sys.stdin:
    r = json.loads(line)
    print(r["backend"], r["viommu"], r["verdict"], r["message"].split(": ")[-1])' <"$tmp/out")
}
dev=vfio-pci,host=0000:00:05.0

ktap_plan 21

check qemu-system-x86_64 -machine q35 -device intel-iommu,aw-bits=48,caching-mode=on -device $dev
ok 'the verdict is that of the same options given one by one' is 1 "$status"
ok 'with its vIOMMU, backend and message' is \
	'legacy intel-iommu,aw-bits=48,caching-mode=on refused aw-bits 48 > host aw-bits 39' "$rows"
ok 'when all was looked at nothing is said' is '' "$err"
check q -m 64 -nodefaults --cpu host disk.img -device virtio-net-pci,netdev=n -netdev user,id=n \
	-device intel-iommu,aw-bits=39,caching-mode=on -device $dev
ok 'other options do not change it' is 0 "$status"
ok 'and are named in their order' is "hiod: not looked at: -m 64, -nodefaults, --cpu host, disk.img, \
-device virtio-net-pci,netdev=n, -netdev user,id=n" "$err"
check q -device intel-iommu,aw-bits=39,caching-mode=on -object iommufd,id=i0 -device $dev,iommufd=i0
ok 'iommufd= is the other backend' is 'iommufd intel-iommu,aw-bits=39,caching-mode=on accepted ' "$rows"
check q -device '{"driver":"intel-iommu","aw-bits":39,"caching-mode":true}' \
	-object '{"qom-type":"iommufd","id":"i0"}' -device '{"driver":"vfio-pci","host":"0000:00:05.0","iommufd":"i0"}'
ok 'JSON is read like the rest' is 'iommufd intel-iommu,aw-bits=39,caching-mode=on accepted ' "$rows"
ok 'and nothing of it is left out' is '' "$err"
check q -device $dev -device intel-iommu,aw-bits=48,caching-mode=on
ok 'a device before its vIOMMU is not compared' is \
	'legacy intel-iommu,aw-bits=48,caching-mode=on unknown nothing is compared, and the vIOMMU does not translate for it' \
	"$rows"
check q -M pc-q35-9.1 -device intel-iommu,caching-mode=on -device $dev
ok 'the machine type has its defaults' is 'legacy intel-iommu,caching-mode=on accepted ' "$rows"
check q -accel kvm,kernel-irqchip=on -device intel-iommu,caching-mode=on,aw-bits=39,intremap=on -device $dev
ok '-accel counts as the machine option it once was' is 1 "$status"
ok 'and is answered for' is 'legacy intel-iommu,caching-mode=on,aw-bits=39,intremap=on refused' \
	"$(echo "$rows" | cut -d' ' -f1-3)"
check q -device intel-iommu,caching-mode=on,aw-bits=39 -device pcie-pci-bridge,id=b -device $dev,bus=b,addr=1
ok 'bridges are the topology' is 0 "$status"
check q -device intel-iommu,caching-mode=on,aw-bits=39 -device $dev,bus=nowhere
ok 'and a bus that is not there is refused' is 1 "$status"
check q -device intel-iommu,caching-mode=on -device vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:00:05.0 
ok 'sysfsdev= names a device too' is 'legacy intel-iommu,caching-mode=on refused aw-bits 48 > host aw-bits 39' "$rows"
check q -device intel-iommu -device vfio-pci,fd=3
ok 'fd= names none' is 2 "$status"
check q -device $dev
ok 'without a vIOMMU there is nothing to check' is 4 "$status"
ok 'which is said' is 'hiod: nothing to check: no vIOMMU in this command line' "$err"
check q -device intel-iommu -device
ok 'an option without its argument is an error' is 2 "$status"
timeout 60 "$hiod" check --viommu intel-iommu "$host" -- q -device intel-iommu >/dev/null 2>&1
ok 'what the command line says is not said twice' is 2 $?
timeout 60 "$hiod" check -- "$host" >/dev/null 2>&1
ok 'without a host before it "--" ends the options' is 1 $?
ktap_end
