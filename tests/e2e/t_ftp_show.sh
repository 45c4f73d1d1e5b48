#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What an operator sees of FTP inspection: show ftp, and the lines of log.
#
# One hook: xdp

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SECRET=xyzzy-do-not-show

fwctl_command() { # subcommand...: for a shell in any namespace
	echo "nsenter --net=/run/netns/$LAB_FW -- $LAB_FWCTL $* --pin-dir $LAB_PIN_DIR"
}

# Records are told once, so they are kept, as text and as JSON in turn.
collect() {
	lab_fwctl log --json >>"$LAB_DIR/records"
}

is_told() {
	collect
	jq -es "[.[] | select($1)] | length >= 1" "$LAB_DIR/records" >/dev/null
}

must_be_told() { # jq-condition [seconds]
	lab_wait "${2:-5}" is_told "$1" || {
		jq -r '.text, .detail // empty' "$LAB_DIR/records"
		fail "not told: $1"
	}
}

say() { # line...
	lab_client timeout 20 python3 "$E2E_DIR/ftp_dialogue.py" say "$LAB_TARGET" "$@"
}

dialogue() { # argument...
	lab_client timeout 25 python3 "$E2E_DIR/ftp_dialogue.py" "$@"
}

session_is_shown() {
	local json=$LAB_DIR/scratch/shown.json text=$LAB_DIR/scratch/shown.txt

	dialogue hole "$LAB_TARGET" pasv --announced "$LAB_TARGET" \
		--while-open "$(fwctl_command show ftp --json) >$json; $(fwctl_command show ftp) >$text"
	cat "$text"
	must_be_equal sessions 1 "$(jq '.sessions | length' "$json")"
	must_be_equal state plain "$(jq -r '.sessions[0].state' "$json")"
	must_be_equal user anonymous "$(jq -r '.sessions[0].user' "$json")"
	must_be_equal server "$LAB_REAL $LAB_MAPPED 21" "$(jq -r '.sessions[0].server |
		"\(.address) \(.mapped_address) \(.port)"' "$json")"
	must_be_equal client "outside" "$(jq -r '.sessions[0].client.interface' "$json")"
	must_be_equal holes "passive $LAB_REAL" "$(jq -r '.sessions[0].holes |
		map("\(.kind) \(.address)") | join(" ")' "$json")"
	grep -q "^FTP session [0-9]*, plain, age 0:00:0" "$text"
	grep -q "^  server  inside $LAB_REAL:21, seen as $LAB_MAPPED\$" "$text"
	grep -q "^  user    anonymous\$" "$text"
	grep -Eq "^  hole    passive, .* to $LAB_REAL:[0-9]+, expires 0:0[0-5]:" "$text"
	[ "$(awk '{ if (length > n) n = length } END { print n }' "$text")" -le 100 ] ||
		fail "a line is longer than a terminal is wide"
}

# Entries of closed connections stay for a minute, for what is still under way.
ended_one_is_closing() {
	must_be_equal "state and holes" "closing 0" "$(lab_fwctl show ftp --json |
		jq -r '.sessions[] | "\(.state) \(.holes | length)"')"
}

# The data connection is joined to its session while it lives.
data_is_shown() {
	local shown

	lab_spawn slow "$LAB_OUTSIDE" curl -s --limit-rate 100k \
		-T "$LAB_DIR/ftp/pub/big.bin" "ftp://$LAB_TARGET/incoming/slow.bin"
	sleep 1.5
	lab_fwctl show ftp
	shown=$(lab_fwctl show ftp --json | jq '.sessions[-1]')
	lab_stop slow
	must_be_equal "data connections" "plain 1 1 hole open true" "$(jq -r '
		.state + " \(.data_connections_open) \(.data_connections_total) " +
		(.data_connections[] | "\(.by) \(.state) \(.bytes > 50000)")' <<<"$shown")"
}

files_are_told() {
	e2e_download pasv small.bin
	must_be_told '.event == "ftp-file" and .transfer == "retrieved" and
		(.text | test("^%ASA-6-303002: FTP connection from outside:[0-9.]+/[0-9]+ " +
		"to inside:'"$LAB_REAL"'/21, user anonymous Retrieved file .*small.bin$"))'
	e2e_upload pasv small.bin
	must_be_told '.transfer == "stored" and (.path | endswith("small.bin")) and
		(.text | test(" Stored file .*small.bin$"))'
}

foreign_address_is_told() {
	dialogue foreign "$LAB_TARGET" "$LAB_OUTSIDE_THIRD"
	must_be_told '.finding == "foreign-address" and .action == "hole-refused" and
		.user == "anonymous" and .said_by == "client" and
		(.text | test("^%ASA-4-406002: FTP port command different address: [0-9.]+" +
		"\\('"$LAB_OUTSIDE_THIRD"'\\) to '"$LAB_REAL"' on interface outside$")) and
		(.detail | test("^%PINHOLE-4-FTP: FTP hole refused from outside:.* client said " +
		"\"PORT '"${LAB_OUTSIDE_THIRD//./,}"',200,1\"$"))'
}

low_port_is_told() {
	say "PORT ${LAB_CLIENT_ADDRESS//./,},3,255" "NOOP"
	must_be_told '.finding == "low-port" and .announced.port == 1023 and
		(.text | test("^%ASA-4-406001: FTP port command low port: [0-9.]+/1023 to " +
		"'"$LAB_REAL"' on interface outside$"))'
}

malformed_is_told_with_its_bytes() {
	local escape=$'\e'

	say "PORT 1,2,3,4,999,1${escape}[31m" "NOOP"
	must_be_told '.finding == "malformed-numbers" and .action == "hole-refused" and
		(.line | startswith("PORT 1,2,3,4,999")) and
		(.text | startswith("%PINHOLE-4-FTP: FTP hole refused from outside:"))'
	if grep -q "$escape" "$LAB_DIR/records"; then
		fail "an escape sequence came through"
	fi
}

refusals_are_shown_and_counted() {
	must_be_equal "counted" true "$(lab_fwctl show counters --json |
		jq '[.ftp_findings[] | select(.finding == "foreign-address") | .count] == [1]')"
	lab_fwctl show counters | grep -Eq "^  foreign-address +1  "
}

# Strict: a command before the reply to the last one is reset, here PASS itself.
strict_policy() {
	e2e_policy
	echo "fixup protocol ftp strict 21"
}

passwords_are_never_told() {
	e2e_apply strict_policy
	: >"$LAB_DIR/records"
	must_fail say "PASS $SECRET" "PASS $SECRET" "ACCT $SECRET" "XYZZ 1"
	must_be_told '.event == "ftp-finding" and .action == "reset"'
	must_fail say "XYZZ 1"
	must_be_told '.finding == "unknown-command" and
		(.text | test("^%ASA-5-303004: FTP XYZZ command unsupported - failed strict " +
		"inspection, terminating connection from outside:[0-9.]+/[0-9]+ to inside:"))'
	if grep -q "$SECRET" "$LAB_DIR/records"; then
		fail "the password was told"
	fi
}

# Its entry stays for a minute, to answer what is still under way.
end_by_inspection_is_told() {
	must_be_told '.event == "connection-end" and .responder.port == 21 and
		.reason == "Flow closed by inspection"' 80
}

e2e_start --nat server
lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
e2e_case "show ftp: client, server, state, user and hole" session_is_shown
e2e_case "show ftp: an ended session is closing, and has no hole" ended_one_is_closing
e2e_case "show ftp: its data connection, with bytes" data_is_shown
e2e_case "log: files are told (303002)" files_are_told
e2e_case "log: another host's address is told (406002), with the bytes" \
	foreign_address_is_told
e2e_case "log: a port below 1024 is told (406001)" low_port_is_told
e2e_case "log: other refused holes are told with their bytes, escaped" \
	malformed_is_told_with_its_bytes
e2e_case "show counters: findings" refusals_are_shown_and_counted
e2e_case "log: strict resets are told, passwords never" passwords_are_never_told
e2e_case "log: the end of a connection by inspection is told" end_by_inspection_is_told
e2e_done
