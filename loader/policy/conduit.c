// SPDX-License-Identifier: GPL-2.0
/*
 * conduit.c - `conduit`, PIX's way to let connections in before there were access lists.
 *
 *   conduit permit|deny PROTO GLOBAL [PORTS] FOREIGN [PORTS]
 *   conduit permit|deny icmp GLOBAL FOREIGN [TYPE]
 *
 * GLOBAL is the destination, as it is mapped; FOREIGN the source. All conduits make one
 * list, which is asked where no list is bound and the security levels deny.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/names.h"
#include "policy/parser.h"

/* No name of a list has parentheses. */
static const char list_name[] = "(conduit)";

static const char hint_protocol[] = "write ip, tcp, udp, icmp or a number from 0 to 255";

static int get_list(struct policy_parser *p, struct policy_list **out)
{
	struct policy_list *list;

	if (!p->policy->has_conduit) {
		list = vec_push(&p->policy->lists);
		if (!list)
			return -ENOMEM;
		memcpy(list->name, list_name, sizeof(list_name));
		list->where = policy_where(p, &p->line.tokens[0]);
		list->bound = true;
		list->generated = true;
		p->policy->has_conduit = true;
		p->policy->conduit = p->policy->lists.count - 1;
	}
	*out = &p->policy->lists.items[p->policy->conduit];
	return 0;
}

static int parse_protocol(struct policy_parser *p, struct policy_rule *rule)
{
	const struct policy_token *token = policy_peek(p);
	unsigned long number;
	int named = token->len ? policy_protocol_by_name(token->text, token->len) : -1;

	if (named < 0 && token->len &&
	    policy_number_from(token->text, token->len, UINT8_MAX, &number))
		named = (int)number;
	if (named < 0)
		return policy_fail_expected(p, "a protocol", hint_protocol, NULL);
	rule->proto = (uint8_t)named;
	rule->any_proto = !named;
	policy_next(p);
	return 0;
}

/* [TYPE], by name or number */
static int parse_icmp(struct policy_parser *p, struct policy_rule *rule)
{
	const struct policy_token *token = policy_peek(p);
	unsigned long number;
	int type, code = -1;

	if (!token->len)
		return 0;
	type = policy_icmp_by_name(token->text, token->len, IPPROTO_ICMP, &code);
	if (type < 0 && policy_number_from(token->text, token->len, UINT8_MAX, &number))
		type = (int)number;
	if (type < 0)
		return policy_fail_expected(p, "an ICMP type",
					    "write a name such as echo, or a number",
					    NULL);
	policy_next(p);
	rule->icmp = POLICY_ICMP_TYPE;
	rule->icmp_type = (uint8_t)type;
	if (code >= 0) {
		rule->icmp = POLICY_ICMP_TYPE_CODE;
		rule->icmp_code = (uint8_t)code;
	}
	return 0;
}

static int parse_rule(struct policy_parser *p, struct policy_rule *rule)
{
	static const char *const actions[] = {"permit", "deny", NULL};
	int err;

	rule->where = policy_where(p, policy_peek(p));
	rule->permit = policy_token_is(policy_peek(p), "permit");
	if (!policy_accept(p, "permit") && !policy_accept(p, "deny"))
		return policy_fail_expected(p, "an action", "write 'permit' or 'deny'",
					    actions);
	err = parse_protocol(p, rule);
	if (!err)
		err = policy_parse_rule_address(p, "a global address", "protocol",
						&rule->dst, &rule->dst_where);
	if (!err)
		err = policy_parse_rule_ports(p, rule, false, &rule->dst_ports);
	if (!err)
		err = policy_parse_rule_address(p, "a foreign address", "address",
						&rule->src, &rule->src_where);
	if (!err)
		err = policy_parse_rule_ports(p, rule, true, &rule->src_ports);
	if (!err && !rule->any_proto && rule->proto == IPPROTO_ICMP)
		err = parse_icmp(p, rule);
	return err ? err : policy_expect_end(p);
}

/* What its lines are shown as, once their names have been resolved. */
int policy_check_conduits(struct policy_parser *p)
{
	struct policy_list *list;

	if (!p->policy->has_conduit)
		return 0;
	list = &p->policy->lists.items[p->policy->conduit];
	for (size_t i = 0; i < list->rules.count; i++) {
		struct policy_rule *rule = &list->rules.items[i];

		if (!rule->text && policy_conduit_text(p->policy, rule, &rule->text))
			return -ENOMEM;
	}
	return 0;
}

int policy_stmt_conduit(struct policy_parser *p)
{
	struct policy_rule rule = {0};
	struct policy_rule *kept;
	struct policy_list *list;
	int err = parse_rule(p, &rule);

	if (!err)
		err = get_list(p, &list);
	if (err)
		return err;
	kept = vec_push(&list->rules);
	if (!kept)
		return -ENOMEM;
	*kept = rule;
	list->n_deciding++;
	list->n_active++;
	return 0;
}
