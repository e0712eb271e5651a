# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# `hiod check` says the same of this kernel's own drivers and of the capture of
# this host, for every profile, both backends and the default vIOMMUs; and what
# it records on the drivers replays.

device=${VM_DEVICES%% *}

# Numbers of fds and objects are of no account.
ask() { # PROFILE OUT HOST|--live
	hiod check --matrix --format json --profile "$1" --device "$device" --no-memory "$3" >/tmp/raw || [ $? = 1 ] ||
		return 1
	sed -E 's/"host":"[^"]*",//; s/(fd|id)=[0-9]+/\1=N/g; s/ \([0-9]+\)/ (N)/g' /tmp/raw >"$2"
}

same_answers() { # PROFILE
	ask "$1" /tmp/live --live && ask "$1" /tmp/captured $capture || return 1
	echo "$(wc -l </tmp/live) answers"
	diff /tmp/live /tmp/captured
}

live_replays() { # BACKEND
	rm -f /tmp/live.capture.jsonl
	hiod check --live --device "$device" --backend "$1" --record /tmp/live.capture.jsonl \
		>/dev/null || [ $? = 1 ] || return 1
	hiod replay /tmp/live.capture.jsonl
}

hiod check --live --device "$device" >/dev/null 2>&1
if [ $? != 4 ]; then
	for profile in qemu-9.1 qemu-10.0 qemu-11.1; do
		ktap_is "$profile: one answer on the drivers and on their capture" same_answers $profile
	done
	for backend in legacy iommufd; do
		ktap_is "a check recorded on the drivers replays: $backend" live_replays $backend
	done
else
	ktap_skip 'one answer on the drivers and on their capture' 'no device to check'
fi
vdpa_same() { # NODE
	hiod check --backend vdpa --device "$1" --matrix --format json --live >/tmp/live ||
		[ $? = 1 ] || return 1
	hiod check --backend vdpa --device "$1" --matrix --format json $capture >/tmp/captured ||
		[ $? = 1 ] || return 1
	sed -i -E 's/"host":"[^"]*",//' /tmp/live /tmp/captured
	echo "$(wc -l </tmp/live) answers" && diff /tmp/live /tmp/captured
}

for node in ${HIOD_VDPA:-}; do
	if [ -e $capture ]; then
		ktap_is "$node: one answer on the device and on its capture" vdpa_same "$node"
	else
		ktap_skip "$node: one answer on the device and on its capture" 'there is no capture'
	fi
done
if [ -e $capture ]; then
	ktap_is 'the capture has no difference from its model' hiod replay $capture
else
	ktap_skip 'the capture has no difference from its model' 'there is no capture'
fi
