/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sets.h - lists, their images, and the packets that they are asked about.
 *
 * Who may include it: tests/bench/acl.
 */
#ifndef PINHOLE_BENCH_ACL_SETS_H
#define PINHOLE_BENCH_ACL_SETS_H

#include "bench.h"

/* Make list, image and traces. A list that the compiler refuses has set->refused.
 * @n_packets: of each trace
 * @worst: with a trace of the dearest packets that a search finds
 * Return: 0 or -1, reported. */
int set_make(struct bench_set *set, int kind, enum acl_family family, uint32_t n_lines,
	     uint32_t n_packets, bool worst);
void set_free(struct bench_set *set);

const char *set_kind_name(int kind);
bool set_is_disjoint(int kind);

/* The list alone. Return: 0 or -errno. */
int disjoint_make(int kind, size_t n_lines, struct gen_set *out);

/* ---- traces.c ---- */

/* Fill the set's trace. Return: 0 or -1, reported. */
int trace_make(struct bench_set *set, enum bench_trace_kind kind, uint32_t n);

#endif /* PINHOLE_BENCH_ACL_SETS_H */
