#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sizes of the tables: chosen by memory or asked for, and fixed from then on.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

capacity() { # table
	lab_fwctl show counters --json |
		jq --arg table "$1" '.tables[] | select(.table == $table) | .capacity'
}

capacities() {
	local table

	for table in conns half_open frags holes ftp_sessions; do
		capacity "$table"
	done | paste -sd' '
}

apply() { # option...
	e2e_policy >"$LAB_DIR/policy.pix"
	lab_fwctl apply "$LAB_DIR/policy.pix" --mode "$LAB_MODE" --map outside=out0 \
		--map inside=in0 "$@"
}

by_memory() {
	local kib connections=1

	kib=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
	while [ $((connections * 2 * 16)) -le "$kib" ]; do
		connections=$((connections * 2))
	done
	[ "$connections" -ge 65536 ] || connections=65536
	[ "$connections" -le 1048576 ] || connections=1048576
	apply
	must_be_equal "connections" "$connections" "$(capacity conns)"
	must_be_equal "fragments" 8192 "$(capacity frags)"
	must_be_equal "holes" 32768 "$(capacity holes)"
	lab_fwctl unload
}

as_asked() {
	apply --max-connections 3000 --max-half-open 2000 --max-fragments 100 \
		--max-holes 1024 --max-ftp-sessions 64
	must_be_equal "capacities" "3000 2000 100 1024 64" "$(capacities)"
	# The clock watches over connections and holes, and what is left over.
	must_be_equal "watches" $((3000 + 1024 + 65536)) "$(bpftool -j map show pinned \
		"$LAB_PIN_DIR/maps/expiry" | jq .max_entries)"
}

fixed_from_then_on() {
	local status=0 before

	before=$(lab_fwctl show interface --json | jq .generation)
	apply --max-holes 4096 >"$LAB_DIR/scratch/said" 2>&1 || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "status" 3 "$status"
	grep -q "table holes.* 1024 entries, not for 4096" "$LAB_DIR/scratch/said" ||
		fail "the sizes are not said"
	grep -q "fwctl unload" "$LAB_DIR/scratch/said" || fail "no hint"
	must_be_equal "generation" "$before" "$(lab_fwctl show interface --json | jq .generation)"
	must_be_equal "capacities" "3000 2000 100 1024 64" "$(capacities)"
	# Neither the same again nor nothing at all is a change.
	apply --max-connections 3000
	apply
	must_be_equal "capacities" "3000 2000 100 1024 64" "$(capacities)"
}

nonsense_is_refused() {
	local value

	for value in 0 -1 x 1e6 99999999999 " 5" ""; do
		must_fail apply --max-connections "$value"
	done
	must_fail apply --max-connections 1023
	must_fail apply --max-connections 4194305
	must_be_equal "capacities" "3000 2000 100 1024 64" "$(capacities)"
	lab_fwctl unload
}

# Far from a minute: an administrator waits for it.
a_million_connections() {
	local begun=${EPOCHREALTIME/./}

	apply --max-connections 1000000
	echo "applied in $(((${EPOCHREALTIME/./} - begun) / 1000)) ms"
	[ $((${EPOCHREALTIME/./} - begun)) -lt 15000000 ] || fail "it took too long"
	must_be_equal "connections" 1000000 "$(capacity conns)"
	lab_fwctl unload
}

lab_create --mode "$E2E_MODE"
e2e_case "sized by the machine's memory" by_memory
e2e_case "sized as asked" as_asked
e2e_case "fixed while loaded" fixed_from_then_on
e2e_case "sizes out of range are refused" nonsense_is_refused
e2e_case "a million connections" a_million_connections
e2e_done
