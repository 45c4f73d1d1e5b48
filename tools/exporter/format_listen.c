// SPDX-License-Identifier: GPL-2.0
/*
 * format_listen.c - where to listen. See format_listen.h.
 *
 * Why it exists: what an address looks like is tested without a socket.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format_listen.h"

static int copy_part(char *out, size_t size, const char *from, size_t len)
{
	if (len >= size)
		return -EINVAL;
	memcpy(out, from, len);
	out[len] = '\0';
	return 0;
}

int listen_split(const char *text, char host[256], char port[6])
{
	const char *colon = strrchr(text, ':');
	const char *end;
	char *rest;
	unsigned long number;

	if (!colon || colon[1] < '0' || colon[1] > '9')
		return -EINVAL;
	number = strtoul(colon + 1, &rest, 10);
	if (*rest || number > 65535 || strlen(colon + 1) > 5)
		return -EINVAL;
	end = colon;
	if (*text == '[') {
		text++;
		if (*--end != ']' || end == text)
			return -EINVAL;
	} else if (memchr(text, ':', (size_t)(colon - text))) {
		return -EINVAL; /* an IPv6 address without brackets is ambiguous */
	}
	if (copy_part(host, 256, text, (size_t)(end - text)))
		return -EINVAL;
	return copy_part(port, 6, colon + 1, strlen(colon + 1));
}

bool listen_guess(const char *text, const char *default_port, char *out, size_t size)
{
	static const char host_chars[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789.-";
	size_t len = strlen(text);
	char host[256];
	char port[6];

	if (!len || len > 200)
		return false;
	if (strspn(text, "0123456789") == len)
		snprintf(out, size, ":%s", text);
	else if (strspn(text, host_chars) == len)
		snprintf(out, size, "%s:%s", text, default_port);
	else
		return false;
	return !listen_split(out, host, port);
}
