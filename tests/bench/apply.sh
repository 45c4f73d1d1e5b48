#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# apply.sh - time and memory that a policy of so many lines takes from its file until
# it is in force.
#
# "replace": all lines of the list become others. "edit": one line in the middle comes
# or goes. "first": nothing is loaded, not even Pinhole's programs. Memory is the
# program's own at its most (ru_maxrss), not what the kernel holds afterwards.
#
# Environment: BENCH_LINES ("10 100 1000 10000 100000"), and that of run.sh.

set -euo pipefail
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ -z "${BENCH_QUICK:-}" ] || : "${BENCH_LINES:=10 1000}"
read -ra sizes <<<"${BENCH_LINES:-10 100 1000 10000 100000}"
gateways=(pinhole-xdp nftables iptables ipset)
LIMIT_SEC=100

# The first or the second so many lines.
lines() { # count half format name
	local skip=0

	[ "$2" = a ] || skip=$1
	"$program" lines --lines "$1" --skip "$skip" --format "$3" --name "$4"
}

base_table() {
	echo "flush ruleset"
	cat "$bench_dir/gateway.nft"
}

# write_files SIZE HALF
write_files() {
	local files=$LAB_DIR/$1-$2

	lines "$1" "$2" pix outside_in >"$files.list"
	bench_policy "$files.list" >"$files.pix"
	{
		base_table
		printf 'table inet bench {\nchain lines {\n'
		lines "$1" "$2" nft _
		printf '}\n}\n'
	} >"$files.nft"
	{
		base_table
		printf 'table inet bench {\nset members {\ntype ipv4_addr . ipv4_addr . inet_service\nflags interval\nelements = {\n'
		lines "$1" "$2" nft-set _
		printf '}\n}\nchain lines {\nip saddr . ip daddr . udp dport @members accept\n}\n}\n'
	} >"$files.nftset"
	{
		bench_iptables 4 | sed '$d'
		lines "$1" "$2" iptables LIST
		echo COMMIT
	} >"$files.iptables"
	{
		echo "create next hash:ip,port,net maxelem $(($1 * 2)) hashsize $1"
		lines "$1" "$2" ipset next
		printf 'swap next lines\ndestroy next\n'
	} >"$files.ipset"
}

# One more line in the middle than half a has.
write_edit() { # size
	local files=$LAB_DIR/$1

	{
		head -n $(($1 / 2)) "$files-a.list"
		echo "access-list outside_in extended deny udp host 192.0.2.1 host $LAB_REAL eq 9"
		tail -n +$(($1 / 2 + 1)) "$files-a.list"
	} >"$files-e.list"
	bench_policy "$files-e.list" >"$files-e.pix"
}

# in_force_by GATEWAY FILE-STEM ROW
in_force_by() {
	local pins

	pins=$(pin_dir_of "$1")
	case $3 in
	pinhole-*) command=("$LAB_FWCTL" apply "$2.pix" --mode xdp --pin-dir "$pins"
		--map outside=out0 --map inside=in0 "${pinhole_sizes[@]}") ;;
	nftables-lines) command=(nft -f "$2.nft") ;;
	nftables-set) command=(nft -f "$2.nftset") ;;
	iptables) command=(iptables-legacy-restore "$2.iptables") ;;
	ipset) command=(ipset restore -file "$2.ipset") ;;
	esac
}

# measure ROW GATEWAY SIZE FILE-STEM WHAT
measure() {
	local took=$LAB_DIR/took case
	local -a command

	in_force_by "$2" "$4" "$1"
	timeout "$LIMIT_SEC" nsenter --net="/run/netns/$(lab_of "$2")-fw" -- \
		"$program" run "$took" "${command[@]}" >"$LAB_DIR/log/said" 2>&1 || {
		tail -n 5 "$LAB_DIR/log/said" >&2
		die "$1: $3 lines were refused, or took more than $LIMIT_SEC s"
	}
	case="{\"lines\":$3,\"what\":\"$5\"}"
	record "$1" "$case" "time" ms less "$(jq .wall_ms "$took")"
	record "$1" "$case" "CPU time" ms less "$(jq .cpu_ms "$took")"
	record "$1" "$case" "memory" MiB less "$(jq '.rss_kib / 1024' "$took")"
}

# Whoever holds more lines than the kind of set needs an hour for is not waited for.
is_bearable() { # row size
	[ "$1" != nftables-set ] || [ "$2" -le "${BENCH_MAX_SET:-100000}" ]
}

round() {
	local size files row gateway

	for size in "${sizes[@]}"; do
		files=$LAB_DIR/$size
		pinhole pinhole-xdp unload >/dev/null
		measure pinhole-xdp pinhole-xdp "$size" "$files-b" first
		measure pinhole-xdp pinhole-xdp "$size" "$files-a" replace
		measure pinhole-xdp pinhole-xdp "$size" "$files-e" edit
		for row in nftables-lines nftables-set iptables ipset; do
			gateway=${row%%-*}
			is_bearable "$row" "$size" || continue
			measure "$row" "$gateway" "$size" "$files-b" first
			measure "$row" "$gateway" "$size" "$files-a" replace
		done
	done
}

bench_begin apply
largest=0
for size in "${sizes[@]}"; do
	[ "$size" -le "$largest" ] || largest=$size
done
[ "$largest" -lt 100000 ] || pinhole_sizes=(--max-acl-lines $((largest * 2)))
make_gateways "${gateways[@]}"
for size in "${sizes[@]}"; do
	write_files "$size" a
	write_files "$size" b
	write_edit "$size"
done
enter ipset
lab_fw ipset create lines hash:ip,port,net
bench_rounds round
bench_report
