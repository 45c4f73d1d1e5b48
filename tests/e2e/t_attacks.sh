#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What has been done to firewalls by way of FTP, done to this one. Each attack
# is shown to be one: beside it stands an honest session in which the very same
# connection is let through. Both sides may open control connections only, and
# both ends are ftp_peer.py, which obeys where real servers would refuse.
#
# One hook: xdp
# Long

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

PEER=$E2E_DIR/ftp_peer.py
SECRET=xyzzy-never-to-be-seen

peer() { # step...
	lab_client timeout 30 python3 "$PEER" client "$LAB_TARGET" 21 "$@"
}

# serve [VERB=REPLY...]: instead of the one that was there.
serve() {
	local namespace=$LAB_INSIDE

	[ "$LAB_NAT" = server ] || namespace=$LAB_OUTSIDE
	[ ! -e "$LAB_DIR/run/peer.pid" ] || lab_stop peer
	rm -f "$LAB_DIR/log/peer.out"
	lab_spawn peer "$namespace" python3 "$PEER" serve "$LAB_SERVER_ADDRESS" 21 "$@"
	lab_wait 5 grep -qs ready "$LAB_DIR/log/peer.out" || fail "ftp_peer.py serve"
}

server_told() { # line
	lab_wait 5 grep -qxF "$1" "$LAB_DIR/log/peer.out" || {
		cat "$LAB_DIR/log/peer.out"
		fail "the server did not tell '$1'"
	}
}

# The peer's lines, from the greeting on.
must_print_lines() { # expected actual
	must_be_equal "the dialogue" "${1//$'\t'/}" "$2"
}

must_contain() { # line text
	grep -qxF "$1" <<<"$2" || fail "no line '$1' in: $2"
}

no_hole_opens() { # command...
	local before

	before=$(e2e_event holes_opened)
	"$@"
	must_be_equal "holes opened" "$before" "$(e2e_event holes_opened)"
}

commas() { # address port
	echo "${1//./,},$(($2 / 256)),$(($2 % 256))"
}

# ---- bounce ----------------------------------------------------------------

honest_port() {
	local said

	serve
	said=$(peer "line:USER anonymous" listen:- announce: "line:RETR x" reply: accepted:)
	server_told "dial open"
	must_contain "accepted 1" "$said"
}

# The neighbour of the client, beyond the firewall as the server sees it.
bounce() { # address port
	local said before namespace=$LAB_OUTSIDE

	serve
	[ "$LAB_NAT" = server ] || namespace=$LAB_INSIDE
	lab_spawn third "$namespace" python3 "$E2E_DIR/probe.py" echo tcp "$1" "$2"
	lab_wait 5 lab_is_listening "$namespace" "$2"
	before=$(e2e_event holes_denied_foreign_address)
	said=$(peer "line:USER anonymous" "line:PORT $(commas "$1" "$2")" "line:RETR x" reply:)
	lab_stop third
	server_told "dial silence"
	must_contain "425 silence" "$said"
	must_be_equal "denied for its address" "$((before + 1))" \
		"$(e2e_event holes_denied_foreign_address)"
	lab_fwctl log | grep -q "ASA-4-406002.*($1)" || fail "no 406002 was logged"
}

bounce_to_low_port() {
	local before said

	serve "RETR=425 see; dial $LAB_CLIENT_SEEN_AS 80"
	before=$(e2e_event holes_denied_low_port)
	said=$(peer "line:USER anonymous" listen:80 announce: "line:RETR x" reply: accepted:)
	server_told "dial silence"
	must_contain "accepted 0" "$said"
	must_be_equal "denied for its port" "$((before + 1))" "$(e2e_event holes_denied_low_port)"
}

# ---- embedded commands -----------------------------------------------------

# A browser is lured into sending a form to port 21. The server asks for the
# line at a segment's beginning, and dials what it names.
slipstream() { # first-bytes
	local said port=9998

	serve "RETR=425 see; dial $LAB_CLIENT_SEEN_AS $port"
	said=$(peer "listen:$port" "send:$1" pause:0.2 \
		"send:PORT $(commas "$LAB_CLIENT_ADDRESS" $port)\\r\\n" pause:0.2 \
		"send:RETR x\\r\\n" pause:1.6 accepted:)
	server_told "dial silence"
	must_contain "accepted 0" "$said"
}

# The whole form in one segment, the command in its middle.
slipstream_in_one_segment() {
	local said port=9997 line

	serve "RETR=425 see; dial $LAB_CLIENT_SEEN_AS $port"
	line="PORT $(commas "$LAB_CLIENT_ADDRESS" $port)"
	said=$(peer "listen:$port" \
		"send:POST / HTTP/1.1\\r\\nHost: ftp\\r\\n\\r\\n$line\\r\\nRETR x\\r\\n" \
		pause:1.6 accepted:)
	server_told "dial silence"
	must_contain "accepted 0" "$said"
}

# As text of another command, the line begins in no way a command.
embedded_in_text() {
	local said port=9996

	serve "SITE=200 as you like; dial $LAB_CLIENT_SEEN_AS $port"
	said=$(peer "listen:$port" "line:USER anonymous" \
		"line:SITE PORT $(commas "$LAB_CLIENT_ADDRESS" $port)" pause:1.6 accepted:)
	server_told "dial silence"
	must_contain "accepted 0" "$said"
}

# ---- replies of an evil server ---------------------------------------------

honest_227() {
	local said

	serve
	said=$(peer "line:USER anonymous" line:PASV "dial:- -")
	must_contain "dial open" "$said"
}

# evil_227 HOST PORT VERB=REPLY COMMAND...: HOST has something that listens.
evil_227() {
	local said

	lab_spawn lure "$LAB_OUTSIDE" python3 "$E2E_DIR/probe.py" echo tcp "$1" "$2"
	lab_wait 5 lab_is_listening "$LAB_OUTSIDE" "$2"
	serve "$3"
	said=$(peer "line:USER anonymous" "${@:4}" "dial:$1 $2")
	lab_stop lure
	must_contain "dial silence" "$said"
}

# ---- holes and who may use them --------------------------------------------

# The neighbour of the client, on its side of the firewall.
third_dials() { # {port}
	local namespace=$LAB_OUTSIDE address=$LAB_OUTSIDE_THIRD

	if [ "$LAB_NAT" = client ]; then
		namespace=$LAB_INSIDE
		address=$LAB_INSIDE_OTHER
	fi
	echo "nsenter --net=/run/netns/$namespace -- python3 $E2E_DIR/probe.py" \
		"connect --source $address"
}

hijack() {
	local said port=50999

	serve "PASV=227 ($(commas "$LAB_SERVER_ADDRESS" $port))"
	lab_spawn target "$([ "$LAB_NAT" = server ] && echo "$LAB_INSIDE" || echo "$LAB_OUTSIDE")" \
		python3 "$E2E_DIR/probe.py" echo tcp "$LAB_SERVER_ADDRESS" $port
	said=$(peer "line:USER anonymous" line:PASV \
		"run:$(third_dials) $LAB_TARGET $port" "dial:- -" \
		"run:$(third_dials) $LAB_TARGET $port" "dial:- -")
	lab_stop target
	must_print_lines "220 ready
		331 who
		227 ($(commas "$LAB_TARGET" $port))
		silence
		dial open
		silence
		dial silence" "$said"
}

# A hole of somebody's session does not outlive it.
hole_after_session() {
	local said port=50998

	serve "PASV=227 ($(commas "$LAB_SERVER_ADDRESS" $port))"
	lab_spawn target "$([ "$LAB_NAT" = server ] && echo "$LAB_INSIDE" || echo "$LAB_OUTSIDE")" \
		python3 "$E2E_DIR/probe.py" echo tcp "$LAB_SERVER_ADDRESS" $port
	said=$(peer "line:USER anonymous" line:PASV close: "dial:- -")
	lab_stop target
	must_contain "dial silence" "$said"
}

# ---- false TLS -------------------------------------------------------------

# After 234 there must be a ClientHello: else a client and a server of one mind
# could blind the firewall.
clear_after_234() {
	local said

	serve "AUTH=234 go ahead"
	said=$(peer "line:AUTH TLS" "send:USER anonymous\\r\\n" end:)
	must_contain "end reset" "$said"
	lab_wait 2 grep -q "^ended .*reset" "$LAB_DIR/log/peer.out" || {
		cat "$LAB_DIR/log/peer.out"
		fail "the server was not reset"
	}
	! grep -q "heard USER" "$LAB_DIR/log/peer.out" || fail "the command got through"
}

# Nobody has asked for TLS: 234 changes nothing, and what follows is read.
unasked_234() {
	local said before

	serve "NOOP=234 go ahead"
	before=$(e2e_event holes_denied_foreign_address)
	said=$(peer "line:USER anonymous" line:NOOP line:PASV "dial:- -" \
		"line:PORT $(commas "$LAB_OUTSIDE_THIRD" 5000)")
	must_contain "dial open" "$said"
	must_be_equal "denied for its address" "$((before + 1))" \
		"$(e2e_event holes_denied_foreign_address)"
}

# ---- policies about TLS ----------------------------------------------------

capture() { # host-namespace
	rm -f "$LAB_DIR/scratch/seen.pcap"
	lab_spawn capture "$1" tcpdump -Z root --immediate-mode -U \
		-i eth0 -w "$LAB_DIR/scratch/seen.pcap" tcp
	lab_wait 5 grep -qs "listening on" "$LAB_DIR/log/capture.out"
}

end_capture() {
	sleep 0.3
	lab_stop capture INT
	rm -f "$LAB_DIR/log/capture.out"
}

was_seen() { # bytes
	grep -qaF "$1" "$LAB_DIR/scratch/seen.pcap"
}

# What the server's side of the firewall sees of a login in clear.
password_in_clear() { # step...
	capture "$LAB_INSIDE"
	peer "$@" end: >"$LAB_DIR/scratch/said"
	end_capture
	cat "$LAB_DIR/scratch/said"
}

tls_require() {
	local step

	for step in "send:USER me\\r\\nPASS $SECRET\\r\\n" "send:PASS $SECRET\\r\\n"; do
		serve
		password_in_clear "$step"
		must_contain "end reset" "$(<"$LAB_DIR/scratch/said")"
		was_seen "220 ready" || fail "nothing was captured"
		! was_seen "$SECRET" || fail "the password crossed the firewall"
		! grep -q heard "$LAB_DIR/log/peer.out" || fail "a command got through"
	done
}

tls_require_one_byte_each() {
	local i steps=() text="USER me\\r\\nPASS $SECRET\\r\\n"

	text=$(printf '%b' "$text" | sed 's/\r$/~/' | tr '\n' '^')
	for ((i = 0; i < ${#text}; i++)); do
		case ${text:i:1} in
		"~") steps+=('send:\r') ;;
		"^") steps+=('send:\n') ;;
		*) steps+=("send:${text:i:1}") ;;
		esac
	done
	serve
	password_in_clear "${steps[@]}"
	! was_seen "PASS" || fail "the password began to cross the firewall"
	! grep -q "heard" "$LAB_DIR/log/peer.out" || fail "a command got through"
}

# The capture would show it.
clear_where_nothing_is_required() {
	serve
	password_in_clear "line:USER me" "line:PASS $SECRET"
	must_contain "end alive" "$(<"$LAB_DIR/scratch/said")"
	was_seen "$SECRET" || fail "the capture is blind"
}

real_tls_login() {
	client_says "line:AUTH TLS" tls: "line:USER anonymous" "line:PASS $SECRET"
	must_contain "230 Login successful." "$said"
}

tls_deny() {
	serve "AUTH=234 go ahead"
	said=$(peer "line:AUTH TLS" end:)
	must_contain "end reset" "$said"
	! grep -q "heard" "$LAB_DIR/log/peer.out" || fail "AUTH got through"
	honest_227
}

client_says() { # step...
	said=$(peer "$@")
}

tls_policy() { # word...
	e2e_policy_strict | grep -v '^fixup'
	echo "fixup protocol ftp 21 $*"
}

# ---- data ports that follow sessions ---------------------------------------

RANGE_PORT=50077

range_policy() {
	e2e_policy_strict | grep -v '^fixup\|range'
	echo "fixup protocol ftp 21 tls data-ports ${LAB_TLS_PORTS/-/ }"
}

third_at_range() {
	echo "run:$(third_dials) $LAB_TARGET $RANGE_PORT"
}

range_follows_session() {
	client_says "dial:$LAB_TARGET $RANGE_PORT" \
		"line:AUTH TLS" "dial:$LAB_TARGET $RANGE_PORT" \
		tls: "line:USER anonymous" "line:PASS x" \
		"$(third_at_range)" "dial:$LAB_TARGET $RANGE_PORT" "$(third_at_range)" \
		"dial:$LAB_TARGET 50101" \
		close: "dial:$LAB_TARGET $RANGE_PORT"
	# In turn: in clear, 234 only, a neighbour, the client, the neighbour again,
	# beside the range, after the session.
	echo "$said"
	must_be_equal "outcomes" "silence silence silence open silence silence silence" \
		"$(grep -E '^(dial )?(open|silence|reset)$' <<<"$said" | sed 's/dial //' |
			paste -sd' ')"
}

# A plain session of the same address opens nothing of the range.
range_needs_tls() {
	client_says "line:USER anonymous" "line:PASS x" "dial:$LAB_TARGET $RANGE_PORT"
	must_contain "dial silence" "$said"
}

# ---- both sides ------------------------------------------------------------

peers_attack() { # server|client
	local port=9995 third neighbour own

	lab_turn "$1"
	third=$LAB_OUTSIDE_THIRD
	neighbour=$third
	[ "$1" = server ] || neighbour=$LAB_INSIDE_OTHER
	e2e_apply e2e_policy_strict
	e2e_case "$1 NAT: an honest PORT is dialled" honest_port
	e2e_case "$1 NAT: an honest 227 can be dialled" honest_227
	e2e_case "$1 NAT: bounce: PORT with a third address" bounce "$neighbour" 5555
	e2e_case "$1 NAT: bounce: PORT with a port below 1024" bounce_to_low_port
	e2e_case "$1 NAT: slipstream: PORT at a segment's start behind an HTTP request" \
		no_hole_opens slipstream "POST / HTTP/1.1\\r\\nHost: ftp\\r\\n\\r\\n"
	e2e_case "$1 NAT: slipstream: PORT behind half a line" \
		no_hole_opens slipstream "x=aaaa aaaa PORT 1,2,3"
	e2e_case "$1 NAT: slipstream: all in one segment" \
		no_hole_opens slipstream_in_one_segment
	e2e_case "$1 NAT: PORT as text of another command" no_hole_opens embedded_in_text
	e2e_case "$1 NAT: hijack: neither a third host nor a second port gets in" hijack
	e2e_case "$1 NAT: a hole ends with its session" hole_after_session
	e2e_case "$1 NAT: in clear after 234: both ends are reset" clear_after_234
	e2e_case "$1 NAT: 234 that nobody asked for changes nothing" unasked_234
	if [ "$1" = client ]; then
		own=$(commas "$LAB_TARGET" $port)
		e2e_case "evil 227: nobody has asked" no_hole_opens \
			evil_227 "$LAB_TARGET" $port "NOOP=227 Entering Passive Mode ($own)" line:NOOP
		e2e_case "evil 227: two for one PASV" \
			evil_227 "$LAB_TARGET" $port \
			"PASV=227 ($(commas "$LAB_TARGET" 9000))\\r\\n227 ($own)" line:PASV
		e2e_case "evil 227: a third address" no_hole_opens \
			evil_227 "$third" $port "PASV=227 ($(commas "$third" $port))" line:PASV
		e2e_case "evil 227: a low port" no_hole_opens \
			evil_227 "$LAB_TARGET" 23 "PASV=227 ($(commas "$LAB_TARGET" 23))" line:PASV
		e2e_case "evil 227: a port beyond 65535" no_hole_opens \
			evil_227 "$LAB_TARGET" 9000 "PASV=227 (${LAB_TARGET//./,},291,40)" line:PASV
		e2e_case "evil 227: in the middle of a line" no_hole_opens \
			evil_227 "$LAB_TARGET" $port "PASV=200 see 227 ($own)" line:PASV
		e2e_case "evil 227: within another reply of several lines" no_hole_opens \
			evil_227 "$LAB_TARGET" $port \
			"PASV=200-see\\r\\n227 ($own)\\r\\n200 end" line:PASV
	fi
}

tls_attacks() {
	lab_turn server
	e2e_apply e2e_policy_strict
	e2e_case "nothing required: a password crosses in clear" clear_where_nothing_is_required
	e2e_apply tls_policy tls require
	e2e_case "tls require: a login in clear is reset, no byte of the password crosses" \
		tls_require
	e2e_case "tls require: nor does it byte by byte" tls_require_one_byte_each
	lab_stop peer
	lab_ftp_start tls tls 21 "$LAB_TLS_PORTS" "$LAB_MAPPED"
	e2e_case "tls require: a login by TLS is served" real_tls_login
	lab_stop tls
	e2e_apply tls_policy tls deny
	e2e_case "tls deny: AUTH is reset, plain sessions are served" tls_deny
	lab_stop peer
	e2e_apply range_policy
	lab_ftp_start plain plain 21 "$LAB_TLS_PORTS" "$LAB_MAPPED"
	lab_spawn target "$LAB_INSIDE" python3 "$E2E_DIR/probe.py" echo tcp "$LAB_REAL" "$RANGE_PORT"
	lab_spawn beside "$LAB_INSIDE" python3 "$E2E_DIR/probe.py" echo tcp "$LAB_REAL" 50101
	e2e_case "data-ports: for a verified session's own address, while it lives" \
		range_follows_session
	e2e_case "data-ports: a session in clear opens nothing of them" range_needs_tls
}

lab_create --mode "$E2E_MODE"
peers_attack server
peers_attack client
tls_attacks
e2e_done
