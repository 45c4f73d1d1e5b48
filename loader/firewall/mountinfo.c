// SPDX-License-Identifier: GPL-2.0
/*
 * mountinfo.c - lines of /proc/PID/mountinfo. See mountinfo.h.
 *
 * Why it exists: getmntent(3) reads /proc/mounts, which does not tell a part of a
 * file system from the whole.
 */
#include <string.h>

#include "mountinfo.h"

/* Fields are set apart by single spaces. */
struct field {
	const char *text;
	size_t len;
};

static bool next_field(const char **at, struct field *out)
{
	*at += strspn(*at, " ");
	out->text = *at;
	out->len = strcspn(*at, " \n");
	*at += out->len;
	return out->len > 0;
}

static bool is_word(const struct field *field, const char *word)
{
	return field->len == strlen(word) && !memcmp(field->text, word, field->len);
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Space, tab, newline, backslash and number sign are written as \ and three digits. */
static char unescape(const char **at, const char *end)
{
	const char *text = *at;

	if (end - text >= 4 && text[0] == '\\' && text[1] <= '3' && is_octal(text[1]) &&
	    is_octal(text[2]) && is_octal(text[3])) {
		*at += 4;
		return (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
			      (text[3] - '0'));
	}
	(*at)++;
	return *text;
}

static bool copy_path(const struct field *field, char *out, size_t size)
{
	const char *at = field->text;
	const char *end = field->text + field->len;
	size_t len = 0;

	/* Escapes only shorten: what would not fit as it stands may fit all the same. */
	for (const char *probe = at; probe < end; len++)
		unescape(&probe, end);
	if (len >= size)
		return false;
	while (at < end)
		*out++ = unescape(&at, end);
	*out = '\0';
	return true;
}

/* ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [OPTIONAL]... - TYPE SOURCE OPTIONS */
bool mountinfo_match(const char *line, const char *type, char *point, size_t size,
		     bool *whole)
{
	struct field fields[6];
	struct field root;
	struct field at;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!next_field(&line, &fields[i]))
			return false;
	do {
		if (!next_field(&line, &at))
			return false;
	} while (!is_word(&at, "-"));
	if (!next_field(&line, &at) || !is_word(&at, type))
		return false;
	root = fields[3];
	if (!copy_path(&fields[4], point, size))
		return false;
	*whole = is_word(&root, "/");
	return true;
}
