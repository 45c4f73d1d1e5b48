#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Explicit and implicit TLS by those servers and clients that know it, in both
# families, with the translation on the server's side, on the client's and on
# neither: 10 MB each way, compared to the last byte. Nothing is permitted but
# control connections; the data ports follow the sessions. Servers and clients
# announce the address by which the other side knows them: nobody rewrites it.
#
# Long

# shellcheck source=tests/e2e/clients.sh
. "$(dirname "${BASH_SOURCE[0]}")/clients.sh"

policy() {
	local port

	clients_policy "${CONTROL_PORT[@]}" "${IMPLICIT_PORT[@]}"
	for port in "${CONTROL_PORT[@]}"; do
		echo "fixup protocol ftp $port tls data-ports ${LAB_TLS_PORTS/-/ }"
	done
	for port in "${IMPLICIT_PORT[@]}"; do
		echo "fixup protocol ftps $port data-ports ${LAB_TLS_PORTS/-/ }"
	done
}

methods() { # client
	if [ "$FAMILY" = 4 ]; then
		echo pasv epsv port
	elif [ "$1:$LAB_NAT" = lftp:client ]; then
		echo epsv # it cannot announce another IPv6 address than its own
	else
		echo epsv eprt
	fi
}

no_hole_was_opened() { # data-port-connections-before
	must_be_equal "holes opened" 0 "$(e2e_event holes_opened)"
	[ "$(e2e_event data_range_connections)" -gt "$1" ] || fail "no data port was used"
}

clients_of() { # server tls port
	local client method

	for client in curl lftp; do
		for method in $(methods "$client"); do
			family_case "NAT $LAB_NAT, $1, $client, $2 TLS: ${method^^} carries 10 MB both ways" \
				client_carries "$client" "$method" "$2" "$1" "$3" big.bin
		done
	done
}

server_and_clients() { # server
	local announce=""

	[ "$FAMILY" = 6 ] || announce=${at[dial]}
	clients_serve "$1" "$1" plain "${CONTROL_PORT[$1]}" "$LAB_TLS_PORTS" "$announce"
	clients_of "$1" explicit "${CONTROL_PORT[$1]}"
	lab_stop "$1$FAMILY"
	if [ -n "${IMPLICIT_PORT[$1]:-}" ]; then
		clients_serve "$1" "$1" implicit "${IMPLICIT_PORT[$1]}" "$LAB_TLS_PORTS" "$announce"
		clients_of "$1" implicit "${IMPLICIT_PORT[$1]}"
		lab_stop "$1$FAMILY"
	fi
}

topology() { # none|server|client
	local family server used

	lab_turn "$1"
	e2e_apply policy
	used=$(e2e_event data_range_connections)
	for family in 4 6; do
		clients_use_family "$family"
		for server in vsftpd proftpd pureftpd; do
			server_and_clients "$server"
		done
	done
	e2e_case "NAT $1: all that by data ports, without a hole" no_hole_was_opened "$used"
}

lab_create --mode "$E2E_MODE" --nat none
for nat in none server client; do
	topology "$nat"
done
e2e_done
