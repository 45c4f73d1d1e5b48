// SPDX-License-Identifier: GPL-2.0
/*
 * class_trie.c - from an address to its class, exactly.
 *
 * Why it exists: what is looked up by classes is never compared with the address
 * again. So nodes select consecutive bits, none is skipped unseen, and where many
 * would follow in which nothing branches, a guard compares them at once.
 *
 * Regions may nest in every length and share all but their last bit, and still a
 * walk must be short. Each step is chosen as the one that leaves the least of what
 * may be left: a node parts regions by as many bits as it can afford to have
 * children; a guard parts those within a prefix from the others, whichever prefix
 * comes nearest to half of them (cf. centroid decomposition, Jordan 1869). A guard
 * that halves can always be had, or nearly, so that steps grow with the logarithm
 * of the number of regions at worst, however long the prefixes. Groups of hosts take
 * 4 to 6 steps; the worst that a search for bad trees has found are 9 for IPv4 and
 * 18 for IPv6. A region takes about 5 words, in such trees up to 13.
 */
#include <errno.h>
#include <string.h>

#include "acl/classes.h"
#include "acl/part.h"

#define MAX_NODE_BITS 14

/* Regions within a prefix of that length that is known to hold the address, and
 * the class of addresses in none of them. */
struct problem {
	struct acl_region *regions;
	size_t n;
	unsigned int len;
	uint32_t class;
};

/* One step, or two that belong together. */
struct step {
	bool guard; /* of regions [from, to), else a node */
	size_t from, to;
	unsigned int guarded; /* the guard's prefix length ... */
	uint32_t class;	      /* ... and the class around them */
	size_t left;	      /* the most regions that are left, whatever the address */
	unsigned int cost;    /* steps: 2 if a node follows the guard */
};

struct trie {
	struct acl_writer *writer;
	enum acl_family family;
	uint32_t *steps;
};

static size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

static unsigned int min_bits(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* `bits` bits of the address after the first len; they do not straddle bit 64. */
static uint32_t bits_after(const struct acl_region *r, unsigned int len,
			   unsigned int bits)
{
	const uint64_t half = len < 64 ? r->high : r->low;

	return (uint32_t)(half >> (64 - len % 64 - bits)) & ((1u << bits) - 1);
}

static unsigned int common_bits(const struct acl_region *a, const struct acl_region *b)
{
	if (a->high != b->high)
		return (unsigned int)__builtin_clzll(a->high ^ b->high);
	if (a->low != b->low)
		return 64 + (unsigned int)__builtin_clzll(a->low ^ b->low);
	return 128;
}

/* The length of the longest prefix that has all of the regions: in their order,
 * what is common to the first and the last is common to all. */
static unsigned int common_len(const struct acl_region *regions, size_t n)
{
	return min_bits(regions[0].len, common_bits(&regions[0], &regions[n - 1]));
}

/* ---- what a step would leave ---- */

/* How many bits a node may select: children no more than twice the regions. */
static unsigned int node_bits(enum acl_family family, size_t n, unsigned int len)
{
	const unsigned int end = family == ACL_IPV4 ? 32 : len < 64 ? 64 : 128;
	unsigned int bits = 1;

	while (bits < MAX_NODE_BITS && (size_t)2 << bits <= 2 * n)
		bits++;
	return min_bits(bits, end - len);
}

/* The most regions that a child of a node would have. */
static size_t node_leaves(enum acl_family family, const struct acl_region *regions,
			  size_t n, unsigned int len)
{
	const unsigned int bits = node_bits(family, n, len);
	uint32_t child = UINT32_MAX;
	size_t most = 0, count = 0;

	for (size_t i = 0; i < n; i++) {
		if (regions[i].len <= len + bits)
			continue;
		if (bits_after(&regions[i], len, bits) != child) {
			child = bits_after(&regions[i], len, bits);
			count = 0;
		}
		most = max_size(most, ++count);
	}
	return most;
}

/* Whether step a shrinks the problem more than b, for what it costs: compares the
 * cost-th roots of left/n. */
static bool shrinks_more(const struct step *a, const struct step *b, size_t n)
{
	const uint64_t left_a = a->left + 1, left_b = b->left + 1, whole = n + 1;

	if (a->cost == b->cost)
		return left_a < left_b;
	return a->cost > b->cost ? left_a * whole < left_b * left_b
				 : left_a * left_a < left_b * whole;
}

static void consider(struct step *best, struct step step, size_t n)
{
	if (shrinks_more(&step, best, n))
		*best = step;
}

/* The first of the regions that has the bit after the first len set. */
static size_t upper_half(const struct acl_region *regions, size_t from, size_t to,
			 unsigned int len)
{
	while (from < to) {
		const size_t middle = from + (to - from) / 2;

		if (bits_after(&regions[middle], len, 1))
			to = middle;
		else
			from = middle + 1;
	}
	return from;
}

/* Follow the prefixes that have most of the regions, down to one with half. */
static struct step best_step(enum acl_family family, const struct problem *problem)
{
	const struct acl_region *r = problem->regions;
	const size_t n = problem->n;
	struct step best = {
		.left = node_leaves(family, r, n, problem->len),
		.cost = 1,
	};
	size_t from = 0, to = n;
	uint32_t class = problem->class;

	for (;;) {
		const unsigned int len = common_len(r + from, to - from);
		const size_t first = from + (r[from].len == len); /* others within it */
		const size_t outside = n - (to - from);
		struct step step = {
			.guard = true,
			.from = from,
			.to = to,
			.guarded = len,
			.class = class,
		};

		if (len > problem->len) {
			step.left = max_size(outside, to - first);
			step.cost = 1;
			consider(&best, step, n);
		}
		if (first == to)
			break;
		if (len > problem->len) {
			step.left = max_size(
				outside, node_leaves(family, r + first, to - first, len));
			step.cost = 2;
			consider(&best, step, n);
		}
		if (to - from <= n / 2)
			break;
		if (first > from)
			class = r[from].class;
		const size_t half = upper_half(r, first, to, len);

		if (half - first > to - half) {
			from = first;
			to = half;
		} else {
			from = half;
		}
	}
	return best;
}

/* ---- writing ---- */

static int write_trie(const struct trie *trie, struct problem problem, uint32_t depth,
		      uint64_t *root);

/* Fill in children: the classes of regions that have a whole child, then what is to
 * be solved below a child. Wider regions come first, and what is within a child
 * comes in one piece. */
static int write_node(const struct trie *trie, const struct problem *problem,
		      uint32_t depth, uint64_t *root)
{
	const unsigned int bits = node_bits(trie->family, problem->n, problem->len);
	const unsigned int below = problem->len + bits;
	const unsigned int sel = problem->len < 64 ? ACL_SEL_HIGH : ACL_SEL_LOW;
	const unsigned int shift = trie->family == ACL_IPV4 ? 32 - below
				   : below <= 64	    ? 64 - below
							    : 128 - below;
	const int64_t base = acl_writer_words(trie->writer, (size_t)1 << bits, 1);
	size_t end;

	if (base < 0)
		return (int)base;
	for (uint32_t child = 0; child < 1u << bits; child++)
		trie->writer->words[base + child] = ACL_CLASS_OF(problem->class);
	for (size_t i = 0; i < problem->n; i = end) {
		struct acl_region *r = &problem->regions[i];
		const uint32_t child = bits_after(r, problem->len, bits);
		struct problem inner = {r, 0, below, 0};
		uint64_t word;
		int err;

		end = i + 1;
		if (r->len <= below) {
			for (uint32_t c = 0; c < 1u << (below - r->len); c++)
				trie->writer->words[base + child + c] =
					ACL_CLASS_OF(r->class);
			continue;
		}
		while (end < problem->n && problem->regions[end].len > below &&
		       bits_after(&problem->regions[end], problem->len, bits) == child)
			end++;
		inner.n = end - i;
		inner.class = (uint32_t)trie->writer->words[base + child];
		err = write_trie(trie, inner, depth, &word);
		if (err)
			return err;
		trie->writer->words[base + child] = word;
	}
	*root = ACL_NODE_OF(0, base, sel, shift, bits);
	return 0;
}

/* Exchange [from, middle) and [middle, to), each in its order. */
static void reverse(struct acl_region *from, struct acl_region *to)
{
	while (from < to && from < --to) {
		const struct acl_region was = *from;

		*from++ = *to;
		*to = was;
	}
}

static void rotate(struct acl_region *from, struct acl_region *middle,
		   struct acl_region *to)
{
	reverse(from, middle);
	reverse(middle, to);
	reverse(from, to);
}

static int write_guard(const struct trie *trie, const struct problem *problem,
		       const struct step *step, uint32_t depth, uint64_t *root)
{
	const bool ipv4 = trie->family == ACL_IPV4;
	const unsigned int shift = (ipv4 ? 32 : 128) - step->guarded;
	const struct acl_region prefix = problem->regions[step->from];
	const size_t n_inside = step->to - step->from;
	const size_t n_outside = problem->n - n_inside;
	const struct problem outside = {problem->regions, n_outside, problem->len,
					problem->class};
	const struct problem inside = {problem->regions + n_outside, n_inside,
				       step->guarded, step->class};
	const int64_t base = acl_writer_words(trie->writer, ipv4 ? 3 : 5, 1);
	uint64_t *words, children[2];
	int err;

	if (base < 0)
		return (int)base;
	rotate(problem->regions + step->from, problem->regions + step->to,
	       problem->regions + problem->n);
	err = write_trie(trie, inside, depth, &children[0]);
	if (!err)
		err = write_trie(trie, outside, depth, &children[1]);
	if (err)
		return err;
	words = &trie->writer->words[base];
	if (ipv4) {
		words[0] = prefix.high | shift;
	} else {
		words[0] = prefix.high;
		words[1] = prefix.low;
		words[2] = shift;
	}
	memcpy(words + (ipv4 ? 1 : 3), children, sizeof(children));
	*root = ACL_GUARD_OF(base);
	return 0;
}

static int write_trie(const struct trie *trie, struct problem problem, uint32_t depth,
		      uint64_t *root)
{
	struct step step;

	if (problem.n && problem.regions[0].len == problem.len) { /* it is the whole */
		problem.class = problem.regions[0].class;
		problem.regions++;
		problem.n--;
	}
	if (!problem.n) {
		*root = ACL_CLASS_OF(problem.class);
		return 0;
	}
	if (++depth > ACL_MAX_CLASS_STEPS)
		return acl_refuse(trie->writer, "steps from an address to its class",
				  depth, ACL_MAX_CLASS_STEPS);
	if (*trie->steps < depth)
		*trie->steps = depth;
	step = best_step(trie->family, &problem);
	return step.guard ? write_guard(trie, &problem, &step, depth, root)
			  : write_node(trie, &problem, depth, root);
}

int acl_class_trie_build(struct acl_writer *writer, enum acl_family family,
			 struct acl_region *regions, size_t n, uint64_t *root,
			 uint32_t *steps)
{
	const struct trie trie = {writer, family, steps};

	return write_trie(&trie, (struct problem){regions, n, 0, 0}, 0, root);
}
