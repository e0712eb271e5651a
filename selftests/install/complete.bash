# SPDX-License-Identifier: GPL-2.0-or-later
# bash complete.bash SCRIPT LINE: what readline would offer at the end of LINE, a
# word a line. Words are split at blanks and at $COMP_WORDBREAKS, as readline does.
shopt -s extglob
compopt() { :; } # readline's alone
# shellcheck source=/dev/null
. "$1"

COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=() COMP_CWORD=-1
rest=$2
while [[ $rest ]]; do
	case $rest in
	' '*) rest=${rest##+( )} ;;
	[:=]*)
		COMP_WORDS+=("${rest%%[!:=]*}")
		rest=${rest##+([:=])}
		;;
	*)
		COMP_WORDS+=("${rest%%[ :=]*}")
		rest=${rest#"${rest%%[ :=]*}"}
		;;
	esac
done
[[ $2 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_hiod
printf '%s\n' "${COMPREPLY[@]}"
