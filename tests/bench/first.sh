#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# first.sh - packets a second of which each begins a flow, against access lists of
# 10 to 100,000 lines.
#
# The list's lines permit one packet in one line each (frames.h), in turn, so that a
# gateway which reads them one after the other reads half of them on average.
#
#   nftables-lines   a rule for each line
#   nftables-set     one concatenated set with intervals: its best form
#   iptables         a rule for each line
#   ipset            hash:ip,port,net and one rule
#
# Environment: BENCH_LINES ("10 100 1000 10000 100000"), BENCH_MAX_RULES (10000: of
# the gateways that read one rule after the other), and that of run.sh.

set -euo pipefail
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ -z "${BENCH_QUICK:-}" ] || : "${BENCH_LINES:=10 1000}"
read -ra sizes <<<"${BENCH_LINES:-10 100 1000 10000 100000}"
max_rules=${BENCH_MAX_RULES:-10000}

lines() { # count format name
	"$program" lines --lines "$1" --format "$2" --name "$3"
}

inside_hosts() {
	seq -f '10.0.0.%.0f' 30 229
}

# All sizes at once; one of them is chosen at a time.
fill_nftables() {
	local size

	{
		echo "table inet bench {"
		for size in "${sizes[@]}"; do
			printf 'set set_%s {\ntype ipv4_addr . ipv4_addr . inet_service\nflags interval\nelements = {\n' "$size"
			lines "$size" nft-set _
			printf '}\n}\nchain set_rule_%s {\nip saddr . ip daddr . udp dport @set_%s counter name new_outside accept\n}\n' \
				"$size" "$size"
			[ "$size" -le "$max_rules" ] || continue
			printf 'chain rules_%s {\n' "$size"
			lines "$size" nft _
			echo "}"
		done
		echo "}"
	} >"$LAB_DIR/list.nft"
	enter nftables
	lab_fw timeout 120 nft -f "$LAB_DIR/list.nft" || die "nft refused its lists"
}

fill_iptables() {
	local size

	{
		echo "*filter"
		for size in "${sizes[@]}"; do
			[ "$size" -le "$max_rules" ] || continue
			echo ":RULES_$size -"
			lines "$size" iptables "RULES_$size"
		done
		echo COMMIT
	} >"$LAB_DIR/list.ipt"
	enter iptables
	lab_fw iptables-legacy-restore --noflush "$LAB_DIR/list.ipt"
}

fill_ipset() {
	local size

	for size in "${sizes[@]}"; do
		echo "create set_$size hash:ip,port,net maxelem $((size * 2)) hashsize $size"
		lines "$size" ipset "set_$size"
	done >"$LAB_DIR/list.ipset"
	enter ipset
	lab_fw ipset restore <"$LAB_DIR/list.ipset"
}

write_policies() {
	local size

	for size in "${sizes[@]}"; do
		lines "$size" pix outside_in >"$LAB_DIR/list.pix"
		bench_policy "$LAB_DIR/list.pix" >"$LAB_DIR/policy-$size.pix"
	done
}

# choose ROW LINES: from now on the gateway judges by that list.
choose() {
	case $1 in
	pinhole-*) apply "$1" "$LAB_DIR/policy-$2.pix" ;;
	nftables-lines) choose_chain "rules_$2" ;;
	nftables-set) choose_chain "set_rule_$2" ;;
	iptables)
		enter iptables
		printf '*filter\n-F LIST\n-A LIST -j RULES_%s\nCOMMIT\n' "$2" |
			lab_fw iptables-legacy-restore --noflush
		;;
	ipset)
		enter ipset
		printf '*filter\n-F LIST\n-A LIST -m set --match-set set_%s dst,dst,src -j ACCEPT\nCOMMIT\n' "$2" |
			lab_fw iptables-legacy-restore --noflush
		;;
	esac
}

choose_chain() { # chain
	enter nftables
	printf 'flush chain inet bench lines\nadd rule inet bench lines goto %s\n' "$1" |
		lab_fw timeout 60 nft -f -
}

gateway_of() { # row
	case $1 in
	nftables-*) echo nftables ;;
	*) echo "$1" ;;
	esac
}

# Flows that conntrack has: as many as packets that came through, or some were not first.
check_flows() { # gateway delivered
	local flows

	case $1 in
	pinhole-*) return 0 ;; # evidence.c has looked
	esac
	flows=$(lab_run "$(lab_of "$1")-fw" sysctl -n net.netfilter.nf_conntrack_count)
	[ "$flows" -ge "$2" ] || die "$1: $flows flows for $2 packets: not each was a first one"
}

measure() { # row lines
	local gateway result

	gateway=$(gateway_of "$1")
	choose "$1" "$2"
	case $gateway in
	pinhole-*) ;;
	*) bench flush "$gateway" ;;
	esac
	result=$(bench measure "$gateway" --first --lines "$2" --seconds "$seconds") || exit 1
	check_flows "$gateway" "$(jq .delivered <<<"$result")"
	record "$1" "{\"lines\":$2}" rate pps more "$(jq .pps <<<"$result")"
}

round() {
	local size row

	for size in "${sizes[@]}"; do
		for row in pinhole-xdp pinhole-tc nftables-set ipset; do
			measure "$row" "$size"
		done
		[ "$size" -le "$max_rules" ] || continue
		for row in nftables-lines iptables; do
			measure "$row" "$size"
		done
	done
}

bench_begin first
conntrack_grow 4194304
make_gateways pinhole-xdp pinhole-tc nftables iptables ipset
for gateway in "${bench_gateways[@]}"; do
	mapfile -t hosts < <(inside_hosts)
	pin_neighbours "$(lab_of "$gateway")" in0 inside "${hosts[@]}"
done
write_policies
fill_nftables
fill_iptables
fill_ipset
bench_rounds round
bench_report
