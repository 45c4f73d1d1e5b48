/* SPDX-License-Identifier: GPL-2.0 */
/*
 * packets.h - packets that find out whether a list is answered rightly.
 *
 * Who may include it: tests and benchmarks.
 */
#ifndef PINHOLE_TESTS_ACL_PACKETS_H
#define PINHOLE_TESTS_ACL_PACKETS_H

#include "tests/acl/generate.h"
#include "tests/acl/oracle.h"

/*
 * Draw packets about a list: corners of its lines (first and last address and port,
 * and one beyond), points within them, crosses (the source of one line, the
 * destination of another, the service of a third), addresses with one bit changed,
 * later fragments, TCP flags, and packets from anywhere.
 * @packets: n of them are filled in. Equal arguments give equal packets.
 */
void packets_draw(const struct gen_set *set, uint64_t seed, struct packet *packets,
		  size_t n);

/* Only what lines are about, without errors: the traffic of a benchmark. Each packet
 * is within a line, though an earlier one may match it. */
void packets_within(const struct gen_set *set, uint64_t seed, struct packet *packets,
		    size_t n);

#endif /* PINHOLE_TESTS_ACL_PACKETS_H */
