// SPDX-License-Identifier: GPL-2.0
/*
 * test_embryonic.c - the count of half-open connections against a table that forgets
 * nothing: never below what there is, never above it by more than what vanished unseen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Its loops are unrolled by clang, for the verifier; gcc need not know how. */
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#include <stdbool.h>

#include "bpf/embryonic_count.h"

#define SEC_NS	 1000000000ull
#define LIFE_NS	 (30 * SEC_NS)
#define START_NS (1000 * SEC_NS)

static __u32 noise = 88172645u;

static __u32 random_below(__u32 n)
{
	noise ^= noise << 13;
	noise ^= noise >> 17;
	noise ^= noise << 5;
	return noise % n;
}

static void open_at(struct embryonic_host *host, __u64 ns)
{
	embryonic_add(host, embryonic_step(ns, LIFE_NS));
}

static void leave_of(struct embryonic_host *host, __u64 seen_ns)
{
	embryonic_subtract(host, embryonic_step(seen_ns, LIFE_NS));
}

static __u32 sum_at(const struct embryonic_host *host, __u64 ns)
{
	return embryonic_sum(host, embryonic_step(ns, LIFE_NS));
}

static void a_new_host_has_none_whenever_that_is(void **state)
{
	const struct embryonic_host host = {{0}};

	(void)state;
	for (__u64 ns = 0; ns < 4 * LIFE_NS; ns += SEC_NS / 2)
		assert_int_equal(sum_at(&host, ns), 0);
}

static void all_that_may_live_are_counted(void **state)
{
	(void)state;
	for (__u64 at = 0; at < LIFE_NS; at += SEC_NS / 4 + 1) {
		struct embryonic_host host = {{0}};

		open_at(&host, START_NS + at);
		assert_int_equal(sum_at(&host, START_NS + at), 1);
		assert_int_equal(sum_at(&host, START_NS + at + LIFE_NS), 1);
	}
}

static void what_vanishes_unseen_is_forgotten_in_a_life_and_a_quarter(void **state)
{
	(void)state;
	for (__u64 at = 0; at < LIFE_NS; at += SEC_NS / 4 + 1) {
		struct embryonic_host host = {{0}};

		for (int i = 0; i < 1000; i++)
			open_at(&host, START_NS + at);
		assert_int_equal(sum_at(&host, START_NS + at + LIFE_NS), 1000);
		assert_int_equal(sum_at(&host, START_NS + at + LIFE_NS + LIFE_NS / 4 + 9),
				 0);
	}
}

static void what_is_answered_is_counted_out_at_once(void **state)
{
	struct embryonic_host host = {{0}};

	(void)state;
	for (__u64 i = 0; i < 100000; i++) {
		__u64 ns = START_NS + i * SEC_NS / 1000;

		open_at(&host, ns);
		assert_int_equal(sum_at(&host, ns), 1);
		leave_of(&host, ns);
		assert_int_equal(sum_at(&host, ns), 0);
	}
}

static void what_is_forgotten_is_not_counted_out_again(void **state)
{
	struct embryonic_host host = {{0}};

	(void)state;
	open_at(&host, START_NS);
	open_at(&host, START_NS + 3 * LIFE_NS);
	leave_of(&host, START_NS);
	assert_int_equal(sum_at(&host, START_NS + 3 * LIFE_NS), 1);
	/* Its slot is another step's by now. */
	open_at(&host, START_NS + 2 * LIFE_NS);
	leave_of(&host, START_NS);
	assert_int_equal(sum_at(&host, START_NS + 2 * LIFE_NS), 1);
}

static void two_cpus_that_count_one_out_take_no_other_with_it(void **state)
{
	struct embryonic_host host = {{0}};

	(void)state;
	open_at(&host, START_NS);
	leave_of(&host, START_NS);
	leave_of(&host, START_NS);
	assert_int_equal(sum_at(&host, START_NS), 0);
	open_at(&host, START_NS + LIFE_NS);
	open_at(&host, START_NS + LIFE_NS);
	open_at(&host, START_NS + LIFE_NS);
	assert_int_equal(sum_at(&host, START_NS + LIFE_NS), 2); /* one short, no more */
	assert_int_equal(sum_at(&host, START_NS + 2 * LIFE_NS), 3);
}

static void the_step_that_another_cpu_is_in_already_counts(void **state)
{
	struct embryonic_host host = {{0}};
	__u32 step = embryonic_step(START_NS, LIFE_NS);

	(void)state;
	embryonic_add(&host, step + 1);
	assert_int_equal(embryonic_sum(&host, step), 1);
}

/* ---- against a table ---- */

#define N_ENTRIES 64
#define N_LOST	  4096

/* When each was seen last; 0: there is none. */
struct table {
	__u64 seen_ns[N_ENTRIES];
	__u64 lost_ns[N_LOST]; /* likewise, of those that vanished unseen */
	__u32 n_lost;
};

static bool is_young(__u64 seen_ns, __u64 ns)
{
	return seen_ns && ns - seen_ns <= LIFE_NS + LIFE_NS / 4 + 9;
}

static void compare(const struct embryonic_host *host, const struct table *table,
		    __u64 ns)
{
	__u32 live = 0, young = 0;

	for (__u32 i = 0; i < N_ENTRIES; i++) {
		bool lives = table->seen_ns[i] && ns - table->seen_ns[i] <= LIFE_NS;

		live += lives;
		young += !lives && is_young(table->seen_ns[i], ns);
	}
	for (__u32 i = 0; i < table->n_lost; i++)
		young += is_young(table->lost_ns[i], ns);
	assert_in_range(sum_at(host, ns), live, live + young);
}

static void lose(struct table *table, __u64 *seen_ns, __u64 ns)
{
	__u32 n = 0;

	for (__u32 i = 0; i < table->n_lost; i++)
		if (is_young(table->lost_ns[i], ns))
			table->lost_ns[n++] = table->lost_ns[i];
	assert_true(n < N_LOST);
	table->lost_ns[n++] = *seen_ns;
	table->n_lost = n;
	*seen_ns = 0;
}

static void random_lives_agree_with_a_table(void **state)
{
	static struct table table;
	struct embryonic_host host = {{0}};
	__u64 ns = START_NS;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		__u64 *seen_ns = &table.seen_ns[random_below(N_ENTRIES)];

		if (random_below(10) == 0)
			ns += random_below(3000) * (SEC_NS / 1000);
		if (!*seen_ns) {
			open_at(&host, ns);
			*seen_ns = ns;
		} else if (ns - *seen_ns > LIFE_NS || random_below(3) == 0) {
			leave_of(&host, *seen_ns); /* answered, or found expired */
			*seen_ns = 0;
		} else if (random_below(20) == 0) {
			lose(&table, seen_ns, ns);
		} else { /* seen again */
			open_at(&host, ns);
			leave_of(&host, *seen_ns);
			*seen_ns = ns;
		}
		compare(&host, &table, ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_host_has_none_whenever_that_is),
		cmocka_unit_test(all_that_may_live_are_counted),
		cmocka_unit_test(
			what_vanishes_unseen_is_forgotten_in_a_life_and_a_quarter),
		cmocka_unit_test(what_is_answered_is_counted_out_at_once),
		cmocka_unit_test(what_is_forgotten_is_not_counted_out_again),
		cmocka_unit_test(two_cpus_that_count_one_out_take_no_other_with_it),
		cmocka_unit_test(the_step_that_another_cpu_is_in_already_counts),
		cmocka_unit_test(random_lives_agree_with_a_table),
	};

	return cmocka_run_group_tests_name("embryonic", tests, NULL, NULL);
}
