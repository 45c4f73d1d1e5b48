// SPDX-License-Identifier: GPL-2.0
/*
 * Which format a scraper gets, and how many lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/exporter/format_negotiate.h"

static void assert_format(enum metric_format expected, const char *accept)
{
	if (metrics_negotiate(accept) != expected)
		fail_msg("'%s'", accept ? accept : "(none)");
}

static void assert_all(enum metric_format expected, const char *const *accept, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_format(expected, accept[i]);
}

#define ASSERT_ALL(expected, list) \
	assert_all(expected, list, sizeof(list) / sizeof((list)[0]))

#define OM "application/openmetrics-text"

static void prometheus_gets_open_metrics(void **state)
{
	/* What versions 2.5, 2.42 and 3 send. */
	static const char *const accept[] = {
		OM ";version=1.0.0," OM ";version=0.0.1;q=0.75,"
		   "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		OM ";version=1.0.0;escaping=allow-utf-8;q=0.6," OM
		   ";version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;"
		   "q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
		OM,
		OM "; version=1.0.0; charset=utf-8",
		"text/plain;q=0.5, " OM,
		"APPLICATION/OpenMetrics-Text;Version=\"1.0.0\"",
		"*/*, " OM,
		" , ," OM ";q=1.000 ,",
	};

	(void)state;
	ASSERT_ALL(METRIC_OPENMETRICS, accept);
}

static void others_get_text(void **state)
{
	static const char *const accept[] = {
		NULL,
		"",
		"*/*",
		"text/plain",
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		"application/*",
		"application/json",
		/* of version 2.5: it knows the draft only */
		OM "; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		OM ";version=2.0.0",
		OM ";q=0",
		OM ";q=0.4,text/plain;q=0.5",
		OM ";q=0.4,*/*;q=0.5",
		OM ";q=0.4,text/*;q=0.5",
		"application/openmetrics-texts",
		"application/openmetrics-tex",
	};

	(void)state;
	ASSERT_ALL(METRIC_TEXT, accept);
}

static void of_equals_the_first_is_taken(void **state)
{
	(void)state;
	assert_format(METRIC_TEXT, "text/plain, " OM);
	assert_format(METRIC_OPENMETRICS, OM ", text/plain");
	assert_format(METRIC_TEXT, "text/plain;q=0.5," OM ";q=0.5");
}

static void the_closest_range_says_how_much_a_format_is_wanted(void **state)
{
	(void)state;
	assert_format(METRIC_OPENMETRICS, OM ";q=0.5, text/plain;q=0.1, */*");
	assert_format(METRIC_TEXT,
		      OM ";q=0.5, text/plain;q=0.1, text/plain;version=0.0.4");
	assert_format(METRIC_TEXT, OM ", " OM ";version=1.0.0;q=0");
	assert_format(METRIC_OPENMETRICS,
		      OM ";q=0.5, text/plain;version=0.0.5, */*;q=0.4");
}

static void a_broken_quality_is_none(void **state)
{
	static const char *const wrong[] = {
		OM ";q=",   OM ";q=2",	    OM ";q=1.001", OM ";q=.5",
		OM ";q=-1", OM ";q=0.1234", OM ";q=0,5",   OM ";q=x",
		OM ";q",    OM ";q=1.x",    OM ";q=11",
	};

	(void)state;
	ASSERT_ALL(METRIC_TEXT, wrong);
	assert_format(METRIC_OPENMETRICS, OM ";q=0.001");
	assert_format(METRIC_OPENMETRICS, OM ";q=1.");
	assert_format(METRIC_OPENMETRICS, OM "; q = 0.5");
}

static void separators_within_quotes_separate_nothing(void **state)
{
	(void)state;
	assert_format(METRIC_TEXT, "text/html;x=\"," OM ",\"");
	assert_format(METRIC_TEXT, "text/html;x=\"\\\"," OM "\"");
	assert_format(METRIC_OPENMETRICS, "text/html;x=\"a;q=0\"," OM ";y=\";q=0\"");
	assert_format(METRIC_TEXT, "\"");
	assert_format(METRIC_TEXT, "text/html;x=\"\\");
	assert_format(METRIC_TEXT, ";;,=;,\"\",;=\"");
}

static void the_type_names_the_version(void **state)
{
	(void)state;
	assert_string_equal(metrics_content_type(METRIC_OPENMETRICS),
			    OM "; version=1.0.0; charset=utf-8");
	assert_string_equal(metrics_content_type(METRIC_TEXT),
			    "text/plain; version=0.0.4; charset=utf-8");
}

static void lines_are_all_none_or_so_many(void **state)
{
	static const char *const wrong[] = {
		"",   "0", "-1", "ON", "yes", "1x", "4294967296", "99999999999999999999",
		" 1", "+1"};
	uint32_t max = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (metrics_acl_lines(wrong[i], &max) || max != 7)
			fail_msg("'%s' was accepted", wrong[i]);
	assert_true(metrics_acl_lines("off", &max));
	assert_int_equal(max, 0);
	assert_true(metrics_acl_lines("on", &max));
	assert_int_equal(max, UINT32_MAX);
	assert_true(metrics_acl_lines("500", &max));
	assert_int_equal(max, 500);
	assert_true(metrics_acl_lines("4294967295", &max));
	assert_int_equal(max, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prometheus_gets_open_metrics),
		cmocka_unit_test(others_get_text),
		cmocka_unit_test(of_equals_the_first_is_taken),
		cmocka_unit_test(the_closest_range_says_how_much_a_format_is_wanted),
		cmocka_unit_test(a_broken_quality_is_none),
		cmocka_unit_test(separators_within_quotes_separate_nothing),
		cmocka_unit_test(the_type_names_the_version),
		cmocka_unit_test(lines_are_all_none_or_so_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
