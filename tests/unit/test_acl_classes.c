// SPDX-License-Identifier: GPL-2.0
/*
 * test_acl_classes.c - promises of loader/acl/classes.c: lines that are asked by
 * classes answer as the product of their sets does, however these overlap; and
 * groups as people make them cost a rule for each service, not for each pair.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "acl/classes.h"
#include "bpf/acl_native.h"
#include "util/cleanup.h"

/* An address, its bits at the top: IPv4's in the upper 32. */
typedef unsigned __int128 wide;

/* xorshift64 (Marsaglia 2003): the same numbers everywhere. */
static uint64_t random_state = 88172645463325252ull;

static uint64_t random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static unsigned int below(unsigned int n)
{
	return (unsigned int)(random64() >> 33) % n;
}

static unsigned int width_of(enum acl_family family)
{
	return family == ACL_IPV4 ? 32 : 128;
}

static wide mask_of(unsigned int len)
{
	return len ? ~(wide)0 << (128 - len) : 0;
}

static wide random_address(enum acl_family family)
{
	return ((wide)random64() << 64 | random64()) & mask_of(width_of(family));
}

static struct acl_prefix prefix_of(enum acl_family family, wide address, unsigned int len)
{
	address &= mask_of(len);
	return (struct acl_prefix){
		.high = family == ACL_IPV4 ? 0 : (uint64_t)(address >> 64),
		.low = family == ACL_IPV4 ? (uint64_t)(address >> 96) : (uint64_t)address,
		.len = (uint8_t)len,
		.family = family,
	};
}

static wide first_of(const struct acl_prefix *p)
{
	return p->family == ACL_IPV4 ? (wide)p->low << 96 : (wide)p->high << 64 | p->low;
}

static wide last_of(const struct acl_prefix *p)
{
	return first_of(p) | (~mask_of(p->len) & mask_of(width_of(p->family)));
}

/* ---- building, and asking ---- */

struct built {
	struct acl_writer writer;
	struct acl_refusal why;
	struct acl_figures figures;
	struct acl_image image; /* borrows the writer's arrays */
	struct acl_root root;
	enum acl_family family;
};

static void built_free(struct built *built)
{
	free(built->writer.words);
	free(built->writer.rules4);
	free(built->writer.rules6);
}

static int build_within(struct built *built, enum acl_family family,
			const struct acl_line *lines, size_t n, size_t max_rules)
{
	int64_t header;
	int err;

	memset(built, 0, sizeof(*built));
	built->family = family;
	built->writer.limits = (struct acl_limits){ACL_MAX_WORDS, max_rules, max_rules};
	built->writer.why = &built->why;
	header = acl_writer_words(&built->writer, 2ul * ACL_H_WORDS, 1);
	assert_int_equal(header, 0);
	header += ACL_H_WORDS;
	built->root = (struct acl_root){(uint32_t)header, (uint32_t)header};
	err = acl_classes_build(&built->writer, family, lines, n, (uint32_t)header,
				&built->figures);
	built->image = (struct acl_image){
		.words = built->writer.words,
		.rules4 = built->writer.rules4,
		.rules6 = built->writer.rules6,
		.n_words = built->writer.n_words,
		.n_rules4 = built->writer.n_rules4,
		.n_rules6 = built->writer.n_rules6,
	};
	assert_int_equal(built->writer.n_rules6, 0);
	assert_true(built->figures.class_steps <= ACL_MAX_CLASS_STEPS);
	return err;
}

static int build(struct built *built, enum acl_family family,
		 const struct acl_line *lines, size_t n)
{
	return build_within(built, family, lines, n, ACL_MAX_RULES);
}

struct packet {
	wide src;
	wide dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t proto;
	bool later_fragment;
};

/* Return: the line that matches, or ACL_NO_LINE */
static uint32_t ask(const struct built *built, const struct packet *p)
{
	const bool ipv4 = built->family == ACL_IPV4;
	const struct acl_native_key key = {
		.src_high = ipv4 ? 0 : (uint64_t)(p->src >> 64),
		.src_low = ipv4 ? (uint64_t)(p->src >> 96) : (uint64_t)p->src,
		.dst_high = ipv4 ? 0 : (uint64_t)(p->dst >> 64),
		.dst_low = ipv4 ? (uint64_t)(p->dst >> 96) : (uint64_t)p->dst,
		.src_port = p->src_port,
		.dst_port = p->dst_port,
		.proto = p->proto,
		.later_fragment = p->later_fragment,
		.family = built->family,
	};
	struct acl_native_result result;

	acl_walk_native(&built->image, built->root, &key, &result);
	assert_int_not_equal(result.verdict, ACL_BROKEN);
	return result.line;
}

/* ---- products, naively ---- */

static bool set_has(const struct acl_prefix *set, uint32_t n, wide address)
{
	for (uint32_t i = 0; i < n; i++)
		if (!((first_of(&set[i]) ^ address) & mask_of(set[i].len)))
			return true;
	return false;
}

static bool service_has(const struct acl_service *s, const struct packet *p)
{
	const bool names_ports = !s->any_proto &&
				 (s->src_port_low || s->src_port_high != 65535 ||
				  s->dst_port_low || s->dst_port_high != 65535);

	if (!s->any_proto && s->proto != p->proto)
		return false;
	if (p->later_fragment)
		return !names_ports;
	if (s->cond & ACL_COND_FRAGMENTS)
		return false;
	return s->any_proto ||
	       (s->src_port_low <= p->src_port && p->src_port <= s->src_port_high &&
		s->dst_port_low <= p->dst_port && p->dst_port <= s->dst_port_high);
}

static bool services_have(const struct acl_line *line, const struct packet *p)
{
	for (uint32_t i = 0; i < line->n_services; i++)
		if (service_has(&line->services[i], p))
			return true;
	return false;
}

/* ---- random groups ---- */

enum { N_SETS = 12, MAX_PREFIXES = 24, MAX_LINES = 24, N_SERVICES = 8, N_SAMPLES = 48 };

struct world {
	enum acl_family family;
	struct acl_prefix prefixes[N_SETS][MAX_PREFIXES];
	uint32_t n_prefixes[N_SETS];
	struct acl_service services[MAX_LINES][N_SERVICES];
	struct acl_line lines[MAX_LINES];
	size_t n_lines;
	uint32_t src_set[MAX_LINES]; /* by line */
	uint32_t dst_set[MAX_LINES];
	wide samples[N_SAMPLES]; /* addresses ... */
	uint32_t in[N_SAMPLES];	 /* ... and the sets they are in, as bits */
};

/* Near an address of some set, for things to nest and to touch. */
static wide near_address(const struct world *world, uint32_t n_sets)
{
	const unsigned int width = width_of(world->family);
	wide address = random_address(world->family);

	if (n_sets && below(8)) {
		const uint32_t set = below(n_sets);
		const wide near =
			first_of(&world->prefixes[set][below(world->n_prefixes[set])]);
		const wide shared = mask_of(below(width + 1));

		address = (near & shared) | (address & ~shared);
	}
	return address & mask_of(width);
}

/* A set of its own; a copy of another, in other words; a part of another; one with
 * something besides; or everything. */
static void make_set(struct world *world, uint32_t s)
{
	const unsigned int width = width_of(world->family);
	struct acl_prefix *set = world->prefixes[s];
	const unsigned int kind = below(8);
	uint32_t n = 0;

	if (s && kind < 4) {
		const uint32_t other = below(s);

		n = world->n_prefixes[other];
		memcpy(set, world->prefixes[other], n * sizeof(*set));
		if (kind == 1)
			n = 1 + below(n);
	}
	while (!n || (kind > 1 && n < MAX_PREFIXES && below(6)))
		set[n++] = prefix_of(world->family, near_address(world, s),
				     kind == 4 ? width : below(width + 1));
	if (kind == 7 && !below(4))
		set[0].len = 0, set[0].high = 0, set[0].low = 0;
	world->n_prefixes[s] = (uint32_t)acl_prefixes_reduce(set, n);
}

static struct acl_service random_service(void)
{
	struct acl_service s = {
		.proto = below(2) ? 6 : 17,
		.src_port_high = 65535,
		.dst_port_high = 65535,
	};

	if (below(4)) {
		s.dst_port_low = (uint16_t)below(4);
		s.dst_port_high = (uint16_t)(s.dst_port_low + below(3));
	} else if (below(2)) {
		s.any_proto = true;
		s.proto = 0;
	}
	if (!below(5)) {
		s.cond = ACL_COND_FRAGMENTS;
		s.dst_port_low = 0;
		s.dst_port_high = 65535;
	}
	return s;
}

static void make_line(struct world *world, size_t i, uint32_t number)
{
	struct acl_line *line = &world->lines[i];
	const uint32_t src = below(N_SETS), dst = below(N_SETS);
	const size_t n_services = 1 + below(N_SERVICES);

	for (size_t s = 0; s < n_services; s++)
		world->services[i][s] = random_service();
	*line = (struct acl_line){
		.src = world->prefixes[src],
		.dst = world->prefixes[dst],
		.services = world->services[i],
		.n_src = world->n_prefixes[src],
		.n_dst = world->n_prefixes[dst],
		.n_services =
			(uint32_t)acl_services_reduce(world->services[i], n_services),
		.number = number,
		.permit = below(2),
	};
	world->src_set[i] = src;
	world->dst_set[i] = dst;
}

static void make_samples(struct world *world)
{
	const wide one = (wide)1 << (128 - width_of(world->family));

	for (size_t i = 0; i < N_SAMPLES; i++) {
		const uint32_t set = below(N_SETS);
		const struct acl_prefix *p =
			&world->prefixes[set][below(world->n_prefixes[set])];
		const wide places[] = {
			first_of(p),
			last_of(p),
			first_of(p) - one,
			last_of(p) + one,
			near_address(world, N_SETS),
		};

		world->samples[i] = places[below(5)] & mask_of(width_of(world->family));
		world->in[i] = 0;
		for (uint32_t s = 0; s < N_SETS; s++)
			world->in[i] |= (uint32_t)set_has(world->prefixes[s],
							  world->n_prefixes[s],
							  world->samples[i])
					<< s;
	}
}

static void make_world(struct world *world, enum acl_family family)
{
	uint32_t number = 0;

	world->family = family;
	for (uint32_t s = 0; s < N_SETS; s++)
		make_set(world, s);
	world->n_lines = 1 + below(MAX_LINES);
	for (size_t i = 0; i < world->n_lines; i++)
		make_line(world, i, number += 1 + below(100));
	make_samples(world);
}

/* All pairs of samples, each with a packet of its own. */
static void check_world(const struct world *world, const struct built *built)
{
	for (size_t s = 0; s < N_SAMPLES; s++)
		for (size_t d = 0; d < N_SAMPLES; d++) {
			const struct packet p = {
				.src = world->samples[s],
				.dst = world->samples[d],
				.dst_port = (uint16_t)below(8),
				.proto = (uint8_t[]){6, 17, 6, 17, 47}[below(5)],
			};
			struct packet later = p;
			uint32_t expected = ACL_NO_LINE, expected_later = ACL_NO_LINE;

			later.dst_port = 0;
			later.later_fragment = true;
			for (size_t i = world->n_lines; i--;) {
				const struct acl_line *line = &world->lines[i];

				if (!(world->in[s] >> world->src_set[i] & 1) ||
				    !(world->in[d] >> world->dst_set[i] & 1))
					continue;
				if (services_have(line, &p))
					expected = line->number;
				if (services_have(line, &later))
					expected_later = line->number;
			}
			assert_int_equal(ask(built, &p), expected);
			assert_int_equal(ask(built, &later), expected_later);
		}
}

static void lines_by_classes_answer_as_products_do(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 300; round++) {
		struct world world = {0};
		struct built built cleanup_(built_free);

		make_world(&world, round & 1 ? ACL_IPV6 : ACL_IPV4);
		assert_int_equal(build(&built, world.family, world.lines, world.n_lines),
				 0);
		check_world(&world, &built);
	}
}

/* ---- figures ---- */

/* n hosts of one network, scattered so that few of them aggregate. */
static struct acl_prefix *hosts(enum acl_family family, wide network, uint32_t n)
{
	struct acl_prefix *set = calloc(n, sizeof(*set));

	assert_non_null(set);
	for (uint32_t i = 0; i < n; i++)
		set[i] = prefix_of(family,
				   network | (wide)i * 3 << (128 - width_of(family)),
				   width_of(family));
	assert_int_equal(acl_prefixes_reduce(set, n), n);
	return set;
}

static wide network_of(enum acl_family family, unsigned int number)
{
	return (wide)(number + 1) << (family == ACL_IPV4 ? 96 + 20 : 64);
}

static struct acl_service tcp_port(uint16_t port)
{
	return (struct acl_service){
		.src_port_high = 65535,
		.dst_port_low = port,
		.dst_port_high = port,
		.proto = 6,
	};
}

static void a_product_of_large_groups_is_a_rule_for_each_service(void **state)
{
	(void)state;
	for (enum acl_family family = ACL_IPV4; family <= ACL_IPV6; family++) {
		struct acl_prefix *src cleanup_free_ =
			hosts(family, network_of(family, 0), 1000);
		struct acl_prefix *dst cleanup_free_ =
			hosts(family, network_of(family, 1), 1000);
		struct acl_service services[50];
		const struct acl_line line = {
			.src = src,
			.dst = dst,
			.services = services,
			.n_src = 1000,
			.n_dst = 1000,
			.n_services = 50,
			.number = 7,
		};
		struct built built cleanup_(built_free);
		struct packet p = {.proto = 6};

		for (uint16_t i = 0; i < 50; i++)
			services[i] = tcp_port(10 * i);
		assert_int_equal(build(&built, family, &line, 1), 0);
		assert_int_equal(built.figures.classes, 1);
		assert_int_equal(built.figures.rules, 50);
		assert_true(built.writer.n_words * 8 < 128u << 10);
		for (unsigned int i = 0; i < 1000; i++) {
			const wide host = (wide)1 << (128 - width_of(family));
			bool inside;

			p.src = first_of(&src[below(1000)]) + host * !below(8);
			p.dst = first_of(&dst[below(1000)]) + host * !below(8);
			p.dst_port = (uint16_t)below(600);
			inside = set_has(src, 1000, p.src) && set_has(dst, 1000, p.dst) &&
				 p.dst_port % 10 == 0 && p.dst_port < 500;
			assert_int_equal(ask(&built, &p), inside ? 7 : ACL_NO_LINE);
		}
	}
}

enum { HOSTS = 500, TEAMS = 20 };

static struct acl_line line_of(const struct acl_prefix *src, uint32_t n_src,
			       const struct acl_prefix *dst, uint32_t n_dst,
			       const struct acl_service *service, uint32_t number)
{
	return (struct acl_line){
		.src = src,
		.dst = dst,
		.services = service,
		.n_src = n_src,
		.n_dst = n_dst,
		.n_services = 1,
		.number = number,
	};
}

/* Groups within groups, as an organization has them: all hosts, most of them in teams
 * of various sizes, and every other host has a group of its own. Each is one prefix
 * of class numbers. */
static void nested_groups_are_one_prefix_each(void **state)
{
	struct acl_prefix all[HOSTS];
	struct acl_line lines[HOSTS + TEAMS + 1];
	uint32_t team_of[HOSTS];
	struct built built cleanup_(built_free);
	const struct acl_service service = tcp_port(443);
	struct packet p = {.proto = 6, .dst_port = 443};
	size_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < HOSTS; i++)
		all[i] = prefix_of(ACL_IPV4, random_address(ACL_IPV4), 32);
	assert_int_equal(acl_prefixes_reduce(all, HOSTS), HOSTS);
	for (uint32_t i = 0; i < HOSTS; i += 2)
		lines[n++] = line_of(&all[i], 1, all, HOSTS, &service, i);
	for (uint32_t i = 0; i < HOSTS; i++)
		team_of[i] = HOSTS + TEAMS;
	for (uint32_t t = 0, from = 0, to; t < TEAMS; t++, from = to) {
		to = from + 1 + below(2 * (HOSTS - 3 - from) / (TEAMS - t) - 1);
		if (t == TEAMS - 1)
			to = HOSTS - 3;
		for (uint32_t i = from; i < to; i++)
			team_of[i] = HOSTS + t;
		lines[n++] =
			line_of(&all[from], to - from, all, HOSTS, &service, HOSTS + t);
	}
	lines[n++] = line_of(all, HOSTS, all, HOSTS, &service, HOSTS + TEAMS);
	assert_int_equal(build(&built, ACL_IPV4, lines, n), 0);
	assert_int_equal(built.figures.classes, n);
	for (uint32_t i = 0; i < HOSTS; i++) {
		p.src = first_of(&all[i]);
		p.dst = first_of(&all[below(HOSTS)]);
		assert_int_equal(ask(&built, &p), i % 2 ? team_of[i] : i);
	}
}

/* What its parts leave nothing of is no class of its own. */
static void a_group_is_no_class_beside_its_parts(void **state)
{
	(void)state;
	for (enum acl_family family = ACL_IPV4; family <= ACL_IPV6; family++) {
		const wide end = mask_of(width_of(family)); /* nothing comes after it */
		const struct acl_prefix whole = prefix_of(family, end, 24);
		const struct acl_prefix parts[] = {
			prefix_of(family, end & mask_of(24), 25),
			prefix_of(family, end, 26),
			prefix_of(family, end & mask_of(25), 26),
		};
		const struct acl_service service = tcp_port(443);
		const struct acl_set sets[] = {
			{&whole, 1}, {&parts[0], 1}, {&parts[1], 1}, {&parts[2], 1}};
		struct acl_line lines[4];
		struct acl_partition partition cleanup_(acl_partition_free) = {
			.family = family};
		struct built built cleanup_(built_free);

		lines[3] = line_of(&whole, 1, &whole, 1, &service, 3);
		for (uint32_t i = 0; i < 3; i++)
			lines[i] = line_of(&parts[i], 1, &parts[i], 1, &service, i);
		assert_int_equal(build(&built, family, lines, 4), 0);
		assert_int_equal(acl_partition_sweep(&partition, sets, 4), 0);
		assert_int_equal(acl_partition_number(&partition, 4, &built.writer), 0);
		assert_int_equal(partition.n_classes, 3);
		for (uint32_t i = 0; i < 3; i++) {
			struct packet p = {.src = last_of(&parts[i]),
					   .dst = first_of(&parts[i]),
					   .proto = 6,
					   .dst_port = 443};

			assert_int_equal(ask(&built, &p), i);
			p.dst = first_of(&parts[(i + 1) % 3]);
			assert_int_equal(ask(&built, &p), 3);
		}
	}
}

static void equal_groups_in_different_words_are_one_class(void **state)
{
	struct acl_prefix one[2], two[2];
	const struct acl_service services[] = {tcp_port(1), tcp_port(2)};
	struct built built cleanup_(built_free);

	(void)state;
	one[0] = two[0] = prefix_of(ACL_IPV4, network_of(ACL_IPV4, 1), 24);
	one[1] = two[1] = prefix_of(ACL_IPV4, network_of(ACL_IPV4, 2), 24);
	memset(two[0].pad, 0xff, sizeof(two[0].pad)); /* is no part of it */
	const struct acl_line lines[] = {
		{one, two, &services[0], 2, 2, 1, 0, true, {0}},
		{two, one, &services[1], 2, 2, 1, 1, true, {0}},
	};

	assert_int_equal(build(&built, ACL_IPV4, lines, 2), 0);
	assert_int_equal(built.figures.classes, 2);
	assert_int_equal(built.figures.rules, 2);
}

static void lines_without_addresses_match_nothing(void **state)
{
	const struct acl_prefix all = prefix_of(ACL_IPV6, 0, 0);
	const struct acl_service service = tcp_port(1);
	const struct acl_line lines[] = {
		{NULL, &all, &service, 0, 1, 1, 0, true, {0}},
		{&all, NULL, &service, 1, 0, 1, 1, true, {0}},
		{&all, &all, NULL, 1, 1, 0, 2, true, {0}},
		{&all, &all, &service, 1, 1, 1, 3, true, {0}},
	};
	struct packet p = {.proto = 6, .dst_port = 1};

	(void)state;
	for (size_t n = 1; n <= 4; n++) {
		struct built built cleanup_(built_free);

		assert_int_equal(build(&built, ACL_IPV6, lines, n), 0);
		assert_int_equal(ask(&built, &p), n == 4 ? 3 : ACL_NO_LINE);
	}
}

/* ---- groups that overlap ---- */

enum { POOL = 2000, N_GROUPS = 200, GROUP = 1000 };

/* Every group is half of one pool, at random: each host is a class of its own. */
static struct acl_line *overlapping_lines(struct acl_prefix *pool,
					  struct acl_prefix *members,
					  const struct acl_service *service)
{
	struct acl_line *lines = calloc(N_GROUPS, sizeof(*lines));

	assert_non_null(lines);
	for (uint32_t g = 0; g < N_GROUPS; g++) {
		struct acl_prefix *set = &members[(size_t)g * GROUP];

		for (uint32_t i = 0; i < GROUP; i++)
			set[i] = pool[below(POOL)];
		const uint32_t n = (uint32_t)acl_prefixes_reduce(set, GROUP);

		lines[g] = line_of(set, n, set, n, service, g);
	}
	return lines;
}

static void overlap_without_end_is_refused_with_the_figure(void **state)
{
	struct acl_prefix *pool cleanup_free_ =
		hosts(ACL_IPV4, network_of(ACL_IPV4, 0), POOL);
	struct acl_prefix *members cleanup_free_ =
		calloc((size_t)N_GROUPS * GROUP, sizeof(*members));
	const struct acl_service service = tcp_port(80);
	struct acl_line *lines cleanup_free_ = NULL;
	const struct acl_prefix all = prefix_of(ACL_IPV4, 0, 0);
	struct built built cleanup_(built_free);
	struct built again cleanup_(built_free);

	(void)state;
	assert_non_null(members);
	lines = overlapping_lines(pool, members, &service);
	assert_int_equal(build_within(&built, ACL_IPV4, lines, N_GROUPS, 100000), -E2BIG);
	assert_int_equal(built.why.limit, 100000);
	assert_true(built.why.needed > 1000000);
	assert_non_null(built.why.what);
	/* On one side alone they are no more than their members. */
	for (uint32_t g = 0; g < N_GROUPS; g++) {
		lines[g].dst = &all;
		lines[g].n_dst = 1;
	}
	assert_int_equal(build(&again, ACL_IPV4, lines, N_GROUPS), 0);
	assert_true(again.figures.classes <= N_GROUPS * GROUP);
	for (uint32_t i = 0; i < POOL; i++) {
		const struct packet p = {
			.src = first_of(&pool[i]), .dst = 1, .proto = 6, .dst_port = 80};
		uint32_t expected = 0;

		while (expected < N_GROUPS &&
		       !set_has(lines[expected].src, lines[expected].n_src, p.src))
			expected++;
		assert_int_equal(ask(&again, &p),
				 expected < N_GROUPS ? expected : ACL_NO_LINE);
	}
}

/* Chains deeper than aligned blocks can be: then numbers are packed. */
static void hosts_in_ever_more_groups_get_numbers(void **state)
{
	enum { N = 60 };
	struct acl_prefix *pool cleanup_free_ =
		hosts(ACL_IPV6, network_of(ACL_IPV6, 0), N);
	const struct acl_service service = tcp_port(80);
	struct acl_line lines[N];
	struct built built cleanup_(built_free);

	(void)state;
	for (uint32_t g = 0; g < N; g++) /* host h is in groups 0 .. h */
		lines[g] = line_of(pool + (N - 1 - g), g + 1, pool + (N - 1 - g), g + 1,
				   &service, g);
	assert_int_equal(build(&built, ACL_IPV6, lines, N), 0);
	for (uint32_t s = 0; s < N; s++)
		for (uint32_t d = 0; d < N; d++) {
			const struct packet p = {.src = first_of(&pool[s]),
						 .dst = first_of(&pool[d]),
						 .proto = 6,
						 .dst_port = 80};

			assert_int_equal(ask(&built, &p), N - 1 - (s < d ? s : d));
		}
}

static void equal_lines_make_equal_images(void **state)
{
	struct world world = {0};
	struct built a cleanup_(built_free);
	struct built b cleanup_(built_free);

	(void)state;
	make_world(&world, ACL_IPV4);
	assert_int_equal(build(&a, ACL_IPV4, world.lines, world.n_lines), 0);
	assert_int_equal(build(&b, ACL_IPV4, world.lines, world.n_lines), 0);
	assert_int_equal(a.image.n_words, b.image.n_words);
	assert_int_equal(a.image.n_rules4, b.image.n_rules4);
	assert_memory_equal(a.image.words, b.image.words, a.image.n_words * 8);
	assert_memory_equal(a.image.rules4, b.image.rules4,
			    a.image.n_rules4 * sizeof(*a.image.rules4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_by_classes_answer_as_products_do),
		cmocka_unit_test(a_product_of_large_groups_is_a_rule_for_each_service),
		cmocka_unit_test(nested_groups_are_one_prefix_each),
		cmocka_unit_test(a_group_is_no_class_beside_its_parts),
		cmocka_unit_test(equal_groups_in_different_words_are_one_class),
		cmocka_unit_test(lines_without_addresses_match_nothing),
		cmocka_unit_test(overlap_without_end_is_refused_with_the_figure),
		cmocka_unit_test(hosts_in_ever_more_groups_get_numbers),
		cmocka_unit_test(equal_lines_make_equal_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
