#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# host.sh - the firewall on the FTP server or FTP client itself.
#
# Why it exists: in host mode nothing tells the firewall a passive range, neither
# a list nor an option; what opens is told by the sockets of this machine. The
# policy of such a machine, and what must have been counted, stand here.
#
# Who may include it: tests/e2e/t_host_*.sh, instead of lib.sh.
#
#   outside host (and a third address) ---- [ out0  firewall with the server ]
#
# `host_start host` has the servers on the firewall, dialled from outside;
# `host_start host-client` has the clients there and the servers outside.

# shellcheck source=tests/e2e/clients.sh
. "$(dirname "${BASH_SOURCE[0]}")/clients.sh"

# Fewer bytes than the matrices of the gateway carry: what differs is the hole.
HOST_FILE=two.bin

# ---- policies ------------------------------------------------------------

# One interface, both families. Nothing may reach this machine but ping and TCP
# to the ports given, and the last line counts what else tried.
host_policy() { # port...
	local port

	printf '%s\n' "ASA Version 9.16(4)" "interface ethernet0" " nameif outside" \
		" security-level 0" " ip address $LAB_FW_OUTSIDE 255.255.255.0" \
		" ipv6 address $LAB_FW_OUTSIDE6/64"
	for port in "$@"; do
		echo "access-list box permit tcp any any eq $port"
	done
	printf '%s\n' "access-list box permit icmp any4 any4" \
		"access-list box permit icmp6 any6 any6" \
		"access-list box deny ip any any" \
		"access-group box in interface outside control-plane"
}

# The same with inspection of all of them, plain and implicit TLS.
host_policy_inspecting() {
	local port

	host_policy "${CONTROL_PORT[@]}" "${IMPLICIT_PORT[@]}"
	for port in "${CONTROL_PORT[@]}"; do
		echo "fixup protocol ftp $port"
	done
	for port in "${IMPLICIT_PORT[@]}"; do
		echo "fixup protocol ftps $port"
	done
}

# Nothing of that may be opened from outside: the sessions are this machine's.
host_policy_of_client() { # [option of the inspections]
	local port

	host_policy
	for port in "${CONTROL_PORT[@]}"; do
		echo "fixup protocol ftp $port $*"
	done
	for port in "${IMPLICIT_PORT[@]}"; do
		echo "fixup protocol ftps $port $*"
	done
}

# host_apply [--no-host] POLICY-FUNCTION [ARGUMENT...]
host_apply() {
	local -a options=()

	if [ "$1" = --no-host ]; then
		options=(--no-host)
		shift
	fi
	"$@" >"$LAB_DIR/policy.pix"
	lab_apply "$LAB_DIR/policy.pix" "${options[@]}" >"$LAB_DIR/log/apply" 2>&1 || {
		cat "$LAB_DIR/log/apply"
		fail "fwctl apply"
	}
}

host_start() { # host|host-client
	local name

	for name in host_holes_bound host_holes_shared holes_used; do
		e2e_counter_exists "$name"
	done
	lab_create --mode "$E2E_MODE" --nat "$1"
	head -c 2000000 "$LAB_DIR/ftp/pub/big.bin" >"$LAB_DIR/ftp/pub/$HOST_FILE"
}

# ---- counters ------------------------------------------------------------

# What a packet of a data connection would be counted as if no hole were for it.
host_denied() {
	e2e_hits "extended deny ip any any"
}

host_counters() {
	local denied

	denied=$(host_denied)
	lab_fwctl show counters --json | jq -r --arg denied "$denied" '
		[.events[] | {(.event): .count}] | add |
		"bound \(.host_holes_bound // 0) shared \(.host_holes_shared // 0) " +
		"used \(.holes_used // 0) denied \($denied)"'
}

# host_counts BOUND USED COMMAND...: COMMAND opens so many holes, each for a
# listener that is certainly one session's, uses so many, and no packet is left
# to the list's last line.
host_counts() {
	local before after
	local -a was

	before=$(host_counters)
	"${@:3}"
	after=$(host_counters)
	read -ra was <<<"$before"
	must_be_equal "counted, from $before," \
		"bound $((was[1] + $1)) shared ${was[3]} used $((was[5] + $2)) denied ${was[7]}" \
		"$after"
}

host_is_passive() { # method
	[[ $1 = pasv || $1 = epsv ]]
}

# ---- sessions ------------------------------------------------------------

# One session that fetches a file and sends it back, each over a data connection
# of its own: passive ones come by holes, active ones need none. On a client it is
# the other way round.
host_carries() { # client method tls server port
	local holes=0

	if host_is_passive "$2"; then
		[ "$LAB_NAT" = host-client ] || holes=2
	else
		[ "$LAB_NAT" = host ] || holes=2
	fi
	host_counts "$holes" "$holes" client_carries "$@" "$HOST_FILE"
}

host_is_shut() {
	lab_wait 2 e2e_no_hole_is_open || fail "a hole stayed open"
}

# A session with a data connection that nobody lets in: it fails, and the list says so.
# Two seconds for a data connection are enough to know, eight for all of it not to.
host_fails() { # method tls server port
	local denied
	local -a curl_args secure=()

	e2e_curl_args "$1"
	[ "$2" = none ] || secure=(--ssl-reqd --cacert "$LAB_DIR/cert.pem")
	denied=$(host_denied)
	must_fail e2e_curl "${curl_args[@]}" "${secure[@]}" --connect-timeout 2 --max-time 8 \
		--user "${LOGIN[$3]}" -g -o /dev/null "$(clients_url ftp "$4")/pub/$HOST_FILE" \
		2>"$(client_log)"
	client_used "$1"
	[ "$(host_denied)" -gt "$denied" ] || fail "it is not the list that refused"
}
