/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wire.h - the same frames into both gateways, and all that comes out.
 *
 * Who may include it: the differential test.
 */
#ifndef PINHOLE_TESTS_DIFF_WIRE_H
#define PINHOLE_TESTS_DIFF_WIRE_H

#include "tests/diff/world.h"

#define WIRE_MAX_OUT 16

struct arrival {
	enum side side;
	struct frame frame;
};

/* What one gateway made of one step. */
struct outcome {
	size_t n;
	struct arrival arrival[WIRE_MAX_OUT];
};

struct wire {
	int fd[N_GATEWAYS][N_SIDES]; /* packet sockets on the far ends */
	uint64_t marker;	     /* the last one sent */
};

void wire_open(struct wire *wire, const struct world *w);
void wire_close(struct wire *wire);

/* Send the frames into the gateway from one side, and collect what comes out
 * until a marker sent behind them has passed. Bails out if it never does. */
void wire_step(struct wire *wire, enum gateway g, enum side from,
	       const struct frame *frames, size_t n, struct outcome *out);

/* Wait a little, and add what was late. */
void wire_linger(struct wire *wire, enum gateway g, struct outcome *out);

#endif /* PINHOLE_TESTS_DIFF_WIRE_H */
