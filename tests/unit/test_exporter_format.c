// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of metrics, in both formats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/exporter/format.h"

static const struct metric_label no_labels[] = {METRIC_END_OF_LABELS};

static void assert_text(struct strbuf *buf, const char *expected)
{
	char *text = NULL;

	assert_int_equal(strbuf_steal(buf, &text, NULL), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void assert_sample(const struct metric_label *labels, uint64_t value,
			  const char *expected)
{
	for (int format = METRIC_TEXT; format <= METRIC_OPENMETRICS; format++) {
		struct strbuf buf = {0};
		const struct metric_page page = {&buf, (enum metric_format)format};

		metric_sample(&page, "m", labels, value);
		assert_text(&buf, expected);
	}
}

static void assert_label(const char *value, const char *expected)
{
	const struct metric_label labels[] = {{"l", value}, METRIC_END_OF_LABELS};
	char text[256];

	snprintf(text, sizeof(text), "m{l=\"%s\"} 1\n", expected);
	assert_sample(labels, 1, text);
}

static void a_sample_without_labels_has_no_braces(void **state)
{
	(void)state;
	assert_sample(METRIC_NO_LABELS, 1, "m 1\n");
	assert_sample(no_labels, 0, "m 0\n");
}

static void labels_are_separated_by_commas(void **state)
{
	const struct metric_label labels[] = {
		{"a", "x"}, {"b", ""}, METRIC_END_OF_LABELS};

	(void)state;
	assert_sample(labels, 7, "m{a=\"x\",b=\"\"} 7\n");
}

static void label_values_cannot_break_out_of_their_quotes(void **state)
{
	(void)state;
	assert_label("a\"} 9\nb\\", "a\\\"} 9\\nb\\\\");
}

/* One byte that is none would cost the whole page. */
static void labels_are_utf8_whatever_was_given(void **state)
{
	(void)state;
	assert_label("\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\xa5",
		     "\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\xa5");
	assert_label("a\xe4z", "a?z");
	assert_label("\xc3", "?");
	assert_label("\xe2\x82", "??");
	assert_label("\xf0\x9f\x94\"", "???\\\"");
	assert_label("\xc0\xaf", "??"); /* overlong */
	assert_label("\xe0\x80\xaf", "???");
	assert_label("\xed\xa0\x80", "???"); /* surrogate */
	assert_label("\xf4\x90\x80\x80", "????");
	assert_label("\x80\xff", "??");
}

static void the_largest_counter_is_exact(void **state)
{
	(void)state;
	assert_sample(METRIC_NO_LABELS, UINT64_MAX, "m 18446744073709551615\n");
}

static void a_sample_can_be_put_together_from_kept_labels(void **state)
{
	const struct metric_label labels[] = {
		{"a", "x\""}, {"b", "y"}, METRIC_END_OF_LABELS};
	struct strbuf whole = {0};
	struct strbuf parts = {0};
	const struct metric_page page = {&whole, METRIC_TEXT};

	(void)state;
	for (uint64_t value = 0; value < 1000000000000000000; value = value * 10 + 9) {
		metric_sample(&page, "m", labels, value);
		strbuf_puts(&parts, "m");
		metric_labels(&parts, labels);
		metric_value(&parts, value);
	}
	assert_text(&parts, whole.data);
	strbuf_free(&whole);
}

static void assert_seconds(uint64_t ns, const char *expected)
{
	struct strbuf buf = {0};
	const struct metric_page page = {&buf, METRIC_TEXT};

	metric_sample_ns(&page, "m", no_labels, ns);
	assert_text(&buf, expected);
}

static void times_are_exact_in_seconds(void **state)
{
	(void)state;
	assert_seconds(0, "m 0\n");
	assert_seconds(1, "m 0.000000001\n");
	assert_seconds(50000000, "m 0.05\n");
	assert_seconds(1000000000, "m 1\n");
	assert_seconds(1700000000120000000, "m 1700000000.12\n");
	assert_seconds(999999999, "m 0.999999999\n");
}

static void assert_family(enum metric_format format, const char *name,
			  enum metric_type type, const char *help, const char *expected)
{
	struct strbuf buf = {0};
	const struct metric_page page = {&buf, format};

	metric_family(&page, name, type, help);
	assert_text(&buf, expected);
}

static void text_calls_a_family_as_its_samples(void **state)
{
	(void)state;
	assert_family(METRIC_TEXT, "m_bytes_total", METRIC_COUNTER, "Help.",
		      "# HELP m_bytes_total Help.\n# TYPE m_bytes_total counter\n");
	assert_family(METRIC_TEXT, "m_info", METRIC_INFO, "Help.",
		      "# HELP m_info Help.\n# TYPE m_info gauge\n");
	assert_family(METRIC_TEXT, "m", METRIC_GAUGE, "Help.",
		      "# HELP m Help.\n# TYPE m gauge\n");
}

static void open_metrics_calls_it_by_the_stem_and_tells_the_unit(void **state)
{
	(void)state;
	assert_family(METRIC_OPENMETRICS, "m_packets_total", METRIC_COUNTER, "Help.",
		      "# TYPE m_packets counter\n# HELP m_packets Help.\n");
	assert_family(METRIC_OPENMETRICS, "m_bytes_total", METRIC_COUNTER, "Help.",
		      "# TYPE m_bytes counter\n# UNIT m_bytes bytes\n"
		      "# HELP m_bytes Help.\n");
	assert_family(METRIC_OPENMETRICS, "m_seconds", METRIC_GAUGE, "Help.",
		      "# TYPE m_seconds gauge\n# UNIT m_seconds seconds\n"
		      "# HELP m_seconds Help.\n");
	assert_family(METRIC_OPENMETRICS, "m_info", METRIC_INFO, "Help.",
		      "# TYPE m info\n# HELP m Help.\n");
}

static void help_stays_on_its_line(void **state)
{
	(void)state;
	assert_family(METRIC_TEXT, "m", METRIC_GAUGE, "a \"b\"\nc\\d",
		      "# HELP m a \"b\"\\nc\\\\d\n# TYPE m gauge\n");
	assert_family(METRIC_OPENMETRICS, "m", METRIC_GAUGE, "a \"b\"\nc\\d",
		      "# TYPE m gauge\n# HELP m a \\\"b\\\"\\nc\\\\d\n");
}

static void open_metrics_ends_and_text_does_not(void **state)
{
	struct strbuf buf = {0};

	(void)state;
	metric_end(&(const struct metric_page){&buf, METRIC_TEXT});
	assert_int_equal(buf.len, 0);
	metric_end(&(const struct metric_page){&buf, METRIC_OPENMETRICS});
	assert_text(&buf, "# EOF\n");
}

static void a_single_has_its_head_and_one_sample(void **state)
{
	struct strbuf buf = {0};
	const struct metric_page page = {&buf, METRIC_OPENMETRICS};

	(void)state;
	metric_single(&page, "m_total", METRIC_COUNTER, "Help.", 3);
	metric_single_ns(&page, "t_seconds", METRIC_GAUGE, "Help.", 1500000000);
	assert_text(&buf, "# TYPE m counter\n# HELP m Help.\nm_total 3\n"
			  "# TYPE t_seconds gauge\n# UNIT t_seconds seconds\n"
			  "# HELP t_seconds Help.\nt_seconds 1.5\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_without_labels_has_no_braces),
		cmocka_unit_test(labels_are_separated_by_commas),
		cmocka_unit_test(label_values_cannot_break_out_of_their_quotes),
		cmocka_unit_test(labels_are_utf8_whatever_was_given),
		cmocka_unit_test(the_largest_counter_is_exact),
		cmocka_unit_test(a_sample_can_be_put_together_from_kept_labels),
		cmocka_unit_test(times_are_exact_in_seconds),
		cmocka_unit_test(text_calls_a_family_as_its_samples),
		cmocka_unit_test(open_metrics_calls_it_by_the_stem_and_tells_the_unit),
		cmocka_unit_test(help_stays_on_its_line),
		cmocka_unit_test(open_metrics_ends_and_text_does_not),
		cmocka_unit_test(a_single_has_its_head_and_one_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
