/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compare.h - whether both gateways did the same with a step.
 *
 * Why it exists: the same does not always mean the same bytes. An error that a
 * gateway sends itself is the same if it says the same to the same; fragments
 * are, if the receiver gets the same datagram out of them.
 *
 * Who may include it: the differential test.
 */
#ifndef PINHOLE_TESTS_DIFF_COMPARE_H
#define PINHOLE_TESTS_DIFF_COMPARE_H

#include "tests/diff/gen.h"
#include "tests/diff/wire.h"

#define VERDICT_BYTES 64

struct comparison {
	bool same;
	bool through; /* what was sent went through both */
	/* "drop", "pass", "own:icmp-11-0", with what differs behind a slash */
	char verdict[N_GATEWAYS][VERDICT_BYTES];
};

/* Outcomes are put into a common form in passing. */
void compare(const struct step *step, struct outcome outcome[N_GATEWAYS],
	     struct comparison *out);

/* Put together what is whole; the rest stays as it is. See assemble.c. */
void assemble(struct outcome *outcome);

#endif /* PINHOLE_TESTS_DIFF_COMPARE_H */
