/* SPDX-License-Identifier: GPL-2.0 */
/*
 * draw.h - what lists and packets are drawn with: numbers, prefixes, services.
 *
 * Who may include it: tests/acl.
 */
#ifndef PINHOLE_TESTS_ACL_DRAW_H
#define PINHOLE_TESTS_ACL_DRAW_H

#include "tests/acl/generate.h"

#define PORT_MAX 65535

/* Bits of 12 bits of a condition: TCP flags as in a TCP header. */
#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_ACK 0x10

#define COND_FLAGS(set, clear) ((uint16_t)((set) | (clear) << 6))
#define COND_ESTABLISHED       ((uint16_t)(FLAG_ACK | FLAG_RST | ACL_COND_ANY))

struct rng {
	uint64_t state;
};

/* Of a list: kinds differ, whatever the seed, and more of them change no list. */
static inline struct rng rng_of(enum gen_kind kind, uint64_t seed)
{
	return (struct rng){.state = seed * 13 + kind};
}

/* 64 random bits (splitmix64: Steele, Lea, Flood 2014). */
static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* 0..n - 1; n is at least 1. */
static inline uint32_t rng_below(struct rng *rng, uint32_t n)
{
	return (uint32_t)((rng_next(rng) >> 32) * n >> 32);
}

static inline uint32_t rng_between(struct rng *rng, uint32_t low, uint32_t high)
{
	return low + rng_below(rng, high - low + 1);
}

static inline bool rng_chance(struct rng *rng, uint32_t percent)
{
	return rng_below(rng, 100) < percent;
}

static inline unsigned int family_bits(enum acl_family family)
{
	return family == ACL_IPV4 ? 32 : 128;
}

/* An address of these bits, cut to its first len. */
struct acl_prefix prefix_make(enum acl_family family, uint64_t high, uint64_t low,
			      unsigned int len);
struct acl_prefix prefix_random(struct rng *rng, enum acl_family family,
				unsigned int len);

/* within, lengthened to len by random bits, or cut to it. */
struct acl_prefix prefix_resize(struct rng *rng, const struct acl_prefix *within,
				unsigned int len);

struct acl_service service_ip(void);
struct acl_service service_ports(uint8_t proto, uint16_t src_low, uint16_t src_high,
				 uint16_t dst_low, uint16_t dst_high);
/* ICMP of the family; a random type, code or neither */
struct acl_service service_icmp(struct rng *rng, enum acl_family family);
/* A port that services use, more often those that more use. */
uint16_t port_common(struct rng *rng);
/* An overlapping range anywhere. */
void port_range(struct rng *rng, uint16_t *low, uint16_t *high);

/*
 * Room for lines with one source, destination and up to two services each, and for
 * so many prefixes and services more.
 * Return: 0 or -ENOMEM
 */
int set_alloc(struct gen_set *set, enum acl_family family, size_t n_lines,
	      size_t more_prefixes, size_t more_services);

/* Fill line i, with the storage that is its own. */
struct acl_line *set_line(struct gen_set *set, size_t i, struct acl_prefix src,
			  struct acl_prefix dst, struct acl_service service, bool permit);

/* The makers; set_alloc() is theirs to call. */
int gen_realistic(struct gen_set *set, enum gen_kind kind, enum acl_family family,
		  size_t n_lines, uint64_t seed);
int gen_adversarial(struct gen_set *set, enum gen_kind kind, enum acl_family family,
		    size_t n_lines, uint64_t seed);
int gen_products(struct gen_set *set, enum acl_family family, size_t n_lines,
		 uint64_t seed);

#endif /* PINHOLE_TESTS_ACL_DRAW_H */
