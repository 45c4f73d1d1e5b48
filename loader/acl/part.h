/* SPDX-License-Identifier: GPL-2.0 */
/*
 * part.h - what the stages of one header hand one another: part.c calls tuples.c,
 * trie.c and slots.c in this order, and slots.c calls tree.c.
 *
 * Who may include it: those, writer.c, box.c, and their unit tests.
 */
#ifndef PINHOLE_ACL_PART_H
#define PINHOLE_ACL_PART_H

#include "acl/internal.h"

/* ---- writer.c: trying and taking back ---- */

struct acl_mark {
	size_t n_words;
	size_t n_rules4;
	size_t n_rules6;
};

struct acl_mark acl_writer_mark(const struct acl_writer *writer);
void acl_writer_rewind(struct acl_writer *writer, struct acl_mark mark);

/* Fill why. Return: -E2BIG */
int acl_refuse(struct acl_writer *writer, const char *what, uint64_t needed,
	       uint64_t limit);

/* ---- box.c ---- */

/* What trees can cut: numbers of at most 64 bits, each within a word of the key. */
enum acl_field {
	ACL_SRC_HIGH, /* IPv6's upper half; of IPv4 the address */
	ACL_SRC_LOW,
	ACL_DST_HIGH,
	ACL_DST_LOW,
	ACL_SRC_PORT,
	ACL_DST_PORT,
	ACL_PROTO,
	ACL_N_FIELDS,
};

struct acl_place {
	uint8_t width; /* bits; 0: the family does not have this field */
	uint8_t sel;   /* word of the key */
	uint8_t shift; /* of the field's lowest bit in that word */
};

extern const struct acl_place acl_places[ACL_N_FAMILIES][ACL_N_FIELDS];

static inline unsigned int acl_addr_bits(enum acl_family family)
{
	return family == ACL_IPV4 ? 32 : 128;
}

/* An interval in each field, both ends inclusive. */
struct acl_box {
	uint64_t low[ACL_N_FIELDS];
	uint64_t high[ACL_N_FIELDS];
};

/* The box of all packets, and that of a term. */
void acl_box_all(enum acl_family family, struct acl_box *box);
void acl_box_of(enum acl_family family, const struct acl_term *term, struct acl_box *box);

/* Set a box's addresses to those that share the first bits of term's. */
void acl_box_narrow(enum acl_family family, struct acl_box *box,
		    const struct acl_term *term, unsigned int src_len,
		    unsigned int dst_len);

/* ---- tuples.c: which term lives in which table ---- */

/* How the stages trade memory against time; part.c says which there are. */
struct acl_policy {
	uint32_t crowd;	     /* more terms than that crowd a slot */
	uint32_t tree_bytes; /* that a tree may take beyond its rules, by term */
	uint32_t chains;     /* parts that a tuple is split into, by lines */
};

struct acl_table_plan {
	uint8_t src_len;
	uint8_t dst_len;
	uint32_t first; /* where its terms begin in plan.order */
	uint32_t n;
};

struct acl_plan {
	/* By ascending lowest line. */
	struct acl_table_plan tables[ACL_MAX_TABLES];
	unsigned int n_tables;
	uint32_t *order; /* indexes of terms by table, ascending within one */
	uint8_t *table;	 /* by term: its table */
};

/* Return: 0 or -ENOMEM; either way, acl_plan_free(). */
int acl_plan_make(enum acl_family family, const struct acl_term *terms, size_t n,
		  const struct acl_policy *policy, struct acl_plan *plan);
void acl_plan_free(struct acl_plan *plan);

/* ---- trie.c ---- */

/* Bitmaps that a trie has, but for those that are within others. */
#define ACL_REACH_MAX	256 /* of more, the union is kept */
#define ACL_REACH_CACHE 256

struct acl_reach {
	uint32_t n;
	uint64_t tables[ACL_REACH_MAX];
	uint64_t seen[ACL_REACH_CACHE];
};

/*
 * Build the tries that say which tables hold a prefix of an address.
 * @table: by term
 * @roots: of source and destination: what the header's words become
 * @reach: of source and destination, of nothing yet
 * @steps: nodes from a root to the farthest bitmap
 * Return: 0, -ENOMEM, -E2BIG
 */
int acl_tries_build(struct acl_writer *writer, enum acl_family family,
		    const struct acl_term *terms, size_t n, const uint8_t *table,
		    uint64_t roots[2], struct acl_reach reach[2], uint32_t *steps);

/* ---- tree.c ---- */

/* A workshop of trees: makes one after the other, keeps their worst figures. */
struct acl_trees {
	struct acl_writer *writer;
	enum acl_family family;
	const struct acl_term *terms;
	uint64_t tree_bytes; /* as in acl_policy */
	/* Of the tree under way: */
	const uint32_t *order; /* by item: index of its term */
	struct acl_box *boxes; /* by item */
	uint32_t *items;       /* that are not equal to others */
	size_t capacity;       /* of both */
	uint32_t *stack;       /* lists of items, of all nodes on the way down */
	size_t stack_top, stack_capacity;
	uint64_t bytes; /* that it may still take */
	uint32_t max_leaf;
	uint32_t max_steps;
	uint32_t *last; /* what the last leaf consists of: terms */
	uint32_t last_n;
	uint64_t last_leaf;
	/* Of all trees since they were set to 0: */
	uint32_t steps;
	uint32_t leaf;
};

/*
 * Make a tree, or a leaf, of terms.
 * @order: indexes of terms, ascending; n is at least 1
 * @box: where all packets that any of the terms matches are
 * @root: its descriptor, without a tag
 * Return: 0, -ENOMEM, -E2BIG
 */
int acl_tree_build(struct acl_trees *trees, const uint32_t *order, size_t n,
		   const struct acl_box *box, uint64_t *root);
void acl_trees_free(struct acl_trees *trees);

/* ---- shade.c: items that are left out, for others hide them ---- */

/*
 * Leave out what no packet in the box can reach: items behind one that fills it, and
 * where no fragment travels, what is for fragments alone.
 * @items: stay in order
 * Return: how many are left
 */
size_t acl_shade(const struct acl_trees *trees, const struct acl_box *box,
		 uint32_t *items, size_t n);

/* Leave out items of which another one has all that is in the box. Takes n * n. */
size_t acl_shade_each(const struct acl_trees *trees, const struct acl_box *box,
		      uint32_t *items, size_t n);

/* Leave out items that are equal to one before. Return: how many are left; -ENOMEM */
int64_t acl_shade_equal(const struct acl_trees *trees, uint32_t *items, size_t n);

/* ---- cut.c ---- */

struct acl_cut {
	enum acl_field field;
	unsigned int shift; /* within the field */
	unsigned int bits;
	uint64_t copies; /* items of all children */
};

/* The children that an item reaches, [*first, *last], of a node that covers box. */
void acl_cut_children(const struct acl_cut *cut, const struct acl_box *box,
		      const struct acl_box *item, uint32_t *first, uint32_t *last);

/*
 * Choose a cut for a node.
 * @bytes: that it may take
 * @max_leaf: longer lists are cut at any price
 * Return: false if none is worth it
 */
bool acl_cut_choose(enum acl_family family, const struct acl_box *boxes,
		    const uint32_t *items, size_t n, const struct acl_box *box,
		    uint64_t bytes, uint32_t max_leaf, struct acl_cut *cut);

/* ---- slots.c ---- */

struct acl_hasher {
	enum acl_family family;
	uint32_t number; /* of the table */
	uint32_t src_shift;
	uint32_t dst_shift;
};

/* The hash of addresses (high, low; of IPv4 the first is it) in a table. */
uint32_t acl_hash_addrs(const struct acl_hasher *hasher, const uint64_t src[2],
			const uint64_t dst[2]);

/*
 * Build one table's slots.
 * @number: the table's
 * @word: the table's word
 * Return: 0, -ENOMEM, -E2BIG
 */
int acl_slots_build(struct acl_trees *trees, const struct acl_plan *plan,
		    unsigned int number, uint64_t *word);

/* ---- worst.c ---- */

/* The worst trees of a table. */
struct acl_table_figures {
	uint32_t steps;
	uint32_t leaf;
};

void acl_reach_add(struct acl_reach *reach, uint64_t tables);

/* Add to worst_*: what a packet can meet of tables. Both reach something. */
void acl_worst(struct acl_reach *src, struct acl_reach *dst,
	       const struct acl_table_figures *tables, struct acl_figures *figures);

/* ---- cost.c ---- */

/* What lookups of packets within the terms cost, in ns for a number of them. */
uint64_t acl_cost(const struct acl_writer *writer, enum acl_family family,
		  const struct acl_term *terms, size_t n, uint32_t header);

#endif /* PINHOLE_ACL_PART_H */
