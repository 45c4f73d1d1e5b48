#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run.sh DRIVER [--accept]: each line of cases writes its golden files, to the byte.
set -u
driver=$(realpath "${1:?usage: run.sh DRIVER [--accept]}")
accept=${2:-}
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0
failed=0
pairs=
logs=

verdict() { # name status what
	count=$((count + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $count - $1: $3"
	else
		echo "not ok $count - $1: $3"
		sed 's/^/# /' "$work/said"
		failed=$((failed + 1))
	fi
}

# What the command writes, what it complains, and how it ends.
run() { # name words...
	mood=${1%%-*}
	policy=policy.pix
	[ ! -e "$mood.pix" ] || policy=$mood.pix
	shift
	FAKE_MOOD=$mood FAKE_POLICY=$policy timeout 20 "$driver" "$@" \
		>"$work/out" 2>"$work/err" </dev/null
	status=$?
	{
		cat "$work/out"
		sed 's/^/! /' "$work/err"
		echo "exit status $status"
	} >"$work/all"
}

compare() { # name form
	if [ "$accept" = --accept ]; then
		cp "$work/all" "golden/$1.$2"
	fi
	diff -u "golden/$1.$2" "$work/all" >"$work/said" 2>&1
	verdict "$1" $? "$2"
}

grep -v '^#' cases >"$work/cases"
while read -r name schema words; do
	# shellcheck disable=SC2086 # words
	run "$name" $words
	compare "$name" txt
	[ "$schema" != - ] || continue
	# shellcheck disable=SC2086
	run "$name" $words --json
	compare "$name" json
	cp "$work/out" "$work/$name.json"
	if [ "$schema" = log ]; then
		logs="$logs $schema $work/$name.json"
	else
		pairs="$pairs $schema $work/$name.json"
	fi
done <"$work/cases"
# shellcheck disable=SC2086 # pairs of words
../schema/validate.py $pairs >"$work/said" 2>&1
verdict "each of them" $? "JSON is as its schema says"
# shellcheck disable=SC2086
../schema/validate.py --lines $logs >"$work/said" 2>&1
verdict "log" $? "each line is as its schema says"

for expected in golden/*; do
	name=$(basename "$expected")
	grep -q "^${name%.*}[[:space:]]" "$work/cases" || {
		echo "not ok - $expected belongs to no test"
		failed=$((failed + 1))
	}
done
echo "1..$count"
if [ "$count" -lt 80 ] || [ "$failed" -ne 0 ]; then
	echo "# show: $failed of $count failed"
	exit 1
fi
echo "# show: $count passed"
