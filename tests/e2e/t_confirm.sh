#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A policy on trial: undone by the kernel unless somebody confirms it, whatever became
# of fwctl; confirmed in time and too late; one step back at any time, without the loss
# of a packet; and two fwctl at once.
#
# One hook: tc
# Long

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The old policy and the new one, which lets 8080 in.
make_policies() {
	e2e_policy_with_fixup >"$LAB_DIR/old.pix"
	e2e_policy_with_fixup "permit tcp any host $LAB_MAPPED eq 8080" >"$LAB_DIR/new.pix"
	# Without the inside and what leads there.
	grep -e ' outside ' "$LAB_DIR/old.pix" | grep -v '^static' >"$LAB_DIR/half.pix"
}

is_in_force() { # old|new
	case $1 in
	old) e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 silence ;;
	new) e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 open ;;
	esac
}

# The same, by what fwctl shows.
lines_of() { # old|new
	local n

	n=$(lab_fwctl show access-list | grep -c 8080 || true)
	must_be_equal "lines of the policy $1" "$1" "$([ "$n" -eq 0 ] && echo old || echo new)"
}

generation() {
	lab_fwctl show interface --json | jq .generation
}

# refused TEXT COMMAND...: with status 3, and for this reason
refused() {
	local text=$1 status=0

	shift
	"$@" >"$LAB_DIR/scratch/said" 2>&1 || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "exit status" 3 "$status"
	grep -qe "$text" "$LAB_DIR/scratch/said" || fail "it does not say: $text"
}

# Seconds to sleep so that a command comes DELTA milliseconds after a deadline
# that is SECONDS after $begun_ms.
until_deadline() { # seconds delta
	local now=$((${EPOCHREALTIME/./} / 1000))
	local left=$((begun_ms + $1 * 1000 + $2 - now))

	[ "$left" -gt 0 ] || left=0
	printf '%d.%03d\n' $((left / 1000)) $((left % 1000))
}

on_trial() { # policy seconds
	local -a devices=(--map outside=out0 --map inside=in0)

	[ "$1" != half ] || devices=(--map outside=out0)
	lab_fwctl apply "$LAB_DIR/$1.pix" --confirm "$2" --mode "$LAB_MODE" \
		"${devices[@]}"
	begun_ms=$((${EPOCHREALTIME/./} / 1000))
}

first_has_nothing_to_go_back_to() {
	refused "no policy to go back to" lab_apply "$LAB_DIR/new.pix" --confirm 5
	[ ! -e "$LAB_PIN_DIR" ] || fail "it leaves something behind"
	lab_apply "$LAB_DIR/old.pix"
	refused "no policy to go back to" lab_fwctl rollback
	refused "no policy is on trial" lab_fwctl confirm
}

undone_though_fwctl_was_killed() {
	local before

	# On a busy machine it may have ended before the signal comes.
	for _ in 1 2 3 4 5; do
		before=$(generation)
		lab_fw python3 "$E2E_DIR/kill_at_flip.py" "$LAB_PIN_DIR/maps/active" \
			"$LAB_FWCTL" apply "$LAB_DIR/new.pix" --confirm 1 \
			--mode "$LAB_MODE" --map outside=out0 --map inside=in0 \
			--pin-dir "$LAB_PIN_DIR" && break
		lab_fwctl rollback
	done
	must_be_equal "generation on trial" $((before + 1)) "$(generation)"
	is_in_force new
	sleep 1
	must_be_equal "generation after the undo" $((before + 2)) "$(generation)"
	[ "$(e2e_event policies_undone)" -gt 0 ] || fail "nothing is counted"
	is_in_force old
	refused "too late" lab_fwctl confirm
	refused "no policy is on trial" lab_fwctl confirm
	e2e_download pasv small.bin
}

# What the trial has let in is judged again; what was there before goes on.
connections_after_an_undo() {
	e2e_download pasv big.bin --limit-rate 6M &
	on_trial new 1
	must_be_equal "connection of the policy that was undone" silence \
		"$(e2e_probe hold "$LAB_TARGET" 8080 "sleep 1.2")"
	wait "$!" || fail "a transfer broke"
	lab_apply "$LAB_DIR/old.pix" # tidies up
}

confirmed_in_time() {
	on_trial new 1
	sleep "$(until_deadline 1 -150)"
	lab_fwctl confirm
	sleep "$(until_deadline 1 200)"
	is_in_force new
	refused "no policy is on trial" lab_fwctl confirm
	lab_apply "$LAB_DIR/old.pix"
}

# Whatever confirm says is so.
confirmed_at_the_deadline() {
	local delta status

	for delta in -8 3; do
		lab_apply "$LAB_DIR/old.pix" >/dev/null
		on_trial new 1 >/dev/null
		sleep "$(until_deadline 1 $delta)"
		status=0
		lab_fwctl confirm || status=$?
		sleep 0.05
		case $status in
		0) lines_of new ;;
		3) lines_of old ;;
		*) fail "status $status" ;;
		esac
	done
	lab_apply "$LAB_DIR/old.pix"
}

no_apply_during_a_trial() {
	on_trial new 30
	refused "on trial: it is undone in .* seconds" lab_apply "$LAB_DIR/old.pix"
	lines_of new
	lab_fwctl rollback
	lines_of old
}

one_step_back() {
	lab_apply "$LAB_DIR/new.pix"
	is_in_force new
	lab_fwctl rollback --json | "$E2E_DIR/../schema/validate.py" rollback
	is_in_force old
	refused "no policy to go back to" lab_fwctl rollback
}

filters_on_in0() {
	lab_fw tc filter show dev in0 ingress | grep -c tc_ingress || true
}

# Devices that one of both policies does not use.
devices_come_and_go() {
	on_trial half 1
	[ "$(filters_on_in0)" -gt 0 ] || fail "in0 was let go though it may be needed"
	sleep "$(until_deadline 1 100)"
	e2e_download pasv small.bin
	on_trial half 30
	lab_fwctl confirm
	must_be_equal "filters on in0" 0 "$(filters_on_in0)"
	lab_fwctl rollback
	e2e_download pasv small.bin
}

modes_are() { # of the devices, and as they are shown
	must_be_equal "XDP on out0" "$1" \
		"$(lab_fw ip -j link show dev out0 | jq '.[0].xdp.mode // 0')"
	must_be_equal "modes shown" "$2" \
		"$(lab_fwctl show interface --json | jq -r '[.interfaces[].mode] | unique | join(" ")')"
}

# Generic XDP and none: 2 and 0, as ip(8) has it.
modes_come_back() {
	local LAB_MODE=generic

	lab_apply "$LAB_DIR/old.pix"
	LAB_MODE=tc
	on_trial new 1
	modes_are 2 tc # as the policy before may need it
	sleep "$(until_deadline 1 50)"
	refused "too late" lab_fwctl confirm
	modes_are 2 generic
	lab_apply "$LAB_DIR/new.pix"
	modes_are 0 tc
	lab_fwctl rollback
	modes_are 2 generic
	refused "native XDP, and an undo could not" lab_fwctl apply "$LAB_DIR/new.pix" \
		--mode xdp --confirm 30 --map outside=out0 --map inside=in0
	modes_are 2 generic
	lab_apply "$LAB_DIR/old.pix"
	modes_are 0 tc
}

no_packet_is_lost() {
	local i

	lab_outside ping -q -i 0.002 -c 500 "$LAB_MAPPED" >"$LAB_DIR/scratch/ping" &
	for i in 1 2; do
		lab_apply "$LAB_DIR/new.pix" >/dev/null
		lab_fwctl rollback >/dev/null
	done
	wait "$!"
	cat "$LAB_DIR/scratch/ping"
	grep -q " 0% packet loss" "$LAB_DIR/scratch/ping" || fail "packets were lost in $i"
}

is_locked() {
	! flock -n "$LAB_PIN_DIR" true
}

second_says_who() {
	local pid before

	before=$(generation)
	python3 -c 'import fcntl, os, sys, time
fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)
time.sleep(9)' "$LAB_PIN_DIR" &
	pid=$!
	lab_wait 5 is_locked || fail "no lock to wait for"
	refused "by .*python3 -c .* (pid $pid)" lab_apply "$LAB_DIR/new.pix"
	kill "$pid"
	wait "$pid" || true
	must_be_equal "generation" "$before" "$(generation)"
}

would_end() {
	lab_apply "$LAB_DIR/old.pix" --dry-run --json >"$LAB_DIR/scratch/dry"
	jq -e --argjson n "$1" '.connections | .ended == $n and .established > $n' \
		"$LAB_DIR/scratch/dry"
}

# What a dry run says about connections is what then happens to them.
dry_run_counts_connections() {
	local i before work=$LAB_DIR/scratch

	lab_apply "$LAB_DIR/new.pix"
	before=$(generation)
	e2e_probe hold "$LAB_TARGET" 2121 "sleep 2" >"$work/kept" &
	for i in 1 2 3; do
		e2e_probe hold "$LAB_TARGET" 8080 "sleep 2" >"$work/held.$i" &
	done
	lab_wait 5 would_end 3 || fail "it is said: $(jq -c .connections "$work/dry")"
	must_be_equal "generation after a dry run" "$before" "$(generation)"
	lab_apply "$LAB_DIR/old.pix" --json >"$work/wet"
	for i in dry wet; do
		"$E2E_DIR/../schema/validate.py" apply <"$work/$i"
		must_be_equal "connections that end ($i)" 3 "$(jq .connections.ended "$work/$i")"
		must_be_equal "differences ($i)" denied \
			"$(jq -r '.diff.places[].differences[].change' "$work/$i")"
	done
	wait
	must_be_equal "what became of them" "silence silence silence" \
		"$(cat "$work"/held.? | paste -sd' ')"
	must_be_equal "what became of the one to port 2121" open "$(cat "$work/kept")"
	lab_apply "$LAB_DIR/new.pix" --dry-run >"$work/said"
	cat "$work/said"
	grep -q "newly permitted: TCP .* -> $LAB_MAPPED:8080" "$work/said" ||
		fail "no packet shows the difference"
}

lab_create --mode "$E2E_MODE" --nat server
lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
lab_spawn web "$LAB_INSIDE" python3 "$E2E_DIR/probe.py" echo tcp 0.0.0.0 8080
lab_spawn other "$LAB_INSIDE" python3 "$E2E_DIR/probe.py" echo tcp 0.0.0.0 2121
lab_wait 5 lab_is_listening "$LAB_INSIDE" 8080
lab_wait 5 lab_is_listening "$LAB_INSIDE" 2121
make_policies

e2e_case "a first policy cannot be on trial" first_has_nothing_to_go_back_to
e2e_case "the kernel undoes it though fwctl was killed" undone_though_fwctl_was_killed
e2e_case "connections are judged again by the policy before" connections_after_an_undo
e2e_case "confirmed in time, it stays" confirmed_in_time
e2e_case "at the deadline one of both wins" confirmed_at_the_deadline
e2e_case "nothing else is applied during a trial" no_apply_during_a_trial
e2e_case "one step back, at any time" one_step_back
e2e_case "devices that one of both policies uses" devices_come_and_go
e2e_case "modes come back with their policy" modes_come_back
e2e_case "no packet is lost by going to and fro" no_packet_is_lost
e2e_case "a dry run says what an apply then does" dry_run_counts_connections
e2e_case "a second fwctl waits, and says for whom" second_says_who
e2e_done
