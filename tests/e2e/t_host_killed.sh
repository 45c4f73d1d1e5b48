#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Applies of host mode that are killed: at each call of the kernel around the flip, and
# wherever else. A policy in force that asks for host mode has it at any moment, and the
# next apply or unload clears up what is left.
#
# One hook: tc
# Long

# shellcheck source=tests/e2e/host_watch.sh
. "$(dirname "${BASH_SOURCE[0]}")/host_watch.sh"

E2E_CASE_SECONDS=180

apply_with() { # VARIABLE=VALUE policy-function option...
	"$2" >"$LAB_DIR/policy.pix"
	lab_fw timeout 60 env "$1" "LD_PRELOAD=$LAB_DIR/die.so" "$LAB_FWCTL" apply \
		"$LAB_DIR/policy.pix" --map outside=out0 --mode "$LAB_MODE" \
		--pin-dir "$LAB_PIN_DIR" "${@:3}" >"$LAB_DIR/scratch/dying" 2>&1
}

generation() {
	lab_fwctl show ftp --json | jq .generation
}

must_die() { # VARIABLE=VALUE policy-function option...
	local status=0

	apply_with "$@" || status=$?
	must_be_equal "status of what is killed" 137 "$status"
}

# Which policy is in force is settled by the kernel; what it asks for must be there.
is_as_asked_for() { # what
	local wanted

	wanted=$(lab_fwctl show interface --json | jq '.interfaces[0].host_mode')
	must_be_equal "known $1" "$wanted $wanted" "$(lab_fwctl show ftp --json |
		jq -r '.host_mode | "\(.wanted) \(.on)"')"
	[ "$wanted" = false ] || links "$LAB_PIN_DIR" | grep -v "^0 " || fail "not watched $1"
}

# Before the policy is in force, and 0, 1, ... calls behind the call that puts it there.
# How many come before that depends on what was applied before: about so many.
kill_around_the_flip() { # calls from policy-function option...
	local flip at before

	"$2"
	apply_with NEVER=1 "${@:3}"
	flip=$(sed -n 's/^flip: call //p' "$LAB_DIR/scratch/dying")
	for at in -40 -20 -10; do
		"$2"
		must_die "DIE_AT=$((flip + at))" "${@:3}"
		is_as_asked_for "about $at from the flip"
	done
	for at in $1; do
		"$2"
		before=$(generation)
		must_die "DIE_BEHIND_FLIP=$at" "${@:3}"
		must_be_equal "generation at $at" "$((before + (at > 0)))" "$(generation)"
		is_as_asked_for "$at behind the flip"
	done
	with_it
	without_it
}

with_it_of_another_build() {
	with_it
	of_another_build
}

programs_running() {
	echo "$(links "$LAB_PIN_DIR") $(bpftool -j map show pinned \
		"$LAB_PIN_DIR/maps/host_socks" 2>/dev/null | jq .id)"
}

# The kernel refuses the flip itself, when all is attached.
undone() { # from policy-function option...
	local before status=0

	"$1"
	before="$(generation) $(programs_running) $(host_pins)"
	apply_with FLIP_FAILS=1 "${@:2}" || status=$?
	cat "$LAB_DIR/scratch/dying"
	must_be_equal "status" 3 "$status"
	grep -q "cannot put the new policy in force" "$LAB_DIR/scratch/dying"
	must_be_equal "what is in force" "$before" \
		"$(generation) $(programs_running) $(host_pins)"
}

# It has no time to finish, nor has the next one to make up for it.
kill_and_unload() {
	local at

	for at in 100 280 340 400 430; do
		lab_fwctl unload
		must_die "DIE_AT=$at" watching_policy --cgroup "$own/one"
		lab_fwctl unload
		must_be_equal "programs left" "" "$(programs_on "$own/one" host_sockops)"
		must_be_equal "pins left" "" "$(find "$LAB_PIN_DIR" 2>/dev/null)"
		apply_watching 0
	done
}

watch_start
e2e_case "killed while it comes" kill_around_the_flip "0 1 3" without_it watching_policy
e2e_case "killed while it goes" kill_around_the_flip "0 1 5 10" \
	with_it plain_policy
e2e_case "killed while it is replaced" kill_around_the_flip "0 1 5" \
	with_it_of_another_build watching_policy
e2e_case "killed while its cgroup changes" kill_around_the_flip "0 1 5 10" \
	with_it watching_policy --cgroup "$own/one"
e2e_case "refused while it comes" undone without_it watching_policy
e2e_case "refused while it is replaced" undone with_it_of_another_build watching_policy
e2e_case "refused while its cgroup changes" undone with_it watching_policy \
	--cgroup "$own/one"
e2e_case "what was killed is unloaded" kill_and_unload
e2e_done
