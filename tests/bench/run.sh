#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh - forwarding rate of the firewall beside its peers, in one run.
#
# Every gateway stands in a lab of its own, all at the same time, so that the
# repeats can be interleaved: each round measures every row once, and what
# disturbs the machine meanwhile disturbs all rows. README.md says how to read
# the table.
#
# Environment: BENCH_ROUNDS (5), BENCH_SECONDS (0.7) per row and round,
# BENCH_FLOWS ("1 1000"), BENCH_CPU (the last one), BENCH_JSON (build/bench.json).

set -euo pipefail

bench_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lab/lab.sh
. "$bench_dir/../lab/lab.sh"

rounds=${BENCH_ROUNDS:-5}
seconds=${BENCH_SECONDS:-0.7}
read -ra flow_counts <<<"${BENCH_FLOWS:-1 1000}"
cpu=${BENCH_CPU:-$(taskset -cp $$ | sed 's/.*[ ,-]//')}
json=${BENCH_JSON:-$BUILD/bench.json}
program=$BUILD/tests/bench
firewalls=(pinhole-xdp pinhole-tc)
all_paths=(wire xdp-fib pinhole-xdp pinhole-tc kernel nftables)

die() {
	echo "bench: error: $*" >&2
	exit 1
}

lab_of() { # path
	echo "pinhole-$$-bench-$1"
}

pin_dir_of() { # path
	echo "/sys/fs/bpf/pinhole-lab-bench-$1-$$"
}

require() {
	local command

	[ "$(id -u)" -eq 0 ] || die "network namespaces and BPF need root"
	for command in ip nsenter ethtool nft jq taskset timeout; do
		command -v "$command" >/dev/null ||
			die "$command is missing: run 'make deps'"
	done
	[ -x "$LAB_FWCTL" ] || die "$LAB_FWCTL is missing: run 'make'"
	[ -x "$program" ] || die "$program is missing: run 'make bench'"
}

cleanup() {
	local status=$? path

	trap - EXIT INT TERM HUP
	for path in "${firewalls[@]}"; do
		unload "$path"
	done
	for path in "${all_paths[@]}"; do
		remove_lab "$(lab_of "$path")"
	done
	[ -z "${work:-}" ] || rm -rf "$work"
	exit "$status"
}

unload() { # path
	local pins

	pins=$(pin_dir_of "$1")
	[ -d "$pins" ] || return 0
	lab_run "$(lab_of "$1")-fw" timeout 20 "$LAB_FWCTL" unload --pin-dir "$pins" \
		>/dev/null || echo "bench: fwctl unload failed; removing its pins" >&2
	rm -rf "$pins"
}

remove_lab() { # prefix
	local side

	for side in outside inside fw; do
		[ -e "/run/netns/$1-$side" ] || continue
		lab_kill_namespace "$1-$side"
		ip netns del "$1-$side" || true
	done
}

# ---- the labs ----------------------------------------------------------------

mac_of() { # namespace device
	ip -n "$1" -json link show "$2" | jq -r '.[0].address'
}

# The far ends answer no ARP while a sink sits on them, and need not.
pin_neighbour() { # lab device side address...
	local lab=$1 device=$2 mac address

	mac=$(mac_of "$lab-$3" eth0)
	shift 3
	for address in "$@"; do
		ip -n "$lab-fw" neigh replace "$address" lladdr "$mac" dev "$device" \
			nud permanent
	done
}

make_gateway_lab() { # prefix
	local device

	LAB_FW=$1-fw LAB_OUTSIDE=$1-outside LAB_INSIDE=$1-inside
	LAB_OFFLOADS=off
	lab_make_network
	# A veth end takes redirected frames only while its peer has NAPI on.
	for device in out0 in0; do
		lab_fw ethtool -K "$device" gro on >/dev/null
	done
	pin_neighbour "$1" out0 outside "$LAB_OUTSIDE_HOST"
	pin_neighbour "$1" in0 inside "$LAB_REAL" "$LAB_INSIDE_OTHER"
	# Where the generator's flows come from (RFC 2544).
	ip -n "$LAB_FW" route add 198.18.0.0/15 via "$LAB_OUTSIDE_HOST"
}

make_wire_lab() { # prefix
	local side

	for side in outside inside; do
		ip netns add "$1-$side"
		lab_run "$1-$side" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	done
	ip link add eth0 netns "$1-outside" type veth peer name eth0 netns "$1-inside"
	for side in outside inside; do
		ip -n "$1-$side" link set eth0 up
		lab_run "$1-$side" ethtool -K eth0 gro on >/dev/null
	done
}

bench_policy() {
	cat "$bench_dir/../../tools/examples/ftp-behind-nat.pix"
	echo "access-list outside_in permit udp any host $LAB_MAPPED eq 5001"
	echo "access-list outside_in permit udp any host $LAB_INSIDE_OTHER eq 5001"
}

apply() { # path
	lab_run "$(lab_of "$1")-fw" timeout 60 "$LAB_FWCTL" apply "$work/policy.pix" \
		--mode "${1#pinhole-}" --pin-dir "$(pin_dir_of "$1")" \
		--map outside=out0 --map inside=in0 >"$work/apply.out" 2>&1 ||
		die "fwctl apply --mode ${1#pinhole-}: $(cat "$work/apply.out")"
}

make_labs() {
	local path

	LAB_REAL=10.0.0.10 LAB_MAPPED=203.0.113.10 LAB_NAT=server
	lab_choose_addresses
	bench_policy >"$work/policy.pix"
	make_wire_lab "$(lab_of wire)"
	for path in "${all_paths[@]}"; do
		[ "$path" = wire ] || make_gateway_lab "$(lab_of "$path")"
	done
	bench attach-fib xdp-fib
	for path in "${firewalls[@]}"; do
		apply "$path"
	done
	nft_run -f "$bench_dir/gateway.nft"
}

# ---- one row -----------------------------------------------------------------

bench() { # command path argument...
	timeout 60 "$program" "$1" --path "$2" --lab "$(lab_of "$2")" --cpu "$cpu" \
		--pin-dir "$(pin_dir_of "$2")" "${@:3}"
}

nft_run() {
	lab_run "$(lab_of nftables)-fw" nft "$@"
}

nft_packets() { # counter
	nft_run -j list counter ip bench "$1" |
		jq '.nftables[] | select(.counter) | .counter.packets'
}

# An answered flow must not be seen as new again, an unanswered one must be.
check_nftables() { # state new-before result
	local new=$(($(nft_packets new_outside) - $2)) delivered

	delivered=$(jq .delivered <<<"$3")
	[ "$(nft_packets denied)" -eq 0 ] || die "nftables denied frames of the bench"
	case $1 in
	answered) [ "$new" -eq 0 ] ;;
	unanswered) [ "$new" -ge "$delivered" ] ;;
	esac || die "nftables: $new of $delivered frames were judged as new, $1"
}

measure() { # round path flows nat|plain answered|unanswered
	local -a options=(--flows "$3")
	local new_before=0 result

	[ "$4" != nat ] || options+=(--nat)
	[ "$5" != unanswered ] || options+=(--unanswered)
	bench prime "$2" "${options[@]}" || exit 1
	[ "$2" != nftables ] || new_before=$(nft_packets new_outside)
	result=$(bench measure "$2" "${options[@]}" --seconds "$seconds") ||
		exit 1
	[ "$2" != nftables ] || check_nftables "$5" "$new_before" "$result"
	jq -c --argjson round "$1" '{round: $round} + .' <<<"$result" >>"$work/results"
}

# All rows of one round. The unanswered ones only with the most flows.
measure_all() { # round
	local flows path

	for flows in "${flow_counts[@]}"; do
		for path in wire xdp-fib kernel; do
			measure "$1" "$path" "$flows" plain answered
		done
		for path in pinhole-xdp pinhole-tc nftables; do
			measure "$1" "$path" "$flows" plain answered
			measure "$1" "$path" "$flows" nat answered
		done
	done
	for path in pinhole-xdp pinhole-tc nftables; do
		measure "$1" "$path" "$flows" nat unanswered
	done
}

# ---- the report ----------------------------------------------------------------

describe_machine() {
	local top=$LAB_SOURCE_DIR

	jq -n --arg kernel "$(uname -r)" \
		--arg cpu "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
		--argjson cores "$(nproc)" \
		--argjson used_cpu "$cpu" \
		--arg commit "$(git -C "$top" describe --always --dirty 2>/dev/null || echo unknown)" \
		--arg pinhole "$("$LAB_FWCTL" --version 2>/dev/null | head -n 1)" \
		--arg nft "$(nft --version)" \
		--arg clang "$(clang --version | head -n 1)" \
		--arg date "$(date -u +%FT%TZ)" \
		--arg load "$(cut -d' ' -f1 /proc/loadavg)" \
		--argjson rounds "$rounds" --arg seconds "$seconds" \
		'{date: $date, commit: $commit, kernel: $kernel, cpu: $cpu, cores: $cores,
		  used_cpu: $used_cpu, load_before: ($load | tonumber),
		  versions: {pinhole: $pinhole, nftables: $nft, clang: $clang},
		  frame_bytes: 64, rounds: $rounds, seconds: ($seconds | tonumber)}'
}

report() {
	mkdir -p "$(dirname "$json")"
	jq -s --slurpfile machine "$work/machine.json" -f "$bench_dir/summary.jq" \
		"$work/results" >"$json.tmp"
	mv "$json.tmp" "$json"
	jq -r -f "$bench_dir/table.jq" "$json"
	echo "bench: written to $json"
}

main() {
	local round

	require
	lab_sweep
	work=$(mktemp -d /tmp/pinhole-bench.XXXXXX)
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	describe_machine >"$work/machine.json"
	make_labs
	for ((round = 1; round <= rounds; round++)); do
		echo "bench: round $round of $rounds" >&2
		measure_all "$round"
	done
	report
}

main
