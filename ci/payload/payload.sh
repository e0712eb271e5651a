#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs in the guest of ci/vm (its README says what is there): every script of
# /share/payload.d in the order of their names. Each is sourced, and prints
# results by the functions of /guest/ktap.sh.
# shellcheck disable=SC1091 # of the guest
. /guest/ktap.sh

ktap_begin
for part in /share/payload.d/*.sh; do
	# shellcheck disable=SC1090
	. "$part"
	echo "# ${part##*/} done at $(cut -d' ' -f1 /proc/uptime) s"
done
ktap_finish
