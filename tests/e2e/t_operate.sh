#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Operating it: policies replaced under traffic, policies that are wrong,
# tools that are killed, and figures that agree with one another.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

fwctl_command() { # subcommand...: for a shell in any namespace
	echo "nsenter --net=/run/netns/$LAB_FW -- $LAB_FWCTL $* --pin-dir $LAB_PIN_DIR"
}

apply_command() { # policy file
	fwctl_command apply "$1" --mode "$LAB_MODE" --map outside=out0 --map inside=in0
}

lines_in_force() {
	lab_fwctl show access-list --json | jq -S '[.lines[].rule]'
}

wrong_policy_changes_nothing() {
	local before status=0

	before=$(lines_in_force)
	{
		e2e_policy_with_fixup "permit tcp any any eq 8080"
		echo "access-list outside_in permit tcp any hots 1.2.3.4"
	} >"$LAB_DIR/wrong.pix"
	lab_apply "$LAB_DIR/wrong.pix" >"$LAB_DIR/scratch/said" 2>&1 || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "exit status" 1 "$status"
	grep -q "wrong.pix:[0-9]*:[0-9]*: error: " "$LAB_DIR/scratch/said" ||
		fail "the place of the error is not named"
	must_be_equal "lines in force" "$before" "$(lines_in_force)"
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 silence
	e2e_download pasv small.bin
}

# Right as text, but it names a device that does not exist.
unknown_device_changes_nothing() {
	local before status=0

	before=$(lines_in_force)
	e2e_policy_with_fixup "permit tcp any any eq 8080" >"$LAB_DIR/wrong.pix"
	lab_fwctl apply "$LAB_DIR/wrong.pix" --mode "$LAB_MODE" --map outside=out0 \
		--map inside=nosuch0 >"$LAB_DIR/scratch/said" 2>&1 || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "exit status" 3 "$status"
	grep -q nosuch0 "$LAB_DIR/scratch/said" || fail "the device is not named"
	must_be_equal "lines in force" "$before" "$(lines_in_force)"
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 silence
	e2e_download pasv small.bin
}

# `nameif DEVICE NAME ...` binds without --map.
devices_named_in_the_policy() {
	e2e_policy_with_fixup "permit tcp any any eq 8080" |
		sed 's/ethernet0/out0/; s/ethernet1/in0/' >"$LAB_DIR/devices.pix"
	lab_fwctl apply "$LAB_DIR/devices.pix" --mode "$LAB_MODE"
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 open
	e2e_apply e2e_policy_with_fixup
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 silence
}

new_policy_judges_old_connections() {
	e2e_apply e2e_policy_with_fixup "permit tcp any host $LAB_MAPPED eq 8080"
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 open
	cp "$LAB_DIR/policy.pix" "$LAB_DIR/same.pix"
	must_be_equal "connection after the same policy" open \
		"$(e2e_probe hold "$LAB_TARGET" 8080 "$(apply_command "$LAB_DIR/same.pix")")"
	e2e_policy_with_fixup >"$LAB_DIR/less.pix"
	must_be_equal "connection after it was withdrawn" silence \
		"$(e2e_probe hold "$LAB_TARGET" 8080 "$(apply_command "$LAB_DIR/less.pix")")"
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 silence
}

apply_under_traffic() {
	local i

	e2e_download pasv big.bin --limit-rate 5M &
	for i in 1 2 3 4 5 6 7 8; do
		e2e_apply e2e_policy_with_fixup
	done
	wait "$!" || fail "the transfer broke during apply number 1 to $i"
}

kill_fwctl_anywhere() {
	local delay pid

	e2e_policy_with_fixup >"$LAB_DIR/same.pix"
	for delay in 0.001 0.01 0.02 0.03 0.05 0.08 0.12 0.2; do
		bash -c "exec $(apply_command "$LAB_DIR/same.pix")" >/dev/null 2>&1 &
		pid=$!
		sleep "$delay"
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
		e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 21 open
	done
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 silence
	e2e_download pasv small.bin
	e2e_apply e2e_policy_with_fixup
	e2e_download port small.bin
}

kill_exporter_under_traffic() {
	e2e_download pasv big.bin --limit-rate 5M &
	sleep 0.5
	lab_stop exporter KILL
	wait "$!" || fail "the transfer broke"
	e2e_download epsv small.bin
}

metrics() {
	lab_fw curl -sS --max-time 5 http://127.0.0.1:9199/metrics
}

start_exporter() {
	lab_spawn exporter "$LAB_FW" "$LAB_EXPORTER" --web.listen-address 127.0.0.1:9199 \
		--pin-dir "$LAB_PIN_DIR"
	lab_wait 5 lab_is_listening "$LAB_FW" 9199 || {
		cat "$LAB_DIR/log/exporter.out"
		fail "the exporter does not listen"
	}
}

# Read one after the other; an ARP request in between is forgiven by trying
# again.
same_figures() {
	local what work=$LAB_DIR/scratch

	for what in counters interface access-list ftp nat pinholes; do
		lab_fwctl show "$what" --json >"$work/$what.json"
	done
	metrics >"$work/metrics"
	python3 "$E2E_DIR/compare_metrics.py" "$work/metrics" "$work/counters.json" \
		"$work/interface.json" "$work/access-list.json" "$work/ftp.json" \
		"$work/nat.json" "$work/pinholes.json"
}

metrics_agree() {
	e2e_download pasv small.bin
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 silence
	lab_wait 5 same_figures || fail "the exporter and fwctl disagree"
}

every_show_speaks_json() {
	local what

	for what in interface access-list conn xlate nat pinholes ftp counters "asp drop" \
		running-config version memory; do
		# shellcheck disable=SC2086 # words
		lab_fwctl show $what >/dev/null
		# shellcheck disable=SC2086
		lab_fwctl show $what --json | jq -e . >/dev/null || fail "$what --json"
	done
}

# By what it permits; equal and different are told by the exit status, as of diff(1).
in_force_is_compared() {
	local status=0

	e2e_apply e2e_policy_with_fixup
	lab_fwctl diff "$LAB_DIR/policy.pix" || fail "it differs from itself"
	e2e_policy_with_fixup "permit tcp any host $LAB_MAPPED eq 8080" >"$LAB_DIR/more.pix"
	lab_fwctl diff "$LAB_DIR/more.pix" >"$LAB_DIR/scratch/said" || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "exit status" 1 "$status"
	grep -q "newly permitted: TCP .* -> $LAB_MAPPED:8080" "$LAB_DIR/scratch/said" ||
		fail "no packet shows the difference"
}

# Without a single process of Pinhole.
nothing_is_running() {
	must_be_equal "processes in the firewall's namespace" "" \
		"$(ip netns pids "$LAB_FW")"
	e2e_download pasv small.bin
}

e2e_start --nat server
lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
lab_spawn web "$LAB_INSIDE" python3 "$E2E_DIR/probe.py" echo tcp 0.0.0.0 8080
lab_wait 5 lab_is_listening "$LAB_INSIDE" 8080

e2e_case "a policy with an error leaves the old one in force" wrong_policy_changes_nothing
e2e_case "so does a device that does not exist" unknown_device_changes_nothing
e2e_case "a policy may name the kernel's devices itself" devices_named_in_the_policy
e2e_case "connections are judged again by a new policy" new_policy_judges_old_connections
e2e_case "a transfer survives eight applies" apply_under_traffic
e2e_case "fwctl can be killed at any moment of an apply" kill_fwctl_anywhere
e2e_case "every show command speaks JSON" every_show_speaks_json
e2e_case "a policy is compared with the one in force" in_force_is_compared
start_exporter
e2e_case "the exporter and fwctl show the same figures" metrics_agree
e2e_case "traffic flows on when the exporter is killed" kill_exporter_under_traffic
e2e_case "traffic needs no process at all" nothing_is_running
e2e_done
