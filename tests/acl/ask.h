/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ask.h - an image asked natively, by the walk that the datapath has, with its
 * reads counted.
 *
 * Who may include it: tests/acl, unit tests.
 */
#ifndef PINHOLE_TESTS_ACL_ASK_H
#define PINHOLE_TESTS_ACL_ASK_H

#include "tests/acl/oracle.h"

/* What one question read. */
struct ask_cost {
	uint32_t words;
	uint32_t rules;
};

/* An answer as it is compared: of a line, its number and whether it permits. */
#define ANSWER_NONE   UINT32_MAX
#define ANSWER_BROKEN (UINT32_MAX - 1)

static inline uint32_t answer_of(uint32_t line, bool permit)
{
	return line << 1 | permit;
}

/* Likewise from what the walk returns. */
uint32_t answer_from_walk(uint32_t head);

/* What the oracle expects. @first: index of the first line that matches */
static inline uint32_t answer_expected(const struct acl_line *lines, uint32_t first)
{
	return first == ORACLE_NONE ? ANSWER_NONE
				    : answer_of(lines[first].number, lines[first].permit);
}

/* Ask the list whose headers are at root. @cost: what it took */
uint32_t ask(const struct acl_image *image, struct acl_root root, enum acl_family family,
	     const struct packet *packet, struct ask_cost *cost);

/* No question may cost more than this, by the figures of the list. */
struct ask_cost ask_bound(const struct acl_figures *figures);

#endif /* PINHOLE_TESTS_ACL_ASK_H */
