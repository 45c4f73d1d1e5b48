// SPDX-License-Identifier: GPL-2.0
/*
 * test_ftp_match.c - automata read the bytes that their subject consists of, and
 * no others; rules hold where they say.
 *
 * The automata here collect nothing but text: each state's number is the number
 * of bytes read since its start, and the bytes are written down beside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/ftp_match.h"
#include "tests/unit/ftp_test.h"

#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define READ_MAX     1024

/* What the two automata have read since they were at their start. The first
 * state of a subject is 1000 times its number and 1; each byte leads to the next
 * state. */
struct reader {
	struct ftp_line line;
	char read[2][READ_MAX];
};

static const __u16 starts[FTP_N_SUBJECTS] = {1, 1001, 2001, 3001};

static void step(struct reader *r, __u32 i, __u8 c, bool server)
{
	struct ftp_line *l = &r->line;
	__u32 subject = ftp_match_subject(l, i, server, c);
	__u32 count;

	if (subject >= FTP_N_SUBJECTS)
		return;
	ftp_match_begin(l, i, starts[subject], c);
	if (!l->automaton[i])
		return;
	count = (l->automaton[i] - 1u) % 1000;
	assert_int_equal((l->automaton[i] - 1u) / 1000, subject);
	r->read[i][count] = (char)c;
	r->read[i][count + 1] = 0;
	l->automaton[i]++;
}

/* Feed one byte as the datapath does. Return: whether rules are to be asked. */
static bool feed(struct reader *r, __u8 c, __u32 seq, bool server)
{
	bool ended = ftp_line_feed(&r->line, c, seq, server);

	for (__u32 i = 0; i < 2; i++)
		step(r, i, c, server);
	return ended || ftp_line_broke(&r->line);
}

/* What was read when automaton i is asked at the end. */
static const char *found(const struct reader *r, __u32 i)
{
	return r->line.automaton[i] ? r->read[i] : "";
}

struct row {
	const char *text;
	const char *name; /* of automaton 0 */
	const char *type; /* of automaton 1 */
};

/* One line, up to the end of it. */
static void check(const struct row *row, bool server)
{
	struct reader r;
	size_t len = strlen(row->text);

	memset(&r, 0, sizeof(r));
	for (size_t i = 0; i < len; i++) {
		bool asked = feed(&r, (__u8)row->text[i], (__u32)i, server);

		assert_int_equal(asked, i + 1 == len);
	}
	if (strcmp(found(&r, 0), row->name) != 0 || strcmp(found(&r, 1), row->type) != 0)
		fail_msg("%s: read \"%s\" and \"%s\"", row->text, found(&r, 0),
			 found(&r, 1));
}

static void test_file_names_are_read_as_written(void **state)
{
	static const struct row rows[] = {
		{"RETR readme\r\n", "readme", ""},
		{"stor  A b.TXT\r\n", "A b.TXT", ".TXT"},
		{"APPE x\r\n", "x", ""},
		{"STOU x.y\r\n", "x.y", ".y"},
		{"STOU\r\n", "", ""},
		{"RETR \r\n", "", ""},
		{"RETR\tx.c\r\n", "x.c", ".c"},
		{" RETR x.c\r\n", "x.c", ".c"},
		{"\377\364\377\362RETR x\r\n", "x", ""},
		{"RETR x.c\n", "x.c", ".c"}, /* to a lax server it ends here */
		/* no file names */
		{"DELE x.c\r\n", "", ""},
		{"PASS x.c\r\n", "", ""},
		{"CWD x.c\r\n", "", ""},
		{"RETRX x.c\r\n", "", ""},
		{"x RETR x.c\r\n", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < N_ROWS(rows); i++)
		check(&rows[i], false);
}

static void test_file_type_is_what_follows_the_last_dot_of_the_last_part(void **state)
{
	static const struct row rows[] = {
		{"RETR a.tar.gz\r\n", "a.tar.gz", ".gz"},
		{"RETR a.d/b\r\n", "a.d/b", ""},
		{"RETR a.d\\b\r\n", "a.d\\b", ""},
		{"RETR a.d/b.c\r\n", "a.d/b.c", ".c"},
		{"RETR .profile\r\n", ".profile", ".profile"},
		{"RETR a.\r\n", "a.", "."},
		{"RETR a..b\r\n", "a..b", ".b"},
		{"RETR ../x\r\n", "../x", ""},
		{"RETR a.b c\r\n", "a.b c", ".b c"},
	};

	(void)state;
	for (size_t i = 0; i < N_ROWS(rows); i++)
		check(&rows[i], false);
}

static void test_user_name_is_read_and_password_is_not(void **state)
{
	static const struct row rows[] = {
		{"USER anonymous\r\n", "anonymous", ""},
		{"user a.b/c@d\r\n", "a.b/c@d", ""},
		{"USER\r\n", "", ""},
		{"PASS anonymous\r\n", "", ""},
		{"ACCT anonymous\r\n", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < N_ROWS(rows); i++)
		check(&rows[i], false);
}

/* Behind a lone LF the next command's argument is read from its start. */
static void test_lone_line_feed_begins_another_subject(void **state)
{
	static const char text[] = "RETR secret.c\nUSER a\r\n";
	struct reader r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		bool asked = feed(&r, (__u8)text[i], (__u32)i, false);

		assert_int_equal(asked, text[i] == '\n');
		if (i == 13) {
			assert_string_equal(found(&r, 0), "secret.c");
			assert_string_equal(found(&r, 1), ".c");
		}
	}
	assert_string_equal(found(&r, 0), "a");
	assert_string_equal(found(&r, 1), "");
}

/* State 0 is for good, up to the next subject or, of a file type, the next dot. */
static void test_an_automaton_that_died_stays_dead(void **state)
{
	static const char text[] = "RETR ab.cd\r\n";
	struct reader r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		feed(&r, (__u8)text[i], (__u32)i, false);
		if (text[i] == 'a' || text[i] == 'c') {
			r.line.automaton[0] = 0;
			r.line.automaton[1] = 0;
		}
	}
	assert_int_equal(r.line.automaton[0], 0);
	assert_int_equal(r.line.automaton[1], 0);
}

/* However long the line is: blanks do not hide a name. */
static void test_argument_beyond_the_line_limit_is_read(void **state)
{
	struct reader r;
	char text[1200];
	int n = snprintf(text, sizeof(text), "RETR%700ssecret.c\r\n", "");

	(void)state;
	memset(&r, 0, sizeof(r));
	for (int i = 0; i < n; i++)
		feed(&r, (__u8)text[i], (__u32)i, false);
	assert_true(r.line.faults & FTP_FAULT_LONG);
	assert_string_equal(found(&r, 0), "secret.c");
	assert_string_equal(found(&r, 1), ".c");
}

/* The server's lines up to the end of its first reply. */
static void check_greeting(const char *text, const char *want)
{
	struct reader r;

	memset(&r, 0, sizeof(r));
	for (size_t i = 0; text[i]; i++) {
		if (!feed(&r, (__u8)text[i], (__u32)i, true) || r.line.kind == FTP_REPLY)
			continue;
		ftp_line_reset(&r.line);
	}
	assert_int_equal(r.line.kind, FTP_REPLY);
	if (strcmp(found(&r, 0), want) != 0)
		fail_msg("%s: read \"%s\"", text, found(&r, 0));
	assert_string_equal(found(&r, 1), "");
	ftp_line_reset(&r.line);
	assert_int_equal(r.line.automaton[0], 0);
}

static void test_greeting_is_read_over_all_its_lines(void **state)
{
	(void)state;
	check_greeting("220 host ready\r\n", "host ready");
	check_greeting("220 x\r\n", "x");
	check_greeting("220\r\n", "");
	check_greeting("220 \r\n", "");
	check_greeting("220-a\r\n220 b\r\n", "a\nb");
	check_greeting("220-a\r\n220-b\r\n220 c\r\n", "a\nb\nc");
	check_greeting("220-a\r\nb.c/d\r\n e\r\n220 \r\n", "a\nb.c/d\n e\n");
	check_greeting("220-\r\n220-b\r\n220 c\r\n", "\nb\nc");
	check_greeting("220-a\r\n\r\n220 c\r\n", "a\n\nc");
	check_greeting("220-a\r\nPORT 1\r\n220 c\r\n", "a\nPORT 1\nc");
}

static void test_other_replies_are_not_read(void **state)
{
	(void)state;
	check_greeting("230 host\r\n", "");
	check_greeting("421-host\r\nx\r\n421 y\r\n", "");
}

static void test_rule_holds_where_verb_and_atoms_are_its_own(void **state)
{
	const struct ftp_rule any = {.on = FTP_ON_COMMAND};
	const struct ftp_rule dele = {
		.verbs = 1ull << FTP_VERB_DELE | 1ull << FTP_VERB_XMD5,
	};
	const struct ftp_rule both = {.all_of = 6, .none_of = 8};
	const struct ftp_rule none = {.none_of = 1u << 31};

	(void)state;
	assert_true(ftp_match_holds(&any, FTP_VERB_USER, 0));
	assert_true(ftp_match_holds(&any, FTP_VERB_NONE, 0xffffffff));
	assert_true(ftp_match_holds(&dele, FTP_VERB_DELE, 0));
	assert_true(ftp_match_holds(&dele, FTP_VERB_XMD5, 1));
	assert_false(ftp_match_holds(&dele, FTP_VERB_USER, 0));
	assert_false(ftp_match_holds(&dele, FTP_VERB_UNKNOWN, 0));
	assert_false(ftp_match_holds(&dele, FTP_VERB_NONE, 0));
	assert_true(ftp_match_holds(&both, FTP_VERB_RETR, 6));
	assert_true(ftp_match_holds(&both, FTP_VERB_RETR, 7));
	assert_false(ftp_match_holds(&both, FTP_VERB_RETR, 2));
	assert_false(ftp_match_holds(&both, FTP_VERB_RETR, 4));
	assert_false(ftp_match_holds(&both, FTP_VERB_RETR, 14));
	assert_true(ftp_match_holds(&none, FTP_VERB_RETR, 0));
	assert_false(ftp_match_holds(&none, FTP_VERB_RETR, 1u << 31));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_names_are_read_as_written),
		cmocka_unit_test(
			test_file_type_is_what_follows_the_last_dot_of_the_last_part),
		cmocka_unit_test(test_user_name_is_read_and_password_is_not),
		cmocka_unit_test(test_lone_line_feed_begins_another_subject),
		cmocka_unit_test(test_an_automaton_that_died_stays_dead),
		cmocka_unit_test(test_argument_beyond_the_line_limit_is_read),
		cmocka_unit_test(test_greeting_is_read_over_all_its_lines),
		cmocka_unit_test(test_other_replies_are_not_read),
		cmocka_unit_test(test_rule_holds_where_verb_and_atoms_are_its_own),
	};

	return cmocka_run_group_tests_name("ftp_match", tests, NULL, NULL);
}
