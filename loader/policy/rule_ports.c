// SPDX-License-Identifier: GPL-2.0
/*
 * rule_ports.c - the ports of an access-list line: [eq|neq|lt|gt PORT | range LOW HIGH]
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "policy/names.h"
#include "policy/parser.h"

bool policy_has_ports(const struct policy_rule *rule)
{
	return !rule->any_proto &&
	       (rule->proto == IPPROTO_TCP || rule->proto == IPPROTO_UDP);
}

struct port_op_word {
	const char *word;
	enum policy_port_op op;
};

static const struct port_op_word port_ops[] = {
	{"eq", POLICY_PORT_EQ}, {"neq", POLICY_PORT_NEQ},     {"lt", POLICY_PORT_LT},
	{"gt", POLICY_PORT_GT}, {"range", POLICY_PORT_RANGE},
};

static enum policy_port_op port_op_of(const struct policy_token *token)
{
	for (size_t i = 0; i < sizeof(port_ops) / sizeof(port_ops[0]); i++)
		if (policy_token_is(token, port_ops[i].word))
			return port_ops[i].op;
	return POLICY_PORT_ANY;
}

bool policy_is_port_operator(const struct policy_token *token)
{
	return port_op_of(token) != POLICY_PORT_ANY;
}

static int check_ports(struct policy_parser *p, const struct policy_token *op,
		       const struct policy_ports *ports)
{
	struct policy_where where = policy_where(p, op);
	int err;

	if (ports->op == POLICY_PORT_RANGE && ports->low > ports->high) {
		err = policy_fail(p, op, E_PORT_RANGE, "the range begins above its end");
		return policy_hint(p, err, "write range %u %u", ports->high, ports->low);
	}
	if ((ports->op == POLICY_PORT_LT && ports->low == 0) ||
	    (ports->op == POLICY_PORT_GT && ports->low == 65535)) {
		err = policy_warn_at(p, &where, W_MATCHES_NOTHING,
				     "no port is %s than %u: the line matches nothing",
				     ports->low ? "greater" : "less", ports->low);
		return policy_hint(p, err, "remove the line, or correct the number");
	}
	return 0;
}

bool policy_port_span_from(const struct policy_token *token, unsigned long *low,
			   unsigned long *high)
{
	const char *dash = token->len ? memchr(token->text, '-', token->len) : NULL;
	size_t before = dash ? (size_t)(dash - token->text) : 0;

	return dash && policy_number_from(token->text, before, UINT16_MAX, low) &&
	       policy_number_from(dash + 1, token->len - before - 1, UINT16_MAX, high) &&
	       *low <= *high;
}

/* The operand that follows the operator. */
static int parse_low(struct policy_parser *p, const struct policy_rule *rule,
		     struct policy_ports *ports)
{
	const struct policy_token *token = policy_peek(p);
	unsigned long low, high;
	int err = policy_parse_port(p, rule->proto, &ports->low);

	if (err != -EINVAL)
		return err;
	if (!token->len && ports->op == POLICY_PORT_RANGE)
		return policy_hint(p, err,
				   "write the first and the last port, as in range 50000 "
				   "50100");
	if (!token->len)
		return policy_hint(p, err,
				   "write the port: a number, or a name such as "
				   "domain");
	if ((ports->op == POLICY_PORT_EQ || ports->op == POLICY_PORT_RANGE) &&
	    policy_port_span_from(token, &low, &high))
		return policy_hint(p, err, "write range %lu %lu", low, high);
	return err;
}

/* The last port of a range. */
static int parse_high(struct policy_parser *p, const struct policy_rule *rule,
		      struct policy_ports *ports)
{
	const struct policy_token *token = policy_peek(p);
	int err = policy_parse_port(p, rule->proto, &ports->high);

	if (err == -EINVAL && policy_ends_rule(token))
		return policy_hint(p, err,
				   "write the last port of the range too: range %u LAST",
				   ports->low);
	return err;
}

int policy_parse_rule_ports(struct policy_parser *p, const struct policy_rule *rule,
			    struct policy_ports *out)
{
	const struct policy_token *token = policy_peek(p);
	struct policy_ports ports = {.op = port_op_of(token)};
	int err;

	if (ports.op == POLICY_PORT_ANY)
		return 0;
	if (!policy_has_ports(rule)) {
		err = policy_fail(p, token, E_PORT_PROTOCOL,
				  "only tcp and udp have ports, not %s",
				  rule->any_proto ? "ip"
				  : policy_protocol_name(rule->proto)
					  ? policy_protocol_name(rule->proto)
					  : "this protocol");
		return policy_hint(p, err, "write tcp or udp as the protocol");
	}
	policy_next(p);
	err = parse_low(p, rule, &ports);
	if (!err && ports.op == POLICY_PORT_RANGE)
		err = parse_high(p, rule, &ports);
	if (!err)
		err = check_ports(p, token, &ports);
	if (!err)
		*out = ports;
	return err;
}
