// SPDX-License-Identifier: GPL-2.0
/* test_policy_util.c - promises of loader/util that libpolicy leans on. */
#include <errno.h>

#include "tests/unit/policy_test.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sanitizing_keeps_every_byte_in_its_column),
		cmocka_unit_test(cutting_never_splits_a_character),
		cmocka_unit_test(edit_distance_counts_single_slips_once),
		cmocka_unit_test(string_buffer_grows_and_hands_its_text_over),
		cmocka_unit_test(empty_string_buffer_is_an_empty_text),
		cmocka_unit_test(map_finds_what_was_put_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
