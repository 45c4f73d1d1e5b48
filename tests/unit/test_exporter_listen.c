// SPDX-License-Identifier: GPL-2.0
/*
 * Where fw-exporter is told to listen.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/exporter/format_listen.h"

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
		cmocka_unit_test(listen_takes_names_addresses_and_brackets),
		cmocka_unit_test(listen_refuses_what_is_not_host_and_port),
		cmocka_unit_test(listen_refuses_an_endless_host),
		cmocka_unit_test(a_port_or_a_host_alone_is_guessed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
