#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh - what is done to the firewall, and what traffic sees of it.
#
# Usage: run.sh [NAME...]     only f_NAME.sh; all of them by default
#        FAULTS_SHORT=yes     a sample of each
#
# One file after the other. Prints TAP, and the table of faults in the end, which is
# also left in $BUILD/faults.md. Fails if a test fails, and if there was none at all.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BUILD=${BUILD:-$here/../../build}
file_seconds=${FAULTS_FILE_SECONDS:-7200}
total=0
failed=0

report() { # ok|not ok, name
	total=$((total + 1))
	echo "$1 $total - $2"
	[ "$1" = ok ] || failed=$((failed + 1))
}

run_file() { # file
	local name line status=0 ended=no began=$SECONDS

	name=$(basename "$1" .sh)
	name=${name#f_}
	echo "# $name"
	timeout -k 40 "$file_seconds" bash "$1" >"$work/$name" 2>&1 || status=$?
	while IFS= read -r line; do
		case $line in
		"ok - "*) report ok "$name: ${line#ok - }" ;;
		"not ok - "*) report "not ok" "$name: ${line#not ok - }" ;;
		"done") ended=yes ;;
		*) echo "# $line" ;;
		esac
	done <"$work/$name"
	if [ "$ended" = no ]; then
		report "not ok" "$name: ended early with status $status"
	fi
	echo "# $name took $((SECONDS - began)) s"
}

table() {
	echo "| fault | times | what came of it |"
	echo "|---|---|---|"
	awk -F'\t' '{ printf "| %s | %s | %s |\n", $1, $2, $3 }' "$FAULTS_TABLE"
}

main() {
	local name
	local -a files=()

	if [ "$(id -u)" -ne 0 ]; then
		echo "faults: network namespaces need root" >&2
		exit 1
	fi
	if [ $# -eq 0 ]; then
		files=("$here"/f_*.sh)
	fi
	for name in "$@"; do
		files+=("$here/f_$name.sh")
	done
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	export FAULTS_TABLE=$work/table
	: >"$FAULTS_TABLE"
	for name in "${files[@]}"; do
		run_file "$name"
	done
	table | tee "$BUILD/faults.md"
	echo "1..$total"
	echo "# faults: $((total - failed)) passed, $failed failed, in $SECONDS s"
	[ "$failed" -eq 0 ] && [ "$total" -gt 0 ]
}

main "$@"
