# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # used by those who source this
# Sourced by the scripts of ci/vm: progress lines, the cache, hashes.
#
# A thing that this machine cannot have (a package that is not reachable) is no
# failure of the tests: scripts end with status 77 then, and print the reason
# as the last line of stderr.

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
vm_cache=${HIOD_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hiod-vm}
case $vm_cache in /*) ;; *) vm_cache=$PWD/$vm_cache ;; esac
export HIOD_VM_CACHE=$vm_cache
# Scripts started by other scripts go on counting from the same moment.
export VM_EPOCH=${VM_EPOCH:-$EPOCHREALTIME}

UNREACHABLE=77

# elapsed [SINCE]: seconds with one decimal since a moment of $EPOCHREALTIME.
elapsed() {
	local since=${1:-$VM_EPOCH} now=$EPOCHREALTIME us
	us=$((${now/[.,]/} - ${since/[.,]/}))
	printf '%d.%d' $((us / 1000000)) $((us / 100000 % 10))
}

say() { printf 'vm %6ss  %s\n' "$(elapsed)" "$*" >&2; }

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

unreachable() {
	printf '%s\n' "$*" >&2
	exit $UNREACHABLE
}

# rows FILE: the lines of a table without comments and blank lines.
rows() { sed -e 's/[[:space:]]*#.*//' -e '/^[[:space:]]*$/d' "$1"; }

# trim STRING: sets REPLY, for the cells of a table.
trim() {
	REPLY=${1#"${1%%[![:space:]]*}"}
	REPLY=${REPLY%"${REPLY##*[![:space:]]}"}
}

# hash_of FILE...: 12 digits that change with the files' content.
hash_of() { cat "$@" | sha256sum | cut -c1-12; }

# cache_fill NAME COMMAND...: makes the cache's directory NAME by running
# COMMAND with a new directory as its last argument, which is renamed when the
# command succeeds: NAME exists whole or not at all. One process at a time
# fills a name. The command's words go to a log; returns the command's status
# and leaves the log as $vm_cache/log/NAME.
cache_fill() {
	local name=$1 dir=$vm_cache/$1 log=$vm_cache/log/$1 tmp status=0 start=$EPOCHREALTIME
	shift
	[ -d "$dir" ] && return 0
	mkdir -p "$vm_cache/log" "$vm_cache/tmp" "$vm_cache/lock" || return 1
	(
		flock 9 || exit 1
		[ -d "$dir" ] && exit 0
		tmp=$(mktemp -d "$vm_cache/tmp/XXXXXX") || exit 1
		# shellcheck disable=SC2064 # now: it is this process's own
		trap "rm -rf '$tmp'" EXIT
		say "$name: making it"
		"$@" "$tmp" >"$log" 2> >(tee -a "$log.err" | sed -nu 's/^vm .*/&/p' >&2) || exit
		mv -T "$tmp" "$dir" && say "$name: done in $(elapsed "$start") s"
	) 9>"$vm_cache/lock/$name" || status=$?
	return $status
}
