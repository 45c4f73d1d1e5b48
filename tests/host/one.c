// SPDX-License-Identifier: GPL-2.0
/*
 * one.c - a process with one session: what opens its hole, and what closes it.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/host/promises.h"

unsigned a_listener_alone_opens_nothing_where_lines_can_be_read(void)
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

unsigned a_reply_with_the_port_opens_it_to_its_peer_alone(void)
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

unsigned a_reply_that_no_listener_backs_opens_nothing(void)
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

unsigned under_tls_the_listener_opens_at_once(void)
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

unsigned a_234_makes_a_session_opaque(void)
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

unsigned ipv6_has_holes_too(void)
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

unsigned what_is_no_session_of_the_policy_opens_nothing(void)
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

unsigned what_is_clear_again_is_read_again(void)
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

unsigned the_peers_farewell_closes_the_holes(void)
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

unsigned connections_from_a_data_port_are_counted(void)
{
	uint64_t before = event(PH_EV_HOST_CONNECT);
	unsigned failed = 0;

	connects_from(20);
	connects_from(FTP_PORT - 1);
	connects_from(FTP_PORT - 2);
	CHECK(event(PH_EV_HOST_CONNECT) == before + 2);
	return failed;
}
