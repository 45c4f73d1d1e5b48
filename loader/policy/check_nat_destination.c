// SPDX-License-Identifier: GPL-2.0
/*
 * check_nat_destination.c - lists whose destinations are of the other dialect.
 *
 * From ASA 8.3 on, lists match real addresses; before, a list sees the packet before its
 * translation is undone. What is written for the one permits nothing, or the wrong
 * thing, in the other.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/nat_map.h"
#include "policy/parser.h"
#include "util/cleanup.h"

struct mapping {
	size_t mapped_if;
	struct policy_nat_piece piece;
};

/* The same, sorted in two ways. */
struct mappings {
	VEC(struct mapping) by_real;
	VEC(struct mapping) by_mapped;
};

static void mappings_free(struct mappings *mappings)
{
	vec_free(&mappings->by_real);
	vec_free(&mappings->by_mapped);
}

static void pieces_free(struct policy_nat_pieces *pieces)
{
	vec_free(&pieces->items);
}

static int compare_mapped_if(const struct mapping *a, const struct mapping *b)
{
	return (a->mapped_if > b->mapped_if) - (a->mapped_if < b->mapped_if);
}

static int compare_real(const void *a, const void *b)
{
	const struct mapping *x = a, *y = b;
	int order = compare_mapped_if(x, y);

	if (!order && x->piece.real != y->piece.real)
		order = x->piece.real < y->piece.real ? -1 : 1;
	if (!order && x->piece.mask != y->piece.mask)
		order = x->piece.mask < y->piece.mask ? -1 : 1;
	return order;
}

/* Mapped networks of an interface are disjoint, or alike: overlapping ones are equal. */
static int compare_mapped(const void *a, const void *b)
{
	const struct mapping *x = a, *y = b;
	int order = compare_mapped_if(x, y);

	if (order)
		return order;
	if ((x->piece.mapped | ~x->piece.mask) < y->piece.mapped)
		return -1;
	return x->piece.mapped > (y->piece.mapped | ~y->piece.mask);
}

static int collect(const struct policy *policy, const struct policy_nat *nat,
		   struct mappings *out)
{
	struct policy_nat_pieces pieces cleanup_(pieces_free) = {.identity = true};
	int err = policy_nat_pair(policy, &nat->real, &nat->mapped, &pieces);

	if (err)
		return err == -ENOMEM ? err : 0;
	for (size_t i = 0; i < pieces.items.count; i++) {
		struct mapping *real = vec_push(&out->by_real);
		struct mapping *mapped = vec_push(&out->by_mapped);

		if (!real || !mapped)
			return -ENOMEM;
		*real = (struct mapping){nat->mapped_if, pieces.items.items[i]};
		*mapped = *real;
	}
	return 0;
}

static int warn_real_destination(struct policy_parser *p, const char *iface,
				 const struct policy_rule *rule,
				 const struct policy_nat_piece *piece)
{
	int err = policy_warn_at(p, &rule->dst_where, W_REAL_DESTINATION,
				 "%s is translated to %s on '%s'; lists match the mapped "
				 "address",
				 policy_ip_text(piece->real).text,
				 policy_ip_text(piece->mapped).text, iface);

	return policy_hint(p, err, "write %s",
			   policy_net_text(piece->mapped, piece->mask).text);
}

static int warn_mapped_destination(struct policy_parser *p, const char *iface,
				   const struct policy_rule *rule,
				   const struct policy_nat_piece *piece)
{
	policy_ip real = piece->real | (rule->dst.addr & ~piece->mask);
	int err = policy_warn_at(
		p, &rule->dst_where, W_MAPPED_DESTINATION,
		"%s is what %s is translated to on '%s'; lists match the "
		"real address",
		policy_ip_text(rule->dst.addr).text, policy_ip_text(real).text, iface);

	return policy_hint(p, err, "write %s",
			   policy_net_text(real, rule->dst.mask).text);
}

static int warn_destination(struct policy_parser *p, const struct mappings *mappings,
			    size_t iface, const struct policy_rule *rule)
{
	const char *name = p->policy->ifaces.items[iface].name;
	const struct mapping key = {iface,
				    {rule->dst.addr, rule->dst.addr, rule->dst.mask}};
	const struct mapping *real, *mapped;

	if (!policy_rule_is_active(rule) || !rule->permit || !rule->dst.mask ||
	    (rule->dst.kind != POLICY_ADDR_NET && rule->dst.kind != POLICY_ADDR_OBJECT))
		return 0;
	real = bsearch(&key, mappings->by_real.items, mappings->by_real.count,
		       sizeof(key), compare_real);
	mapped = bsearch(&key, mappings->by_mapped.items, mappings->by_mapped.count,
			 sizeof(key), compare_mapped);
	/* What is both can be meant as either; a wider network, as others in it. */
	if (!real == !mapped)
		return 0;
	if (real)
		return p->policy->flags & CONFIG_F_REAL_LISTS
			       ? 0
			       : warn_real_destination(p, name, rule, &real->piece);
	if (!(p->policy->flags & CONFIG_F_REAL_LISTS) ||
	    (rule->dst.mask & mapped->piece.mask) != mapped->piece.mask)
		return 0;
	return warn_mapped_destination(p, name, rule, &mapped->piece);
}

int policy_warn_destinations(struct policy_parser *p)
{
	struct mappings mappings cleanup_(mappings_free) = {.by_real = {0}};
	int err = 0;

	for (size_t i = 0; !err && i < p->policy->nats.count; i++)
		if (policy_nat_is_simple(&p->policy->nats.items[i]))
			err = collect(p->policy, &p->policy->nats.items[i], &mappings);
	if (err || !mappings.by_real.count)
		return err;
	qsort(mappings.by_real.items, mappings.by_real.count, sizeof(struct mapping),
	      compare_real);
	qsort(mappings.by_mapped.items, mappings.by_mapped.count, sizeof(struct mapping),
	      compare_mapped);
	/* A list may be bound to many interfaces: no more than can be compiled. */
	for (size_t i = 0; i < p->policy->ifaces.count && i < PH_MAX_INTERFACES; i++) {
		const struct policy_iface *iface = &p->policy->ifaces.items[i];
		const struct policy_list *list;

		if (!iface->has_acl[POLICY_BIND_IN])
			continue;
		list = &p->policy->lists.items[iface->acl[POLICY_BIND_IN]];
		for (size_t j = 0; j < list->rules.count; j++)
			if (warn_destination(p, &mappings, i, &list->rules.items[j]))
				return -ENOMEM;
	}
	return 0;
}
