#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lab.sh - a firewall between two hosts, made of network namespaces.
#
# Why it exists: the demo, the end-to-end tests and `make lab` need one and
# the same network, with real FTP servers and clients, that touches no
# interface of the host and leaves nothing behind.
#
# Who may source it: bash scripts below tests/, under set -euo pipefail.
#
#   outside host ---- [ out0  firewall  in0 ] ---- inside host
#
# One inside address is translated to the mapped one. The FTP server lives
# inside ("server" NAT, the usual case) or outside ("client" NAT: then the
# client is the translated host). With "none" it is inside and dialled by its
# real address. With "host" it lives on the firewall itself, dialled from outside;
# with "host-client" the firewall dials it outside. network.sh draws it with all
# addresses.
#
# Every process is entered by nsenter: `ip netns exec` would remount /sys and
# hide the pinned BPF objects.

LAB_SOURCE_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# The system's own programs first: a python3 that somebody has wrapped takes a tenth
# of a second at each start. After a plain su there is no sbin at all.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
BUILD=${BUILD:-$LAB_SOURCE_DIR/build}
case $BUILD in
/*) ;;
*) BUILD=$LAB_SOURCE_DIR/$BUILD ;;
esac
LAB_FWCTL=${LAB_FWCTL:-$BUILD/fwctl}
LAB_EXPORTER=${LAB_EXPORTER:-$BUILD/fw-exporter}

lab_say() {
	echo "lab: $*" >&2
}

lab_require() {
	local command server

	if [ "$(id -u)" -ne 0 ]; then
		lab_say "error: network namespaces and BPF need root"
		return 1
	fi
	for command in ip nsenter ethtool openssl curl lftp tnftp traceroute python3 jq; do
		command -v "$command" >/dev/null || {
			lab_say "error: $command is missing: run 'make deps'"
			return 1
		}
	done
	for server in vsftpd proftpd pure-ftpd; do
		[ -x "$BUILD/servers/$server/usr/sbin/$server" ] || {
			lab_say "error: no $server below $BUILD/servers: run 'make deps'"
			return 1
		}
	done
	[ -x "$LAB_FWCTL" ] || {
		lab_say "error: $LAB_FWCTL is missing: run 'make'"
		return 1
	}
}

# Remove what labs left behind whose shell was killed outright.
lab_sweep() {
	local namespace pid path

	for namespace in $(ip netns list 2>/dev/null | awk '/^pinhole-[0-9]+-/ { print $1 }'); do
		pid=${namespace#pinhole-}
		if lab_is_gone "${pid%%-*}"; then
			lab_kill_namespace "$namespace"
			ip netns del "$namespace" 2>/dev/null || true
		fi
	done
	for path in /sys/fs/bpf/pinhole-lab-* /tmp/pinhole-lab-*.*; do
		if [ -d "$path" ] && ! lab_has_owner "${path##*/pinhole-lab-}"; then
			rm -rf "$path"
		fi
	done
}

# 123, 123.aBcDeF, 123-other, or a bench's: NAME-123
lab_has_owner() { # name
	local part

	for part in ${1//[.-]/ }; do
		if [[ $part =~ ^[0-9]+$ ]] && ! lab_is_gone "$part"; then
			return 0
		fi
	done
	return 1
}

# ---- making and unmaking -------------------------------------------------

# lab_create [--mode xdp|tc] [--nat server|client|none|host|host-client]
#            [--real ADDR] [--mapped ADDR] [--offloads on|off] [--far yes|no]
# Ends with the shell that calls it (EXIT trap). Offloads default to off for
# xdp, where veth hands over frames with unfinished checksums otherwise, and
# to on for tc, so that GSO and partial checksums are met. --far adds a host
# behind each of the two near ones.
lab_create() {
	LAB_MODE=tc
	LAB_NAT=server
	LAB_REAL=10.0.0.10
	LAB_MAPPED=203.0.113.10
	LAB_OFFLOADS=""
	LAB_FAR=no
	LAB_IPV6=yes
	LAB_FORWARDING=0
	while [ $# -gt 0 ]; do
		case $1 in
		--mode) LAB_MODE=$2 ;;
		--nat) LAB_NAT=$2 ;;
		--real) LAB_REAL=$2 ;;
		--mapped) LAB_MAPPED=$2 ;;
		--offloads) LAB_OFFLOADS=$2 ;;
		--far) LAB_FAR=$2 ;;
		*)
			lab_say "error: lab_create: unknown option $1"
			return 1
			;;
		esac
		shift 2
	done
	if [ -z "$LAB_OFFLOADS" ]; then
		LAB_OFFLOADS=on
		[ "$LAB_MODE" = tc ] || LAB_OFFLOADS=off
	fi
	lab_require
	lab_sweep

	lab_choose_addresses
	LAB_ID=$BASHPID
	LAB_FW=pinhole-$LAB_ID-fw
	LAB_OUTSIDE=pinhole-$LAB_ID-outside
	LAB_INSIDE=pinhole-$LAB_ID-inside
	LAB_FAR_OUTSIDE=pinhole-$LAB_ID-far-outside
	LAB_FAR_INSIDE=pinhole-$LAB_ID-far-inside
	LAB_PIN_DIR=/sys/fs/bpf/pinhole-lab-$LAB_ID
	LAB_DIR=$(mktemp -d "/tmp/pinhole-lab-$LAB_ID.XXXXXX")
	trap lab_destroy EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	lab_make_network
	[ "$LAB_FAR" = no ] || lab_make_far_hosts
	lab_make_files
	lab_make_certificate
}

# lab_turn server|client|none: this lab as lab_create --nat makes it, with what is
# loaded and without its policy. Its programs need not be verified again, which takes
# longer than all the rest of lab_create. Servers have to be started again.
lab_turn() {
	LAB_NAT=$1
	lab_choose_addresses
	lab_make_certificate
}

lab_make_files() {
	local i

	chmod 755 "$LAB_DIR"
	mkdir -p "$LAB_DIR"/{run,log,home,empty,scratch,ftp/pub/many,ftp/incoming}
	head -c 10000000 /dev/urandom >"$LAB_DIR/ftp/pub/big.bin"
	head -c 200000 /dev/urandom >"$LAB_DIR/ftp/pub/small.bin"
	for i in $(seq 1 50); do
		head -c $((i * 37)) /dev/urandom >"$LAB_DIR/ftp/pub/many/file-$i.bin"
	done
	chown "$(lab_ftp_user)" "$LAB_DIR/ftp/incoming"
}

# The certificate names the addresses that clients dial, so that they can
# verify it: proof that nothing between reads along.
lab_make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-days 2 -subj "/CN=$LAB_TARGET" \
		-addext "subjectAltName=$(lab_certified_names)" \
		-keyout "$LAB_DIR/key.pem" -out "$LAB_DIR/cert.pem" 2>/dev/null
	cat "$LAB_DIR/key.pem" "$LAB_DIR/cert.pem" >"$LAB_DIR/both.pem"
	chmod 600 "$LAB_DIR/key.pem" "$LAB_DIR/both.pem"
}

lab_certified_names() {
	printf 'IP:%s,' "$LAB_TARGET" "$LAB_SERVER_ADDRESS" "$LAB_MAPPED6" "$LAB_REAL6"
	echo "IP:$LAB_OUTSIDE_HOST6,IP:$LAB_FW_OUTSIDE6"
}

lab_destroy() {
	local namespace status=$?

	trap - EXIT INT TERM HUP
	if [ -d "$LAB_PIN_DIR" ]; then
		lab_fwctl unload >/dev/null ||
			lab_say "fwctl unload failed; removing its pins"
		rm -rf "$LAB_PIN_DIR"
	fi
	for namespace in "$LAB_FAR_OUTSIDE" "$LAB_FAR_INSIDE" "$LAB_OUTSIDE" \
		"$LAB_INSIDE" "$LAB_FW"; do
		lab_kill_namespace "$namespace"
		ip netns del "$namespace" 2>/dev/null || true
	done
	if [ "${LAB_KEEP:-no}" = yes ]; then
		mv "$LAB_DIR" "${LAB_DIR/-lab-/-kept-}"
		lab_say "kept ${LAB_DIR/-lab-/-kept-}"
	else
		rm -rf "$LAB_DIR"
	fi
	return "$status"
}

# All processes of a namespace are the lab's: nobody else knows it.
lab_kill_namespace() { # namespace
	local pids

	pids=$(ip netns pids "$1" 2>/dev/null | tr '\n' ' ') || return 0
	# shellcheck disable=SC2086 # a list of numbers
	[ -z "${pids// /}" ] || kill -KILL $pids 2>/dev/null || true
}

# ---- running things ------------------------------------------------------

# lab_run NAMESPACE COMMAND...
lab_run() {
	local namespace=$1

	shift
	HOME=${LAB_DIR:-/}/home nsenter --net="/run/netns/$namespace" -- "$@"
}

lab_outside() {
	lab_run "$LAB_OUTSIDE" "$@"
}

lab_inside() {
	lab_run "$LAB_INSIDE" "$@"
}

lab_far_outside() {
	lab_run "$LAB_FAR_OUTSIDE" "$@"
}

lab_far_inside() {
	lab_run "$LAB_FAR_INSIDE" "$@"
}

lab_client() {
	case $LAB_NAT in
	client) lab_inside "$@" ;;
	host-client) lab_fw "$@" ;;
	*) lab_outside "$@" ;;
	esac
}

# Sets server_namespace, where the servers live.
lab_find_server() {
	case $LAB_NAT in
	client | host-client) server_namespace=$LAB_OUTSIDE ;;
	host) server_namespace=$LAB_FW ;;
	*) server_namespace=$LAB_INSIDE ;;
	esac
}

lab_server() {
	local server_namespace

	lab_find_server
	lab_run "$server_namespace" "$@"
}

lab_fw() {
	lab_run "$LAB_FW" "$@"
}

# lab_fwctl SUBCOMMAND...: fwctl in the firewall's namespace on the lab's pins.
lab_fwctl() {
	lab_fw timeout 120 "$LAB_FWCTL" "$@" --pin-dir "$LAB_PIN_DIR"
}

# lab_apply FILE [OPTION...]: put a policy in force on the lab's two devices; on the
# outer one alone where the firewall is one end of the sessions itself.
lab_apply() {
	local -a devices=(--map outside=out0)

	[[ $LAB_NAT = host* ]] || devices+=(--map inside=in0)
	lab_fwctl apply "$@" --mode "$LAB_MODE" "${devices[@]}"
}

# lab_spawn NAME NAMESPACE COMMAND...: in the background, known as NAME.
lab_spawn() {
	local name=$1

	shift
	(
		trap - EXIT
		exec >>"$LAB_DIR/log/$name.out" 2>&1 0>&1 # vsftpd complains to fd 0
		HOME=$LAB_DIR/home exec nsenter --net="/run/netns/$1" -- "${@:2}"
	) &
	echo "$!" >"$LAB_DIR/run/$name.pid"
	disown "$!" # its end is nobody's news
}

lab_pid() { # name
	cat "$LAB_DIR/run/$1.pid"
}

# lab_stop NAME [SIGNAL]: and its children, and wait until it is gone.
lab_stop() {
	local pid

	pid=$(lab_pid "$1")
	pkill "-${2:-TERM}" -P "$pid" 2>/dev/null || true
	kill "-${2:-TERM}" "$pid" 2>/dev/null || true
	lab_wait 5 lab_is_gone "$pid"
	rm -f "$LAB_DIR/run/$1.pid"
}

lab_is_gone() { # pid
	local state

	state=$(ps -o stat= -p "$1") || return 0
	[[ $state == Z* ]]
}

# lab_wait SECONDS COMMAND...: until it succeeds; fails when time is up.
lab_wait() {
	local deadline=$((SECONDS + $1 + 1))

	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.1
	done
}

lab_is_listening() { # namespace port
	[ -n "$(lab_run "$1" ss -Hltn "sport = :$2")" ]
}

lab_is_bound() { # namespace udp-port
	[ -n "$(lab_run "$1" ss -Hlun "sport = :$2")" ]
}

# shellcheck source=tests/lab/network.sh
. "$LAB_SOURCE_DIR/tests/lab/network.sh"
# shellcheck source=tests/lab/ftp.sh
. "$LAB_SOURCE_DIR/tests/lab/ftp.sh"
