#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Announcements that segmentation cuts, under translation, between real stacks.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

peer() {
	timeout 70 python3 "$E2E_DIR/split_peer.py" "$@"
}

arrives_translated() { # burst|typed|waiting
	local got=$LAB_DIR/scratch/$1

	lab_spawn "listen-$1" "$LAB_OUTSIDE" timeout 70 python3 "$E2E_DIR/split_peer.py" \
		listen "$LAB_TARGET" 21 "$got"
	lab_wait 5 lab_is_listening "$LAB_OUTSIDE" 21
	lab_inside timeout 70 python3 "$E2E_DIR/split_peer.py" say "$LAB_TARGET" 21 "$1" \
		"$LAB_REAL"
	lab_wait 5 lab_is_gone "$(lab_pid "listen-$1")"
	peer want "$1" "$LAB_MAPPED" | cmp - "$got"
}

e2e_start --nat client
e2e_case "PORT in two pieces, cut at each place in turn, under Nagle" \
	arrives_translated waiting
e2e_case "PORT byte by byte" arrives_translated typed
e2e_case "150 PORTs at once, and FIN behind them" arrives_translated burst
e2e_done
