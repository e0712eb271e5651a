#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hiod scenario on the command line, and the topology of hiod check: usage, exit
# statuses, what bad input does.
set -u
hiod=${HIOD:?}
corpus=${HIOD_CORPUS:-corpus}
. harness/ktap/ktap.sh

scenarios=$corpus/scenarios
host=$corpus/hosts/6.12-vtd-aw48.host.json
nesting=$scenarios/hosts/nesting.host.json
out=$tmp/out
err=$tmp/err
run() { # status is kept in $status, outputs in $out and $err
	timeout 60 "$hiod" "$@" >"$out" 2>"$err"
	status=$?
}
scenario() { # the lines of a file, then options
	cat >"$tmp/a.scn"
	run scenario "$@" "$tmp/a.scn"
}

ktap_plan 24

run scenario --help
ok '--help succeeds and begins with its usage' is "0 Usage: hiod scenario" \
	"$status $(head -n 1 "$out" | cut -d' ' -f1-3)"
run --help
ok 'hiod --help names it' has "$out" '^  scenario '
run scenario
ok 'no file is status 2' is 2 "$status"
run scenario --live --host "$host" "$scenarios/kexec.scn"
ok '--live and --host exclude each other' is 2 "$status"
run scenario --profile qemu-1.0 "$scenarios/kexec.scn"
ok 'an unknown profile is status 2, and those that are there are named' has "$err" 'qemu-11.1'
run scenario "$tmp/nowhere.scn"
ok 'a file that is not there is status 2' is "2 1" "$status $(wc -l <"$err" | tr -d ' ')"

run scenario --profile qemu-11.1 "$scenarios/kexec.scn"
ok 'one scenario passes: status 0' is 0 "$status"
ok 'its name is the test' has_line "$out" 'ok 1 kexec'
ok 'the sums are in KTAP' has_line "$out" '# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:0 error:0'
run scenario --profile qemu-11.1 --host "$host" "$scenarios/kexec.scn" "$scenarios/too-wide-cold.scn"
ok 'a host of another width is a skip with its reason' has "$out" \
	'^ok 2 too-wide-cold # SKIP the host has 48 bits with legacy, needed 39$'
run scenario --profile qemu-11.1 --host "$host" "$scenarios/too-wide-cold.scn"
ok 'nothing but skips is status 4' is 4 "$status"

scenario --host "$host" --profile qemu-11.1 <<-EOF
	viommu intel-iommu,caching-mode=on,aw-bits=48
	+dev @1 legacy
	expect table 2
EOF
ok 'a failure is status 1' is 1 "$status"
ok 'and told with profile, host, file and line' has_line "$out" \
	"# qemu-11.1, 6.12-vtd-aw48: $tmp/a.scn:3: table is 1 (0x1), expected 2"
scenario --host "$host" <<-EOF
	viommu intel-iommu
	+dev @1 vfio
EOF
ok 'bad input is status 2 and nothing is run' is "2 0" "$status $(wc -l <"$out" | tr -d ' ')"
ok 'with file, line, field and what was expected' has_line "$err" \
	"hiod: $tmp/a.scn:2: +dev: field 2 'vfio': expected legacy, iommufd, iommufd:ID or vdpa"
scenario <<-EOF
	start
EOF
ok 'a scenario without hosts asks for --host' has "$err" 'names no hosts'

flts='intel-iommu,caching-mode=on,scalable-mode=on,fsts=on'
check() { run check --viommu $flts --backend iommufd --device 0000:00:05.0 "$@" "$nesting"; }
check
ok 'a device on pcie.0 may have a first stage' is 0 "$status"
check --add-device pcie-pci-bridge,id=br --add-device vfio-pci,bus=br
ok 'behind a PCIe-to-PCI bridge it may not' has "$out" \
	'Host device downstream to a PCI bridge is unsupported when fsts=on'
cat >"$tmp/a.topology" <<-EOF
	# two lines
	-device pcie-root-port,id=rp0

	pcie-pci-bridge,id=br,bus=rp0
	vfio-pci,host=00:06.0,bus=br
	vfio-pci,host=00:05.0,bus=rp0
EOF
check --topology "$tmp/a.topology"
ok 'a topology places each device by its host=' is 0 "$status"
run check --viommu $flts --backend iommufd --device 0000:00:06.0 --topology "$tmp/a.topology" "$nesting"
ok 'another device of it is elsewhere' is 1 "$status"
check --add-device vfio-pci,bus=nope
ok 'what QEMU refuses of it is an answer' has "$out" "refused  Bus 'nope' not found"
check --add-device virtio-net-ccw
ok 'what is not modelled is bad input' is 2 "$status"
echo 'pcie-root-port, id=rp0' >"$tmp/b.topology"
check --topology "$tmp/b.topology"
ok 'a line that is no option is bad input, with file and line' has "$err" "b.topology:1: "

run check --topology "$tmp/a.topology" --backend legacy --device 0000:00:05.0 \
	--viommu intel-iommu,caching-mode=on --record "$tmp/t.capture.jsonl" "$nesting"
run replay "$tmp/t.capture.jsonl"
ok 'a recorded check keeps its topology, and replays' is "0 1" \
	"$status $(head -n 1 "$tmp/t.capture.jsonl" | grep -c '+pcie-pci-bridge,id=br,bus=rp0 +vfio-pci')"
ktap_end
