// SPDX-License-Identifier: GPL-2.0
/*
 * sockets.c - real sockets on both sides of a gateway. See sockets.h.
 *
 * Both ends are this one process: what one end sends goes through the gateway
 * in the softirq that the system call raises, so that it waits at the other end
 * when the call returns. No process is woken up, and none switched to: a figure
 * is the way through two stacks and the gateway, and differences of figures are
 * differences of gateways.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "place.h"
#include "sockets.h"

#define PING_PONG_PORT 5002
#define CONNECT_PORT   5003
#define PAYLOAD_BYTES  18
#define WAIT_MSEC      500
#define MAX_SAMPLES    (1u << 20)
#define WARM_UP	       200
#define NSEC_PER_SEC   1000000000ull

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

static struct sockaddr_in address_of(uint32_t addr, uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(addr)};
}

/* What the outside dials, and where the server listens. */
static uint32_t dialled(const struct bench_case *c)
{
	return c->nat ? BENCH_MAPPED_ADDR : BENCH_PLAIN_ADDR;
}

static uint32_t served(const struct bench_case *c)
{
	if (c->path == BENCH_WIRE)
		return dialled(c);
	return c->nat ? BENCH_REAL_ADDR : BENCH_PLAIN_ADDR;
}

int socket_on(const struct bench_case *c, const char *side, int type)
{
	int fd;

	if (place_enter(c, side))
		return -1;
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		bench_fail(c, "socket: %s", strerror(errno));
	if (place_enter(c, "outside") && fd >= 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int socket_serve(const struct bench_case *c, const char *side, int type, uint32_t addr,
		 uint16_t port)
{
	struct sockaddr_in at = address_of(addr, port);
	int fd = socket_on(c, side, type), one = 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) ||
	    (type == SOCK_STREAM && listen(fd, SOMAXCONN))) {
		bench_fail(c, "binding to port %u of %s: %s", port, side,
			   strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

int socket_dial(const struct bench_case *c, int fd, uint32_t addr, uint16_t port)
{
	struct sockaddr_in to = address_of(addr, port);
	uint64_t begun = now_ns();

	if (fd < 0)
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return bench_fail(c, "socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to))) {
		bench_fail(c, "dialling port %u: %s", port, strerror(errno));
		close(fd);
		return -1;
	}
	/* The first repetition of a SYN comes after a second. */
	if (now_ns() - begun < WAIT_MSEC * 1000000ull)
		return fd;
	bench_fail(c, "a SYN to port %u was lost", port);
	close(fd);
	return -1;
}

void socket_abort(int fd)
{
	static const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

/* ---- latency ----------------------------------------------------------- */

static int receive(const struct bench_case *c, int fd, struct sockaddr_in *from)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	socklen_t from_len = sizeof(*from);
	char bytes[PAYLOAD_BYTES];

	for (;;) {
		if (recvfrom(fd, bytes, sizeof(bytes), MSG_DONTWAIT,
			     (struct sockaddr *)from, &from_len) == PAYLOAD_BYTES)
			return 0;
		if (errno != EAGAIN || poll(&waiting, 1, WAIT_MSEC) != 1)
			return bench_fail(c, "a datagram was lost");
	}
}

/* Nanoseconds there and back, in *out. */
static int ping_pong(const struct bench_case *c, int client, int server, uint32_t *out)
{
	static const char bytes[PAYLOAD_BYTES];
	struct sockaddr_in from;
	uint64_t begun = now_ns();

	if (send(client, bytes, sizeof(bytes), 0) != PAYLOAD_BYTES)
		return bench_fail(c, "sending: %s", strerror(errno));
	if (receive(c, server, &from))
		return -1;
	if (sendto(server, bytes, sizeof(bytes), 0, (const struct sockaddr *)&from,
		   sizeof(from)) != PAYLOAD_BYTES)
		return bench_fail(c, "replying: %s", strerror(errno));
	if (receive(c, client, &from))
		return -1;
	*out = (uint32_t)(now_ns() - begun);
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t percentile(const uint32_t *sorted, size_t n, double part)
{
	return sorted[(size_t)((double)(n - 1) * part)];
}

static int ping_pong_for(const struct bench_case *c, int client, int server,
			 uint32_t *samples)
{
	uint64_t end = now_ns() + (uint64_t)(c->seconds * (double)NSEC_PER_SEC);
	size_t n = 0;

	for (int i = 0; i < WARM_UP; i++)
		if (ping_pong(c, client, server, samples))
			return -1;
	do {
		if (ping_pong(c, client, server, &samples[n]))
			return -1;
	} while (++n < MAX_SAMPLES && now_ns() < end);
	qsort(samples, n, sizeof(*samples), compare);
	printf("{\"n\":%zu,\"p50_ns\":%u,\"p90_ns\":%u,\"p99_ns\":%u,\"p999_ns\":%u}\n",
	       n, percentile(samples, n, 0.5), percentile(samples, n, 0.9),
	       percentile(samples, n, 0.99), percentile(samples, n, 0.999));
	return 0;
}

int sockets_ping_pong(const struct bench_case *c)
{
	struct sockaddr_in to = address_of(dialled(c), PING_PONG_PORT);
	int server = socket_serve(c, "inside", SOCK_DGRAM, served(c), PING_PONG_PORT);
	int client = server < 0 ? -1 : socket_on(c, "outside", SOCK_DGRAM), err = -1;
	uint32_t *samples = malloc(MAX_SAMPLES * sizeof(*samples));

	if (!samples)
		bench_fail(c, "out of memory");
	else if (client >= 0 && connect(client, (const struct sockaddr *)&to, sizeof(to)))
		bench_fail(c, "connecting: %s", strerror(errno));
	else if (client >= 0)
		err = ping_pong_for(c, client, server, samples);
	free(samples);
	if (client >= 0)
		close(client);
	if (server >= 0)
		close(server);
	return err;
}

/* ---- connections ------------------------------------------------------- */

static int connect_once(const struct bench_case *c, int listener)
{
	int client = socket_dial(c, -1, dialled(c), CONNECT_PORT), server;

	if (client < 0)
		return -1;
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	socket_abort(client);
	if (server < 0)
		return bench_fail(c, "accept: %s", strerror(errno));
	socket_abort(server);
	return 0;
}

static int connect_for(const struct bench_case *c, int listener)
{
	uint64_t begun, took;
	uint32_t n = 0;

	for (int i = 0; i < WARM_UP; i++)
		if (connect_once(c, listener))
			return -1;
	begun = now_ns();
	do {
		if (connect_once(c, listener))
			return -1;
		n++;
		took = now_ns() - begun;
	} while ((double)took < c->seconds * (double)NSEC_PER_SEC);
	printf("{\"n\":%u,\"per_second\":%.1f}\n", n,
	       (double)n * (double)NSEC_PER_SEC / (double)took);
	return 0;
}

int sockets_connect(const struct bench_case *c)
{
	int listener = socket_serve(c, "inside", SOCK_STREAM, served(c), CONNECT_PORT);
	int err;

	if (listener < 0)
		return -1;
	err = connect_for(c, listener);
	close(listener);
	return err;
}
