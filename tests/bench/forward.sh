#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# forward.sh - frames of 64 bytes a second through a gateway, of flows that it knows.
#
# Environment: BENCH_FLOWS ("1 1000 100000"), BENCH_FAMILIES ("4 6"), and
# that of run.sh.

set -euo pipefail
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ -z "${BENCH_QUICK:-}" ] || : "${BENCH_FLOWS:=1 1000}"
read -ra flow_counts <<<"${BENCH_FLOWS:-1 1000 100000}"
read -ra families <<<"${BENCH_FAMILIES:-4 6}"
stateless=(wire xdp-fib kernel)
stateful=(pinhole-xdp pinhole-tc nftables iptables)
most=0
declare -A primed=()

for flows in "${flow_counts[@]}"; do
	[ "$flows" -le "$most" ] || most=$flows
done

seen_as_new() { # gateway family
	case $1 in
	nftables) nft_packets new_outside ;;
	iptables) iptables_new iptables "$2" ;;
	*) echo 0 ;;
	esac
}

# An answered flow must not be seen as new again, an unanswered one must be.
check_peer() { # gateway state new delivered
	case $1 in
	nftables) [ "$(nft_packets denied)" -eq 0 ] || die "nftables denied frames of the bench" ;;
	iptables) ;;
	*) return 0 ;;
	esac
	case $2 in
	answered) [ "$3" -eq 0 ] ;;
	unanswered) [ "$3" -ge "$4" ] ;;
	esac || die "$1: $3 of $4 frames were judged as new, $2"
}

measure() { # gateway family flows nat|plain answered|unanswered [train]
	local -a options=(--family "$2" --flows "$3")
	local new result nat=false key="$1 $2 $3 $4 $5" train=""

	[ "$4" != nat ] || options+=(--nat) nat=true
	[ "$5" != unanswered ] || options+=(--unanswered)
	# What has been answered is remembered; nothing expires. The stateless forget it all.
	if [[ " ${stateless[*]} " = *" $1 "* ]]; then
		:
	elif [ "$5" = unanswered ] || [ -z "${primed[$key]:-}" ]; then
		bench prime "$1" "${options[@]}" || exit 1
		primed[$key]=yes
	fi
	new=$(seen_as_new "$1" "$2")
	[ -z "${6:-}" ] || options+=(--train "$6") train=",\"train\":$6"
	result=$(bench measure "$1" "${options[@]}" --seconds "$seconds") || exit 1
	check_peer "$1" "$5" $(($(seen_as_new "$1" "$2") - new)) "$(jq .delivered <<<"$result")"
	record "$1" "{\"family\":$2,\"flows\":$3,\"nat\":$nat,\"state\":\"$5\"$train}" rate pps more \
		"$(jq .pps <<<"$result")"
}

measure_flows() { # family flows
	local gateway

	for gateway in "${stateless[@]}"; do
		measure "$gateway" "$1" "$2" plain answered
	done
	for gateway in "${stateful[@]}"; do
		measure "$gateway" "$1" "$2" plain answered
		# A million flows a second time, translated, are for one family.
		if [ "$1" = 4 ] || [ "$2" -le 100000 ]; then
			measure "$gateway" "$1" "$2" nat answered
		fi
	done
}

round() {
	local family flows gateway

	for flows in "${flow_counts[@]}"; do
		for family in "${families[@]}"; do
			measure_flows "$family" "$flows"
		done
	done
	for gateway in "${stateful[@]}"; do
		[ "$most" -gt 100000 ] || measure "$gateway" 4 1000 nat unanswered
		# As many flows, of which each packet finds in the cache what the one before it
		# has brought there.
		[ "$most" -le 1000 ] || measure "$gateway" 4 "$most" plain answered 32
	done
}

bench_begin forward
if [ "$most" -gt 100000 ]; then
	pinhole_sizes=(--max-connections 4194304)
	conntrack_grow 8388608
else # all cases of a round at the same time
	conntrack_grow 1048576
fi
make_gateways "${stateless[@]}" "${stateful[@]}"
bench_rounds round
bench_report
