// SPDX-License-Identifier: GPL-2.0
/*
 * test_ftp_strict.c - strict inspection ends a connection over what it promises,
 * and over nothing that an honest client and server say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/ftp_strict.h"
#include "tests/unit/ftp_test.h"

#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

struct row {
	const char *text;
	size_t len;
	enum ftp_finding finding;
};

#define ROW(text, finding)                                  \
	{                                                   \
		text, sizeof(text) - 1, FTP_FOUND_##finding \
	}

static const char *name(enum ftp_finding finding)
{
	static const char *const names[] = {
#define X(NAME, TEXT, HELP) [FTP_FOUND_##NAME] = (TEXT),
		FTP_FINDINGS(X)
#undef X
	};

	return finding < FTP_N_FINDINGS ? names[finding] : "nothing";
}

/* What is found in one whole line, nothing outstanding, nothing behind it. */
static enum ftp_finding judge(const char *text, size_t len, bool server)
{
	struct ftp_reading r = ftp_read(text, len, server);
	struct ftp_session s = {};

	assert_int_equal(r.count, 1);
	return server ? ftp_strict_reply(&r.line[0])
		      : ftp_strict_command(&r.line[0], &s, false);
}

static void check(const struct row *rows, size_t n, bool server)
{
	for (size_t i = 0; i < n; i++) {
		enum ftp_finding found = judge(rows[i].text, rows[i].len, server);

		if (found != rows[i].finding)
			fail_msg("%s: found %s instead of %s", rows[i].text, name(found),
				 name(rows[i].finding));
		assert_true(ftp_test_cuts_agree(rows[i].text, rows[i].len, server));
	}
}

static void test_honest_lines_are_borne(void **state)
{
	static const struct row commands[] = {
		ROW("USER anonymous\r\n", NOTHING),
		ROW("PASS a b c\r\n", NOTHING),
		ROW("PORT 10,0,0,1,4,0\r\n", NOTHING),
		ROW("EPRT |1|10.0.0.1|1024|\r\n", NOTHING),
		ROW("EPRT |2|2001:db8::1|65535|\r\n", NOTHING),
		ROW("EPRT |3|x|1024|\r\n", NOTHING), /* the server answers 522 */
		ROW("EPSV ALL\r\n", NOTHING),
		ROW("AUTH TLS\r\n", NOTHING),
		ROW("MLST\r\n", NOTHING),
		ROW("\377\364\377\362ABOR\r\n", NOTHING),
		ROW("\r\n", NOTHING),
	};
	static const struct row replies[] = {
		ROW("220 Hello\r\n", NOTHING),
		ROW("227 Entering Passive Mode (10,0,0,1,4,0).\r\n", NOTHING),
		ROW("227 Entering Passive Mode 10,0,0,1,4,0\r\n", NOTHING),
		ROW("229 Entering Extended Passive Mode (|||1024|)\r\n", NOTHING),
		ROW("200 PORT command successful\r\n", NOTHING),
		ROW("214-PORT EPRT\r\n", NOTHING),
		ROW("220 a\nb\r\n", NOTHING), /* text for people */
	};

	(void)state;
	check(commands, N_ROWS(commands), false);
	check(replies, N_ROWS(replies), true);
}

static void test_truncated_announcements_are_found(void **state)
{
	static const struct row commands[] = {
		ROW("PORT 10,0,0,1,4\r\n", MALFORMED),
		ROW("PORT 10,0,0,1,4,\r\n", MALFORMED),
		ROW("PORT 10,0,0,1,4,0,0\r\n", MALFORMED),
		ROW("PORT 10,0,0,256,4,0\r\n", MALFORMED),
		ROW("PORT 1,,,,,1\r\n", MALFORMED),
		ROW("PORT 10,0,0,1,0,0\r\n", MALFORMED),
		ROW("PORT\r\n", MALFORMED),
		ROW("EPRT |1|10.0.0.1|1024\r\n", MALFORMED),
		ROW("EPRT |1|10.0.0|1024|\r\n", MALFORMED),
		ROW("EPRT |1|10.0.0.1|65536|\r\n", MALFORMED),
		ROW("EPRT\r\n", MALFORMED),
	};
	static const struct row replies[] = {
		ROW("227 Entering (10,0,0,1,4)\r\n", MALFORMED),
		ROW("227 Entering (10,0,0,1,4,256)\r\n", MALFORMED),
		ROW("227 Logout.\r\n", MALFORMED),
		ROW("229 Entering (|||1024)\r\n", MALFORMED),
		ROW("229 Entering (|||65536|)\r\n", MALFORMED),
	};

	(void)state;
	check(commands, N_ROWS(commands), false);
	check(replies, N_ROWS(replies), true);
}

static void test_lines_not_ended_by_crlf_are_found(void **state)
{
	static const struct row commands[] = {
		ROW("NOOP\nNOOP\r\n", NO_CRLF), ROW("PORT 10,0,0,1,4,0\n\r\n", NO_CRLF),
		ROW("NOOP\rx\r\n", NO_CRLF),	ROW("NOOP\r\r\n", NO_CRLF),
		ROW("\n\r\n", NO_CRLF),
	};
	static const struct row replies[] = {
		ROW("227 (10,0,0,1,4,0)\n\r\n", NO_CRLF),
		ROW("229 (|||1024|)\rx\r\n", NO_CRLF),
	};

	(void)state;
	check(commands, N_ROWS(commands), false);
	check(replies, N_ROWS(replies), true);
}

static void test_nul_bytes_are_found(void **state)
{
	static const struct row commands[] = {
		ROW("NOOP\0\r\n", NUL_BYTE),
		ROW("RETR a\0b\r\n", NUL_BYTE),
		ROW("PORT 10,0,0,1,4,0\0\r\n", NUL_BYTE),
		ROW("\0\r\n", NUL_BYTE),
	};
	static const struct row replies[] = {
		ROW("220 a\0\r\n", NUL_BYTE),
		ROW("227 (10,0,0,1,4,0)\0\r\n", NUL_BYTE),
		ROW("text\0\r\n", NUL_BYTE),
	};

	(void)state;
	check(commands, N_ROWS(commands), false);
	check(replies, N_ROWS(replies), true);
}

static void test_each_side_keeps_to_its_own_words(void **state)
{
	static const struct row commands[] = {
		ROW("227 Entering (10,0,0,1,4,0)\r\n", CLIENT_REPLY),
		ROW("227-Entering\r\n", CLIENT_REPLY),
		ROW("229 Entering (|||1024|)\r\n", CLIENT_REPLY),
		ROW("226 Done\r\n", UNKNOWN_COMMAND),
	};
	static const struct row replies[] = {
		ROW("PORT 10,0,0,1,4,0\r\n", SERVER_COMMAND),
		ROW("EPRT |1|10.0.0.1|1024|\r\n", SERVER_COMMAND),
		ROW("PORT the left one\r\n", NOTHING),
	};

	(void)state;
	check(commands, N_ROWS(commands), false);
	check(replies, N_ROWS(replies), true);
}

static void test_more_than_eight_bytes_behind_the_port_are_found(void **state)
{
	static const struct row commands[] = {
		ROW("PORT 10,0,0,1,4,0 1234567\r\n", NOTHING),
		ROW("PORT 10,0,0,1,4,0 12345678\r\n", TRAILING),
		ROW("EPRT |1|10.0.0.1|1024|12345678\r\n", NOTHING),
		ROW("EPRT |1|10.0.0.1|1024|123456789\r\n", TRAILING),
	};
	static const struct row replies[] = {
		ROW("227 Entering (10,0,0,1,4,0)1234567\r\n", NOTHING),
		ROW("227 Entering (10,0,0,1,4,0)12345678\r\n", TRAILING),
		ROW("229 Entering (|||1024|)1234567\r\n", NOTHING),
		ROW("229 Entering (|||1024|)12345678\r\n", TRAILING),
	};

	(void)state;
	check(commands, N_ROWS(commands), false);
	check(replies, N_ROWS(replies), true);
}

static void test_ports_below_1024_are_found(void **state)
{
	static const struct row commands[] = {
		ROW("PORT 10,0,0,1,3,255\r\n", LOW_PORT),
		ROW("PORT 10,0,0,1,0,1\r\n", LOW_PORT),
		ROW("EPRT |1|10.0.0.1|1023|\r\n", LOW_PORT),
		ROW("EPRT |2|2001:db8::1|22|\r\n", LOW_PORT),
	};
	static const struct row replies[] = {
		ROW("227 (10,0,0,1,3,255)\r\n", LOW_PORT),
		ROW("229 (|||1023|)\r\n", LOW_PORT),
	};

	(void)state;
	check(commands, N_ROWS(commands), false);
	check(replies, N_ROWS(replies), true);
}

static void test_unknown_commands_and_other_protocols_are_found(void **state)
{
	static const struct row commands[] = {
		ROW("AVBL\r\n", UNKNOWN_COMMAND),
		ROW("XSHA256 a\r\n", UNKNOWN_COMMAND),
		ROW("USERNAME a\r\n", UNKNOWN_COMMAND),
		ROW("{} a\r\n", UNKNOWN_COMMAND),
		ROW("GET / HTTP/1.1\r\n", NOT_FTP),
		ROW("REGISTER sip:a SIP/2.0\r\n", NOT_FTP),
		ROW("Host: a\r\n", NOT_FTP),
		ROW("\001\0\r\n", NOT_FTP),
	};

	(void)state;
	check(commands, N_ROWS(commands), false);
}

/* A command with an argument of n letters. */
static enum ftp_finding judge_argument(const char *verb, int n)
{
	char text[1024];
	int len = snprintf(text, sizeof(text), "%s %0*d\r\n", verb, n, 0);

	return judge(text, (size_t)len, false);
}

static void test_overlong_paths_and_lines_are_found(void **state)
{
	static const char *const verbs[] = {"RETR", "STOR", "APPE", "stou"};
	char reply[1024];
	int len;

	(void)state;
	for (size_t i = 0; i < N_ROWS(verbs); i++) {
		assert_int_equal(judge_argument(verbs[i], 256), FTP_FOUND_NOTHING);
		assert_int_equal(judge_argument(verbs[i], 257), FTP_FOUND_OVERLONG);
	}
	assert_int_equal(judge_argument("CWD", FTP_LINE_MAX - 6), FTP_FOUND_NOTHING);
	assert_int_equal(judge_argument("CWD", FTP_LINE_MAX - 5), FTP_FOUND_OVERLONG);
	len = snprintf(reply, sizeof(reply), "200 %0600d\r\n", 0);
	assert_int_equal(judge(reply, (size_t)len, true), FTP_FOUND_NOTHING);
	len = snprintf(reply, sizeof(reply), "227 (10,0,0,1,4,0)%600s\r\n", "");
	assert_int_equal(judge(reply, (size_t)len, true), FTP_FOUND_OVERLONG);
}

/* A line of which the rest never comes must not be borne for ever. */
static void test_a_line_that_does_not_end_is_found_too(void **state)
{
	static const struct row parts[] = {
		ROW("NOOP\n", NO_CRLF),	      ROW("NOOP\rx", NO_CRLF),
		ROW("NOOP\0", NUL_BYTE),      ROW("AVBL ", UNKNOWN_COMMAND),
		ROW("GET ", NOT_FTP),	      ROW("Host:", NOT_FTP),
		ROW("227 ", CLIENT_REPLY),    ROW("NOOP\r", NOTHING),
		ROW("PORT 1,2", NOTHING),     ROW("AVBL", NOTHING),
		ROW("\377\364\377", NOTHING), ROW("", NOTHING),
	};
	char text[1024];
	struct ftp_reading r;

	(void)state;
	for (size_t i = 0; i < N_ROWS(parts); i++) {
		r = ftp_read(parts[i].text, parts[i].len, false);
		assert_int_equal(r.count, 0);
		if (ftp_strict_part(&r.rest) != parts[i].finding)
			fail_msg("%s: found %s", parts[i].text,
				 name(ftp_strict_part(&r.rest)));
	}
	snprintf(text, sizeof(text), "RETR %0*d", FTP_PATH_MAX, 0);
	r = ftp_read(text, 5 + FTP_PATH_MAX, false);
	assert_int_equal(ftp_strict_part(&r.rest), FTP_FOUND_NOTHING);
	text[5 + FTP_PATH_MAX] = '\r';
	r = ftp_read(text, 5 + FTP_PATH_MAX + 1, false);
	assert_int_equal(ftp_strict_part(&r.rest), FTP_FOUND_NOTHING);
	text[5 + FTP_PATH_MAX] = 'x';
	r = ftp_read(text, 5 + FTP_PATH_MAX + 1, false);
	assert_int_equal(ftp_strict_part(&r.rest), FTP_FOUND_OVERLONG);
}

/* The scanner joined in the midst of this line: who knows what it is. */
static void test_a_line_joined_in_its_middle_is_not_judged(void **state)
{
	static const char text[] = "a: b\nc\0\r\n";
	struct ftp_session s = {};
	struct ftp_reading r;

	(void)state;
	memset(&r, 0, sizeof(r));
	ftp_line_join(&r.rest);
	ftp_read_on(&r, text, sizeof(text) - 1, 0, false);
	assert_int_equal(r.count, 1);
	assert_int_equal(ftp_strict_command(&r.line[0], &s, false), FTP_FOUND_NOTHING);
	memset(&r, 0, sizeof(r));
	ftp_line_join(&r.rest);
	ftp_read_on(&r, text, sizeof(text) - 1, 0, true);
	assert_int_equal(ftp_strict_reply(&r.line[0]), FTP_FOUND_NOTHING);
}

/* The next command, with one outstanding. */
static enum ftp_finding judge_next(enum ftp_verb outstanding, const char *text)
{
	struct ftp_reading r = ftp_read(text, strlen(text), false);
	struct ftp_session s = {};

	ftp_queue_push(&s,
		       (struct ftp_command){.kind = FTP_COMMAND, .verb = outstanding});
	return ftp_strict_command(&r.line[0], &s, false);
}

static void test_a_command_before_the_last_reply_is_found(void **state)
{
	(void)state;
	assert_int_equal(judge_next(FTP_VERB_USER, "PASS a\r\n"), FTP_FOUND_PIPELINED);
	assert_int_equal(judge_next(FTP_VERB_RETR, "NOOP\r\n"), FTP_FOUND_PIPELINED);
	assert_int_equal(judge_next(FTP_VERB_USER, "QUIT\r\n"), FTP_FOUND_PIPELINED);
	assert_int_equal(judge_next(FTP_VERB_USER, "\r\n"), FTP_FOUND_NOTHING);
	/* RFC 959, 4.1.3: during a transfer */
	assert_int_equal(judge_next(FTP_VERB_RETR, "\377\364\377\362ABOR\r\n"),
			 FTP_FOUND_NOTHING);
	assert_int_equal(judge_next(FTP_VERB_STOR, "STAT\r\n"), FTP_FOUND_NOTHING);
	assert_int_equal(judge_next(FTP_VERB_LIST, "QUIT\r\n"), FTP_FOUND_NOTHING);
	assert_int_equal(judge_next(FTP_VERB_MLSD, "ABOR\r\n"), FTP_FOUND_NOTHING);
}

static void test_bytes_behind_a_command_in_its_segment_are_found(void **state)
{
	static const char *const lines[] = {"NOOP\r\n", "AUTH TLS\r\n", "\r\n",
					    "PORT 10,0,0,1,4,0\r\n"};
	struct ftp_session s = {};

	(void)state;
	for (size_t i = 0; i < N_ROWS(lines); i++) {
		struct ftp_reading r = ftp_read(lines[i], strlen(lines[i]), false);

		assert_int_equal(ftp_strict_command(&r.line[0], &s, false),
				 FTP_FOUND_NOTHING);
		assert_int_equal(ftp_strict_command(&r.line[0], &s, true),
				 FTP_FOUND_PIPELINED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_honest_lines_are_borne),
		cmocka_unit_test(test_truncated_announcements_are_found),
		cmocka_unit_test(test_lines_not_ended_by_crlf_are_found),
		cmocka_unit_test(test_nul_bytes_are_found),
		cmocka_unit_test(test_each_side_keeps_to_its_own_words),
		cmocka_unit_test(test_more_than_eight_bytes_behind_the_port_are_found),
		cmocka_unit_test(test_ports_below_1024_are_found),
		cmocka_unit_test(test_unknown_commands_and_other_protocols_are_found),
		cmocka_unit_test(test_overlong_paths_and_lines_are_found),
		cmocka_unit_test(test_a_line_that_does_not_end_is_found_too),
		cmocka_unit_test(test_a_line_joined_in_its_middle_is_not_judged),
		cmocka_unit_test(test_a_command_before_the_last_reply_is_found),
		cmocka_unit_test(test_bytes_behind_a_command_in_its_segment_are_found),
	};

	return cmocka_run_group_tests_name("ftp_strict", tests, NULL, NULL);
}
