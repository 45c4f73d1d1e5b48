// SPDX-License-Identifier: GPL-2.0
/*
 * reduce.c - the same set in fewer words.
 *
 * Why it exists: people write a network beside hosts of it, and ranges of ports
 * one after the other. What is said twice would be looked up twice; and two sets
 * of addresses are equal exactly if their reduced lists are, which is how classes
 * know them again.
 *
 * Prefixes are aggregated as routes are (RFC 4632, section 5).
 */
#include <stdlib.h>

#include "acl/internal.h"

/* ---- prefixes ---- */

/* Ascending addresses, and of equal ones the wider prefix first: what contains a
 * prefix stands before it. */
static int prefix_order(const void *left, const void *right)
{
	const struct acl_prefix *a = left, *b = right;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return (int)a->len - (int)b->len;
}

/* The prefix with its last `bits` bits cleared; bits is 0..128. */
static struct acl_prefix widen(struct acl_prefix prefix, unsigned int bits)
{
	if (bits >= 64) {
		prefix.low = 0;
		prefix.high = bits == 128 ? 0 : prefix.high >> (bits - 64) << (bits - 64);
	} else {
		prefix.low = prefix.low >> bits << bits;
	}
	return prefix;
}

static unsigned int host_bits(const struct acl_prefix *prefix, unsigned int len)
{
	return (prefix->family == ACL_IPV4 ? 32 : 128) - len;
}

static bool prefix_contains(const struct acl_prefix *outer,
			    const struct acl_prefix *inner)
{
	struct acl_prefix cut = widen(*inner, host_bits(outer, outer->len));

	return outer->family == inner->family && outer->len <= inner->len &&
	       cut.high == outer->high && cut.low == outer->low;
}

/* Two different prefixes of one length are halves of a whole if cutting one more
 * bit off the second yields the first. */
static bool prefix_halves(const struct acl_prefix *first, const struct acl_prefix *second)
{
	struct acl_prefix whole;

	if (first->family != second->family || first->len != second->len || !first->len)
		return false;
	whole = widen(*second, host_bits(second, second->len - 1u));
	return whole.high == first->high && whole.low == first->low;
}

size_t acl_prefixes_reduce(struct acl_prefix *prefixes, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(prefixes, n, sizeof(*prefixes), prefix_order);
	for (size_t i = 0; i < n; i++) {
		if (kept && prefix_contains(&prefixes[kept - 1], &prefixes[i]))
			continue;
		prefixes[kept++] = prefixes[i];
		/* A whole may be a half in its turn. */
		while (kept > 1 &&
		       prefix_halves(&prefixes[kept - 2], &prefixes[kept - 1])) {
			kept--;
			prefixes[kept - 1].len--;
		}
	}
	return kept;
}

/* ---- services ---- */

#define MAX_PORT 65535

/* Any protocol first, no condition first, then ascending ports, and the wider range
 * first. */
static int service_order(const void *left, const void *right)
{
	const struct acl_service *a = left, *b = right;
	const int differences[] = {
		(int)b->any_proto - a->any_proto,
		(int)a->proto - b->proto,
		(int)a->cond - b->cond,
		(int)a->src_port_low - b->src_port_low,
		(int)b->src_port_high - a->src_port_high,
		(int)a->dst_port_low - b->dst_port_low,
		(int)b->dst_port_high - a->dst_port_high,
	};

	for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]); i++)
		if (differences[i])
			return differences[i];
	return 0;
}

static bool service_names_ports(const struct acl_service *s)
{
	return s->src_port_low || s->dst_port_low || s->src_port_high != MAX_PORT ||
	       s->dst_port_high != MAX_PORT;
}

/* Without a condition it contains what it contains whatever that one's condition:
 * what has no ports (`fragments`) spans all of them and fits into nothing less. */
static bool service_contains(const struct acl_service *outer,
			     const struct acl_service *inner)
{
	if (!outer->any_proto && (inner->any_proto || outer->proto != inner->proto))
		return false;
	return (!outer->cond || outer->cond == inner->cond) &&
	       outer->src_port_low <= inner->src_port_low &&
	       outer->src_port_high >= inner->src_port_high &&
	       outer->dst_port_low <= inner->dst_port_low &&
	       outer->dst_port_high >= inner->dst_port_high;
}

/* Drop what is within another. In order, what contains a service stands before it. */
static size_t drop_contained(struct acl_service *services, size_t n)
{
	size_t kept = 0;

	qsort(services, n, sizeof(*services), service_order);
	for (size_t i = 0; i < n; i++) {
		size_t j = 0;

		while (j < kept && !service_contains(&services[j], &services[i]))
			j++;
		if (j == kept)
			services[kept++] = services[i];
	}
	return kept;
}

/*
 * Widen `a` by `b`, which follows it, if that is the same set: same source ports,
 * and destination ports that overlap or touch. But what names ports never matches
 * a later fragment, and what names none does: parts do not become the whole.
 */
static bool service_join(struct acl_service *a, const struct acl_service *b)
{
	struct acl_service joined = *a;

	if (a->any_proto || b->any_proto || a->proto != b->proto || a->cond != b->cond ||
	    a->src_port_low != b->src_port_low || a->src_port_high != b->src_port_high ||
	    b->dst_port_low > (uint32_t)a->dst_port_high + 1)
		return false;
	if (joined.dst_port_high < b->dst_port_high)
		joined.dst_port_high = b->dst_port_high;
	if (!service_names_ports(&joined) && service_names_ports(a))
		return false;
	*a = joined;
	return true;
}

/* Join neighbours along the destination ports. */
static size_t join_neighbours(struct acl_service *services, size_t n)
{
	size_t kept = 0;

	qsort(services, n, sizeof(*services), service_order);
	for (size_t i = 0; i < n; i++)
		if (!kept || !service_join(&services[kept - 1], &services[i]))
			services[kept++] = services[i];
	return kept;
}

/* Exchange the parts of source and destination. */
static void turn_services(struct acl_service *services, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct acl_service *s = &services[i];
		const struct acl_service was = *s;

		s->src_port_low = was.dst_port_low;
		s->src_port_high = was.dst_port_high;
		s->dst_port_low = was.src_port_low;
		s->dst_port_high = was.src_port_high;
	}
}

static void normalize_any_proto(struct acl_service *services, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct acl_service *s = &services[i];

		if (s->any_proto)
			*s = (struct acl_service){
				.src_port_high = MAX_PORT,
				.dst_port_high = MAX_PORT,
				.any_proto = true,
				.cond = s->cond,
			};
	}
}

size_t acl_services_reduce(struct acl_service *services, size_t n)
{
	size_t before;

	if (!n)
		return 0;
	normalize_any_proto(services, n);
	do {
		before = n;
		n = join_neighbours(services, n);
		turn_services(services, n);
		n = join_neighbours(services, n);
		turn_services(services, n);
		n = drop_contained(services, n);
	} while (n < before);
	return n;
}
