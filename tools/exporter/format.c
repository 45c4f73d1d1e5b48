// SPDX-License-Identifier: GPL-2.0
/*
 * format.c - pages of metrics. See format.h.
 *
 * Why it exists: an unescaped quote in one label makes a scraper reject the
 * whole page, so this is tested by itself. Formats: the "Exposition formats"
 * page of the Prometheus documentation, and the OpenMetrics specification 1.0.0.
 */
#include <stdbool.h>
#include <string.h>

#include "format.h"

#define NS_PER_SEC 1000000000u

/* ---- escaping -------------------------------------------------------------------- */

static bool continues(const unsigned char *text, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if ((text[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/*
 * Bytes of the UTF-8 character at @text; 0: it is none, for which a scraper would reject
 * the page. RFC 3629, section 4: neither overlong, nor surrogates, nor beyond 0x10ffff.
 */
static size_t utf8_len(const unsigned char *text)
{
	size_t n = 0;

	if (text[0] < 0x80)
		return 1;
	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		n = 2;
	else if ((text[0] & 0xf0) == 0xe0)
		n = 3;
	else if (text[0] >= 0xf0 && text[0] <= 0xf4)
		n = 4;
	if (!n || !continues(text, n))
		return 0;
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return n;
}

/* @quote: double quotes are escaped as well */
static void put_escaped(struct strbuf *out, const char *text, bool quote)
{
	size_t n;

	for (; *text; text += n) {
		n = utf8_len((const unsigned char *)text);
		if (*text == '\\')
			strbuf_puts(out, "\\\\");
		else if (*text == '\n')
			strbuf_puts(out, "\\n");
		else if (*text == '"' && quote)
			strbuf_puts(out, "\\\"");
		else if (n)
			strbuf_add(out, text, n);
		else
			strbuf_putc(out, '?');
		n += !n;
	}
}

/* ---- families -------------------------------------------------------------------- */

static const char *const type_words[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_INFO] = "info",
};

static bool ends_in(const char *name, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len > end_len && !memcmp(name + len - end_len, end, end_len);
}

static size_t family_len(const char *name, enum metric_type type)
{
	size_t len = strlen(name);

	if (type == METRIC_COUNTER && ends_in(name, len, "_total"))
		return len - strlen("_total");
	if (type == METRIC_INFO && ends_in(name, len, "_info"))
		return len - strlen("_info");
	return len;
}

static void put_open_metrics(struct strbuf *out, const char *name, enum metric_type type,
			     const char *help)
{
	static const char *const units[] = {"bytes", "seconds"};
	int len = (int)family_len(name, type);

	strbuf_printf(out, "# TYPE %.*s %s\n", len, name, type_words[type]);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (ends_in(name, (size_t)len, units[i]))
			strbuf_printf(out, "# UNIT %.*s %s\n", len, name, units[i]);
	strbuf_printf(out, "# HELP %.*s ", len, name);
	put_escaped(out, help, true);
	strbuf_putc(out, '\n');
}

static void put_text(struct strbuf *out, const char *name, enum metric_type type,
		     const char *help)
{
	strbuf_printf(out, "# HELP %s ", name);
	put_escaped(out, help, false);
	strbuf_printf(out, "\n# TYPE %s %s\n", name,
		      type_words[type == METRIC_INFO ? METRIC_GAUGE : type]);
}

void metric_family(const struct metric_page *page, const char *name,
		   enum metric_type type, const char *help)
{
	if (page->format == METRIC_OPENMETRICS)
		put_open_metrics(page->out, name, type, help);
	else
		put_text(page->out, name, type, help);
}

void metric_end(const struct metric_page *page)
{
	if (page->format == METRIC_OPENMETRICS)
		strbuf_puts(page->out, "# EOF\n");
}

/* ---- samples --------------------------------------------------------------------- */

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

void metric_sample(const struct metric_page *page, const char *name,
		   const struct metric_label *labels, uint64_t value)
{
	strbuf_puts(page->out, name);
	metric_labels(page->out, labels);
	metric_value(page->out, value);
}

void metric_sample_ns(const struct metric_page *page, const char *name,
		      const struct metric_label *labels, uint64_t value_ns)
{
	uint64_t rest = value_ns % NS_PER_SEC;
	int digits = 9;

	for (; digits > 0 && rest % 10 == 0; digits--)
		rest /= 10;
	if (!digits) {
		metric_sample(page, name, labels, value_ns / NS_PER_SEC);
		return;
	}
	strbuf_puts(page->out, name);
	metric_labels(page->out, labels);
	strbuf_printf(page->out, " %llu.%0*llu\n",
		      (unsigned long long)(value_ns / NS_PER_SEC), digits,
		      (unsigned long long)rest);
}

void metric_single(const struct metric_page *page, const char *name,
		   enum metric_type type, const char *help, uint64_t value)
{
	metric_family(page, name, type, help);
	metric_sample(page, name, METRIC_NO_LABELS, value);
}

void metric_single_ns(const struct metric_page *page, const char *name,
		      enum metric_type type, const char *help, uint64_t value_ns)
{
	metric_family(page, name, type, help);
	metric_sample_ns(page, name, METRIC_NO_LABELS, value_ns);
}
