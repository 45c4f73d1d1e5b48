#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run.sh DRIVER [--accept]: each NAME.pix gives either NAME.ok (the canonical
# text) or NAME.err (the remarks), to the byte. --accept writes what is missing
# or differs; read the difference before committing it.
set -u
driver=${1:?usage: run.sh DRIVER [--accept]}
accept=${2:-}
here=$(dirname "$0")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0
failed=0

# one FILE NAME: compare with what is expected beside NAME
one() {
	count=$((count + 1))
	: >"$work/diff"
	timeout 10 "$driver" "$1" >"$work/out" 2>"$work/stderr"
	status=$?
	case $status in
	0) expected=$2.ok other=$2.err ;;
	1) expected=$2.err other=$2.ok ;;
	*)
		echo "not ok $count - ${2##*/}: the driver ended with $status"
		sed 's/^/# /' "$work/stderr" "$work/out"
		failed=$((failed + 1))
		return
		;;
	esac
	if [ "$accept" = --accept ]; then
		rm -f "$other"
		cp "$work/out" "$expected"
	fi
	if [ ! -s "$work/stderr" ] && [ ! -e "$other" ] &&
		diff -u "$expected" "$work/out" >"$work/diff" 2>&1; then
		echo "ok $count - ${2##*/}"
	else
		echo "not ok $count - ${2##*/}"
		[ ! -e "$other" ] || echo "# ended with $status, but $other is expected"
		sed 's/^/# /' "$work/diff" "$work/stderr"
		failed=$((failed + 1))
	fi
}

for policy in "$here"/*.pix; do
	[ -e "$policy" ] || continue
	one "$policy" "${policy%.pix}"
done
for policy in "$here"/../../tools/examples/*.pix; do
	[ -e "$policy" ] || continue
	name=${policy##*/}
	one "$policy" "$here/example-${name%.pix}"
done
for expected in "$here"/*.ok "$here"/*.err; do
	name=${expected##*/}
	name=${name%.*}
	[ -e "$expected" ] || continue
	[ -e "$here/$name.pix" ] || [ -e "$here/../../tools/examples/${name#example-}.pix" ] || {
		echo "not ok - $expected belongs to no policy"
		failed=$((failed + 1))
	}
done
echo "1..$count"
if [ "$count" -eq 0 ] || [ "$failed" -ne 0 ]; then
	echo "# golden: $failed of $count failed"
	exit 1
fi
echo "# golden: $count passed"
