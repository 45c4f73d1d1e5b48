// SPDX-License-Identifier: GPL-2.0
/*
 * check_group.c - what the access lists are bound to, each place once.
 */
#include <errno.h>
#include <stdlib.h>

#include "policy/parser.h"
#include "util/cleanup.h"

static const char *const binding_words[] = {
	[POLICY_BIND_IN] = "an inbound",
	[POLICY_BIND_OUT] = "an outbound",
	[POLICY_BIND_BOX] = "a control-plane",
};

static int fail_list_unknown(struct policy_parser *p,
			     const struct policy_group_stmt *stmt)
{
	int err = policy_fail_at(
		p, &stmt->list_where, E_LIST_UNKNOWN, "no access list is named '%.*s'",
		(int)text_cut(stmt->list_name, stmt->list_name_len, 40), stmt->list_name);

	return policy_hint(p, err,
			   "write its lines with 'access-list', or remove this one");
}

/* ASA 8 bound a list of each family to one place; here one list holds both. */
static int fail_two_families(struct policy_parser *p,
			     const struct policy_group_stmt *stmt, const char *kind,
			     size_t bound, unsigned int line, size_t list)
{
	const struct policy_list *lists = p->policy->lists.items;
	int err = policy_fail_at(p, &stmt->list_where, E_GROUP_TWICE,
				 "there already is %s access list here, '%s' of line %u, "
				 "and one of them is for IPv6",
				 kind, lists[bound].name, line);

	return policy_hint(p, err,
			   "write the lines of '%s' under the name '%s' too: one list "
			   "holds IPv4 and IPv6",
			   lists[list].name, lists[bound].name);
}

/*
 * A place is taken: as on the device the later line holds. Scripts bind a list for as
 * long as they write another.
 * @bound: becomes @list
 */
static int replace(struct policy_parser *p, const struct policy_group_stmt *stmt,
		   const char *kind, size_t *bound, unsigned int line, size_t list)
{
	const struct policy_list *lists = p->policy->lists.items;
	int err;

	if (*bound == list)
		return 0;
	if (lists[*bound].ipv6_form != lists[list].ipv6_form)
		return fail_two_families(p, stmt, kind, *bound, line, list);
	err = policy_warn_at(p, &stmt->list_where, W_GROUP_REPLACED,
			     "this replaces '%s', %s access list here since line %u",
			     lists[*bound].name, kind, line);
	*bound = list;
	return policy_hint(p, err, "remove the line that does not hold");
}

/* The lines in which the places were filled; global is the first. */
struct bound_lines {
	unsigned int global;
	unsigned int (*ifaces)[POLICY_N_BINDINGS];
};

static int bind_global(struct policy_parser *p, const struct policy_group_stmt *stmt,
		       size_t list, struct bound_lines *bound)
{
	int err = 0;

	if (p->policy->has_acl_global)
		err = replace(p, stmt, "a global", &p->policy->acl_global, bound->global,
			      list);
	if (err)
		return err;
	p->policy->has_acl_global = true;
	p->policy->acl_global = list;
	bound->global = stmt->iface_where.line;
	return 0;
}

static int bind_iface(struct policy_parser *p, const struct policy_group_stmt *stmt,
		      size_t list, struct bound_lines *bound)
{
	enum policy_binding binding = stmt->binding;
	struct policy_iface *iface;
	size_t index = 0;
	int err = policy_resolve_iface(p, stmt->iface_name, stmt->iface_name_len,
				       &stmt->iface_where, &index);

	if (err)
		return err;
	iface = &p->policy->ifaces.items[index];
	if (iface->has_acl[binding])
		err = replace(p, stmt, binding_words[binding], &iface->acl[binding],
			      bound->ifaces[index][binding], list);
	if (err)
		return err;
	iface->has_acl[binding] = true;
	iface->acl[binding] = list;
	bound->ifaces[index][binding] = stmt->iface_where.line;
	return 0;
}

static int fail_standard(struct policy_parser *p, const struct policy_group_stmt *stmt,
			 const struct policy_list *list)
{
	int err = policy_fail_at(p, &stmt->list_where, E_LIST_KIND,
				 "access list '%s' is standard; only extended ones can "
				 "be bound",
				 list->name);

	return policy_hint(p, err, "write 'access-list %s extended permit|deny ip ...'",
			   list->name);
}

static int check_group(struct policy_parser *p, const struct policy_group_stmt *stmt,
		       struct bound_lines *bound)
{
	const size_t *found =
		strmap_find(&p->list_by_name, stmt->list_name, stmt->list_name_len);
	int err;

	if (!found)
		return fail_list_unknown(p, stmt);
	if (p->policy->lists.items[*found].kind == POLICY_LIST_STANDARD)
		return fail_standard(p, stmt, &p->policy->lists.items[*found]);
	err = stmt->global ? bind_global(p, stmt, *found, bound)
			   : bind_iface(p, stmt, *found, bound);
	/* What is wrong in it is not hidden by what is wrong here. */
	if (err)
		p->policy->lists.items[*found].bound = true;
	return err;
}

/* Known when all is bound: a list may have been replaced. */
static void mark_bound(struct policy *policy)
{
	for (size_t i = 0; i < policy->ifaces.count; i++) {
		const struct policy_iface *iface = &policy->ifaces.items[i];

		for (int j = 0; j < POLICY_N_BINDINGS; j++)
			if (iface->has_acl[j])
				policy->lists.items[iface->acl[j]].bound = true;
	}
	if (policy->has_acl_global)
		policy->lists.items[policy->acl_global].bound = true;
}

int policy_check_groups(struct policy_parser *p)
{
	unsigned int(*lines)[POLICY_N_BINDINGS] cleanup_free_ =
		calloc(p->policy->ifaces.count + 1, sizeof(*lines));
	struct bound_lines bound = {.ifaces = lines};

	if (!lines)
		return -ENOMEM;
	for (size_t i = 0; i < p->groups.count; i++)
		if (check_group(p, &p->groups.items[i], &bound) == -ENOMEM)
			return -ENOMEM;
	mark_bound(p->policy);
	return 0;
}
