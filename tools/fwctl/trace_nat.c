// SPDX-License-Identifier: GPL-2.0
/*
 * trace_nat.c - which statement of the policy translates an end of a packet.
 *
 * Why it exists: the datapath tells as what an end is seen; an administrator looks for
 * the line. For the first packet of a connection the datapath counts it to the statement;
 * for those behind it, it is the first that does just this between these interfaces.
 */
#include <string.h>

#include <netinet/in.h>

#include "tools/fwctl/trace_report.h"

/* Bits of the LPM keys before the address. */
#define IN_KEY_ID_BITS	32u
#define OUT_KEY_ID_BITS 64u

static bool is_of(uint32_t id, uint32_t wanted)
{
	return !id || !wanted || id == wanted;
}

/* ---- with an order -------------------------------------------------------- */

static bool in_net(const struct ph_addr *addr, const struct ph_addr *net,
		   const struct ph_addr *mask)
{
	for (int i = 0; i < 4; i++)
		if ((addr->word[i] & mask->word[i]) != net->word[i])
			return false;
	return true;
}

static bool same_host(const struct ph_addr *a, const struct ph_addr *b,
		      const struct ph_addr *mask)
{
	for (int i = 0; i < 4; i++)
		if ((a->word[i] & ~mask->word[i]) != (b->word[i] & ~mask->word[i]))
			return false;
	return true;
}

static bool does(const struct nat_rule *rule, const struct fw_trace_end *real,
		 const struct fw_trace_end *mapped)
{
	if (!in_net(&real->addr, &rule->real, &rule->mask) ||
	    !in_net(&mapped->addr, &rule->mapped, &rule->mask) ||
	    !same_host(&real->addr, &mapped->addr, &rule->mask))
		return false;
	if (!rule->n_ports)
		return real->port == mapped->port;
	return (uint16_t)(real->port - rule->real_port) < rule->n_ports &&
	       (uint16_t)(real->port - rule->real_port) ==
		       (uint16_t)(mapped->port - rule->mapped_port);
}

/* ---- without -------------------------------------------------------------- */

/* The addresses of @net, which shares its first bits with @addr. */
static bool shares(const struct ph_addr *addr, const struct ph_addr *net,
		   unsigned int bits)
{
	for (unsigned int i = 0; i < 4 && i * 32 < bits; i++) {
		unsigned int n = bits - i * 32 < 32 ? bits - i * 32 : 32;
		uint32_t mask = htonl(n == 32 ? UINT32_MAX : ~(UINT32_MAX >> n));

		if ((addr->word[i] ^ net->word[i]) & mask)
			return false;
	}
	return true;
}

static const struct policy_image_nat *find_plain(const struct trace_policy *policy,
						 uint32_t lives_at, uint32_t seen_from,
						 const struct fw_trace_end *real,
						 const struct fw_trace_end *mapped)
{
	const struct policy_image *image = policy->image;
	const struct policy_image_nat *best = NULL;

	for (size_t i = 0; i < image->n_nats; i++) {
		const struct policy_image_nat *nat = &image->nats[i];

		if (!nat->out_key.real_if || !is_of(nat->in_key.mapped_if, seen_from) ||
		    !is_of(nat->out_key.real_if, lives_at) ||
		    !shares(&mapped->addr, &nat->in_key.addr,
			    nat->in_key.prefixlen - IN_KEY_ID_BITS) ||
		    !shares(&real->addr, &nat->out_key.addr,
			    nat->out_key.prefixlen - OUT_KEY_ID_BITS))
			continue;
		if (!best || nat->in_key.prefixlen > best->in_key.prefixlen)
			best = nat;
	}
	return best;
}

const struct policy_image_translation *trace_nat_by_id(const struct trace_policy *policy,
						       uint64_t id)
{
	const struct policy_image *image = policy->image;

	for (size_t i = 0; id && i < image->n_translations; i++)
		if (image->translations[i].id == id)
			return &image->translations[i];
	return NULL;
}

const struct policy_image_translation *
trace_nat_by_effect(const struct trace_policy *policy, uint32_t lives_at,
		    uint32_t seen_from, const struct fw_trace_end *real,
		    const struct fw_trace_end *mapped)
{
	const struct policy_image *image = policy->image;
	const struct policy_image_nat *plain;

	for (size_t i = 0; i < image->n_nat_rules; i++) {
		const struct nat_rule *rule = &image->nat_rules[i].rule;

		if (is_of(rule->mapped_if, seen_from) && is_of(rule->real_if, lives_at) &&
		    does(rule, real, mapped))
			return &image->translations[image->nat_rules[i].translation];
	}
	plain = find_plain(policy, lives_at, seen_from, real, mapped);
	return plain && plain->translation != POLICY_NO_TRANSLATION
		       ? &image->translations[plain->translation]
		       : NULL;
}
