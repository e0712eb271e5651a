# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # lib.sh was sourced before
# Sourced: Debian packages of any suite, by an apt state of our own. The
# system's sources, lists and installed packages are neither used nor changed;
# only its mirror is (or $HIOD_VM_MIRROR and $HIOD_VM_MIRROR_SECURITY).

apt_suites() {
	case $1 in
	bookworm) echo 'bookworm bookworm-updates bookworm-security' ;;
	bookworm-backports) echo 'bookworm bookworm-updates bookworm-security bookworm-backports' ;;
	trixie-backports) echo 'trixie trixie-updates trixie-security trixie-backports' ;;
	*) die "unknown suite $1" ;;
	esac
}

# apt_mirror PATH: this system's mirror whose address ends with PATH.
apt_mirror() {
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | sed 's,/*$,,' | grep "/$1\$" |
		head -n 1
}

# apt_use SUITE: makes every apt command of this shell work on that suite.
apt_use() {
	local dir=$vm_cache/apt/$1 main security s key
	command -v apt-get >/dev/null || unreachable 'no apt-get: packaged kernels need a Debian system'
	key=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e $key ] || unreachable 'the package debian-archive-keyring is missing'
	main=${HIOD_VM_MIRROR:-$(apt_mirror debian)}
	security=${HIOD_VM_MIRROR_SECURITY:-$(apt_mirror debian-security)}
	[ -n "$main" ] || unreachable 'no Debian mirror is configured here; set HIOD_VM_MIRROR'
	mkdir -p "$dir"/{lists/partial,cache/archives/partial,empty} || exit 1
	: >"$dir/status"
	for s in $(apt_suites "$1"); do
		case $s in
		*-security) [ -z "$security" ] || echo "deb [signed-by=$key] $security $s main" ;;
		*) echo "deb [signed-by=$key] $main $s main" ;;
		esac
	done >"$dir/sources.list"
	cat >"$dir/apt.conf" <<-EOF
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "$dir/empty";
		Dir::Etc::preferencesparts "$dir/empty";
		Dir::State::lists "$dir/lists";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir/cache";
		APT::Architecture "amd64";
		APT::Architectures "amd64";
		APT::Sandbox::User "";
		APT::Install-Recommends "false";
		Acquire::Languages "none";
		Acquire::Retries "2";
	EOF
	apt_suite=$1
	export APT_CONFIG=$dir/apt.conf
	# Container images switch the binary cache off, in a file read after ours.
	apt_keep=(-o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache=srcpkgcache.bin)
}

# apt_lists: the suite's lists are there; fetched once and kept until apt_update.
apt_lists() {
	[ -e "$vm_cache/apt/$apt_suite/lists/done" ] || apt_update
}

apt_update() {
	local lists=$vm_cache/apt/$apt_suite/lists log=$vm_cache/log/apt-$apt_suite
	mkdir -p "$vm_cache/log"
	rm -f "$lists/done"
	say "package lists of $apt_suite"
	apt-get -q "${apt_keep[@]}" update --error-on=any >"$log" 2>&1 ||
		unreachable "the package lists of $apt_suite are not reachable: $(grep -m 1 '^[EW]:' "$log")"
	: >"$lists/done"
}

# apt_newest PATTERN: the newest package whose name matches a basic regular
# expression, and its version, as "NAME VERSION".
apt_newest() {
	local pkg
	pkg=$(apt-cache "${apt_keep[@]}" pkgnames | grep -x "$1" | grep -v -- '-rt-\|-unsigned\|-dbg$' | sort -V | tail -n 1)
	[ -n "$pkg" ] || unreachable "no package $1 in $apt_suite"
	printf '%s %s\n' "$pkg" "$(apt_version "$pkg")"
}

# apt_version PACKAGE: its newest version. Not apt's candidate, which is never
# one from a backports suite.
apt_version() {
	apt-cache "${apt_keep[@]}" show "$1" 2>/dev/null | sed -n 's/^Version: //p' | sort -V | tail -n 1
}

apt_has() { # PACKAGE VERSION
	apt-cache "${apt_keep[@]}" show "$1=$2" >/dev/null 2>&1
}

# apt_fetch DIR NAME[=VERSION]...: the packages' files in DIR. A mirror that
# has moved on since the lists were fetched gets one more try with new ones.
apt_fetch() {
	local dir=$1
	shift
	apt_lists
	say "fetching $*"
	if ! (cd "$dir" && apt-get -q "${apt_keep[@]}" download "$@") >&2; then
		apt_update
		(cd "$dir" && apt-get -q "${apt_keep[@]}" download "$@") >&2 || unreachable "not reachable in $apt_suite: $*"
	fi
}
