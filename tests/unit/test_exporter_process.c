// SPDX-License-Identifier: GPL-2.0
/*
 * What is read of /proc/PID/stat.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/exporter/format_process.h"

static void fields_are_counted_from_the_end_of_the_name(void **state)
{
	static const char *const names[] = {"fw-exporter", "a b", ") 1 2 (", "))", ""};
	struct process_stat stat;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text),
			 "4321 (%s) S 1 2 3 4 -1 6 7 8 9 10 1200 34 13 14 20 0 3 0 55667 "
			 "123456789012 789 18446744073709551615 1 1 0 0\n",
			 names[i]);
		assert_int_equal(process_stat_parse(text, &stat), 0);
		assert_int_equal(stat.cpu_ticks, 1234);
		assert_int_equal(stat.start_ticks, 55667);
		assert_int_equal(stat.virtual_bytes, 123456789012);
		assert_int_equal(stat.resident_pages, 789);
	}
}

static void a_line_that_is_cut_off_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "1 (a", "1 (a)",
		"1 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19",
		"1 (a) S 1 2 3 4 5 6 7 8 9 10 x 12 13 14 15 16 17 18 19 20 21"};
	struct process_stat stat = {.cpu_ticks = 7};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(process_stat_parse(wrong[i], &stat), -EINVAL);
	assert_int_equal(stat.cpu_ticks, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_counted_from_the_end_of_the_name),
		cmocka_unit_test(a_line_that_is_cut_off_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
