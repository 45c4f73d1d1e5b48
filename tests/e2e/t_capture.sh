#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fwctl capture: what passes is seen as it came and as it left, once, with what was
# decided; Wireshark's own reader reads it back; and nothing is left of a capture that
# was killed.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# capture_begin NAME ARGUMENT...: in the background, known as NAME.
capture_begin() {
	local name=$1

	shift
	rm -f "$LAB_DIR/log/$name.out"
	lab_spawn "$name" "$LAB_FW" "$LAB_FWCTL" capture "$@" --pin-dir "$LAB_PIN_DIR"
	lab_wait 5 capture_is_on "$(lab_pid "$name")" || {
		cat "$LAB_DIR/log/$name.out"
		fail "no capture has begun"
	}
	sleep 0.2 # its rings follow its lease
}

# It has a lease, and whose it is.
capture_is_on() { # pid
	[ "$(capture_word 0)" -ne 0 ] && [ $(($(capture_word 8) >> 32)) -eq "$1" ]
}

# The element of the map, 8 bytes from there on.
capture_word() { # offset
	bpftool -j map dump pinned "$LAB_PIN_DIR/maps/capture" |
		jq -r ".[0].value[$1:$(($1 + 8))] | reverse | map(.[2:]) | join(\"\")" |
		{ read -r hex && echo $((16#$hex)); }
}

capture_end() { # name
	sleep 0.3 # what is on its way
	lab_stop "$1" INT
}

# What Wireshark's reader finds in a file, once, for seen().
read_back() { # file
	local field
	local -a fields=()

	for field in frame.interface_name frame.packet_flags_direction frame.packet_id \
		eth.dst eth.src ip.dst ip.ttl icmp.type tcp.dstport ip.checksum.status \
		icmp.checksum.status frame.comment; do
		fields+=(-e "$field")
	done
	tshark -r "$1" -o ip.check_checksum:TRUE -T fields "${fields[@]}" 2>/dev/null >"$1.fields"
}

# How many packets of the file fulfil a condition of awk about those fields.
seen() { # file condition
	awk -F'\t' '{ iface = $1; way = $2; id = $3; to = $4; from = $5; dst = $6; ttl = $7
		icmp = $8; port = $9; sums = $10 $11; comment = $12 }
		function says(words) { return index(comment, words) }
		'"$2"' { n++ } END { print n + 0 }' "$1.fields"
}

ping_mapped() { # count
	lab_outside ping -q -n -c "$1" -i 0.2 -W 2 "$LAB_MAPPED" >/dev/null
}

is_denied() {
	! lab_outside timeout 0.5 bash -c "echo >/dev/tcp/$LAB_MAPPED/8080" 2>/dev/null ||
		fail "port 8080 is open"
}

both_forms_are_read_back() {
	local file=$LAB_DIR/both.pcapng line

	capture_begin both all -w "$file"
	ping_mapped 3
	lab_fw ping -q -n -c 1 -W 2 "$LAB_OUTSIDE_HOST" >/dev/null
	is_denied
	capture_end both
	read_back "$file"
	line='list=outside_in line=5 rule=\"access-list outside_in extended permit icmp'
	must_be_equal "requests as they came" 3 "$(seen "$file" "icmp == 8 &&
		dst == \"$LAB_MAPPED\" && iface == \"outside\" && way == 1 &&
		says(\"verdict=forward form=before in=outside out=inside\") &&
		says(\"$line\")")"
	must_be_equal "requests as they left" 3 "$(seen "$file" "icmp == 8 &&
		dst == \"$LAB_REAL\" && iface == \"inside\" && way == 2 && ttl == 63 &&
		says(\"verdict=forward form=after\")")"
	must_be_equal "answers as they left" 3 "$(seen "$file" "icmp == \"0\" && way == 2 &&
		dst == \"$LAB_OUTSIDE_HOST\" && iface == \"outside\" && says(\"form=after\")")"
	must_be_equal "packets with one number for both forms" 6 "$(seen "$file" \
		"says(\"verdict=forward\") && icmp != \"\" && met[id]++ == 1")"
	must_be_equal "this machine's own" 1 "$(seen "$file" "icmp == 8 &&
		dst == \"$LAB_OUTSIDE_HOST\" && says(\"verdict=own\")")"
	[ "$(seen "$file" "port == 8080 &&
		says(\"verdict=drop reason=acl-implicit-deny\")")" -gt 0 ] || fail "no drop"
	must_be_equal "wrong checksums" 0 "$(seen "$file" "icmp != \"\" && sums !~ /^1+\$/")"
}

station() { # namespace device
	lab_run "$1" ip -j link show "$2" | jq -r '.[0].address'
}

# What the kernel has not written yet where TC forwards. Before the neighbour is known
# there is no address.
link_is_that_of_the_way_out() {
	local file=$LAB_DIR/both.pcapng

	[ "$(seen "$file" "dst == \"$LAB_REAL\" && icmp == 8 &&
		to == \"$(station "$LAB_INSIDE" eth0)\" &&
		from == \"$(station "$LAB_FW" in0)\"")" -ge 2 ] ||
		fail "$(grep "$LAB_REAL" "$file.fields")"
}

drops_alone() {
	local file=$LAB_DIR/drops.pcapng

	capture_begin drops outside --drops=acl-implicit-deny -w "$file"
	ping_mapped 2
	is_denied
	lab_outside ping -q -n -c 1 -W 1 -t 1 "$LAB_MAPPED" >/dev/null || true
	capture_end drops
	read_back "$file"
	[ "$(seen "$file" "port == 8080")" -gt 0 ] || fail "no drop was seen"
	must_be_equal "anything else" 0 "$(seen "$file" "port != 8080 ||
		!says(\"verdict=drop reason=acl-implicit-deny\")")"
}

# Found by its real address, though it came with the mapped one.
filters_and_counts() {
	local out=$LAB_DIR/log/lines.out

	capture_begin lines all --json --filter "icmp and dst host $LAB_REAL" --count 2
	ping_mapped 3
	lab_wait 3 lab_is_gone "$(lab_pid lines)" || fail "--count does not end it"
	must_be_equal "messages" "fwctl capture: 2 packets" "$(grep -v '^{' "$out")"
	grep '^{' "$out" >"$LAB_DIR/lines"
	"$E2E_DIR/../schema/validate.py" --lines capture "$LAB_DIR/lines"
	must_be_equal "packets" 2 "$(jq -s "map(select(.ends.destination == \"$LAB_MAPPED\" and
		.translated.destination == \"$LAB_REAL\" and .verdict == \"forward\" and
		.rule.line == 5 and .icmp_type == 8)) | length" "$LAB_DIR/lines")"
}

one_at_a_time() {
	local pid said

	capture_begin one inside
	pid=$(lab_pid one)
	must_fail lab_fwctl capture all >"$LAB_DIR/log/two" 2>&1
	said=$(cat "$LAB_DIR/log/two")
	[[ $said == *"another capture runs, of process $pid (fwctl)"* ]] || fail "$said"
	lab_stop one KILL
	capture_begin three all --filter icmp
	ping_mapped 1
	capture_end three
	grep -q "forward as $LAB_OUTSIDE_HOST -> $LAB_REAL" "$LAB_DIR/log/three.out" ||
		fail "$(cat "$LAB_DIR/log/three.out")"
}

# The datapath itself turns it off: the first packet that finds the lease run out.
a_killed_one_is_over() {
	capture_begin dead all
	lab_stop dead KILL
	lab_wait 4 is_switched_off || fail "the switch is on still"
}

is_switched_off() {
	ping_mapped 1
	[ "$(capture_word 0)" -eq 0 ]
}

wrong_ones_are_refused() {
	must_fail lab_fwctl capture dmz >"$LAB_DIR/log/wrong" 2>&1
	grep -q "the policy in force has no interface dmz" "$LAB_DIR/log/wrong"
	must_fail lab_fwctl capture all --filter "no such thing" >"$LAB_DIR/log/wrong" 2>&1
	grep -q -- "--filter 'no such thing': " "$LAB_DIR/log/wrong"
	must_fail lab_fwctl capture all --drops=acl-den >"$LAB_DIR/log/wrong" 2>&1
	grep -q "did you mean 'acl-deny'" "$LAB_DIR/log/wrong"
}

lab_create --mode "$E2E_MODE"
e2e_apply e2e_policy_with_fixup
e2e_case "a packet is read back as it came and as it left, once" both_forms_are_read_back
e2e_case "what left has Ethernet of the way out" link_is_that_of_the_way_out
e2e_case "drops alone, for one reason" drops_alone
# Whatever the hook.
if [ "$E2E_MODE" = tc ]; then
	e2e_case "an expression finds either form; JSON follows its schema" filters_and_counts
	e2e_case "one at a time; the next after one that was killed" one_at_a_time
	e2e_case "the datapath ends a capture whose process was killed" a_killed_one_is_over
	e2e_case "what is wrong is said" wrong_ones_are_refused
fi
e2e_done
