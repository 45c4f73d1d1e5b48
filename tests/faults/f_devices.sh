#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The network changes under the firewall: links go down and come up, a device is deleted
# and made again, routes, neighbours and sizes change. What is denied stays denied at any
# moment, and what is permitted passes again as soon as the network lets it.

# shellcheck source=tests/faults/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

E2E_CASE_SECONDS=600
times=$(faults_of 20 2)

# Packets are missing while there is no way for them; but none came late, twice, spoilt,
# or past the policy, and the known connection is the one that it was.
streams_must_be_right() {
	jq -ec '([.known, .new | .wrong, .late] | add == 0) and
		([.denied, .mixed | .good, .wrong, .late] | add == 0)' \
		"$LAB_DIR/streams.json" >/dev/null || {
		cat "$LAB_DIR/streams.json"
		fail "a packet was spoilt, or a denied one passed"
	}
}

# Nothing is lost any more. The known connection was not begun anew: nobody would answer.
all_is_well_again() {
	lab_wait 10 passes || fail "nothing passes"
	streams_start 2000
	sleep 0.5
	streams_stop
	streams_must_be_whole
	must_be_equal "in force" a "$(faults_in_force)"
}

passes() {
	[ "$(faults_in_force)" = a ]
}

# disturb WORDS FUNCTION...: under streams, as often as is due; then all is well again.
disturb() {
	local i lost

	streams_start 2000
	for ((i = 0; i < times; i++)); do
		"${@:2}"
	done
	lab_wait 10 passes || fail "nothing passes"
	sleep 0.3
	streams_stop
	streams_must_be_right
	lost=$(streams_say '.known.lost + .new.lost')
	[ "$(streams_say '.known.good > 0 and .new.good > 0')" = true ]
	all_is_well_again
	faults_row "$1 ($LAB_MODE)" "$times" \
		"of $(streams_say '.known.sent') and more packets $lost had no way meanwhile; none of a denied flow passed; then all do again"
}

link_flaps() { # device
	lab_fw ip link set "$1" down
	sleep 0.1
	lab_fw ip link set "$1" up
	sleep 0.1
}

route_goes() {
	lab_fw ip route add blackhole "$LAB_REAL/32"
	sleep 0.1
	lab_fw ip route del blackhole "$LAB_REAL/32"
	lab_fw ip route add unreachable "$LAB_REAL/32"
	sleep 0.1
	lab_fw ip route del unreachable "$LAB_REAL/32"
	# Out of where it came in, by which it must not go.
	lab_fw ip route add "$LAB_REAL/32" via "$LAB_OUTSIDE_HOST" dev out0
	sleep 0.1
	lab_fw ip route del "$LAB_REAL/32" via "$LAB_OUTSIDE_HOST" dev out0
	sleep 0.1
}

neighbour_goes() {
	lab_fw ip neigh flush dev in0
	sleep 0.1
}

# Another card in the same place.
neighbour_changes() {
	mac=$((mac + 1))
	lab_inside ip link set eth0 address "02:00:5e:10:00:$(printf %02x $((mac % 250)))"
	lab_fw ip neigh flush dev in0
	sleep 0.1
}

# A download goes on while the link beyond the firewall gets narrow, and wide again.
mtu_changes() {
	local i

	lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS" "$LAB_REAL"
	e2e_download pasv big.bin --limit-rate 4M &
	for ((i = 0; i < 2; i++)); do
		sleep 0.4
		lab_set_mtu inside 1200
		sleep 0.4
		lab_set_mtu inside 1500
	done
	wait $! || fail "the download"
	lab_set_mtu outside 1280
	e2e_download pasv big.bin
	e2e_upload pasv big.bin
	lab_set_mtu outside 1500
	e2e_download pasv small.bin
	lab_stop plain
	faults_row "MTU changes under a transfer ($LAB_MODE)" 6 "10 MB intact each way"
}

# ---- a device that is deleted, and made again under its name ---------------------

make_outside_again() {
	ip link add out0 netns "$LAB_FW" type veth peer name eth0 netns "$LAB_OUTSIDE"
	lab_add_address "$LAB_FW" out0 "$LAB_FW_OUTSIDE" "$LAB_FW_OUTSIDE6"
	lab_add_address "$LAB_OUTSIDE" eth0 "$LAB_OUTSIDE_HOST" "$LAB_OUTSIDE_HOST6"
	lab_add_second "$LAB_OUTSIDE" eth0 "$LAB_OUTSIDE_THIRD" "$LAB_OUTSIDE_THIRD6"
	lab_set_offloads "$LAB_OFFLOADS"
	lab_fw ethtool -K out0 gro on >/dev/null
}

# Connections are of a device, not of a name: those of the old one are over.
deleted_and_made_again() {
	local i

	for ((i = 0; i < (times + 3) / 4; i++)); do
		lab_fw ip link del out0
		lab_fwctl show interface >"$LAB_DIR/scratch/shown"
		make_outside_again
		# Nothing stands behind a device that the policy does not know.
		must_be_equal "before the apply" neither "$(faults_in_force)"
		lab_apply "$LAB_DIR/a.pix" >/dev/null
		must_be_equal "behind it" a "$(faults_in_force)"
		all_is_well_again
	done
	faults_row "device deleted and made again ($LAB_MODE)" "$i" \
		"nothing passes until the next apply; from then on new connections do, and those of the old device are over"
}

# Without the device there is no policy for it: the one in force stays.
apply_without_the_device() {
	local status=0

	lab_fw ip link del out0
	lab_apply "$LAB_DIR/b.pix" >"$LAB_DIR/scratch/said" 2>&1 || status=$?
	must_be_equal "status" 3 "$status"
	grep -q "there is no device out0" "$LAB_DIR/scratch/said" || fail "it is not said why"
	make_outside_again
	lab_apply "$LAB_DIR/a.pix" >/dev/null
	all_is_well_again
	lab_fw ip link del out0
	lab_fwctl unload
	[ ! -e "$LAB_PIN_DIR" ] || fail "the pin directory is left"
	faults_row "apply and unload without the device ($LAB_MODE)" 2 \
		"refused, with the reason; unloaded without a trace"
}

for mode in xdp tc; do
	mac=0
	faults_start "$mode" >/dev/null
	e2e_case "$mode: the outer link goes down and comes up" \
		disturb "outer link down and up" link_flaps out0
	e2e_case "$mode: the inner link goes down and comes up" \
		disturb "inner link down and up" link_flaps in0
	e2e_case "$mode: routes come and go" disturb "route lost, refused, turned back" route_goes
	e2e_case "$mode: neighbours are forgotten" disturb "neighbours forgotten" neighbour_goes
	e2e_case "$mode: a neighbour has another address" \
		disturb "neighbour with another MAC address" neighbour_changes
	e2e_case "$mode: sizes change" mtu_changes
	e2e_case "$mode: a device is deleted and made again" deleted_and_made_again
	e2e_case "$mode: apply and unload without a device" apply_without_the_device
	lab_destroy
done
e2e_done
