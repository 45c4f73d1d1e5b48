#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fwctl log tells how each connection ended: who, how long, how much, and why.

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

# IPv6 is translated, IPv4 is not: both in one policy, for one wait.
policy() { # line...
	family_policy "permit icmp6 any6 host ${at[listed]}" \
		"permit icmp any host $LAB_INSIDE_OTHER" "$@"
}

sessions_permitted() {
	policy "permit tcp any6 host ${at[listed]} eq 9022" \
		"permit tcp any host $LAB_INSIDE_OTHER eq 9022"
}

# Each record is told once, so they are kept.
collect() {
	lab_fwctl log --json >>"$LAB_DIR/records"
}

# is_told JQ-CONDITION: of exactly one record.
is_told() {
	collect
	jq -es "[.[] | select($1)] | length == 1" "$LAB_DIR/records" >/dev/null
}

must_be_told() { # seconds jq-condition
	lab_wait "$1" is_told "$2" || {
		jq -r .text "$LAB_DIR/records"
		fail "not told once: $2"
	}
}

# A session of two seconds, closed by both ends.
closed() {
	must_print intact client_of "$LAB_INSIDE" session "${at[outside]}" 2
	must_print intact client_of "$LAB_INSIDE" session "$LAB_OUTSIDE_HOST" 2
}

reset() {
	must_print aborted probe_of "$LAB_OUTSIDE" abort "${at[mapped]}" 9022
	must_print aborted probe_of "$LAB_OUTSIDE" abort "$LAB_INSIDE_OTHER" 9022
}

traffic() {
	e2e_apply sessions_permitted
	closed
	reset
}

pings_are_told() {
	collect
	lab_outside ping -6 -n -c 1 -W 2 -s 1000 "${at[mapped]}"
	lab_outside ping -4 -n -c 1 -W 2 -s 1000 "$LAB_INSIDE_OTHER"
	must_be_told 8 ".protocol == \"ICMP6\" and .reason == \"Idle Timeout\" and
		.initiator.address == \"${at[outside]}\" and
		.responder.address == \"${at[real]}\" and
		.responder.mapped_address == \"${at[mapped]}\" and
		.initiator.bytes == 1048 and .responder.bytes == 1048"
	must_be_told 8 ".protocol == \"ICMP\" and
		.responder.address == \"$LAB_INSIDE_OTHER\" and
		.initiator.bytes == 1028 and .responder.bytes == 1028 and
		(.text | startswith(\"%ASA-6-302021: Teardown ICMP connection\"))"
}

end_by_policy() { # target
	policy >"$LAB_DIR/less.pix"
	must_print silence probe_of "$LAB_OUTSIDE" hold "$1" 9022 \
		"nsenter --net=/run/netns/$LAB_FW -- $LAB_FWCTL apply $LAB_DIR/less.pix \
		--mode $LAB_MODE --map outside=out0 --map inside=in0 --pin-dir $LAB_PIN_DIR"
}

withdrawn_ones_are_told() {
	e2e_apply sessions_permitted
	end_by_policy "${at[mapped]}"
	e2e_apply sessions_permitted
	end_by_policy "$LAB_INSIDE_OTHER"
	must_be_told 3 ".responder.address == \"${at[real]}\" and
		.reason == \"no longer permitted by the policy\""
	must_be_told 3 ".responder.address == \"$LAB_INSIDE_OTHER\" and
		.reason == \"no longer permitted by the policy\""
}

following() {
	lab_spawn follow "$LAB_FW" "$LAB_FWCTL" log -f --pin-dir "$LAB_PIN_DIR"
	sleep 0.3
	lab_outside ping -6 -n -c 1 -W 2 "${at[mapped]}"
	lab_wait 8 grep -q "Teardown ICMP connection for faddr ${at[outside]}/" \
		"$LAB_DIR/log/follow.out" || {
		cat "$LAB_DIR/log/follow.out"
		fail "not followed"
	}
	lab_stop follow
}

# Entries of closed connections stay for a minute, for what is still under way.
closed_ones_are_told() {
	local far

	for far in "${at[outside]}" "$LAB_OUTSIDE_HOST"; do
		must_be_told 80 ".reason == \"TCP FINs\" and .responder.address == \"$far\" and
			.responder.port == 9022 and .initiator.interface == \"inside\" and
			.responder.interface == \"outside\" and
			.duration_sec >= 2 and .duration_sec < 30 and
			.initiator.bytes > 500 and .responder.bytes > 500 and
			(.text | test(\"^%ASA-6-302014: Teardown TCP connection [0-9]+ for \" +
			\"outside:.*/9022 to inside:.* duration 0:00:[0-2][0-9] bytes [0-9]+ TCP FINs\"))"
	done
}

reset_ones_are_told() {
	local near

	for near in "${at[real]}" "$LAB_INSIDE_OTHER"; do
		must_be_told 80 ".reason == \"TCP Reset\" and .responder.address == \"$near\" and
			.responder.port == 9022 and .duration_sec < 5"
	done
}

lab_create --mode "$E2E_MODE"
e2e_use_family 6
family_serve outside "$LAB_OUTSIDE" "${at[outside]}"
family_serve near "$LAB_INSIDE" "${at[real]}"
FAMILY=4
family_serve outside "$LAB_OUTSIDE" "$LAB_OUTSIDE_HOST"
family_serve other "$LAB_INSIDE" "$LAB_INSIDE_OTHER"
FAMILY=6
e2e_case "sessions that are closed and reset" traffic
e2e_case "the end of a ping is told, with addresses and bytes" pings_are_told
e2e_case "connections that lost their permission are told" withdrawn_ones_are_told
e2e_case "log -f tells as it happens" following
e2e_case "closed connections are told, with duration and bytes" closed_ones_are_told
e2e_case "reset connections are told" reset_ones_are_told
e2e_done
