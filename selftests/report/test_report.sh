#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hiod report: its numbers are those of hiod check, its page is one file that a
# browser reads without complaint, and nothing in a description gets out of its text.
# CHROMIUM: the browser; without one the last tests are skipped.
# shellcheck disable=SC2317 # functions are called by ok
set -u
. harness/ktap/ktap.sh
hiod=${HIOD:?}
hosts=${HIOD_CORPUS:-corpus}/hosts
narrow=$hosts/6.12-vtd-aw39.host.json
page=selftests/report/page.py
out=$tmp/out
err=$tmp/err

run() {
	timeout 300 "$hiod" "$@" >"$out" 2>"$err"
	status=$?
}
made() { python3 -c "import json
d=json.load(open('$narrow'))
$2
json.dump(d,open('''$tmp/$1.host.json''','w'))"; }
same() { diff "$1" "$2" | head -20 >"$tmp/diff"; [ ! -s "$tmp/diff" ] || { cat "$tmp/diff"; false; }; }
holds() { # a condition on p, the page, and text, what a reader reads
	python3 - "$tmp/r.html" "$1" <<'EOF'
import sys
sys.path.insert(0, 'selftests/report')
sys.dont_write_bytecode = True
import page
p = page.load(sys.argv[1])
text = ''.join(p.text)
sys.exit(0 if eval('(' + sys.argv[2] + ')') else 'not so: ' + sys.argv[2])
EOF
}
ktap_plan 25

run report "$hosts" "$hosts/reconstructed" -o "$tmp/all.html"
ok 'a report of the whole corpus is written' is '0 0' "$status $(wc -c <"$out" | tr -d ' ')"
ok 'below 5 MB' [ "$(wc -c <"$tmp/all.html")" -lt 5000000 ]
ok 'well-formed, with nothing from outside and no script' is '' "$(python3 $page "$tmp/all.html")"

# What hiod check says of the same, counted by another program.
"$hiod" check --format json --matrix -b legacy -b iommufd "$hosts" "$hosts/reconstructed" >"$tmp/check" 2>"$err"
python3 - "$tmp/check" "$tmp" <<'EOF'
import collections, json, sys
total, cell = collections.Counter(), collections.Counter()
for line in open(sys.argv[1]):
    v = json.loads(line)
    total[v['viommu'], v['backend'], v['verdict']] += 1
    cell[v['host'], v['viommu'], v['backend'], v['verdict']] += 1
for name, c in (('totals', total), ('cells', cell)):
    with open(sys.argv[2] + '/check.' + name, 'w') as f:
        f.write('\n'.join(sorted(' '.join(k) + f' {n}' for k, n in c.items())) + '\n')
EOF
python3 $page "$tmp/all.html" totals >"$tmp/totals"
python3 $page "$tmp/all.html" cells >"$tmp/cells"
ok 'check says something of hundreds of hosts' [ "$(wc -l <"$tmp/check.cells")" -gt 5000 ]
ok 'the totals are those of hiod check' same "$tmp/check.totals" "$tmp/totals"
ok 'and so is each cell' same "$tmp/check.cells" "$tmp/cells"

run report --profile qemu-9.1 "$narrow" "$hosts/6.12-vtd-aw48.host.json" -o "$tmp/r.html"
ok 'another version has its own answers' holds "'qemu-9.1' in text and
	[c['n'] for t, r in p.rows if t == 'hosts' and r[0]['text'] == '6.12-vtd-aw39'
	for c in r[4:6]] == ['accepted:1'] * 2"
ok 'maps have a title and are told in words' holds "p.tags['desc'] == 2 and
	'0x0–0xfedfffff, 0xfef00000–0x7fffffffff; holes: MSI 0xfee00000–0xfeefffff' in text"

made '<b>&"x' "d['source']='<script>alert(1)</script>\"\\'>\\u202e\\u0001 end'
d['kernel']='6.12</title><script>alert(2)</script>'
d['iommus'][0]['name']='<svg onload=alert(3)>'"
run report "$tmp/<b>&\"x.host.json" -o "$tmp/r.html"
ok 'markup in names is text' is "0 " "$status $(python3 $page "$tmp/r.html")"
ok 'and is read as it was written' holds "'<b>&\"x' in text and '<script>alert(1)</script>\"' in text and
	'</title><script>alert(2)</script>' in text and '<svg onload=alert(3)>' in text"
ok 'but for what turns or controls text' holds "'\u202e' not in text and '\x01' not in text and '\ufffd' in text"

made many "
for g in d['groups']: g['reserved']=[{'start':hex(i*0x200000),'last':hex(i*0x200000+0xfff),'type':'reserved'} for i in range(20000)]"
made none "d['devices']=[]; d['groups']=[]; d['iommus']=[]"
made width0 "d['iommus'][0]['domains']={k:{'start':'0x0','last':'0x0','page-sizes':'0x1000'} for k in ('type1','paging')}"
run report "$tmp/many.host.json" "$tmp/none.host.json" "$tmp/width0.host.json" -o "$tmp/r.html"
ok 'thousands of ranges, no device, a width of 0' is '0 ' "$status $(python3 $page "$tmp/r.html")"
ok 'a long list is cut, and says so' [ "$(wc -c <"$tmp/r.html")" -lt 60000 ]

echo old >"$tmp/kept.html"
mkdir "$tmp/empty"
run report "$tmp/empty" -o "$tmp/kept.html"
ok 'no host: status 2, and the old page stays' is '2 old' "$status $(cat "$tmp/kept.html")"
run report "$narrow" "$tmp/gone.host.json" -o "$tmp/r.html"
ok 'a host that cannot be read: the others, and status 2' is '2 1' \
	"$status $(python3 $page "$tmp/r.html" cells | cut -d' ' -f1 | uniq | wc -l | tr -d ' ')"
run report "$narrow"
ok 'nowhere to write to is status 2' is 2 "$status"
run report "$narrow" -o "$tmp/no/such/dir.html"
ok 'so is a directory that is not there' is 2 "$status"
mkdir "$tmp/full"
echo old >"$tmp/full/kept.html"
(
	trap '' XFSZ
	ulimit -f 8
	"$hiod" report "$hosts" -o "$tmp/full/kept.html" 2>/dev/null
)
ok 'a full disk: status 2, the old page, no other file' is '2 old kept.html' \
	"$? $(cat "$tmp/full/kept.html") $(ls "$tmp/full")"
run report "$narrow" -o -
ok 'standard output is a page too' has "$out" '^<!DOCTYPE html>'

# A card is laid out by itself (content-visibility), and with that its counters are its own.
ok 'hosts shown are counted where nothing keeps counters to itself' has "$out" \
	'tbody \.h{counter-increment:shown}'

browser=
for b in ${CHROMIUM:-} chromium chromium-browser google-chrome; do
	command -v "$b" >/dev/null 2>&1 && browser=$b && break
done
if [ -z "$browser" ]; then
	for t in 'the browser reports what a page complains of' 'it has no complaint about the report' \
		'its document has the same totals' 'a filter hides what it should' 'and all hosts are there without one'; do
		skip "$t" 'no Chromium (ci/deps browser)'
	done
	ktap_end
fi
dump() { # file -> the document after loading, on $out; complaints in $err
	HOME=$tmp timeout 120 "$browser" --headless=new --no-sandbox --disable-gpu --disable-extensions \
		--user-data-dir="$tmp/profile" --enable-logging=stderr --log-level=0 --dump-dom \
		"file://$1" >"$out" 2>"$err"
}
echo '<!DOCTYPE html><title>x</title><script>console.error("seen")</script>' >"$tmp/bad.html"
dump "$tmp/bad.html"
ok 'the browser reports what a page complains of' has "$err" 'CONSOLE.*seen'
dump "$tmp/all.html"
ok 'it has no complaint about the report' is 0 "$(grep -c CONSOLE "$err")"
python3 $page "$out" totals >"$tmp/totals"
ok 'its document has the same totals' same "$tmp/check.totals" "$tmp/totals"

# The report has no script; a copy gets one that presses a button and counts what is left.
sed -e 's/<meta http-equiv="Content-Security-Policy"[^>]*>//' \
	-e 's#</body>#<script>const n=()=>[...document.querySelectorAll("tbody .h")].filter(e=>getComputedStyle(e).display!="none").length;const all=n();document.getElementById("f-w39").checked=true;document.title=all+" "+n()</script></body>#' \
	"$tmp/all.html" >"$tmp/pressed.html"
dump "$tmp/pressed.html"
shown=$(sed -n 's/.*<title>\([0-9]* [0-9]*\)<.*/\1/p' "$out" | head -n 1)
wide=$(grep -c '<tr class="h v[0-9]* w39 ' "$tmp/all.html")
ok 'a filter hides what it should' is "$wide" "${shown#* }"
ok 'and all hosts are there without one' is "$(grep -c '<tr class="h ' "$tmp/all.html")" "${shown% *}"
ktap_end
