// SPDX-License-Identifier: GPL-2.0
/*
 * test_acl_proof.c - compiled access lists answer as their lines do: lists of every
 * kind and of up to a thousand lines, under the sanitizers. `make acl-proof` has the
 * larger ones, millions of packets, and the kernel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/acl/draw.h"
#include "tests/acl/image_check.h"
#include "tests/acl/judge.h"
#include "util/cleanup.h"

static void judge_one(struct judge_case what)
{
	struct judge judge cleanup_(judge_end) = {0};

	assert_int_equal(judge_begin(&what, &judge), 0);
	assert_false(judge.refused);
	assert_int_equal(judge_natively(&judge, stderr), 0);
}

static void judge_sizes(const size_t *sizes, size_t n_sizes, uint64_t n_seeds,
			size_t n_packets)
{
	for (int kind = 0; kind < GEN_N_KINDS; kind++)
		for (int family = 0; family < ACL_N_FAMILIES; family++)
			for (size_t i = 0; i < n_sizes; i++)
				for (uint64_t seed = 0; seed < n_seeds; seed++)
					judge_one((struct judge_case){
						.kind = kind,
						.family = family,
						.n_lines = sizes[i],
						.seed = seed,
						.n_packets = n_packets,
						.step = 1,
					});
}

static void test_small_lists_answer_as_their_lines(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 5, 8, 9, 10, 33};

	(void)state;
	judge_sizes(sizes, sizeof(sizes) / sizeof(sizes[0]), 5, 400);
}

static void test_lists_of_a_hundred_answer_as_their_lines(void **state)
{
	static const size_t sizes[] = {64, 100, 200};

	(void)state;
	judge_sizes(sizes, sizeof(sizes) / sizeof(sizes[0]), 2, 1000);
}

static void test_lists_of_a_thousand_answer_as_their_lines(void **state)
{
	static const size_t sizes[] = {1000};

	(void)state;
	judge_sizes(sizes, 1, 1, 2000);
}

/* So many pairs of prefix lengths that the compiler no longer tells all apart. */
static void test_thousands_of_pairs_of_lengths_answer_as_their_lines(void **state)
{
	(void)state;
	judge_one((struct judge_case){
		.kind = GEN_NESTED,
		.family = ACL_IPV6,
		.n_lines = 3000,
		.n_packets = 5000,
		.step = 1,
	});
}

static void test_numbers_of_lines_may_have_gaps(void **state)
{
	(void)state;
	for (int kind = 0; kind < GEN_N_KINDS; kind++)
		judge_one((struct judge_case){
			.kind = kind,
			.family = kind % 2 ? ACL_IPV6 : ACL_IPV4,
			.n_lines = 200,
			.seed = 7,
			.n_packets = 500,
			.first_number = ACL_MAX_LINES - 200 * 3,
			.step = 3,
		});
}

static bool fits(const struct acl_image *image, const struct acl_limits *limits)
{
	return image->n_words <= limits->words && image->n_rules4 <= limits->rules4 &&
	       image->n_rules6 <= limits->rules6;
}

/* Return: whether the list was compiled */
static bool judge_limited(struct judge_case what)
{
	struct judge judge cleanup_(judge_end) = {0};

	assert_int_equal(judge_begin(&what, &judge), 0);
	if (judge.refused) {
		assert_non_null(judge.why.what);
		assert_true(judge.why.needed > judge.why.limit);
		assert_null(judge.image.words);
		return false;
	}
	assert_true(fits(&judge.image, what.limits));
	assert_int_equal(judge_natively(&judge, stderr), 0);
	return true;
}

static void test_with_little_room_lists_are_right_or_refused(void **state)
{
	size_t n_compiled = 0, n_refused = 0;

	(void)state;
	for (int kind = 0; kind < GEN_N_KINDS; kind++)
		for (size_t room = 16; room <= 1 << 14; room *= 2) {
			struct acl_limits limits = {2 * room, room, room};
			bool compiled = judge_limited((struct judge_case){
				.kind = kind,
				.family = kind % 2 ? ACL_IPV4 : ACL_IPV6,
				.n_lines = 300,
				.seed = room,
				.n_packets = 300,
				.step = 1,
				.limits = &limits,
			});

			n_compiled += compiled;
			n_refused += !compiled;
		}
	assert_in_range(n_compiled, 30, 120);
	assert_in_range(n_refused, 30, 120);
}

/*
 * Lines between the same addresses, told apart by ports, of which one range ends where
 * a tree may cut; behind them lines of all ports. A later fragment, which travels as
 * port 0, passes by the ports, whatever part of the tree it is in.
 */
static void make_ports_and_all(struct gen_set *set, uint64_t seed)
{
	struct rng rng = {.state = seed};
	struct acl_prefix any = prefix_make(ACL_IPV4, 0, 0, 0);
	struct acl_service service;

	assert_int_equal(set_alloc(set, ACL_IPV4, 24, 0, 0), 0);
	for (size_t i = 0; i < 24; i++) {
		uint16_t port = (uint16_t)rng_next(&rng);
		uint16_t end = (uint16_t)(rng_below(&rng, 7) << 13 | 0x1fff);

		service = service_ports(6, 0, PORT_MAX, port, port);
		if (i >= 10 && rng_chance(&rng, 50))
			service = service_ports(6, 0, PORT_MAX, 0, end);
		if (i >= 20)
			service = service_ports(6, 0, PORT_MAX, 0, PORT_MAX);
		if (i == 20 || i == 22)
			service.cond = i == 20 ? ACL_COND_FRAGMENTS : COND_ESTABLISHED;
		set_line(set, i, any, any, service, rng_chance(&rng, 50));
	}
}

static void test_later_fragments_pass_by_ports_in_all_of_a_tree(void **state)
{
	struct packet later = {.proto = 6, .later_fragment = true};
	struct ask_cost cost;

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct gen_set set cleanup_(gen_set_free) = {0};
		struct acl_image image cleanup_(acl_image_free) = {0};
		struct acl_refusal why;
		struct acl_list list;

		make_ports_and_all(&set, seed);
		/* With the line for fragments, and with those behind it alone. */
		for (int with = 0; with < 2; with++) {
			set.lines[20].n_services = (uint32_t)with;
			list = (struct acl_list){set.lines, set.n_lines};
			assert_int_equal(acl_image_build(&list, 1, NULL, &image, &why),
					 0);
			assert_int_equal(
				ask(&image, image.roots[0], ACL_IPV4, &later, &cost),
				answer_of(with ? 20 : 21,
					  set.lines[with ? 20 : 21].permit));
			acl_image_free(&image);
		}
	}
}

/* Lines that differ in flags above all; some name a port or are for fragments. */
static void make_flags(struct gen_set *set, uint64_t seed)
{
	struct rng rng = {.state = seed};
	struct acl_prefix any = prefix_make(ACL_IPV4, 0, 0, 0);
	size_t n = 2 + rng_below(&rng, 20);

	assert_int_equal(set_alloc(set, ACL_IPV4, n, 0, 0), 0);
	for (size_t i = 0; i < n; i++) {
		uint16_t mask = (uint16_t)rng_below(&rng, 64);
		uint16_t flags = mask & (uint16_t)rng_below(&rng, 64);
		struct acl_service service = service_ports(6, 0, PORT_MAX, 0, PORT_MAX);

		/* Few of them, so that one implies another now and then. */
		if (rng_chance(&rng, 70))
			mask &= FLAG_SYN | FLAG_ACK | FLAG_RST;
		service.cond = COND_FLAGS(flags & mask, ~flags & mask);
		if (service.cond && rng_chance(&rng, 40))
			service.cond |= ACL_COND_ANY;
		if (rng_chance(&rng, 20))
			service.dst_port_low = service.dst_port_high = 80;
		else if (rng_chance(&rng, 10))
			service.cond = ACL_COND_FRAGMENTS;
		set_line(set, i, any, any, service, rng_chance(&rng, 50));
	}
}

static void ask_all_flags(const struct acl_image *image, const struct gen_set *set)
{
	for (uint32_t i = 0; i < 64 * 2 * 2; i++) {
		struct ask_cost cost;
		struct packet packet = {.proto = 6, .later_fragment = i >> 7};
		uint32_t first;

		if (!packet.later_fragment) {
			packet.tcp_flags = i & 63;
			packet.dst_port = i >> 6 & 1 ? 80 : 81;
		}
		first = oracle_first(set->lines, set->n_lines, ACL_IPV4, &packet);
		assert_int_equal(ask(image, image->roots[0], ACL_IPV4, &packet, &cost),
				 answer_expected(set->lines, first));
	}
}

static void test_flags_of_all_kinds_answer_as_their_lines(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 1500; seed++) {
		struct gen_set set cleanup_(gen_set_free) = {0};
		struct acl_image image cleanup_(acl_image_free) = {0};
		struct acl_refusal why;
		struct acl_list list;

		make_flags(&set, seed);
		list = (struct acl_list){set.lines, set.n_lines};
		assert_int_equal(acl_image_build(&list, 1, NULL, &image, &why), 0);
		ask_all_flags(&image, &set);
	}
}

/* ---- lists of both families, several in one image ---- */

enum { N_EACH = 150, N_MIXED = 2 * N_EACH, N_LISTS = GEN_N_KINDS, N_ASKED = 300 };

/* Lines of both families by turns; each seventh has prefixes of both. */
struct mixed {
	struct gen_set sets[ACL_N_FAMILIES];
	struct acl_line lines[N_MIXED];
	struct acl_prefix both[N_MIXED][4];
};

static void mixed_free(struct mixed *mixed)
{
	gen_set_free(&mixed->sets[ACL_IPV4]);
	gen_set_free(&mixed->sets[ACL_IPV6]);
}

static void mixed_make(struct mixed *mixed, enum gen_kind kind, uint32_t first_number)
{
	for (int family = 0; family < ACL_N_FAMILIES; family++)
		assert_int_equal(
			gen_set_make(kind, family, N_EACH, kind, &mixed->sets[family]),
			0);
	for (uint32_t i = 0; i < N_MIXED; i++) {
		const struct acl_line *other = &mixed->sets[!(i & 1)].lines[i / 2];
		struct acl_line *line = &mixed->lines[i];

		*line = mixed->sets[i & 1].lines[i / 2];
		line->number = first_number + i;
		if (i % 7)
			continue;
		mixed->both[i][0] = *line->src;
		mixed->both[i][1] = *other->src;
		mixed->both[i][2] = *line->dst;
		mixed->both[i][3] = *other->dst;
		line->src = mixed->both[i];
		line->n_src = 2;
		line->dst = mixed->both[i] + 2;
		line->n_dst = i % 2 ? 2 : 1; /* or one side of one family alone */
	}
}

static void ask_mixed(const struct acl_image *image, size_t list,
		      const struct mixed *mixed, enum acl_family family)
{
	static struct packet packets[N_ASKED];
	struct ask_cost cost;

	packets_draw(&mixed->sets[family], list, packets, N_ASKED);
	for (size_t i = 0; i < N_ASKED; i++) {
		uint32_t first = oracle_first(mixed->lines, N_MIXED, family, &packets[i]);

		assert_int_equal(
			ask(image, image->roots[list], family, &packets[i], &cost),
			answer_expected(mixed->lines, first));
	}
}

static void test_lists_of_both_families_share_an_image(void **state)
{
	static struct mixed mixed[N_LISTS];
	struct acl_image image cleanup_(acl_image_free) = {0};
	struct acl_list lists[N_LISTS + 1];
	struct image_fault fault;
	struct acl_refusal why;

	(void)state;
	for (uint32_t i = 0; i < N_LISTS; i++) {
		mixed_make(&mixed[i], (enum gen_kind)i, i * 1000);
		lists[i] = (struct acl_list){mixed[i].lines, N_MIXED};
	}
	lists[N_LISTS] = (struct acl_list){0}; /* a list of no lines */
	assert_int_equal(acl_image_build(lists, N_LISTS + 1, NULL, &image, &why), 0);
	for (size_t i = 0; i <= N_LISTS; i++)
		assert_true(image_check(&image, i, &fault));
	for (size_t i = 0; i < N_LISTS; i++) {
		ask_mixed(&image, i, &mixed[i], ACL_IPV4);
		ask_mixed(&image, i, &mixed[i], ACL_IPV6);
		mixed_free(&mixed[i]);
	}
	assert_int_equal(image.roots[N_LISTS].v4, 0);
	assert_int_equal(image.roots[N_LISTS].v6, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_lists_answer_as_their_lines),
		cmocka_unit_test(test_lists_of_a_hundred_answer_as_their_lines),
		cmocka_unit_test(test_lists_of_a_thousand_answer_as_their_lines),
		cmocka_unit_test(
			test_thousands_of_pairs_of_lengths_answer_as_their_lines),
		cmocka_unit_test(test_numbers_of_lines_may_have_gaps),
		cmocka_unit_test(test_with_little_room_lists_are_right_or_refused),
		cmocka_unit_test(test_later_fragments_pass_by_ports_in_all_of_a_tree),
		cmocka_unit_test(test_flags_of_all_kinds_answer_as_their_lines),
		cmocka_unit_test(test_lists_of_both_families_share_an_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
