// SPDX-License-Identifier: GPL-2.0
/*
 * dialect.c - which words mean what, where the same text has two meanings.
 *
 * The caller may say; else the Version line does; else the statements, for each way of
 * translating belongs to one of the dialects. Where nothing tells, it seldom matters:
 * only then is the user asked.
 */
#include <errno.h>
#include <netinet/in.h>

#include "policy/parser.h"

#define HINT_SAY                                                                       \
	"say --dialect asa9 if it does, --dialect asa83 if not, or write the Version " \
	"line"

static bool is_new(const struct policy_nat *nat)
{
	return nat->section >= POLICY_NAT_MANUAL;
}

/* What translates in the other dialect than the caller says. */
static int check_said(struct policy_parser *p, bool says_new)
{
	const struct policy_nat *other = NULL;
	int err;

	for (size_t i = 0; i < p->nats.count; i++) {
		const struct policy_nat *nat = &p->nats.items[i].parsed;

		if (is_new(nat) != says_new &&
		    (!other || nat->where.line < other->where.line))
			other = nat;
	}
	if (!other)
		return 0;
	err = policy_fail_at(p, &other->where, E_DIALECT,
			     says_new ? "this statement does not exist from ASA 8.3 on"
				      : "this statement does not exist before ASA 8.3");
	err = policy_hint(p, err, "check without --dialect, or with another one");
	return err == -ENOMEM ? err : 0;
}

int policy_settle_dialect(struct policy_parser *p)
{
	enum policy_dialect said = p->options.dialect;

	if (said == POLICY_DIALECT_AUTO)
		return 0;
	p->version_where.line = 0;
	p->policy->any_is_both = said == POLICY_DIALECT_ASA9;
	if (said == POLICY_DIALECT_PIX)
		p->policy->flags &= ~CONFIG_F_REAL_LISTS;
	else
		p->policy->flags |= CONFIG_F_REAL_LISTS;
	return check_said(p, said != POLICY_DIALECT_PIX);
}

/* A line of IPv4 and IPv6 from ASA 9 on, and of IPv4 alone before. */
static bool has_two_meanings(const struct policy_rule *rule)
{
	return policy_rule_is_active(rule) && rule->src.kind == POLICY_ADDR_ANY &&
	       rule->dst.kind == POLICY_ADDR_ANY && rule->proto != IPPROTO_ICMP &&
	       rule->proto != IPPROTO_ICMPV6;
}

static const struct policy_rule *find_two_meanings(const struct policy_list *list)
{
	for (size_t i = 0; i < list->rules.count; i++)
		if (has_two_meanings(&list->rules.items[i]))
			return &list->rules.items[i];
	return NULL;
}

/* The statements tell ASA 8.3 from what was before, but not ASA 9 from it. */
int policy_check_dialect(struct policy_parser *p)
{
	if (p->options.dialect != POLICY_DIALECT_AUTO || p->version.where.line ||
	    !(p->policy->flags & CONFIG_F_REAL_LISTS) || !p->policy->addresses6.count)
		return 0;
	for (size_t i = 0; i < p->policy->lists.count; i++) {
		const struct policy_list *list = &p->policy->lists.items[i];
		const struct policy_rule *rule = list->bound ? find_two_meanings(list)
							     : NULL;
		int err;

		if (!rule)
			continue;
		err = policy_fail_at(
			p, &rule->where, E_DIALECT,
			"the text does not say whether 'any' is of IPv6, too, "
			"as it is from ASA 9 on");
		err = policy_hint(p, err, HINT_SAY);
		return err == -ENOMEM ? err : 0;
	}
	return 0;
}
