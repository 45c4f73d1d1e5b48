#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A hole is never wider than what was proven, and never outlives its control
# connection. Both sides have a list that permits control connections only, so
# that whatever passes beside them passed by a hole.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Who else might try the announced port: a neighbour of the host that is to
# dial it, from the same side of the firewall.
intruder() { # method
	local namespace=$LAB_INSIDE address=$LAB_INSIDE_OTHER

	case $LAB_NAT:$1 in
	server:pasv | server:epsv | client:port | client:eprt)
		namespace=$LAB_OUTSIDE
		address=$LAB_OUTSIDE_THIRD
		;;
	esac
	echo "nsenter --net=/run/netns/$namespace -- python3 $E2E_DIR/probe.py" \
		"connect --source $address {host} {port}"
}

show_pinholes() {
	echo "nsenter --net=/run/netns/$LAB_FW -- $LAB_FWCTL show pinholes --json" \
		"--pin-dir $LAB_PIN_DIR"
}

# Called with what fwctl showed while the hole was open and after its session.
check_shown() { # open after
	must_be_equal "holes while one is open" 1 "$(jq '.pinholes | length' <<<"$1")"
	must_be_equal "holes after the session" 0 "$(jq '.pinholes | length' <<<"$2")"
}

hole_is_narrow() { # method
	local out opened used ended known=$LAB_TARGET

	case $1 in
	port | eprt) known=$LAB_CLIENT_SEEN_AS ;;
	esac
	opened=$(e2e_event holes_opened)
	used=$(e2e_event holes_used)
	ended=$(e2e_event holes_closed_with_session)
	out=$(lab_client timeout 25 python3 "$E2E_DIR/ftp_dialogue.py" hole \
		"$LAB_TARGET" "$1" --announced "$known" --intruder "$(intruder "$1")" \
		--while-open "$(show_pinholes) | jq -c ." \
		--after-close "$(show_pinholes) | jq -c .")
	echo "$out"
	check_shown "$(sed -n 1p <<<"$out")" "$(sed -n 2p <<<"$out")"
	must_be_equal "holes opened" "$((opened + 2))" "$(e2e_event holes_opened)"
	must_be_equal "holes used" "$((used + 1))" "$(e2e_event holes_used)"
	must_be_equal "holes closed with their session" "$((ended + 1))" \
		"$(e2e_event holes_closed_with_session)"
}

no_bounce() {
	local denied opened

	denied=$(e2e_event holes_denied_foreign_address)
	opened=$(e2e_event holes_opened)
	lab_client timeout 20 python3 "$E2E_DIR/ftp_dialogue.py" foreign \
		"$LAB_TARGET" "$LAB_OUTSIDE_THIRD"
	must_be_equal "denied" "$((denied + 1))" \
		"$(e2e_event holes_denied_foreign_address)"
	must_be_equal "holes opened" "$opened" "$(e2e_event holes_opened)"
}

malformed_is_harmless() {
	local opened

	opened=$(e2e_event holes_opened)
	lab_client timeout 20 python3 "$E2E_DIR/ftp_dialogue.py" say "$LAB_TARGET" \
		"PORT 1,,,,,1" "PORT ${LAB_CLIENT_ADDRESS//./,},999,1" \
		"PORT ${LAB_CLIENT_ADDRESS//./,},0,0" \
		"EPRT |2|2001:db8::1|5000|" "EPRT ||||" "NOOP PORT" "NOOP"
	must_be_equal "holes opened" "$opened" "$(e2e_event holes_opened)"
}

check_topology() { # server|client
	local name=$1 method

	lab_turn "$1"
	e2e_apply e2e_policy_strict
	lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
	for method in pasv epsv port eprt; do
		e2e_case "$name: ${method^^}: one connection from one host, then closed" \
			hole_is_narrow "$method"
	done
	e2e_case "$name: announcing another host's address opens nothing" no_bounce
	e2e_case "$name: malformed announcements open nothing" malformed_is_harmless
	lab_stop plain
}

lab_create --mode "$E2E_MODE" --real 10.0.0.10 --mapped 203.0.113.10
check_topology server
check_topology client
e2e_done
