// SPDX-License-Identifier: GPL-2.0
/*
 * check_nat_dialect.c - translations that do not go together, or not here.
 *
 * Whether lists match real or mapped addresses is decided once for the whole policy: by
 * its version, or else by how it translates.
 */
#include <errno.h>

#include "policy/parser.h"

static bool is_new(const struct policy_nat *nat)
{
	return nat->section >= POLICY_NAT_MANUAL;
}

int policy_check_nat_dialect(struct policy_parser *p)
{
	const struct policy_nat *old = NULL, *new = NULL;
	int err = 0;

	for (size_t i = 0; i < p->nats.count; i++) {
		const struct policy_nat *nat = &p->nats.items[i].parsed;
		const struct policy_nat **first = is_new(nat) ? &new : &old;

		if (!*first || nat->where.line < (*first)->where.line)
			*first = nat;
	}
	if (new)
		p->policy->flags |= CONFIG_F_REAL_LISTS;
	if (old && p->version_where.line) {
		err = policy_fail_at(p, &p->version_where, E_STATIC_VERSION,
				     "'%s' does not exist from ASA 8.3 on",
				     old->section == POLICY_NAT_STATIC ? "static"
								       : "nat (IF) ID");
		err = policy_hint(
			p, err,
			"without this line, access lists match mapped addresses; "
			"with it, write translations with 'object network', and "
			"lists match real addresses");
	} else if (old && new) {
		err = policy_fail_at(p, &old->where, E_STATIC_DIALECTS,
				     "'%s' does not go together with 'nat' in line %u",
				     old->section == POLICY_NAT_STATIC ? "static"
								       : "nat (IF) ID",
				     new->where.line);
		err = policy_hint(
			p, err,
			"with 'static', access lists match mapped addresses, "
			"with 'nat' real ones: write all translations in one of "
			"the two ways");
	}
	return err == -ENOMEM ? err : 0;
}

int policy_refuse_dynamic(struct policy_parser *p)
{
	const struct policy_nat *first = NULL;
	size_t count = 0;
	int err;

	for (size_t i = 0; i < p->policy->nats.count; i++) {
		const struct policy_nat *nat = &p->policy->nats.items[i];

		if (!nat->dynamic || (nat->flags & POLICY_NAT_F_INACTIVE))
			continue;
		if (!first || nat->where.line < first->where.line)
			first = nat;
		count++;
	}
	if (!first)
		return 0;
	err = policy_fail_at(p, &first->where, E_NAT_DYNAMIC,
			     "dynamic translation is not supported by this version; the "
			     "policy has %zu such line%s",
			     count, count == 1 ? "" : "s");
	err = policy_hint(p, err,
			  is_new(first) ? "translate one to one, with 'static'"
					: "translate one to one, with 'static', or write "
					  "'nat (IF) 0' for what stays as it is");
	return err == -ENOMEM ? err : 0;
}
