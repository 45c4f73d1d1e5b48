#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fwctl apply, each of whose system calls in turn fails, or is the last one that it ever
# makes. Traffic has the old policy or the new one at any moment, and which is as fwctl
# said; the next apply succeeds, and no pin is left that does not belong there.
#
# Usage: f_calls.sh, or by run.sh
#        FAULTS_STEP=N          only each N-th call; 1 is all of them
#        FAULTS_PARTS="again first unload"    over a policy, the first of all, unload
#        FAULTS_WAYS="error kill"
#
# All calls are due where a policy is in force. The first apply of all and unload take
# seconds each, as the kernel looks through the programs anew; there a place is due that
# calls are made from: the innermost line of fwctl's own that they stand below (of what
# happens before main(), all is one place). FAULTS_OF_PLACE of its calls are taken, 3 being
# the first, the middle and the last. FAULTS_STEP holds there, too, if it is given.

# shellcheck source=tests/faults/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

E2E_CASE_SECONDS=7000
step=${FAULTS_STEP:-$(faults_of 1 67)}
first_step=${FAULTS_STEP:-$(faults_of places 97)}
of_place=${FAULTS_OF_PLACE:-1}
parts=${FAULTS_PARTS:-again first unload}
ways=${FAULTS_WAYS:-error kill}

# What is not an error that a call could have, or not one of the program's own.
not_failed="^(execve|exit_group|rt_sigreturn|arch_prctl|set_tid_address|exit)$"

# fwctl's own words, by their position on the command line of strace.
recording=()
traced() { # strace-option... -- fwctl-option...
	local -a options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	lab_fw timeout -s KILL 60 strace -f -qq -o "$LAB_DIR/scratch/strace" \
		"${recording[@]}" "${options[@]}" "$LAB_FWCTL" "$@" --pin-dir "$LAB_PIN_DIR" \
		>"$LAB_DIR/scratch/said" 2>&1
}

apply_traced() { # policy strace-option...
	traced "${@:2}" -- apply "$LAB_DIR/$1.pix" --mode "$LAB_MODE" --map outside=out0 \
		--map inside=in0
}

# Leaves in $LAB_DIR/calls: NAME K PLACE, for the K-th call of that name, in order.
record_calls() { # traced-command...
	recording=(-k)
	"$@"
	recording=()
	awk -v not_failed="$not_failed" '
		function flush() {
			if (name != "" && name !~ not_failed)
				print name, ++n[name], (place == "" ? "early" : place)
		}
		/^[0-9]+ +[a-z0-9_]+\(/ {
			flush()
			name = $2
			sub(/\(.*/, "", name)
			place = ""
		}
		# A frame of the stack, innermost first. The last one stands in every stack.
		/^ > .*fwctl\(/ && !/\(_start\+/ && place == "" {
			place = substr($0, match($0, /\[0x[0-9a-f]+\]$/))
		}
		END { flush() }' "$LAB_DIR/scratch/strace" >"$LAB_DIR/calls"
}

# Those of $LAB_DIR/calls that are due: each STEP-th, or some of each place.
calls_due() { # step|places
	if [ "$1" != places ]; then
		awk -v step="$1" 'NR % step == 0' "$LAB_DIR/calls"
		return 0
	fi
	awk -v most="$of_place" '
		{ line[NR] = $0; key[NR] = $1 " " $3; all[key[NR]]++ }
		END {
			for (i = 1; i <= NR; i++) {
				k = key[i]
				n = all[k]
				at = ++seen[k]
				if (at == int((n + 1) / 2) || (most > 1 && at == n) || (most > 2 && at == 1))
					print line[i]
			}
		}' "$LAB_DIR/calls"
}

places() {
	awk '{ print $1, $3 }' "$LAB_DIR/calls" | sort -u | wc -l
}

# "all of N", and so on.
words_of_due() { # step|places
	local all

	all=$(wc -l <"$LAB_DIR/calls")
	case $1 in
	1) echo "each of $all" ;;
	places) echo "of each of $(places) places that $all calls are made from" ;;
	*) echo "every $1th of $all" ;;
	esac
}

# An error that the call may have.
error_for() { # name k
	local -a some

	case $1 in
	bpf) some=(ENOMEM EPERM EINVAL EBUSY ENOENT E2BIG) ;;
	open*) some=(EMFILE ENOENT EACCES) ;;
	socket) some=(EMFILE ENOMEM ENOBUFS) ;;
	mmap | brk | munmap | mprotect | mremap) some=(ENOMEM) ;;
	write* | mkdir* | rename* | symlink*) some=(ENOSPC EIO) ;;
	send*) some=(ENOBUFS EPERM) ;;
	recv*) some=(ENOMEM EIO) ;;
	*) some=(EIO ENOMEM) ;;
	esac
	echo "${some[$(($2 % ${#some[@]}))]}"
}

# What strace is to do at that call.
injection() { # error|kill name k
	case $1:$2 in
	kill:*) echo "inject=$2:signal=KILL:when=$3" ;;
	# The kernel knows no error of brk: what failed leaves the end where it was.
	error:brk) echo "inject=brk:retval=0:when=$3" ;;
	error:*) echo "inject=$2:error=$(error_for "$2" "$3"):when=$3" ;;
	esac
}

was_met() { # error|kill status
	case $1 in
	error) grep -q INJECTED "$LAB_DIR/scratch/strace" ;;
	kill) [ "$2" -eq 137 ] ;;
	esac
}

# Tables of calls are named by a number, of which each change of programs has another.
pins() {
	{ find "$LAB_PIN_DIR" 2>/dev/null || true; } | sed 's/_[0-9]*$//' | sort
}

# quietly WHAT COMMAND...: complains if it fails.
quietly() {
	"${@:2}" >"$LAB_DIR/scratch/said" 2>&1 || complain "$1"
}

complain() { # text
	echo "$1"
	cat "$LAB_DIR/scratch/said"
	grep -B 3 -A 3 -E 'INJECTED|SIGKILL' "$LAB_DIR/scratch/strace" | tail -n 20
	bad=$((bad + 1))
}

# Whatever the case before has left.
begin_anew() {
	[ ! -e "$LAB_DIR/run/streams.pid" ] || streams_stop
	lab_fwctl unload >/dev/null 2>&1 || true
	lab_apply "$LAB_DIR/b.pix" >/dev/null
	lab_apply "$LAB_DIR/a.pix" >/dev/null
}

# When each fault was, to find the one that a gap in the streams belongs to.
note() { # text
	echo "$(cut -d' ' -f1 /proc/uptime) $1" >>"$LAB_DIR/scratch/notes"
}

# The last fault before each gap. What went on until the end of the streams has none.
tell_gaps() {
	local at

	for at in $(streams_say '[.known, .new, .denied, .mixed | .gaps[].at_ns] | .[] / 1e9'); do
		echo "before the end of a gap at $at s:"
		awk -v at="$at" '$1 < at' "$LAB_DIR/scratch/notes" | tail -n 3
	done
	return 1
}

# What is in force is what fwctl says; where it could say nothing, one of both.
judge_again() { # what status place
	local now

	now=$(faults_in_force)
	case $2:$now in
	0:b | [123]:a | 127:a) ;;
	139:a) [ "$3" = early ] || complain "$1: fwctl crashed" ;; # else it was the linker
	137:a | 137:b) ;;
	*) complain "$1: status $2, and in force is: $now" ;;
	esac
	case $now in
	a) old=$((old + 1)) ;;
	b) new=$((new + 1)) ;;
	esac
}

# ---- another policy while one is in force ------------------------------------

one_again() { # error|kill name k place
	local status=0 what=("-e" "trace=$2" "-e" "$(injection "$1" "$2" "$3")")

	note "$1 at $2 $3"
	apply_traced b "${what[@]}" || status=$?
	times=$((times + 1))
	was_met "$1" "$status" || missed=$((missed + 1))
	note "status $status"
	judge_again "$1 at $2 $3" "$status" "$4"
	quietly "$1 at $2 $3: the next apply fails" lab_apply "$LAB_DIR/a.pix"
	note "applied again"
	[ "$(pins)" = "$pins_before" ] || {
		diff <(pins) <(echo "$pins_before")
		complain "$1 at $2 $3: not the pins that belong there"
	}
}

each_call_again() { # error|kill
	local name k place times=0 missed=0 bad=0 old=0 new=0 pins_before

	begin_anew
	pins_before=$(pins)
	record_calls apply_traced b
	quietly "apply" lab_apply "$LAB_DIR/a.pix"
	streams_start 2000
	while read -r name k place; do
		one_again "$1" "$name" "$k" "$place"
	done < <(calls_due "$step")
	streams_stop
	must_be_equal "bad outcomes" 0 "$bad"
	[ $((missed * 20)) -le "$times" ] || fail "$missed of $times were not met"
	streams_must_be_whole || tell_gaps
	faults_row "$(words_of "$1") while a policy is in force ($(words_of_due "$step"))" "$((times - missed))" \
		"old policy $old times, new one $new times, never neither; the next apply succeeds, pins as before; $(streams_outcome)"
}

words_of() { # error|kill
	case $1 in
	error) echo "a system call of apply fails" ;;
	kill) echo "apply killed at a system call" ;;
	esac
}

# ---- the first one -------------------------------------------------------------

# The kernel takes off the program of a link that nobody holds a moment later.
nothing_is_left() {
	lab_wait 5 is_clean
}

is_clean() {
	local device direction

	[ ! -e "$LAB_PIN_DIR" ] || return 1
	for device in out0 in0; do
		for direction in ingress egress; do
			[ -z "$(lab_fw tc filter show dev "$device" "$direction" 2>/dev/null)" ] || return 1
		done
		[ -z "$(lab_fw ip -j link show dev "$device" | jq '.[] | select(.xdp)')" ] || return 1
		[ "$(lab_fw sysctl -n "net.ipv4.conf.$device.forwarding")" = 0 ] || return 1
	done
}

clear_up() { # what
	quietly "$1: unload fails" lab_fwctl unload
	nothing_is_left || {
		complain "$1: something is left behind unload"
		pins
	}
}

one_first() { # error|kill name k place
	local status=0 what=("-e" "trace=$2" "-e" "$(injection "$1" "$2" "$3")")

	apply_traced b "${what[@]}" || status=$?
	times=$((times + 1))
	was_met "$1" "$status" || missed=$((missed + 1))
	case $status:$(faults_in_force) in
	0:b | 137:b) new=$((new + 1)) ;;
	[123]:neither | 127:neither | 137:neither) none=$((none + 1)) ;;
	139:neither)
		[ "$4" = early ] || complain "$1 at $2 $3: fwctl crashed"
		none=$((none + 1))
		;;
	*) complain "$1 at $2 $3: status $status, and in force is: $(faults_in_force)" ;;
	esac
	if [ "$status" -ne 0 ] && is_clean; then
		return 0
	fi
	[ "$status" -eq 0 ] || left=$((left + 1))
	quietly "$1 at $2 $3: the next apply fails" lab_apply "$LAB_DIR/a.pix"
	must_be_equal "in force" a "$(faults_in_force)"
	clear_up "$1 at $2 $3"
}

each_call_first() { # error|kill
	local name k place times=0 missed=0 bad=0 new=0 none=0 left=0

	begin_anew
	lab_fwctl unload
	record_calls apply_traced b
	clear_up "without a fault"
	while read -r name k place; do
		one_first "$1" "$name" "$k" "$place"
	done < <(calls_due "$first_step")
	must_be_equal "bad outcomes" 0 "$bad"
	[ $((missed * 20)) -le "$times" ] || fail "$missed of $times were not met"
	faults_row "$(words_of "$1"), the first of all ($(words_of_due "$first_step"))" "$((times - missed))" \
		"in force or nothing is: $new and $none times; $left times something was left, which the next apply took over; unload leaves nothing"
}

# ---- unload --------------------------------------------------------------------

one_unload() { # error|kill name k place
	local status=0 what=("-e" "trace=$2" "-e" "$(injection "$1" "$2" "$3")")

	quietly "$1 at $2 $3: apply fails before" lab_apply "$LAB_DIR/a.pix"
	traced "${what[@]}" -- unload || status=$?
	times=$((times + 1))
	was_met "$1" "$status" || missed=$((missed + 1))
	[ "$status:$4" = 139:early ] || [ "$status" -ne 139 ] || complain "$1 at $2 $3: fwctl crashed"
	if [ "$status" -eq 0 ]; then
		nothing_is_left || complain "$1 at $2 $3: status 0, and something is left"
		return 0
	fi
	lab_fwctl unload >"$LAB_DIR/scratch/said" 2>&1 || again=$((again + 1))
	nothing_is_left || {
		complain "$1 at $2 $3: the next unload leaves something"
		pins
	}
}

each_call_unload() { # error|kill
	local name k place times=0 missed=0 bad=0 again=0

	begin_anew
	record_calls traced -- unload
	while read -r name k place; do
		one_unload "$1" "$name" "$k" "$place"
	done < <(calls_due "$first_step")
	must_be_equal "bad outcomes" 0 "$bad"
	faults_row "$(words_of "$1" | sed s/apply/unload/) ($(words_of_due "$first_step"))" "$((times - missed))" \
		"the next unload leaves nothing"
}

faults_start "${FAULTS_MODE:-xdp}" >/dev/null
for part in $parts; do
	case $part in
	again) words="apply over a policy" ;;
	first) words="first apply" ;;
	unload) words="unload" ;;
	*) fail "no part is called $part" ;;
	esac
	for way in $ways; do
		e2e_case "$words: $way at each system call" "each_call_$part" "$way"
	done
done
e2e_done
