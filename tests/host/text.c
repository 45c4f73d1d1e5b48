// SPDX-License-Identifier: GPL-2.0
/*
 * text.c - what this machine says: behind a translation upstream, at length, and as a
 * client.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/host/promises.h"

static unsigned hears(const struct session *s, const char *expected)
{
	const char *text = heard(s);

	if (!strcmp(text, expected))
		return 0;
	printf("    heard \"%s\", not \"%s\"\n", text, expected);
	return 1;
}

unsigned the_public_address_replaces_the_real_one(void)
{
	struct session s = session_dialled(7, FTP_PORT, false, true);
	unsigned failed = 0;
	char text[256], expected[256];
	uint16_t port = 0;
	int listener;

	says(&s, "220 ready\r\n");
	failed += hears(&s, "220 ready\r\n");
	listener = listens(NULL, &port);
	snprintf(text, sizeof(text), "200 before\r\n%s200 behind\r\n",
		 pasv_reply(MACHINE, port));
	snprintf(expected, sizeof(expected), "200 before\r\n%s200 behind\r\n",
		 pasv_reply(PUBLIC, port));
	says(&s, text);
	CHECK(hole_is_open(&s, port));
	failed += hears(&s, expected);
	snprintf(text, sizeof(text), "%s%s", pasv_reply(MACHINE, port), "229 ok (|||");
	snprintf(expected, sizeof(expected), "%s%s", pasv_reply(PUBLIC, port),
		 "229 ok (|||");
	says(&s, text);
	failed += hears(&s, expected);
	close(listener);
	session_close(&s);
	return failed;
}

/* @public: the text becomes longer, or shorter, by it */
static unsigned two_replies_at_once(const char *public)
{
	struct session s = session_dialled(7, FTP_PORT, false, true);
	char text[512], expected[512];
	uint16_t port = 0, second = 0;
	int listener, other, at, at2;
	unsigned failed = 0;

	seen_upstream_as(public);
	says(&s, "220 ready\r\n");
	heard(&s);
	listener = listens(NULL, &port);
	other = listens(NULL, &second);
	at = snprintf(text, sizeof(text), "%s", pasv_reply(MACHINE, port));
	at2 = snprintf(expected, sizeof(expected), "%s", pasv_reply(public, port));
	snprintf(text + at, sizeof(text) - at, "%s220 end\r\n229 (|||",
		 pasv_reply(MACHINE, second));
	snprintf(expected + at2, sizeof(expected) - at2, "%s220 end\r\n229 (|||",
		 pasv_reply(public, second));
	says(&s, text);
	CHECK(hole_is_open(&s, port));
	CHECK(hole_is_open(&s, second));
	failed += hears(&s, expected);
	close(listener);
	port = 0;
	listener = listens(NULL, &port);
	dprintf(s.ours, "%u|)\r\n", port);
	CHECK(hole_is_open(&s, port));
	close(other);
	close(listener);
	session_close(&s);
	seen_upstream_as(PUBLIC);
	return failed;
}

unsigned each_of_several_lines_in_a_message_counts(void)
{
	return two_replies_at_once(PUBLIC) + two_replies_at_once("1.2.3.4") +
	       two_replies_at_once("5.6.7.88");
}

/* More than is read at once: the rest passes as it is, and what comes behind is read. */
unsigned a_long_listing_passes_unchanged(void)
{
	struct session s = session_dialled(7, FTP_PORT, false, true);
	static char text[60200];
	unsigned failed = 0;
	uint16_t port = 0;
	size_t len, at = 0;
	const char *more;
	int listener;

	says(&s, "220 ready\r\n");
	heard(&s);
	len = (size_t)snprintf(text, sizeof(text), "213-list\r\n");
	while (len < 60000)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					" file at %zu\r\n", len);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "213 ok\r\n");
	says(&s, text);
	while (at < len && *(more = heard(&s))) {
		CHECK(!strncmp(text + at, more, strlen(more)));
		at += strlen(more);
	}
	CHECK(at == len);
	listener = listens(NULL, &port);
	says(&s, "200 next\r\n");
	says(&s, pasv_reply(PUBLIC, port));
	CHECK(hole_is_open(&s, port));
	close(listener);
	session_close(&s);
	return failed;
}

unsigned an_address_in_two_messages_opens_nothing(void)
{
	struct session s = session_dialled(7, FTP_PORT, false, true);
	uint32_t before = found(FTP_FOUND_NO_REWRITE);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	says(&s, "220 ready\r\n");
	listener = listens(NULL, &port);
	says(&s, "227 (10,9");
	dprintf(s.ours, ",0,1,%u,%u)\r\n", port >> 8, port & 255);
	CHECK(!holes_count());
	CHECK(found(FTP_FOUND_NO_REWRITE) == before + 1);
	close(listener);
	session_close(&s);
	return failed;
}

/* ---- clients of this machine ---------------------------------------------------------
 */

unsigned a_client_opens_what_it_announces(void)
{
	struct session s = session_dials(8, FTP_PORT);
	char text[128], expected[128];
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	says(&s, "USER alice\r\n");
	CHECK(!strcmp(session_user(&s), "alice"));
	heard(&s);
	listener = listens(NULL, &port);
	CHECK(!holes_count());
	snprintf(text, sizeof(text), "EPRT |1|%s|%u|\r\n", MACHINE, port);
	snprintf(expected, sizeof(expected), "EPRT |1|%s|%u|\r\n", PUBLIC, port);
	says(&s, text);
	CHECK(hole_is_open(&s, port));
	failed += hears(&s, expected);
	close(listener);
	CHECK(!holes_count());
	session_close(&s);
	CHECK(!host_session_is_known(&s));
	return failed;
}

unsigned a_client_under_tls_opens_what_it_listens_on(void)
{
	struct session s = session_dials(8, FTP_PORT);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	says(&s, "AUTH TLS\r\n");
	CHECK(session_flags(&s) & FTP_S_AUTH);
	says(&s, "\x16\x03\x01\x02");
	CHECK(!(session_flags(&s) & FTP_S_AUTH));
	listener = listens(NULL, &port);
	CHECK(hole_is_open(&s, port));
	close(listener);
	session_close(&s);
	return failed;
}
