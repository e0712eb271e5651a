#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hiod explain: what it says of hosts whose answers are known from elsewhere.
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
is() { [ "$1" = "$2" ] || { echo "expected $1, found $2"; cat "$out" "$err"; false; }; }
has() { grep -q -e "$2" "$1" || { echo "no '$2' in:"; cat "$1"; false; }; }
ktap_plan 15

run explain "$hosts/6.12-vtd-aw39.host.json"
ok 'a recorded host is explained' is 0 "$status"
ok 'with its width' has "$out" 'dmar0, 39 bits with legacy VFIO, 39 bits with iommufd; pages 4K 2M 1G'
ok 'with its ranges and the message of QEMU' has "$out" \
	'legacy: IOVA 0x0-0xfedfffff, 0xfef00000-0x7fffffffff; .*aw-bits 48 > host aw-bits 39'
ok 'with what fits by version' has "$out" 'qemu-9.1    legacy  fits        fits        no '
ok 'before and after the default changed' has "$out" 'qemu-11.1   iommufd no          fits        no '
ok 'and what to do' has "$out" 'aw-bits=39 fits 39 bits; the default since qemu-10.0, 48, does not'

# First stage only: one bit less on new kernels, and no iommufd on old ones.
run explain "$hosts/vm-6.12-vtd-firststage.host.json"
ok 'a kernel whose iommufd cannot attach is told' has "$out" \
	'attaching to an iommufd fails on this kernel; legacy VFIO does not'
cat >"$tmp/spr" <<'EOF'
Linux version 6.14.0 (x@y)
DMAR: dmar0: reg_base_addr aa3fc000 ver 6:0 cap 9ed008c40780466 ecap 3ee9e86f050df
EOF
run reconstruct --dmesg "$tmp/spr" -o "$tmp/spr.host.json"
run explain "$tmp/spr.host.json"
ok 'a first stage of one bit less has its remedy' has "$out" 'intel_iommu=sm_off .* gives 48 bits'
ok 'and dirty tracking, which has the second stage' has "$out" 'asks for dirty tracking gets 48 bits'
run reconstruct --dmesg "$tmp/spr" --kernel 6.12 -o "$tmp/spr.host.json"
run explain "$tmp/spr.host.json"
ok 'an older kernel needs neither' is 0 "$(grep -c 'sm_off\|gets 48' "$out")"

# An RMRR of a function that is neither USB nor display.
locked=$hosts/reconstructed/acpidmar-026.host.json
run explain "$locked"
ok 'a device that the firmware holds is not assignable' has "$out" 'NOT ASSIGNABLE: the firmware wants'
ok 'an assumed width is said to be one' has "$out" 'the width is ASSUMED: .* the host address width'
ok 'and its answers are unknown' has "$out" 'qemu-11.1   legacy  unknown     unknown '
run explain --device 0000:99:00.0 "$locked"
ok 'a device that is not there is status 4' is 4 "$status"
run explain "$tmp/none"
ok 'a host that is not there is one line and status 2' is '2 1' "$status $(wc -l <"$err" | tr -d ' ')"
ktap_end
