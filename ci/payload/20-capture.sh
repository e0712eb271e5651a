# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# `hiod capture` records this host; what it wrote is whole, and leaves as a file.

capture=/out/host.capture.jsonl

# shellcheck disable=SC2046,SC2086 # one option a device
record() { hiod capture $(printf ' --device %s' $VM_DEVICES) --vdpa -o $capture; }

# 1: some vIOMMU does not fit; 4: nothing to check here. Both are answers.
answers() {
	hiod check $capture >/out/check.txt
	case $? in 0 | 1 | 4) ;; *) return 1 ;; esac
}

if hiod --help 2>&1 | grep -q '^ *capture'; then
	ktap_is 'hiod capture' record
	if [ ! -e $capture ]; then
		ktap_skip 'the capture is valid' 'there is none'
		return
	fi
	ktap_is 'the capture is valid' hiod validate $capture
	ktap_is 'hiod check answers from it' answers
else
	ktap_skip 'hiod capture' 'this hiod has no such command'
fi
