// SPDX-License-Identifier: GPL-2.0
/*
 * test_csum.c - the incremental checksum agrees with the whole one.
 *
 * The reference sums bytes, from the text of RFC 1071, and shares no code with
 * what it judges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/datapath/frame.h"

#include "bpf/csum.h"

static __u32 random_state = 88172645u;

static __u32 random_u32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

/* Corners more often than chance would find them. */
static __u16 random_u16(void)
{
	static const __u16 corners[] = {0x0000, 0xffff, 0x0001, 0xfffe, 0x8000, 0x7fff};
	__u32 r = random_u32();

	return r & 0x10000 ? corners[(r >> 17) % 6] : r;
}

/* Words as they lie in a packet, so no byte order is assumed. */
static __u16 load16(const __u8 *at)
{
	__u16 v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static __u32 load32(const __u8 *at)
{
	__u32 v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static void test_fold_keeps_the_sum(void **state)
{
	(void)state;
	assert_int_equal(csum_fold(0), 0);
	assert_int_equal(csum_fold(0xffff), 0xffff);
	assert_int_equal(csum_fold(0x10000), 1);
	assert_int_equal(csum_fold(0xffffffffull), 0xffff);
	assert_int_equal(csum_fold(0x1fffeull), 0xffff);
	assert_int_equal(csum_fold(~0ull), 0xffff);
	assert_int_equal(csum_fold(0xffff0000ffff0001ull), 1);
	for (int i = 0; i < 100000; i++) {
		__u64 sum = (__u64)random_u32() << 32 | random_u32();
		__u16 folded = csum_fold(sum);

		assert_int_equal(folded % 0xffff, sum % 0xffff);
		assert_int_equal(folded == 0, sum == 0);
	}
}

static __u16 check_of(const __u8 *words, size_t len)
{
	__u8 bytes[2];

	frame_put16(bytes, ~frame_sum(words, len, 0));
	return load16(bytes);
}

/* Any word of any packet: the updated field is the recomputed one, to the bit
 * (RFC 1624, 4: where RFC 1141's form yields negative zero). */
static void test_replace2_equals_recomputing(void **state)
{
	(void)state;
	for (int i = 0; i < 200000; i++) {
		__u8 words[20] = {0x45};
		__u16 check, old;
		size_t at = 2 + 2 * (random_u32() % 9);

		for (size_t j = 2; j < sizeof(words); j += 2)
			frame_put16(words + j, random_u16());
		check = check_of(words, sizeof(words));
		old = load16(words + at);
		frame_put16(words + at, random_u16());
		check = csum_apply(check, csum_delta2(old, load16(words + at)));
		assert_int_equal(check, check_of(words, sizeof(words)));
	}
}

static void test_replace4_equals_recomputing(void **state)
{
	(void)state;
	for (int i = 0; i < 200000; i++) {
		__u8 words[20] = {0x45};
		__u16 check;
		__u32 old;

		for (size_t j = 2; j < sizeof(words); j += 2)
			frame_put16(words + j, random_u16());
		check = check_of(words, sizeof(words));
		old = load32(words + 12);
		frame_put16(words + 12, random_u16());
		frame_put16(words + 14, random_u16());
		check = csum_apply(check, csum_delta4(old, load32(words + 12)));
		assert_int_equal(check, check_of(words, sizeof(words)));
	}
}

/* The example of RFC 1624, 4: 0xdd2f, a word 0x5555 becomes 0x3285. */
static void test_replace2_gives_the_rfc_1624_example(void **state)
{
	(void)state;
	assert_int_equal(
		csum_apply(htons(0xdd2f), csum_delta2(htons(0x5555), htons(0x3285))), 0);
}

static void test_udp_without_checksum_stays_without(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(
			csum_udp_apply(0, csum_delta4(random_u32(), random_u32())), 0);
}

/* Zero would say "no checksum": RFC 768 sends all ones instead. */
static void test_udp_checksum_never_becomes_zero(void **state)
{
	unsigned int corners = 0;

	(void)state;
	for (__u32 check = 1; check <= 0xffff; check++) {
		__u32 old = random_u32();
		/* The new word whose checksum comes out as zero. */
		__u32 new = csum_fold((__u64)check + old);
		__u16 got = csum_udp_apply(check, csum_delta4(old, new));

		assert_int_not_equal(got, 0);
		corners += got == 0xffff;
	}
	assert_int_equal(corners, 0xffff);
}

/* As the programs do: a short header where it lies, one with options copied. In
 * an allocation of its own, so that the sanitizer sees what is read beyond. */
static bool header_ok(const __u8 *bytes, size_t header_len)
{
	bool is_short = header_len == sizeof(struct iphdr);
	__u8 *copy = calloc(1, is_short ? header_len : 60);
	bool ok;

	assert_non_null(copy);
	memcpy(copy, bytes, header_len);
	ok = is_short ? csum_ipv4_ok((const struct iphdr *)copy)
		      : csum_ipv4_long_ok((const __u32 *)copy);
	free(copy);
	return ok;
}

static void test_header_of_every_length_is_verified(void **state)
{
	(void)state;
	for (size_t header_len = 20; header_len <= 60; header_len += 4) {
		__u8 bytes[60];

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = random_u32();
		frame_put16(bytes + 10, 0);
		frame_put16(bytes + 10, ~frame_sum(bytes, header_len, 0));
		assert_true(header_ok(bytes, header_len));
		for (size_t bit = 0; bit < header_len * 8; bit++) {
			bytes[bit / 8] ^= 1u << bit % 8;
			assert_false(header_ok(bytes, header_len));
			bytes[bit / 8] ^= 1u << bit % 8;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fold_keeps_the_sum),
		cmocka_unit_test(test_replace2_equals_recomputing),
		cmocka_unit_test(test_replace4_equals_recomputing),
		cmocka_unit_test(test_replace2_gives_the_rfc_1624_example),
		cmocka_unit_test(test_udp_without_checksum_stays_without),
		cmocka_unit_test(test_udp_checksum_never_becomes_zero),
		cmocka_unit_test(test_header_of_every_length_is_verified),
	};

	return cmocka_run_group_tests_name("csum", tests, NULL, NULL);
}
