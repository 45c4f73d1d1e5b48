/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_negotiate.h - what is asked for: the format of a page, and its lines. Pure.
 *
 * Who may include it: tools/exporter, and tests.
 */
#ifndef EXPORTER_FORMAT_NEGOTIATE_H
#define EXPORTER_FORMAT_NEGOTIATE_H

#include <stdbool.h>
#include <stdint.h>

#include "format.h"

/*
 * The format that a scraper prefers.
 * OpenMetrics is given to those only who name it, in version 1.0.0 or in any, and do not
 * prefer text; of two that are equally welcome the one that is named first. Whoever
 * wants neither gets text, as all scrapers and browsers can read it.
 * @accept: the value of the Accept header (RFC 9110, 12.5.1); NULL: there is none
 */
enum metric_format metrics_negotiate(const char *accept);

/* The value of Content-Type for a page. */
const char *metrics_content_type(enum metric_format format);

/*
 * How many lines of access lists are told one by one: "on" (all), "off" (none) or a
 * number from 1 to 4294967295.
 * Return: false if it is nothing of these; @max is unchanged then
 */
bool metrics_acl_lines(const char *text, uint32_t *max);

#endif /* EXPORTER_FORMAT_NEGOTIATE_H */
