// SPDX-License-Identifier: GPL-2.0
/*
 * format.c - the Prometheus text format. See format.h.
 *
 * Why it exists: an unescaped quote in one label makes a scraper reject the
 * whole page, so this is tested by itself. Format: the "Exposition formats"
 * page of the Prometheus documentation.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

/* HELP escapes backslash and newline; label values the double quote as well. */
static void put_escaped(struct strbuf *out, const char *text, bool quote)
{
	for (; *text; text++) {
		if (*text == '\\')
			strbuf_puts(out, "\\\\");
		else if (*text == '\n')
			strbuf_puts(out, "\\n");
		else if (*text == '"' && quote)
			strbuf_puts(out, "\\\"");
		else
			strbuf_putc(out, *text);
	}
}

void metric_family(struct strbuf *out, const char *name, const char *type,
		   const char *help)
{
	strbuf_printf(out, "# HELP %s ", name);
	put_escaped(out, help, false);
	strbuf_printf(out, "\n# TYPE %s %s\n", name, type);
}

char *metric_sentence(char *out, size_t size, const char *text)
{
	size_t len;

	snprintf(out, size - 1, "%s", text);
	out[0] = (char)toupper((unsigned char)out[0]);
	len = strlen(out);
	if (len && !strchr(".?!", out[len - 1]))
		memcpy(out + len, ".", 2);
	return out;
}

void metric_labels(struct strbuf *out, const struct metric_label *labels)
{
	for (size_t i = 0; labels && labels[i].name; i++) {
		strbuf_putc(out, i ? ',' : '{');
		strbuf_puts(out, labels[i].name);
		strbuf_puts(out, "=\"");
		put_escaped(out, labels[i].value, true);
		strbuf_putc(out, '"');
	}
	if (labels && labels[0].name)
		strbuf_putc(out, '}');
}

/* Without printf(): hundreds of thousands of samples may be on a page. */
void metric_value(struct strbuf *out, uint64_t value)
{
	char text[sizeof(" 18446744073709551615\n")];
	char *at = text + sizeof(text);

	*--at = '\n';
	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	*--at = ' ';
	strbuf_add(out, at, (size_t)(text + sizeof(text) - at));
}

void metric_sample(struct strbuf *out, const char *name,
		   const struct metric_label *labels, uint64_t value)
{
	strbuf_puts(out, name);
	metric_labels(out, labels);
	metric_value(out, value);
}

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
