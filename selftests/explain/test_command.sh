#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hiod explain as a command: formats, several hosts, options that are wrong, and
# descriptions that nobody should write.
set -u
. harness/ktap/ktap.sh
hiod=${HIOD:?}
hosts=${HIOD_CORPUS:-corpus}/hosts
narrow=$hosts/6.12-vtd-aw39.host.json
out=$tmp/out
err=$tmp/err

run() {
	timeout 120 "$hiod" "$@" >"$out" 2>"$err"
	status=$?
}
# shellcheck disable=SC2317 # called by ok
json() { # a condition on v, the objects printed
	python3 - "$out" "$1" <<'EOF'
import json, sys
v = [json.loads(line) for line in open(sys.argv[1])]
sys.exit(0 if eval('(' + sys.argv[2] + ')') else 'not so: ' + sys.argv[2])
EOF
}
# A description made of the narrow host by a line of Python; d is the description.
made() { python3 -c "import json
d=json.load(open('$narrow'))
$2
json.dump(d,open('$tmp/$1.host.json','w'))"; }
# shellcheck disable=SC2317 # called by ok
survives() { # whatever is said, nothing crashes
	run "$@"
	if [ "$status" -gt 4 ] || grep -qiE 'sanitizer|runtime error' "$err"; then
		echo "status $status"
		head -20 "$err"
		false
	fi
}
ktap_plan 28

run explain "$narrow" "$hosts/6.12-vtd-aw48.host.json"
ok 'several hosts are explained' is '0 2' "$status $(grep -c '^Host ' "$out")"
mkdir "$tmp/dir" "$tmp/empty"
cp "$narrow" "$hosts/6.12-vtd-aw48.host.json" "$tmp/dir"
run explain --format json "$tmp/dir"
ok 'a directory is, an object a line' json "len(v) == 2 and v[0]['host'] == '6.12-vtd-aw39'"
ok 'with widths, holes and problems' json "v[0]['units'][0]['legacy_bits'] == 39 and
	v[0]['devices'][0]['holes'][0]['type'] == 'msi' and
	v[0]['problems'][0]['slug'] == 'aw-bits-wider-than-host' and v[1]['problems'] == []"
run check --format json --matrix -b legacy -b iommufd "$narrow"
cp "$out" "$tmp/check"
run explain --format json "$narrow"
ok 'its answers are those of hiod check' json "{(a['backend'], a['viommu'], a['verdict'], a['message'])
	for a in v[0]['devices'][0]['answers'] if a['profile'] == 'qemu-11.1'} ==
	{(c['backend'], c['viommu'], c['verdict'], c['message'])
	for c in (json.loads(l) for l in open('$tmp/check'))}"
run explain --format json --guest mem=16G,phys-bits=46,bar=16G "$narrow"
ok 'a guest has its regions in both backends' json "[(t['backend'], [r['mapped'] for r in t['regions']])
	for t in v[0]['devices'][0]['guest']['trials']] ==
	[('legacy', [True, True, True, False]), ('iommufd', [True, True, True, False])]"
ok 'and what they miss' json "v[0]['devices'][0]['guest']['trials'][0]['regions'][3]['hole'] ==
	[['0x8000000000', '0xffffffffffffffff']]"

run explain --problems --guest mem=16G,phys-bits=46,bar=16G "$narrow"
ok 'in words: region, limit' has "$out" 'BAR +0x380000000000-0x3803ffffffff: NOT MAPPED, usable up to 0x7fffffffff'
ok 'and the message of that version' has "$out" 'warning: vfio_container_dma_map\(0x\.\.\., 0x380000000000'
run explain --profile qemu-9.1 --problems --guest mem=16G,phys-bits=46,bar=16G "$narrow"
ok 'which warned of nothing before 10.0' has "$out" 'goes on: vfio_container_dma_map'
run explain --problems --guest mem=16G,phys-bits=39,bar=16G "$narrow"
ok 'a guest that fits is mapped whole' is 8 "$(grep -c ': mapped$' "$out")"
run explain --problems=amd-1tb-hole "$narrow"
ok 'a problem that a host has not is not said' is '0 0' "$status $(wc -c <"$out" | tr -d ' ')"

python3 -c "import json,sys
for f in sys.argv[1:]: print(json.dumps(json.load(open(f))))" "$narrow" "$hosts/6.12-vtd-aw48.host.json" >"$tmp/f.hosts.jsonl"
run explain "$tmp/f.hosts.jsonl"
ok 'a file of many hosts is read line by line' is '0 2' "$status $(grep -c '^Host ' "$out")"

run explain --problems=nonsense "$narrow"
ok 'a problem that nobody knows is status 2' is 2 "$status"
run explain --guest mem=4X "$narrow"
ok 'a guest that cannot be read is status 2 and says why' has "$err" "mem='4X' is not understood"
run explain --iova 0x123 "$narrow"
ok 'so is an address that is no page' is 2 "$status"
run explain --format xml "$narrow"
ok 'so is a format that is not there' is 2 "$status"
run explain
ok 'and no host' is 2 "$status"
run explain "$tmp/empty"
ok 'an empty directory is one line and status 2' is '2 1' "$status $(wc -l <"$err" | tr -d ' ')"

made none "d['devices']=[]; d['groups']=[]"
run explain "$tmp/none.host.json"
ok 'no device: the units are told, status 4' is '4 1' "$status $(grep -c 'dmar0, 39 bits' "$out")"
made nothing "d['devices']=[]; d['groups']=[]; d['iommus']=[]"
ok 'no device and no unit' survives explain "$tmp/nothing.host.json"
made zero "d['iommus'][0]['cap']='0x0'; d['iommus'][0]['ecap']='0x0'; d['iommus'][0].pop('domains',None)"
ok 'a register of zeros, so that no width is left' survives explain --guest mem=4G,phys-bits=46,bar=1G "$tmp/zero.host.json"
made width0 "d['iommus'][0]['domains']={k:{'start':'0x0','last':'0x0','page-sizes':'0x1000'} for k in ('type1','paging')}"
ok 'a width of 0' survives explain --format json --guest mem=4G "$tmp/width0.host.json"
made many "d['groups'][0]['reserved']=[{'start':hex(i*0x200000),'last':hex(i*0x200000+0xfff),'type':'reserved'} for i in range(20000)]
for g in d['groups']: g['reserved']=d['groups'][0]['reserved']"
ok 'thousands of holes' survives explain --problems --guest mem=4G,phys-bits=46,bar=1G "$tmp/many.host.json"
made all "
for g in d['groups']: g['reserved']=[{'start':'0x0','last':'0xffffffffffffffff','type':'reserved'}]"
ok 'a hole as large as everything' survives explain --guest mem=4G,phys-bits=46 --iova 0x1000 "$tmp/all.host.json"
made names "d['source']='%s%n<script>\u0001'; d['iommus'][0]['name']='%n%s'"
ok 'names that are formats' survives explain "$tmp/names.host.json"
ok 'the largest guest' survives explain --problems --guest mem=4096T,phys-bits=52,bar=4096T,ivshmem=4096T,pci-hole64-size=4096T "$narrow"
ok 'the last address' survives explain --problems --iova 0xfffffffffffff000 "$narrow"
ok 'an address up to the end' survives explain --problems --iova 0x1000,0xfffffffffffff000 "$narrow"
ktap_end
