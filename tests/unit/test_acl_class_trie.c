// SPDX-License-Identifier: GPL-2.0
/*
 * test_acl_class_trie.c - promises of loader/acl/class_trie.c: every address finds
 * the class of the narrowest region that has it, within the steps that the builder
 * says, and these within ACL_MAX_CLASS_STEPS however regions nest.
 *
 * Tries are read here as abi_acl.h describes them, not by the datapath's code.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "acl_class_test.h"
#include "util/cleanup.h"

static struct acl_region region_of(wide address, unsigned int len, uint32_t class)
{
	address &= mask_of(len);
	return (struct acl_region){(uint64_t)(address >> 64), (uint64_t)address, class,
				   (uint8_t)len};
}

static wide first_of(const struct acl_region *r)
{
	return (wide)r->high << 64 | r->low;
}

static wide last_of(const struct acl_region *r, enum acl_family family)
{
	return first_of(r) | (~mask_of(r->len) & mask_of(width_of(family)));
}

/* ---- reading a trie ---- */

static uint64_t guarded_child(const uint64_t *words, uint64_t guard,
			      enum acl_family family, wide address)
{
	const uint64_t *w = &words[ACL_D_BASE(guard)];
	const uint64_t shift = family == ACL_IPV4 ? w[0] & 0xffffffff : w[2];
	wide prefix = family == ACL_IPV4 ? w[0] >> 32 : (wide)w[0] << 64 | w[1];

	assert_true(shift < width_of(family));
	if (family == ACL_IPV4)
		address >>= 96;
	w += family == ACL_IPV4 ? 1 : 3;
	return address >> shift == prefix >> shift ? w[0] : w[1];
}

static uint64_t node_child(const uint64_t *words, uint64_t node, enum acl_family family,
			   wide address)
{
	uint64_t key = (uint64_t)(address >> 64);

	assert_int_equal(node >> 61 & 3, 0);
	assert_int_equal(ACL_D_LINE(node), 0);
	assert_in_range(ACL_D_BITS(node), 1, 14);
	if (family == ACL_IPV4) {
		assert_int_equal(ACL_D_SEL(node), 0);
		assert_true(ACL_D_SHIFT(node) + ACL_D_BITS(node) <= 32);
		key >>= 32;
	} else if (ACL_D_SEL(node) == ACL_SEL_LOW) {
		key = (uint64_t)address;
	}
	assert_true(ACL_D_SHIFT(node) + ACL_D_BITS(node) <= 64);
	return words[ACL_D_BASE(node) +
		     (key >> ACL_D_SHIFT(node) & ((1u << ACL_D_BITS(node)) - 1))];
}

static uint32_t class_of(const uint64_t *words, uint64_t root, enum acl_family family,
			 wide address, uint32_t *steps)
{
	*steps = 0;
	for (;; ++*steps) {
		if (root & ACL_NODE)
			root = node_child(words, root, family, address);
		else if (root & ACL_GUARD)
			root = guarded_child(words, root, family, address);
		else
			break;
	}
	assert_int_equal(root >> 32, 0);
	return (uint32_t)root;
}

/* ---- regions ---- */

static int region_order(const void *left, const void *right)
{
	const struct acl_region *a = left, *b = right;

	if (first_of(a) != first_of(b))
		return first_of(a) < first_of(b) ? -1 : 1;
	return (int)a->len - (int)b->len;
}

/* Sort; of equal prefixes one stays. */
static size_t arrange(struct acl_region *regions, size_t n)
{
	size_t kept = 0;

	qsort(regions, n, sizeof(*regions), region_order);
	for (size_t i = 0; i < n; i++)
		if (!kept || region_order(&regions[kept - 1], &regions[i]))
			regions[kept++] = regions[i];
	return kept;
}

/* The narrowest region that has the address: all are looked at. */
static uint32_t linear_class(const struct acl_region *regions, size_t n, wide address)
{
	uint32_t class = 0;
	int longest = -1;

	for (size_t i = 0; i < n; i++)
		if (!((first_of(&regions[i]) ^ address) & mask_of(regions[i].len)) &&
		    regions[i].len > longest) {
			longest = regions[i].len;
			class = regions[i].class;
		}
	return class;
}

struct built {
	struct acl_writer writer;
	struct acl_refusal why;
	uint64_t root;
	uint32_t steps;
	uint32_t met; /* most steps of any address so far */
	enum acl_family family;
};

static void built_free(struct built *built)
{
	free(built->writer.words);
	free(built->writer.rules4);
	free(built->writer.rules6);
}

static int build(struct built *built, enum acl_family family,
		 const struct acl_region *regions, size_t n, size_t max_words)
{
	struct acl_region *copy cleanup_free_ = malloc((n + 1) * sizeof(*copy));

	assert_non_null(copy);
	memset(built, 0, sizeof(*built));
	built->family = family;
	built->writer.limits.words = max_words;
	built->writer.why = &built->why;
	if (n)
		memcpy(copy, regions, n * sizeof(*copy));
	assert_int_equal(acl_writer_words(&built->writer, 1, 1), 0);
	return acl_class_trie_build(&built->writer, family, copy, n, &built->root,
				    &built->steps);
}

static uint32_t ask(struct built *built, wide address)
{
	uint32_t steps;
	uint32_t class = class_of(built->writer.words, built->root, built->family,
				  address & mask_of(width_of(built->family)), &steps);

	if (built->met < steps)
		built->met = steps;
	assert_true(steps <= built->steps);
	return class;
}

static void check_at(struct built *built, const struct acl_region *regions, size_t n,
		     wide address)
{
	address &= mask_of(width_of(built->family));
	assert_int_equal(ask(built, address), linear_class(regions, n, address));
}

/* At every region's first and last address, those beside them, and at random ones
 * that share some bits with a region. */
static void check(struct built *built, const struct acl_region *regions, size_t n)
{
	const enum acl_family family = built->family;
	const wide one = (wide)1 << (128 - width_of(family));

	for (size_t i = 0; i < n; i++) {
		const wide first = first_of(&regions[i]);
		const wide last = last_of(&regions[i], family);
		const wide shared = mask_of(below(width_of(family)));

		check_at(built, regions, n, first);
		check_at(built, regions, n, last);
		check_at(built, regions, n, first - one);
		check_at(built, regions, n, last + one);
		check_at(built, regions, n,
			 (first & shared) | (random_address(family) & ~shared));
	}
	check_at(built, regions, n, 0);
	check_at(built, regions, n, ~(wide)0);
	check_at(built, regions, n, random_address(family));
	assert_true(built->steps <= ACL_MAX_CLASS_STEPS);
	assert_int_equal(built->met > built->steps, 0);
}

/* Regions that share many bits with one another. */
static size_t crowd(struct acl_region *regions, size_t n, enum acl_family family)
{
	for (size_t i = 0; i < n; i++) {
		wide address = random_address(family);

		if (i && below(4)) {
			const wide near = first_of(&regions[below((unsigned int)i)]);
			const wide shared = mask_of(below(width_of(family) + 1));

			address = (near & shared) | (address & ~shared);
		}
		regions[i] = region_of(address, below(width_of(family) + 1),
				       (uint32_t)random64());
	}
	return arrange(regions, n);
}

enum { MAX_CROWD = 80 };

static void every_address_finds_its_narrowest_region(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 3000; round++) {
		struct acl_region regions[MAX_CROWD];
		struct built built cleanup_(built_free);
		const enum acl_family family = round & 1;
		size_t n = crowd(regions, below(round % 8 ? 12 : MAX_CROWD), family);

		assert_int_equal(build(&built, family, regions, n, ACL_MAX_WORDS), 0);
		check(&built, regions, n);
	}
}

static void no_region_is_class_0_without_a_step(void **state)
{
	struct built built cleanup_(built_free);

	(void)state;
	assert_int_equal(build(&built, ACL_IPV6, NULL, 0, ACL_MAX_WORDS), 0);
	assert_int_equal(built.root, ACL_CLASS_OF(0));
	assert_int_equal(built.steps, 0);
}

/* ---- shapes that are chosen to be hard ---- */

static void check_shape(enum acl_family family, struct acl_region *regions, size_t n,
			uint32_t most_steps)
{
	struct built built cleanup_(built_free);

	n = arrange(regions, n);
	assert_int_equal(build(&built, family, regions, n, ACL_MAX_WORDS), 0);
	check(&built, regions, n);
	if (built.steps > most_steps)
		print_error("%u steps\n", built.steps);
	assert_true(built.steps <= most_steps);
}

static void every_length_nested_takes_few_steps(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++)
		for (enum acl_family family = ACL_IPV4; family <= ACL_IPV6; family++) {
			struct acl_region regions[129];
			const unsigned int width = width_of(family);
			const wide address = random_address(family);

			for (unsigned int len = 0; len <= width; len++)
				regions[len] = region_of(address, len, len + 1);
			check_shape(family, regions, width + 1,
				    family == ACL_IPV4 ? 6 : 8);
		}
}

/* Beside every prefix of an address its other half; and both. */
static void combs_take_few_steps(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++)
		for (enum acl_family family = ACL_IPV4; family <= ACL_IPV6; family++) {
			struct acl_region regions[257];
			const unsigned int width = width_of(family);
			const wide address = random_address(family);
			size_t n = 0;

			for (unsigned int len = 1; len <= width; len++) {
				regions[n++] = region_of(address ^ (wide)1 << (128 - len),
							 len, len);
				if (round & 1)
					regions[n++] =
						region_of(address, len, len + 1000);
			}
			check_shape(family, regions, n, family == ACL_IPV4 ? 7 : 9);
		}
}

/* Pairs of hosts that differ in their last bit alone, far from one another. */
static void hosts_that_share_all_but_the_last_bit_take_few_steps(void **state)
{
	(void)state;
	for (enum acl_family family = ACL_IPV4; family <= ACL_IPV6; family++) {
		struct acl_region regions[400];
		const wide one = (wide)1 << (128 - width_of(family));

		for (size_t i = 0; i < 400; i += 2) {
			const wide address = random_address(family) & ~one;

			regions[i] = region_of(address, width_of(family), 1);
			regions[i + 1] = region_of(address | one, width_of(family), 2);
		}
		check_shape(family, regions, 400, 8);
	}
}

struct grove {
	struct acl_region *regions;
	size_t n;
	unsigned int width;
	unsigned int gap; /* between forks at most so many bits */
};

/* A tree that forks seldom and unevenly, with regions on the way: no prefix has half
 * of them, and no bits part many. */
static void grow(struct grove *grove, wide address, unsigned int len, unsigned int size)
{
	const unsigned int fork = len + 1 + below(grove->gap);
	const unsigned int part = size * 618 / 1000;

	if (size < 2 || fork >= grove->width) {
		grove->regions[grove->n++] =
			region_of(address, grove->width, (uint32_t)random64());
		return;
	}
	for (; len < fork; len++) {
		address |= (wide)below(2) << (127 - len);
		if (!below(3))
			grove->regions[grove->n++] =
				region_of(address, len, (uint32_t)random64());
	}
	grow(grove, address, len + 1, part);
	grow(grove, address | (wide)1 << (127 - len), len + 1, size - part);
}

static void sparse_uneven_trees_stay_within_the_bound(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 40; round++) {
		const enum acl_family family = round & 1;
		const unsigned int size = round < 36 ? 64 << round / 4 : 20000;
		struct grove grove = {
			.regions = calloc(20ul * size, sizeof(*grove.regions)),
			.width = width_of(family),
			.gap = family == ACL_IPV4 ? 3 : 12,
		};
		struct acl_region *regions cleanup_free_ = grove.regions;
		struct built built cleanup_(built_free);

		assert_non_null(regions);
		grow(&grove, 0, 0, size);
		grove.n = arrange(regions, grove.n);
		assert_int_equal(build(&built, family, regions, grove.n, ACL_MAX_WORDS),
				 0);
		assert_true(built.steps <= ACL_MAX_CLASS_STEPS);
		for (size_t i = 0; i < 64; i++) {
			const struct acl_region *r =
				&regions[below((unsigned int)grove.n)];

			check_at(&built, regions, grove.n, first_of(r));
			check_at(&built, regions, grove.n, last_of(r, family));
		}
	}
}

/* Regions that part in the bits around the middle of IPv6 addresses. */
static void nodes_stay_within_half_an_address(void **state)
{
	(void)state;
	for (unsigned int from = 50; from < 64; from++) {
		struct acl_region regions[400];
		const wide high = random_address(ACL_IPV6);
		const wide shared = mask_of(from);

		for (size_t i = 0; i < 400; i++)
			regions[i] = region_of(
				(high & shared) | (random_address(ACL_IPV6) & ~shared),
				from + below(30), (uint32_t)random64());
		check_shape(ACL_IPV6, regions, 400, 9);
	}
}

/* Where one path is long and everything hangs off it: a prefix that has between a
 * third and two thirds of what is left can be found, but nothing better. */
static void long_paths_in_sparse_space_stay_within_the_bound(void **state)
{
	enum { N = 20000 };
	struct acl_region *regions cleanup_free_ = calloc(N, sizeof(*regions));
	struct built built cleanup_(built_free);
	size_t n;

	(void)state;
	assert_non_null(regions);
	for (size_t i = 0; i < N; i++) {
		wide address = 0;

		/* Few bits set, the same places for all: a tree of depth 128. */
		for (unsigned int b = 0; b < 4; b++)
			address |= (wide)1 << below(128);
		regions[i] = region_of(address, 1 + below(128), (uint32_t)i + 1);
	}
	n = arrange(regions, N);
	assert_int_equal(build(&built, ACL_IPV6, regions, n, ACL_MAX_WORDS), 0);
	assert_true(built.steps <= ACL_MAX_CLASS_STEPS);
	for (size_t i = 0; i < n; i += 37) {
		check_at(&built, regions, n, first_of(&regions[i]));
		check_at(&built, regions, n, last_of(&regions[i], ACL_IPV6));
	}
}

/* ---- size ---- */

static void many_hosts_take_few_words_and_steps(void **state)
{
	enum { N = 100000 };

	(void)state;
	for (enum acl_family family = ACL_IPV4; family <= ACL_IPV6; family++) {
		struct acl_region *regions cleanup_free_ = calloc(N, sizeof(*regions));
		struct built built cleanup_(built_free);
		size_t n;

		assert_non_null(regions);
		for (uint32_t i = 0; i < N; i++)
			regions[i] =
				region_of(random_address(family) & ~((wide)15 << 124),
					  width_of(family), i + 1);
		n = arrange(regions, N);
		assert_int_equal(build(&built, family, regions, n, ACL_MAX_WORDS), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(ask(&built, first_of(&regions[i])),
					 regions[i].class);
		assert_true(built.steps <= 8);
		assert_true(built.writer.n_words <=
			    n * (size_t)(family == ACL_IPV4 ? 6 : 8));
	}
}

static void equal_regions_make_equal_words(void **state)
{
	struct acl_region regions[MAX_CROWD];
	const size_t n = crowd(regions, MAX_CROWD, ACL_IPV6);
	struct built a cleanup_(built_free);
	struct built b cleanup_(built_free);

	(void)state;
	assert_int_equal(build(&a, ACL_IPV6, regions, n, ACL_MAX_WORDS), 0);
	assert_int_equal(build(&b, ACL_IPV6, regions, n, ACL_MAX_WORDS), 0);
	assert_int_equal(a.root, b.root);
	assert_int_equal(a.writer.n_words, b.writer.n_words);
	assert_memory_equal(a.writer.words, b.writer.words,
			    a.writer.n_words * sizeof(*a.writer.words));
}

static void what_does_not_fit_is_refused_with_the_figure(void **state)
{
	struct acl_region regions[MAX_CROWD];
	const size_t n = crowd(regions, MAX_CROWD, ACL_IPV4);
	struct built whole cleanup_(built_free);

	(void)state;
	assert_int_equal(build(&whole, ACL_IPV4, regions, n, ACL_MAX_WORDS), 0);
	for (size_t max = 1; max <= whole.writer.n_words; max++) {
		struct built built cleanup_(built_free);
		const int err = build(&built, ACL_IPV4, regions, n, max);

		assert_int_equal(err, max < whole.writer.n_words ? -E2BIG : 0);
		if (err) {
			assert_int_equal(built.why.limit, max);
			assert_true(built.why.needed > max);
			assert_non_null(built.why.what);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_address_finds_its_narrowest_region),
		cmocka_unit_test(no_region_is_class_0_without_a_step),
		cmocka_unit_test(every_length_nested_takes_few_steps),
		cmocka_unit_test(combs_take_few_steps),
		cmocka_unit_test(hosts_that_share_all_but_the_last_bit_take_few_steps),
		cmocka_unit_test(sparse_uneven_trees_stay_within_the_bound),
		cmocka_unit_test(nodes_stay_within_half_an_address),
		cmocka_unit_test(long_paths_in_sparse_space_stay_within_the_bound),
		cmocka_unit_test(many_hosts_take_few_words_and_steps),
		cmocka_unit_test(equal_regions_make_equal_words),
		cmocka_unit_test(what_does_not_fit_is_refused_with_the_figure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
