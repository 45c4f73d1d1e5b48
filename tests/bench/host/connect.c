// SPDX-License-Identifier: GPL-2.0
/*
 * connect.c - how much of a CPU a TCP connection takes that is opened, accepted and
 * closed, on loopback, by one thread. The kernel's part is in it: on loopback the
 * softirqs run where the thread sends.
 *
 * Why it exists: host.sh compares what it prints with host mode's programs at the sockets
 * and without. Compiled by host.sh; nobody else includes or links it.
 *
 *	connect COUNT	prints nanoseconds of CPU time per connection
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000LL

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

/* A listener at any port; its address is stored. */
static int listen_anywhere(struct sockaddr_in *at)
{
	socklen_t size = sizeof(*at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	*at = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
	};
	if (listener < 0 || bind(listener, (const struct sockaddr *)at, size) ||
	    listen(listener, 16) || getsockname(listener, (struct sockaddr *)at, &size))
		err(1, "listening");
	return listener;
}

static void connect_once(int listener, const struct sockaddr_in *at)
{
	/* By reset: what waits for stray segments would use up the ports. */
	const struct linger abort_it = {.l_onoff = 1};
	int client = socket(AF_INET, SOCK_STREAM, 0);
	int server;

	if (client < 0 || connect(client, (const struct sockaddr *)at, sizeof(*at)))
		err(1, "connecting");
	server = accept(listener, NULL, NULL);
	if (server < 0 ||
	    setsockopt(client, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it)))
		err(1, "accepting");
	close(client);
	close(server);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at;
	long count = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
	long long begin_ns;
	int listener;
	long i;

	if (count <= 0)
		errx(2, "usage: connect COUNT");
	listener = listen_anywhere(&at);
	for (i = 0; i < count / 10; i++)
		connect_once(listener, &at);
	begin_ns = now_ns();
	for (i = 0; i < count; i++)
		connect_once(listener, &at);
	printf("%lld\n", (now_ns() - begin_ns) / count);
	close(listener);
	return 0;
}
