// SPDX-License-Identifier: GPL-2.0
/*
 * packets.c - packets about a policy.
 *
 * A packet is drawn from the spans of one line, with a part from elsewhere in the
 * policy (packets_named.c) now and then.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "tests/reference/packets_named.h"

#define V4_FIRST policy_ip_from_v4(0)
#define V4_LAST	 policy_ip_from_v4(UINT32_MAX)

/* ---- from spans to values ---- */

static policy_ip any_bits(struct ref_packets *p)
{
	policy_ip high = ref_draw64(&p->draw);

	return high << 64 | ref_draw64(&p->draw);
}

/* The span's ends, their neighbours, or anything between. */
static policy_ip point_of(struct ref_packets *p, const struct span *span)
{
	policy_ip width = span->last - span->first;

	switch (ref_below(&p->draw, 8)) {
	case 0:
		return span->first;
	case 1:
		return span->last;
	case 2:
		return span->first - 1;
	case 3:
		return span->last + 1;
	default:
		return span->first + (width == POLICY_IP_ONES
					      ? any_bits(p)
					      : any_bits(p) % (width + 1));
	}
}

/* Neighbours must not leave the family. */
static policy_ip of_family(struct ref_packets *p, policy_ip ip, bool v4)
{
	if (v4)
		return policy_ip_from_v4((uint32_t)ip);
	return policy_ip_is_v4(ip) ? any_bits(p) : ip;
}

static policy_ip any_address(struct ref_packets *p, bool v4)
{
	for (int i = 0; i < 4 && p->addrs.count; i++) {
		const struct span *span =
			&p->addrs.items[ref_below(&p->draw, p->addrs.count)];

		if (policy_ip_is_v4(span->first) == v4)
			return of_family(p, point_of(p, span), v4);
	}
	return of_family(p, any_bits(p), v4);
}

static uint16_t any_port(struct ref_packets *p)
{
	const struct port_span *span;

	if (!p->ports.count || ref_once_in(&p->draw, 8))
		return (uint16_t)ref_draw64(&p->draw);
	span = &p->ports.items[ref_below(&p->draw, p->ports.count)];
	switch (ref_below(&p->draw, 6)) {
	case 0:
		return (uint16_t)(span->first - 1);
	case 1:
		return (uint16_t)(span->last + 1);
	case 2:
		return span->last;
	case 3:
		return (uint16_t)(span->first +
				  ref_below(&p->draw, 1u + span->last - span->first));
	default:
		return span->first;
	}
}

/* ---- a member of what a line says ---- */

static bool draw_addr(struct ref_packets *p, const struct policy_addr *addr,
		      struct span *out);

/* A member of a group, or of one of its groups. Return: false: it has none. */
static bool draw_from_group(struct ref_packets *p, const struct policy_group *group,
			    struct span *out)
{
	for (int tries = 0; tries < 4 && group->members.count; tries++) {
		const struct policy_member *member =
			&group->members.items[ref_below(&p->draw, group->members.count)];

		if (member->kind == POLICY_MEMBER_ADDR)
			return draw_addr(p, &member->addr, out);
		if (member->kind == POLICY_MEMBER_GROUP)
			return draw_from_group(p, &p->policy->groups.items[member->ref],
					       out);
	}
	return false;
}

/* Return: false for `any`, and for what has no address. */
static bool draw_addr(struct ref_packets *p, const struct policy_addr *addr,
		      struct span *out)
{
	const struct policy_object *object;
	const struct policy_iface *iface;

	switch (addr->kind) {
	case POLICY_ADDR_NET:
		*out = (struct span){addr->addr, addr->addr | ~addr->mask};
		return true;
	case POLICY_ADDR_OBJECT:
		object = &p->policy->objects.items[addr->ref];
		*out = (struct span){object->addr,
				     object->value == POLICY_VALUE_RANGE
					     ? object->last
					     : object->addr | ~object->mask};
		return true;
	case POLICY_ADDR_GROUP:
		return draw_from_group(p, &p->policy->groups.items[addr->ref], out);
	case POLICY_ADDR_IFACE:
		iface = &p->policy->ifaces.items[addr->ref];
		out->first = out->last = policy_ip_from_v4(iface->address);
		return true;
	case POLICY_ADDR_ANY4:
		*out = (struct span){V4_FIRST, V4_LAST};
		return true;
	case POLICY_ADDR_ANY:
	case POLICY_ADDR_ANY6:
		break;
	}
	return false;
}

/* The term that a line's service leads to; NULL: none. */
static const struct policy_service_term *draw_term(struct ref_packets *p,
						   const struct policy_group *group)
{
	for (int tries = 0; tries < 4 && group->members.count; tries++) {
		const struct policy_member *member =
			&group->members.items[ref_below(&p->draw, group->members.count)];

		if (member->kind == POLICY_MEMBER_SERVICE)
			return &member->service;
		if (member->kind == POLICY_MEMBER_OBJECT)
			return &p->policy->objects.items[member->ref].service;
		if (member->kind == POLICY_MEMBER_GROUP)
			return draw_term(p, &p->policy->groups.items[member->ref]);
	}
	return NULL;
}

static uint16_t draw_port(struct ref_packets *p, const struct policy_ports *ports)
{
	const struct policy_service_term *term;

	if (ports->op == POLICY_PORT_ANY)
		return any_port(p);
	if (ports->op == POLICY_PORT_GROUP) {
		term = draw_term(p, &p->policy->groups.items[ports->group]);
		return term && term->dst_ports.op != POLICY_PORT_GROUP
			       ? draw_port(p, &term->dst_ports)
			       : any_port(p);
	}
	if (ports->op == POLICY_PORT_RANGE && ref_once_in(&p->draw, 2))
		return (uint16_t)(ports->low +
				  ref_below(&p->draw, 1u + ports->high - ports->low));
	return (uint16_t)((ports->op == POLICY_PORT_RANGE && ref_once_in(&p->draw, 2)
				   ? ports->high
				   : ports->low) +
			  ref_below(&p->draw, 3) - 1);
}

static uint8_t any_proto(struct ref_packets *p)
{
	return p->protos[ref_below(&p->draw, p->n_protos)];
}

static void set_icmp(struct ref_packets *p, struct ref_packet *packet, bool said,
		     uint8_t type, uint8_t code)
{
	uint16_t both = (uint16_t)(type << 8 | code);

	if (!said && p->icmps.count && !ref_once_in(&p->draw, 8)) {
		const struct port_span *span =
			&p->icmps.items[ref_below(&p->draw, p->icmps.count)];

		both = ref_once_in(&p->draw, 2) ? span->first : span->last;
	} else if (!said) {
		both = (uint16_t)ref_draw64(&p->draw);
	}
	both = (uint16_t)(both + (ref_once_in(&p->draw, 4) ? 1 : 0) -
			  (ref_once_in(&p->draw, 4) ? 1 : 0));
	if (ref_once_in(&p->draw, 4))
		both ^= 256;
	packet->icmp_type = (uint8_t)(both >> 8);
	packet->icmp_code = (uint8_t)both;
}

/* Protocol and what it has, as a service says. */
static void draw_service(struct ref_packets *p, const struct policy_service_term *term,
			 struct ref_packet *packet)
{
	packet->proto = term->any_proto ? any_proto(p) : term->proto;
	if (term->tcp_udp && ref_once_in(&p->draw, 2))
		packet->proto = IPPROTO_UDP;
	packet->src_port = draw_port(p, &term->src_ports);
	packet->dst_port = draw_port(p, &term->dst_ports);
	set_icmp(p, packet,
		 term->icmp == POLICY_ICMP_TYPE || term->icmp == POLICY_ICMP_TYPE_CODE,
		 term->icmp_type, term->icmp_code);
}

static void draw_rule_service(struct ref_packets *p, const struct policy_rule *rule,
			      struct ref_packet *packet)
{
	struct policy_service_term own = {
		.any_proto = rule->any_proto,
		.proto = rule->proto,
		.src_ports = rule->src_ports,
		.dst_ports = rule->dst_ports,
		.icmp = rule->icmp,
		.icmp_type = rule->icmp_type,
		.icmp_code = rule->icmp_code,
	};
	const struct policy_service_term *term = &own, *type;

	if (rule->proto_kind == POLICY_PROTO_OBJECT)
		term = &p->policy->objects.items[rule->proto_ref].service;
	else if (rule->proto_kind == POLICY_PROTO_GROUP)
		term = draw_term(p, &p->policy->groups.items[rule->proto_ref]);
	draw_service(p, term ? term : &own, packet);
	if (rule->src_ports.op != POLICY_PORT_ANY)
		packet->src_port = draw_port(p, &rule->src_ports);
	if (rule->dst_ports.op != POLICY_PORT_ANY)
		packet->dst_port = draw_port(p, &rule->dst_ports);
	if (rule->icmp == POLICY_ICMP_GROUP) {
		type = draw_term(p, &p->policy->groups.items[rule->icmp_group]);
		if (type)
			set_icmp(p, packet, true, type->icmp_type, type->icmp_code);
	}
}

/* What a packet of its protocol does not have is 0. */
static struct ref_packet settle(struct ref_packets *p, struct ref_packet packet)
{
	bool v4 = policy_ip_is_v4(packet.dst);
	bool has_ports = packet.proto == IPPROTO_TCP || packet.proto == IPPROTO_UDP;

	/* The other family's ICMP is a number without a meaning: what a group that
	 * holds both families says of it is left open. */
	if (packet.proto == (v4 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		packet.proto = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	packet.tcp_flags = (uint8_t)ref_below(&p->draw, 64);
	packet.later_fragment = ref_once_in(&p->draw, 16);
	if (packet.proto != IPPROTO_TCP || packet.later_fragment)
		packet.tcp_flags = 0;
	if (!has_ports || packet.later_fragment)
		packet.src_port = packet.dst_port = 0;
	if (packet.proto != (v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6) || packet.later_fragment)
		packet.icmp_type = packet.icmp_code = 0;
	return packet;
}

static struct ref_packet from_anywhere(struct ref_packets *p)
{
	bool v4 = ref_below(&p->draw, 3) != 0;
	struct ref_packet packet = {
		.src = any_address(p, v4),
		.dst = any_address(p, v4),
		.src_port = any_port(p),
		.dst_port = any_port(p),
		.proto = any_proto(p),
	};

	set_icmp(p, &packet, false, 0, 0);
	return packet;
}

static struct ref_packet about_rule(struct ref_packets *p, const struct policy_rule *rule)
{
	struct ref_packet packet = from_anywhere(p);
	bool v4 = ref_is_v4(&packet);
	struct span src, dst;
	bool has_src = draw_addr(p, &rule->src, &src);
	bool has_dst = draw_addr(p, &rule->dst, &dst);

	if (has_src)
		v4 = policy_ip_is_v4(src.first);
	else if (has_dst)
		v4 = policy_ip_is_v4(dst.first);
	else if (rule->src.kind == POLICY_ADDR_ANY6 || rule->dst.kind == POLICY_ADDR_ANY6)
		v4 = false;
	packet.src = of_family(p, has_src ? point_of(p, &src) : any_address(p, v4), v4);
	packet.dst = of_family(p, has_dst ? point_of(p, &dst) : any_address(p, v4), v4);
	draw_rule_service(p, rule, &packet);
	return packet;
}

static const struct policy_rule *some_rule(struct ref_packets *p,
					   const struct policy_list *list)
{
	for (int tries = 0; tries < 4 && list->rules.count; tries++) {
		const struct policy_rule *rule =
			&list->rules.items[ref_below(&p->draw, list->rules.count)];

		if (!rule->remark)
			return rule;
	}
	return NULL;
}

static struct ref_packet unsettled(struct ref_packets *p, const struct policy_list *list)
{
	const struct policy_rule *rule = some_rule(p, list);
	struct ref_packet packet, other;

	if (!rule || ref_once_in(&p->draw, 8))
		return from_anywhere(p);
	packet = about_rule(p, rule);
	if (!ref_once_in(&p->draw, 4))
		return packet;
	/* A part from elsewhere: of the same family, or it would say nothing. */
	other = from_anywhere(p);
	switch (ref_below(&p->draw, 4)) {
	case 0:
		packet.src = any_address(p, ref_is_v4(&packet));
		break;
	case 1:
		packet.dst = any_address(p, ref_is_v4(&packet));
		break;
	case 2:
		packet.proto = other.proto;
		break;
	default:
		packet.dst_port = other.dst_port;
		packet.icmp_type = other.icmp_type;
	}
	return packet;
}

struct ref_packet ref_packets_draw(struct ref_packets *packets,
				   const struct policy_list *list)
{
	return settle(packets, unsettled(packets, list));
}

/* ---- translations ---- */

/* An end of a translation, as it is or as it is seen. */
static const struct policy_addr *nat_end(struct ref_packets *p,
					 const struct policy_nat *nat)
{
	const struct policy_list *list;
	const struct policy_rule *rule;

	switch (ref_below(&p->draw, nat->has_destination ? 5 : 3)) {
	case 0:
		return &nat->mapped;
	case 3:
		return &nat->dst_real;
	case 4:
		return &nat->dst_mapped;
	default:
		break;
	}
	if (nat->list == POLICY_NO_LIST)
		return &nat->real;
	list = &p->policy->lists.items[nat->list];
	rule = some_rule(p, list);
	if (!rule)
		return &nat->mapped;
	return ref_once_in(&p->draw, 2) ? &rule->src : &rule->dst;
}

static void nat_ports(struct ref_packets *p, const struct policy_nat *nat,
		      struct ref_packet *packet)
{
	struct policy_service_term term = {.proto = nat->proto};

	if (nat->proto) {
		term.src_ports.op = term.dst_ports.op = POLICY_PORT_EQ;
		term.src_ports.low = ref_once_in(&p->draw, 2) ? nat->real_port
							      : nat->mapped_port;
		term.dst_ports.low = nat->mapped_port;
	} else if (nat->service_real != POLICY_NO_OBJECT) {
		term = p->policy->objects
			       .items[ref_once_in(&p->draw, 2) ? nat->service_real
							       : nat->service_mapped]
			       .service;
	} else {
		return;
	}
	draw_service(p, &term, packet);
	if (ref_once_in(&p->draw, 2)) { /* from the other end's view */
		uint16_t port = packet->src_port;

		packet->src_port = packet->dst_port;
		packet->dst_port = port;
	}
}

struct ref_packet ref_packets_translated(struct ref_packets *p)
{
	const struct policy_nat *nat =
		&p->policy->nats.items[ref_below(&p->draw, p->policy->nats.count)];
	struct ref_packet packet = from_anywhere(p);
	struct span src, dst;
	bool v4;

	if (draw_addr(p, nat_end(p, nat), &src))
		packet.src = point_of(p, &src);
	v4 = policy_ip_is_v4(packet.src);
	packet.dst = any_address(p, v4);
	if (!ref_once_in(&p->draw, 3) && draw_addr(p, nat_end(p, nat), &dst))
		packet.dst = of_family(p, point_of(p, &dst), v4);
	nat_ports(p, nat, &packet);
	return settle(p, packet);
}

/* ---- corners ---- */

#define N_POINTS 6 /* of a span: both ends, their neighbours on both sides */

size_t ref_packets_n_corners(const struct ref_packets *p)
{
	return N_POINTS * (2 * p->addrs.count + 2 * p->ports.count + p->icmps.count);
}

/* Ends of 0..5: before, at and behind the first, then the last. */
static policy_ip corner(policy_ip first, policy_ip last, size_t point)
{
	return (point < 3 ? first : last) + point % 3 - 1;
}

struct ref_packet ref_packets_corner(struct ref_packets *p,
				     const struct policy_list *list, size_t i)
{
	struct ref_packet packet = unsettled(p, list);
	size_t point = i % N_POINTS, at = i / N_POINTS;
	uint16_t icmp;

	if (at < 2 * p->addrs.count) {
		const struct span *span = &p->addrs.items[at / 2];
		bool v4 = policy_ip_is_v4(span->first);
		policy_ip ip = of_family(p, corner(span->first, span->last, point), v4);

		if (ref_is_v4(&packet) != v4)
			packet.src = packet.dst = any_address(p, v4);
		*(at % 2 ? &packet.dst : &packet.src) = ip;
		return settle(p, packet);
	}
	at -= 2 * p->addrs.count;
	if (at < 2 * p->ports.count) {
		const struct port_span *span = &p->ports.items[at / 2];

		*(at % 2 ? &packet.dst_port : &packet.src_port) =
			(uint16_t)corner(span->first, span->last, point);
		return settle(p, packet);
	}
	at -= 2 * p->ports.count;
	icmp = (uint16_t)corner(p->icmps.items[at].first, p->icmps.items[at].last, point);
	packet.proto = ref_is_v4(&packet) ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	packet.icmp_type = (uint8_t)(icmp >> 8);
	packet.icmp_code = (uint8_t)icmp;
	return settle(p, packet);
}
