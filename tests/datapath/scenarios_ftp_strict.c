// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_ftp_strict.c - strict inspection: what it ends a connection for, and
 * that without strict the same only opens nothing.
 *
 * Which lines are which is tested natively (tests/unit/test_ftp_strict.c).
 */
#include "tests/datapath/dialogue.h"

#define FTP_LIST                                                             \
	INTERFACES "access-list out permit tcp any host " MAPPED " eq ftp\n" \
		   "access-group out in interface outside\n" STATIC_SERVER

static const char strict[] = FTP_LIST "fixup protocol ftp strict 21\n";
static const char loose[] = FTP_LIST "fixup protocol ftp 21\n";

static void greet(struct dialogue *d, struct scenario *s)
{
	dialogue_open(d, s, 21);
	PASSES(d, SERVER_TEXT(d, "220 ready\r\n"));
}

/* One line, and what strict inspection finds in it. */
struct offence {
	const char *text;
	size_t len;
	enum end end;
	enum ftp_finding finding;
	bool after_pasv; /* PASV waits for its reply */
	bool unnoticed;	 /* without strict nothing is found in it */
};

#define TEXT(t) .text = (t), .len = sizeof(t) - 1

static const struct offence offences[] = {
	{TEXT("PORT 203,0,113,50,200\r\n"), END_CLIENT, FTP_FOUND_MALFORMED},
	{TEXT("PORT 203,0,113,50,0,25\r\n"), END_CLIENT, FTP_FOUND_LOW_PORT},
	{TEXT("PORT 198,51,100,7,200,10\r\n"), END_CLIENT, FTP_FOUND_FOREIGN_ADDRESS},
	{TEXT("PORT 203,0,113,50,200,10 123456789\r\n"), END_CLIENT, FTP_FOUND_TRAILING,
	 .unnoticed = true},
	{TEXT("NOOP\n"), END_CLIENT, FTP_FOUND_NO_CRLF, .unnoticed = true},
	{TEXT("NO\0OP\r\n"), END_CLIENT, FTP_FOUND_NUL_BYTE, .unnoticed = true},
	{TEXT("NOOP\r\nNOOP\r\n"), END_CLIENT, FTP_FOUND_PIPELINED, .unnoticed = true},
	{TEXT("EVIL x\r\n"), END_CLIENT, FTP_FOUND_UNKNOWN_COMMAND, .unnoticed = true},
	{TEXT("227 ok (203,0,113,50,200,10)\r\n"), END_CLIENT, FTP_FOUND_CLIENT_REPLY,
	 .unnoticed = true},
	{TEXT("PORT 10,0,0,10,200,10\r\n"), END_SERVER, FTP_FOUND_SERVER_COMMAND,
	 .unnoticed = true},
	{TEXT("NOOP\r\n"), END_CLIENT, FTP_FOUND_PIPELINED, .after_pasv = true,
	 .unnoticed = true},
	{TEXT("227 ok (10,0,0,99,200,10)\r\n"), END_SERVER, FTP_FOUND_FOREIGN_ADDRESS,
	 .after_pasv = true},
	{TEXT("227 ok (10,0,0,10,3,10)\r\n"), END_SERVER, FTP_FOUND_LOW_PORT,
	 .after_pasv = true},
	{TEXT("227 Logout.\r\n"), END_SERVER, FTP_FOUND_MALFORMED, .after_pasv = true},
	{TEXT("227 ok (1,,,,,1)\r\n"), END_SERVER, FTP_FOUND_MALFORMED,
	 .after_pasv = true},
	{TEXT("229 ok (|||51000|)\r\n"), END_SERVER, FTP_FOUND_UNSOLICITED},
};

static struct heard offend(struct dialogue *d, struct scenario *s,
			   const struct offence *o)
{
	greet(d, s);
	if (o->after_pasv)
		PASSES(d, CLIENT_TEXT(d, "PASV\r\n"));
	return dialogue_say(d, o->end, o->text, o->len);
}

static void offences_end_it(struct scenario *s)
{
	for (size_t i = 0; i < sizeof(offences) / sizeof(offences[0]); i++) {
		const struct offence *o = &offences[i];
		struct dialogue d;
		struct heard heard = offend(&d, s, o);
		struct ftp_session session = dialogue_session(&d);

		if (heard.reset && heard.reason == PH_DROP_FTP_STRICT &&
		    session.found[o->finding] == 1 && !session.holes_opened)
			continue;
		tap_note("  offence %zu: %s reason %u finding %u", i,
			 heard.reset ? "reset" : "no reset", (unsigned int)heard.reason,
			 session.found[o->finding]);
		s->ok = false;
	}
}

static void loose_lets_them_pass(struct scenario *s)
{
	for (size_t i = 0; i < sizeof(offences) / sizeof(offences[0]); i++) {
		const struct offence *o = &offences[i];
		struct dialogue d;
		struct heard heard = offend(&d, s, o);
		struct ftp_session session = dialogue_session(&d);

		/* More behind the numbers does not make them wrong. */
		if (heard.forwarded &&
		    session.holes_opened == (o->finding == FTP_FOUND_TRAILING) &&
		    session.found[o->finding] == !o->unnoticed)
			continue;
		tap_note("  offence %zu: %s holes %u finding %u", i,
			 heard.forwarded ? "forwarded" : "not forwarded",
			 session.holes_opened, session.found[o->finding]);
		s->ok = false;
	}
}

static void long_names_end_it(struct scenario *s)
{
	char text[600] = "RETR ";
	struct dialogue d;

	memset(text + 5, 'a', 300);
	memcpy(text + 305, "\r\n", 3);
	greet(&d, s);
	CHECK(s, dialogue_say(&d, END_CLIENT, text, 307).reset);
	CHECK(s, dialogue_session(&d).found[FTP_FOUND_OVERLONG] == 1);
	greet(&d, s);
	memcpy(text + 205, "\r\n", 3);
	PASSES(&d, dialogue_say(&d, END_CLIENT, text, 207));
}

static void editing_the_stream_ends_it(struct scenario *s)
{
	struct dialogue d;

	greet(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, "RETR abc\r\n"));
	PASSES(&d, dialogue_say_at(&d, END_CLIENT, -10, "RETR abc\r\n", 10));
	CHECK(s, !dialogue_session(&d).found[FTP_FOUND_STREAM_EDITED]);
	CHECK(s, dialogue_say_at(&d, END_CLIENT, -10, "DELE abc\r\n", 10).reset);
	CHECK(s, dialogue_session(&d).found[FTP_FOUND_STREAM_EDITED] == 1);
}

static void editing_is_never_read(struct scenario *s)
{
	struct dialogue d;

	greet(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, "NOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\n"));
	PASSES(&d, dialogue_say_at(&d, END_CLIENT, -30,
				   "PORT 203,0,113,50,200,10    \r\n", 30));
	CHECK(s, !dialogue_session(&d).holes_opened);
}

static void an_orderly_dialogue_passes(struct scenario *s)
{
	struct dialogue d;

	greet(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, "USER bob\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "331 word?\r\n"));
	PASSES(&d, CLIENT_TEXT(&d, "PASS secret\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "230-welcome\r\n one\r\n230 go on\r\n"));
	CHECK(s, !strcmp(dialogue_session(&d).user, "bob"));
	PASSES(&d, CLIENT_TEXT(&d, "EPSV\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "229 Entering (|||51000|)\r\n"));
	PASSES(&d, CLIENT_TEXT(&d, "RETR some/file.txt\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "150 opening\r\n"));
	/* RFC 959, 4.1.3: while a transfer is under way these may be sent. */
	PASSES(&d, CLIENT_TEXT(&d, "ABOR\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "426 aborted\r\n226 done\r\n"));
	PASSES(&d, CLIENT_TEXT(&d, "QUIT\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "221 bye\r\n"));
	CHECK(s, dialogue_session(&d).holes_opened == 1);
	CHECK(s, !strcmp(dialogue_session(&d).path, "some/file.txt"));
}

static void other_protocols_open_nothing(struct scenario *s)
{
	static const char post[] = "POST / HTTP/1.1\r\nHost: evil\r\n\r\n"
				   "PORT 203,0,113,50,200,10\r\n";
	struct dialogue d;

	greet(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, post));
	CHECK(s, !dialogue_session(&d).holes_opened);
	CHECK(s, dialogue_session(&d).found[FTP_FOUND_NOT_FTP] == 1);
	PASSES(&d, CLIENT_TEXT(&d, "EPSV\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "229 ok (|||51000|)\r\n"));
	CHECK(s, !dialogue_session(&d).holes_opened);
}

static void epsv_all_is_kept_to(struct scenario *s)
{
	struct dialogue d;

	greet(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, "EPSV ALL\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "200 ok\r\n"));
	PASSES(&d, CLIENT_TEXT(&d, "PORT 203,0,113,50,200,10\r\n"));
	CHECK(s, dialogue_session(&d).found[FTP_FOUND_EPSV_ALL] == 1);
	PASSES(&d, SERVER_TEXT(&d, "501 no\r\n"));
	PASSES(&d, CLIENT_TEXT(&d, "PASV\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "227 ok (203,0,113,10,200,10)\r\n"));
	CHECK(s, !dialogue_session(&d).holes_opened);
	PASSES(&d, CLIENT_TEXT(&d, "EPSV\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "229 ok (|||51000|)\r\n"));
	CHECK(s, dialogue_session(&d).holes_opened == 1);
}

static const struct scenario_entry entries[] = {
	SCENARIO(offences_end_it, "strict ends the connection for each offence",
		 .tc_only = true, .policy = strict),
	SCENARIO(long_names_end_it, "strict ends it for file names beyond 256 bytes",
		 .tc_only = true, .policy = strict),
	SCENARIO(editing_the_stream_ends_it,
		 "strict ends it when a repeated segment says something else",
		 .tc_only = true, .policy = strict),
	SCENARIO(an_orderly_dialogue_passes, "strict lets an orderly dialogue pass",
		 .tc_only = true, .policy = strict),
	SCENARIO(loose_lets_them_pass, "without strict offences pass and open nothing",
		 .tc_only = true, .policy = loose),
	SCENARIO(editing_is_never_read, "what was read is never read again",
		 .tc_only = true, .policy = loose),
	SCENARIO(other_protocols_open_nothing,
		 "a line of FTP inside another protocol opens nothing", .tc_only = true,
		 .policy = loose),
	SCENARIO(epsv_all_is_kept_to, "after EPSV ALL only EPSV opens a hole",
		 .tc_only = true, .policy = loose),
};

void scenarios_ftp_strict(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
