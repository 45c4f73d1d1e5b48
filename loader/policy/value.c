// SPDX-License-Identifier: GPL-2.0
/*
 * value.c - numbers, times, names, ports: the smallest parts of a line.
 *
 * Strict on purpose: where C would read octal, wrap around or stop early, a
 * firewall must ask back.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "policy/names.h"
#include "policy/parser.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool policy_number_from(const char *text, size_t len, unsigned long max,
			unsigned long *out)
{
	unsigned long value = 0;

	if (!len || (len > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(text[i]))
			return false;
		value = value * 10 + (unsigned long)(text[i] - '0');
		if (value > max)
			return false;
	}
	*out = value;
	return true;
}

bool policy_is_made_of(const struct policy_token *token, const char *bytes)
{
	for (size_t i = 0; i < token->len; i++)
		if (!token->text[i] || !strchr(bytes, token->text[i]))
			return false;
	return true;
}

int policy_fail_missing(struct policy_parser *p, const char *what)
{
	return policy_fail(p, policy_peek(p), E_MISSING, "the line ends where %s belongs",
			   what);
}

int policy_fail_expected(struct policy_parser *p, const char *what, const char *hint,
			 const char *const *candidates)
{
	const struct policy_token *token = policy_peek(p);
	const char *nearest = NULL;
	int err;

	if (!token->len) {
		err = policy_fail_missing(p, what);
		return policy_hint(p, err, "%s", hint);
	}
	err = policy_fail(p, token, E_EXPECTED, "'%.*s' is not %s", POLICY_WORD(token),
			  what);
	if (candidates)
		nearest = policy_nearest(token->text, token->len, candidates);
	if (nearest)
		return policy_hint(p, err, "did you mean '%s'?", nearest);
	return policy_hint(p, err, "%s", hint);
}

int policy_parse_number(struct policy_parser *p, unsigned long max, const char *what,
			unsigned long *out)
{
	const struct policy_token *token = policy_peek(p);
	int err;

	if (!token->len)
		return policy_fail_missing(p, what);
	if (!policy_number_from(token->text, token->len, max, out)) {
		err = policy_fail(p, token, E_NUMBER, "'%.*s' is not %s",
				  POLICY_WORD(token), what);
		return policy_hint(p, err, "write a decimal number from 0 to %lu%s", max,
				   token->len > 1 && token->text[0] == '0'
					   ? ", without leading zeros"
					   : "");
	}
	policy_next(p);
	return 0;
}

static bool time_from(const struct policy_token *token, unsigned int *sec)
{
	static const unsigned int max[] = {1193, 59, 59}; /* of ASA */
	unsigned int total = 0;
	size_t at = 0;

	if (token->len == 1 && token->text[0] == '0') {
		*sec = 0;
		return true;
	}
	for (int i = 0; i < 3; i++) {
		size_t start = at;
		unsigned int part = 0;

		while (at < token->len && at - start < 4 && is_digit(token->text[at]))
			part = part * 10 + (unsigned int)(token->text[at++] - '0');
		if (at == start || part > max[i] || (i && at - start > 2))
			return false;
		total = total * 60 + part;
		if (i < 2 && (at >= token->len || token->text[at++] != ':'))
			return false;
	}
	*sec = total;
	return at == token->len;
}

int policy_parse_time(struct policy_parser *p, const char *what, unsigned int *sec)
{
	const struct policy_token *token = policy_peek(p);
	unsigned int parsed;
	int err;

	if (token->len && time_from(token, &parsed)) {
		policy_next(p);
		*sec = parsed;
		return 0;
	}
	if (token->len)
		err = policy_fail(p, token, E_TIME, "'%.*s' is not a time",
				  POLICY_WORD(token));
	else
		err = policy_fail_missing(p, what);
	return policy_hint(p, err,
			   "write hours, minutes and seconds, as in 1:30:00; 1193:59:59 "
			   "at most");
}

int policy_parse_name(struct policy_parser *p, size_t size, const char *what,
		      const struct policy_token **out)
{
	const struct policy_token *token = policy_peek(p);
	int err;

	if (!token->len)
		return policy_fail_missing(p, what);
	for (size_t i = 0; i < token->len; i++)
		if (token->text[i] <= ' ' || token->text[i] > '~' ||
		    token->text[i] == '(' || token->text[i] == ')' ||
		    token->text[i] == ',') {
			err = policy_fail(p, token, E_NAME, "'%.*s' cannot be %s",
					  POLICY_WORD(token), what);
			return policy_hint(p, err,
					   "use printable ASCII characters without "
					   "blanks, commas and parentheses");
		}
	if (token->len >= size)
		return policy_fail(p, token, E_NAME, "%s is longer than %zu bytes", what,
				   size - 1);
	*out = token;
	policy_next(p);
	return 0;
}

int policy_parse_port(struct policy_parser *p, uint8_t proto, uint16_t *out)
{
	const struct policy_token *token = policy_peek(p);
	const char *proto_name = proto == IPPROTO_TCP ? "tcp" : "udp";
	const char *nearest;
	unsigned long number;
	int named, err;

	if (!token->len)
		return policy_fail_missing(p, "a port");
	if (policy_number_from(token->text, token->len, 65535, &number)) {
		*out = (uint16_t)number;
		policy_next(p);
		return 0;
	}
	named = policy_port_by_name(token->text, token->len, proto);
	if (named >= 0) {
		*out = (uint16_t)named;
		policy_next(p);
		return 0;
	}
	if (named == -2) {
		err = policy_fail(p, token, E_PORT, "'%.*s' is not a %s port",
				  POLICY_WORD(token), proto_name);
		return policy_hint(p, err,
				   "the name belongs to %s; write the number if %s is "
				   "meant",
				   proto == IPPROTO_TCP ? "udp" : "tcp", proto_name);
	}
	err = policy_fail(p, token, E_PORT, "'%.*s' is not a %s port", POLICY_WORD(token),
			  proto_name);
	nearest = policy_nearest_port(token->text, token->len, proto);
	if (nearest && !policy_is_made_of(token, "0123456789"))
		return policy_hint(p, err, "did you mean '%s'?", nearest);
	return policy_hint(p, err,
			   "write a number from 0 to 65535, without leading zeros, "
			   "or a name that PIX knows");
}
