// SPDX-License-Identifier: GPL-2.0
/*
 * web_listen.c - the sockets of --web.listen-address. See web_listen.h.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <util/cleanup.h>

#include "format_listen.h"
#include "web_listen.h"

#define BACKLOG 64

static void free_addresses(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

/* Return: the socket or -errno. @every: [::] is for IPv4, too */
static int open_socket(const struct addrinfo *at, bool every)
{
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	int alone = !every;
	int err;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	    (at->ai_family != AF_INET6 ||
	     !setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &alone, sizeof(alone))) &&
	    !bind(fd, at->ai_addr, at->ai_addrlen) && !listen(fd, BACKLOG))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int try_each(const struct addrinfo *list, bool every)
{
	int err = -EADDRNOTAVAIL;

	/* Without a host IPv6 comes first, for it can serve both. */
	for (const struct addrinfo *at = list; every && at; at = at->ai_next) {
		if (at->ai_family == AF_INET6) {
			err = open_socket(at, true);
			if (err >= 0)
				return err;
		}
	}
	for (const struct addrinfo *at = list; at; at = at->ai_next) {
		if (every && at->ai_family == AF_INET6)
			continue;
		err = open_socket(at, false);
		if (err >= 0)
			return err;
	}
	return err;
}

int web_listen(const char *address, char *said, size_t said_bytes)
{
	struct addrinfo *list cleanup_(free_addresses) = NULL;
	const struct addrinfo wanted = {.ai_flags = AI_PASSIVE,
					.ai_socktype = SOCK_STREAM};
	char host[256];
	char port[6];
	int err = listen_split(address, host, port);

	if (err)
		return err;
	err = getaddrinfo(host[0] ? host : NULL, port, &wanted, &list);
	if (err) {
		snprintf(said, said_bytes, "%s: %s", address, gai_strerror(err));
		return -EADDRNOTAVAIL;
	}
	err = try_each(list, !host[0]);
	if (err < 0)
		snprintf(said, said_bytes, "cannot listen on %s: %s", address,
			 strerror(-err));
	return err;
}
