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

/* Options of a line that PIX and ASA know; hints for what they are replaced by. */
static const struct {
	const char *word;
	const char *hint;
} options[] = {
	{"log", "lines are counted, not logged: remove 'log' and its options"},
	{"time-range", "remove the line: without its condition it would always match"},
	{"object-group", "write one line for each member"},
};

#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

static const char *option_hint(const struct policy_token *token)
{
	for (size_t i = 0; i < N_OPTIONS; i++)
		if (policy_token_is(token, options[i].word))
			return options[i].hint;
	return NULL;
}

static bool is_address_word(const struct policy_token *token)
{
	return policy_token_is(token, "any") || policy_token_is(token, "any4") ||
	       policy_token_is(token, "any6") || policy_token_is(token, "host") ||
	       policy_token_is(token, "interface") || policy_token_is(token, "object");
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
	       is_address_word(token) || is_address_like(token) || option_hint(token) ||
	       policy_is_rule_option(token);
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

/* Nothing better is known of a word at the end. */
static int hint_option(struct policy_parser *p, int err, const struct policy_token *token)
{
	static const char *const words[] = {"established", "fragments", "inactive",
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

	if (!token->len)
		return 0;
	if (option_hint(token))
		return policy_fail_unsupported(p, token, option_hint(token));
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
	if (policy_is_rule_option(token))
		return policy_hint(p, err,
				   "an access-list line ends in TCP flags, "
				   "'established' or 'fragments', one of them, and in "
				   "'inactive'");
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
