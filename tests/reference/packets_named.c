// SPDX-License-Identifier: GPL-2.0
/*
 * packets_named.c - all addresses, ports, protocols and ICMP types that stand anywhere
 * in a policy, as spans.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "tests/reference/packets_named.h"

static void add_span(struct ref_packets *p, policy_ip first, policy_ip last)
{
	struct span *span = vec_push(&p->addrs);

	if (!span)
		abort();
	*span = (struct span){first, last};
}

static void add_net(struct ref_packets *p, policy_ip addr, policy_ip mask)
{
	add_span(p, addr & mask, (addr & mask) | ~mask);
}

static void add_addr(struct ref_packets *p, const struct policy_addr *addr)
{
	if (addr->kind == POLICY_ADDR_NET)
		add_net(p, addr->addr, addr->mask);
}

static void add_ports(struct ref_packets *p, const struct policy_ports *ports)
{
	struct port_span *span;

	if (ports->op == POLICY_PORT_ANY || ports->op == POLICY_PORT_GROUP)
		return;
	span = vec_push(&p->ports);
	if (!span)
		abort();
	span->first = ports->low;
	span->last = ports->op == POLICY_PORT_RANGE ? ports->high : ports->low;
}

static void add_icmp(struct ref_packets *p, enum policy_icmp_match match, uint8_t type,
		     uint8_t code)
{
	struct port_span *span;

	if (match != POLICY_ICMP_TYPE && match != POLICY_ICMP_TYPE_CODE)
		return;
	span = vec_push(&p->icmps);
	if (!span)
		abort();
	span->first = (uint16_t)(type << 8);
	span->last = (uint16_t)(type << 8 | 255);
	if (match == POLICY_ICMP_TYPE_CODE)
		span->first = span->last = (uint16_t)(type << 8 | code);
}

static void add_proto(struct ref_packets *p, uint8_t proto)
{
	for (size_t i = 0; i < p->n_protos; i++)
		if (p->protos[i] == proto)
			return;
	p->protos[p->n_protos++] = proto;
}

static void add_term(struct ref_packets *p, const struct policy_service_term *term)
{
	if (!term->any_proto)
		add_proto(p, term->proto);
	add_ports(p, &term->src_ports);
	add_ports(p, &term->dst_ports);
	add_icmp(p, term->icmp, term->icmp_type, term->icmp_code);
}

static void add_rule(struct ref_packets *p, const struct policy_rule *rule)
{
	if (rule->remark)
		return;
	add_addr(p, &rule->src);
	add_addr(p, &rule->dst);
	add_ports(p, &rule->src_ports);
	add_ports(p, &rule->dst_ports);
	add_icmp(p, rule->icmp, rule->icmp_type, rule->icmp_code);
	if (rule->proto_kind == POLICY_PROTO_ONE && !rule->any_proto)
		add_proto(p, rule->proto);
}

static void add_nat(struct ref_packets *p, const struct policy_nat *nat)
{
	const struct policy_ports real = {.op = POLICY_PORT_EQ, .low = nat->real_port};
	const struct policy_ports mapped = {.op = POLICY_PORT_EQ,
					    .low = nat->mapped_port};

	add_addr(p, &nat->real);
	add_addr(p, &nat->mapped);
	add_addr(p, &nat->dst_real);
	add_addr(p, &nat->dst_mapped);
	if (!nat->proto)
		return;
	add_ports(p, &real);
	add_ports(p, &mapped);
}

static void collect(struct ref_packets *p)
{
	static const uint8_t usual[] = {IPPROTO_TCP,	IPPROTO_UDP, IPPROTO_ICMP,
					IPPROTO_ICMPV6, 47,	     255};
	const struct policy *policy = p->policy;

	for (size_t i = 0; i < sizeof(usual); i++)
		add_proto(p, usual[i]);
	for (size_t i = 0; i < policy->objects.count; i++) {
		const struct policy_object *object = &policy->objects.items[i];

		if (object->value == POLICY_VALUE_NET)
			add_net(p, object->addr, object->mask);
		else if (object->value == POLICY_VALUE_RANGE)
			add_span(p, object->addr, object->last);
		else if (object->value == POLICY_VALUE_SERVICE)
			add_term(p, &object->service);
	}
	for (size_t i = 0; i < policy->groups.count; i++) {
		const struct policy_group *group = &policy->groups.items[i];

		for (size_t j = 0; j < group->members.count; j++) {
			const struct policy_member *member = &group->members.items[j];

			if (member->kind == POLICY_MEMBER_ADDR)
				add_addr(p, &member->addr);
			if (member->kind == POLICY_MEMBER_SERVICE)
				add_term(p, &member->service);
		}
	}
	for (size_t i = 0; i < policy->lists.count; i++)
		for (size_t j = 0; j < policy->lists.items[i].rules.count; j++)
			add_rule(p, &policy->lists.items[i].rules.items[j]);
	for (size_t i = 0; i < policy->nats.count; i++)
		add_nat(p, &policy->nats.items[i]);
	for (size_t i = 0; i < policy->ifaces.count; i++) {
		const struct policy_iface *iface = &policy->ifaces.items[i];

		if (!iface->has_address)
			continue;
		add_span(p, policy_ip_from_v4(iface->address),
			 policy_ip_from_v4(iface->address));
		add_net(p, policy_ip_from_v4(iface->address),
			policy_mask_from_v4(iface->netmask));
	}
}

struct ref_packets *ref_packets_new(const struct policy *policy, uint64_t seed)
{
	struct ref_packets *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->policy = policy;
	p->draw = ref_draw_new(seed);
	collect(p);
	return p;
}

void ref_packets_free(struct ref_packets *packets)
{
	if (!packets)
		return;
	vec_free(&packets->addrs);
	vec_free(&packets->ports);
	vec_free(&packets->icmps);
	free(packets);
}
