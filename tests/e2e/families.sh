#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# families.sh - one set of promises, kept in IPv4 and in IPv6.
#
# Why it exists: a test that runs for both families must not name addresses or
# statements of either. `e2e_each_family FUNCTION` calls FUNCTION for both; what
# differs stands here. So do the dialects: the IPv4 policy is one of PIX
# (static, lists name mapped addresses), the IPv6 one of ASA 8.3 and later
# (object NAT, lists name real addresses).
#
# Who may include it: tests/e2e/t_*.sh, instead of lib.sh.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

FAMILY=4

# Addresses of the lab in the family of the moment; network.sh draws where they
# are. at[listed] and at[far-listed] are what an access list calls the hosts
# known as at[mapped] and at[far-mapped]; at[any] is everybody of the family.
declare -A at=()

e2e_use_family() { # 4|6
	FAMILY=$1
	if [ "$FAMILY" = 4 ]; then
		at=([fw-outside]=$LAB_FW_OUTSIDE [fw-inside]=$LAB_FW_INSIDE
			[mapped]=$LAB_MAPPED [real]=$LAB_REAL [listed]=$LAB_MAPPED
			[outside]=$LAB_OUTSIDE_HOST [third]=$LAB_OUTSIDE_THIRD
			[other]=$LAB_INSIDE_OTHER [far-outside]=$LAB_FAR_OUTSIDE_HOST
			[far-real]=$LAB_FAR_INSIDE_HOST [far-mapped]=$LAB_FAR_MAPPED
			[far-listed]=$LAB_FAR_MAPPED
			[far-outside-router]=${LAB_FAR_OUTSIDE_HOST%.*}.1
			[far-inside-router]=${LAB_FAR_INSIDE_HOST%.*}.1
			[icmp]=icmp [any]=any [host-bits]=/32)
	else
		at=([fw-outside]=$LAB_FW_OUTSIDE6 [fw-inside]=$LAB_FW_INSIDE6
			[mapped]=$LAB_MAPPED6 [real]=$LAB_REAL6 [listed]=$LAB_REAL6
			[outside]=$LAB_OUTSIDE_HOST6 [third]=$LAB_OUTSIDE_THIRD6
			[other]=$LAB_INSIDE_OTHER6 [far-outside]=$LAB_FAR_OUTSIDE_HOST6
			[far-real]=$LAB_FAR_INSIDE_HOST6 [far-mapped]=$LAB_FAR_MAPPED6
			[far-listed]=$LAB_FAR_INSIDE_HOST6
			[far-outside-router]=${LAB_FAR_OUTSIDE_HOST6%::*}::1
			[far-inside-router]=${LAB_FAR_INSIDE_HOST6%::*}::1
			[icmp]=icmp6 [any]=any6 [host-bits]=/128)
	fi
}

e2e_each_family() { # function
	local family

	for family in ${E2E_FAMILIES:-4 6}; do
		e2e_use_family "$family"
		"$1"
	done
}

family_case() { # name function [argument...]
	e2e_case "IPv$FAMILY: $1" "${@:2}"
}

# ---- policies ------------------------------------------------------------

family_interface() { # hardware name level address
	if [ "$FAMILY" = 4 ]; then
		echo "nameif $1 $2 security$3"
		echo "ip address $2 $4 255.255.255.0"
	else
		printf '%s\n' "interface $1" " nameif $2" " security-level $3" \
			" ipv6 address $4/64"
	fi
}

family_interfaces() { # level-of-outside level-of-inside
	family_interface ethernet0 outside "$1" "${at[fw-outside]}"
	family_interface ethernet1 inside "$2" "${at[fw-inside]}"
}

family_translation() { # name mapped real
	if [ "$FAMILY" = 4 ]; then
		echo "static (inside,outside) $2 $3 netmask 255.255.255.255"
	else
		printf '%s\n' "object network $1" " host $3" " nat (inside,outside) static $2"
	fi
}

family_translations() {
	family_translation near "${at[mapped]}" "${at[real]}"
	family_translation far "${at[far-mapped]}" "${at[far-real]}"
}

# The usual policy: inside is trusted, the arguments are the outside's list.
family_policy() { # line...
	local line

	family_interfaces 0 100
	family_translations
	for line in "$@"; do
		echo "access-list outside_in $line"
	done
	[ $# -eq 0 ] || echo "access-group outside_in in interface outside"
}

# ---- hosts -----------------------------------------------------------------

# services.py on a host, on its own address.
family_serve() { # name namespace address
	lab_spawn "$1$FAMILY" "$2" python3 "$E2E_DIR/services.py" serve "$3"
	lab_wait 5 grep -qs ready "$LAB_DIR/log/$1$FAMILY.out" || {
		cat "$LAB_DIR/log/$1$FAMILY.out"
		fail "services.py on $3"
	}
}

client_of() { # namespace command of services.py...
	lab_run "$1" timeout 25 python3 "$E2E_DIR/services.py" "${@:2}"
}

probe_of() { # namespace command of probe.py...
	lab_run "$1" timeout 20 python3 "$E2E_DIR/probe.py" "${@:2}"
}

must_print() { # expected command...
	must_be_equal "${*:2}" "$1" "$("${@:2}")"
}

# ping_of NAMESPACE TARGET [OPTION...]: three echoes, three replies.
ping_of() {
	lab_run "$1" ping "-$FAMILY" -n -c 3 -i 0.1 -W 3 "${@:3}" "$2" >"$LAB_DIR/scratch/ping" 2>&1 || true
	grep -q " 3 received, 0% packet loss" "$LAB_DIR/scratch/ping" || {
		cat "$LAB_DIR/scratch/ping"
		fail "ping $2 ${*:3}"
	}
}

# The firewall has to ask for its neighbours again.
family_forget_neighbours() {
	lab_fw ip "-$FAMILY" neigh flush dev in0
	lab_fw ip "-$FAMILY" neigh flush dev out0
}

# must_grow EVENT COMMAND...: an event of the datapath happens meanwhile.
must_grow() {
	local before

	before=$(e2e_event "$1")
	"${@:2}"
	[ "$(e2e_event "$1")" -gt "$before" ] || fail "no $1 was counted: ${*:2}"
}

must_be_dropped_as() { # reason command...
	local before

	before=$(e2e_dropped "$1")
	"${@:2}"
	[ "$(e2e_dropped "$1")" -gt "$before" ] || fail "no drop was counted as $1: ${*:2}"
}
