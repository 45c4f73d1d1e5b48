#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh - all sections of the bench, one after the other; a table, one document of
# JSON, and what got worse since the last run. README.md says how to read it.
#
# Usage: run.sh [SECTION...]     (default: all)
#
# Environment: BENCH_QUICK=1 (one short round of small sizes: does it work?),
# BENCH_ROUNDS (5), BENCH_SECONDS (0.7) per row and round, BENCH_CPU (the last one),
# BENCH_JSON (build/bench.json), BENCH_RECORD=1 (append to history.jsonl), and that of
# the sections.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$here/../..
BUILD=$(realpath -m "${BUILD:-$top/build}")
export BUILD PATH=$PATH:/usr/sbin:/sbin
json=${BENCH_JSON:-$BUILD/bench.json}
history=$here/history.jsonl
all=(forward many first apply sockets bulk ftp stages)

version() { # name command...
	local name=$1

	shift
	printf '%s\t%s\n' "$name" "$("$@" 2>/dev/null | grep -o "[0-9]\+\.[0-9][0-9.]*" | head -n 1 || true)"
}

versions() {
	version pinhole "$BUILD/fwctl" --version
	version nftables nft --version
	version iptables iptables-legacy --version
	version ipset ipset --version
	version iperf3 iperf3 --version
	version clang clang --version
	version libbpf pkg-config --modversion libbpf
	version curl curl --version
}

describe_machine() {
	jq -n --arg kernel "$(uname -r)" \
		--arg cpu "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
		--argjson cores "$(nproc)" \
		--arg commit "$(git -C "$top" describe --always --dirty 2>/dev/null || echo unknown)" \
		--arg date "$(date -u +%FT%TZ)" \
		--arg load "$(cut -d' ' -f1 /proc/loadavg)" \
		--arg versions "$(versions)" \
		--argjson rounds "${BENCH_ROUNDS:-$([ -n "${BENCH_QUICK:-}" ] && echo 1 || echo 5)}" \
		'{date: $date, commit: $commit, kernel: $kernel, cpu: $cpu, cores: $cores,
		  load_before: ($load | tonumber), rounds: $rounds, frame_bytes: 64,
		  versions: ($versions | split("\n")
			| map(split("\t") | {(.[0]): (.[1] // "")}) | add)}'
}

main() {
	local section status=0

	[ $# -gt 0 ] || set -- "${all[@]}"
	work=$(mktemp -d /tmp/pinhole-bench.XXXXXX)
	trap 'rm -rf "$work"' EXIT
	export BENCH_RESULTS=$work/results
	: >"$BENCH_RESULTS"
	describe_machine >"$work/machine.json"
	for section in "$@"; do
		[ -x "$here/$section.sh" ] || {
			echo "bench: error: no section '$section'; there are: ${all[*]}" >&2
			exit 2
		}
		"$here/$section.sh" || {
			echo "bench: section $section failed" >&2
			status=1
		}
	done
	mkdir -p "$(dirname "$json")"
	"$here/report.py" json "$BENCH_RESULTS" "$work/machine.json" >"$json.tmp"
	mv "$json.tmp" "$json"
	"$here/report.py" table "$json"
	"$here/report.py" compare "$json" "$history"
	[ -z "${BENCH_RECORD:-}" ] || "$here/report.py" remember "$json" "$history"
	echo "bench: written to $json"
	exit "$status"
}

main "$@"
