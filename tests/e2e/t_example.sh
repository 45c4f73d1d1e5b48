#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The example policy for both families at once does what its comments say.
#
# One hook: xdp

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

from_outside() { # expected target port
	must_print "$1" probe_of "$LAB_OUTSIDE" connect "$2" "$3"
}

server_is_reached() {
	from_outside open "$1" 80
	from_outside silence "$1" 81
	ping_of "$LAB_OUTSIDE" "$1"
}

its_real_address_is_not() {
	from_outside silence "${at[other]}" 80
}

it_may_go_out() {
	must_print open probe_of "$LAB_INSIDE" connect --source "${at[other]}" \
		"${at[outside]}" 80
}

gateway_says_little() {
	ping_of "$LAB_OUTSIDE" "${at[fw-outside]}"
	from_outside silence "${at[fw-outside]}" 22
	must_print reset probe_of "$LAB_INSIDE" connect "${at[fw-inside]}" 22
	must_print open probe_of "$LAB_FW" connect "${at[outside]}" 80
}

one_family() {
	local port mapped=${at[far-mapped]} # what the example calls it

	for port in 80 81; do
		lab_spawn "inside$port$FAMILY" "$LAB_INSIDE" python3 "$E2E_DIR/probe.py" \
			echo tcp "${at[other]}" "$port"
	done
	lab_spawn "outside$FAMILY" "$LAB_OUTSIDE" python3 "$E2E_DIR/probe.py" \
		echo tcp "${at[outside]}" 80
	lab_wait 5 lab_is_listening "$LAB_INSIDE" 81
	lab_wait 5 lab_is_listening "$LAB_INSIDE" 80
	lab_wait 5 lab_is_listening "$LAB_OUTSIDE" 80
	family_case "the server is reached where the list permits it" server_is_reached "$mapped"
	family_case "but not by its real address" its_real_address_is_not
	family_case "it may open connections to the outside" it_may_go_out
	family_case "the gateway answers pings and nobody's ssh" gateway_says_little
	lab_stop "inside80$FAMILY"
	lab_stop "inside81$FAMILY"
	lab_stop "outside$FAMILY"
}

lab_create --mode "$E2E_MODE"
lab_apply "$LAB_SOURCE_DIR/tools/examples/dual-stack.pix"
e2e_each_family one_family
e2e_done
