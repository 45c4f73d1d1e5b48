// SPDX-License-Identifier: GPL-2.0
/*
 * test_acl_classes.c - promise of loader/acl/classes.c: lines that are asked by
 * classes answer as the product of their sets does, however these overlap.
 */
#include "acl_classes_test.h"

/* ---- services, naively ---- */

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
		cmocka_unit_test(equal_lines_make_equal_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
