# SPDX-License-Identifier: GPL-2.0-or-later
# zsh complete.zsh DIR LINE: what an interactive zsh with the functions of DIR
# offers at the end of LINE, a word a line.
zmodload zsh/zpty || exit 4
setup=$(mktemp) || exit 1
trap 'rm -f $setup' EXIT
{
	print -r -- "setopt extended_glob; PS1= PS2= PROMPT= ; fpath=(${(q)1} \$fpath); out=${(q)setup}.out; line=${(q)2}"
	cat <<'Z'
unsetopt zle_bracketed_paste 2>/dev/null
unset zle_bracketed_paste
autoload -Uz compinit && compinit -D -u
zstyle ':completion:*' list-max 0
# What is added is written down; calls that only ask are left alone.
compadd() {
	local -a hits
	local i
	for i in "$@"; do
		case $i in
		-|--) break ;;
		-[OAD]) builtin compadd "$@"; return ;;
		-[a-zA-Z0-9]#[OAD]) builtin compadd "$@"; return ;;
		esac
	done
	builtin compadd -A hits "$@"
	(( $#hits )) && print -rl -- $hits >>$out
	builtin compadd "$@"
}
done-now() { exit }
comppostfuncs=(done-now)
put-line() { BUFFER=$line; CURSOR=$#BUFFER; zle complete-word; exit }
zle -N put-line
bindkey '^X' put-line
Z
} >$setup
zpty shell zsh -f -i
zpty -w shell "source $setup"
zpty -w -n shell $'\x18'
while zpty -r shell text; do :; done
sort -u $setup.out 2>/dev/null
rm -f $setup.out
