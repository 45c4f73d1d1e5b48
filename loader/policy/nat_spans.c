// SPDX-License-Identifier: GPL-2.0
/*
 * nat_spans.c - translations whose addresses overlap.
 *
 * Pieces are networks: two of them are apart, or one is within the other. Sorted by
 * their first address, wider ones first, those that a piece is within are what remains
 * open before it: a stack.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/nat_map.h"
#include "util/cleanup.h"

typedef VEC(struct policy_nat_span) span_vec;

static void pieces_free(struct policy_nat_pieces *pieces)
{
	vec_free(&pieces->items);
}

static void spans_free(span_vec *spans)
{
	vec_free(spans);
}

bool policy_nat_is_simple(const struct policy_nat *nat)
{
	return (nat->section == POLICY_NAT_STATIC || nat->section == POLICY_NAT_OBJECT) &&
	       !nat->dynamic && !(nat->flags & POLICY_NAT_F_REFUSED) &&
	       nat->list == POLICY_NO_LIST && !nat->proto &&
	       nat->mapped.kind != POLICY_ADDR_IFACE &&
	       nat->real_if != POLICY_ANY_IFACE && nat->mapped_if != POLICY_ANY_IFACE;
}

static int compare_size(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_ip(policy_ip a, policy_ip b)
{
	return (a > b) - (a < b);
}

static int compare_spans(const void *a, const void *b)
{
	const struct policy_nat_span *x = a, *y = b;
	int order = compare_size(x->scope[0], y->scope[0]);

	if (!order)
		order = compare_size(x->scope[1], y->scope[1]);
	if (!order)
		order = compare_ip(x->first, y->first);
	if (!order)
		order = compare_ip(y->last, x->last); /* the wider one first */
	return order ? order : compare_size(x->nat, y->nat);
}

static int add_spans(const struct policy *policy, size_t index, bool of_real,
		     span_vec *out)
{
	const struct policy_nat *nat = &policy->nats.items[index];
	struct policy_nat_pieces pieces cleanup_(pieces_free) = {.identity = true};
	int err = policy_nat_pair(policy, &nat->real, &nat->mapped, &pieces);

	if (err)
		return err == -ENOMEM ? err : 0; /* it has been refused */
	for (size_t i = 0; i < pieces.items.count; i++) {
		const struct policy_nat_piece *piece = &pieces.items.items[i];
		policy_ip first = of_real ? piece->real : piece->mapped;
		struct policy_nat_span *span = vec_push(out);

		if (!span)
			return -ENOMEM;
		*span = (struct policy_nat_span){
			.scope = {nat->mapped_if, of_real ? nat->real_if : 0},
			.first = first,
			.last = first | ~piece->mask,
			.nat = index,
			.piece = *piece,
		};
	}
	return 0;
}

static bool is_within(const struct policy_nat_span *inner,
		      const struct policy_nat_span *outer)
{
	return inner->scope[0] == outer->scope[0] && inner->scope[1] == outer->scope[1] &&
	       inner->first <= outer->last;
}

static int sweep(const span_vec *spans, const struct policy_nat_span **open,
		 policy_nat_overlap_fn *overlap, void *context)
{
	size_t n_open = 0;

	for (size_t i = 0; i < spans->count; i++) {
		const struct policy_nat_span *span = &spans->items[i];
		int err;

		while (n_open && !is_within(span, open[n_open - 1]))
			n_open--;
		err = n_open ? overlap(context, open[n_open - 1], span) : 0;
		if (err < 0)
			return err;
		if (!err)
			open[n_open++] = span;
	}
	return 0;
}

int policy_nat_each_overlap(const struct policy *policy, bool of_real,
			    policy_nat_overlap_fn *overlap, void *context)
{
	span_vec spans cleanup_(spans_free) = {.count = 0};
	const struct policy_nat_span **open cleanup_free_ = NULL;
	int err = 0;

	for (size_t i = 0; !err && i < policy->nats.count; i++)
		if (policy_nat_is_simple(&policy->nats.items[i]))
			err = add_spans(policy, i, of_real, &spans);
	if (err || spans.count < 2)
		return err;
	open = calloc(spans.count, sizeof(struct policy_nat_span *));
	if (!open)
		return -ENOMEM;
	qsort(spans.items, spans.count, sizeof(*spans.items), compare_spans);
	return sweep(&spans, open, overlap, context);
}
