#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every way of opening a data connection, with the NAT on the server's side
# and on the client's, the mapped address longer and shorter than the real one.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

both_ways() { # method file
	e2e_download "$1" "$2"
	e2e_upload "$1" "$2"
}

# What was announced must have been rewritten to what the other side can
# reach: the server's log tells what it received, curl's what the client did.
announced_is_reachable() { # method
	local commas=${LAB_CLIENT_SEEN_AS//./,}

	case $1 in
	pasv) grep -q "227 .*(${LAB_TARGET//./,}," "$LAB_DIR/scratch/curl.log" ;;
	port) grep -q "FTP command:.*\"PORT $commas," "$LAB_DIR/log/plain.log" ;;
	eprt) grep -q "FTP command:.*\"EPRT |1|$LAB_CLIENT_SEEN_AS|" "$LAB_DIR/log/plain.log" ;;
	epsv) grep -q '229 .*(|||51[01][0-9][0-9]|)' "$LAB_DIR/scratch/curl.log" ;;
	esac || fail "the address in $1 was not rewritten to $commas or $LAB_TARGET"
}

one_method() { # method file
	both_ways "$@"
	announced_is_reachable "$1"
	lab_wait 2 e2e_no_hole_is_open || fail "a hole stayed open"
}

lftp_transfers() { # passive-mode yes|no
	e2e_lftp "ftp://$LAB_TARGET" "set ftp:passive-mode $1" "
		get pub/small.bin -o $LAB_DIR/scratch/got
		put -O incoming $LAB_DIR/ftp/pub/small.bin -o lftp.bin
		cls pub/many
	" | grep -c many/file | grep -qx 50 || fail "the listing is short"
	cmp "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/pub/small.bin"
	cmp "$LAB_DIR/ftp/incoming/lftp.bin" "$LAB_DIR/ftp/pub/small.bin"
	rm "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/incoming/lftp.bin"
}

topology() { # name file-for-curl server|client
	local name=$1 file=$2 method

	lab_turn "$3"
	e2e_apply e2e_policy_with_fixup
	lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
	for method in pasv epsv port eprt; do
		e2e_case "$name: ${method^^} carries $file both ways" \
			one_method "$method" "$file"
	done
	e2e_case "$name: lftp in passive mode" lftp_transfers yes
	e2e_case "$name: lftp in active mode" lftp_transfers no
	lab_stop plain
}

lab_create --mode "$E2E_MODE" --real 10.0.0.10 --mapped 203.0.113.10
topology "server behind NAT, mapped longer" big.bin server
topology "client behind NAT, mapped longer" small.bin client
lab_destroy
lab_create --mode "$E2E_MODE" --real 10.200.100.110 --mapped 192.0.2.1
topology "server behind NAT, mapped shorter" small.bin server
topology "client behind NAT, mapped shorter" big.bin client
e2e_done
