// SPDX-License-Identifier: GPL-2.0
/*
 * What `fwctl top` makes of two readings: rates, and what is busiest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/fwctl/format_top.h"

#define SEC 1000000000ull

static struct top_interface two_interfaces[2][2] = {
	{
		{"outside", "eth0", true, {.rx_packets = 100, .rx_bytes = 1000}},
		{"inside", "eth1", true, {.tx_packets = 7, .drop_packets = 5}},
	},
	{
		{"inside", "eth1", true, {.tx_packets = 27, .drop_packets = 6}},
		{"outside", "eth0", true, {.rx_packets = 300, .rx_bytes = 3000}},
	},
};

static struct top_line three_lines[2][3] = {
	{
		{1, "l", "permit a", 1, {.hits = 1000, .packets = 10}},
		{2, "l", "permit b", 2, {.hits = 5}},
		{9, "l", "deny c", 3, {.hits = 0}},
	},
	{
		{1, "l", "permit a", 1, {.hits = 1000, .packets = 50}},
		{2, "l", "permit b", 2, {.hits = 25}},
		{9, "l", "deny c", 3, {.hits = 0}},
	},
};

static struct top_drop two_drops[2][2] = {
	{{"acl-deny", "h", {90, 900}}, {"no-route", "h", {10, 100}}},
	{{"acl-deny", "h", {90, 900}}, {"no-route", "h", {14, 300}}},
};

/* Two seconds apart. */
static struct top_sample sample(int at)
{
	return (struct top_sample){
		.time_ns = (unsigned int)(1 + 2 * at) * SEC,
		.identity = 77,
		.generation = 3,
		.connections = at ? 40 : 30,
		.half_open = at ? 400 : 300,
		.interfaces = two_interfaces[at],
		.n_interfaces = 2,
		.lines = three_lines[at],
		.n_lines = 3,
		.drops = two_drops[at],
		.n_drops = 2,
	};
}

static struct top_view compare(const struct top_sample *before,
			       const struct top_sample *after, enum top_sort sort)
{
	struct top_view view;

	assert_int_equal(top_compare(before, after, sort, &view), 0);
	return view;
}

/* ---- rates ---- */

static void rates_are_per_second_of_what_was_counted_between(void **state)
{
	const struct top_sample before = sample(0), after = sample(1);
	struct top_view view = compare(&before, &after, TOP_BY_RATE);

	(void)state;
	assert_float_equal(view.interval_sec, 2, 1e-9);
	assert_float_equal(view.connections, 5, 1e-9);
	assert_float_equal(view.half_open, 50, 1e-9);
	assert_float_equal(view.drops, 2, 1e-9);
	top_view_free(&view);
}

static void interfaces_are_told_apart_by_name(void **state)
{
	const struct top_sample before = sample(0), after = sample(1);
	struct top_view view = compare(&before, &after, TOP_BY_RATE);

	(void)state;
	assert_float_equal(view.interfaces[0].tx_packets, 10, 1e-9);
	assert_float_equal(view.interfaces[0].drops, 0.5, 1e-9);
	assert_float_equal(view.interfaces[1].rx_packets, 100, 1e-9);
	assert_float_equal(view.interfaces[1].rx_bits, 8000, 1e-9);
	top_view_free(&view);
}

static void a_counter_that_was_cleared_counts_from_zero(void **state)
{
	const struct top_sample before = sample(0);
	struct top_sample after = sample(1);
	struct top_view view;

	(void)state;
	after.connections = 8; /* it was 30 */
	view = compare(&before, &after, TOP_BY_RATE);
	assert_float_equal(view.connections, 4, 1e-9);
	top_view_free(&view);
}

static void another_loading_has_no_rates_yet(void **state)
{
	const struct top_sample before = sample(0);
	struct top_sample after = sample(1);
	struct top_view view;

	(void)state;
	after.identity = 78;
	view = compare(&before, &after, TOP_BY_RATE);
	assert_float_equal(view.interval_sec, 0, 0);
	assert_float_equal(view.connections, 0, 0);
	assert_float_equal(view.interfaces[1].rx_packets, 0, 0);
	assert_float_equal(view.lines[0].hits, 0, 0);
	top_view_free(&view);
	view = compare(NULL, &after, TOP_BY_RATE);
	assert_float_equal(view.interval_sec, 0, 0);
	top_view_free(&view);
}

static void another_policy_goes_on_counting(void **state)
{
	const struct top_sample before = sample(0);
	struct top_sample after = sample(1);
	struct top_view view;

	(void)state;
	after.generation = 4;
	after.lines = three_lines[1] + 1; /* line 1 is gone */
	after.n_lines = 2;
	view = compare(&before, &after, TOP_BY_RATE);
	assert_int_equal(view.n_lines, 1);
	assert_float_equal(view.lines[0].hits, 10, 1e-9);
	top_view_free(&view);
}

static void a_new_interface_has_no_past(void **state)
{
	struct top_sample before = sample(0);
	const struct top_sample after = sample(1);
	struct top_view view;

	(void)state;
	before.n_interfaces = 1; /* outside alone */
	view = compare(&before, &after, TOP_BY_RATE);
	assert_float_equal(view.interfaces[0].tx_packets, 0, 0);
	assert_float_equal(view.interfaces[1].rx_packets, 100, 1e-9);
	top_view_free(&view);
}

/* ---- order ---- */

static void lines_are_by_rate_or_by_total(void **state)
{
	const struct top_sample before = sample(0), after = sample(1);
	struct top_view view = compare(&before, &after, TOP_BY_RATE);

	(void)state;
	assert_int_equal(view.n_lines, 2); /* the third was never met */
	assert_string_equal(view.lines[0].line->rule, "permit b");
	assert_float_equal(view.lines[0].hits, 10, 1e-9);
	assert_float_equal(view.lines[1].hits, 0, 1e-9);
	assert_float_equal(view.lines[1].packets, 20, 1e-9);
	top_view_free(&view);
	view = compare(&before, &after, TOP_BY_TOTAL);
	assert_string_equal(view.lines[0].line->rule, "permit a");
	top_view_free(&view);
}

static void drops_are_by_rate_or_by_total(void **state)
{
	const struct top_sample before = sample(0), after = sample(1);
	struct top_view view = compare(&before, &after, TOP_BY_RATE);

	(void)state;
	assert_string_equal(view.drop_list[0].drop->reason, "no-route");
	assert_float_equal(view.drop_list[0].bytes, 100, 1e-9);
	top_view_free(&view);
	view = compare(&before, &after, TOP_BY_TOTAL);
	assert_string_equal(view.drop_list[0].drop->reason, "acl-deny");
	top_view_free(&view);
}

static void the_fullest_table_is_first(void **state)
{
	struct top_table tables[] = {
		{"conns", 500, 1000}, {"holes", 0, 10}, {"frags", 1, 1000}, {"x", 9, 10}};
	struct top_sample after = sample(1);
	struct top_view view;

	(void)state;
	after.tables = tables;
	after.n_tables = 4;
	view = compare(NULL, &after, TOP_BY_RATE);
	assert_string_equal(view.tables[0]->name, "x");
	assert_string_equal(view.tables[1]->name, "conns");
	assert_string_equal(view.tables[2]->name, "frags");
	assert_string_equal(view.tables[3]->name, "holes");
	top_view_free(&view);
}

static void what_is_in_use_is_not_rounded_to_nothing(void **state)
{
	const struct top_table one_of_many = {"t", 1, 4000000}, full = {"t", 7, 7};
	const struct top_table none = {"t", 0, 7}, no_room = {"t", 0, 0};

	(void)state;
	assert_int_equal(top_fill_permille(&one_of_many), 1);
	assert_int_equal(top_fill_permille(&full), 1000);
	assert_int_equal(top_fill_permille(&none), 0);
	assert_int_equal(top_fill_permille(&no_room), 0);
}

/* ---- numbers ---- */

static void numbers_have_three_digits_and_a_unit(void **state)
{
	static const struct {
		double number;
		const char *text;
	} rows[] = {
		{0, "0"},	   {0.04, "0.0"},     {0.5, "0.5"},
		{9.94, "9.9"},	   {9.96, "10"},      {999.4, "999"},
		{999.6, "1.00k"},  {1000, "1.00k"},   {9994, "9.99k"},
		{9996, "10.0k"},   {99940, "99.9k"},  {99960, "100k"},
		{999499, "999k"},  {999500, "1.00M"}, {12345678, "12.3M"},
		{9.87e9, "9.87G"}, {1.5e12, "1.50T"}, {1.4757e20, "148E"},
	};
	char out[FORMAT_TOP_NUMBER_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(format_top_number(out, rows[i].number), rows[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_per_second_of_what_was_counted_between),
		cmocka_unit_test(interfaces_are_told_apart_by_name),
		cmocka_unit_test(a_counter_that_was_cleared_counts_from_zero),
		cmocka_unit_test(another_loading_has_no_rates_yet),
		cmocka_unit_test(another_policy_goes_on_counting),
		cmocka_unit_test(a_new_interface_has_no_past),
		cmocka_unit_test(lines_are_by_rate_or_by_total),
		cmocka_unit_test(drops_are_by_rate_or_by_total),
		cmocka_unit_test(the_fullest_table_is_first),
		cmocka_unit_test(what_is_in_use_is_not_rounded_to_nothing),
		cmocka_unit_test(numbers_have_three_digits_and_a_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
