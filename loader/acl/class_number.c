// SPDX-License-Identifier: GPL-2.0
/*
 * class_number.c - numbers for classes, such that sets become few.
 *
 * Why it exists: a line is as many terms as its sets are prefixes of class numbers,
 * multiplied. Numbers are ours to choose. Where sets nest or are disjoint, as people
 * group things, each becomes one prefix: the classes of the largest set get a block
 * of numbers, those of them that belong to the next largest a block within it, and
 * so on. Where sets overlap otherwise, the smaller ones fall into several blocks.
 *
 * Blocks are powers of two (cf. the buddy system, Knowlton 1965), laid out from the
 * largest to the smallest so that each lies at a multiple of its size. What is
 * rounded up leaves numbers that no address has, which a prefix may cover for free.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl/classes.h"
#include "acl/part.h"
#include "util/cleanup.h"
#include "util/vec.h"

/* A class, and the ranks of its sets ascending. Rank 0 has the most classes. */
struct listed {
	const uint32_t *ranks;
	uint32_t n_ranks;
	uint32_t membership;
	uint64_t number;
};

struct numbering {
	struct acl_partition *partition;
	uint32_t n_sets;
	uint32_t *uses;	   /* by set: classes it has */
	uint32_t *rank_of; /* by set */
	uint32_t *set_of;  /* by rank */
	uint32_t *ranks;   /* of all classes, one's after the other's */
	struct listed *classes;
	size_t n_classes;
	size_t n_ranks;
	bool packed; /* blocks are as large as they need, not powers of two */
};

static void numbering_free(struct numbering *numbering)
{
	free(numbering->uses);
	free(numbering->rank_of);
	free(numbering->set_of);
	free(numbering->ranks);
	free(numbering->classes);
}

/* ---- classes as lists of ranks ---- */

/* Copy the sets of a membership. Return: past the last copy */
static uint32_t *copy_sets(const struct acl_partition *partition,
			   const struct acl_membership *m, uint32_t *sets)
{
	for (; m->n_more; m = &partition->memberships[m->parent]) {
		memcpy(sets, partition->set_ids + m->first_set,
		       m->n_more * sizeof(*sets));
		sets += m->n_more;
	}
	return sets;
}

static void count_classes(struct numbering *numbering)
{
	const struct acl_partition *partition = numbering->partition;

	for (size_t i = 1; i < partition->n_memberships; i++) {
		if (!partition->memberships[i].is_class)
			continue;
		numbering->n_classes++;
		numbering->n_ranks += partition->memberships[i].n_sets;
	}
}

/* List the classes, by their sets as yet. */
static int list_classes(struct numbering *numbering, struct acl_writer *writer)
{
	const struct acl_partition *partition = numbering->partition;
	uint32_t *at;
	size_t n = 0;

	count_classes(numbering);
	if (numbering->n_ranks > ACL_MAX_MEMBERSHIPS) {
		acl_refuse(writer, "memberships of addresses in overlapping groups",
			   numbering->n_ranks, ACL_MAX_MEMBERSHIPS);
		return -E2BIG;
	}
	numbering->ranks = calloc(numbering->n_ranks + 1, sizeof(*numbering->ranks));
	numbering->classes =
		calloc(numbering->n_classes + 1, sizeof(*numbering->classes));
	if (!numbering->ranks || !numbering->classes)
		return -ENOMEM;
	at = numbering->ranks;
	for (uint32_t i = 1; i < partition->n_memberships; i++) {
		const struct acl_membership *m = &partition->memberships[i];

		if (!m->is_class)
			continue;
		numbering->classes[n++] = (struct listed){at, m->n_sets, i, 0};
		at = copy_sets(partition, m, at);
	}
	return 0;
}

static int use_order(const void *left, const void *right, void *context)
{
	const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const uint32_t *uses = context;

	if (uses[a] != uses[b])
		return uses[a] > uses[b] ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int rank_sets(struct numbering *numbering)
{
	const uint32_t n = numbering->n_sets;

	numbering->uses = calloc(n + 1u, sizeof(*numbering->uses));
	numbering->rank_of = calloc(n + 1u, sizeof(*numbering->rank_of));
	numbering->set_of = calloc(n + 1u, sizeof(*numbering->set_of));
	if (!numbering->uses || !numbering->rank_of || !numbering->set_of)
		return -ENOMEM;
	for (size_t i = 0; i < numbering->n_ranks; i++)
		numbering->uses[numbering->ranks[i]]++;
	for (uint32_t s = 0; s < n; s++)
		numbering->set_of[s] = s;
	qsort_r(numbering->set_of, n, sizeof(*numbering->set_of), use_order,
		numbering->uses);
	for (uint32_t rank = 0; rank < n; rank++)
		numbering->rank_of[numbering->set_of[rank]] = rank;
	return 0;
}

static int ascending(const void *left, const void *right)
{
	const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

/* What was listed by sets becomes listed by their ranks, ascending. */
static void replace_sets_by_ranks(struct numbering *numbering)
{
	uint32_t *ranks = numbering->ranks;

	for (size_t i = 0; i < numbering->n_ranks; i++)
		ranks[i] = numbering->rank_of[ranks[i]];
	for (size_t c = 0; c < numbering->n_classes; c++) {
		qsort(ranks, numbering->classes[c].n_ranks, sizeof(*ranks), ascending);
		ranks += numbering->classes[c].n_ranks;
	}
}

/* ---- blocks ---- */

/* As words in a dictionary. */
static int rank_order(const void *left, const void *right)
{
	const struct listed *a = left, *b = right;

	for (uint32_t i = 0; i < a->n_ranks && i < b->n_ranks; i++)
		if (a->ranks[i] != b->ranks[i])
			return a->ranks[i] < b->ranks[i] ? -1 : 1;
	return a->n_ranks < b->n_ranks ? -1 : a->n_ranks > b->n_ranks;
}

/* Classes [from, to), which have ever more ranks in common. */
struct block {
	size_t from;
	size_t to;
	uint64_t size; /* numbers; saturates beyond what there are */
};

static int size_order(const void *left, const void *right)
{
	const struct block *a = left, *b = right;

	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return a->from < b->from ? -1 : a->from > b->from;
}

static uint64_t block_size(const struct numbering *numbering, uint64_t numbers)
{
	uint64_t size = 1;

	if (numbering->packed)
		return numbers;
	while (size < numbers && size <= UINT32_MAX)
		size *= 2;
	return size;
}

struct blocks {
	struct block *items; /* vec_push() */
	size_t count;
	size_t capacity;
};

/*
 * Part a block by the first rank in which its classes differ. The class that has no
 * rank there stands first, alone.
 * @depth: becomes that rank's index; below it all ranks are equal
 * Return: 0, -ENOMEM
 */
static int part_block(const struct listed *classes, const struct block *block,
		      uint32_t *depth, struct blocks *parts)
{
	const struct listed *first = &classes[block->from];
	const struct listed *last = &classes[block->to - 1];
	size_t to;

	/* In order, what the first and the last share, all share. */
	while (*depth < first->n_ranks && first->ranks[*depth] == last->ranks[*depth])
		++*depth;
	for (size_t from = block->from; from < block->to; from = to) {
		struct block *part = vec_push(parts);

		if (!part)
			return -ENOMEM;
		to = from + 1;
		while (classes[from].n_ranks > *depth && to < block->to &&
		       classes[to].ranks[*depth] == classes[from].ranks[*depth])
			to++;
		part->from = from;
		part->to = to;
	}
	return 0;
}

/* Lay parts out from number 0 on, the largest first. Return: numbers taken */
static uint64_t lay_out(struct listed *classes, const struct blocks *parts)
{
	uint64_t numbers = 0;

	qsort(parts->items, parts->count, sizeof(*parts->items), size_order);
	for (size_t p = 0; p < parts->count; p++) {
		for (size_t i = parts->items[p].from; i < parts->items[p].to; i++)
			classes[i].number += numbers;
		numbers += parts->items[p].size;
	}
	return numbers;
}

/*
 * Number the classes of a block from 0 on; its size becomes known.
 * @depth: their first so many ranks are equal
 * Return: 0, -ENOMEM
 */
static int number_block(const struct numbering *numbering, struct block *block,
			uint32_t depth)
{
	struct blocks parts = {0};
	int err;

	block->size = 1;
	if (block->to - block->from == 1)
		return 0;
	err = part_block(numbering->classes, block, &depth, &parts);
	for (size_t p = 0; !err && p < parts.count; p++)
		err = number_block(numbering, &parts.items[p], depth + 1);
	if (!err)
		block->size = block_size(numbering, lay_out(numbering->classes, &parts));
	vec_free(&parts);
	return err;
}

/* Class 0 stays for itself: the block is at its own size, or at 1. */
static int number_classes(struct numbering *numbering)
{
	struct block all = {0, numbering->n_classes, 0};
	uint64_t first;
	int err;

	if (!numbering->n_classes)
		return 0;
	qsort(numbering->classes, numbering->n_classes, sizeof(*numbering->classes),
	      rank_order);
	err = number_block(numbering, &all, 0);
	if (!err && 2 * all.size - 1 > UINT32_MAX) {
		numbering->packed = true;
		for (size_t i = 0; i < numbering->n_classes; i++)
			numbering->classes[i].number = 0;
		err = number_block(numbering, &all, 0);
	}
	first = numbering->packed ? 1 : all.size;
	for (size_t i = 0; i < numbering->n_classes; i++)
		numbering->classes[i].number += first;
	return err;
}

/* ---- sets as prefixes of numbers ---- */

static int by_number(const void *left, const void *right)
{
	const struct listed *a = left, *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

/* The bits that the largest block around a number may leave open, if it begins above
 * `low` and ends below `high`. */
static unsigned int open_bits(uint64_t number, uint64_t low, uint64_t high)
{
	unsigned int bits = 0;

	while (bits < 32) {
		const uint64_t size = 2ull << bits;
		const uint64_t first = number & ~(size - 1);

		if (first <= low || first + size > high)
			break;
		bits++;
	}
	return bits;
}

/*
 * Cover a set's classes: each time with the largest block from the first one left
 * that has no class of others. Blocks nest or are disjoint, so this takes the fewest.
 * @members: their indexes, ascending
 * Return: how many prefixes
 */
static uint32_t cover(const struct numbering *numbering, const uint32_t *members,
		      uint32_t n, struct acl_class_prefix *prefixes)
{
	const struct listed *classes = numbering->classes;
	uint32_t n_prefixes = 0, last = 0;

	for (uint32_t i = 0, next; i < n; i = next) {
		const uint64_t number = classes[members[i]].number;
		uint64_t before, after; /* numbers of others */
		unsigned int bits;

		if (last < i)
			last = i;
		while (last + 1 < n && members[last + 1] == members[last] + 1)
			last++;
		before = members[i] ? classes[members[i] - 1].number : 0;
		after = members[last] + 1 < numbering->n_classes
				? classes[members[last] + 1].number
				: 1ull << 32;
		bits = open_bits(number, before, after);
		prefixes[n_prefixes++] = (struct acl_class_prefix){
			.number = (uint32_t)(number >> bits << bits),
			.len = (uint8_t)(32 - bits),
		};
		for (next = i + 1; next < n; next++)
			if (classes[members[next]].number >> bits != number >> bits)
				break;
	}
	return n_prefixes;
}

/* Lists of classes by set, from lists of sets by class. @starts: becomes, by rank,
 * where the list begins in the result */
static uint32_t *members_by_rank(const struct numbering *numbering, uint32_t *starts)
{
	uint32_t *members = calloc(numbering->n_ranks + 1, sizeof(*members));
	uint32_t at = 0;

	if (!members)
		return NULL;
	for (uint32_t rank = 0; rank < numbering->n_sets; rank++) {
		starts[rank] = at;
		at += numbering->uses[numbering->set_of[rank]];
	}
	for (uint32_t c = 0; c < numbering->n_classes; c++)
		for (uint32_t i = 0; i < numbering->classes[c].n_ranks; i++)
			members[starts[numbering->classes[c].ranks[i]]++] = c;
	for (uint32_t rank = 0; rank < numbering->n_sets; rank++)
		starts[rank] -= numbering->uses[numbering->set_of[rank]];
	return members;
}

static int cover_sets(const struct numbering *numbering)
{
	struct acl_partition *partition = numbering->partition;
	uint32_t *starts cleanup_free_ = calloc(numbering->n_sets + 1u, sizeof(*starts));
	uint32_t *members cleanup_free_ = NULL;
	uint32_t n = 0;

	partition->prefixes =
		calloc(numbering->n_ranks + 1, sizeof(*partition->prefixes));
	partition->first_prefix =
		calloc(numbering->n_sets + 1u, sizeof(*partition->first_prefix));
	if (!starts || !partition->prefixes || !partition->first_prefix)
		return -ENOMEM;
	members = members_by_rank(numbering, starts);
	if (!members)
		return -ENOMEM;
	for (uint32_t set = 0; set < numbering->n_sets; set++) {
		partition->first_prefix[set] = n;
		n += cover(numbering, &members[starts[numbering->rank_of[set]]],
			   numbering->uses[set], &partition->prefixes[n]);
	}
	partition->first_prefix[numbering->n_sets] = n;
	return 0;
}

/* ---- all of it ---- */

static void number_regions(const struct numbering *numbering)
{
	struct acl_partition *partition = numbering->partition;

	for (size_t i = 0; i < numbering->n_classes; i++) {
		const struct listed *class = &numbering->classes[i];

		partition->memberships[class->membership].number =
			(uint32_t) class->number;
	}
	for (size_t i = 0; i < partition->n_regions; i++) {
		struct acl_region *region = &partition->regions[i];

		region->class = partition->memberships[region->class].number;
	}
	partition->n_classes = (uint32_t)numbering->n_classes;
}

int acl_partition_number(struct acl_partition *partition, uint32_t n_sets,
			 struct acl_writer *writer)
{
	struct numbering numbering cleanup_(numbering_free) = {
		.partition = partition,
		.n_sets = n_sets,
	};
	int err;

	err = list_classes(&numbering, writer);
	if (!err)
		err = rank_sets(&numbering);
	if (err)
		return err;
	replace_sets_by_ranks(&numbering);
	err = number_classes(&numbering);
	if (err)
		return err;
	qsort(numbering.classes, numbering.n_classes, sizeof(*numbering.classes),
	      by_number);
	err = cover_sets(&numbering);
	if (err)
		return err;
	number_regions(&numbering);
	return 0;
}
