# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Completion of fwctl(8) for bash, with or without the bash-completion package.
#
# The line is split at blanks alone: readline would break NAME=DEVICE@CARRIER apart.
# Functions share the variables of _fwctl().

# Ask fwctl; whatever it cannot tell does not exist.
_fwctl_ask() {
	timeout 2 "$fwctl" "$@" </dev/null 2>/dev/null
}

# The first list of a help text: commands, or what `show` and `clear` know.
_fwctl_list() { # fwctl-argument...
	_fwctl_ask "$@" --help | awk '!NF { n++ } n == 1 && /^  [a-z]/ { print $1 }'
}

_fwctl_commands() {
	_fwctl_list
}

_fwctl_options() {
	_fwctl_ask "$command" --help | grep -Eo -- '(^|[ ,])--[a-z][a-z-]*' | tr -d ' ,' | sort -u
}

# show: one record a line, which begins with the key that is asked for.
_fwctl_names() { # what key [option]
	_fwctl_ask show "$1" ${3:+"$3"} --json "${pins[@]}" |
		sed -n 's/^ *{"'"$2"'": "\([^"\\]*\)".*/\1/p' | sort -u
}

_fwctl_lists() {
	_fwctl_names access-list access_list
}

_fwctl_drops() {
	_fwctl_names counters reason --all
}

# Interfaces of the policy in force, and of files that the line names.
_fwctl_interfaces() {
	local file

	_fwctl_names interface name
	for file in "${words[@]:2}"; do
		[ ! -f "$file" ] ||
			awk 'tolower($1) == "nameif" && NF > 1 { print (NF > 2 ? $3 : $2) }' "$file"
	done 2>/dev/null
}

_fwctl_devices() {
	(cd /sys/class/net 2>/dev/null && echo *)
}

# Offer those words that begin with what is written, less what readline has broken off.
_fwctl_offer() { # before words...
	local before=$1 cut="" sign part

	shift
	for sign in = : @; do
		part=${word%"$sign"*}$sign
		if [[ $COMP_WORDBREAKS == *"$sign"* && $word == *"$sign"* && ${#part} -gt ${#cut} ]]; then
			cut=$part
		fi
	done
	while IFS= read -r part; do
		[ -z "$part" ] || COMPREPLY+=("$(printf %q "${part#"$cut"}")")
	done < <(IFS=$' \t\n' && compgen -P "$before" -W "$*" -- "${word#"$before"}")
}

_fwctl_no_blank() {
	compopt -o nospace 2>/dev/null || :
}

_fwctl_files() { # -f or -d
	local part

	compopt -o filenames 2>/dev/null || :
	while IFS= read -r part; do
		COMPREPLY+=("$part")
	done < <(compgen "$1" -- "$value")
}

# NAME=..., of an interface. @: what may stand behind the sign
_fwctl_pair() { # devices-or-modes...
	local names

	if [[ $value == *@* ]]; then
		_fwctl_offer "${word%@*}@" "$@"
	elif [[ $value == *=* ]]; then
		_fwctl_offer "${word%"${value#*=}"}" "$@"
	else
		names=$(_fwctl_interfaces)
		[ -z "$names" ] || _fwctl_no_blank
		# shellcheck disable=SC2086
		_fwctl_offer "$before" ${names:+$(printf '%s=\n' $names)}
	fi
}

# The value of an option. Return: 1: it has none
_fwctl_value() { # option
	local modes="auto xdp generic tc"

	case $1 in
	--dialect) _fwctl_offer "$before" pix asa83 asa9 ;;
	--ignore) _fwctl_offer "$before" ipsec ;;
	--level) _fwctl_offer "$before" emergencies alerts critical errors warnings \
		notifications informational debugging ;;
	--map) _fwctl_pair "$(_fwctl_devices)" ;;
	--mode)
		[[ $value == *=* ]] || _fwctl_offer "$before" "$modes"
		_fwctl_pair "$modes"
		;;
	--pin-dir | --cgroup) _fwctl_files -d ;;
	--write | -w) _fwctl_files -f ;;
	--interface | --input) _fwctl_offer "$before" "$(_fwctl_names interface name)" ;;
	--list) _fwctl_offer "$before" "$(_fwctl_lists)" ;;
	--reason) _fwctl_offer "$before" "$(_fwctl_drops)" "$(_fwctl_names counters finding --all)" ;;
	--drops=) _fwctl_offer "$before" "$(_fwctl_drops)" ;;
	--protocol) _fwctl_offer "$before" "$protocols" ;;
	--facility) _fwctl_offer "$before" daemon auth authpriv user local{0..7} ;;
	--max-* | --confirm | --delay | --filter | --snaplen | --count | --id | --host | --port) ;;
	*) return 1 ;;
	esac
}

# Which connections, word by word.
_fwctl_filter() { # words-beside...
	case $previous in
	address | port) ;;
	protocol) _fwctl_offer "" "$protocols" ;;
	interface) _fwctl_offer "" self "$(_fwctl_names interface name)" ;;
	state) _fwctl_offer "" half-open syn-sent syn-acked syn-both picked-up established \
		half-closed closing ;;
	*) _fwctl_offer "" address port protocol interface state "$@" ;;
	esac
}

# packet-tracer: what comes first, and the packet's interface and protocol.
_fwctl_trace() {
	case ${#arguments[@]}${arguments[0]-} in
	0*) _fwctl_offer "" input pcap ;;
	1input) _fwctl_offer "" "$(_fwctl_names interface name)" ;;
	2input) _fwctl_offer "" tcp udp icmp rawip ;;
	*pcap) _fwctl_files -f ;;
	esac
}

# What is neither an option nor its value.
_fwctl_argument() {
	case $command in
	check | print | diff | apply) _fwctl_files -f ;;
	help) _fwctl_offer "" "$(_fwctl_commands)" ;;
	unload)
		[[ " ${words[*]} " != *" --force "* ]] || _fwctl_offer "" "$(_fwctl_devices)"
		;;
	show)
		case ${arguments[*]} in
		"") _fwctl_offer "" "$(_fwctl_list show)" ;;
		access-list) _fwctl_offer "" "$(_fwctl_lists)" ;;
		conn*) _fwctl_filter long detail count ;;
		nat) _fwctl_offer "" detail ;;
		asp) _fwctl_offer "" drop ;;
		esac
		;;
	clear)
		case ${arguments[*]} in
		"") _fwctl_offer "" conn access-list counters ;;
		conn) _fwctl_filter all ;;
		"conn all") ;;
		conn*) _fwctl_filter ;;
		access-list) _fwctl_offer "" all "$(_fwctl_lists)" ;;
		"access-list "*) _fwctl_offer "" counters ;;
		esac
		;;
	capture) _fwctl_offer "" all "$(_fwctl_names interface name)" ;;
	packet-tracer) _fwctl_trace ;;
	esac
}

_fwctl() {
	local line=${COMP_LINE:0:COMP_POINT}
	local word=${line##*[[:space:]]} value before="" previous command fwctl i
	local protocols="tcp udp icmp icmp6 gre esp ah ospf sctp"
	local -a words pins=() arguments=()

	COMPREPLY=()
	IFS=$' \t\n' read -ra words <<<"$line"
	[ -n "$word" ] || words+=("")
	fwctl=${words[0]/#\~/$HOME}
	command=${words[1]-}
	previous=${words[${#words[@]} - 2]}
	value=$word
	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		case ${words[i]} in
		--pin-dir) pins=(--pin-dir "${words[++i]}") ;;
		--pin-dir=*) pins=("${words[i]}") ;;
		-*) ;;
		*) ((i == 1)) || arguments+=("${words[i]}") ;;
		esac
	done
	if [ ${#words[@]} -le 2 ]; then
		if [[ $word == -* ]]; then
			_fwctl_offer "" --help --version
		else
			_fwctl_offer "" "$(_fwctl_commands)"
		fi
	elif [[ $word == --*=* ]]; then
		before=${word%%=*}=
		value=${word#*=}
		_fwctl_value "${word%%=*}" || _fwctl_value "$before" || :
	elif ! _fwctl_value "$previous"; then
		if [[ $word == -* ]]; then
			_fwctl_offer "" "$(_fwctl_options)"
		else
			_fwctl_argument
		fi
	fi
	return 0
}

complete -F _fwctl fwctl
