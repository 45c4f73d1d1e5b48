// SPDX-License-Identifier: GPL-2.0
/*
 * rule_end.c - what follows a complete access-list line.
 *
 * People do what a hint says. Leaving a word out of a line usually makes it
 * match more, so no hint here asks for that unless nothing is lost by it.
 */
#include <string.h>

#include "policy/names.h"
#include "policy/parser.h"

#define ONE_PORT     "a line takes one port or range"
#define HINT_CORRECT "correct the line: without the word it may match more than is meant"

/* Options of a line that are read where they belong (rule_options.c). */
static bool is_option(const struct policy_token *token)
{
	return policy_token_is(token, "log") || policy_token_is(token, "time-range");
}

static bool is_address_word(const struct policy_token *token)
{
	return policy_token_is(token, "any") || policy_token_is(token, "any4") ||
	       policy_token_is(token, "any6") || policy_token_is(token, "host") ||
	       policy_token_is(token, "interface") || policy_token_is(token, "object") ||
	       policy_token_is(token, "object-group");
}

static bool is_address_like(const struct policy_token *token)
{
	return (token->text[0] >= '0' && token->text[0] <= '9' &&
		memchr(token->text, '.', token->len)) ||
	       policy_is_ip6_like(token);
}

bool policy_ends_rule(const struct policy_token *token)
{
	return !token->len || token->text[0] == '!' || token->text[0] == ',' ||
	       token->text[0] == '(' || is_address_word(token) ||
	       is_address_like(token) || is_option(token) || policy_is_rule_option(token);
}

static bool is_port(const struct policy_token *token, uint8_t proto)
{
	unsigned long number;

	return policy_number_from(token->text, token->len, 65535, &number) ||
	       policy_port_by_name(token->text, token->len, proto) >= 0;
}

/* The word before the last one that was consumed is `host`. */
static bool follows_host(const struct policy_parser *p)
{
	return p->at >= 2 && policy_token_is(&p->line.tokens[p->at - 2], "host");
}

/* What `show access-list` writes behind a line: (hitcnt=0) 0x12345678 */
static bool is_hit_count(const struct policy_token *token)
{
	static const char word[] = "hitcnt=";

	return token->text[0] == '(' && token[1].len >= sizeof(word) - 1 &&
	       !strncasecmp(token[1].text, word, sizeof(word) - 1);
}

/* Nothing better is known of a word at the end. */
static int hint_option(struct policy_parser *p, int err, const struct policy_token *token)
{
	static const char *const words[] = {"established", "fragments", "inactive", "log",
					    "match-all",   "match-any", NULL};
	const char *nearest = policy_nearest(token->text, token->len, words);

	if (nearest)
		return policy_hint(p, err, "did you mean '%s'?", nearest);
	return policy_hint(p, err, HINT_CORRECT);
}

static int hint_ports(struct policy_parser *p, int err, const struct policy_token *token,
		      const struct policy_rule *rule)
{
	static const char *const ops[] = {"eq", "neq", "lt", "gt", "range", NULL};
	const char *nearest = policy_nearest(token->text, token->len, ops);
	bool is_operator = nearest || policy_is_port_operator(token);

	unsigned long low, high;
	bool is_span = policy_port_span_from(token, &low, &high);

	if (rule->dst_ports.op != POLICY_PORT_ANY &&
	    (is_operator || is_span || is_port(token, rule->proto)))
		return policy_hint(p, err, ONE_PORT "; write one line for each");
	if (is_span)
		return policy_hint(p, err, "write 'range %lu %lu'", low, high);
	if (nearest)
		return policy_hint(p, err, "did you mean '%s'?", nearest);
	if (is_port(token, rule->proto))
		return policy_hint(p, err, "write 'eq %.*s'; " ONE_PORT,
				   POLICY_WORD(token));
	return hint_option(p, err, token);
}

int policy_expect_rule_end(struct policy_parser *p, const struct policy_rule *rule)
{
	const struct policy_token *token = policy_peek(p);
	int err;

	if (!token->len || is_hit_count(token))
		return 0;
	err = policy_fail(p, token, E_TRAILING,
			  "'%.*s' follows a complete access-list line",
			  POLICY_WORD(token));
	if (token->text[0] == '!')
		return policy_hint(p, err, POLICY_HINT_COMMENT);
	if (token->text[0] == ',')
		return policy_hint(p, err, "write one line for each %s",
				   rule->dst_ports.op != POLICY_PORT_ANY ? "port"
				   : rule->icmp != POLICY_ICMP_ANY	 ? "ICMP type"
									 : "address");
	if (policy_is_rule_option(token) || is_option(token))
		return policy_hint(p, err,
				   "an access-list line ends in TCP flags, "
				   "'established' or 'fragments', one of them, then in "
				   "'log' and in 'inactive'");
	if (is_address_like(token) && follows_host(p))
		return policy_hint(p, err,
				   "'host' takes no netmask: remove it for the one host, "
				   "'host' for the network");
	if (is_address_word(token) || is_address_like(token))
		return policy_hint(p, err,
				   "an access-list line has one source and one "
				   "destination: this is a third address");
	if (policy_has_ports(rule))
		return hint_ports(p, err, token, rule);
	return hint_option(p, err, token);
}
