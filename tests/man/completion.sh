#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# completion.sh FWCTL: presses the tabulator key, in bash and in zsh.
set -u
fwctl=$(realpath "${1:?usage: completion.sh FWCTL}")
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../../tools/completion
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/real" "$work/asked" "$work/cwd"
cd "$work/cwd" || exit 1
ln -s "$fwctl" "$work/real/fwctl"
printf 'interface eth0\n nameif dmz\nnameif eth1 inside security100\n' >my.pix
count=0
failed=0

# Answers as it does while a policy is in force, and tells where it was looked for.
cat >"$work/asked/fwctl" <<END
#!/bin/sh
case "\$*" in
"show interface --json"*)
	echo "\$*" >>"$work/calls"
	printf '{"schema": "pinhole.show.interface/1", "generation": 1, "interfaces": ['
	printf '\n  {"name": "outside", "device": "eth0"},\n  {"name": "partner", "device": "eth1"}]}\n'
	;;
"show access-list --json"*)
	printf '{"schema": "pinhole.show.access-list/1", "generation": 1, "lines": ['
	printf '\n  {"access_list": "%s", "line": 1, "rule": "x"},' outside_in outside_in partner_in
	printf '\n  {"access_list": "(conduit)", "line": 1, "rule": "x"}]}\n'
	;;
"show counters --all --json"*)
	printf '{"schema": "pinhole.show.counters/1", "generation": 1, "drops": ['
	printf '\n  {"reason": "acl-deny", "packets": 0},\n  {"reason": "no-route", "packets": 1}], "ftp_findings": ['
	printf '\n  {"finding": "low-port", "count": 0}]}\n'
	;;
"show --help") exec "$fwctl" "\$@" ;;
show*) exit 3 ;;
*) exec "$fwctl" "\$@" ;;
esac
END
chmod +x "$work/asked/fwctl"

verdict() { # name wanted got
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1: '$3' instead of '$2'"
		failed=$((failed + 1))
	fi
}

# What bash would offer, sorted, or how it fails. COMP_WORDBREAKS as readline has it.
in_bash() { # folder line
	PATH=$work/$1:$PATH bash --norc -u -c '
		. "$1"
		COMP_WORDBREAKS=$'"' \\t\\n\"\\'@><=;|&(:'"'
		COMP_LINE=$2 COMP_POINT=${#2}
		_fwctl || echo "status $?"
		[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"' \
		- "$tools/fwctl.bash" "$2" 2>&1 </dev/null | sort | paste -sd' '
}

bash_offers() { # folder line wanted
	verdict "bash: $2" "$3" "$(in_bash "$1" "$2")"
}

bash_offers real "fwctl " \
	"apply capture check clear confirm diff help log packet-tracer print rollback show top unload version"
bash_offers real "fwctl un" "unload"
bash_offers real "fwctl --v" "--version"
bash_offers real "fwctl help sh" "show"
bash_offers real "fwctl show " "access-list asp conn counters ftp interface memory nat pinholes running-config version xlate"
bash_offers real "fwctl show --json --pin-dir /a p" "pinholes"
bash_offers real "fwctl show interface o" ""
bash_offers real "fwctl apply --map" "--map"
bash_offers real "fwctl apply --max-h" "--max-half-open --max-holes"
bash_offers real "fwctl check --dialect " "asa83 asa9 pix"
bash_offers real "fwctl check --dialect=asa" "asa83 asa9"
bash_offers real "fwctl log --level e" "emergencies errors"
bash_offers real "fwctl check m" "my.pix"
bash_offers real "fwctl apply my.pix --map " "dmz= inside="
bash_offers real "fwctl apply --map inside=l" "lo"
bash_offers real "fwctl apply --map inside=eth0@l" "lo"
bash_offers real "fwctl apply --map=inside=l" "lo"
bash_offers real "fwctl apply --mode g" "generic"
bash_offers real "fwctl apply --mode inside=x" "xdp"
bash_offers real "fwctl apply --max-holes " ""
bash_offers real "fwctl unload l" ""
bash_offers real "fwctl unload --force l" "lo"
bash_offers real "fwctl show access-list " ""
bash_offers real "fwctl show interface " ""
bash_offers real "fwctl nonsense --x" ""
bash_offers real "fwctl top --" "--delay --help --json --once --pin-dir"
bash_offers real "fwctl top --delay " ""
bash_offers real "fwctl clear " "access-list conn counters"
bash_offers real "fwctl clear conn " "address all interface port protocol state"
bash_offers real "fwctl clear conn all " ""
bash_offers real "fwctl show conn state half" "half-closed half-open"
bash_offers real "fwctl show conn protocol tcp l" "long"
bash_offers real "fwctl show nat " "detail"
bash_offers real "fwctl packet-tracer " "input pcap"
bash_offers real "fwctl packet-tracer pcap m" "my.pix"
bash_offers real "fwctl log --facility local1" "local1"
bash_offers real "fwctl capture -w m" "my.pix"
bash_offers asked "fwctl show access-list " "\\(conduit\\) outside_in partner_in"
bash_offers asked "fwctl show access-list par" "partner_in"
bash_offers asked "fwctl apply --map p" "partner="
bash_offers asked "fwctl packet-tracer input " "outside partner"
bash_offers asked "fwctl packet-tracer input outside t" "tcp"
bash_offers asked "fwctl packet-tracer pcap my.pix --input p" "partner"
bash_offers asked "fwctl capture o" "outside"
bash_offers asked "fwctl capture " "all outside partner"
bash_offers asked "fwctl capture all --drops=" "acl-deny no-route"
bash_offers asked "fwctl capture --drops o" "outside"
bash_offers asked "fwctl log --interface p" "partner"
bash_offers asked "fwctl log --list part" "partner_in"
bash_offers asked "fwctl log --reason " "acl-deny low-port no-route"
bash_offers asked "fwctl log --reason=no" "no-route"
bash_offers asked "fwctl show conn interface " "outside partner self"
bash_offers asked "fwctl clear access-list o" "outside_in"
bash_offers asked "fwctl clear access-list outside_in " "counters"
bash_offers asked "fwctl apply my.pix --mode d" "dmz="
bash_offers asked "fwctl apply --pin-dir /a/b --map o" "outside="
verdict "the pin directory of the line is asked" "show interface --json --pin-dir /a/b" \
	"$(tail -n 1 "$work/calls")"
bash_offers nowhere "./fwctl show access-list " ""

# ---- zsh: what the line becomes ---------------------------------------------------

cat >"$work/drive.zsh" <<'END'
# drive.zsh TOOLS OUT PATH LINE...: writes each line as it is after the key to OUT.
zmodload zsh/zpty
tools=$1 out=$2 where=$3
shift 3
zpty z "PATH=$where:$PATH TERM=dumb zsh -f -i"
zpty -w z "fpath=($tools \$fpath); autoload -Uz compinit; compinit -D -u"
zpty -w z "show_line() { print -r -- \"\$BUFFER|\" >>$out }; zle -N show_line"
zpty -w z "bindkey '^T' show_line; bindkey '^I' complete-word; unsetopt beep auto_menu list_ambiguous"
# Told by the line editor: what comes before it is there is cooked by the terminal.
zpty -w z "zle-line-init() { print ready >>$out }; zle -N zle-line-init"
wait_for() { # lines
	for i in {1..300}; do
		[[ -f $out && ${#${(f)"$(<$out)"}} -ge $1 ]] && return
		while zpty -r -t z ignored; do :; done
		sleep 0.05
	done
	exit 1
}
wait_for 1
n=1
for line; do
	zpty -w -n z "$line"$'\t\x14\x15'
	wait_for $((++n))
done
zpty -d z
END
zsh_becomes=("fwctl unl" "fwctl unload " "fwctl show coun" "fwctl show counters "
	"fwctl check --dialect asa8" "fwctl check --dialect asa83 "
	"fwctl apply --max-hal" "fwctl apply --max-half-open "
	"fwctl apply --map par" "fwctl apply --map partner="
	"fwctl apply --mode partner=gen" "fwctl apply --mode partner=generic "
	"fwctl apply --dialect=asa9" "fwctl apply --dialect=asa9 "
	"fwctl show access-list out" "fwctl show access-list outside_in "
	"fwctl show --json pin" "fwctl show --json pinholes "
	"fwctl check m" "fwctl check my.pix "
	"fwctl unload --force l" "fwctl unload --force lo "
	"fwctl packet-tracer input par" "fwctl packet-tracer input partner "
	"fwctl packet-t" "fwctl packet-tracer "
	"fwctl capture all --drops=no" "fwctl capture all --drops=no-route "
	"fwctl log --reason low" "fwctl log --reason low-port "
	"fwctl log --list par" "fwctl log --list partner_in "
	"fwctl show conn interface se" "fwctl show conn interface self "
	"fwctl clear access-list outside_in c" "fwctl clear access-list outside_in counters ")
lines=()
for ((i = 0; i < ${#zsh_becomes[@]}; i += 2)); do
	lines+=("${zsh_becomes[i]}")
done
if ! command -v zsh >/dev/null; then
	echo "completion: zsh is missing: install it" >&2
	exit 1
fi
timeout 60 zsh -f "$work/drive.zsh" "$tools" "$work/zsh.out" "$work/asked" "${lines[@]}" \
	>"$work/zsh.err" 2>&1 </dev/null
mapfile -t became < <(sed 1d "$work/zsh.out" 2>/dev/null)
for ((i = 0; i < ${#lines[@]}; i++)); do
	verdict "zsh: ${lines[i]}" "${zsh_becomes[2 * i + 1]}|" "${became[i]-nothing}"
done

echo "1..$count"
if [ "$failed" -ne 0 ]; then
	echo "# completion: $failed of $count failed"
	exit 1
fi
echo "# completion: $count passed"
