#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may talk to whom where no list says so: security levels, equal levels,
# and traffic that leaves by the interface where it came in.

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

# both EXPECTED NAMESPACE SOURCE TARGET SOURCE TARGET: at the same time, for
# silence takes its time.
both() {
	probe_of "$2" connect --source "$3" "$4" 9022 >"$LAB_DIR/scratch/first" &
	must_print "$1" probe_of "$2" connect --source "$5" "$6" 9022
	wait "$!"
	must_print "$1" cat "$LAB_DIR/scratch/first"
}

from_outside() { # expected
	both "$1" "$LAB_OUTSIDE" "${at[outside]}" "${at[other]}" \
		"${at[outside]}" "${at[mapped]}"
}

from_inside() { # expected
	both "$1" "$LAB_INSIDE" "${at[other]}" "${at[outside]}" \
		"${at[real]}" "${at[outside]}"
}

levels() { # level-of-outside level-of-inside [statement]
	family_interfaces "$1" "$2"
	family_translations
	[ $# -lt 3 ] || echo "$3"
}

higher_may_open_to_lower() {
	e2e_apply levels 0 100
	from_inside open
	must_be_dropped_as security-level from_outside silence
	e2e_apply levels 60 40
	from_outside open
	must_be_dropped_as security-level from_inside silence
}

equals_are_apart() {
	e2e_apply levels 50 50
	must_be_dropped_as same-security from_inside silence
	must_be_dropped_as same-security from_outside silence
}

equals_may_be_joined() {
	e2e_apply levels 50 50 "same-security-traffic permit inter-interface"
	from_inside open
	from_outside open
}

box_is_of_no_level() {
	e2e_apply levels 50 50
	ping_of "$LAB_OUTSIDE" "${at[fw-outside]}"
	ping_of "$LAB_INSIDE" "${at[fw-inside]}"
	ping_of "$LAB_FW" "${at[outside]}"
}

# The outside host sends what comes from the far one to the firewall, which
# sends it back to the outside host: in and out by the same interface.
bend_the_route() {
	lab_outside ip "-$FAMILY" rule add pref 100 lookup local
	lab_outside ip "-$FAMILY" rule add pref 50 iif far0 to "${at[third]}" lookup 77
	lab_outside ip "-$FAMILY" route add default via "${at[fw-outside]}" table 77
	lab_outside ip "-$FAMILY" rule del pref 0 lookup local
}

ping_round_the_corner() {
	lab_far_outside ping "-$FAMILY" -n -c 2 -i 0.1 -W 1 "${at[third]}"
}

hairpin_policy() { # [statement]
	family_policy "permit ${at[icmp]} ${at[any]} ${at[any]}"
	[ $# -eq 0 ] || echo "$1"
}

same_interface() {
	bend_the_route
	e2e_apply hairpin_policy
	must_be_dropped_as same-security must_fail ping_round_the_corner
	e2e_apply hairpin_policy "same-security-traffic permit inter-interface"
	must_be_dropped_as same-security must_fail ping_round_the_corner
	e2e_apply hairpin_policy "same-security-traffic permit intra-interface"
	ping_round_the_corner
}

one_family() {
	e2e_apply levels 0 100
	family_serve outside "$LAB_OUTSIDE" "${at[outside]}"
	family_serve near "$LAB_INSIDE" "${at[real]}"
	family_serve other "$LAB_INSIDE" "${at[other]}"
	family_case "a higher level may open to a lower one, not the other way round" \
		higher_may_open_to_lower
	family_case "equal levels are apart" equals_are_apart
	family_case "same-security-traffic joins them" equals_may_be_joined
	family_case "the firewall itself is reached at any level" box_is_of_no_level
	family_case "back out of the same interface only with leave" same_interface
}

lab_create --mode "$E2E_MODE" --far yes
e2e_each_family one_family
e2e_done
