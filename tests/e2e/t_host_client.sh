#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# FTP clients on the firewall itself, with servers elsewhere: in active mode the
# server dials the client's port, which no list permits. It opens when the client
# listens, in clear and under TLS, to that server and for that one connection.
#
# One hook: tc

# shellcheck source=tests/e2e/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"

# Passive ones go out, need no hole, and are there to show that none opens.
methods() { # client tls
	case $FAMILY:$1:$2 in
	4:curl:none) echo pasv port eprt ;;
	4:curl:explicit) echo pasv port ;;
	4:*) echo port ;;
	6:curl:none) echo epsv eprt ;;
	6:*) echo eprt ;;
	esac
}

clients_of() { # server tls port
	local client method

	for client in curl lftp; do
		for method in $(methods "$client" "$2"); do
			family_case "$client to $1, TLS $2: ${method^^} carries 2 MB both ways" \
				host_carries "$client" "$method" "$2" "$1" "$3"
		done
	done
}

server_and_clients() { # server
	clients_serve "$1" "$1" plain "${CONTROL_PORT[$1]}" "$LAB_PLAIN_PORTS"
	clients_of "$1" none "${CONTROL_PORT[$1]}"
	clients_of "$1" explicit "${CONTROL_PORT[$1]}"
	lab_stop "$1$FAMILY"
	if [ -n "${IMPLICIT_PORT[$1]:-}" ]; then
		clients_serve "$1" "$1" implicit "${IMPLICIT_PORT[$1]}" "$LAB_PLAIN_PORTS"
		clients_of "$1" implicit "${IMPLICIT_PORT[$1]}"
		lab_stop "$1$FAMILY"
	fi
	family_case "to $1: after that everything is shut" host_is_shut
}

one_family() {
	local server

	clients_use_family "$FAMILY"
	for server in vsftpd proftpd pureftpd; do
		server_and_clients "$server"
	done
}

# Both vsftpd and ProFTPD dial from the data port.
from_the_data_port() {
	host_apply host_policy_of_client source-port
	for tls in none explicit; do
		host_carries lftp port "$tls" vsftpd "${CONTROL_PORT[vsftpd]}"
	done
}

shut_without_host_mode() {
	host_apply --no-host host_policy_of_client
	host_fails port none vsftpd "${CONTROL_PORT[vsftpd]}"
	host_carries curl pasv none vsftpd "${CONTROL_PORT[vsftpd]}"
}

# To its server alone, once; and not after the session, though the client listens on.
port_is_narrow() { # method
	local count denied out

	denied=$(host_denied)
	count="nsenter --net=/run/netns/$LAB_FW -- $LAB_FWCTL show pinholes --json \
		--pin-dir $LAB_PIN_DIR | jq '.pinholes | length'"
	out=$(lab_client timeout 25 python3 "$E2E_DIR/ftp_dialogue.py" hole "${at[dial]}" "$1" \
		--announced "${at[fw-outside]}" --while-open "$count" --after-close "$count" \
		--intruder "nsenter --net=/run/netns/$LAB_OUTSIDE -- python3 $E2E_DIR/probe.py \
		connect --source ${at[third]} {host} {port}")
	must_be_equal "holes while one is open, and after" "1 0" "$(paste -sd' ' <<<"$out")"
	[ "$(host_denied)" -gt "$denied" ] || fail "it is not the list that refused"
}

ports_are_narrow() {
	host_apply host_policy_of_client
	port_is_narrow port
	port_is_narrow eprt
	must_be_equal "holes bound and used" "4 2" \
		"$(e2e_event host_holes_bound) $(e2e_event holes_used)"
}

# First, for vsftpd cannot dial from port 20 while Pure-FTPd's are not all forgotten.
options() {
	clients_use_family 4
	clients_serve vsftpd vsftpd plain "${CONTROL_PORT[vsftpd]}" "$LAB_PLAIN_PORTS"
	e2e_case "a client's port is its server's, once, until the session ends" ports_are_narrow
	e2e_case "source-port: active data comes from the data port" from_the_data_port
	e2e_case "without host mode active transfers fail, and passive ones do not" \
		shut_without_host_mode
	lab_stop vsftpd4
}

host_start host-client
options
host_apply host_policy_of_client
e2e_each_family one_family
e2e_done
