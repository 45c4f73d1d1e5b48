#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may reach what an FTP server on the firewall itself listens on, and from when
# until when: nobody but the address of the session, once, until the listener or the
# session goes. All servers at the same time, with sessions of two addresses each, in
# clear and over TLS; what `fwctl show` tells of them; and that it is host mode
# which lets them in.

# shellcheck source=tests/e2e/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"

serve_all() {
	local server

	for server in vsftpd proftpd pureftpd; do
		clients_serve "$server" "$server" plain "${CONTROL_PORT[$server]}" "$LAB_PLAIN_PORTS"
	done
	for server in vsftpd proftpd; do
		clients_serve "$server" "$server-implicit" implicit "${IMPLICIT_PORT[$server]}" \
			"$LAB_PLAIN_PORTS"
	done
}

list_holes() {
	cat >"$LAB_DIR/list_holes" <<-END
		nsenter --net=/run/netns/$LAB_FW -- $LAB_FWCTL show pinholes --json \
			--pin-dir $LAB_PIN_DIR | jq -r '.pinholes[] | "\(.from.address) \(.to.port)"'
	END
	echo "sh $LAB_DIR/list_holes"
}

# Each step of host_steps.py announces once a session; two of them are used.
steps() { # security...
	local denied server security
	local -a servers=()

	for server in vsftpd proftpd pureftpd; do
		for security in "$@"; do
			case $security:$server in
			implicit:pureftpd) continue ;;
			implicit:*) servers+=("${IMPLICIT_PORT[$server]}:implicit:${LOGIN[$server]}") ;;
			*) servers+=("${CONTROL_PORT[$server]}:$security:${LOGIN[$server]}") ;;
			esac
		done
	done
	denied=$(host_denied)
	lab_client timeout 60 python3 -B "$E2E_DIR/host_steps.py" "${at[dial]}" \
		"${at[outside]}" "${at[third]}" "$LAB_DIR/ftp/pub/small.bin" "$(list_holes)" \
		"${servers[@]}"
	[ "$(host_denied)" -gt "$denied" ] || fail "it is not the list that refused"
	must_be_equal "shared" 0 "$(e2e_event host_holes_shared)"
}

shut_without_host_mode() {
	local server method=pasv active=port

	[ "$FAMILY" = 4 ] || method=epsv active=eprt
	host_apply --no-host host_policy_inspecting
	for server in vsftpd proftpd pureftpd; do
		host_fails "$method" none "$server" "${CONTROL_PORT[$server]}"
		host_fails "$method" explicit "$server" "${CONTROL_PORT[$server]}"
		client_carries curl "$active" explicit "$server" "${CONTROL_PORT[$server]}" small.bin
	done
	host_apply host_policy_inspecting
	host_carries curl "$method" explicit vsftpd "${CONTROL_PORT[vsftpd]}"
}

one_family() {
	clients_use_family "$FAMILY"
	serve_all
	family_case "plain: a port is one session's, once, until its listener goes" \
		steps plain
	family_case "TLS: a port is one session's, once, until its listener goes" \
		steps explicit implicit
	family_case "without host mode passive transfers fail, and active ones do not" \
		shut_without_host_mode
}

host_start host
host_apply host_policy_inspecting
e2e_each_family one_family
e2e_done
