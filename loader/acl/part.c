// SPDX-License-Identifier: GPL-2.0
/*
 * part.c - one header: the terms of one list and family, or of its classes.
 *
 * Why it exists: it decides what is scanned always and what lives in tables. And it
 * has the ladder: if a bound of abi_acl.h cannot be kept in the way that is best, it
 * is tried in others, and the list is refused with the figure only after the last.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl/part.h"
#include "util/cleanup.h"

/* As few terms are one leaf, which costs less than any table. */
#define ONE_LEAF 8

/* More terms than that are never cheapest in one tree, or not often enough to build
 * one to see it. */
#define ONE_TREE 256

static const struct acl_policy ladder[] = {
	{.crowd = 8, .tree_bytes = 256, .chains = 1},
	/* Too little memory: trees of a word or two for each term, then none. */
	{.crowd = 8, .tree_bytes = 16, .chains = 1},
	{.crowd = 8, .tree_bytes = 0, .chains = 1},
	/* Too many terms that no cut parts: in several tables they are fewer in each. */
	{.crowd = 8, .tree_bytes = 256, .chains = 4},
	{.crowd = 8, .tree_bytes = 512, .chains = 16},
};

/* Lists as people write them have fewer tables that one packet can meet. */
#define MANY_PROBES 24

struct part {
	struct acl_writer *writer;
	enum acl_family family;
	const struct acl_policy *policy;
	uint32_t header;
	struct acl_figures *figures;
};

static size_t rules_of(const struct part *part)
{
	return part->family == ACL_IPV4 ? part->writer->n_rules4 : part->writer->n_rules6;
}

static void set_header(struct part *part, enum acl_header word, uint64_t value)
{
	part->writer->words[part->header + word] = value;
}

/* The figures of trees are the worst of all, and of these. */
static void note_trees(struct acl_figures *figures, const struct acl_trees *trees)
{
	if (figures->tree_steps < trees->steps)
		figures->tree_steps = trees->steps;
	if (figures->leaf < trees->leaf)
		figures->leaf = trees->leaf;
}

static void trees_init(struct acl_trees *trees, const struct part *part,
		       const struct acl_term *terms)
{
	*trees = (struct acl_trees){
		.writer = part->writer,
		.family = part->family,
		.terms = terms,
		.tree_bytes = part->policy->tree_bytes,
	};
}

/* ---- what is scanned always ---- */

static int build_always(struct part *part, const struct acl_term *terms, size_t n)
{
	struct acl_trees trees cleanup_(acl_trees_free) = {0};
	uint32_t *order cleanup_free_ = malloc(n * sizeof(*order));
	struct acl_box all;
	uint64_t root;
	int err;

	if (!order)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	trees_init(&trees, part, terms);
	acl_box_all(part->family, &all);
	err = acl_tree_build(&trees, order, n, &all, &root);
	if (err)
		return err;
	set_header(part, ACL_H_ALWAYS, root);
	note_trees(part->figures, &trees);
	part->figures->worst_nodes += trees.steps;
	part->figures->worst_rules += trees.leaf;
	return 0;
}

/* ---- tables ---- */

static int build_tries(struct part *part, const struct acl_term *terms, size_t n,
		       const struct acl_plan *plan, struct acl_reach reach[2])
{
	uint64_t roots[2] = {1, 1};
	int err;

	/* Of one table there is nothing to tell apart. */
	if (plan->n_tables == 1) {
		acl_reach_add(&reach[0], 1);
		acl_reach_add(&reach[1], 1);
	} else {
		err = acl_tries_build(part->writer, part->family, terms, n, plan->table,
				      roots, reach, &part->figures->trie_steps);
		if (err)
			return err;
	}
	set_header(part, ACL_H_SRC, roots[0]);
	set_header(part, ACL_H_DST, roots[1]);
	return 0;
}

static int build_slots(struct part *part, const struct acl_term *terms,
		       const struct acl_plan *plan, struct acl_table_figures *tables)
{
	struct acl_trees trees cleanup_(acl_trees_free) = {0};
	int64_t first = acl_writer_words(part->writer, plan->n_tables, 1);

	if (first < 0)
		return (int)first;
	trees_init(&trees, part, terms);
	for (unsigned int i = 0; i < plan->n_tables; i++) {
		uint64_t word;
		int err;

		trees.steps = 0;
		trees.leaf = 0;
		err = acl_slots_build(&trees, plan, i, &word);
		if (err)
			return err;
		part->writer->words[(size_t)first + i] = word;
		tables[i] = (struct acl_table_figures){trees.steps, trees.leaf};
		note_trees(part->figures, &trees);
	}
	set_header(part, ACL_H_TABLES, (uint64_t)first);
	return 0;
}

static int build_tables(struct part *part, const struct acl_term *terms, size_t n)
{
	struct acl_plan plan cleanup_(acl_plan_free) = {0};
	struct acl_reach *reach cleanup_free_ = calloc(2, sizeof(*reach));
	struct acl_table_figures tables[ACL_MAX_TABLES];
	int err;

	if (!reach)
		return -ENOMEM;
	err = acl_plan_make(part->family, terms, n, part->policy, &plan);
	if (!err)
		err = build_tries(part, terms, n, &plan, reach);
	if (!err)
		err = build_slots(part, terms, &plan, tables);
	if (err)
		return err;
	part->figures->tables = plan.n_tables;
	acl_worst(&reach[0], &reach[1], tables, part->figures);
	return 0;
}

/* ---- which of them ---- */

static bool any_to_any(const struct acl_term *term)
{
	return !term->src_len && !term->dst_len;
}

/*
 * Terms from any to any are met by each packet that no earlier line decides. In a
 * table that costs a probe, so if most lines come later they are scanned first; if
 * most come earlier, the table is seldom reached.
 */
static bool any_comes_early(const struct acl_term *terms, size_t n)
{
	for (size_t i = 0; i < n / 2; i++)
		if (any_to_any(&terms[i]))
			return true;
	return false;
}

static int build_split(struct part *part, const struct acl_term *terms, size_t n)
{
	struct acl_term *copy cleanup_free_ = malloc(n * sizeof(*copy));
	size_t n_always = 0, n_rest = 0;
	int err;

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		n_always += any_to_any(&terms[i]);
	for (size_t i = 0, always = 0; i < n; i++)
		copy[any_to_any(&terms[i]) ? always++ : n_always + n_rest++] = terms[i];
	err = n_always ? build_always(part, copy, n_always) : 0;
	if (!err && n_rest)
		err = build_tables(part, copy + n_always, n_rest);
	return err;
}

enum shape { TABLES, SPLIT, ALWAYS, N_SHAPES };

static int build_shape(struct part *part, const struct acl_term *terms, size_t n,
		       enum shape shape)
{
	size_t rules = rules_of(part);
	int err;

	*part->figures = (struct acl_figures){0};
	memset(part->writer->words + part->header, 0, ACL_H_SRC_CLASS * sizeof(uint64_t));
	if (shape == ALWAYS)
		err = build_always(part, terms, n);
	else if (shape == SPLIT)
		err = build_split(part, terms, n);
	else
		err = build_tables(part, terms, n);
	part->figures->rules = (uint32_t)(rules_of(part) - rules);
	return err;
}

/* The shape whose lookups cost least, of those that can be built. Return: it; or
 * -ENOMEM, -E2BIG */
static int cheapest(struct part *part, const struct acl_term *terms, size_t n)
{
	const struct acl_mark mark = acl_writer_mark(part->writer);
	uint64_t least = UINT64_MAX;
	int found = -E2BIG;

	for (enum shape shape = TABLES; shape < N_SHAPES; shape++) {
		int err = build_shape(part, terms, n, shape);
		uint64_t cost;

		if (err == -ENOMEM)
			return err;
		if (!err) {
			cost = acl_cost(part->writer, part->family, terms, n,
					part->header);
			if (cost < least) {
				least = cost;
				found = (int)shape;
			}
		}
		acl_writer_rewind(part->writer, mark);
	}
	return found;
}

static int build(struct part *part, const struct acl_term *terms, size_t n)
{
	int shape;

	/* One tree was tried before, and crowds are in it. */
	if (part->policy->chains > 1)
		shape = TABLES;
	else if (n <= ONE_LEAF)
		shape = ALWAYS;
	else if (n <= ONE_TREE)
		shape = cheapest(part, terms, n);
	else
		shape = any_comes_early(terms, n) ? SPLIT : TABLES;
	return shape < 0 ? shape : build_shape(part, terms, n, (enum shape)shape);
}

static int attempt(struct part *part, const struct acl_policy *policy,
		   const struct acl_mark *mark, const struct acl_term *terms, size_t n)
{
	part->policy = policy;
	acl_writer_rewind(part->writer, *mark);
	return build(part, terms, n);
}

/* What the worst lookup takes, in ns, as measured in BPF. */
static uint32_t worst_ns(const struct acl_figures *figures)
{
	return 40 * figures->worst_probes + 10 * figures->worst_nodes +
	       5 * figures->worst_rules;
}

/*
 * Where prefixes of all lengths are nested, slots are crowded along one path alone,
 * and trees serve it better than many tables do. So if a packet could meet many of
 * them, a header of few tables is made, too, and the better one kept.
 */
static int attempt_few_tables(struct part *part, const struct acl_mark *mark,
			      const struct acl_term *terms, size_t n)
{
	static const struct acl_policy few = {
		.crowd = 1024, .tree_bytes = 256, .chains = 1};
	const uint32_t before = worst_ns(part->figures);
	int err = attempt(part, &few, mark, terms, n);

	if (err == -ENOMEM || (!err && worst_ns(part->figures) < before))
		return err;
	return attempt(part, &ladder[0], mark, terms, n);
}

int acl_part_build(struct acl_writer *writer, enum acl_family family,
		   const struct acl_term *terms, size_t n, uint32_t header,
		   struct acl_figures *figures)
{
	const struct acl_mark mark = acl_writer_mark(writer);
	struct part part = {writer, family, ladder, header, figures};
	int err = attempt(&part, &ladder[0], &mark, terms, n);

	if (!err && figures->worst_probes > MANY_PROBES)
		return attempt_few_tables(&part, &mark, terms, n);
	for (size_t i = 1; err == -E2BIG && i < sizeof(ladder) / sizeof(ladder[0]); i++)
		err = attempt(&part, &ladder[i], &mark, terms, n);
	return err;
}
