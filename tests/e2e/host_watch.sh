#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# host_watch.sh - what is attached to which cgroup, asked of the kernel and of fwctl.
#
# Who may include it: t_host_operate.sh and t_host_killed.sh, instead of host.sh.

# shellcheck source=tests/e2e/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"

CGROUPS=$(findmnt -rnt cgroup2 -o TARGET | head -n 1)

watching_policy() {
	host_policy 21
	echo "fixup protocol ftp 21"
}

plain_policy() {
	host_policy 21
}

# Expects a status, keeps what was said in a line.
says() { # status command...
	local wanted=$1 status=0

	shift
	"$@" >"$LAB_DIR/scratch/said" 2>&1 || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "status of $*" "$wanted" "$status"
}

said() { # text
	grep -qF -e "$1" "$LAB_DIR/scratch/said" || fail "not said: $1"
}

apply_watching() { # status option...
	local status=$1

	shift
	watching_policy >"$LAB_DIR/policy.pix"
	says "$status" lab_apply "$LAB_DIR/policy.pix" "$@"
}

cgroup_id() { # directory
	stat -c %i "$1"
}

# What the pinned links say of themselves: "CGROUP-ID PROGRAM-ID", one a line. The
# cgroup of one that was removed reads 0.
links() { # pin directory
	local pin

	for pin in "$1"/cgroups/*; do
		[ ! -e "$pin" ] ||
			bpftool -j link show pinned "$pin" | jq -r '"\(.cgroup_id) \(.prog_id)"'
	done
}

watched() { # pin directory
	links "$@" | cut -d ' ' -f 1
}

programs_on() { # cgroup name
	bpftool -j cgroup show "$1" | jq -r "map(select(.name == \"$2\") | .id) | join(\" \")"
}

id_of() { # kind pin
	bpftool -j "$1" show pinned "$LAB_PIN_DIR/$2" | jq .id
}

host_pins() {
	find "$LAB_PIN_DIR" \( -path '*/cgroups/*' -o -name 'host_*' \) \
		! -name host_state ! -name host_mode 2>/dev/null | sort
}

must_watch() { # directory
	must_be_equal "cgroups watched" "$(cgroup_id "$1")" "$(watched "$LAB_PIN_DIR")"
	must_be_equal "said to be watched" "true true $1" "$(lab_fwctl show ftp --json |
		jq -r '.host_mode | "\(.wanted) \(.on) \(.cgroup)"')"
}

must_not_watch() {
	must_be_equal "pins of host mode" "" "$(host_pins)"
	must_be_equal "said to be watched" "false false " "$(lab_fwctl show ftp --json |
		jq -r '.host_mode | "\(.wanted) \(.on) \(.cgroup)"')"
}

# By the ids of the kernel, which are never given twice.
identity() {
	echo "$(links "$LAB_PIN_DIR") $(id_of prog progs/host_sockops) $(id_of prog progs/host_msg)" \
		"$(id_of map maps/host_sessions) $(id_of map maps/host_socks)"
}

link_id() {
	bpftool -j link show pinned "$LAB_PIN_DIR/cgroups/$(cgroup_id "$CGROUPS")" | jq .id
}

without_it() {
	host_apply plain_policy
	must_not_watch
}

with_it() {
	apply_watching 0
	must_watch "$CGROUPS"
}

# By the stamp in host_mode what is pinned is of another build.
of_another_build() {
	local size

	size=$(bpftool -j map show pinned "$LAB_PIN_DIR/maps/host_mode" | jq .bytes_value)
	# shellcheck disable=SC2046 # words are wanted
	bpftool map update pinned "$LAB_PIN_DIR/maps/host_mode" key 0 0 0 0 value \
		7 $(bpftool -j map lookup pinned "$LAB_PIN_DIR/maps/host_mode" key 0 0 0 0 |
			jq -r ".value[1:$size] | join(\" \")")
}

load_others() {
	clang -O2 -g -target bpf "-I/usr/include/$(uname -m)-linux-gnu" \
		-c "$E2E_DIR/host_other.bpf.c" -o "$LAB_DIR/other.o"
	llvm-strip -g "$LAB_DIR/other.o"
	mkdir "$others"
	bpftool prog loadall "$LAB_DIR/other.o" "$others"
	gcc -shared -fPIC -D_GNU_SOURCE -O1 "$E2E_DIR/host_die.c" -o "$LAB_DIR/die.so"
}

watch_start() {
	host_start host
	own=$CGROUPS/pinhole-lab-$LAB_ID-watch
	others=/sys/fs/bpf/pinhole-lab-$LAB_ID-watch
	trap 'remove_all "$?"' EXIT
	mkdir -p "$own/one" "$own/two"
	load_others
}

remove_all() { # status
	(exit "$1") || true
	lab_destroy || true
	rm -rf "$others"
	lab_wait 5 rmdir "$own/one" "$own/two" "$own" 2>/dev/null || true
	exit "$1"
}
