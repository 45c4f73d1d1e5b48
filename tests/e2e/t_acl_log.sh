#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fwctl log tells what access lists decide: flows of lines with `log`, at once and then
# once an interval; what is denied; and no more than the policy wants to hear.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

policy() { # line...
	cat <<-END
		nameif ethernet0 outside security0
		nameif ethernet1 inside security100
		ip address outside $LAB_FW_OUTSIDE 255.255.255.0
		ip address inside $LAB_FW_INSIDE 255.255.255.0
		static (inside,outside) $LAB_MAPPED $LAB_REAL netmask 255.255.255.255
		access-list outside_in permit tcp any host $LAB_MAPPED eq ftp log 5 interval 2
		access-list outside_in deny tcp any host $LAB_MAPPED eq 8081 log interval 2
		access-list outside_in deny tcp any host $LAB_MAPPED eq 8082 log disable
		access-list outside_in deny tcp any host $LAB_MAPPED eq 8083
		access-list outside_in permit icmp any host $LAB_MAPPED
		access-group outside_in in interface outside
		access-list box deny tcp any any eq 8084
		access-list box permit ip any any
		access-group box in interface outside control-plane
	END
	printf '%s\n' "$@"
}

log() { # option...
	lab_fwctl log "$@" >"$LAB_DIR/scratch/log" 2>"$LAB_DIR/scratch/log.err"
}

must_say() { # extended-regular-expression
	grep -Eq "$1" "$LAB_DIR/scratch/log" || {
		cat "$LAB_DIR/scratch/log"
		fail "not said: $1"
	}
}

must_not_say() {
	! grep -Eq "$1" "$LAB_DIR/scratch/log" || {
		cat "$LAB_DIR/scratch/log"
		fail "said: $1"
	}
}

# The same source port each time: one flow.
dial() { # port
	lab_client timeout 20 python3 - "$LAB_OUTSIDE_HOST" "$LAB_TARGET" "$1" <<-'END'
		import socket, sys
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.bind((sys.argv[1], 40000 + int(sys.argv[3]) % 1000))
		s.settimeout(0.3)
		try:
		    s.connect((sys.argv[2], int(sys.argv[3])))
		except OSError:
		    pass
	END
}

flows_are_told() {
	log
	dial 21
	log
	must_say "%ASA-5-106100: access-list outside_in permitted tcp outside/$LAB_OUTSIDE_HOST\(40021\) -> inside/$LAB_MAPPED\(21\) hit-cnt 1 first hit \[0x[0-9a-f]{8}, 0x0\]"
	log
	must_not_say 106100
}

denials_are_told() {
	log
	dial 8083
	dial 8082
	dial 9999
	log
	must_say "%ASA-4-106023: Deny tcp src outside:$LAB_OUTSIDE_HOST/40083 dst inside:$LAB_MAPPED/8083 by access-group \"outside_in\" \[0x[0-9a-f]+, 0x0\]"
	must_say "%ASA-4-106023: Deny tcp src outside:$LAB_OUTSIDE_HOST/40999 dst inside:$LAB_MAPPED/9999 by access-group \"outside_in\" \[0x0, 0x0\]"
	must_not_say 8082
}

denials_to_the_machine_are_told() {
	log
	lab_client timeout 5 python3 "$E2E_DIR/probe.py" connect --source "$LAB_OUTSIDE_HOST" \
		"$LAB_FW_OUTSIDE" 8084 >/dev/null || true
	log
	must_say "%ASA-3-710003: TCP access denied by ACL from $LAB_OUTSIDE_HOST/[0-9]+ to outside:$LAB_FW_OUTSIDE/8084"
}

# The first at once; what follows in the interval as one sum.
hits_are_summed() {
	log
	lab_spawn follow "$LAB_FW" "$LAB_FWCTL" log -f --pin-dir "$LAB_PIN_DIR"
	sleep 0.3
	dial 8081
	dial 8081
	dial 8081
	lab_wait 10 grep -q 'second interval' "$LAB_DIR/log/follow.out" || {
		cat "$LAB_DIR/log/follow.out"
		fail "no sum"
	}
	lab_stop follow
	cp "$LAB_DIR/log/follow.out" "$LAB_DIR/scratch/log"
	must_say 'denied tcp .*\(8081\) hit-cnt 1 first hit'
	must_say 'denied tcp .*\(8081\) hit-cnt [2-9] 2-second interval'
}

json_names_the_line() {
	log
	dial 8083
	log --json
	jq -es '[.[] | select(.event == "acl-denied")] | length >= 1 and .[0].acl == "outside_in"
		and .[0].line == 4 and .[0].place == "in" and .[0].destination_port == 8083 and
		(.[0].line_text | contains("eq 8083"))' "$LAB_DIR/scratch/log" >/dev/null || {
		cat "$LAB_DIR/scratch/log"
		fail "the line is not named"
	}
}

the_policy_chooses() {
	e2e_apply policy "logging enable" "logging trap errors" \
		"logging message 106023 level alerts" "no logging message 710003"
	log
	dial 21
	dial 8083
	log
	must_say "%ASA-1-106023: Deny tcp"
	must_not_say 106100
	grep -q 'does not ask for' "$LAB_DIR/scratch/log.err" || fail "silence looked like peace"
	dial 8083
	log --level debugging
	must_say "%ASA-4-106023: Deny tcp"
	must_fail lab_fwctl log --level loud
	e2e_apply policy
}

# A CPU tells of a thousand a second; the rest is counted, told of by the next record
# of that CPU, and the ring has room.
a_flood_is_bounded() {
	local lost

	log
	lost=$(e2e_event acl_records_lost)
	lab_client timeout 20 python3 - "$LAB_TARGET" <<-'END'
		import os, socket, sys, time
		os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		for i in range(20000):
		    s.sendto(b"x", (sys.argv[1], 5000))
		time.sleep(1.1)
		s.sendto(b"x", (sys.argv[1], 5001))
	END
	[ "$(e2e_event acl_records_lost)" -gt "$lost" ] || fail "all of the flood was told"
	must_be_equal "other records lost" 0 "$(e2e_event records_lost)"
	log
	must_say '%ASA-4-106101: Maximum number of ACL denied flows reached. [0-9]{4,}'
	must_say 'Deny udp .*/5001 by'
}

lab_create --mode "$E2E_MODE"
e2e_apply policy
e2e_case "a flow that meets a line with log is told" flows_are_told
e2e_case "what is denied is told, but for log disable" denials_are_told
e2e_case "and what is denied to this machine" denials_to_the_machine_are_told
e2e_case "further hits are told as a sum once an interval" hits_are_summed
e2e_case "in JSON with the line's number and text" json_names_the_line
e2e_case "logging statements choose what is shown, --level overrides" the_policy_chooses
e2e_case "a flood of denied packets leaves room for others" a_flood_is_bounded
e2e_done
