// SPDX-License-Identifier: GPL-2.0
/*
 * cost.c - what a header's lookups cost on average.
 *
 * Why it exists: ten lines are cheapest in one leaf, a hundred perhaps in a tree, and
 * a thousand in tables; it depends on the lines. So what may be cheapest is built
 * both ways and asked for packets within the lines.
 *
 * This walks the image as the datapath does, but compares nothing: it counts until
 * the line that the packet was made for.
 */
#include "acl/part.h"

/* In ns, as a regression over measured lookups in BPF has them. */
#define RULE	  3
#define TREE_STEP 10
#define TRIE_STEP 3
#define SCAN	  25 /* a call, to which the key is handed, and a cold rule */
#define PROBE	  30 /* a table's word, hashing, a cold slot */

/* Packets asked for. */
#define SAMPLES 64

struct point {
	uint64_t word[8];
	uint64_t addr[2][2]; /* of both sides, as tries have them: high, low */
	uint32_t line;
};

struct asked {
	const struct acl_writer *writer;
	enum acl_family family;
	uint64_t cost;
};

static uint64_t middle(uint64_t low, uint64_t high)
{
	return low + (high - low) / 2;
}

/* A packet in the middle of a term; where the term leaves all open, of another. */
static struct point make_point(enum acl_family family, const struct acl_term *term,
			       const struct acl_term *other)
{
	struct point point = {.line = ACL_HEAD_LINE(term->head)};
	struct acl_box all, box, other_box;
	uint64_t value[ACL_N_FIELDS];

	acl_box_all(family, &all);
	acl_box_of(family, term, &box);
	acl_box_of(family, other, &other_box);
	for (int f = 0; f < ACL_N_FIELDS; f++) {
		const struct acl_place *place = &acl_places[family][f];
		bool open = box.low[f] == all.low[f] && box.high[f] == all.high[f];
		const struct acl_box *from = open ? &other_box : &box;

		value[f] = middle(from->low[f], from->high[f]);
		point.word[place->sel] |= value[f] << place->shift;
	}
	for (int side = 0; side < 2; side++) {
		const uint64_t *halves = &value[side ? ACL_DST_HIGH : ACL_SRC_HIGH];

		point.addr[side][0] = halves[0];
		point.addr[side][1] = halves[1];
	}
	return point;
}

static uint64_t child(const struct asked *asked, uint64_t node, uint64_t field)
{
	uint32_t mask = (1u << ACL_D_BITS(node)) - 1;

	return asked->writer->words[ACL_D_BASE(node) +
				    ((uint32_t)(field >> ACL_D_SHIFT(node)) & mask)];
}

static uint32_t line_at(const struct asked *asked, uint32_t rule)
{
	const struct acl_writer *writer = asked->writer;

	return ACL_HEAD_LINE(asked->family == ACL_IPV4 ? writer->rules4[rule].head
						       : writer->rules6[rule].head);
}

static void scan(struct asked *asked, const struct point *point, uint64_t tree)
{
	asked->cost += SCAN;
	while (tree & ACL_NODE) {
		tree = child(asked, tree, point->word[ACL_D_SEL(tree)]);
		asked->cost += TREE_STEP;
	}
	for (uint32_t i = 0; i < ACL_D_COUNT(tree); i++) {
		if (line_at(asked, ACL_D_BASE(tree) + i) > point->line)
			return;
		asked->cost += RULE;
	}
}

static uint64_t find_tables(struct asked *asked, uint64_t trie, const uint64_t addr[2])
{
	while (trie & ACL_NODE) {
		trie = child(asked, trie, addr[ACL_D_SEL(trie)]);
		asked->cost += TRIE_STEP;
	}
	return trie;
}

static uint32_t hash_of(const struct asked *asked, const struct point *point,
			uint64_t table, uint32_t number)
{
	struct acl_hasher hasher = {
		.family = asked->family,
		.number = number,
		.src_shift = ACL_T_SRC_SHIFT(table),
		.dst_shift = ACL_T_DST_SHIFT(table),
	};

	return acl_hash_addrs(&hasher, point->addr[0], point->addr[1]);
}

static void probe(struct asked *asked, const struct point *point, uint64_t table,
		  uint32_t number)
{
	uint32_t hash = hash_of(asked, point, table, number);
	uint32_t mask = (1u << ACL_T_SLOT_BITS(table)) - 1;
	uint64_t slot = asked->writer->words[ACL_T_BASE(table) + (hash & mask)];

	asked->cost += PROBE;
	if (slot && ACL_D_LINE(slot) <= point->line &&
	    (!ACL_D_TAG(slot) || ACL_D_TAG(slot) == acl_tag(hash)))
		scan(asked, point, slot);
}

static void ask(struct asked *asked, const struct point *point, uint32_t header)
{
	const uint64_t *words = asked->writer->words + header;
	uint64_t tables;

	if (words[ACL_H_ALWAYS])
		scan(asked, point, words[ACL_H_ALWAYS]);
	tables = find_tables(asked, words[ACL_H_SRC], point->addr[0]);
	tables &= find_tables(asked, words[ACL_H_DST], point->addr[1]);
	for (; tables; tables &= tables - 1) {
		uint32_t number = (uint32_t)__builtin_ctzll(tables);
		uint64_t table = asked->writer->words[words[ACL_H_TABLES] + number];

		if (ACL_T_LINE(table) > point->line)
			return;
		probe(asked, point, table, number);
	}
}

uint64_t acl_cost(const struct acl_writer *writer, enum acl_family family,
		  const struct acl_term *terms, size_t n, uint32_t header)
{
	struct asked asked = {.writer = writer, .family = family};

	for (size_t i = 0; i < SAMPLES; i++) {
		const struct acl_term *term = &terms[i * n / SAMPLES];
		const struct acl_term *other = &terms[(i * 7 + 3) * n / SAMPLES % n];
		struct point point = make_point(family, term, other);

		ask(&asked, &point, header);
	}
	return asked.cost;
}
