// SPDX-License-Identifier: GPL-2.0
/* terminal.c - see terminal.h. */
#include <string.h>
#include <strings.h>

#include "policy/terminal.h"

#define COLUMNS 80 /* of terminals, as they come */

static const char more[] = "<--- More --->";

#define MORE_LEN (sizeof(more) - 1)

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What a pager writes to wipe out what it wrote. */
static bool wipes(char c)
{
	return is_blank(c) || c == '\r' || c == '\b';
}

bool policy_terminal_traces(const char *text, size_t len)
{
	return memchr(text, '\r', len) || memchr(text, '\b', len) ||
	       (memchr(text, '<', len) && memmem(text, len, more, MORE_LEN));
}

size_t policy_terminal_clean(const char *text, size_t len, char *out, uint16_t *columns)
{
	size_t n = 0;
	size_t at = 0;

	while (at < len) {
		bool at_start = n == 0 && wipes(text[at]) && !is_blank(text[at]);

		if (len - at >= MORE_LEN && !memcmp(text + at, more, MORE_LEN))
			at += MORE_LEN;
		else if (!at_start) {
			columns[n] = (uint16_t)(at + 1);
			out[n++] = text[at++];
			continue;
		}
		/* Blanks that were written over are no indentation. */
		if (memchr(text + at, '\r', len - at) ||
		    memchr(text + at, '\b', len - at))
			while (at < len && wipes(text[at]))
				at++;
	}
	columns[n] = (uint16_t)(at + 1);
	return n;
}

static bool is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/';
}

/* hostname# hostname> hostname/context(config-if)# */
size_t policy_terminal_prompt(const char *text, size_t len)
{
	static const char mode[] = "(config";
	size_t at = 0, start;

	while (at < len && is_blank(text[at]))
		at++;
	start = at;
	while (at < len && is_of_name(text[at]))
		at++;
	if (at == start)
		return 0;
	if (len - at >= sizeof(mode) - 1 && !memcmp(text + at, mode, sizeof(mode) - 1)) {
		at += sizeof(mode) - 1;
		while (at < len && is_of_name(text[at]))
			at++;
		if (at >= len || text[at++] != ')')
			return 0;
	}
	if (at >= len || (text[at] != '#' && text[at] != '>'))
		return 0;
	return at + 1;
}

/*
 * No line is longer than a margin, and one at least is as long. Of the width that
 * terminals have one is enough; of others it takes more, for every text has a longest
 * line.
 */
size_t policy_terminal_margin(const char *text, size_t len)
{
	size_t longest = 0, count = 0;
	size_t at = 0;

	while (at < len) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t end = newline ? (size_t)(newline - text) : len;
		size_t here = end - at;

		if (here && text[end - 1] == '\r')
			here--;
		if (here > longest) {
			longest = here;
			count = 0;
		}
		if (here == longest)
			count++;
		at = end + 1;
	}
	if (longest == COLUMNS ||
	    (longest >= COLUMNS / 2 && longest <= 200 && count >= 3))
		return longest;
	return 0;
}
