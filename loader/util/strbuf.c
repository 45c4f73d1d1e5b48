// SPDX-License-Identifier: GPL-2.0
/* strbuf.c - see strbuf.h. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/strbuf.h"

/* Room for @more bytes and the final NUL. */
static bool strbuf_reserve(struct strbuf *buf, size_t more)
{
	size_t wanted = buf->capacity ? buf->capacity : 64;
	char *moved;

	if (buf->failed)
		return false;
	if (more < buf->capacity - buf->len)
		return true;
	if (more > SIZE_MAX / 4 - buf->len) {
		buf->failed = true;
		return false;
	}
	while (wanted <= buf->len + more)
		wanted *= 2;
	moved = realloc(buf->data, wanted);
	if (!moved) {
		buf->failed = true;
		return false;
	}
	buf->data = moved;
	buf->capacity = wanted;
	return true;
}

void strbuf_add_slow(struct strbuf *buf, const char *bytes, size_t len)
{
	if (!strbuf_reserve(buf, len))
		return;
	if (len)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void strbuf_putu(struct strbuf *buf, unsigned int number)
{
	char digits[10];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	strbuf_add(buf, digits + at, sizeof(digits) - at);
}

/* Into the room that is there, and if that is too little once more. */
void strbuf_vprintf(struct strbuf *buf, const char *format, va_list args)
{
	size_t room = buf->failed ? 0 : buf->capacity - buf->len;
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(room ? buf->data + buf->len : NULL, room, format, args);
	if (len < 0)
		buf->failed = true;
	else if ((size_t)len < room)
		buf->len += (size_t)len;
	else if (strbuf_reserve(buf, (size_t)len)) {
		vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

void strbuf_printf(struct strbuf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strbuf_vprintf(buf, format, args);
	va_end(args);
}

void strbuf_reset(struct strbuf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->data)
		buf->data[0] = '\0';
}

int strbuf_steal(struct strbuf *buf, char **out, size_t *len)
{
	strbuf_add(buf, "", 0); /* an empty text is a text too */
	if (buf->failed) {
		strbuf_free(buf);
		return -ENOMEM;
	}
	*out = buf->data;
	if (len)
		*len = buf->len;
	*buf = (struct strbuf){0};
	return 0;
}

void strbuf_free(struct strbuf *buf)
{
	free(buf->data);
	*buf = (struct strbuf){0};
}
