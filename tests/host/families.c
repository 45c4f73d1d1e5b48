// SPDX-License-Identifier: GPL-2.0
/*
 * families.c - several processes for one session, and one process for several.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/host/promises.h"

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

unsigned a_parent_born_for_the_session_listens_for_it(void)
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

unsigned the_daemon_that_forked_it_does_not(void)
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

unsigned of_several_the_one_at_work_is_certain(void)
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

unsigned of_several_at_work_each_gets_a_hole_when_it_speaks(void)
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

unsigned a_session_with_a_listener_of_its_own_gets_no_other(void)
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

unsigned of_several_the_line_decides_where_lines_can_be_read(void)
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

unsigned while_a_session_is_unheard_nobody_is_certain(void)
{
	struct pair pair = two_sessions(FTPS_PORT);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	host_session_unhear(&pair.b);
	asked(&pair.a, "PASV");
	reads(&pair.a);
	listener = listens(NULL, &port);
	CHECK(!holes_count());
	says(&pair.a, "reply");
	CHECK(hole_is_open(&pair.a, port));
	CHECK(holes_count() == 1);
	close(listener);
	CHECK(!holes_count());
	close_both(&pair);
	return failed;
}

unsigned a_socket_that_closed_unseen_has_no_vote(void)
{
	struct pair pair = two_sessions(FTPS_PORT);
	unsigned failed = 0;
	uint16_t port = 0;
	int listener;

	asked(&pair.a, "PASV");
	asked(&pair.b, "PASV");
	reads(&pair.a);
	reads(&pair.b);
	host_session_outlive(&pair.b);
	listener = listens(NULL, &port);
	CHECK(hole_is_open(&pair.a, port));
	close(listener);
	close_both(&pair);
	return failed;
}
