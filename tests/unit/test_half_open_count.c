// SPDX-License-Identifier: GPL-2.0
/*
 * test_half_open_count.c - the count of all half-open connections over several CPUs
 * against a table that forgets nothing: never below what there is, never above it by more
 * than what vanished unseen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdbool.h>

#include "bpf/half_open_count.h"

#define SEC_NS	 1000000000ull
#define START_NS (1000 * SEC_NS)
#define N_CPUS	 3

static const __u64 lives_ns[] = {
	2 * SEC_NS, 30 * SEC_NS,      120 * SEC_NS, SEC_NS / 20,
	7,	    (1ull << 36) - 1, 1ull << 36,   86400 * SEC_NS};

#define N_LIVES (sizeof(lives_ns) / sizeof(lives_ns[0]))

struct cpus {
	struct half_open_steps steps[N_CPUS];
	__u64 life_ns;
	__u32 shift;
};

static __u32 noise = 88172645u;

static __u32 random_below(__u32 n)
{
	noise ^= noise << 13;
	noise ^= noise >> 17;
	noise ^= noise << 5;
	return noise % n;
}

static struct cpus new_cpus(__u64 life_ns)
{
	return (struct cpus){.life_ns = life_ns, .shift = half_open_shift(life_ns)};
}

static void add(struct cpus *cpus, unsigned int cpu, __u64 ns, __s32 n)
{
	half_open_add(&cpus->steps[cpu], half_open_step(ns, cpus->shift), n);
}

static __s64 sum_at(const struct cpus *cpus, __u64 ns)
{
	__s64 sum = 0;

	for (unsigned int cpu = 0; cpu < N_CPUS; cpu++)
		sum += half_open_sum(&cpus->steps[cpu], ns, cpus->shift, cpus->life_ns);
	return sum;
}

static void a_life_is_four_to_seven_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_LIVES; i++) {
		__u64 steps = lives_ns[i] >> half_open_shift(lives_ns[i]);

		assert_in_range(steps, HALF_OPEN_MIN_STEPS, 2 * HALF_OPEN_MIN_STEPS - 1);
	}
	assert_int_equal(half_open_shift(0), 0);
	assert_int_equal(half_open_shift(3), 0);
}

static void there_are_none_at_first_whenever_that_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_LIVES; i++) {
		const struct cpus cpus = new_cpus(lives_ns[i]);

		for (__u64 ns = 0; ns < 40 * lives_ns[i]; ns += lives_ns[i] / 3 + 1)
			assert_int_equal(sum_at(&cpus, ns), 0);
	}
}

static void one_counts_while_it_may_live_and_little_longer(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_LIVES; i++) {
		__u64 life_ns = lives_ns[i];

		for (__u64 at = 0; at < life_ns; at += life_ns / 17 + 1) {
			struct cpus cpus = new_cpus(life_ns);

			add(&cpus, 1, START_NS + at, 1);
			assert_int_equal(sum_at(&cpus, START_NS + at), 1);
			assert_int_equal(sum_at(&cpus, START_NS + at + life_ns), 1);
			assert_int_equal(
				sum_at(&cpus, START_NS + at + life_ns + life_ns / 4 + 1),
				0);
		}
	}
}

static void one_cpu_may_end_what_another_began(void **state)
{
	struct cpus cpus = new_cpus(30 * SEC_NS);

	(void)state;
	for (__u64 i = 0; i < 100000; i++) {
		__u64 ns = START_NS + i * SEC_NS / 100;

		add(&cpus, 0, ns, 1);
		assert_int_equal(sum_at(&cpus, ns), 1);
		add(&cpus, 2, ns, -1);
		assert_int_equal(sum_at(&cpus, ns), 0);
	}
}

static void what_had_expired_is_not_counted_out(void **state)
{
	struct cpus cpus = new_cpus(30 * SEC_NS);
	__u64 turn_ns = (__u64)HALF_OPEN_SLOTS << cpus.shift;

	(void)state;
	add(&cpus, 0, START_NS, 1);
	add(&cpus, 0, START_NS + turn_ns, 1); /* in the slot of that one */
	add(&cpus, 0, START_NS, -1);
	assert_int_equal(sum_at(&cpus, START_NS + turn_ns), 1);
}

/* A table that forgets nothing: when each was seen last; 0: it is not there. */
#define N_ENTRIES 200

static void the_count_is_what_there_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_LIVES; i++) {
		struct cpus cpus = new_cpus(lives_ns[i]);
		__u64 seen_ns[N_ENTRIES] = {0};
		__u64 now_ns = START_NS;

		for (int round = 0; round < 20000; round++) {
			__u32 which = random_below(N_ENTRIES);
			__u64 *seen = &seen_ns[which];
			bool expired = *seen && now_ns > *seen + cpus.life_ns;
			__s64 there = 0;
			__s64 expired_unseen = 0;

			if (*seen && !expired)
				add(&cpus, random_below(N_CPUS), *seen, -1);
			*seen = *seen && !expired && random_below(2) ? 0 : now_ns;
			if (*seen)
				add(&cpus, random_below(N_CPUS), now_ns, 1);
			for (int j = 0; j < N_ENTRIES; j++) {
				there += seen_ns[j] &&
					 now_ns <= seen_ns[j] + cpus.life_ns;
				expired_unseen += seen_ns[j] &&
						  now_ns > seen_ns[j] + cpus.life_ns;
			}
			assert_true(sum_at(&cpus, now_ns) >= there);
			assert_true(sum_at(&cpus, now_ns) <=
				    there + expired_unseen + N_ENTRIES / 4);
			now_ns += random_below((__u32)(cpus.life_ns / 100 > 1u << 31
							       ? 1u << 31
							       : cpus.life_ns / 100) +
					       1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life_is_four_to_seven_steps),
		cmocka_unit_test(there_are_none_at_first_whenever_that_is),
		cmocka_unit_test(one_counts_while_it_may_live_and_little_longer),
		cmocka_unit_test(one_cpu_may_end_what_another_began),
		cmocka_unit_test(what_had_expired_is_not_counted_out),
		cmocka_unit_test(the_count_is_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
