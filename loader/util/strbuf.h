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

/* Starts as {0}. data is NUL-terminated once something was appended. */
struct strbuf {
	char *data;
	size_t len;
	size_t capacity;
	bool failed; /* memory ran out; the text is incomplete */
};

void strbuf_add(struct strbuf *buf, const char *bytes, size_t len);
void strbuf_puts(struct strbuf *buf, const char *text);
void strbuf_putc(struct strbuf *buf, char byte);
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
