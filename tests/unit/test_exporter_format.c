// SPDX-License-Identifier: GPL-2.0
/*
 * The Prometheus text format and the --listen argument.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/exporter/format.h"

static void assert_text(struct strbuf *buf, const char *expected)
{
	char *text = NULL;

	assert_int_equal(strbuf_steal(buf, &text, NULL), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void a_sample_without_labels_has_no_braces(void **state)
{
	struct strbuf buf = {0};

	(void)state;
	metric_sample(&buf, "up", NULL, 1);
	metric_sample(&buf, "up", (const struct metric_label[]){{NULL, NULL}}, 0);
	assert_text(&buf, "up 1\nup 0\n");
}

static void labels_are_separated_by_commas(void **state)
{
	const struct metric_label labels[] = {{"a", "x"}, {"b", ""}, {NULL, NULL}};
	struct strbuf buf = {0};

	(void)state;
	metric_sample(&buf, "m", labels, 7);
	assert_text(&buf, "m{a=\"x\",b=\"\"} 7\n");
}

static void label_values_cannot_break_out_of_their_quotes(void **state)
{
	const struct metric_label labels[] = {{"l", "a\"} 9\nb\\"}, {NULL, NULL}};
	struct strbuf buf = {0};

	(void)state;
	metric_sample(&buf, "m", labels, 1);
	assert_text(&buf, "m{l=\"a\\\"} 9\\nb\\\\\"} 1\n");
}

static void the_largest_counter_is_exact(void **state)
{
	struct strbuf buf = {0};

	(void)state;
	metric_sample(&buf, "m", NULL, UINT64_MAX);
	assert_text(&buf, "m 18446744073709551615\n");
}

static void a_sample_can_be_put_together_from_kept_labels(void **state)
{
	const struct metric_label labels[] = {{"a", "x\""}, {"b", "y"}, {NULL, NULL}};
	struct strbuf whole = {0};
	struct strbuf parts = {0};

	(void)state;
	for (uint64_t value = 0; value < 1000000000000000000; value = value * 10 + 9) {
		metric_sample(&whole, "m", labels, value);
		strbuf_puts(&parts, "m");
		metric_labels(&parts, labels);
		metric_value(&parts, value);
	}
	assert_text(&parts, whole.data);
	strbuf_free(&whole);
}

static void help_stays_on_its_line_and_keeps_its_quotes(void **state)
{
	struct strbuf buf = {0};

	(void)state;
	metric_family(&buf, "m", "counter", "a \"b\"\nc\\d");
	assert_text(&buf, "# HELP m a \"b\"\\nc\\\\d\n# TYPE m counter\n");
}

static void assert_split(const char *text, const char *host, const char *port)
{
	char got_host[256];
	char got_port[6];

	assert_int_equal(listen_split(text, got_host, got_port), 0);
	assert_string_equal(got_host, host);
	assert_string_equal(got_port, port);
}

static void listen_takes_names_addresses_and_brackets(void **state)
{
	(void)state;
	assert_split("127.0.0.1:9954", "127.0.0.1", "9954");
	assert_split("localhost:1", "localhost", "1");
	assert_split("[2001:db8::1]:65535", "2001:db8::1", "65535");
	assert_split(":80", "", "80");
}

static void listen_refuses_what_is_not_host_and_port(void **state)
{
	static const char *const wrong[] = {
		"",	   "localhost", "localhost:", ":x",	  ":65536",
		":000080", "::1:80",	"[::1]",      "[::1:80",  "[]80",
		"[]:80",   ":-1",	":80 ",	      "host:80:", "[:80",
	};
	char host[256] = "unchanged";
	char port[6];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (listen_split(wrong[i], host, port) != -EINVAL)
			fail_msg("'%s' was accepted", wrong[i]);
	}
	assert_string_equal(host, "unchanged");
}

static void listen_refuses_an_endless_host(void **state)
{
	char text[400];
	char host[256];
	char port[6];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + 300, ":80", sizeof(":80"));
	assert_int_equal(listen_split(text, host, port), -EINVAL);
	memcpy(text + 256, ":80", sizeof(":80"));
	assert_int_equal(listen_split(text, host, port), -EINVAL);
	memcpy(text + 255, ":80", sizeof(":80"));
	assert_int_equal(listen_split(text, host, port), 0);
}

static void a_sentence_has_a_capital_and_a_full_stop(void **state)
{
	char out[32];

	(void)state;
	assert_string_equal(metric_sentence(out, sizeof(out), "packets seen"),
			    "Packets seen.");
	assert_string_equal(metric_sentence(out, sizeof(out), "227 replies"),
			    "227 replies.");
	assert_string_equal(metric_sentence(out, sizeof(out), "Done."), "Done.");
	assert_string_equal(metric_sentence(out, sizeof(out), ""), "");
	assert_string_equal(metric_sentence(out, 6, "packets"), "Pack.");
}

static void a_port_or_a_host_alone_is_guessed(void **state)
{
	char out[256];

	(void)state;
	assert_true(listen_guess("9955", "9954", out, sizeof(out)));
	assert_string_equal(out, ":9955");
	assert_true(listen_guess("localhost", "9954", out, sizeof(out)));
	assert_string_equal(out, "localhost:9954");
	assert_true(listen_guess("10.0.0.1", "9954", out, sizeof(out)));
	assert_string_equal(out, "10.0.0.1:9954");
	assert_false(listen_guess("", "9954", out, sizeof(out)));
	assert_false(listen_guess("70000", "9954", out, sizeof(out)));
	assert_false(listen_guess("host:port", "9954", out, sizeof(out)));
	assert_false(listen_guess("a b", "9954", out, sizeof(out)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_without_labels_has_no_braces),
		cmocka_unit_test(labels_are_separated_by_commas),
		cmocka_unit_test(label_values_cannot_break_out_of_their_quotes),
		cmocka_unit_test(the_largest_counter_is_exact),
		cmocka_unit_test(a_sample_can_be_put_together_from_kept_labels),
		cmocka_unit_test(help_stays_on_its_line_and_keeps_its_quotes),
		cmocka_unit_test(listen_takes_names_addresses_and_brackets),
		cmocka_unit_test(listen_refuses_what_is_not_host_and_port),
		cmocka_unit_test(listen_refuses_an_endless_host),
		cmocka_unit_test(a_sentence_has_a_capital_and_a_full_stop),
		cmocka_unit_test(a_port_or_a_host_alone_is_guessed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
