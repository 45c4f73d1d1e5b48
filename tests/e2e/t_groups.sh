#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Where a list can be bound: in, out, globally, for the firewall itself. And
# sources that cannot be where they claim to be.

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

open_from_outside() { # expected port
	must_print "$1" probe_of "$LAB_OUTSIDE" connect --source "${at[outside]}" \
		"${at[mapped]}" "$2"
}

open_from_inside() { # expected port
	must_print "$1" probe_of "$LAB_INSIDE" connect --source "${at[real]}" \
		"${at[outside]}" "$2"
}

open_to_box() { # expected port
	must_print "$1" probe_of "$LAB_OUTSIDE" connect --source "${at[outside]}" \
		"${at[fw-outside]}" "$2"
}

# What leaves by the inside interface has its real address in both dialects.
out_policy() {
	family_policy "permit tcp ${at[any]} ${at[any]}"
	echo "access-list inside_out permit tcp any host ${at[real]} eq 9000"
	echo "access-group inside_out out interface inside"
}

both_lists_must_permit() {
	e2e_apply out_policy
	open_from_outside open 9000
	must_be_dropped_as acl-implicit-deny open_from_outside silence 9022
	open_from_inside open 9022
}

# On its way out the source is seen as the outside sees it, or as it is.
outside_out_policy() {
	family_policy
	echo "access-list outside_out deny tcp host ${at[listed]} ${at[any]} eq 9022"
	echo "access-list outside_out permit tcp ${at[any]} ${at[any]}"
	echo "access-group outside_out out interface outside"
}

out_lists_see_the_translation() {
	e2e_apply outside_out_policy
	open_from_inside open 9000
	must_be_dropped_as acl-deny open_from_inside silence 9022
	must_print open probe_of "$LAB_INSIDE" connect --source "${at[other]}" \
		"${at[outside]}" 9022
}

global_policy() {
	family_policy "permit tcp any host ${at[listed]} eq 9000"
	echo "access-list everywhere permit tcp ${at[any]} ${at[any]} eq 9001"
	echo "access-group everywhere global"
}

# First the interface's own list, then the global one, then nothing.
global_list_follows() {
	e2e_apply global_policy
	open_from_outside open 9000
	open_from_outside open 9001
	open_from_outside silence 9022
	open_from_inside open 9001
	must_be_dropped_as acl-implicit-deny open_from_inside silence 9022
}

box_policy() {
	family_policy "deny tcp ${at[any]} ${at[any]}"
	echo "access-list box permit tcp host ${at[outside]} ${at[any]} eq 9000"
	echo "access-list box permit ${at[icmp]} ${at[any]} ${at[any]}"
	echo "access-group box in interface outside control-plane"
}

box_list_guards_the_box() {
	e2e_apply box_policy
	open_to_box open 9000
	must_be_dropped_as acl-implicit-deny open_to_box silence 9022
	ping_of "$LAB_OUTSIDE" "${at[fw-outside]}"
	ping_of "$LAB_OUTSIDE" "${at[fw-outside]}" -s 4000
	must_print silence probe_of "$LAB_OUTSIDE" connect --source "${at[third]}" \
		"${at[fw-outside]}" 9000
	# It says nothing of the inside, nor of what the firewall itself asks.
	must_print open probe_of "$LAB_INSIDE" connect "${at[fw-outside]}" 9022
	must_print open probe_of "$LAB_FW" connect "${at[outside]}" 9022
}

neighbours_are_found_again() {
	lab_outside ip neigh flush dev eth0
	lab_fw ip neigh flush dev out0
	open_to_box open 9000
	must_print open probe_of "$LAB_FW" connect "${at[outside]}" 9022
}

spoof_policy() { # [statement]
	family_policy "permit udp any host ${at[other]} eq 7777" \
		"permit udp any host ${at[listed]} eq 7777"
	[ $# -eq 0 ] || echo "$1"
}

# Sent from outside under an address of the inside's network.
spoof() {
	probe_of "$LAB_OUTSIDE" shout --source "$spoofed" "${at[other]}" 7777
}

spoofed=""
spoofs_are_dropped() {
	local hits reverse="ip verify reverse-path interface outside"

	spoofed=${at[other]%20}99
	lab_outside ip "-$FAMILY" address add "$spoofed${at[host-bits]}" dev lo
	e2e_apply spoof_policy
	hits=$(e2e_hits "host ${at[other]} eq 7777")
	spoof
	must_be_equal "hits without it" "$((hits + 1))" "$(e2e_hits "host ${at[other]} eq 7777")"
	e2e_apply spoof_policy "$reverse"
	hits=$(e2e_hits "host ${at[other]} eq 7777")
	must_be_dropped_as rpf-violated spoof
	must_be_equal "hits with it" "$hits" "$(e2e_hits "host ${at[other]} eq 7777")"
	must_print echo probe_of "$LAB_OUTSIDE" udp --source "${at[outside]}" \
		"${at[mapped]}" 7777
	ping_of "$LAB_OUTSIDE" "${at[fw-outside]}"
}

one_family() {
	e2e_apply family_policy
	family_serve outside "$LAB_OUTSIDE" "${at[outside]}"
	family_serve near "$LAB_INSIDE" "${at[real]}"
	family_serve other "$LAB_INSIDE" "${at[other]}"
	family_serve box "$LAB_FW" "${at[fw-outside]}"
	family_case "lists in and out must both permit" both_lists_must_permit
	family_case "a list out of the outside sees the source as its dialect says" \
		out_lists_see_the_translation
	family_case "the global list decides where the interface's own does not" \
		global_list_follows
	family_case "a control-plane list guards the firewall alone" box_list_guards_the_box
	family_case "under it neighbours are still found" neighbours_are_found_again
	family_case "a spoofed source is dropped where reverse paths are verified" \
		spoofs_are_dropped
}

lab_create --mode "$E2E_MODE"
e2e_each_family one_family
e2e_done
