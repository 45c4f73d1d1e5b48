#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs the unit test programs given as arguments, as many at a time as there are
# processors. Fails if there is none, if one fails, or if one runs no test or skips any.
set -u

if [ "${1:-}" = --one ]; then # work program
	CMOCKA_MESSAGE_OUTPUT=STDOUT timeout 240 "$3" >"$2/${3##*/}" 2>&1
	echo $? >"$2/${3##*/}.status"
	exit 0
fi

[ "$#" -gt 0 ] || { echo 'unit: no programs'; exit 1; }
total=0
failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# The longest of them comes first, or the others would be waiting for it.
{
	printf '%s\n' "$@" | grep '_memory$'
	printf '%s\n' "$@" | grep -v '_memory$'
} | xargs -P "$(nproc)" -n 1 "$0" --one "$work"

for program in "$@"; do
	out=$(cat "$work/${program##*/}" 2>/dev/null)
	status=$(cat "$work/${program##*/}.status" 2>/dev/null)
	ran=$(printf '%s\n' "$out" | sed -n 's/^\[==========\] \(.*: \)\{0,1\}\([0-9][0-9]*\) test(s) run\.$/\2/p' | tail -n 1)
	skipped=$(printf '%s\n' "$out" | grep -c '^\[  SKIPPED \]')
	if [ "${status:-1}" -ne 0 ] || [ "${ran:-0}" -eq 0 ] || [ "$skipped" -ne 0 ]; then
		printf '%s\n' "$out"
		printf 'unit: FAILED %s (exit %s, %s run, %s skipped)\n' "$program" "${status:-none}" "${ran:-0}" "$skipped"
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
