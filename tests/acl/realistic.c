// SPDX-License-Identifier: GPL-2.0
/*
 * realistic.c - lists that look like those of the field: acl, fw, ipc.
 *
 * Addresses come from a few networks, some far more often than others. A prefix is
 * one that the list has already, or nested in or around one, or new. Narrow lines
 * tend to stand before wide ones, as people write them.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "tests/acl/draw.h"
#include "util/vec.h"

enum port_class {
	PORTS_ANY,
	PORTS_HIGH,
	PORTS_LOW,
	PORTS_RANGE,
	PORTS_EXACT,
	PORTS_NEQ,
	N_PORT_CLASSES
};
enum proto_class {
	PROTO_TCP,
	PROTO_UDP,
	PROTO_ICMP,
	PROTO_IP,
	PROTO_OTHER,
	N_PROTO_CLASSES
};
/* Steps of IPv4 prefix lengths, and what IPv6 has in their place. */
enum { N_STEPS = 12 };

static const uint8_t step_len[ACL_N_FAMILIES][N_STEPS] = {
	{0, 8, 12, 16, 19, 22, 24, 26, 28, 29, 30, 32},
	{0, 20, 28, 32, 36, 44, 48, 56, 60, 64, 126, 128},
};

/* Weights, of any sum. */
struct mix {
	uint8_t src[N_STEPS];
	uint8_t dst[N_STEPS];
	uint8_t src_ports[N_PORT_CLASSES];
	uint8_t dst_ports[N_PORT_CLASSES];
	uint8_t protos[N_PROTO_CLASSES];
	uint8_t shared; /* percent of prefixes that the list has already */
	uint8_t nested; /* percent that are made from one of another length */
	uint8_t permit; /* percent */
};

static const struct mix mixes[GEN_N_REALISTIC] =
	{
		[GEN_ACL] =
			{
				.src = {22, 3, 1, 9, 5, 6, 18, 4, 4, 2, 2, 24},
				.dst = {2, 0, 1, 4, 3, 4, 16, 7, 9, 5, 4, 45},
				.src_ports = {98, 1, 0, 0, 1, 0},
				.dst_ports = {14, 4, 1, 12, 68, 1},
				.protos = {68, 19, 4, 7, 2},
				.shared = 45,
				.nested = 35,
				.permit = 70,
			},
		[GEN_FW] =
			{
				.src = {34, 2, 1, 8, 3, 4, 14, 3, 3, 2, 2, 24},
				.dst = {28, 2, 1, 7, 3, 4, 16, 4, 4, 2, 2, 27},
				.src_ports = {56, 16, 2, 13, 13, 0},
				.dst_ports = {30, 12, 2, 16, 39, 1},
				.protos = {55, 25, 6, 10, 4},
				.shared = 40,
				.nested = 30,
				.permit = 55,
			},
		[GEN_IPC] =
			{
				.src = {12, 2, 1, 8, 4, 5, 20, 5, 5, 3, 3, 32},
				.dst = {10, 1, 1, 8, 4, 5, 20, 5, 6, 3, 3, 34},
				.src_ports = {80, 8, 1, 4, 7, 0},
				.dst_ports = {30, 6, 1, 10, 52, 1},
				.protos = {52, 24, 6, 14, 4},
				.shared = 50,
				.nested = 35,
				.permit = 60,
			},
};

/* What the list has drawn so far, by step, so that a prefix can be drawn again. */
struct pool {
	VEC(struct acl_prefix) drawn[N_STEPS];
	struct acl_prefix *networks;
	uint32_t n_networks;
};

struct maker {
	struct rng rng;
	struct mix mix;
	struct pool src;
	struct pool dst;
	enum acl_family family;
	bool ends_with_any;
};

static uint32_t draw_weighted(struct rng *rng, const uint8_t *weights, uint32_t n)
{
	uint32_t sum = 0, left;

	for (uint32_t i = 0; i < n; i++)
		sum += weights[i];
	left = rng_below(rng, sum);
	for (uint32_t i = 0; i < n; i++) {
		if (left < weights[i])
			return i;
		left -= weights[i];
	}
	return n - 1;
}

/* The five variants: the mix itself, and four that lean to one side. */
static void lean(struct mix *mix, uint64_t seed)
{
	switch (seed % 5) {
	case 1: /* servers */
		mix->dst[N_STEPS - 1] += 60;
		mix->dst_ports[PORTS_EXACT] += 40;
		break;
	case 2: /* networks among one another */
		for (int i = 3; i < N_STEPS - 1; i++) {
			mix->src[i] *= 3;
			mix->dst[i] *= 3;
		}
		mix->protos[PROTO_IP] += 20;
		break;
	case 3: /* the world comes in */
		mix->src[0] += 50;
		mix->nested = 10;
		break;
	case 4: /* ranges */
		mix->src_ports[PORTS_RANGE] += 10;
		mix->dst_ports[PORTS_RANGE] += 30;
		mix->dst_ports[PORTS_HIGH] += 10;
		break;
	default:
		break;
	}
}

static int pool_init(struct pool *pool, struct rng *rng, enum acl_family family,
		     size_t n_lines)
{
	struct acl_prefix all =
		prefix_make(family, 0x2000ull << 48, 0, family == ACL_IPV4 ? 0 : 3);

	pool->n_networks = (uint32_t)(4 + n_lines / 50);
	pool->networks = calloc(pool->n_networks, sizeof(*pool->networks));
	if (!pool->networks)
		return -ENOMEM;
	for (uint32_t i = 0; i < pool->n_networks; i++) {
		if (family == ACL_IPV4) /* below 224.0.0.0 */
			all = prefix_make(family, 0,
					  (uint64_t)rng_between(rng, 1, 223) << 24, 8);
		pool->networks[i] = prefix_resize(
			rng, &all, step_len[family][rng_between(rng, 1, 4)]);
	}
	return 0;
}

static void pool_free(struct pool *pool)
{
	for (int step = 0; step < N_STEPS; step++)
		vec_free(&pool->drawn[step]);
	free(pool->networks);
}

/* One that the pool has of this step; it has one. */
static const struct acl_prefix *draw_again(struct rng *rng, const struct pool *pool,
					   uint32_t step)
{
	return &pool->drawn[step]
			.items[rng_below(rng, (uint32_t)pool->drawn[step].count)];
}

/* One that the pool has of some step. NULL: none was found. */
static const struct acl_prefix *draw_other(struct rng *rng, const struct pool *pool)
{
	for (int tries = 0; tries < 4; tries++) {
		uint32_t step = rng_between(rng, 1, N_STEPS - 1);

		if (pool->drawn[step].count)
			return draw_again(rng, pool, step);
	}
	return NULL;
}

static struct acl_prefix draw_new(struct rng *rng, const struct pool *pool,
				  enum acl_family family, unsigned int len)
{
	uint32_t network = rng_below(rng, rng_between(rng, 1, pool->n_networks));
	struct acl_prefix prefix = prefix_resize(rng, &pool->networks[network], len);

	/* Most hosts of IPv6 were numbered by hand. */
	if (family == ACL_IPV6 && len > 64 && rng_chance(rng, 70))
		prefix = prefix_make(family, prefix.high, prefix.low & 0xfff, len);
	return prefix;
}

static struct acl_prefix draw_prefix(struct maker *maker, struct pool *pool,
				     const uint8_t *weights)
{
	struct rng *rng = &maker->rng;
	uint32_t step = draw_weighted(rng, weights, N_STEPS);
	unsigned int len = step_len[maker->family][step];
	uint32_t how = rng_below(rng, 100);
	const struct acl_prefix *other = NULL;
	struct acl_prefix prefix, *again;

	if (!step)
		return prefix_make(maker->family, 0, 0, 0);
	if (how < maker->mix.shared && pool->drawn[step].count)
		return *draw_again(rng, pool, step);
	if (how < maker->mix.shared + maker->mix.nested)
		other = draw_other(rng, pool);
	prefix = other ? prefix_resize(rng, other, len)
		       : draw_new(rng, pool, maker->family, len);
	again = vec_push(&pool->drawn[step]);
	if (again)
		*again = prefix;
	return prefix;
}

static void draw_ports(struct rng *rng, enum port_class class, uint16_t *low,
		       uint16_t *high)
{
	*low = 0;
	*high = PORT_MAX;
	switch (class) {
	case PORTS_HIGH:
		*low = 1024;
		break;
	case PORTS_LOW:
		*high = 1023;
		break;
	case PORTS_RANGE:
		port_range(rng, low, high);
		break;
	case PORTS_EXACT:
	case PORTS_NEQ:
		*low = *high = port_common(rng);
		break;
	default:
		break;
	}
}

/* service, but its destination port: two services */
static void set_neq(struct gen_set *set, size_t i)
{
	struct acl_line *line = &set->lines[i];
	struct acl_service *below = &set->services[2 * i];
	struct acl_service *above = below + 1;
	uint16_t port = below->dst_port_low;

	if (!port || port == PORT_MAX)
		return;
	*above = *below;
	below->dst_port_low = 0;
	below->dst_port_high = port - 1;
	above->dst_port_low = port + 1;
	above->dst_port_high = PORT_MAX;
	line->n_services = 2;
}

static struct acl_service draw_service(struct maker *maker, enum port_class *dst_class)
{
	static const uint8_t others[] = {IPPROTO_GRE, IPPROTO_ESP, IPPROTO_AH,
					 88,	      89,	   103};
	struct rng *rng = &maker->rng;
	enum proto_class class = draw_weighted(rng, maker->mix.protos, N_PROTO_CLASSES);
	struct acl_service service = service_ip();

	*dst_class = PORTS_ANY;
	if (class == PROTO_ICMP)
		return service_icmp(rng, maker->family);
	if (class == PROTO_IP)
		return service;
	service.any_proto = false;
	service.proto = class == PROTO_TCP   ? IPPROTO_TCP
			: class == PROTO_UDP ? IPPROTO_UDP
					     : others[rng_below(rng, sizeof(others))];
	if (class == PROTO_OTHER)
		return service;
	*dst_class = draw_weighted(rng, maker->mix.dst_ports, N_PORT_CLASSES);
	draw_ports(rng, draw_weighted(rng, maker->mix.src_ports, N_PORT_CLASSES),
		   &service.src_port_low, &service.src_port_high);
	draw_ports(rng, *dst_class, &service.dst_port_low, &service.dst_port_high);
	return service;
}

static void draw_line(struct maker *maker, struct gen_set *set, size_t i)
{
	struct acl_prefix src = draw_prefix(maker, &maker->src, maker->mix.src);
	struct acl_prefix dst = draw_prefix(maker, &maker->dst, maker->mix.dst);
	enum port_class dst_class;
	struct acl_service service = draw_service(maker, &dst_class);

	/* Lines that are any on all sides stand at the end, if at all. */
	while (!src.len && !dst.len &&
	       (service.any_proto || rng_chance(&maker->rng, 97))) {
		src = draw_prefix(maker, &maker->src, maker->mix.src);
		dst = draw_prefix(maker, &maker->dst, maker->mix.dst);
	}
	set_line(set, i, src, dst, service, rng_chance(&maker->rng, maker->mix.permit));
	if (dst_class == PORTS_NEQ)
		set_neq(set, i);
}

struct place {
	uint32_t rank;
	uint32_t line;
};

static int place_compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* Wide lines to the end, roughly. */
static int set_sort(struct gen_set *set, struct rng *rng)
{
	struct place *places = calloc(set->n_lines, sizeof(*places));
	struct acl_line *sorted = calloc(set->n_lines, sizeof(*sorted));
	uint32_t bits = family_bits(set->family);
	int err = places && sorted ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < set->n_lines; i++) {
		const struct acl_line *line = &set->lines[i];
		uint32_t open = 2 * bits - line->src->len - line->dst->len;

		places[i].rank = open + rng_below(rng, bits);
		places[i].line = (uint32_t)i;
	}
	if (!err) {
		qsort(places, set->n_lines, sizeof(*places), place_compare);
		for (size_t i = 0; i < set->n_lines; i++) {
			sorted[i] = set->lines[places[i].line];
			sorted[i].number = (uint32_t)i;
		}
		free(set->lines);
		set->lines = sorted;
		sorted = NULL;
	}
	free(places);
	free(sorted);
	return err;
}

/* The last line becomes that which many people write there. */
static void set_last_any(struct gen_set *set)
{
	struct acl_line *line = &set->lines[set->n_lines - 1];
	size_t i = (size_t)(line->services - set->services) / 2; /* as it was drawn */

	set->prefixes[2 * i] = prefix_make(set->family, 0, 0, 0);
	set->prefixes[2 * i + 1] = prefix_make(set->family, 0, 0, 0);
	set->services[2 * i] = service_ip();
	line->n_services = 1;
	line->permit = false;
}

static int make(struct maker *maker, struct gen_set *set, size_t n_lines)
{
	int err = set_alloc(set, maker->family, n_lines, 0, 0);

	if (!err)
		err = pool_init(&maker->src, &maker->rng, maker->family, n_lines);
	if (!err)
		err = pool_init(&maker->dst, &maker->rng, maker->family, n_lines);
	if (err)
		return err;
	for (size_t i = 0; i < n_lines; i++)
		draw_line(maker, set, i);
	err = set_sort(set, &maker->rng);
	if (!err && maker->ends_with_any)
		set_last_any(set);
	return err;
}

int gen_realistic(struct gen_set *set, enum gen_kind kind, enum acl_family family,
		  size_t n_lines, uint64_t seed)
{
	struct maker maker = {
		.rng = rng_of(kind, seed),
		.mix = mixes[kind],
		.family = family,
		.ends_with_any = n_lines > 4 && seed & 1,
	};
	int err;

	lean(&maker.mix, seed);
	err = make(&maker, set, n_lines);
	pool_free(&maker.src);
	pool_free(&maker.dst);
	return err;
}
