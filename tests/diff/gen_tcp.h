/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gen_tcp.h - what the two halves of the TCP generator share.
 *
 * Who may include it: gen_tcp.c, gen_tcp_odd.c.
 */
#ifndef PINHOLE_TESTS_DIFF_GEN_TCP_H
#define PINHOLE_TESTS_DIFF_GEN_TCP_H

#include "tests/diff/gen.h"

/* A segment under construction. */
struct segment {
	unsigned int sender;
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
	size_t len;
	bool zero_window;
};

enum phase {
	PHASE_NEW,
	PHASE_SYN,    /* one SYN */
	PHASE_SYNACK, /* answered, the initiator's ACK is missing */
	PHASE_BOTH,   /* simultaneous open */
	PHASE_TALK,
	PHASE_FIN, /* one FIN */
	PHASE_CLOSED,
	PHASE_RESET,
};

/* What the sender would fill in now. */
struct segment segment_of(const struct flow *f, unsigned int sender, uint8_t flags);

/* The flow after a SYN, and after a FIN that acknowledges all. */
void segment_is_syn(struct flow *f, unsigned int sender);
void segment_is_fin(struct flow *f, unsigned int sender);

/* How much the sender may still send before the other acknowledges. */
uint32_t segment_room(const struct flow *f, unsigned int sender);

/* Something that no peer would send in this phase. Return: false if nothing was
 * thought of. */
bool gen_tcp_odd(struct gen *gen, struct step *step, enum phase phase,
		 struct segment *out);

#endif /* PINHOLE_TESTS_DIFF_GEN_TCP_H */
