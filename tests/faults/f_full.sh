#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Rings, tables and disks that are full, and processes around the firewall that are
# killed or come two at a time: traffic sees nothing of it.

# shellcheck source=tests/faults/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

E2E_CASE_SECONDS=600

lost_records() {
	lab_fwctl show counters --json |
		jq '[.events[] | select(.event | test("records_lost")) | .count] | add // 0'
}

# Nobody takes records out while more come than the ring holds.
ring_full() {
	local before lost

	before=$(lost_records)
	streams_start
	sleep "$(faults_of 5 2)"
	streams_stop
	lost=$(($(lost_records) - before))
	[ "$lost" -gt 1000 ] || fail "only $lost records were lost"
	streams_must_be_whole
	lab_fwctl log >"$LAB_DIR/scratch/log"
	[ -s "$LAB_DIR/scratch/log" ] || fail "nothing is in the ring"
	# There is room again.
	faults_in_force >/dev/null
	lab_wait 5 logs_again
	faults_row "ring of records full" "$lost" \
		"lost and counted; $(wc -l <"$LAB_DIR/scratch/log") printed later; $(streams_outcome)"
}

logs_again() {
	lab_fwctl log | grep -q 6002
}

apply_small() {
	lab_fwctl unload >/dev/null
	lab_apply "$LAB_DIR/a.pix" --max-connections 1024 --max-half-open 1024 \
		--max-fragments 64 --max-holes 1024 --max-ftp-sessions 160 >/dev/null
}

entries() { # table
	lab_fwctl show counters --json |
		jq --arg table "$1" '.tables[] | select(.table == $table) | .entries'
}

# The connections that are there go on; new ones are refused and counted.
conns_full() {
	local taken refused

	streams_start 2000
	lab_spawn services "$LAB_INSIDE" python3 "$E2E_DIR/services.py" serve "$LAB_REAL"
	lab_wait 10 lab_is_listening "$LAB_INSIDE" 9022
	taken=$(crowd 1035)
	if [ "$taken" -le 1000 ] || [ "$taken" -ge 1024 ]; then
		fail "$taken of 1035 were let in"
	fi
	refused=$(e2e_dropped conn-table-full)
	[ "$refused" -gt 0 ] || fail "nothing was refused as conn-table-full"
	streams_stop
	streams_must_be_whole
	lab_fwctl clear conn port 9022 >/dev/null
	lab_wait 30 crowd_of_five || fail "no room behind it"
	lab_stop services
	faults_row "table of connections full" $((1035 - taken)) \
		"refused and counted, $taken of 1024 let in; $(streams_outcome); room again once they are cleared"
}

crowd_of_five() {
	[ "$(crowd 5)" -eq 5 ]
}

crowd() { # how-many
	lab_outside timeout 60 python3 "$E2E_DIR/syn_flood.py" crowd "$LAB_MAPPED" 9022 "$1"
}

half_open_full() {
	local sent

	streams_start 2000
	sent=$("$FAULTS_TOOLS/flood" "${LAB_FW%-fw}" syn "$LAB_MAPPED" 9022 1)
	[ "$(entries half_open)" -le 1024 ] || fail "too many half-open entries"
	must_be_equal "in force" a "$(faults_in_force)"
	streams_stop
	streams_say '(.known.wrong + .known.late + .denied.good + .mixed.good + .mixed.wrong)' |
		grep -qx 0 || fail "$(cat "$LAB_DIR/streams.json")"
	faults_row "table of half-open connections full" "$sent" \
		"SYNs take each other's room of 1024; others begin meanwhile"
}

# As many sessions as there is room for, and one more; 8 holes each are more than that.
ftp_full() {
	local full

	lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS" "$LAB_REAL"
	coproc FLOOD { lab_outside python3 "$FAULTS_DIR/hole_flood.py" "$LAB_MAPPED" 160 16; }
	read -r _ <&"${FLOOD[0]}"
	[ "$(entries holes)" -le 1024 ] || fail "too many holes"
	[ "$(e2e_event holes_denied_table_full)" -gt 0 ] || fail "no hole was refused"
	full=$(e2e_dropped ftp-table-full)
	must_fail downloads
	full=$(($(e2e_dropped ftp-table-full) - full))
	[ "$full" -gt 0 ] || fail "no session was refused as ftp-table-full"
	echo >&"${FLOOD[1]}"
	wait "$FLOOD_PID" || true
	lab_wait 10 e2e_no_hole_is_open
	# Sessions that have ended are kept for a while, but make room.
	lab_wait 10 downloads || fail "no download behind it"
	lab_stop plain
	faults_row "tables of FTP sessions and holes full" \
		"$(e2e_event holes_denied_table_full)" \
		"holes and $full segments of new sessions refused and counted; sessions are let in when others end"
}

downloads() {
	e2e_download pasv small.bin >/dev/null 2>&1
}

# ---- disks -----------------------------------------------------------------------

# on_small_disk COMMAND...: with a disk of 64 KiB at $LAB_DIR/disk; status of the command.
on_small_disk() {
	mkdir -p "$LAB_DIR/disk"
	# shellcheck disable=SC2016 # for the shell in there
	lab_fw unshare --mount --propagation private sh -c \
		'mount -t tmpfs -o size=64k none "$1"; shift; exec "$@"' - "$LAB_DIR/disk" "$@"
}

disk_full() {
	local status=0

	streams_start
	on_small_disk timeout -s INT 40 "$LAB_FWCTL" capture all -w "$LAB_DIR/disk/x.pcapng" \
		--pin-dir "$LAB_PIN_DIR" >"$LAB_DIR/scratch/said" 2>&1 || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "status of capture" 3 "$status"
	grep -qi "no space left" "$LAB_DIR/scratch/said" || fail "it is not said why"
	status=0
	# shellcheck disable=SC2016
	on_small_disk sh -c 'exec timeout -s INT 40 "$@" >"$0"' "$LAB_DIR/disk/log" \
		"$LAB_FWCTL" log -f --pin-dir "$LAB_PIN_DIR" 2>"$LAB_DIR/scratch/said" || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "status of log" 3 "$status"
	grep -qi "no space left" "$LAB_DIR/scratch/said" || fail "it is not said why"
	streams_stop
	streams_must_be_whole
	# The capture's lease and rings are free again.
	lab_fwctl capture all --count 1 >/dev/null &
	sleep 0.5
	faults_in_force >/dev/null
	wait $! || fail "no capture behind it"
	faults_row "disk full for a capture and a log" 2 \
		"each ends with status 3 and says why; $(streams_outcome)"
}

said_nowhere() { # status command...
	local wanted=$1 status=0

	shift
	lab_fw timeout 30 "$@" --pin-dir "$LAB_PIN_DIR" >/dev/full 2>"$LAB_DIR/scratch/said" ||
		status=$?
	[ "$status" -eq "$wanted" ] || {
		cat "$LAB_DIR/scratch/said"
		fail "status $status, not $wanted, of $*"
	}
}

# What cannot be printed is not a success.
nowhere_to_print() {
	local command n=0

	for command in "show conn" "show conn --json" "show counters" "show interface" \
		"show access-list --json" "show running-config" "log" "top --once"; do
		# shellcheck disable=SC2086 # its words
		said_nowhere 3 "$LAB_FWCTL" $command
		n=$((n + 1))
	done
	faults_row "disk full for what is shown" "$n" "status 3 each"
}

# ---- processes --------------------------------------------------------------------

scrapes() {
	lab_fw curl -sf --max-time 10 "http://127.0.0.1:9199/metrics" | grep -qx 'pinhole_up 1'
}

exporter_killed() { # times
	local i

	streams_start
	for ((i = 0; i < $1; i++)); do
		lab_spawn exporter "$LAB_FW" "$LAB_EXPORTER" --web.listen-address 127.0.0.1:9199 \
			--pin-dir "$LAB_PIN_DIR"
		lab_wait 10 scrapes || fail "no scrape"
		lab_fw curl -s "http://127.0.0.1:9199/metrics" >/dev/null &
		lab_stop exporter KILL
		wait $! || true
	done
	streams_stop
	streams_must_be_whole
	faults_row "exporter killed amid a scrape" "$1" "the next one serves; $(streams_outcome)"
}

two_at_once() { # times
	local i a b ok=0

	streams_start
	for ((i = 0; i < $1; i++)); do
		a=0 b=0
		lab_apply "$LAB_DIR/a.pix" >"$LAB_DIR/scratch/one" 2>&1 &
		lab_apply "$LAB_DIR/b.pix" >"$LAB_DIR/scratch/two" 2>&1 || b=$?
		wait $! || a=$?
		case $a:$b in
		0:0) ok=$((ok + 1)) ;;
		0:3 | 3:0) ;;
		*) fail "statuses $a and $b: $(cat "$LAB_DIR/scratch/one" "$LAB_DIR/scratch/two")" ;;
		esac
		case $(faults_in_force) in
		a | b) ;;
		*) fail "neither or both are in force" ;;
		esac
	done
	streams_stop
	streams_must_be_whole
	lab_apply "$LAB_DIR/a.pix" >/dev/null
	faults_row "two applies at once" "$1" "$ok times both, one after the other; $(streams_outcome)"
}

# One of them is killed where chance will have it.
two_and_a_kill() { # times
	local i

	streams_start
	for ((i = 0; i < $1; i++)); do
		lab_spawn other "$LAB_FW" "$LAB_FWCTL" apply "$LAB_DIR/b.pix" --mode "$LAB_MODE" \
			--map outside=out0 --map inside=in0 --pin-dir "$LAB_PIN_DIR"
		(
			sleep "0.0$((RANDOM % 10))"
			kill -KILL "$(lab_pid other)" 2>/dev/null || true
		) &
		lab_apply "$LAB_DIR/a.pix" >"$LAB_DIR/scratch/one" 2>&1 || {
			cat "$LAB_DIR/scratch/one"
			fail "the other apply"
		}
		wait
		case $(faults_in_force) in
		a | b) ;;
		*) fail "neither or both are in force" ;;
		esac
	done
	streams_stop
	streams_must_be_whole
	lab_apply "$LAB_DIR/a.pix" >/dev/null
	faults_row "two applies at once, one of them killed" "$1" \
		"the other succeeds; $(streams_outcome)"
}

faults_start "${FAULTS_MODE:-xdp}" >/dev/null
e2e_case "the ring of records is full" ring_full
e2e_case "two applies at once" two_at_once "$(faults_of 50 3)"
e2e_case "two applies at once, of which one is killed" two_and_a_kill "$(faults_of 50 3)"
e2e_case "the exporter is killed" exporter_killed "$(faults_of 20 2)"
e2e_case "the disk is full for captures and logs" disk_full
e2e_case "the disk is full for what is shown" nowhere_to_print
apply_small
e2e_case "the table of connections is full" conns_full
apply_small
e2e_case "the table of half-open connections is full" half_open_full
apply_small
e2e_case "the tables of FTP sessions and holes are full" ftp_full
e2e_done
