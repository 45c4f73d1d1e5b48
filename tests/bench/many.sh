#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# many.sh - forward.sh with more flows than tables hold by default.
#
# Why by itself: tables for four million entries make every lookup dearer, Pinhole's and
# the peers' alike, however few flows there are. Who has a hundred thousand flows does not
# make such tables, so those flows are not measured with them.
#
# Environment: BENCH_MANY ("1000000"), and that of forward.sh.

set -euo pipefail

[ -z "${BENCH_QUICK:-}" ] || exit 0
BENCH_FLOWS=${BENCH_MANY:-1000000} exec "$(dirname "${BASH_SOURCE[0]}")/forward.sh"
