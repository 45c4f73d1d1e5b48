// SPDX-License-Identifier: GPL-2.0
/*
 * access_list.c - access-list.
 *
 *   access-list NAME [extended] permit|deny PROTO SRC [PORTS] DST [PORTS|ICMP]
 *   access-list NAME remark TEXT
 *
 * A refused line still declares its list: what binds the list is not wrong.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/names.h"
#include "policy/parser.h"

#define WHAT_LIST     "the name of an access list"
#define HINT_COMPILED "remove the line: lists are always compiled"
#define HINT_PROTOCOL "write ip, tcp, udp, icmp or a number from 0 to 255"

int policy_list_get(struct policy_parser *p, const struct policy_token *token,
		    struct policy_list **out)
{
	const size_t *found = strmap_find(&p->list_by_name, token->text, token->len);
	struct policy_list *list;

	if (found) {
		*out = &p->policy->lists.items[*found];
		return 0;
	}
	if (strmap_put(&p->list_by_name, token->text, token->len, p->policy->lists.count))
		return -ENOMEM;
	list = vec_push(&p->policy->lists);
	if (!list)
		return -ENOMEM;
	memcpy(list->name, token->text, token->len);
	list->where = policy_where(p, token);
	*out = list;
	return 0;
}

int policy_refuse_list_name(struct policy_parser *p, const struct policy_token *token)
{
	struct policy_list *list;

	if (token->len >= POLICY_LIST_NAME_SIZE)
		return 0;
	return policy_list_get(p, token, &list);
}

/* ---- protocol ---------------------------------------------------------- */

static int parse_protocol(struct policy_parser *p, struct policy_rule *rule)
{
	const struct policy_token *token = policy_peek(p);
	const char *nearest;
	unsigned long number;
	int named, err;

	if (!token->len)
		return policy_fail_expected(p, "a protocol", HINT_PROTOCOL, NULL);
	if (policy_token_is(token, "object-group") || policy_token_is(token, "object"))
		return policy_fail_unsupported(p, token,
					       "write one line for each protocol");
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
	rule->proto = (uint8_t)named;
	rule->any_proto = !named; /* PIX: protocol 0 is `ip` */
	policy_next(p);
	return 0;
}

/* ---- addresses --------------------------------------------------------- */

static const char *const address_words[] = {"any", "any4", "host", NULL};

static int parse_network(struct policy_parser *p, struct policy_addr *out)
{
	const struct policy_token *token = policy_peek(p);
	const struct policy_token *mask;
	int err = policy_parse_address(p, "an address", &out->addr);

	if (err)
		return err;
	mask = policy_peek(p);
	err = policy_parse_netmask(p, &out->mask);
	if (err == -EINVAL && (policy_ends_rule(mask) || policy_is_port_operator(mask)) &&
	    !memchr(mask->text, '.', mask->len))
		return policy_hint(p, err,
				   "write its netmask, or 'host %s' for the one host",
				   policy_quad(out->addr).text);
	if (!err)
		err = policy_check_host_bits(p, token, out->addr, out->mask);
	if (!err)
		out->kind = POLICY_ADDR_NET;
	return err;
}

/* `host` has been consumed. */
static int parse_host(struct policy_parser *p, struct policy_addr *out)
{
	const struct policy_token *token = policy_peek(p);
	int err = policy_parse_address(p, "a host address", &out->addr);

	if (err == -EINVAL && !token->len)
		return policy_hint(p, err,
				   "write the address after 'host', as in host 10.0.0.1");
	if (err == -EINVAL &&
	    (policy_token_is(token, "any") || policy_token_is(token, "any4")))
		return policy_hint(p, err, "write '%.*s' without 'host'",
				   POLICY_WORD(token));
	out->kind = POLICY_ADDR_NET;
	out->mask = UINT32_MAX;
	return err;
}

/* A list of values where @what belongs. @of: as in "port" */
static int fail_comma(struct policy_parser *p, const char *what, const char *of)
{
	int err = policy_fail(p, policy_peek(p), E_EXPECTED, "',' is not %s", what);

	return policy_hint(p, err, "write one line for each %s", of);
}

/* @what: "a source" or "a destination"; @before: what stands before it */
static int parse_rule_address(struct policy_parser *p, const char *what,
			      const char *before, struct policy_addr *out)
{
	const struct policy_token *token = policy_peek(p);

	*out = (struct policy_addr){.kind = POLICY_ADDR_ANY};
	if (policy_accept(p, "any"))
		return 0;
	if (policy_accept(p, "any4")) {
		out->kind = POLICY_ADDR_ANY4;
		return 0;
	}
	if (policy_accept(p, "host"))
		return parse_host(p, out);
	if (policy_token_is(token, ","))
		return fail_comma(p, what, before);
	if (policy_token_is(token, "any6"))
		return policy_fail_unsupported(p, token,
					       "IPv6 lists come later; remove the line");
	if (policy_token_is(token, "object-group") || policy_token_is(token, "object"))
		return policy_fail_unsupported(p, token,
					       "write one line for each address");
	if (policy_token_is(token, "interface"))
		return policy_fail_unsupported(p, token, "write 'host' and the address");
	if (!token->len || ((token->text[0] < '0' || token->text[0] > '9') &&
			    !memchr(token->text, ':', token->len)))
		return policy_fail_expected(
			p, what, "write 'any', 'host ADDRESS' or 'ADDRESS NETMASK'",
			address_words);
	return parse_network(p, out);
}

/* ---- ICMP -------------------------------------------------------------- */

/* [TYPE [CODE]], the type by name or number */
static int parse_icmp(struct policy_parser *p, struct policy_rule *rule)
{
	const struct policy_token *token = policy_peek(p);
	const char *nearest;
	unsigned long number;
	int type, code = -1, err;

	if (policy_ends_rule(token))
		return 0;
	type = policy_icmp_by_name(token->text, token->len, &code);
	if (type < 0 && policy_number_from(token->text, token->len, 255, &number))
		type = (int)number;
	if (type < 0) {
		err = policy_fail(p, token, E_ICMP_TYPE, "'%.*s' is not an ICMP type",
				  POLICY_WORD(token));
		nearest = policy_nearest_icmp(token->text, token->len);
		if (nearest)
			return policy_hint(p, err, "did you mean '%s'?", nearest);
		return policy_hint(p, err,
				   "write a name such as echo, or a number from 0 to "
				   "255");
	}
	policy_next(p);
	rule->icmp = POLICY_ICMP_TYPE;
	rule->icmp_type = (uint8_t)type;
	token = policy_peek(p);
	if (code < 0 && token->len && token->text[0] >= '0' && token->text[0] <= '9') {
		err = policy_parse_number(p, 255, "an ICMP code", &number);
		if (err)
			return err;
		code = (int)number;
	}
	if (code >= 0) {
		rule->icmp = POLICY_ICMP_TYPE_CODE;
		rule->icmp_code = (uint8_t)code;
	}
	return 0;
}

/* ---- the line ---------------------------------------------------------- */

static int parse_destination(struct policy_parser *p, struct policy_rule *rule)
{
	const struct policy_token *first = policy_peek(p);
	const struct policy_token *last;
	int err = parse_rule_address(
		p, "a destination",
		rule->src_ports.op == POLICY_PORT_ANY ? "address" : "port", &rule->dst);

	if (err)
		return err;
	last = &p->line.tokens[p->at - 1];
	rule->dst_where = policy_where(p, first);
	rule->dst_where.width = last->column + (unsigned int)last->len - first->column;
	return 0;
}

static int parse_rule(struct policy_parser *p, struct policy_rule *rule)
{
	int err = parse_protocol(p, rule);

	if (!err)
		err = parse_rule_address(p, "a source", "protocol", &rule->src);
	if (!err)
		err = policy_parse_rule_ports(p, rule, &rule->src_ports);
	if (!err)
		err = parse_destination(p, rule);
	if (!err)
		err = policy_parse_rule_ports(p, rule, &rule->dst_ports);
	if (!err && !rule->any_proto && rule->proto == IPPROTO_ICMP)
		err = parse_icmp(p, rule);
	if (!err)
		err = policy_expect_rule_end(p, rule);
	return err;
}

static int parse_remark(struct policy_parser *p, struct policy_rule *rule)
{
	const struct policy_token *first = policy_peek(p);
	size_t len = p->line.len - (size_t)(first->text - p->line.text);

	rule->remark = malloc(len + 1);
	if (!rule->remark)
		return -ENOMEM;
	memcpy(rule->remark, first->text, len);
	rule->remark[len] = '\0';
	text_sanitize(rule->remark, len);
	return 0;
}

static int parse_action(struct policy_parser *p, struct policy_rule *rule)
{
	static const char *const actions[] = {"permit", "deny", "remark", "extended",
					      NULL};
	static const char *const refused[] = {"line", "standard", "ethertype", "webtype",
					      NULL};
	const struct policy_token *token;

	(void)policy_accept(p, "extended");
	token = policy_peek(p);
	rule->where = policy_where(p, token);
	if (policy_accept(p, "remark"))
		return parse_remark(p, rule);
	rule->permit = policy_token_is(token, "permit");
	if (policy_accept(p, "permit") || policy_accept(p, "deny"))
		return parse_rule(p, rule);
	if (policy_token_is(token, "compiled"))
		return policy_fail_unsupported(p, token, HINT_COMPILED);
	for (size_t i = 0; refused[i]; i++)
		if (policy_token_is(token, refused[i]))
			return policy_fail_unsupported(p, token,
						       "write 'access-list NAME "
						       "permit|deny ...'; lines keep "
						       "their order");
	return policy_fail_expected(p, "an action", "write 'permit', 'deny' or 'remark'",
				    actions);
}

int policy_stmt_access_list(struct policy_parser *p)
{
	struct policy_rule rule = {0};
	const struct policy_token *name;
	struct policy_rule *kept;
	struct policy_list *list;
	int err;

	err = policy_parse_name(p, POLICY_LIST_NAME_SIZE, WHAT_LIST, &name);
	if (err)
		return err;
	if (policy_token_is(name, "compiled") && !policy_peek(p)->len)
		return policy_fail_unsupported(p, name, HINT_COMPILED);
	err = parse_action(p, &rule);
	if (err)
		return policy_refuse_list_name(p, name) ? -ENOMEM : err;
	err = policy_list_get(p, name, &list);
	kept = err ? NULL : vec_push(&list->rules);
	if (!kept) {
		free(rule.remark);
		return -ENOMEM;
	}
	*kept = rule;
	list->n_deciding += !rule.remark;
	return 0;
}
