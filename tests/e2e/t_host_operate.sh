#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Operating host mode: when its programs are attached, to what, and that nothing of
# them stays behind, whatever is removed or refused. Whether they do their work is the
# affair of other tests.
#
# One hook: tc
# Long

# shellcheck source=tests/e2e/host_watch.sh
. "$(dirname "${BASH_SOURCE[0]}")/host_watch.sh"

only_where_the_policy_asks() {
	host_apply plain_policy
	must_not_watch
	! grep -q "host mode" "$LAB_DIR/log/apply" || fail "host mode is spoken of"
	lab_fwctl show ftp | must_fail grep -i "host mode"
	must_be_equal "interface" false \
		"$(lab_fwctl show interface --json | jq '.interfaces[0].host_mode')"

	apply_watching 0
	said "host mode: on, watching cgroup $CGROUPS"
	must_watch "$CGROUPS"
	programs_on "$CGROUPS" host_sockops | grep -qw "$(id_of prog progs/host_sockops)" ||
		fail "the pinned program is not on the cgroup"
	lab_fwctl show ftp | grep -qx "Host mode: on, watching cgroup $CGROUPS"
	lab_fwctl show interface | grep -q "host mode: FTP sessions of this machine"
	must_be_equal "interface" true \
		"$(lab_fwctl show interface --json | jq '.interfaces[0].host_mode')"
	must_be_equal "tables" "host_sessions host_listeners" "$(lab_fwctl show counters --json |
		jq -r '[.tables[] | select(.capacity > 0 and (.table | startswith("host_"))) |
			.table] | join(" ")')"

	host_apply plain_policy
	must_not_watch
}

no_host_applies_the_rest() {
	apply_watching 0 --no-host
	said "host mode: left out"
	must_not_watch
	must_be_equal "interface" false \
		"$(lab_fwctl show interface --json | jq '.interfaces[0].host_mode')"
	lab_fwctl show access-list box >/dev/null
	apply_watching 0
	must_watch "$CGROUPS"
	apply_watching 0 --no-host
	must_not_watch
	says 2 lab_apply "$LAB_DIR/policy.pix" --no-host --cgroup "$CGROUPS"
	host_apply plain_policy
	says 0 lab_apply "$LAB_DIR/policy.pix" --cgroup "$CGROUPS"
	said "--cgroup has no effect"
}

the_same_build_is_reused() {
	local before

	apply_watching 0
	before="$(link_id) $(identity)"
	apply_watching 0
	must_be_equal "after the same again" "$before" "$(link_id) $(identity)"
}

# The program of the link is replaced: the link, and what is known of sessions, stays.
another_build_is_replaced() {
	local link sessions program

	apply_watching 0
	link=$(link_id)
	sessions=$(id_of map maps/host_sessions)
	program=$(id_of prog progs/host_sockops)
	of_another_build
	apply_watching 0
	must_be_equal "link" "$link" "$(link_id)"
	must_be_equal "host_sessions" "$sessions" "$(id_of map maps/host_sessions)"
	[ "$program" != "$(id_of prog progs/host_sockops)" ] || fail "the same program"
	must_be_equal "program of the link" "$(cgroup_id "$CGROUPS") \
$(id_of prog progs/host_sockops)" "$(links "$LAB_PIN_DIR")"
}

a_cgroup_is_narrowed_and_widened() {
	apply_watching 0
	apply_watching 0 --cgroup "$own/one"
	said "host mode: on, watching cgroup $own/one"
	must_watch "$own/one"
	apply_watching 0 --cgroup "$own/two/../two"
	must_watch "$own/two"
	must_be_equal "programs left on the first" "" "$(programs_on "$own/one" host_sockops)"
	apply_watching 0
	must_watch "$CGROUPS"
	must_be_equal "programs left on the second" "" "$(programs_on "$own/two" host_sockops)"
}

is_dead() {
	[ "$(watched "$LAB_PIN_DIR")" = 0 ]
}

a_cgroup_that_is_removed_is_missed() {
	mkdir "$own/passing"
	apply_watching 0 --cgroup "$own/passing"
	rmdir "$own/passing"
	# The kernel takes it apart when it finds the time.
	lab_wait 10 is_dead
	must_be_equal "said" "true false" "$(lab_fwctl show ftp --json |
		jq -r '.host_mode | "\(.wanted) \(.on)"')"
	lab_fwctl show ftp | grep -q "^Host mode: LOST"
	apply_watching 0
	must_watch "$CGROUPS"
}

# Refused with a reason and a way out; what was in force still is.
refused() { # command... , then what must be said behind a --
	local -a command=()
	local before

	while [ "$1" != -- ]; do
		command+=("$1")
		shift
	done
	shift
	before="$(link_id) $(identity) $(lab_fwctl show ftp --json | jq .generation)"
	watching_policy >"$LAB_DIR/policy.pix"
	says 3 "${command[@]}"
	while [ $# -gt 0 ]; do
		said "$1"
		shift
	done
	must_be_equal "what is in force" "$before" \
		"$(link_id) $(identity) $(lab_fwctl show ftp --json | jq .generation)"
}

# lab_apply where the file system given is not to be seen.
apply_without() { # path
	# shellcheck disable=SC2016 # expanded there
	lab_fw unshare -m sh -c 'umount -l "$0" && exec "$@"' "$1" timeout 60 "$LAB_FWCTL" \
		apply "$LAB_DIR/policy.pix" --map outside=out0 --mode "$LAB_MODE" \
		--pin-dir "$LAB_PIN_DIR"
}

errors_say_what_to_do() {
	apply_watching 0
	refused lab_apply "$LAB_DIR/policy.pix" --cgroup "$LAB_DIR" -- \
		"$LAB_DIR: --cgroup names no directory of cgroup2" "cgroup2 is mounted on $CGROUPS"
	refused lab_apply "$LAB_DIR/policy.pix" --cgroup "$own/nosuch" -- \
		"$own/nosuch: cannot open" "No such file or directory"
	refused lab_apply "$LAB_DIR/policy.pix" --cgroup "$own/cgroup.procs" -- \
		"cgroup.procs: --cgroup names no directory of cgroup2"
	refused apply_without "$CGROUPS" -- "cgroup2, which is not mounted here" --no-host
}

# Where cgroup2 is mounted is the kernel's to say, escapes and all.
mounted_elsewhere() {
	local elsewhere="$LAB_DIR/a b\\c"

	mkdir -p "$elsewhere"
	watching_policy >"$LAB_DIR/policy.pix"
	# shellcheck disable=SC2016 # expanded there
	says 0 lab_fw unshare -m sh -c 'mount -t cgroup2 cgroup2 "$0" && umount -l "$1" &&
		shift && exec "$@"' "$elsewhere" "$CGROUPS" timeout 60 "$LAB_FWCTL" apply \
		"$LAB_DIR/policy.pix" --map outside=out0 --mode "$LAB_MODE" \
		--pin-dir "$LAB_PIN_DIR"
	said "host mode: on, watching cgroup $elsewhere"
	must_be_equal "cgroups watched" "$(cgroup_id "$CGROUPS")" "$(watched "$LAB_PIN_DIR")"
	apply_watching 0
	must_watch "$CGROUPS"
}

# Whoever shares it with nobody keeps it.
a_cgroup_that_is_not_shared() {
	apply_watching 0
	bpftool cgroup attach "$own/one" sock_ops pinned "$others/other_polite"
	refused lab_apply "$LAB_DIR/policy.pix" --cgroup "$own/one" -- \
		"cgroup $own/one: the kernel refused to watch" "shares it with nobody" --no-host
	must_be_equal "programs on it" other_polite \
		"$(bpftool -j cgroup show "$own/one" | jq -r '.[].name')"
	bpftool cgroup detach "$own/one" sock_ops pinned "$others/other_polite"
	apply_watching 0 --cgroup "$own/one"
	must_watch "$own/one"
	! bpftool cgroup attach "$own/one" sock_ops pinned "$others/other_polite" ||
		fail "another one has it for itself"
	must_watch "$own/one"
}

# Attached before or after, another's program stays when ours comes, is replaced and goes.
another_program_stays() { # before|after
	local id

	id=$(bpftool -j prog show pinned "$others/other_polite" | jq .id)
	host_apply plain_policy
	[ "$1" = after ] || bpftool cgroup attach "$own/one" sock_ops \
		pinned "$others/other_polite" multi
	apply_watching 0 --cgroup "$own/one"
	[ "$1" = before ] || bpftool cgroup attach "$own/one" sock_ops \
		pinned "$others/other_polite" multi
	must_be_equal "the other's" "$id" "$(programs_on "$own/one" other_polite)"
	must_be_equal "ours" "$(id_of prog progs/host_sockops)" \
		"$(programs_on "$own/one" host_sockops)"
	of_another_build
	apply_watching 0 --cgroup "$own/one"
	must_be_equal "the other's" "$id" "$(programs_on "$own/one" other_polite)"
	must_be_equal "ours" "$(id_of prog progs/host_sockops)" \
		"$(programs_on "$own/one" host_sockops)"
	host_apply plain_policy
	must_be_equal "the other's" "$id" "$(programs_on "$own/one" other_polite)"
	must_be_equal "ours" "" "$(programs_on "$own/one" host_sockops)"
	bpftool cgroup detach "$own/one" sock_ops pinned "$others/other_polite"
}

cookie_of() { # pin directory
	bpftool -j map lookup pinned "$1/maps/host_config" key 0 0 0 0 | jq -c .value
}

netns_cookie() { # namespace
	lab_run "$1" python3 -c '
import socket, struct, sys
cookie = socket.socket().getsockopt(socket.SOL_SOCKET, 71, 8)
print("[" + ",".join(f"\"0x{b:02x}\"" for b in cookie) + "]")'
}

# One cgroup, two firewalls: each knows its own network namespace's sockets.
another_network_namespace() {
	local other=$LAB_PIN_DIR-two

	apply_watching 0
	lab_outside timeout 60 "$LAB_FWCTL" apply "$LAB_DIR/policy.pix" --mode tc \
		--map outside=eth0 --pin-dir "$other"
	must_be_equal "cookie here" "$(netns_cookie "$LAB_FW")" "$(cookie_of "$LAB_PIN_DIR")"
	must_be_equal "cookie there" "$(netns_cookie "$LAB_OUTSIDE")" "$(cookie_of "$other")"
	must_be_equal "watched there" "$(cgroup_id "$CGROUPS")" "$(watched "$other")"
	says 3 lab_fw timeout 60 "$LAB_FWCTL" unload --pin-dir "$other"
	must_be_equal "watched there" "$(cgroup_id "$CGROUPS")" "$(watched "$other")"
	lab_outside timeout 60 "$LAB_FWCTL" unload --pin-dir "$other"
	[ ! -e "$other" ] || fail "something is left there"
	must_watch "$CGROUPS"
}

# A refusal behind the loading and attaching of host mode: it is taken back, too.
undone_with_the_rest() {
	local before

	before=$(lab_fwctl show ftp --json | jq .generation)
	host_apply plain_policy
	watching_policy >"$LAB_DIR/policy.pix"
	must_fail lab_apply "$LAB_DIR/policy.pix" --cgroup "$own/nosuch"
	must_not_watch
	bpftool cgroup attach "$own/one" sock_ops pinned "$others/other_polite"
	must_fail lab_apply "$LAB_DIR/policy.pix" --cgroup "$own/one"
	bpftool cgroup detach "$own/one" sock_ops pinned "$others/other_polite"
	must_not_watch
	must_be_equal generation $((before + 1)) "$(lab_fwctl show ftp --json | jq .generation)"
}

command_to_apply() { # policy-function option...
	"$1" >"$LAB_DIR/$1.pix"
	echo "$LAB_FWCTL apply $LAB_DIR/$1.pix --map outside=out0 --mode $LAB_MODE" \
		"--pin-dir $LAB_PIN_DIR ${*:2}"
}

holding() { # COMMAND of fwctl...
	e2e_probe hold "$LAB_FW_OUTSIDE" 21 "nsenter --net=/run/netns/$LAB_FW $*"
}

sessions_known() {
	lab_fwctl show counters --json |
		jq '.tables[] | select(.table == "host_sessions") | .entries'
}

no_session_is_known() {
	[ "$(sessions_known)" = 0 ]
}

# Of a control connection host mode only knows; it is not what carries it.
connections_outlive_it() {
	local known=$LAB_DIR/scratch/known

	apply_watching 0
	must_be_equal "while it is known" open "$(holding "$LAB_FWCTL show counters --json \
		--pin-dir $LAB_PIN_DIR >$known")"
	must_be_equal "sessions known" 1 \
		"$(jq '.tables[] | select(.table == "host_sessions") | .entries' "$known")"
	lab_wait 5 no_session_is_known || fail "its end was not seen"
	must_be_equal "replaced" open "$(of_another_build
		holding "$(command_to_apply watching_policy)")"
	must_be_equal "left out" open \
		"$(holding "$(command_to_apply watching_policy --no-host)")"
	apply_watching 0
	must_be_equal "unloaded" open "$(holding "$LAB_FWCTL unload --pin-dir $LAB_PIN_DIR")"
}

unload_leaves_nothing() {
	apply_watching 0 --cgroup "$own/one"
	lab_fwctl unload
	must_be_equal "programs" "" "$(programs_on "$own/one" host_sockops)"
	[ ! -e "$LAB_PIN_DIR" ] || fail "pins are left"
}

is_free() {
	[ -z "$(programs_on "$own/one" host_sockops)" ]
}

# Nothing but the pins holds what watches: no strays.
# By an undo and by a rollback, whichever of both policies wants it.
comes_and_goes_with_its_policy() {
	apply_watching 0
	host_policy 21 >"$LAB_DIR/plain.pix"
	lab_apply "$LAB_DIR/plain.pix" --confirm 1
	must_be_equal "during the trial" "$(cgroup_id "$CGROUPS")" "$(watched "$LAB_PIN_DIR")"
	sleep 1.1
	says 3 lab_fwctl confirm
	must_watch "$CGROUPS"
	apply_watching 3 --confirm 1 --cgroup "$own/one"
	said "an undo could not go back to that"
	lab_apply "$LAB_DIR/plain.pix"
	must_not_watch
	lab_fwctl rollback
	must_watch "$CGROUPS"

	lab_apply "$LAB_DIR/plain.pix"
	apply_watching 0 --confirm 1
	must_watch "$CGROUPS"
	sleep 1.1
	says 3 lab_fwctl confirm
	must_not_watch
}

removed_pins_end_it() {
	apply_watching 0 --cgroup "$own/one"
	rm -rf "$LAB_PIN_DIR"
	lab_wait 5 is_free
	says 0 lab_fw timeout 60 "$LAB_FWCTL" unload --force out0
	apply_watching 0
	must_watch "$CGROUPS"
}

watch_start
e2e_case "host mode is on where the policy asks for it, and off where not" \
	only_where_the_policy_asks
e2e_case "--no-host applies the policy without it" no_host_applies_the_rest
e2e_case "an apply of the same build keeps what is attached" the_same_build_is_reused
e2e_case "another build's program replaces the one of the link" another_build_is_replaced
e2e_case "--cgroup is not remembered" a_cgroup_is_narrowed_and_widened
e2e_case "a cgroup that is removed is missed" a_cgroup_that_is_removed_is_missed
e2e_case "errors say what to do, and change nothing" errors_say_what_to_do
e2e_case "cgroup2 may be mounted anywhere" mounted_elsewhere
e2e_case "a cgroup that another program has for itself" a_cgroup_that_is_not_shared
e2e_case "another's program of before stays" another_program_stays before
e2e_case "another's program of later stays" another_program_stays after
e2e_case "each network namespace has its own" another_network_namespace
e2e_case "what fails behind it takes it back" undone_with_the_rest
lab_spawn echo "$LAB_FW" python3 "$E2E_DIR/probe.py" echo tcp 0.0.0.0 21
lab_wait 5 lab_is_listening "$LAB_FW" 21
e2e_case "connections outlive host mode" connections_outlive_it
e2e_case "it comes and goes with its policy, by undo and rollback" \
	comes_and_goes_with_its_policy
e2e_case "unload leaves nothing on the cgroup" unload_leaves_nothing
e2e_case "pins removed by hand take it along" removed_pins_end_it
e2e_done
