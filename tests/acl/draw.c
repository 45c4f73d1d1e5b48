// SPDX-License-Identifier: GPL-2.0
/*
 * draw.c - prefixes, services, and the storage of a list.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "tests/acl/draw.h"

static uint64_t first_bits(unsigned int len)
{
	return len ? ~0ull << (64 - len) : 0;
}

struct acl_prefix prefix_make(enum acl_family family, uint64_t high, uint64_t low,
			      unsigned int len)
{
	struct acl_prefix prefix = {.len = (uint8_t)len, .family = (uint8_t)family};

	if (family == ACL_IPV4) {
		prefix.low = low & first_bits(len) >> 32;
		return prefix;
	}
	prefix.high = high & first_bits(len < 64 ? len : 64);
	prefix.low = low & first_bits(len > 64 ? len - 64 : 0);
	return prefix;
}

struct acl_prefix prefix_random(struct rng *rng, enum acl_family family, unsigned int len)
{
	uint64_t high = rng_next(rng);

	return prefix_make(family, high, rng_next(rng), len);
}

struct acl_prefix prefix_resize(struct rng *rng, const struct acl_prefix *within,
				unsigned int len)
{
	enum acl_family family = within->family;
	struct acl_prefix noise = prefix_random(rng, family, len);
	struct acl_prefix hidden =
		prefix_make(family, noise.high, noise.low, within->len);

	return prefix_make(family, within->high | (noise.high ^ hidden.high),
			   within->low | (noise.low ^ hidden.low), len);
}

struct acl_service service_ip(void)
{
	return (struct acl_service){
		.src_port_high = PORT_MAX,
		.dst_port_high = PORT_MAX,
		.any_proto = true,
	};
}

struct acl_service service_ports(uint8_t proto, uint16_t src_low, uint16_t src_high,
				 uint16_t dst_low, uint16_t dst_high)
{
	return (struct acl_service){
		.src_port_low = src_low,
		.src_port_high = src_high,
		.dst_port_low = dst_low,
		.dst_port_high = dst_high,
		.proto = proto,
	};
}

struct acl_service service_icmp(struct rng *rng, enum acl_family family)
{
	static const uint8_t types4[] = {0, 3, 4, 5, 8, 11, 12, 13, 17};
	static const uint8_t types6[] = {1, 2, 3, 4, 128, 129, 133, 134, 135};
	uint32_t i = rng_below(rng, sizeof(types4));
	uint16_t low = (uint16_t)((family == ACL_IPV4 ? types4[i] : types6[i]) << 8);
	uint8_t proto = family == ACL_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	uint32_t what = rng_below(rng, 10);
	uint16_t code;

	if (what < 3)
		return service_ports(proto, 0, PORT_MAX, 0, PORT_MAX);
	if (what < 8)
		return service_ports(proto, 0, PORT_MAX, low, low | 255);
	code = low | (uint16_t)rng_below(rng, 5);
	return service_ports(proto, 0, PORT_MAX, code, code);
}

uint16_t port_common(struct rng *rng)
{
	static const uint16_t ports[] = {80,  443,  25,	  53,	22,   21,
					 110, 143,  123,  161,	389,  445,
					 514, 1433, 3306, 3389, 5060, 8080};
	uint32_t n = sizeof(ports) / sizeof(ports[0]);

	if (rng_chance(rng, 25))
		return (uint16_t)rng_below(rng, PORT_MAX + 1);
	return ports[rng_below(rng, rng_between(rng, 1, n))];
}

void port_range(struct rng *rng, uint16_t *low, uint16_t *high)
{
	uint32_t width = 1u << rng_below(rng, 16);
	uint32_t first = rng_below(rng, PORT_MAX + 1);
	uint32_t last = first + rng_below(rng, width + 1);

	*low = (uint16_t)first;
	*high = (uint16_t)(last < PORT_MAX ? last : PORT_MAX);
}

int set_alloc(struct gen_set *set, enum acl_family family, size_t n_lines,
	      size_t more_prefixes, size_t more_services)
{
	set->family = family;
	set->n_lines = n_lines;
	set->lines = calloc(n_lines, sizeof(*set->lines));
	set->prefixes = calloc(2 * n_lines + more_prefixes, sizeof(*set->prefixes));
	set->services = calloc(2 * n_lines + more_services, sizeof(*set->services));
	return set->lines && set->prefixes && set->services ? 0 : -ENOMEM;
}

struct acl_line *set_line(struct gen_set *set, size_t i, struct acl_prefix src,
			  struct acl_prefix dst, struct acl_service service, bool permit)
{
	struct acl_line *line = &set->lines[i];

	set->prefixes[2 * i] = src;
	set->prefixes[2 * i + 1] = dst;
	set->services[2 * i] = service;
	*line = (struct acl_line){
		.src = &set->prefixes[2 * i],
		.dst = &set->prefixes[2 * i + 1],
		.services = &set->services[2 * i],
		.n_src = 1,
		.n_dst = 1,
		.n_services = 1,
		.number = (uint32_t)i,
		.permit = permit,
	};
	return line;
}
