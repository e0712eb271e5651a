# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # used by those who source this
# Sourced by the recipes. A recipe is called as
#	recipes/KIND SUITE PACKAGE VERSION DIR
# and leaves in DIR:
#	vmlinuz		what the emulator boots
#	mod/*.ko	modules, stripped; modules.order: their file names in load order
#	info		"PACKAGE VERSION" of everything that went in, a line each
#	selftests/	the kernel's own test programs, from recipes that build them

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
. "$vm_dir/apt.sh"

# Debian 12's kernels were built by gcc 12; modules want the same.
if command -v gcc-12 >/dev/null; then kernel_cc=gcc-12; else kernel_cc=gcc; fi

# In load order. Not every kernel has each as a module.
modules_all='virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk
	irqbypass iommufd vfio_virqfd vfio vfio_iommu_type1 vfio-pci-core vfio-pci
	vhost_iotlb vringh vhost vdpa vhost_vdpa vdpa_sim vdpa_sim_net vdpa_sim_blk vp_vdpa'
# There for tests that load them.
modules_extra='failover net_failover virtio_net'

# install_module DIR NAME TREE...: copies it from the first tree that has it.
install_module() {
	local dir=$1 name=$2 tree file=
	shift 2
	for tree in "$@"; do
		file=$(find "$tree" \( -name "$name.ko" -o -name "$name.ko.xz" \) -print -quit)
		[ -z "$file" ] || break
	done
	case $file in
	'') return 1 ;;
	*.xz) xz -dc "$file" >"$dir/mod/$name.ko" ;;
	*) cp "$file" "$dir/mod/$name.ko" ;;
	esac
	strip --strip-debug "$dir/mod/$name.ko"
}

# install_modules DIR TREE...: copies the modules above.
install_modules() {
	local dir=$1 name
	shift
	mkdir -p "$dir/mod"
	for name in $modules_all; do
		! install_module "$dir" "$name" "$@" || echo "$name.ko" >>"$dir/modules.order"
	done
	for name in $modules_extra; do
		install_module "$dir" "$name" "$@" || :
	done
}

# scratch: a directory that goes away with the recipe.
scratch() {
	mkdir -p "$vm_cache/tmp"
	work=$(mktemp -d "$vm_cache/tmp/build.XXXXXX")
	trap 'rm -rf "$work"' EXIT
}

unpack() { # FILE.deb DIR
	mkdir -p "$2"
	dpkg-deb -x "$1" "$2"
}

# unpack_source FILE.deb DIR [PATTERN...]: (parts of) the kernel's source.
unpack_source() {
	local deb=$1 dir=$2 member
	shift 2
	mkdir -p "$dir"
	member=$(dpkg-deb --fsys-tarfile "$deb" | tar -t | grep -m 1 '\.tar\.xz$' || :)
	[ -n "$member" ] || die "$deb holds no kernel source"
	dpkg-deb --fsys-tarfile "$deb" | tar -xO "$member" | xz -dc -T0 |
		tar -x -C "$dir" --strip-components=1 ${1:+--wildcards} "$@"
}
