#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A link with a smaller MTU, on either side of the firewall, next to it or one
# hop beyond: whoever sends learns of it through the translation, and what was
# under way arrives.

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

MTU=1300
BYTES=2000000

policy() {
	family_policy \
		"permit tcp any host ${at[far-listed]} range 9000 9001" \
		"permit udp any host ${at[far-listed]} eq 7777" \
		"permit ${at[icmp]} any host ${at[far-listed]}"
}

forget() {
	lab_far_outside ip "-$FAMILY" route flush cache
	lab_far_inside ip "-$FAMILY" route flush cache
}

mtu_known() { # namespace destination
	lab_run "$1" ip "-$FAMILY" -j route get "$2" | jq '.[0].metrics[0].mtu // 0'
}

# by_tcp NAMESPACE SENDER-NAMESPACE RECEIVER COMMAND...
by_tcp() {
	forget
	must_print intact client_of "$1" "${@:4}"
	must_print "$MTU" mtu_known "$2" "$3"
}

by_udp() { # namespace receiver
	forget
	must_print "$MTU" client_of "$1" discover "$2"
	must_print "$MTU" mtu_known "$1" "$2"
}

by_ping() { # namespace receiver
	forget
	lab_run "$1" ping "-$FAMILY" -n -c 1 -W 2 -M "do" -s 1400 "$2" >"$LAB_DIR/scratch/ping" 2>&1 || true
	grep -q "mtu[ =]*$MTU" "$LAB_DIR/scratch/ping" || {
		cat "$LAB_DIR/scratch/ping"
		fail "ping was not told the MTU"
	}
}

# What comes in is sent by the far outside host, to the translated one.
inbound() { # link
	lab_set_mtu "$1" "$MTU"
	family_case "small $1 link: an upload from outside arrives" by_tcp "$LAB_FAR_OUTSIDE" \
		"$LAB_FAR_OUTSIDE" "${at[far-mapped]}" upload "${at[far-mapped]}" "$BYTES"
	family_case "small $1 link: a download from inside out arrives" by_tcp "$LAB_FAR_INSIDE" \
		"$LAB_FAR_OUTSIDE" "${at[far-mapped]}" download "${at[far-outside]}" "$BYTES"
	family_case "small $1 link: the outside learns the MTU by UDP" \
		by_udp "$LAB_FAR_OUTSIDE" "${at[far-mapped]}"
	family_case "small $1 link: the outside learns the MTU by ping" \
		by_ping "$LAB_FAR_OUTSIDE" "${at[far-mapped]}"
	family_case "small $1 link: datagrams of 8000 bytes arrive" datagrams_arrive
	lab_set_mtu "$1" 1500
}

outbound() { # link
	lab_set_mtu "$1" "$MTU"
	family_case "small $1 link: an upload from inside arrives" by_tcp "$LAB_FAR_INSIDE" \
		"$LAB_FAR_INSIDE" "${at[far-outside]}" upload "${at[far-outside]}" "$BYTES"
	family_case "small $1 link: a download from outside in arrives" by_tcp "$LAB_FAR_OUTSIDE" \
		"$LAB_FAR_INSIDE" "${at[far-outside]}" download "${at[far-mapped]}" "$BYTES"
	family_case "small $1 link: the inside learns the MTU by UDP" \
		by_udp "$LAB_FAR_INSIDE" "${at[far-outside]}"
	family_case "small $1 link: the inside learns the MTU by ping" \
		by_ping "$LAB_FAR_INSIDE" "${at[far-outside]}"
	family_case "small $1 link: datagrams of 8000 bytes arrive" datagrams_arrive
	lab_set_mtu "$1" 1500
}

# Without leave to be fragmented it is told; with it, it arrives in pieces.
datagrams_arrive() {
	forget
	must_print intact client_of "$LAB_FAR_OUTSIDE" datagram "${at[far-mapped]}" 8000 4
	must_print intact client_of "$LAB_FAR_INSIDE" datagram "${at[far-outside]}" 8000 4
}

one_family() {
	e2e_apply policy
	family_serve inside "$LAB_FAR_INSIDE" "${at[far-real]}"
	family_serve outside "$LAB_FAR_OUTSIDE" "${at[far-outside]}"
	inbound inside
	inbound far-inside
	outbound outside
	outbound far-outside
	family_case "the firewall itself sent such errors" events_counted
}

events_counted() {
	[ "$(e2e_event icmp_errors_sent)" -gt 0 ] || fail "none was counted"
	[ "$(e2e_event icmp_errors_matched)" -gt 0 ] || fail "none was let through"
}

lab_create --mode "$E2E_MODE" --far yes
e2e_each_family one_family
e2e_done
