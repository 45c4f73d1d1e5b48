// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_ftp_tls.c - control connections that go over to TLS: what proves it,
 * what the policy makes of it, and the way back (CCC). RFC 4217.
 *
 * Records and hellos in all their shapes are tested natively in tests/unit.
 */
#include <errno.h>

#include <bpf/libbpf.h>

#include "pinhole.skel.h"
#include "tests/datapath/dialogue.h"

/* TLS 1.2 hellos, as short as they may be: no extensions. */
#define RANDOM32 "0123456789abcdef0123456789abcdef"
#define CLIENT_HELLO                                            \
	"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03" RANDOM32 \
	"\x00\x00\x02\x13\x01\x01\x00"
#define SERVER_HELLO \
	"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03" RANDOM32 "\x00\x13\x01\x00"
#define RECORD_DATA "\x17\x03\x03\x00\x04\xde\xad\xbe\xef"
/* The same, and asking for a server by name. */
#define CLIENT_HELLO_SNI                                                           \
	"\x16\x03\x01\x00\x43\x01\x00\x00\x3f\x03\x03" RANDOM32                    \
	"\x00\x00\x02\x13\x01\x01\x00\x00\x14\x00\x00\x00\x10\x00\x0e\x00\x00\x0b" \
	"ftp.example"
#define RECORD_ALERT "\x15\x03\x03\x00\x02\x01\x00"

#define FTP_LIST                                                             \
	INTERFACES "access-list out permit tcp any host " MAPPED " eq ftp\n" \
		   "access-list out permit tcp any host " MAPPED " eq 990\n" \
		   "access-group out in interface outside\n" STATIC_SERVER

static const char pass[] = FTP_LIST "fixup protocol ftp 21\n"
				    "fixup protocol ftps 990\n";
static const char strict[] = FTP_LIST "fixup protocol ftp strict 21\n";
static const char deny[] = FTP_LIST "fixup protocol ftp 21 tls deny\n";
static const char require[] = FTP_LIST "fixup protocol ftp 21 tls require\n";

static void greet(struct dialogue *d, struct scenario *s)
{
	dialogue_open(d, s, 21);
	PASSES(d, SERVER_TEXT(d, "220 ready\r\n"));
}

static void agree(struct dialogue *d, struct scenario *s)
{
	greet(d, s);
	PASSES(d, CLIENT_TEXT(d, "AUTH TLS\r\n"));
	CHECK(s, dialogue_session(d).flags & FTP_S_AUTH);
	PASSES(d, SERVER_TEXT(d, "234 go on\r\n"));
	CHECK(s, !(dialogue_session(d).flags & FTP_S_AUTH));
}

static void shake_hands(struct dialogue *d, struct scenario *s)
{
	agree(d, s);
	PASSES(d, CLIENT_TEXT(d, CLIENT_HELLO));
	CHECK(s, !(dialogue_session(d).flags & FTP_S_TLS));
	PASSES(d, SERVER_TEXT(d, SERVER_HELLO));
	CHECK(s, dialogue_session(d).flags & FTP_S_TLS);
	CHECK(s, !(dialogue_session(d).flags & FTP_S_VERIFIED));
	PASSES(d, CLIENT_TEXT(d, RECORD_DATA));
	PASSES(d, SERVER_TEXT(d, RECORD_DATA));
	CHECK(s, dialogue_session(d).flags & FTP_S_VERIFIED);
}

static void hellos_are_verified(struct scenario *s)
{
	struct dialogue d;

	shake_hands(&d, s);
	/* What looks like a line inside of a record is none. */
	PASSES(&d, CLIENT_TEXT(&d, "\x17\x03\x03\x00\x06PASV\r\n"));
	CHECK(s, dialogue_session(&d).command_count == 0);
	CHECK(s, !dialogue_session(&d).holes_opened);
}

static void hello_may_be_cut(struct scenario *s)
{
	static const char hello[] = CLIENT_HELLO;
	struct dialogue d;

	agree(&d, s);
	for (size_t i = 0; i < sizeof(hello) - 1; i++)
		PASSES(&d, dialogue_say(&d, END_CLIENT, &hello[i], 1));
	CHECK(s, dialogue_session(&d).dir[0].mode == FTP_MODE_TLS);
}

static void clear_text_after_234_is_reset(struct scenario *s)
{
	struct heard heard;
	struct dialogue d;

	agree(&d, s);
	heard = CLIENT_TEXT(&d, "USER root\r\n");
	CHECK(s, heard.reset && heard.reason == PH_DROP_FTP_TLS);
	CHECK(s, dialogue_session(&d).found[FTP_FOUND_NO_CLIENT_HELLO] == 1);
	/* And the connection is over for both. */
	CHECK(s, SERVER_TEXT(&d, "230 hi\r\n").answered);
	CHECK(s, CLIENT_TEXT(&d, "PASV\r\n").answered);
}

static void refused_auth_changes_nothing(struct scenario *s)
{
	struct dialogue d;

	greet(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, "AUTH TLS\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "502 no\r\n"));
	PASSES(&d, CLIENT_TEXT(&d, "EPSV\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "229 ok (|||51000|)\r\n"));
	CHECK(s, dialogue_session(&d).holes_opened == 1);
	CHECK(s, dialogue_dials(&d, END_CLIENT, 41000, 51000));
}

static void false_234_changes_nothing(struct scenario *s)
{
	struct dialogue d;

	greet(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, "NOOP\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "234 hello\r\n"));
	PASSES(&d, CLIENT_TEXT(&d, "EPSV\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "229 ok (|||51000|)\r\n"));
	CHECK(s, dialogue_session(&d).holes_opened == 1);
}

static void gssapi_is_left_alone(struct scenario *s)
{
	struct dialogue d;

	greet(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, "AUTH GSSAPI\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "334 go on\r\n"));
	PASSES(&d, CLIENT_TEXT(&d, "ADAT YmFzZTY0\r\n"));
	PASSES(&d, CLIENT_TEXT(&d, "EPSV\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "229 ok (|||51000|)\r\n"));
	CHECK(s, !dialogue_session(&d).holes_opened);
	CHECK(s, dialogue_session(&d).flags & FTP_S_GSSAPI);
}

static void ccc_is_seen(struct scenario *s)
{
	struct dialogue d;

	shake_hands(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, RECORD_DATA)); /* CCC */
	PASSES(&d, SERVER_TEXT(&d, RECORD_DATA RECORD_ALERT));
	PASSES(&d, CLIENT_TEXT(&d, RECORD_ALERT "EPS"));
	PASSES(&d, CLIENT_TEXT(&d, "V\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "229 ok (|||51000|)\r\n"));
	CHECK(s, dialogue_session(&d).flags & FTP_S_CLEARED);
	CHECK(s, !(dialogue_session(&d).flags & FTP_S_VERIFIED));
	CHECK(s, dialogue_session(&d).holes_opened == 1);
	CHECK(s, dialogue_dials(&d, END_CLIENT, 41000, 51000));
}

static void noise_at_a_border_is_no_clear_text(struct scenario *s)
{
	struct dialogue d;

	shake_hands(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, "\x80\x2e"));
	PASSES(&d, CLIENT_TEXT(&d, "EPSV\r\n"));
	PASSES(&d, SERVER_TEXT(&d, "229 ok (|||51000|)\r\n"));
	CHECK(s, !dialogue_session(&d).holes_opened);
}

static void clear_text_in_a_handshake_opens_nothing(struct scenario *s)
{
	struct dialogue d;

	agree(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, CLIENT_HELLO));
	PASSES(&d, CLIENT_TEXT(&d, "PORT 203,0,113,50,200,10\r\n"));
	CHECK(s, !dialogue_session(&d).holes_opened);
	CHECK(s, dialogue_session(&d).dir[0].mode == FTP_MODE_OPAQUE);
}

static int take_tls(void *ctx, void *data, size_t len)
{
	const union ph_any_record *record = data;
	struct ftp_record *out = ctx;

	if (record->kind == PH_RECORD_FTP_TLS && len == sizeof(*out))
		*out = record->ftp;
	return 0;
}

static void server_name_is_told(struct scenario *s)
{
	struct ftp_record told = {.kind = 0};
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(s->w->skel->maps.records),
						    take_tls, &told, NULL);
	struct dialogue d;

	if (!ring)
		TAP_BAIL("the ring of records: %s", strerror(errno));
	ring_buffer__consume(ring);
	told.kind = 0;
	agree(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, CLIENT_HELLO_SNI));
	PASSES(&d, SERVER_TEXT(&d, SERVER_HELLO));
	CHECK(s, !strcmp(dialogue_session(&d).server_name, "ftp.example"));
	ring_buffer__consume(ring);
	CHECK(s, told.kind == PH_RECORD_FTP_TLS && told.text_len == 11);
	CHECK(s, !memcmp(told.text, "ftp.example", 11));
	ring_buffer__free(ring);
}

static void implicit_begins_with_a_hello(struct scenario *s)
{
	struct dialogue d;

	dialogue_open(&d, s, 990);
	PASSES(&d, CLIENT_TEXT(&d, CLIENT_HELLO));
	PASSES(&d, SERVER_TEXT(&d, SERVER_HELLO));
	PASSES(&d, CLIENT_TEXT(&d, RECORD_DATA));
	PASSES(&d, SERVER_TEXT(&d, RECORD_DATA));
	CHECK(s, dialogue_session(&d).flags & FTP_S_VERIFIED);
	dialogue_open(&d, s, 990);
	CHECK(s, CLIENT_TEXT(&d, "USER root\r\n").reset);
}

static void deny_resets_auth(struct scenario *s)
{
	struct heard heard;
	struct dialogue d;

	greet(&d, s);
	heard = CLIENT_TEXT(&d, "AUTH TLS\r\n");
	CHECK(s, heard.reset && heard.reason == PH_DROP_FTP_TLS);
	CHECK(s, dialogue_session(&d).found[FTP_FOUND_TLS_DENIED] == 1);
}

static void require_lets_no_password_by(struct scenario *s)
{
	struct dialogue d;

	greet(&d, s);
	CHECK(s, CLIENT_TEXT(&d, "USER bob\r\n").reset);
	greet(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, "PAS"));
	CHECK(s, CLIENT_TEXT(&d, "S secr").reset);
	CHECK(s, dialogue_session(&d).found[FTP_FOUND_TLS_REQUIRED] == 1);
	shake_hands(&d, s);
	PASSES(&d, CLIENT_TEXT(&d, "\x17\x03\x03\x00\x0aUSER bob\r\n"));
}

static void strict_keeps_back_what_follows_auth(struct scenario *s)
{
	static const char both[] = "AUTH TLS\r\nUSER evil\r\n";
	struct heard heard;
	struct dialogue d;

	greet(&d, s);
	heard = dialogue_say(&d, END_CLIENT, both, 10);
	PASSES(&d, heard);
	/* Before the answer nothing more gets by, and nobody is reset for it. */
	heard = dialogue_say_at(&d, END_CLIENT, 0, &both[10], sizeof(both) - 11);
	CHECK(s, !heard.forwarded && heard.reason == PH_DROP_FTP_SEGMENT);
	PASSES(&d, SERVER_TEXT(&d, "234 go on\r\n"));
	heard = dialogue_say_at(&d, END_CLIENT, 0, &both[10], sizeof(both) - 11);
	CHECK(s, heard.reset && heard.reason == PH_DROP_FTP_TLS);
}

static void strict_cuts_a_segment_behind_auth(struct scenario *s)
{
	static const char both[] = "AUTH TLS\r\nUSER evil\r\n";
	struct heard heard;
	struct dialogue d;

	greet(&d, s);
	heard = dialogue_say_at(&d, END_CLIENT, 0, both, sizeof(both) - 1);
	CHECK(s, heard.forwarded && heard.len == 10);
	/* What was cut off was not read: refused, TLS leaves it a command. */
	d.next[END_CLIENT] += 10;
	PASSES(&d, SERVER_TEXT(&d, "502 no\r\n"));
	PASSES(&d, CLIENT_TEXT(&d, "USER evil\r\n"));
	CHECK(s, !strcmp(dialogue_session(&d).user, "evil"));
}

static const struct scenario_entry entries[] = {
	SCENARIO(hellos_are_verified, "both hellos make TLS, data of both proves it",
		 .tc_only = true, .policy = pass),
	SCENARIO(hello_may_be_cut, "a ClientHello counts however it is cut",
		 .tc_only = true, .policy = pass),
	SCENARIO(clear_text_after_234_is_reset,
		 "234 without a ClientHello behind it ends both ends", .tc_only = true,
		 .policy = pass),
	SCENARIO(refused_auth_changes_nothing, "after a refused AUTH lines are read on",
		 .tc_only = true, .policy = pass),
	SCENARIO(false_234_changes_nothing, "a 234 that nobody asked for is only text",
		 .tc_only = true, .policy = pass),
	SCENARIO(gssapi_is_left_alone, "GSSAPI is opaque and opens nothing",
		 .tc_only = true, .policy = pass),
	SCENARIO(ccc_is_seen, "after CCC lines are read again and holes open",
		 .tc_only = true, .policy = pass),
	SCENARIO(noise_at_a_border_is_no_clear_text,
		 "what is neither record nor line opens nothing", .tc_only = true,
		 .policy = pass),
	SCENARIO(clear_text_in_a_handshake_opens_nothing,
		 "there is no CCC before the handshake is complete", .tc_only = true,
		 .policy = pass),
	SCENARIO(server_name_is_told, "the server name of a ClientHello is told",
		 .tc_only = true, .policy = pass),
	SCENARIO(implicit_begins_with_a_hello, "implicit TLS begins with a ClientHello",
		 .tc_only = true, .policy = pass),
	SCENARIO(deny_resets_auth, "tls deny resets AUTH", .tc_only = true,
		 .policy = deny),
	SCENARIO(require_lets_no_password_by,
		 "tls require lets no name and no part of a password by in clear",
		 .tc_only = true, .policy = require),
	SCENARIO(strict_keeps_back_what_follows_auth,
		 "strict keeps back what follows AUTH until it is answered",
		 .tc_only = true, .policy = strict),
	SCENARIO(strict_cuts_a_segment_behind_auth,
		 "strict cuts a segment behind AUTH, and reads the rest later",
		 .tc_only = true, .policy = strict),
};

void scenarios_ftp_tls(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
