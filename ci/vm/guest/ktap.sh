# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced in the guest (". /guest/ktap.sh"), by payloads too: a KTAP document.
#
#	ktap_begin
#	ktap_is NAME COMMAND...	passes when COMMAND succeeds, SKIP when it returns 4
#	ktap_sub NAME COMMAND...	COMMAND prints a document of its own
#	ktap_skip NAME WHY
#	ktap_finish		the plan; returns 1 when something failed

ktap_begin() {
	ktap_n=0
	ktap_bad=0
	echo 'KTAP version 1'
}

ktap_result() { # STATUS NAME [WHY]
	ktap_n=$((ktap_n + 1))
	case $1 in
	0) echo "ok $ktap_n $2" ;;
	4) echo "ok $ktap_n $2 # SKIP ${3:-}" ;;
	*)
		echo "not ok $ktap_n $2"
		ktap_bad=1
		;;
	esac
}

ktap_is() {
	ktap_name=$1
	shift
	ktap_status=0
	ktap_words=$("$@" 2>&1) || ktap_status=$?
	[ $ktap_status = 0 ] || [ $ktap_status = 4 ] || echo "$ktap_words" | sed 's/^/# /'
	ktap_result $ktap_status "$ktap_name" "$(echo "$ktap_words" | tail -n 1)"
}

# The status crosses the pipe by a file.
ktap_sub() {
	ktap_name=$1
	shift
	{
		"$@" 2>&1
		echo $? >"/tmp/ktap.$$.$ktap_n"
	} | sed 's/^/    /'
	read -r ktap_status <"/tmp/ktap.$$.$ktap_n"
	[ "$ktap_status" = 0 ] || [ "$ktap_status" = 4 ] || echo "# exit status $ktap_status"
	ktap_result "$ktap_status" "$ktap_name"
}

ktap_skip() { ktap_result 4 "$1" "$2"; }

ktap_finish() {
	echo "1..$ktap_n"
	return "$ktap_bad"
}
