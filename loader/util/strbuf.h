/* SPDX-License-Identifier: GPL-2.0 */
/*
 * strbuf.h - text that grows.
 *
 * Why it exists: printers append hundreds of pieces; checking each append for
 * memory would drown what they print. A failed buffer swallows appends, and
 * strbuf_steal() reports the failure once.
 *
 * Who may include it: all user-space code.
 */
#ifndef PINHOLE_UTIL_STRBUF_H
#define PINHOLE_UTIL_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Starts as {0}. data is NUL-terminated once something was appended. */
struct strbuf {
	char *data;
	size_t len;
	size_t capacity;
	bool failed; /* memory ran out; the text is incomplete */
};

/* strbuf_add() where the room may be too small. */
void strbuf_add_slow(struct strbuf *buf, const char *bytes, size_t len);

/* Inline: a large text is made of a million small pieces, most of them constant. */
static inline void strbuf_add(struct strbuf *buf, const char *bytes, size_t len)
{
	if (buf->failed || len >= buf->capacity - buf->len) {
		strbuf_add_slow(buf, bytes, len);
		return;
	}
	if (len)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

static inline void strbuf_puts(struct strbuf *buf, const char *text)
{
	strbuf_add(buf, text, strlen(text));
}

static inline void strbuf_putc(struct strbuf *buf, char byte)
{
	strbuf_add(buf, &byte, 1);
}

void strbuf_putu(struct strbuf *buf, unsigned int number); /* in decimal */
void strbuf_printf(struct strbuf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *buf, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Forget the text, keep the memory. */
void strbuf_reset(struct strbuf *buf);

/*
 * Hand the text over; the buffer is empty afterwards. The caller frees *out.
 * @len: may be NULL
 * Return: 0 or -ENOMEM (outputs unchanged, the buffer is freed)
 */
int strbuf_steal(struct strbuf *buf, char **out, size_t *len);
void strbuf_free(struct strbuf *buf);

#endif /* PINHOLE_UTIL_STRBUF_H */
