// SPDX-License-Identifier: GPL-2.0
/*
 * inspect_regex.c - regex NAME PATTERN, the pattern in quotation marks or not.
 *
 * The marks are the first and the last byte: those between are part of it. A
 * pattern is bytes, and a policy is text for people: bytes that are not ASCII
 * are written by their numbers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/parser.h"
#include "policy/regex.h"

/* A part of the line that need not be a word. */
static struct policy_token line_part(const struct policy_parser *p, size_t at, size_t len)
{
	return (struct policy_token){p->line.text + at, len,
				     policy_line_column(&p->line, at)};
}

/* Where in the line it begins. Columns count what was cleaned away. */
static size_t offset_of(const struct policy_parser *p, const struct policy_token *token)
{
	return (size_t)(token->text - p->line.text);
}

/* What is left of the line, without its quotation marks. */
static int find_pattern(struct policy_parser *p, struct policy_token *out)
{
	const struct policy_token *first = policy_peek(p);
	size_t at = offset_of(p, first);
	size_t len = p->line.len - at;
	struct policy_token part;
	int err;

	if (!first->len) {
		err = policy_fail_missing(p, "a regular expression");
		return policy_hint(p, err,
				   "write it in quotation marks, as in \"\\.exe$\"");
	}
	*out = line_part(p, at, len);
	if (*out->text != '"') {
		const char *blank = memchr(out->text, ' ', len);

		if (!blank)
			blank = memchr(out->text, '\t', len);
		if (!blank)
			return 0;
		part = line_part(p, (size_t)(blank - p->line.text), 1);
		err = policy_fail(p, &part, E_REGEX, "a blank ends the expression");
		return policy_hint(p, err, "put all of it in quotation marks");
	}
	if (len < 2 || out->text[len - 1] != '"') {
		part = line_part(p, at, 1);
		err = policy_fail(p, &part, E_REGEX, "the quotation is not ended");
		return policy_hint(p, err, "end the line with a quotation mark");
	}
	*out = line_part(p, at + 1, len - 2);
	return 0;
}

/* What stands for a byte, or for all bytes of a character. */
static int fail_byte(struct policy_parser *p, const struct policy_token *pattern,
		     size_t at)
{
	size_t len = text_safe_sequence(pattern->text + at, pattern->len - at);
	struct policy_token part =
		line_part(p, offset_of(p, pattern) + at, len ? len : 1);
	char numbers[4 * sizeof("\\xff")];
	int err;

	for (size_t i = 0; i < part.len; i++)
		snprintf(numbers + 4 * i, sizeof(numbers) - 4 * i, "\\x%02x",
			 (unsigned char)part.text[i]);
	err = policy_fail(p, &part, E_REGEX, "an expression is printable ASCII");
	return policy_hint(p, err,
			   part.len > 1 ? "write its bytes by their numbers: %s"
					: "write it by its number: %s",
			   numbers);
}

static int check_bytes(struct policy_parser *p, const struct policy_token *pattern)
{
	for (size_t i = 0; i < pattern->len; i++)
		if (pattern->text[i] < ' ' || pattern->text[i] > '~')
			return fail_byte(p, pattern, i);
	return 0;
}

static int warn_always(struct policy_parser *p, const struct policy_token *pattern)
{
	struct policy_where where = policy_where(p, pattern);
	int err = policy_warn_at(p, &where, W_REGEX_ALWAYS,
				 "this is found in every text, an empty one included");

	return policy_hint(p, err,
			   "x* is x or nothing: write x+ for at least one, and .* for "
			   "anything between two others only");
}

static int check_pattern(struct policy_parser *p, const struct policy_token *pattern)
{
	bool always = false;
	struct policy_regex_fault fault = {0};
	struct policy_token part;
	int err = check_bytes(p, pattern);

	if (err)
		return err;
	if (!pattern->len) {
		part = line_part(p, offset_of(p, pattern), 1);
		err = policy_fail(p, &part, E_REGEX, "the expression is empty");
		return policy_hint(p, err, "write what is to be found");
	}
	err = policy_regex_check(pattern->text, pattern->len, &always, &fault);
	if (!err && always)
		return warn_always(p, pattern);
	if (err != -EINVAL)
		return err;
	part = line_part(p, offset_of(p, pattern) + fault.at, fault.width);
	err = policy_fail(p, &part, E_REGEX, "%s", fault.message);
	return fault.hint ? policy_hint(p, err, "%s", fault.hint) : err;
}

static int set_pattern(struct policy_parser *p, size_t index,
		       const struct policy_token *pattern)
{
	struct policy_regex *regex = &p->policy->regexes.items[index];
	int err;

	if (regex->pattern) {
		err = policy_fail(p, &p->line.tokens[1], E_REGEX_TWICE,
				  "regex '%s' is already defined in line %u", regex->name,
				  regex->where.line);
		return policy_hint(p, err,
				   "remove one of the lines, or choose another "
				   "name");
	}
	regex->pattern = malloc(pattern->len + 1);
	if (!regex->pattern)
		return -ENOMEM;
	memcpy(regex->pattern, pattern->text, pattern->len);
	regex->pattern[pattern->len] = '\0';
	regex->where = policy_where(p, &p->line.tokens[1]);
	return 0;
}

int policy_stmt_regex(struct policy_parser *p)
{
	struct policy_token pattern = {.text = ""};
	size_t index = 0;
	int err = policy_regex_get(p, &index);

	if (!err)
		err = find_pattern(p, &pattern);
	if (!err)
		err = check_pattern(p, &pattern);
	if (!err)
		err = set_pattern(p, index, &pattern);
	return policy_refuse_inspection(p, err);
}
