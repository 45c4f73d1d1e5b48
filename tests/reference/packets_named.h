/* SPDX-License-Identifier: GPL-2.0 */
/*
 * packets_named.h - what a policy names, collected for packets.c.
 *
 * Who may include it: packets.c and packets_named.c.
 */
#ifndef TESTS_REFERENCE_PACKETS_NAMED_H
#define TESTS_REFERENCE_PACKETS_NAMED_H

#include "tests/reference/packets.h"
#include "util/vec.h"

struct span {
	policy_ip first;
	policy_ip last;
};

struct port_span {
	uint16_t first;
	uint16_t last;
};

struct ref_packets {
	const struct policy *policy;
	struct ref_draw draw;
	VEC(struct span) addrs;
	VEC(struct port_span) ports;
	VEC(struct port_span) icmps; /* type << 8 | code */
	uint8_t protos[256];
	size_t n_protos;
};

#endif /* TESTS_REFERENCE_PACKETS_NAMED_H */
