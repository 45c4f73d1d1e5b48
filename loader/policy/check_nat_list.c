// SPDX-License-Identifier: GPL-2.0
/*
 * check_nat_list.c - translations whose access list says who is translated, and to whom
 * it holds.
 *
 * The source of a line is the real end, its destination the peer. An exemption takes
 * whole addresses. Of a static, all lines have one source, as large as what it is
 * mapped to: an address is mapped one to one.
 */
#include <errno.h>
#include <netinet/in.h>

#include "policy/nat_map.h"
#include "policy/parser.h"

static int fail_line(struct policy_parser *p, const struct policy_nat *nat,
		     const struct policy_where *where, const char *what, const char *hint)
{
	int err = policy_fail_at(p, where, E_NAT_LIST,
				 "this line cannot be used by the translation in line "
				 "%u: %s",
				 nat->where.line, what);

	return policy_hint(p, err, "%s", hint);
}

/* The one network that an end of a line is. Return: false if it is none. */
static bool one_network(const struct policy_addr *addr)
{
	return (addr->kind == POLICY_ADDR_NET && !policy_mask_holes(addr->mask)) ||
	       (addr->kind == POLICY_ADDR_OBJECT && addr->mask);
}

static int check_exemption(struct policy_parser *p, const struct policy_nat *nat,
			   const struct policy_rule *rule)
{
	if (rule->proto_kind == POLICY_PROTO_ONE && rule->any_proto)
		return 0;
	return fail_line(p, nat, &rule->where, "an exemption is about whole addresses",
			 "write 'permit ip'");
}

/* static ... tcp MAPPED PORT access-list LIST: the real port is the source's. */
static int check_port(struct policy_parser *p, const struct policy_nat *nat,
		      const struct policy_rule *rule)
{
	if (rule->proto_kind == POLICY_PROTO_ONE && !rule->any_proto &&
	    rule->proto == nat->proto && rule->src_ports.op == POLICY_PORT_EQ)
		return 0;
	return fail_line(p, nat, &rule->where, "its source is not one port",
			 nat->proto == IPPROTO_TCP
				 ? "write 'permit tcp REAL eq PORT' and the peers"
				 : "write 'permit udp REAL eq PORT' and the peers");
}

static int check_source(struct policy_parser *p, const struct policy_nat *nat,
			const struct policy_rule *rule, const struct policy_rule *first)
{
	policy_ip mapped = nat->mapped.addr;

	if (!one_network(&rule->src))
		return fail_line(p, nat, &rule->src_where, "its source is not a network",
				 "write 'host ADDRESS' or 'ADDRESS NETMASK'");
	if (rule->src.addr != first->src.addr || rule->src.mask != first->src.mask)
		return fail_line(p, nat, &rule->src_where,
				 "it has another source than the lines before it",
				 "write a list and a static for each source");
	if ((nat->mapped.kind == POLICY_ADDR_IFACE || nat->proto) &&
	    rule->src.mask != POLICY_IP_ONES)
		return fail_line(p, nat, &rule->src_where,
				 "a network cannot be mapped to one address",
				 "write 'host ADDRESS'");
	if (nat->mapped.kind == POLICY_ADDR_NET &&
	    policy_ip_is_v4(mapped) != policy_ip_is_v4(rule->src.addr))
		return fail_line(p, nat, &rule->src_where,
				 "it is not of the family of the mapped address",
				 "addresses are translated within a family");
	if (nat->mapped.kind == POLICY_ADDR_NET && (mapped & ~rule->src.mask))
		return fail_line(p, nat, &rule->src_where,
				 "the mapped address has bits outside of its mask",
				 "map a network to a network");
	if (!policy_is_host_address(rule->src.addr))
		return fail_line(p, nat, &rule->src_where,
				 "its source is nothing that a host can have",
				 "write addresses from 1.0.0.0 to 223.255.255.255");
	return 0;
}

static int check_rule(struct policy_parser *p, const struct policy_nat *nat,
		      const struct policy_rule *rule, const struct policy_rule *first)
{
	int err;

	if (!rule->permit)
		return fail_line(p, nat, &rule->where, "it denies",
				 "write what is translated, and nothing else");
	if (rule->fragments || policy_has_tcp_flags(&rule->tcp_flags))
		return fail_line(p, nat, &rule->where, "it is about parts of packets",
				 "leave the options out");
	if (nat->dynamic)
		return 0;
	if (nat->section == POLICY_NAT_EXEMPT)
		return check_exemption(p, nat, rule);
	err = nat->proto ? check_port(p, nat, rule) : 0;
	return err ? err : check_source(p, nat, rule, first);
}

/* A list that does not know of sources. */
static int fail_kind(struct policy_parser *p, const struct policy_nat *nat,
		     const struct policy_list *list)
{
	int err = policy_fail_at(p, &nat->where, E_NAT_LIST,
				 "access list '%s' is not extended: it cannot say who is "
				 "translated",
				 list->name);

	return policy_hint(p, err, "write 'access-list %s extended permit ip REAL PEER'",
			   list->name);
}

int policy_check_nat_list(struct policy_parser *p, const struct policy_nat *nat)
{
	struct policy_list *list = &p->policy->lists.items[nat->list];
	const struct policy_rule *first = NULL;

	list->translates = true;
	if (list->kind != POLICY_LIST_EXTENDED)
		return fail_kind(p, nat, list);
	for (size_t i = 0; i < list->rules.count; i++) {
		const struct policy_rule *rule = &list->rules.items[i];
		int err;

		if (!policy_rule_is_active(rule))
			continue;
		first = first ? first : rule;
		err = check_rule(p, nat, rule, first);
		if (err)
			return err;
	}
	return 0;
}
