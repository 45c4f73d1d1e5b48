// SPDX-License-Identifier: GPL-2.0
/*
 * whole.c - all that is asked of one text.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/reference/whole.h"
#include "util/cleanup.h"

#define WHY_SIZE 512

static void policy_cleanup(struct policy **policy)
{
	policy_free(*policy);
}

static void image_cleanup(struct policy_image **image)
{
	policy_image_free(*image);
}

static enum ref_outcome wrong(char *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static enum ref_outcome wrong(char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, WHY_SIZE, format, args);
	va_end(args);
	return REF_WRONG;
}

/* The first error, as people see it. */
static enum ref_outcome wrong_by(char *why, const char *what,
				 const struct policy_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		char *shown cleanup_free_ = NULL;

		if (diags->items[i].severity != POLICY_ERROR ||
		    policy_diag_format(&diags->items[i], what, &shown))
			continue;
		return wrong(why, "%s", shown);
	}
	return wrong(why, "%s: refused without an error", what);
}

/* The first line in which two texts differ, of the first text. */
static enum ref_outcome wrong_line(char *why, const char *a, const char *b)
{
	const char *start = a;

	for (; *a && *a == *b; a++, b++)
		if (*a == '\n')
			start = a + 1;
	return wrong(why, "not canonical: %.*s", (int)strcspn(start, "\n"), start);
}

static enum ref_outcome check_printed(const struct policy *policy, size_t n_packets,
				      uint64_t seed, struct ref_tally *tally, char *why)
{
	struct policy *again cleanup_(policy_cleanup) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	char *printed cleanup_free_ = NULL;
	char *printed_again cleanup_free_ = NULL;
	size_t len, len_again;

	if (policy_print(policy, &printed, &len))
		abort();
	if (policy_parse(printed, len, &again, &diags))
		return wrong_by(why, "printed", &diags);
	if (policy_print(again, &printed_again, &len_again))
		abort();
	if (len != len_again || memcmp(printed, printed_again, len) != 0)
		return wrong_line(why, printed, printed_again);
	ref_judge_equal(policy, again, n_packets, seed, tally);
	return REF_LOADS;
}

static enum ref_outcome check(const struct policy *policy, size_t n_packets,
			      uint64_t seed, struct policy_diags *diags,
			      struct ref_tally *tally, char *why)
{
	struct policy_image *image cleanup_(image_cleanup) = NULL;
	struct ref_tally own = {0};
	enum ref_outcome outcome;
	int err = policy_compile(policy, &image, diags);

	if (err == -E2BIG)
		return REF_TOO_LARGE;
	if (err)
		return wrong(why, "cannot be compiled: error %d", err);
	ref_judge(policy, image, n_packets, seed, &own);
	outcome = check_printed(policy, n_packets / 4, seed, &own, why);
	if (outcome == REF_LOADS && own.n_wrong)
		outcome = wrong(why, "%s", own.first_wrong);
	tally->n_asked += own.n_asked;
	tally->n_matched += own.n_matched;
	tally->n_wrong += own.n_wrong;
	return outcome;
}

enum ref_outcome ref_whole(const char *text, size_t len, size_t n_packets, uint64_t seed,
			   struct policy_diags *diags, struct ref_tally *tally,
			   char why[512])
{
	struct policy *policy cleanup_(policy_cleanup) = NULL;

	if (policy_parse(text, len, &policy, diags))
		return REF_REFUSED;
	return check(policy, n_packets, seed, diags, tally, why);
}

static enum ref_outcome check_made(const struct gen_policy *made, size_t n_packets,
				   uint64_t seed, struct ref_tally *tally, char *why)
{
	struct policy *policy cleanup_(policy_cleanup) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	struct ref_tally own = {0};
	enum ref_outcome outcome;

	if (policy_parse(made->text.data, made->text.len, &policy, &diags))
		return wrong_by(why, "made", &diags);
	for (size_t i = 0; i < made->n_lists; i++)
		ref_judge_meant(policy, &made->lists[i], n_packets, seed, &own);
	tally->n_asked += own.n_asked;
	tally->n_matched += own.n_matched;
	tally->n_wrong += own.n_wrong;
	if (own.n_wrong)
		return wrong(why, "%s", own.first_wrong);
	outcome = check(policy, n_packets, seed, &diags, tally, why);
	return outcome == REF_TOO_LARGE ? wrong_by(why, "made", &diags) : outcome;
}

enum ref_outcome ref_whole_made(enum gen_dialect dialect, size_t n_lines,
				size_t n_packets, uint64_t seed, struct ref_tally *tally,
				char why[512])
{
	struct gen_policy made;
	enum ref_outcome outcome;

	gen_policy_make(&made, dialect, n_lines, seed);
	outcome = check_made(&made, n_packets, seed, tally, why);
	gen_policy_free(&made);
	return outcome;
}
