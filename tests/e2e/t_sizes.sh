#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What apply decides once and remembers: the sizes of the tables, when the
# firewall began, and from which generation on connections are kept.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

capacity() { # table
	lab_fwctl show counters --json |
		jq --arg table "$1" '.tables[] | select(.table == $table) | .capacity'
}

capacities() {
	local table

	for table in conns half_open frags holes ftp_sessions acl_lines; do
		capacity "$table"
	done | paste -sd' '
}

apply() { # option...
	e2e_policy >"$LAB_DIR/policy.pix"
	lab_fwctl apply "$LAB_DIR/policy.pix" --mode "$LAB_MODE" --map outside=out0 \
		--map inside=in0 "$@"
}

# One entry for so many KiB, as a power of two between two bounds.
suits() { # KiB lowest highest
	local kib entries=1

	kib=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
	while [ $((entries * 2 * $1)) -le "$kib" ]; do
		entries=$((entries * 2))
	done
	[ "$entries" -ge "$2" ] || entries=$2
	[ "$entries" -le "$3" ] || entries=$3
	echo "$entries"
}

by_memory() {
	apply
	must_be_equal "connections" "$(suits 16 65536 1048576)" "$(capacity conns)"
	must_be_equal "access-list lines" "$(suits 64 16384 131072)" "$(capacity acl_lines)"
	must_be_equal "fragments" 8192 "$(capacity frags)"
	must_be_equal "holes" 32768 "$(capacity holes)"
	lab_fwctl unload
}

as_asked() {
	apply --max-connections 3000 --max-half-open 2000 --max-fragments 100 \
		--max-holes 1024 --max-ftp-sessions 64 --max-acl-lines 2000
	must_be_equal "capacities" "3000 2000 100 1024 64 2000" "$(capacities)"
	must_be_equal "words" 16000 "$(capacity acl_words)"
	must_be_equal "rules" "4000 4000" "$(capacity acl_rules4) $(capacity acl_rules6)"
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
	must_fail apply --max-acl-lines 4000 2>"$LAB_DIR/scratch/said"
	grep -q "table acl_lines.* 2000 lines, not for 4000" "$LAB_DIR/scratch/said" ||
		fail "the lines are not said"
	must_be_equal "generation" "$before" "$(lab_fwctl show interface --json | jq .generation)"
	must_be_equal "capacities" "3000 2000 100 1024 64 2000" "$(capacities)"
	# Neither the same again nor nothing at all is a change.
	apply --max-connections 3000 --max-acl-lines 2000
	apply
	must_be_equal "capacities" "3000 2000 100 1024 64 2000" "$(capacities)"
}

nonsense_is_refused() {
	local value

	for value in 0 -1 x 1e6 99999999999 " 5" ""; do
		must_fail apply --max-connections "$value"
	done
	must_fail apply --max-connections 1023
	must_fail apply --max-connections 4194305
	must_fail apply --max-acl-lines 1023
	must_fail apply --max-acl-lines 1048576
	must_be_equal "capacities" "3000 2000 100 1024 64 2000" "$(capacities)"
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

# Prints "FLAG-KEEP KEEP-FROM PICK-UP-UNTIL" of the generation in force.
configuration() {
	local generation

	generation=$(lab_fwctl show interface --json | jq .generation)
	bpftool -j map lookup pinned "$LAB_PIN_DIR/maps/policy_config" key \
		"$((generation & 1))" 0 0 0 | python3 -c '
import json, struct, sys
value = bytes(int(byte, 16) for byte in json.load(sys.stdin)["value"])
flags, keep_from = struct.unpack_from("II", value, 8)
print(flags >> 4 & 1, keep_from, struct.unpack("Q", value[-88:-80])[0])'
}

keeps() { # expected option...
	local expected=$1 got

	shift
	apply "$@"
	got=$(configuration)
	must_be_equal "kept" "$expected" "${got% *}"
}

connections_are_kept_from_a_generation_on() {
	keeps "0 0" --keep-connections # there is nothing to keep
	keeps "1 1" --keep-connections
	keeps "1 1" --keep-connections
	keeps "0 0"
	keeps "1 4" --keep-connections
}

pick_up_ends_after_the_beginning() {
	local first now

	must_be_equal "not asked for" 0 "$(configuration | cut -d' ' -f3)"
	e2e_policy >"$LAB_DIR/pick.pix"
	echo "sysopt connection tcp-pick-up 0:05:00" >>"$LAB_DIR/pick.pix"
	apply_pick_up
	first=$(configuration | cut -d' ' -f3)
	now=$(python3 -c 'import time; print(time.monotonic_ns())')
	[ "$first" -le $((now + 300000000000)) ] || fail "it begins in the future"
	[ "$first" -gt $((now + 270000000000)) ] || fail "it began too long ago"
	sleep 1
	apply_pick_up
	must_be_equal "after another apply" "$first" "$(configuration | cut -d' ' -f3)"
	lab_fwctl unload
	apply_pick_up
	[ "$(configuration | cut -d' ' -f3)" -gt "$first" ] || fail "unload did not reset it"
	lab_fwctl unload
}

apply_pick_up() {
	lab_fwctl apply "$LAB_DIR/pick.pix" --mode "$LAB_MODE" --map outside=out0 \
		--map inside=in0
}

lab_create --mode "$E2E_MODE"
e2e_case "sized by the machine's memory" by_memory
e2e_case "sized as asked" as_asked
e2e_case "fixed while loaded" fixed_from_then_on
e2e_case "sizes out of range are refused" nonsense_is_refused
e2e_case "a million connections" a_million_connections
e2e_case "connections are kept from a generation on" connections_are_kept_from_a_generation_on
e2e_case "mid-stream pick-up ends after the beginning" pick_up_ends_after_the_beginning
e2e_done
