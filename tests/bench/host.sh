#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# host.sh - what host mode costs a connection that is not FTP.
#
# Why it exists: host mode's sockops program is called several times for every TCP
# connection of the cgroup it is attached to, and has to see quickly that most are
# none of its business.
#
#   connect.c: opens, accepts and closes TCP connections on loopback
#
# The same machine, policy and namespace, host mode attached to one cgroup. "beside"
# is outside that cgroup, so that the program is not called; "watched" is in it;
# "other namespace" is in it, too, but in a network namespace that is not the
# firewall's, as a container's. Each round measures every row once, every other one
# in reverse; a row is the median of its rounds, with min..max. The figures are of CPU time.
#
# Environment: HOST_ROUNDS (81), HOST_CONNECTIONS (2000) per row and round.

set -euo pipefail

bench_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lab/lab.sh
. "$bench_dir/../lab/lab.sh"

rounds=${HOST_ROUNDS:-81}
connections=${HOST_CONNECTIONS:-2000}
rows=(beside watched other)

die() {
	echo "host: error: $*" >&2
	exit 1
}

cleanup() { # status
	lab_destroy || true
	[ -z "${group:-}" ] || rmdir "$group/watched" "$group/beside" "$group" || true
	exit "$1"
}

policy() {
	cat <<-END
		nameif ethernet0 outside security0
		ip address outside $LAB_FW_OUTSIDE 255.255.255.0
		access-list box permit tcp any any eq ftp
		access-group box in interface outside control-plane
		fixup protocol ftp 21
		fixup protocol ftps 990
	END
}

make_cgroups() {
	local root

	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$root" ] || die "no cgroup2 is mounted"
	group=$root/pinhole-bench-$$
	mkdir -p "$group/watched" "$group/beside"
}

# Prints nanoseconds per connection.
measure() { # row
	local namespace=$LAB_FW in=$group/watched

	[ "$1" != beside ] || in=$group/beside
	[ "$1" != other ] || namespace=$LAB_INSIDE
	# shellcheck disable=SC2016 # expanded by that shell
	lab_run "$namespace" timeout 20 sh -c 'echo $$ >"$1/cgroup.procs" && exec taskset -c "$2" "$3" "$4"' \
		sh "$in" "$cpu" "$LAB_DIR/connect" "$connections"
}

table() {
	jq -rs --argjson connections "$connections" '
	def median: sort | .[length / 2 | floor];
	(group_by(.row) | map({key: .[0].row, value: map(.ns)}) | from_entries) as $rows |
	($rows.beside | median) as $base |
	(["connections", "ns each", "min..max", "more", "ratio"] | @tsv),
	(["beside", "beside"], ["watched", "watched"], ["other", "other namespace"] |
		. as [$row, $title] | ($rows[$row] | median) as $ns |
		[$title, $ns, "\($rows[$row] | min)..\($rows[$row] | max)", $ns - $base,
			($ns / $base * 1000 | round / 1000)] | @tsv)' "$LAB_DIR/results" |
		column -t -s $'\t'
}

main() {
	local i row
	local -a order

	cpu=$(($(nproc) - 1))
	lab_create --mode tc --nat host
	trap 'cleanup $?' EXIT
	make_cgroups
	"${CC:-cc}" -O2 -o "$LAB_DIR/connect" "$bench_dir/host/connect.c"
	policy >"$LAB_DIR/policy.pix"
	lab_apply "$LAB_DIR/policy.pix" --cgroup "$group/watched" >"$LAB_DIR/apply" 2>&1 ||
		die "fwctl apply: $(cat "$LAB_DIR/apply")"
	bpftool cgroup show "$group/watched" | grep -q sock_ops || die "nothing is attached"
	for ((i = 1; i <= rounds; i++)); do
		order=("${rows[@]}")
		[ $((i % 2)) -eq 0 ] || order=("${rows[2]}" "${rows[1]}" "${rows[0]}")
		for row in "${order[@]}"; do
			echo "{\"row\": \"$row\", \"ns\": $(measure "$row")}" >>"$LAB_DIR/results"
		done
	done
	table
}

main
