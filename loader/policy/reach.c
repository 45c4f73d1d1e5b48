// SPDX-License-Identifier: GPL-2.0
/*
 * reach.c - what is in use, and what was said of the rest.
 *
 * Half of the lists of a real configuration are bound to nothing, or belong to what is
 * not enforced here: VPNs, AAA, routing. What cannot be honoured in them decides
 * nothing. All lines are read alike, and at the end remarks about what no access-group,
 * translation or service-policy leads to make room for one warning each.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parser.h"
#include "util/cleanup.h"

/* Return: false if it was marked before, or is not there. */
static bool mark(struct policy_parser *p, enum policy_owner_kind kind, size_t index,
		 size_t count)
{
	if (index >= count || !p->reached[kind] || p->reached[kind][index])
		return false;
	p->reached[kind][index] = true;
	return true;
}

void policy_reach_object(struct policy_parser *p, size_t index)
{
	mark(p, POLICY_OWNER_OBJECT, index, p->policy->objects.count);
}

static void reach_member(struct policy_parser *p, const struct policy_member *member)
{
	/* Members that are groups are followed by reach_groups(). */
	if (member->kind == POLICY_MEMBER_OBJECT)
		policy_reach_object(p, member->ref);
	else if (member->kind == POLICY_MEMBER_GROUP)
		policy_reach_group(p, member->ref);
	else if (member->kind == POLICY_MEMBER_ADDR &&
		 member->addr.kind == POLICY_ADDR_OBJECT)
		policy_reach_object(p, member->addr.ref);
}

/* Groups are nested as deep as a text likes: marked here, followed later. */
void policy_reach_group(struct policy_parser *p, size_t index)
{
	if (mark(p, POLICY_OWNER_GROUP, index, p->policy->groups.count))
		p->group_stack[p->n_group_stack++] = index;
}

static void reach_groups(struct policy_parser *p)
{
	while (p->n_group_stack) {
		size_t index = p->group_stack[--p->n_group_stack];
		const struct policy_group *group = &p->policy->groups.items[index];

		for (size_t i = 0; i < group->members.count; i++)
			reach_member(p, &group->members.items[i]);
	}
}

void policy_reach_addr(struct policy_parser *p, const struct policy_addr *addr)
{
	if (addr->kind == POLICY_ADDR_OBJECT)
		policy_reach_object(p, addr->ref);
	else if (addr->kind == POLICY_ADDR_GROUP)
		policy_reach_group(p, addr->ref);
}

static void reach_ports(struct policy_parser *p, const struct policy_ports *ports)
{
	if (ports->op == POLICY_PORT_GROUP)
		policy_reach_group(p, ports->group);
}

static void reach_rule(struct policy_parser *p, const struct policy_rule *rule)
{
	if (rule->remark)
		return;
	policy_reach_addr(p, &rule->src);
	policy_reach_addr(p, &rule->dst);
	reach_ports(p, &rule->src_ports);
	reach_ports(p, &rule->dst_ports);
	if (rule->proto_kind == POLICY_PROTO_OBJECT)
		policy_reach_object(p, rule->proto_ref);
	else if (rule->proto_kind == POLICY_PROTO_GROUP)
		policy_reach_group(p, rule->proto_ref);
	if (rule->icmp == POLICY_ICMP_GROUP)
		policy_reach_group(p, rule->icmp_group);
}

void policy_reach_list(struct policy_parser *p, size_t index)
{
	const struct policy_list *list;

	if (!mark(p, POLICY_OWNER_LIST, index, p->policy->lists.count))
		return;
	list = &p->policy->lists.items[index];
	for (size_t i = 0; i < list->rules.count; i++)
		reach_rule(p, &list->rules.items[i]);
}

void policy_reach_class(struct policy_parser *p, size_t index)
{
	const struct policy_class *class;

	if (!mark(p, POLICY_OWNER_CLASS, index, p->policy->classes.count))
		return;
	class = &p->policy->classes.items[index];
	for (size_t i = 0; i < class->matches.count; i++)
		if (class->matches.items[i].is_class)
			mark(p, POLICY_OWNER_CLASS, class->matches.items[i].ref,
			     p->policy->classes.count);
}

/* A policy-map of services leads to those of inspections, and these no further. */
static void reach_clauses(struct policy_parser *p, const struct policy_map *map,
			  bool follow)
{
	for (size_t i = 0; i < map->clauses.count; i++) {
		const struct policy_clause *clause = &map->clauses.items[i];

		if (clause->is_class)
			policy_reach_class(p, clause->class);
		else if (clause->match.is_class)
			policy_reach_class(p, clause->match.ref);
		if (follow && clause->map != POLICY_NO_MAP &&
		    mark(p, POLICY_OWNER_MAP, clause->map, p->policy->maps.count))
			reach_clauses(p, &p->policy->maps.items[clause->map], false);
	}
}

void policy_reach_map(struct policy_parser *p, size_t index)
{
	if (mark(p, POLICY_OWNER_MAP, index, p->policy->maps.count))
		reach_clauses(p, &p->policy->maps.items[index], true);
}

/* ---- roots ------------------------------------------------------------- */

static void reach_bound_lists(struct policy_parser *p)
{
	for (size_t i = 0; i < p->policy->lists.count; i++)
		if (p->policy->lists.items[i].bound ||
		    p->policy->lists.items[i].inspected)
			policy_reach_list(p, i);
}

static void reach_translation(struct policy_parser *p, const struct policy_nat *nat)
{
	policy_reach_addr(p, &nat->real);
	policy_reach_addr(p, &nat->mapped);
	policy_reach_addr(p, &nat->dst_mapped);
	policy_reach_addr(p, &nat->dst_real);
	policy_reach_object(p, nat->object);
	policy_reach_object(p, nat->service_real);
	policy_reach_object(p, nat->service_mapped);
	policy_reach_list(p, nat->list);
}

static void reach_translations(struct policy_parser *p)
{
	for (size_t i = 0; i < p->policy->nats.count; i++)
		reach_translation(p, &p->policy->nats.items[i]);
	for (size_t i = 0; i < p->policy->host_nats.count; i++)
		reach_translation(p, &p->policy->host_nats.items[i]);
}

static void reach_services(struct policy_parser *p)
{
	for (size_t i = 0; i < p->policy->services.count; i++)
		policy_reach_map(p, p->policy->services.items[i].map);
	for (size_t i = 0; i < p->fixups.count; i++)
		if (p->fixups.items[i].parsed.map != POLICY_NO_MAP)
			policy_reach_map(p, p->fixups.items[i].parsed.map);
}

/* ---- what was said of the rest ------------------------------------------ */

static size_t owner_count(const struct policy_parser *p, enum policy_owner_kind kind)
{
	switch (kind) {
	case POLICY_OWNER_LIST:
		return p->policy->lists.count;
	case POLICY_OWNER_OBJECT:
		return p->policy->objects.count;
	case POLICY_OWNER_GROUP:
		return p->policy->groups.count;
	case POLICY_OWNER_CLASS:
		return p->policy->classes.count;
	case POLICY_OWNER_MAP:
		return p->policy->maps.count;
	case POLICY_OWNER_NONE:
	case POLICY_N_OWNERS:
		break;
	}
	return 0;
}

struct owner_text {
	const char *kind;
	const char *name;
	const struct policy_where *where;
};

static struct owner_text owner_text(const struct policy_parser *p,
				    const struct policy_owner *owner)
{
	const struct policy *policy = p->policy;
	size_t i = owner->index;

	switch (owner->kind) {
	case POLICY_OWNER_LIST:
		return (struct owner_text){"access list", policy->lists.items[i].name,
					   &policy->lists.items[i].where};
	case POLICY_OWNER_OBJECT:
		return (struct owner_text){"object", policy->objects.items[i].name,
					   &policy->objects.items[i].where};
	case POLICY_OWNER_GROUP:
		return (struct owner_text){"object-group", policy->groups.items[i].name,
					   &policy->groups.items[i].where};
	case POLICY_OWNER_CLASS:
		return (struct owner_text){"class-map", policy->classes.items[i].name,
					   &policy->classes.items[i].where};
	case POLICY_OWNER_MAP:
	case POLICY_OWNER_NONE:
	case POLICY_N_OWNERS:
		break;
	}
	return (struct owner_text){"policy-map", policy->maps.items[i].name,
				   &policy->maps.items[i].where};
}

static bool is_in_use(const struct policy_parser *p, const struct policy_owner *owner)
{
	return owner->index >= owner_count(p, owner->kind) ||
	       p->reached[owner->kind][owner->index];
}

static int compare_owned(const void *a, const void *b)
{
	const struct policy_owned_diag *x = a, *y = b;

	if (x->owner.kind != y->owner.kind)
		return x->owner.kind < y->owner.kind ? -1 : 1;
	if (x->owner.index != y->owner.index)
		return x->owner.index < y->owner.index ? -1 : 1;
	return (x->diag > y->diag) - (x->diag < y->diag);
}

static int warn_unused(struct policy_parser *p, const struct policy_owner *owner,
		       size_t n_remarks)
{
	struct owner_text text = owner_text(p, owner);
	int err = policy_warn_at(p, text.where, W_UNUSED,
				 "%s '%s' is not in use; %zu of its lines could not be "
				 "honoured",
				 text.kind, text.name, n_remarks);

	return policy_hint(p, err, "it can only be bound once they are gone");
}

/* Those of one owner stand together. */
static int retract(struct policy_parser *p)
{
	const struct policy_owned_diag *items = p->owned_diags.items;
	size_t count = p->owned_diags.count;
	size_t end;

	for (size_t start = 0; start < count; start = end) {
		for (end = start; end < count; end++)
			if (items[end].owner.kind != items[start].owner.kind ||
			    items[end].owner.index != items[start].owner.index)
				break;
		if (is_in_use(p, &items[start].owner))
			continue;
		for (size_t i = start; i < end; i++)
			policy_diag_drop(p->diags, items[i].diag);
		if (warn_unused(p, &items[start].owner, end - start))
			return -ENOMEM;
	}
	return 0;
}

static void count_unused(struct policy_parser *p)
{
	for (size_t i = 0; i < p->policy->lists.count; i++) {
		if (p->reached[POLICY_OWNER_LIST][i])
			continue;
		p->policy->report.n_unused_lists++;
		p->policy->report.n_unused_lines += p->policy->lists.items[i].n_deciding;
	}
}

int policy_settle_reach(struct policy_parser *p)
{
	int err;

	for (int kind = POLICY_OWNER_NONE + 1; kind < POLICY_N_OWNERS; kind++) {
		p->reached[kind] =
			calloc(owner_count(p, (enum policy_owner_kind)kind) + 1, 1);
		if (!p->reached[kind])
			return -ENOMEM;
	}
	p->group_stack = calloc(p->policy->groups.count + 1, sizeof(*p->group_stack));
	if (!p->group_stack)
		return -ENOMEM;
	reach_bound_lists(p);
	reach_translations(p);
	reach_services(p);
	reach_groups(p);
	count_unused(p);
	if (!p->owned_diags.count)
		return 0;
	qsort(p->owned_diags.items, p->owned_diags.count, sizeof(*p->owned_diags.items),
	      compare_owned);
	err = retract(p);
	policy_diags_close(p->diags);
	p->owned_diags.count = 0;
	return err;
}
