// SPDX-License-Identifier: GPL-2.0
/*
 * check_nat_overlap.c - an address has one translation, or an order says which.
 *
 * Mapped addresses that stand for different real ones are a mistake: who is asked for?
 * A real address that is translated twice is one if what comes first leaves nothing of
 * what follows; a host before the network it is in is not. Objects have an order of
 * their own: there, what is hidden is told.
 */
#include <errno.h>
#include <stdlib.h>

#include "policy/nat_map.h"
#include "policy/parser.h"
#include "util/cleanup.h"

struct overlap_check {
	struct policy_parser *p;
	bool of_real;
	bool *reported; /* by translation */
};

static int fail_overlap(struct overlap_check *check, const struct policy_nat *x,
			const struct policy_nat *y)
{
	const struct policy_nat *later = x->where.line > y->where.line ? x : y;
	const struct policy_nat *earlier = later == x ? y : x;
	int err = policy_fail_at(
		check->p, &later->where, E_STATIC_OVERLAP,
		"the %s addresses overlap with those of the translation in line %u",
		check->of_real ? "real" : "mapped", earlier->where.line);

	err = policy_hint(check->p, err,
			  "each address has one translation; remove or narrow one of "
			  "the lines");
	return err == -ENOMEM ? err : 0;
}

/* Once for each translation. */
static int warn_shadowed(struct overlap_check *check, size_t index,
			 const struct policy_nat *before,
			 const struct policy_nat_piece *piece, bool alike)
{
	const struct policy_nat *nat = &check->p->policy->nats.items[index];
	int err;

	if (check->reported[index])
		return 0;
	check->reported[index] = true;
	err = policy_warn_at(check->p, &nat->where, W_NAT_SHADOWED,
			     "line %u translates %s %s, and is asked first",
			     before->where.line, policy_ip_text(piece->real).text,
			     alike ? "in the same way" : "to something else");
	return policy_hint(check->p, err, "remove one of the lines%s",
			   alike ? "" : ", or narrow the other one");
}

/* What the outer one makes of the inner one's addresses is what that makes of them. */
static bool agree(const struct policy_nat *outer, const struct policy_nat_piece *a,
		  const struct policy_nat *inner, const struct policy_nat_piece *b)
{
	return outer->real_if == inner->real_if &&
	       (a->real | (b->mapped & ~a->mask)) == b->real &&
	       (a->mapped | (b->real & ~a->mask)) == b->mapped;
}

static int check_overlap(void *context, const struct policy_nat_span *outer,
			 const struct policy_nat_span *inner)
{
	struct overlap_check *check = context;
	const struct policy_nat *a = &check->p->policy->nats.items[outer->nat];
	const struct policy_nat *b = &check->p->policy->nats.items[inner->nat];
	bool hidden = inner->nat > outer->nat; /* nothing is left of the inner one */

	bool alike = agree(a, &outer->piece, b, &inner->piece);
	/* Of objects, the smaller one is asked first: partly hidden is not wrong. */
	bool ordered = check->of_real && a->section == POLICY_NAT_OBJECT &&
		       b->section == POLICY_NAT_OBJECT;
	int err = 0;

	if (inner->nat == outer->nat)
		return 0;
	if (alike || (ordered && hidden)) {
		if (hidden && check->of_real)
			err = warn_shadowed(check, inner->nat, a, &inner->piece, alike);
		return err ? err : 1;
	}
	if ((check->of_real && !hidden) || check->reported[inner->nat])
		return 0;
	check->reported[inner->nat] = true;
	return fail_overlap(check, a, b);
}

int policy_check_nat_overlaps(struct policy_parser *p)
{
	bool *reported cleanup_free_ =
		calloc(p->policy->nats.count + 1, sizeof(*reported));
	struct overlap_check check = {p, false, reported};
	int err;

	if (!reported)
		return -ENOMEM;
	err = policy_nat_each_overlap(p->policy, false, check_overlap, &check);
	check.of_real = true;
	return err ? err
		   : policy_nat_each_overlap(p->policy, true, check_overlap, &check);
}
