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

# Scripts, for host_steps.py runs in another network namespace.
write_commands() {
	local fwctl="nsenter --net=/run/netns/$LAB_FW -- $LAB_FWCTL"

	cat >"$LAB_DIR/list_holes" <<-END
		$fwctl show pinholes --json --pin-dir $LAB_PIN_DIR |
			jq -r '.pinholes[] | "\(.from.address) \(.to.port)"'
	END
	# What is open stays so when the policy is applied again.
	cat >"$LAB_DIR/meanwhile" <<-END
		$fwctl show ftp --json --pin-dir $LAB_PIN_DIR >$LAB_DIR/scratch/shown.json
		$fwctl show ftp --pin-dir $LAB_PIN_DIR >$LAB_DIR/scratch/shown.txt
		$fwctl apply $LAB_DIR/policy.pix --mode $LAB_MODE --map outside=out0 \
			--pin-dir $LAB_PIN_DIR >/dev/null
	END
}

# The sessions that live, as JSON and as text. Those that ended stay for a minute.
sessions_are_shown() { # state count
	must_be_equal "live sessions" "$2 $1 true 1" "$(jq -r '[.sessions[] |
		select(.state != "closing") | "\(.state) \(.this_machine) \(.holes | length)"] |
		"\(length) \(unique | join(", "))"' "$LAB_DIR/scratch/shown.json")"
	grep -A 3 "^FTP session [0-9]*, $1," "$LAB_DIR/scratch/shown.txt" |
		grep -q "^  of this machine, watched by its socket\$" ||
		fail "text: not of this machine"
	grep -q "^Host mode: on, " "$LAB_DIR/scratch/shown.txt" || fail "text: host mode"
}

# Each step of host_steps.py announces once a session.
steps() { # state security...
	local denied server security
	local -a servers=()

	for server in vsftpd proftpd pureftpd; do
		for security in "${@:2}"; do
			case $security:$server in
			implicit:pureftpd) continue ;;
			implicit:*) servers+=("${IMPLICIT_PORT[$server]}:implicit:${LOGIN[$server]}") ;;
			*) servers+=("${CONTROL_PORT[$server]}:$security:${LOGIN[$server]}") ;;
			esac
		done
	done
	denied=$(host_denied)
	lab_client timeout 60 python3 -B "$E2E_DIR/host_steps.py" "${at[dial]}" \
		"${at[outside]}" "${at[third]}" "$LAB_DIR/ftp/pub/small.bin" \
		"sh $LAB_DIR/list_holes" "sh $LAB_DIR/meanwhile" "${servers[@]}"
	[ "$(host_denied)" -gt "$denied" ] || fail "it is not the list that refused"
	must_be_equal "shared" 0 "$(e2e_event host_holes_shared)"
	sessions_are_shown "$1" $((2 * ${#servers[@]}))
}

# At the same time, for what fails takes its time.
all_fail() { # method
	local server tls pid
	local -a pids=()

	for server in vsftpd proftpd pureftpd; do
		for tls in none explicit; do
			CLIENT_LOG=$LAB_DIR/scratch/$server.$tls host_fails "$1" "$tls" "$server" \
				"${CONTROL_PORT[$server]}" &
			pids+=("$!")
		done
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || fail "one did not fail as it should"
	done
}

shut_without_host_mode() {
	local passive=pasv active=port server

	[ "$FAMILY" = 4 ] || passive=epsv active=eprt
	host_apply --no-host host_policy_inspecting
	all_fail "$passive"
	for server in vsftpd proftpd pureftpd; do
		client_carries curl "$active" explicit "$server" "${CONTROL_PORT[$server]}" small.bin
	done
	host_apply host_policy_inspecting
	host_carries curl "$passive" explicit vsftpd "${CONTROL_PORT[vsftpd]}"
}

one_family() {
	host_apply host_policy_inspecting
	clients_use_family "$FAMILY"
	serve_all
	family_case "plain: a port is one session's, once, until its listener goes" \
		steps plain plain
	family_case "TLS: a port is one session's, once, until its listener goes" \
		steps tls explicit implicit
	family_case "without host mode passive transfers fail, and active ones do not" \
		shut_without_host_mode
}

host_start host
write_commands
e2e_each_family one_family
e2e_done
