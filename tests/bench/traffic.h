/* SPDX-License-Identifier: GPL-2.0 */
/*
 * traffic.h - sending frames on one side and counting them on the other.
 *
 * Who may include it: the C files of tests/bench.
 */
#ifndef PINHOLE_BENCH_TRAFFIC_H
#define PINHOLE_BENCH_TRAFFIC_H

#include "frames.h"
#include "place.h"

struct bench_generate;
struct bench_sink;

/* One direction of the case's flows, from a generator to a sink. */
struct traffic {
	const struct bench_case *c;
	const struct place *from;
	const struct place *to;
	struct bench_generate *generator;
	struct bench_sink *sink;
};

/* Requests run from the outside to the inside, replies back. On success the
 * sink is attached. Return: 0 or -1, reported. */
int traffic_open(struct traffic *t, const struct bench_case *c, const struct places *p,
		 bool reply);

/* Detach and free; does nothing to a zeroed or closed one. */
void traffic_close(struct traffic *t);

/* Send n frames, the flows in turn. Return: 0 or -1, reported. */
int traffic_send(struct traffic *t, uint32_t n);

/* Go on with that flow, and verify the checksums of every n-th frame from now
 * on; n is a power of two. First packets go on where they are. */
void traffic_rewind(struct traffic *t, uint32_t flow, uint32_t checksum_every);

/* Of the last call, between its first and its last batch: how many frames, in *ns. */
uint64_t traffic_timed(const struct traffic *t, uint64_t *ns);

uint64_t traffic_sent(const struct traffic *t);

/* Sum over CPUs. Return: 0 or -1, reported. */
int traffic_seen(const struct traffic *t, struct bench_seen *out);

/* The same, once so many good frames have arrived, or no more can be on their
 * way. Return: 0 or -1, reported. */
int traffic_settle(const struct traffic *t, uint64_t good, struct bench_seen *out);

/* Whether all that arrived was right. Return: 0 or -1, reported. */
int traffic_check(const struct traffic *t, const struct bench_seen *seen);

#endif /* PINHOLE_BENCH_TRAFFIC_H */
