// SPDX-License-Identifier: GPL-2.0
/*
 * check_rule.c - what the names of an access-list line mean, and which family it is of.
 *
 * A packet has one family, so a line with an IPv4 and an IPv6 end would never
 * match: it is refused. `any` is of the family of the rest of the line; where
 * that is of neither, it means both families from ASA 9.0 on and IPv4 before.
 */
#include <errno.h>
#include <netinet/in.h>

#include "policy/lists.h"

static enum policy_family family_of_ip(policy_ip addr)
{
	return policy_ip_is_v4(addr) ? POLICY_FAMILY_V4 : POLICY_FAMILY_V6;
}

/* A group may hold both, and then has pairs of either. */
static enum policy_family group_family(const struct policy_parser *p, size_t index)
{
	const struct policy_group_state *state = &p->group_states.items[index];

	if (state->has_v4 == state->has_v6)
		return POLICY_FAMILY_BOTH;
	return state->has_v4 ? POLICY_FAMILY_V4 : POLICY_FAMILY_V6;
}

static enum policy_family addr_family(const struct policy_parser *p,
				      const struct policy_addr *addr)
{
	switch (addr->kind) {
	case POLICY_ADDR_ANY4:
	case POLICY_ADDR_IFACE:
		return POLICY_FAMILY_V4;
	case POLICY_ADDR_ANY6:
		return POLICY_FAMILY_V6;
	case POLICY_ADDR_NET:
		return family_of_ip(addr->addr);
	case POLICY_ADDR_OBJECT:
		return family_of_ip(p->policy->objects.items[addr->ref].addr);
	case POLICY_ADDR_GROUP:
		return group_family(p, addr->ref);
	case POLICY_ADDR_ANY:
		break;
	}
	return POLICY_FAMILY_BOTH;
}

static bool is_mixed(const struct policy_parser *p, const struct policy_addr *addr)
{
	return addr->kind == POLICY_ADDR_GROUP &&
	       p->group_states.items[addr->ref].has_v4 &&
	       p->group_states.items[addr->ref].has_v6;
}

/* The protocol of all packets that can match, if there is one. */
static int only_proto(const struct policy_parser *p, const struct policy_rule *rule)
{
	const struct policy_service_term *term;

	if (rule->proto_kind == POLICY_PROTO_ONE)
		return rule->any_proto ? -1 : rule->proto;
	if (rule->proto_kind == POLICY_PROTO_GROUP)
		return -1;
	term = &p->policy->objects.items[rule->proto_ref].service;
	return term->any_proto ? -1 : term->proto;
}

static enum policy_family proto_family(const struct policy_parser *p,
				       const struct policy_rule *rule)
{
	int proto = only_proto(p, rule);

	return proto == IPPROTO_ICMP	 ? POLICY_FAMILY_V4
	       : proto == IPPROTO_ICMPV6 ? POLICY_FAMILY_V6
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
	bool v6 = proto_family(p, rule) == POLICY_FAMILY_V6;
	int err = policy_fail_at(p, where, E_FAMILY, "%s is IPv%d's, this is not",
				 v6 ? "icmp6" : "icmp", v6 ? 6 : 4);

	return policy_hint(p, err, "write %s, or an IPv%d address", v6 ? "icmp" : "icmp6",
			   v6 ? 6 : 4);
}

static int fail_mixed(struct policy_parser *p, const struct policy_rule *rule)
{
	bool v6 = addr_family(p, &rule->dst) == POLICY_FAMILY_V6;
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

/* ---- names ---------------------------------------------------------------- */

static int resolve_end(struct policy_parser *p, struct policy_addr *addr,
		       const struct policy_where *where)
{
	const struct policy_object *object;
	int err;

	if (addr->kind == POLICY_ADDR_IFACE)
		return policy_resolve_ref(p, &p->rule_ifaces.items[addr->ref],
					  &addr->ref);
	if (addr->kind == POLICY_ADDR_GROUP)
		return p->group_states.items[addr->ref].refused ? -EINVAL : 0;
	if (addr->kind != POLICY_ADDR_OBJECT)
		return 0;
	err = policy_check_object_use(p, addr->ref, POLICY_OBJECT_NETWORK, where);
	if (err)
		return err;
	object = &p->policy->objects.items[addr->ref];
	if (object->value == POLICY_VALUE_NET) {
		addr->addr = object->addr;
		addr->mask = object->mask;
	}
	return 0;
}

static int fail_group_ports(struct policy_parser *p, const struct policy_rule *rule,
			    const struct policy_group *group, const char *proto)
{
	int err = policy_fail_at(p, &rule->where, E_GROUP_KIND,
				 "object-group '%s' is of %s ports, the line is not of "
				 "%s alone",
				 group->name, proto, proto);

	return policy_hint(p, err,
			   "write %s as the protocol, or declare the group with "
			   "'tcp-udp'",
			   proto);
}

/* A group of ports is of the protocol of the line, or of both. */
static int check_ports(struct policy_parser *p, const struct policy_rule *rule,
		       const struct policy_ports *ports)
{
	const struct policy_group *group;

	if (ports->op != POLICY_PORT_GROUP)
		return 0;
	group = &p->policy->groups.items[ports->group];
	if (p->group_states.items[ports->group].refused)
		return -EINVAL;
	if (group->tcp && group->udp)
		return 0;
	if (rule->proto_kind == POLICY_PROTO_ONE &&
	    rule->proto == (group->tcp ? IPPROTO_TCP : IPPROTO_UDP))
		return 0;
	return fail_group_ports(p, rule, group, group->tcp ? "tcp" : "udp");
}

static int check_protocols(struct policy_parser *p, const struct policy_rule *rule)
{
	const struct policy_group *group;
	int err;

	if (rule->proto_kind == POLICY_PROTO_OBJECT)
		return policy_check_object_use(p, rule->proto_ref, POLICY_OBJECT_SERVICE,
					       &rule->where);
	if (rule->proto_kind == POLICY_PROTO_ONE)
		return 0;
	group = &p->policy->groups.items[rule->proto_ref];
	if (p->group_states.items[rule->proto_ref].refused)
		return -EINVAL;
	if (group->kind != POLICY_GROUP_PROTOCOL ||
	    !p->group_states.items[rule->proto_ref].lacks_ports ||
	    (rule->src_ports.op == POLICY_PORT_ANY &&
	     rule->dst_ports.op == POLICY_PORT_ANY))
		return 0;
	err = policy_fail_at(p, &rule->where, E_PORT_PROTOCOL,
			     "the line has ports, and object-group '%s' holds protocols "
			     "without ports",
			     group->name);
	return policy_hint(p, err, "write a line of its own for tcp and udp");
}

static int resolve_names(struct policy_parser *p, struct policy_rule *rule)
{
	int err = resolve_end(p, &rule->src, &rule->src_where);
	int err_dst = resolve_end(p, &rule->dst, &rule->dst_where);

	if (err != -ENOMEM && err_dst)
		err = err_dst;
	if (!err)
		err = check_protocols(p, rule);
	if (!err)
		err = check_ports(p, rule, &rule->src_ports);
	if (!err)
		err = check_ports(p, rule, &rule->dst_ports);
	if (!err && rule->icmp == POLICY_ICMP_GROUP &&
	    p->group_states.items[rule->icmp_group].refused)
		err = -EINVAL;
	return err;
}

/* ---- the line ------------------------------------------------------------- */

static int check_rule(struct policy_parser *p, struct policy_rule *rule)
{
	bool any_is_both = p->policy->any_is_both;
	int err = resolve_names(p, rule);

	if (err)
		return err;
	rule->family = proto_family(p, rule);
	if (!narrow(&rule->family, addr_family(p, &rule->src)))
		return fail_proto_family(p, rule, &rule->src_where);
	if (!narrow(&rule->family, addr_family(p, &rule->dst)))
		return proto_family(p, rule) == POLICY_FAMILY_BOTH
			       ? fail_mixed(p, rule)
			       : fail_proto_family(p, rule, &rule->dst_where);
	if (rule->family == POLICY_FAMILY_BOTH && !any_is_both &&
	    !is_mixed(p, &rule->src) && !is_mixed(p, &rule->dst))
		rule->family = POLICY_FAMILY_V4;
	normalise(&rule->src, rule->family, any_is_both);
	normalise(&rule->dst, rule->family, any_is_both);
	return 0;
}

int policy_check_rules(struct policy_parser *p)
{
	int err = policy_order_lists(p);

	if (!err)
		err = policy_check_object_groups(p);
	for (size_t i = 0; !err && i < p->policy->lists.count; i++) {
		struct policy_list *list = &p->policy->lists.items[i];

		policy_own(p, POLICY_OWNER_LIST, i);
		for (size_t j = 0; j < list->rules.count; j++)
			if (!list->rules.items[j].remark &&
			    check_rule(p, &list->rules.items[j]) == -ENOMEM)
				err = -ENOMEM;
	}
	policy_own(p, POLICY_OWNER_NONE, 0);
	return err;
}
