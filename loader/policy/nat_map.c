// SPDX-License-Identifier: GPL-2.0
/*
 * nat_map.c - see nat_map.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/nat_map.h"
#include "util/cleanup.h"

#define MAX_DEPTH  64	  /* of groups within groups */
#define MAX_VISITS 65536u /* of members, empty ones included */

/* first..last, of one family */
struct span {
	policy_ip first;
	policy_ip last;
};

struct spans {
	VEC(struct span) items;
	unsigned int n_visits;
};

static void spans_free(struct spans *spans)
{
	vec_free(&spans->items);
}

static int add_span(struct spans *spans, policy_ip first, policy_ip last)
{
	struct span *span;

	if (spans->items.count >= POLICY_MAX_NAT_PIECES)
		return -E2BIG;
	span = vec_push(&spans->items);
	if (!span)
		return -ENOMEM;
	*span = (struct span){first, last};
	return 0;
}

static int add_network(struct spans *spans, policy_ip addr, policy_ip mask)
{
	return policy_mask_holes(mask) ? -ERANGE : add_span(spans, addr, addr | ~mask);
}

static int add_object(struct spans *spans, const struct policy_object *object)
{
	if (object->value == POLICY_VALUE_NET)
		return add_network(spans, object->addr, object->mask);
	if (object->value == POLICY_VALUE_RANGE)
		return add_span(spans, object->addr, object->last);
	return 0;
}

/* @both: `any` is of both families. */
static int add_any(struct spans *spans, const struct policy_addr *addr, bool both)
{
	int err = 0;

	if (addr->kind != POLICY_ADDR_ANY6)
		err = add_network(spans, policy_ip_from_v4(0), policy_mask_from_v4(0));
	if (!err &&
	    (addr->kind == POLICY_ADDR_ANY6 || (addr->kind == POLICY_ADDR_ANY && both)))
		err = add_network(spans, 0, 0);
	return err;
}

static int add_addr(const struct policy *policy, struct spans *spans,
		    const struct policy_addr *addr, unsigned int depth);

static int add_group(const struct policy *policy, struct spans *spans,
		     const struct policy_group *group, unsigned int depth)
{
	int err = 0;

	if (depth >= MAX_DEPTH)
		return -E2BIG;
	for (size_t i = 0; !err && i < group->members.count; i++) {
		const struct policy_member *member = &group->members.items[i];

		if (++spans->n_visits > MAX_VISITS)
			return -E2BIG;
		if (member->kind == POLICY_MEMBER_GROUP)
			err = add_group(policy, spans, &policy->groups.items[member->ref],
					depth + 1);
		else if (member->kind == POLICY_MEMBER_ADDR)
			err = add_addr(policy, spans, &member->addr, depth + 1);
	}
	return err;
}

static int add_addr(const struct policy *policy, struct spans *spans,
		    const struct policy_addr *addr, unsigned int depth)
{
	struct policy_addr own;
	int err;

	switch (addr->kind) {
	case POLICY_ADDR_ANY:
	case POLICY_ADDR_ANY4:
	case POLICY_ADDR_ANY6:
		return add_any(spans, addr, policy->any_is_both);
	case POLICY_ADDR_NET:
		return add_network(spans, addr->addr, addr->mask);
	case POLICY_ADDR_OBJECT:
		return add_object(spans, &policy->objects.items[addr->ref]);
	case POLICY_ADDR_GROUP:
		return add_group(policy, spans, &policy->groups.items[addr->ref], depth);
	case POLICY_ADDR_IFACE:
		err = policy_nat_settle(policy, addr, &own);
		return err ? err : add_network(spans, own.addr, own.mask);
	}
	return 0;
}

int policy_nat_settle(const struct policy *policy, const struct policy_addr *addr,
		      struct policy_addr *out)
{
	const struct policy_iface *iface;

	*out = *addr;
	if (addr->kind != POLICY_ADDR_IFACE)
		return 0;
	iface = &policy->ifaces.items[addr->ref];
	if (!iface->has_address)
		return -EADDRNOTAVAIL;
	*out = (struct policy_addr){
		.addr = policy_ip_from_v4(iface->address),
		.mask = POLICY_IP_ONES,
		.ref = POLICY_NO_OBJECT,
		.kind = POLICY_ADDR_NET,
	};
	return 0;
}

/* How many addresses, at most UINT64_MAX. */
static uint64_t count_addresses(const struct spans *spans)
{
	uint64_t total = 0;

	for (size_t i = 0; i < spans->items.count; i++) {
		policy_ip more = spans->items.items[i].last - spans->items.items[i].first;

		if (more >= UINT64_MAX - total)
			return UINT64_MAX;
		total += (uint64_t)more + 1;
	}
	return total;
}

/* ---- pairs -------------------------------------------------------------- */

/* Where in a sequence of spans the pairing stands. */
struct cursor {
	const struct span *span;
	const struct span *end;
	policy_ip at;
};

static struct cursor cursor_new(const struct spans *spans)
{
	return (struct cursor){spans->items.items,
			       spans->items.items + spans->items.count,
			       spans->items.count ? spans->items.items[0].first : 0};
}

/* @more: addresses to pass, less one; they are within the span. */
static void advance(struct cursor *cursor, policy_ip more)
{
	if (cursor->at + more != cursor->span->last) {
		cursor->at += more + 1;
		return;
	}
	if (++cursor->span != cursor->end)
		cursor->at = cursor->span->first;
}

/* The widest mask of networks that begin at both and end within @left more. */
static policy_ip widest_mask(policy_ip a, policy_ip b, policy_ip left)
{
	policy_ip host = 0; /* bits of hosts */

	while (host != POLICY_IP_ONES) {
		policy_ip next = host << 1 | 1;

		if (((a | b) & next) || next > left)
			break;
		host = next;
	}
	return ~host;
}

static int add_piece(struct policy_nat_pieces *out, policy_ip real, policy_ip mapped,
		     policy_ip mask)
{
	struct policy_nat_piece *piece;

	if (out->items.count >= POLICY_MAX_NAT_PIECES)
		return -E2BIG;
	piece = vec_push(&out->items);
	if (!piece)
		return -ENOMEM;
	*piece = (struct policy_nat_piece){real, mapped, mask};
	out->identity = out->identity && real == mapped;
	return 0;
}

static int pair(const struct spans *real_spans, const struct spans *mapped_spans,
		struct policy_nat_pieces *out)
{
	struct cursor real = cursor_new(real_spans);
	struct cursor mapped = cursor_new(mapped_spans);

	while (real.span != real.end && mapped.span != mapped.end) {
		policy_ip left = real.span->last - real.at;
		policy_ip mapped_left = mapped.span->last - mapped.at;
		policy_ip mask;
		int err;

		if (policy_ip_is_v4(real.span->first) !=
		    policy_ip_is_v4(mapped.span->first))
			return -EAFNOSUPPORT;
		if (mapped_left < left)
			left = mapped_left;
		mask = widest_mask(real.at, mapped.at, left);
		err = add_piece(out, real.at, mapped.at, mask);
		if (err)
			return err;
		advance(&real, ~mask);
		advance(&mapped, ~mask);
	}
	return real.span == real.end && mapped.span == mapped.end ? 0 : -EDOM;
}

int policy_nat_pair(const struct policy *policy, const struct policy_addr *real,
		    const struct policy_addr *mapped, struct policy_nat_pieces *out)
{
	struct spans real_spans cleanup_(spans_free) = {.n_visits = 0};
	struct spans mapped_spans cleanup_(spans_free) = {.n_visits = 0};
	int err = add_addr(policy, &real_spans, real, 0);

	if (!err)
		err = add_addr(policy, &mapped_spans, mapped, 0);
	if (err)
		return err;
	out->n_real = count_addresses(&real_spans);
	out->n_mapped = count_addresses(&mapped_spans);
	out->identity = true;
	return pair(&real_spans, &mapped_spans, out);
}

/* ---- ports -------------------------------------------------------------- */

unsigned int policy_port_range(const struct policy_ports *ports, uint16_t *first)
{
	*first = ports->low;
	switch (ports->op) {
	case POLICY_PORT_EQ:
		return 1;
	case POLICY_PORT_RANGE:
		return ports->high - ports->low + 1u;
	case POLICY_PORT_LT:
		*first = 0;
		return ports->low;
	case POLICY_PORT_GT:
		*first = (uint16_t)(ports->low + 1);
		return (unsigned int)UINT16_MAX - ports->low;
	case POLICY_PORT_ANY:
	case POLICY_PORT_NEQ:
	case POLICY_PORT_GROUP:
		break;
	}
	return 0;
}

static bool same_ports(const struct policy_ports *a, const struct policy_ports *b)
{
	return a->op == b->op && a->low == b->low && a->high == b->high;
}

/* Ports that differ are translated if they are as many. */
static int set_ports(struct policy_nat_ports *out, const struct policy_ports *real,
		     const struct policy_ports *mapped)
{
	uint16_t first;
	unsigned int n = policy_port_range(real, &first);

	out->real = *real;
	out->mapped = *mapped;
	out->translated = !same_ports(real, mapped);
	if (out->translated && (!n || n != policy_port_range(mapped, &first)))
		return -EDOM;
	return 0;
}

static bool same_service(const struct policy_service_term *a,
			 const struct policy_service_term *b)
{
	return a->any_proto == b->any_proto && a->proto == b->proto &&
	       a->tcp_udp == b->tcp_udp && a->icmp == b->icmp &&
	       (a->icmp == POLICY_ICMP_ANY || a->icmp_type == b->icmp_type) &&
	       (a->icmp != POLICY_ICMP_TYPE_CODE || a->icmp_code == b->icmp_code);
}

int policy_nat_services(const struct policy *policy, const struct policy_nat *nat,
			bool of_peer, struct policy_nat_ports *out)
{
	const struct policy_service_term *arrives, *leaves;

	*out = (struct policy_nat_ports){.any_proto = true};
	if (nat->service_real == POLICY_NO_OBJECT)
		return 0;
	arrives = &policy->objects.items[nat->service_real].service;
	leaves = &policy->objects.items[nat->service_mapped].service;
	if (!same_service(arrives, leaves) || arrives->tcp_udp ||
	    arrives->icmp != POLICY_ICMP_ANY)
		return -EDOM;
	out->any_proto = arrives->any_proto;
	out->proto = arrives->proto;
	if (of_peer) {
		out->peer = arrives->src_ports;
		return set_ports(out, &leaves->dst_ports, &arrives->dst_ports);
	}
	out->peer = leaves->dst_ports;
	return set_ports(out, &arrives->src_ports, &leaves->src_ports);
}
