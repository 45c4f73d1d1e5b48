// SPDX-License-Identifier: GPL-2.0
/* test_policy_util.c - promises of loader/util that libpolicy leans on. */
#include <errno.h>

#include "tests/unit/policy_test.h"

#include "policy/ip.h"
#include "util/strbuf.h"
#include "util/strmap.h"
#include "util/text.h"

static void sanitizing_keeps_every_byte_in_its_column(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{"plain\ttext", "plain\ttext"},
		{"\033[31m", "?[31m"},
		{"d\303\251j\303\240", "d\303\251j\303\240"},
		{"\302\205x", "??x"}, /* C1 control */
		/* NOLINTNEXTLINE(misc-misleading-bidirectional) */
		{"\342\200\256x", "???x"},    /* right-to-left override */
		{"\303", "?"},		      /* cut off */
		{"\300\257", "??"},	      /* overlong slash */
		{"\355\240\200", "???"},      /* surrogate */
		{"\364\220\200\200", "????"}, /* beyond U+10FFFF */
		{"\360\237\224\245", "\360\237\224\245"},
		{"\377\376", "??"},
		{"\177", "?"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[32];

		snprintf(text, sizeof(text), "%s", cases[i].in);
		text_sanitize(text, strlen(text));
		assert_string_equal(text, cases[i].out);
	}
}

static void cutting_never_splits_a_character(void **state)
{
	(void)state;
	assert_int_equal(text_cut("abc", 3, 5), 3);
	assert_int_equal(text_cut("abcdef", 6, 5), 5);
	assert_int_equal(text_cut("ab\303\251", 4, 3), 2);
	assert_int_equal(text_cut("\303\251", 2, 1), 0);
}

static unsigned int distance(const char *a, const char *b)
{
	return text_distance(a, strlen(a), b, strlen(b), 9);
}

static void edit_distance_counts_single_slips_once(void **state)
{
	(void)state;
	assert_int_equal(distance("nameif", "NAMEIF"), 0);
	assert_int_equal(distance("tpc", "tcp"), 1);
	assert_int_equal(distance("permt", "permit"), 1);
	assert_int_equal(distance("permiit", "permit"), 1);
	assert_int_equal(distance("parmit", "permit"), 1);
	assert_int_equal(distance("", "abc"), 3);
	assert_int_equal(distance("kitten", "sitting"), 3);
	assert_true(text_distance("abcdefgh", 8, "a", 1, 2) > 2);
}

static void string_buffer_grows_and_hands_its_text_over(void **state)
{
	struct strbuf buf = {0};
	char *text cleanup_free_ = NULL;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		strbuf_printf(&buf, "%d,", i % 10);
	strbuf_putc(&buf, '.');
	assert_int_equal(strbuf_steal(&buf, &text, &len), 0);
	assert_int_equal(len, 2001);
	assert_int_equal(strlen(text), len);
	assert_string_equal(text + 1990, "5,6,7,8,9,.");
	assert_null(buf.data);
}

static void empty_string_buffer_is_an_empty_text(void **state)
{
	struct strbuf buf = {0};
	char *text cleanup_free_ = NULL;

	(void)state;
	assert_int_equal(strbuf_steal(&buf, &text, NULL), 0);
	assert_string_equal(text, "");
}

static void map_finds_what_was_put_and_nothing_else(void **state)
{
	static char keys[5000][8];
	struct strmap map = {0};

	(void)state;
	assert_null(strmap_find(&map, "none", 4));
	for (size_t i = 0; i < 5000; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
		assert_int_equal(strmap_put(&map, keys[i], strlen(keys[i]), i), 0);
	}
	assert_int_equal(map.count, 5000);
	assert_int_equal(strmap_put(&map, "k7", 2, 70), 0);
	assert_int_equal(map.count, 5000);
	for (size_t i = 0; i < 5000; i++) {
		const size_t *found = strmap_find(&map, keys[i], strlen(keys[i]));

		assert_non_null(found);
		assert_int_equal(*found, i == 7 ? 70 : i);
	}
	assert_null(strmap_find(&map, "k5000", 5));
	assert_null(strmap_find(&map, "k1", 1)); /* "k": a prefix is another key */
	strmap_free(&map);
}

static void numbers_are_written_as_printf_writes_them(void **state)
{
	static const unsigned int numbers[] = {
		0,     1,	   9,		10,   99,   100,      999,
		65535, 1000000000, 4294967295u, 1009, 4096, 123456789};
	struct strbuf buf = {0}, printed = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		strbuf_putu(&buf, numbers[i]);
		strbuf_putc(&buf, ' ');
		strbuf_printf(&printed, "%u ", numbers[i]);
	}
	assert_string_equal(buf.data, printed.data);
	strbuf_free(&buf);
	strbuf_free(&printed);
}

/* A text that fits, one that just fits, and one that does not. */
static void formatted_text_is_whole_however_little_room_is_left(void **state)
{
	(void)state;
	for (size_t before = 0; before < 130; before++) {
		struct strbuf buf = {0};

		for (size_t i = 0; i < before; i++)
			strbuf_putc(&buf, 'x');
		strbuf_printf(&buf, "%s-%d", "abc", 42);
		assert_int_equal(buf.len, before + 6);
		assert_string_equal(buf.data + before, "abc-42");
		strbuf_free(&buf);
	}
}

static void octets_are_written_as_printf_writes_them(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 256; i++) {
		char expected[32];

		snprintf(expected, sizeof(expected), "%u.%u.%u.%u", i, 255 - i, 0u,
			 i / 2);
		assert_string_equal(policy_quad(i << 24 | (255 - i) << 16 | i / 2).text,
				    expected);
	}
}

static void groups_are_written_as_inet_ntop_writes_them(void **state)
{
	uint64_t random = 88172645463325252ull;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		unsigned char bytes[16];
		char expected[INET6_ADDRSTRLEN];
		policy_ip addr = 0;

		for (int j = 0; j < 16; j++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			/* Zeros, often: they are what is left out. */
			bytes[j] = random >> 40 & 3 ? 0 : (unsigned char)(random >> 48);
			addr = addr << 8 | bytes[j];
		}
		if (!(addr >> 32)) /* inet_ntop() writes a quad there */
			continue;
		assert_non_null(inet_ntop(AF_INET6, bytes, expected, sizeof(expected)));
		assert_string_equal(policy_ip_text(addr).text, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sanitizing_keeps_every_byte_in_its_column),
		cmocka_unit_test(cutting_never_splits_a_character),
		cmocka_unit_test(edit_distance_counts_single_slips_once),
		cmocka_unit_test(string_buffer_grows_and_hands_its_text_over),
		cmocka_unit_test(empty_string_buffer_is_an_empty_text),
		cmocka_unit_test(map_finds_what_was_put_and_nothing_else),
		cmocka_unit_test(numbers_are_written_as_printf_writes_them),
		cmocka_unit_test(formatted_text_is_whole_however_little_room_is_left),
		cmocka_unit_test(octets_are_written_as_printf_writes_them),
		cmocka_unit_test(groups_are_written_as_inet_ntop_writes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
