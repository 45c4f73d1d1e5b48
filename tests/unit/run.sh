#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs the unit test programs given as arguments. Fails if there is none, if
# one fails, or if one runs no test or skips any.
set -u
total=0
failed=0
for program in "$@"; do
	out=$(CMOCKA_MESSAGE_OUTPUT=STDOUT timeout 120 "$program" 2>&1)
	status=$?
	ran=$(printf '%s\n' "$out" | sed -n 's/^\[==========\] \(.*: \)\{0,1\}\([0-9][0-9]*\) test(s) run\.$/\2/p' | tail -n 1)
	skipped=$(printf '%s\n' "$out" | grep -c '^\[  SKIPPED \]')
	if [ "$status" -ne 0 ] || [ "${ran:-0}" -eq 0 ] || [ "$skipped" -ne 0 ]; then
		printf '%s\n' "$out"
		printf 'unit: FAILED %s (exit %s, %s run, %s skipped)\n' "$program" "$status" "${ran:-0}" "$skipped"
		failed=$((failed + 1))
		continue
	fi
	printf 'unit: ok %-32s %3d tests\n' "${program##*/}" "$ran"
	total=$((total + ran))
done
if [ "$failed" -ne 0 ] || [ "$total" -eq 0 ]; then
	printf 'unit: %d programs failed, %d tests passed\n' "$failed" "$total"
	exit 1
fi
printf 'unit: %d tests passed\n' "$total"
