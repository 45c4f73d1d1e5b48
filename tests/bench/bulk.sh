#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bulk.sh - bulk TCP, MTU 1500, with the ends' offloads on and off.
#
#   iperf3 inside --veth--> [ gateway ] --veth--> iperf3 outside
#
# On: a virtual device hands over segments of up to 64 KB with unfinished checksums;
# a gateway that breaks them up costs far more than its own work. Native XDP is left
# out there: it would see these checksums. Off: every packet is one of the wire.
# "packet": mean size of what the gateway's inbound device received, in bytes. Both
# ends and the gateway share the machine's CPUs: read ratios, not figures.
#
# Environment: BENCH_BULK_SECONDS (1; whole ones) per row and round, BENCH_STREAMS ("1 8"), and
# that of run.sh.

set -euo pipefail
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

bulk_seconds=${BENCH_BULK_SECONDS:-1}
read -ra stream_counts <<<"${BENCH_STREAMS:-1 8}"
port=5201

received() { # packets|bytes: by the gateway from inside
	lab_fw ip -j -s link show dev in0 | jq ".[0].stats64.rx.$1"
}

measure() { # gateway nat|plain streams
	local source=$LAB_INSIDE_OTHER nat=false packets bytes log=$LAB_DIR/log/iperf case

	[ "$2" = plain ] || source=$LAB_REAL nat=true
	enter "$1"
	packets=$(received packets)
	bytes=$(received bytes)
	lab_inside timeout 30 iperf3 --client "$LAB_OUTSIDE_HOST" --port "$port" \
		--bind "$source" --parallel "$3" --time "$bulk_seconds" --omit 0 --json >"$log" ||
		die "$1: iperf3: $(jq -r .error "$log")"
	packets=$(($(received packets) - packets))
	bytes=$(($(received bytes) - bytes))
	case="{\"offloads\":\"offloads $LAB_OFFLOADS\",\"streams\":$3,\"nat\":$nat}"
	record "$1" "$case" throughput Gbit/s more \
		"$(jq '.end.sum_received.bits_per_second / 1e9' "$log")"
	record "$1" "$case" packet bytes more $((bytes / packets))
}

round() {
	local streams gateway

	for streams in "${stream_counts[@]}"; do
		for gateway in "${bench_gateways[@]}"; do
			measure "$gateway" plain "$streams"
			[ "$gateway" = kernel ] || measure "$gateway" nat "$streams"
		done
	done
}

# suite on|off GATEWAY...
suite() {
	local gateway

	LAB_OFFLOADS=$1
	shift
	# shellcheck disable=SC2034 # read by lib.sh
	gateway_gro=off
	make_gateways "$@"
	for gateway in "$@"; do
		enter "$gateway"
		lab_spawn "iperf-$gateway" "$LAB_OUTSIDE" iperf3 --server --port "$port"
		lab_wait 5 lab_is_listening "$LAB_OUTSIDE" "$port" ||
			die "iperf3 does not listen"
	done
	bench_rounds round
	check_paths
	remove_gateways
}

bench_begin bulk
command -v iperf3 >/dev/null || die "iperf3 is missing: run 'make deps'"
suite on kernel nftables iptables pinhole-tc
suite off kernel nftables iptables pinhole-tc pinhole-xdp
bench_report
