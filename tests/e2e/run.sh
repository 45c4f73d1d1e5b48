#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh - the end-to-end tests: real servers and clients through the firewall.
#
# Usage: run.sh [NAME...]     only t_NAME.sh; all of them by default
#        E2E_MODES="xdp tc"   the hooks to test on. A file with a line "# One hook: tc"
#                             (or xdp) is run on that one alone if both are asked for
#        E2E_JOBS=6           how many files and modes at the same time
#
# Files with a line "# Long" are begun first: at the end they would run alone.
#
# Prints TAP (https://testanything.org). Fails if a test fails, if a file ends
# before its last line, if one is skipped, and if there was none at all.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
file_seconds=480
total=0
passed=0
failed=0
reported=0
modes=${E2E_MODES:-xdp tc}
jobs=${E2E_JOBS:-6}

report() { # ok|not ok, name
	total=$((total + 1))
	echo "$1 $total - $2"
	if [ "$1" = ok ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
}

output_of() { # file mode
	echo "$work/$(basename "$1" .sh).$2"
}

# Several at the same time: tests of a firewall mostly wait for packets that
# must not come.
start_file() { # file mode
	local out

	out=$(output_of "$1" "$2")
	(
		rc=0
		TIMEFORMAT="took %0R s, on a processor %0U s and in the kernel %0S s"
		{ time E2E_MODE=$2 timeout -k 40 "$file_seconds" bash "$1" >"$out" 2>&1; } \
			2>"$out.time" || rc=$?
		{
			echo "status $rc"
			cat "$out.time"
		} >>"$out"
		touch "$out.ended"
	) &
}

report_file() { # file mode
	local name line status=none ended=no label out

	out=$(output_of "$1" "$2")
	name=$(basename "$1" .sh)
	label="${name#t_} [$2]"
	echo "# $label"
	while IFS= read -r line; do
		case $line in
		"ok - "*) report ok "$label: ${line#ok - }" ;;
		"not ok - "*) report "not ok" "$label: ${line#not ok - }" ;;
		"done") ended=yes ;;
		"status "*) status=${line#status } ;;
		*) echo "# $line" ;;
		esac
	done <"$out"
	if [ "$ended" = no ]; then
		report "not ok" "$label: ended early with status $status"
	fi
}

# In order, those that have ended.
report_ended() {
	while [ $# -gt 0 ] && [ -e "$(output_of "$1" "$2").ended" ]; do
		report_file "$1" "$2"
		reported=$((reported + 1))
		shift 2
	done
}

# The hooks that a file is run on.
modes_of() { # file
	local one

	one=$(sed -n 's/^# One hook: //p' "$1")
	case " $modes " in
	*" ${one:-every} "*) echo "$one" ;;
	*) echo "$modes" ;;
	esac
}

longest_first() { # file...
	grep -lx '# Long' "$@" || true
	grep -Lx '# Long' "$@" || true
}

run_files() { # file...
	local file mode running=0
	local -a all=()

	for file in "$@"; do
		for mode in $(modes_of "$file"); do
			if [ "$running" -ge "$jobs" ]; then
				wait -n
				running=$((running - 1))
			fi
			start_file "$file" "$mode"
			running=$((running + 1))
			all+=("$file" "$mode")
			report_ended "${all[@]:$((reported * 2))}"
		done
	done
	while [ "$running" -gt 0 ]; do
		wait -n
		running=$((running - 1))
		report_ended "${all[@]:$((reported * 2))}"
	done
}

main() {
	local name
	local -a files=()

	if [ "$(id -u)" -ne 0 ]; then
		echo "e2e: network namespaces need root" >&2
		exit 1
	fi
	if [ $# -eq 0 ]; then
		files=("$here"/t_*.sh)
	fi
	for name in "$@"; do
		[ -f "$here/t_$name.sh" ] || {
			echo "e2e: there is no t_$name.sh" >&2
			exit 1
		}
		files+=("$here/t_$name.sh")
	done
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mapfile -t files < <(longest_first "${files[@]}")
	run_files "${files[@]}"
	echo "1..$total"
	times >"$work/times"
	echo "# on processors and in the kernel: $(tail -n 1 "$work/times")"
	echo "# e2e: $passed passed, $failed failed, in $SECONDS s"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

main "$@"
