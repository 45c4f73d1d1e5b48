#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Host mode beside other people's programs on the same cgroup, and narrowed to the
# cgroup of one service.
#
# One hook: tc

# shellcheck source=tests/e2e/host_single.sh
. "$(dirname "${BASH_SOURCE[0]}")/host_single.sh"

# Where cgroup2 is mounted: alone, or beside the old hierarchies.
CGROUPS=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)

# service and its inner one are the service's own, elsewhere is not.
make_cgroups() {
	cgroup=$CGROUPS/pinhole-lab-$LAB_ID
	mkdir -p "$cgroup/service/inner" "$cgroup/elsewhere"
	others=/sys/fs/bpf/pinhole-lab-$LAB_ID-others
	trap 'remove_all "$?"' EXIT
}

remove_all() { # status
	(exit "$1") || true
	lab_destroy || true
	rm -rf "$others"
	lab_wait 5 rmdir "$cgroup/service/inner" "$cgroup/service" "$cgroup/elsewhere" \
		"$cgroup" 2>/dev/null || true
	exit "$1"
}

load_others() {
	clang -O2 -g -target bpf "-I/usr/include/$(uname -m)-linux-gnu" \
		-c "$E2E_DIR/host_other.bpf.c" -o "$LAB_DIR/other.o"
	llvm-strip -g "$LAB_DIR/other.o"
	mkdir -p "$others/maps"
	bpftool prog loadall "$LAB_DIR/other.o" "$others/progs" pinmaps "$others/maps"
	bpftool prog attach pinned "$others/progs/other_msg" msg_verdict \
		pinned "$others/maps/other_socks"
}

other() { # attach|detach polite|rude|holder
	local -a flags=()

	[ "$1" = detach ] || flags=(multi)
	bpftool cgroup "$1" "$cgroup/service" sock_ops pinned "$others/progs/other_$2" "${flags[@]}"
}

other_counted() {
	bpftool -j map lookup pinned "$others/maps/other_count" key 0 0 0 0 |
		jq -e .formatted.value
}

apply_to() { # cgroup
	local policy_file=$LAB_DIR/policy.pix

	single_policy >"$policy_file"
	lab_apply "$policy_file" --cgroup "$1" >"$LAB_DIR/log/apply" 2>&1 || {
		cat "$LAB_DIR/log/apply"
		fail "fwctl apply --cgroup"
	}
}

take_away() {
	host_apply --no-host single_policy
}

serve_in() { # cgroup
	# shellcheck disable=SC2034 # host_single.sh reads it
	single_prefix=(sh -c "echo \$\$ >$1/cgroup.procs && exec \"\$@\"" sh)
	single_serve ::
}

served() {
	single_dialogue fetch "$LAB_FW_OUTSIDE6" "$(single_client 0 6)" plain epsv
	single_dialogue fetch "$LAB_FW_OUTSIDE6" "$(single_client 0 6)" explicit epsv \
		--third "$LAB_OUTSIDE_THIRD6"
	single_saw_no_intruder
	host_is_shut
}

# The server may as well not exist for host mode.
not_served() {
	local sessions opened

	sessions=$(e2e_event host_sessions_opened)
	opened=$(e2e_event holes_opened)
	single_dialogue shut "$LAB_FW_OUTSIDE" "$(single_client 0)" explicit
	must_be_equal "sessions" "$sessions" "$(e2e_event host_sessions_opened)"
	must_be_equal "holes" "$opened" "$(e2e_event holes_opened)"
}

beside() { # polite|rude before|after
	local before

	if [ "$2" = before ]; then
		other attach "$1"
		apply_to "$cgroup/service"
	else
		apply_to "$cgroup/service"
		other attach "$1"
	fi
	before=$(other_counted)
	served
	[ "$(other_counted)" -gt "$before" ] || fail "the other program was not called"
	take_away
	before=$(other_counted)
	not_served
	[ "$(other_counted)" -gt "$before" ] || fail "the other program went, too"
	other detach "$1"
}

# Whose sockets another one holds cannot be heard; then nothing is opened rather
# than something for the wrong one.
beside_a_holder() {
	local before

	other attach holder
	apply_to "$cgroup/service"
	before=$(other_counted)
	single_dialogue shut "$LAB_FW_OUTSIDE" "$(single_client 0)" explicit
	must_be_equal "sockets held" "$((before + 1))" "$(other_counted)"
	e2e_no_hole_is_open
	other detach holder
	served
}

single_start --mode "$E2E_MODE"
make_cgroups
load_others
apply_to "$cgroup/service"
serve_in "$cgroup/service/inner"
e2e_case "a server in a cgroup below the one given" served
serve_in "$cgroup/elsewhere"
e2e_case "a server elsewhere gets no hole" not_served
host_apply single_policy
e2e_case "applied without --cgroup: every cgroup's server does" served
take_away
serve_in "$cgroup/service"
# Sockets know nothing of hooks: each has one order of attachment.
place=before
[ "$E2E_MODE" = tc ] || place=after
for kind in polite rude; do
	e2e_case "a $kind program attached $place" beside "$kind" "$place"
done
e2e_case "a program that holds the control sockets" beside_a_holder
e2e_done
