// SPDX-License-Identifier: GPL-2.0
/* test_policy_fixup.c - what the statements of inspection become (fixup*.c). */
#include <arpa/inet.h>

#include "tests/unit/policy_test.h"

static struct fixup_value value_of(const char *statement)
{
	char text[512];
	own_image image = NULL;

	snprintf(text, sizeof(text), TWO_IFACES "%s\n", statement);
	image = compile_ok(text);
	assert_int_equal(image->n_fixups, 1);
	assert_string_equal(image->fixups[0].map, "");
	assert_int_equal(image->n_ftp_rules, 0);
	assert_int_equal(image->n_ftp_states, 1);
	return image->fixups[0].value;
}

static void assert_value(const char *statement, const struct fixup_value *expected)
{
	struct fixup_value value = value_of(statement);

	assert_memory_equal(&value, expected, sizeof(value));
}

static void every_option_reaches_the_datapath(void **state)
{
	(void)state;
	assert_value("fixup protocol ftp", &(struct fixup_value){.kind = FIXUP_FTP});
	assert_value("fixup protocol ftp tls pass",
		     &(struct fixup_value){.kind = FIXUP_FTP});
	assert_value("fixup protocol ftp strict",
		     &(struct fixup_value){.kind = FIXUP_FTP, .flags = FIXUP_F_STRICT});
	assert_value("fixup protocol ftp tls deny",
		     &(struct fixup_value){.kind = FIXUP_FTP, .flags = FIXUP_F_TLS_DENY});
	assert_value("fixup protocol ftp 2121 tls require source-port",
		     &(struct fixup_value){.kind = FIXUP_FTP,
					   .flags = FIXUP_F_TLS_REQUIRE |
						    FIXUP_F_SOURCE_PORT});
	assert_value("fixup protocol ftp tls data-ports 1024 65535 limit 65535",
		     &(struct fixup_value){.kind = FIXUP_FTP,
					   .flags = FIXUP_F_DATA_PORTS,
					   .data_low = 1024,
					   .data_high = 65535,
					   .data_limit = 65535});
	assert_value("fixup protocol ftps strict data-ports 50000 50100",
		     &(struct fixup_value){.kind = FIXUP_FTPS,
					   .flags = FIXUP_F_STRICT | FIXUP_F_DATA_PORTS,
					   .data_low = 50000,
					   .data_high = 50100});
}

static void ports_are_in_order_whatever_the_statements_order(void **state)
{
	own_image image = compile_ok(TWO_IFACES "fixup protocol ftps\n"
						"fixup protocol ftp 65535\n"
						"fixup protocol ftp\n");

	(void)state;
	assert_int_equal(image->n_fixups, 3);
	assert_int_equal(image->fixups[0].key.port, htons(21));
	assert_int_equal(image->fixups[1].key.port, htons(990));
	assert_int_equal(image->fixups[1].value.kind, FIXUP_FTPS);
	assert_int_equal(image->fixups[2].key.port, htons(65535));
}

static void later_statement_replaces_all_options_of_the_earlier(void **state)
{
	(void)state;
	assert_value("fixup protocol ftp strict tls deny source-port\n"
		     "fixup protocol ftp 21",
		     &(struct fixup_value){.kind = FIXUP_FTP});
	assert_value("fixup protocol ftp 990\nno fixup protocol ftp\nfixup protocol ftps",
		     &(struct fixup_value){.kind = FIXUP_FTPS});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_reaches_the_datapath),
		cmocka_unit_test(ports_are_in_order_whatever_the_statements_order),
		cmocka_unit_test(later_statement_replaces_all_options_of_the_earlier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
