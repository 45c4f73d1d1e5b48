// SPDX-License-Identifier: GPL-2.0
/*
 * access_list.c - access-list.
 *
 *   access-list NAME [extended] permit|deny PROTO SRC [PORTS] DST [PORTS|ICMP]
 *		      [OPTIONS]
 *   access-list NAME remark TEXT
 *
 *   ipv6 access-list NAME permit|deny ...	(ASA 8: every `any` is IPv6)
 *
 * There is one namespace of lists, and any list may hold both families. A
 * refused line still declares its list: what binds the list is not wrong.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/names.h"
#include "policy/parser.h"

#define WHAT_LIST     "the name of an access list"
#define HINT_COMPILED "remove the line: lists are always compiled"
#define HINT_PROTOCOL "write ip, tcp, udp, icmp, icmp6 or a number from 0 to 255"

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
	list->ipv6_form = p->ipv6_form;
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

/* ---- ICMP -------------------------------------------------------------- */

static bool is_icmp(const struct policy_rule *rule)
{
	return !rule->any_proto &&
	       (rule->proto == IPPROTO_ICMP || rule->proto == IPPROTO_ICMPV6);
}

static int fail_icmp_type(struct policy_parser *p, const struct policy_rule *rule)
{
	const struct policy_token *token = policy_peek(p);
	const char *nearest = policy_nearest_icmp(token->text, token->len, rule->proto);
	bool v6 = rule->proto == IPPROTO_ICMPV6;
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

/* [TYPE [CODE]], the type by name or number */
static int parse_icmp(struct policy_parser *p, struct policy_rule *rule)
{
	const struct policy_token *token = policy_peek(p);
	unsigned long number;
	int type, code = -1, err;

	if (policy_ends_rule(token))
		return 0;
	type = policy_icmp_by_name(token->text, token->len, rule->proto, &code);
	if (type < 0 && policy_number_from(token->text, token->len, 255, &number))
		type = (int)number;
	if (type < 0)
		return fail_icmp_type(p, rule);
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

static int parse_rule(struct policy_parser *p, struct policy_rule *rule)
{
	int err = parse_protocol(p, rule);

	if (!err)
		err = policy_parse_rule_address(p, "a source", "protocol", &rule->src,
						&rule->src_where);
	if (!err)
		err = policy_parse_rule_ports(p, rule, &rule->src_ports);
	if (!err)
		err = policy_parse_rule_address(
			p, "a destination",
			rule->src_ports.op == POLICY_PORT_ANY ? "address" : "port",
			&rule->dst, &rule->dst_where);
	if (!err)
		err = policy_parse_rule_ports(p, rule, &rule->dst_ports);
	if (!err && is_icmp(rule))
		err = parse_icmp(p, rule);
	if (!err)
		err = policy_parse_rule_options(p, rule);
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

	if (!p->ipv6_form)
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
	list->n_active += policy_rule_is_active(&rule);
	list->n_flags += policy_rule_is_active(&rule) &&
			 policy_has_tcp_flags(&rule.tcp_flags);
	list->n_fragments += policy_rule_is_active(&rule) && rule.fragments;
	return 0;
}
