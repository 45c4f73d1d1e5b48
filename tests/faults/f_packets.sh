#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Spoilt packets through the real programs, by the million: see packets.c.
# FAULTS_SEED=N makes the packets of that seed once more.

# shellcheck source=tests/faults/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

E2E_CASE_SECONDS=3000
LAB_DIR=$(mktemp -d /tmp/pinhole-packets-XXXXXX)
trap 'rm -rf "$LAB_DIR"' EXIT
mkdir "$LAB_DIR/log"

# There is no lab whose state could be shown.
e2e_show_state() {
	:
}

spoilt() { # count seconds
	local said=$LAB_DIR/said

	timeout 2900 "$FAULTS_TOOLS/packets" --count "$1" --seconds "$2" \
		${FAULTS_SEED:+--seed "$FAULTS_SEED"} >"$said" || {
		tail -n 40 "$said"
		return 1
	}
	grep -v outcome "$said"
	faults_row "spoilt packets" "$(sed -n 's/^# outcome\t\([0-9]*\)\t.*/\1/p' "$said")" \
		"$(sed -n 's/^# outcome\t[0-9]*\t//p' "$said"); honest connections went on"
}

e2e_case "spoilt packets do no harm" spoilt "$(faults_of 5000000 60000)" "$(faults_of 1800 8)"
e2e_done
