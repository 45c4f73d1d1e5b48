// SPDX-License-Identifier: GPL-2.0
/*
 * trace_nat.c - which statement of the policy translates an end of a packet.
 *
 * Why it exists: the datapath tells as what an end is seen; an administrator looks for
 * the line. It is the first that does just this between these interfaces.
 */
#include <stdio.h>
#include <string.h>

#include <netinet/in.h>

#include "tools/fwctl/format.h"
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

/* Line @number of the policy text, without what surrounds it. */
static void copy_line(const struct trace_policy *policy, unsigned int number, char *out)
{
	const char *at = policy->text, *end = policy->text + policy->len;
	int len;

	for (unsigned int i = 1; i < number && at < end; i++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		at = newline ? newline + 1 : end;
	}
	while (at < end && *at == ' ')
		at++;
	len = at < end ? (int)strcspn(at, "\n") : 0;
	snprintf(out, TRACE_TEXT_BYTES, "%.*s", len, at);
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

void trace_nat_text(const struct trace_policy *policy, uint32_t lives_at,
		    uint32_t seen_from, uint8_t proto, const struct fw_trace_end *real,
		    const struct fw_trace_end *mapped, char *out)
{
	const struct policy_image *image = policy->image;
	char real_text[FORMAT_ADDRESS_BYTES], mapped_text[FORMAT_ADDRESS_BYTES];
	const struct policy_image_nat *plain;

	(void)proto;
	out[0] = '\0';
	for (size_t i = 0; i < image->n_nat_rules; i++) {
		const struct nat_rule *rule = &image->nat_rules[i].rule;

		if (is_of(rule->mapped_if, seen_from) && is_of(rule->real_if, lives_at) &&
		    does(rule, real, mapped)) {
			copy_line(policy, image->nat_rules[i].source_line, out);
			return;
		}
	}
	plain = find_plain(policy, lives_at, seen_from, real, mapped);
	if (!plain)
		return;
	format_network(real_text, &plain->out_key.addr,
		       plain->out_key.prefixlen - OUT_KEY_ID_BITS);
	format_network(mapped_text, &plain->in_key.addr,
		       plain->in_key.prefixlen - IN_KEY_ID_BITS);
	snprintf(out, TRACE_TEXT_BYTES, "static (%s,%s) %s %s",
		 trace_name_by_id(policy, plain->out_key.real_if),
		 trace_name_by_id(policy, plain->out_key.mapped_if), mapped_text,
		 real_text);
}
