#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fw-exporter as a server: who is answered, over what, and with which rights. What its
# metrics say is told by t_metrics.sh.
# One hook: tc

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PORT=9199
URL=127.0.0.1:$PORT

# start [OPTION...]: and wait until it listens.
start() {
	[ ! -e "$LAB_DIR/run/exporter.pid" ] || stop # of a case that failed
	lab_spawn exporter "$LAB_FW" "$LAB_EXPORTER" --web.listen-address "$URL" \
		--pin-dir "$LAB_PIN_DIR" "$@"
	lab_wait 5 lab_is_listening "$LAB_FW" "$PORT" || {
		cat "$LAB_DIR/log/exporter.out"
		fail "the exporter does not listen"
	}
}

stop() {
	lab_stop exporter
	mv "$LAB_DIR/log/exporter.out" "$LAB_DIR/log/exporter.before"
}

ask() { # CURL-ARGUMENT...
	lab_fw curl -sS --max-time 10 "$@"
}

# Into a file: who reads a pipe only as far as he likes would make curl fail.
answer_has() { # pattern CURL-ARGUMENT...
	ask -i -o "$LAB_DIR/scratch/answer" "${@:2}"
	tr -d '\r' <"$LAB_DIR/scratch/answer" >"$LAB_DIR/scratch/lines"
	grep -qi -e "$1" "$LAB_DIR/scratch/lines"
}

status_of() { # CURL-ARGUMENT...
	ask -o "$LAB_DIR/scratch/body" -w '%{http_code}' "$@"
}

said() { # text
	lab_wait 5 grep -qF -e "$1" "$LAB_DIR/log/exporter.out" || {
		cat "$LAB_DIR/log/exporter.out"
		fail "not said: $1"
	}
}

# ---- pages ---------------------------------------------------------------

has_status() { # expected CURL-ARGUMENT...
	must_be_equal "status of ${*:2}" "$1" "$(status_of "${@:2}")"
}

pages() {
	start --web.listen-address "[::1]:$PORT" --web.listen-address 127.0.0.1:9198
	has_status 200 "http://$URL/"
	has_status 200 "http://[::1]:$PORT/metrics"
	grep -q '^pinhole_up 1$' "$LAB_DIR/scratch/body"
	has_status 200 http://127.0.0.1:9198/-/healthy
	has_status 404 "http://$URL/metrics/"
	has_status 404 "http://$URL/favicon.ico"
	has_status 405 -X POST -d x "http://$URL/metrics"
	has_status 405 -X DELETE "http://$URL/"
	answer_has '^Allow: GET, HEAD$' -X PUT -d x "http://$URL/"
	# As long as of GET, and nothing of it.
	ask -I "http://$URL/" >"$LAB_DIR/scratch/head"
	grep -qi "^Content-Length: $(ask "http://$URL/" | wc -c)" "$LAB_DIR/scratch/head"
	grep -qi "^Content-Security-Policy: default-src 'none'" "$LAB_DIR/scratch/head"
	grep -qi '^X-Content-Type-Options: nosniff' "$LAB_DIR/scratch/head"
	answer_has '^Vary: Accept$' "http://$URL/metrics"
	answer_has '^Content-Type: application/openmetrics-text' \
		-H 'Accept: text/plain;q=0.1' -H 'Accept: application/openmetrics-text' \
		"http://$URL/metrics"
}

# The page in a browser: its link leads to the metrics, nothing comes from elsewhere.
browsed() {
	lab_fw timeout 60 python3 "$E2E_DIR/browse.py" chromium-headless-shell \
		"http://$URL/" "In force: policy 1 on 2 interfaces" "pinhole_up 1"
}

is_up() { # 0|1
	answer_has "^pinhole_up $1\$" "http://$URL/metrics"
}

# Pins go and come; the process has the rights to find them again.
unload_and_apply() {
	local pid

	pid=$(lab_pid exporter)
	lab_fwctl unload
	is_up 0
	has_status 200 "http://$URL/-/healthy"
	lab_fw timeout 60 python3 "$E2E_DIR/browse.py" chromium-headless-shell \
		"http://$URL/" "Not in force" "pinhole_up 0"
	e2e_apply e2e_policy_with_fixup
	is_up 1
	must_be_equal pid "$pid" "$(lab_pid exporter)"
}

# ---- rights --------------------------------------------------------------

in_status() { # name value
	must_be_equal "$1" "$2" "$(awk -v name="$1:" '$1 == name { print $2 }' \
		"/proc/$(lab_pid exporter)/status")"
}

# Of each thread: CAP_BPF is bit 39. What the filter refuses is tried one by one in
# tests/unit/test_exporter_privilege.c.
rights() {
	local task n=0

	is_up 1
	for task in /proc/"$(lab_pid exporter)"/task/*/status; do
		n=$((n + 1))
		grep -q $'^CapEff:\t0000008000000000$' "$task"
		grep -q $'^CapPrm:\t0000008000000000$' "$task"
		grep -q $'^CapBnd:\t0000008000000000$' "$task"
		grep -q $'^NoNewPrivs:\t1$' "$task"
		grep -q $'^Seccomp:\t2$' "$task"
	done
	[ "$n" -ge 4 ] || fail "$n threads"
}

# As a unit or a careful administrator starts it: nothing more at any time.
starts_with_one_capability() {
	stop
	lab_spawn exporter "$LAB_FW" setpriv --bounding-set=-all,+bpf --inh-caps=-all \
		"$LAB_EXPORTER" --web.listen-address "$URL" --pin-dir "$LAB_PIN_DIR"
	lab_wait 5 lab_is_listening "$LAB_FW" "$PORT"
	in_status CapEff 0000008000000000
	is_up 1
	stop
}

# ---- TLS -----------------------------------------------------------------

# Put in place at once, so that the exporter does not meet a key without its certificate.
certificate() { # name subject-alt-name [issuer]
	local issuer=${3:-ca} made=$WEB/made

	mkdir -p "$made"
	openssl ecparam -name prime256v1 -genkey -noout -out "$made/$1.key"
	openssl req -new -key "$made/$1.key" -subj "/CN=$1" -out "$made/$1.csr"
	openssl x509 -req -in "$made/$1.csr" -CA "$WEB/$issuer.pem" -CAkey "$WEB/$issuer.key" \
		-set_serial "0x$(openssl rand -hex 8)" -days 2 -out "$made/$1.pem" \
		-extfile <(echo "subjectAltName=$2") 2>/dev/null
	mv "$made/$1.key" "$made/$1.pem" "$WEB"
}

authority() { # name
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-keyout "$WEB/$1.key" -out "$WEB/$1.pem" -subj "/CN=$1" 2>/dev/null
}

# Put in place as a whole, as tools that renew do.
config() { # on standard input
	cat >"$WEB/new.yml"
	mv "$WEB/new.yml" "$WEB/web.yml"
}

tls_config() { # further lines of tls_server_config
	printf 'tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n'
	[ $# -eq 0 ] || printf '  %s\n' "$@"
}

serial_served() {
	lab_fw openssl s_client -connect "$URL" </dev/null 2>/dev/null |
		openssl x509 -noout -serial
}

read_again() { # how often
	[ "$(grep -c ': read again' "$LAB_DIR/log/exporter.out")" -ge "$1" ]
}

complained() { # how often
	[ "$(grep -c 'what was in force before still is' "$LAB_DIR/log/exporter.out")" -ge "$1" ]
}

tls() {
	tls_config "min_version: TLS12" "max_version: TLS12" \
		"cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]" | config
	start --web.config.file "$WEB/web.yml"
	said "serving https://$URL/metrics"
	has_status 200 --cacert "$WEB/ca.pem" "https://$URL/metrics"
	must_fail ask "http://$URL/metrics"
	must_fail ask --cacert "$WEB/other.pem" "https://$URL/metrics"
	must_fail ask --cacert "$WEB/ca.pem" --tlsv1.3 "https://$URL/metrics"
	must_fail ask --cacert "$WEB/ca.pem" --tls-max 1.2 \
		--ciphers ECDHE-ECDSA-AES128-GCM-SHA256 "https://$URL/metrics"
	ask --cacert "$WEB/ca.pem" --ciphers ECDHE-ECDSA-AES256-GCM-SHA384 \
		"https://$URL/metrics" >/dev/null
}

# A new certificate is served within seconds; one that does not fit its key is not, and
# the log says so once.
renewal() {
	local before complaints

	before=$(serial_served)
	certificate server "DNS:localhost,IP:127.0.0.1"
	lab_wait 10 read_again 1
	must_be_equal serial "$(openssl x509 -noout -serial -in "$WEB/server.pem")" \
		"$(serial_served)"
	[ "$before" != "$(serial_served)" ] || fail "the certificate is the old one"
	before=$(serial_served)
	complaints=$(grep -c 'still is' "$LAB_DIR/log/exporter.out" || :)
	cp "$WEB/client.pem" "$WEB/server.pem"
	lab_wait 10 complained "$((complaints + 1))"
	sleep 1.5
	must_be_equal "complaints" "$((complaints + 1))" \
		"$(grep -c 'what was in force before still is' "$LAB_DIR/log/exporter.out")"
	must_be_equal serial "$before" "$(serial_served)"
	certificate server "DNS:localhost,IP:127.0.0.1"
	lab_wait 10 read_again 2
}

as_client() { # name
	ask --cacert "$WEB/ca.pem" --cert "$WEB/$1.pem" --key "$WEB/$1.key" \
		"https://$URL/metrics"
}

# And that is turned on while it serves.
clients() {
	tls_config "client_auth_type: RequireAndVerifyClientCert" "client_ca_file: ca.pem" \
		"client_allowed_sans: [prometheus.example.net]" | config
	lab_wait 10 read_again 3
	as_client client >/dev/null
	must_fail as_client stranger # of another authority
	must_fail as_client neighbor # of this one, by another name
	must_fail ask --cacert "$WEB/ca.pem" "https://$URL/metrics"
	tls_config "client_auth_type: VerifyClientCertIfGiven" "client_ca_file: ca.pem" | config
	lab_wait 10 read_again 4
	ask --cacert "$WEB/ca.pem" "https://$URL/metrics" >/dev/null
	must_fail as_client stranger
	config <<<""
	lab_wait 10 grep -q 'by a restart only' "$LAB_DIR/log/exporter.out"
	ask --cacert "$WEB/ca.pem" "https://$URL/metrics" >/dev/null
	stop
}

# ---- passwords -----------------------------------------------------------

# bcrypt, by the crypt(3) of the system
hash_of() { # password cost
	# shellcheck disable=SC2016 # perl's
	perl -e 'print crypt($ARGV[0], sprintf("\$2b\$%02d\$abcdefghijklmnopqrstuu", $ARGV[1]))' \
		"$1" "$2"
}

users() { # user password
	printf 'basic_auth_users:\n  %s: %s\nhttp_server_config:\n  headers:\n' \
		"$1" "$(hash_of "$2" 12)"
	printf '    X-Frame-Options: deny\n'
}

passwords() {
	users alice secret | config
	start --web.config.file "$WEB/web.yml"
	has_status 401 "http://$URL/metrics"
	has_status 401 "http://$URL/-/healthy"
	has_status 401 -u alice:wrong "http://$URL/metrics"
	has_status 401 -u bob:secret "http://$URL/"
	has_status 401 -u alice: "http://$URL/"
	has_status 401 -H 'Authorization: Basic !!!' "http://$URL/"
	has_status 401 -H 'Authorization: Bearer secret' "http://$URL/"
	ask -i "http://$URL/metrics" | tr -d '\r' >"$LAB_DIR/scratch/refused"
	grep -qix 'WWW-Authenticate: Basic realm="pinhole", charset="UTF-8"' \
		"$LAB_DIR/scratch/refused"
	grep -qix 'X-Frame-Options: deny' "$LAB_DIR/scratch/refused"
	must_fail grep -q pinhole_up "$LAB_DIR/scratch/refused"
	has_status 200 -u alice:secret "http://$URL/metrics"
}

# Processor time of the exporter, in ticks.
ticks() {
	awk '{ print $14 + $15 }' "/proc/$(lab_pid exporter)/stat"
}

# 12 takes a good tenth of a second of the processor and more; ten scrapes of a small
# policy take less than one of them.
right_ones_are_judged_once() {
	local began wrong right i

	began=$(ticks)
	has_status 401 -u alice:wrong "http://$URL/metrics"
	has_status 401 -u bob:wrong "http://$URL/metrics"
	wrong=$(($(ticks) - began))
	began=$(ticks)
	for i in 1 2 3 4 5 6 7 8 9 10; do
		has_status 200 -u alice:secret "http://$URL/-/healthy"
	done
	right=$(($(ticks) - began))
	echo "two wrong passwords: $wrong ticks; ten right ones: $right"
	[ "$wrong" -ge 10 ] || fail "$wrong ticks for what bcrypt should judge, twice"
	[ "$right" -lt $((wrong / 2)) ] || fail "$right ticks for what is remembered"
}

changed_password() {
	users alice changed | config
	lab_wait 10 read_again 1
	has_status 401 -u alice:secret "http://$URL/metrics"
	has_status 200 -u alice:changed "http://$URL/metrics"
	printf 'basic_auth_users:\n  alice: clear\n' | config
	kill -HUP "$(lab_pid exporter)"
	lab_wait 10 grep -q "web.yml:2:10: the password of 'alice' is no bcrypt hash" \
		"$LAB_DIR/log/exporter.out"
	has_status 200 -u alice:changed "http://$URL/metrics"
	has_status 401 -u alice:clear "http://$URL/metrics"
	stop
}

# ---- mistakes ------------------------------------------------------------

refuses() { # status text OPTION...
	local status=0

	lab_fw timeout 5 "$LAB_EXPORTER" --web.listen-address "$URL" "${@:3}" \
		>"$LAB_DIR/scratch/said" 2>&1 || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "status of ${*:3}" "$1" "$status"
	grep -qF -e "$2" "$LAB_DIR/scratch/said" || fail "not said: $2"
}

mistakes() {
	printf 'tls_server_config:\n  cert_fil: x\n' | config
	refuses 1 "web.yml:2:3: unknown key 'cert_fil'" --web.config.file "$WEB/web.yml"
	refuses 1 "No such file" --web.config.file "$WEB/none.yml"
	tls_config | sed 's/server.key/client.key/' | config
	refuses 1 "client.key" --web.config.file "$WEB/web.yml"
	refuses 2 "cannot be the path" --web.telemetry-path metrics
	refuses 2 "cannot be the path" --web.telemetry-path /-/healthy
	refuses 2 "--acl-lines is on, off or a number" --acl-lines some
	refuses 2 "is not HOST:PORT; did you mean :9955?" --web.listen-address 9955
	refuses 2 "" --listen "$URL"
	start --web.telemetry-path /m
	has_status 200 "http://$URL/m"
	has_status 404 "http://$URL/metrics"
	answer_has 'href="/m"' "http://$URL/"
	refuses 1 "cannot listen on $URL: Address already in use"
	stop
}

e2e_start --nat server
WEB=$LAB_DIR/web
mkdir "$WEB"
authority ca
authority other
certificate server "DNS:localhost,IP:127.0.0.1"
certificate client "DNS:prometheus.example.net"
certificate neighbor "DNS:other.example.net"
certificate stranger "DNS:prometheus.example.net" other

e2e_case "every address is served, and only what there is" pages
e2e_case "the landing page in a browser" browsed
e2e_case "each thread has CAP_BPF alone and a filter" rights
e2e_case "an unload and an apply need no restart" unload_and_apply
e2e_case "it starts with no more than CAP_BPF" starts_with_one_capability
e2e_case "TLS, of the versions and suites that were asked for" tls
e2e_case "a renewed certificate is served, a wrong one is not" renewal
e2e_case "clients are known by their certificates" clients
e2e_case "nothing is told without a password" passwords
e2e_case "bcrypt judges a right password once" right_ones_are_judged_once
e2e_case "a changed password counts, a wrong file does not" changed_password
e2e_case "mistakes are named" mistakes
e2e_done
