// SPDX-License-Identifier: GPL-2.0
/*
 * check_static.c - static translations are a bijection, or they are refused.
 *
 * A packet must have one translation, whichever direction it comes from: no
 * two mapped ranges overlap on one mapped interface, and no two real ranges
 * between the same two interfaces.
 */
#include <errno.h>
#include <stdlib.h>

#include "policy/parser.h"
#include "util/cleanup.h"

/* One range of addresses within a scope in which ranges must not overlap. */
struct span {
	size_t scope[2]; /* interfaces */
	policy_ip first;
	policy_ip last;
	size_t index; /* of the static, in the order of the text */
};

static int compare_size(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_ip(policy_ip a, policy_ip b)
{
	return a < b ? -1 : a > b;
}

static int compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	int order = compare_size(x->scope[0], y->scope[0]);

	if (!order)
		order = compare_size(x->scope[1], y->scope[1]);
	if (!order)
		order = compare_ip(x->first, y->first);
	if (!order)
		order = compare_ip(y->last, x->last); /* the wider one first */
	return order ? order : compare_size(x->index, y->index);
}

static bool same_scope(const struct span *a, const struct span *b)
{
	return a->scope[0] == b->scope[0] && a->scope[1] == b->scope[1];
}

static int fail_overlap(struct policy_parser *p, size_t a, size_t b, const char *which,
			bool *reported)
{
	const struct policy_static *earlier = &p->policy->statics.items[a < b ? a : b];
	const struct policy_static *later = &p->policy->statics.items[a < b ? b : a];
	int err;

	if (reported[a < b ? b : a])
		return 0;
	reported[a < b ? b : a] = true;
	err = policy_fail_at(
		p, &later->where, E_STATIC_OVERLAP,
		"the %s addresses overlap with those of the translation in line %u",
		which, earlier->where.line);
	err = policy_hint(p, err,
			  "each address has one translation; remove or narrow one of "
			  "the lines");
	return err == -ENOMEM ? err : 0;
}

/*
 * After sorting, a range that overlaps any earlier one overlaps the one that
 * reaches furthest. Masks make ranges nested or disjoint, so the furthest one
 * contains it.
 */
static int check_spans(struct policy_parser *p, struct span *spans, const char *which,
		       bool *reported)
{
	size_t count = p->policy->statics.count;
	size_t furthest = 0;

	qsort(spans, count, sizeof(*spans), compare_spans);
	for (size_t i = 1; i < count; i++) {
		if (same_scope(&spans[i], &spans[furthest]) &&
		    spans[i].first <= spans[furthest].last) {
			if (fail_overlap(p, spans[i].index, spans[furthest].index, which,
					 reported))
				return -ENOMEM;
		}
		if (!same_scope(&spans[i], &spans[furthest]) ||
		    spans[i].last > spans[furthest].last)
			furthest = i;
	}
	return 0;
}

static int check_overlaps(struct policy_parser *p)
{
	size_t count = p->policy->statics.count;
	struct span *spans cleanup_free_ = calloc(count + 1, sizeof(*spans));
	bool *reported cleanup_free_ = calloc(count + 1, sizeof(*reported));
	int err;

	if (!spans || !reported)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct policy_static *s = &p->policy->statics.items[i];

		spans[i] = (struct span){
			{s->mapped_if, 0}, s->mapped, s->mapped | ~s->mask, i};
	}
	err = check_spans(p, spans, "mapped", reported);
	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		const struct policy_static *s = &p->policy->statics.items[i];

		spans[i] = (struct span){
			{s->real_if, s->mapped_if}, s->real, s->real | ~s->mask, i};
	}
	return check_spans(p, spans, "real", reported);
}

static int remark_own_address(struct policy_parser *p,
			      const struct policy_static_stmt *stmt, policy_ip own)
{
	const struct policy_static *s = &stmt->parsed;
	const char *name = p->policy->ifaces.items[s->mapped_if].name;
	int err;

	if ((own & s->mask) != s->mapped)
		return 0;
	if (s->mask == POLICY_IP_ONES) {
		err = policy_fail_at(p, &stmt->mapped_where, E_STATIC_OWN_ADDRESS,
				     "%s is the address of interface '%s' itself",
				     policy_ip_text(s->mapped).text, name);
		return policy_hint(p, err, "choose another mapped address");
	}
	if (s->mapped == s->real)
		return 0;
	err = policy_warn_at(
		p, &stmt->mapped_where, W_STATIC_OWN_ADDRESS,
		"the mapped network includes %s, the address of interface '%s'",
		policy_ip_text(own).text, name);
	return policy_hint(
		p, err, "narrow the network if that address is to stay this machine's");
}

/* The mapped interface's own addresses must stay this machine's. */
static int check_own_addresses(struct policy_parser *p,
			       const struct policy_static_stmt *stmt)
{
	const struct policy_iface *iface =
		&p->policy->ifaces.items[stmt->parsed.mapped_if];
	int err = 0;

	if (iface->has_address)
		err = remark_own_address(p, stmt, policy_ip_from_v4(iface->address));
	for (size_t i = 0; !err && i < iface->n_addresses6; i++)
		err = remark_own_address(
			p, stmt,
			p->policy->addresses6.items[iface->first_address6 + i].addr);
	return err;
}

static bool is_object_nat(const struct policy_static_stmt *stmt)
{
	return stmt->parsed.object != POLICY_NO_OBJECT;
}

static int resolve_static(struct policy_parser *p, struct policy_static_stmt *stmt)
{
	struct policy_static *s = &stmt->parsed;
	struct policy_static *kept;
	int err = policy_resolve_iface(p, stmt->real_if_name, stmt->real_if_name_len,
				       &stmt->real_if_where, &s->real_if);

	if (!err)
		err = policy_resolve_iface(p, stmt->mapped_if_name,
					   stmt->mapped_if_name_len,
					   &stmt->mapped_if_where, &s->mapped_if);
	if (!err && is_object_nat(stmt))
		err = policy_resolve_nat(p, stmt);
	if (!err)
		err = check_own_addresses(p, stmt);
	if (err)
		return err;
	kept = vec_push(&p->policy->statics);
	if (!kept)
		return -ENOMEM;
	*kept = *s;
	return 0;
}

/*
 * Whether lists match real or mapped addresses is decided once for the whole
 * policy: by its version, or else by how it translates.
 */
static int check_dialect(struct policy_parser *p)
{
	const struct policy_static_stmt *old = NULL, *new = NULL;
	int err = 0;

	for (size_t i = 0; i < p->statics.count; i++) {
		if (is_object_nat(&p->statics.items[i]))
			new = new ? new : &p->statics.items[i];
		else
			old = old ? old : &p->statics.items[i];
	}
	if (new)
		p->policy->flags |= CONFIG_F_REAL_LISTS;
	if (old && p->version_where.line) {
		err = policy_fail_at(p, &p->version_where, E_STATIC_VERSION,
				     "'static' does not exist from ASA 8.3 on");
		err = policy_hint(
			p, err,
			"without this line, access lists match mapped addresses; "
			"with it, write translations with 'object network', and "
			"lists match real addresses");
	} else if (old && new) {
		err = policy_fail_at(
			p, &old->parsed.where, E_STATIC_DIALECTS,
			"'static' does not go together with 'nat' in line %u",
			new->parsed.where.line);
		err = policy_hint(
			p, err,
			"with 'static', access lists match mapped addresses, "
			"with 'nat' real ones: write all translations in one of "
			"the two ways");
	}
	return err == -ENOMEM ? err : 0;
}

int policy_check_statics(struct policy_parser *p)
{
	int err;

	for (size_t i = 0; i < p->statics.count; i++)
		if (resolve_static(p, &p->statics.items[i]) == -ENOMEM)
			return -ENOMEM;
	err = check_dialect(p);
	return err ? err : check_overlaps(p);
}
