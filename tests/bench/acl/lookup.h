/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lookup.h - lookup.bpf.c with the images of all sets, and what a lookup costs.
 *
 * Why all at once: measurements that are to be compared are made in turns, and a set
 * whose image has just been loaded is a set of which the caches know more.
 *
 * Who may include it: tests/bench/acl.
 */
#ifndef PINHOLE_BENCH_ACL_LOOKUP_H
#define PINHOLE_BENCH_ACL_LOOKUP_H

#include "bench.h"

struct bench_lookup;

struct lookup {
	struct bench_lookup *program;
	double load_ms;		 /* of `walk` alone */
	uint32_t verified_insns; /* likewise */
	uint32_t jited_bytes;
	struct bench_samples harness; /* empty lookups, in ns */
};

/* Load the programs and all images, records and traces. Return: 0 or -1, reported. */
int lookup_open(struct lookup *lookup, struct bench_set *sets, uint32_t n_sets);
void lookup_close(struct lookup *lookup);

/* Let the programs ask this set with this trace from now on, from packet `start`. */
void lookup_select(struct lookup *lookup, const struct bench_set *set,
		   enum bench_trace_kind trace, uint32_t start);

enum lookup_kind { LOOKUP_EMPTY, LOOKUP_WALK, LOOKUP_LINEAR };

/* Do n lookups of what is selected. Return: 0 or -1, reported. */
int lookup_run(struct lookup *lookup, enum lookup_kind kind, uint32_t n, double *ns);

/* One pass of the trace: do the answers add up? Return: 0 or -1, reported. */
int lookup_check(struct lookup *lookup, enum lookup_kind kind,
		 const struct bench_set *set, enum bench_trace_kind trace);

/* Answers given since the last call, and their sum. */
void lookup_answers(struct lookup *lookup, uint64_t *asked, uint64_t *sum);

/* Put a TC program on the device at ingress. Return: 0 or -1, reported. */
int lookup_attach(struct lookup *lookup, enum lookup_kind kind, uint32_t ifindex);

#endif /* PINHOLE_BENCH_ACL_LOOKUP_H */
