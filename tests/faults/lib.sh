#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lib.sh - what the tests of faults share: rows of the table, streams of numbered packets.
#
# Who may source it: tests/faults/f_*.sh and soak.sh. It brings tests/e2e/lib.sh, with
# its cases, and the lab.

FAULTS_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$FAULTS_DIR/../e2e/lib.sh"

# The streams alone have thousands of connections.
e2e_show_state() {
	lab_fwctl show counters 2>&1 | head -n 40 || true
	lab_fwctl show interface 2>&1 | head -n 20 || true
}

FAULTS_TOOLS=$BUILD/tests/faults
FAULTS_SHORT=${FAULTS_SHORT:-no}
# Where rows go, as run.sh wants them: fault, how often, what came of it.
FAULTS_TABLE=${FAULTS_TABLE:-/dev/null}

# Of two numbers the one that is due: the first, or the second in a short run.
faults_of() { # all sample
	if [ "$FAULTS_SHORT" = yes ]; then
		echo "$2"
	else
		echo "$1"
	fi
}

faults_row() { # fault count outcome
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$FAULTS_TABLE"
	echo "row: $1: $2: $3"
}

# ---- streams -------------------------------------------------------------------
# Port 5000 has a connection that began inside: no line permits it, so that it is lost as
# soon as it is forgotten. Port 5001 of the mapped address is permitted by both policies
# below, 5002 by neither. OTHER:5003 is translated by the one and permitted by the other, so that it
# passes only where the two are mixed.

# shellcheck disable=SC2034 # for the tests
faults_other=203.0.113.11

faults_policy_frame() {
	cat <<-END
		nameif ethernet0 outside security0
		nameif ethernet1 inside security100
		ip address outside $LAB_FW_OUTSIDE 255.255.255.0
		ip address inside $LAB_FW_INSIDE 255.255.255.0
		static (inside,outside) $LAB_MAPPED $LAB_REAL netmask 255.255.255.255
		access-group outside_in in interface outside
		fixup protocol ftp 21
	END
}

faults_lines() { # how-many first-port
	local i

	for ((i = 0; i < $1; i++)); do
		echo "access-list outside_in deny udp host 198.51.$((i / 200)).$((i % 200))" \
			"host $LAB_MAPPED eq $(($2 + i))"
	done
}

faults_policy_a() {
	faults_policy_frame
	echo "static (inside,outside) $faults_other $LAB_INSIDE_OTHER netmask 255.255.255.255"
	faults_lines 150 5000
	cat <<-END
		access-list outside_in permit udp any host $LAB_MAPPED eq 5001
		access-list outside_in permit tcp any host $LAB_MAPPED eq ftp
		access-list outside_in permit tcp any host $LAB_MAPPED eq 9022
		access-list outside_in permit tcp any host $LAB_MAPPED eq 6001
	END
}

faults_policy_b() {
	faults_policy_frame
	cat <<-END
		access-list outside_in permit tcp any host $LAB_MAPPED eq 6002
		access-list outside_in permit udp any host $faults_other eq 5003
		access-list outside_in deny udp any host $LAB_MAPPED eq 5002
		access-list outside_in permit tcp any host $LAB_MAPPED eq 9022
		access-list outside_in permit udp any host $LAB_MAPPED eq 5001
	END
	faults_lines 40 7000
	echo "access-list outside_in permit tcp any host $LAB_MAPPED eq ftp"
}

# A lab with both policies in its folder, and the first in force.
faults_start() { # mode
	local device

	lab_create --mode "$1"
	# A veth end takes frames that are made in the kernel only with NAPI.
	for device in out0 in0; do
		lab_fw ethtool -K "$device" gro on >/dev/null
	done
	faults_policy_a >"$LAB_DIR/a.pix"
	faults_policy_b >"$LAB_DIR/b.pix"
	lab_apply "$LAB_DIR/a.pix"
}

# Until streams_stop; PER-SECOND packets, or as many as go.
# shellcheck disable=SC2120 # with and without
streams_start() { # [per-second]
	[ ! -e "$LAB_DIR/run/streams.pid" ] || lab_stop streams # of a case that failed
	rm -f "$LAB_DIR/log/streams.out"
	lab_spawn streams "$LAB_FW" "$FAULTS_TOOLS/stream" "${LAB_FW%-fw}" "$LAB_MAPPED" \
		"$LAB_REAL" "$faults_other" 5000 "$@"
	lab_wait 20 grep -qs ready "$LAB_DIR/log/streams.out" || {
		cat "$LAB_DIR/log/streams.out"
		fail "the streams do not begin"
	}
}

# What they saw is in $LAB_DIR/streams.json from then on.
streams_stop() {
	lab_stop streams
	sed 1d "$LAB_DIR/log/streams.out" >"$LAB_DIR/streams.json"
	rm "$LAB_DIR/log/streams.out"
	jq . "$LAB_DIR/streams.json" >/dev/null
}

streams_say() { # jq-expression
	jq -r "$1" "$LAB_DIR/streams.json"
}

# Not one packet that both policies permit is missing, not one came twice, late or
# spoiled, and not one that both deny has passed.
streams_must_be_whole() {
	jq -ec '(.known.sent > 0) and ([.known, .new | .lost, .wrong, .late] | add == 0)
		and ([.denied, .mixed | .good, .wrong, .late] | add == 0)' \
		"$LAB_DIR/streams.json" >/dev/null || {
		cat "$LAB_DIR/streams.json"
		fail "a permitted packet was lost, or a denied one passed"
	}
}

# "N packets of permitted flows, none lost; M of denied flows, none passed"
streams_outcome() {
	streams_say '"\(.known.sent + .new.sent) packets of permitted flows, none lost; " +
		"\(.denied.sent + .mixed.sent) of denied ones, none passed"'
}

# The one of the two that is in force, by what passes: a, b, neither or both.
faults_in_force() {
	lab_outside timeout 20 python3 "$FAULTS_DIR/in_force.py" "$LAB_MAPPED" 6001 6002
}

faults_generation() {
	lab_fwctl show ftp --json | jq .generation
}
