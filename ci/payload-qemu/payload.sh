#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs in the guest of ci/vm: an unmodified QEMU on this kernel's own drivers under
# `hiod run --record`. What it was told describes a host that gives the answers
# that the host gives which `hiod capture` records here, and what QEMU said is what
# hiod says that this QEMU says.
# shellcheck disable=SC1091 # of the guest
. /guest/ktap.sh

device=${VM_DEVICES%% *}
capture=/out/host.capture.jsonl
profile=$(/share/qemu/qemu --version | sed -n 's/^QEMU emulator version \([0-9]*\.[0-9]*\).*/qemu-\1/p')

# qemu BACKEND VIOMMU: starts, and quits where it was not refused; its words in /tmp/said.
qemu() {
	object='' option=''
	[ "$1" = legacy ] || { object='-object iommufd,id=iommufd0' && option=,iommufd=iommufd0; }
	# shellcheck disable=SC2086 # words
	echo quit | hiod run --record "/out/$1.capture.jsonl" -- /share/qemu/qemu -accel tcg \
		-nodefaults -no-user-config -display none -S -m 64 -monitor stdio \
		-machine q35 -device "$2" $object -device "vfio-pci,host=$device$option" >/tmp/said 2>&1
}

# answer FILE BACKEND VIOMMU: what hiod says of it, without the host's name.
answer() {
	hiod check --format json --no-memory --profile "$profile" --device "$device" \
		--backend "$2" --viommu "$3" "$1" >/tmp/answer || [ $? = 1 ] || return 1
	sed -E 's/"host":"[^"]*",//' /tmp/answer
}

recorded() { # BACKEND VIOMMU
	rm -f "/out/$1.capture.jsonl"
	qemu "$1" "$2"
	hiod validate "/out/$1.capture.jsonl" &&
		hiod describe "/out/$1.capture.jsonl" -o "/out/$1.host.json" || cat /tmp/said
}

# What QEMU was told and what hiod capture records: one answer, for each width.
same_host() { # BACKEND
	for viommu in intel-iommu,caching-mode=on,aw-bits=48 intel-iommu,caching-mode=on,aw-bits=39; do
		answer "/out/$1.host.json" "$1" $viommu >/tmp/of-qemu || return 1
		answer $capture "$1" $viommu >/tmp/of-capture || return 1
		diff /tmp/of-qemu /tmp/of-capture || return 1
	done
	cat /tmp/of-qemu
}

# The sentence, or none where it was accepted.
same_sentence() { # BACKEND VIOMMU
	answer $capture "$1" "$2" >/tmp/of-capture || return 1
	message=$(sed -n 's/.*"message":"\([^"]*\)".*/\1/p' /tmp/of-capture)
	case $(cat /tmp/of-capture) in
	*'"qemu":"accepted"'*) ! grep 'vfio-pci,' /tmp/said ;;
	*'"qemu":"refused"'*) grep -F "$message" /tmp/said || { cat /tmp/said && false; } ;;
	*) cat /tmp/of-capture && false ;;
	esac
}

ktap_begin
ktap_is "$profile starts here" test -n "$profile"
ktap_is 'hiod capture' hiod capture --device "$device" -o $capture
for backend in legacy iommufd; do
	for viommu in intel-iommu,caching-mode=on,aw-bits=48 intel-iommu,caching-mode=on,aw-bits=39; do
		ktap_is "$backend, $viommu: QEMU is recorded on the drivers" recorded $backend $viommu
		ktap_is "$backend, $viommu: it says what hiod check says" same_sentence $backend $viommu
	done
	# The last one was accepted, or refused for another reason than its width.
	ktap_is "$backend: what it was told describes the host that hiod capture records" same_host $backend
done
ktap_finish
