// SPDX-License-Identifier: GPL-2.0
/*
 * check_data_ports.c - ports that follow TLS sessions, and access lists that open
 * them to everybody all the same.
 *
 * Only lines that look as if made for data connections are told of: tcp from
 * anywhere, either to ports among them, or to all ports of one address. A line
 * for all traffic of a network (permit ip any any) is what inside lists begin
 * with, and says nothing about servers.
 */
#include <errno.h>
#include <netinet/in.h>

#include "policy/parser.h"

static bool has_source_any(const struct policy_rule *rule)
{
	return (rule->src.kind != POLICY_ADDR_NET &&
		rule->src.kind != POLICY_ADDR_OBJECT) ||
	       !rule->src.mask;
}

static bool names_port_among(const struct policy_ports *ports, uint16_t low,
			     uint16_t high)
{
	switch (ports->op) {
	case POLICY_PORT_EQ:
		return ports->low >= low && ports->low <= high;
	case POLICY_PORT_RANGE:
		return ports->low <= high && ports->high >= low;
	case POLICY_PORT_LT:
		return low < ports->low;
	case POLICY_PORT_GT:
		return high > ports->low;
	case POLICY_PORT_NEQ:
		return low != high || low != ports->low;
	case POLICY_PORT_GROUP:
	case POLICY_PORT_ANY:
		break;
	}
	return false;
}

static bool opens_to_all(const struct policy_rule *rule, uint16_t low, uint16_t high)
{
	if (!policy_rule_is_active(rule) || !rule->permit || rule->any_proto ||
	    rule->proto != IPPROTO_TCP || rule->fragments || !has_source_any(rule))
		return false;
	if (rule->dst_ports.op == POLICY_PORT_ANY)
		return rule->dst.kind == POLICY_ADDR_NET ||
		       rule->dst.kind == POLICY_ADDR_OBJECT;
	return names_port_among(&rule->dst_ports, low, high);
}

static int warn_open(struct policy_parser *p, const struct policy_rule *rule,
		     const struct policy_ftp_options *options)
{
	int err = policy_warn_at(
		p, &rule->where, W_DATA_PORTS_OPEN,
		"this line opens ports of data-ports %u to %u to "
		"everybody, with or without a TLS session as line %u asks",
		options->data_low, options->data_high, options->data_at.line);

	return policy_hint(p, err,
			   "remove the line, or leave these ports out of it: "
			   "inspection opens them to whoever has a session");
}

struct policy_data_ports policy_find_data_ports(const struct policy *policy)
{
	struct policy_data_ports found = {.count = 0};

	for (size_t i = 0;
	     i < policy->fixups.count && found.count < POLICY_MAX_DATA_PORTS; i++)
		if (policy->fixups.items[i].options.flags & FIXUP_F_DATA_PORTS)
			found.items[found.count++] = &policy->fixups.items[i].options;
	return found;
}

const struct policy_ftp_options *
policy_opened_data_ports(const struct policy_data_ports *ports,
			 const struct policy_rule *rule)
{
	for (size_t i = 0; i < ports->count; i++)
		if (opens_to_all(rule, ports->items[i]->data_low,
				 ports->items[i]->data_high))
			return ports->items[i];
	return NULL;
}

/* One remark per line, however many inspections it is about. */
static int warn_rule(struct policy_parser *p, const struct policy_rule *rule,
		     const struct policy_data_ports *ports)
{
	const struct policy_ftp_options *options = policy_opened_data_ports(ports, rule);

	return options ? warn_open(p, rule, options) : 0;
}

int policy_warn_data_ports(struct policy_parser *p)
{
	const struct policy_data_ports ports = policy_find_data_ports(p->policy);

	for (size_t i = 0; ports.count && i < p->policy->lists.count; i++) {
		const struct policy_list *list = &p->policy->lists.items[i];

		for (size_t j = 0; list->bound && j < list->rules.count; j++)
			if (warn_rule(p, &list->rules.items[j], &ports))
				return -ENOMEM;
	}
	return 0;
}
