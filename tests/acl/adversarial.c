// SPDX-License-Identifier: GPL-2.0
/*
 * adversarial.c - lists that nobody writes: each goes for one part of the
 * structure. products.c has those of sets.
 */
#include <errno.h>
#include <netinet/in.h>

#include "tests/acl/draw.h"

static struct acl_prefix any_of(enum acl_family family)
{
	return prefix_make(family, 0, 0, 0);
}

static struct acl_service exact(struct rng *rng, uint16_t dst_port)
{
	return service_ports(rng_chance(rng, 50) ? IPPROTO_TCP : IPPROTO_UDP, 0, PORT_MAX,
			     dst_port, dst_port);
}

static struct acl_service any_class(struct rng *rng)
{
	uint16_t src_low = 0, src_high = PORT_MAX, dst_low = 0, dst_high = PORT_MAX;

	if (rng_chance(rng, 10))
		return service_ip();
	if (rng_chance(rng, 30))
		port_range(rng, &src_low, &src_high);
	if (rng_chance(rng, 30))
		port_range(rng, &dst_low, &dst_high);
	else if (rng_chance(rng, 70))
		dst_low = dst_high = port_common(rng);
	return service_ports(rng_chance(rng, 60) ? IPPROTO_TCP : IPPROTO_UDP, src_low,
			     src_high, dst_low, dst_high);
}

/* Every pair of lengths, in an order as mixed as can be: a packet along the
 * addresses meets a table for each that merging leaves. */
static void fill_nested(struct gen_set *set, struct rng *rng, size_t i, bool permit,
			const struct acl_prefix *paths)
{
	unsigned int lens = family_bits(set->family) + 1;
	uint64_t pair = i * 7919 % ((uint64_t)lens * lens);
	size_t path = i / ((size_t)lens * lens) % 8;
	struct acl_prefix src = paths[2 * path], dst = paths[2 * path + 1];

	set_line(set, i,
		 prefix_make(set->family, src.high, src.low, (unsigned int)(pair / lens)),
		 prefix_make(set->family, dst.high, dst.low, (unsigned int)(pair % lens)),
		 exact(rng, (uint16_t)i), permit);
}

static void fill_uniform(struct gen_set *set, struct rng *rng, size_t i, bool permit,
			 const struct acl_prefix *paths)
{
	unsigned int bits = family_bits(set->family);
	struct acl_prefix src =
		prefix_random(rng, set->family, rng_between(rng, bits / 4, bits));
	struct acl_prefix dst =
		prefix_random(rng, set->family, rng_between(rng, bits / 4, bits));

	(void)paths;
	set_line(set, i, src, dst, any_class(rng), permit);
}

static void fill_cross(struct gen_set *set, struct rng *rng, size_t i, bool permit,
		       const struct acl_prefix *paths)
{
	unsigned int bits = family_bits(set->family);
	struct acl_prefix narrow =
		prefix_random(rng, set->family, bits - rng_below(rng, bits / 4));
	struct acl_prefix any = any_of(set->family);
	bool flip = rng_chance(rng, 50);

	(void)paths;
	set_line(set, i, flip ? any : narrow, flip ? narrow : any, any_class(rng),
		 permit);
}

static void fill_ranges(struct gen_set *set, struct rng *rng, size_t i, bool permit,
			const struct acl_prefix *paths)
{
	uint32_t src = rng_below(rng, 16), dst = rng_below(rng, 16);
	struct acl_service service = service_ports(IPPROTO_TCP, 0, PORT_MAX, 0, PORT_MAX);

	port_range(rng, &service.src_port_low, &service.src_port_high);
	port_range(rng, &service.dst_port_low, &service.dst_port_high);
	set_line(set, i, paths[src], paths[dst], service, permit);
}

static void fill_ports(struct gen_set *set, struct rng *rng, size_t i, bool permit,
		       const struct acl_prefix *paths)
{
	uint16_t port = (uint16_t)(i * 40503);
	bool tcp = i <= PORT_MAX;

	(void)rng;
	set_line(set, i, paths[0], paths[1],
		 service_ports(tcp ? IPPROTO_TCP : IPPROTO_UDP, 0, PORT_MAX, port, port),
		 permit);
}

static void fill_hosts(struct gen_set *set, struct rng *rng, size_t i, bool permit,
		       const struct acl_prefix *paths)
{
	unsigned int bits = family_bits(set->family);
	struct acl_prefix src = prefix_resize(rng, &paths[rng_below(rng, 4)], bits);
	struct acl_prefix dst = prefix_resize(rng, &paths[rng_below(rng, 4)], bits);

	set_line(set, i, src, dst, any_class(rng), permit);
}

static void fill_any(struct gen_set *set, struct rng *rng, size_t i, bool permit,
		     const struct acl_prefix *paths)
{
	struct acl_prefix any = any_of(set->family);
	uint32_t what = rng_below(rng, 20);
	struct acl_service service = any_class(rng);

	(void)paths;
	if (what < 2)
		service = service_icmp(rng, set->family);
	else if (what < 4)
		service = service_ports((uint8_t)rng_below(rng, 256), 0, PORT_MAX, 0,
					PORT_MAX);
	else if (service.any_proto || (!service.dst_port_low && what < 18))
		service = exact(rng, (uint16_t)rng_below(rng, PORT_MAX + 1));
	set_line(set, i, any, any, service, permit);
}

/* Each of six with one chance in four. */
static uint16_t few_flags(struct rng *rng)
{
	uint32_t flags = rng_below(rng, 64);

	return (uint16_t)(flags & rng_below(rng, 64));
}

static struct acl_service flags_service(struct rng *rng)
{
	struct acl_service service = service_ports(IPPROTO_TCP, 0, PORT_MAX, 0, PORT_MAX);
	uint16_t set = few_flags(rng), clear = few_flags(rng);

	service.cond = COND_FLAGS(set, clear & ~set);
	if (service.cond && rng_chance(rng, 30))
		service.cond |= ACL_COND_ANY;
	return service;
}

/* What a later fragment may meet, or passes by: port 0 is in many of them. */
static struct acl_service condition_service(struct rng *rng)
{
	uint8_t proto = rng_chance(rng, 60) ? IPPROTO_TCP : IPPROTO_UDP;
	struct acl_service service = service_ports(proto, 0, PORT_MAX, 0, PORT_MAX);

	switch (rng_below(rng, 8)) {
	case 0:
		service = service_ip();
		service.cond = rng_chance(rng, 60) ? ACL_COND_FRAGMENTS : 0;
		break;
	case 1:
		service.cond = rng_chance(rng, 60) ? ACL_COND_FRAGMENTS : 0;
		break;
	case 2:
		service = exact(rng, port_common(rng));
		service.proto = IPPROTO_TCP;
		service.cond = COND_ESTABLISHED;
		break;
	case 3:
		return flags_service(rng);
	case 4:
	case 5:
		return exact(rng, (uint16_t)rng_below(rng, PORT_MAX + 1));
	case 6: /* an eighth of all ports, or all up to its end */
		service.dst_port_high = (uint16_t)(rng_below(rng, 8) << 13 | 0x1fff);
		if (rng_chance(rng, 40))
			service.dst_port_low = service.dst_port_high & 0xe000;
		break;
	default:
		return any_class(rng);
	}
	return service;
}

static bool service_is_wide(const struct acl_service *service)
{
	return !service->cond &&
	       service->src_port_high - service->src_port_low == PORT_MAX &&
	       service->dst_port_high - service->dst_port_low == PORT_MAX;
}

static void fill_conditions(struct gen_set *set, struct rng *rng, size_t i, bool permit,
			    const struct acl_prefix *paths)
{
	unsigned int step = family_bits(set->family) / 8;
	struct acl_prefix src = paths[rng_below(rng, 4)], dst = paths[rng_below(rng, 4)];
	struct acl_service service = condition_service(rng);

	src = prefix_resize(rng, &src,
			    step * (rng_chance(rng, 40) ? 0 : rng_below(rng, 7)));
	dst = prefix_resize(rng, &dst,
			    step * (rng_chance(rng, 40) ? 0 : rng_below(rng, 7)));
	/* But nothing that all the rest is behind. */
	while (!src.len && !dst.len && service_is_wide(&service))
		service = condition_service(rng);
	set_line(set, i, src, dst, service, permit);
}

static void fill_protocols(struct gen_set *set, struct rng *rng, size_t i, bool permit,
			   const struct acl_prefix *paths)
{
	struct acl_prefix any = any_of(set->family);
	bool wide = rng_chance(rng, 50);
	uint8_t proto =
		(uint8_t)(rng_chance(rng, 30) ? rng_below(rng, 256) : rng_below(rng, 24));
	uint16_t low = (uint16_t)rng_below(rng, 4),
		 high = low + (uint16_t)rng_below(rng, 3);
	struct acl_service service = service_ports(proto, 0, PORT_MAX, low, high);

	if (rng_chance(rng, 10))
		service = service_ports(proto, 0, PORT_MAX, 0, PORT_MAX);
	else if (rng_chance(rng, 10))
		service = service_ports(proto, low, high, 0, PORT_MAX);
	set_line(set, i, wide ? any : paths[0], wide ? paths[1] : any, service, permit);
}

/* A range whose ends are among few numbers. */
static void dense_range(struct rng *rng, uint16_t *low, uint16_t *high)
{
	static const uint16_t ends[] = {0,   1,	   2,	 3,	79,    80,    81,   255,
					256, 1023, 1024, 32767, 32768, 65534, 65535};
	uint32_t n = sizeof(ends) / sizeof(ends[0]);
	uint32_t a = rng_below(rng, n), b = rng_chance(rng, 40) ? a : rng_below(rng, n);

	*low = ends[a < b ? a : b];
	*high = ends[a < b ? b : a];
}

static struct acl_prefix dense_prefix(struct rng *rng, enum acl_family family)
{
	static const uint8_t lens[ACL_N_FAMILIES][10] = {
		{0, 0, 1, 2, 8, 16, 30, 31, 32, 32},
		{0, 0, 1, 32, 63, 64, 65, 127, 128, 128},
	};
	/* Two bits on each side of each boundary. */
	uint64_t mask = family == ACL_IPV4 ? 0xc0018003 : 0xc000000180000003ull;
	uint64_t high = rng_next(rng) & mask;
	uint64_t low = rng_next(rng) & mask;

	return prefix_make(family, high, low, lens[family][rng_below(rng, 10)]);
}

static void fill_dense(struct gen_set *set, struct rng *rng, size_t i, bool permit,
		       const struct acl_prefix *paths)
{
	struct acl_prefix src = dense_prefix(rng, set->family);
	struct acl_prefix dst = dense_prefix(rng, set->family);
	struct acl_service service = service_ip();

	(void)paths;
	service.any_proto = rng_chance(rng, 15);
	if (!service.any_proto) {
		static const uint8_t protos[] = {0, 1, 6, 6, 6, 17, 17, 58, 255};

		service.proto = protos[rng_below(rng, sizeof(protos))];
		if (rng_chance(rng, 60))
			dense_range(rng, &service.src_port_low, &service.src_port_high);
		if (rng_chance(rng, 70))
			dense_range(rng, &service.dst_port_low, &service.dst_port_high);
	}
	/* Now and then a condition, where it has a meaning. */
	if (rng_chance(rng, 10) && !service.any_proto && service.proto == IPPROTO_TCP)
		service.cond = rng_chance(rng, 50) ? COND_ESTABLISHED
						   : COND_FLAGS(FLAG_SYN, FLAG_ACK);
	else if (rng_chance(rng, 5) && service.any_proto)
		service.cond = ACL_COND_FRAGMENTS;
	set_line(set, i, src, dst, service, permit);
}

typedef void fill_line(struct gen_set *set, struct rng *rng, size_t i, bool permit,
		       const struct acl_prefix *paths);

static fill_line *const fills[GEN_N_KINDS] = {
	[GEN_NESTED] = fill_nested, [GEN_UNIFORM] = fill_uniform,
	[GEN_CROSS] = fill_cross,   [GEN_RANGES] = fill_ranges,
	[GEN_PORTS] = fill_ports,   [GEN_HOSTS] = fill_hosts,
	[GEN_ANY] = fill_any,	    [GEN_CONDITIONS] = fill_conditions,
	[GEN_DENSE] = fill_dense,   [GEN_PROTOCOLS] = fill_protocols,
};

int gen_adversarial(struct gen_set *set, enum gen_kind kind, enum acl_family family,
		    size_t n_lines, uint64_t seed)
{
	struct rng rng = rng_of(kind, seed);
	unsigned int bits = family_bits(family);
	struct acl_prefix paths[32];
	int err;

	if (kind == GEN_PRODUCTS)
		return gen_products(set, family, n_lines, seed);
	err = set_alloc(set, family, n_lines, 0, 0);
	if (err)
		return err;
	/* Whole addresses for what goes along one, networks for the others. */
	for (int i = 0; i < 32; i++)
		paths[i] = prefix_random(&rng, family,
					 kind == GEN_NESTED ? bits : bits - 12);
	for (size_t i = 0; i < n_lines; i++)
		fills[kind](set, &rng, i, rng_chance(&rng, 50), paths);
	return 0;
}
