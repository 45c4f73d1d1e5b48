#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# XDP on one interface and TC alone on the other: each hook leaves to the other
# what it must, and nothing is lost between them.

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

policy() {
	family_policy "permit ${at[icmp]} any host ${at[listed]}" \
		"permit tcp any host ${at[listed]} range 9000 9001" \
		"permit udp any host ${at[listed]} eq 7777"
}

apply_mixed() { # outside's-mode inside's-mode
	policy >"$LAB_DIR/policy.pix"
	lab_apply "$LAB_DIR/policy.pix" --mode "outside=$1" --mode "inside=$2"
	must_be_equal "modes" "$1 $2" \
		"$(lab_fwctl show interface --json | jq -r '[.interfaces[].mode] | join(" ")')"
}

# No fragment overtakes the one that it depends on.
fragments() {
	ping_of "$LAB_INSIDE" "${at[outside]}" -s 4000
	ping_of "$LAB_OUTSIDE" "${at[mapped]}" -s 4000
	must_print intact client_of "$LAB_OUTSIDE" datagram "${at[mapped]}" 60000
	must_print intact client_of "$LAB_INSIDE" datagram "${at[outside]}" 60000
	must_be_equal "fragments without a first" 0 "$(e2e_dropped fragment-without-first)"
}

# To a neighbour whose address has to be asked for first.
neighbours_are_found() {
	family_forget_neighbours
	must_print intact client_of "$LAB_OUTSIDE" datagram "${at[mapped]}" 8000
	family_forget_neighbours
	must_print intact client_of "$LAB_INSIDE" datagram "${at[outside]}" 8000
	family_forget_neighbours
	ping_of "$LAB_INSIDE" "${at[outside]}" -s 4000
	family_forget_neighbours
	ping_of "$LAB_OUTSIDE" "${at[mapped]}" -s 4000
}

bulk() {
	must_print intact client_of "$LAB_OUTSIDE" upload "${at[mapped]}" 3000000
	must_print intact client_of "$LAB_OUTSIDE" download "${at[mapped]}" 3000000
	must_print intact client_of "$LAB_INSIDE" upload "${at[outside]}" 3000000
	must_print intact client_of "$LAB_INSIDE" download "${at[outside]}" 3000000
}

one_family() {
	local other=tc

	[ "$E2E_MODE" = xdp ] || other=xdp
	family_case "outside $E2E_MODE, inside $other" apply_mixed "$E2E_MODE" "$other"
	family_serve inside "$LAB_INSIDE" "${at[real]}"
	family_serve outside "$LAB_OUTSIDE" "${at[outside]}"
	family_case "large datagrams and pings arrive" fragments
	family_case "so they do at neighbours that must be found first" neighbours_are_found
	family_case "bulk TCP arrives both ways" bulk
}

lab_create --mode "$E2E_MODE" --offloads off
e2e_each_family one_family
e2e_done
