#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# CCC ends TLS on the control connection after login (RFC 4217, 12.3). From then
# on the firewall reads along again: data connections pass by exact holes, and
# addresses are translated, with no permitted range and no data ports.
#
# One hook: xdp
# Long

# shellcheck source=tests/e2e/clients.sh
. "$(dirname "${BASH_SOURCE[0]}")/clients.sh"

CCC_SERVERS="proftpd pureftpd"

policy() {
	local server

	clients_policy "${CONTROL_PORT[proftpd]}" "${CONTROL_PORT[pureftpd]}"
	for server in $CCC_SERVERS; do
		echo "fixup protocol ftp ${CONTROL_PORT[$server]}"
	done
}

clients_for() { # server
	[ "$1" = pureftpd ] || echo lftp # README.md says why not with Pure-FTPd
	echo curl
}

methods() {
	if [ "$FAMILY" = 4 ]; then
		echo pasv epsv port
	else
		echo epsv eprt
	fi
}

by_holes() { # transfers used-before
	must_be_equal "holes used" "$1" "$(($(e2e_event holes_used) - $2))"
	lab_wait 2 e2e_no_hole_is_open || fail "a hole stayed open"
}

# Without CCC nobody can know the port, and no hole opens.
range_is_closed() { # server
	local opened

	opened=$(e2e_event holes_opened)
	must_fail client_curl pasv explicit "$1" "${CONTROL_PORT[$1]}" small.bin
	client_was_secure explicit
	client_used pasv
	must_be_equal "holes opened" "$opened" "$(e2e_event holes_opened)"
}

server_and_clients() { # server
	local client method

	clients_serve "$1" "$1" plain "${CONTROL_PORT[$1]}" "$LAB_PLAIN_PORTS"
	for client in $(clients_for "$1"); do
		for method in $(methods); do
			family_case "NAT $LAB_NAT, $1, $client, CCC: ${method^^} carries 10 MB both ways" \
				client_carries "$client" "$method" ccc "$1" "${CONTROL_PORT[$1]}" big.bin
			transfers=$((transfers + 2))
		done
	done
	[ "$FAMILY:$LAB_NAT" != 4:server ] ||
		e2e_case "$1: without CCC no hole opens" range_is_closed "$1"
	lab_stop "$1$FAMILY"
}

topology() { # none|server|client
	local family server transfers=0 used

	lab_turn "$1"
	e2e_apply policy
	used=$(e2e_event holes_used)
	for family in 4 6; do
		clients_use_family "$family"
		for server in $CCC_SERVERS; do
			server_and_clients "$server"
		done
	done
	e2e_case "NAT $1: each of these transfers by a hole of its own" by_holes "$transfers" "$used"
}

lab_create --mode "$E2E_MODE" --nat none
for nat in none server client; do
	topology "$nat"
done
e2e_done
