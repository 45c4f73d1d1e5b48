#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Applies under full traffic: two policies in turn, while packets with numbers go through
# as fast as one processor sends them. A permitted flow has lost none, a denied one has
# passed none, each packet was judged by one of the two and not by some of each.

# shellcheck source=tests/faults/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

E2E_CASE_SECONDS=3600

# The streams do see what is lost, and what passes.
streams_are_not_blind() {
	streams_start
	sed '/eq 5001$/d' "$LAB_DIR/a.pix" >"$LAB_DIR/scratch/less.pix"
	lab_apply "$LAB_DIR/scratch/less.pix"
	sed 's/^access-group/access-list outside_in permit udp any any\n&/' \
		"$LAB_DIR/a.pix" >"$LAB_DIR/scratch/more.pix"
	lab_apply "$LAB_DIR/scratch/more.pix"
	lab_apply "$LAB_DIR/a.pix"
	streams_stop
	streams_say '.new.lost > 0 and .denied.good > 0 and .mixed.wrong > 0 and .known.lost == 0' |
		grep -qx true || {
		cat "$LAB_DIR/streams.json"
		fail "the streams are blind"
	}
}

# What the kernel takes out of a table before it puts it in again is not there for a
# moment, and a moment is short: a few packets in a hundred million.
no_target_is_entered_again() {
	local trace=$LAB_DIR/scratch/strace fd

	lab_fw timeout 60 strace -f -qq -e trace=bpf -s 256 -o "$trace" "$LAB_FWCTL" apply \
		"$LAB_DIR/a.pix" --mode "$LAB_MODE" --map outside=out0 --map inside=in0 \
		--pin-dir "$LAB_PIN_DIR" >/dev/null
	fd=$(sed -n 's/.*BPF_OBJ_GET.*maps\/tx_devs".* = \([0-9]*\)$/\1/p' "$trace" | tail -n 1)
	[ -n "$fd" ] || fail "apply does not open the table of redirect targets"
	must_fail grep -E "BPF_MAP_(UPDATE|DELETE)_ELEM, \{map_fd=$fd," "$trace"
}

flips() { # times
	local i before

	before=$(faults_generation)
	streams_start
	for ((i = 0; i < $1; i += 2)); do
		lab_apply "$LAB_DIR/b.pix" >/dev/null
		lab_apply "$LAB_DIR/a.pix" >/dev/null
	done
	streams_stop
	must_be_equal "generation" "$((before + $1))" "$(faults_generation)"
	streams_must_be_whole
	faults_row "apply under full traffic ($LAB_MODE)" "$1" \
		"$(streams_outcome), at $(streams_say '((.known.sent + .new.sent + .denied.sent +
			.mixed.sent) / .seconds / 1000 | floor)') kpps"
}

# What was on trial is undone by hand, and by the kernel when time is up.
trials() { # times
	local i

	streams_start
	for ((i = 0; i < $1; i++)); do
		lab_apply "$LAB_DIR/b.pix" --confirm 600 >/dev/null
		lab_fwctl rollback >/dev/null
	done
	lab_apply "$LAB_DIR/b.pix" --confirm 1 >/dev/null
	lab_wait 20 is_undone
	streams_stop
	streams_must_be_whole
	faults_row "policy on trial, taken back ($LAB_MODE)" "$(($1 + 1))" "$(streams_outcome)"
}

is_undone() {
	[ "$(faults_in_force)" = a ]
}

for mode in xdp tc; do
	faults_start "$mode" >/dev/null 2>&1
	e2e_case "$mode: the streams see what is lost and what passes" streams_are_not_blind
	e2e_case "$mode: no target of redirects is entered anew" no_target_is_entered_again
	e2e_case "$mode: no packet is lost or let through by a change of policy" \
		flips "$(faults_of 1000 16)"
	e2e_case "$mode: nor when a policy on trial is taken back" trials "$(faults_of 20 2)"
	lab_destroy
done
e2e_done
