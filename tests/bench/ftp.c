// SPDX-License-Identifier: GPL-2.0
/*
 * ftp.c - FTP sessions through a gateway. See ftp.h.
 *
 * Why no server: one that forks for each session takes a hundred times as long as
 * any gateway, and would hide it. Here both ends are one process (sockets.c says
 * what that is good for) that says what client and server say, waits for the
 * other end to have got it, and looks whether the gateway translated addresses.
 *
 * RFC 959.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "frames.h"
#include "ftp.h"
#include "place.h"
#include "sockets.h"

#define FTP_PORT      21
#define PASSIVE_PORT  51000
#define ACTIVE_PORT   40021
#define OUTSIDE_ADDR  0xcb007132u /* 203.0.113.50 */
#define FILE_BYTES    1000
#define LINE_BYTES    128
#define WAIT_MSEC     500
#define POOL	      512
#define WARM_UP	      20
#define NSEC_PER_SEC  1000000000.0
#define N_ADDRESS     6
#define REPLY_PASSIVE "227 Entering Passive Mode (10,0,0,10,199,56)"
#define PASSIVE_PARTS "%u,%u,%u,%u,%u,%u"

/* Sockets of the server's namespace, made before they are needed: entering a
 * namespace is not what is measured. */
struct ftp_bench {
	const struct bench_case *c;
	int listener;
	int data_listener; /* of the server, or of the client where it is active */
	int pool[POOL];
	int n_pool;
};

static double now_sec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / NSEC_PER_SEC;
}

/* ---- lines --------------------------------------------------------------- */

/* Exactly that many bytes. */
static int receive(const struct bench_case *c, int fd, char *out, size_t n)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};

	for (size_t got = 0; got < n;) {
		ssize_t more = recv(fd, out + got, n - got, MSG_DONTWAIT);

		if (more > 0)
			got += (size_t)more;
		else if (!more || errno != EAGAIN || poll(&waiting, 1, WAIT_MSEC) != 1)
			return bench_fail(c, "%zu of %zu bytes came", got, n);
	}
	return 0;
}

/* A line, without its end. Nobody says two before he is answered or waits for both. */
static int receive_line(const struct bench_case *c, int fd, char *out)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	size_t n = 0;

	while (n < 2 || memcmp(out + n - 2, "\r\n", 2) != 0) {
		ssize_t more = recv(fd, out + n, LINE_BYTES - n, MSG_DONTWAIT);

		if (more > 0)
			n += (size_t)more;
		else if (!more || errno != EAGAIN || poll(&waiting, 1, WAIT_MSEC) != 1)
			return bench_fail(c, "a line did not come: %.*s", (int)n, out);
	}
	out[n - 2] = '\0';
	return 0;
}

/* One end says it; the other gets it, in @heard. */
static int say(const struct bench_case *c, int from, int to, const char *line,
	       char *heard)
{
	char bytes[LINE_BYTES];
	int n = snprintf(bytes, sizeof(bytes), "%s\r\n", line);

	if (send(from, bytes, (size_t)n, MSG_NOSIGNAL) != n)
		return bench_fail(c, "saying %s: %s", line, strerror(errno));
	return receive_line(c, to, heard);
}

/* What needs no translation arrives as it was said. */
static int say_plain(const struct bench_case *c, int from, int to, const char *line)
{
	char heard[LINE_BYTES];

	if (say(c, from, to, line, heard))
		return -1;
	return strcmp(line, heard) ? bench_fail(c, "'%s' became '%s'", line, heard) : 0;
}

/* The address and port that a line ends in; whether they are those. */
static int check_address(const struct bench_case *c, const char *heard, uint32_t addr,
			 uint16_t port)
{
	const char *at = strpbrk(heard + 4, "0123456789");
	uint32_t part[N_ADDRESS] = {0};

	if (at &&
	    sscanf(at, PASSIVE_PARTS, &part[0], &part[1], &part[2], &part[3], &part[4],
		   &part[5]) == N_ADDRESS &&
	    (part[0] << 24 | part[1] << 16 | part[2] << 8 | part[3]) == addr &&
	    (part[4] << 8 | part[5]) == port)
		return 0;
	return bench_fail(c, "not the address that was to be announced: %s", heard);
}

/* ---- a session ------------------------------------------------------------- */

struct session {
	int client;
	int server;
	int client_data;
	int server_data;
};

/* Two replies in a row, as servers do. */
static void no_delay(int fd)
{
	const int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static int log_in(struct ftp_bench *f, struct session *s)
{
	const struct bench_case *c = f->c;

	s->client = socket_dial(c, -1, BENCH_MAPPED_ADDR, FTP_PORT);
	if (s->client < 0)
		return -1;
	s->server = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
	if (s->server < 0)
		return bench_fail(c, "accept: %s", strerror(errno));
	no_delay(s->client);
	no_delay(s->server);
	return say_plain(c, s->server, s->client, "220 bench") ||
	       say_plain(c, s->client, s->server, "USER anonymous") ||
	       say_plain(c, s->server, s->client, "331 password") ||
	       say_plain(c, s->client, s->server, "PASS bench@") ||
	       say_plain(c, s->server, s->client, "230 in") ||
	       say_plain(c, s->client, s->server, "TYPE I") ||
	       say_plain(c, s->server, s->client, "200 binary");
}

static int begin_passive(struct ftp_bench *f, struct session *s)
{
	char heard[LINE_BYTES];

	if (say_plain(f->c, s->client, s->server, "PASV") ||
	    say(f->c, s->server, s->client, REPLY_PASSIVE, heard) ||
	    check_address(f->c, heard, BENCH_MAPPED_ADDR, PASSIVE_PORT))
		return -1;
	s->client_data = socket_dial(f->c, -1, BENCH_MAPPED_ADDR, PASSIVE_PORT);
	if (s->client_data < 0 || say_plain(f->c, s->client, s->server, "RETR file") ||
	    say_plain(f->c, s->server, s->client, "150 here it comes"))
		return -1;
	s->server_data = accept4(f->data_listener, NULL, NULL, SOCK_CLOEXEC);
	return s->server_data < 0 ? bench_fail(f->c, "accept: %s", strerror(errno)) : 0;
}

static int begin_active(struct ftp_bench *f, struct session *s)
{
	if (say_plain(f->c, s->client, s->server, "PORT 203,0,113,50,156,85") ||
	    say_plain(f->c, s->server, s->client, "200 PORT") ||
	    say_plain(f->c, s->client, s->server, "RETR file") ||
	    say_plain(f->c, s->server, s->client, "150 here it comes"))
		return -1;
	s->server_data =
		socket_dial(f->c, f->pool[--f->n_pool], OUTSIDE_ADDR, ACTIVE_PORT);
	if (s->server_data < 0)
		return -1;
	s->client_data = accept4(f->data_listener, NULL, NULL, SOCK_CLOEXEC);
	return s->client_data < 0 ? bench_fail(f->c, "accept: %s", strerror(errno)) : 0;
}

static int transfer(struct ftp_bench *f, struct session *s)
{
	static char file[FILE_BYTES], got[FILE_BYTES];

	memset(file, 'x', sizeof(file));
	memset(got, 0, sizeof(got));
	if (send(s->server_data, file, sizeof(file), MSG_NOSIGNAL) != FILE_BYTES)
		return bench_fail(f->c, "sending the file: %s", strerror(errno));
	if (receive(f->c, s->client_data, got, sizeof(got)))
		return -1;
	if (memcmp(file, got, sizeof(file)) != 0)
		return bench_fail(f->c, "the file has other bytes");
	return say_plain(f->c, s->server, s->client, "226 done") ||
	       say_plain(f->c, s->client, s->server, "QUIT") ||
	       say_plain(f->c, s->server, s->client, "221 bye");
}

/*
 * Each connection is cut by the end that dialled it: conntrack takes a SYN between
 * ports that were in use a moment ago for a new connection only if its sender had cut
 * the old one; else the data connection that was expected would be found to exist.
 */
static void session_close(const struct session *s, bool active)
{
	const int all[] = {active ? s->server_data : s->client_data,
			   active ? s->client_data : s->server_data, s->client,
			   s->server};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] >= 0)
			socket_abort(all[i]);
}

static int session_run(struct ftp_bench *f)
{
	struct session s = {-1, -1, -1, -1};
	int err = log_in(f, &s) ||
		  (f->c->active ? begin_active(f, &s) : begin_passive(f, &s)) ||
		  transfer(f, &s);

	session_close(&s, f->c->active);
	return err ? -1 : 0;
}

/* ---- all of them ----------------------------------------------------------- */

/* What that takes is not counted. */
static int pool_fill(struct ftp_bench *f, double *begun)
{
	double start = now_sec();

	if (f->n_pool || !f->c->active)
		return 0;
	while (f->n_pool < POOL) {
		int fd = socket_on(f->c, "inside", SOCK_STREAM);

		if (fd < 0)
			return -1;
		f->pool[f->n_pool++] = fd;
	}
	*begun += now_sec() - start;
	return 0;
}

static int run_for(struct ftp_bench *f)
{
	double begun = 0;
	uint32_t n = 0;

	for (int i = 0; i < WARM_UP; i++)
		if (pool_fill(f, &begun) || session_run(f))
			return -1;
	begun = now_sec();
	do {
		if (pool_fill(f, &begun) || session_run(f))
			return -1;
		n++;
	} while (now_sec() - begun < f->c->seconds);
	printf("{\"n\":%u,\"per_second\":%.1f}\n", n, (double)n / (now_sec() - begun));
	return 0;
}

int ftp_sessions(const struct bench_case *c)
{
	struct ftp_bench f = {.c = c, .listener = -1, .data_listener = -1};
	int err = -1;

	f.listener = socket_serve(c, "inside", SOCK_STREAM, BENCH_REAL_ADDR, FTP_PORT);
	if (f.listener >= 0)
		f.data_listener = c->active ? socket_serve(c, "outside", SOCK_STREAM,
							   OUTSIDE_ADDR, ACTIVE_PORT)
					    : socket_serve(c, "inside", SOCK_STREAM,
							   BENCH_REAL_ADDR, PASSIVE_PORT);
	if (f.data_listener >= 0)
		err = run_for(&f);
	while (f.n_pool)
		close(f.pool[--f.n_pool]);
	if (f.data_listener >= 0)
		close(f.data_listener);
	if (f.listener >= 0)
		close(f.listener);
	return err;
}
