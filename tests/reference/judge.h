/* SPDX-License-Identifier: GPL-2.0 */
/*
 * judge.h - whether a compiled policy means what its text says.
 *
 * Who may include it: tests.
 */
#ifndef TESTS_REFERENCE_JUDGE_H
#define TESTS_REFERENCE_JUDGE_H

#include <stddef.h>
#include <stdint.h>

#include <pinhole/policy.h>

#include "tests/reference/meaning.h"

struct ref_tally {
	uint64_t n_asked; /* of lists and translations */
	uint64_t n_matched;
	uint64_t n_wrong;
	char first_wrong[512]; /* for people; "" if there is none */
};

/*
 * Ask every bound list of the image, natively, and the reference the same.
 * @n_packets: of each list, besides the corners
 * @tally: added to
 */
void ref_judge(const struct policy *policy, const struct policy_image *image,
	       size_t n_packets, uint64_t seed, struct ref_tally *tally);

/* Whether two policies decide the same: a policy and what became of it. Lists are
 * compared in their order, all of them, by the reference alone. */
void ref_judge_equal(const struct policy *policy, const struct policy *other,
		     size_t n_packets, uint64_t seed, struct ref_tally *tally);

/* Whether the reference reads lists of the model as they were meant: what the parser
 * made of the text. */
void ref_judge_meant(const struct policy *policy, const struct meant_list *list,
		     size_t n_packets, uint64_t seed, struct ref_tally *tally);

#endif /* TESTS_REFERENCE_JUDGE_H */
