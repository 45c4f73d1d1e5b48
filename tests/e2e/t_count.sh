#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is counted of connections is what there is: while they come and go, over applies,
# a trial that is undone, a step back, and the clearing of all of them by hand.
#
# One hook: tc

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PORT=9204

page() {
	lab_fw curl -sSf --max-time 10 "http://127.0.0.1:$PORT/metrics"
}

# sum PATTERN: over all samples that begin so
sum() {
	page | awk -v pattern="^$1" '$0 ~ pattern { n += $NF } END { print n + 0 }'
}

there() {
	sum 'pinhole_connections{'
}

# Of one page, on which nothing changes any more.
books_balance() {
	page | awk '
		/^pinhole_connections{/ { there += $NF }
		/^pinhole_connections_created_total{/ { created += $NF }
		/^pinhole_connections_closed_total{/ { closed += $NF }
		/^pinhole_table_entries{table="conns"}/ { entries = $NF }
		END {
			print there " there, " created " created, " closed " closed, " entries " entries"
			exit there != created - closed || there != entries
		}'
}

# As `show conn` counts them, which walks the table and leaves out what has expired.
walked() {
	lab_fwctl show conn --json | jq '[.connections[] | select(.state != "half-open")] | length'
}

is_what_there_is() {
	[ "$(there)" -eq "$(walked)" ] && books_balance
}

settled() {
	lab_wait 8 is_what_there_is || {
		books_balance || true
		fail "counted $(there), walked $(walked)"
	}
}

transfers() {
	e2e_download pasv small.bin
	e2e_upload port small.bin
	[ "$(sum pinhole_connections_created_total)" -ge 4 ] || fail "nothing is counted"
	settled
}

# bytes_of DIRECTION
bytes_of() {
	sum "pinhole_ftp_data_bytes_total{direction=\"$1\"}"
}

data_is_counted() {
	local size to_client to_server connections

	size=$(stat -c %s "$LAB_DIR/ftp/pub/small.bin")
	to_client=$(bytes_of to_client)
	to_server=$(bytes_of to_server)
	connections=$(sum pinhole_ftp_data_connections_total)
	e2e_download pasv small.bin
	must_be_equal "retrieved" $((to_client + size)) "$(bytes_of to_client)"
	e2e_download port small.bin
	must_be_equal "retrieved actively" $((to_client + 2 * size)) "$(bytes_of to_client)"
	must_be_equal "stored meanwhile" "$to_server" "$(bytes_of to_server)"
	e2e_upload epsv small.bin
	must_be_equal "stored" $((to_server + size)) "$(bytes_of to_server)"
	e2e_upload eprt small.bin
	must_be_equal "stored actively" $((to_server + 2 * size)) "$(bytes_of to_server)"
	must_be_equal "connections" $((connections + 4)) \
		"$(sum pinhole_ftp_data_connections_total)"
}

# A control connection that stays, so that there is one to count.
hold_a_session() {
	lab_spawn held "$LAB_OUTSIDE" \
		bash -c "exec 3<>/dev/tcp/$LAB_TARGET/21; read -r <&3; sleep 120"
	lab_wait 5 session_is_there || fail "no session"
}

session_is_there() {
	[ "$(sum 'pinhole_connections{protocol="tcp",state="established"}')" -ge 1 ]
}

policies_come_and_go() {
	local created undone

	created=$(sum pinhole_connections_created_total)
	e2e_apply e2e_policy_with_fixup "permit tcp any any eq 8080"
	e2e_apply e2e_policy_with_fixup
	settled
	lab_fwctl rollback
	settled
	undone=$(sum pinhole_policy_undone_total)
	lab_apply "$LAB_DIR/policy.pix" --confirm 1
	lab_wait 6 is_undone "$((undone + 1))" || fail "the trial is not undone"
	settled
	e2e_apply e2e_policy_with_fixup
	session_is_there || fail "the session is not counted any more"
	must_be_equal "created" "$created" "$(sum pinhole_connections_created_total)"
}

is_undone() { # times
	[ "$(sum pinhole_policy_undone_total)" -eq "$1" ]
}

none_is_there() {
	[ "$(there)" -eq 0 ]
}

all_are_cleared() {
	local cleared='pinhole_connections_closed_total{protocol="tcp",cause="cleared"}'

	must_be_equal "cleared before" 0 "$(sum "$cleared")"
	lab_fwctl clear conn all
	lab_wait 8 none_is_there || fail "still counted: $(there)"
	books_balance
	[ "$(sum "$cleared")" -ge 1 ] || fail "not counted as cleared"
	must_be_equal "half-open" 0 "$(sum "pinhole_half_open_connections[ {]")"
}

unloaded_means_anew() {
	lab_fwctl unload
	e2e_apply e2e_policy_with_fixup
	must_be_equal "created" 0 "$(sum pinhole_connections_created_total)"
	must_be_equal "there" 0 "$(there)"
	transfers
}

e2e_start --nat server
lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
lab_spawn exporter "$LAB_FW" "$LAB_EXPORTER" --web.listen-address "127.0.0.1:$PORT" \
	--pin-dir "$LAB_PIN_DIR"
lab_wait 5 lab_is_listening "$LAB_FW" "$PORT"
e2e_case "transfers are counted, and what is counted is what there is" transfers
e2e_case "what data connections carry is counted to the byte, by direction" data_is_counted
hold_a_session
e2e_case "an apply, an undo and a step back change nothing of that" policies_come_and_go
e2e_case "connections that are cleared by hand are counted as such" all_are_cleared
e2e_case "a firewall that is loaded anew begins to count anew" unloaded_means_anew
e2e_done
