#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ftp.sh - FTP through inspection and translation: sessions a second, and transfers
# of 10 MB from a real server.
#
# Sessions have both their ends in one process (ftp.c), so that what differs is the
# gateway. Transfers are those of vsftpd and curl, byte for byte compared. The peers
# inspect by nf_conntrack_ftp and translate by nf_nat_ftp.
#
# All gateways of a table have the same settings. Sessions: "GRO" is that of the
# gateway's devices; of packets that come one by one it merges none, but makes the
# kernel's way longer. Transfers: without it, and with the ends' offloads off, so that
# every packet is one of the wire; or with these on, and without native XDP, as in
# bulk.sh.

set -euo pipefail
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

transfers=10
[ -z "${BENCH_QUICK:-}" ] || transfers=2

sessions() { # gateway active|passive
	local result
	local -a options=()

	[ "$2" = passive ] || options=(--active)
	result=$(bench ftp "$1" "${options[@]}" --seconds "$seconds") || exit 1
	record "$1" "{\"data\":\"$2\",\"gro\":\"GRO $gateway_gro\"}" "sessions" per_second more \
		"$(jq .per_second <<<"$result")"
}

# Seconds of one transfer, by curl's own clock.
fetch() { # active|passive
	local -a how=(--ftp-pasv --disable-epsv)

	[ "$1" = passive ] || how=(--ftp-port - --disable-eprt)
	lab_outside curl -sS --max-time 20 "${how[@]}" -o "$LAB_DIR/scratch/big.bin" \
		-w '%{time_total}' "ftp://$LAB_MAPPED/pub/big.bin"
}

transfer() { # gateway active|passive
	local took

	enter "$1"
	took=$(fetch "$2") || die "$1: a transfer failed"
	cmp "$LAB_DIR/ftp/pub/big.bin" "$LAB_DIR/scratch/big.bin" ||
		die "$1: a file arrived with other bytes"
	record "$1" "{\"data\":\"$2\",\"offloads\":\"offloads $LAB_OFFLOADS\"}" "10 MB" ms less \
		"$(jq -n "$took * 1000")"
}

all_sessions() {
	local gateway

	for gateway in "${bench_gateways[@]}"; do
		sessions "$gateway" passive
		sessions "$gateway" active
	done
}

# One of each in turn, and another one first each time: a transfer takes milliseconds, and
# who comes first finds caches that others have filled.
all_transfers() {
	local i j n=${#bench_gateways[@]} gateway

	for ((i = 0; i < transfers; i++)); do
		for ((j = 0; j < n; j++)); do
			gateway=${bench_gateways[(i + j) % n]}
			transfer "$gateway" passive
			transfer "$gateway" active
		done
	done
}

# Without it the port of nf_conntrack_ftp is nobody's since Linux 6.0.
read_by_iptables() {
	enter iptables
	lab_fw iptables-legacy -t raw -A PREROUTING -i out0 -p tcp --dport 21 -j CT --helper ftp
}

# suite on|off GATEWAY...
suite() {
	LAB_OFFLOADS=$1
	shift
	make_gateways "$@"
	read_by_iptables
}

measure_sessions() { # on|off: GRO
	local gateway

	gateway_gro=$1
	for gateway in "${bench_gateways[@]}"; do
		set_gateway_gro "$gateway" "$1"
	done
	bench_rounds all_sessions
}

# With GRO off.
measure_transfers() {
	local gateway

	for gateway in "${bench_gateways[@]}"; do
		enter "$gateway"
		lab_vsftpd_start "vsftpd-$gateway" plain 21 51000-51100
	done
	bench_rounds all_transfers
	check_paths
	remove_gateways
}

bench_begin ftp
for command in curl openssl; do
	command -v "$command" >/dev/null || die "$command is missing: run 'make deps'"
done
lab_make_files
lab_make_certificate
suite off pinhole-xdp pinhole-tc nftables nftables-xdp iptables
measure_sessions on
measure_sessions off
measure_transfers
suite on pinhole-tc nftables iptables
measure_transfers
bench_report
