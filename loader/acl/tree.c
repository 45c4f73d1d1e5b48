// SPDX-License-Identifier: GPL-2.0
/*
 * tree.c - many terms become a tree of small leaves.
 *
 * Why it exists: terms that share a slot differ in what the slot does not look at.
 * A tree looks at a few bits of that at a time (cf. HyperCuts) until what is left
 * is a handful, which are compared in full.
 *
 * What may be left out of a leaf decides whether the answer is right: see shade.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl/part.h"

/* Shorter lists gain less by a step than it costs: see STEP in cut.c. */
#define SMALL_LEAF 6

/*
 * Lists up to this long are compared item by item: it takes as long as choosing a
 * cut of them does. Deeper down, what is still long has many items that say the same
 * and no cut parts them.
 */
#define COMPARED      ACL_MAX_LEAF
#define COMPARED_DEEP 1024
#define DEEP	      4

/* ---- lists of items, on a stack ---- */

/* Room for n items on the stack. Return: where they begin, or -ENOMEM. */
static int64_t push(struct acl_trees *trees, size_t n)
{
	size_t first = trees->stack_top, needed = first + n;

	if (needed > trees->stack_capacity) {
		size_t wanted = trees->stack_capacity ? trees->stack_capacity : 1024;
		uint32_t *moved;

		while (wanted < needed)
			wanted *= 2;
		moved = realloc(trees->stack, wanted * sizeof(*moved));
		if (!moved)
			return -ENOMEM;
		trees->stack = moved;
		trees->stack_capacity = wanted;
	}
	trees->stack_top = needed;
	return (int64_t)first;
}

/* ---- leaves ---- */

static bool as_last(const struct acl_trees *trees, const uint32_t *items, size_t n)
{
	if (n != trees->last_n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (trees->last[i] != trees->order[items[i]])
			return false;
	return true;
}

/* Ranges of ports reach into many children in a row: equal leaves are one. */
static int make_leaf(struct acl_trees *trees, const uint32_t *items, size_t n,
		     uint64_t *desc)
{
	int64_t first;

	if (n > trees->max_leaf)
		return acl_refuse(trees->writer, "rules in one leaf", n, ACL_MAX_LEAF);
	if (as_last(trees, items, n)) {
		*desc = trees->last_leaf;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		trees->last[i] = trees->order[items[i]];
	trees->last_n = (uint32_t)n;
	first = acl_writer_rules(trees->writer, trees->family, trees->terms, trees->last,
				 n);
	if (first < 0)
		return (int)first;
	if (trees->leaf < n)
		trees->leaf = (uint32_t)n;
	*desc = ACL_LEAF(ACL_HEAD_LINE(trees->terms[trees->last[0]].head), first, n);
	trees->last_leaf = *desc;
	return 0;
}

/* ---- nodes ---- */

static int make(struct acl_trees *trees, size_t list, size_t n, const struct acl_box *box,
		uint32_t depth, uint64_t *desc);

/*
 * Lay the children's lists on the stack, one behind the other.
 * @starts: on the stack: where each child's list begins, and at the end the end
 */
static int deal(struct acl_trees *trees, const struct acl_cut *cut,
		const struct acl_box *box, size_t list, size_t n, size_t *starts)
{
	uint32_t children = 1u << cut->bits;
	int64_t at = push(trees, children + 1 + cut->copies);
	uint32_t *start, *items, sum = 0;

	if (at < 0)
		return (int)at;
	*starts = (size_t)at;
	start = trees->stack + at;
	items = trees->stack + list;
	memset(start, 0, (children + 1) * sizeof(*start));
	for (size_t i = 0; i < n; i++) {
		uint32_t first, last;

		acl_cut_children(cut, box, &trees->boxes[items[i]], &first, &last);
		for (uint32_t child = first; child <= last; child++)
			start[child]++;
	}
	for (uint32_t child = 0; child < children; child++) {
		sum += start[child];
		start[child] = sum;
	}
	start[children] = sum;
	/* From the last item on, so that each list is filled from its end. */
	for (size_t i = n; i-- > 0;) {
		uint32_t first, last;

		acl_cut_children(cut, box, &trees->boxes[items[i]], &first, &last);
		for (uint32_t child = first; child <= last; child++)
			start[children + 1 + --start[child]] = items[i];
	}
	return 0;
}

/* The part of a node's box that leads to a child. */
static struct acl_box child_box(const struct acl_cut *cut, const struct acl_box *box,
				uint32_t child)
{
	uint64_t *low, *high, above, begin, end;
	struct acl_box part = *box;

	low = &part.low[cut->field];
	high = &part.high[cut->field];
	above = *low >> cut->shift >> cut->bits;
	/* Bits above the cut vary: the part has gaps, its hull is the whole. */
	if (above != *high >> cut->shift >> cut->bits)
		return part;
	begin = (above << cut->bits | child) << cut->shift;
	end = begin | ((1ull << cut->shift) - 1);
	if (*low < begin)
		*low = begin;
	if (*high > end)
		*high = end;
	return part;
}

static int make_node(struct acl_trees *trees, const struct acl_cut *cut, size_t list,
		     size_t n, const struct acl_box *box, uint32_t depth, uint64_t *desc)
{
	const struct acl_place *place = &acl_places[trees->family][cut->field];
	uint32_t children = 1u << cut->bits;
	size_t was = trees->stack_top, starts = 0;
	int64_t base;
	int err;

	base = acl_writer_words(trees->writer, children, 1);
	if (base < 0)
		return (int)base;
	err = deal(trees, cut, box, list, n, &starts);
	for (uint32_t child = 0; !err && child < children; child++) {
		uint32_t from = trees->stack[starts + child];
		uint32_t to = trees->stack[starts + child + 1];
		struct acl_box part = child_box(cut, box, child);
		uint64_t below = 0;

		if (from == to)
			continue;
		err = make(trees, starts + children + 1 + from, to - from, &part,
			   depth + 1, &below);
		trees->writer->words[base + child] = below;
	}
	trees->stack_top = was;
	*desc = ACL_NODE_OF(
		ACL_HEAD_LINE(trees->terms[trees->order[trees->stack[list]]].head), base,
		place->sel, place->shift + cut->shift, cut->bits);
	return err;
}

static uint64_t cost_of(const struct acl_trees *trees, const struct acl_cut *cut,
			size_t n)
{
	uint64_t rule = trees->family == ACL_IPV4 ? sizeof(struct acl_rule4)
						  : sizeof(struct acl_rule6);

	return (cut->copies - n) * rule + (8ull << cut->bits);
}

static int make(struct acl_trees *trees, size_t list, size_t n, const struct acl_box *box,
		uint32_t depth, uint64_t *desc)
{
	struct acl_cut cut;

	n = acl_shade(trees, box, trees->stack + list, n);
	if (n > SMALL_LEAF && n <= (depth < DEEP ? COMPARED : COMPARED_DEEP))
		n = acl_shade_each(trees, box, trees->stack + list, n);
	if (trees->steps < depth)
		trees->steps = depth;
	if (n <= SMALL_LEAF || depth == trees->max_steps ||
	    !acl_cut_choose(trees->family, trees->boxes, trees->stack + list, n, box,
			    trees->bytes, trees->max_leaf, &cut))
		return n ? make_leaf(trees, trees->stack + list, n, desc) : 0;
	trees->bytes -= cost_of(trees, &cut, n);
	return make_node(trees, &cut, list, n, box, depth, desc);
}

/* ---- the door ---- */

static int prepare(struct acl_trees *trees, const uint32_t *order, size_t n)
{
	if (!trees->last) {
		trees->last = calloc(ACL_MAX_LEAF, sizeof(*trees->last));
		if (!trees->last)
			return -ENOMEM;
	}
	if (n > trees->capacity) {
		free(trees->boxes);
		free(trees->items);
		trees->capacity = 2 * n;
		trees->boxes = malloc(trees->capacity * sizeof(*trees->boxes));
		trees->items = malloc(trees->capacity * sizeof(*trees->items));
		if (!trees->boxes || !trees->items)
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++) {
		acl_box_of(trees->family, &trees->terms[order[i]], &trees->boxes[i]);
		trees->items[i] = i;
	}
	trees->order = order;
	return 0;
}

/*
 * How large leaves and how deep trees may be, and how many times more memory one may
 * take for that: overlapping terms are copied into many leaves, and a few such trees
 * are worth it.
 */
static const struct {
	uint32_t leaf;
	uint32_t steps;
	uint32_t times;
} attempts[] = {
	{8, 8, 1},
	{16, 10, 4},
	{32, 14, 16},
	{ACL_MAX_LEAF, ACL_MAX_TREE_STEPS, 64},
	/* No memory: what fits. */
	{ACL_MAX_LEAF, ACL_MAX_TREE_STEPS, 1},
};

/* What one tree may take at most: time goes with memory. */
#define MAX_BYTES (8u << 20)

static int attempt(struct acl_trees *trees, size_t n, const struct acl_box *box,
		   uint64_t *root)
{
	trees->stack_top = 0;
	trees->last_n = 0;
	*root = 0;
	if (push(trees, n) < 0)
		return -ENOMEM;
	memcpy(trees->stack, trees->items, n * sizeof(*trees->stack));
	return make(trees, 0, n, box, 0, root);
}

int acl_tree_build(struct acl_trees *trees, const uint32_t *order, size_t n,
		   const struct acl_box *box, uint64_t *root)
{
	const struct acl_mark mark = acl_writer_mark(trees->writer);
	int err = prepare(trees, order, n);
	int64_t kept = (int64_t)n;

	if (!err && n > COMPARED)
		kept = acl_shade_equal(trees, trees->items, n);
	if (err || kept < 0)
		return err ? err : (int)kept;
	n = (size_t)kept;
	err = -E2BIG;
	for (size_t i = 0; err == -E2BIG && i < sizeof(attempts) / sizeof(attempts[0]);
	     i++) {
		acl_writer_rewind(trees->writer, mark);
		trees->max_leaf = attempts[i].leaf;
		trees->max_steps = attempts[i].steps;
		trees->bytes =
			acl_min(n * trees->tree_bytes * attempts[i].times, MAX_BYTES);
		err = attempt(trees, n, box, root);
	}
	return err;
}

void acl_trees_free(struct acl_trees *trees)
{
	free(trees->boxes);
	free(trees->items);
	free(trees->stack);
	free(trees->last);
}
