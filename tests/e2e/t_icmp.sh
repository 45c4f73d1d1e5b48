#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What people try first: ping, also with more than fits into a frame, and
# traceroute. Errors find their way back through translations.

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

policy() {
	family_policy \
		"permit ${at[icmp]} any host ${at[listed]}" \
		"permit ${at[icmp]} any host ${at[far-listed]}" \
		"permit ${at[icmp]} any host ${at[other]}" \
		"permit udp any host ${at[far-listed]} range 33434 33534" \
		"permit udp any host ${at[listed]} eq 40000" \
		"permit tcp any host ${at[far-listed]} eq 9000"
}

pings() { # [ping-option...]
	ping_of "$LAB_OUTSIDE" "${at[mapped]}" "$@"
	ping_of "$LAB_FAR_OUTSIDE" "${at[far-mapped]}" "$@"
	ping_of "$LAB_INSIDE" "${at[outside]}" -I "${at[real]}" "$@"
	ping_of "$LAB_FAR_INSIDE" "${at[far-outside]}" "$@"
}

untranslated_pings() { # [ping-option...]
	ping_of "$LAB_OUTSIDE" "${at[other]}" "$@"
	ping_of "$LAB_INSIDE" "${at[outside]}" -I "${at[other]}" "$@"
}

box_pings() { # [ping-option...]
	ping_of "$LAB_OUTSIDE" "${at[fw-outside]}" "$@"
	ping_of "$LAB_INSIDE" "${at[fw-inside]}" "$@"
	ping_of "$LAB_FW" "${at[outside]}" "$@"
	ping_of "$LAB_FW" "${at[far-real]}" "$@"
}

large_pings() {
	must_grow fragment_first pings -s 4000
	must_grow fragment_later untranslated_pings -s 4000
	box_pings -s 4000
}

neighbours_are_found() { # [ping-option...]
	family_forget_neighbours
	ping_of "$LAB_OUTSIDE" "${at[mapped]}" "$@"
	family_forget_neighbours
	ping_of "$LAB_INSIDE" "${at[outside]}" -I "${at[real]}" "$@"
}

# Who answered, hop by hop: 198.51.100.1 203.0.113.1 ...
route_seen() { # namespace target traceroute-option...
	lab_run "$1" traceroute "-$FAMILY" -n -q 1 -w 2 -m 6 "${@:3}" "$2" |
		awk 'NR > 1 { printf "%s%s", separator, $2; separator = " " }'
}

# The router on the inside is translated itself, and seen as such.
inward=""
outward=""
set_hops() {
	inward="${at[far-outside-router]} ${at[fw-outside]} ${at[mapped]} ${at[far-mapped]}"
	outward="${at[far-inside-router]} ${at[fw-inside]} ${at[outside]} ${at[far-outside]}"
}

traces() { # traceroute-option...
	must_print "$inward" route_seen "$LAB_FAR_OUTSIDE" "${at[far-mapped]}" "$@"
	must_print "$outward" route_seen "$LAB_FAR_INSIDE" "${at[far-outside]}" "$@"
}

# Nobody listens: the host says so, and the sender hears it.
refusals_are_heard() {
	must_print reset probe_of "$LAB_OUTSIDE" udp "${at[mapped]}" 40000
	must_print reset probe_of "$LAB_INSIDE" udp --source "${at[real]}" "${at[outside]}" 40000
	must_print reset probe_of "$LAB_INSIDE" udp --source "${at[other]}" "${at[outside]}" 40000
}

not_permitted_is_silent() {
	must_be_dropped_as acl-implicit-deny \
		must_print silence probe_of "$LAB_OUTSIDE" udp "${at[mapped]}" 40001
}

one_family() {
	e2e_apply policy
	set_hops
	family_serve far "$LAB_FAR_INSIDE" "${at[far-real]}"
	family_serve far-outside "$LAB_FAR_OUTSIDE" "${at[far-outside]}"
	family_case "ping passes both ways through a translation" pings
	family_case "ping passes both ways without one" untranslated_pings
	family_case "the firewall pings and is pinged" box_pings
	family_case "4000 bytes of ping pass in fragments" large_pings
	family_case "no ping is lost while a neighbour is asked for" neighbours_are_found
	family_case "nor a fragment of one" neighbours_are_found -s 4000
	family_case "traceroute by UDP sees every hop, translated" traces
	family_case "traceroute by ICMP sees every hop, translated" traces -I
	family_case "traceroute by TCP sees every hop, translated" traces -T -p 9000
	family_case "a refused datagram is reported to its sender" refusals_are_heard
	family_case "one that is not permitted is not" not_permitted_is_silent
}

lab_create --mode "$E2E_MODE" --far yes
e2e_each_family one_family
e2e_done
