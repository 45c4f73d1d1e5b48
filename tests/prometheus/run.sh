#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run.sh BUILD [--broken]: rules, alerts and dashboard, as far as no firewall is needed.
# --broken, which takes a minute, breaks each rule in several ways: the tests must notice.
set -u
cd "$(dirname "$0")/../.." || exit 1
case $1 in
/*) build=$1 ;;
*) build=$PWD/$1 ;;
esac
promtool=$build/servers/prometheus/usr/bin/promtool
rules="tools/prometheus/pinhole.rules.yml tools/prometheus/pinhole.alerts.yml"
[ -x "$promtool" ] || {
	echo "prometheus: no promtool below $build/servers: run 'make deps'" >&2
	exit 1
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0
failed=0

check() { # name command...
	count=$((count + 1))
	name=$1
	shift
	if timeout 300 "$@" >"$work/said" 2>&1; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/  /' "$work/said"
		failed=$((failed + 1))
	fi
}

# shellcheck disable=SC2086 # the list of files
{
	check "promtool has nothing to say of the rules" \
		"$promtool" check rules --lint=all --lint-fatal $rules
	for test in tests/prometheus/*_test.yml; do
		check "${test##*/}: each fires when it should, and only then" \
			"$promtool" test rules "$test"
	done
	check "every alert is seen firing and quiet, every recorded series is seen" \
		tests/prometheus/coverage.py told $rules -- tests/prometheus/*_test.yml
	check "every panel of the dashboard has a unit, a place and an explanation" \
		tests/prometheus/dashboard.py check tools/grafana/pinhole.json
	if [ "${2:-}" = --broken ]; then
		check "a rule that is broken in any of several ways fails a test" \
			tests/prometheus/coverage.py broken "$promtool" $rules -- \
			tests/prometheus/*_test.yml
	fi
}
echo "1..$count"
echo "# prometheus: $((count - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
