// SPDX-License-Identifier: GPL-2.0
/*
 * test_frag.c - which stretches of a datagram may join, against a bitmap that
 * forgets nothing.
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
#include "bpf/frag.h"

#define UNITS	 8192
#define N_TRIALS 800

static __u32 noise = 88172645u;

static __u32 random_below(__u32 n)
{
	noise ^= noise << 13;
	noise ^= noise >> 17;
	noise ^= noise << 5;
	return noise % n;
}

static bool add(struct frag *frag, __u16 from, __u16 to, bool last)
{
	const struct frag_range range = {.from = from, .to = to};

	if (frag_fits(frag, range, last))
		return false;
	frag_enter(frag, range, last);
	return true;
}

static struct frag begin(__u16 to)
{
	struct frag frag = {.created_ns = 1};

	frag_enter(&frag, (struct frag_range){0, to}, false);
	return frag;
}

static void test_ranges_are_in_units_of_eight_bytes(void **state)
{
	struct pkt pkt = {.fragment_off = 1480, .fragment_len = 1480};
	struct frag_range range = frag_range_of(&pkt);

	(void)state;
	assert_int_equal(range.from, 185);
	assert_int_equal(range.to, 370);
	pkt.fragment_len = 1; /* the last may end inside a unit */
	assert_int_equal(frag_range_of(&pkt).to, 186);
	pkt.fragment_len = 8;
	assert_int_equal(frag_range_of(&pkt).to, 186);
	pkt.fragment_len = 9;
	assert_int_equal(frag_range_of(&pkt).to, 187);
	pkt = (struct pkt){.fragment_off = 65528, .fragment_len = 7};
	assert_int_equal(frag_range_of(&pkt).to, 8192);
}

static void test_every_kind_of_overlap_is_refused(void **state)
{
	static const struct frag_range bad[] = {
		{0, 10},  {0, 1},   {9, 10},  {5, 6},	{9, 11},  {0, 40},
		{19, 21}, {20, 30}, {22, 23}, {29, 31}, {15, 35}, {15, 21},
	};
	struct frag frag = begin(10);

	(void)state;
	assert_true(add(&frag, 20, 30, false));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct frag before = frag;

		assert_int_equal(frag_fits(&frag, bad[i], false),
				 PH_DROP_FRAGMENT_OVERLAP);
		assert_memory_equal(&frag, &before, sizeof(frag));
	}
	assert_true(add(&frag, 10, 20, false));
	assert_false(frag_complete(&frag));
	assert_true(add(&frag, 30, 31, true));
	assert_true(frag_complete(&frag));
}

static void test_the_last_one_ends_the_datagram(void **state)
{
	struct frag frag = begin(10);

	(void)state;
	assert_true(add(&frag, 40, 50, false));
	assert_false(add(&frag, 20, 30, true)); /* something lies beyond */
	assert_true(add(&frag, 60, 70, true));
	assert_false(add(&frag, 70, 80, false));
	assert_false(add(&frag, 80, 90, false));
	assert_false(add(&frag, 20, 30, true)); /* a second end */
	assert_false(add(&frag, 65, 75, true));
	assert_true(add(&frag, 50, 60, false));
	assert_true(add(&frag, 10, 40, false));
	assert_true(frag_complete(&frag));
	assert_false(add(&frag, 0, 10, false));
}

static void test_order_and_reverse_need_one_range(void **state)
{
	struct frag frag = begin(1);
	int n_ranges = 0;

	(void)state;
	for (__u16 at = 1; at < 4000; at++)
		assert_true(add(&frag, at, at + 1, false));
	for (int i = 0; i < FRAG_MAX_RANGES; i++)
		n_ranges += frag.seen[i].to == 4000 && !frag.seen[i].from;
	assert_int_equal(n_ranges, 1);

	frag = begin(1);
	assert_true(add(&frag, 4000, 4001, true));
	for (__u16 at = 3999; at > 0; at--)
		assert_true(add(&frag, at, at + 1, false));
	assert_true(frag_complete(&frag));
}

static void test_gaps_are_bounded_and_may_be_closed(void **state)
{
	struct frag frag = begin(1);

	(void)state;
	for (__u16 i = 1; i < FRAG_MAX_RANGES; i++)
		assert_true(add(&frag, i * 10, i * 10 + 5, false));
	assert_false(add(&frag, 500, 501, false)); /* no room */
	assert_true(add(&frag, 75, 80, false));	   /* but room to grow */
	assert_true(add(&frag, 15, 20, false));	   /* and to join two */
	assert_true(add(&frag, 500, 501, false));
	assert_false(add(&frag, 600, 601, false));
}

/* What frag.h may refuse beyond overlaps is what it has no room for. */
static bool model_fits(const __u8 *seen, int end, struct frag_range range, bool last)
{
	if (end && (range.to > end || (last && range.to != end)))
		return false;
	for (int i = range.from; i < range.to; i++)
		if (seen[i])
			return false;
	for (int i = range.to; last && i < UNITS; i++)
		if (seen[i])
			return false;
	return true;
}

static int model_ranges(const __u8 *seen)
{
	int n = 0;

	for (int i = 0; i < UNITS; i++)
		n += seen[i] && (!i || !seen[i - 1]);
	return n;
}

static bool touches(const __u8 *seen, struct frag_range range)
{
	return (range.from && seen[range.from - 1]) ||
	       (range.to < UNITS && seen[range.to]);
}

static void test_random_fragments_agree_with_a_bitmap(void **state)
{
	unsigned int admitted = 0, overlaps = 0, full = 0, completed = 0;

	(void)state;
	for (int trial = 0; trial < N_TRIALS; trial++) {
		/* Small datagrams fill up, large ones have gaps. */
		__u32 size = trial & 1 ? 24 : UNITS - 1;
		__u32 longest = trial & 2 ? size / 6 : 5;
		__u8 seen[UNITS] = {0};
		int end = 0;
		__u16 first = 1 + random_below(size / 4);
		struct frag frag = begin(first);

		memset(seen, 1, first);
		for (int i = 0; i < 60; i++) {
			struct frag_range range = {.from = random_below(size)};
			bool last, fits, room;

			range.to = range.from + 1 + random_below(longest);
			if (range.to > size)
				range.to = size;
			last = range.to == size || random_below(60) == 0;
			fits = model_fits(seen, end, range, last);
			room = model_ranges(seen) < FRAG_MAX_RANGES ||
			       touches(seen, range);
			assert_int_equal(add(&frag, range.from, range.to, last),
					 fits && room);
			if (!fits || !room) {
				overlaps += !fits;
				full += fits;
				continue;
			}
			admitted++;
			memset(seen + range.from, 1, range.to - range.from);
			if (last)
				end = range.to;
			assert_int_equal(frag_complete(&frag),
					 end && !memchr(seen, 0, end));
		}
		completed += frag_complete(&frag);
	}
	/* Each outcome has been there. */
	assert_true(admitted > 1000 && overlaps > 1000 && full > 20 && completed > 10);
}

static void test_the_key_tells_datagrams_apart(void **state)
{
	struct pkt pkt = {.kind = PKT_IPV4, .proto = 17, .fragment_id = 5};
	struct frag_key a = {.id = 0}, b = {.id = 0};

	(void)state;
	memset(&a, 0xff, sizeof(a));
	frag_key_make(&a, &pkt, 3);
	frag_key_make(&b, &pkt, 3);
	assert_memory_equal(&a, &b, sizeof(a)); /* padding too */
	pkt.proto = 6;
	frag_key_make(&b, &pkt, 3);
	assert_memory_not_equal(&a, &b, sizeof(a)); /* RFC 791: the protocol counts */
	pkt.kind = PKT_IPV6;
	frag_key_make(&a, &pkt, 3);
	pkt.proto = 17;
	frag_key_make(&b, &pkt, 3);
	assert_memory_equal(&a, &b, sizeof(a)); /* RFC 8200: it does not */
	frag_key_make(&b, &pkt, 4);
	assert_memory_not_equal(&a, &b, sizeof(a));
	pkt.fragment_id++;
	frag_key_make(&b, &pkt, 3);
	assert_memory_not_equal(&a, &b, sizeof(a));
	pkt.fragment_id--;
	pkt.src.word[3]++;
	frag_key_make(&b, &pkt, 3);
	assert_memory_not_equal(&a, &b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges_are_in_units_of_eight_bytes),
		cmocka_unit_test(test_every_kind_of_overlap_is_refused),
		cmocka_unit_test(test_the_last_one_ends_the_datagram),
		cmocka_unit_test(test_order_and_reverse_need_one_range),
		cmocka_unit_test(test_gaps_are_bounded_and_may_be_closed),
		cmocka_unit_test(test_random_fragments_agree_with_a_bitmap),
		cmocka_unit_test(test_the_key_tells_datagrams_apart),
	};

	return cmocka_run_group_tests_name("frag", tests, NULL, NULL);
}
