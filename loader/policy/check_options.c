// SPDX-License-Identifier: GPL-2.0
/*
 * check_options.c - lines about TCP flags and fragments that never match.
 *
 * Lists judge the first packet of a connection, and of a datagram its first
 * fragment; all others follow them. What comes from routers without connections
 * (`permit tcp any any established`) is useless here, and whoever finds it beside a
 * deny may think that it does something.
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

/* What a list is asked about. */
struct asked {
	bool firsts;	/* nothing but first packets */
	bool fragments; /* later fragments, too */
};

static void ask_of_iface(const struct policy_iface *iface, struct asked *asked)
{
	if (iface->has_acl[POLICY_BIND_IN])
		asked[iface->acl[POLICY_BIND_IN]].fragments = true;
	if (!iface->has_acl[POLICY_BIND_BOX])
		return;
	/* The control-plane list is asked about every packet. */
	asked[iface->acl[POLICY_BIND_BOX]].firsts = false;
	asked[iface->acl[POLICY_BIND_BOX]].fragments = true;
}

/* By list. Return: NULL if memory ran out. */
static struct asked *what_lists_are_asked(const struct policy *policy)
{
	struct asked *out = calloc(policy->lists.count + 1, sizeof(*out));

	if (!out)
		return NULL;
	for (size_t i = 0; i < policy->lists.count; i++)
		out[i].firsts = policy->lists.items[i].bound;
	if (policy->has_acl_global)
		out[policy->acl_global].fragments = true;
	for (size_t i = 0; i < policy->ifaces.count; i++)
		ask_of_iface(&policy->ifaces.items[i], out);
	return out;
}

/* ---- fragments --------------------------------------------------------- */

static int warn_fragments_outbound(struct policy_parser *p,
				   const struct policy_rule *rule)
{
	int err = policy_warn_at(p, &rule->where, W_FRAGMENTS_USELESS,
				 "a list that is bound 'out' alone is not asked about "
				 "later fragments: the line never matches");

	return policy_hint(p, err,
			   "write the line in the list of the interface that the "
			   "fragments come in by");
}

static int warn_fragments_permitted(struct policy_parser *p,
				    const struct policy_rule *rule)
{
	int err = policy_warn_at(p, &rule->where, W_FRAGMENTS_USELESS,
				 "the line lets nothing in: later fragments do as their "
				 "first one did");

	return policy_hint(p, err,
			   "permit what the first one is; only before a line that "
			   "denies fragments this one has an effect");
}

/* Whether a line of the global list, which is asked last, denies fragments. */
static bool global_denies_fragments(const struct policy *policy)
{
	const struct policy_list *list;

	if (!policy->has_acl_global)
		return false;
	list = &policy->lists.items[policy->acl_global];
	for (size_t i = 0; i < list->rules.count; i++)
		if (policy_rule_is_active(&list->rules.items[i]) &&
		    list->rules.items[i].fragments && !list->rules.items[i].permit)
			return true;
	return false;
}

/* A later fragment follows its first one unless a line with `fragments` denies it.
 * @denied: by a list that is asked after this one */
static int warn_fragments(struct policy_parser *p, const struct policy_list *list,
			  const struct asked *asked, bool denied)
{
	for (size_t i = list->rules.count; list->n_fragments && i--;) {
		const struct policy_rule *rule = &list->rules.items[i];
		int err = 0;

		if (!policy_rule_is_active(rule) || !rule->fragments)
			continue;
		if (!asked->fragments)
			err = warn_fragments_outbound(p, rule);
		else if (rule->permit && !denied)
			err = warn_fragments_permitted(p, rule);
		if (err)
			return err;
		denied |= !rule->permit;
	}
	return 0;
}

static int warn_flags(struct policy_parser *p, const struct policy_list *list)
{
	for (size_t i = 0; list->n_flags && i < list->rules.count; i++) {
		const struct policy_rule *rule = &list->rules.items[i];

		if (policy_rule_is_active(rule) &&
		    policy_has_tcp_flags(&rule->tcp_flags) &&
		    !matches_some_first(p->policy, &rule->tcp_flags) &&
		    warn_useless(p, rule))
			return -ENOMEM;
	}
	return 0;
}

int policy_warn_options(struct policy_parser *p)
{
	struct asked *asked cleanup_free_ = what_lists_are_asked(p->policy);
	bool global_denies = global_denies_fragments(p->policy);
	int err = 0;

	if (!asked)
		return -ENOMEM;
	for (size_t i = 0; !err && i < p->policy->lists.count; i++) {
		const struct policy_list *list = &p->policy->lists.items[i];

		if (asked[i].firsts)
			err = warn_flags(p, list);
		if (!err && list->bound)
			err = warn_fragments(p, list, &asked[i],
					     global_denies && i != p->policy->acl_global);
	}
	return err;
}
