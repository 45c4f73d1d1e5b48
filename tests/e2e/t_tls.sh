#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# FTP over TLS passes by the access list alone: nobody reads the control
# connection, the passive range is permitted, and NAT keeps the ports.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tls_by_curl() { # curl-url file method
	local -a curl_args
	local log=$LAB_DIR/scratch/curl.log

	e2e_curl_args "$3"
	rm -f "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/incoming/$2"
	e2e_curl "${curl_args[@]}" --ssl-reqd --cacert "$LAB_DIR/cert.pem" \
		-o "$LAB_DIR/scratch/got" "$1/pub/$2"
	cmp "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/pub/$2"
	e2e_curl "${curl_args[@]}" "${E2E_TLS_UPLOAD[@]}" \
		--ssl-reqd --cacert "$LAB_DIR/cert.pem" -T "$LAB_DIR/ftp/pub/$2" \
		"$1/incoming/$2" 2>"$log" || {
		cat "$log"
		fail "curl, uploading"
	}
	e2e_check_method "$3" "$log"
	cmp "$LAB_DIR/ftp/incoming/$2" "$LAB_DIR/ftp/pub/$2"
}

tls_by_lftp() { # url
	rm -f "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/incoming/small.bin"
	e2e_lftp "$1" "set ftp:ssl-allow yes; set ftp:ssl-force yes
		set ftp:ssl-allow-anonymous yes
		set ftp:ssl-protect-data yes; set ftp:passive-mode yes" "
		get pub/small.bin -o $LAB_DIR/scratch/got
		put -O incoming $LAB_DIR/ftp/pub/small.bin"
	cmp "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/pub/small.bin"
	cmp "$LAB_DIR/ftp/incoming/small.bin" "$LAB_DIR/ftp/pub/small.bin"
}

all_tls() {
	tls_by_curl "ftp://$LAB_TARGET" small.bin pasv
	tls_by_curl "ftps://$LAB_TARGET:990" small.bin epsv
}

# The control connection works and a port is announced, at the address in the
# reply and at the one dialled; neither can be reached.
plain_passive_fails() {
	local believe log=$LAB_DIR/scratch/curl.log before

	before=$(e2e_event holes_opened)
	for believe in --ftp-skip-pasv-ip --no-ftp-skip-pasv-ip; do
		must_fail e2e_curl --disable-epsv "$believe" --max-time 4 -o /dev/null \
			"ftp://$LAB_TARGET:2121/pub/small.bin" 2>"$log"
		grep -q '^< 227 ' "$log" || {
			cat "$log"
			fail "no port was announced"
		}
		! grep -q '^< 150 ' "$log" || fail "the transfer began"
	done
	must_be_equal "holes opened" "$before" "$(e2e_event holes_opened)"
}

sessions_are_seen_as_tls() {
	local before after

	before=$(e2e_event ftp_sessions_tls)
	tls_by_curl "ftp://$LAB_TARGET" small.bin epsv
	after=$(e2e_event ftp_sessions_tls)
	must_be_equal "TLS sessions" "$((before + 2))" "$after"
}

no_hole_for_tls() {
	local before

	before=$(e2e_event holes_opened)
	all_tls
	must_be_equal "holes opened" "$before" "$(e2e_event holes_opened)"
}

# Outside the permitted range TLS sessions get no data connection: inspection
# could not read the port and must not have guessed.
range_is_what_permits() {
	lab_stop implicit
	lab_ftp_start implicit implicit 990 "$LAB_PLAIN_PORTS" "$LAB_MAPPED"
	must_fail e2e_curl --max-time 4 --cacert "$LAB_DIR/cert.pem" -o "$LAB_DIR/scratch/got" \
		"ftps://$LAB_TARGET:990/pub/small.bin"
	lab_stop implicit
	lab_ftp_start implicit implicit 990 "$LAB_TLS_PORTS" "$LAB_MAPPED"
}

inspected_port_2121() {
	e2e_policy
	echo "fixup protocol ftp 21"
	echo "fixup protocol ftp 2121"
}

# As a server is set up that offers TLS on the same port: nothing to rewrite,
# but the hole is needed all the same.
public_address_on_2121() {
	local rewrites

	lab_stop plain
	lab_ftp_start plain plain 2121 "$LAB_PLAIN_PORTS" "$LAB_MAPPED"
	rewrites=$(e2e_event ftp_payload_rewrites)
	plain_on_2121
	must_be_equal "rewrites" "$rewrites" "$(e2e_event ftp_payload_rewrites)"
	lab_stop plain
	lab_ftp_start plain plain 2121 "$LAB_PLAIN_PORTS"
}

no_inspection() {
	e2e_policy
	echo "no fixup protocol ftp 21"
}

plain_on_2121() {
	local -a curl_args=(--disable-epsv --no-ftp-skip-pasv-ip)

	rm -f "$LAB_DIR/scratch/got"
	e2e_curl "${curl_args[@]}" -o "$LAB_DIR/scratch/got" "ftp://$LAB_TARGET:2121/pub/small.bin"
	cmp "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/pub/small.bin"
	rm "$LAB_DIR/scratch/got"
}

e2e_start --nat server
lab_ftp_start tls tls 21 "$LAB_TLS_PORTS" "$LAB_MAPPED"
lab_ftp_start implicit implicit 990 "$LAB_TLS_PORTS" "$LAB_MAPPED"
lab_ftp_start plain plain 2121 "$LAB_PLAIN_PORTS"

e2e_case "explicit TLS by curl, PASV, 10 MB both ways" \
	tls_by_curl "ftp://$LAB_TARGET" big.bin pasv
e2e_case "explicit TLS by curl, EPSV" tls_by_curl "ftp://$LAB_TARGET" small.bin epsv
e2e_case "explicit TLS by lftp" tls_by_lftp "ftp://$LAB_TARGET"
e2e_case "implicit TLS by curl, PASV, 10 MB both ways" \
	tls_by_curl "ftps://$LAB_TARGET:990" big.bin pasv
e2e_case "implicit TLS by curl, EPSV" tls_by_curl "ftps://$LAB_TARGET:990" small.bin epsv
e2e_case "implicit TLS by lftp" tls_by_lftp "ftps://$LAB_TARGET:990"
e2e_case "AUTH TLS is recognised and counted" sessions_are_seen_as_tls
e2e_case "TLS sessions open no hole" no_hole_for_tls
e2e_case "TLS data connections outside of the permitted range fail" range_is_what_permits

e2e_apply inspected_port_2121
e2e_case "inspected on 2121: plain passive works" plain_on_2121
e2e_case "inspected on 2121: a server may announce its public address" \
	public_address_on_2121
e2e_apply no_inspection
e2e_case "no fixup: plain passive fails, nothing opens by accident" plain_passive_fails
e2e_case "no fixup: explicit and implicit TLS still work" all_tls
e2e_done
