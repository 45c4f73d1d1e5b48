#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lib.sh - what the end-to-end tests share: cases, policies, transfers.
#
# Why it exists: a test file should read as a list of promises. This file
# runs each promise in a subshell of its own, under a time limit, and reports
# it in the form that run.sh counts.
#
# Who may include it: tests/e2e/t_*.sh.

set -euo pipefail

E2E_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lab/lab.sh
. "$E2E_DIR/../lab/lab.sh"

E2E_MODE=${E2E_MODE:-tc}
E2E_CASE_SECONDS=${E2E_CASE_SECONDS:-90}
e2e_failed=0

# ---- cases -------------------------------------------------------------

# e2e_case NAME FUNCTION [ARGUMENT...]: FUNCTION runs under set -e in a
# subshell; its output is shown if it fails.
e2e_case() {
	local name=$1 pid status=0 log

	shift
	log=$LAB_DIR/log/case
	# In the background because a function called in a condition would run
	# without set -e; in a process group because it may have to be killed.
	set -m
	(
		set -euo pipefail
		trap - EXIT
		"$@"
	) >"$log" 2>&1 </dev/null &
	pid=$!
	set +m
	if ! timeout "$E2E_CASE_SECONDS" tail -s 0.05 --pid="$pid" -f /dev/null; then
		kill -KILL -- "-$pid" 2>/dev/null || true
		echo "took longer than $E2E_CASE_SECONDS s" >>"$log"
	fi
	wait "$pid" 2>/dev/null || status=$?
	if [ "$status" -eq 0 ]; then
		echo "ok - $name"
		return 0
	fi
	echo "not ok - $name"
	tail -n 30 "$log" | tr -d '\r' | sed 's/^/  /'
	e2e_show_state | sed 's/^/  | /'
	e2e_failed=$((e2e_failed + 1))
}

# What the firewall thinks, for whoever reads the log of a failed test.
e2e_show_state() {
	local what

	for what in pinholes ftp conn counters; do
		echo "fwctl show $what:"
		lab_fwctl show "$what" 2>&1 | head -n 30 || true
	done
}

# Last line of each test file. Without it run.sh counts the file as failed.
e2e_done() {
	echo "done"
	[ "$e2e_failed" -eq 0 ]
}

fail() {
	echo "FAILED: $*"
	return 1
}

# Where a command is meant to fail. Only exit statuses from 1 to 123 count:
# a command that was killed or does not exist has proven nothing.
must_fail() {
	local status=0

	"$@" || status=$?
	if [ "$status" -eq 0 ] || [ "$status" -gt 123 ]; then
		fail "status $status, where failure was expected: $*"
	fi
}

must_be_equal() { # what expected actual
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# ---- policies ------------------------------------------------------------

# The policy of most tests for the lab as it was made, on standard output.
# Extra lines for the outside list are read from the arguments.
e2e_policy() {
	local mapped=$LAB_MAPPED real=$LAB_REAL line

	cat <<-END
		nameif ethernet0 outside security0
		nameif ethernet1 inside security100
		ip address outside $LAB_FW_OUTSIDE 255.255.255.0
		ip address inside $LAB_FW_INSIDE 255.255.255.0
		static (inside,outside) $mapped $real netmask 255.255.255.255
	END
	if [ "$LAB_NAT" = server ]; then
		cat <<-END
			access-list outside_in permit tcp any host $mapped eq ftp
			access-list outside_in permit tcp any host $mapped eq 990
			access-list outside_in permit tcp any host $mapped eq 2121
			access-list outside_in permit tcp any host $mapped range ${LAB_TLS_PORTS/-/ }
			access-list outside_in permit icmp any host $mapped
		END
		for line in "$@"; do
			echo "access-list outside_in $line"
		done
		echo "access-group outside_in in interface outside"
	fi
}

# The same, but the inside may open control connections only: every data
# connection of an FTP session needs a hole, whoever opens it.
e2e_policy_strict() {
	e2e_policy
	echo "access-list inside_in permit tcp any any eq ftp"
	echo "access-group inside_in in interface inside"
	echo "fixup protocol ftp 21"
}

e2e_policy_with_fixup() {
	e2e_policy "$@"
	echo "fixup protocol ftp 21"
}

# e2e_apply POLICY-FUNCTION [ARGUMENT...]
e2e_apply() {
	"$@" >"$LAB_DIR/policy.pix"
	lab_apply "$LAB_DIR/policy.pix" >"$LAB_DIR/log/apply" 2>&1 || {
		cat "$LAB_DIR/log/apply"
		fail "fwctl apply"
	}
}

# e2e_start [lab_create OPTION...]: the lab with the usual policy in force.
e2e_start() {
	lab_create --mode "$E2E_MODE" "$@"
	e2e_apply e2e_policy_with_fixup
}

# ---- counters ------------------------------------------------------------

# Counters that are zero are not shown. A misspelt name would then be zero for
# ever, so names are looked up in the ABI's lists first.
e2e_counter_exists() { # name
	grep -q "\"$1\"" "$LAB_SOURCE_DIR/include/pinhole/abi_reasons.h" ||
		fail "there is no counter named $1"
}

e2e_counter() { # list name-of-key name-of-value key
	e2e_counter_exists "$4"
	lab_fwctl show counters --json | jq --arg key "$4" \
		"[.$1[] | select(.$2 == \$key) | .$3] | add // 0"
}

e2e_event() { # name
	e2e_counter events event count "$1"
}

e2e_dropped() { # reason
	e2e_counter drops reason packets "$1"
}

e2e_hits() { # part of a line of an access list
	lab_fwctl show access-list --json | jq -e --arg part "$1" \
		'[.lines[] | select(.rule | contains($part)) | .hits] | if length == 1 then .[0] else error end'
}

e2e_holes_open() {
	lab_fwctl show pinholes --json | jq -e '.pinholes | length'
}

e2e_no_hole_is_open() {
	[ "$(e2e_holes_open)" -eq 0 ]
}

# ---- transfers -------------------------------------------------------------

# Sets curl_args so that curl uses METHOD and believes what the server says:
# by default it would ignore the address in a 227.
e2e_curl_args() { # pasv|epsv|port|eprt
	case $1 in
	pasv) curl_args=(--disable-epsv --no-ftp-skip-pasv-ip) ;;
	epsv) curl_args=() ;;
	port) curl_args=(-P - --disable-eprt) ;;
	eprt) curl_args=(-P -) ;;
	*) fail "method $1" ;;
	esac
}

e2e_curl() {
	lab_client curl -v --no-progress-meter --connect-timeout 4 --max-time 25 "$@"
}

# The log of curl -v must show METHOD and no other: curl falls back silently.
e2e_check_method() { # method log
	local used

	used=$(tr -d '\r' <"$2" | sed -n 's/^> \(PASV\|EPSV\|PORT\|EPRT\).*/\L\1/p' |
		sort -u | paste -sd' ')
	must_be_equal "data connection by" "$1" "$used"
}

# curl closes the data connection of an upload with TLS 1.3 session tickets
# unread; the kernel then resets it, and vsftpd now and then reports 426. That
# is so without any firewall, and not with TLS 1.2.
# shellcheck disable=SC2034 # for the scripts that source this
E2E_TLS_UPLOAD=(--tls-max 1.2)

# e2e_download METHOD FILE [CURL-ARGUMENT...], checked to the last byte.
e2e_download() {
	local method=$1 file=$2 log=$LAB_DIR/scratch/curl.log
	local -a curl_args

	shift 2
	e2e_curl_args "$method"
	rm -f "$LAB_DIR/scratch/got"
	e2e_curl "${curl_args[@]}" "$@" -o "$LAB_DIR/scratch/got" \
		"ftp://$LAB_TARGET/pub/$file" 2>"$log" || {
		cat "$log"
		fail "curl, downloading by $method"
	}
	e2e_check_method "$method" "$log"
	cmp "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/pub/$file"
}

e2e_upload() { # METHOD FILE [CURL-ARGUMENT...]
	local method=$1 file=$2 log=$LAB_DIR/scratch/curl.log
	local -a curl_args

	shift 2
	e2e_curl_args "$method"
	rm -f "$LAB_DIR/ftp/incoming/$file"
	e2e_curl "${curl_args[@]}" "$@" -T "$LAB_DIR/ftp/pub/$file" \
		"ftp://$LAB_TARGET/incoming/$file" 2>"$log" || {
		cat "$log"
		fail "curl, uploading by $method"
	}
	e2e_check_method "$method" "$log"
	cmp "$LAB_DIR/ftp/incoming/$file" "$LAB_DIR/ftp/pub/$file"
}

# e2e_lftp URL SETTINGS COMMANDS, in one session that gives up at once. In
# E2E_LFTP_SECONDS, 25 unless set.
e2e_lftp() {
	lab_client timeout "${E2E_LFTP_SECONDS:-25}" lftp -c "
		set cmd:fail-exit yes
		set net:timeout 5; set net:max-retries 1; set xfer:clobber yes
		set ftp:fix-pasv-address no; set ftp:ssl-allow no
		set ssl:ca-file $LAB_DIR/cert.pem
		$2
		open $1
		$3"
}

# ---- probes ----------------------------------------------------------------

# e2e_probe COMMAND...: probe.py as the client; see there.
e2e_probe() {
	lab_client timeout 20 python3 "$E2E_DIR/probe.py" "$@"
}

# e2e_connects SOURCE TARGET PORT EXPECTED, one of: open reset silence
e2e_connects() {
	must_be_equal "$1 -> $2:$3" "$4" "$(e2e_probe connect --source "$1" "$2" "$3")"
}
