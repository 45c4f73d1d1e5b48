#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Which packets took which path: established traffic is finished by XDP where
# XDP runs, and by TC where it does not. The counters of the interfaces tell.

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

policy() {
	family_policy \
		"permit tcp any host ${at[listed]} range 9000 9001" \
		"permit tcp any host ${at[listed]} eq ftp" \
		"permit udp any host ${at[listed]} eq 7777" \
		"permit ${at[icmp]} any host ${at[listed]}"
	echo "fixup protocol ftp 21"
}

# Sum of both interfaces.
total() { # counter
	lab_fwctl show interface --json | jq -e "[.interfaces[].$1] | add"
}

# Sets received, by_xdp, to_box: what COMMAND made of the packets.
watch() { # command...
	received=$(total rx_packets)
	by_xdp=$(total xdp_packets)
	forwarded=$(total tx_packets)
	"$@"
	received=$(($(total rx_packets) - received))
	by_xdp=$(($(total xdp_packets) - by_xdp))
	forwarded=$(($(total tx_packets) - forwarded))
	echo "received $received, by XDP $by_xdp, forwarded $forwarded"
}

# carried AT-LEAST BY-TC-AT-MOST COMMAND...
carried() {
	watch "${@:3}"
	[ "$forwarded" -ge "$1" ] || fail "only $forwarded packets were forwarded"
	if [ "$LAB_MODE" = tc ]; then
		must_be_equal "packets finished by XDP" 0 "$by_xdp"
	elif [ "$((received - by_xdp))" -gt "$2" ]; then
		fail "$((received - by_xdp)) of $received packets were not finished by XDP"
	fi
}

upload() {
	must_print intact client_of "$LAB_OUTSIDE" upload "${at[mapped]}" 3000000
}

download() {
	must_print intact client_of "$LAB_INSIDE" download "${at[outside]}" 3000000
}

datagrams() {
	for _ in 1 2 3 4 5 6 7 8; do
		must_print intact client_of "$LAB_OUTSIDE" datagram "${at[mapped]}" 1000
	done
}

# Resolved, so that no first packet has to wait for its neighbour.
neighbours() {
	ping_of "$LAB_OUTSIDE" "${at[mapped]}"
	ping_of "$LAB_INSIDE" "${at[outside]}"
}

bulk() {
	# With offloads, TC sees segments of up to 64 KB.
	local least=40

	[ "$LAB_MODE" = tc ] || least=2000
	neighbours
	carried "$least" 25 upload
	carried "$least" 25 download
}

single_datagrams() {
	neighbours
	carried 16 8 datagrams
}

pings() {
	neighbours
	carried 100 8 lab_outside ping "-$FAMILY" -n -q -c 50 -i 0.01 -W 3 "${at[mapped]}"
}

# TC reads control connections, XDP carries what they arrange.
control_connection() {
	carried 0 10000 lab_outside timeout 10 python3 "$E2E_DIR/probe.py" \
		connect "${at[mapped]}" 21
	[ "$((received - by_xdp))" -ge 3 ] || fail "XDP finished an FTP control connection"
}

bytes_agree() {
	local before after

	before=$(total rx_bytes)
	upload
	after=$(total rx_bytes)
	[ "$((after - before))" -ge 3000000 ] || fail "only $((after - before)) bytes were counted"
}

one_family() {
	e2e_apply policy
	family_serve inside "$LAB_INSIDE" "${at[real]}"
	family_serve outside "$LAB_OUTSIDE" "${at[outside]}"
	lab_spawn "ftp$FAMILY" "$LAB_INSIDE" python3 "$E2E_DIR/probe.py" echo tcp \
		"${at[real]}" 21
	lab_wait 5 lab_is_listening "$LAB_INSIDE" 21
	family_case "bulk TCP takes the path of its mode" bulk
	family_case "so does UDP" single_datagrams
	family_case "so does ping" pings
	family_case "FTP control connections are read by TC in every mode" control_connection
	family_case "every byte is counted" bytes_agree
	lab_stop "ftp$FAMILY"
}

lab_create --mode "$E2E_MODE"
e2e_each_family one_family
e2e_done
