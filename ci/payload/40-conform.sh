# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The model of this host against this kernel, call by call. Over the five hosts that
# every kernel meets, the default is 20,000 calls a kernel. --args 'calls=N' and
# 'seed=S' ask for more on this host, or for others.

calls=4000
seed=$((1 + 0x$(echo "$VM_HOST" | sha256sum | cut -c1-4)00))
for arg in $VM_ARGS; do
	case $arg in
	calls=*) calls=${arg#*=} ;;
	seed=*) seed=${arg#*=} ;;
	# Another seed on each host.
	spread) seed=$((seed + 0x$(echo "$VM_HOST" | sha256sum | cut -c1-4)00)) ;;
	esac
done

conform() {
	# shellcheck disable=SC2046 # one option a device
	hiod-conform $(printf ' --bdf %s' $VM_DEVICES) --calls "$calls" --seed "$seed" \
		>/out/conform.txt 2>&1
	status=$?
	grep -E "^(kernel against|[0-9]+ calls|[0-9]+ results)" /out/conform.txt
	[ $status = 0 ] || tail -n 40 /out/conform.txt
	return $status
}

ktap_is "the model answers $calls calls as this kernel does" conform

conform_vdpa() { # NODE
	conform_out=/out/conform-${1##*/}.txt
	hiod-conform --vdpa "$1" --calls "$calls" --seed "$seed" >"$conform_out" 2>&1
	status=$?
	grep -E '^(kernel against|[0-9]+ calls)' "$conform_out"
	[ $status = 0 ] || tail -n 40 "$conform_out"
	return $status
}

for node in ${HIOD_VDPA:-}; do
	ktap_is "the model of $node answers $calls calls as this kernel does" conform_vdpa "$node"
done
