// SPDX-License-Identifier: GPL-2.0
/*
 * format_negotiate.c - what is asked for. See format_negotiate.h.
 *
 * Why it exists: a header comes from anybody; what is made of it is tested by itself.
 * RFC 9110: 12.5.1 (Accept), 12.4.2 (quality values), 5.6.6 (parameters), 5.6.4 (quoted
 * strings).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "format_negotiate.h"

#define QUALITY_MAX 1000u /* quality values are told in thousandths */

/* A stretch of the header. */
struct span {
	const char *at;
	size_t len;
};

/* One range of media types, such as text/plain;q=0.5. */
struct range {
	struct span type; /* with the subtype: "text/plain" */
	struct span version;
	unsigned int quality; /* 0..QUALITY_MAX; 0: not wanted */
};

/* How a format is wanted. */
struct wish {
	unsigned int specific; /* how closely the range names it; 0: not at all */
	unsigned int quality;
	unsigned int place; /* of the range in the header */
};

/* ---- reading --------------------------------------------------------------------- */

static struct span trim(struct span span)
{
	while (span.len && strchr(" \t", span.at[0])) {
		span.at++;
		span.len--;
	}
	while (span.len && strchr(" \t", span.at[span.len - 1]))
		span.len--;
	return span;
}

/* Take what stands before the next @separator out of *rest. Not within quotes. */
static struct span take_until(struct span *rest, char separator)
{
	struct span part = {.at = rest->at};
	bool quoted = false;

	while (part.len < rest->len && (quoted || part.at[part.len] != separator)) {
		if (part.at[part.len] == '"')
			quoted = !quoted;
		else if (quoted && part.at[part.len] == '\\' && part.len + 1 < rest->len)
			part.len++;
		part.len++;
	}
	rest->at += part.len;
	rest->len -= part.len;
	if (rest->len) { /* the separator itself */
		rest->at++;
		rest->len--;
	}
	return trim(part);
}

static bool is(struct span span, const char *word)
{
	return span.len == strlen(word) && !strncasecmp(span.at, word, span.len);
}

static struct span unquoted(struct span span)
{
	if (span.len >= 2 && span.at[0] == '"' && span.at[span.len - 1] == '"')
		return (struct span){span.at + 1, span.len - 2};
	return span;
}

/* 0, 1, 0.ddd or 1.000, with up to three decimals. What is no quality value is 0: the
 * range is as good as not there. */
static unsigned int quality_of(struct span text)
{
	unsigned int quality;
	unsigned int weight = QUALITY_MAX / 10;

	if (!text.len || text.len > strlen("0.123") ||
	    (text.at[0] != '0' && text.at[0] != '1') ||
	    (text.len > 1 && text.at[1] != '.'))
		return 0;
	quality = (unsigned int)(text.at[0] - '0') * QUALITY_MAX;
	for (size_t i = 2; i < text.len; i++, weight /= 10) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return 0;
		quality += (unsigned int)(text.at[i] - '0') * weight;
	}
	return quality > QUALITY_MAX ? 0 : quality;
}

static struct range read_range(struct span text)
{
	struct range range = {.type = take_until(&text, ';'), .quality = QUALITY_MAX};

	while (text.len) {
		struct span value = take_until(&text, ';');
		struct span name = take_until(&value, '=');

		if (is(name, "q"))
			range.quality = quality_of(trim(value));
		else if (is(name, "version"))
			range.version = unquoted(trim(value));
	}
	return range;
}

/* ---- choosing -------------------------------------------------------------------- */

/* The closest range decides, and of equally close ones the first that wants it most. */
static void consider(struct wish *wish, const struct range *range, const char *type,
		     const char *kind, const char *version, unsigned int place)
{
	struct wish other = {.quality = range->quality, .place = place};

	if (is(range->type, type) && (!range->version.len || is(range->version, version)))
		other.specific = 3 + (range->version.len > 0);
	else if (kind && is(range->type, kind))
		other.specific = 2;
	else if (kind && is(range->type, "*/*"))
		other.specific = 1;
	if (other.specific > wish->specific ||
	    (other.specific && other.specific == wish->specific &&
	     other.quality > wish->quality))
		*wish = other;
}

/* Any version is 1.0.0 as well: which range names the version does not matter. */
static bool prefers_open_metrics(const struct wish *open_metrics, const struct wish *text)
{
	if (!open_metrics->quality)
		return false;
	if (open_metrics->quality != text->quality)
		return open_metrics->quality > text->quality;
	return text->specific < 3 || open_metrics->place < text->place;
}

enum metric_format metrics_negotiate(const char *accept)
{
	struct span rest = {accept, accept ? strlen(accept) : 0};
	struct wish open_metrics = {0};
	struct wish text = {0};

	for (unsigned int place = 0; rest.len; place++) {
		struct range range = read_range(take_until(&rest, ','));

		consider(&open_metrics, &range, "application/openmetrics-text", NULL,
			 "1.0.0", place);
		consider(&text, &range, "text/plain", "text/*", "0.0.4", place);
	}
	return prefers_open_metrics(&open_metrics, &text) ? METRIC_OPENMETRICS
							  : METRIC_TEXT;
}

const char *metrics_content_type(enum metric_format format)
{
	return format == METRIC_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

bool metrics_acl_lines(const char *text, uint32_t *max)
{
	unsigned long long number;
	char *end;

	if (!strcmp(text, "on")) {
		*max = UINT32_MAX;
		return true;
	}
	if (!strcmp(text, "off")) {
		*max = 0;
		return true;
	}
	if (text[0] < '1' || text[0] > '9' || strlen(text) > 10)
		return false;
	number = strtoull(text, &end, 10);
	if (*end || number > UINT32_MAX)
		return false;
	*max = (uint32_t)number;
	return true;
}
