#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What ci/kernel-log makes of a kernel's log, from a made-up dmesg and release.
set -u
. harness/ktap/ktap.sh

mkdir "$tmp/bin"
cat >"$tmp/bin/dmesg" <<'D'
#!/bin/sh
cat "$HIOD_TEST_LOG"
D
printf '#!/bin/sh\necho 6.1.0-56-cloud-amd64\n' >"$tmp/bin/uname"
chmod +x "$tmp/bin/dmesg" "$tmp/bin/uname"
PATH=$tmp/bin:$PATH
HIOD_TEST_LOG=$tmp/log
export PATH HIOD_TEST_LOG
read -r tainted </proc/sys/kernel/tainted
out=$tmp/out
log() { # LINE...
	printf '[    1.000000] %s\n' "$@" >"$tmp/log"
	ci/kernel-log --known "$tmp/known" >"$out" 2>&1
	status=$?
}
echo '6.1.* qi_flush_piotlb a reason' >"$tmp/known"
one='WARNING: CPU: 0 PID: 8 at drivers/iommu/intel/dmar.c:1573 qi_flush_piotlb+0xe3/0x100'
other='WARNING: CPU: 0 PID: 8 at mm/slab.c:3 kfree+0x1/0x2'

ktap_plan 6
if [ "$((tainted & 640))" != 0 ]; then
	for i in 1 2 3 4 5 6; do skip "kernel-log $i" 'this kernel is tainted already'; done
	ktap_end
fi
log 'all is well'
ok 'a quiet log is fine' is 0 "$status"
log "$other"
ok 'a warning is a failure and is shown' is "1 1" "$status $(grep -c kfree "$out")"
log "$one"
ok 'a known warning is shown and is none' is "0 1" "$status $(grep -c '^known: .*qi_flush' "$out")"
log "$one" "$other"
ok 'another beside a known one is a failure' is 1 "$status"
echo '6.12.* qi_flush_piotlb a reason' >"$tmp/known"
log "$one"
ok 'what is known of another release does not count' is 1 "$status"
echo '6.1.* flush_piotlb a reason' >"$tmp/known"
log "$one"
ok 'the function is its whole name' is 1 "$status"
ktap_end
