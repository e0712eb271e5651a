#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hiod run: options, statuses, trace, transcript, replay, faults, with programs
# that every system has; and QEMU itself where there is one.
set -u
hiod=${HIOD:?}
. harness/ktap/ktap.sh

host=${HIOD_CORPUS:-corpus}/hosts/vm-6.12-built-vtd-aw39.host.json
dir=/sys/bus/pci/devices/0000:00:05.0
out=$tmp/out
err=$tmp/err
run() { # $status, $out, $err
	timeout 60 "$hiod" run "$@" >"$out" 2>"$err" </dev/null
	status=$?
}
refused() {
	is 2 "$status" && is 1 "$(grep -vc "^Try '" "$err")" && grep -q '^hiod' "$err" && is 0 "$(wc -c <"$out" | tr -d ' ')"
}

ktap_plan 44

# ---- statuses and output --------------------------------------------------------
run --host "$host" -- cat "$dir/vfio-dev/vfio0/dev" "$dir/vendor"
ok 'a program reads the files of the host' is 0 "$status"
ok 'its output is its own' is '252:0 0x1b36' "$(tr '\n' ' ' <"$out" | sed 's/ $//')"
ok 'and hiod adds nothing' is '' "$(cat "$err")"
run --host "$host" ls "$dir/iommu_group/devices"
ok 'it lists the directories' is 0000:00:05.0 "$(cat "$out")"
run --host "$host" -- readlink -f "$dir"
ok 'it follows the links' is /sys/devices/pci0000:00/0000:00:05.0 "$(cat "$out")"
run --host "$host" -- sh -c 'exit 3'
ok 'its status is that of hiod' is 3 "$status"
run --host "$host" -- sh -c 'kill -9 $$'
ok 'ended by a signal, so is hiod' is 137 "$status"
run --host "$host" -- sh -c 'test -c /dev/vfio/devices/vfio0 && test ! -e /dev/vfio/4711 && exec cat /proc/self/stat'
ok 'what it starts is on the host too' is 0 "$status"
run --host "$host" -- cat /proc/self/status
ok 'it has no new privileges' has "$out" '^NoNewPrivs:.1$'

run --host "$host" -- uname -r
ok 'the kernel is the one of the host' is 6.12.117 "$(cat "$out")"

# ---- wrong usage ------------------------------------------------------------------
run --host "$host" -- /nowhere/program
ok 'a program that is not there' refused
run -- true
ok 'no host' refused
run --host "$host"
ok 'no program' refused
run --host "$host" --replay x -- true
ok 'a host and a transcript' refused
run --host /nowhere -- true
ok 'a host that is not there' refused
run --host "$host" --nonsense -- true
ok 'an unknown option' is 2 "$status"
run --help
ok 'the help is printed' is 0 "$status"

# ---- trace, transcript, replay --------------------------------------------------------
run --host "$host" --trace-file "$tmp/trace" --record "$tmp/rec" -- cat "$dir/vendor"
ok 'the trace has the calls, decoded' has_line "$tmp/trace" "open($dir/vendor, 0x0) = 3"
ok 'and their results' has "$tmp/trace" '^read\(file 3, .*"0x1b36.n"\) = 7$'
ok 'a transcript of them is valid' "$hiod" validate "$tmp/rec"
ok 'and names the program' is cat "$(head -n 1 "$tmp/rec" | python3 -c 'import json,sys; print(json.load(sys.stdin)["client"])')"
run --replay "$tmp/rec" -- cat "$dir/vendor"
ok 'it answers the same program' is '0 0x1b36' "$status $(cat "$out")"
run --replay "$tmp/rec" -- cat "$dir/device"
ok 'another call is a deviation' is 2 "$status"
ok 'which is named with its line' has "$err" "rec:2: path differs: expected open\(.*/vendor.*got open\(.*/device"
run --replay "$tmp/rec" -- true
ok 'and so are calls that were not made' has "$err" 'rec:2: '

# ---- the real host ------------------------------------------------------------------
run --record "$tmp/real" -- sh -c 'test -e /dev/vfio/vfio; echo $?; cat /proc/self/comm; exit 5'
test -e /dev/vfio/vfio
there=$?
ok 'on the real host the program makes its own calls' is "5 $there cat" "$status $(tr '\n' ' ' <"$out" | sed 's/ $//')"
ok 'they are recorded all the same' has "$tmp/real" '"call":"(stat|access)","path":"/dev/vfio/vfio"'
ok 'the transcript is valid' "$hiod" validate "$tmp/real"
run --record "$tmp/real" --fault open=EIO -- true
ok 'and not to be made worse' refused

# ---- faults ------------------------------------------------------------------------
run --host "$host" --fault "open:$dir/vendor=EIO" -- cat "$dir/vendor"
ok 'a rule fails a call' has "$err" 'vendor.?: Input/output error'
run --host "$host" --fault "open:$dir/vendor#2=EIO" -- cat "$dir/vendor" "$dir/vendor"
ok 'the second of its kind' is '1 0x1b36' "$status $(cat "$out")"
run --host "$host" --fault 'IOAS_IOVA_RANGES=EIO' -- true
ok 'a rule that met no call is told' is 'hiod: --fault IOAS_IOVA_RANGES=EIO: no such call was made' "$(cat "$err")"
for rule in 'GET_INFO=EIO' 'IOAS_IOVA_RANGES#0=EIO' 'open=EWHAT' 'IOAS_IOVA_RANGES:nothing=1' 'sing=EIO'; do
	run --host "$host" --fault "$rule" -- true
	ok "no rule: $rule" refused
done

# ---- QEMU ----------------------------------------------------------------------------
qemu=$(ci/qemu --cached 10.0 2>"$tmp/why")
width='vfio 0000:00:05.0: Failed to set vIOMMU: aw-bits 48 > host aw-bits 39'
if [ -z "$qemu" ]; then
	for what in 'QEMU refuses' 'QEMU starts' 'with its sandbox' 'a mangled reply' 'devices by descriptor' \
		'a vDPA simulator' 'vDPA behind VT-d'; do
		skip "$what" "$(tail -n 1 "$tmp/why")"
	done
else
	says() { # OPTION... -- QEMU...: its status and last line, without where it stood
		echo quit | timeout 60 "$hiod" run --host "$host" "$@" >"$out" 2>"$err"
		echo "$? $(sed -n 's/^qemu-system-x86_64: -device [^ ]*: //p' "$err" | tail -n 1)"
	}
	base="-machine q35 -accel tcg -nodefaults -no-user-config -display none -S -m 64 -monitor stdio"
	narrow='-device intel-iommu,aw-bits=39,caching-mode=on'
	# shellcheck disable=SC2086 # lists of options
	{
		ok 'QEMU refuses what the host cannot carry' is "1 $width" \
			"$(says -- "$qemu" $base -device intel-iommu,caching-mode=on -device vfio-pci,host=0000:00:05.0)"
		ok 'QEMU starts on what it can' is '0 ' \
			"$(says -- "$qemu" $base $narrow -object iommufd,id=i -device vfio-pci,host=0000:00:05.0,iommufd=i)"
		ok 'with its own sandbox too' is '0 ' \
			"$(says -- "$qemu" $base -sandbox on $narrow -device vfio-pci,sysfsdev=$dir)"
		ok 'it sees a mangled reply' is \
			'1 vfio 0000:00:05.0: Failed to set vIOMMU: aw-bits 39 > host aw-bits 32' \
			"$(says --fault 'IOAS_IOVA_RANGES#2:allowed_iovas[1].last=0xffffffff' -- "$qemu" $base \
				$narrow -object iommufd,id=i -device vfio-pci,host=0000:00:05.0,iommufd=i)"
		ok 'it takes descriptors that a parent has opened' is '0 ' \
			"$(says -- sh -c 'exec "$@" 7<>/dev/vfio/devices/vfio0 8<>/dev/iommu' sh "$qemu" $base \
				$narrow -object iommufd,id=i,fd=8 -device vfio-pci,fd=7,iommufd=i)"
		host=${HIOD_CORPUS:-corpus}/hosts/vm-6.12-vtd-vdpa.host.json
		for n in 0 1; do
			ok "it starts with a vhost-vdpa device: $n" is '0 ' "$(says -- "$qemu" $base \
				-netdev vhost-vdpa,id=n,vhostdev=/dev/vhost-vdpa-$n -device virtio-net-pci,netdev=n)"
		done
	}
fi
ktap_end
