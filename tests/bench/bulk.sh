#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bulk.sh - bulk TCP through TC mode beside kernel forwarding and nftables.
#
# Why it exists: `make bench` counts small frames. Where a virtual device hands
# over segments of up to 64 KB, a gateway that breaks them up costs far more
# than its own work; this shows whether Pinhole's TC mode does.
#
#   iperf3 inside --veth--> [ gateway ] --veth--> iperf3 outside
#
# One lab per gateway, all standing at once, offloads on, MTU 1500. Each round
# measures every row once, so that what disturbs the machine disturbs all rows;
# a row is the median of its rounds. "NAT yes": from the translated host.
# "packet": mean size of what the gateway's inbound device received, in bytes.
# Everything shares the machine's CPUs: read ratios, not figures.
#
# Environment: BULK_ROUNDS (5), BULK_SECONDS (1.1) per row and round,
# BULK_STREAMS ("1 8").

set -euo pipefail

bench_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lab/lab.sh
. "$bench_dir/../lab/lab.sh"

rounds=${BULK_ROUNDS:-5}
seconds=${BULK_SECONDS:-1.1}
read -ra stream_counts <<<"${BULK_STREAMS:-1 8}"
gateways=(kernel nftables pinhole)
pins=/sys/fs/bpf/pinhole-lab-bulk-$$
port=5201

die() {
	echo "bulk: error: $*" >&2
	exit 1
}

# Makes the LAB_* names those of one gateway's lab.
enter() { # gateway
	LAB_FW=pinhole-$$-bulk-$1-fw
	LAB_OUTSIDE=pinhole-$$-bulk-$1-outside
	LAB_INSIDE=pinhole-$$-bulk-$1-inside
}

cleanup() {
	local status=$? gateway namespace

	trap - EXIT INT TERM HUP
	enter pinhole
	if [ -d "$pins" ]; then
		pinhole unload >/dev/null || echo "bulk: fwctl unload failed" >&2
		rm -rf "$pins"
	fi
	for gateway in "${gateways[@]}"; do
		enter "$gateway"
		for namespace in "$LAB_OUTSIDE" "$LAB_INSIDE" "$LAB_FW"; do
			[ -e "/run/netns/$namespace" ] || continue
			lab_kill_namespace "$namespace"
			ip netns del "$namespace" || true
		done
	done
	[ -z "${LAB_DIR:-}" ] || rm -rf "$LAB_DIR"
	exit "$status"
}

pinhole() { # subcommand...
	lab_fw timeout 20 "$LAB_FWCTL" "$@" --pin-dir "$pins"
}

make_lab() { # gateway
	enter "$1"
	lab_make_network
	lab_spawn "iperf-$1" "$LAB_OUTSIDE" iperf3 --server --port "$port"
	lab_wait 5 lab_is_listening "$LAB_OUTSIDE" "$port" || die "iperf3 does not listen"
	case $1 in
	nftables)
		lab_fw nft -f "$bench_dir/gateway.nft"
		lab_fw ip address add "$LAB_MAPPED/32" dev out0 # so that ARP is answered
		;;
	pinhole)
		pinhole apply "$LAB_SOURCE_DIR/tools/examples/ftp-behind-nat.pix" --mode tc \
			--map outside=out0 --map inside=in0 >"$LAB_DIR/apply" 2>&1 ||
			die "fwctl apply: $(cat "$LAB_DIR/apply")"
		;;
	esac
}

received() { # packets|bytes: by the gateway from inside
	lab_fw cat "/sys/class/net/in0/statistics/rx_$1" 2>/dev/null ||
		lab_fw ip -j -s link show dev in0 | jq ".[0].stats64.rx.$1"
}

# Appends {gateway, nat, streams, gbit, packet} to the results.
measure() { # gateway nat|plain streams
	local source=$LAB_INSIDE_OTHER packets bytes log=$LAB_DIR/iperf

	[ "$2" = plain ] || source=$LAB_REAL
	enter "$1"
	packets=$(received packets)
	bytes=$(received bytes)
	lab_inside timeout 20 iperf3 --client "$LAB_OUTSIDE_HOST" --port "$port" \
		--bind "$source" --parallel "$3" --time "$seconds" --omit 0 --json >"$log" ||
		die "$1: iperf3: $(jq -r .error "$log")"
	packets=$(($(received packets) - packets))
	bytes=$(($(received bytes) - bytes))
	jq -c --arg gateway "$1" --arg nat "$2" --argjson streams "$3" \
		--argjson packet "$((bytes / packets))" \
		'{$gateway, $nat, $streams, $packet, gbit: (.end.sum_received.bits_per_second / 1e9)}' \
		"$log" >>"$LAB_DIR/results"
}

# What was translated, or carried at all, was so by the gateway of the row.
check_paths() {
	enter pinhole
	pinhole show interface --json |
		jq -e 'all(.interfaces[]; .mode == "tc" and .tx_packets > 1000)' >/dev/null ||
		die "Pinhole did not forward the packets"
	enter nftables
	[ "$(lab_fw nft -j list counter ip bench denied |
		jq '.nftables[] | select(.counter) | .counter.packets')" -eq 0 ] ||
		die "nftables denied packets of the bench"
}

round() {
	local streams

	for streams in "${stream_counts[@]}"; do
		measure kernel plain "$streams"
		measure nftables plain "$streams"
		measure pinhole plain "$streams"
		measure nftables nat "$streams"
		measure pinhole nat "$streams"
	done
}

table() {
	jq -rs '
	def median: sort | .[length / 2 | floor];
	def two: . * 100 | round / 100 | tostring;
	[group_by([.streams, .nat, .gateway])[] |
		.[0] + {gbit: (map(.gbit) | median), packet: (map(.packet) | median)}] as $rows |
	(["gateway", "NAT", "streams", "Gbit/s", "packet", "to kernel", "to nftables"] | @tsv),
	($rows | sort_by(.streams, .nat == "nat", .gateway)[] | . as $row |
		($rows[] | select(.gateway == "kernel" and .streams == $row.streams)) as $kernel |
		($rows[] | select(.gateway == "nftables" and .streams == $row.streams and
			.nat == $row.nat)) as $nftables |
		[.gateway, (if .nat == "nat" then "yes" else "no" end), .streams,
			(.gbit | two), .packet, (.gbit / $kernel.gbit | two),
			(.gbit / $nftables.gbit | two)] | @tsv)' "$LAB_DIR/results" |
		column -t -s $'\t'
}

main() {
	local i gateway

	lab_require
	command -v iperf3 >/dev/null || die "iperf3 is missing: run 'make deps'"
	lab_sweep
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	# shellcheck disable=SC2034 # read by lab.sh
	LAB_REAL=10.0.0.10 LAB_MAPPED=203.0.113.10 LAB_NAT=server LAB_OFFLOADS=on
	LAB_DIR=$(mktemp -d "/tmp/pinhole-lab-$$.XXXXXX")
	mkdir "$LAB_DIR"/{run,log,home}
	lab_choose_addresses
	for gateway in "${gateways[@]}"; do
		make_lab "$gateway"
	done
	for ((i = 1; i <= rounds; i++)); do
		round
	done
	check_paths
	table
}

main
