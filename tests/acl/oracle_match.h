/* SPDX-License-Identifier: GPL-2.0 */
/*
 * oracle_match.h - what both forms of the oracle compare with.
 *
 * Who may include it: oracle.c, oracle_many.c, packets.c.
 */
#ifndef PINHOLE_TESTS_ACL_ORACLE_MATCH_H
#define PINHOLE_TESTS_ACL_ORACLE_MATCH_H

#include "tests/acl/oracle.h"

__extension__ typedef unsigned __int128 oracle_address;

/* The addresses of a prefix, both inclusive. */
struct oracle_span {
	oracle_address first;
	oracle_address last;
};

static inline oracle_address oracle_number(uint64_t high, uint64_t low)
{
	return (oracle_address)high << 64 | low;
}

static inline oracle_address oracle_src(const struct packet *packet)
{
	return oracle_number(packet->src_high, packet->src_low);
}

static inline oracle_address oracle_dst(const struct packet *packet)
{
	return oracle_number(packet->dst_high, packet->dst_low);
}

static inline struct oracle_span oracle_span(const struct acl_prefix *prefix)
{
	unsigned int open = (prefix->family == ACL_IPV4 ? 32 : 128) - prefix->len;
	oracle_address first = oracle_number(prefix->high, prefix->low);
	oracle_address others = open < 128 ? ((oracle_address)1 << open) - 1
					   : ~(oracle_address)0;

	return (struct oracle_span){first, first + others};
}

/* Whether the line matches, whatever stands before it. */
bool oracle_matches(const struct acl_line *line, enum acl_family family,
		    const struct packet *packet);

#endif /* PINHOLE_TESTS_ACL_ORACLE_MATCH_H */
