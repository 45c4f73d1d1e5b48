// SPDX-License-Identifier: GPL-2.0
/*
 * check_flags.c - lines about TCP flags that no packet has when lists are asked.
 *
 * Lists judge the first packet of a connection; all others follow it. What comes
 * from routers without connections (`permit tcp any any established`) is useless
 * here, and whoever finds it beside a deny may think that it does something.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#include "policy/parser.h"
#include "util/cleanup.h"

#define N_FLAG_SETS 64

/* As conn_may_start() and conn_may_pick_up() of the datapath have it. */
static bool may_be_first(const struct policy *policy, unsigned int flags)
{
	unsigned int open = flags & (TH_SYN | TH_ACK | TH_RST);

	return open == TH_SYN || (policy->pick_up_sec && open == TH_ACK);
}

static bool flags_match(const struct policy_tcp_flags *wanted, unsigned int flags)
{
	unsigned int kept = (flags & wanted->set) | (~flags & wanted->clear);

	return wanted->any ? kept != 0 : kept == (wanted->set | wanted->clear);
}

static bool matches_some_first(const struct policy *policy,
			       const struct policy_tcp_flags *wanted)
{
	for (unsigned int flags = 0; flags < N_FLAG_SETS; flags++)
		if (may_be_first(policy, flags) && flags_match(wanted, flags))
			return true;
	return false;
}

static int warn_useless(struct policy_parser *p, const struct policy_rule *rule)
{
	int err = policy_warn_at(p, &rule->where, W_FLAGS_USELESS,
				 "no first packet of a connection has these TCP flags: "
				 "the line never matches");

	if (rule->permit && policy_is_established(&rule->tcp_flags))
		return policy_hint(p, err,
				   "not needed: replies always return; remove the line");
	return policy_hint(p, err,
			   "lists are asked about first packets alone, which have SYN "
			   "without ACK and RST%s",
			   p->policy->pick_up_sec ? ", or ACK without SYN and RST" : "");
}

/* The control-plane list is asked about every packet: of its lines all are useful. */
static bool *lists_of_first_packets(const struct policy *policy)
{
	bool *out = calloc(policy->lists.count + 1, sizeof(*out));

	if (!out)
		return NULL;
	for (size_t i = 0; i < policy->lists.count; i++)
		out[i] = policy->lists.items[i].bound;
	for (size_t i = 0; i < policy->ifaces.count; i++)
		if (policy->ifaces.items[i].has_acl[POLICY_BIND_BOX])
			out[policy->ifaces.items[i].acl[POLICY_BIND_BOX]] = false;
	return out;
}

int policy_warn_flags(struct policy_parser *p)
{
	bool *first cleanup_free_ = lists_of_first_packets(p->policy);

	if (!first)
		return -ENOMEM;
	for (size_t i = 0; i < p->policy->lists.count; i++) {
		const struct policy_list *list = &p->policy->lists.items[i];

		for (size_t j = 0; first[i] && list->n_flags && j < list->rules.count;
		     j++) {
			const struct policy_rule *rule = &list->rules.items[j];

			if (policy_rule_is_active(rule) &&
			    policy_has_tcp_flags(&rule->tcp_flags) &&
			    !matches_some_first(p->policy, &rule->tcp_flags) &&
			    warn_useless(p, rule))
				return -ENOMEM;
		}
	}
	return 0;
}
