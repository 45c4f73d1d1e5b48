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
static int hint_one_list(struct policy_parser *p, int err, size_t bound, size_t refused,
			 const char *hint)
{
	const struct policy_list *a = &p->policy->lists.items[bound];
	const struct policy_list *b = &p->policy->lists.items[refused];

	if (a->ipv6_form == b->ipv6_form)
		return policy_hint(p, err, "%s; remove one of the lines", hint);
	return policy_hint(p, err,
			   "write the lines of '%s' under the name '%s' too: one list "
			   "holds IPv4 and IPv6",
			   b->name, a->name);
}

/* The lines in which the places were filled; global is the first. */
struct bound_lines {
	unsigned int global;
	unsigned int (*ifaces)[POLICY_N_BINDINGS];
};

static int bind_global(struct policy_parser *p, const struct policy_group_stmt *stmt,
		       size_t list, struct bound_lines *bound)
{
	int err;

	if (p->policy->has_acl_global) {
		err = policy_fail_at(
			p, &stmt->iface_where, E_GROUP_TWICE,
			"there already is a global access list, from line %u",
			bound->global);
		return hint_one_list(p, err, p->policy->acl_global, list,
				     "a policy has one global list");
	}
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
	if (iface->has_acl[binding]) {
		err = policy_fail_at(p, &stmt->iface_where, E_GROUP_TWICE,
				     "interface '%s' already has %s access list, from "
				     "line %u",
				     iface->name, binding_words[binding],
				     bound->ifaces[index][binding]);
		return hint_one_list(p, err, iface->acl[binding], list,
				     "an interface has one of each kind");
	}
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

	if (!found)
		return fail_list_unknown(p, stmt);
	if (p->policy->lists.items[*found].kind == POLICY_LIST_STANDARD)
		return fail_standard(p, stmt, &p->policy->lists.items[*found]);
	p->policy->lists.items[*found].bound = true;
	return stmt->global ? bind_global(p, stmt, *found, bound)
			    : bind_iface(p, stmt, *found, bound);
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
	return 0;
}
