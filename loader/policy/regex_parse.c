// SPDX-License-Identifier: GPL-2.0
/*
 * regex_parse.c - a regular expression of ASA as a tree.
 *
 *   .  [abc] [^abc] [a-c]	one byte		^ $	start and end
 *   ? * + {n} {n,} {n,m}	how often		( ) |	groups, either
 *   \r \n \t \f \xNN \NNN	bytes by number; \ before anything but a letter or
 *				a digit means that byte itself
 *
 * By recursive descent; a pattern's length bounds its depth. Letters that mean
 * something to other dialects (\d, \b) are refused, not taken for letters.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/regex.h"

struct regex_parser {
	const char *text;
	size_t len;
	size_t at;
	struct policy_regex_tree *tree;
	struct policy_regex_fault *fault;
};

static int regex_fail(struct regex_parser *r, size_t at, size_t width, const char *hint,
		      const char *format, ...) __attribute__((format(printf, 5, 6)));

static int regex_fail(struct regex_parser *r, size_t at, size_t width, const char *hint,
		      const char *format, ...)
{
	va_list args;

	if (at + width > r->len)
		width = at < r->len ? r->len - at : 1;
	*r->fault = (struct policy_regex_fault){.at = at, .width = width, .hint = hint};
	va_start(args, format);
	vsnprintf(r->fault->message, sizeof(r->fault->message), format, args);
	va_end(args);
	return -EINVAL;
}

/* The next byte; -1 at the end. */
static int regex_peek(const struct regex_parser *r)
{
	return r->at < r->len ? (unsigned char)r->text[r->at] : -1;
}

static bool regex_accept(struct regex_parser *r, char c)
{
	if (regex_peek(r) != c)
		return false;
	r->at++;
	return true;
}

static int regex_push(struct regex_parser *r, const struct regex_node *node,
		      uint16_t *out)
{
	struct regex_node *kept = vec_push(&r->tree->nodes);

	if (!kept)
		return -ENOMEM;
	*kept = *node;
	*out = (uint16_t)(r->tree->nodes.count - 1);
	return 0;
}

/* ---- bytes ------------------------------------------------------------- */

static bool is_letter_or_digit(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int digit_value(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* @n digits of a @base. Return: the number; -1 if they are not there. */
static int regex_number(const struct regex_parser *r, size_t at, int n, int base)
{
	int value = 0;

	for (; n; n--, at++) {
		int digit = at < r->len ? digit_value((unsigned char)r->text[at]) : 99;

		if (digit >= base)
			return -1;
		value = value * base + digit;
	}
	return value > UINT8_MAX ? -1 : value;
}

static int fail_escape(struct regex_parser *r, size_t at)
{
	int c = regex_peek(r);

	if (c < 0)
		return regex_fail(r, at, 1, "write \\\\ for a backslash",
				  "nothing follows the backslash");
	if (c == 'x')
		return regex_fail(r, at, 4, "write \\x and two hexadecimal digits",
				  "\\x takes exactly two hexadecimal digits");
	if (c >= '1' && c <= '9')
		return regex_fail(r, at, 2,
				  "write out what it stands for; a byte by its number "
				  "takes three octal digits, as in \\040",
				  "back references are not supported");
	if (c == '0')
		return regex_fail(r, at, 2, "write three octal digits, as in \\040",
				  "a byte by its number takes three octal digits");
	if (strchr("dDwWsShHvVR", c))
		return regex_fail(r, at, 2, "write the bytes that are meant, as in [0-9]",
				  "\\%c is not supported", c);
	if (strchr("bBAzZG", c))
		return regex_fail(r, at, 2,
				  "only ^ and $ ask where a match is; an expression "
				  "matches anywhere otherwise",
				  "\\%c is not supported", c);
	return regex_fail(r, at, 2, "remove the backslash if the letter is meant",
			  "\\%c is not supported", c);
}

/* The backslash has been consumed. */
static int parse_escape(struct regex_parser *r, unsigned int *out)
{
	static const char letters[] = "rntf", bytes[] = "\r\n\t\f";
	size_t at = r->at - 1;
	int c = regex_peek(r);
	const char *letter = c > 0 ? strchr(letters, c) : NULL;
	int number = c == 'x' ? regex_number(r, r->at + 1, 2, 16)
			      : regex_number(r, r->at, 3, 8);

	if (c >= 0 && !is_letter_or_digit(c)) {
		*out = (unsigned int)c;
		r->at++;
	} else if (letter) {
		*out = (unsigned char)bytes[letter - letters];
		r->at++;
	} else if (number >= 0) {
		*out = (unsigned int)number;
		r->at += 3;
	} else {
		return fail_escape(r, at);
	}
	return 0;
}

static int parse_set_byte(struct regex_parser *r, unsigned int *out)
{
	int c = regex_peek(r);

	r->at++;
	if (c == '[' && r->at < r->len && strchr(":.=", r->text[r->at]))
		return regex_fail(r, r->at - 1, 2,
				  "write the bytes that are meant, as in [A-Za-z]; the "
				  "bracket itself is \\[",
				  "classes with names are not supported");
	if (c == '\\')
		return parse_escape(r, out);
	*out = (unsigned int)c;
	return 0;
}

static int parse_set_item(struct regex_parser *r, struct regex_bytes *set)
{
	size_t at = r->at;
	unsigned int low = 0, high;
	int err = parse_set_byte(r, &low);

	high = low;
	/* A dash that ends the set is a dash. */
	if (!err && regex_peek(r) == '-' && r->at + 1 < r->len &&
	    r->text[r->at + 1] != ']') {
		r->at++;
		err = parse_set_byte(r, &high);
	}
	if (err)
		return err;
	if (low > high)
		return regex_fail(r, at, r->at - at, "write the lower byte first",
				  "the range is the wrong way round");
	for (; low <= high; low++)
		regex_bytes_add(set, low);
	return 0;
}

/* The bracket has been consumed. */
static int parse_set(struct regex_parser *r, struct regex_bytes *set)
{
	size_t opened_at = r->at - 1;
	bool negated = regex_accept(r, '^');
	bool first = true;

	for (; first || !regex_accept(r, ']'); first = false) {
		int err = regex_peek(r) < 0 ? regex_fail(r, opened_at, 1, "end it with ]",
							 "the set of bytes is not ended")
					    : parse_set_item(r, set);

		if (err)
			return err;
	}
	for (int i = 0; negated && i < 4; i++)
		set->word[i] = ~set->word[i];
	return 0;
}

/* ---- structure --------------------------------------------------------- */

static int parse_either(struct regex_parser *r, uint16_t *out);

/* The parenthesis has been consumed. */
static int parse_group(struct regex_parser *r, uint16_t *out)
{
	size_t at = r->at - 1;
	int err;

	if (regex_peek(r) == '?' || regex_peek(r) == '*')
		return regex_fail(
			r, at, 2,
			"write plain parentheses, and both cases as in [Aa]; an "
			"automaton cannot look around",
			"(%c is not supported", regex_peek(r));
	err = parse_either(r, out);
	if (!err && !regex_accept(r, ')'))
		err = regex_fail(r, at, 1, "end it with )", "the group is not ended");
	return err;
}

static int parse_one(struct regex_parser *r, uint16_t *out)
{
	struct regex_node node = {.kind = REGEX_BYTES};
	unsigned int byte = (unsigned int)regex_peek(r);
	int err = 0;

	r->at++;
	switch (byte) {
	case '(':
		return parse_group(r, out);
	case '^':
		node.kind = REGEX_START;
		break;
	case '$':
		node.kind = REGEX_END;
		break;
	case '.':
		memset(&node.bytes, 0xff, sizeof(node.bytes));
		break;
	case '[':
		err = parse_set(r, &node.bytes);
		break;
	case '*':
	case '+':
	case '?':
	case '{':
		return regex_fail(r, r->at - 1, 1,
				  "put a backslash before it if the byte itself is meant",
				  "'%c' has nothing to repeat", (int)byte);
	case '\\':
		err = parse_escape(r, &byte);
		regex_bytes_add(&node.bytes, byte & 0xff);
		break;
	default:
		regex_bytes_add(&node.bytes, byte);
	}
	return err ? err : regex_push(r, &node, out);
}

static bool parse_count(struct regex_parser *r, uint16_t *out)
{
	unsigned int value = 0;
	size_t start = r->at;

	while (regex_peek(r) >= '0' && regex_peek(r) <= '9' &&
	       value <= POLICY_REGEX_REPEAT)
		value = value * 10 + (unsigned int)(r->text[r->at++] - '0');
	*out = (uint16_t)value;
	return r->at > start && value <= POLICY_REGEX_REPEAT;
}

/* The brace has been consumed. */
static int parse_counts(struct regex_parser *r, struct regex_node *node)
{
	size_t at = r->at - 1;
	bool right = parse_count(r, &node->min);

	node->max = node->min;
	if (right && regex_accept(r, ',')) {
		node->max = POLICY_REGEX_NO_MAX;
		if (regex_peek(r) != '}')
			right = parse_count(r, &node->max);
	}
	if (!right || !regex_accept(r, '}'))
		return regex_fail(r, at, 1,
				  "write {n}, {n,} or {n,m} with numbers up to 255, or "
				  "\\{ for the brace itself",
				  "this does not say how often");
	if (node->min > node->max)
		return regex_fail(r, at, r->at - at, "write the lower number first",
				  "the numbers are the wrong way round");
	return 0;
}

/* What is repeated is *out. */
static int parse_repeat(struct regex_parser *r, uint16_t *out)
{
	struct regex_node node = {.kind = REGEX_REPEAT, .left = *out};
	enum regex_kind kind = r->tree->nodes.items[*out].kind;
	size_t at = r->at;
	int c = regex_peek(r);
	int err = 0;

	if (c < 0 || !strchr("?*+{", c))
		return 0;
	if (kind == REGEX_START || kind == REGEX_END)
		return regex_fail(r, at, 1, "remove it", "a place cannot be repeated");
	r->at++;
	node.min = c == '+';
	node.max = c == '?' ? 1 : POLICY_REGEX_NO_MAX;
	if (c == '{')
		err = parse_counts(r, &node);
	if (err)
		return err;
	c = regex_peek(r);
	if (c > 0 && strchr("?*+{", c))
		return regex_fail(r, r->at, 1,
				  "remove it: what is found does not depend on how much "
				  "is taken; to repeat a repetition, use parentheses",
				  "'%c' follows a repetition", c);
	return regex_push(r, &node, out);
}

static int parse_sequence(struct regex_parser *r, uint16_t *out)
{
	struct regex_node node = {.kind = REGEX_EMPTY};
	int err = regex_push(r, &node, out);

	while (!err && regex_peek(r) >= 0 && !strchr("|)", regex_peek(r))) {
		node = (struct regex_node){.kind = REGEX_THEN, .left = *out};
		err = parse_one(r, &node.right);
		if (!err)
			err = parse_repeat(r, &node.right);
		if (!err)
			err = regex_push(r, &node, out);
	}
	return err;
}

static int parse_either(struct regex_parser *r, uint16_t *out)
{
	int err = parse_sequence(r, out);

	while (!err && regex_accept(r, '|')) {
		struct regex_node node = {.kind = REGEX_OR, .left = *out};

		err = parse_sequence(r, &node.right);
		if (!err)
			err = regex_push(r, &node, out);
	}
	return err;
}

int policy_regex_parse(const char *pattern, size_t len, struct policy_regex_tree *out,
		       struct policy_regex_fault *fault)
{
	struct regex_parser r = {pattern, len, 0, out, fault};
	int err = 0;

	if (len >= POLICY_REGEX_SIZE)
		return regex_fail(&r, 0, 1, "write several expressions",
				  "the expression is longer than %d bytes",
				  POLICY_REGEX_SIZE - 1);
	err = parse_either(&r, &out->root);
	if (!err && r.at < len)
		err = regex_fail(&r, r.at, 1, "remove it, or write \\)",
				 "')' ends no group");
	return err;
}

void policy_regex_free(struct policy_regex_tree *tree)
{
	vec_free(&tree->nodes);
}
