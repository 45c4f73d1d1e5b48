// SPDX-License-Identifier: GPL-2.0
/*
 * shade.c - which items of a list no packet can reach.
 *
 * Why it exists: in a small part of the space of packets most terms are hidden by
 * those before them, and trees stay small by leaving them out. What is left out by
 * mistake is a wrong answer, so all that may hide anything stands here.
 */
#include <errno.h>
#include <stdlib.h>

#include "acl/part.h"
#include "util/cleanup.h"

static bool fills(const struct acl_box *item, const struct acl_box *box)
{
	for (int f = 0; f < ACL_N_FIELDS; f++)
		if (item->low[f] > box->low[f] || item->high[f] < box->high[f])
			return false;
	return true;
}

/* Conditions of items that fill a box; more than a few there hardly are. */
#define FILLERS 8

struct fillers {
	uint32_t n;
	uint16_t cond[FILLERS];
};

/*
 * Whether every packet that meets an item's conditions, `later`, meets `cond` too.
 * Conditions look at more than a box, so this takes none, or the same. And later
 * fragments, which travel as port 0 to port 0, pass by what names ports: where they
 * may be, it takes the place of nothing that they do not pass by as well.
 */
static bool implies(uint16_t later, uint16_t cond, bool fragments)
{
	if (cond == later)
		return true;
	return !cond ||
	       (cond == ACL_COND_PORTS && (later & ACL_COND_PORTS || !fragments));
}

static bool filled(const struct fillers *fillers, uint16_t cond, bool fragments)
{
	for (uint32_t i = 0; i < fillers->n; i++)
		if (implies(cond, fillers->cond[i], fragments))
			return true;
	return false;
}

static uint16_t cond_of(const struct acl_trees *trees, uint32_t item)
{
	return trees->terms[trees->order[item]].cond;
}

size_t acl_shade(const struct acl_trees *trees, const struct acl_box *box,
		 uint32_t *items, size_t n)
{
	bool fragments = !box->low[ACL_SRC_PORT] && !box->low[ACL_DST_PORT];
	struct fillers fillers = {0};
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		uint16_t cond = cond_of(trees, items[i]);

		if ((!fragments && cond & ACL_COND_FRAGMENTS) ||
		    filled(&fillers, cond, fragments))
			continue;
		items[kept++] = items[i];
		if (fillers.n == FILLERS || !fills(&trees->boxes[items[i]], box))
			continue;
		/* Nothing gets past this one; the rest need not be looked at. */
		if (!cond || (cond == ACL_COND_PORTS && !fragments))
			break;
		fillers.cond[fillers.n++] = cond;
	}
	return kept;
}

/* Whether `outer` has all of `inner` that is in the box. */
static bool contains(const struct acl_box *outer, const struct acl_box *inner,
		     const struct acl_box *box)
{
	for (int f = 0; f < ACL_N_FIELDS; f++)
		if (outer->low[f] > acl_max(inner->low[f], box->low[f]) ||
		    outer->high[f] < acl_min(inner->high[f], box->high[f]))
			return false;
	return true;
}

/* Whether no packet in the box gets past one item to a later one. */
static bool hides(const struct acl_trees *trees, const struct acl_box *box, uint32_t item,
		  uint32_t later)
{
	const struct acl_box *inner = &trees->boxes[later];
	bool fragments = !acl_max(inner->low[ACL_SRC_PORT], box->low[ACL_SRC_PORT]) &&
			 !acl_max(inner->low[ACL_DST_PORT], box->low[ACL_DST_PORT]);

	return implies(cond_of(trees, later), cond_of(trees, item), fragments) &&
	       contains(&trees->boxes[item], inner, box);
}

size_t acl_shade_each(const struct acl_trees *trees, const struct acl_box *box,
		      uint32_t *items, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		size_t j = 0;

		while (j < kept && !hides(trees, box, items[j], items[i]))
			j++;
		if (j == kept)
			items[kept++] = items[i];
	}
	return kept;
}

/* ---- equal items of long lists ---- */

static uint64_t hash_of(const struct acl_term *term)
{
	uint64_t hash = acl_mix(term->src_high + 1);

	hash = acl_mix(hash + term->src_low);
	hash = acl_mix(hash + term->dst_high);
	hash = acl_mix(hash + term->dst_low);
	hash = acl_mix(hash + ((uint64_t)term->src_port_low << 48 |
			       (uint64_t)term->src_port_high << 32 |
			       (uint64_t)term->dst_port_low << 16 | term->dst_port_high));
	return acl_mix(hash + ((uint64_t)term->cond << 32 |
			       (uint64_t)term->src_len << 24 |
			       (uint64_t)term->dst_len << 16 | (term->head & 255)));
}

/* Whether two terms are equal but for their lines. */
static bool equal(const struct acl_term *a, const struct acl_term *b)
{
	const uint32_t proto = ACL_HEAD_ANY_PROTO | 255;

	return a->src_high == b->src_high && a->src_low == b->src_low &&
	       a->dst_high == b->dst_high && a->dst_low == b->dst_low &&
	       a->src_port_low == b->src_port_low &&
	       a->src_port_high == b->src_port_high &&
	       a->dst_port_low == b->dst_port_low &&
	       a->dst_port_high == b->dst_port_high &&
	       (a->head & proto) == (b->head & proto) && a->cond == b->cond &&
	       a->src_len == b->src_len && a->dst_len == b->dst_len;
}

int64_t acl_shade_equal(const struct acl_trees *trees, uint32_t *items, size_t n)
{
	size_t slots = 16, kept = 0;
	uint32_t *table cleanup_free_ = NULL; /* by hash: an item kept, plus 1 */

	while (slots < 2 * n)
		slots *= 2;
	table = calloc(slots, sizeof(*table));
	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct acl_term *term = &trees->terms[trees->order[items[i]]];
		uint64_t at = hash_of(term) & (slots - 1);

		while (table[at] &&
		       !equal(&trees->terms[trees->order[table[at] - 1]], term))
			at = (at + 1) & (slots - 1);
		if (table[at])
			continue;
		table[at] = items[i] + 1;
		items[kept++] = items[i];
	}
	return (int64_t)kept;
}
