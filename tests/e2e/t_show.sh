#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is shown is what is, and as its schema says; what is cleared is gone.
#
# One hook: tc

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

validate() { # schema
	"$E2E_DIR/../schema/validate.py" "$1"
}

# A shell command for what runs elsewhere.
fwctl_command() { # argument...
	echo "nsenter --net=/run/netns/$LAB_FW -- $LAB_FWCTL $* --pin-dir $LAB_PIN_DIR"
}

policy() {
	e2e_policy "permit tcp any object-group web eq 8080" \
		"permit udp any host $LAB_MAPPED eq 8081" |
		sed '/^access-list/{x;s/^/x/;/^x$/{x;s/^/object-group network web\n network-object host '"$LAB_MAPPED"'\n network-object host 203.0.113.77\n/;b};x}'
	echo "fixup protocol ftp 21"
}

every_show_is_as_its_schema() {
	local what file
	local -a pairs=()

	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 open
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 9999 silence
	for what in interface access-list conn xlate nat pinholes ftp counters \
		running-config version memory "asp drop"; do
		file=$LAB_DIR/scratch/${what%% *}.json
		# shellcheck disable=SC2086 # words
		[ -n "$(lab_fwctl show $what)" ] || fail "show $what says nothing"
		# shellcheck disable=SC2086
		lab_fwctl show $what --json >"$file"
		pairs+=("show-${what%% *}" "$file")
	done
	"$E2E_DIR/../schema/validate.py" "${pairs[@]}"
}

running_config_is_the_policy() {
	lab_fwctl show running-config >"$LAB_DIR/scratch/running"
	"$LAB_FWCTL" print "$LAB_DIR/policy.pix" | diff - "$LAB_DIR/scratch/running"
	lab_fwctl diff "$LAB_DIR/scratch/running"
}

groups_are_expanded() {
	lab_fwctl show access-list outside_in | grep -A2 "object-group web" |
		tee "$LAB_DIR/scratch/shown"
	grep -Eq '^access-list outside_in line [0-9]+ extended permit tcp any object-group web eq 8080 \(hitcnt=[1-9][0-9]*\) 0x[0-9a-f]{8}$' \
		"$LAB_DIR/scratch/shown"
	grep -Eq "^  access-list outside_in line [0-9]+ extended permit tcp any4 host $LAB_MAPPED eq 8080 0x[0-9a-f]{8}\$" \
		"$LAB_DIR/scratch/shown"
}

version_knows_what_is_loaded() {
	lab_fwctl show version --json >"$LAB_DIR/scratch/version"
	jq -e '.loaded and .same_build and (.programs | map(.name) | index("tc_ingress") != null)' \
		"$LAB_DIR/scratch/version"
	"$LAB_FWCTL" show version --pin-dir /sys/fs/bpf/nosuch-show --json |
		tee "$LAB_DIR/scratch/version" | validate show-version
	jq -e '.loaded == false' "$LAB_DIR/scratch/version"
}

shown() { # filter...
	lab_fwctl show conn "$@" --json | jq '.connections | length'
}

# While a connection is held open.
filters_choose() {
	must_be_equal all 1 "$(shown protocol tcp port 8080 state established)"
	must_be_equal address 1 "$(shown state established address "$LAB_OUTSIDE_HOST")"
	must_be_equal network 1 "$(shown state established address "$LAB_OUTSIDE_HOST/24" interface outside)"
	must_be_equal mapped 1 "$(shown port 8080 address "$LAB_MAPPED" state established)"
	must_be_equal "another address" 0 "$(shown address 192.0.2.1)"
	must_be_equal "another port" 0 "$(shown port 8082-9000)"
	must_be_equal "another state" 0 "$(shown port 8080 state half-open)"
	must_be_equal "another interface" 0 "$(shown interface self)"
	lab_fwctl show conn port 8080 state established detail | grep -q "^TCP outside: "
	must_fail lab_fwctl show conn interface nosuch
}

held() { # command
	e2e_probe hold "$LAB_TARGET" 8080 "$1"
}

filters_of_connections() {
	local step=$LAB_DIR/scratch/step

	held "touch $step.held; until [ -e $step.go ]; do sleep 0.05; done" >"$step.out" &
	lab_wait 5 test -e "$step.held"
	filters_choose
	touch "$step.go"
	wait "$!"
	must_be_equal "the connection" open "$(cat "$step.out")"
}

clear_ends_what_is_asked_for() {
	local dropped

	must_be_equal "another connection is cleared" open \
		"$(held "$(fwctl_command clear conn port 9000-9999)")"
	dropped=$(e2e_dropped tcp-not-syn)
	must_be_equal "this one is" silence \
		"$(held "$(fwctl_command clear conn port 8080 address "$LAB_OUTSIDE_HOST")")"
	[ "$(e2e_dropped tcp-not-syn)" -gt "$dropped" ] || fail "no segment was dropped"
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 open
	must_be_equal udp echo "$(e2e_probe udp --source "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8081)"
	lab_fwctl clear conn protocol udp --json | tee "$LAB_DIR/scratch/cleared" |
		validate clear-conn
	jq -e '.connections + .half_open >= 1' "$LAB_DIR/scratch/cleared"
	must_be_equal "udp left" 0 "$(shown protocol udp)"
	must_be_equal udp echo "$(e2e_probe udp --source "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8081)"
	lab_fwctl log | grep "Cleared by the administrator"
}

clear_takes_the_session_along() {
	local out

	out=$(lab_client timeout 30 python3 "$E2E_DIR/ftp_cleared.py" "$LAB_TARGET" \
		"$(fwctl_command show ftp --json) >$LAB_DIR/scratch/sessions
		 $(fwctl_command clear conn port 21) >$LAB_DIR/scratch/cleared")
	cat "$LAB_DIR/scratch/cleared"
	must_be_equal "after clear conn" "control silence,hole silence,data silence,anew open" \
		"$(paste -sd, <<<"$out")"
	grep -q "with 2 FTP sessions went 1 more data connection and 1 pinhole$" \
		"$LAB_DIR/scratch/cleared"
	lab_wait 6 sessions_are_gone || fail "the kernel still has the sessions"
}

# The entries, not only what is shown of them.
sessions_are_gone() {
	bpftool -j map dump pinned "$LAB_PIN_DIR/maps/ftp_sessions" |
		jq -e --slurpfile before "$LAB_DIR/scratch/sessions" '
			[$before[0].sessions[].id] as $ended | ($ended | length) == 2 and
			(map(.formatted.value.conn_id) - $ended | length) == length'
}

counters_begin_anew() {
	local before after metric

	lab_spawn exporter "$LAB_FW" "$LAB_EXPORTER" --web.listen-address 127.0.0.1:9199 \
		--pin-dir "$LAB_PIN_DIR"
	lab_wait 5 lab_is_listening "$LAB_FW" 9199
	[ "$(e2e_hits "object-group web")" -gt 0 ] || fail "the line was not hit"
	[ "$(e2e_dropped acl-implicit-deny)" -gt 0 ] || fail "nothing was dropped"
	before=$(lab_fw curl -sS http://127.0.0.1:9199/metrics)
	lab_fwctl clear access-list outside_in counters
	lab_fwctl clear counters
	must_be_equal hits 0 "$(e2e_hits "object-group web")"
	must_be_equal dropped 0 "$(e2e_dropped acl-implicit-deny)"
	must_be_equal "packets in" 0 \
		"$(lab_fwctl show interface --json | jq '.interfaces[0].to_box_packets')"
	lab_fwctl show asp drop | grep -q "^Last clearing: [0-9]*s ago"
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 open
	must_be_equal "hits since" 1 "$(e2e_hits "object-group web")"
	after=$(lab_fw curl -sS http://127.0.0.1:9199/metrics)
	for metric in pinhole_access_list_hits_total pinhole_dropped_packets_total; do
		sum_of "$metric" <<<"$before" >"$LAB_DIR/scratch/sums"
		sum_of "$metric" <<<"$after" >>"$LAB_DIR/scratch/sums"
		cat "$LAB_DIR/scratch/sums"
		sort -nc "$LAB_DIR/scratch/sums" || fail "$metric has fallen"
		[ "$(head -n 1 "$LAB_DIR/scratch/sums")" -gt 0 ] || fail "$metric is not there"
	done
	# An edit elsewhere changes nothing of it.
	e2e_apply policy
	must_be_equal "hits after an apply" 1 "$(e2e_hits "object-group web")"
}

# Its place may be another's meanwhile, and what it counted there is zeroed.
an_interface_comes_back() {
	e2e_download pasv small.bin
	lab_fwctl clear counters
	sed -n '/^nameif ethernet0/p; /^ip address outside/p' "$LAB_DIR/policy.pix" \
		>"$LAB_DIR/scratch/outside.pix"
	lab_fwctl apply "$LAB_DIR/scratch/outside.pix" --mode "$LAB_MODE" --map outside=out0
	e2e_apply policy
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 open
	lab_fwctl show interface --json | tee "$LAB_DIR/scratch/json" | validate show-interface
	jq -e '.interfaces[1].rx_packets | . > 0 and . < 50' "$LAB_DIR/scratch/json"
}

sum_of() { # metric
	awk -v metric="$1" 'index($0, metric "{") == 1 { n += $NF } END { print n + 0 }'
}

ifindex_of() { # device
	lab_fw ip -j link show "$1" | jq .[0].ifindex
}

# By the time of a CPU: other tests run at the same time.
cpu_ms() { # command...
	local TIMEFORMAT="%U %S"

	{ time "$@" >"$LAB_DIR/scratch/many" 2>"$LAB_DIR/scratch/err"; } 2>&1 |
		awk '{ printf "%d", ($1 + $2) * 1000 }'
}

many_are_listed_quickly() {
	local form ms

	python3 "$E2E_DIR/fill_conns.py" "$LAB_PIN_DIR" 100000 "$(ifindex_of out0)" \
		"$(ifindex_of in0)"
	for form in long --json; do
		ms=$(cpu_ms lab_fwctl show conn "$form")
		echo "show conn $form: $ms ms"
		[ "$ms" -lt 1000 ] || fail "that is too long"
	done
	jq -c '(.connections | length >= 100000), (.connections |= .[:200])' \
		"$LAB_DIR/scratch/many" >"$LAB_DIR/scratch/few"
	must_be_equal "all are there" true "$(head -n 1 "$LAB_DIR/scratch/few")"
	tail -n 1 "$LAB_DIR/scratch/few" | validate show-conn
	lab_fwctl clear conn address 198.18.0.0/15 | grep "^100000 connections cleared"
	must_be_equal "left of them" 0 \
		"$(lab_fwctl show conn address 198.18.0.0/15 count --json | jq .matching)"
}

e2e_start --nat server
e2e_apply policy
lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
lab_spawn web "$LAB_INSIDE" python3 "$E2E_DIR/probe.py" echo tcp 0.0.0.0 8080
lab_spawn udp "$LAB_INSIDE" python3 "$E2E_DIR/probe.py" echo udp 0.0.0.0 8081
lab_wait 5 lab_is_listening "$LAB_INSIDE" 8080

e2e_case "what every show writes is as its schema says" every_show_is_as_its_schema
e2e_case "running-config is the policy" running_config_is_the_policy
e2e_case "object groups are expanded below their line" groups_are_expanded
e2e_case "version says what is loaded, and that nothing is" version_knows_what_is_loaded
e2e_case "connections are chosen by filters" filters_of_connections
e2e_case "clear conn ends those that are asked for, and no others" clear_ends_what_is_asked_for
e2e_case "with an FTP session go its holes and its data" clear_takes_the_session_along
e2e_case "cleared counters begin anew, but not for the exporter" counters_begin_anew
e2e_case "an interface that comes back counts from zero" an_interface_comes_back
e2e_case "100,000 connections are listed in less than a second" many_are_listed_quickly
e2e_done
