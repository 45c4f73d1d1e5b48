// SPDX-License-Identifier: GPL-2.0
/*
 * Counters across generations: an edit must not reset what it did not touch.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Part of libfirewall, which unit tests do not link; the file itself is pure. */
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "loader/firewall/slots.c"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_distinct(const struct slot_want *want, size_t n, uint32_t capacity)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(want[i].slot < capacity);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(want[i].slot, want[j].slot);
	}
}

static void at_first_everybody_gets_a_fresh_slot(void **state)
{
	struct slot_want want[] = {{.id = 9}, {.id = 1}, {.id = 5}};

	(void)state;
	assert_int_equal(slots_assign(NULL, 0, want, COUNT(want), 3), 0);
	assert_distinct(want, COUNT(want), 3);
	for (size_t i = 0; i < COUNT(want); i++)
		assert_false(want[i].kept);
}

static void who_stays_keeps_the_slot_wherever_it_moves(void **state)
{
	struct slot_use old[] = {{.id = 30, .slot = 0}, {.id = 10, .slot = 7}, {20, 3}};
	struct slot_want want[] = {{.id = 20}, {.id = 99}, {.id = 30}, {.id = 10}};

	(void)state;
	assert_int_equal(slots_assign(old, COUNT(old), want, COUNT(want), 8), 0);
	assert_int_equal(want[0].slot, 3);
	assert_int_equal(want[2].slot, 0);
	assert_int_equal(want[3].slot, 7);
	assert_true(want[0].kept && want[2].kept && want[3].kept);
	assert_false(want[1].kept);
	assert_distinct(want, COUNT(want), 8);
}

static void newcomers_leave_alone_what_the_old_policy_still_counts_in(void **state)
{
	struct slot_use old[] = {{.id = 1, .slot = 0}, {.id = 2, .slot = 1}};
	struct slot_want want[] = {{.id = 3}, {.id = 4}};

	(void)state;
	assert_int_equal(slots_assign(old, COUNT(old), want, COUNT(want), 4), 0);
	assert_true(want[0].slot >= 2 && want[1].slot >= 2);
	assert_distinct(want, COUNT(want), 4);
}

static void slots_of_the_leaving_are_the_last_resort(void **state)
{
	struct slot_use old[] = {{.id = 1, .slot = 1}, {.id = 2, .slot = 0}};
	struct slot_want want[] = {{.id = 3}, {.id = 2}, {.id = 4}};

	(void)state;
	assert_int_equal(slots_assign(old, COUNT(old), want, COUNT(want), 3), 0);
	assert_int_equal(want[1].slot, 0);
	assert_int_equal(want[0].slot, 2);
	assert_int_equal(want[2].slot, 1);
	assert_false(want[2].kept);
}

static void more_than_there_are_slots_is_refused(void **state)
{
	struct slot_want want[] = {{.id = 1}, {.id = 2}};

	(void)state;
	assert_int_equal(slots_assign(NULL, 0, want, COUNT(want), 1), -ENOSPC);
	assert_int_equal(slots_assign(NULL, 0, want, 0, 1), 0);
}

static void a_slot_out_of_range_is_refused(void **state)
{
	struct slot_use old[] = {{.id = 1, .slot = 8}};
	struct slot_want want[] = {{.id = 1}};

	(void)state;
	assert_int_equal(slots_assign(old, 1, want, 1, 8), -EINVAL);
}

/* As scattered as the hashes that lines are known by (splitmix64, Steele et al.). */
static uint64_t scattered(uint64_t n)
{
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9ull;
	n = (n ^ n >> 27) * 0x94d049bb133111ebull;
	return n ^ n >> 31;
}

/* One line put into the middle of many: it alone is new, and gets the lowest slot
 * that is free. Searching for each among all would take minutes. */
static void a_hundred_thousand_find_their_slots_again(void **state)
{
	enum { N = 100000, NEW = N / 2 };
	static struct slot_use old[N];
	static struct slot_want want[N + 1];
	static bool seen[2 * N];

	(void)state;
	for (size_t i = 0; i < N; i++)
		old[i] = (struct slot_use){scattered(i), (uint32_t)(2 * (N - 1 - i))};
	for (size_t i = 0; i <= N; i++)
		want[i].id = i == NEW ? 7 : scattered(i - (i > NEW));
	assert_int_equal(slots_assign(old, N, want, N + 1, 2 * N), 0);
	for (size_t i = 0; i <= N; i++) {
		assert_int_equal(want[i].kept, i != NEW);
		if (i != NEW)
			assert_int_equal(want[i].slot, old[i - (i > NEW)].slot);
		assert_false(seen[want[i].slot]);
		seen[want[i].slot] = true;
	}
	assert_int_equal(want[NEW].slot, 1);
}

/* Interfaces are known by small numbers, which must not meet in one place. */
static void ids_that_share_their_lower_bits_are_told_apart(void **state)
{
	struct slot_use old[] = {{1ull << 32, 0}, {2ull << 32, 1}, {3ull << 32, 2}};
	struct slot_want want[] = {{.id = 3ull << 32}, {.id = 1ull << 32}, {.id = 0}};

	(void)state;
	assert_int_equal(slots_assign(old, COUNT(old), want, COUNT(want), 4), 0);
	assert_int_equal(want[0].slot, 2);
	assert_int_equal(want[1].slot, 0);
	assert_false(want[2].kept);
	assert_int_equal(want[2].slot, 3);
}

/* Two lines of one id would be a fault elsewhere; they must not share a counter. */
static void an_id_asked_for_twice_gets_two_slots(void **state)
{
	struct slot_use old[] = {{.id = 5, .slot = 0}};
	struct slot_want want[] = {{.id = 5}, {.id = 5}};

	(void)state;
	assert_int_equal(slots_assign(old, COUNT(old), want, COUNT(want), 2), 0);
	assert_true(want[0].kept);
	assert_false(want[1].kept);
	assert_distinct(want, COUNT(want), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_first_everybody_gets_a_fresh_slot),
		cmocka_unit_test(who_stays_keeps_the_slot_wherever_it_moves),
		cmocka_unit_test(
			newcomers_leave_alone_what_the_old_policy_still_counts_in),
		cmocka_unit_test(slots_of_the_leaving_are_the_last_resort),
		cmocka_unit_test(more_than_there_are_slots_is_refused),
		cmocka_unit_test(a_slot_out_of_range_is_refused),
		cmocka_unit_test(a_hundred_thousand_find_their_slots_again),
		cmocka_unit_test(ids_that_share_their_lower_bits_are_told_apart),
		cmocka_unit_test(an_id_asked_for_twice_gets_two_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
