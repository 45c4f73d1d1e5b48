#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# FTP servers on the firewall itself, in clear: nothing may reach it but their
# control ports, no passive range is told to anybody, and each passive transfer
# passes by a hole of its own, for a socket that is certainly its session's.

# shellcheck source=tests/e2e/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"

# By whom each method is used: README.md. IPv6 knows no PASV and no PORT.
methods() { # client
	if [ "$FAMILY:$1" = 6:lftp ]; then
		echo epsv
	elif [ "$FAMILY" = 6 ]; then
		echo epsv eprt
	elif [ "$1" = lftp ]; then
		echo pasv port
	else
		echo pasv epsv port eprt
	fi
}

server_and_clients() { # server
	local client method

	clients_serve "$1" "$1" plain "${CONTROL_PORT[$1]}" "$LAB_PLAIN_PORTS"
	for client in curl lftp; do
		for method in $(methods "$client"); do
			family_case "$1, $client: ${method^^} carries 2 MB both ways" \
				host_carries "$client" "$method" none "$1" "${CONTROL_PORT[$1]}"
		done
	done
	family_case "$1: after that everything is shut" host_is_shut
	lab_stop "$1$FAMILY"
}

one_family() {
	local server

	clients_use_family "$FAMILY"
	for server in vsftpd proftpd pureftpd; do
		server_and_clients "$server"
	done
}

# As distributions configure them: one socket for both families, so that an IPv4
# client's connections are IPv6 sockets to the server.
serves_any_address() { # server
	local family port=${CONTROL_PORT[$1]}

	LAB_SERVER_ADDRESS=:: "lab_$1_start" any plain "$port" "$LAB_PLAIN_PORTS"
	clients_use_family 4
	host_carries curl pasv none "$1" "$port"
	for family in 4 6; do
		clients_use_family "$family"
		host_carries curl epsv none "$1" "$port"
		host_carries lftp epsv explicit "$1" "$port"
	done
	lab_stop any
}

any_address() {
	local server

	for server in vsftpd proftpd pureftpd; do
		e2e_case "$server on every address: both families, in clear and over TLS" 			serves_any_address "$server"
	done
}

host_start host
host_apply host_policy_inspecting
e2e_each_family one_family
any_address
e2e_done
