#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run.sh SECONDS PROGRAM...: fuzz each program for that long. Findings are left in
# the build directory. With 0 each is one that replays its committed seeds (replay.c).
set -eu
seconds=$1
shift
[ "$#" -gt 0 ] || { echo 'fuzz: no fuzz targets'; exit 1; }
here=$(dirname "$0")
for program in "$@"; do
	name=${program##*fuzz_}
	seeds=$here/$name
	[ -d "$seeds" ] || { echo "fuzz: $seeds: no seeds"; exit 1; }
	if [ "$seconds" -eq 0 ]; then
		timeout 120 "$program" "$seeds" >"$program.log" 2>&1 ||
			{ tail -n 60 "$program.log"; exit 1; }
		echo "fuzz: ok $name: $(tail -n 1 "$program.log") replayed"
		continue
	fi
	set -- -max_len=4096 -artifact_prefix="${program}-finding-"
	for dict in "$here/$name.dict" "$seeds/$name.dict"; do
		[ ! -f "$dict" ] || set -- "$@" -dict="$dict"
	done
	corpus=$program.corpus
	mkdir -p "$corpus"
	timeout $((seconds + 60)) "$program" "$@" -max_total_time="$seconds" \
		-print_final_stats=1 "$corpus" "$seeds" >"$program.log" 2>&1 ||
		{ tail -n 60 "$program.log"; exit 1; }
	echo "fuzz: ok $name: $(grep -a number_of_executed_units "$program.log")"
done
