#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# JUnit and CSV as others read them, whatever a host is called.
set -u
. selftests/fleet/fleet.sh

f=$tmp/odd.jsonl
fleet 8 >"$f"
# Names and options are the user's: markup, quotes, commas, control characters, other scripts.
python3 - "$f" <<'EOF'
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
names = ['a<b>&"c"', "it's, \"quoted\"", "tab\tnew\nline", "\u0001\u007f", "\u4f60\u597d", "=1+1", "]]>", " x "]
for l, n in zip(lines, names):
	l["name"] = n
open(sys.argv[1], "w").write("".join(json.dumps(l) + "\n" for l in lines))
EOF
odd='intel-iommu,caching-mode=on,x=<"&,
é]]>'
ktap_plan 7

run check --format json --viommu "$odd" --matrix "$f"
cp "$out" "$tmp/json"
ok 'JSON is JSON, a line each' python3 -c 'import json, sys
for l in open(sys.argv[1]):
	json.loads(l)' "$out"
run check --format junit --viommu "$odd" --matrix "$f"
ok 'JUnit is well-formed and has the totals of what is in it' python3 - "$out" "$tmp/json" <<'EOF'
import json, sys
import xml.etree.ElementTree as ET
root = ET.parse(sys.argv[1]).getroot()
rows = [json.loads(l) for l in open(sys.argv[2])]
cases = root.findall("testsuite/testcase")
assert root.tag == "testsuites" and len(cases) == len(rows) == int(root.get("tests"))
for attr, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
	assert int(root.get(attr)) == len(root.findall("testsuite/testcase/" + tag)), attr
kind = {"accepted": None, "skipped": "skipped", "error": "error"}
for case, row in zip(cases, rows):
	tag = kind.get(row["verdict"], "failure")
	assert case.get("classname") == row["host"]
	assert case.get("name") == " ".join((row["device"], row["backend"], row["viommu"], row["profile"]))
	if tag:
		assert case.find(tag).get("message") == row["message"], (case.attrib, row)
		assert (case.find(tag).text or "").startswith(row["hint"])
EOF
run check --format csv --viommu "$odd" --matrix "$f"
ok 'CSV has the members of JSON as its columns' python3 - "$out" "$tmp/json" <<'EOF'
import csv, json, sys
rows = [json.loads(l) for l in open(sys.argv[2])]
table = list(csv.DictReader(open(sys.argv[1], newline=""), strict=True))
assert len(table) == len(rows)
for t, r in zip(table, rows):
	for key in ("host", "device", "backend", "viommu", "profile", "verdict", "qemu", "stage", "message", "hint"):
		assert t[key] == r[key], (key, t[key], r[key])
	assert t["host_aw_bits"] == ("" if r["host_aw_bits"] is None else str(r["host_aw_bits"]))
	assert t["iova_ranges"] == " ".join("-".join(x) for x in r["iova_ranges"])
	assert t["warnings"] == "; ".join(r["warnings"])
	assert t["assumed"] == r.get("assumed", "")
EOF
ok 'CSV ends every record with CR LF' is "$(grep -c "$(printf '\r')$" "$out")" \
	"$(python3 -c 'import csv, sys
print(sum(1 for _ in csv.reader(open(sys.argv[1], newline=""))))' "$out")"
run check --merge --format csv "$tmp/json"
cp "$out" "$tmp/csv"
run check --format csv --viommu "$odd" --matrix "$f"
ok 'merging keeps every byte of it' same "$out" "$tmp/csv"
# A host that nests, and says what QEMU does not look at.
sed -e '/"parent"/,/}/s/"error": "EOPNOTSUPP"/"start":"0x0","last":"0xffffffffffff","page-sizes":"0x1000"/' \
	-e 's/"data": "0100.*"/"data": "0100000000000000660478408c00ed09df50f0869eee0200"/' \
	"$hosts/7.3-vtd-aw48-scalable-q10.host.json" >"$tmp/stale.host.json"
warned="check --backend iommufd --viommu intel-iommu,caching-mode=on,scalable-mode=on,fsts=on"
# shellcheck disable=SC2086 # options
run $warned --format junit "$tmp/stale.host.json"
ok 'JUnit has the warnings of what was accepted' has "$out" '<system-out>warning: '
# shellcheck disable=SC2086
run $warned --format csv "$tmp/stale.host.json"
ok 'CSV has them in a column' is 1 "$(python3 -c 'import csv, sys
print(sum(bool(r["warnings"]) for r in csv.DictReader(open(sys.argv[1], newline=""))))' "$out")"
ktap_end
