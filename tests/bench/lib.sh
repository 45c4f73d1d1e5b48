#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lib.sh - labs for gateways, one measurement after the other, and their record.
#
# Why it exists: each section of the bench asks something else of the same
# gateways in the same labs. A section names its gateways, says what one round
# measures, and records figures; what is of no section is here.
#
# Who may source it: the scripts of tests/bench, under set -euo pipefail.
#
# Every gateway stands in a lab of its own (tests/lab), all at the same time, so
# that repeats are interleaved: each round measures everything once, and what
# disturbs the machine meanwhile disturbs all rows.

bench_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lab/lab.sh
. "$bench_dir/../lab/lab.sh"
# shellcheck source=tests/bench/policy.sh
. "$bench_dir/policy.sh"

if [ -n "${BENCH_QUICK:-}" ]; then
	: "${BENCH_ROUNDS:=1}" "${BENCH_SECONDS:=0.2}"
fi
rounds=${BENCH_ROUNDS:-5}
# shellcheck disable=SC2034 # read by the sections
seconds=${BENCH_SECONDS:-0.7}
cpu=${BENCH_CPU:-$(taskset -cp $$ | sed 's/.*[ ,-]//')}
program=$BUILD/tests/bench
bench_gateways=()

die() {
	echo "bench: error: $*" >&2
	exit 1
}

lab_of() { # gateway
	echo "pinhole-$$-bench-$1"
}

pin_dir_of() { # gateway
	echo "/sys/fs/bpf/pinhole-lab-bench-$1-$$"
}

# bench_begin SECTION: the record, and that nothing stays behind.
bench_begin() {
	local command

	section=$1
	[ "$(id -u)" -eq 0 ] || die "network namespaces and BPF need root"
	for command in ip nsenter ethtool nft jq taskset timeout; do
		command -v "$command" >/dev/null ||
			die "$command is missing: run 'make deps'"
	done
	[ -x "$LAB_FWCTL" ] || die "$LAB_FWCTL is missing: run 'make'"
	[ -x "$program" ] || die "$program is missing: run 'make bench'"
	lab_sweep
	LAB_DIR=$(mktemp -d "/tmp/pinhole-lab-$$.XXXXXX")
	chmod 755 "$LAB_DIR"
	mkdir "$LAB_DIR"/{run,log,home}
	results=${BENCH_RESULTS:-$LAB_DIR/results}
	trap bench_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	# shellcheck disable=SC2034 # read by the lab
	LAB_REAL=10.0.0.10 LAB_MAPPED=203.0.113.10 LAB_NAT=server LAB_IPV6=yes
	: "${LAB_OFFLOADS:=off}"
	lab_choose_addresses
}

bench_end() {
	local status=$?

	trap - EXIT INT TERM HUP
	remove_gateways
	conntrack_restore
	rm -rf "$LAB_DIR"
	exit "$status"
}

remove_gateways() {
	local gateway

	for gateway in "${bench_gateways[@]}"; do
		unload "$gateway"
		remove_lab "$(lab_of "$gateway")"
	done
	bench_gateways=()
}

unload() { # gateway
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

# ---- the record ----------------------------------------------------------------

# record GATEWAY CASE METRIC UNIT less|more VALUE: CASE is a JSON object that says
# what was asked of the gateway; less or more is better.
record() {
	printf '{"section":"%s","gateway":"%s","case":%s,"metric":"%s","unit":"%s","better":"%s","value":%s,"round":%s}\n' \
		"$section" "$1" "$2" "$3" "$4" "$5" "$6" "${round:-0}" >>"$results"
}

# bench_rounds COMMAND: calls it once a round.
bench_rounds() {
	local round

	for ((round = 1; round <= rounds; round++)); do
		echo "bench: $section: round $round of $rounds" >&2
		"$1" "$round"
	done
}

# A section that was started by hand shows its own figures.
bench_report() {
	[ -n "${BENCH_RESULTS:-}" ] || "$bench_dir/report.py" table "$results"
}

# ---- conntrack -----------------------------------------------------------------

# Of all network namespaces, so the machine's is borrowed: as many buckets as entries,
# as the kernel's own defaults are in proportion. Without that a million flows do not fit.
conntrack_sizes=()

conntrack_grow() { # entries
	local max buckets

	max=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
	buckets=$(cat /proc/sys/net/netfilter/nf_conntrack_buckets)
	[ "$max" -lt "$1" ] || return 0
	conntrack_sizes=("$max" "$buckets")
	if ! sysctl -qw "net.netfilter.nf_conntrack_buckets=$1" "net.netfilter.nf_conntrack_max=$1"; then
		die "conntrack cannot be made to hold $1 flows"
	fi
}

conntrack_restore() {
	[ ${#conntrack_sizes[@]} -eq 2 ] || return 0
	sysctl -qw "net.netfilter.nf_conntrack_max=${conntrack_sizes[0]}" \
		"net.netfilter.nf_conntrack_buckets=${conntrack_sizes[1]}" || true
	conntrack_sizes=()
}

# ---- labs ----------------------------------------------------------------------

# Makes the LAB_* names those of one gateway's lab.
enter() { # gateway
	LAB_FW=$(lab_of "$1")-fw
	LAB_OUTSIDE=$(lab_of "$1")-outside
	LAB_INSIDE=$(lab_of "$1")-inside
}

mac_of() { # namespace device
	ip -n "$1" -json link show "$2" | jq -r '.[0].address'
}

# The far ends answer no ARP while a sink sits on them, and need not.
pin_neighbours() { # lab device side address...
	local lab=$1 device=$2 mac address

	mac=$(mac_of "$lab-$3" eth0)
	shift 3
	for address in "$@"; do
		echo "neigh replace $address lladdr $mac dev $device nud permanent"
	done | ip -n "$lab-fw" -batch -
}

# A veth end takes redirected frames only while its peer has NAPI on.
gateway_gro=on

set_gateway_gro() { # gateway on|off
	local device

	enter "$1"
	for device in out0 in0; do
		lab_fw ethtool -K "$device" gro "$2" >/dev/null
	done
}

make_gateway_lab() { # gateway
	enter "$1"
	lab_make_network
	set_gateway_gro "$1" "$gateway_gro"
	pin_neighbours "$(lab_of "$1")" out0 outside "$LAB_OUTSIDE_HOST" "$LAB_OUTSIDE_HOST6"
	pin_neighbours "$(lab_of "$1")" in0 inside "$LAB_REAL" "$LAB_INSIDE_OTHER" \
		"$LAB_REAL6" "$LAB_INSIDE_OTHER6"
	# Where the generator's flows come from: RFC 2544, RFC 5180, and the lists'.
	ip -n "$LAB_FW" route add 198.18.0.0/15 via "$LAB_OUTSIDE_HOST"
	ip -n "$LAB_FW" route add 20.0.0.0/6 via "$LAB_OUTSIDE_HOST"
	ip -n "$LAB_FW" -6 route add 2001:2::/48 via "$LAB_OUTSIDE_HOST6"
	# Pinhole answers for mapped addresses by itself; the others are told to.
	case $1 in
	pinhole*) ;;
	*)
		lab_fw ip address add "$LAB_MAPPED/32" dev out0
		lab_fw ip address add "$LAB_MAPPED6/128" dev out0 nodad
		lab_fw sysctl -qw net.ipv6.conf.all.forwarding=1
		;;
	esac
}

# Outside and inside on one wire, with the addresses that are dialled.
make_wire_lab() { # gateway
	local side

	enter "$1"
	lab_make_namespace "$LAB_OUTSIDE"
	lab_make_namespace "$LAB_INSIDE"
	ip link add eth0 netns "$LAB_OUTSIDE" type veth peer name eth0 netns "$LAB_INSIDE"
	lab_add_address "$LAB_OUTSIDE" eth0 "$LAB_OUTSIDE_HOST" "$LAB_OUTSIDE_HOST6"
	lab_add_address "$LAB_INSIDE" eth0 "$LAB_MAPPED" "$LAB_MAPPED6"
	lab_set_offloads "$LAB_OFFLOADS"
	for side in "$LAB_OUTSIDE" "$LAB_INSIDE"; do
		lab_run "$side" ethtool -K eth0 gro on >/dev/null
	done
}

# Pinhole's tables where the section needs other sizes than the machine's memory gives.
pinhole_sizes=()

apply() { # gateway policy
	local mode=${1#pinhole-}

	timeout 60 nsenter --net="/run/netns/$(lab_of "$1")-fw" -- "$LAB_FWCTL" apply "$2" \
		--mode "$mode" --pin-dir "$(pin_dir_of "$1")" --map outside=out0 \
		--map inside=in0 "${pinhole_sizes[@]}" >"$LAB_DIR/log/apply" 2>&1 ||
		die "fwctl apply --mode $mode: $(cat "$LAB_DIR/log/apply")"
}

pinhole() { # gateway subcommand...
	local gateway=$1

	shift
	lab_run "$(lab_of "$gateway")-fw" timeout 20 "$LAB_FWCTL" "$@" \
		--pin-dir "$(pin_dir_of "$gateway")"
}

start_gateway() { # gateway
	case $1 in
	wire | kernel) ;;
	xdp-fib) bench attach-fib "$1" ;;
	pinhole-*)
		bench_policy "" >"$LAB_DIR/policy.pix"
		apply "$1" "$LAB_DIR/policy.pix"
		;;
	nftables | nftables-xdp)
		lab_fw nft -f "$bench_dir/gateway.nft"
		conntrack_lasts
		[ "$1" = nftables ] || attach_pass
		;;
	iptables | ipset)
		bench_iptables 4 | lab_fw iptables-legacy-restore
		bench_iptables 6 | lab_fw ip6tables-legacy-restore
		conntrack_lasts
		;;
	*) die "no gateway '$1'" ;;
	esac
}

# Of nftables behind XDP: a program that lets everything pass.
attach_pass() {
	local device

	for device in out0 in0; do
		lab_fw ip link set dev "$device" xdp object "$BUILD/bpf/bench/pass.bpf.o" section xdp
	done
}

# No flow is forgotten during a run, as in the policy for Pinhole.
conntrack_lasts() {
	lab_fw sysctl -qw net.netfilter.nf_conntrack_udp_timeout=43200 \
		net.netfilter.nf_conntrack_udp_timeout_stream=43200
}

# make_gateways GATEWAY...: each in its lab, at work.
make_gateways() {
	local gateway

	for gateway in "$@"; do
		case $gateway in
		iptables | ipset)
			command -v iptables-legacy-restore >/dev/null ||
				die "iptables-legacy is missing: run 'make deps-bench'"
			;;
		esac
		bench_gateways+=("$gateway")
		if [ "$gateway" = wire ]; then
			make_wire_lab "$gateway"
		else
			make_gateway_lab "$gateway"
		fi
		start_gateway "$gateway"
	done
}

# What the program calls a gateway: all that is made of conntrack and rules of
# iptables is one to it.
path_of() { # gateway
	case $1 in
	ipset) echo iptables ;;
	nftables-xdp) echo nftables ;;
	*) echo "$1" ;;
	esac
}

bench() { # command gateway argument...
	timeout 120 "$program" "$1" --path "$(path_of "$2")" --lab "$(lab_of "$2")" \
		--cpu "$cpu" --pin-dir "$(pin_dir_of "$2")" "${@:3}"
}

nft_packets() { # counter
	nsenter --net="/run/netns/$(lab_of nftables)-fw" -- nft -j list counter inet bench "$1" |
		jq '.nftables[] | select(.counter) | .counter.packets'
}

# What was translated, or carried at all, was so by the gateway of the row.
check_paths() {
	local gateway

	for gateway in "${bench_gateways[@]}"; do
		case $gateway in
		pinhole-*)
			pinhole "$gateway" show interface --json |
				jq -e --arg mode "${gateway#pinhole-}" \
					'all(.interfaces[]; .mode == $mode and .tx_packets > 100)' >/dev/null ||
				die "$gateway did not forward the packets"
			;;
		nftables) [ "$(nft_packets denied)" -eq 0 ] || die "nftables denied packets of the bench" ;;
		esac
	done
}

# Packets that the rule of chain FORWARD for new ones has seen.
iptables_new() { # gateway 4|6
	local tool=iptables-legacy

	[ "$2" = 4 ] || tool=ip6tables-legacy
	lab_run "$(lab_of "$1")-fw" "$tool" -nvxL FORWARD | awk '$3 == "OUTSIDE" { print $1 }'
}
