// SPDX-License-Identifier: GPL-2.0
/*
 * service.c - sets of services as boxes. See space.h; what a service matches is in
 * acl.h and abi_acl.h.
 */
#include <string.h>

#include "analysis/space.h"

#define MAX_PORT  65535u
#define MAX_PROTO 255u
#define ALL_FLAGS (~0ull)
#define N_FLAGS	  64u /* numbers that six flags make */

/* ---- one box ---- */

/* The numbers of flags for which a condition holds. */
static uint64_t flags_of(uint16_t cond)
{
	unsigned int set = ACL_COND_SET(cond), clear = ACL_COND_CLEAR(cond);
	uint64_t numbers = 0;

	if (!set && !clear)
		return ALL_FLAGS;
	for (unsigned int f = 0; f < N_FLAGS; f++) {
		bool all = (f & set) == set && !(f & clear);
		bool some = (f & set) || (~f & clear);

		if (cond & ACL_COND_ANY ? some : all)
			numbers |= 1ull << f;
	}
	return numbers;
}

struct service_box service_box_of(const struct acl_service *service)
{
	struct service_box box = {
		.flags = flags_of(service->cond),
		.src_port_high = MAX_PORT,
		.dst_port_high = MAX_PORT,
		.proto_high = MAX_PROTO,
		.kinds = SPACE_WHOLE | SPACE_LATER,
	};

	if (!service->any_proto) {
		box.proto_low = box.proto_high = service->proto;
		box.src_port_low = service->src_port_low;
		box.src_port_high = service->src_port_high;
		box.dst_port_low = service->dst_port_low;
		box.dst_port_high = service->dst_port_high;
	}
	if (box.src_port_low || box.dst_port_low || box.src_port_high != MAX_PORT ||
	    box.dst_port_high != MAX_PORT || ACL_COND_SET(service->cond) ||
	    ACL_COND_CLEAR(service->cond))
		box.kinds &= ~SPACE_LATER;
	if (service->cond & ACL_COND_FRAGMENTS)
		box.kinds &= ~SPACE_WHOLE;
	return box;
}

static bool box_meets(const struct service_box *a, const struct service_box *b)
{
	return a->proto_low <= b->proto_high && b->proto_low <= a->proto_high &&
	       a->dst_port_low <= b->dst_port_high &&
	       b->dst_port_low <= a->dst_port_high &&
	       a->src_port_low <= b->src_port_high &&
	       b->src_port_low <= a->src_port_high && (a->kinds & b->kinds) &&
	       (a->flags & b->flags);
}

static bool box_within(const struct service_box *inner, const struct service_box *outer)
{
	return inner->proto_low >= outer->proto_low &&
	       inner->proto_high <= outer->proto_high &&
	       inner->dst_port_low >= outer->dst_port_low &&
	       inner->dst_port_high <= outer->dst_port_high &&
	       inner->src_port_low >= outer->src_port_low &&
	       inner->src_port_high <= outer->src_port_high &&
	       !(inner->kinds & ~outer->kinds) && !(inner->flags & ~outer->flags);
}

#define GREATER(x, y) ((x) > (y) ? (x) : (y))
#define LESSER(x, y)  ((x) < (y) ? (x) : (y))

/* Of boxes that meet. */
static struct service_box box_and(const struct service_box *a,
				  const struct service_box *b)
{
	return (struct service_box){
		.flags = a->flags & b->flags,
		.src_port_low = GREATER(a->src_port_low, b->src_port_low),
		.src_port_high = LESSER(a->src_port_high, b->src_port_high),
		.dst_port_low = GREATER(a->dst_port_low, b->dst_port_low),
		.dst_port_high = LESSER(a->dst_port_high, b->dst_port_high),
		.proto_low = GREATER(a->proto_low, b->proto_low),
		.proto_high = LESSER(a->proto_high, b->proto_high),
		.kinds = a->kinds & b->kinds,
	};
}

/* Cut off what is beyond [low, high] of one field, on both sides. */
#define CUT(out, n, rest, field, cut)                                       \
	do {                                                                \
		if ((rest).field##_low < (cut)->field##_low) {              \
			(out)[n] = (rest);                                  \
			(out)[(n)++].field##_high = (cut)->field##_low - 1; \
			(rest).field##_low = (cut)->field##_low;            \
		}                                                           \
		if ((rest).field##_high > (cut)->field##_high) {            \
			(out)[n] = (rest);                                  \
			(out)[(n)++].field##_low = (cut)->field##_high + 1; \
			(rest).field##_high = (cut)->field##_high;          \
		}                                                           \
	} while (0)

#define MAX_CUTS 8 /* one of kinds and of flags, two of each of the others */

/*
 * What of a box is outside of another, which it meets. The order keeps what space.h
 * says of boxes: kinds first, for later fragments have no ports to be cut; protocols
 * before ports and flags.
 */
static uint32_t box_minus(const struct service_box *box, const struct service_box *cut,
			  struct service_box out[MAX_CUTS])
{
	struct service_box rest = *box;
	uint32_t n = 0;

	if (rest.kinds & ~cut->kinds) {
		out[n] = rest;
		out[n++].kinds = rest.kinds & ~cut->kinds;
		rest.kinds &= cut->kinds;
	}
	CUT(out, n, rest, proto, cut);
	CUT(out, n, rest, dst_port, cut);
	CUT(out, n, rest, src_port, cut);
	if (rest.flags & ~cut->flags) {
		out[n] = rest;
		out[n++].flags = rest.flags & ~cut->flags;
	}
	return n;
}

/* ---- sets ---- */

struct service_set service_set_make(struct scratch *scratch,
				    const struct acl_service *services, uint32_t n)
{
	struct service_box *boxes = scratch_alloc(scratch, n * sizeof(*boxes));

	if (!boxes)
		return (struct service_set){0};
	for (uint32_t i = 0; i < n; i++)
		boxes[i] = service_box_of(&services[i]);
	return (struct service_set){boxes, n};
}

bool service_set_meets(const struct service_set *a, const struct service_set *b)
{
	for (uint32_t i = 0; i < a->n; i++)
		for (uint32_t j = 0; j < b->n; j++)
			if (box_meets(&a->items[i], &b->items[j]))
				return true;
	return false;
}

static bool box_within_one(const struct service_box *box, const struct service_set *set)
{
	for (uint32_t i = 0; i < set->n; i++)
		if (box_within(box, &set->items[i]))
			return true;
	return false;
}

struct service_set service_set_and(struct scratch *scratch, const struct service_set *a,
				   const struct service_set *b)
{
	struct service_box *out;
	uint32_t n = 0;

	if (a->n == 1 && box_within_one(a->items, b))
		return *a;
	for (uint32_t i = 0; i < a->n; i++)
		for (uint32_t j = 0; j < b->n; j++)
			n += box_meets(&a->items[i], &b->items[j]);
	out = scratch_alloc(scratch, n * sizeof(*out));
	if (!out)
		return (struct service_set){0};
	n = 0;
	for (uint32_t i = 0; i < a->n; i++)
		for (uint32_t j = 0; j < b->n; j++)
			if (box_meets(&a->items[i], &b->items[j]))
				out[n++] = box_and(&a->items[i], &b->items[j]);
	return (struct service_set){out, n};
}

/* A set without one box. */
static struct service_set without(struct scratch *scratch, const struct service_set *set,
				  const struct service_box *cut)
{
	struct service_box parts[MAX_CUTS], *out;
	uint32_t n_met = 0, n = 0;

	for (uint32_t i = 0; i < set->n; i++)
		n_met += box_meets(&set->items[i], cut);
	if (!n_met)
		return *set;
	out = scratch_alloc(scratch,
			    (set->n - n_met + (size_t)n_met * MAX_CUTS) * sizeof(*out));
	if (!out)
		return (struct service_set){0};
	for (uint32_t i = 0; i < set->n; i++) {
		uint32_t n_parts;

		if (!box_meets(&set->items[i], cut)) {
			out[n++] = set->items[i];
			continue;
		}
		n_parts = box_minus(&set->items[i], cut, parts);
		memcpy(out + n, parts, n_parts * sizeof(*out));
		n += n_parts;
	}
	return (struct service_set){out, n};
}

struct service_set service_set_minus(struct scratch *scratch, const struct service_set *a,
				     const struct service_set *b)
{
	struct service_set rest = *a;

	for (uint32_t i = 0; rest.n && i < b->n; i++)
		rest = without(scratch, &rest, &b->items[i]);
	return rest;
}

bool service_set_within(struct scratch *scratch, const struct service_set *inner,
			const struct service_set *outer)
{
	if (inner->items == outer->items && inner->n == outer->n)
		return true;
	for (uint32_t i = 0; i < inner->n; i++) {
		const struct service_set one = {&inner->items[i], 1};

		/* With one on the other side, nothing could be made up of parts. */
		if (!box_within_one(one.items, outer) &&
		    (outer->n == 1 || service_set_minus(scratch, &one, outer).n ||
		     scratch->failed))
			return false;
	}
	return true;
}
