// SPDX-License-Identifier: GPL-2.0
/*
 * test_analysis_diff.c - what two lists decide differently: told is what counting all
 * packets of a small world says, pair of lines by pair of lines.
 */
#include "tests/unit/analysis_test.h"

#include "analysis/diff_list.h"

/* ---- lists that have much in common ---- */

static void copy_line(struct small_list *to, size_t at, const struct small_list *from,
		      size_t i)
{
	to->sets[at] = from->sets[i];
	to->lines[at] = from->lines[i];
	to->lines[at].src = to->sets[at].src;
	to->lines[at].dst = to->sets[at].dst;
	to->lines[at].services = to->sets[at].services;
}

/* Lines of the old list, some left out, some new, some turned, two exchanged. */
static void edit(const struct small_list *old, struct small_list *new, uint32_t families)
{
	size_t n = 0;

	for (size_t i = 0; i < old->list.n_lines && n < MAX_LINES; i++) {
		uint32_t what = rnd(10);

		if (what == 0)
			continue;
		if (what == 1) {
			small_make_line(new, n, families);
			new->lines[n].permit = rnd(2);
			n++;
			if (n == MAX_LINES)
				break;
		}
		copy_line(new, n, old, i);
		if (what == 2)
			new->lines[n].permit = !new->lines[n].permit;
		if (what == 3 && n) {
			copy_line(new, n, old, i ? i - 1 : 0);
			copy_line(new, n - 1, old, i);
		}
		n++;
	}
	small_settle(new, n);
}

/* ---- counting ---- */

#define N_PAIRS (MAX_LINES + 1)

struct pairs {
	const struct small_list *old;
	const struct small_list *new;
	bool differ[N_PAIRS][N_PAIRS]; /* MAX_LINES: the end of the list */
};

static bool permits(const struct small_list *l, size_t line)
{
	return line < l->list.n_lines && l->lines[line].permit;
}

static size_t pair_index(const struct small_list *l, size_t line)
{
	return line < l->list.n_lines ? line : MAX_LINES;
}

static void count_pair(void *arg, const struct small_packet *p)
{
	struct pairs *pairs = arg;
	size_t old = small_first(&pairs->old->list, p);
	size_t new = small_first(&pairs->new->list, p);

	if (permits(pairs->old, old) != permits(pairs->new, new))
		pairs->differ[pair_index(pairs->old, old)][pair_index(pairs->new, new)] =
			true;
}

/* 5, 6 and 7 are of the same prefixes as 4, and what is beyond is of none. */
static uint64_t small_address(enum acl_family family, space_address address)
{
	space_address base = family == ACL_IPV4 ? V4_BASE : (space_address)V6_BASE << 64;

	if (address - base >= 8)
		return SMALL_FAR;
	return address - base < 4 ? (uint64_t)(address - base) : 4;
}

static struct small_packet packet_of(enum acl_family family, const struct point *point)
{
	return (struct small_packet){
		.family = family,
		.src = small_address(family, point->src),
		.dst = small_address(family, point->dst),
		.src_port = point->src_port,
		.dst_port = point->dst_port,
		.proto = point->proto,
		.flags = point->tcp_flags,
		.later = point->later,
	};
}

static size_t known(size_t line)
{
	return line == SPACE_NO_LINE ? MAX_LINES : line;
}

static size_t n_told;

static void check_lists(const struct small_list *old, const struct small_list *new,
			uint32_t families)
{
	static const struct point_taste taste[ACL_N_FAMILIES];
	static struct pairs pairs;
	struct list_diff diff = {0};
	uint64_t work = 0;

	memset(&pairs, 0, sizeof(pairs));
	pairs.old = old;
	pairs.new = new;
	small_each(families, count_pair, &pairs);
	assert_int_equal(space_diff_lists(&old->list, &new->list, taste, &work, &diff),
			 0);
	assert_int_equal(diff.n_unexamined, 0);
	for (size_t i = 0; i < diff.items.count; i++) {
		const struct list_difference *it = &diff.items.items[i];
		struct small_packet p = packet_of(it->family, &it->example);

		assert_true(pairs.differ[known(it->old)][known(it->new)]);
		pairs.differ[known(it->old)][known(it->new)] = false;
		assert_int_equal(pair_index(old, small_first(&old->list, &p)),
				 known(it->old));
		assert_int_equal(pair_index(new, small_first(&new->list, &p)),
				 known(it->new));
	}
	n_told += diff.items.count;
	for (size_t i = 0; i < N_PAIRS; i++)
		for (size_t j = 0; j < N_PAIRS; j++)
			assert_false(pairs.differ[i][j]);
	vec_free(&diff.items);
}

static void random_edits(uint32_t families, int times)
{
	static struct small_list old, new;

	n_told = 0;
	for (int i = 0; i < times; i++) {
		small_make(&old, MAX_LINES - rnd(4), families);
		edit(&old, &new, families);
		check_lists(&old, &new, families);
	}
	assert_true(n_told > (size_t)times);
}

static void every_difference_in_ipv4_is_told_and_nothing_else(void **state)
{
	(void)state;
	random_edits(0, 400);
}

static void every_difference_in_ipv6_is_told_and_nothing_else(void **state)
{
	(void)state;
	random_edits(1, 200);
}

static void every_difference_in_mixed_lists_is_told_once(void **state)
{
	(void)state;
	random_edits(2, 200);
}

static void lists_that_have_nothing_in_common_are_compared(void **state)
{
	static struct small_list old, new;

	(void)state;
	for (int i = 0; i < 100; i++) {
		small_make(&old, 1 + rnd(MAX_LINES), 0);
		small_make(&new, 1 + rnd(MAX_LINES), 0);
		check_lists(&old, &new, 0);
		small_settle(&new, 0);
		check_lists(&old, &new, 0);
		check_lists(&new, &old, 0);
		check_lists(&old, &old, 0);
	}
}

/* ---- what is common ---- */

static void twins_are_equal_and_in_order(void **state)
{
	static struct small_list old, new;
	size_t old_twin[MAX_LINES], new_twin[MAX_LINES], n_twins = 0;

	(void)state;
	for (int round = 0; round < 500; round++) {
		struct scratch memory = {0};
		struct both_families a = {0}, b = {0};
		size_t last = 0;

		small_make(&old, MAX_LINES - rnd(4), 0);
		edit(&old, &new, 0);
		assert_int_equal(space_list_make(&memory, ACL_IPV4, &old.list, &a.of[0]),
				 0);
		assert_int_equal(space_list_make(&memory, ACL_IPV4, &new.list, &b.of[0]),
				 0);
		assert_int_equal(space_common_lines(&a, old.list.n_lines, &b,
						    new.list.n_lines, old_twin, new_twin),
				 0);
		for (size_t i = 0; i < old.list.n_lines; i++) {
			size_t twin = old_twin[i];

			if (twin == SPACE_NO_LINE)
				continue;
			n_twins++;
			assert_true(twin + 1 > last);
			last = twin + 1;
			assert_int_equal(new_twin[twin], i);
			assert_true(space_lines_equal(&a.of[0].lines[i],
						      &b.of[0].lines[twin]));
		}
		scratch_free(&memory);
	}
	assert_true(n_twins > 500ul * 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_difference_in_ipv4_is_told_and_nothing_else),
		cmocka_unit_test(every_difference_in_ipv6_is_told_and_nothing_else),
		cmocka_unit_test(every_difference_in_mixed_lists_is_told_once),
		cmocka_unit_test(lists_that_have_nothing_in_common_are_compared),
		cmocka_unit_test(twins_are_equal_and_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
