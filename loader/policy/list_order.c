// SPDX-License-Identifier: GPL-2.0
/*
 * list_order.c - `access-list NAME line N ...`: lines that do not stand at the end.
 *
 * Each was inserted before the line that had its number then. Who was inserted last
 * stands where it says; so, from the last to the first, each takes the free place of
 * its number. Counting free places in a tree (Fenwick 1994) costs a logarithm, where
 * moving all that follows would make a long list quadratic.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/lists.h"
#include "util/cleanup.h"

int policy_insert_rule(struct policy_parser *p, size_t list, unsigned long number)
{
	struct policy_insertion *kept;
	size_t last = p->policy->lists.items[list].rules.count - 1;

	if (number > last)
		return 0; /* the end is its place */
	kept = vec_push(&p->insertions);
	if (!kept)
		return -ENOMEM;
	*kept = (struct policy_insertion){
		.list = list, .rule = last, .place = (size_t)number - 1};
	return 0;
}

/* Free places, counted by ranges: tree[i] is of the lowbit(i) places up to i. */
struct places {
	size_t *tree; /* from 1 */
	size_t count;
};

static void fill(struct places *places)
{
	for (size_t i = 1; i <= places->count; i++)
		places->tree[i] = i & -i;
}

/* Take the free place that @before free ones precede. Return: its index. */
static size_t take_place(struct places *places, size_t before)
{
	size_t at = 0, step = 1;

	while (step * 2 <= places->count)
		step *= 2;
	for (; step; step /= 2) {
		size_t next = at + step;

		if (next > places->count || places->tree[next] > before) {
			if (next <= places->count)
				places->tree[next]--;
			continue;
		}
		before -= places->tree[next];
		at = next;
	}
	return at;
}

/* @insertions: of this list, in the order of the text */
static int order_list(struct policy_list *list, const struct policy_insertion *insertions,
		      size_t n)
{
	size_t count = list->rules.count;
	size_t *tree cleanup_free_ = calloc(count + 1, sizeof(*tree));
	struct policy_rule *ordered = calloc(count + 1, sizeof(*ordered));
	struct places places = {tree, count};

	if (!tree || !ordered) {
		free(ordered);
		return -ENOMEM;
	}
	fill(&places);
	for (size_t i = count; i--;) {
		size_t before = i; /* those that came earlier, all in front */

		if (n && insertions[n - 1].rule == i)
			before = insertions[--n].place;
		ordered[take_place(&places, before)] = list->rules.items[i];
	}
	free(list->rules.items);
	list->rules.items = ordered;
	list->rules.capacity = count + 1;
	return 0;
}

/* By list; within one they stay in the order of the text. */
static int compare_insertions(const void *a, const void *b)
{
	const struct policy_insertion *x = a, *y = b;

	if (x->list != y->list)
		return x->list < y->list ? -1 : 1;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

int policy_order_lists(struct policy_parser *p)
{
	struct policy_insertion *items = p->insertions.items;
	size_t count = p->insertions.count;
	size_t end;

	if (!count)
		return 0;
	qsort(items, count, sizeof(*items), compare_insertions);
	for (size_t start = 0; start < count; start = end) {
		int err;

		for (end = start; end < count && items[end].list == items[start].list;)
			end++;
		err = order_list(&p->policy->lists.items[items[start].list],
				 &items[start], end - start);
		if (err)
			return err;
	}
	p->insertions.count = 0;
	return 0;
}
