#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Floods, as fast as one processor makes them: connections that were there go on, new
# ones are let in when it is over, tables hold no more than they are made for, and what
# was dropped is counted under its reason.

# shellcheck source=tests/faults/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=$(faults_of 10 2)
E2E_CASE_SECONDS=$((seconds + 180))

serve() {
	lab_spawn services "$LAB_INSIDE" python3 "$E2E_DIR/services.py" serve "$LAB_REAL"
	lab_wait 10 lab_is_listening "$LAB_INSIDE" 9022
	lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS" "$LAB_REAL"
}

# Words to and fro on a connection that began before, for as long as the flood.
session_begins() {
	lab_outside timeout 170 python3 "$E2E_DIR/services.py" session "$LAB_MAPPED" \
		$((seconds + 3)) >"$LAB_DIR/scratch/session" 2>&1 &
	session=$!
	lab_wait 10 has_sessions
}

has_sessions() {
	[ "$(lab_fwctl show conn port 9022 --json | jq '[.connections[] | select(.half_open == false)] | length')" -gt 0 ] 2>/dev/null ||
		[ "$(lab_fwctl show conn port 9022 | grep -c 'flags U')" -gt 0 ]
}

session_has_lived() {
	wait "$session" || true
	must_be_equal "the session" intact "$(tail -n 1 "$LAB_DIR/scratch/session")"
}

tables_are_bounded() {
	lab_fwctl show counters --json >"$LAB_DIR/scratch/counters"
	jq -e '[.tables[] | select(.capacity > 0)] | length > 0 and all(.[]; .entries <= .capacity)' \
		"$LAB_DIR/scratch/counters" >/dev/null || fail "a table holds too much"
}

# Of the maps, as the kernel accounts for it.
memory_bytes() {
	lab_fwctl show memory --json | jq '[.. | .bytes? | numbers] | add // 0'
}

dropped_as() { # reason-pattern
	jq "[.drops[] | select(.reason | test(\"$1\")) | .packets] | add // 0" "$LAB_DIR/scratch/counters"
}

events_as() { # event-pattern
	jq "[.events[] | select(.event | test(\"$1\")) | .count] | add // 0" "$LAB_DIR/scratch/counters"
}

# flood KIND PORT WORDS drops|events PATTERN: at least a tenth of what was sent was met by
# the firewall and counted as that; the rest is what a full queue in front of it lost.
flood() {
	local sent counted before

	session_begins
	tables_are_bounded
	before=$("$4_as" "$5")
	sent=$("$FAULTS_TOOLS/flood" "${LAB_FW%-fw}" "$1" "$LAB_MAPPED" "$2" "$seconds")
	session_has_lived
	tables_are_bounded
	counted=$(($("$4_as" "$5") - before))
	[ $((counted * 10)) -gt "$sent" ] || {
		cat "$LAB_DIR/scratch/counters"
		fail "$counted of $sent are counted as $5"
	}
	must_be_equal "in force behind it" a "$(faults_in_force)"
	e2e_download pasv small.bin
	faults_row "$3" "$sent" "$counted met and counted ($5); the session beside it went on, tables within their sizes, then a download"
}


drops_as() {
	dropped_as "$1"
}

# Its own sessions' holes are all that it displaces.
hole_flood() { # sessions announcements
	local opened taken

	opened=$(e2e_event holes_opened)
	session_begins
	coproc FLOOD { lab_outside python3 "$FAULTS_DIR/hole_flood.py" "$LAB_MAPPED" "$1" "$2"; }
	read -r taken <&"${FLOOD[0]}"
	must_be_equal "announcements taken" $(($1 * $2)) "$taken"
	must_be_equal "holes opened" "$taken" $(($(e2e_event holes_opened) - opened))
	tables_are_bounded
	# Eight unused ones each: the newest.
	must_be_equal "holes at once" $(($1 * 8)) "$(e2e_holes_open)"
	e2e_download port small.bin
	e2e_download pasv small.bin
	echo >&"${FLOOD[1]}"
	wait "$FLOOD_PID" || true
	lab_wait 10 e2e_no_hole_is_open
	session_has_lived
	faults_row "hole flood" "$taken" "one hole each, no more at once than a session may have; downloads beside it; all gone with their sessions"
}

for mode in xdp tc; do
	faults_start "$mode" >/dev/null
	serve
	e2e_case "$mode: SYN flood" flood syn 9022 "SYN flood ($mode)" events half_open_created
	e2e_case "$mode: flood of first fragments" flood fragments 5001 "fragment flood, first ones ($mode)" \
		events fragment_first
	e2e_case "$mode: flood of later fragments" flood later 5000 "fragment flood, later ones ($mode)" \
		drops fragment-without-first
	e2e_case "$mode: flood of ICMP errors" flood errors 5000 "ICMP-error flood ($mode)" \
		drops icmp-error-unmatched
	e2e_case "$mode: flood of noise" flood noise 5000 "noise flood ($mode)" drops .
	e2e_case "$mode: hole flood" hole_flood "$(faults_of 20 4)" "$(faults_of 1000 100)"
	lab_destroy
done
e2e_done
