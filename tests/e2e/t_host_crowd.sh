#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 50 sessions of ten addresses with a server that has one process for all: with
# TLS, without, by IPv4 and IPv6 at the same time. Where a listening socket is
# certainly one session's, no other client reaches it; where it is not, only those
# whose session it might be of.
#
# One hook: xdp

# shellcheck source=tests/e2e/host_single.sh
. "$(dirname "${BASH_SOURCE[0]}")/host_single.sh"

# Sets bound, shared, used: what was counted meanwhile; passive, dialled and tried:
# what the crowd has done.
crowd() { # option of host_crowd.py...
	local said
	local -a was now

	read -ra was <<<"$(host_counters)"
	said=$(single_crowd "$@")
	echo "$said"
	read -ra now <<<"$(host_counters)"
	bound=$((now[1] - was[1]))
	shared=$((now[3] - was[3]))
	used=$((now[5] - was[5]))
	read -r passive dialled tried <<<"$(sed -n \
		's/.*; \([0-9]*\) passive, \([0-9]*\) used; \([0-9]*\) tries.*/\1 \2 \3/p' <<<"$said")"
	host_is_shut
}

# Each listener is certainly its session's, and its session's address alone gets in.
certain() { # sessions
	crowd --sessions "$1"
	single_saw_no_intruder
	must_be_equal "holes bound, shared, used" "$passive 0 $dialled" "$bound $shared $used"
	[ "$tried" -gt $((2 * $1)) ] || fail "strangers tried $tried times only"
}

# Several have a command in work when another one's listener appears.
uncertain() { # option...
	crowd --tolerate "$@"
	must_be_equal "holes used" "$dialled" "$used"
	[ $((bound + shared)) -ge "$passive" ] || fail "$bound bound, $shared shared"
	echo "$bound bound, $shared shared"
}

# Two candidates and two bystanders, then half a line in somebody else's session.
with_candidates() {
	local before shown
	local -a who

	mapfile -t who < <(single_client 0 && single_client 1 && single_client 2 && single_client 3)
	before=$(e2e_event host_holes_shared)
	shown=$(single_dialogue shared "$LAB_FW_OUTSIDE" "${who[@]}" --shown \
		"$(single_fwctl show pinholes --json) | jq '.pinholes | length'")
	must_be_equal "holes of two ports for two clients" 4 "$shown"
	must_be_equal "shared" "$((before + 8))" "$(e2e_event host_holes_shared)"
	host_is_shut
}

half_a_line() {
	local before

	before=$(e2e_event host_holes_shared)
	single_dialogue half "$LAB_FW_OUTSIDE" "$(single_client 0)" "$(single_client 1)"
	must_be_equal "shared" "$((before + 3))" "$(e2e_event host_holes_shared)"
	single_saw_no_intruder
	host_is_shut
}

single_start --mode "$E2E_MODE"
host_apply single_policy
single_serve :: --wildcard
e2e_case "50 sessions by one dual-stack socket: each listener is certainly one's" certain 50
# Whose a listener is has nothing to do with the hook: they share the rest.
if [ "$E2E_MODE" = tc ]; then
	single_serve "$LAB_FW_OUTSIDE" --tls 1.2
	e2e_case "half a line of a client shares the next listener with it, no more" half_a_line
	single_serve :: --work pool
	e2e_case "listeners opened without a command: all transfers intact" \
		uncertain --sessions 4
else
	single_serve :: --work slow
	e2e_case "two with a command in work: their clients reach both ports, once, no other does" \
		with_candidates
	single_serve :: --work threads
	e2e_case "a thread for each session, four at the same time: all transfers intact" \
		uncertain --sessions 24 --wave 4
fi
e2e_done
