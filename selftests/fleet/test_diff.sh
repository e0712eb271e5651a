#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hiod diff: every kind of change that an update makes, said by name.
set -u
. selftests/fleet/fleet.sh

old=$hosts/6.12-vtd-aw39.host.json
new=$hosts/7.3-vtd-aw48-scalable-q10.host.json
# A description with one thing changed: a Python statement on h, its unit u, its device d.
changed() { # FILE STATEMENT
	python3 -c 'import json, sys
h = json.load(open(sys.argv[1]))
u, d = h["iommus"][0], h["devices"][0]
exec(sys.argv[2])
json.dump(h, open(sys.argv[3], "w"))' "$1" "$2" "$tmp/changed.host.json"
}
keys() { # of the changes in JSON, without verdicts
	python3 -c 'import json, sys
print(" ".join(c["key"] for c in map(json.loads, open(sys.argv[1])) if c["subject"] != "verdict"))' "$out"
}
# key, statement, keys that change with it, before and after of the first.
one() {
	changed "$old" "$2"
	run diff --format json "$old" "$tmp/changed.host.json"
	ok "$1 is named" is "1 $3" "$status $(keys)"
	ok "$1 has both values" is "$4" "$(python3 -c 'import json, sys
c = json.loads(open(sys.argv[1]).readline())
print(c["before"], "->", c["after"])' "$out")"
}
ktap_plan 39

run diff "$old" "$old"
ok 'a host is like itself' is '0 no difference' "$status $(cat "$out")"
run diff --format json "$old" "$hosts/6.12-vtd-aw39.capture.jsonl"
ok 'and like the capture that it was made from, which is nothing in JSON' is '0 ' "$status $(cat "$out")"

one 'the kernel' 'h["kernel"] = "6.12.118"' kernel '6.12.117 -> 6.12.118'
one 'a word of the command line' 'h["cmdline"] = h["cmdline"].replace("intel_iommu=on", "intel_iommu=on,sm_on")' \
	cmdline 'intel_iommu=on -> intel_iommu=on,sm_on'
one 'a feature that a distribution has backported' 'h["features"] = {"viommu": True}' features 'None -> viommu'
one 'a node that is gone' 'del h["iommufd"]' 'iommufd ranges.iommufd' 'yes -> no'
one 'a module parameter' 'h["type1-unsafe-interrupts"] = True' type1-unsafe-interrupts 'no -> yes'
one 'a field of cap' "u['registers']['cap'] = '0xd2008c222f0206'" 'cap cap.MGAW' \
	'0xd2008c22260206 -> 0xd2008c222f0206'
one 'a field of ecap' "u['registers']['ecap'] = '0xf00f0a'" 'ecap ecap.PT' '0xf00f4a -> 0xf00f0a'
one 'the page sizes of legacy VFIO' "u['domains']['type1']['page-sizes'] = '0x1000'" domains.type1 \
	'0x0-0x7fffffffff, pages 4K 2M 1G -> 0x0-0x7fffffffff, pages 4K'
one 'dirty tracking' "u['domains']['dirty'] = u['domains']['type1']" domains.dirty \
	'no: EOPNOTSUPP -> 0x0-0x7fffffffff, pages 4K 2M 1G'
one 'interrupt remapping' "u['isolated-msi'] = False" 'isolated-msi ranges.legacy ranges.iommufd' 'yes -> no'
one 'hw_info' "u['hw-info']['data'] = '01'" hw-info \
	'type 1 data 0100000000000000060226228c00d2004a0ff00000000000 -> type 1 data 01'
one 'a reserved region, and the ranges with it' \
	'h["groups"][0]["reserved"].append({"start": "0x100000000", "last": "0x1ffffffff", "type": "reserved"})' \
	'reserved ranges.legacy ranges.iommufd' \
	'0xfee00000-0xfeefffff msi -> 0xfee00000-0xfeefffff msi, 0x100000000-0x1ffffffff reserved'
one 'a capability of a device' "d['hw-capabilities'] = '0x1'" 'hw-capabilities ranges.iommufd' 'none -> dirty-tracking'
one 'a driver' "d['driver'] = 'e1000e'" driver 'vfio-pci -> e1000e'
one 'a device that moved' "d['bdf'] = '0000:00:06.0'; d['link'] = d['link'].replace('05.0', '06.0')" \
	'presence presence' 'there -> None'
changed "$old" "u['name'] = 'dmar7'; u['link'] = u['link'].replace('dmar0', 'dmar7')"
run diff --format json "$old" "$tmp/changed.host.json"
ok 'a unit that the firmware numbered anew is the same' is '1 name iommu' "$status $(keys)"

run diff "$old" "$new"
ok 'the words name the field of the register' has "$out" '^unit dmar0: cap\.MGAW \(widest guest address in bits\)$'
ok 'and put the versions of QEMU with one answer together' has "$out" \
	'^verdict 0000:00:05.0: iommufd, intel-iommu,caching-mode=on, qemu-10\.0 qemu-10\.1 '
run diff --format json "$old" "$new"
ok 'in JSON each verdict has backend, vIOMMU and profile' python3 - "$out" "$hiod" "$old" "$new" <<'EOF'
import json, subprocess, sys
changes = [json.loads(l) for l in open(sys.argv[1])]
for c in (c for c in changes if c["subject"] == "verdict"):
	for host, said in ((sys.argv[3], c["before"]), (sys.argv[4], c["after"])):
		r = subprocess.run([sys.argv[2], "check", "--format", "json", "--viommu", c["viommu"],
			"--backend", c["backend"], "--profile", c["profile"], host], capture_output=True)
		v = json.loads(r.stdout)
		qemu = "" if v["qemu"] == v["verdict"] else f" (QEMU: {v['qemu']})"
		assert said == v["verdict"] + qemu + (v["message"] and ": " + v["message"]), (c, v)
EOF
run diff "$old" "$tmp/none"
ok 'a host that is not there is status 2 and one line' is '2 1' "$status $(wc -l <"$err" | tr -d ' ')"
run diff "$old"
ok 'one host is no comparison' is 2 "$status"
"$hiod" diff "$old" "$new" >/dev/full 2>"$err"
ok 'a full disk is status 2' is 2 "$?"
ktap_end
