#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A control connection stays healthy however often its payload changed length:
# sequence and acknowledgement numbers are shifted a little more each time.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cycles() { # count method...
	lab_client timeout 25 python3 "$E2E_DIR/ftp_dialogue.py" cycles "$LAB_TARGET" "$@"
	lab_wait 2 e2e_no_hole_is_open || fail "a hole stayed open"
}

mirror() { # passive-mode
	rm -rf "$LAB_DIR/scratch/many"
	e2e_lftp "ftp://$LAB_TARGET" "set ftp:passive-mode $1; set ftp:use-mdtm no" \
		"mirror pub/many $LAB_DIR/scratch/many"
	diff -r "$LAB_DIR/ftp/pub/many" "$LAB_DIR/scratch/many"
}

mirror_back() {
	rm -rf "$LAB_DIR/ftp/incoming/many"
	e2e_lftp "ftp://$LAB_TARGET" "set ftp:passive-mode $1" \
		"mirror -R $LAB_DIR/ftp/pub/many incoming/many"
	diff -r "$LAB_DIR/ftp/pub/many" "$LAB_DIR/ftp/incoming/many"
}

sessions_beside_each_other() {
	local i
	local -a pids=()

	for i in 1 2 3 4 5 6; do
		cycles 8 pasv port epsv eprt &
		pids+=("$!")
	done
	for i in "${pids[@]}"; do
		wait "$i" || fail "session $i"
	done
}

check_topology() { # name lab_create-option...
	local name=$1

	shift
	e2e_start "$@"
	lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
	e2e_case "$name: 30 PASV listings in one session" cycles 30 pasv
	e2e_case "$name: 30 PORT listings in one session" cycles 30 port
	e2e_case "$name: all four methods in turn in one session" \
		cycles 24 pasv eprt epsv port
	e2e_case "$name: lftp mirrors 50 files passively" mirror yes
	e2e_case "$name: lftp mirrors 50 files actively" mirror no
	e2e_case "$name: lftp mirrors 50 files to the server" mirror_back yes
	e2e_case "$name: six sessions at once" sessions_beside_each_other
	lab_destroy
}

check_topology "server, longer" --nat server --real 10.0.0.10 --mapped 203.0.113.10
check_topology "client, shorter" --nat client --real 10.200.100.110 --mapped 192.0.2.1
e2e_done
