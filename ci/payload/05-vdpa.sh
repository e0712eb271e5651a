# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# vDPA devices for those who come after: a simulated one wherever the kernel has
# vDPA, and the virtio device that $VM_SEE names (vdpa=BDF), which is behind the
# host's IOMMU. HIOD_VDPA: their nodes.

HIOD_VDPA=

# The node that vhost_vdpa made for a device.
# shellcheck disable=SC2010 # the kernel's names are plain
vdpa_node() { # NAME
	node=$(ls "/sys/bus/vdpa/devices/$1" | grep '^vhost-vdpa-') || return 1
	[ -c "/dev/$node" ] && HIOD_VDPA="$HIOD_VDPA${HIOD_VDPA:+ }/dev/$node"
}

vdpa_simulated() { vdpa-add vdpa0 vdpasim_net && vdpa_node vdpa0; }

vdpa_virtio() { # BDF
	dev=/sys/bus/pci/devices/$1
	echo vp-vdpa >"$dev/driver_override"
	[ ! -e "$dev/driver" ] || echo "$1" >"$dev/driver/unbind"
	echo "$1" >/sys/bus/pci/drivers_probe
	vdpa-add vdpa1 "pci/$1" && vdpa_node vdpa1
}

# ktap_is runs its command in a shell of its own: what it finds is found again.
if [ -d /sys/bus/vdpa ]; then
	ktap_is 'a simulated vDPA device' vdpa_simulated
	vdpa_node vdpa0
	bdf=$(echo "$VM_SEE" | tr ' ' '\n' | sed -n 's/^vdpa=//p')
	if [ -n "$bdf" ]; then
		ktap_is "a vDPA device on $bdf" vdpa_virtio "$bdf"
		vdpa_node vdpa1
	fi
else
	ktap_skip 'a simulated vDPA device' 'this kernel is built without vDPA'
fi
export HIOD_VDPA
