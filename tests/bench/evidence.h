/* SPDX-License-Identifier: GPL-2.0 */
/*
 * evidence.h - proof that packets took the path that the figure is about.
 *
 * Why it exists: frames that arrive prove that something forwarded them. That
 * it was XDP, TC or the stack, in the state of connection that was meant, is
 * read from the counters of the gateway before and after.
 *
 * Who may include it: the C files of tests/bench.
 */
#ifndef PINHOLE_BENCH_EVIDENCE_H
#define PINHOLE_BENCH_EVIDENCE_H

#include "place.h"

struct evidence {
	uint64_t stack_forwarded; /* Ip: ForwDatagrams of the gateway */
	uint32_t xdp_prog_id;	  /* native XDP on the outside device; 0: none */
	/* The rest is of the firewall, and of its outside interface. */
	uint64_t rx_packets;
	uint64_t xdp_packets;
	uint64_t drop_packets;
	uint64_t passed_up;
	uint64_t half_open_created;
	uint64_t untranslated;
	uint32_t n_established; /* of the case's flows */
	uint32_t n_half_open;
};

/* Read it from the gateway. Return: 0 or -1, reported. */
int evidence_read(const struct bench_case *c, const struct places *p,
		  struct evidence *out);

/* Once the flows exist: are they in the state that is to be measured? Reads all
 * connections. Return: 0 or -1, reported. */
int evidence_check_flows(const struct bench_case *c);

/* After a measurement that delivered so many: did they go the way they should?
 * Return: 0 or -1, reported. */
int evidence_check(const struct bench_case *c, const struct evidence *before,
		   const struct evidence *after, uint64_t delivered);

#endif /* PINHOLE_BENCH_EVIDENCE_H */
