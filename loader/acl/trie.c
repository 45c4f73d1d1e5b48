// SPDX-License-Identifier: GPL-2.0
/*
 * trie.c - which tables may hold a prefix of an address.
 *
 * Why it exists: a table costs a hash and a cache line even if it has nothing for
 * the packet. Two walks of a few steps, one for each address, tell most of them
 * apart (cf. the bit vectors of Lakshman and Stiliadis). A bitmap may name a table
 * too many, never one too few: bits of an address may be skipped, and a subtree that
 * would part hardly anything is left out, its bitmap naming all that it has.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl/part.h"
#include "util/cleanup.h"

#define MIN_BITS	 3  /* a node is a cache line at least */
#define MAX_BITS	 14 /* what a descriptor has room for */
/* Words that a node may have for each of its prefixes. */
#define WORDS_PER_PREFIX 4
/* A table too many costs about what the steps to find that out would. */
#define EXTRA_TABLES	 1

enum side { SIDE_SRC, SIDE_DST };

/* Addresses begin at the highest bit of `high` in both families. */
struct prefix {
	uint64_t high;
	uint64_t low;
	uint64_t tables;
	uint32_t len;
};

struct trie {
	struct acl_writer *writer;
	unsigned int half; /* bits of one word of an address */
	uint32_t steps;	   /* so far the deepest */
	struct acl_reach *reach;
};

/* ---- prefixes ---- */

/* @bits: 1..14, which lie in one half */
static uint32_t bits_at(const struct prefix *prefix, unsigned int at, unsigned int bits)
{
	uint64_t word = at < 64 ? prefix->high << at : prefix->low << (at - 64);

	return (uint32_t)(word >> (64 - bits));
}

/* How many first bits two addresses share, at most 128. */
static unsigned int shared_bits(const struct prefix *a, const struct prefix *b)
{
	if (a->high != b->high)
		return (unsigned int)__builtin_clzll(a->high ^ b->high);
	return a->low == b->low ? 128
				: 64 + (unsigned int)__builtin_clzll(a->low ^ b->low);
}

static bool equal(const struct prefix *a, const struct prefix *b)
{
	return a->high == b->high && a->low == b->low && a->len == b->len;
}

static struct prefix prefix_of(const struct acl_term *term, enum acl_family family,
			       enum side side)
{
	bool src = side == SIDE_SRC;
	uint64_t high = src ? term->src_high : term->dst_high;
	uint64_t low = src ? term->src_low : term->dst_low;

	return (struct prefix){
		.high = family == ACL_IPV4 ? low << 32 : high,
		.low = family == ACL_IPV4 ? 0 : low,
		.len = src ? term->src_len : term->dst_len,
	};
}

/* Bytes of a prefix from the least of what it is sorted by: length, then address. */
#define SORT_BYTES 17

static unsigned int sort_byte(const struct prefix *prefix, unsigned int byte)
{
	if (!byte)
		return prefix->len;
	return (byte <= 8 ? prefix->low >> (8 * (byte - 1))
			  : prefix->high >> (8 * (byte - 9))) &
	       255;
}

/* One pass of a radix sort. Return: false if all have the same byte, and stay. */
static bool sort_pass(const struct prefix *from, struct prefix *to, size_t n,
		      unsigned int byte)
{
	size_t at[256] = {0}, sum = 0;

	for (size_t i = 0; i < n; i++)
		at[sort_byte(&from[i], byte)]++;
	if (at[sort_byte(&from[0], byte)] == n)
		return false;
	for (unsigned int value = 0; value < 256; value++) {
		size_t count = at[value];

		at[value] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[at[sort_byte(&from[i], byte)]++] = from[i];
	return true;
}

/* Order prefixes by addresses, shorter ones first. Return: those of both arrays that
 * are sorted now. */
static struct prefix *sort(struct prefix *prefixes, struct prefix *other, size_t n)
{
	for (unsigned int byte = 0; byte < SORT_BYTES; byte++) {
		struct prefix *was = prefixes;

		if (!sort_pass(prefixes, other, n, byte))
			continue;
		prefixes = other;
		other = was;
	}
	return prefixes;
}

/* Make one of equal prefixes. Return: how many are left */
static size_t unite(struct prefix *prefixes, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (kept && equal(&prefixes[kept - 1], &prefixes[i]))
			prefixes[kept - 1].tables |= prefixes[i].tables;
		else
			prefixes[kept++] = prefixes[i];
	}
	return kept;
}

/* ---- nodes ---- */

/* What a subtree has to tell apart. */
struct subtree {
	struct prefix *prefixes; /* it may drop some; they share `at` bits */
	size_t n;
	unsigned int at; /* bits of the address above it */
	uint64_t tables; /* of prefixes that end above it */
	uint32_t steps;	 /* above it */
};

/* Drop prefixes that end above, and those whose tables are known above. */
static uint64_t absorb(struct subtree *sub)
{
	uint64_t known, all;
	size_t kept = 0;

	for (size_t i = 0; i < sub->n; i++)
		if (sub->prefixes[i].len <= sub->at)
			sub->tables |= sub->prefixes[i].tables;
	known = all = sub->tables;
	for (size_t i = 0; i < sub->n; i++) {
		if (sub->prefixes[i].len <= sub->at ||
		    !(sub->prefixes[i].tables & ~known))
			continue;
		all |= sub->prefixes[i].tables;
		sub->prefixes[kept++] = sub->prefixes[i];
	}
	sub->n = kept;
	return all;
}

/* The bits that all prefixes share are skipped. Return: whether there were any. */
static bool skip(struct subtree *sub)
{
	unsigned int at = shared_bits(&sub->prefixes[0], &sub->prefixes[sub->n - 1]);

	for (size_t i = 0; i < sub->n; i++)
		if (at > sub->prefixes[i].len)
			at = sub->prefixes[i].len;
	if (at <= sub->at)
		return false;
	sub->at = at;
	return true;
}

static unsigned int node_bits(const struct trie *trie, const struct subtree *sub)
{
	unsigned int left = trie->half - sub->at % trie->half, bits = MIN_BITS;

	while (bits < MAX_BITS && 2ull << bits <= WORDS_PER_PREFIX * sub->n)
		bits++;
	return bits < left ? bits : left;
}

static int make(struct trie *trie, struct subtree sub, uint64_t *desc);

/* Add to each child the tables of prefixes that end in the node. */
static void spread(uint64_t *children, const struct subtree *sub, unsigned int bits)
{
	for (size_t i = 0; i < sub->n; i++) {
		const struct prefix *prefix = &sub->prefixes[i];
		uint32_t child, covered;

		if (prefix->len > sub->at + bits)
			continue;
		child = bits_at(prefix, sub->at, bits);
		covered = 1u << (sub->at + bits - prefix->len);
		while (covered--)
			children[child++] |= prefix->tables;
	}
}

static int make_node(struct trie *trie, const struct subtree *sub, uint64_t *desc)
{
	unsigned int bits = node_bits(trie, sub);
	uint32_t children = 1u << bits;
	int64_t base = acl_writer_words(trie->writer, children, 8);
	size_t i = 0;

	if (base < 0)
		return (int)base;
	spread(trie->writer->words + base, sub, bits);
	for (uint32_t child = 0; child < children; child++) {
		struct subtree below = {
			.prefixes = sub->prefixes + i,
			.at = sub->at + bits,
			.tables = sub->tables | trie->writer->words[base + child],
			.steps = sub->steps + 1,
		};
		uint64_t word;
		int err;

		for (; i < sub->n && bits_at(&sub->prefixes[i], sub->at, bits) == child;
		     i++)
			below.n++;
		err = make(trie, below, &word);
		if (err)
			return err;
		trie->writer->words[base + child] = word;
	}
	*desc = ACL_NODE_OF(0, base, sub->at / trie->half,
			    trie->half - sub->at % trie->half - bits, bits);
	return 0;
}

static int make(struct trie *trie, struct subtree sub, uint64_t *desc)
{
	uint64_t all;

	if (trie->steps < sub.steps)
		trie->steps = sub.steps;
	do {
		all = absorb(&sub);
		if (sub.n <= 1 || sub.steps == ACL_MAX_TRIE_STEPS ||
		    __builtin_popcountll(all) <= 1 ||
		    __builtin_popcountll(all & ~sub.tables) <= EXTRA_TABLES) {
			*desc = all;
			acl_reach_add(trie->reach, all);
			return 0;
		}
	} while (skip(&sub));
	return make_node(trie, &sub, desc);
}

static int build_side(struct acl_writer *writer, enum acl_family family,
		      const struct acl_term *terms, size_t n, const uint8_t *table,
		      enum side side, struct prefix *room, uint64_t *root,
		      struct acl_reach *reach, uint32_t *steps)
{
	struct trie trie = {
		.writer = writer,
		.half = family == ACL_IPV4 ? 32 : 64,
		.steps = *steps,
		.reach = reach,
	};
	struct subtree all = {.at = 0};
	int err;

	for (size_t i = 0; i < n; i++) {
		room[i] = prefix_of(&terms[i], family, side);
		room[i].tables = 1ull << table[i];
	}
	all.prefixes = sort(room, room + n, n);
	all.n = unite(all.prefixes, n);
	err = make(&trie, all, root);
	*steps = trie.steps;
	return err;
}

int acl_tries_build(struct acl_writer *writer, enum acl_family family,
		    const struct acl_term *terms, size_t n, const uint8_t *table,
		    uint64_t roots[2], struct acl_reach reach[2], uint32_t *steps)
{
	struct prefix *room cleanup_free_ = malloc(2 * n * sizeof(*room));
	int err;

	if (!room)
		return -ENOMEM;
	*steps = 0;
	err = build_side(writer, family, terms, n, table, SIDE_SRC, room, &roots[0],
			 &reach[0], steps);
	if (err)
		return err;
	return build_side(writer, family, terms, n, table, SIDE_DST, room, &roots[1],
			  &reach[1], steps);
}
