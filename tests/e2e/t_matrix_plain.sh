#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Three servers and three clients, plain, by each method that a client knows in
# each family, with the translation on the server's side, on the client's and on
# neither: 10 MB each way, compared to the last byte. Nothing is permitted but
# control connections, so that every transfer passed by a hole.
#
# Long

# shellcheck source=tests/e2e/clients.sh
. "$(dirname "${BASH_SOURCE[0]}")/clients.sh"

policy() {
	local port

	clients_policy "${CONTROL_PORT[@]}"
	for port in "${CONTROL_PORT[@]}"; do
		echo "fixup protocol ftp $port"
	done
}

# By whom each method is used: README.md. IPv6 knows no PASV and no PORT.
methods() { # client
	if [ "$FAMILY" = 6 ]; then
		echo epsv eprt
	elif [ "$1" = lftp ]; then
		echo pasv epsv port
	else
		echo pasv epsv port eprt
	fi
}

by_holes() { # transfers used-before
	must_be_equal "holes used" "$1" "$(($(e2e_event holes_used) - $2))"
	lab_wait 2 e2e_no_hole_is_open || fail "a hole stayed open"
}

server_and_clients() { # server
	local client method

	clients_serve "$1" "$1" plain "${CONTROL_PORT[$1]}" "$LAB_PLAIN_PORTS"
	for client in curl lftp tnftp; do
		for method in $(methods "$client"); do
			family_case "NAT $LAB_NAT, $1, $client: ${method^^} carries 10 MB both ways" \
				client_carries "$client" "$method" none "$1" "${CONTROL_PORT[$1]}" big.bin
			transfers=$((transfers + 2))
		done
	done
	lab_stop "$1$FAMILY"
}

topology() { # none|server|client
	local family server transfers=0 used

	lab_turn "$1"
	e2e_apply policy
	used=$(e2e_event holes_used)
	for family in 4 6; do
		clients_use_family "$family"
		for server in vsftpd proftpd pureftpd; do
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
