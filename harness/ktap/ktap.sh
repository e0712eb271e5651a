# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by test scripts: KTAP from shell.
#
#	. harness/ktap/ktap.sh
#	ktap_plan 2
#	ok 'what must hold' COMMAND ARG...	# passes when COMMAND succeeds
#	skip 'what cannot be seen here' 'why'
#	ktap_end				# exits 0 or 1
#
# A failing command's output is printed as diagnostics. $tmp is a directory of
# the script's own, removed at its end.

ktap_n=0
ktap_bad=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

ktap_plan() {
	echo 'KTAP version 1'
	echo "1..$1"
}

ok() {
	ktap_n=$((ktap_n + 1))
	ktap_what=$1
	shift
	if "$@" >"$tmp/.why" 2>&1; then
		echo "ok $ktap_n $ktap_what"
	else
		sed 's/^/# /' "$tmp/.why"
		echo "not ok $ktap_n $ktap_what"
		ktap_bad=1
	fi
}

skip() {
	ktap_n=$((ktap_n + 1))
	echo "ok $ktap_n $1 # SKIP $2"
}

# Commands for ok: two equal words; a line, a pattern, no such text in a file.
is() {
	[ "$1" = "$2" ] || {
		echo "expected '$1', got '$2'"
		return 1
	}
}

has_line() { # file line
	grep -qxF -e "$2" "$1" || {
		echo "missing line: $2"
		cat "$1"
		return 1
	}
}

has() { # file pattern (extended)
	grep -qE -e "$2" "$1" || {
		echo "missing: $2"
		cat "$1"
		return 1
	}
}

lacks() { # file text
	! grep -F -e "$2" "$1"
}

ktap_end() {
	exit $ktap_bad
}
