#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may talk to whom: access list, security levels, return traffic, the
# firewall itself, and the mapped address on the wire.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

e2e_entries() { # table
	lab_fwctl show counters --json |
		jq --arg name "$1" '.tables[] | select(.table == $name) | .entries'
}

tables_are_empty() {
	[ "$(e2e_entries conns)" -eq 0 ]
}

# Timers of the kernel remove them, not lookups and no process. Hundreds at
# once, because a kernel whose allocator is busy refuses a timer now and then.
idle_entries_vanish() {
	lab_outside bash -c "for i in {1..300}; do
		ping -q -c 1 -W 2 $LAB_MAPPED >/dev/null &
	done; wait"
	[ "$(e2e_event half_open_created)" -ge 280 ] || fail "the pings made no entries"
	lab_wait 5 tables_are_empty || fail "$(e2e_entries conns) entries stay for ever"
}

listed_ports_only() {
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 21 open
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 silence
	# Permitted, but nobody listens there: the reset comes back.
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" "${LAB_TLS_PORTS%-*}" reset
}

denials_are_counted() {
	local drops lines

	drops=$(e2e_dropped acl-implicit-deny)
	lines=$(e2e_hits "eq ftp")
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 8080 silence
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 21 open
	[ "$(e2e_dropped acl-implicit-deny)" -gt "$drops" ] || fail "the drop was not counted"
	must_be_equal "hits of the line" "$((lines + 1))" "$(e2e_hits "eq ftp")"
}

real_addresses_are_unreachable() {
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_REAL" 21 silence
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_INSIDE_OTHER" 8080 silence
}

inside_probe() {
	lab_inside timeout 20 python3 "$E2E_DIR/probe.py" "$@"
}

inside_may_go_out() {
	must_be_equal "translated host" open \
		"$(inside_probe connect --source "$LAB_REAL" "$LAB_OUTSIDE_HOST" 8080)"
	must_be_equal "untranslated host" open \
		"$(inside_probe connect --source "$LAB_INSIDE_OTHER" "$LAB_OUTSIDE_HOST" 8080)"
	must_be_equal "ping" "1 received" "$(
		lab_inside ping -c 1 -W 2 "$LAB_OUTSIDE_HOST" | grep -o '1 received'
	)"
}

# The outside sees the mapped address only.
source_is_translated() {
	timeout 10 nsenter --net="/run/netns/$LAB_OUTSIDE" -- \
		tcpdump -ni eth0 -c 1 --immediate-mode 'tcp port 8080' \
		>"$LAB_DIR/scratch/dump" 2>"$LAB_DIR/scratch/dump.err" &
	lab_wait 5 grep -q 'listening on' "$LAB_DIR/scratch/dump.err"
	inside_probe connect --source "$LAB_REAL" "$LAB_OUTSIDE_HOST" 8080
	wait "$!"
	grep -q "IP $LAB_MAPPED\.[0-9]* > $LAB_OUTSIDE_HOST.8080" "$LAB_DIR/scratch/dump" || {
		cat "$LAB_DIR/scratch/dump"
		fail "the source was not translated"
	}
}

udp_replies_return() {
	must_be_equal "udp from inside" echo \
		"$(inside_probe udp --source "$LAB_REAL" "$LAB_OUTSIDE_HOST" 7777)"
	must_be_equal "udp from outside" silence \
		"$(e2e_probe udp --source "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 7777)"
}

# Neither another host from the same port nor the same host from another port.
only_who_was_asked_may_reply() {
	local heard=$LAB_DIR/scratch/heard

	inside_probe hear --source "$LAB_REAL" --port 6000 "$LAB_OUTSIDE_HOST" 7777 >"$heard" &
	sleep 0.8
	e2e_probe shout --source "$LAB_OUTSIDE_THIRD" --port 7777 "$LAB_TARGET" 6000
	e2e_probe shout --source "$LAB_OUTSIDE_HOST" --port 7778 "$LAB_TARGET" 6000
	wait "$!"
	must_be_equal "heard" "$LAB_OUTSIDE_HOST:7777" "$(paste -sd' ' "$heard")"
}

box_is_reachable() {
	lab_outside ping -c 1 -W 2 "$LAB_FW_OUTSIDE"
	lab_inside ping -c 1 -W 2 "$LAB_FW_INSIDE"
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_FW_OUTSIDE" 2222 open
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_FW_OUTSIDE" 2223 reset
}

box_reaches_others() {
	lab_fw ping -c 1 -W 2 "$LAB_OUTSIDE_HOST"
	lab_fw ping -c 1 -W 2 "$LAB_REAL"
	must_be_equal "firewall to outside" open \
		"$(lab_fw python3 "$E2E_DIR/probe.py" connect "$LAB_OUTSIDE_HOST" 8080)"
	must_be_equal "firewall to inside" open \
		"$(lab_fw python3 "$E2E_DIR/probe.py" connect "$LAB_REAL" 8080)"
	must_be_equal "firewall to outside, udp" echo \
		"$(lab_fw python3 "$E2E_DIR/probe.py" udp "$LAB_OUTSIDE_HOST" 7777)"
}

neighbour_of_mapped() {
	lab_outside ip -j neigh show "$LAB_MAPPED" dev eth0 |
		jq -r '.[0] | select(.state | index("FAILED") | not) | .lladdr // ""'
}

mapped_address_answers_arp() {
	local mac

	lab_outside ip neigh flush dev eth0
	lab_outside ping -c 1 -W 2 "$LAB_MAPPED"
	mac=$(lab_fw ip -j link show out0 | jq -r '.[0].address')
	must_be_equal "who has $LAB_MAPPED" "$mac" "$(neighbour_of_mapped)"
	[ "$(e2e_event arp_answered)" -gt 0 ] || fail "no answer was counted"
}

other_addresses_are_nobodys() {
	must_fail lab_outside ping -c 1 -W 1 "${LAB_MAPPED%.*}.77"
}

level_policy() {
	e2e_policy | grep -v access
	echo "fixup protocol ftp 21"
}

levels_without_a_list() {
	e2e_apply level_policy
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 21 silence
	[ "$(e2e_dropped security-level)" -gt 0 ] || fail "the drop was not counted"
	inside_may_go_out
	udp_replies_return
	e2e_apply e2e_policy_with_fixup
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 21 open
}

deny_policy() {
	e2e_policy
	echo "access-list inside_in deny tcp any any eq 8080"
	echo "access-list inside_in permit udp any any"
	echo "access-group inside_in in interface inside"
}

inside_list_overrides_the_level() {
	e2e_apply deny_policy
	must_be_equal "denied by a line" silence \
		"$(inside_probe connect --source "$LAB_REAL" "$LAB_OUTSIDE_HOST" 8080)"
	must_be_equal "permitted by a line" echo \
		"$(inside_probe udp --source "$LAB_REAL" "$LAB_OUTSIDE_HOST" 7777)"
	[ "$(e2e_dropped acl-deny)" -gt 0 ] || fail "the drop was not counted"
	e2e_apply e2e_policy_with_fixup
}

unload_leaves_nothing() {
	lab_fwctl unload
	! lab_fw ip -d link show out0 | grep -q xdp || fail "XDP is still attached"
	must_be_equal "TC filters" "" "$(lab_fw tc filter show dev out0 ingress)"
	must_be_equal "TC filters" "" "$(lab_fw tc filter show dev out0 egress)"
	[ ! -e "$LAB_PIN_DIR/active" ] || fail "pins were left in $LAB_PIN_DIR"
	must_be_equal "forwarding" 0 \
		"$(lab_fw sysctl -n net.ipv4.conf.out0.forwarding)"
	lab_outside ip neigh flush dev eth0
	must_fail lab_outside ping -c 1 -W 1 "$LAB_MAPPED"
	must_be_equal "who has $LAB_MAPPED" "" "$(neighbour_of_mapped)"
	must_fail lab_fwctl unload
}

e2e_start --nat server
lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
probe=$E2E_DIR/probe.py
lab_spawn web-inside "$LAB_INSIDE" python3 "$probe" echo tcp 0.0.0.0 8080
lab_spawn web-outside "$LAB_OUTSIDE" python3 "$probe" echo tcp 0.0.0.0 8080
lab_spawn udp-inside "$LAB_INSIDE" python3 "$probe" echo udp 0.0.0.0 7777
lab_spawn udp-outside "$LAB_OUTSIDE" python3 "$probe" echo udp "$LAB_OUTSIDE_HOST" 7777
lab_spawn ssh-like "$LAB_FW" python3 "$probe" echo tcp 0.0.0.0 2222
for place in "$LAB_INSIDE 8080" "$LAB_OUTSIDE 8080" "$LAB_FW 2222"; do
	# shellcheck disable=SC2086 # two words
	lab_wait 5 lab_is_listening $place
done

e2e_case "idle entries leave the tables by themselves" idle_entries_vanish
e2e_case "a permitted port opens, all others are silent" listed_ports_only
e2e_case "denials and hits are counted" denials_are_counted
e2e_case "real addresses cannot be dialled from outside" real_addresses_are_unreachable
e2e_case "inside to outside is permitted by security level" inside_may_go_out
e2e_case "the outside sees the mapped address" source_is_translated
e2e_case "UDP replies return, unsolicited UDP does not" udp_replies_return
e2e_case "only the host that was asked may reply" only_who_was_asked_may_reply
e2e_case "the firewall itself answers ping and a TCP service" box_is_reachable
e2e_case "the firewall's own connections work" box_reaches_others
e2e_case "the mapped address answers ARP" mapped_address_answers_arp
e2e_case "unmapped addresses answer no ARP" other_addresses_are_nobodys
e2e_case "without a list the security level decides" levels_without_a_list
e2e_case "a list on the inside replaces its default" inside_list_overrides_the_level
e2e_case "unload detaches everything, and the mapped address vanishes" unload_leaves_nothing
e2e_done
