// SPDX-License-Identifier: GPL-2.0
/*
 * products.c - lists whose lines name sets: what object groups become.
 *
 * Groups overlap, are shared by lines, and are large while the list is short, so
 * that a list of a few lines stands for millions of combinations. Of longer lists
 * most lines have groups of a few members.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "tests/acl/draw.h"

enum {
	N_GROUPS = 48,
	GROUP_MAX = 1000, /* prefixes of the largest */
	N_MENUS = 12,	  /* groups of services */
	MENU_MAX = 16,
	N_LARGE = 150, /* lines with large groups, at most */
};

struct groups {
	struct acl_prefix *prefixes[N_GROUPS];
	uint32_t n[N_GROUPS];
	struct acl_service *menus[N_MENUS];
	uint32_t n_menu[N_MENUS];
};

/* Members near one another, so that groups overlap and some members nest. */
static void fill_group(struct rng *rng, enum acl_family family, uint32_t n,
		       struct acl_prefix *members)
{
	unsigned int bits = family_bits(family);
	struct acl_prefix near = prefix_make(family, 0x20010db8ull << 32, 10u << 24,
					     family == ACL_IPV4 ? 8 : 32);

	for (uint32_t i = 0; i < n; i++) {
		struct acl_prefix site = prefix_resize(rng, &near, near.len + 4);

		members[i] =
			rng_chance(rng, 80)
				? prefix_resize(rng, &site, bits - rng_below(rng, 3))
				: prefix_resize(rng, &site,
						rng_between(rng, site.len + 4, bits));
		if (i && rng_chance(rng, 10))
			members[i] = prefix_resize(rng, &members[i - 1], bits);
	}
}

static void fill_menu(struct rng *rng, enum acl_family family, uint32_t n,
		      struct acl_service *menu)
{
	for (uint32_t i = 0; i < n; i++) {
		uint16_t low = port_common(rng), high = low;

		if (rng_chance(rng, 20))
			port_range(rng, &low, &high);
		menu[i] = service_ports(rng_chance(rng, 60) ? IPPROTO_TCP : IPPROTO_UDP,
					0, PORT_MAX, low, high);
		if (rng_chance(rng, 10))
			menu[i] = service_icmp(rng, family);
		/* Below and above: all ports in two parts, which are not the whole. */
		if (i && rng_chance(rng, 15)) {
			menu[i - 1] = service_ports(IPPROTO_TCP, 0, PORT_MAX, 0, low);
			menu[i] = service_ports(IPPROTO_TCP, 0, PORT_MAX, low, PORT_MAX);
		}
	}
}

static void make_groups(struct gen_set *set, struct rng *rng, size_t n_lines,
			struct groups *groups)
{
	struct acl_prefix *prefix = set->prefixes + 2 * n_lines;
	struct acl_service *service = set->services + 2 * n_lines;

	for (int i = 0; i < N_GROUPS; i++) {
		uint32_t largest = 1u << rng_below(rng, 11);

		groups->prefixes[i] = prefix;
		groups->n[i] =
			rng_between(rng, 1, largest < GROUP_MAX ? largest : GROUP_MAX);
		fill_group(rng, set->family, groups->n[i], prefix);
		prefix += groups->n[i];
	}
	for (int i = 0; i < N_MENUS; i++) {
		groups->menus[i] = service;
		groups->n_menu[i] = rng_between(rng, 1, MENU_MAX);
		fill_menu(rng, set->family, groups->n_menu[i], service);
		service += groups->n_menu[i];
	}
}

/* A side of a line: a group, up to limit members of it, or any. */
static uint32_t draw_side(struct rng *rng, const struct groups *groups, uint32_t limit,
			  const struct acl_prefix **side)
{
	uint32_t group = rng_below(rng, N_GROUPS);
	uint32_t n = groups->n[group] < limit ? groups->n[group] : limit;

	*side = groups->prefixes[group] + rng_below(rng, groups->n[group] - n + 1);
	return n;
}

int gen_products(struct gen_set *set, enum acl_family family, size_t n_lines,
		 uint64_t seed)
{
	struct rng rng = rng_of(GEN_PRODUCTS, seed);
	struct acl_prefix any = prefix_make(family, 0, 0, 0);
	struct groups groups;
	int err = set_alloc(set, family, n_lines, (size_t)N_GROUPS * GROUP_MAX,
			    (size_t)N_MENUS * MENU_MAX);

	if (err)
		return err;
	make_groups(set, &rng, n_lines, &groups);
	for (size_t i = 0; i < n_lines; i++) {
		bool large = rng_below(&rng, (uint32_t)n_lines) < N_LARGE;
		uint32_t limit = large ? GROUP_MAX : 2, menu = rng_below(&rng, N_MENUS);
		struct acl_line *line =
			set_line(set, i, any, any, service_ip(), rng_chance(&rng, 50));

		if (rng_chance(&rng, 90))
			line->n_src = draw_side(&rng, &groups, limit, &line->src);
		if (line->n_src == 1 || rng_chance(&rng, 80))
			line->n_dst = draw_side(&rng, &groups, limit, &line->dst);
		if (rng_chance(&rng, 90)) {
			line->services = groups.menus[menu];
			line->n_services = large ? groups.n_menu[menu] : 1;
		}
	}
	return 0;
}
