/* SPDX-License-Identifier: GPL-2.0 */
/*
 * place.h - network namespaces of the lab, and the devices in them.
 *
 * Why it exists: one process sends in one namespace, counts in another and
 * reads counters in a third; BPF_PROG_TEST_RUN and XDP attachment act on the
 * namespace of the caller.
 *
 * Who may include it: the C files of tests/bench.
 */
#ifndef PINHOLE_BENCH_PLACE_H
#define PINHOLE_BENCH_PLACE_H

#include "bench.h"

/* A device of the lab. */
struct place {
	const char *side;   /* "outside", "fw" or "inside" */
	const char *device; /* "eth0", "out0" or "in0" */
	uint32_t ifindex;
	uint8_t mac[ETH_ALEN];
};

/* The four devices in the order in which a request passes them. Without a
 * gateway there are only the first and the last. */
struct places {
	struct place outside;
	struct place fw_outside;
	struct place fw_inside;
	struct place inside;
};

/* Enter LAB-SIDE; the whole process changes. Return: 0 or -1, reported. */
int place_enter(const struct bench_case *c, const char *side);

/* Look up the lab's devices. Return: 0 or -1, reported. */
int places_find(const struct bench_case *c, struct places *out);

#endif /* PINHOLE_BENCH_PLACE_H */
