#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Translations with ports, an order and conditions, as PIX and ASA write them: a web
# and an FTP server behind ports of the firewall's own address, exemption before
# static, and both ends seen as others (twice NAT).

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

# The client, as it is known inside: nobody's own address there.
client_inside=""

pix_policy() {
	family_interfaces 0 100
	cat <<-END
		access-list exempt permit ip host ${at[real]} host ${at[third]}
		nat (inside) 0 access-list exempt
		static (inside,outside) tcp interface 8080 ${at[real]} www netmask 255.255.255.255
		static (inside,outside) udp interface 5353 ${at[real]} 7 netmask 255.255.255.255
		static (inside,outside) ${at[mapped]} ${at[real]} netmask 255.255.255.255
		access-list outside_in permit tcp any host ${at[fw-outside]} eq 8080
		access-list outside_in permit udp any host ${at[fw-outside]} eq 5353
		access-list outside_in permit udp any host ${at[fw-outside]} eq 5354
		access-list outside_in permit tcp any host ${at[mapped]} eq 9000
		access-list outside_in permit ip any host ${at[real]}
		access-list outside_in permit icmp any host ${at[mapped]}
		access-group outside_in in interface outside
	END
}

asa_policy() {
	cat <<-END
		ASA Version 9.1(2)
		interface ethernet0
		 nameif outside
		 security-level 0
		 ip address ${at[fw-outside]} 255.255.255.0
		interface ethernet1
		 nameif inside
		 security-level 100
		 ip address ${at[fw-inside]} 255.255.255.0
		object network server
		 host ${at[real]}
		object network workstation
		 host ${at[other]}
		object network workstation-seen
		 host ${at[mapped]}
		object network client
		 host ${at[outside]}
		object network client-seen
		 host $client_inside
		object service ftp-real
		 service tcp source eq ftp
		object service ftp-seen
		 service tcp source eq 2121
		object service data-real
		 service tcp source range 51000 51100
		object service data-seen
		 service tcp source range 61000 61100
		nat (inside,outside) source static server interface service ftp-real ftp-seen
		nat (inside,outside) source static server interface service data-real data-seen
		nat (inside,outside) source static workstation workstation-seen destination static client-seen client
		access-list outside_in extended permit tcp any host ${at[real]} eq ftp
		access-list outside_in extended permit ip host ${at[outside]} host ${at[other]}
		access-group outside_in in interface outside
		class-map inspection_default
		 match default-inspection-traffic
		policy-map global_policy
		 class inspection_default
		  inspect ftp
		service-policy global_policy global
	END
}

serve_pages() { # name namespace address
	lab_spawn "web-$1" "$2" python3 -m http.server --bind "$3" \
		--directory "$LAB_DIR/ftp" 80
	lab_wait 5 lab_is_listening "$2" 80
}

page_of() { # namespace address port [source]
	rm -f "$LAB_DIR/scratch/got"
	lab_run "$1" curl -sS --fail --max-time 10 ${4:+--interface "$4"} \
		-o "$LAB_DIR/scratch/got" "http://$2:$3/pub/big.bin"
	cmp "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/pub/big.bin"
}

# ends_seen INITIATOR RESPONDER PORT, real: as what the ends of their connections are
# seen.
ends_seen() {
	lab_fwctl show conn --json | jq -r --arg from "$1" --arg to "$2" --argjson port "$3" \
		'[.connections[] | select(.initiator.address == $from and
			.responder.address == $to and .responder.port == $port) |
		"\(.initiator.mapped_address) \(.responder.mapped_address):\(.responder.mapped_port)"] |
		unique | join(", ")'
}

# ---- ports ----

web_behind_a_port() {
	page_of "$LAB_OUTSIDE" "${at[fw-outside]}" 8080
	must_print "${at[outside]} ${at[fw-outside]}:8080" \
		ends_seen "${at[outside]}" "${at[real]}" 80
}

echo_behind_a_port() {
	must_print echo probe_of "$LAB_OUTSIDE" udp "${at[fw-outside]}" 5353
}

other_ports_are_the_firewalls() {
	ping_of "$LAB_OUTSIDE" "${at[fw-outside]}"
	ping_of "$LAB_FW" "${at[outside]}"
	must_print reset probe_of "$LAB_OUTSIDE" connect "${at[fw-outside]}" 8081
	must_print reset probe_of "$LAB_OUTSIDE" udp "${at[fw-outside]}" 5354
}

# The server's own error comes back under the port that was asked.
refusals_follow_the_port() {
	lab_stop echo
	must_print reset probe_of "$LAB_OUTSIDE" udp "${at[fw-outside]}" 5353
}

static_behind_them() {
	must_print open probe_of "$LAB_OUTSIDE" connect "${at[mapped]}" 9000
	ping_of "$LAB_OUTSIDE" "${at[mapped]}"
	ping_of "$LAB_INSIDE" "${at[outside]}" -I "${at[real]}"
}

exempt_is_known_as_it_is() {
	page_of "$LAB_OUTSIDE" "${at[real]}" 80 "${at[third]}"
	ping_of "$LAB_INSIDE" "${at[third]}" -I "${at[real]}"
	ping_of "$LAB_OUTSIDE" "${at[real]}" -I "${at[third]}"
	must_print "${at[third]} ${at[real]}:80" \
		ends_seen "${at[third]}" "${at[real]}" 80
}

others_are_not_exempt() {
	must_be_dropped_as nat-reverse-path \
		must_print silence probe_of "$LAB_OUTSIDE" connect "${at[real]}" 80
}

shows_them() {
	lab_fwctl show xlate | grep -q \
		"TCP PAT from inside:${at[real]} 80-80 to outside:${at[fw-outside]} 8080-8080 flags sr"
}

# ---- FTP ----

download() { # pasv|epsv
	local -a curl_args

	e2e_curl_args "$1"
	rm -f "$LAB_DIR/scratch/got"
	lab_run "$LAB_OUTSIDE" curl -v --no-progress-meter --max-time 25 "${curl_args[@]}" \
		-o "$LAB_DIR/scratch/got" "ftp://${at[fw-outside]}:2121/pub/big.bin" \
		2>"$LAB_DIR/scratch/curl.log" || {
		cat "$LAB_DIR/scratch/curl.log"
		fail "curl by $1"
	}
	e2e_check_method "$1" "$LAB_DIR/scratch/curl.log"
	cmp "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/pub/big.bin"
}

ftp_behind_ports() {
	must_grow ftp_payload_rewrites download pasv
	must_grow ftp_payload_rewrites download epsv
	e2e_no_hole_is_open
}

# ---- both ends ----

both_ends() {
	page_of "$LAB_INSIDE" "$client_inside" 80 "${at[other]}"
	must_print "${at[mapped]} $client_inside:80" \
		ends_seen "${at[other]}" "${at[outside]}" 80
	ping_of "$LAB_INSIDE" "$client_inside" -I "${at[other]}"
	ping_of "$LAB_OUTSIDE" "${at[mapped]}" -I "${at[outside]}"
}

errors_between_both_ends() {
	must_print reset probe_of "$LAB_INSIDE" udp --source "${at[other]}" "$client_inside" 40000
	must_print reset probe_of "$LAB_OUTSIDE" udp --source "${at[outside]}" "${at[mapped]}" 40000
}

large_datagrams_between_both_ends() {
	ping_of "$LAB_INSIDE" "$client_inside" -I "${at[other]}" -s 4000
	ping_of "$LAB_OUTSIDE" "${at[mapped]}" -I "${at[outside]}" -s 4000
}

conditions_are_asked() {
	must_be_dropped_as nat-reverse-path must_print silence \
		probe_of "$LAB_INSIDE" connect --source "${at[other]}" "${at[outside]}" 80
	ping_of "$LAB_INSIDE" "${at[third]}" -I "${at[other]}"
}

lab_create --mode "$E2E_MODE"
e2e_use_family 4
client_inside=${at[real]%.*}.250
e2e_apply pix_policy
family_serve inside "$LAB_INSIDE" "${at[real]}"
family_serve outside "$LAB_OUTSIDE" "${at[outside]}"
serve_pages inside "$LAB_INSIDE" "${at[real]}"
serve_pages outside "$LAB_OUTSIDE" "${at[outside]}"
lab_spawn echo "$LAB_INSIDE" python3 "$E2E_DIR/probe.py" echo udp "${at[real]}" 7
lab_ftp_start plain plain 21 51000-51100

e2e_case "a web server behind a port of the firewall's address" web_behind_a_port
e2e_case "UDP behind a port of it" echo_behind_a_port
e2e_case "its other ports are the firewall's" other_ports_are_the_firewalls
e2e_case "a static behind them serves the rest" static_behind_them
e2e_case "who is exempt is known as it is" exempt_is_known_as_it_is
e2e_case "to others it is not" others_are_not_exempt
e2e_case "show xlate has them" shows_them
e2e_case "errors come back under the port that was asked" refusals_follow_the_port

e2e_apply asa_policy
e2e_case "an FTP server behind ports of the firewall's address" ftp_behind_ports
e2e_case "both ends are seen as others" both_ends
e2e_case "errors between them are heard" errors_between_both_ends
e2e_case "fragments between them arrive" large_datagrams_between_both_ends
e2e_case "a translation with a condition is for that peer only" conditions_are_asked
e2e_done
