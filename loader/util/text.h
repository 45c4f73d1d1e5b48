/* SPDX-License-Identifier: GPL-2.0 */
/*
 * text.h - text from elsewhere, made safe to show.
 *
 * Why it exists: a policy file may hold terminal escapes, broken UTF-8 or
 * characters that reorder a line on screen. What we show must be neither an
 * attack on a terminal nor invalid JSON.
 *
 * Who may include it: all user-space code. UTF-8 as in RFC 3629.
 */
#ifndef PINHOLE_UTIL_TEXT_H
#define PINHOLE_UTIL_TEXT_H

#include <stddef.h>

/*
 * Bytes of the well-formed UTF-8 sequence at @text that is safe to show: 1 to
 * 4; 0 if there is none (control characters other than tab, bidirectional
 * controls, malformed bytes).
 */
size_t text_safe_sequence(const char *text, size_t len);

/* Replace every unsafe byte by '?', in place: no byte changes its column. */
void text_sanitize(char *text, size_t len);

/* The largest length up to @limit that does not cut a UTF-8 sequence. */
size_t text_cut(const char *text, size_t len, size_t limit);

/*
 * Edit distance (insert, delete, replace, swap neighbours), letters compared
 * without case.
 * Return: the distance, or a number above @limit once it exceeds it. Strings
 * longer than 32 bytes are beyond every limit.
 */
unsigned int text_distance(const char *a, size_t a_len, const char *b, size_t b_len,
			   unsigned int limit);

#endif /* PINHOLE_UTIL_TEXT_H */
