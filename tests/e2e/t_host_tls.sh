#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# FTP servers on the firewall itself, over TLS: nobody reads which port is meant,
# no passive range is told to anybody, and each passive transfer passes by a hole
# of its own all the same, for a socket that is certainly its session's.
#
# One hook: xdp

# shellcheck source=tests/e2e/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"

# Which end announces in which words says nothing under TLS: not all by each client.
methods() { # client
	if [ "$FAMILY:$1" = 6:curl ]; then
		echo epsv eprt
	elif [ "$FAMILY" = 6 ]; then
		echo epsv
	elif [ "$1" = curl ]; then
		echo pasv epsv port
	else
		echo pasv port
	fi
}

# lib.sh says why not every upload is by TLS 1.3; so one that is fetched must be.
fetch_by_13() { # url-of-the-server-and-its-directory
	e2e_curl --tlsv1.3 --ssl-reqd --cacert "$LAB_DIR/cert.pem" --user "${LOGIN[$1]}" -g \
		-o "$LAB_DIR/scratch/got" "$2/pub/$HOST_FILE" >"$(client_log)" 2>&1 || {
		tail -n 28 "$(client_log)"
		fail "curl"
	}
	grep -q "SSL connection using TLSv1.3" "$(client_log)" || fail "not TLS 1.3"
	client_is_intact "$LAB_DIR/scratch/got" "$HOST_FILE"
}

by_13() { # server scheme port
	rm -f "$LAB_DIR/scratch/got"
	host_counts 1 1 fetch_by_13 "$1" "$(clients_url "$2" "$3")"
}

# CCC comes after the login; that the session is read again shuts nothing.
by_ccc() { # server
	local method

	for method in $(methods curl); do
		host_carries curl "$method" ccc "$1" "${CONTROL_PORT[$1]}"
	done
}

clients_of() { # server tls scheme port
	local client method

	for client in curl lftp; do
		for method in $(methods "$client"); do
			family_case "$1, $client, $2 TLS: ${method^^} carries 2 MB both ways" \
				host_carries "$client" "$method" "$2" "$1" "$4"
		done
	done
	family_case "$1, curl, $2 TLS 1.3: 2 MB" by_13 "$1" "$3" "$4"
}

server_and_clients() { # server
	clients_serve "$1" "$1" plain "${CONTROL_PORT[$1]}" "$LAB_PLAIN_PORTS"
	clients_of "$1" explicit ftp "${CONTROL_PORT[$1]}"
	[ "$1" = vsftpd ] ||
		family_case "$1, curl, CCC: each method carries 2 MB both ways" by_ccc "$1"
	lab_stop "$1$FAMILY"
	if [ -n "${IMPLICIT_PORT[$1]:-}" ]; then
		clients_serve "$1" "$1" implicit "${IMPLICIT_PORT[$1]}" "$LAB_PLAIN_PORTS"
		clients_of "$1" implicit ftps "${IMPLICIT_PORT[$1]}"
		lab_stop "$1$FAMILY"
	fi
	family_case "$1: after that everything is shut" host_is_shut
}

one_family() {
	local server

	clients_use_family "$FAMILY"
	for server in vsftpd proftpd pureftpd; do
		server_and_clients "$server"
	done
}

host_start host
host_apply host_policy_inspecting
e2e_each_family one_family
e2e_done
