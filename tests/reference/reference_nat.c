// SPDX-License-Identifier: GPL-2.0
/*
 * reference_nat.c - translations, evaluated as they are written.
 *
 * policy->nats is in the order in which translations are asked; the first that holds
 * is the one. Addresses go over one by one: the first of what is real to the first of
 * what is mapped, and so on.
 */
#include <netinet/in.h>

#include "tests/reference/reference_nat.h"

/* ---- addresses in their order ---- */

static void leaf_span(const struct policy *policy, const struct policy_addr *addr,
		      policy_ip *first, policy_ip *last)
{
	const struct policy_object *object;

	*first = 1;
	*last = 0; /* nothing */
	switch (addr->kind) {
	case POLICY_ADDR_ANY:
	case POLICY_ADDR_ANY4:
		*first = policy_ip_from_v4(0);
		*last = policy_ip_from_v4(UINT32_MAX);
		break;
	case POLICY_ADDR_ANY6:
		*first = 0;
		*last = POLICY_IP_ONES;
		break;
	case POLICY_ADDR_NET:
		*first = addr->addr;
		*last = addr->addr | ~addr->mask;
		break;
	case POLICY_ADDR_OBJECT:
		object = &policy->objects.items[addr->ref];
		*first = object->addr;
		*last = object->value == POLICY_VALUE_RANGE
				? object->last
				: object->addr | ~object->mask;
		break;
	case POLICY_ADDR_IFACE:
		if (policy->ifaces.items[addr->ref].has_address)
			*first = *last = policy_ip_from_v4(
				policy->ifaces.items[addr->ref].address);
		break;
	case POLICY_ADDR_GROUP:
		break;
	}
}

/* The members of a group that are addresses or groups, in order: the next from @at on,
 * as an address. Return: false: no more. */
static bool next_member(const struct policy_group *group, size_t *at,
			struct policy_addr *out)
{
	while (*at < group->members.count) {
		const struct policy_member *member = &group->members.items[(*at)++];

		if (member->kind == POLICY_MEMBER_ADDR) {
			*out = member->addr;
			return true;
		}
		if (member->kind == POLICY_MEMBER_GROUP) {
			*out = (struct policy_addr){.kind = POLICY_ADDR_GROUP,
						    .ref = member->ref};
			return true;
		}
	}
	return false;
}

/* How many addresses stand before @ip. @offset: added to. Return: whether it is there. */
static bool offset_of(const struct policy *policy, const struct policy_addr *addr,
		      policy_ip ip, policy_ip *offset)
{
	struct policy_addr member;
	policy_ip first, last;
	size_t at = 0;

	if (addr->kind == POLICY_ADDR_GROUP) {
		while (next_member(&policy->groups.items[addr->ref], &at, &member))
			if (offset_of(policy, &member, ip, offset))
				return true;
		return false;
	}
	leaf_span(policy, addr, &first, &last);
	if (first > last)
		return false;
	if (policy_ip_is_v4(first) == policy_ip_is_v4(ip) && ip >= first && ip <= last) {
		*offset += ip - first;
		return true;
	}
	*offset += last - first + 1;
	return false;
}

/* The address that so many stand before. @offset: taken from */
static bool at_offset(const struct policy *policy, const struct policy_addr *addr,
		      policy_ip *offset, policy_ip *out)
{
	struct policy_addr member;
	policy_ip first, last;
	size_t at = 0;

	if (addr->kind == POLICY_ADDR_GROUP) {
		while (next_member(&policy->groups.items[addr->ref], &at, &member))
			if (at_offset(policy, &member, offset, out))
				return true;
		return false;
	}
	leaf_span(policy, addr, &first, &last);
	if (first > last)
		return false;
	if (*offset <= last - first) {
		*out = first + *offset;
		return true;
	}
	*offset -= last - first + 1;
	return false;
}

/* From one set to the other, by position. */
static bool carry_over(const struct policy *policy, const struct policy_addr *from,
		       const struct policy_addr *to, policy_ip ip, policy_ip *out)
{
	policy_ip offset = 0;

	return offset_of(policy, from, ip, &offset) &&
	       at_offset(policy, to, &offset, out);
}

/* ---- one-way maps ---- */

struct map {
	size_t real_if;
	size_t mapped_if;
	const struct policy_addr *real;
	const struct policy_addr *mapped;
	const struct policy_addr *peer; /* NULL: anybody */
	bool any_proto;
	uint8_t proto;
	struct policy_ports real_ports; /* of the own end */
	struct policy_ports mapped_ports;
	struct policy_ports peer_ports;
};

static const struct policy_addr everybody = {.kind = POLICY_ADDR_ANY};

static struct policy_ports one_port(uint16_t port)
{
	return (struct policy_ports){.op = POLICY_PORT_EQ, .low = port, .high = port};
}

/* The source, as the destination sees it. */
static struct map source_map(const struct policy *policy, const struct policy_nat *nat)
{
	struct map map = {
		.real_if = nat->real_if,
		.mapped_if = nat->mapped_if,
		.real = &nat->real,
		.mapped = &nat->mapped,
		.peer = nat->has_destination ? &nat->dst_real : NULL,
		.any_proto = true,
	};

	if (nat->proto) {
		map.any_proto = false;
		map.proto = nat->proto;
		map.real_ports = one_port(nat->real_port);
		map.mapped_ports = one_port(nat->mapped_port);
	}
	if (nat->service_real != POLICY_NO_OBJECT) {
		const struct policy_service_term *real =
			&policy->objects.items[nat->service_real].service;
		const struct policy_service_term *mapped =
			&policy->objects.items[nat->service_mapped].service;

		map.any_proto = real->any_proto;
		map.proto = real->proto;
		map.real_ports = real->src_ports;
		map.mapped_ports = mapped->src_ports;
		map.peer_ports = mapped->dst_ports;
	}
	return map;
}

/* The destination, as the source sees it. Return: whether it is translated. */
static bool destination_map(const struct policy *policy, const struct policy_nat *nat,
			    struct map *map)
{
	const struct policy_service_term *real = NULL, *mapped = NULL;

	if (nat->service_real != POLICY_NO_OBJECT) {
		real = &policy->objects.items[nat->service_real].service;
		mapped = &policy->objects.items[nat->service_mapped].service;
	}
	if (!nat->has_destination && (!real || real->dst_ports.op == POLICY_PORT_ANY))
		return false;
	*map = (struct map){
		.real_if = nat->mapped_if,
		.mapped_if = nat->real_if,
		.real = nat->has_destination ? &nat->dst_real : &everybody,
		.mapped = nat->has_destination ? &nat->dst_mapped : &everybody,
		.peer = &nat->real,
		.any_proto = true,
	};
	if (real) {
		map->any_proto = real->any_proto;
		map->proto = real->proto;
		map->real_ports = mapped->dst_ports;
		map->mapped_ports = real->dst_ports;
		map->peer_ports = real->src_ports;
	}
	return true;
}

/* @other: the interface of the other side, or POLICY_ANY_IFACE */
static bool ifaces_are(size_t said, size_t is, size_t other)
{
	/* `any` is every other interface. */
	return said == is || (said == POLICY_ANY_IFACE && is != other);
}

/* Whether there can be somebody behind it, seen from @mapped_if. */
static bool is_anywhere(const struct policy *policy, size_t real_if, size_t mapped_if)
{
	for (size_t i = 0; i < policy->ifaces.count; i++)
		if (real_if != POLICY_ANY_IFACE || i != mapped_if)
			return true;
	return false;
}

static bool is_behind(const struct policy *policy, size_t said, bool in, size_t real_if,
		      size_t mapped_if)
{
	return in ? is_anywhere(policy, said, mapped_if)
		  : ifaces_are(said, real_if, mapped_if);
}

/* Ports go over as addresses do: the first to the first. */
static uint16_t carry_port(const struct policy_ports *from, const struct policy_ports *to,
			   uint16_t port)
{
	if (to->op != POLICY_PORT_EQ && to->op != POLICY_PORT_RANGE)
		return port;
	return (uint16_t)(port - from->low + to->low);
}

static bool addr_is(const struct policy *policy, const struct policy_addr *addr,
		    policy_ip ip)
{
	policy_ip offset = 0;

	return offset_of(policy, addr, ip, &offset);
}

/* `any` by itself: identity, of both families. */
static bool is_any(const struct policy_addr *addr)
{
	return addr->kind == POLICY_ADDR_ANY;
}

/* Follow a map from @from to @to. */
static bool follow(const struct policy *policy, const struct map *map, bool in,
		   const struct ref_ends *ends, struct ref_translation *out)
{
	const struct policy_addr *from = in ? map->mapped : map->real;
	const struct policy_addr *to = in ? map->real : map->mapped;
	const struct policy_ports *from_ports = in ? &map->mapped_ports
						   : &map->real_ports;
	const struct policy_ports *to_ports = in ? &map->real_ports : &map->mapped_ports;

	if (!map->any_proto && map->proto != ends->proto)
		return false;
	if (!ref_port_is(from_ports, ends->own_port) ||
	    !ref_port_is(&map->peer_ports, ends->peer_port))
		return false;
	if (map->peer && !is_any(map->peer) && !addr_is(policy, map->peer, ends->peer))
		return false;
	if (is_any(from) && is_any(to))
		out->own = ends->own;
	else if (!carry_over(policy, from, to, ends->own, &out->own))
		return false;
	out->own_port = carry_port(from_ports, to_ports, ends->own_port);
	out->real_if = map->real_if;
	return true;
}

/* ---- by the lines of a list ---- */

/* Whether a line's ports and protocol are those of the ends. The own end is its
 * source. @own_port: real */
static bool line_service_is(const struct policy *policy, const struct policy_rule *rule,
			    const struct ref_ends *ends, uint16_t own_port)
{
	struct policy_service_term term = {
		.any_proto = rule->any_proto,
		.proto = rule->proto,
		.src_ports = rule->src_ports,
		.dst_ports = rule->dst_ports,
	};
	struct ref_packet packet = {
		.src = policy_ip_from_v4(0),
		.dst = policy_ip_from_v4(0),
		.src_port = own_port,
		.dst_port = ends->peer_port,
		.proto = ends->proto,
	};

	return ref_term_holds(policy, &term, &packet);
}

/* nat (REAL_IF) 0 access-list LIST: what it permits stays as it is; ports do not
 * count. */
static bool exempts(const struct policy *policy, const struct policy_nat *nat,
		    const struct ref_ends *ends, struct ref_translation *out)
{
	const struct policy_list *list = &policy->lists.items[nat->list];

	for (size_t i = 0; i < list->rules.count; i++) {
		const struct policy_rule *rule = &list->rules.items[i];

		if (!policy_rule_is_active(rule) ||
		    !ref_addr_holds(policy, &rule->src, ends->own) ||
		    !ref_addr_holds(policy, &rule->dst, ends->peer))
			continue;
		out->own = ends->own;
		out->own_port = ends->own_port;
		out->real_if = nat->real_if;
		return rule->permit;
	}
	return false;
}

/* Between the source of a line and the addresses from MAPPED on, which are as many. */
static bool follow_line(const struct policy *policy, const struct policy_nat *nat,
			const struct policy_rule *rule, bool in, policy_ip from,
			policy_ip *to)
{
	policy_ip first, last, offset = 0;

	leaf_span(policy, &nat->mapped, &first, &last);
	if (first > last || (in && from < first))
		return false;
	if (in) {
		offset = from - first;
		return at_offset(policy, &rule->src, &offset, to);
	}
	if (!offset_of(policy, &rule->src, from, &offset))
		return false;
	*to = first + offset;
	return true;
}

/* static (REAL_IF,MAPPED_IF) MAPPED access-list LIST */
static bool follow_list(const struct policy *policy, const struct policy_nat *nat,
			bool in, const struct ref_ends *ends, struct ref_translation *out)
{
	const struct policy_list *list = &policy->lists.items[nat->list];

	for (size_t i = 0; i < list->rules.count; i++) {
		const struct policy_rule *rule = &list->rules.items[i];
		uint16_t real_port = ends->own_port;

		if (!policy_rule_is_active(rule) ||
		    !ref_addr_holds(policy, &rule->dst, ends->peer) ||
		    !follow_line(policy, nat, rule, in, ends->own, &out->own))
			continue;
		out->own_port = ends->own_port;
		if (nat->proto && in) {
			if (ends->own_port != nat->mapped_port)
				continue;
			out->own_port = real_port = rule->src_ports.low;
		} else if (nat->proto) {
			out->own_port = nat->mapped_port;
		}
		if (nat->proto && ends->proto != nat->proto)
			continue;
		if (!line_service_is(policy, rule, ends, real_port))
			continue;
		out->real_if = nat->real_if;
		return rule->permit;
	}
	return false;
}

/* ---- all translations ---- */

/* An exemption is about interfaces of no higher level than its own; with `outside`, of
 * no lower one. */
static bool exempts_towards(const struct policy *policy, const struct policy_nat *nat,
			    size_t mapped_if)
{
	unsigned int own, other = policy->ifaces.items[mapped_if].security_level;

	if (nat->section != POLICY_NAT_EXEMPT || nat->real_if == POLICY_ANY_IFACE)
		return true;
	own = policy->ifaces.items[nat->real_if].security_level;
	return nat->flags & POLICY_NAT_F_OUTSIDE ? other >= own : other <= own;
}

static bool source_holds(const struct policy *policy, const struct policy_nat *nat,
			 bool in, const struct ref_ends *ends,
			 struct ref_translation *out)
{
	struct map map;

	if (nat->section == POLICY_NAT_EXEMPT && nat->list != POLICY_NO_LIST)
		return exempts(policy, nat, ends, out);
	if (nat->list != POLICY_NO_LIST)
		return follow_list(policy, nat, in, ends, out);
	map = source_map(policy, nat);
	return follow(policy, &map, in, ends, out);
}

/* Whether a translation holds between two interfaces. @real_if: POLICY_ANY_IFACE: not
 * known yet. */
static bool holds(const struct policy *policy, size_t i, bool in, size_t real_if,
		  size_t mapped_if, const struct ref_ends *ends,
		  struct ref_translation *out)
{
	const struct policy_nat *nat = &policy->nats.items[i];
	struct map map;

	*out = (struct ref_translation){.nat = i};
	/* nat (IF) 0 ADDRESS: asked last, and what it says stays as it is. */
	if (nat->dynamic || nat->flags & POLICY_NAT_F_INACTIVE ||
	    nat->section == POLICY_NAT_REGULAR)
		return false;
	out->one_way = nat->flags & POLICY_NAT_F_UNIDIRECTIONAL;
	if (is_behind(policy, nat->real_if, in, real_if, mapped_if) &&
	    ifaces_are(nat->mapped_if, mapped_if, in ? nat->real_if : real_if) &&
	    exempts_towards(policy, nat, mapped_if) &&
	    source_holds(policy, nat, in, ends, out))
		return true;
	if (nat->list != POLICY_NO_LIST || !destination_map(policy, nat, &map))
		return false;
	out->of_destination = true;
	out->one_way = false;
	return is_behind(policy, map.real_if, in, real_if, mapped_if) &&
	       ifaces_are(map.mapped_if, mapped_if, in ? map.real_if : real_if) &&
	       follow(policy, &map, in, ends, out);
}

static struct ref_translation none(const struct ref_ends *ends)
{
	return (struct ref_translation){
		.nat = REF_NO_LINE,
		.real_if = POLICY_ANY_IFACE,
		.own = ends->own,
		.own_port = ends->own_port,
	};
}

struct ref_translation ref_translate_out(const struct policy *policy, size_t real_if,
					 size_t mapped_if, const struct ref_ends *ends)
{
	struct ref_translation out;

	for (size_t i = 0; i < policy->nats.count; i++)
		if (holds(policy, i, false, real_if, mapped_if, ends, &out))
			return out;
	return none(ends);
}

/* What one end alone begins is found last: it only answers there. */
struct ref_translation ref_translate_in(const struct policy *policy, size_t mapped_if,
					const struct ref_ends *ends)
{
	struct ref_translation out;

	for (int one_way = 0; one_way < 2; one_way++)
		for (size_t i = 0; i < policy->nats.count; i++)
			if (holds(policy, i, true, POLICY_ANY_IFACE, mapped_if, ends,
				  &out) &&
			    out.one_way == one_way)
				return out;
	return none(ends);
}
