/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan.h - what generator and sink are told about one direction of a case.
 *
 * Who may include it: the C files of tests/bench.
 */
#ifndef PINHOLE_BENCH_PLAN_H
#define PINHOLE_BENCH_PLAN_H

#include "bench.h"
#include "frames.h"

/* The frames that @src_mac sends to @dst_mac, by device @ifindex.
 * @reply: from the inside to the outside */
void plan_make(struct bench_plan *plan, const struct bench_case *c, bool reply,
	       const uint8_t *src_mac, const uint8_t *dst_mac, uint32_t ifindex);

/* What of them arrives, on the gateway's other side. */
void expectation_make(struct bench_expectation *e, const struct bench_case *c, bool reply,
		      const uint8_t *src_mac, const uint8_t *dst_mac);

/* Bytes of each frame, without FCS. */
uint32_t plan_frame_bytes(const struct bench_case *c);

#endif /* PINHOLE_BENCH_PLAN_H */
