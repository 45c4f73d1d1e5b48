#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A real Prometheus scrapes fw-exporter while FTP transfers run. What PromQL answers must
# be what happened, to the byte; and every rule, alert and query of the dashboard that
# Pinhole brings must find what it asks for.
#
# One hook: tc

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

LIVE=$LAB_SOURCE_DIR/tests/prometheus/live.py
PROMETHEUS=http://127.0.0.1:9090
EXPORTER=127.0.0.1:9954
SECURED=127.0.0.1:9955
DENIED_PORT=4444
PASSWORD=tell-me-all

prometheus_config() {
	cat <<-END
		global: {scrape_interval: 500ms, evaluation_interval: 1s}
		rule_files: [$LAB_SOURCE_DIR/tools/prometheus/*.yml]
		scrape_configs:
		  - job_name: pinhole
		    static_configs: [{targets: ["$EXPORTER"]}]
		  - job_name: secured
		    scheme: https
		    tls_config: &certified {ca_file: $LAB_DIR/cert.pem, server_name: $LAB_TARGET}
		    basic_auth: {username: prometheus, password: $PASSWORD}
		    static_configs: &secured [{targets: ["$SECURED"]}]
		  - job_name: stranger
		    scheme: https
		    tls_config: *certified
		    static_configs: *secured
	END
}

start_prometheus() {
	prometheus_config >"$LAB_DIR/prometheus.yml"
	lab_spawn prometheus "$LAB_FW" "$BUILD/servers/prometheus/usr/bin/prometheus" \
		--config.file "$LAB_DIR/prometheus.yml" --web.listen-address "${PROMETHEUS#*//}" \
		--storage.tsdb.path "$LAB_DIR/prometheus" --log.level warn
	lab_wait 10 lab_is_listening "$LAB_FW" 9090 || {
		cat "$LAB_DIR/log/prometheus.out"
		fail "Prometheus does not listen"
	}
	lab_wait 10 prometheus_is_ready || fail "Prometheus does not get ready"
}

prometheus_is_ready() {
	lab_fw curl -sf --max-time 2 -o /dev/null "$PROMETHEUS/-/ready"
}

start_exporter() { # name address [option...]
	lab_spawn "$1" "$LAB_FW" "$LAB_EXPORTER" --web.listen-address "$2" \
		--pin-dir "$LAB_PIN_DIR" "${@:3}"
	lab_wait 5 lab_is_listening "$LAB_FW" "${2#*:}" || {
		cat "$LAB_DIR/log/$1.out"
		fail "the exporter does not listen"
	}
}

live() { # argument...
	lab_fw "$LIVE" "$PROMETHEUS" "$@"
}

value() { # expression
	live value "$1"
}

# ---- what grew -------------------------------------------------------------

# Each is a name for the report and an expression; counters, or sums of them.
declare -A watched=(
	[to_client]='pinhole_ftp_data_bytes_total{direction="to_client"}'
	[to_server]='pinhole_ftp_data_bytes_total{direction="to_server"}'
	[data]='pinhole_ftp_data_connections_total'
	[sessions]='pinhole_ftp_sessions_opened_total'
	[opened]='pinhole_ftp_pinholes_opened_total'
	[used]='pinhole_ftp_pinholes_used_total'
	[unused]='pinhole_ftp_pinholes_closed_total{cause="session_end"}'
	[foreign]='pinhole_ftp_pinholes_refused_total{reason="foreign_address"}'
	[refused]='sum(pinhole_ftp_pinholes_refused_total)'
	[tcp]='pinhole_connections_created_total{protocol="tcp"}'
	[cleared]='sum(pinhole_connections_closed_total{cause="cleared"})'
	[ftp_line]='pinhole_access_list_line_hits_total{access_list="outside_in", line="1"}'
	[denied]='pinhole_access_list_hits_total{access_list="outside_in", action="deny"}'
	[untranslated]='sum(pinhole_nat_translations_total{direction="untranslate"})'
	[acl_deny]='pinhole_dropped_packets_total{reason="acl-deny"}'
	[acl_deny_bytes]='pinhole_dropped_bytes_total{reason="acl-deny"}'
	[outside_dropped]='pinhole_interface_packets_total{interface="outside", direction="receive", verdict="dropped"}'
	[outside_dropped_bytes]='pinhole_interface_bytes_total{interface="outside", direction="receive", verdict="dropped"}'
	[all_dropped]='sum(pinhole_dropped_packets_total)'
	[inside_in]='pinhole_interface_packets_total{interface="inside", direction="receive", verdict="forwarded"}'
	[outside_out]='pinhole_interface_packets_total{interface="outside", direction="transmit", verdict="forwarded"}'
	[outside_in]='pinhole_interface_packets_total{interface="outside", direction="receive", verdict="forwarded"}'
	[inside_out]='pinhole_interface_packets_total{interface="inside", direction="transmit", verdict="forwarded"}'
	[received]='sum(pinhole_interface_packets_total{interface="outside", direction="receive"})'
	[sent]='sum(pinhole_interface_packets_total{interface="outside", direction="transmit"})'
	[dropped]='sum(pinhole_interface_packets_total{verdict="dropped"})'
	[applies]='pinhole_policy_applies_total{result="success"}'
	[failures]='pinhole_policy_applies_total{result="failure"}'
	[generation]='pinhole_policy_generation'
)

# what_grew NAME...: from now on.
what_grew() {
	local name

	for name in "$@"; do
		echo "$name ${watched[$name]}"
	done | live values >"$LAB_DIR/scratch/before"
}

# Asks PromQL how much each of them has grown, once all that was is scraped.
look() {
	local name before

	while read -r name before; do
		echo "$name (${watched[$name]}) - $before"
	done <"$LAB_DIR/scratch/before" | live values >"$LAB_DIR/scratch/growth"
}

growth() { # name
	awk -v name="$1" '$1 == name { print $2; n++ } END { exit n != 1 }' \
		"$LAB_DIR/scratch/growth"
}

have_grown() { # name number...
	while [ $# -gt 0 ]; do
		must_be_equal "$1: growth of ${watched[$1]}" "$2" "$(growth "$1")"
		shift 2
	done
}

have_grown_alike() { # name name
	must_be_equal "$2, as $1" "$(growth "$1")" "$(growth "$2")"
}

# ---- promises ----------------------------------------------------------------

# It asks for OpenMetrics, which alone has units, and refuses a page with one wrong line.
page_is_read_with_types_and_units() {
	live scraped
	must_be_equal "up" 1 "$(value 'up{job="pinhole"}')"
	must_be_equal "type and unit" "counter bytes" "$(lab_fw curl -s --max-time 5 \
		"$PROMETHEUS/api/v1/metadata?metric=pinhole_ftp_data_bytes" |
		jq -r '.data[][] | "\(.type) \(.unit)"')"
}

# Bytes that are sent again pass twice. On a machine that is busy with other things that
# happens; then once more, with fewer bytes.
retransmitted() {
	local namespace

	for namespace in "$LAB_OUTSIDE" "$LAB_INSIDE"; do
		lab_run "$namespace" nstat -asz TcpRetransSegs
	done | awk '/^Tcp/ { n += $2 } END { print n + 0 }'
}

transfers_are_told_to_the_byte() {
	local before file

	for file in big.bin big.bin small.bin small.bin small.bin; do
		before=$(retransmitted)
		what_grew to_client to_server data sessions opened used tcp ftp_line \
			untranslated inside_in outside_out outside_in inside_out
		e2e_download pasv "$file"
		e2e_upload epsv small.bin
		look
		[ "$(retransmitted)" != "$before" ] || break
	done
	[ "$(retransmitted)" = "$before" ] || fail "segments were sent again each time"
	have_grown to_client "$(stat -c %s "$LAB_DIR/ftp/pub/$file")" to_server 200000 \
		data 2 sessions 2 opened 2 used 2 tcp 4 ftp_line 2 untranslated 4
	have_grown_alike inside_in outside_out
	have_grown_alike outside_in inside_out
}

# Neither firing nor waiting to.
no_alert_in_peace() {
	must_be_equal "alerts" 0 "$(value 'count(ALERTS) or vector(0)')"
}

device_counts() { # rx|tx
	lab_fw ip -j -s link show out0 | jq ".[0].stats64.$1.packets"
}

# Each packet has one verdict: their sum is what the kernel counts for the device. Strays
# may come between the readings, so three attempts.
verdicts_add_up() {
	local tries=0 rx tx

	until [ "$tries" -eq 3 ]; do
		tries=$((tries + 1))
		what_grew received sent dropped
		rx=$(device_counts rx)
		tx=$(device_counts tx)
		e2e_download epsv small.bin
		lab_client ping -c 2 -i 0.1 "$LAB_FW_OUTSIDE" >/dev/null
		look
		rx=$(($(device_counts rx) - rx))
		tx=$(($(device_counts tx) - tx))
		[ "$(growth received) $(growth sent) $(growth dropped)" != "$rx $tx 0" ] || return 0
	done
	have_grown received "$rx" sent "$tx" dropped 0
}

holes_are_told() {
	local ask="nsenter --net=/run/netns/$LAB_FW -- $LIVE $PROMETHEUS"

	what_grew opened used unused
	lab_client timeout 30 python3 "$E2E_DIR/ftp_dialogue.py" hole "$LAB_TARGET" port \
		--while-open "$ask scraped; $ask value pinhole_ftp_pinholes;
			$ask value 'sum(pinhole_ftp_sessions)'" >"$LAB_DIR/scratch/while-open"
	cat "$LAB_DIR/scratch/while-open"
	must_be_equal "holes while one is open" 1 "$(head -n 1 "$LAB_DIR/scratch/while-open")"
	look
	have_grown opened 2 used 1 unused 1
	must_be_equal "holes now" 0 "$(value pinhole_ftp_pinholes)"
}

refusals_are_told() {
	what_grew foreign refused opened
	lab_client timeout 20 python3 "$E2E_DIR/ftp_dialogue.py" foreign "$LAB_TARGET" \
		"$LAB_OUTSIDE_THIRD"
	look
	have_grown foreign 1 refused 1 opened 0
}

# Seven datagrams of five bytes: Ethernet, IPv4 and UDP are 42 bytes more.
drops_are_told() {
	what_grew acl_deny acl_deny_bytes outside_dropped outside_dropped_bytes denied \
		all_dropped
	# shellcheck disable=SC2016 # for the inner shell
	lab_client bash -c 'exec 3>"$1"; for i in 1 2 3 4 5 6 7; do printf drops >&3; done' \
		- "/dev/udp/$LAB_TARGET/$DENIED_PORT"
	look
	have_grown acl_deny 7 acl_deny_bytes $((7 * 47)) outside_dropped 7 \
		outside_dropped_bytes $((7 * 47)) denied 7 all_dropped 7
}

connections_are_told() {
	local n

	what_grew cleared
	n=$(lab_fwctl show conn --json | jq '.connections | length')
	[ "$n" -gt 3 ] || fail "only $n connections are there to be cleared"
	must_be_equal "connections" "$n" "$(value 'sum(pinhole_connections)')"
	must_be_equal "entries of the table" "$n" \
		"$(value 'pinhole_table_entries{table="conns"}')"
	lab_fwctl clear conn all
	look
	have_grown cleared "$n"
	must_be_equal "connections" 0 "$(value 'sum(pinhole_connections)')"
}

alert_is() { # alert state
	[ "$(value "count(ALERTS{alertname=\"$1\", alertstate=\"$2\"})")" = 1 ]
}

failed_apply_is_told() {
	echo "access-list outside_in permit nonsense" >"$LAB_DIR/wrong.pix"
	what_grew applies failures generation
	must_fail lab_apply "$LAB_DIR/wrong.pix"
	look
	have_grown applies 0 failures 1 generation 0
	must_be_equal "the last apply" 0 "$(value pinhole_policy_last_apply_success)"
	lab_wait 5 alert_is PinholePolicyApplyFailed firing || fail "no alert"
}

dashboard_finds_what_it_asks_for() {
	live dashboard "$LAB_SOURCE_DIR/tools/grafana/pinhole.json" job=pinhole \
		"instance=$EXPORTER" interface=.+ access_list=.+
}

rules_find_what_they_ask_for() {
	live rules
}

# A test of the tests: what does not exist must not look like a quiet firewall.
made_up_queries_are_noticed() {
	local wrong said

	while read -r wrong said; do
		sed "$wrong" "$LAB_SOURCE_DIR/tools/grafana/pinhole.json" >"$LAB_DIR/pinhole.json"
		must_fail live dashboard "$LAB_DIR/pinhole.json" job=pinhole \
			"instance=$EXPORTER" interface=.+ access_list=.+ >"$LAB_DIR/scratch/said"
		grep -q "$said\$" "$LAB_DIR/scratch/said" || fail "not noticed: $wrong"
		grep -c '^ ' "$LAB_DIR/scratch/said" | grep -qx '[12]' || fail "more than that is wrong"
	done <<-'END'
		s/pinholes_opened_total/holes_opened_total/ there is no metric pinhole_ftp_holes_opened_total
		s/{{verdict}}/{{verdcit}}/ returns no label verdcit
		s/state=\\"firing/state=\\"fring/ returns nothing
		s/rate(pinhole_icmp_errors_sent_total/rate(pinhole_connections/ a rate of pinhole_connections, which is no counter but gauge
	END
}

next_apply_is_told() {
	what_grew applies failures generation
	e2e_apply policy
	look
	have_grown applies 1 failures 0 generation 1
	must_be_equal "the last apply" 1 "$(value pinhole_policy_last_apply_success)"
	must_be_equal "applied a moment ago" 1 \
		"$(value 'time() - pinhole_policy_last_success_timestamp_seconds < bool 20')"
	lab_wait 5 must_fail alert_is PinholePolicyApplyFailed firing || fail "still an alert"
}

# Cheap, for a test: 2^5 rounds.
bcrypt() { # password
	python3 -W ignore -c "import crypt, sys
print(crypt.crypt(sys.argv[1], crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=32)))" "$1"
}

# The exporter-toolkit's configuration, as Prometheus' own exporters have it.
web_config() {
	cat <<-END
		tls_server_config: {cert_file: $LAB_DIR/cert.pem, key_file: $LAB_DIR/key.pem}
		basic_auth_users:
		  prometheus: $(bcrypt "$PASSWORD")
	END
}

value_is() { # expression number
	[ "$(value "$1")" = "$2" ]
}

why_not_scraped() { # job
	lab_fw curl -s --max-time 5 "$PROMETHEUS/api/v1/targets" |
		jq -r ".data.activeTargets[] | select(.labels.job == \"$1\") | .lastError"
}

secured_exporter_is_scraped() {
	web_config >"$LAB_DIR/web.yml"
	start_exporter secured "$SECURED" --web.config.file "$LAB_DIR/web.yml"
	lab_wait 8 value_is 'up{job="secured"}' 1 || fail "not scraped: $(why_not_scraped secured)"
	must_be_equal "the same firewall" 0 "$(value 'sum(pinhole_policy_generation{job="secured"})
		- sum(pinhole_policy_generation{job="pinhole"})')"
	must_be_equal "a stranger" 0 "$(value 'up{job="stranger"}')"
	why_not_scraped stranger | grep -q "401 Unauthorized" ||
		fail "a stranger was told: $(why_not_scraped stranger)"
	lab_stop secured
	lab_wait 8 value_is 'up{job="secured"}' 0 || fail "still scraped"
}

missing_device_is_told() {
	must_be_equal "there" 1 "$(value 'pinhole_interface_present{interface="inside"}')"
	lab_fw ip link del in0
	live scraped
	must_be_equal "there" 0 "$(value 'pinhole_interface_present{interface="inside"}')"
	must_be_equal "the other" 1 "$(value 'pinhole_interface_present{interface="outside"}')"
	lab_wait 5 alert_is PinholeInterfaceGone pending || fail "no alert"
}

unload_is_told() {
	lab_fwctl unload
	live scraped
	must_be_equal "up" 0 "$(value pinhole_up)"
	lab_wait 5 alert_is PinholeNotLoaded pending || fail "no alert"
}

policy() {
	e2e_policy_with_fixup "deny udp any host $LAB_MAPPED eq $DENIED_PORT"
}

lab_create --mode "$E2E_MODE" --nat server
e2e_apply policy
start_exporter exporter "$EXPORTER"
start_prometheus
lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
e2e_case "Prometheus reads the page, with types and units" page_is_read_with_types_and_units
e2e_case "transfers: bytes, holes, sessions, connections, hits, exactly" transfers_are_told_to_the_byte
e2e_case "no alert is raised as long as nothing is wrong" no_alert_in_peace
e2e_case "verdicts of packets add up to what the device counts" verdicts_add_up
e2e_case "a hole is seen while it is open" holes_are_told
e2e_case "an announcement of a foreign address is told" refusals_are_told
e2e_case "dropped packets and their bytes are told, exactly" drops_are_told
e2e_case "an apply that fails is told, and raises an alert" failed_apply_is_told
e2e_case "every query of the dashboard finds what it asks for" dashboard_finds_what_it_asks_for
e2e_case "every rule is about something that is there" rules_find_what_they_ask_for
e2e_case "queries about what does not exist are noticed" made_up_queries_are_noticed
e2e_case "connections are told, and those that were cleared" connections_are_told
e2e_case "an apply that succeeds is told, and ends the alert" next_apply_is_told
e2e_case "by TLS and with a password, and not without" secured_exporter_is_scraped
e2e_case "a device that is gone is told" missing_device_is_told
e2e_case "that nothing is loaded is told" unload_is_told
e2e_done
