#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# An access list of a hundred thousand lines: judged right at both ends, in the
# middle and beyond, edited while traffic flows, shown, scraped, refused where it
# does not fit, and applied by a process that dies.
#
# Long

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

LINES=100000

# The lab's own lines, at both ends and between the halves of the others.
# policy FILE [EXTRA-LINE...]: what is extra stands in the middle
policy() {
	local out=$1 rule

	shift
	{
		e2e_policy | grep -v '^access-'
		echo "access-list outside_in permit tcp any host $LAB_MAPPED eq 8081"
		head -n $((LINES / 2)) "$LAB_DIR/lines"
		echo "access-list outside_in deny tcp any host $LAB_MAPPED eq 8085"
		echo "access-list outside_in permit tcp any host $LAB_MAPPED eq 8082"
		for rule in "$@"; do
			echo "access-list outside_in $rule"
		done
		tail -n $((LINES / 2)) "$LAB_DIR/lines"
		echo "access-list outside_in permit tcp any host $LAB_MAPPED eq 8085"
		echo "access-list outside_in permit icmp any host $LAB_MAPPED"
		echo "access-list outside_in permit tcp any host $LAB_MAPPED eq 8083"
		echo "access-group outside_in in interface outside"
	} >"$out"
}

make_policies() {
	"$E2E_DIR/acl_lines.py" outside_in "$LINES" >"$LAB_DIR/lines"
	policy "$LAB_DIR/large.pix"
	policy "$LAB_DIR/edited.pix" "permit tcp any host $LAB_MAPPED eq 8086"
}

# One line each, with all figures: text has flows only. The keys are taken out one after
# the other, which sed does seven times as fast as one expression with groups.
lines_shown() {
	lab_fwctl show access-list outside_in --json | LC_ALL=C sed -n '/"rule": /{
		s/^ *{"access_list": "/access-list /
		s/", "line": / line /
		s/, "rule": "/ /
		s/", "hits": / (hitcnt=/
		s/, "packets": /) (packets=/
		s/, "bytes": /, bytes=/
		s/, "[a-z_]*": .*/)/
		p
	}'
}

# hits_in FILE END: of one of the lab's own lines, in what was shown.
hits_in() {
	sed -n "s/.* host $LAB_MAPPED$2 (hitcnt=\([0-9]*\)).*/\1/p" "$1"
}

entries_and_capacity() { # table
	lab_fwctl show counters --json | jq -r --arg table "$1" \
		'.tables[] | select(.table == $table) | "\(.entries) \(.capacity)"'
}

# Milliseconds that a command takes, in $took_ms. Its output goes to a log.
timed() {
	local begun=${EPOCHREALTIME/./}

	"$@" >"$LAB_DIR/log/timed" 2>&1 || {
		tail -n 20 "$LAB_DIR/log/timed"
		fail "$*"
	}
	took_ms=$(((${EPOCHREALTIME/./} - begun) / 1000))
}

# within MS TRIES COMMAND...: in one of the tries. The others have to do with what
# else this machine does meanwhile.
within() {
	local limit=$1 tries=$2 best=999999 i

	shift 2
	for ((i = 0; i < tries; i++)); do
		timed "$@"
		echo "$took_ms ms"
		[ "$took_ms" -ge "$best" ] || best=$took_ms
		[ "$best" -ge "$limit" ] || return 0
	done
	fail "at best $best ms, not below $limit: $*"
}

# Nobody listens there: a reset is the answer to what was let in.
admitted() { # port
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" "$1" reset
}

dropped() { # port
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" "$1" silence
}

applied() {
	local entries capacity

	lab_apply "$LAB_DIR/large.pix"
	read -r entries capacity < <(entries_and_capacity acl_lines)
	must_be_equal "lines in force" $((LINES + 6)) "$entries"
	[ "$capacity" -ge "$entries" ] || fail "room for $capacity lines"
}

judged_right() {
	local implicit

	admitted 8081
	admitted 8082
	admitted 8083
	implicit=$(e2e_dropped acl-implicit-deny)
	dropped 8084
	[ "$(e2e_dropped acl-implicit-deny)" -gt "$implicit" ] || fail "not by the end"
	dropped 8085 # the deny in the middle comes before the permit
	lab_outside ping -c 1 -W 2 "$LAB_MAPPED"
	must_be_equal "lookups that met a bound" 0 "$(e2e_dropped acl-bound)"
}

# counted END MORE: what a line counted between two shows.
counted() {
	must_be_equal "$1" "$(($(hits_in "$LAB_DIR/scratch/before" "$1") + $2))" \
		"$(hits_in "$LAB_DIR/scratch/after" "$1")"
}

hits_by_line() {
	local -a before after

	lines_shown >"$LAB_DIR/scratch/before"
	admitted 8081
	admitted 8082
	admitted 8083
	dropped 8085
	lines_shown >"$LAB_DIR/scratch/after"
	counted " eq 8081" 1
	counted " eq 8082" 1
	counted " eq 8083" 1
	mapfile -t before < <(hits_in "$LAB_DIR/scratch/before" " eq 8085")
	mapfile -t after < <(hits_in "$LAB_DIR/scratch/after" " eq 8085")
	# Each repetition of its SYN is a packet that was denied.
	[ "${after[0]}" -gt "${before[0]}" ] || fail "the deny counted nothing"
	must_be_equal "the permit behind the deny" "0 0" "${before[1]} ${after[1]}"
}

# counts FILE: what was counted, by the id of the line, wherever it stands.
counts() {
	grep -v " host $LAB_MAPPED eq 8086 " "$1" | sed 's/^access-list [^ ]* line [0-9]* //' |
		sort
}

edits_keep_the_counters_of_others() {
	local work=$LAB_DIR/scratch

	lines_shown >"$work/before"
	lab_apply "$LAB_DIR/edited.pix"
	admitted 8086
	lines_shown >"$work/edited"
	must_be_equal "the new line" 1 "$(hits_in "$work/edited" " eq 8086")"
	cmp <(counts "$work/before") <(counts "$work/edited")
	lab_apply "$LAB_DIR/large.pix"
	dropped 8086
	lab_apply "$LAB_DIR/edited.pix"
	lines_shown >"$work/again"
	# It comes back as a new line, though its counter may be that of before.
	must_be_equal "the line that came back" 0 "$(hits_in "$work/again" " eq 8086")"
	cmp <(counts "$work/before") <(counts "$work/again")
	lab_apply "$LAB_DIR/large.pix"
	lines_shown | cmp "$work/before"
}

# By then its image is written, but not in force: native XDP refuses such frames.
failing_late_changes_nothing() {
	local status=0 said=$LAB_DIR/scratch/said

	lab_fw ip link add late0 mtu 9000 type veth peer name late1 mtu 9000
	lab_fw ip link set late0 up
	lines_shown >"$LAB_DIR/scratch/before"
	lab_fwctl apply "$LAB_DIR/edited.pix" --map outside=out0 --map inside=late0 \
		--mode "$LAB_MODE" --mode inside=xdp >"$said" 2>&1 || status=$?
	lab_fw ip link del late0
	cat "$said"
	must_be_equal "status" 3 "$status"
	grep -q "native XDP" "$said" || fail "it failed by something else"
	lines_shown | cmp "$LAB_DIR/scratch/before"
	admitted 8081
	admitted 8082
	admitted 8083
	dropped 8086
}

insert_and_remove() {
	lab_apply "$LAB_DIR/edited.pix"
	lab_apply "$LAB_DIR/large.pix"
}

# Where a time is promised, ahead of everything else that runs here, such as other
# tests: what is asked is how long it takes, not how busy the machine is.
FIRST=(chrt --fifo 1)
"${FIRST[@]}" true 2>/dev/null || FIRST=()

ahead() { # fwctl's arguments
	lab_fw "${FIRST[@]}" "$LAB_FWCTL" "$@" --pin-dir "$LAB_PIN_DIR"
}

apply_ahead() { # policy
	ahead apply "$1" --mode "$LAB_MODE" --map outside=out0 --map inside=in0
}

# What a machine that was promised 300 ms takes to sort the lines by their last words,
# which is text and memory as an edit is, and none of this project's code.
SORTING_MS=40

sort_ahead() {
	LC_ALL=C "${FIRST[@]}" sort --parallel=1 -S 64M -k 8 "$LAB_DIR/lines"
}

# The limit is 300 ms, and in proportion more on a slower machine, such as one that
# shares its processors with others. Each is the fastest of what was tried by then.
edits_take_less_than_300_ms() {
	local i limit fastest_in=999999 fastest_out=999999 fastest_sort=999999

	for ((i = 0; i < 15; i++)); do
		timed sort_ahead
		[ "$took_ms" -ge "$fastest_sort" ] || fastest_sort=$took_ms
		limit=$((300 * (fastest_sort > SORTING_MS ? fastest_sort : SORTING_MS) / SORTING_MS))
		timed apply_ahead "$LAB_DIR/edited.pix"
		echo "inserted in $took_ms ms, limit $limit ms"
		[ "$took_ms" -ge "$fastest_in" ] || fastest_in=$took_ms
		timed apply_ahead "$LAB_DIR/large.pix"
		echo "removed in $took_ms ms"
		[ "$took_ms" -ge "$fastest_out" ] || fastest_out=$took_ms
		[ "$i" -lt 2 ] || [ "$fastest_in" -ge "$limit" ] ||
			[ "$fastest_out" -ge "$limit" ] || return 0
	done
	fail "at best $fastest_in ms and $fastest_out ms, limit $limit ms"
}

# Whatever generation it meets, a show tells each line's own figures.
shown_right_during_edits() {
	local i editor work=$LAB_DIR/scratch

	lines_shown >"$work/before"
	touch "$work/edit"
	while [ -e "$work/edit" ]; do
		insert_and_remove
	done >/dev/null &
	editor=$!
	for i in 1 2 3 4; do
		lines_shown >"$work/shown"
		cmp <(counts "$work/before") <(counts "$work/shown")
	done
	rm "$work/edit"
	wait "$editor"
}

edits_lose_no_packet() {
	local said=$LAB_DIR/scratch/ping line="permit icmp any host $LAB_MAPPED"

	lines_shown | grep -F "$line (hitcnt=" >"$LAB_DIR/scratch/before"
	lab_outside ping -q -i 0.005 -c 400 -W 2 "$LAB_MAPPED" >"$said" &
	insert_and_remove
	insert_and_remove
	wait "$!" || true
	cat "$said"
	grep -q ' 400 received' "$said" || fail "packets were lost"
	lines_shown | grep -F "$line (hitcnt=" >"$LAB_DIR/scratch/after"
	# One flow, counted once, and all its packets, both ways.
	python3 - "$LAB_DIR/scratch/before" "$LAB_DIR/scratch/after" <<-'END'
		import re, sys
		before, after = ([int(n) for n in re.findall(r"=(\d+)", open(name).read())]
		                 for name in sys.argv[1:])
		flows, packets, size = (b - a for a, b in zip(before, after))
		print(f"{flows} flows, {packets} packets, {size} bytes")
		sys.exit(packets != 800 or size != 800 * 84)
	END
}

shown_in_time() {
	within 1000 5 ahead show access-list outside_in
	# With the heading of the list.
	must_be_equal "lines" $((LINES + 7)) "$(wc -l <"$LAB_DIR/log/timed")"
}

scrape() {
	lab_fw curl -sS --max-time 10 -o "$LAB_DIR/scratch/metrics" \
		http://127.0.0.1:9199/metrics
}

scraped_in_time() {
	local what

	within 1000 5 scrape
	lines_shown >"$LAB_DIR/log/timed"
	for what in hits packets bytes; do
		must_be_equal "samples of $what" $((LINES + 6)) \
			"$(grep -c "^pinhole_access_list_line_${what}_total{" "$LAB_DIR/scratch/metrics")"
	done
	must_be_equal "hits of the first line" \
		"$(hits_in "$LAB_DIR/log/timed" " eq 8081")" \
		"$(grep '^pinhole_access_list_line_hits_total{.*line="1"' "$LAB_DIR/scratch/metrics" |
			cut -d' ' -f2)"
}

small_policy() { # lines... (without "access-list NAME")
	e2e_policy "$@" >"$LAB_DIR/policy.pix"
}

apply_small() { # option...
	lab_apply "$LAB_DIR/policy.pix" "$@"
}

# refused WHAT: the policy does not fit, by figures, and the old one stays.
refused() {
	local status=0 said=$LAB_DIR/scratch/said before

	before=$(lab_fwctl show interface --json | jq .generation)
	apply_small >"$said" 2>&1 || status=$?
	cat "$said"
	must_be_equal "status" 3 "$status"
	grep -q "need [0-9]* $1, and there is room for [0-9]*" "$said" || fail "no figures"
	grep -q "fwctl unload.*--max-acl-lines [0-9]" "$said" || fail "no advice"
	must_be_equal "generation" "$before" "$(lab_fwctl show interface --json | jq .generation)"
	admitted 8080
	dropped 8079
}

too_large_is_refused() {
	local -a lines

	lab_fwctl unload
	small_policy "permit tcp any host $LAB_MAPPED eq 8080"
	apply_small --max-acl-lines 1024
	must_be_equal "room" 1024 "$(entries_and_capacity acl_lines | cut -d' ' -f2)"
	mapfile -t lines < <(head -n 1500 "$LAB_DIR/lines" | cut -d' ' -f3-)
	small_policy "${lines[@]}"
	refused lines
	# Four rules each, of IPv6, of which there is room for two a line.
	mapfile -t lines < <(seq 600 | sed 's/.*/permit tcp host 2400::& neq 1 any neq &/')
	small_policy "${lines[@]}"
	refused "IPv6 rules"
	must_fail apply_small --max-acl-lines 4096
	lab_fwctl unload
	# Nothing is in force: it is sized as asked, and refused, or as needed.
	mapfile -t lines < <(head -n 1500 "$LAB_DIR/lines" | cut -d' ' -f3-)
	small_policy "${lines[@]}" "permit tcp any host $LAB_MAPPED eq 8080"
	must_fail apply_small --max-acl-lines 1024
	must_fail lab_fwctl show interface
	apply_small
	admitted 8080
	lab_fwctl unload
}

kill_apply() { # policy microseconds
	local pid

	# nsenter becomes fwctl: it is fwctl that is killed.
	nsenter --net="/run/netns/$LAB_FW" -- "$LAB_FWCTL" apply "$1" \
		--pin-dir "$LAB_PIN_DIR" --mode "$LAB_MODE" --map outside=out0 \
		--map inside=in0 >/dev/null 2>&1 &
	pid=$!
	sleep "$(printf '0.%06d' "$2")"
	kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}

# All of one policy or all of the other.
old_or_new() {
	local shown

	admitted 8081
	admitted 8083
	shown=$(lines_shown | grep -c "host $LAB_MAPPED eq 8086 ") || true
	case $shown in
	0) dropped 8086 ;;
	1) admitted 8086 ;;
	*) fail "the line is shown $shown times" ;;
	esac
	must_be_equal "lines in force" $((LINES + 6 + shown)) \
		"$(entries_and_capacity acl_lines | cut -d' ' -f1)"
}

killed_at_any_moment() {
	local i file

	lab_apply "$LAB_DIR/large.pix"
	for i in 1 2 3 4 5; do
		file=$LAB_DIR/large.pix
		[ $((i % 2)) -eq 0 ] || file=$LAB_DIR/edited.pix
		kill_apply "$file" $(((RANDOM * 32768 + RANDOM) % 350000))
		old_or_new
	done
	lab_apply "$LAB_DIR/edited.pix"
	admitted 8086
	lab_apply "$LAB_DIR/large.pix"
	dropped 8086
}

# The first one, which loads: whatever it leaves, the next apply finds its way,
# even with a policy that needs more room.
first_killed_at_any_moment() {
	local i

	for i in 1 2; do
		lab_fwctl unload
		small_policy
		kill_apply "$LAB_DIR/policy.pix" $(((RANDOM * 32768 + RANDOM) % 999999))
		lab_apply "$LAB_DIR/large.pix"
		admitted 8083
		dropped 8084
	done
}

lab_create --mode "$E2E_MODE"
make_policies
e2e_case "a hundred thousand lines come into force" applied
e2e_case "first, middle and last line, a deny, and the end of the list" judged_right
e2e_case "each line counts what it decided" hits_by_line
e2e_case "an edit leaves the counters of all other lines alone" edits_keep_the_counters_of_others
e2e_case "an edit that fails late changes nothing" failing_late_changes_nothing
e2e_case "edits lose no packet" edits_lose_no_packet
# What follows is the same whatever hook the packets come by.
if [ "$E2E_MODE" = tc ]; then
	e2e_case "whoever asks during an edit sees each line's own figures" shown_right_during_edits
	e2e_case "an edit takes less than 300 ms" edits_take_less_than_300_ms
	e2e_case "all lines are shown in less than a second" shown_in_time
	lab_spawn exporter "$LAB_FW" "$LAB_EXPORTER" --web.listen-address 127.0.0.1:9199 \
		--pin-dir "$LAB_PIN_DIR"
	lab_wait 5 lab_is_listening "$LAB_FW" 9199
	e2e_case "and scraped in less than a second" scraped_in_time
	e2e_case "fwctl can be killed at any moment of an apply" killed_at_any_moment
	e2e_case "and of the first apply" first_killed_at_any_moment
	e2e_case "what does not fit is refused with figures" too_large_is_refused
fi
e2e_done
