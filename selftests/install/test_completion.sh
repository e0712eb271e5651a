#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion, made of the program under test, asked in bash and in zsh: it offers
# what --help and the program's own messages name, and nothing that hiod refuses.
# shellcheck disable=SC2317 # functions are called by ok
set -u
hiod=$(realpath "${HIOD:?}")
hosts=${HIOD_CORPUS:-corpus}/hosts
. harness/ktap/ktap.sh

host=$hosts/7.3-vtd-aw48-q11.host.json
mkdir "$tmp/fn" "$tmp/d"
for shell in bash zsh; do
	[ $shell = bash ] && out=$tmp/fn/hiod || out=$tmp/fn/_hiod
	packaging/completion/mkcomp $shell "$hiod" "$host" >"$out" || echo "# mkcomp $shell failed"
done
commands=$("$hiod" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
profiles=$("$hiod" check --profile '?' 2>&1 | sed 's/.*there are //')
formats=$("$hiod" check --format '?' 2>&1 | sed -n 's/.*there are //p' | sed 's/,\| and\| or//g')
touch "$tmp/d/a.host.json" "$tmp/d/a.capture.jsonl" "$tmp/d/a.txt"

offers() { # shell line: what is offered, sorted, on one line
	case $1 in
	bash) bash selftests/install/complete.bash "$tmp/fn/hiod" "$2" ;;
	zsh) zsh selftests/install/complete.zsh "$tmp/fn" "$2" ;;
	esac | sort -u | tr '\n' ' ' | sed 's/^ *//; s/ *$//'
}
sorted() {
	printf '%s\n' "$@" | sort -u | tr '\n' ' ' | sed 's/^ *//; s/ *$//'
}
all() { # shell line expected...
	seen=$(offers "$1" "$2")
	shift 2
	# shellcheck disable=SC2068 # words
	is "$(sorted $@)" "$seen"
}
ends() { # shell line name...: bash offers the path, zsh its last part
	seen=$(offers "$1" "$2" | sed 's,[^ ]*/,,g')
	shift 2
	is "$(sorted "$@")" "$seen"
}

# What begins a line of options in --help.
help_options() {
	"$hiod" "$1" --help | sed -n 's/^ \{1,8\}\(-[a-zA-Z][^-]*, \)\{0,1\}\(--[a-z-]*\).*/\2/p'
}
options_agree() { # command: bash's options against --help's
	offered=$(offers bash "hiod $1 --" | tr ' ' '\n' | sed 's/=$//' | sort -u)
	for o in $(help_options "$1"); do
		printf '%s\n' "$offered" | grep -qx -e "$o" || { echo "hiod $1 $o: not completed" && return 1; }
	done
	# Asked for with a wrong option behind it, so that nothing is done.
	for o in $offered; do
		(cd "$tmp/d" && timeout 20 "$hiod" "$1" "$o" --no-such-option </dev/null) >"$tmp/o" 2>&1
		! grep -e "unrecognized option '$o'\|option '$o' is ambiguous" "$tmp/o" || return 1
	done
	[ -n "$offered" ]
}
all_agree() {
	for c in $commands; do
		options_agree "$c" || return 1
	done
}
# A value that is offered is one that hiod takes.
values_taken() {
	for v in $profiles; do
		"$hiod" check --profile "$v" "$host" >"$tmp/o" 2>&1
		[ $? -le 1 ] || { cat "$tmp/o" && return 1; }
	done
	for v in $(offers bash 'hiod check --viommu '); do
		"$hiod" check --viommu "$v" "$host" >"$tmp/o" 2>&1
		[ $? -le 1 ] && ! grep -e "not modelled (\|not found" "$tmp/o" || return 1
	done
	for v in $(offers bash 'hiod check --machine '); do
		case $v in
		pc-q35-*) "$hiod" check --profile "qemu-${v#pc-q35-}" --machine "$v" "$host" ;;
		*) "$hiod" check --machine "$v" "$host" ;;
		esac >"$tmp/o" 2>&1
		[ $? -le 1 ] && ! grep 'no machine type' "$tmp/o" || return 1
	done
}

ktap_plan 25
ok 'every option of --help is completed, and every one that is offered is taken' all_agree
ok 'profiles, vIOMMUs and machines that are offered are taken' values_taken
for shell in bash zsh; do
	if ! command -v $shell >/dev/null; then
		for n in 1 2 3 4 5 6 7 8 9 10; do
			skip "$shell $n" "no $shell: ci/deps install-check"
		done
		continue
	fi
	ok "$shell: commands" all $shell 'hiod re' \
		"$(printf '%s\n' "$commands" | grep '^re' | tr '\n' ' ')"
	ok "$shell: one command" all $shell 'hiod valid' validate
	ok "$shell: options by their beginning" all $shell 'hiod check --form' --format
	ok "$shell: profiles are those that hiod names" all $shell 'hiod check --profile ' "$profiles"
	ok "$shell: formats are those that hiod names" all $shell 'hiod check --format ' "$formats"
	ok "$shell: a value behind =" all $shell 'hiod check --format=kt' ktap
	ok "$shell: a value behind a short option" all $shell 'hiod check -b l' legacy
	ok "$shell: hosts, by their names" ends $shell "hiod check $tmp/d/a." a.capture.jsonl a.host.json
	ok "$shell: transcripts, by their names" ends $shell "hiod replay $tmp/d/a." a.capture.jsonl
	ok "$shell: files behind an option" ends $shell "hiod capture --output $tmp/d/a." \
		a.capture.jsonl a.host.json a.txt
done
# Where a word is split decides what is replaced: only the part behind it.
ok 'bash: the rest of a word with colons' sh -c "
	set -- \$(ls /sys/bus/pci/devices 2>/dev/null | head -n 1)
	[ \$# = 0 ] || bash selftests/install/complete.bash '$tmp/fn/hiod' \"hiod check -d \${1%.*}.\" | grep -qx \"\${1##*:}\""
ok 'bash: the rest of a word with equals signs' all bash \
	'hiod check --viommu intel-iommu,caching-mode=on,aw-bits=3' 39
ok 'bash: another program behind hiod run is no business of ours' sh -c \
	"bash selftests/install/complete.bash '$tmp/fn/hiod' 'hiod run --host x env --tr' | (! grep -e --trace)"
ktap_end
