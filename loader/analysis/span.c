// SPDX-License-Identifier: GPL-2.0
/*
 * span.c - sets of addresses as intervals. See space.h.
 *
 * Each operation walks both sets once, or asks by bisection where one of them is of few.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/space.h"

struct span span_of(const struct acl_prefix *prefix)
{
	unsigned int open = (prefix->family == ACL_IPV4 ? 32 : 128) - prefix->len;
	space_address low = (space_address)prefix->high << 64 | prefix->low;
	space_address rest = open < 128 ? ((space_address)1 << open) - 1
					: ~(space_address)0;

	return (struct span){low, low | rest};
}

static int compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

/* Sorted ones that overlap or touch become one. Return: how many are left. */
static uint32_t merge_spans(struct span *spans, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct span *last = kept ? &spans[kept - 1] : NULL;

		/* An end at the top has nothing behind it that could touch. */
		if (last &&
		    (spans[i].low <= last->high || spans[i].low - 1 == last->high))
			last->high = last->high > spans[i].high ? last->high
								: spans[i].high;
		else
			spans[kept++] = spans[i];
	}
	return kept;
}

struct span_set span_set_make(struct scratch *scratch, enum acl_family family,
			      const struct acl_prefix *prefixes, uint32_t n)
{
	struct span *spans = scratch_alloc(scratch, n * sizeof(*spans));
	uint32_t count = 0;

	if (!spans)
		return (struct span_set){0};
	for (uint32_t i = 0; i < n; i++)
		if (prefixes[i].family == family)
			spans[count++] = span_of(&prefixes[i]);
	if (count > 1)
		qsort(spans, count, sizeof(*spans), compare_spans);
	return (struct span_set){spans, merge_spans(spans, count)};
}

/* The first span that ends at or behind an address; n if none does. */
static uint32_t first_behind(const struct span_set *set, space_address address)
{
	uint32_t low = 0, high = set->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (set->items[middle].high < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool span_set_has(const struct span_set *set, space_address address)
{
	uint32_t at = first_behind(set, address);

	return at < set->n && set->items[at].low <= address;
}

/* Spans of a set have gaps between them: what is in it is in one of them. */
bool span_set_within(const struct span_set *inner, const struct span_set *outer)
{
	if (inner->items == outer->items && inner->n == outer->n)
		return true;
	for (uint32_t i = 0; i < inner->n; i++) {
		const struct span *span = &inner->items[i];
		uint32_t at = first_behind(outer, span->high);

		if (at == outer->n || outer->items[at].low > span->low)
			return false;
	}
	return true;
}

bool span_set_meets(const struct span_set *a, const struct span_set *b)
{
	const struct span_set *few = a->n < b->n ? a : b, *many = few == a ? b : a;

	for (uint32_t i = 0; i < few->n; i++) {
		uint32_t at = first_behind(many, few->items[i].low);

		if (at < many->n && many->items[at].low <= few->items[i].high)
			return true;
	}
	return false;
}

struct span_set span_set_and(struct scratch *scratch, const struct span_set *a,
			     const struct span_set *b)
{
	struct span *out;
	uint32_t n = 0, j = 0;

	if (span_set_within(a, b))
		return *a;
	if (span_set_within(b, a))
		return *b;
	/* A span of one begins or ends each that is in both. */
	out = scratch_alloc(scratch, ((size_t)a->n + b->n) * sizeof(*out));
	if (!out)
		return (struct span_set){0};
	for (uint32_t i = 0; i < a->n; i++) {
		const struct span *s = &a->items[i];

		while (j < b->n && b->items[j].high < s->low)
			j++;
		for (; j < b->n && b->items[j].low <= s->high; j++) {
			const struct span *t = &b->items[j];

			out[n++] = (struct span){s->low > t->low ? s->low : t->low,
						 s->high < t->high ? s->high : t->high};
			if (t->high > s->high)
				break; /* it reaches into the next one */
		}
	}
	return (struct span_set){out, n};
}

struct span_set span_set_minus(struct scratch *scratch, const struct span_set *a,
			       const struct span_set *b)
{
	struct span *out;
	uint32_t n = 0, j = 0;

	if (!span_set_meets(a, b))
		return *a;
	out = scratch_alloc(scratch, ((size_t)a->n + b->n) * sizeof(*out));
	if (!out)
		return (struct span_set){0};
	for (uint32_t i = 0; i < a->n; i++) {
		struct span rest = a->items[i];
		bool gone = false;

		while (j < b->n && b->items[j].high < rest.low)
			j++;
		for (; !gone && j < b->n && b->items[j].low <= rest.high; j++) {
			const struct span *t = &b->items[j];

			if (t->low > rest.low)
				out[n++] = (struct span){rest.low, t->low - 1};
			if (t->high >= rest.high) {
				gone = true;
				break;
			}
			rest.low = t->high + 1;
		}
		if (!gone)
			out[n++] = rest;
	}
	return (struct span_set){out, n};
}
