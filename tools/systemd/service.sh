#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# service - the steps of pinhole.service that are not one command.
#
# Why it exists: devices may come later than the service that configures them says
# that it is done, and what stopping means is a setting.
#
# Usage: service wait OPTION...   until the devices of --map NAME=DEVICE exist, for
#                                 WAIT_SEC seconds (30)
#        service stop             as STOP says: unload (the default) or leave
set -eu

fwctl=/usr/sbin/fwctl
pins=/sys/fs/bpf/pinhole
devices=/sys/class/net

# NAME=DEVICE of each --map, which may also be written --map=NAME=DEVICE.
devices_of() { # option...
	while [ $# -gt 0 ]; do
		case $1 in
		--map)
			shift
			[ $# -eq 0 ] || echo "${1#*=}"
			;;
		--map=*=*) echo "${1##*=}" ;;
		esac
		[ $# -eq 0 ] || shift
	done
}

missing_of() { # device...
	for device in "$@"; do
		[ -e "$devices/$device" ] || printf ' %s' "$device"
	done
}

# Those that do not come are left to fwctl, which says what there is instead.
wait_for_devices() { # device...
	tenths=0
	while :; do
		missing=$(missing_of "$@")
		[ -n "$missing" ] || return 0
		[ "$tenths" -lt $((${WAIT_SEC:-30} * 10)) ] || break
		sleep 0.1
		tenths=$((tenths + 1))
	done
	echo "waited ${WAIT_SEC:-30} s for:$missing" >&2
}

stop() {
	case ${STOP:-unload} in
	leave) echo "STOP=leave: the policy stays in force" ;;
	unload) [ ! -e "$pins" ] || exec "$fwctl" unload ;;
	*)
		echo "STOP=$STOP in /etc/default/pinhole: it is unload or leave; unloading" >&2
		[ ! -e "$pins" ] || exec "$fwctl" unload
		;;
	esac
}

case ${1:-} in
wait)
	shift
	# shellcheck disable=SC2046 # devices have no spaces in their names
	wait_for_devices $(devices_of "$@")
	;;
stop) stop ;;
*)
	echo "usage: service wait OPTION... | stop" >&2
	exit 2
	;;
esac
