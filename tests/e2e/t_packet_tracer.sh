#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# packet-tracer: what it foretells is what becomes of real packets, some hundred random
# ones from either side; and asking it changes nothing.
#
# Long

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

COUNT=200
held=""
PORTS=21,22,53,80,443,990,2121,50000

policy() {
	cat <<-END
		ASA Version 9.1(2)
		interface ethernet0
		 nameif outside
		 security-level 0
		 ip address $LAB_FW_OUTSIDE 255.255.255.0
		 ipv6 address $LAB_FW_OUTSIDE6/64
		interface ethernet1
		 nameif inside
		 security-level 100
		 ip address $LAB_FW_INSIDE 255.255.255.0
		 ipv6 address $LAB_FW_INSIDE6/64
		object network server
		 host $LAB_REAL
		 nat (inside,outside) static $LAB_MAPPED
		object network server6
		 host $LAB_REAL6
		 nat (inside,outside) static $LAB_MAPPED6
		access-list outside_in extended deny tcp host $LAB_OUTSIDE_THIRD any eq ftp
		access-list outside_in extended permit tcp any host $LAB_REAL eq ftp
		access-list outside_in extended permit udp any4 any4 eq domain
		access-list outside_in extended permit tcp any6 any6 range 80 443
		access-list outside_in extended permit icmp any any echo
		access-list outside_in extended permit icmp6 any6 host $LAB_REAL6
		access-list outside_in extended permit gre any any
		access-group outside_in in interface outside
		access-list inside_in extended deny udp any any eq 443
		access-list inside_in extended permit ip any any
		access-group inside_in in interface inside
		access-list inside_out extended deny tcp any any eq 80
		access-list inside_out extended permit ip any any
		access-group inside_out out interface inside
		access-list box extended permit tcp any any eq ssh
		access-list box extended permit icmp any any
		access-group box in interface outside control-plane
		fixup protocol ftp strict 21
	END
}

trace() {
	lab_fwctl packet-tracer "$@"
}

validate() { # schema
	"$E2E_DIR/../schema/validate.py" "$@"
}

# ---- what is not changed ----

# But for what tells of neighbours, who ask for one another when they like.
everything() {
	local what

	for what in conn pinholes ftp access-list counters xlate nat; do
		lab_fwctl show "$what" --json
	done | sed -E 's/"(idle|age|opened_ago|expires_in)_sec": ?[0-9]+/"\1": 0/g
		/"event": "(xdp_passed_up|arp_answered|ndp_answered)"/d'
}

# Hosts speak of themselves now and then: once in three times nothing else happened.
nothing_changes() { # command...
	local before after

	for _ in 1 2 3; do
		before=$(everything)
		"$@" >"$LAB_DIR/scratch/said"
		after=$(everything)
		[ "$before" != "$after" ] || return 0
	done
	diff <(echo "$before") <(echo "$after") || fail "it changed something"
}

# Each question takes the kernel some seconds.
asking_changes_nothing() {
	nothing_changes trace input outside tcp "$LAB_OUTSIDE_HOST6" 40000 "$LAB_MAPPED6" 443 --json
	validate packet-tracer <"$LAB_DIR/scratch/said"
	must_be_equal "output" "forward inside" \
		"$(jq -r '"\(.verdict) \(.output_interface)"' "$LAB_DIR/scratch/said")"
	must_be_equal "phases" "UN-NAT FLOW-LOOKUP ROUTE-LOOKUP ACCESS-LIST ACCESS-LIST FLOW-CREATION" \
		"$(jq -r '[.phases[].type] | join(" ")' "$LAB_DIR/scratch/said")"
}

# ---- random packets ----

link_address() { # namespace device
	lab_run "$1" ip -j link show "$2" | jq -r '.[0].address'
}

# Hosts answer nothing but neighbours, so that each packet is all that happens.
be_quiet() { # namespace
	lab_run "$1" nft -f - <<-END
		table inet quiet {
			chain in {
				type filter hook prerouting priority -300; policy drop;
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
			}
		}
	END
}

drops() {
	lab_fwctl show counters --json | jq -c '[.drops[] | {key: .reason, value: .packets}] | from_entries'
}

# What was dropped meanwhile, by reason.
drops_since() { # before
	drops | jq -cS --argjson before "$1" \
		'with_entries(.value -= ($before[.key] // 0)) | with_entries(select(.value > 0))'
}

foretold_drops() { # verdicts
	jq -csS '[.[] | select(.verdict == "drop") | .drop_reason] | group_by(.) |
		map({key: .[0], value: length}) | from_entries' "$1"
}

random_packets() { # interface seed sources destinations
	local from=$LAB_OUTSIDE to=$LAB_INSIDE device=out0 before
	local pcap=$LAB_DIR/scratch/$1.pcap verdicts=$LAB_DIR/scratch/$1.verdicts

	if [ "$1" = inside ]; then
		from=$LAB_INSIDE to=$LAB_OUTSIDE device=in0
	fi
	python3 "$E2E_DIR/trace_random.py" make "$2" "$COUNT" "$3" "$4" "$PORTS" \
		"$(link_address "$from" eth0)" "$(link_address "$LAB_FW" "$device")" >"$pcap"
	nothing_changes trace pcap "$pcap" --input "$1" --json
	mv "$LAB_DIR/scratch/said" "$verdicts"
	must_be_equal "lines" "$COUNT" "$(wc -l <"$verdicts")"
	validate --lines packet-tracer-pcap <"$verdicts"
	before=$(drops)
	python3 "$E2E_DIR/trace_random.py" play "$pcap" "$from" "$to" eth0 \
		>"$LAB_DIR/scratch/arrivals"
	python3 "$E2E_DIR/trace_random.py" compare "$verdicts" "$LAB_DIR/scratch/arrivals"
	must_be_equal "drops" "$(foretold_drops "$verdicts")" "$(drops_since "$before")"
}

from_outside() {
	random_packets outside 8 \
		"$LAB_OUTSIDE_HOST,$LAB_OUTSIDE_THIRD,$LAB_OUTSIDE_HOST6,$LAB_OUTSIDE_THIRD6,224.0.0.9" \
		"$LAB_MAPPED,$LAB_MAPPED,$LAB_REAL,$LAB_INSIDE_OTHER,$LAB_FW_OUTSIDE,$LAB_MAPPED6,$LAB_MAPPED6,$LAB_REAL6,$LAB_INSIDE_OTHER6,$LAB_FW_OUTSIDE6"
}

from_inside() {
	random_packets inside 9 \
		"$LAB_REAL,$LAB_INSIDE_OTHER,$LAB_REAL6,$LAB_INSIDE_OTHER6" \
		"$LAB_OUTSIDE_HOST,$LAB_OUTSIDE_THIRD,$LAB_FW_INSIDE,$LAB_OUTSIDE_HOST6,$LAB_OUTSIDE_THIRD6"
}

# ---- connections ----

# held: the client's port, once its connection is there.
hold_a_connection() {
	lab_spawn listen "$LAB_INSIDE" python3 "$E2E_DIR/probe.py" echo tcp "$LAB_REAL" 21
	lab_wait 5 lab_is_listening "$LAB_INSIDE" 21
	lab_spawn hold "$LAB_OUTSIDE" python3 "$E2E_DIR/trace_random.py" hold "$LAB_MAPPED" 21 \
		"$LAB_DIR/scratch/hold.pcap" "$(link_address "$LAB_OUTSIDE" eth0)" \
		"$(link_address "$LAB_FW" out0)"
	lab_wait 5 grep -q . "$LAB_DIR/log/hold.out"
	held=$(cat "$LAB_DIR/log/hold.out")
}

connections_are_known() {
	nothing_changes trace input outside tcp "$LAB_OUTSIDE_HOST" "$held" "$LAB_MAPPED" ftp
	grep -q "^Found flow with id" "$LAB_DIR/scratch/said"
}

# Inspection ends a connection by resets to both ends. Of a trace none is sent.
inspection_is_traced_and_ends_nothing() {
	nothing_changes trace pcap "$LAB_DIR/scratch/hold.pcap" --input outside --json
	must_be_equal "verdict" "reset ftp-strict" \
		"$(jq -r '"\(.verdict) \(.drop_reason)"' "$LAB_DIR/scratch/said")"
	lab_stop hold USR1
	must_be_equal "the connection" "$held established" "$(paste -sd' ' "$LAB_DIR/log/hold.out")"
}

# ---- what it says ----

says_line_and_text() {
	trace input outside tcp "$LAB_OUTSIDE_THIRD" 40000 "$LAB_MAPPED" ftp --detailed \
		>"$LAB_DIR/scratch/said"
	grep -qx "decided by: $E2E_MODE" "$LAB_DIR/scratch/said"
	grep -qx "access-group outside_in in interface outside" "$LAB_DIR/scratch/said"
	grep -qx "access-list outside_in extended deny tcp host $LAB_OUTSIDE_THIRD any eq ftp" \
		"$LAB_DIR/scratch/said"
	grep -qx "Drop-reason: (acl-deny) .*" "$LAB_DIR/scratch/said"
}

# fwctl with programs that differ in a byte nobody reads: another build.
make_other_build() { # file
	python3 - "$LAB_FWCTL" "$1" <<-'END'
		import re, sys
		data = bytearray(open(sys.argv[1], "rb").read())
		for at in [m.start() for m in re.finditer(b"\x7fELF", data)][1:]:
		    data[at + 15] = 1  # padding of the identification
		open(sys.argv[2], "wb").write(data)
	END
	chmod +x "$1"
}

refuses_clearly() {
	must_fail trace input dmz tcp 192.0.2.1 1 192.0.2.2 1 2>"$LAB_DIR/scratch/said"
	grep -q "has no interface dmz" "$LAB_DIR/scratch/said"
	must_fail lab_outside "$LAB_FWCTL" packet-tracer --pin-dir "$LAB_PIN_DIR" \
		input outside tcp 192.0.2.1 1 192.0.2.2 1 2>"$LAB_DIR/scratch/said"
	grep -q "another network namespace" "$LAB_DIR/scratch/said"
	make_other_build "$LAB_DIR/scratch/fwctl"
	must_fail lab_fw "$LAB_DIR/scratch/fwctl" packet-tracer --pin-dir "$LAB_PIN_DIR" \
		input outside tcp 192.0.2.1 1 192.0.2.2 1 2>"$LAB_DIR/scratch/said"
	grep -q "the programs that are loaded are of another build" "$LAB_DIR/scratch/said"
}

lab_create --mode "$E2E_MODE"
e2e_apply policy
ping_of "$LAB_FW" "$LAB_REAL"
ping_of "$LAB_FW" "$LAB_OUTSIDE_HOST"

e2e_case "asking changes nothing" asking_changes_nothing
e2e_case "it names the line that decides" says_line_and_text
e2e_case "it refuses clearly" refuses_clearly
hold_a_connection
e2e_case "connections are known" connections_are_known
e2e_case "inspection is traced, and ends nothing" inspection_is_traced_and_ends_nothing
be_quiet "$LAB_OUTSIDE"
be_quiet "$LAB_INSIDE"
e2e_case "random packets from outside" from_outside
e2e_case "random packets from inside" from_inside
e2e_done
