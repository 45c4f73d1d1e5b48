// SPDX-License-Identifier: GPL-2.0
/*
 * check.c - the policy as a whole, after its last line.
 *
 * The order of statements is free, so names are resolved here. What a refused
 * line would have declared is not reported again where it is used.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "policy/parser.h"

/* An interface name near to a misspelt one. */
static const char *nearest_iface(const struct policy_parser *p, const char *name,
				 size_t len)
{
	const char *best = NULL;
	unsigned int best_distance = 3;

	for (size_t i = 0; i < p->policy->ifaces.count && i < PH_MAX_INTERFACES; i++) {
		const char *candidate = p->policy->ifaces.items[i].name;
		unsigned int distance = text_distance(name, len, candidate,
						      strlen(candidate), best_distance);

		if (distance < best_distance) {
			best_distance = distance;
			best = candidate;
		}
	}
	return best;
}

int policy_resolve_iface(struct policy_parser *p, const char *name, size_t len,
			 const struct policy_where *where, size_t *out)
{
	const size_t *found = strmap_find(&p->iface_by_name, name, len);
	const char *nearest;
	int err;

	if (found && *found != POLICY_REFUSED_NAME) {
		*out = p->hardware.items[*found].index;
		return 0;
	}
	if (found || p->iface_names_uncertain)
		return -EINVAL; /* the refused line has been reported */
	err = policy_fail_at(p, where, E_IFACE_UNKNOWN, "no interface is named '%.*s'",
			     (int)text_cut(name, len, 40), name);
	nearest = nearest_iface(p, name, len);
	if (nearest)
		return policy_hint(p, err, "did you mean '%s'?", nearest);
	return policy_hint(p, err, "name it with 'nameif'");
}

int policy_resolve_ref(struct policy_parser *p, const struct policy_iface_ref *ref,
		       size_t *out)
{
	return policy_resolve_iface(p, ref->name, ref->len, &ref->where, out);
}

static int hint_any_iface(struct policy_parser *p, int err)
{
	if (p->policy->ifaces.count)
		return policy_hint(p, err, "remove 'shutdown' from at least one");
	if (p->hardware.count)
		return policy_hint(p, err,
				   "name at least one interface with nameif in its "
				   "block, as in: nameif outside");
	return policy_hint(p, err,
			   "name at least one interface with nameif, as in: nameif eth0 "
			   "outside security0");
}

/* Nothing could be filtered, and nothing can be attached: it cannot be put in force. But
 * parts of a configuration are looked at, too: lists, objects. */
static int check_any_iface(struct policy_parser *p)
{
	const struct policy *policy = p->policy;
	const char *what = policy->ifaces.count
				   ? "all interfaces of the policy are shut down"
				   : "the policy names no interface";
	int err;

	for (size_t i = 0; i < policy->ifaces.count; i++)
		if (!policy->ifaces.items[i].shut)
			return 0;
	if (p->n_understood)
		return hint_any_iface(p,
				      policy_warn_at(p, NULL, W_NO_INTERFACE,
						     "%s: it cannot be applied", what));
	err = hint_any_iface(p, policy_fail_at(p, NULL, E_NO_INTERFACE, "%s", what));
	return err == -ENOMEM ? err : 0;
}

int policy_check(struct policy_parser *p)
{
	int err = policy_check_ifaces(p);

	if (!err)
		err = policy_check_host(p);
	if (!err)
		err = policy_check_groups(p);
	if (!err)
		err = policy_check_rules(p);
	if (!err)
		err = policy_check_nats(p);
	if (!err)
		err = policy_check_inspections(p);
	if (!err)
		err = policy_check_fixups(p);
	if (!err)
		err = policy_settle_reach(p);
	if (!err)
		err = policy_check_dialect(p);
	/* A refused line may be what a warning would miss. */
	if (err || p->diags->n_errors > p->errors_before)
		return err;
	err = policy_warn_lists(p);
	if (!err)
		err = policy_warn_destinations(p);
	if (!err)
		err = policy_warn_options(p);
	if (!err)
		err = policy_warn_data_ports(p);
	if (!err)
		err = policy_warn_inspections(p);
	if (!err)
		err = policy_warn_host(p);
	if (!err)
		err = policy_note_shut(p);
	if (!err)
		err = check_any_iface(p);
	if (!err)
		err = policy_enforce(p);
	return err ? err : policy_warn_host_mode(p);
}
