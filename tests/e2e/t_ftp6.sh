#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# FTP over IPv6 through a translation: EPSV and EPRT, which are all there is.
# Nothing but control connections is permitted, so every transfer used a hole.

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

policy() {
	family_policy "permit tcp any host ${at[listed]} eq ftp"
	echo "access-list inside_in permit tcp ${at[any]} ${at[any]} eq ftp"
	echo "access-group inside_in in interface inside"
	echo "fixup protocol ftp 21"
}

# The client's address in EPRT is rewritten to what the server can reach.
announced_is_reachable() { # method
	[ "$1" = epsv ] ||
		grep -q "FTP command:.*\"EPRT |2|$seen_as|" "$LAB_DIR/log/plain.log" ||
		fail "the address in EPRT was not rewritten to $seen_as"
}

transfers() { # method
	local used

	used=$(e2e_event holes_used)
	e2e_download "$1" small.bin
	e2e_upload "$1" small.bin
	announced_is_reachable "$1"
	must_be_equal "holes used" "$((used + 2))" "$(e2e_event holes_used)"
	lab_wait 2 e2e_no_hole_is_open || fail "a hole stayed open"
}

mirrors() { # passive-mode
	rm -rf "$LAB_DIR/scratch/many"
	e2e_lftp "ftp://$LAB_TARGET" "set ftp:passive-mode $1; set ftp:use-mdtm no
		set ftp:prefer-epsv yes" "mirror pub/many $LAB_DIR/scratch/many"
	diff -r "$LAB_DIR/ftp/pub/many" "$LAB_DIR/scratch/many"
}

topology() { # server|client
	lab_turn "$1"
	e2e_use_family 6
	if [ "$1" = server ]; then
		LAB_TARGET="[${at[mapped]}]" LAB_SERVER_ADDRESS=${at[real]}
		seen_as=${at[outside]}
	else
		LAB_TARGET="[${at[outside]}]" LAB_SERVER_ADDRESS=${at[outside]}
		seen_as=${at[mapped]}
	fi
	e2e_apply policy
	lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
	e2e_case "$1 translated: EPSV carries a file both ways" transfers epsv
	e2e_case "$1 translated: EPRT carries a file both ways" transfers eprt
	e2e_case "$1 translated: lftp mirrors 50 files passively" mirrors yes
	e2e_case "$1 translated: lftp mirrors 50 files actively" mirrors no
	lab_stop plain
}

lab_create --mode "$E2E_MODE"
topology server
topology client
e2e_done
