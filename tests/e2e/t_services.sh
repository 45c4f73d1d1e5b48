#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What people run behind a firewall: names, web pages, files, large datagrams,
# and sessions that last, also while the policy is replaced under them.

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

WEB_PORT=80

permit() { # protocol port...
	local port

	for port in "${@:2}"; do
		echo "permit $1 any host ${at[listed]} eq $port"
	done
}

policy_without_sessions() {
	local -a lines

	mapfile -t lines < <(permit udp 53 7777 && permit tcp 53 "$WEB_PORT" 9000 9001)
	family_policy "${lines[@]}" "$@"
}

policy() {
	policy_without_sessions "$(permit tcp 9022)" "$@"
}

# inward WORD... and outward WORD...: services.py, told whom to ask.
inward() { # command [argument...]
	client_of "$LAB_OUTSIDE" "$1" "${at[mapped]}" "${@:2}"
}

outward() {
	client_of "$LAB_INSIDE" "$1" "${at[outside]}" "${@:2}"
}

names() {
	must_print "udp 46" inward name short.test
	must_print "udp 46" outward name short.test
	must_print "tcp 3051" inward name long.test
	must_print "tcp 3051" outward name long.test
}

host_in_url() { # address
	if [ "$FAMILY" = 6 ]; then
		echo "[$1]"
	else
		echo "$1"
	fi
}

# page_of NAMESPACE ADDRESS
page_of() {
	rm -f "$LAB_DIR/scratch/got"
	lab_run "$1" curl -sS --fail --max-time 10 -o "$LAB_DIR/scratch/got" \
		"http://$(host_in_url "$2"):$WEB_PORT/pub/big.bin"
	cmp "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/pub/big.bin"
}

web() {
	page_of "$LAB_OUTSIDE" "${at[mapped]}"
	page_of "$LAB_INSIDE" "${at[outside]}"
}

large_datagrams() {
	must_print intact inward datagram 8000
	must_print intact outward datagram 8000
	must_print intact inward datagram 60000
	must_print intact outward datagram 60000
}

# The server says nothing before the client has said all and closed its half.
half_closed() {
	must_print intact inward upload 3000000
	must_print intact outward upload 3000000
}

downloads() {
	must_print intact inward download 3000000
	must_print intact outward download 3000000
}

# Sessions that last for seconds, while the policy is replaced.
sessions_survive() {
	inward session 4 >"$LAB_DIR/scratch/inward" &
	outward session 4 >"$LAB_DIR/scratch/outward" &
	for _ in 1 2 3 4; do
		sleep 0.7
		e2e_apply policy "permit tcp any host ${at[listed]} eq $RANDOM"
	done
	wait
	must_print intact cat "$LAB_DIR/scratch/inward"
	must_print intact cat "$LAB_DIR/scratch/outward"
}

apply_command() { # [option...]
	echo "nsenter --net=/run/netns/$LAB_FW -- $LAB_FWCTL apply $LAB_DIR/less.pix $*" \
		"--mode $LAB_MODE --map outside=out0 --map inside=in0 --pin-dir $LAB_PIN_DIR"
}

held() { # [option of apply...]
	e2e_apply policy
	policy_without_sessions >"$LAB_DIR/less.pix"
	probe_of "$LAB_OUTSIDE" hold "${at[mapped]}" 9022 "$(apply_command "$@")"
}

sessions_end_with_their_permission() {
	must_be_dropped_as policy-changed must_print silence held
}

sessions_may_be_kept() {
	must_print open held --keep-connections
	must_print silence probe_of "$LAB_OUTSIDE" connect "${at[mapped]}" 9022
}

# Kept once is not kept for ever: the next apply without the option judges it.
kept_connections_are_judged_later() {
	local again

	e2e_apply policy
	policy_without_sessions >"$LAB_DIR/less.pix"
	again="$(apply_command --keep-connections) && $(apply_command)"
	must_print silence probe_of "$LAB_OUTSIDE" hold "${at[mapped]}" 9022 "$again"
}

one_family() {
	e2e_apply policy
	family_serve inside "$LAB_INSIDE" "${at[real]}"
	family_serve outside "$LAB_OUTSIDE" "${at[outside]}"
	lab_spawn "web-inside$FAMILY" "$LAB_INSIDE" python3 -m http.server \
		--bind "${at[real]}" --directory "$LAB_DIR/ftp" "$WEB_PORT"
	lab_spawn "web-outside$FAMILY" "$LAB_OUTSIDE" python3 -m http.server \
		--bind "${at[outside]}" --directory "$LAB_DIR/ftp" "$WEB_PORT"
	lab_wait 5 lab_is_listening "$LAB_INSIDE" "$WEB_PORT"
	lab_wait 5 lab_is_listening "$LAB_OUTSIDE" "$WEB_PORT"
	family_case "names are resolved both ways, long answers by TCP" names
	family_case "a web page of 10 MB arrives both ways" web
	family_case "large datagrams arrive both ways" large_datagrams
	family_case "a half-closed connection carries the answer both ways" half_closed
	family_case "downloads arrive both ways" downloads
	family_case "sessions survive four applies" sessions_survive
	family_case "a session ends when its permission does" sessions_end_with_their_permission
	family_case "apply --keep-connections keeps it, but permits no new one" \
		sessions_may_be_kept
	family_case "kept connections are judged by the next apply without it" \
		kept_connections_are_judged_later
	lab_stop "web-inside$FAMILY"
	lab_stop "web-outside$FAMILY"
}

lab_create --mode "$E2E_MODE"
e2e_each_family one_family
e2e_done
