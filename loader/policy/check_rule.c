// SPDX-License-Identifier: GPL-2.0
/*
 * check_rule.c - which family an access-list line is of.
 *
 * A packet has one family, so a line with an IPv4 and an IPv6 end would never
 * match: it is refused. `any` is of the family of the rest of the line; where
 * that is of neither, it means both families from ASA 9.0 on and IPv4 before.
 */
#include <errno.h>
#include <netinet/in.h>

#include "policy/parser.h"

static enum policy_family addr_family(const struct policy_addr *addr)
{
	switch (addr->kind) {
	case POLICY_ADDR_ANY4:
		return POLICY_FAMILY_V4;
	case POLICY_ADDR_ANY6:
		return POLICY_FAMILY_V6;
	case POLICY_ADDR_NET:
	case POLICY_ADDR_OBJECT:
		return policy_ip_is_v4(addr->addr) ? POLICY_FAMILY_V4 : POLICY_FAMILY_V6;
	case POLICY_ADDR_ANY:
	case POLICY_ADDR_GROUP:
	case POLICY_ADDR_IFACE:
		break;
	}
	return POLICY_FAMILY_BOTH;
}

static enum policy_family proto_family(const struct policy_rule *rule)
{
	if (rule->any_proto)
		return POLICY_FAMILY_BOTH;
	return rule->proto == IPPROTO_ICMP     ? POLICY_FAMILY_V4
	       : rule->proto == IPPROTO_ICMPV6 ? POLICY_FAMILY_V6
					       : POLICY_FAMILY_BOTH;
}

/* What both leave over. Return: false if that is nothing. */
static bool narrow(enum policy_family *family, enum policy_family with)
{
	if (*family == POLICY_FAMILY_BOTH)
		*family = with;
	return with == POLICY_FAMILY_BOTH || with == *family;
}

static int fail_proto_family(struct policy_parser *p, const struct policy_rule *rule,
			     const struct policy_where *where)
{
	bool v6 = rule->proto == IPPROTO_ICMPV6;
	int err = policy_fail_at(p, where, E_FAMILY, "%s is IPv%d's, this is not",
				 v6 ? "icmp6" : "icmp", v6 ? 6 : 4);

	return policy_hint(p, err, "write %s, or an IPv%d address", v6 ? "icmp" : "icmp6",
			   v6 ? 6 : 4);
}

static int fail_mixed(struct policy_parser *p, const struct policy_rule *rule)
{
	bool v6 = addr_family(&rule->dst) == POLICY_FAMILY_V6;
	int err = policy_fail_at(p, &rule->dst_where, E_FAMILY,
				 "the destination is of IPv%d, the source of IPv%d",
				 v6 ? 6 : 4, v6 ? 4 : 6);

	return policy_hint(p, err, "write one line for each family");
}

/* One spelling for everything, whatever was written. */
static void normalise(struct policy_addr *addr, enum policy_family family,
		      bool any_is_both)
{
	if (addr->kind == POLICY_ADDR_NET) {
		if (!addr->mask)
			addr->kind = POLICY_ADDR_ANY6;
		else if (policy_ip_is_v4(addr->addr) &&
			 addr->mask == policy_mask_from_v4(0))
			addr->kind = any_is_both ? POLICY_ADDR_ANY4 : POLICY_ADDR_ANY;
	}
	if (addr->kind == POLICY_ADDR_ANY && family == POLICY_FAMILY_V6 && !any_is_both)
		addr->kind = POLICY_ADDR_ANY6;
	if (addr->kind != POLICY_ADDR_NET && addr->kind != POLICY_ADDR_OBJECT)
		addr->addr = addr->mask = 0;
}

static int resolve_end(struct policy_parser *p, struct policy_addr *addr,
		       const struct policy_where *where)
{
	if (addr->kind != POLICY_ADDR_OBJECT)
		return 0;
	return policy_resolve_object(p, addr->ref, where, &addr->addr, &addr->mask);
}

static int check_rule(struct policy_parser *p, struct policy_rule *rule)
{
	bool any_is_both = p->policy->any_is_both;
	int err = resolve_end(p, &rule->src, &rule->src_where);

	if (!err)
		err = resolve_end(p, &rule->dst, &rule->dst_where);
	if (err)
		return err;
	rule->family = proto_family(rule);
	if (!narrow(&rule->family, addr_family(&rule->src)))
		return fail_proto_family(p, rule, &rule->src_where);
	if (!narrow(&rule->family, addr_family(&rule->dst)))
		return proto_family(rule) == POLICY_FAMILY_BOTH
			       ? fail_mixed(p, rule)
			       : fail_proto_family(p, rule, &rule->dst_where);
	if (rule->family == POLICY_FAMILY_BOTH && !any_is_both)
		rule->family = POLICY_FAMILY_V4;
	normalise(&rule->src, rule->family, any_is_both);
	normalise(&rule->dst, rule->family, any_is_both);
	return 0;
}

int policy_check_rules(struct policy_parser *p)
{
	for (size_t i = 0; i < p->policy->lists.count; i++) {
		struct policy_list *list = &p->policy->lists.items[i];

		for (size_t j = 0; j < list->rules.count; j++)
			if (!list->rules.items[j].remark &&
			    check_rule(p, &list->rules.items[j]) == -ENOMEM)
				return -ENOMEM;
	}
	return 0;
}
