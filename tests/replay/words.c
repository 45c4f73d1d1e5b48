// SPDX-License-Identifier: GPL-2.0
/*
 * words.c - see words.h.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/replay/words.h"

#define FIRST_PORT 50000u

static bool put(struct words *w, unsigned int byte)
{
	if (w->len == WORDS_MAX_BYTES)
		return false;
	w->bytes[w->len++] = (__u8)byte;
	return true;
}

static bool put16(struct words *w, unsigned int value)
{
	return put(w, value >> 8) && put(w, value & 0xff);
}

static bool put_fill(struct words *w, size_t n, unsigned int seed)
{
	bool ok = true;

	for (size_t i = 0; i < n && ok; i++)
		ok = put(w, (unsigned int)(i * 7 + seed) & 0xff);
	return ok;
}

static bool put_text(struct words *w, const char *text)
{
	bool ok = true;

	for (; *text && ok; text++)
		ok = put(w, (__u8)*text);
	return ok;
}

/* ---- text ------------------------------------------------------------------- */

static bool put_cut(struct words *w)
{
	if (w->n_cuts == WORDS_MAX_CUTS)
		return false;
	w->cut[w->n_cuts++] = w->len;
	return true;
}

/* Behind a backslash. Return: where it goes on; NULL: nowhere. */
static const char *put_escape(struct words *w, const char *at)
{
	static const char names[] = "rnt0\\", values[] = "\r\n\t\0\\";
	const char *found = *at ? strchr(names, *at) : NULL;
	char hex[3] = "";

	if (*at == '|')
		return put_cut(w) ? at + 1 : NULL;
	if (found)
		return put(w, (__u8)values[found - names]) ? at + 1 : NULL;
	if (*at != 'x' || !isxdigit(at[1]) || !isxdigit(at[2]))
		return NULL;
	memcpy(hex, at + 1, 2);
	return put(w, (unsigned int)strtoul(hex, NULL, 16)) ? at + 3 : NULL;
}

static const char *put_variable(struct words *w, const char *at, unsigned int round)
{
	unsigned int port = FIRST_PORT + round, value;
	char number[16];

	switch (*at) {
	case 'i':
		value = round;
		break;
	case 'p':
		value = port;
		break;
	case 'h':
		value = port >> 8;
		break;
	case 'l':
		value = port & 0xff;
		break;
	case '%':
		return put(w, '%') ? at + 1 : NULL;
	default:
		return NULL;
	}
	snprintf(number, sizeof(number), "%u", value);
	return put_text(w, number) ? at + 1 : NULL;
}

bool words_read(const char *text, unsigned int round, struct words *out)
{
	out->len = out->n_cuts = 0;
	while (text && *text) {
		if (*text == '\\')
			text = put_escape(out, text + 1);
		else if (*text == '%')
			text = put_variable(out, text + 1, round);
		else
			text = put(out, (__u8)*text) ? text + 1 : NULL;
	}
	return text;
}

/* ---- TLS -------------------------------------------------------------------- */

enum { CCS = 20, ALERT, HANDSHAKE, DATA };

/* The length at `at` is of what follows it. */
static bool close_length(struct words *w, size_t at)
{
	size_t len = w->len - at - 2;

	w->bytes[at] = (__u8)(len >> 8);
	w->bytes[at + 1] = (__u8)len;
	return len <= 0x4100;
}

static bool put_head(struct words *w, unsigned int type, unsigned int version)
{
	return put(w, type) && put16(w, version) && put16(w, 0);
}

static bool put_server_name(struct words *w, const char *name)
{
	unsigned int len = (unsigned int)strlen(name);

	return put16(w, 0) && put16(w, len + 5) && put16(w, len + 3) && put(w, 0) &&
	       put16(w, len) && put_text(w, name);
}

/* @type: 1 of the client, 2 of the server */
static bool put_hello(struct words *w, unsigned int type, const char *name)
{
	size_t message = w->len + 2, extensions;
	bool ok = put(w, type) && put(w, 0) && put16(w, 0) && put16(w, 0x0303) &&
		  put_fill(w, 32, type);

	/* No session; TLS_AES_128_GCM_SHA256; no compression. */
	ok = ok && put(w, 0);
	if (type == 1)
		ok = ok && put16(w, 2) && put16(w, 0x1301) && put16(w, 0x0100);
	else
		ok = ok && put16(w, 0x1301) && put(w, 0);
	extensions = w->len;
	ok = ok && put16(w, 0);
	ok = ok && put16(w, 23) && put16(w, 0); /* extended master secret */
	if (name)
		ok = ok && put_server_name(w, name);
	return ok && close_length(w, extensions) && close_length(w, message);
}

bool words_read_tls(const char *text, struct words *out)
{
	const char *name = strstr(text, "sni=");
	unsigned int n = 0;
	bool ok;

	out->len = out->n_cuts = 0;
	if (!strncmp(text, "client-hello", 12))
		ok = put_head(out, HANDSHAKE, 0x0301) &&
		     put_hello(out, 1, name ? name + 4 : NULL);
	else if (!strcmp(text, "server-hello"))
		ok = put_head(out, HANDSHAKE, 0x0303) && put_hello(out, 2, NULL);
	else if (!strcmp(text, "ccs"))
		ok = put_head(out, CCS, 0x0303) && put(out, 1);
	else if (!strcmp(text, "alert"))
		ok = put_head(out, ALERT, 0x0303) && put_fill(out, 26, 9);
	else if (sscanf(text, "handshake %u", &n) == 1)
		ok = put_head(out, HANDSHAKE, 0x0303) && put_fill(out, n, 200);
	else
		ok = sscanf(text, "data %u", &n) == 1 && put_head(out, DATA, 0x0303) &&
		     put_fill(out, n, 77);
	return ok && close_length(out, 3);
}
