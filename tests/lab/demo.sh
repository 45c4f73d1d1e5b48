#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh - see the firewall do its job, in a network of namespaces.
#
# Why it exists: `make demo` is the first thing that a newcomer types. Each
# step says what it does, shows what came of it, and ends the demo with
# status 1 if it is not as promised.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lab/lab.sh
. "$here/lab.sh"

POLICY=$LAB_SOURCE_DIR/tools/examples/ftp-behind-nat.pix
MODE=${LAB_DEMO_MODE:-xdp}
steps=0

# ---- presentation ------------------------------------------------------

if [ -t 1 ]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
	bold="" dim="" green="" red="" plain=""
fi

step() { # heading
	steps=$((steps + 1))
	printf '\n%s%d. %s%s\n' "$bold" "$steps" "$1" "$plain"
}

explain() {
	printf '   %s\n' "$@"
}

show() { # a command of fwctl, as it would be typed
	printf '   %s$ fwctl %s%s\n' "$dim" "$*" "$plain"
	lab_fwctl "$@" | sed 's/^/     /'
}

good() {
	printf '   %sok%s  %s\n' "$green" "$plain" "$*"
}

bad() {
	printf '   %sFAILED%s  %s\n' "$red" "$plain" "$*"
	exit 1
}

# try WHAT COMMAND...: says what, and shows the command's words if it fails.
try() {
	local what=$1 log=$LAB_DIR/log/try

	shift
	if ! "$@" >"$log" 2>&1; then
		tail -n 25 "$log" | sed 's/^/     /'
		lab_fwctl show counters 2>&1 | head -n 40 | sed 's/^/     /'
		bad "$what"
	fi
	good "$what"
}

# ---- what is tried -------------------------------------------------------

client_curl() {
	lab_client curl -v --no-progress-meter --connect-timeout 5 --max-time 30 \
		--cacert "$LAB_DIR/cert.pem" "$@"
}

same() { # file file: by checksum, as an operator would compare them
	local first second

	first=$(sha256sum <"$1") && second=$(sha256sum <"$2") && [ "$first" = "$second" ]
}

big=ftp/pub/big.bin

download() { # url-prefix curl-option...
	local url=$1

	shift
	rm -f "$LAB_DIR/scratch/got"
	client_curl "$@" -o "$LAB_DIR/scratch/got" "$url/pub/big.bin" &&
		same "$LAB_DIR/scratch/got" "$LAB_DIR/$big"
}

upload() { # url-prefix curl-option...
	local url=$1

	shift
	rm -f "$LAB_DIR/ftp/incoming/big.bin"
	client_curl "$@" -T "$LAB_DIR/$big" "$url/incoming/big.bin" &&
		same "$LAB_DIR/ftp/incoming/big.bin" "$LAB_DIR/$big"
}

lftp_both_ways() { # url settings
	rm -f "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/incoming/lftp.bin"
	lab_client timeout 40 lftp -c "
		set cmd:fail-exit yes; set net:timeout 5; set net:max-retries 1
		set ssl:ca-file $LAB_DIR/cert.pem; set ftp:fix-pasv-address no
		$2
		open $1
		get pub/big.bin -o $LAB_DIR/scratch/got
		put -O incoming $LAB_DIR/$big -o lftp.bin" &&
		same "$LAB_DIR/scratch/got" "$LAB_DIR/$big" &&
		same "$LAB_DIR/ftp/incoming/lftp.bin" "$LAB_DIR/$big"
}

probe() { # namespace target port
	lab_run "$1" timeout 10 python3 "$here/../e2e/probe.py" connect "$2" "$3"
}

outcome_is() { # expected namespace target port
	local outcome

	outcome=$(probe "${@:2}")
	echo "$outcome"
	[ "$outcome" = "$1" ]
}

# Fails as it should: by the data connection, after the server named a port.
plain_passive_fails() {
	! download "ftp://$LAB_TARGET" --disable-epsv --max-time 4 \
		2>"$LAB_DIR/scratch/curl.log" &&
		grep -q '^< 227 ' "$LAB_DIR/scratch/curl.log"
}

dialogue() {
	lab_client timeout 30 python3 "$here/../e2e/ftp_dialogue.py" "$@"
}

# ---- the steps -----------------------------------------------------------

introduction() {
	cat <<-END
		${bold}Pinhole: an FTP server behind one-to-one NAT, plain and over TLS${plain}

		Three network namespaces on this machine; none of its own interfaces is touched.

		  client $LAB_OUTSIDE_HOST ---- outside [firewall] inside ---- vsftpd $LAB_REAL
		                                                       known as $LAB_MAPPED
	END
}

step_policy() {
	step "The policy is put in force"
	explain "tools/examples/ftp-behind-nat.pix:"
	grep -v -e '^[:!]' -e '^$' "$POLICY" | sed 's/^/     /'
	try "the policy is well-formed (fwctl check)" lab_fwctl_check
	printf '   %s$ fwctl apply ftp-behind-nat.pix --mode %s --map outside=out0 --map inside=in0%s\n' \
		"$dim" "$MODE" "$plain"
	lab_apply "$POLICY" | sed 's/^/     /' || bad "fwctl apply"
	good "in force; no process stays behind"
}

lab_fwctl_check() {
	"$LAB_FWCTL" check "$POLICY"
}

step_plain() {
	step "Plain FTP through the public address, 10 MB each way, checksums compared"
	explain "The server's passive ports are $LAB_PLAIN_PORTS: the access list permits none of" \
		"them. Inspection opens one pinhole per transfer, and rewrites the addresses."
	lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
	# Without --ftp-skip-pasv-ip curl believes the address in the 227 reply.
	try "curl, passive (PASV): download" download "ftp://$LAB_TARGET" \
		--disable-epsv --no-ftp-skip-pasv-ip
	try "curl, passive (EPSV): upload" upload "ftp://$LAB_TARGET"
	try "curl, active (PORT): download" download "ftp://$LAB_TARGET" -P - --disable-eprt
	try "curl, active (EPRT): upload" upload "ftp://$LAB_TARGET" -P -
	try "lftp, passive: both ways" lftp_both_ways "ftp://$LAB_TARGET" \
		"set ftp:ssl-allow no; set ftp:passive-mode yes"
	try "lftp, active: both ways" lftp_both_ways "ftp://$LAB_TARGET" \
		"set ftp:ssl-allow no; set ftp:passive-mode no"
}

step_hole() {
	local fwctl="nsenter --net=/run/netns/$LAB_FW -- $LAB_FWCTL"
	local intruder="nsenter --net=/run/netns/$LAB_OUTSIDE -- python3 $here/../e2e/probe.py \
		connect --source $LAB_OUTSIDE_THIRD {host} {port}"

	step "One pinhole, looked at closely"
	explain "A client sends PASV and waits. Meanwhile, fwctl show pinholes:"
	dialogue hole "$LAB_TARGET" pasv --intruder "$intruder" \
		--while-open "$fwctl show pinholes --pin-dir $LAB_PIN_DIR" \
		>"$LAB_DIR/scratch/holes" 2>"$LAB_DIR/log/try" || {
		cat "$LAB_DIR/log/try"
		bad "the hole was not as narrow as promised"
	}
	sed 's/^/     /' "$LAB_DIR/scratch/holes"
	good "another host ($LAB_OUTSIDE_THIRD) cannot use it; nor is the next port open"
	good "the client's own data connection passes; afterwards the port is closed"
	good "an unused hole closes with its control connection"
	explain "Now:"
	show show pinholes
	try "active (PORT): the same from the other side" dialogue hole "$LAB_TARGET" port
	must_have_no_holes
}

must_have_no_holes() {
	local left

	left=$(lab_fwctl show pinholes --json | jq '.pinholes | length')
	[ "$left" = 0 ] || bad "$left holes are still open"
	good "no hole is left open"
}

step_tls() {
	step "FTP over TLS, 10 MB each way, certificate verified by the client"
	explain "Nobody can read which ports are announced, so data-ports opens the server's" \
		"passive range $LAB_TLS_PORTS: to addresses with a live TLS session, and to" \
		"nobody else. The server announces $LAB_MAPPED itself."
	lab_stop plain
	lab_ftp_start tls tls 21 "$LAB_TLS_PORTS" "$LAB_MAPPED"
	lab_ftp_start implicit implicit 990 "$LAB_TLS_PORTS" "$LAB_MAPPED"
	try "curl, explicit (AUTH TLS): download" download "ftp://$LAB_TARGET" --ssl-reqd \
		--disable-epsv --no-ftp-skip-pasv-ip
	try "the range is silent to an address without a session" \
		outcome_is silence "$LAB_OUTSIDE" "$LAB_MAPPED" "${LAB_TLS_PORTS%-*}"
	# curl and vsftpd lose TLS 1.3 uploads now and then, without any firewall.
	try "curl, explicit (AUTH TLS): upload" upload "ftp://$LAB_TARGET" --ssl-reqd \
		--tls-max 1.2
	try "lftp, explicit: both ways" lftp_both_ways "ftp://$LAB_TARGET" \
		"set ftp:ssl-force yes; set ftp:ssl-allow-anonymous yes; set ftp:ssl-protect-data yes"
	try "curl, implicit (port 990): download" download "ftps://$LAB_TARGET:990" \
		--disable-epsv --no-ftp-skip-pasv-ip
	try "curl, implicit (port 990): upload" upload "ftps://$LAB_TARGET:990" \
		--tls-max 1.2
	try "lftp, implicit: both ways" lftp_both_ways "ftps://$LAB_TARGET:990" \
		"set ftp:ssl-protect-data yes"
}

step_refused() {
	step "What is not permitted is refused"
	lab_spawn web "$LAB_INSIDE" python3 "$here/../e2e/probe.py" echo tcp 0.0.0.0 8080
	lab_wait 5 lab_is_listening "$LAB_INSIDE" 8080
	try "port 8080 of the server answers on the inside" \
		outcome_is open "$LAB_INSIDE" "$LAB_REAL" 8080
	try "port 8080 of $LAB_MAPPED is silent from outside" \
		outcome_is silence "$LAB_OUTSIDE" "$LAB_MAPPED" 8080
	try "the real address $LAB_REAL cannot be dialled from outside" \
		outcome_is silence "$LAB_OUTSIDE" "$LAB_REAL" 21
	try "the inside may dial out (security level 100 to 0)" \
		outcome_is reset "$LAB_INSIDE" "$LAB_OUTSIDE_HOST" 8080
}

step_without_fixup() {
	step "The classic way: no inspection, and the range open to the world"
	{
		sed '/^fixup/d' "$POLICY"
		echo "access-list outside_in permit tcp any host $LAB_MAPPED range ${LAB_TLS_PORTS/-/ }"
	} >"$LAB_DIR/no-fixup.pix"
	try "the changed policy is in force" lab_apply "$LAB_DIR/no-fixup.pix"
	try "explicit TLS still works" download "ftp://$LAB_TARGET" --ssl-reqd
	try "implicit TLS still works" download "ftps://$LAB_TARGET:990"
	lab_stop tls
	lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
	try "the same plain passive download now fails" plain_passive_fails
	try "the first policy is in force again" lab_apply "$POLICY"
	try "and the download works again" download "ftp://$LAB_TARGET" --disable-epsv
}

step_counters() {
	step "What the firewall counted"
	show show access-list
	show show interface
	show show counters
	must_have_no_holes
}

step_unload() {
	step "Unloaded"
	show unload
	try "the mapped address vanished with the policy" mapped_is_gone
}

mapped_is_gone() {
	lab_outside ip neigh flush dev eth0
	outcome_is silence "$LAB_OUTSIDE" "$LAB_MAPPED" 21
}

lab_create --mode "$MODE"
introduction
step_policy
step_plain
step_hole
step_tls
step_refused
step_without_fixup
step_counters
step_unload
printf '\n%sAll %d steps went as promised, in %d s.%s\n' "$bold" "$steps" "$SECONDS" "$plain"
printf 'Look around yourself with: make lab\n'
