#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Dialogues, written down or recorded, through the programs of the kernel, packet
# by packet: what is rewritten, what opens and closes, what ends a session. The
# promise of each dialogue is its first line; tests/replay/README.md has the words.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

dialogues=$LAB_SOURCE_DIR/tests/replay/dialogues
hook=()
[ "$E2E_MODE" = tc ] || hook=(--xdp)

replay() { # option-or-file...
	"$E2E_DIR/replay" "${hook[@]}" "$@"
}

# All in one run, for the programs are loaded but once; one line of JSON each.
run_dialogues() {
	replay "$dialogues"/*.ftp >"$LAB_DIR/scratch/dialogues" 2>"$LAB_DIR/log/replay" ||
		true
	must_be_equal "dialogues run" "$(find "$dialogues" -name '*.ftp' | wc -l)" \
		"$(wc -l <"$LAB_DIR/scratch/dialogues")"
	must_be_equal "those that cannot be read" "" "$(cat "$LAB_DIR/log/replay")"
}

dialogue_holds() { # file
	local report

	report=$(jq -c --arg file "$1" 'select(.file == $file)' \
		"$LAB_DIR/scratch/dialogues")
	[ -n "$report" ] || fail "$1 was not run"
	jq -e '.expectations | .checked > 0 and (.failed | length == 0)' <<<"$report" \
		>/dev/null || {
		jq '{expectations, holes, findings, drops, violations}' <<<"$report"
		fail "$1"
	}
}

# The lab's own firewall is not in this: recorded is what the server said and saw.
record() { # method
	local name=capture-$1

	# Each packet takes a place of the longest one's size in the buffer.
	lab_spawn "$name" "$LAB_INSIDE" tcpdump -ni eth0 --immediate-mode -U \
		-s 70000 -B 65536 -w "$LAB_DIR/scratch/recording.pcap" tcp
	lab_wait 5 grep -q 'listening on' "$LAB_DIR/log/$name.out" ||
		fail "tcpdump does not listen"
	e2e_download "$1" small.bin
	sleep 0.3 # for the last FIN
	lab_stop "$name" INT
	grep -q '^0 packets dropped by kernel' "$LAB_DIR/log/$name.out" ||
		fail "tcpdump missed packets: $(tail -n 1 "$LAB_DIR/log/$name.out")"
}

replay_recording() { # filter-of-the-report [option...]
	replay "$LAB_DIR/scratch/recording.pcap" "${@:2}" \
		>"$LAB_DIR/scratch/report"
	jq -e "$1" "$LAB_DIR/scratch/report" || {
		jq . "$LAB_DIR/scratch/report"
		fail "not so: $1"
	}
}

recorded_passive() {
	record pasv
	replay_recording '
		(.sessions | length == 1) and .sessions[0].server == "'"$LAB_REAL"'"
		and .sessions[0].server_mapped == "'"$LAB_MAPPED"'"
		and .sessions[0].client == "'"$LAB_CLIENT_ADDRESS"'"
		and (.holes.opened | length == 1) and .holes.opened[0].passive
		and [.holes.closed[].why] == ["used"] and .rewrites == 1
		and .connections == 2 and .resets == [] and .violations == []
		and .drops == {} and .findings == {}' --nat "$LAB_REAL=$LAB_MAPPED"
}

recorded_active() {
	record port
	replay_recording '
		(.holes.opened | length == 1) and (.holes.opened[0].passive | not)
		and [.holes.closed[].why] == ["used"] and .rewrites == 0
		and .violations == [] and .drops == {} and .findings == {}' \
		--nat "$LAB_REAL=$LAB_MAPPED"
}

# Who is inside may be said, and then nothing is what it was.
recorded_from_the_other_side() {
	replay_recording '
		(.holes.opened | length == 1) and .violations == [] and .drops == {}' \
		--inside "$LAB_CLIENT_ADDRESS/32"
}

# The same recording meets a policy of other ports: nothing is inspected.
recorded_uninspected() {
	replay_recording '
		.sessions == [] and .holes.opened == [] and
		.drops["acl-implicit-deny"] > 0' --ports 2121
}

unreadable_input() {
	local status=0

	head -c 1000 /dev/zero >"$LAB_DIR/scratch/zeros"
	replay "$LAB_DIR/scratch/zeros" || status=$?
	must_be_equal "exit status" 2 "$status"
	printf 'connect\nexpect holes 1\n' >"$LAB_DIR/scratch/wrong.ftp"
	status=0
	replay "$LAB_DIR/scratch/wrong.ftp" || status=$?
	must_be_equal "exit status where an expectation fails" 1 "$status"
}

e2e_start --nat server --real 10.0.0.10 --mapped 203.0.113.10
lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
e2e_case "the dialogues can be read and run" run_dialogues
for file in "$dialogues"/*.ftp; do
	e2e_case "$(basename "$file" .ftp): $(sed -n '1s/^# //p' "$file")" \
		dialogue_holds "$file"
done
e2e_case "a recorded passive transfer: one session, one hole, used" recorded_passive
e2e_case "a recorded active transfer" recorded_active
e2e_case "the same with the client inside" recorded_from_the_other_side
e2e_case "the same without inspection" recorded_uninspected
e2e_case "what cannot be read or does not hold is told by the exit status" \
	unreadable_input
lab_destroy
e2e_done
