// SPDX-License-Identifier: GPL-2.0
/*
 * conn_nat.c - the translation of a connection, natively. See conn_case.h.
 *
 * It follows bpf/judge.h and bpf/nat.h step by step: where they change, so must this.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/conn_case.h"
#include "bpf/acl_native.h"

/* ---- by longest prefix ------------------------------------------------------------- */

#define ADDR_BITS    128u
#define NAT_IN_BITS  32u /* before the address in their keys */
#define NAT_OUT_BITS 64u

static struct ph_addr masked(const struct ph_addr *addr, uint32_t bits)
{
	struct ph_addr out;

	for (uint32_t i = 0; i < 4; i++) {
		uint32_t left = bits > i * 32 ? bits - i * 32 : 0;
		uint32_t mask = left >= 32 ? ~0u : left ? ~0u << (32 - left) : 0;

		out.word[i] = addr->word[i] & htonl(mask);
	}
	return out;
}

static int compare_statics(const void *a, const void *b)
{
	const struct conn_static *x = a, *y = b;

	if (x->real_if != y->real_if)
		return x->real_if < y->real_if ? -1 : 1;
	if (x->mapped_if != y->mapped_if)
		return x->mapped_if < y->mapped_if ? -1 : 1;
	if (x->bits != y->bits)
		return x->bits < y->bits ? -1 : 1;
	return memcmp(&x->addr, &y->addr, sizeof(x->addr));
}

static void add_static(struct conn_statics *statics, uint32_t real_if, uint32_t mapped_if,
		       uint32_t bits, const struct ph_addr *addr,
		       const struct nat_value *value)
{
	statics->items[statics->n++] = (struct conn_static){
		.real_if = real_if,
		.mapped_if = mapped_if,
		.bits = bits,
		.addr = masked(addr, bits),
		.value = value,
	};
	statics->has_bits[bits] = true;
}

int conn_statics_make(const struct policy_image *image, struct conn_statics *out)
{
	*out = (struct conn_statics){0};
	out->items = calloc(2 * image->n_nats + 1, sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	for (size_t i = 0; i < image->n_nats; i++) {
		const struct policy_image_nat *nat = &image->nats[i];

		add_static(out, 0, nat->in_key.mapped_if,
			   nat->in_key.prefixlen - NAT_IN_BITS, &nat->in_key.addr,
			   &nat->in_value);
		if (nat->out_key.real_if)
			add_static(out, nat->out_key.real_if, nat->out_key.mapped_if,
				   nat->out_key.prefixlen - NAT_OUT_BITS,
				   &nat->out_key.addr, &nat->out_value);
	}
	qsort(out->items, out->n, sizeof(*out->items), compare_statics);
	return 0;
}

void conn_statics_free(struct conn_statics *statics)
{
	free(statics->items);
}

/* @real_if: 0: on the way in */
static const struct nat_value *find_static(const struct conn_statics *statics,
					   uint32_t real_if, uint32_t mapped_if,
					   const struct ph_addr *addr)
{
	struct conn_static key = {.real_if = real_if, .mapped_if = mapped_if};

	for (uint32_t bits = ADDR_BITS + 1; bits-- > 0;) {
		const struct conn_static *found;

		if (!statics->has_bits[bits])
			continue;
		key.bits = bits;
		key.addr = masked(addr, bits);
		found = bsearch(&key, statics->items, statics->n, sizeof(key),
				compare_statics);
		if (found)
			return found->value;
	}
	return NULL;
}

static void move_addr(struct ph_addr *addr, const struct ph_addr *net,
		      const struct ph_addr *mask)
{
	for (int i = 0; i < 4; i++)
		addr->word[i] = (addr->word[i] & ~mask->word[i]) | net->word[i];
}

static bool plain_destination(const struct conn_statics *statics,
			      const struct iface_config *in,
			      const struct iface_config *out, const struct conn_case *c)
{
	const struct nat_value *nat = find_static(statics, 0, in->id, &c->wire_dst);
	struct ph_addr real = c->wire_dst;

	if (c->wire_dport != c->dport)
		return false;
	if (nat) {
		move_addr(&real, &nat->net, &nat->mask);
		return nat->real_if == out->id && conn_same_addr(&real, &c->dst);
	}
	return conn_same_addr(&c->wire_dst, &c->dst) &&
	       !find_static(statics, out->id, in->id, &c->dst);
}

/* ---- by rules ---------------------------------------------------------------------- */

enum rule_verdict { RULE_NONE, RULE_STAYS, RULE_MOVED, RULE_BROKEN };

/* What one end of a connection is translated to. */
struct rule_case {
	struct ph_addr end;
	__be16 port;
	uint32_t real_if;
	bool one_way;
};

static bool move_port(__be16 *port, uint16_t from, uint16_t to, uint16_t n)
{
	uint16_t offset = (uint16_t)(ntohs(*port) - from);

	if (offset >= n)
		return false;
	*port = htons((uint16_t)(to + offset));
	return true;
}

static enum rule_verdict conclude(const struct policy_image *image,
				  const struct acl_native_result *result, bool inbound,
				  struct rule_case *c)
{
	size_t index = (size_t)result->line - image->n_acl_lines;
	const struct nat_rule *rule;

	if (result->verdict == ACL_NO_MATCH)
		return RULE_NONE;
	if (result->verdict == ACL_BROKEN || index >= image->n_nat_rules)
		return RULE_BROKEN;
	if (result->verdict == ACL_DENY)
		return RULE_STAYS;
	rule = &image->nat_rules[index].rule;
	if (rule->n_ports && !(inbound ? move_port(&c->port, rule->mapped_port,
						   rule->real_port, rule->n_ports)
				       : move_port(&c->port, rule->real_port,
						   rule->mapped_port, rule->n_ports)))
		return RULE_BROKEN;
	move_addr(&c->end, inbound ? &rule->real : &rule->mapped, &rule->mask);
	c->real_if = rule->real_if;
	c->one_way = rule->flags & NAT_RULE_F_ONE_WAY;
	return RULE_MOVED;
}

static enum rule_verdict ask_in(const struct policy_image *image,
				const struct iface_config *in, const struct ph_addr *peer,
				__be16 peer_port, uint8_t proto, struct rule_case *c)
{
	bool ports = proto == IPPROTO_TCP || proto == IPPROTO_UDP;
	struct acl_native_result result;

	conn_ask(image, in->nat_in, peer, &c->end, ports ? peer_port : 0,
		 ports ? c->port : 0, proto, 0, &result);
	return conclude(image, &result, true, c);
}

static enum rule_verdict ask_out(const struct policy_image *image, uint32_t real_if,
				 uint32_t mapped_if, const struct ph_addr *peer,
				 __be16 peer_port, uint8_t proto, struct rule_case *c)
{
	bool ports = proto == IPPROTO_TCP || proto == IPPROTO_UDP;
	struct acl_native_result result;

	for (size_t i = 0; i < image->n_nat_lists; i++) {
		const struct policy_image_nat_list *list = &image->nat_lists[i];

		if (list->real_if != real_if || list->mapped_if != mapped_if)
			continue;
		conn_ask(image, list->root, &c->end, peer, ports ? c->port : 0,
			 ports ? peer_port : 0, proto, 0, &result);
		return conclude(image, &result, false, c);
	}
	return RULE_NONE;
}

static bool destination_by_rules(const struct policy_image *image,
				 const struct iface_config *in,
				 const struct iface_config *out,
				 const struct conn_case *c)
{
	struct rule_case end = {.end = c->wire_dst, .port = c->wire_dport};
	enum rule_verdict verdict = ask_in(image, in, &c->src, c->sport, c->proto, &end);

	if (verdict == RULE_BROKEN)
		return false;
	if (verdict == RULE_MOVED && !end.one_way)
		return (!end.real_if || end.real_if == out->id) &&
		       conn_same_addr(&end.end, &c->dst) && end.port == c->dport;
	if (!conn_same_addr(&c->wire_dst, &c->dst) || c->wire_dport != c->dport)
		return false;
	end = (struct rule_case){.end = c->dst, .port = c->dport};
	verdict = ask_out(image, out->id, in->id, &c->src, c->sport, c->proto, &end);
	if (verdict == RULE_BROKEN)
		return false;
	return verdict != RULE_MOVED ||
	       (conn_same_addr(&end.end, &c->wire_dst) && end.port == c->wire_dport);
}

/* ---- both -------------------------------------------------------------------------- */

static bool has_rules(const struct iface_config *iface)
{
	return iface->flags & IFACE_F_NAT_RULES;
}

static bool find_source(const struct policy_image *image,
			const struct conn_statics *statics, const struct iface_config *in,
			const struct iface_config *out, struct conn_case *c)
{
	struct rule_case end = {.end = c->src, .port = c->sport};
	const struct nat_value *nat;
	enum rule_verdict verdict;

	c->mapped_src = c->src;
	c->mapped_sport = c->sport;
	if (!has_rules(out)) {
		nat = find_static(statics, in->id, out->id, &c->src);
		if (nat)
			move_addr(&c->mapped_src, &nat->net, &nat->mask);
		return true;
	}
	verdict = ask_out(image, in->id, out->id, &c->dst, c->dport, c->proto, &end);
	if (verdict == RULE_MOVED) {
		c->mapped_src = end.end;
		c->mapped_sport = end.port;
	}
	return verdict != RULE_BROKEN;
}

bool conn_is_translated(const struct policy_image *image,
			const struct conn_statics *statics, const struct iface_config *in,
			const struct iface_config *out, struct conn_case *c)
{
	bool right = has_rules(in) ? destination_by_rules(image, in, out, c)
				   : plain_destination(statics, in, out, c);

	return right && find_source(image, statics, in, out, c);
}
