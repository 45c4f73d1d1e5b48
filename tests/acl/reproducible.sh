#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# reproducible.sh PROGRAM...: digest_main.c by several compilers; all of them must
# print the same digests. Run by `make unit`.
set -eu
first=
for program in "$@"; do
	digests=$("$program")
	if [ -z "$first" ]; then
		first=$digests
	elif [ "$digests" != "$first" ]; then
		echo "unit: FAILED $program: its images differ from those of $1" >&2
		exit 1
	fi
done
[ "$#" -gt 1 ] && [ -n "$first" ]
echo "unit: ok images are the same from $# compilers: $(echo "$first" | wc -l) lists"
