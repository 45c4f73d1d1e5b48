#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The other two servers of Debian word their replies differently: greetings
# and 226 replies of several lines, "200 PORT command" without a full stop.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

one_method() { # method curl-option...
	e2e_download "$1" small.bin "${@:2}"
	e2e_upload "$1" small.bin "${@:2}"
	lab_wait 2 e2e_no_hole_is_open || fail "a hole stayed open"
}

check_server() { # server curl-option...
	local method

	for method in pasv epsv port eprt; do
		e2e_case "$1: ${method^^} both ways" one_method "$method" "${@:2}"
	done
	rm -f "$LAB_DIR/ftp/incoming/small.bin"
	lab_stop "$1"
}

e2e_start --nat server
lab_proftpd_start proftpd 21 "$LAB_PLAIN_PORTS"
check_server proftpd
lab_pureftpd_start pure-ftpd 21 "$LAB_PLAIN_PORTS"
check_server pure-ftpd --user lab:lab
e2e_done
