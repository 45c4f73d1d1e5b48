// SPDX-License-Identifier: GPL-2.0
/* text.c - see text.h. */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/text.h"

#define DISTANCE_MAX_BYTES 32

/* Length that the first byte of a sequence announces; 0 if it cannot lead. */
static size_t lead_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

/* Characters that no terminal should get from us. */
static bool code_point_is_safe(uint32_t code)
{
	if (code < 0x20)
		return code == '\t';
	if (code >= 0x7f && code <= 0x9f) /* DEL and the C1 controls */
		return false;
	if (code >= 0x200b && code <= 0x200f) /* zero width, direction marks */
		return false;
	if (code >= 0x2028 && code <= 0x202e) /* separators, embeddings */
		return false;
	if (code >= 0x2060 && code <= 0x206f) /* isolates */
		return false;
	if (code >= 0xd800 && code <= 0xdfff) /* surrogates are not characters */
		return false;
	return code != 0xfeff && code <= 0x10ffff;
}

size_t text_safe_sequence(const char *text, size_t len)
{
	static const unsigned char lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = len ? lead_length((unsigned char)text[0]) : 0;
	uint32_t code;

	if (!n || n > len)
		return 0;
	code = (unsigned char)text[0] & lead_mask[n];
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (code < smallest[n] || !code_point_is_safe(code))
		return 0;
	return n;
}

void text_sanitize(char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t n = text_safe_sequence(text + at, len - at);

		if (!n) {
			text[at] = '?';
			n = 1;
		}
		at += n;
	}
}

size_t text_cut(const char *text, size_t len, size_t limit)
{
	if (len <= limit)
		return len;
	while (limit && ((unsigned char)text[limit] & 0xc0) == 0x80)
		limit--;
	return limit;
}

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

unsigned int text_distance(const char *a, size_t a_len, const char *b, size_t b_len,
			   unsigned int limit)
{
	unsigned int rows[3][DISTANCE_MAX_BYTES + 1];
	unsigned int *before = rows[0], *last = rows[1], *now = rows[2];
	size_t difference = a_len > b_len ? a_len - b_len : b_len - a_len;

	if (a_len > DISTANCE_MAX_BYTES || b_len > DISTANCE_MAX_BYTES ||
	    difference > limit)
		return limit + 1;
	for (size_t j = 0; j <= b_len; j++)
		last[j] = (unsigned int)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned int *recycled = before;

		now[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = same_letter(a[i - 1], b[j - 1]);

			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + !same);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]) && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = recycled;
	}
	return last[b_len];
}
