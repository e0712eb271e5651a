#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ci/vfio-bind on made-up machines: a tree of files in the place of /sys and
# /proc, with one device, 0000:00:07.0. What needs a kernel is in ci/vm.
# shellcheck disable=SC2317 # functions are called by ok
. harness/ktap/ktap.sh

link() { # TARGET NAME, below the made-up root
	mkdir -p "$(dirname "$r/$2")" "$r/$1"
	ln -s "$r/$1" "$r/$2"
}

put() { # FILE LINE...
	f=$r/$1
	shift
	mkdir -p "$(dirname "$f")"
	printf '%s\n' "$@" >"$f"
}

# machine CLASS: alone in group 3, with the driver "host".
machine() {
	r=$tmp/root
	rm -rf "$r"
	dev=sys/devices/pci0000:00/0000:00:07.0
	put $dev/class "$1"
	put $dev/vendor 0x1b36
	put $dev/device 0x0010
	put $dev/driver_override '(null)'
	link $dev sys/bus/pci/devices/0000:00:07.0
	link $dev sys/kernel/iommu_groups/3/devices/0000:00:07.0
	link sys/kernel/iommu_groups/3 $dev/iommu_group
	link sys/bus/pci/drivers/host $dev/driver
	mkdir -p "$r/sys/bus/pci/drivers/vfio-pci"
	put proc/self/mountinfo '21 1 0:20 / / rw - tmpfs tmpfs rw'
	put proc/swaps 'Filename Type Size Used Priority'
	put proc/consoles 'tty0 -WU (EC p) 4:7'
}

disk() { # NAME: a block device of it
	put "$dev/ctrl/$1/dev" 259:1
	mkdir -p "$r/$dev/ctrl/$1/holders"
	link "$dev/ctrl/$1" "sys/class/block/$1"
}

interface() { # NAME FLAGS
	put "$dev/net/$1/flags" "$2"
	link "$dev/net/$1" "sys/class/net/$1"
}

bind() { VFIO_BIND_ROOT=$r ci/vfio-bind bind 0000:00:07.0 >"$tmp/words" 2>&1; }

refused() { # WORDS: with status 3, naming the use, and nothing written
	bind
	is 3 $? && has "$tmp/words" "$1" && is '(null)' "$(cat "$r/$dev/driver_override")"
}

# Free: it gets as far as asking the kernel, which is not there to answer, and
# takes back what it wrote.
tried() {
	bind
	is 1 $? && has "$tmp/words" 'does not go to vfio-pci' &&
		is 0000:00:07.0 "$(cat "$r/$dev/driver/unbind")" && is '' "$(cat "$r/$dev/driver_override")"
}

ktap_plan 16

machine 0x010802
disk sda
ok 'a disk that nothing uses is free' tried

machine 0x010802
disk sda
put proc/self/mountinfo '25 1 259:1 / /home rw shared:1 master:2 - ext4 /dev/disk/by-uuid/1 rw'
ok 'a mounted disk, by its number' refused 'disk sda is mounted on /home'

machine 0x010802
disk sda
put proc/self/mountinfo '25 1 0:40 / /srv rw - btrfs /dev/sda rw'
ok 'a mounted disk, by its source' refused 'disk sda is mounted on /srv'

machine 0x010802
disk sda
put proc/1/mountinfo '25 1 259:1 / /elsewhere rw - ext4 /dev/sda rw'
ok 'a disk that is mounted in the first namespace' refused 'mounted on /elsewhere'

machine 0x010802
disk sda
put sys/fs/btrfs/0123/devices/sda ''
ok 'the second disk of a btrfs' refused 'disk sda is part of a mounted btrfs'

machine 0x010802
disk sda
put proc/swaps 'Filename Type Size Used Priority' '/dev/sda partition 1000 0 -2'
ok 'swap' refused 'disk sda is swap space'

machine 0x010802
disk sda
put sys/devices/virtual/block/dm-0/dm/name vg-root
link sys/devices/virtual/block/dm-0 $dev/ctrl/sda/holders/dm-0
ok 'a part of a volume' refused 'disk sda is part of vg-root'

machine 0x010802
disk sda
link sys/devices/virtual/block/md127 $dev/ctrl/sda/holders/md127
ok 'a part of a RAID' refused 'disk sda is part of md127'

machine 0x010802
put $dev/nvme/nvme0/model x
link $dev/nvme/nvme0 sys/class/nvme/nvme0
subsystem=sys/devices/virtual/nvme-subsystem/nvme-subsys0
put $subsystem/nvme0n1/dev 259:0
link $dev/nvme/nvme0 $subsystem/nvme0
link $subsystem sys/class/nvme-subsystem/nvme-subsys0
link $subsystem/nvme0n1 sys/class/block/nvme0n1
put proc/self/mountinfo '25 1 259:0 / /data rw - ext4 /dev/nvme0n1 rw'
ok 'an NVMe disk with several paths lies beside its controller' refused 'nvme0n1 is mounted on /data'

machine 0x020000
interface eth0 0x1002
ok 'an interface that is down is free' tried

machine 0x020000
interface eth0 0x1003
ok 'an interface that is up' refused 'interface eth0 is up'

machine 0x020000
interface eth0 0x1002
put proc/net/route 'Iface Destination' 'eth0 00000000 0100A8C0'
ok 'an interface with routes' refused 'interface eth0 has routes'

machine 0x030000
put $dev/boot_vga 1
ok 'the boot display' refused 'boot display'

machine 0x070002
put $dev/tty/ttyS4/x ''
link $dev/tty/ttyS4 sys/class/tty/ttyS4
put proc/consoles 'ttyS4 -W- (EC p a) 4:68'
ok 'the console' refused 'console ttyS4'

machine 0x060400
ok 'a bridge' refused 'is a bridge'

machine 0x010802
rm "$r/$dev/iommu_group"
ok 'a device in no group' refused 'in no IOMMU group'

ktap_end
