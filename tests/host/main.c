// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - the promises of host mode, by real sockets: whose listener opens what, to
 * whom, and for how long.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/host/world.h"

static unsigned failures;

#define CHECK(condition)                                                   \
	do {                                                               \
		if (!(condition)) {                                        \
			printf("    line %d: %s\n", __LINE__, #condition); \
			failed++;                                          \
		}                                                          \
	} while (0)

/* ---- one session per process ------------------------------------------------------ */

static unsigned a_listener_alone_opens_nothing_where_lines_can_be_read(void)
{
	struct session s = session_dialled(2, FTP_PORT, false, true);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	says(&s, "220 ready\r\n");
	listener = listens(NULL, &port);
	CHECK(listeners_count() == 1);
	CHECK(!holes_count());
	says(&s, "230 logged in\r\n");
	CHECK(!holes_count());
	close(listener);
	CHECK(!listeners_count());
	session_close(&s);
	CHECK(!host_session_is_known(&s));
	return failed;
}

static unsigned a_reply_with_the_port_opens_it_to_its_peer_alone(void)
{
	struct session s = session_dialled(2, FTP_PORT, false, true);
	uint64_t before = event(PH_EV_HOST_HOLE_BOUND);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	says(&s, "220 ready\r\n");
	listener = listens(NULL, &port);
	says(&s, pasv_reply(PUBLIC, port));
	CHECK(hole_is_open(&s, port));
	CHECK(holes_count() == 1);
	CHECK(event(PH_EV_HOST_HOLE_BOUND) == before + 1);
	close(listener);
	CHECK(!holes_count());
	listener = listens("::", &port);
	says(&s, "229 Extended (|||");
	CHECK(!holes_count());
	dprintf(s.ours, "%u|)\r\n", port);
	CHECK(hole_is_open(&s, port));
	session_close(&s);
	CHECK(!holes_count());
	close(listener);
	return failed;
}

static unsigned a_reply_that_no_listener_backs_opens_nothing(void)
{
	struct session s = session_dialled(2, FTP_PORT, false, true);
	uint32_t unsolicited = found(FTP_FOUND_UNSOLICITED),
		 low = found(FTP_FOUND_LOW_PORT),
		 foreign = found(FTP_FOUND_FOREIGN_ADDRESS),
		 malformed = found(FTP_FOUND_MALFORMED);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener = listens(NULL, &port); /* before the session has spoken */

	says(&s, "220 ready\r\n");
	says(&s, pasv_reply(MACHINE, port));
	CHECK(found(FTP_FOUND_UNSOLICITED) == unsolicited + 1);
	says(&s, pasv_reply("10.9.0.3", port));
	CHECK(found(FTP_FOUND_FOREIGN_ADDRESS) == foreign + 1);
	says(&s, pasv_reply(MACHINE, 22));
	CHECK(found(FTP_FOUND_LOW_PORT) == low + 1);
	says(&s, "227 ok (10,9,0,1,256,1)\r\n");
	CHECK(found(FTP_FOUND_MALFORMED) == malformed + 1);
	CHECK(!holes_count());
	close(listener);
	session_close(&s);
	return failed;
}

static unsigned under_tls_the_listener_opens_at_once(void)
{
	struct session s = session_dialled(3, FTPS_PORT, false, true);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	says(&s, "\x16\x03\x03 no hello at all");
	listener = listens(NULL, &port);
	CHECK(hole_is_open(&s, port));
	close(listener);
	CHECK(!holes_count());
	session_close(&s);
	return failed;
}

static unsigned a_234_makes_a_session_opaque(void)
{
	struct session s = session_dialled(3, FTP_PORT, false, true);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	says(&s, "220 ready\r\n");
	says(&s, "234 go ahead\r\n");
	listener = listens(MACHINE, &port);
	CHECK(hole_is_open(&s, port));
	close(listener);
	session_close(&s);
	return failed;
}

static unsigned ipv6_has_holes_too(void)
{
	struct session s = session_dialled(4, FTPS_PORT, true, true);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	says(&s, "\x16\x03\x03 no hello at all");
	listener = listens("::", &port);
	CHECK(hole_is_open(&s, port));
	close(listener);
	port = 0;
	listener = listens(NULL, &port); /* of the other family: cannot be reached */
	CHECK(!holes_count());
	close(listener);
	session_close(&s);
	return failed;
}

static unsigned what_is_no_session_of_the_policy_opens_nothing(void)
{
	struct session s = session_dialled(3, FTPS_PORT, false, false);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	says(&s, "\x16\x03\x03 no hello at all");
	CHECK(host_session_is_known(&s));
	listener = listens(NULL, &port);
	CHECK(!holes_count() && !listeners_count());
	close(listener);
	session_close(&s);
	return failed;
}

/* TLS 1.2, as short as may be: a ServerHello, and a record of data. */
#define RANDOM32 "0123456789abcdef0123456789abcdef"
#define SERVER_HELLO \
	"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03" RANDOM32 "\x00\x13\x01\x00"
#define RECORD_DATA		     "\x17\x03\x03\x00\x04\xde\xad\xbe\xef"
#define SAYS_RECORD(session, record) says_bytes(session, record, sizeof(record) - 1)

static unsigned what_is_clear_again_is_read_again(void)
{
	struct session s = session_dialled(3, FTP_PORT, false, true);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	says(&s, "220 ready\r\n234 go ahead\r\n");
	SAYS_RECORD(&s, SERVER_HELLO);
	CHECK(session_flags(&s) & FTP_S_TLS);
	CHECK(!(session_flags(&s) & FTP_S_VERIFIED));
	SAYS_RECORD(&s, RECORD_DATA);
	CHECK(session_flags(&s) & FTP_S_VERIFIED);
	listener = listens(NULL, &port);
	CHECK(hole_is_open(&s, port));
	close(listener);
	port = 0;
	says(&s, "200 in clear\r\n"); /* CCC */
	CHECK(session_flags(&s) & FTP_S_CLEARED);
	CHECK(!(session_flags(&s) & (FTP_S_TLS | FTP_S_VERIFIED)));
	listener = listens(NULL, &port);
	CHECK(!holes_count());
	says(&s, pasv_reply(MACHINE, port));
	CHECK(hole_is_open(&s, port));
	close(listener);
	session_close(&s);
	return failed;
}

static unsigned the_peers_farewell_closes_the_holes(void)
{
	struct session s = session_dialled(3, FTPS_PORT, false, true);
	unsigned failed = 0;
	uint16_t port = 0, other = 0;
	int listener, second;

	says(&s, "\x16\x03\x03 no hello at all");
	listener = listens(NULL, &port);
	CHECK(hole_is_open(&s, port));
	shutdown(s.peers, SHUT_WR);
	reads(&s);
	CHECK(!holes_count());
	second = listens(NULL, &other); /* too late */
	CHECK(!holes_count());
	close(second);
	close(listener);
	session_close(&s);
	return failed;
}

/* ---- families -----------------------------------------------------------------------
 */

/* In a process of its own: say something by a child, listen, tell the port and wait. */
static pid_t privileged_parent(const struct session *s, int out, int in)
{
	pid_t parent = fork();
	uint16_t port = 0;
	char byte;

	if (parent)
		return parent;
	if (!fork()) {
		says(s, "\x16\x03\x03 no hello at all");
		_exit(0);
	}
	wait(NULL);
	listens(NULL, &port);
	if (write(out, &port, sizeof(port)) != sizeof(port) || read(in, &byte, 1) < 0)
		_exit(1);
	_exit(0);
}

static unsigned a_parent_born_for_the_session_listens_for_it(void)
{
	struct session s = session_dialled(3, FTPS_PORT, false, true);
	struct session other = session_dialled(4, FTPS_PORT, false, true);
	int told[2], done[2], status;
	unsigned failed = 0;
	uint16_t port = 0;
	pid_t parent;

	says(&other, "\x16\x03\x03 no hello at all");
	if (pipe(told) || pipe(done))
		return 1;
	parent = privileged_parent(&s, told[1], done[0]);
	CHECK(read(told[0], &port, sizeof(port)) == sizeof(port));
	CHECK(hole_is_open(&s, port));
	CHECK(holes_count() == 1);
	close(done[1]);
	close(done[0]);
	kill(parent, SIGKILL);
	waitpid(parent, &status, 0);
	CHECK(!holes_count());
	close(told[0]);
	close(told[1]);
	session_close(&s);
	session_close(&other);
	return failed;
}

static unsigned the_daemon_that_forked_it_does_not(void)
{
	struct session s = session_dialled(3, FTPS_PORT, false, true);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	if (!fork()) {
		says(&s, "\x16\x03\x03 no hello at all");
		_exit(0);
	}
	wait(NULL);
	listener = listens(NULL, &port); /* this process was born before */
	CHECK(!holes_count() && !listeners_count());
	close(listener);
	session_close(&s);
	return failed;
}

/* ---- one process for several sessions
 * --------------------------------------------------- */

struct pair {
	struct session a, b;
};

static struct pair two_sessions(uint16_t port)
{
	struct pair pair = {.a = session_dialled(5, port, false, true),
			    .b = session_dialled(6, port, false, true)};
	const char *greeting = port == FTP_PORT ? "220 ready\r\n"
						: "\x16\x03\x03 no hello";

	says(&pair.a, greeting);
	says(&pair.b, greeting);
	return pair;
}

static void close_both(struct pair *pair)
{
	session_close(&pair->a);
	session_close(&pair->b);
}

static unsigned of_several_the_one_at_work_is_certain(void)
{
	struct pair pair = two_sessions(FTPS_PORT);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	asked(&pair.b, "PASV");
	asked(&pair.a, "PASV"); /* lies unread */
	reads(&pair.b);
	listener = listens(NULL, &port);
	CHECK(hole_is_open(&pair.b, port));
	CHECK(holes_count() == 1);
	close(listener);
	close_both(&pair);
	return failed;
}

static unsigned of_several_at_work_each_gets_a_hole_when_it_speaks(void)
{
	struct pair pair = two_sessions(FTPS_PORT);
	uint64_t shared = event(PH_EV_HOST_HOLE_SHARED),
		 unbound = event(PH_EV_HOST_LISTEN_UNBOUND);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener, data;

	asked(&pair.a, "PASV");
	asked(&pair.b, "PASV");
	reads(&pair.a);
	reads(&pair.b);
	listener = listens(NULL, &port);
	CHECK(!holes_count());
	CHECK(event(PH_EV_HOST_LISTEN_UNBOUND) == unbound + 1);
	says(&pair.a, "reply");
	CHECK(hole_is_open(&pair.a, port));
	CHECK(holes_count() == 1);
	says(&pair.b, "reply");
	CHECK(hole_is_open(&pair.b, port));
	CHECK(event(PH_EV_HOST_HOLE_SHARED) == shared + 2);
	data = peer_connects(&pair.a, port); /* no datapath here: nobody's hole is used */
	CHECK(data >= 0);
	CHECK(!holes_count());
	says(&pair.b, "reply");
	CHECK(!holes_count());
	close(data);
	close(listener);
	close_both(&pair);
	return failed;
}

static unsigned a_session_with_a_listener_of_its_own_gets_no_other(void)
{
	struct pair pair = two_sessions(FTPS_PORT);
	uint16_t port = 0, own = 0;
	int listener, certain;
	unsigned failed = 0;

	asked(&pair.a, "PASV");
	asked(&pair.b, "PASV");
	reads(&pair.a);
	reads(&pair.b);
	listener = listens(NULL, &port);
	says(&pair.a, "reply"); /* b alone is at work from here on */
	certain = listens(NULL, &own);
	CHECK(hole_is_open(&pair.b, own));
	says(&pair.b, "reply");
	CHECK(!hole_is_open(&pair.b, port));
	CHECK(holes_count() == 2);
	close(certain);
	close(listener);
	CHECK(!holes_count());
	close_both(&pair);
	return failed;
}

static unsigned of_several_the_line_decides_where_lines_can_be_read(void)
{
	struct pair pair = two_sessions(FTP_PORT);
	uint32_t unsolicited = found(FTP_FOUND_UNSOLICITED);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	asked(&pair.a, "PASV\r\n");
	asked(&pair.b, "PASV\r\n");
	reads(&pair.a);
	reads(&pair.b);
	listener = listens(NULL, &port);
	says(&pair.a, "200 something else\r\n");
	CHECK(!holes_count());
	says(&pair.b, pasv_reply(MACHINE, port));
	CHECK(hole_is_open(&pair.b, port));
	CHECK(holes_count() == 1);
	says(&pair.a, pasv_reply(MACHINE, port)); /* not its any more */
	CHECK(!hole_is_open(&pair.a, port));
	CHECK(found(FTP_FOUND_UNSOLICITED) == unsolicited + 1);
	close(listener);
	close_both(&pair);
	return failed;
}

/* ---- behind a translation upstream ----------------------------------------------------
 */

static unsigned hears(const struct session *s, const char *expected)
{
	const char *text = heard(s);

	if (!strcmp(text, expected))
		return 0;
	printf("    heard \"%s\", not \"%s\"\n", text, expected);
	return 1;
}

static unsigned the_public_address_replaces_the_real_one(void)
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

static unsigned each_of_several_lines_in_a_message_counts(void)
{
	return two_replies_at_once(PUBLIC) + two_replies_at_once("1.2.3.4") +
	       two_replies_at_once("5.6.7.88");
}

/* More than is read at once: the rest passes as it is, and what comes behind is read. */
static unsigned a_long_listing_passes_unchanged(void)
{
	struct session s = session_dialled(7, FTP_PORT, false, true);
	static char text[60001], got[65536];
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;
	size_t n = 0;

	says(&s, "220 ready\r\n");
	heard(&s);
	memset(text, 'x', sizeof(text) - 1);
	for (size_t i = 70; i < sizeof(text) - 1; i += 70)
		memcpy(text + i - 2, "\r\n", 2);
	memcpy(text, "213-list", 8);
	memcpy(text + sizeof(text) - 11, "\r\n213 ok\r\n", 10);
	says(&s, text);
	while (n < sizeof(text) - 1) {
		const char *more = heard(&s);

		if (!*more || n + strlen(more) >= sizeof(got))
			break;
		strcpy(got + n, more);
		n += strlen(more);
	}
	CHECK(!strcmp(got, text));
	listener = listens(NULL, &port);
	says(&s, "200 next\r\n");
	says(&s, pasv_reply(PUBLIC, port));
	CHECK(hole_is_open(&s, port));
	close(listener);
	session_close(&s);
	return failed;
}

static unsigned an_address_in_two_messages_opens_nothing(void)
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

static unsigned a_client_opens_what_it_announces(void)
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

static unsigned a_client_under_tls_opens_what_it_listens_on(void)
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

/* ---- all ------------------------------------------------------------------------------
 */

#define PROMISE(name)       \
	{                   \
#		name, name \
	}

static const struct {
	const char *name;
	unsigned (*check)(void);
} promises[] = {
	PROMISE(a_listener_alone_opens_nothing_where_lines_can_be_read),
	PROMISE(a_reply_with_the_port_opens_it_to_its_peer_alone),
	PROMISE(a_reply_that_no_listener_backs_opens_nothing),
	PROMISE(under_tls_the_listener_opens_at_once),
	PROMISE(a_234_makes_a_session_opaque),
	PROMISE(ipv6_has_holes_too),
	PROMISE(what_is_no_session_of_the_policy_opens_nothing),
	PROMISE(what_is_clear_again_is_read_again),
	PROMISE(the_peers_farewell_closes_the_holes),
	PROMISE(a_parent_born_for_the_session_listens_for_it),
	PROMISE(the_daemon_that_forked_it_does_not),
	PROMISE(of_several_the_one_at_work_is_certain),
	PROMISE(of_several_at_work_each_gets_a_hole_when_it_speaks),
	PROMISE(a_session_with_a_listener_of_its_own_gets_no_other),
	PROMISE(of_several_the_line_decides_where_lines_can_be_read),
	PROMISE(the_public_address_replaces_the_real_one),
	PROMISE(each_of_several_lines_in_a_message_counts),
	PROMISE(an_address_in_two_messages_opens_nothing),
	PROMISE(a_long_listing_passes_unchanged),
	PROMISE(a_client_opens_what_it_announces),
	PROMISE(a_client_under_tls_opens_what_it_listens_on),
};

int main(void)
{
	size_t n = sizeof(promises) / sizeof(promises[0]);

	setvbuf(stdout, NULL, _IOLBF, 0);
	world_open();
	for (size_t i = 0; i < n; i++) {
		unsigned failed = promises[i].check();

		printf("%s %zu - %s\n", failed ? "not ok" : "ok", i + 1,
		       promises[i].name);
		failures += failed != 0;
	}
	world_close();
	printf("1..%zu\n", n);
	return failures ? 1 : 0;
}
