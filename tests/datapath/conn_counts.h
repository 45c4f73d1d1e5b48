/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conn_counts.h - how many connections there are, found in two ways that must agree: by
 * walking their tables, and from what the datapath has counted.
 *
 * Why not in world.h: it uses the pure headers of bpf/, whose names of protocols are the
 * kernel's, where the others of these tests have the C library's.
 *
 * Who may include it: the datapath tests.
 */
#ifndef PINHOLE_TESTS_CONN_COUNTS_H
#define PINHOLE_TESTS_CONN_COUNTS_H

#include <pinhole/abi.h>

struct half_table;

/* By enum conn_class. */
struct conn_counts {
	__u64 told[CONN_N_CLASSES][CONN_N_TOLD]; /* from CONN_TOLD_ESTABLISHED on */
	__u64 half_open[CONN_N_CLASSES];	 /* that have not expired */
	/* By a walk: besides, those that expired less than a life ago. Counting goes by
	 * steps of time, so that it may take some of them for alive. */
	__u64 half_open_lately[CONN_N_CLASSES];
	__u64 created[CONN_N_CLASSES];
	__u64 closed[CONN_N_CLASSES][PH_N_CONN_ENDS];
};

/* What the loader does for the counting. */
void conn_counts_settle(struct policy_config *config);

/* By their tables; created and closed are zero. What is told is told by the state. */
void conn_counts_walk(int conns, const struct half_table *half_open,
		      const struct policy_config *config, struct conn_counts *out);

/* By the counters. Return: 0, or an error in errno */
int conn_counts_read(int conn_stats, const struct policy_config *config,
		     struct conn_counts *out);

/* Begin to count anew. Return: likewise */
int conn_counts_forget(int conn_stats);

#endif /* PINHOLE_TESTS_CONN_COUNTS_H */
