#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The policy says after what silence a connection is forgotten. Only times
# that a test can wait for; the others are read from the same table.
#
# Long

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

policy() { # timeout-argument...
	family_policy "permit ${at[icmp]} any host ${at[listed]}"
	echo "timeout $*"
}

is_known() { # protocol
	lab_fwctl show conn --json |
		jq -e --arg protocol "$1" 'any(.connections[]; .protocol == $protocol)' >/dev/null
}

# lasts PROTOCOL LEAST MOST COMMAND...: how long what COMMAND makes is known, in
# seconds. MOST has room for a machine that is busy.
lasts() {
	local start end

	start=$(date +%s%N)
	"${@:4}"
	is_known "$1" || fail "$1 is not known at all"
	lab_wait 30 forgotten "$1" || fail "$1 is known for ever"
	end=$(date +%s%N)
	echo "$1: $(((end - start) / 1000000)) ms"
	[ "$((end - start))" -ge "$(($2 * 1000000000))" ] || fail "$1 was forgotten early"
	[ "$((end - start))" -le "$(($3 * 1000000000))" ] || fail "$1 was forgotten late"
}

forgotten() { # protocol
	! is_known "$1"
}

ping_once() {
	lab_outside ping "-$FAMILY" -n -c 1 -W 2 "${at[mapped]}"
}

# To a neighbour who does not exist. Given up after a second, and one repeat.
syn_without_answer() {
	must_print silence probe_of "$LAB_INSIDE" connect --source "${at[real]}" \
		"${at[outside]%50}77" 9000
}

answered() { # seconds
	e2e_apply policy icmp "0:00:0$1"
	lasts "$icmp" "$1" "$(($1 + 3))" ping_once
}

unanswered() { # seconds
	e2e_apply policy embryonic "0:00:0$1"
	lasts TCP "$1" "$(($1 + 4))" syn_without_answer
}

icmp=ICMP
one_family() {
	[ "$FAMILY" = 4 ] || icmp=ICMP6
	family_case "timeout icmp of 2 s" answered 2
	family_case "timeout embryonic of 5 s, for a SYN without answer" unanswered 5
	[ "$FAMILY" = 4 ] || return 0 # a time is read once, whatever it is for
	family_case "timeout icmp of 6 s" answered 6
	family_case "timeout embryonic of 9 s" unanswered 9
}

lab_create --mode "$E2E_MODE"
e2e_each_family one_family
e2e_done
