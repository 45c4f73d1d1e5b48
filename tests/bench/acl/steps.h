/* SPDX-License-Identifier: GPL-2.0 */
/*
 * steps.h - the lookup once more, natively, counting what it does.
 *
 * Why it exists: nanoseconds tell that a lookup is slow, steps tell why. And it finds
 * the packets that are dear, and says what the BPF programs must answer: it shares no
 * code with them.
 *
 * Who may include it: tests/bench/acl.
 */
#ifndef PINHOLE_BENCH_ACL_STEPS_H
#define PINHOLE_BENCH_ACL_STEPS_H

#include "bench.h"

/* Look one packet up. Return: the head of the rule that matched, or ACL_NO_LINE
 * << 12. @steps: added to */
uint32_t steps_lookup(const struct bench_set *set, const struct bench_key *key,
		      struct bench_steps *steps);

/* About what a lookup of these steps costs; for comparisons only. */
double steps_weight(const struct bench_steps *steps);

#endif /* PINHOLE_BENCH_ACL_STEPS_H */
