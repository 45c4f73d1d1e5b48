// SPDX-License-Identifier: GPL-2.0
/*
 * cut.c - which bits a node of a tree looks at.
 *
 * Why it exists: a good cut parts the items among its children, a bad one copies
 * them. All fields are tried at several widths, and what is best by one figure is
 * taken, in integers, so that every compiler chooses alike.
 */
#include <string.h>

#include "acl/part.h"

/* Wider nodes are steps saved, but mostly empty: 256 children are enough. */
#define MAX_BITS 8

/*
 * The figure of a cut in 1024ths of a list: how much of it a packet still meets,
 * 3/20 for each copy of the list, 1/50 for each child and item. No cut has 1024 +
 * COPY; a cut is a step more, which costs as much as six items: in BPF a step takes 10
 * ns and a comparison 3, and on average a packet is compared with half of its list.
 */
#define COPY  154ull
#define CHILD 20ull
#define STEP  (6 * 1024ull)

/* Bits in which two numbers may differ, counted from the lowest. */
static unsigned int differing(uint64_t a, uint64_t b)
{
	return a == b ? 0 : 64 - (unsigned int)__builtin_clzll(a ^ b);
}

void acl_cut_children(const struct acl_cut *cut, const struct acl_box *box,
		      const struct acl_box *item, uint32_t *first, uint32_t *last)
{
	uint64_t low = acl_max(item->low[cut->field], box->low[cut->field]) >> cut->shift;
	uint64_t high = acl_min(item->high[cut->field], box->high[cut->field]) >>
			cut->shift;
	uint32_t mask = (1u << cut->bits) - 1;

	/* Bits above the cut that vary: every child is reached, or may be. */
	if (low >> cut->bits != high >> cut->bits) {
		*first = 0;
		*last = mask;
	} else {
		*first = low & mask;
		*last = high & mask;
	}
}

/*
 * The highest bit worth cutting, plus 1: above it all items that do not fill the
 * box agree. 0: all of them fill it.
 */
static unsigned int top_bit(const struct acl_box *boxes, const uint32_t *items, size_t n,
			    const struct acl_box *box, enum acl_field field)
{
	uint64_t lowest = ~0ull, highest = 0;
	unsigned int top;

	for (size_t i = 0; i < n; i++) {
		const struct acl_box *item = &boxes[items[i]];
		uint64_t low = acl_max(item->low[field], box->low[field]);
		uint64_t high = acl_min(item->high[field], box->high[field]);

		if (low == box->low[field] && high == box->high[field])
			continue;
		lowest = acl_min(lowest, low);
		highest = acl_max(highest, high);
	}
	if (lowest > highest)
		return 0;
	top = differing(lowest, highest);
	/* All of them one number: what does not fit it is cut off at the top. */
	return top ? top : differing(box->low[field], box->high[field]);
}

/* The figure of a cut, and its copies; at least 1 << 32 if it parts nothing. */
static uint64_t judge(const struct acl_box *boxes, const uint32_t *items, size_t n,
		      const struct acl_box *box, struct acl_cut *cut)
{
	int32_t change[(1 << MAX_BITS) + 1];
	uint32_t children = 1u << cut->bits;
	uint64_t copies = 0, squares = 0;
	int64_t list = 0;

	memset(change, 0, sizeof(change[0]) * (children + 1));
	for (size_t i = 0; i < n; i++) {
		uint32_t first, last;

		acl_cut_children(cut, box, &boxes[items[i]], &first, &last);
		change[first]++;
		change[last + 1]--;
		copies += last - first + 1;
	}
	for (uint32_t child = 0; child < children; child++) {
		list += change[child];
		squares += (uint64_t)(list * list);
	}
	cut->copies = copies;
	if (squares >= n * copies)
		return UINT64_MAX;
	return 1024 * squares / copies / n + COPY * copies / n + CHILD * children / n;
}

/* A node whose cut is sought. */
struct search {
	const struct acl_box *boxes;
	const uint32_t *items;
	size_t n;
	const struct acl_box *box;
	uint64_t bytes;
	uint64_t rule_bytes;
	uint64_t best; /* figure so far */
	struct acl_cut *cut;
	bool found;
};

/* Try cuts of a field at several widths, all below bit `top`. */
static void try_below(struct search *search, enum acl_field field, unsigned int top)
{
	for (unsigned int bits = 1; bits <= MAX_BITS && bits <= top; bits++) {
		struct acl_cut cut = {field, top - bits, bits, 0};
		uint64_t figure;

		if ((1u << bits) > 4 * search->n)
			return;
		figure =
			judge(search->boxes, search->items, search->n, search->box, &cut);
		if (figure >= search->best ||
		    (cut.copies - search->n) * search->rule_bytes + (8ull << bits) >
			    search->bytes)
			continue;
		search->best = figure;
		*search->cut = cut;
		search->found = true;
	}
}

/* The figure that a cut has to be below. */
static uint64_t without_cut(size_t n)
{
	return n * (1024 + COPY) > STEP ? 1024 + COPY - STEP / n : 0;
}

bool acl_cut_choose(enum acl_family family, const struct acl_box *boxes,
		    const uint32_t *items, size_t n, const struct acl_box *box,
		    uint64_t bytes, uint32_t max_leaf, struct acl_cut *cut)
{
	struct search search = {
		.boxes = boxes,
		.items = items,
		.n = n,
		.box = box,
		.bytes = bytes,
		.rule_bytes = family == ACL_IPV4 ? sizeof(struct acl_rule4)
						 : sizeof(struct acl_rule6),
		.best = n > max_leaf ? UINT64_MAX : without_cut(n),
		.cut = cut,
	};

	for (enum acl_field field = 0; field < ACL_N_FIELDS; field++) {
		unsigned int varies = differing(box->low[field], box->high[field]);
		unsigned int top = varies ? top_bit(boxes, items, n, box, field) : 0;

		try_below(&search, field, top);
		/* Where bits are skipped boxes do not shrink, so that items hide little:
		 * if the list must become shorter, not skipping may be better. */
		if (top < varies && top && n > max_leaf)
			try_below(&search, field, varies);
	}
	return search.found;
}
