#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# sockets.sh - TCP connections a second, and the way of a datagram there and back,
# between real sockets (sockets.c).
#
# latency: the datagram's way there and back. "nat": to the translated host, which is
# dialled on the wire, too, where nobody translates.

set -euo pipefail
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

gateways=(wire kernel pinhole-xdp pinhole-tc nftables iptables)

latency() { # gateway nat|plain
	local -a options=()
	local result nat=false name

	[ "$2" != nat ] || options+=(--nat) nat=true
	[ "$1" != wire ] || nat=false
	result=$(bench ping-pong "$1" "${options[@]}" --seconds "$seconds") || exit 1
	section=latency
	for name in p50 p90 p99 p999; do
		record "$1" "{\"nat\":$nat}" "round trip $name" ns less "$(jq ".${name}_ns" <<<"$result")"
	done
}

connect() { # gateway nat|plain
	local -a options=()
	local result nat=false

	[ "$2" != nat ] || options+=(--nat) nat=true
	[ "$1" != wire ] || nat=false
	result=$(bench connect "$1" "${options[@]}" --seconds "$seconds") || exit 1
	section=connect
	record "$1" "{\"nat\":$nat}" "TCP connections" per_second more \
		"$(jq .per_second <<<"$result")"
}

round() {
	local gateway

	for gateway in "${gateways[@]}"; do
		case $gateway in
		kernel)
			latency "$gateway" plain
			connect "$gateway" plain
			;;
		wire)
			latency "$gateway" nat
			connect "$gateway" nat
			;;
		*)
			latency "$gateway" plain
			latency "$gateway" nat
			connect "$gateway" plain
			connect "$gateway" nat
			;;
		esac
	done
}

bench_begin sockets
make_gateways "${gateways[@]}"
bench_rounds round
bench_report
