# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# With --args killed: `hiod capture` on the real drivers, killed at 100 random
# moments. Each file's lines are whole but for the last, and the kernel has
# nothing left of them: a capture afterwards is told what one before was.

killed=/tmp/killed.capture.jsonl

# The calls and answers, without addresses: those differ from run to run.
answers_of() { # CAPTURE
	hiod show "$1" | sed -E '1d; s/(uptr|iovas|argsz)=0x[0-9a-f]+/\1=PTR/g'
}

kill_one() {
	rm -f $killed
	hiod capture -o $killed 2>/dev/null &
	# shellcheck disable=SC3028 # busybox has it
	usleep $((RANDOM * 4))
	kill -9 $!
	wait $!
	# Killed before it began is fine too.
	[ ! -s $killed ] || hiod show $killed
}

kill_all() {
	i=0
	while [ $i -lt 100 ]; do
		i=$((i + 1))
		kill_one >/tmp/killed.shown 2>&1 || {
			tail -n 1 /tmp/killed.shown
			return 1
		}
	done 2>/dev/null
}

same_again() {
	hiod capture -o /tmp/after.capture.jsonl || return 1
	answers_of /tmp/before.capture.jsonl >/tmp/before
	answers_of /tmp/after.capture.jsonl >/tmp/after
	cmp /tmp/before /tmp/after
}

case " $VM_ARGS " in
*' killed '*)
	if hiod capture -o /tmp/before.capture.jsonl; then
		ktap_is 'killed at 100 moments, no whole line is lost' kill_all
		ktap_is 'and nothing is left of it in the kernel' same_again
	else
		ktap_skip 'killed at 100 moments' 'nothing to capture here'
	fi
	;;
esac
