/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi_nat.h - what translations have counted.
 *
 * Who may include it: everybody; see abi.h.
 */
#ifndef PINHOLE_ABI_NAT_H
#define PINHOLE_ABI_NAT_H

#include <linux/types.h>

/*
 * Of one statement: connections begun whose initiator it translated, and those whose
 * responder it did. So an address that stays as it is by a statement of its own is
 * counted too, and one that both ends of a connection meet is counted by either end.
 * A packet that belongs to no connection counts as one.
 */
struct nat_hits {
	__u64 translated;
	__u64 untranslated;
};

/* Statements of one policy that are counted; those behind them are not. */
#define PH_MAX_NAT_COUNTED 8192

/* An element of nat_stats: counter c is hits[c % n] of element c / n, as in acl_stats. Of
 * two generations: no statement takes a counter that is counted in. */
#define NAT_BLOCK_COUNTERS 64
#define PH_NAT_BLOCKS	   (2 * PH_MAX_NAT_COUNTED / NAT_BLOCK_COUNTERS)
struct nat_block {
	struct nat_hits hits[NAT_BLOCK_COUNTERS];
};

#define PH_MAP_NAT_STATS "nat_stats" /* PERCPU_ARRAY[PH_NAT_BLOCKS] nat_block */

#endif /* PINHOLE_ABI_NAT_H */
