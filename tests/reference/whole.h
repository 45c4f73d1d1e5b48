/* SPDX-License-Identifier: GPL-2.0 */
/*
 * whole.h - all that is asked of one text.
 *
 * Who may include it: tests.
 */
#ifndef TESTS_REFERENCE_WHOLE_H
#define TESTS_REFERENCE_WHOLE_H

#include "tests/reference/generate.h"
#include "tests/reference/judge.h"

enum ref_outcome {
	REF_LOADS,
	REF_REFUSED,   /* remarks say why */
	REF_TOO_LARGE, /* likewise */
	REF_WRONG,     /* accepted, and not understood: @why of ref_whole() */
};

/*
 * Parse, compile, print, and parse again. What was compiled and what was printed must
 * mean what the text says.
 * @diags: appended to
 * @tally: added to
 * @why: for people; set if the outcome is REF_WRONG
 */
enum ref_outcome ref_whole(const char *text, size_t len, size_t n_packets, uint64_t seed,
			   struct policy_diags *diags, struct ref_tally *tally,
			   char why[512]);

/* The same of a made-up policy, which must be accepted and read as it was meant. */
enum ref_outcome ref_whole_made(enum gen_dialect dialect, size_t n_lines,
				size_t n_packets, uint64_t seed, struct ref_tally *tally,
				char why[512]);

#endif /* TESTS_REFERENCE_WHOLE_H */
