# shellcheck shell=sh disable=SC2034 # what it sets is for those who source it
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by this area's scripts: fleets made from the corpus, and running hiod.
#	fleet N >FILE		N descriptions, one a line, named host-0001 and so on
#	run ARG...		status in $status, outputs in $out and $err

hiod=${HIOD:?}
hosts=${HIOD_CORPUS:-corpus}/hosts
. harness/ktap/ktap.sh
out=$tmp/out
err=$tmp/err

fleet() {
	python3 - "$1" "$hosts" <<'EOF'
import glob, json, sys
n, hosts = int(sys.argv[1]), sys.argv[2]
# A few kinds: widths, refusals, an assumption, several devices.
names = ("6.12-vtd-aw39", "6.12-amd-unsafe-q11", "6.12-virtio-aw32-unsafe-q10", "7.3-noiommu",
	 "7.3-vtd-aw48-scalable-q10", "vm-6.12-vtd-aw48")
kinds = [json.load(open(f"{hosts}/{k}.host.json")) for k in names]
kinds += [json.load(open(f)) for f in sorted(glob.glob(hosts + "/reconstructed/*.host.json"))[:2]]
for i in range(n):
	line = {"hiod-host": 1, "name": f"host-{i + 1:04d}"}
	line.update(kinds[i % len(kinds)])
	print(json.dumps(line, separators=(",", ":")))
EOF
}

run() {
	timeout 120 "$hiod" "$@" >"$out" 2>"$err"
	status=$?
}

same() { # two files
	cmp "$1" "$2"
}
