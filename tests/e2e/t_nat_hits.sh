#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What statements that translate have counted: both ways, kept over edits elsewhere,
# cleared, and found again by who steps back.
#
# One hook: tc

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

# shellcheck disable=SC2120 # e2e_apply passes them
policy() { # line before the others...
	family_interfaces 0 100
	printf '%s\n' "$@"
	cat <<-END
		access-list exempt permit ip host ${at[real]} host ${at[third]}
		nat (inside) 0 access-list exempt
		static (inside,outside) ${at[mapped]} ${at[real]} netmask 255.255.255.255
		access-list outside_in permit tcp any any eq 9000
		access-list outside_in permit icmp any any
		access-group outside_in in interface outside
	END
}

# In front of the others: another address, and one with a condition.
more="static (inside,outside) 203.0.113.77 10.99.0.77 netmask 255.255.255.255"
ports="static (inside,outside) tcp interface 8080 10.99.0.77 www netmask 255.255.255.255"

shown() {
	lab_fwctl show nat --json >"$LAB_DIR/scratch/nat.json"
	"$LAB_SOURCE_DIR/tests/schema/validate.py" show-nat "$LAB_DIR/scratch/nat.json"
	jq -r '[.nat[] | "\(.section) \(.translate_hits) \(.untranslate_hits)"] | join(", ")' \
		"$LAB_DIR/scratch/nat.json"
}

counts_both_ways() {
	must_print "exempt 0 0, static 0 0" shown
	must_print open probe_of "$LAB_OUTSIDE" connect "${at[mapped]}" 9000
	must_print open probe_of "$LAB_OUTSIDE" connect "${at[mapped]}" 9000
	ping_of "$LAB_INSIDE" "${at[outside]}" -I "${at[real]}"
	must_print "exempt 0 0, static 1 2" shown
	ping_of "$LAB_OUTSIDE" "${at[real]}" -I "${at[third]}"
	must_print "exempt 0 1, static 1 2" shown
}

text_is_as_asa_has_it() {
	must_print "NAT Exemptions
1 nat (inside) 0 access-list exempt
    translate_hits = 0, untranslate_hits = 1
    Source - Origin: access-list exempt, Translated: stays as it is

Static NAT Policies
1 static (inside,outside) ${at[mapped]} ${at[real]} netmask 255.255.255.255
    translate_hits = 1, untranslate_hits = 2
    Source - Origin: ${at[real]}/32, Translated: ${at[mapped]}/32" \
		lab_fwctl show nat detail
}

kept_over_edits() {
	e2e_apply policy "$ports" "$more"
	must_print "exempt 0 1, static 0 0, static 0 0, static 1 2" shown
	must_print open probe_of "$LAB_OUTSIDE" connect "${at[mapped]}" 9000
	must_print "exempt 0 1, static 0 0, static 0 0, static 1 3" shown
}

# What comes back later begins anew.
forgotten_with_the_statement() {
	# shellcheck disable=SC2119
	policy | grep -v ' 0 access-list ' >"$LAB_DIR/without.pix"
	lab_apply "$LAB_DIR/without.pix"
	must_print "static 1 3" shown
	e2e_apply policy
	must_print "exempt 0 0, static 1 3" shown
}

found_by_who_steps_back() {
	lab_apply "$LAB_DIR/without.pix"
	ping_of "$LAB_INSIDE" "${at[outside]}" -I "${at[real]}"
	ping_of "$LAB_OUTSIDE" "${at[mapped]}"
	must_print "static 2 4" shown
	lab_fwctl rollback
	must_print "exempt 0 0, static 2 4" shown
}

exported() { # direction
	lab_fw curl -sS --max-time 5 http://127.0.0.1:9199/metrics |
		sed -n "s/^pinhole_nat_translations_total{section=\"static\",number=\"1\",real_interface=\"inside\",mapped_interface=\"outside\",id=\"0x[0-9a-f]*\",direction=\"$1\"} //p"
}

cleared_for_people() {
	lab_spawn exporter "$LAB_FW" "$LAB_EXPORTER" --web.listen-address 127.0.0.1:9199 \
		--pin-dir "$LAB_PIN_DIR"
	lab_wait 5 lab_is_listening "$LAB_FW" 9199
	must_print 4 exported untranslate
	lab_fwctl clear counters
	must_print "exempt 0 0, static 0 0" shown
	ping_of "$LAB_OUTSIDE" "${at[mapped]}"
	e2e_apply policy
	must_print "exempt 0 0, static 0 1" shown
	must_print 5 exported untranslate
	must_print 2 exported translate
}

lab_create --mode "$E2E_MODE"
e2e_use_family 4
e2e_apply policy
family_serve inside "$LAB_INSIDE" "${at[real]}"

e2e_case "connections are counted both ways" counts_both_ways
e2e_case "show nat detail" text_is_as_asa_has_it
e2e_case "counters are kept over edits elsewhere" kept_over_edits
e2e_case "counters go with their statement" forgotten_with_the_statement
e2e_case "who steps back finds them" found_by_who_steps_back
e2e_case "cleared for people, and never for the exporter" cleared_for_people

lab_destroy
e2e_done
