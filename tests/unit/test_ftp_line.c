// SPDX-License-Identifier: GPL-2.0
/*
 * test_ftp_line.c - what counts as an FTP command or reply, and what does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/ftp_test.h"

/* One line, and what it announces: a port (0: nothing) and the address that the
 * text `span` names. */
struct row {
	const char *text;
	__u16 kind;
	__u16 port;
	const char *address;
	const char *span;
};

static const struct row commands[] = {
	/* RFC 959 PORT */
	{"PORT 10,0,0,1,4,0\r\n", FTP_PORT, 1024, "10.0.0.1", "10,0,0,1"},
	{"port 10,0,0,1,4,0\r\n", FTP_PORT, 1024, "10.0.0.1", "10,0,0,1"},
	{"PoRt 1,2,3,4,0,21\r\n", FTP_PORT, 21, "1.2.3.4", "1,2,3,4"},
	{"PORT   1,2,3,4,5,6\r\n", FTP_PORT, 1286, "1.2.3.4", "1,2,3,4"},
	{"PORT 1,2,3,4,5,6 \r\n", FTP_PORT, 1286, "1.2.3.4", "1,2,3,4"},
	{"PORT 1,2,3,4,5,6 trailing\r\n", FTP_PORT, 1286, "1.2.3.4", "1,2,3,4"},
	{"PORT 010,000,000,001,04,00\r\n", FTP_PORT, 1024, "10.0.0.1", "010,000,000,001"},
	{"PORT 255,255,255,255,255,255\r\n", FTP_PORT, 65535, "255.255.255.255",
	 "255,255,255,255"},
	{"PORT 256,0,0,1,4,0\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 10,0,0,256,4,0\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 10,0,0,1,256,0\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 10,0,0,1,4,256\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 10,0,0,1,4,4294967297\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 0010,0,0,1,4,0\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 10,0,0,1,0,0\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 1,,,,,1\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT ,1,2,3,4,5,6\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 1,2,3,4,5,6,7\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 1,2,3,4,5,6,\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 1,2,3,4,5,\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 1,2,3,4,5\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 1, 2,3,4,5,6\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 1.2.3.4,5,6\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT -1,2,3,4,5,6\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 12 1,2,3,4,5,6\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT (1,2,3,4,5,6)\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT \r\n", FTP_PORT, 0, NULL, NULL},
	/* not at a line start, not the verb */
	{" PORT 1,2,3,4,5,6\r\n", FTP_COMMAND, 0, NULL, NULL},
	{"XPORT 1,2,3,4,5,6\r\n", FTP_COMMAND, 0, NULL, NULL},
	{"PORTX 1,2,3,4,5,6\r\n", FTP_COMMAND, 0, NULL, NULL},
	{"PORT\t1,2,3,4,5,6\r\n", FTP_COMMAND, 0, NULL, NULL},
	{"STOR PORT 1,2,3,4,5,6\r\n", FTP_COMMAND, 0, NULL, NULL},
	{"227 Entering (1,2,3,4,5,6)\r\n", FTP_CLIENT_REPLY, 0, NULL, NULL},
	/* line ends that are none: the announcement is void */
	{"PORT 1,2,3,4,5,6\n\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 1,2,3,4,5,6\nNOOP\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 1,2,3,4,5,6\rNOOP\r\n", FTP_PORT, 0, NULL, NULL},
	{"PORT 1,2,3,4,5,6\r\r\n", FTP_PORT, 0, NULL, NULL},
	{"NOOP\nPORT 1,2,3,4,5,6\r\n", FTP_COMMAND, 0, NULL, NULL},
	/* RFC 854: Telnet sequences before the command */
	{"\377\364\377\362PORT 1,2,3,4,5,6\r\n", FTP_PORT, 1286, "1.2.3.4", "1,2,3,4"},
	{"\377\375\001PORT 1,2,3,4,5,6\r\n", FTP_PORT, 1286, "1.2.3.4", "1,2,3,4"},
	{"\377\377PORT 1,2,3,4,5,6\r\n", FTP_COMMAND, 0, NULL, NULL},
	{"PO\377\361RT 1,2,3,4,5,6\r\n", FTP_COMMAND, 0, NULL, NULL},
	/* RFC 2428 EPRT */
	{"EPRT |1|10.0.0.1|1024|\r\n", FTP_EPRT, 1024, "10.0.0.1", "10.0.0.1"},
	{"eprt |1|10.0.0.1|65535|\r\n", FTP_EPRT, 65535, "10.0.0.1", "10.0.0.1"},
	{"EPRT !1!10.0.0.1!1024!\r\n", FTP_EPRT, 1024, "10.0.0.1", "10.0.0.1"},
	{"EPRT ~1~10.0.0.1~1024~ x\r\n", FTP_EPRT, 1024, "10.0.0.1", "10.0.0.1"},
	{"EPRT A1A10.0.0.1A1024A\r\n", FTP_EPRT, 1024, "10.0.0.1", "10.0.0.1"},
	{"EPRT |3|x|1024|\r\n", FTP_EPRT_OTHER, 0, NULL, NULL},
	{"EPRT |1|10.0.0.1|1024\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT |1|10.0.0.1|65536|\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT |1|10.0.0.1|066560|\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT |1|10.0.0.1|01024|\r\n", FTP_EPRT, 1024, "10.0.0.1", "10.0.0.1"},
	{"EPRT |1|10.0.0.1|001024|\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT |1|10.0.0.1|0|\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT |1|10.0.0.1||\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT |1|10.0.0|1024|\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT |1|10.0.0.1.1|1024|\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT |1|10.0..1|1024|\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT |1|10.0.0.256|1024|\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT |1|10,0,0,1|1024|\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT |1!10.0.0.1|1024|\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT ||10.0.0.1|1024|\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT 111101.0.0.1110241\r\n", FTP_EPRT, 0, NULL, NULL},
	{"EPRT \200"
	 "1\200"
	 "10.0.0.1\200"
	 "1024\200\r\n",
	 FTP_EPRT, 0, NULL, NULL},
	{"EPRT\r\n", FTP_EPRT, 0, NULL, NULL},
	/* the others */
	{"PASV\r\n", FTP_PASV, 0, NULL, NULL},
	{"pasv\r\n", FTP_PASV, 0, NULL, NULL},
	{"PASV \r\n", FTP_PASV, 0, NULL, NULL},
	{"PASVE\r\n", FTP_COMMAND, 0, NULL, NULL},
	{"PAS\r\n", FTP_COMMAND, 0, NULL, NULL},
	{"EPSV\r\n", FTP_EPSV, 0, NULL, NULL},
	{"EPSV 1\r\n", FTP_EPSV, 0, NULL, NULL},
	{"EPSV ALL\r\n", FTP_EPSV_ALL, 0, NULL, NULL},
	{"epsv all\r\n", FTP_EPSV_ALL, 0, NULL, NULL},
	{"EPSV ALLES\r\n", FTP_EPSV, 0, NULL, NULL},
	{"AUTH TLS\r\n", FTP_AUTH_TLS, 0, NULL, NULL},
	{"auth tls\r\n", FTP_AUTH_TLS, 0, NULL, NULL},
	{"AUTH SSL\r\n", FTP_AUTH_TLS, 0, NULL, NULL},
	{"AUTH TLS-C\r\n", FTP_AUTH_TLS, 0, NULL, NULL},
	{"AUTH TLS-P \r\n", FTP_AUTH_TLS, 0, NULL, NULL},
	{"AUTH GSSAPI\r\n", FTP_AUTH_GSSAPI, 0, NULL, NULL},
	{"AUTH KERBEROS_V4\r\n", FTP_COMMAND, 0, NULL, NULL},
	{"AUTH TLSX\r\n", FTP_COMMAND, 0, NULL, NULL},
	{"AUTH XXXXXXXXXTLS\r\n", FTP_COMMAND, 0, NULL, NULL},
	{"AUTH\r\n", FTP_COMMAND, 0, NULL, NULL},
	{"CCC\r\n", FTP_CCC, 0, NULL, NULL},
	{"QUIT\r\n", FTP_QUIT, 0, NULL, NULL},
	{"ABOR\r\n", FTP_COMMAND, 0, NULL, NULL},
	{"\r\n", FTP_NOTHING, 0, NULL, NULL},
};

static const struct row replies[] = {
	{"227 Entering Passive Mode (10,0,0,1,4,0).\r\n", FTP_REPLY, 1024, "10.0.0.1",
	 "10,0,0,1"},
	{"227 Entering Passive Mode 10,0,0,1,4,0\r\n", FTP_REPLY, 1024, "10.0.0.1",
	 "10,0,0,1"},
	{"227 =10,0,0,1,4,0\r\n", FTP_REPLY, 1024, "10.0.0.1", "10,0,0,1"},
	{"227 10,0,0,1,4,0 and more (text, 7)\r\n", FTP_REPLY, 1024, "10.0.0.1",
	 "10,0,0,1"},
	{"227 Mode 2 of 4711, no: (10,0,0,1,4,0)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"227 Mode 2 of 4711: (10,0,0,1,4,0)\r\n", FTP_REPLY, 1024, "10.0.0.1",
	 "10,0,0,1"},
	{"227 (10, 0,0,1,4,0)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"227 (256,0,0,1,4,0)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"227 (10,0,0,1,4,256)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"227 (10,0,0,1,260,1)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"227 (10,0,0,1,0,0)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"227 (1,,,,,1)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"227 (1,10,0,0,1,4,0)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"227 Logout.\r\n", FTP_REPLY, 0, NULL, NULL},
	{"227\r\n", FTP_REPLY, 0, NULL, NULL},
	{"227(10,0,0,1,4,0)\r\n", FTP_NOTHING, 0, NULL, NULL},
	{"0227 (10,0,0,1,4,0)\r\n", FTP_NOTHING, 0, NULL, NULL},
	{"099 text\r\n", FTP_NOTHING, 0, NULL, NULL},
	{" 227 (10,0,0,1,4,0)\r\n", FTP_NOTHING, 0, NULL, NULL},
	{"x\n227 (10,0,0,1,4,0)\r\n", FTP_NOTHING, 0, NULL, NULL},
	{"227 (10,0,0,1,4,0)\n\r\n", FTP_REPLY, 0, NULL, NULL},
	{"227-(10,0,0,1,4,0)\r\n", FTP_NOTHING, 0, NULL, NULL},
	{"228 (10,0,0,1,4,0)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"PORT 10,0,0,1,4,0\r\n", FTP_SERVER_COMMAND, 0, NULL, NULL},
	{"\377\361"
	 "227 (10,0,0,1,4,0)\r\n",
	 FTP_REPLY, 1024, "10.0.0.1", "10,0,0,1"},
	{"229 Entering Extended Passive Mode (|||1024|)\r\n", FTP_REPLY, 1024, NULL,
	 NULL},
	{"229 |||65535|\r\n", FTP_REPLY, 65535, NULL, NULL},
	{"229 ok... (!!!1024!)\r\n", FTP_REPLY, 1024, NULL, NULL},
	{"229 (|||1024)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"229 (||1024|)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"229 (||||1024|)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"229 (|!|1024|)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"229 (|||0|)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"229 (|||65536|)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"229 (|||4294968320|)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"229 (||||)\r\n", FTP_REPLY, 0, NULL, NULL},
	{"229 (|1|10.0.0.1|1024|)\r\n", FTP_REPLY, 0, NULL, NULL},
};

static void check_address(const struct ftp_line *l, const char *text)
{
	struct ph_addr address = ftp_test_address(text);

	assert_memory_equal(&l->address, &address, sizeof(address));
}

static void check_row(const struct row *row, bool server)
{
	struct ftp_reading r = ftp_read(row->text, strlen(row->text), server);
	const struct ftp_line *l = &r.line[0];

	if (r.count != 1 || l->kind != row->kind ||
	    ftp_line_announces(l) != (row->port != 0))
		fail_msg("%s: %zu lines, kind %u, %sannounced", row->text, r.count,
			 l->kind, ftp_line_announces(l) ? "" : "not ");
	if (!row->port)
		return;
	assert_int_equal(l->port, row->port);
	if (!row->span)
		return;
	check_address(l, row->address);
	assert_int_equal(l->span_len, strlen(row->span));
	assert_int_equal(l->span_seq - FTP_TEST_SEQ,
			 strstr(row->text, row->span) - row->text);
}

static void test_commands_are_what_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		check_row(&commands[i], false);
}

static void test_replies_are_what_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		check_row(&replies[i], true);
}

/* Every delimiter of RFC 2428, but for those that fields need. */
static void test_any_printable_delimiter_serves(void **state)
{
	char eprt[64], epsv[64];

	(void)state;
	for (int d = 0; d < 256; d++) {
		bool good = d >= 33 && d <= 126 && !(d >= '0' && d <= '9') && d != '.';
		int n = snprintf(eprt, sizeof(eprt), "EPRT %c1%c1.2.3.4%c2000%c\r\n", d,
				 d, d, d);
		struct ftp_reading r = ftp_read(eprt, (size_t)n, false);

		if (d == 0 || d == '\r' || d == '\n' || d == ' ')
			continue;
		assert_int_equal(ftp_line_announces(&r.line[0]), good);
		n = snprintf(epsv, sizeof(epsv), "229 %c%c%c2000%c\r\n", d, d, d, d);
		r = ftp_read(epsv, (size_t)n, true);
		assert_int_equal(ftp_line_announces(&r.line[0]), good);
	}
}

static void test_nul_voids_an_announcement(void **state)
{
	static const char text[] = "PORT 1,2,3,4,5,6\0\r\n";
	struct ftp_reading r = ftp_read(text, sizeof(text) - 1, false);

	(void)state;
	assert_int_equal(r.count, 1);
	assert_int_equal(r.line[0].kind, FTP_PORT);
	assert_false(ftp_line_announces(&r.line[0]));
}

/* RFC 959, 4.2: only the same code and a blank end a multi-line reply. */
static void test_nothing_inside_a_multi_line_reply_counts(void **state)
{
	static const char text[] = "211-Features\r\n"
				   "227 Entering (10,0,0,1,4,0)\r\n"
				   "227-Entering (10,0,0,1,4,0)\r\n"
				   "229 (|||1024|)\r\n"
				   "211-227 (10,0,0,1,4,0)\r\n"
				   "2110 text\r\n"
				   "\r\n"
				   "211 End\r\n"
				   "227 Entering (10,0,0,1,4,0)\r\n";
	struct ftp_reading r = ftp_read(text, sizeof(text) - 1, true);

	(void)state;
	assert_int_equal(r.count, 9);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(r.line[i].kind, FTP_NOTHING);
		assert_false(ftp_line_announces(&r.line[i]));
	}
	assert_int_equal(r.line[7].kind, FTP_REPLY);
	assert_int_equal(r.line[7].head, 211);
	assert_true(ftp_line_announces(&r.line[8]));
	assert_int_equal(r.rest.multi, 0);
}

static void test_last_line_of_a_multi_line_227_counts(void **state)
{
	static const char text[] = "227-Entering (10,0,0,9,4,0)\r\n"
				   " 227 (10,0,0,9,4,0)\r\n"
				   "227 Entering (10,0,0,1,4,0)\r\n";
	struct ftp_reading r = ftp_read(text, sizeof(text) - 1, true);

	(void)state;
	assert_int_equal(r.count, 3);
	assert_false(ftp_line_announces(&r.line[0]));
	assert_false(ftp_line_announces(&r.line[1]));
	assert_true(ftp_line_announces(&r.line[2]));
	check_address(&r.line[2], "10.0.0.1");
}

/* A reply that two readers would end differently stays open. */
static void test_bare_line_feed_does_not_end_a_multi_line_reply(void **state)
{
	static const char text[] = "220-hello\n220 there\r\n"
				   "227 Entering (10,0,0,1,4,0)\r\n";
	struct ftp_reading r = ftp_read(text, sizeof(text) - 1, true);

	(void)state;
	assert_int_equal(r.count, 2);
	assert_int_equal(r.rest.multi, 220);
	assert_false(ftp_line_announces(&r.line[1]));
}

/* A PORT filled up with blanks to `length` bytes, and another one behind it. */
static struct ftp_reading read_padded_port(int length)
{
	char text[2 * FTP_LINE_MAX + 64];
	int n = snprintf(text, sizeof(text), "%-*s\r\nPORT 1,2,3,4,5,7\r\n", length - 2,
			 "PORT 1,2,3,4,5,6");

	assert_in_range(n, length, sizeof(text) - 1);
	return ftp_read(text, (size_t)n, false);
}

static void test_overlong_line_is_skipped_and_the_next_is_read(void **state)
{
	struct ftp_reading r;

	(void)state;
	r = read_padded_port(FTP_LINE_MAX);
	assert_int_equal(r.count, 2);
	assert_true(ftp_line_announces(&r.line[0]));
	r = read_padded_port(FTP_LINE_MAX + 1);
	assert_int_equal(r.count, 2);
	assert_false(ftp_line_announces(&r.line[0]));
	assert_true(ftp_line_announces(&r.line[1]));
	assert_int_equal(r.line[1].port, 5 * 256 + 7);
	r = read_padded_port(2 * FTP_LINE_MAX);
	assert_false(ftp_line_announces(&r.line[0]));
	assert_true(ftp_line_announces(&r.line[1]));
}

/* A scanner that joins in the middle of a line waits for its end. */
static void test_joining_a_stream_skips_the_line_in_progress(void **state)
{
	static const char text[] = "PORT 1,2,3,4,5,6\r\nPORT 1,2,3,4,5,7\r\n";
	struct ftp_reading r;

	(void)state;
	memset(&r, 0, sizeof(r));
	ftp_line_join(&r.rest);
	ftp_read_on(&r, text, sizeof(text) - 1, 0, false);
	assert_int_equal(r.count, 2);
	assert_int_equal(r.line[0].kind, FTP_NOTHING);
	assert_false(ftp_line_announces(&r.line[0]));
	assert_true(ftp_line_announces(&r.line[1]));
}

static void check_cuts(const char *text, bool server)
{
	if (!ftp_test_cuts_agree(text, strlen(text), server))
		fail_msg("cut, it is another line: %s", text);
}

static void test_a_cut_anywhere_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		check_cuts(commands[i].text, false);
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		check_cuts(replies[i].text, true);
	check_cuts("NOOP\r\nPORT 1,2,3,4,5,6\r\nPASV\r\nEPRT |1|1.2.3.4|2000|\r\n",
		   false);
	check_cuts("220-a\r\n227 (1,2,3,4,5,6)\r\n220 b\r\n227 (1,2,3,4,5,6)\r\n", true);
}

static void test_five_hundred_ports_in_a_row_are_read(void **state)
{
	static const char port[] = "PORT 10,0,0,1,4,0\r\n";
	size_t len = 500 * (sizeof(port) - 1);
	char *text = malloc(len + 1);
	struct ftp_reading r;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 500; i++)
		memcpy(text + i * (sizeof(port) - 1), port, sizeof(port));
	r = ftp_read(text, len, false);
	assert_int_equal(r.count, 500);
	for (size_t i = 0; i < FTP_TEST_LINES; i++)
		assert_true(ftp_line_announces(&r.line[i]));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands_are_what_they_say),
		cmocka_unit_test(test_replies_are_what_they_say),
		cmocka_unit_test(test_any_printable_delimiter_serves),
		cmocka_unit_test(test_nul_voids_an_announcement),
		cmocka_unit_test(test_nothing_inside_a_multi_line_reply_counts),
		cmocka_unit_test(test_last_line_of_a_multi_line_227_counts),
		cmocka_unit_test(test_bare_line_feed_does_not_end_a_multi_line_reply),
		cmocka_unit_test(test_overlong_line_is_skipped_and_the_next_is_read),
		cmocka_unit_test(test_joining_a_stream_skips_the_line_in_progress),
		cmocka_unit_test(test_a_cut_anywhere_changes_nothing),
		cmocka_unit_test(test_five_hundred_ports_in_a_row_are_read),
	};

	return cmocka_run_group_tests_name("ftp_line", tests, NULL, NULL);
}
