// SPDX-License-Identifier: GPL-2.0
/*
 * classes.c - lines whose products are too large to be expanded.
 *
 * Why it exists: a group of 1,000 sources, one of 1,000 destinations and 50 services
 * are 50 million rules, and yet the line says little: "of the first group, of the
 * second". So addresses are turned into classes first, by which groups they belong
 * to, and the lines are asked again by classes: here they are 50 rules.
 *
 * Only groups that overlap cost more, for what they share is a class apart. If they
 * overlap so much that the product comes back, the list is refused with the figure.
 *
 * Time and memory go with the prefixes of different groups, not with products: these
 * 1,000 by 1,000 by 50 take a millisecond and 0.7 MB, and 80 KB of the image; 100
 * groups of 1,000 prefixes that overlap take 0.1 s and 25 MB, and 9 MB of the image.
 */
#include <errno.h>
#include <stdlib.h>

#include "acl/classes.h"
#include "acl/part.h"
#include "util/cleanup.h"

/* A line's set if it is all addresses or none: it is no set of the partition's. */
#define EVERY_ADDRESS UINT32_MAX
#define NO_ADDRESS    (UINT32_MAX - 1)

/* A set that is known, and its number. */
struct known {
	struct acl_set set; /* prefixes are NULL: a free slot */
	uint32_t number;
};

/* Sources or destinations of the lines. */
struct side {
	struct acl_partition partition;
	struct acl_set *sets;
	uint32_t n_sets;
	uint32_t *set_of; /* by line: number of its set, or one of these */
};

struct classes {
	struct side src;
	struct side dst;
	const struct acl_line *lines;
	size_t n_lines;
	struct acl_term *terms;
	size_t n_terms;
	uint64_t n_pairs;
};

void acl_partition_free(struct acl_partition *partition)
{
	free(partition->regions);
	free(partition->memberships);
	free(partition->set_ids);
	free(partition->prefixes);
	free(partition->first_prefix);
}

static void classes_free(struct classes *classes)
{
	struct side *sides[] = {&classes->src, &classes->dst};

	for (size_t i = 0; i < 2; i++) {
		acl_partition_free(&sides[i]->partition);
		free(sides[i]->sets);
		free(sides[i]->set_of);
	}
	free(classes->terms);
}

/* ---- equal sets are one ---- */

static bool same_prefixes(const struct acl_set *a, const struct acl_set *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (a->prefixes[i].high != b->prefixes[i].high ||
		    a->prefixes[i].low != b->prefixes[i].low ||
		    a->prefixes[i].len != b->prefixes[i].len)
			return false;
	return true;
}

static bool same_place(const struct acl_set *a, const struct acl_set *b)
{
	return a->prefixes == b->prefixes && a->n == b->n;
}

static uint64_t hash_prefixes(const struct acl_set *set)
{
	uint64_t hash = set->n;

	for (uint32_t i = 0; i < set->n; i++) {
		hash = acl_mix(hash + set->prefixes[i].high);
		hash = acl_mix(hash + set->prefixes[i].low);
		hash = acl_mix(hash + set->prefixes[i].len);
	}
	return hash;
}

static struct known *slot_of(struct known *known, size_t n_slots, uint64_t hash,
			     const struct acl_set *set,
			     bool (*same)(const struct acl_set *, const struct acl_set *))
{
	size_t at = hash & (n_slots - 1);

	while (known[at].set.prefixes && !same(&known[at].set, set))
		at = (at + 1) & (n_slots - 1);
	return &known[at];
}

/* Lines that share a set mostly share its memory, too: its content is read once. */
static uint32_t number_of(struct side *side, struct known *by_place,
			  struct known *by_content, size_t n_slots,
			  const struct acl_set *set)
{
	struct known *place, *content;

	place = slot_of(by_place, n_slots, acl_mix((uintptr_t)set->prefixes), set,
			same_place);
	if (place->set.prefixes)
		return place->number;
	content = slot_of(by_content, n_slots, hash_prefixes(set), set, same_prefixes);
	if (!content->set.prefixes) {
		*content = (struct known){*set, side->n_sets};
		side->sets[side->n_sets++] = *set;
	}
	*place = (struct known){*set, content->number};
	return content->number;
}

static int find_sets(struct side *side, const struct acl_set *of_lines, size_t n)
{
	struct known *by_place cleanup_free_ = NULL;
	struct known *by_content cleanup_free_ = NULL;
	size_t n_slots = 4;

	while (n_slots < 2 * n)
		n_slots *= 2;
	by_place = calloc(n_slots, sizeof(*by_place));
	by_content = calloc(n_slots, sizeof(*by_content));
	side->sets = calloc(n, sizeof(*side->sets));
	side->set_of = calloc(n, sizeof(*side->set_of));
	if (!by_place || !by_content || !side->sets || !side->set_of)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct acl_set *set = &of_lines[i];

		if (!set->n)
			side->set_of[i] = NO_ADDRESS;
		else if (set->n == 1 && !set->prefixes[0].len)
			side->set_of[i] = EVERY_ADDRESS;
		else
			side->set_of[i] =
				number_of(side, by_place, by_content, n_slots, set);
	}
	return 0;
}

/* ---- one side ---- */

static int build_side(struct side *side, const struct acl_set *of_lines, size_t n,
		      struct acl_writer *writer, uint64_t *root, uint32_t *steps)
{
	struct acl_partition *partition = &side->partition;
	int err = find_sets(side, of_lines, n);

	if (!err)
		err = acl_partition_sweep(partition, side->sets, side->n_sets);
	if (!err)
		err = acl_partition_number(partition, side->n_sets, writer);
	if (err)
		return err;
	return acl_class_trie_build(writer, partition->family, partition->regions,
				    partition->n_regions, root, steps);
}

static int build_sides(struct classes *classes, struct acl_writer *writer,
		       uint32_t header, uint32_t *steps)
{
	const size_t n = classes->n_lines;
	struct acl_set *sets cleanup_free_ = calloc(n, sizeof(*sets));
	uint64_t root;
	int err;

	if (!sets)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sets[i] =
			(struct acl_set){classes->lines[i].src, classes->lines[i].n_src};
	err = build_side(&classes->src, sets, n, writer, &root, steps);
	if (err)
		return err;
	writer->words[header + ACL_H_SRC_CLASS] = root;
	for (size_t i = 0; i < n; i++)
		sets[i] =
			(struct acl_set){classes->lines[i].dst, classes->lines[i].n_dst};
	err = build_side(&classes->dst, sets, n, writer, &root, steps);
	if (err)
		return err;
	writer->words[header + ACL_H_DST_CLASS] = root;
	return 0;
}

/* A line's set as prefixes of class numbers. */
static const struct acl_class_prefix *prefixes_of(const struct side *side, size_t line,
						  uint32_t *n)
{
	static const struct acl_class_prefix every = {0, 0};
	const uint32_t set = side->set_of[line];
	const uint32_t *first;

	if (set == EVERY_ADDRESS || set == NO_ADDRESS) {
		*n = set == EVERY_ADDRESS;
		return &every;
	}
	first = side->partition.first_prefix + set;
	*n = first[1] - first[0];
	return side->partition.prefixes + first[0];
}

/* ---- terms ---- */

/* Count pairs of prefixes, and terms: pairs by services. */
static int count_terms(struct classes *classes, struct acl_writer *writer)
{
	const uint64_t limit = writer->limits.rules4 < ACL_MAX_CLASS_TERMS
				       ? writer->limits.rules4
				       : ACL_MAX_CLASS_TERMS;
	uint64_t n_terms = 0;

	for (size_t i = 0; i < classes->n_lines; i++) {
		uint64_t pairs, terms;
		uint32_t n_src, n_dst;

		prefixes_of(&classes->src, i, &n_src);
		prefixes_of(&classes->dst, i, &n_dst);
		pairs = (uint64_t)n_src * n_dst;
		if (__builtin_mul_overflow(pairs, classes->lines[i].n_services, &terms) ||
		    __builtin_add_overflow(n_terms, terms, &n_terms))
			n_terms = UINT64_MAX;
		if (n_terms == UINT64_MAX)
			break;
		classes->n_pairs += pairs;
	}
	if (n_terms > limit)
		return acl_refuse(writer, "rules of object groups that overlap", n_terms,
				  limit);
	classes->n_terms = n_terms;
	return 0;
}

static int make_terms(struct classes *classes, struct acl_writer *writer)
{
	size_t n = 0;
	int err = count_terms(classes, writer);

	if (err)
		return err;
	classes->terms = calloc(classes->n_terms + 1, sizeof(*classes->terms));
	if (!classes->terms)
		return -ENOMEM;
	for (size_t i = 0; i < classes->n_lines; i++) {
		const struct acl_line *line = &classes->lines[i];
		const struct acl_class_prefix *src, *dst;
		uint32_t n_src, n_dst;

		src = prefixes_of(&classes->src, i, &n_src);
		dst = prefixes_of(&classes->dst, i, &n_dst);
		for (uint32_t v = 0; v < line->n_services; v++) {
			struct acl_term term = acl_term_of(line, &line->services[v]);

			for (uint64_t pair = 0; pair < (uint64_t)n_src * n_dst; pair++) {
				const struct acl_class_prefix *s = &src[pair / n_dst];
				const struct acl_class_prefix *d = &dst[pair % n_dst];

				term.src_low = s->number;
				term.src_len = s->len;
				term.dst_low = d->number;
				term.dst_len = d->len;
				classes->terms[n++] = term;
			}
		}
	}
	return 0;
}

/* ---- the header that is asked by classes ---- */

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static void add_figures(struct acl_figures *sum, const struct acl_figures *more)
{
	sum->rules += more->rules;
	sum->tables = larger(sum->tables, more->tables);
	sum->trie_steps = larger(sum->trie_steps, more->trie_steps);
	sum->tree_steps = larger(sum->tree_steps, more->tree_steps);
	sum->leaf = larger(sum->leaf, more->leaf);
	sum->class_steps = larger(sum->class_steps, more->class_steps);
	sum->classes += more->classes;
	sum->worst_probes += more->worst_probes;
	sum->worst_nodes += more->worst_nodes;
	sum->worst_rules += more->worst_rules;
}

int acl_classes_build(struct acl_writer *writer, enum acl_family family,
		      const struct acl_line *lines, size_t n, uint32_t header,
		      struct acl_figures *figures)
{
	struct classes classes cleanup_(classes_free) = {
		.src.partition.family = family,
		.dst.partition.family = family,
		.lines = lines,
		.n_lines = n,
	};
	struct acl_figures own = {0};
	uint32_t steps = 0;
	int64_t asked;
	int err;

	err = build_sides(&classes, writer, header, &steps);
	if (!err)
		err = make_terms(&classes, writer);
	if (err || !classes.n_terms)
		return err;
	asked = acl_writer_words(writer, ACL_H_WORDS, ACL_H_WORDS);
	if (asked < 0)
		return (int)asked;
	err = acl_part_build(writer, ACL_IPV4, classes.terms, classes.n_terms,
			     (uint32_t)asked, &own);
	if (err)
		return err;
	writer->words[header + ACL_H_CLASSES] = (uint64_t)asked;
	writer->words[header + ACL_H_LINE] = ACL_HEAD_LINE(classes.terms[0].head);
	own.class_steps = steps;
	own.classes = (uint32_t)classes.n_pairs;
	own.worst_nodes += 2 * steps;
	add_figures(figures, &own);
	return 0;
}
