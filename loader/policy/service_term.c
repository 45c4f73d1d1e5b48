// SPDX-License-Identifier: GPL-2.0
/*
 * service_term.c - protocols, ports and ICMP types, as lists, service objects and
 * groups name them.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "policy/lists.h"
#include "policy/names.h"

#define HINT_PROTOCOL "write ip, tcp, udp, icmp, icmp6 or a number from 0 to 255"

/* ---- protocols --------------------------------------------------------- */

int policy_parse_protocol(struct policy_parser *p, uint8_t *proto, bool *any_proto)
{
	const struct policy_token *token = policy_peek(p);
	const char *nearest;
	unsigned long number;
	int named, err;

	if (!token->len)
		return policy_fail_expected(p, "a protocol", HINT_PROTOCOL, NULL);
	named = policy_protocol_by_name(token->text, token->len);
	if (named < 0 && policy_number_from(token->text, token->len, 255, &number))
		named = (int)number;
	if (named < 0) {
		err = policy_fail(p, token, E_PROTOCOL, "'%.*s' is not a protocol",
				  POLICY_WORD(token));
		nearest = policy_nearest_protocol(token->text, token->len);
		if (nearest)
			return policy_hint(p, err, "did you mean '%s'?", nearest);
		return policy_hint(p, err, HINT_PROTOCOL);
	}
	*proto = (uint8_t)named;
	*any_proto = !named; /* PIX: protocol 0 is `ip` */
	policy_next(p);
	return 0;
}

/* ---- ICMP -------------------------------------------------------------- */

static int fail_icmp_type(struct policy_parser *p, uint8_t proto)
{
	const struct policy_token *token = policy_peek(p);
	const char *nearest = policy_nearest_icmp(token->text, token->len, proto);
	bool v6 = proto == IPPROTO_ICMPV6;
	int code, err;

	err = policy_fail(p, token, E_ICMP_TYPE, "'%.*s' is not an %s type",
			  POLICY_WORD(token), v6 ? "ICMPv6" : "ICMP");
	if (policy_icmp_by_name(token->text, token->len,
				v6 ? IPPROTO_ICMP : IPPROTO_ICMPV6, &code) >= 0)
		return policy_hint(p, err, "the name belongs to %s",
				   v6 ? "icmp, which is IPv4's" : "icmp6");
	if (nearest)
		return policy_hint(p, err, "did you mean '%s'?", nearest);
	return policy_hint(p, err,
			   "write a name such as echo, or a number from 0 to 255");
}

int policy_parse_icmp_type(struct policy_parser *p, uint8_t proto, int *type, int *code)
{
	const struct policy_token *token = policy_peek(p);
	unsigned long number;
	int found;

	*code = -1;
	if (!token->len)
		return policy_fail_missing(p, "an ICMP type");
	found = policy_icmp_by_name(token->text, token->len, proto, code);
	if (found < 0 && policy_number_from(token->text, token->len, 255, &number))
		found = (int)number;
	if (found < 0)
		return fail_icmp_type(p, proto);
	*type = found;
	policy_next(p);
	return 0;
}

int policy_parse_icmp(struct policy_parser *p, uint8_t proto,
		      enum policy_icmp_match *match, uint8_t *type, uint8_t *code)
{
	const struct policy_token *token;
	unsigned long number;
	int named_type = 0, named_code, err;

	if (policy_ends_rule(policy_peek(p)))
		return 0;
	err = policy_parse_icmp_type(p, proto, &named_type, &named_code);
	if (err)
		return err;
	*match = POLICY_ICMP_TYPE;
	*type = (uint8_t)named_type;
	token = policy_peek(p);
	if (named_code < 0 && token->len && token->text[0] >= '0' &&
	    token->text[0] <= '9') {
		err = policy_parse_number(p, 255, "an ICMP code", &number);
		if (err)
			return err;
		named_code = (int)number;
	}
	if (named_code >= 0) {
		*match = POLICY_ICMP_TYPE_CODE;
		*code = (uint8_t)named_code;
	}
	return 0;
}

/* ---- ports -------------------------------------------------------------- */

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

bool policy_port_span_from(const struct policy_token *token, unsigned long *low,
			   unsigned long *high)
{
	const char *dash = token->len ? memchr(token->text, '-', token->len) : NULL;
	size_t before = dash ? (size_t)(dash - token->text) : 0;

	return dash && policy_number_from(token->text, before, UINT16_MAX, low) &&
	       policy_number_from(dash + 1, token->len - before - 1, UINT16_MAX, high) &&
	       *low <= *high;
}

/* Of both protocols, a name of either will do. */
static int parse_port(struct policy_parser *p, struct policy_port_protos protos,
		      uint16_t *out)
{
	const struct policy_token *token = policy_peek(p);
	int named;

	if (protos.tcp && protos.udp) {
		named = policy_port_by_name(token->text, token->len, IPPROTO_UDP);
		if (token->len && named >= 0) {
			*out = (uint16_t)named;
			policy_next(p);
			return 0;
		}
	}
	return policy_parse_port(p, protos.tcp ? IPPROTO_TCP : IPPROTO_UDP, out);
}

/* The operand that follows the operator. */
static int parse_low(struct policy_parser *p, struct policy_port_protos protos,
		     struct policy_ports *ports)
{
	const struct policy_token *token = policy_peek(p);
	unsigned long low, high;
	int err = parse_port(p, protos, &ports->low);

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
static int parse_high(struct policy_parser *p, struct policy_port_protos protos,
		      struct policy_ports *ports)
{
	const struct policy_token *token = policy_peek(p);
	int err = parse_port(p, protos, &ports->high);

	if (err == -EINVAL && policy_ends_rule(token))
		return policy_hint(p, err,
				   "write the last port of the range too: range %u LAST",
				   ports->low);
	return err;
}

static int check_ports(struct policy_parser *p, const struct policy_token *op,
		       const char *what, const struct policy_ports *ports)
{
	struct policy_where where = policy_where(p, op);
	int err;

	if (ports->op == POLICY_PORT_RANGE && ports->low > ports->high) {
		err = policy_fail(p, op, E_PORT_RANGE, "the range begins above its end");
		return policy_hint(p, err, "write range %u %u", ports->high, ports->low);
	}
	if ((ports->op == POLICY_PORT_LT && ports->low == 0) ||
	    (ports->op == POLICY_PORT_GT && ports->low == UINT16_MAX)) {
		err = policy_warn_at(p, &where, W_MATCHES_NOTHING,
				     "no port is %s than %u: %s matches nothing",
				     ports->low ? "greater" : "less", ports->low, what);
		return policy_hint(p, err, "remove the line, or correct the number");
	}
	return 0;
}

int policy_parse_port_op(struct policy_parser *p, struct policy_port_protos protos,
			 const char *what, struct policy_ports *out)
{
	const struct policy_token *op = policy_next(p);
	struct policy_ports ports = {.op = port_op_of(op)};
	int err = parse_low(p, protos, &ports);

	if (!err && ports.op == POLICY_PORT_RANGE)
		err = parse_high(p, protos, &ports);
	if (!err)
		err = check_ports(p, op, what, &ports);
	if (!err)
		*out = ports;
	return err;
}

/* ---- service objects and members ------------------------------------------ */

static struct policy_port_protos protos_of(const struct policy_service_term *term)
{
	return (struct policy_port_protos){
		.tcp = term->tcp_udp || (!term->any_proto && term->proto == IPPROTO_TCP),
		.udp = term->tcp_udp || (!term->any_proto && term->proto == IPPROTO_UDP),
	};
}

/* What follows `source`, `destination` or nothing. */
static int parse_term_ports(struct policy_parser *p,
			    const struct policy_service_term *term,
			    struct policy_ports *out)
{
	static const char *const ops[] = {"eq", "neq", "lt", "gt", "range", NULL};
	struct policy_port_protos protos = protos_of(term);
	const struct policy_token *token = policy_peek(p);
	int err;

	if (!protos.tcp && !protos.udp) {
		err = policy_fail(p, &p->line.tokens[p->at - 1], E_PORT_PROTOCOL,
				  "only tcp and udp have ports");
		return policy_hint(p, err, "write tcp, udp or tcp-udp as the protocol");
	}
	if (!policy_is_port_operator(token))
		return policy_fail_expected(p, "an operator",
					    "write eq, neq, lt, gt or range", ops);
	return policy_parse_port_op(p, protos, "it", out);
}

int policy_parse_service_term(struct policy_parser *p, struct policy_service_term *out)
{
	struct policy_service_term term = {0};
	int err = 0;

	term.tcp_udp = policy_accept(p, "tcp-udp");
	if (term.tcp_udp)
		term.proto = IPPROTO_TCP;
	else
		err = policy_parse_protocol(p, &term.proto, &term.any_proto);
	if (!err && !term.any_proto &&
	    (term.proto == IPPROTO_ICMP || term.proto == IPPROTO_ICMPV6))
		err = policy_parse_icmp(p, term.proto, &term.icmp, &term.icmp_type,
					&term.icmp_code);
	if (!err && policy_accept(p, "source"))
		err = parse_term_ports(p, &term, &term.src_ports);
	if (!err &&
	    (policy_accept(p, "destination") || policy_is_port_operator(policy_peek(p))))
		err = parse_term_ports(p, &term, &term.dst_ports);
	if (!err)
		*out = term;
	return err;
}
