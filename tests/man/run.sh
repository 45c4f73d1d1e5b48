#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run.sh BUILD: the manual and the completion, with the tools that are built there.
set -u
build=$(realpath "${1:?usage: run.sh BUILD}")
cd "$(dirname "$0")/../.." || exit 1
failed=0
count=0
for page in tools/man/*.[1-9]; do
	count=$((count + 1))
	if mandoc -T lint -W warning "$page"; then
		echo "ok - lint of $page"
	else
		echo "not ok - lint of $page"
		failed=$((failed + 1))
	fi
done
python3 tests/man/complete.py "$build" || failed=$((failed + 1))
tests/man/completion.sh "$build/fwctl" || failed=$((failed + 1))
if [ "$count" -lt 4 ] || [ "$failed" -ne 0 ]; then
	echo "# man: failed"
	exit 1
fi
echo "# man: all passed"
