#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 200 sessions at the same time, with three servers, by each method, some with
# TLS: none gets in another's way, and each fetches what it asked for.

# shellcheck source=tests/e2e/clients.sh
. "$(dirname "${BASH_SOURCE[0]}")/clients.sh"

E2E_CASE_SECONDS=150
# So many ports that servers, which try some at random, find free ones.
declare -A RANGE=([vsftpd]=51000-51999 [proftpd]=52000-52999 [pureftpd]=53000-53999)

policy() {
	local server

	clients_policy "${CONTROL_PORT[@]}"
	for server in "${!CONTROL_PORT[@]}"; do
		echo "fixup protocol ftp ${CONTROL_PORT[$server]} tls data-ports ${RANGE[$server]/-/ }"
	done
}

sum_of() { # file
	sha256sum "$LAB_DIR/ftp/pub/$1" | cut -d' ' -f1
}

fwctl_command() { # subcommand...: for a shell in any namespace
	echo "nsenter --net=/run/netns/$LAB_FW -- $LAB_FWCTL $* --pin-dir $LAB_PIN_DIR"
}

# What is there while all have announced and nobody has dialled yet.
there() {
	echo "$(fwctl_command show ftp --json) |" \
		"jq '[.sessions[] | select(.state != \"closing\")] | length';" \
		"$(fwctl_command show pinholes --json) | jq '.pinholes | length'"
}

crowd() {
	local said used verified

	# vsftpd gives up where another server dials from port 20 at the same time.
	used=$(e2e_event holes_used)
	verified=$(e2e_event ftp_sessions_tls_verified)
	said=$(lab_client timeout 140 python3 -B "$E2E_DIR/ftp_crowd.py" "${at[dial]}" \
		"pub/small.bin=$(sum_of small.bin)" "pub/big.bin=$(sum_of big.bin)" \
		--server "${CONTROL_PORT[vsftpd]}:${LOGIN[vsftpd]}:60:pasv,epsv" \
		--server "${CONTROL_PORT[proftpd]}:${LOGIN[proftpd]}:60:pasv,epsv,port,eprt" \
		--server "${CONTROL_PORT[pureftpd]}:${LOGIN[pureftpd]}:60:pasv,epsv,port,eprt" \
		--tls "${CONTROL_PORT[vsftpd]}:${LOGIN[vsftpd]}:20" \
		--announced "$(there)")
	must_be_equal "sessions, holes, outcome" "200 180 200 of 200 intact" \
		"$(paste -sd' ' <<<"$said")"
	must_be_equal "holes used" "$((used + 180))" "$(e2e_event holes_used)"
	must_be_equal "verified TLS" "$((verified + 20))" \
		"$(e2e_event ftp_sessions_tls_verified)"
	lab_wait 2 e2e_no_hole_is_open || fail "a hole stayed open"
}

topology() { # server|client
	local server

	lab_create --mode "$E2E_MODE" --nat "$1"
	e2e_apply policy
	clients_use_family 4
	for server in vsftpd proftpd pureftpd; do
		# Announced only where nobody can read along and translate it.
		clients_serve "$server" "$server" plain "${CONTROL_PORT[$server]}" \
			"${RANGE[$server]}" "${at[dial]}"
	done
	e2e_case "NAT $1: 200 sessions, 20 of them with TLS, at the same time" crowd
	lab_destroy
}

topology server
topology client
e2e_done
