// SPDX-License-Identifier: GPL-2.0
/*
 * reference.c - access lists, evaluated as they are written.
 *
 * Every rule here is one sentence of the language's documentation; nothing is
 * prepared, sorted, expanded or remembered.
 */
#include <netinet/in.h>

#include "tests/reference/reference.h"

/* ---- addresses ---- */

bool ref_object_holds(const struct policy_object *object, policy_ip ip)
{
	switch (object->value) {
	case POLICY_VALUE_NET:
		return (ip & object->mask) == (object->addr & object->mask);
	case POLICY_VALUE_RANGE:
		return policy_ip_is_v4(ip) == policy_ip_is_v4(object->addr) &&
		       ip >= object->addr && ip <= object->last;
	case POLICY_VALUE_NONE:
	case POLICY_VALUE_FQDN:
	case POLICY_VALUE_SERVICE:
		break;
	}
	return false;
}

bool ref_group_holds(const struct policy *policy, const struct policy_group *group,
		     policy_ip ip)
{
	for (size_t i = 0; i < group->members.count; i++) {
		const struct policy_member *member = &group->members.items[i];

		if (member->kind == POLICY_MEMBER_ADDR &&
		    ref_addr_holds(policy, &member->addr, ip))
			return true;
		if (member->kind == POLICY_MEMBER_GROUP &&
		    ref_group_holds(policy, &policy->groups.items[member->ref], ip))
			return true;
	}
	return false;
}

bool ref_addr_holds(const struct policy *policy, const struct policy_addr *addr,
		    policy_ip ip)
{
	const struct policy_iface *iface;

	switch (addr->kind) {
	case POLICY_ADDR_ANY:
		return true; /* families: family_holds() */
	case POLICY_ADDR_ANY4:
		return policy_ip_is_v4(ip);
	case POLICY_ADDR_ANY6:
		return !policy_ip_is_v4(ip);
	case POLICY_ADDR_NET:
		/* ::/0 is of IPv6, whatever IPv4 is kept as. */
		return policy_ip_is_v4(ip) == policy_ip_is_v4(addr->addr) &&
		       (ip & addr->mask) == addr->addr;
	case POLICY_ADDR_OBJECT:
		return ref_object_holds(&policy->objects.items[addr->ref], ip);
	case POLICY_ADDR_GROUP:
		return ref_group_holds(policy, &policy->groups.items[addr->ref], ip);
	case POLICY_ADDR_IFACE:
		iface = &policy->ifaces.items[addr->ref];
		return iface->has_address && ip == policy_ip_from_v4(iface->address);
	}
	return false;
}

/* ---- services ---- */

static bool is_tcp_or_udp(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

bool ref_port_is(const struct policy_ports *ports, uint16_t port)
{
	switch (ports->op) {
	case POLICY_PORT_EQ:
		return port == ports->low;
	case POLICY_PORT_NEQ:
		return port != ports->low;
	case POLICY_PORT_LT:
		return port < ports->low;
	case POLICY_PORT_GT:
		return port > ports->low;
	case POLICY_PORT_RANGE:
		return port >= ports->low && port <= ports->high;
	case POLICY_PORT_ANY:
	case POLICY_PORT_GROUP:
		break;
	}
	return true;
}

/* All ports: then a fragment without any may match. */
static bool is_every_port(const struct policy_ports *ports)
{
	return ports->op == POLICY_PORT_ANY || (ports->op == POLICY_PORT_RANGE &&
						!ports->low && ports->high == UINT16_MAX);
}

static bool port_holds(const struct policy *policy, const struct policy_ports *ports,
		       const struct ref_packet *packet, uint16_t port);

static bool port_group_holds(const struct policy *policy,
			     const struct policy_group *group,
			     const struct ref_packet *packet, uint16_t port)
{
	if (!(packet->proto == IPPROTO_TCP ? group->tcp : group->udp))
		return false;
	for (size_t i = 0; i < group->members.count; i++) {
		const struct policy_member *member = &group->members.items[i];

		if (member->kind == POLICY_MEMBER_SERVICE &&
		    port_holds(policy, &member->service.dst_ports, packet, port))
			return true;
		if (member->kind == POLICY_MEMBER_GROUP &&
		    port_group_holds(policy, &policy->groups.items[member->ref], packet,
				     port))
			return true;
	}
	return false;
}

static bool port_holds(const struct policy *policy, const struct policy_ports *ports,
		       const struct ref_packet *packet, uint16_t port)
{
	if (is_every_port(ports))
		return true;
	if (ports->op == POLICY_PORT_GROUP)
		return port_group_holds(policy, &policy->groups.items[ports->group],
					packet, port);
	if (packet->later_fragment)
		return false;
	return ref_port_is(ports, port);
}

/* Ports, of packets that may have them. */
static bool ports_hold(const struct policy *policy, const struct policy_ports *src,
		       const struct policy_ports *dst, const struct ref_packet *packet)
{
	if (src->op == POLICY_PORT_ANY && dst->op == POLICY_PORT_ANY)
		return true;
	return is_tcp_or_udp(packet->proto) &&
	       port_holds(policy, src, packet, packet->src_port) &&
	       port_holds(policy, dst, packet, packet->dst_port);
}

static bool icmp_holds(enum policy_icmp_match match, uint8_t type, uint8_t code,
		       const struct ref_packet *packet)
{
	switch (match) {
	case POLICY_ICMP_ANY:
		return true;
	case POLICY_ICMP_TYPE:
		return !packet->later_fragment && packet->icmp_type == type;
	case POLICY_ICMP_TYPE_CODE:
		return !packet->later_fragment && packet->icmp_type == type &&
		       packet->icmp_code == code;
	case POLICY_ICMP_GROUP:
		break; /* of lines alone: icmp_group_holds() */
	}
	return false;
}

static bool icmp_group_holds(const struct policy *policy,
			     const struct policy_group *group,
			     const struct ref_packet *packet)
{
	for (size_t i = 0; i < group->members.count; i++) {
		const struct policy_member *member = &group->members.items[i];
		const struct policy_service_term *term = &member->service;

		if (member->kind == POLICY_MEMBER_SERVICE &&
		    icmp_holds(term->icmp, term->icmp_type, term->icmp_code, packet))
			return true;
		if (member->kind == POLICY_MEMBER_GROUP &&
		    icmp_group_holds(policy, &policy->groups.items[member->ref], packet))
			return true;
	}
	return false;
}

/* ICMP is IPv4's and ICMPv6 is IPv6's: elsewhere their numbers mean neither. */
static bool proto_holds(uint8_t proto, const struct ref_packet *packet)
{
	if (proto == IPPROTO_ICMP && !ref_is_v4(packet))
		return false;
	if (proto == IPPROTO_ICMPV6 && ref_is_v4(packet))
		return false;
	return packet->proto == proto;
}

static bool term_proto_holds(const struct policy_service_term *term,
			     const struct ref_packet *packet)
{
	if (term->any_proto)
		return true;
	if (term->tcp_udp)
		return is_tcp_or_udp(packet->proto);
	return proto_holds(term->proto, packet);
}

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

bool ref_term_holds(const struct policy *policy, const struct policy_service_term *term,
		    const struct ref_packet *packet)
{
	if (!term_proto_holds(term, packet))
		return false;
	if (!term->any_proto && is_icmp(term->proto))
		return icmp_holds(term->icmp, term->icmp_type, term->icmp_code, packet);
	return ports_hold(policy, &term->src_ports, &term->dst_ports, packet);
}

/* A group of protocols, or of services. */
static bool service_group_holds(const struct policy *policy,
				const struct policy_group *group,
				const struct ref_packet *packet)
{
	for (size_t i = 0; i < group->members.count; i++) {
		const struct policy_member *member = &group->members.items[i];
		bool holds = false;

		switch (member->kind) {
		case POLICY_MEMBER_SERVICE:
			holds = ref_term_holds(policy, &member->service, packet);
			break;
		case POLICY_MEMBER_OBJECT:
			holds = ref_term_holds(
				policy, &policy->objects.items[member->ref].service,
				packet);
			break;
		case POLICY_MEMBER_GROUP:
			holds = service_group_holds(
				policy, &policy->groups.items[member->ref], packet);
			break;
		case POLICY_MEMBER_ADDR:
		case POLICY_MEMBER_REMARK:
			break;
		}
		if (holds)
			return true;
	}
	return false;
}

static bool rule_proto_holds(const struct policy *policy, const struct policy_rule *rule,
			     const struct ref_packet *packet)
{
	switch (rule->proto_kind) {
	case POLICY_PROTO_ONE:
		return rule->any_proto || proto_holds(rule->proto, packet);
	case POLICY_PROTO_OBJECT:
		return ref_term_holds(
			policy, &policy->objects.items[rule->proto_ref].service, packet);
	case POLICY_PROTO_GROUP:
		return service_group_holds(policy, &policy->groups.items[rule->proto_ref],
					   packet);
	}
	return false;
}

static bool rule_icmp_holds(const struct policy *policy, const struct policy_rule *rule,
			    const struct ref_packet *packet)
{
	if (rule->icmp == POLICY_ICMP_ANY)
		return true;
	if (!is_icmp(packet->proto))
		return false;
	if (rule->icmp == POLICY_ICMP_GROUP)
		return icmp_group_holds(policy, &policy->groups.items[rule->icmp_group],
					packet);
	return icmp_holds(rule->icmp, rule->icmp_type, rule->icmp_code, packet);
}

static bool flags_hold(const struct policy_tcp_flags *flags,
		       const struct ref_packet *packet)
{
	unsigned int met = (packet->tcp_flags & flags->set) |
			   (~packet->tcp_flags & flags->clear);

	if (!policy_has_tcp_flags(flags))
		return true;
	if (packet->proto != IPPROTO_TCP || packet->later_fragment)
		return false;
	return flags->any ? met != 0 : met == (unsigned int)(flags->set | flags->clear);
}

/* ---- lines ---- */

enum mentioned { NO_FAMILY, ONLY_V4 = 1, ONLY_V6 = 2, BOTH_FAMILIES = 3 };

static unsigned int group_families(const struct policy *policy,
				   const struct policy_group *group);

/* The families that an end of a line mentions; `any` mentions none. */
static unsigned int addr_families(const struct policy *policy,
				  const struct policy_addr *addr)
{
	switch (addr->kind) {
	case POLICY_ADDR_ANY:
		return NO_FAMILY;
	case POLICY_ADDR_ANY6:
		return ONLY_V6;
	case POLICY_ADDR_ANY4:
	case POLICY_ADDR_IFACE:
		return ONLY_V4;
	case POLICY_ADDR_NET:
		return policy_ip_is_v4(addr->addr) ? ONLY_V4 : ONLY_V6;
	case POLICY_ADDR_OBJECT:
		return policy_ip_is_v4(policy->objects.items[addr->ref].addr) ? ONLY_V4
									      : ONLY_V6;
	case POLICY_ADDR_GROUP:
		return group_families(policy, &policy->groups.items[addr->ref]);
	}
	return NO_FAMILY;
}

static unsigned int group_families(const struct policy *policy,
				   const struct policy_group *group)
{
	unsigned int families = NO_FAMILY;

	for (size_t i = 0; i < group->members.count; i++) {
		const struct policy_member *member = &group->members.items[i];

		if (member->kind == POLICY_MEMBER_ADDR)
			families |= addr_families(policy, &member->addr);
		else if (member->kind == POLICY_MEMBER_GROUP)
			families |= group_families(policy,
						   &policy->groups.items[member->ref]);
	}
	return families;
}

/*
 * From ASA 9 on `any` is of both families. Before, it is IPv4, and IPv6 where the other
 * end of the line is IPv6.
 */
static bool family_holds(const struct policy *policy, const struct policy_rule *rule,
			 const struct ref_packet *packet)
{
	unsigned int said = addr_families(policy, &rule->src) |
			    addr_families(policy, &rule->dst);

	if (policy->any_is_both || ref_is_v4(packet))
		return true;
	if (rule->src.kind != POLICY_ADDR_ANY && rule->dst.kind != POLICY_ADDR_ANY)
		return true;
	if (said == NO_FAMILY)
		return rule->proto_kind == POLICY_PROTO_ONE && !rule->any_proto &&
		       rule->proto == IPPROTO_ICMPV6;
	return said & ONLY_V6;
}

static bool rule_holds(const struct policy *policy, const struct policy_rule *rule,
		       const struct ref_packet *packet)
{
	if (rule->remark || rule->inactive)
		return false;
	if (rule->fragments && !packet->later_fragment)
		return false;
	return ref_addr_holds(policy, &rule->src, packet->src) &&
	       ref_addr_holds(policy, &rule->dst, packet->dst) &&
	       family_holds(policy, rule, packet) &&
	       rule_proto_holds(policy, rule, packet) &&
	       ports_hold(policy, &rule->src_ports, &rule->dst_ports, packet) &&
	       rule_icmp_holds(policy, rule, packet) &&
	       flags_hold(&rule->tcp_flags, packet);
}

struct ref_decision ref_decide(const struct policy *policy,
			       const struct policy_list *list,
			       const struct ref_packet *packet)
{
	for (size_t i = 0; i < list->rules.count; i++)
		if (rule_holds(policy, &list->rules.items[i], packet))
			return (struct ref_decision){i, list->rules.items[i].permit};
	return (struct ref_decision){REF_NO_LINE, false};
}
