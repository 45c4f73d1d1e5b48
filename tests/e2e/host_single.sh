#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# host_single.sh - host_server.py on the firewall, one process for all sessions.
#
# Why it exists: t_host_{crowd,probe,nat,beside}.sh have one machine, one policy
# and one server in common, and clients of many addresses.
#
# Who may include it: those.

# shellcheck source=tests/e2e/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"

# Addresses of the clients, in each family; lab_create made the first.
SINGLE_CLIENTS=5
single_prefix=() # what runs the server

single_policy() {
	host_policy 21 990
	echo "fixup protocol ftp 21"
	echo "fixup protocol ftps 990"
}

single_client() { # number, 0 to 4 [6]
	if [ "${2:-4}" = 6 ]; then
		echo "${LAB_OUTSIDE_HOST6%::*}::$((50 + $1))"
	else
		echo "${LAB_OUTSIDE_HOST%.*}.$((50 + $1))"
	fi
}

single_clients() { # [6]
	local i

	for ((i = 0; i < SINGLE_CLIENTS; i++)); do
		single_client "$i" "${1:-4}"
	done | paste -sd,
}

single_start() { # lab_create option...
	local i

	lab_create --nat host "$@"
	for ((i = 1; i < SINGLE_CLIENTS; i++)); do
		lab_add_second "$LAB_OUTSIDE" eth0 "$(single_client "$i")" "$(single_client "$i" 6)"
	done
}

# single_serve ADDRESS [OPTION...]: instead of the one before.
single_serve() {
	single_serve_on "$LAB_FW" "$@"
}

single_serve_on() { # namespace address option...
	[ ! -e "$LAB_DIR/run/single.pid" ] || lab_stop single
	rm -f "$LAB_DIR/log/single.out"
	lab_spawn single "$1" "${single_prefix[@]}" python3 -B "$E2E_DIR/host_server.py" "$2" \
		--cert "$LAB_DIR/both.pem" --port 21 --implicit 990 "${@:3}"
	lab_wait 5 grep -qs ready "$LAB_DIR/log/single.out" || {
		cat "$LAB_DIR/log/single.out"
		fail "host_server.py"
	}
}

single_python() { # namespace script argument...
	lab_run "$1" timeout 60 python3 -B "$E2E_DIR/host_$2.py" "${@:3}"
}

single_crowd() { # option...
	single_python "$LAB_OUTSIDE" crowd "$@" "$LAB_FW_OUTSIDE=$(single_clients)" \
		"$LAB_FW_OUTSIDE6=$(single_clients 6)"
}

single_dialogue() { # command argument...
	single_python "$LAB_OUTSIDE" dialogue "$@"
}

# For a shell in any namespace.
single_fwctl() { # subcommand...
	echo "nsenter --net=/run/netns/$LAB_FW -- $LAB_FWCTL $* --pin-dir $LAB_PIN_DIR"
}

# The server tells of each data connection of another address than the client's.
single_saw_no_intruder() {
	! grep intruder "$LAB_DIR/log/single.out" || fail "the server saw intruders"
}
