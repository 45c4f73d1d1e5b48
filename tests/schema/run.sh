#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run.sh: the validator tells right from wrong, and every schema is well-formed.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0
failed=0

verdict() { # name wanted-status got-status
	count=$((count + 1))
	if [ "$2" -eq "$3" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1: status $3 instead of $2"
		failed=$((failed + 1))
	fi
}

says() { # name wanted-status document [option]
	printf '%s' "$3" | tests/schema/validate.py ${4:+"$4"} "$work/schema" >/dev/null 2>&1
	verdict "$1" "$2" $?
}

schema() { # the inside of the document
	# shellcheck disable=SC2016 # "$schema" is a member
	printf '{"$schema": "http://json-schema.org/draft-07/schema#", %s}' "$1" >"$work/schema"
}

schema '"type": "object", "additionalProperties": false, "required": ["a"],
	"properties": {"a": {"type": "integer", "minimum": 0}, "b": {"type": "string"}}'
says "what the schema says is valid" 0 '{"a": 1, "b": "x"}'
says "a member may be left out" 0 '{"a": 1}'
says "unless it is required" 1 '{"b": "x"}'
says "a member that is not described is wrong" 1 '{"a": 1, "c": 2}'
says "so is another type" 1 '{"a": "1"}'
says "and a number out of range" 1 '{"a": -1}'
says "and a member twice" 1 '{"a": 1, "a": 2}'
says "and what is no JSON" 1 '{"a": 1'
says "NaN is no JSON either" 1 '{"a": NaN}'
says "nothing is not valid" 1 ''
says "each line may be a document" 0 '{"a": 1}
{"a": 2}' --lines
says "then each must be valid" 1 '{"a": 1}
{"b": "x"}' --lines
says "and there must be one" 1 '' --lines
schema '"type": "object", "properties": {"a": {}}'
says "an open object makes a schema wrong" 2 '{"a": 1}'
schema '"type": "array", "items": {"type": "object"}'
says "wherever it stands" 2 '[]'
schema '"type": "object", "additionalProperties": false, "required": ["z"],
	"properties": {"a": {}}'
says "so does what is required and not described" 2 '{"a": 1}'
schema '"type": "strange"'
says "so does an unknown type" 2 '{}'
echo '{}' >"$work/schema"
says "so does another draft" 2 '{}'

schema '"type": "integer"'
echo 1 >"$work/one"
echo '"x"' >"$work/x"
tests/schema/validate.py "$work/schema" "$work/one" "$work/schema" "$work/one" 2>/dev/null
verdict "several pairs may be given" 0 $?
tests/schema/validate.py "$work/schema" "$work/x" "$work/schema" "$work/one" 2>/dev/null
verdict "all must be valid" 1 $?

echo '[[[]]]' >"$work/nonsense"
set --
for file in tools/schema/*.schema.json; do
	set -- "$@" "$file" "$work/nonsense"
done
tests/schema/validate.py "$@" >/dev/null 2>"$work/said"
verdict "all schemas are well-formed, and say no to nonsense" 1 $?
verdict "each of them does" $(($# / 2)) "$(grep -c ": the document: " "$work/said")"
sed -n '/: the document: /!s/^/# /p' "$work/said"

echo "1..$count"
if [ "$failed" -ne 0 ] || [ "$count" -lt 20 ]; then
	echo "# schema: $failed of $count failed"
	exit 1
fi
echo "# schema: $count passed"
