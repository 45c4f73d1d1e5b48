/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_element.h - what the names in an access-list line stand for, line by line, as
 * an ASA expands them. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_ELEMENT_H
#define FWCTL_FORMAT_ELEMENT_H

#include <pinhole/acl.h>

#include "format.h"

#define FORMAT_ELEMENT_BYTES 384

/* A line names an object or a group, so that an ASA would expand it. */
bool format_element_is_named(const char *rule);

/*
 * How many elements a line has: sources by destinations of the same family by services.
 */
uint64_t format_element_count(const struct acl_line *line);

/*
 * Call @fn with each, e.g. "extended permit tcp host 10.1.1.1 host 10.2.4.2 eq 80".
 * @most: no more than so many
 * @fn: non-zero ends the walk and is returned
 */
int format_element_each(const struct acl_line *line, uint64_t most,
			int (*fn)(const char *text, void *arg), void *arg);

/* Stable: of the list's name and the element's text. */
uint32_t format_element_hash(const char *list, const char *text);

#endif /* FWCTL_FORMAT_ELEMENT_H */
