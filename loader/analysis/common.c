// SPDX-License-Identifier: GPL-2.0
/*
 * common.c - what two lists have in common, in the same order. See diff_list.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "analysis/diff_list.h"
#include "util/cleanup.h"

/* What is compared. */
struct lists {
	const struct both_families *old;
	const struct both_families *new;
	size_t first;	/* lines before it are twins of one another */
	size_t old_end; /* and so are those from here on */
	size_t new_end;
};

static uint64_t line_hash(const struct both_families *list, size_t line)
{
	uint64_t hash = 0;

	for (int i = 0; i < ACL_N_FAMILIES; i++)
		if (list->of[i].n)
			hash = (hash ^ list->of[i].lines[line].hash) *
			       0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

static bool lines_equal(const struct both_families *a, size_t i,
			const struct both_families *b, size_t j)
{
	for (int f = 0; f < ACL_N_FAMILIES; f++)
		if (a->of[f].n && b->of[f].n &&
		    !space_lines_equal(&a->of[f].lines[i], &b->of[f].lines[j]))
			return false;
	return true;
}

static void set_twins(size_t *old_twin, size_t old, size_t *new_twin, size_t new)
{
	old_twin[old] = new;
	new_twin[new] = old;
}

/* ---- the middle: which old line may be the twin of a new one ---- */

/* Old lines that are equal, in their order. */
struct kind {
	uint32_t head; /* 1 + the next one to be given away; 0: the slot is free */
	uint32_t tail;
	bool given; /* all of them */
};

struct middle {
	const struct lists *lists;
	struct kind *kinds;
	size_t n_kinds; /* a power of two */
	uint32_t *next; /* by old line - first: 1 + the next equal one */
};

static struct kind *kind_of(struct middle *m, const struct both_families *list,
			    size_t line)
{
	const struct lists *l = m->lists;

	for (size_t at = line_hash(list, line);; at++) {
		struct kind *kind = &m->kinds[at & (m->n_kinds - 1)];

		if (!kind->head ||
		    lines_equal(l->old, l->first + kind->tail - 1, list, line))
			return kind;
	}
}

static void add_old(struct middle *m, uint32_t line)
{
	struct kind *kind = kind_of(m, m->lists->old, m->lists->first + line);

	if (kind->head)
		m->next[kind->tail - 1] = line + 1;
	else
		kind->head = line + 1;
	kind->tail = line + 1;
}

/* The next old line equal to a new one; SPACE_NO_LINE if there is none left. */
static size_t take_old(struct middle *m, size_t new)
{
	struct kind *kind = kind_of(m, m->lists->new, new);
	uint32_t line = kind->head;

	if (!line || kind->given)
		return SPACE_NO_LINE;
	if (m->next[line - 1])
		kind->head = m->next[line - 1];
	else
		kind->given = true;
	return m->lists->first + line - 1;
}

/* ---- the longest ascending sequence (patience: Fredman 1975) ---- */

struct sequence {
	const size_t *values; /* by position; SPACE_NO_LINE is skipped */
	uint32_t *last;	      /* by length - 1: the position that ends it lowest */
	uint32_t *before;     /* by position: 1 + the one before it; 0: none */
	size_t length;
};

static void extend(struct sequence *s, uint32_t at)
{
	size_t low = 0, high = s->length;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->values[s->last[middle]] < s->values[at])
			low = middle + 1;
		else
			high = middle;
	}
	s->before[at] = low ? s->last[low - 1] + 1 : 0;
	s->last[low] = at;
	if (low == s->length)
		s->length++;
}

static int match_middle(const struct lists *lists, size_t *old_twin, size_t *new_twin)
{
	size_t n_old = lists->old_end - lists->first;
	size_t n_new = lists->new_end - lists->first;
	struct kind *kinds cleanup_free_ = NULL;
	uint32_t *next cleanup_free_ = calloc(n_old + 1, sizeof(*next));
	size_t *values cleanup_free_ = calloc(n_new + 1, sizeof(*values));
	uint32_t *last cleanup_free_ = calloc(n_new + 1, sizeof(*last));
	uint32_t *before cleanup_free_ = calloc(n_new + 1, sizeof(*before));
	struct middle m = {.lists = lists, .next = next, .n_kinds = 4};
	struct sequence s = {.values = values, .last = last, .before = before};

	while (m.n_kinds < 2 * n_old)
		m.n_kinds *= 2;
	kinds = m.kinds = calloc(m.n_kinds, sizeof(*kinds));
	if (!kinds || !next || !values || !last || !before)
		return -ENOMEM;
	for (size_t i = 0; i < n_old; i++)
		add_old(&m, (uint32_t)i);
	for (size_t j = 0; j < n_new; j++) {
		values[j] = take_old(&m, lists->first + j);
		if (values[j] != SPACE_NO_LINE)
			extend(&s, (uint32_t)j);
	}
	for (uint32_t at = s.length ? last[s.length - 1] + 1 : 0; at; at = before[at - 1])
		set_twins(old_twin, values[at - 1], new_twin, lists->first + at - 1);
	return 0;
}

int space_common_lines(const struct both_families *old, size_t n_old,
		       const struct both_families *new, size_t n_new, size_t *old_twin,
		       size_t *new_twin)
{
	struct lists lists = {old, new, 0, n_old, n_new};

	for (size_t i = 0; i < n_old; i++)
		old_twin[i] = SPACE_NO_LINE;
	for (size_t i = 0; i < n_new; i++)
		new_twin[i] = SPACE_NO_LINE;
	while (lists.first < n_old && lists.first < n_new &&
	       lines_equal(old, lists.first, new, lists.first)) {
		set_twins(old_twin, lists.first, new_twin, lists.first);
		lists.first++;
	}
	while (lists.old_end > lists.first && lists.new_end > lists.first &&
	       lines_equal(old, lists.old_end - 1, new, lists.new_end - 1))
		set_twins(old_twin, --lists.old_end, new_twin, --lists.new_end);
	if (lists.old_end == lists.first || lists.new_end == lists.first)
		return 0;
	return match_middle(&lists, old_twin, new_twin);
}
