# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# `hiod run --record`: a program makes its own calls on the drivers, and what it
# was told is written down whole: it gives the width that the capture gives.

recorded() { # its own tests pass as they do alone, and the recording is one
	rm -f /tmp/run.jsonl
	HIOD_BDF=$device hiod run --record /tmp/run.jsonl -- /share/drivers/test_info -j 1 >/tmp/run.out 2>&1 ||
		{ tail -n 20 /tmp/run.out && return 1; }
	hiod validate /tmp/run.jsonl && hiod describe /tmp/run.jsonl -o /tmp/run.host.json
}

legacy_width() { # FILE
	hiod check --no-memory --format json --device "$device" --backend legacy "$1" |
		sed -n 's/.*"host_aw_bits":\([^,]*\),.*/\1/p'
}

same_width() {
	is=$(legacy_width /tmp/run.host.json) captured=$(legacy_width $capture)
	echo "recorded $is, captured $captured"
	[ -n "$is" ] && [ "$is" = "$captured" ]
}

device=${VM_DEVICES%% *}
case $VM_HOST in
noiommu | vtd-nointremap) ktap_skip 'a program recorded on the drivers' 'no device for users here' ;;
vtd-aw39 | vtd-bridge | virtio-iommu-aw48 | amd)
	ktap_is 'a program recorded on the drivers' recorded
	ktap_is 'what it was told gives the width that the capture gives' same_width
	;;
*) ktap_skip 'a program recorded on the drivers' 'done on vtd-aw39: nothing else is asked here' ;;
esac
