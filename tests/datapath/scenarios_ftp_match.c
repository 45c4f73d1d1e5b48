// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_ftp_match.c - policy-maps of type inspect ftp in the kernel: what is
 * matched while the dialogue goes by, what comes of it, and what is masked.
 *
 * How expressions become automata is tested natively (tests/unit).
 */
#include "tests/datapath/dialogue.h"

static const char policy[] = INTERFACES
	"access-list out permit tcp any host " MAPPED " eq ftp\n"
	"access-group out in interface outside\n" STATIC_SERVER
	"regex secret \"secret\"\n"
	"regex exe \"\\.exe\"\n"
	"regex root \"^root$\"\n"
	"regex evil \"EvilFTPd\"\n"
	"regex watched \"watched\"\n"
	"policy-map type inspect ftp guard\n"
	" parameters\n"
	"  mask-banner\n"
	"  mask-syst-reply\n"
	" match filename regex secret\n"
	"  reset log\n"
	" match filetype regex exe\n"
	"  drop-connection log\n"
	" match request-command dele\n"
	"  reset\n"
	" match username regex root\n"
	"  reset log\n"
	" match server regex evil\n"
	"  reset\n"
	" match filename regex watched\n"
	"  log\n"
	"class-map inspection_default\n"
	" match default-inspection-traffic\n"
	"policy-map global_policy\n"
	" class inspection_default\n"
	"  inspect ftp strict guard\n"
	"service-policy global_policy global\n";

static void greet(struct dialogue *d, struct scenario *s)
{
	dialogue_open(d, s, 21);
	PASSES(d, SERVER_TEXT(d, "220 ready\r\n"));
}

/* The line, byte by byte: how it is cut must not matter. */
static struct heard type(struct dialogue *d, const char *text)
{
	struct heard heard = {.forwarded = true};

	for (; *text && heard.forwarded; text++)
		heard = dialogue_say(d, END_CLIENT, text, 1);
	return heard;
}

static void matches_end_it(struct scenario *s)
{
	static const char *const lines[] = {
		"RETR a/secret/file\r\n",
		"STOR secret\r\n",
		"DELE harmless\r\n",
		"USER root\r\n",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct dialogue d;

		greet(&d, s);
		CHECK(s, dialogue_say(&d, END_CLIENT, lines[i], strlen(lines[i])).reset);
		CHECK(s, dialogue_session(&d).found[FTP_FOUND_MATCH] == 1);
		greet(&d, s);
		CHECK(s, type(&d, lines[i]).reset);
	}
}

static void what_does_not_match_passes(struct scenario *s)
{
	static const char *const lines[] = {
		"RETR a/secre/t\r\n", "SIZE secret\r\n", "RETR exe\r\n",
		"RETR a.exe/b\r\n",   "USER rooty\r\n",	 "USER groot\r\n",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct dialogue d;

		greet(&d, s);
		PASSES(&d, dialogue_say(&d, END_CLIENT, lines[i], strlen(lines[i])));
		CHECK(s, !dialogue_session(&d).found[FTP_FOUND_MATCH]);
	}
}

static void drop_connection_is_silent(struct scenario *s)
{
	struct heard heard;
	struct dialogue d;

	greet(&d, s);
	heard = CLIENT_TEXT(&d, "RETR tools/setup.exe\r\n");
	CHECK(s, !heard.forwarded && !heard.reset && !heard.answered);
	CHECK(s, heard.reason == PH_DROP_FTP_MATCH);
	heard = CLIENT_TEXT(&d, "NOOP\r\n");
	CHECK(s, !heard.answered && heard.reason == PH_DROP_FTP_ENDED);
}

static void logging_alone_ends_nothing(struct scenario *s)
{
	struct dialogue d;

	greet(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, "RETR watched\r\n"));
	CHECK(s, dialogue_session(&d).found[FTP_FOUND_MATCH] == 1);
}

static void server_is_matched_by_its_greeting(struct scenario *s)
{
	struct dialogue d;

	dialogue_open(&d, s, 21);
	CHECK(s, SERVER_TEXT(&d, "220 EvilFTPd 6.6\r\n").reset);
	dialogue_open(&d, s, 21);
	PASSES(&d, SERVER_TEXT(&d, "220-hello\r\n"));
	CHECK(s, SERVER_TEXT(&d, " this is EvilFTPd\r\n220 bye\r\n").reset);
}

static bool is_text(const struct heard *heard, const char *text)
{
	return heard->forwarded && heard->len == strlen(text) &&
	       !memcmp(heard->text, text, heard->len);
}

static void banner_is_masked(struct scenario *s)
{
	struct heard heard;
	struct dialogue d;

	dialogue_open(&d, s, 21);
	heard = SERVER_TEXT(&d, "220-GoodFTPd 1.0\r\n it runs\r\n220 ready\r\n");
	CHECK(s, is_text(&heard, "220-************\r\n********\r\n220 *****\r\n"));
	/* Repeated in other pieces, it is the same. */
	heard = dialogue_say_at(&d, END_SERVER, -32, "dFTPd 1.0\r\n it", 14);
	CHECK(s, is_text(&heard, "*********\r\n***"));
	PASSES(&d, CLIENT_TEXT(&d, "USER bob\r\n"));
	heard = SERVER_TEXT(&d, "331 word?\r\n");
	CHECK(s, is_text(&heard, "331 word?\r\n"));
}

static void banner_is_masked_however_it_is_cut(struct scenario *s)
{
	static const char banner[] = "220-Good 1.0\r\n it runs\r\n220 go\r\n";
	static const char masked[] = "220-********\r\n********\r\n220 **\r\n";
	struct dialogue d;

	dialogue_open(&d, s, 21);
	for (size_t i = 0; i < sizeof(banner) - 1; i++) {
		struct heard heard = dialogue_say(&d, END_SERVER, &banner[i], 1);

		CHECK(s, heard.forwarded && heard.len == 1 && *heard.text == masked[i]);
		/* The client acknowledges as it goes. */
		dialogue_say_at(&d, END_CLIENT, 0, "", 0);
	}
}

static void syst_reply_is_masked(struct scenario *s)
{
	struct heard heard;
	struct dialogue d;

	greet(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, "SYST\r\n"));
	heard = SERVER_TEXT(&d, "215 UNIX Type: L8\r\n");
	CHECK(s, is_text(&heard, "215 *************\r\n"));
	PASSES(&d, CLIENT_TEXT(&d, "NOOP\r\n"));
	heard = SERVER_TEXT(&d, "200 UNIX\r\n");
	CHECK(s, is_text(&heard, "200 UNIX\r\n"));
}

static const struct scenario_entry entries[] = {
	SCENARIO(matches_end_it, "a match with reset ends it, however the line is cut",
		 .tc_only = true, .policy = policy),
	SCENARIO(what_does_not_match_passes, "what does not match passes",
		 .tc_only = true, .policy = policy),
	SCENARIO(drop_connection_is_silent, "drop-connection answers nobody",
		 .tc_only = true, .policy = policy),
	SCENARIO(logging_alone_ends_nothing, "a match with log only is told",
		 .tc_only = true, .policy = policy),
	SCENARIO(server_is_matched_by_its_greeting,
		 "a server is matched by any line of its greeting", .tc_only = true,
		 .policy = policy),
	SCENARIO(banner_is_masked, "mask-banner hides the greeting's text and no more",
		 .tc_only = true, .policy = policy),
	SCENARIO(banner_is_masked_however_it_is_cut,
		 "mask-banner hides it byte by byte as well", .tc_only = true,
		 .policy = policy),
	SCENARIO(syst_reply_is_masked, "mask-syst-reply hides what SYST is answered",
		 .tc_only = true, .policy = policy),
};

void scenarios_ftp_match(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
