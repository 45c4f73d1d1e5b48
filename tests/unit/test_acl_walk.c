// SPDX-License-Identifier: GPL-2.0
/*
 * test_acl_walk.c - the walk over images made by hand: which rule a packet matches,
 * and that a bound met, or an element missing, is never an answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bpf/acl_native.h"

#define HEADER	  8
#define ROOM	  16 /* free words, from here on */
#define N_WORDS	  256
#define N_RULES	  128
#define SRC	  0xc0000201u /* 192.0.2.1 */
#define DST	  0xc6336401u /* 198.51.100.1 */
#define TCP	  6
#define UDP	  17
#define LINE(n)	  ((uint64_t)(n))
#define ALL_PORTS .src_port_span = 65535, .dst_port_span = 65535
#define ANYONE	  .src_shift = 32, .dst_shift = 32, ALL_PORTS
#define ANYONE6	  .src_shift = 128, .dst_shift = 128, ALL_PORTS

static uint64_t words[N_WORDS];
static struct acl_rule4 rules4[N_RULES];
static struct acl_rule6 rules6[N_RULES];
static struct acl_image image;
static struct acl_native_key key;

static int begin(void **state)
{
	(void)state;
	memset(words, 0, sizeof(words));
	memset(rules4, 0, sizeof(rules4));
	memset(rules6, 0, sizeof(rules6));
	image = (struct acl_image){.words = words,
				   .rules4 = rules4,
				   .rules6 = rules6,
				   .n_words = N_WORDS,
				   .n_rules4 = N_RULES,
				   .n_rules6 = N_RULES};
	key = (struct acl_native_key){.src_low = SRC,
				      .dst_low = DST,
				      .src_port = 1000,
				      .dst_port = 80,
				      .proto = TCP,
				      .family = ACL_IPV4};
	return 0;
}

static struct acl_native_result ask(void)
{
	const struct acl_root root = {HEADER, HEADER};
	struct acl_native_result result;

	acl_walk_native(&image, root, &key, &result);
	return result;
}

static void expect(enum acl_verdict verdict, uint32_t line)
{
	struct acl_native_result result = ask();

	assert_int_equal(result.verdict, verdict);
	assert_int_equal(result.line, line);
}

#define EXPECT_NONE()	expect(ACL_NO_MATCH, ACL_NO_LINE)
#define EXPECT_BROKEN() expect(ACL_BROKEN, ACL_NO_LINE)

/* All rules up to the n-th are one leaf that is always scanned. */
static void scan_always(unsigned int n)
{
	words[HEADER + ACL_H_ALWAYS] = ACL_LEAF(LINE(0), 0, n);
}

/* ---- rules ---- */

static void first_match_wins(void **state)
{
	(void)state;
	EXPECT_NONE();
	scan_always(3);
	rules4[0] = (struct acl_rule4){.src = SRC + 1, .dst = DST, ALL_PORTS};
	rules4[0].head = ACL_HEAD(3, true, true, 0);
	rules4[1] = (struct acl_rule4){
		.src = SRC, .src_shift = 8, .dst_shift = 32, ALL_PORTS};
	rules4[1].head = ACL_HEAD(5, false, false, TCP);
	rules4[2] = (struct acl_rule4){ANYONE, .head = ACL_HEAD(7, true, true, 0)};
	expect(ACL_DENY, 5);
	key.proto = UDP;
	expect(ACL_PERMIT, 7);
	key.src_low = SRC + 1;
	expect(ACL_PERMIT, 3);
}

static void protocols_are_told_apart(void **state)
{
	(void)state;
	scan_always(1);
	for (unsigned int proto = 0; proto < 256; proto++) {
		rules4[0] = (struct acl_rule4){ANYONE};
		rules4[0].head = ACL_HEAD(1, true, false, proto);
		for (unsigned int bit = 0; bit <= 8; bit++) {
			key.proto = (uint8_t)(proto ^ 1u << bit);
			assert_int_equal(ask().verdict == ACL_PERMIT, bit == 8);
		}
	}
}

static void ports_are_ranges(void **state)
{
	static const struct {
		uint16_t low, high, port;
		bool inside;
	} cases[] = {
		{0, 65535, 0, true},
		{0, 65535, 65535, true},
		{80, 80, 80, true},
		{80, 80, 79, false},
		{80, 80, 81, false},
		{0, 0, 0, true},
		{0, 0, 1, false},
		{65535, 65535, 65535, true},
		{65535, 65535, 65534, false},
		{1024, 65535, 1023, false},
		{1024, 65535, 1024, true},
		{0, 1023, 1024, false},
	};

	(void)state;
	scan_always(1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint16_t span = cases[i].high - cases[i].low;

		key.src_port = cases[i].port;
		key.dst_port = 7;
		rules4[0] =
			(struct acl_rule4){ANYONE, .head = ACL_HEAD(1, true, true, 0)};
		rules4[0].src_port_low = cases[i].low;
		rules4[0].src_port_span = span;
		assert_int_equal(ask().verdict,
				 cases[i].inside ? ACL_PERMIT : ACL_NO_MATCH);
		key.src_port = 7;
		key.dst_port = cases[i].port;
		rules4[0] =
			(struct acl_rule4){ANYONE, .head = ACL_HEAD(1, true, true, 0)};
		rules4[0].dst_port_low = cases[i].low;
		rules4[0].dst_port_span = span;
		assert_int_equal(ask().verdict,
				 cases[i].inside ? ACL_PERMIT : ACL_NO_MATCH);
	}
}

/* What the words of abi_acl.h say, word by word. */
static bool holds(uint16_t cond, uint8_t flags, bool later)
{
	uint32_t named = 0, right = 0;

	if (later && (cond & ACL_COND_PORTS))
		return false;
	if (!later && (cond & ACL_COND_FRAGMENTS))
		return false;
	for (int bit = 0; bit < 6; bit++) {
		bool set = flags >> bit & 1;

		named += ACL_COND_SET(cond) >> bit & 1;
		right += (ACL_COND_SET(cond) >> bit & 1) && set;
		named += ACL_COND_CLEAR(cond) >> bit & 1;
		right += (ACL_COND_CLEAR(cond) >> bit & 1) && !set;
	}
	return cond & ACL_COND_ANY ? right > 0 : right == named;
}

/* Every condition upon two flags, with every packet. */
static void conditions_hold_as_they_say(void **state)
{
	const uint32_t others[] = {0, ACL_COND_PORTS, ACL_COND_FRAGMENTS,
				   ACL_COND_PORTS | ACL_COND_FRAGMENTS};

	(void)state;
	scan_always(1);
	for (uint32_t n = 0; n < 8192; n++) {
		uint32_t set = (n & 3) << 1 | (n >> 2 & 1) << 5;
		uint32_t clear = (n >> 3 & 3) << 1 | (n >> 5 & 1) << 5;
		uint16_t cond = set | clear << 6 | (n >> 6 & 1 ? ACL_COND_ANY : 0) |
				others[n >> 7 & 3];
		uint8_t flags = (n >> 9 & 3) << 1 | (n >> 11 & 1) << 5;

		rules4[0] = (struct acl_rule4){ANYONE, .head = ACL_HEAD(1, true, true, 0),
					       .cond = cond};
		key.later_fragment = n >> 12 & 1;
		key.tcp_flags = flags;
		assert_int_equal(
			ask().verdict == ACL_PERMIT,
			holds(cond, key.later_fragment ? 0 : flags, key.later_fragment));
	}
}

static void ipv6_compares_every_bit_above_its_shift(void **state)
{
	const uint64_t high = 0x20010db8a5a55a5aull, low = 0x0123456789abcdefull;

	(void)state;
	key.family = ACL_IPV6;
	key.dst_low = 1;
	scan_always(1);
	for (unsigned int shift = 0; shift <= 128; shift++) {
		rules6[0] = (struct acl_rule6){.src_high = high,
					       .src_low = low,
					       .dst_shift = 128,
					       .src_shift = shift,
					       ALL_PORTS};
		rules6[0].head = ACL_HEAD(1, true, true, 0);
		for (unsigned int bit = 0; bit < 128; bit++) {
			key.src_high = bit < 64 ? high : high ^ 1ull << (bit - 64);
			key.src_low = bit < 64 ? low ^ 1ull << bit : low;
			assert_int_equal(ask().verdict == ACL_PERMIT, bit < shift);
		}
		key.src_high = high;
		key.src_low = low;
		expect(ACL_PERMIT, 1);
	}
}

/* ---- arithmetic instead of branches ---- */

static void shifts_are_those_of_the_builder(void **state)
{
	const uint64_t high = 0x8123456789abcdefull, low = 0xfedcba9876543211ull;

	(void)state;
	for (unsigned int shift = 0; shift <= 128; shift++) {
		__u64 h = high, l = low;

		acl_shift_right(&h, &l, shift);
		assert_int_equal(h, acl_shift_high(high, shift));
		assert_int_equal(l, acl_shift_low(high, low, shift));
	}
	for (unsigned int bit = 0; bit < 64; bit++) {
		assert_int_equal(acl_lowest_bit(1ull << bit), bit);
		assert_int_equal(acl_lowest_bit(~0ull << bit), bit);
	}
}

static void slots_are_rejected_by_tag_and_line_alone(void **state)
{
	(void)state;
	for (uint32_t top = 0; top < 64; top++) {
		uint32_t hash = top << 26 | 5;

		for (uint64_t tag = 0; tag < 64; tag++) {
			uint64_t slot = ACL_TAGGED(ACL_LEAF(LINE(9), 1, 1), tag);
			bool mine = !tag || tag == acl_tag(hash);

			assert_int_equal(acl_slot_may_match(slot, hash, ACL_ANSWER_NONE),
					 mine);
			assert_int_equal(acl_slot_may_match(slot | ACL_NODE, hash,
							    ACL_HEAD(10, 0, 0, 0)),
					 mine);
			assert_false(
				acl_slot_may_match(slot, hash, ACL_HEAD(9, 1, 1, 255)));
			assert_false(acl_slot_may_match(slot, hash, 0));
		}
		assert_false(acl_slot_may_match(0, hash, ACL_ANSWER_NONE));
	}
}

/* ---- tables ---- */

/* Table number n: of /24 upon any, or of any upon any; a slot for this packet. */
static void put_table(unsigned int n, uint32_t line, unsigned int src_shift,
		      uint64_t slot)
{
	const unsigned int at = ROOM + 64 + 2 * n;
	uint32_t hash = acl_hash4((uint32_t)((uint64_t)SRC >> src_shift), 0, n);

	words[ROOM + n] = ACL_TABLE(line, src_shift, 32, 1, at);
	words[at + (hash & 1)] = ACL_TAGGED(slot, acl_tag(hash));
}

static void put_tables(uint64_t bitmap)
{
	words[HEADER + ACL_H_SRC] = bitmap;
	words[HEADER + ACL_H_DST] = bitmap;
	words[HEADER + ACL_H_TABLES] = ROOM;
}

static void tables_are_asked_in_order_and_no_further_than_need_be(void **state)
{
	(void)state;
	put_tables(1ull << 0 | 1ull << 5 | 1ull << 61);
	rules4[0] = (struct acl_rule4){ANYONE, .head = ACL_HEAD(20, true, false, UDP)};
	rules4[1] = (struct acl_rule4){ANYONE, .head = ACL_HEAD(11, false, true, 0)};
	rules4[2] = (struct acl_rule4){ANYONE, .head = ACL_HEAD(12, true, true, 0)};
	put_table(0, 10, 8, ACL_LEAF(LINE(10), 0, 1));
	put_table(5, 11, 32, ACL_LEAF(LINE(11), 1, 1));
	put_table(61, 12, 32, ACL_LEAF(LINE(12), 2, 1));
	expect(ACL_DENY, 11);
	/* Nobody asks it: it may be anything. */
	words[ROOM + 61] = ACL_TABLE(12, 32, 32, 1, 2 * 0x7ffffful);
	expect(ACL_DENY, 11);
	words[ROOM + 61] = ACL_TABLE(10, 32, 32, 1, 2 * 0x7ffffful);
	EXPECT_BROKEN();
	/* Both tries have a say. */
	words[HEADER + ACL_H_SRC] = 1ull << 5;
	expect(ACL_DENY, 11);
	words[HEADER + ACL_H_SRC] = 1;
	EXPECT_NONE();
	words[HEADER + ACL_H_SRC] = 0;
	EXPECT_NONE();
}

static void later_line_is_no_better(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		rules4[i] = (struct acl_rule4){ANYONE};
		rules6[i] = (struct acl_rule6){ANYONE6};
	}
	/* The slot promises line 3, which is about UDP; line 7 comes too late. */
	rules4[0].head = rules6[0].head = ACL_HEAD(5, true, true, 0);
	rules4[1].head = rules6[1].head = ACL_HEAD(3, false, false, UDP);
	rules4[2].head = rules6[2].head = ACL_HEAD(7, false, true, 0);
	scan_always(1);
	put_tables(1);
	words[ROOM] = ACL_TABLE(3, 128, 128, 0, ROOM + 2);
	words[ROOM + 2] = ACL_LEAF(LINE(3), 1, 2);
	for (key.family = ACL_IPV4; key.family <= ACL_IPV6; key.family++) {
		if (key.family == ACL_IPV4)
			words[ROOM] = ACL_TABLE(3, 32, 32, 0, ROOM + 2);
		expect(ACL_PERMIT, 5);
		key.proto = UDP;
		expect(ACL_DENY, 3);
		key.proto = TCP;
	}
}

static void more_tables_than_there_can_be_are_no_answer(void **state)
{
	(void)state;
	put_tables(ACL_NODE - 1);
	for (unsigned int n = 0; n < 63; n++)
		words[ROOM + n] = ACL_TABLE(1, 32, 32, 0, ROOM + 128);
	EXPECT_BROKEN();
	put_tables((1ull << ACL_MAX_TABLES) - 1);
	EXPECT_NONE();
}

/* ---- bounds ---- */

/* Nodes in a row from words[at] on; the last one's child is `end`. */
static void chain(unsigned int at, unsigned int n, uint64_t end)
{
	for (unsigned int i = 0; i < n; i++) {
		uint64_t *word = &words[ROOM + 2 * i];

		word[0] = word[1] =
			i + 1 < n ? ACL_NODE_OF(LINE(0), (uint64_t)ROOM + 2ul * (i + 1),
						0, 32, 1)
				  : end;
	}
	words[at] = n ? ACL_NODE_OF(LINE(0), (uint64_t)ROOM, 0, 32, 1) : end;
}

static void depth_has_its_bound(unsigned int at, unsigned int bound, uint64_t end)
{
	for (unsigned int n = 0; n <= bound + 3; n++) {
		chain(at, n, end);
		assert_int_equal(ask().verdict, n <= bound ? ACL_PERMIT : ACL_BROKEN);
	}
	/* One that leads to itself: no port is so high, nor those addresses. */
	words[at] = ACL_NODE_OF(LINE(0), (uint64_t)at, 1, 63, 1);
	assert_int_equal(ask().verdict, ACL_BROKEN);
	/* And one that leads nowhere. */
	words[at] = ACL_NODE_OF(LINE(0), (uint64_t)N_WORDS, 1, 63, 1);
	assert_int_equal(ask().verdict, ACL_BROKEN);
}

static void permit_all(void)
{
	rules4[0] = (struct acl_rule4){ANYONE, .head = ACL_HEAD(1, true, true, 0)};
	rules6[0] = (struct acl_rule6){ANYONE6, .head = ACL_HEAD(1, true, true, 0)};
}

static void trees_have_their_bound(void **state)
{
	(void)state;
	permit_all();
	for (key.family = ACL_IPV4; key.family <= ACL_IPV6; key.family++)
		depth_has_its_bound(HEADER + ACL_H_ALWAYS, ACL_MAX_TREE_STEPS,
				    ACL_LEAF(LINE(0), 0, 1));
}

static void tries_have_their_bound(void **state)
{
	(void)state;
	permit_all();
	for (key.family = ACL_IPV4; key.family <= ACL_IPV6; key.family++) {
		for (unsigned int at = ACL_H_SRC; at <= ACL_H_DST; at++) {
			words[HEADER + ACL_H_SRC] = words[HEADER + ACL_H_DST] = 1;
			words[HEADER + ACL_H_TABLES] = ROOM + 100;
			words[ROOM + 100] = ACL_TABLE(
				0, key.family == ACL_IPV4 ? 32 : 128,
				key.family == ACL_IPV4 ? 32 : 128, 0, ROOM + 102);
			words[ROOM + 102] = ACL_LEAF(LINE(0), 0, 1);
			depth_has_its_bound(HEADER + at, ACL_MAX_TRIE_STEPS, 1);
		}
	}
}

static void class_tries_have_their_bound(void **state)
{
	(void)state;
	permit_all();
	for (key.family = ACL_IPV4; key.family <= ACL_IPV6; key.family++) {
		for (unsigned int at = ACL_H_SRC_CLASS; at <= ACL_H_DST_CLASS; at++) {
			memset(words, 0, sizeof(words));
			words[HEADER + ACL_H_CLASSES] = ROOM + 120;
			words[ROOM + 120 + ACL_H_ALWAYS] = ACL_LEAF(LINE(0), 0, 1);
			depth_has_its_bound(HEADER + at, ACL_MAX_CLASS_STEPS,
					    ACL_CLASS_OF(3));
		}
	}
}

static void leaves_have_their_bound(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ACL_MAX_LEAF; i++) {
		rules4[i] = (struct acl_rule4){ANYONE};
		rules6[i] = (struct acl_rule6){ANYONE6};
		rules4[i].head = rules6[i].head =
			ACL_HEAD(i, true, false, i + 1 < ACL_MAX_LEAF ? UDP : TCP);
	}
	for (key.family = ACL_IPV4; key.family <= ACL_IPV6; key.family++) {
		scan_always(ACL_MAX_LEAF);
		expect(ACL_PERMIT, ACL_MAX_LEAF - 1);
		scan_always(ACL_MAX_LEAF + 1);
		EXPECT_BROKEN();
		words[HEADER + ACL_H_ALWAYS] = ACL_LEAF(LINE(0), N_RULES - 1, 1);
		EXPECT_NONE();
		words[HEADER + ACL_H_ALWAYS] = ACL_LEAF(LINE(0), N_RULES - 1, 2);
		rules4[N_RULES - 1].head = rules6[N_RULES - 1].head =
			ACL_HEAD(0, true, false, UDP);
		EXPECT_BROKEN();
	}
}

static void headers_lie_within_the_image(void **state)
{
	(void)state;
	permit_all();
	scan_always(1);
	for (key.family = ACL_IPV4; key.family <= ACL_IPV6; key.family++) {
		/* Of a leaf that is always scanned, up to what says of classes. */
		for (image.n_words = 0; image.n_words <= HEADER + ACL_H_CLASSES;
		     image.n_words++)
			EXPECT_BROKEN();
		expect(ACL_PERMIT, 1);
		image.n_words = N_WORDS;
	}
}

/* ---- classes ---- */

/* Both guards of an address: inside leads to class 4, outside to 5. */
static void put_guard4(unsigned int at, uint64_t prefix, unsigned int shift)
{
	words[at] = prefix << 32 | shift;
	words[at + 1] = ACL_CLASS_OF(4);
	words[at + 2] = ACL_CLASS_OF(5);
}

static void put_classes(void)
{
	const unsigned int classes = ROOM + 100;

	words[HEADER + ACL_H_SRC_CLASS] = ACL_GUARD_OF(ROOM);
	words[HEADER + ACL_H_DST_CLASS] = ACL_CLASS_OF(9);
	words[HEADER + ACL_H_CLASSES] = classes;
	words[HEADER + ACL_H_LINE] = 2;
	words[classes + ACL_H_ALWAYS] = ACL_LEAF(LINE(2), 0, 1);
	rules4[0] = (struct acl_rule4){.src = 4, .dst = 9, ALL_PORTS};
	rules4[0].head = ACL_HEAD(2, true, false, TCP);
}

static void guards_choose_by_prefix(void **state)
{
	(void)state;
	put_classes();
	for (unsigned int shift = 0; shift <= 32; shift++) {
		put_guard4(ROOM, SRC, shift);
		key.src_low = SRC;
		expect(ACL_PERMIT, 2);
		for (unsigned int bit = 0; bit < 32; bit++) {
			key.src_low = SRC ^ 1u << bit;
			assert_int_equal(ask().verdict == ACL_PERMIT, bit < shift);
		}
	}
	key.family = ACL_IPV6;
	for (unsigned int shift = 0; shift <= 128; shift++) {
		words[ROOM] = 7;
		words[ROOM + 1] = SRC;
		words[ROOM + 2] = shift;
		words[ROOM + 3] = ACL_CLASS_OF(4);
		words[ROOM + 4] = ACL_CLASS_OF(5);
		for (unsigned int bit = 0; bit < 128; bit++) {
			key.src_high = bit < 64 ? 7 : 7 ^ 1ull << (bit - 64);
			key.src_low = bit < 64 ? SRC ^ 1ull << bit : SRC;
			assert_int_equal(ask().verdict == ACL_PERMIT, bit < shift);
		}
	}
}

static void classes_are_asked_if_they_may_be_before(void **state)
{
	(void)state;
	put_classes();
	put_guard4(ROOM, SRC, 0);
	rules4[1] = (struct acl_rule4){ANYONE, .head = ACL_HEAD(3, false, true, 0)};
	words[HEADER + ACL_H_ALWAYS] = ACL_LEAF(LINE(3), 1, 1);
	expect(ACL_PERMIT, 2);
	key.proto = UDP; /* the class's rule is about TCP: ports go with the classes */
	expect(ACL_DENY, 3);
	/* Not before: it may be anything. */
	rules4[1].head = ACL_HEAD(2, false, true, 0);
	words[HEADER + ACL_H_SRC_CLASS] = ACL_NODE_OF(LINE(0), N_WORDS + 1ul, 0, 0, 1);
	expect(ACL_DENY, 2);
	rules4[1].head = ACL_HEAD(3, false, true, 0);
	EXPECT_BROKEN();
	/* No class number has more than 32 bits. */
	words[HEADER + ACL_H_SRC_CLASS] = 1ull << 32;
	EXPECT_BROKEN();
	words[HEADER + ACL_H_SRC_CLASS] = ACL_GUARD_OF((uint64_t)N_WORDS);
	EXPECT_BROKEN();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(first_match_wins, begin),
		cmocka_unit_test_setup(protocols_are_told_apart, begin),
		cmocka_unit_test_setup(ports_are_ranges, begin),
		cmocka_unit_test_setup(conditions_hold_as_they_say, begin),
		cmocka_unit_test_setup(ipv6_compares_every_bit_above_its_shift, begin),
		cmocka_unit_test_setup(shifts_are_those_of_the_builder, begin),
		cmocka_unit_test_setup(slots_are_rejected_by_tag_and_line_alone, begin),
		cmocka_unit_test_setup(
			tables_are_asked_in_order_and_no_further_than_need_be, begin),
		cmocka_unit_test_setup(later_line_is_no_better, begin),
		cmocka_unit_test_setup(more_tables_than_there_can_be_are_no_answer,
				       begin),
		cmocka_unit_test_setup(trees_have_their_bound, begin),
		cmocka_unit_test_setup(tries_have_their_bound, begin),
		cmocka_unit_test_setup(class_tries_have_their_bound, begin),
		cmocka_unit_test_setup(leaves_have_their_bound, begin),
		cmocka_unit_test_setup(headers_lie_within_the_image, begin),
		cmocka_unit_test_setup(guards_choose_by_prefix, begin),
		cmocka_unit_test_setup(classes_are_asked_if_they_may_be_before, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
