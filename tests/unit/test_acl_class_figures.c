// SPDX-License-Identifier: GPL-2.0
/*
 * test_acl_class_figures.c - promises of loader/acl/classes.c: groups as people make
 * them cost a rule for each service, not for each pair; what is too much is refused
 * with the figure.
 */
#include "acl_classes_test.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_product_of_large_groups_is_a_rule_for_each_service),
		cmocka_unit_test(nested_groups_are_one_prefix_each),
		cmocka_unit_test(a_group_is_no_class_beside_its_parts),
		cmocka_unit_test(equal_groups_in_different_words_are_one_class),
		cmocka_unit_test(lines_without_addresses_match_nothing),
		cmocka_unit_test(overlap_without_end_is_refused_with_the_figure),
		cmocka_unit_test(hosts_in_ever_more_groups_get_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
