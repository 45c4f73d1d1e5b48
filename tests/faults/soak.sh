#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# soak.sh - mixed load for a long time, with another policy every few seconds: FTP, FTP
# over TLS, uploads and downloads by TCP, names and large datagrams by UDP, each compared
# to the last byte; scrapes, logs and looks of all kinds beside it. In the end nothing has
# grown: no map, no pin, no table, and neither memory nor files of who runs all the time.
#
# Usage: soak.sh SECONDS     (make soak: SOAK_SECONDS)

# shellcheck source=tests/faults/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=${1:-1800}
E2E_CASE_SECONDS=$((seconds + 400))
APPLY_PAUSE_SEC=3

soak_policy() { # lines first-port
	faults_policy_frame
	echo "fixup protocol ftp 2121 tls data-ports 50000 50040"
	echo "fixup protocol ftps 990 data-ports 50000 50040"
	faults_lines "$1" "$2"
	cat <<-END
		access-list outside_in permit tcp any host $LAB_MAPPED eq ftp
		access-list outside_in permit tcp any host $LAB_MAPPED eq 990
		access-list outside_in permit tcp any host $LAB_MAPPED range 9000 9022
		access-list outside_in permit tcp any host $LAB_MAPPED eq domain
		access-list outside_in permit udp any host $LAB_MAPPED eq domain
		access-list outside_in permit udp any host $LAB_MAPPED eq 7777
		access-list outside_in permit udp any host $LAB_MAPPED eq 5001
	END
}

# ---- load: each worker repeats one thing until time is up -----------------------------

# worker NAME FUNCTION...: appends to $LAB_DIR/soak/NAME: ok, or what was wrong.
worker() {
	local name=$1 out=$LAB_DIR/soak/$1

	shift
	mkdir -p "$out.d"
	while [ "$SECONDS" -lt "$deadline" ]; do
		if "$@" "$out.d" >"$out.said" 2>&1; then
			echo ok >>"$out"
		else
			echo "failed at $SECONDS: $(tail -c 400 "$out.said" | tr '\n' ' ')" >>"$out"
		fi
	done
}

fetch() { # url-part file curl-option... folder
	local folder=${*: -1}

	rm -f "$folder/got"
	lab_client curl -sS --connect-timeout 10 --max-time 60 "${@:3:$#-3}" -o "$folder/got" "$1/pub/$2"
	cmp "$folder/got" "$LAB_DIR/ftp/pub/$2"
}

store() { # url-part file curl-option... folder
	local folder=${*: -1} name

	name=$(basename "$folder")-$2
	rm -f "$LAB_DIR/ftp/incoming/$name"
	lab_client curl -sS --connect-timeout 10 --max-time 60 "${@:3:$#-3}" \
		-T "$LAB_DIR/ftp/pub/$2" "$1/incoming/$name"
	cmp "$LAB_DIR/ftp/incoming/$name" "$LAB_DIR/ftp/pub/$2"
}

service() { # service argument... folder
	local said

	said=$(lab_client timeout 60 python3 "$E2E_DIR/services.py" "$1" "$LAB_MAPPED" \
		"${@:2:$#-2}")
	case $1:$said in
	name:udp* | *:intact) ;;
	*) fail "$said" ;;
	esac
}

start_load() {
	local plain=ftp://$LAB_MAPPED tls=ftps://$LAB_MAPPED

	worker ftp-pasv fetch "$plain" small.bin --disable-epsv --no-ftp-skip-pasv-ip &
	worker ftp-epsv fetch "$plain" big.bin &
	worker ftp-port fetch "$plain" small.bin -P - --disable-eprt &
	worker ftp-store store "$plain" small.bin -P - &
	worker ftps fetch "$tls" small.bin -k "${E2E_TLS_UPLOAD[@]}" &
	worker ftps-store store "$tls" small.bin -k "${E2E_TLS_UPLOAD[@]}" &
	worker upload service upload 2000000 &
	worker download service download 2000000 &
	worker datagram service datagram 8000 &
	worker name service name example.org &
	worker session service session 5 &
}

applies() {
	local which=b

	while [ "$SECONDS" -lt "$deadline" ]; do
		if lab_apply "$LAB_DIR/soak-$which.pix" >"$LAB_DIR/soak/apply.said" 2>&1; then
			echo ok >>"$LAB_DIR/soak/apply"
		else
			tail -n 3 "$LAB_DIR/soak/apply.said" | tr '\n' ' ' >>"$LAB_DIR/soak/apply"
		fi
		[ "$which" = a ] && which=b || which=a
		sleep "$APPLY_PAUSE_SEC"
	done
}

looks() {
	local what

	while [ "$SECONDS" -lt "$deadline" ]; do
		for what in "show conn" "show ftp --json" "show counters" "top --once" \
			"show access-list" "show xlate"; do
			# shellcheck disable=SC2086 # its words
			lab_fwctl $what >/dev/null 2>>"$LAB_DIR/soak/look.said" &&
				echo ok >>"$LAB_DIR/soak/look" || echo "$what" >>"$LAB_DIR/soak/look"
		done
		scrape && echo ok >>"$LAB_DIR/soak/scrape" || echo failed >>"$LAB_DIR/soak/scrape"
		sleep 1
	done
}

scrape() {
	lab_fw curl -sf --max-time 20 http://127.0.0.1:9199/metrics | grep '^pinhole_up 1$' >/dev/null
}

# ---- what may not grow -------------------------------------------------------------------

# Pins, maps that the kernel has, RSS in KiB and files of the exporter and of the log.
measure() {
	local pid name

	printf 'pins %s maps %s' "$(find "$LAB_PIN_DIR" -type f | wc -l)" "$(kernel_maps)"
	for name in exporter log; do
		pid=$(lab_pid "$name")
		printf ' %s_kib %s %s_fds %s' "$name" "$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")" \
			"$name" "$(find "/proc/$pid/fd" -mindepth 1 | wc -l)"
	done
	echo
}

# All maps of the machine, which says something only if nobody else makes any.
kernel_maps() {
	if alone; then
		bpftool -j map show | jq length
	else
		echo unknown
	fi
}

alone() {
	[ "$(find /sys/fs/bpf -maxdepth 1 -name 'pinhole*' | wc -l)" -eq 1 ]
}

number() { # name measured
	sed -n "s/.*\b$1 \([0-9a-z]*\).*/\1/p" <<<"$2"
}

# is_no_larger NAME BEFORE AFTER MARGIN
is_no_larger() {
	local before after

	before=$(number "$1" "$2")
	after=$(number "$1" "$3")
	if [ "$before" = unknown ] || [ "$after" = unknown ]; then
		echo "$1: not counted, others are at work"
		return 0
	fi
	[ "$after" -le $((before + $4)) ] || fail "$1 has grown from $before to $after"
}

nothing_has_grown() {
	local now

	now=$(measure)
	echo "before: $measured"
	echo "after:  $now"
	is_no_larger pins "$measured" "$now" 0
	is_no_larger maps "$measured" "$now" 0
	is_no_larger exporter_fds "$measured" "$now" 0
	is_no_larger log_fds "$measured" "$now" 0
	is_no_larger exporter_kib "$measured" "$now" 4096
	is_no_larger log_kib "$measured" "$now" 4096
	faults_row "soak: growth" "$seconds s" "before: $measured; after: $now"
}

# Sessions and holes end with their connections; the rest expires.
tables_empty_again() {
	lab_wait 180 sessions_are_gone || {
		lab_fwctl show ftp
		lab_fwctl show conn long
		fail "FTP sessions are left"
	}
	e2e_no_hole_is_open
}

sessions_are_gone() {
	[ "$(lab_fwctl show counters --json |
		jq '.tables[] | select(.table == "ftp_sessions") | .entries')" -eq 0 ]
}

all_was_right() {
	local file name bad=0 summary="" total=0 n

	for file in "$LAB_DIR"/soak/*; do
		name=$(basename "$file")
		case $name in
		*.said | *.d) continue ;;
		esac
		n=$(grep -cx ok "$file" || true)
		total=$((total + n))
		summary+="$name $n, "
		if grep -vx ok "$file" >"$LAB_DIR/scratch/bad"; then
			echo "$name: $(wc -l <"$LAB_DIR/scratch/bad") failures of $((n + $(wc -l <"$LAB_DIR/scratch/bad"))):"
			head -n 4 "$LAB_DIR/scratch/bad"
			bad=$((bad + 1))
		fi
		[ "$n" -gt 0 ] || bad=$((bad + 1))
	done
	echo "$summary"
	must_be_equal "kinds of load with failures" 0 "$bad"
	faults_row "soak: mixed load with applies" "$total" "${summary%, }; each transfer intact"
}

load() { # seconds
	deadline=$((SECONDS + $1))
	start_load
	applies &
	looks &
	wait
}

lab_create --mode "${FAULTS_MODE:-xdp}" >/dev/null
soak_policy 150 5000 >"$LAB_DIR/soak-a.pix"
soak_policy 40 7000 >"$LAB_DIR/soak-b.pix"
mkdir "$LAB_DIR/soak"
lab_apply "$LAB_DIR/soak-a.pix" >/dev/null
lab_spawn services "$LAB_INSIDE" python3 "$E2E_DIR/services.py" serve "$LAB_REAL"
lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS" "$LAB_REAL"
lab_ftp_start implicit implicit 990 50000-50040 "$LAB_MAPPED"
lab_spawn exporter "$LAB_FW" "$LAB_EXPORTER" --web.listen-address 127.0.0.1:9199 \
	--pin-dir "$LAB_PIN_DIR"
lab_spawn log "$LAB_FW" sh -c 'exec "$@" >/dev/null' - "$LAB_FWCTL" log -f --pin-dir "$LAB_PIN_DIR"
lab_wait 10 scrape
warm=$((seconds / 5 > 15 ? seconds / 5 : 15))

# What is made once only, and buffers that grow to their size, are there after a while.
e2e_case "mixed load with applies: $warm s" load "$warm"
settle() {
	lab_apply "$LAB_DIR/soak-b.pix" >/dev/null
	lab_apply "$LAB_DIR/soak-a.pix" >/dev/null
	scrape
	sleep 5 # what was let go is freed a moment later
}
settle
measured=$(measure)
e2e_case "and $((seconds - warm)) s more" load $((seconds - warm))
e2e_case "every transfer was right, every apply, look and scrape succeeded" all_was_right
e2e_case "tables are empty again" tables_empty_again
settle
e2e_case "nothing has grown" nothing_has_grown
e2e_done
