// SPDX-License-Identifier: GPL-2.0
/*
 * test_acl_proof.c - compiled access lists answer as their lines do: lists of every
 * kind and of up to a thousand lines, under the sanitizers. `make acl-proof` has the
 * larger ones, millions of packets, and the kernel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/acl/judge.h"
#include "util/cleanup.h"

static void judge_one(struct judge_case what)
{
	struct judge judge cleanup_(judge_end) = {0};

	assert_int_equal(judge_begin(&what, &judge), 0);
	assert_false(judge.refused);
	assert_int_equal(judge_natively(&judge, stderr), 0);
}

static void judge_sizes(const size_t *sizes, size_t n_sizes, uint64_t n_seeds,
			size_t n_packets)
{
	for (int kind = 0; kind < GEN_N_KINDS; kind++)
		for (int family = 0; family < ACL_N_FAMILIES; family++)
			for (size_t i = 0; i < n_sizes; i++)
				for (uint64_t seed = 0; seed < n_seeds; seed++)
					judge_one((struct judge_case){
						.kind = kind,
						.family = family,
						.n_lines = sizes[i],
						.seed = seed,
						.n_packets = n_packets,
						.step = 1,
					});
}

static void test_small_lists_answer_as_their_lines(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 5, 8, 9, 10, 33};

	(void)state;
	judge_sizes(sizes, sizeof(sizes) / sizeof(sizes[0]), 5, 400);
}

static void test_lists_of_a_hundred_answer_as_their_lines(void **state)
{
	static const size_t sizes[] = {64, 100, 200};

	(void)state;
	judge_sizes(sizes, sizeof(sizes) / sizeof(sizes[0]), 2, 1000);
}

static void test_lists_of_a_thousand_answer_as_their_lines(void **state)
{
	static const size_t sizes[] = {1000};

	(void)state;
	judge_sizes(sizes, 1, 1, 2000);
}

static void test_numbers_of_lines_may_have_gaps(void **state)
{
	(void)state;
	for (int kind = 0; kind < GEN_N_KINDS; kind++)
		judge_one((struct judge_case){
			.kind = kind,
			.family = kind % 2 ? ACL_IPV6 : ACL_IPV4,
			.n_lines = 200,
			.seed = 7,
			.n_packets = 500,
			.first_number = ACL_MAX_LINES - 200 * 3,
			.step = 3,
		});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_lists_answer_as_their_lines),
		cmocka_unit_test(test_lists_of_a_hundred_answer_as_their_lines),
		cmocka_unit_test(test_lists_of_a_thousand_answer_as_their_lines),
		cmocka_unit_test(test_numbers_of_lines_may_have_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
