// SPDX-License-Identifier: GPL-2.0
/*
 * test_ftp_line_verb.c - the verb of a client's line is known in time, where the
 * line and its argument begin is told, and what no client of FTP says is noticed.
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

#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

struct row {
	const char *text;
	__u8 kind;
	__u8 verb;
	const char *argument; /* from its first byte to the CR; NULL: none */
};

static const struct row rows[] = {
	{"USER anonymous\r\n", FTP_COMMAND, FTP_VERB_USER, "anonymous"},
	{"user  two blanks\r\n", FTP_COMMAND, FTP_VERB_USER, "two blanks"},
	{"PASS s e\r\n", FTP_COMMAND, FTP_VERB_PASS, "s e"},
	{"PASS\r\n", FTP_COMMAND, FTP_VERB_PASS, NULL},
	{"PASS \r\n", FTP_COMMAND, FTP_VERB_PASS, NULL},
	{"RETR a/b\\c.d\r\n", FTP_COMMAND, FTP_VERB_RETR, "a/b\\c.d"},
	{"RETR x\r\n", FTP_COMMAND, FTP_VERB_RETR, "x"},
	{"PORT 1,2,3,4,5,6\r\n", FTP_PORT, FTP_VERB_PORT, "1,2,3,4,5,6"},
	{"EPRT |1|1.2.3.4|2000|\r\n", FTP_EPRT, FTP_VERB_EPRT, "|1|1.2.3.4|2000|"},
	{"PASV\r\n", FTP_PASV, FTP_VERB_PASV, NULL},
	{"EPSV ALL\r\n", FTP_EPSV_ALL, FTP_VERB_EPSV, "ALL"},
	{"AUTH TLS\r\n", FTP_AUTH_TLS, FTP_VERB_AUTH, "TLS"},
	{"CCC\r\n", FTP_CCC, FTP_VERB_CCC, NULL},
	{"QUIT\r\n", FTP_QUIT, FTP_VERB_QUIT, NULL},
	{"\377\364\377\362ABOR\r\n", FTP_COMMAND, FTP_VERB_ABOR, NULL},
	{"\377\375\001USER a\r\n", FTP_COMMAND, FTP_VERB_USER, "a"},
	{"\r\n", FTP_NOTHING, FTP_VERB_NONE, NULL},
	/* unknown, but commands */
	{"AVBL\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, NULL},
	{"XSHA256 file\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, "file"},
	{"X-1 y\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, "y"},
	{"USERS x\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, "x"},
	{"AVERYLONGWORDINDEED x\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, "x"},
	{"230 x\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, "x"},
	{"2270 x\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, "x"},
	{"22\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, NULL},
	{"\377\377USER x\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, "x"},
	{"\377\377\t\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, NULL},
	{"GET5 x\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, "x"},
	{"GETS x\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, "x"},
	{"\303\244 x\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, "x"},
	/* what only some server takes for the verb may open nothing */
	{" DELE x\r\n", FTP_COMMAND, FTP_VERB_DELE, "x"},
	{"\t DELE x\r\n", FTP_COMMAND, FTP_VERB_DELE, "x"},
	{"DELE\tx\r\n", FTP_COMMAND, FTP_VERB_DELE, "x"},
	{"DELE\v \tx\r\n", FTP_COMMAND, FTP_VERB_DELE, "x"},
	{"DE\377\361LE x\r\n", FTP_COMMAND, FTP_VERB_DELE, "x"},
	{"DE\377\375\001LE x\r\n", FTP_COMMAND, FTP_VERB_DELE, "x"},
	{"DE\377\377LE x\r\n", FTP_COMMAND, FTP_VERB_UNKNOWN, "x"},
	{"PASV\t\r\n", FTP_COMMAND, FTP_VERB_PASV, NULL},
	{" PASV\r\n", FTP_COMMAND, FTP_VERB_PASV, NULL},
	{"PA\377\361SV\r\n", FTP_COMMAND, FTP_VERB_PASV, NULL},
	{"AUTH\tTLS\r\n", FTP_COMMAND, FTP_VERB_AUTH, "TLS"},
	{"EPSV\tALL\r\n", FTP_COMMAND, FTP_VERB_EPSV, "ALL"},
	{"NOOP\nDELE x\r\n", FTP_COMMAND, FTP_VERB_DELE, "x"},
	{"NOOP\n\n DELE x\r\n", FTP_COMMAND, FTP_VERB_DELE, "x"},
	{"RETR x\nNOOP\r\n", FTP_COMMAND, FTP_VERB_NOOP, NULL},
	{"QUIT\nPASV\r\n", FTP_COMMAND, FTP_VERB_PASV, NULL},
	{"USER a\nPORT 1,2,3,4,5,6\r\n", FTP_COMMAND, FTP_VERB_PORT, "1,2,3,4,5,6"},
	/* other protocols */
	{"GET / HTTP/1.1\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"post /\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"PUT /\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"HEAD /\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"OPTIONS *\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"CONNECT a:1\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"DELETE /\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"PATCH /\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"TRACE /\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"PRI * HTTP/2.0\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"REGISTER sip:a SIP/2.0\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"INVITE sip:a SIP/2.0\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"DESCRIBE rtsp://a RTSP/1.0\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"SETUP rtsp://a RTSP/1.0\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"GET\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"Host: a\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"Content-Type: a\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"X-Averylongheadername: a\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"http://a\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"\001\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"\026\003\001\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"\177x\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"x\nHost: a\r\n", FTP_FOREIGN, FTP_VERB_UNKNOWN, NULL},
	{"Host: a\nUSER b\r\n", FTP_FOREIGN, FTP_VERB_USER, "b"},
	/* ... and what is none of them */
	{"HOST a:b\r\n", FTP_COMMAND, FTP_VERB_HOST, "a:b"},
	{"RETR a:b\r\n", FTP_COMMAND, FTP_VERB_RETR, "a:b"},
	{"227 Entering (1,2,3,4,5,6)\r\n", FTP_CLIENT_REPLY, FTP_VERB_UNKNOWN, NULL},
	{"227-Entering\r\n", FTP_CLIENT_REPLY, FTP_VERB_UNKNOWN, NULL},
	{"227\r\n", FTP_CLIENT_REPLY, FTP_VERB_UNKNOWN, NULL},
	{"229 (|||1024|)\r\n", FTP_CLIENT_REPLY, FTP_VERB_UNKNOWN, NULL},
};

static void test_lines_tell_verb_and_argument(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		const struct row *row = &rows[i];
		size_t len = strlen(row->text);
		struct ftp_reading r = ftp_read(row->text, len, false);
		const struct ftp_line *l = &r.line[0];
		size_t from = l->start_seq - FTP_TEST_SEQ + l->arg_at;
		size_t want = row->argument ? len - 2 - strlen(row->argument) : 0;

		if (r.count != 1 || l->kind != row->kind || l->verb != row->verb)
			fail_msg("%s: %zu lines, kind %u, verb %u", row->text, r.count,
				 l->kind, l->verb);
		if (row->argument ? !l->arg_at || from != want : l->arg_at)
			fail_msg("%s: argument at %u", row->text, l->arg_at);
		if (!ftp_test_cuts_agree(row->text, len, false))
			fail_msg("cut, it is another line: %s", row->text);
	}
}

#define X(NAME) {#NAME, FTP_VERB_##NAME},
static const struct {
	const char *name;
	__u8 verb;
} verbs[] = {FTP_VERBS(X)};
#undef X

/* A password must not pass before it is known that it is one. */
static void test_every_verb_is_known_before_its_argument(void **state)
{
	static const char *const ends[] = {" ", "\r", "\n"};
	char text[16];

	(void)state;
	for (size_t i = 0; i < N_ROWS(verbs); i++) {
		for (size_t j = 0; j < N_ROWS(ends); j++) {
			size_t len = strlen(verbs[i].name) + 1;
			struct ftp_reading r;

			snprintf(text, sizeof(text), "%s%s", verbs[i].name, ends[j]);
			r = ftp_read(text, len - 1, false);
			assert_false(ftp_line_verb_complete(&r.rest));
			r = ftp_read(text, len, false);
			assert_true(ftp_line_verb_complete(&r.rest));
			assert_int_equal(r.rest.verb, verbs[i].verb);
			assert_int_equal(r.rest.arg_at, 0);
		}
	}
}

/* Behind a lone LF another command may begin for the server. */
static void test_lone_line_feed_begins_another_verb(void **state)
{
	static const char text[] = "PASS secret\nNOOP\n";
	struct ftp_reading r;

	(void)state;
	r = ftp_read(text, 11, false);
	assert_false(ftp_line_broke(&r.rest));
	r = ftp_read(text, 12, false);
	assert_true(ftp_line_broke(&r.rest));
	assert_int_equal(r.rest.verb, FTP_VERB_PASS);
	r = ftp_read(text, 13, false);
	assert_false(ftp_line_broke(&r.rest));
	assert_false(ftp_line_verb_complete(&r.rest));
	r = ftp_read(text, 17, false);
	assert_true(ftp_line_broke(&r.rest));
	assert_int_equal(r.rest.verb, FTP_VERB_NOOP);
	/* what is told of the line is not the password */
	assert_int_equal(r.rest.start_seq - FTP_TEST_SEQ, 12);
	assert_int_equal(r.rest.faults, FTP_FAULT_CRLF);
	/* a CR and LF, or a server's LF, is none */
	r = ftp_read("NOOP\r\n", 6, false);
	assert_false(ftp_line_broke(&r.rest));
	r = ftp_read("220 x\n", 6, true);
	assert_false(ftp_line_broke(&r.rest));
}

static void test_line_start_is_told_across_sequence_wrap(void **state)
{
	static const char text[] = "NOOP\r\n\377\364\377\362ABOR\r\nUSER a\r\n";
	struct ftp_reading r = ftp_read(text, sizeof(text) - 1, false);

	(void)state;
	assert_int_equal(r.count, 3);
	assert_int_equal(r.line[0].start_seq, FTP_TEST_SEQ);
	assert_int_equal(r.line[1].start_seq, FTP_TEST_SEQ + 6);
	assert_int_equal(r.line[2].start_seq, FTP_TEST_SEQ + 16);
	assert_int_equal(r.line[2].arg_at, 5);
}

struct trailing_row {
	const char *text;
	bool server;
	__u8 trailing;
};

static const struct trailing_row trailing_rows[] = {
	{"PORT 1,2,3,4,5,6\r\n", false, 0},
	{"PORT 1,2,3,4,5,6 \r\n", false, 1},
	{"PORT 1,2,3,4,5,6 1234567\r\n", false, 8},
	{"PORT 1,2,3,4,5,6 12345678\r\n", false, 9},
	{"EPRT |1|1.2.3.4|2000|\r\n", false, 0},
	{"EPRT |1|1.2.3.4|2000|123456789\r\n", false, 9},
	{"227 Entering Passive Mode (1,2,3,4,5,6)\r\n", true, 1},
	{"227 Entering Passive Mode (1,2,3,4,5,6).\r\n", true, 2},
	{"227 Entering Passive Mode 1,2,3,4,5,6\r\n", true, 0},
	{"229 Entering (|||1024|)\r\n", true, 1},
	{"229 Entering (|||1024|). And more\r\n", true, 11},
	{"PASV and more\r\n", false, 0},
};

static void test_bytes_behind_the_numbers_are_counted(void **state)
{
	char text[600];
	struct ftp_reading r;
	int n;

	(void)state;
	for (size_t i = 0; i < N_ROWS(trailing_rows); i++) {
		const struct trailing_row *row = &trailing_rows[i];

		r = ftp_read(row->text, strlen(row->text), row->server);
		if (r.line[0].trailing != row->trailing)
			fail_msg("%s: %u behind", row->text, r.line[0].trailing);
		assert_true(
			ftp_test_cuts_agree(row->text, strlen(row->text), row->server));
	}
	n = snprintf(text, sizeof(text), "PORT 1,2,3,4,5,6%400s\r\n", "");
	r = ftp_read(text, (size_t)n, false);
	assert_int_equal(r.line[0].trailing, 255);
}

/* Outside of a multi-line reply, followed by what it would announce. */
static void test_port_from_the_server_is_noticed(void **state)
{
	static const struct {
		const char *text;
		__u8 kind;
	} lines[] = {
		{"PORT 1,2,3,4,5,6\r\n", FTP_SERVER_COMMAND},
		{"port  9\r\n", FTP_SERVER_COMMAND},
		{"EPRT |1|1.2.3.4|2000|\r\n", FTP_SERVER_COMMAND},
		{"PORT command successful\r\n", FTP_NOTHING},
		{"EPRT 1\r\n", FTP_NOTHING},
		{"PORTS 1\r\n", FTP_NOTHING},
		{"POR 1\r\n", FTP_NOTHING},
		{"PORT\r\n", FTP_NOTHING},
		{" PORT 1,2,3,4,5,6\r\n", FTP_NOTHING},
		{"1PORT 1,2,3,4,5,6\r\n", FTP_NOTHING},
		{"200 PORT 1,2,3,4,5,6\r\n", FTP_REPLY},
	};
	static const char multi[] = "214-Commands\r\nPORT 1\r\nEPRT |\r\n214 End\r\n";
	struct ftp_reading r;

	(void)state;
	for (size_t i = 0; i < N_ROWS(lines); i++) {
		r = ftp_read(lines[i].text, strlen(lines[i].text), true);
		if (r.count != 1 || r.line[0].kind != lines[i].kind)
			fail_msg("%s: kind %u", lines[i].text, r.line[0].kind);
		assert_false(ftp_line_announces(&r.line[0]));
		assert_true(
			ftp_test_cuts_agree(lines[i].text, strlen(lines[i].text), true));
	}
	r = ftp_read(multi, sizeof(multi) - 1, true);
	assert_int_equal(r.line[1].kind, FTP_NOTHING);
	assert_int_equal(r.line[2].kind, FTP_NOTHING);
}

static void test_faults_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		__u8 faults;
	} lines[] = {
#define TEXT(t) t, sizeof(t) - 1
		{TEXT("NOOP\r\n"), 0},
		{TEXT("NOOP\0\r\n"), FTP_FAULT_NUL},
		{TEXT("NOOP a\0b\r\n"), FTP_FAULT_NUL},
		{TEXT("NOOP\n\r\n"), FTP_FAULT_CRLF},
		{TEXT("NOOP\rx\r\n"), FTP_FAULT_CRLF},
		{TEXT("NOOP\r\0\r\n"), FTP_FAULT_CRLF | FTP_FAULT_NUL},
#undef TEXT
	};
	struct ftp_reading r;
	char text[FTP_LINE_MAX + 2];

	(void)state;
	for (size_t i = 0; i < N_ROWS(lines); i++) {
		r = ftp_read(lines[i].text, lines[i].len, false);
		assert_int_equal(r.count, 1);
		assert_int_equal(r.line[0].faults, lines[i].faults);
	}
	memset(text, 'x', sizeof(text));
	r = ftp_read(text, FTP_LINE_MAX, false);
	assert_int_equal(r.rest.faults, 0);
	r = ftp_read(text, FTP_LINE_MAX + 1, false);
	assert_int_equal(r.rest.faults, FTP_FAULT_LONG);
	memset(&r, 0, sizeof(r));
	ftp_line_join(&r.rest);
	ftp_read_on(&r, "x\r\ny\r\n", 6, 0, false);
	assert_int_equal(r.line[0].faults, FTP_FAULT_JOIN);
	assert_int_equal(r.line[1].faults, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_tell_verb_and_argument),
		cmocka_unit_test(test_every_verb_is_known_before_its_argument),
		cmocka_unit_test(test_lone_line_feed_begins_another_verb),
		cmocka_unit_test(test_line_start_is_told_across_sequence_wrap),
		cmocka_unit_test(test_bytes_behind_the_numbers_are_counted),
		cmocka_unit_test(test_port_from_the_server_is_noticed),
		cmocka_unit_test(test_faults_are_told_apart),
	};

	return cmocka_run_group_tests_name("ftp_line_verb", tests, NULL, NULL);
}
