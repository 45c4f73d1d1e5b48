// SPDX-License-Identifier: GPL-2.0
/*
 * rule_ports.c - the ports of an access-list line:
 *
 *   [eq|neq|lt|gt PORT | range LOW HIGH | object-group PORTS]
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "policy/lists.h"
#include "policy/names.h"

/* Whose ports they are; none of both: the line has no ports. */
static struct policy_port_protos protos_of(const struct policy_rule *rule)
{
	bool group = rule->proto_kind == POLICY_PROTO_GROUP;
	bool one = rule->proto_kind == POLICY_PROTO_ONE && !rule->any_proto;

	return (struct policy_port_protos){
		.tcp = group || (one && rule->proto == IPPROTO_TCP),
		.udp = group || (one && rule->proto == IPPROTO_UDP),
	};
}

bool policy_has_ports(const struct policy_rule *rule)
{
	struct policy_port_protos protos = protos_of(rule);

	return protos.tcp || protos.udp;
}

static int fail_protocol(struct policy_parser *p, const struct policy_rule *rule)
{
	int err;

	if (rule->proto_kind == POLICY_PROTO_OBJECT) {
		err = policy_fail(p, policy_peek(p), E_PORT_PROTOCOL,
				  "the object in place of the protocol has its own "
				  "ports");
		return policy_hint(p, err, "write the ports into the object");
	}
	err = policy_fail(
		p, policy_peek(p), E_PORT_PROTOCOL, "only tcp and udp have ports, not %s",
		rule->any_proto			    ? "ip"
		: policy_protocol_name(rule->proto) ? policy_protocol_name(rule->proto)
						    : "this protocol");
	return policy_hint(p, err, "write tcp or udp as the protocol");
}

/* A service group in place of the protocol says all about ports. */
static int check_protocol_group(struct policy_parser *p, const struct policy_rule *rule)
{
	const struct policy_group *group;
	int err;

	if (rule->proto_kind != POLICY_PROTO_GROUP)
		return 0;
	group = &p->policy->groups.items[rule->proto_ref];
	if (group->kind == POLICY_GROUP_PROTOCOL)
		return 0;
	err = policy_fail(p, policy_peek(p), E_PORT_PROTOCOL,
			  "object-group '%s' in place of the protocol has its own ports",
			  group->name);
	return policy_hint(p, err, "write the ports into the group");
}

/* object-group NAME, unless it is an address that follows */
static int parse_group(struct policy_parser *p, const struct policy_rule *rule,
		       bool after_destination, struct policy_ports *out)
{
	size_t index;
	int err;

	if (!after_destination &&
	    (!policy_peek_group(p, &index) ||
	     p->policy->groups.items[index].kind == POLICY_GROUP_NETWORK))
		return 0;
	if (!policy_has_ports(rule))
		return fail_protocol(p, rule);
	err = check_protocol_group(p, rule);
	if (!err)
		err = policy_parse_group_ref(p, POLICY_KIND(POLICY_GROUP_PORTS), "ports",
					     &out->group);
	if (!err)
		out->op = POLICY_PORT_GROUP;
	return err;
}

int policy_parse_rule_ports(struct policy_parser *p, const struct policy_rule *rule,
			    bool after_destination, struct policy_ports *out)
{
	int err;

	if (policy_token_is(policy_peek(p), "object-group"))
		return parse_group(p, rule, after_destination, out);
	if (!policy_is_port_operator(policy_peek(p)))
		return 0;
	if (!policy_has_ports(rule))
		return fail_protocol(p, rule);
	err = check_protocol_group(p, rule);
	return err ? err : policy_parse_port_op(p, protos_of(rule), "the line", out);
}
