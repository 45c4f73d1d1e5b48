#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run.sh FWCTL [--accept]: each NAME.sh writes NAME.out, to the byte.
set -u
fwctl=$(realpath "${1:?usage: run.sh FWCTL [--accept]}")
accept=${2:-}
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$fwctl" "$work/bin/fwctl"
PATH=$work/bin:$PATH
export PATH
unset NO_COLOR
count=0
failed=0
for test in *.sh; do
	name=${test%.sh}
	[ "$name" != run ] || continue
	count=$((count + 1))
	timeout 20 sh "$test" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	{
		cat "$work/out"
		sed 's/^/! /' "$work/err"
		echo "exit status $status"
	} >"$work/all"
	if [ "$accept" = --accept ]; then
		cp "$work/all" "$name.out"
	fi
	if diff -u "$name.out" "$work/all" >"$work/diff" 2>&1; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' "$work/diff"
		failed=$((failed + 1))
	fi
done
for expected in *.out; do
	[ -e "${expected%.out}.sh" ] || {
		echo "not ok - $expected belongs to no test"
		failed=$((failed + 1))
	}
done
echo "1..$count"
if [ "$count" -eq 0 ] || [ "$failed" -ne 0 ]; then
	echo "# cli: $failed of $count failed"
	exit 1
fi
echo "# cli: $count passed"
