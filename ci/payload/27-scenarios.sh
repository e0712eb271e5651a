# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The scenarios of the corpus on this kernel's own drivers, as every QEMU: those
# that one device is enough for. What this host is not wide enough for, or has no
# backend for, is skipped; on a host with an IOMMU not all may be.

scenarios_live() {
	# shellcheck disable=SC2046,SC2086 # one option a device
	hiod scenario --live --device "${VM_DEVICES%% *}" \
		${HIOD_VDPA:+$(printf ' --device %s' $HIOD_VDPA)} /share/scenarios
}

some_passed() {
	n=$(grep -cE '^ok [0-9]+ [a-z0-9-]+$' /out/scenarios.ktap)
	echo "$n scenarios passed"
	[ "$n" -gt 0 ]
}

# What a scenario shows depends on the width and the groups: the wider host is enough,
# and where there is time each is asked.
case $VM_HOST:$VM_KERNEL in
vtd-aw48:* | *:built) ;;
*)
	ktap_skip 'scenarios on the drivers' 'run on vtd-aw48'
	return
	;;
esac
hiod check --live --device "${VM_DEVICES%% *}" --viommu intel-iommu,caching-mode=on,aw-bits=39 \
	>/dev/null 2>&1
# 0 or 1: some device answers; whether with an acceptance is the next question.
if [ $? -le 1 ] && [ -d /share/scenarios ]; then
	scenarios_live >/out/scenarios.ktap 2>&1
	scenarios_status=$?
	ktap_sub 'scenarios on the drivers' sh -c "cat /out/scenarios.ktap; exit $scenarios_status"
	case $VM_HOST in
	vtd-aw*) ktap_is 'scenarios were run' some_passed ;;
	esac
else
	ktap_skip 'scenarios on the drivers' 'no device to run them on'
fi
