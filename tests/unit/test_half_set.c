// SPDX-License-Identifier: GPL-2.0
/*
 * test_half_set.c - where keys of half-open connections belong, and who makes way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/half_set.h"

#define N_SETS 256u
#define N_KEYS (N_SETS * 64)
#define SEC_NS 1000000000ull

static const struct half_head head = {
	.seed = {0x0123456789abcdefull, 0xfedcba9876543210ull}, .n_sets = N_SETS};

/* As a flood has them: one sender after the other, one port after the other. */
static struct flow_key key_of(uint32_t n)
{
	struct flow_key key;

	memset(&key, 0, sizeof(key));
	key.addr[0].word[3] = __builtin_bswap32(0x0a00000a);
	key.addr[1].word[3] = __builtin_bswap32(0xc6120000 + n / 16);
	key.port[0] = __builtin_bswap16(80);
	key.port[1] = __builtin_bswap16((uint16_t)(1024 + n % 16));
	key.proto = 6;
	return key;
}

static void the_sets_are_filled_alike(void **state)
{
	unsigned int n[N_SETS] = {0};

	(void)state;
	for (uint32_t i = 0; i < N_KEYS; i++) {
		struct flow_key key = key_of(i);
		struct half_place at = half_place(&head, &key);

		assert_true(at.set < N_SETS);
		n[at.set]++;
	}
	/* 64 are to be expected, plus or minus 8; 6 times that is chance no more. */
	for (size_t i = 0; i < N_SETS; i++)
		assert_in_range(n[i], 16, 112);
}

/* Those that share a set have other sets of their own. */
static void the_other_set_is_by_chance(void **state)
{
	unsigned int n[N_SETS] = {0}, neighbours = 0;

	(void)state;
	for (uint32_t i = 0; i < N_KEYS; i++) {
		struct flow_key key = key_of(i);
		struct half_place at = half_place(&head, &key);

		assert_true(at.other < N_SETS);
		n[at.other]++;
		neighbours += at.set == 0 && at.other == 1;
	}
	for (size_t i = 0; i < N_SETS; i++)
		assert_in_range(n[i], 16, 112);
	assert_in_range(neighbours, 0, 8); /* of 64 there, one in 256 */
}

static void a_guest_is_known_as_such(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < N_KEYS; i++) {
		struct flow_key key = key_of(i);
		uint32_t tag = half_place(&head, &key).tag;

		assert_false(half_is_guest(half_make_word(HALF_TIME_MASK, tag)));
		assert_true(half_is_guest(half_make_word(0, tag | HALF_GUEST)));
	}
	assert_false(half_is_guest(half_make_word(HALF_TIME_MASK, HALF_CLAIMED)));
	assert_false(half_is_guest(0));
}

static void a_tag_is_odd_and_small(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < N_KEYS; i++) {
		struct flow_key key = key_of(i);
		struct half_place at = half_place(&head, &key);

		assert_true(at.tag & 1);
		assert_true(at.tag <= HALF_TAG_MASK);
		assert_int_equal(half_tag(half_make_word(HALF_TIME_MASK, at.tag)),
				 at.tag);
	}
}

/* Who shares a set under one seed does not under another. */
static void the_seed_decides(void **state)
{
	static const uint64_t seeds[][2] = {{1, 0}, {0, 2}, {0, 1ull << 63}};

	(void)state;
	for (size_t s = 0; s < 3; s++) {
		struct half_head other = head;
		unsigned int same = 0;

		other.seed[0] ^= seeds[s][0];
		other.seed[1] ^= seeds[s][1];
		for (uint32_t i = 0; i < N_KEYS; i++) {
			struct flow_key key = key_of(i);

			same += half_place(&head, &key).set ==
				half_place(&other, &key).set;
		}
		assert_in_range(same, 0, 2 * N_KEYS / N_SETS);
	}
}

static void every_part_of_a_key_counts(void **state)
{
	const struct flow_key key = key_of(0);
	struct half_place at = half_place(&head, &key);

	(void)state;
	assert_true(half_same(&key, &key));
	for (size_t bit = 0; bit < 8 * sizeof(key); bit++) {
		struct flow_key other = key;
		struct half_place there;

		((unsigned char *)&other)[bit / 8] ^= (unsigned char)(1 << bit % 8);
		there = half_place(&head, &other);
		assert_false(half_same(&key, &other));
		assert_true(there.set != at.set || there.tag != at.tag);
	}
}

static void the_oldest_makes_way(void **state)
{
	const uint64_t nows[] = {SEC_NS, 100 * SEC_NS, 86400 * SEC_NS,
				 (HALF_TIME_MASK << HALF_TIME_SHIFT) + SEC_NS / 2};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		uint64_t now = half_time(nows[i]);
		uint64_t recent = half_make_word(half_time(nows[i] - SEC_NS / 1000), 5);
		uint64_t older = half_make_word(half_time(nows[i] - SEC_NS), 7);
		uint64_t ahead = half_make_word(half_time(nows[i] + SEC_NS / 2), 9);
		uint64_t claimed = half_make_word(now, HALF_CLAIMED);

		assert_true(half_age(0, now) > half_age(older, now));
		assert_true(half_age(older, now) > half_age(recent, now));
		assert_true(half_age(recent, now) > half_age(ahead, now));
		assert_true(half_age(ahead, now) > half_age(claimed, now));
		assert_int_equal(half_age(claimed, now), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sets_are_filled_alike),
		cmocka_unit_test(the_other_set_is_by_chance),
		cmocka_unit_test(a_guest_is_known_as_such),
		cmocka_unit_test(a_tag_is_odd_and_small),
		cmocka_unit_test(the_seed_decides),
		cmocka_unit_test(every_part_of_a_key_counts),
		cmocka_unit_test(the_oldest_makes_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
