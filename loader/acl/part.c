// SPDX-License-Identifier: GPL-2.0
/*
 * part.c - one header: the terms of one list and family, or of its classes.
 *
 * Why it exists: it has the plan of the whole, and the ladder: if a bound of
 * abi_acl.h cannot be kept in the way that is best, it is tried in others, and the
 * list is refused with the figure only after the last.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl/part.h"
#include "util/cleanup.h"

/* Fewer terms than this are one tree: cheaper than any table. */
#define ALL_IN_ONE 8

static const struct acl_policy ladder[] = {
	{.crowd = 8, .tree_bytes = 256, .chains = 1},
	{.crowd = 8, .tree_bytes = 256, .chains = 4},
	{.crowd = 8, .tree_bytes = 512, .chains = 16},
	/* No memory for trees: what fits into leaves. */
	{.crowd = 32, .tree_bytes = 16, .chains = 1},
};

struct part {
	struct acl_trees trees;
	struct acl_plan plan;
	uint32_t header;
	size_t n;
	struct acl_figures *figures;
};

static void part_free(struct part *part)
{
	acl_trees_free(&part->trees);
	acl_plan_free(&part->plan);
}

static int build_always(struct part *part, const uint32_t *order, size_t n)
{
	struct acl_trees *trees = &part->trees;
	struct acl_box all;
	uint64_t root;
	int err;

	acl_box_all(trees->family, &all);
	err = acl_tree_build(trees, order, n, &all, &root);
	if (!err)
		trees->writer->words[part->header + ACL_H_ALWAYS] = root;
	return err;
}

static int build_tries(struct part *part)
{
	struct acl_trees *trees = &part->trees;
	uint64_t roots[2] = {1, 1};
	int err = 0;

	/* Of one table there is nothing to tell apart. */
	if (part->plan.n_tables > 1)
		err = acl_tries_build(trees->writer, trees->family, trees->terms, part->n,
				      part->plan.table, roots,
				      &part->figures->trie_steps);
	trees->writer->words[part->header + ACL_H_SRC] = roots[0];
	trees->writer->words[part->header + ACL_H_DST] = roots[1];
	return err;
}

static int build_tables(struct part *part)
{
	struct acl_writer *writer = part->trees.writer;
	int64_t first = acl_writer_words(writer, part->plan.n_tables, 1);

	if (first < 0)
		return (int)first;
	writer->words[part->header + ACL_H_TABLES] = (uint64_t)first;
	for (unsigned int i = 0; i < part->plan.n_tables; i++) {
		uint64_t word;
		int err = acl_slots_build(&part->trees, &part->plan, i, &word);

		if (err)
			return err;
		writer->words[(size_t)first + i] = word;
	}
	part->figures->tables = part->plan.n_tables;
	return 0;
}

static size_t rules_of(const struct acl_writer *writer, enum acl_family family)
{
	return family == ACL_IPV4 ? writer->n_rules4 : writer->n_rules6;
}

static int build(struct acl_writer *writer, enum acl_family family,
		 const struct acl_term *terms, size_t n, const struct acl_policy *policy,
		 uint32_t header, struct acl_figures *figures)
{
	struct part part cleanup_(part_free) = {
		.trees = {.writer = writer,
			  .family = family,
			  .terms = terms,
			  .tree_bytes = policy->tree_bytes},
		.header = header,
		.n = n,
		.figures = figures,
	};
	size_t rules_before = rules_of(writer, family);
	int err;

	err = acl_plan_make(family, terms, n, policy, &part.plan);
	if (err)
		return err;
	if (n <= ALL_IN_ONE) {
		for (uint32_t i = 0; i < n; i++)
			part.plan.order[i] = i;
		err = build_always(&part, part.plan.order, n);
	} else {
		err = build_tries(&part);
		if (!err)
			err = build_tables(&part);
	}
	figures->rules = (uint32_t)(rules_of(writer, family) - rules_before);
	figures->tree_steps = part.trees.steps;
	figures->leaf = part.trees.leaf;
	return err;
}

int acl_part_build(struct acl_writer *writer, enum acl_family family,
		   const struct acl_term *terms, size_t n, uint32_t header,
		   struct acl_figures *figures)
{
	const struct acl_mark mark = acl_writer_mark(writer);
	int err = -E2BIG;

	for (size_t i = 0; err == -E2BIG && i < sizeof(ladder) / sizeof(ladder[0]); i++) {
		*figures = (struct acl_figures){0};
		acl_writer_rewind(writer, mark);
		memset(writer->words + header, 0,
		       ACL_H_SRC_CLASS * sizeof(*writer->words));
		err = build(writer, family, terms, n, &ladder[i], header, figures);
	}
	return err;
}
