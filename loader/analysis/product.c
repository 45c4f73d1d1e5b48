// SPDX-License-Identifier: GPL-2.0
/*
 * product.c - products of sets, and packets out of them. See space.h.
 */
#include <netinet/in.h>

#include "analysis/space.h"

#define TCP_SYN 2u

static bool services_have(const struct service_set *set, const struct point *point)
{
	unsigned int kind = point->later ? SPACE_LATER : SPACE_WHOLE;

	for (uint32_t i = 0; i < set->n; i++) {
		const struct service_box *box = &set->items[i];

		if (point->proto >= box->proto_low && point->proto <= box->proto_high &&
		    point->dst_port >= box->dst_port_low &&
		    point->dst_port <= box->dst_port_high &&
		    point->src_port >= box->src_port_low &&
		    point->src_port <= box->src_port_high && (box->kinds & kind) &&
		    (box->flags >> (point->tcp_flags & 63) & 1))
			return true;
	}
	return false;
}

bool product_has(const struct product *p, const struct point *point)
{
	return services_have(&p->services, point) && span_set_has(&p->dst, point->dst) &&
	       span_set_has(&p->src, point->src);
}

bool product_within(struct scratch *scratch, const struct product *inner,
		    const struct product *outer)
{
	return product_is_empty(inner) ||
	       (span_set_within(&inner->dst, &outer->dst) &&
		span_set_within(&inner->src, &outer->src) &&
		service_set_within(scratch, &inner->services, &outer->services));
}

bool product_meets(const struct product *a, const struct product *b)
{
	return span_set_meets(&a->dst, &b->dst) && span_set_meets(&a->src, &b->src) &&
	       service_set_meets(&a->services, &b->services);
}

struct product product_and(struct scratch *scratch, const struct product *a,
			   const struct product *b)
{
	return (struct product){
		span_set_and(scratch, &a->src, &b->src),
		span_set_and(scratch, &a->dst, &b->dst),
		service_set_and(scratch, &a->services, &b->services),
	};
}

/* Keep it unless it is empty. */
static size_t keep(struct product out[], size_t n, const struct product *p)
{
	if (product_is_empty(p))
		return n;
	out[n] = *p;
	return n + 1;
}

/*
 * (S x D x V) - (S' x D' x V') is, with S" = S & S' and D" = D & D',
 *   (S - S') x D x V,  S" x (D - D') x V,  S" x D" x (V - V')
 */
size_t product_minus(struct scratch *scratch, const struct product *a,
		     const struct product *b, struct product out[3])
{
	struct product rest = *a, part;
	size_t n = 0;

	if (!product_meets(a, b)) {
		out[0] = *a;
		return 1;
	}
	part = rest;
	part.src = span_set_minus(scratch, &a->src, &b->src);
	rest.src = span_set_and(scratch, &a->src, &b->src);
	n = keep(out, n, &part);
	part = rest;
	part.dst = span_set_minus(scratch, &a->dst, &b->dst);
	rest.dst = span_set_and(scratch, &a->dst, &b->dst);
	n = keep(out, n, &part);
	part = rest;
	part.services = service_set_minus(scratch, &a->services, &b->services);
	return keep(out, n, &part);
}

/* ---- packets ---- */

/* Steele, Lea, Flood 2014 (splitmix64). */
static uint64_t next_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static space_address some_address(const struct span_set *set, uint64_t *seed)
{
	const struct span *span = &set->items[next_random(seed) % set->n];
	space_address random = (space_address)next_random(seed) << 64 | next_random(seed);
	space_address size = span->high - span->low + 1; /* 0: all there are */

	return size ? span->low + random % size : random;
}

static uint16_t some_number(uint16_t low, uint16_t high, uint64_t *seed)
{
	return (uint16_t)(low + next_random(seed) % ((uint32_t)high - low + 1));
}

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

static bool has_types(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/* What a packet of its protocol and kind cannot have is 0, which the box has: see
 * struct service_box. */
static struct point settle(struct point point)
{
	if (point.later || !has_ports(point.proto))
		point.src_port = 0;
	if (point.later || (!has_ports(point.proto) && !has_types(point.proto)))
		point.dst_port = 0;
	if (point.later || point.proto != IPPROTO_TCP)
		point.tcp_flags = 0;
	return point;
}

/* Connections begin with SYN: that is what lists are asked, if it is in the set. */
static uint8_t usual_flags(uint64_t flags)
{
	return flags >> TCP_SYN & 1 ? TCP_SYN : (uint8_t)__builtin_ctzll(flags);
}

struct point product_some(const struct product *p, uint64_t seed)
{
	const struct service_box *box =
		&p->services.items[next_random(&seed) % p->services.n];
	struct point point = {
		.src = some_address(&p->src, &seed),
		.dst = some_address(&p->dst, &seed),
		.src_port = some_number(box->src_port_low, box->src_port_high, &seed),
		.dst_port = some_number(box->dst_port_low, box->dst_port_high, &seed),
		.proto = (uint8_t)some_number(box->proto_low, box->proto_high, &seed),
		.tcp_flags = usual_flags(box->flags),
		.later = !(box->kinds & SPACE_WHOLE),
	};

	return settle(point);
}

/* ---- packets for people ---- */

static space_address nice_address(const struct span_set *set, const space_address *tastes,
				  uint32_t n)
{
	const struct span *span = &set->items[0];

	for (uint32_t i = 0; i < n; i++)
		if (span_set_has(set, tastes[i]))
			return tastes[i];
	/* The first address of a network names the network. */
	return span->high > span->low ? span->low + 1 : span->low;
}

/* Of the protocols in a box the one that says most. */
static uint8_t nice_proto(const struct service_box *box)
{
	static const uint8_t tastes[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP,
					 IPPROTO_ICMPV6};

	for (size_t i = 0; i < sizeof(tastes); i++)
		if (tastes[i] >= box->proto_low && tastes[i] <= box->proto_high)
			return tastes[i];
	return box->proto_low;
}

static uint16_t nice_port(uint16_t low, uint16_t high, const uint16_t *tastes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tastes[i] >= low && tastes[i] <= high)
			return tastes[i];
	return low;
}

struct point product_example(const struct product *p, const struct point_taste *taste)
{
	static const struct point_taste none;
	static const uint16_t clients[] = {40000, 1024}, servers[] = {80, 22, 53};
	static const uint16_t echo = 8 << 8, echo6 = 128 << 8; /* type and code */
	const struct service_box *box = &p->services.items[0];
	struct point point = {0};

	for (uint32_t i = 1; i < p->services.n && !(box->kinds & SPACE_WHOLE); i++)
		box = &p->services.items[i];
	taste = taste ? taste : &none;
	point.proto = nice_proto(box);
	point.src = nice_address(&p->src, taste->src, taste->n_src);
	point.dst = nice_address(&p->dst, taste->dst, taste->n_dst);
	point.src_port = nice_port(box->src_port_low, box->src_port_high, clients, 2);
	point.dst_port = nice_port(box->dst_port_low, box->dst_port_high, servers, 3);
	if (has_types(point.proto))
		point.dst_port = nice_port(box->dst_port_low, box->dst_port_high,
					   point.proto == IPPROTO_ICMP ? &echo : &echo6,
					   1);
	point.tcp_flags = usual_flags(box->flags);
	point.later = !(box->kinds & SPACE_WHOLE);
	return settle(point);
}
