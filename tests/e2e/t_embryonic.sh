#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The limit of a static on half-open connections: a flood of SYNs from senders that do
# not exist ends at it, nothing that is established suffers, and once the flood is over
# everybody gets in again. Who answers is never too many.
#
# One hook: xdp

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PORT=9022
FLOOD=400
TIMEOUT=5 # seconds, the least that there may be

policy() { # limit
	e2e_policy "permit tcp any host $LAB_MAPPED eq $PORT" |
		sed "/^static /s/\$/ tcp 0 $1/"
	echo "timeout embryonic 0:00:0$TIMEOUT"
}

# Each static of one port has a limit of its own.
policy_of_ports() { # limit-of-port limit-of-the-other
	e2e_policy "permit tcp any host $LAB_MAPPED eq $PORT" \
		"permit tcp any host $LAB_MAPPED eq $((PORT + 1))" |
		sed "/^static /d"
	echo "static (inside,outside) tcp $LAB_MAPPED $PORT $LAB_REAL $PORT 0 $1"
	echo "static (inside,outside) tcp $LAB_MAPPED $((PORT + 1)) $LAB_REAL $((PORT + 1)) 0 $2"
	echo "timeout embryonic 0:00:0$TIMEOUT"
}

flood_command() { # first-port
	echo "nsenter --net=/run/netns/$LAB_OUTSIDE -- python3 $E2E_DIR/syn_flood.py" \
		"flood ${LAB_OUTSIDE_HOST%.*} $LAB_MAPPED $PORT $1 $FLOOD"
}

flood() { # first-port
	timeout 20 bash -c "$(flood_command "$1")"
}

connects() { # port expected
	must_be_equal "to port $1" "$2" "$(e2e_probe connect "$LAB_MAPPED" "$1")"
}

# must_let_in COUNT COMMAND...: of the flood that COMMAND is, and drop the rest.
must_let_in() {
	local in dropped

	in=$(e2e_event half_open_created)
	dropped=$(e2e_dropped embryonic-limit)
	"${@:2}"
	must_be_equal "let in" "$1" "$(($(e2e_event half_open_created) - in))"
	must_be_equal "dropped" "$((FLOOD - $1))" "$(($(e2e_dropped embryonic-limit) - dropped))"
}

# A life and a quarter, and what the lab takes.
wait_for_the_flood_to_pass() {
	sleep $((TIMEOUT + TIMEOUT / 4 + 2))
}

no_limit() {
	e2e_apply policy 0
	must_let_in "$FLOOD" flood 10000
}

cut() {
	e2e_apply policy 20
	must_let_in 20 flood 20000
	connects "$PORT" silence
	wait_for_the_flood_to_pass
	connects "$PORT" open
}

# A connection of before the flood, through it.
established_live_on() {
	must_be_equal "through the flood" open "$(e2e_probe hold "$LAB_MAPPED" "$PORT" "$(flood_command 20000)")"
	wait_for_the_flood_to_pass
}

answered_are_never_too_many() {
	e2e_apply policy 2
	must_be_equal "of 200" 200 "$(lab_client timeout 60 python3 "$E2E_DIR/syn_flood.py" \
		crowd "$LAB_MAPPED" "$PORT" 200)"
}

ports_apart() {
	e2e_apply policy_of_ports 20 1
	must_let_in 20 flood 30000
	connects "$PORT" silence
	connects "$((PORT + 1))" open
}

lab_create --mode "$E2E_MODE"
# Each SYN-ACK that is sent again makes a half-open connection live longer.
lab_run "$LAB_INSIDE" sysctl -qw net.ipv4.tcp_synack_retries=0
for port in "$PORT" "$((PORT + 1))"; do
	lab_spawn "echo$port" "$LAB_INSIDE" python3 "$E2E_DIR/probe.py" echo tcp "$LAB_REAL" "$port"
	lab_wait 5 lab_is_listening "$LAB_INSIDE" "$port"
done
e2e_case "without a limit a flood of SYNs gets in whole" no_limit
e2e_case "with one it ends there, and who comes later gets in once it is over" cut
e2e_case "an established connection lives through it" established_live_on
e2e_case "200 that answer are not too many for a limit of 2" \
	answered_are_never_too_many
e2e_case "a flood of one port leaves the other's static alone" ports_apart
e2e_done
