/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reason.h - why a gateway dropped what it just dropped.
 *
 * Who may include it: the differential test.
 */
#ifndef PINHOLE_TESTS_DIFF_REASON_H
#define PINHOLE_TESTS_DIFF_REASON_H

#include "tests/diff/world.h"

/* What was counted up to now. */
struct reasons {
	struct packet_counters drops[PH_N_DROP_REASONS];
	uint64_t invalid; /* what the peer's conntrack called so */
};

void reasons_read(const struct world *w, struct reasons *out);

/* The names of what was counted between two readings, separated by commas. */
void reasons_between(const struct reasons *before, const struct reasons *after,
		     enum gateway g, char *out, size_t size);

#endif /* PINHOLE_TESTS_DIFF_REASON_H */
