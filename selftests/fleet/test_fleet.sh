#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hiod check over many hosts: order, shards, formats, bad lines, memory, what is left of a kill.
set -u
. selftests/fleet/fleet.sh

f=$tmp/fleet.hosts.jsonl
fleet 300 >"$f"
ktap_plan 46

# ---- one after the other or at once ----
for format in table json ktap junit csv; do
	run check --format $format -j 1 "$f"
	cp "$out" "$tmp/one.$format"
	ok "$format: the hosts of a file with a description a line are checked" is "1 " \
		"$status $(cat "$err")"
	run check --format $format -j 4 "$f"
	ok "$format: four threads print what one does" same "$tmp/one.$format" "$out"
done
ok 'every host has its rows, in the order of the lines' is "$(seq -f 'host-%04g' 300)" \
	"$(python3 -c 'import json,sys
seen = dict.fromkeys(json.loads(l)["host"] for l in open(sys.argv[1]))
print("\n".join(seen))' "$tmp/one.json")"
run validate "$f"
ok 'hiod validate counts the descriptions' is "0 $f: 300 valid host descriptions" \
	"$status $(cat "$out")"
{ sed -n 1p "$f" && echo '{}'; } >"$tmp/bad.hosts.jsonl"
run validate "$tmp/bad.hosts.jsonl"
ok 'and names the line that is none' is \
	"2 hiod: $tmp/bad.hosts.jsonl:2: found no \"hiod-host\", expected a host description" \
	"$status $(cat "$err")"

# ---- shards ----
for n in 2 7; do
	k=0
	while [ $k -lt $n ]; do
		k=$((k + 1))
		"$hiod" check --format json --shard $k/$n -o "$tmp/shard-$k" "$f" 2>"$err"
	done
	# shellcheck disable=SC2046 # the names have no blanks
	set -- $(seq -f "$tmp/shard-%g" $n)
	cat "$@" >"$tmp/all"
	ok "json of $n shards, one behind the other, is that of the whole" same "$tmp/one.json" "$tmp/all"
	for format in table json ktap junit csv; do
		run check --merge --format $format "$@"
		ok "$n shards merge into the $format of the whole" same "$tmp/one.$format" "$out"
	done
done
ok 'and to its exit status' is 1 "$status"
mkdir "$tmp/dir"
i=0
while [ $i -lt 9 ]; do
	i=$((i + 1))
	sed -n ${i}p "$f" >"$tmp/dir/$i.host.json"
done
tail -n 20 "$f" >"$tmp/dir/more.hosts.jsonl"
run check --format json "$tmp/dir" "$f"
cp "$out" "$tmp/whole"
for k in 1 2 3; do
	"$hiod" check --format json --shard $k/3 "$tmp/dir" "$f" 2>"$err"
done >"$tmp/all"
ok 'shards of a directory and a file are those of both' same "$tmp/whole" "$tmp/all"
run check --shard 300/1000000 "$f"
ok 'a share without a host is status 4' is 4 "$status"
sh -c '"$1" check --shard 1/2 - <"$2"' - "$hiod" "$f" >"$out" 2>"$err"
ok 'standard input has shares where it is a file' is 1 "$?"
# shellcheck disable=SC2002 # a pipe is what this is about
cat "$f" | "$hiod" check --shard 1/2 - >"$out" 2>"$err"
ok 'and none where it is a pipe' has "$err" 'shard: how much there is cannot be told'
for bad in 0/2 3/2 1/0 x 1/2x 1; do
	run check --shard $bad "$f"
	[ $status -eq 2 ] || break
done
ok 'a shard that is none is status 2' is 2 "$status"
head -c 100 "$tmp/one.json" >"$tmp/cut"
run check --merge "$tmp/cut" "$tmp/one.json"
ok 'a result that was cut short is named with its line' is "2 1" \
	"$status $(grep -c "^hiod: $tmp/cut:1: not JSON" "$err")"

# ---- standard input, bad lines ----
head -n 3 "$f" | "$hiod" check --format json - >"$out" 2>"$err"
head -n 3 "$f" >"$tmp/three.hosts.jsonl"
"$hiod" check --format json "$tmp/three.hosts.jsonl" >"$tmp/all" 2>"$err"
ok 'standard input is read as a file is' same "$tmp/all" "$out"
run check --format json - <"$hosts/6.12-vtd-aw39.host.json"
ok 'one description over many lines is one host' is "stdin" "$(sed -n '1s/{"host":"\([^"]*\).*/\1/p' "$out")"
{
	sed -n 1p "$f"
	echo '{"hiod-host":1'
	echo
	echo 'no JSON'
	echo '{"hiod-host":1,"origin":"made","kernel":"6.12","what":1}'
	sed -n 2p "$f" | sed 's/"name":"[^"]*",//'
} >"$tmp/bad.jsonl"
run check --format json "$tmp/bad.jsonl"
ok 'bad lines are status 2' is 2 "$status"
ok 'each named with its line' is "2 4 5" "$(sed -n "s|^hiod: $tmp/bad.jsonl:\([0-9]*\): .*|\1|p" "$err" | paste -sd' ')"
ok 'the others are checked, and one without a name has its line' is "bad:6 host-0001" \
	"$(sed 's/{"host":"\([^"]*\).*/\1/' "$out" | sort -u | paste -sd' ')"
run check -j 4 --format json "$tmp/bad.jsonl" "$tmp/bad.jsonl"
ok 'messages come in the order of the lines too' is "2 4 5 2 4 5" \
	"$(sed -n "s|^hiod: $tmp/bad.jsonl:\([0-9]*\): .*|\1|p" "$err" | paste -sd' ')"
python3 -c 'print("{\"a\":\"" + "x" * (9 << 20) + "\"}")' >"$tmp/long.jsonl"
sed -n 1p "$f" >>"$tmp/long.jsonl"
run check "$tmp/long.jsonl"
ok 'a line that is too long is named, and the next is read' is "2 1" \
	"$status $(grep -c 'long.jsonl:1: longer than' "$err")"
ok 'no progress where there is no terminal' lacks "$err" 'hosts,'

cat "$f" "$f" "$f" "$f" "$f" "$f" "$f" "$f" >"$tmp/many.jsonl"
cat "$tmp/many.jsonl" "$tmp/many.jsonl" "$tmp/many.jsonl" >"$tmp/more.jsonl"
if python3 -c 'import os, pty; os.close(pty.openpty()[0])' 2>/dev/null; then
ok 'on a terminal there is a bar, and it is taken away' python3 - "$hiod" check --matrix "$tmp/more.jsonl" <<'EOF'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
	os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
	os.execv(sys.argv[1], sys.argv[1:])
seen = b""
try:
	while data := os.read(fd, 4096):
		seen += data
except OSError:
	pass
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
# A machine that is done within the first half second has nothing to show.
assert status == 1 and (not seen or (b"% " in seen and b" hosts, " in seen and seen.endswith(b"\r\033[K"))), seen
EOF
else
	skip 'on a terminal there is a bar, and it is taken away' 'no pseudo-terminals here'
fi

# ---- files, memory ----
run check --format json -o "$tmp/result" "$f"
ok '-o has what standard output would' same "$tmp/one.json" "$tmp/result"
rm "$tmp/result"
mkfifo "$tmp/never"
"$hiod" check --format json -o "$tmp/result" - <"$tmp/never" 2>"$err" &
pid=$!
exec 9>"$tmp/never"
head -n 200 "$f" >&9
kill -9 $pid
wait $pid 2>/dev/null
exec 9>&-
ok 'what is killed leaves no half of a file' is '' "$(ls "$tmp/result" 2>/dev/null)"
bad=
for format in table json ktap junit csv; do
	"$hiod" check --format $format "$f" >/dev/full 2>"$err"
	[ "$? $(wc -l <"$err" | tr -d ' ')" = '2 1' ] && grep -q 'No space left' "$err" ||
		bad="$bad $format"
done
ok 'a full disk is status 2 and one line, in every format' is '' "$bad"
TMPDIR=$tmp/none "$hiod" check "$f" "$f" >"$out" 2>"$err"
ok 'so is a directory for rows to wait in that is not there' is "2 0 1" \
	"$? $(wc -l <"$out" | tr -d ' ') $(grep -c "^hiod: $tmp/none: " "$err")"

# A sanitizer's memory is not the program's.
if nm "$hiod" 2>/dev/null | grep -q __asan_; then
	skip 'peak memory does not grow with the number of hosts' 'a sanitizer is in'
else
	fleet 1000 >"$tmp/1k.jsonl"
	i=0
	while [ $i -lt 20 ]; do
		cat "$tmp/1k.jsonl"
		i=$((i + 1))
	done >"$tmp/20k.jsonl"
	peak() {
		python3 -c 'import os, subprocess, sys
p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
print(os.wait4(p.pid, 0)[2].ru_maxrss)' "$hiod" check -j 2 --format table "$1"
	}
	small=$(peak "$tmp/1k.jsonl")
	large=$(peak "$tmp/20k.jsonl")
	ok 'peak memory does not grow with the number of hosts' \
		test $((10 * large)) -lt $((13 * small))
fi
ktap_end
