#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fwctl top, as somebody at a terminal of 80 columns and 24 rows has it: tmux shows what
# is on the screen, and presses the keys.
#
# One hook: tc

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

KEYS="q quit p pause s sort +/- delay  a all i interface l line d drop f ftp t table"

mux() { # tmux command...
	lab_fw env -u TMUX LC_ALL=C.UTF-8 tmux -S "$LAB_DIR/run/tmux" -f /dev/null "$@"
}

# In a shell, which tells how it ended and stays.
start_top() { # fwctl-top-argument...
	mux kill-session -t top 2>/dev/null || true
	mux new-session -d -s top -x 80 -y 24 "${TOP_ENV-} $LAB_FWCTL top --pin-dir $LAB_PIN_DIR $*; \
		echo it ended with \$?; sleep 60"
}

screen() {
	mux capture-pane -p -t top
}

on_screen() { # regular expression
	screen | grep -Eq -e "$1"
}

shows() { # regular expression
	lab_wait 15 on_screen "$1" || {
		screen
		fail "not on the screen: $1"
	}
}

press() { # key...
	mux send-keys -t top "$@"
}

# The last row has the keys, and no row is too wide: a terminal would break it in two.
fits() { # columns rows
	screen >"$LAB_DIR/scratch/screen"
	must_be_equal "the last row" "${KEYS:0:$1}" "$(sed -n "$2p" "$LAB_DIR/scratch/screen")"
	must_be_equal "the first row" Pinhole "$(head -n 1 "$LAB_DIR/scratch/screen" | cut -d' ' -f1)"
}

nothing_is_in_force_yet() {
	start_top --delay 0.2
	shows "no policy is in force"
	shows "fwctl apply"
	fits 80 24
	e2e_apply e2e_policy_with_fixup
	shows "^outside +out0 "
	shows "^Pinhole  generation 1  every 0.2 s  by rate "
	fits 80 24
}

traffic_is_seen() {
	lab_spawn ping "$LAB_OUTSIDE" ping -q -i 0.02 -w 30 "$LAB_MAPPED"
	# 50 a second, both ways
	shows "^outside +out0 +[2-5][0-9] +[0-9.]+k +[2-5][0-9] "
	shows " outside_in [0-9]+ permit icmp any host $LAB_MAPPED"
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_MAPPED" 4444 silence
	shows "acl-implicit-deny: no line of the access"
	# Stands still while the traffic goes on, and goes on.
	press p
	shows "  PAUSED  "
	screen | sed 1d >"$LAB_DIR/scratch/before"
	sleep 1
	screen | sed 1d | diff "$LAB_DIR/scratch/before" - || fail "it is not paused"
	press p
	lab_wait 3 must_fail on_screen PAUSED
	lab_stop ping
	shows "^outside +out0 +0 +0 +0 +0 +0"
}

keys_do_what_they_say() {
	press s
	shows "  by total "
	press s
	shows "  by rate "
	press +
	shows "  every 0.5 s "
	press - -
	shows "  every 0.1 s "
	press d
	shows "^ DROPS/s +DROPS"
	must_fail on_screen "^INTERFACE"
	press l
	shows "^ +HITS/s"
	must_fail on_screen "^ DROPS/s"
	press f
	shows "^  no FTP session"
	press t
	shows "^TABLE "
	press i
	shows "^INTERFACE"
	must_fail on_screen "^TABLE "
	press x a
	shows "^TABLE "
	shows "^ DROPS/s"
}

# One session that lasts, however fast its transfers are and however slow the machine is.
an_ftp_session_is_seen() {
	local i
	local -a files=()

	for ((i = 0; i < 200; i++)); do
		files+=(-o /dev/null "ftp://$LAB_TARGET/pub/big.bin")
	done
	lab_spawn curl "$LAB_OUTSIDE" curl -v --no-progress-meter --limit-rate 100k \
		--max-time 60 "${files[@]}"
	lab_wait 20 on_screen \
		"^plain +$LAB_OUTSIDE_HOST:[0-9]+ +$LAB_REAL:21 +1 +[01] +0:00:" || {
		tail -n 40 "$LAB_DIR/log/curl.out"
		screen
		fail "not on the screen"
	}
	lab_stop curl
}

any_size_will_do() {
	mux resize-window -t top -x 130 -y 40
	shows "^Pinhole .{110}"
	lab_wait 15 fits 130 40
	mux resize-window -t top -x 50 -y 9
	lab_wait 15 fits 50 9
	mux resize-window -t top -x 80 -y 24
	lab_wait 15 fits 80 24
}

unloaded_and_back() {
	lab_fwctl unload
	shows "no policy is in force"
	e2e_apply e2e_policy_with_fixup
	shows "^outside +out0 +0 +0 +0 +0 +0"
	shows "^Pinhole  generation 1 "
}

it_ends_and_leaves_the_terminal_alone() {
	press q
	shows "^it ended with 0"
	must_fail on_screen "^INTERFACE"
	start_top
	shows "^INTERFACE"
	kill -TERM "$(pgrep -P "$(mux display-message -p -t top '#{pane_pid}')" fwctl)"
	shows "^it ended with 0"
}

once() {
	lab_fwctl top --once --delay 0.2 >"$LAB_DIR/scratch/said"
	cat "$LAB_DIR/scratch/said"
	grep -q "^outside  *out0 " "$LAB_DIR/scratch/said" || fail "no interface"
	must_fail grep -q $'\033' "$LAB_DIR/scratch/said"
	lab_fwctl top --once --delay 0.2 --json >"$LAB_DIR/scratch/top.json"
	python3 "$LAB_SOURCE_DIR/tests/schema/validate.py" top "$LAB_DIR/scratch/top.json"
	jq -e '.interfaces | length == 2' "$LAB_DIR/scratch/top.json"
}

no_terminal_is_said() {
	local status=0

	lab_fwctl top </dev/null >"$LAB_DIR/scratch/said" 2>&1 || status=$?
	must_be_equal "exit status" 2 "$status"
	grep -q -- "--once" "$LAB_DIR/scratch/said" || fail "what to do is not said"
	TOP_ENV="TERM=nosuch" start_top
	shows "the terminal 'nosuch' is not known"
	shows "^it ended with 2"
}

lab_create --mode "$E2E_MODE" --nat server
lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
mux new-session -d -s base "sleep 600" # while it lives, so does the server

e2e_case "top waits for a policy that is not there yet" nothing_is_in_force_yet
e2e_case "top shows rates, the busiest line and drops, and can be paused" traffic_is_seen
e2e_case "top does what its keys say" keys_do_what_they_say
e2e_case "top shows FTP sessions" an_ftp_session_is_seen
e2e_case "top fits terminals of any size" any_size_will_do
e2e_case "top lives on when the firewall is unloaded and applied anew" unloaded_and_back
e2e_case "top ends by q and by SIGTERM, and leaves the terminal alone" it_ends_and_leaves_the_terminal_alone
e2e_case "top --once writes text without escapes, or JSON" once
e2e_case "top says what to do where there is no terminal" no_terminal_is_said
e2e_done
