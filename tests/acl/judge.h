/* SPDX-License-Identifier: GPL-2.0 */
/*
 * judge.h - one list: made, compiled, asked, and compared with the oracle.
 *
 * Who may include it: tests/acl, unit tests.
 */
#ifndef PINHOLE_TESTS_ACL_JUDGE_H
#define PINHOLE_TESTS_ACL_JUDGE_H

#include "tests/acl/ask.h"
#include "tests/acl/generate.h"
#include "tests/acl/packets.h"

struct judge_case {
	enum gen_kind kind;
	enum acl_family family;
	size_t n_lines;
	uint64_t seed;
	size_t n_packets;
	/* Numbers of the lines: the first, and from one to the next. */
	uint32_t first_number;
	uint32_t step;
	const struct acl_limits *limits; /* of the image; NULL: none */
};

/* A case on the bench; judge_end() it. */
struct judge {
	struct judge_case what;
	struct gen_set set;
	struct packet *packets;
	uint32_t *expected;	/* answers, by packet */
	struct acl_image image; /* of this one list */
	struct ask_cost worst;	/* of one packet */
	bool refused;		/* the compiler has, with a reason */
	struct acl_refusal why;
};

/*
 * Make the list, the packets, the oracle's answers and the image.
 * Return: 0, also if it is refused; -errno of the compiler or of memory
 */
int judge_begin(const struct judge_case *what, struct judge *judge);
void judge_end(struct judge *judge);

/*
 * Check the image's soundness and ask it natively.
 * @say: where faults are told, at most a few
 * Return: how many there are
 */
size_t judge_natively(struct judge *judge, FILE *say);

/* Tell what was answered wrongly. @i: the packet */
void judge_tell(const struct judge *judge, size_t i, uint32_t answer, const char *by,
		FILE *say);

/* Whether the compiler may refuse such a list: never one that looks like the
 * field's, and none below 10,000 lines. */
bool judge_may_refuse(const struct judge_case *what);

#endif /* PINHOLE_TESTS_ACL_JUDGE_H */
