#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# stages.sh - what each kind of packet takes of Pinhole's programs (stages.c), and
# what the verifier walks to load them.

set -euo pipefail
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

round() {
	local result stage

	result=$(bench stages pinhole-xdp) || exit 1
	while read -r stage; do
		record "pinhole-$(jq -r .hook <<<"$stage")" "$(jq -c '{packet: .stage}' <<<"$stage")" \
			"run of a program" ns less "$(jq .median_ns <<<"$stage")"
	done <<<"$result"
}

# "  VERIFIED xdp_ingress   444922 instructions (...), 50 functions, stack of up to 448 bytes"
verifier() {
	local object name instructions stack

	section=verifier
	for object in "$BUILD"/bpf/pinhole.bpf.o "$BUILD"/bpf/host.bpf.o; do
		while read -r name instructions stack; do
			record "pinhole" "{\"program\":\"$name\"}" "instructions walked" instructions \
				less "$instructions"
			record "pinhole" "{\"program\":\"$name\"}" "stack" bytes less "$stack"
		done < <("$BUILD/verifier" "$object" 1000000 |
			sed -n 's/^ *VERIFIED \([^ ]*\) *\([0-9]*\) .*stack of up to \([0-9]*\) bytes.*/\1 \2 \3/p')
	done
}

bench_begin stages
make_gateways pinhole-xdp
bench prime pinhole-xdp --flows 1
bench prime pinhole-xdp --flows 1 --nat
bench prime pinhole-xdp --flows 1 --family 6
bench prime pinhole-xdp --flows 1 --family 6 --nat
bench_rounds round
verifier
bench_report
