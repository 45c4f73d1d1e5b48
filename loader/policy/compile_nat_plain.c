// SPDX-License-Identifier: GPL-2.0
/*
 * compile_nat_plain.c - translations that longest prefixes find, and mapped addresses
 * that are answered for.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile_nat.h"

#define IFACE_BITS 32u /* of one interface id before the address of a NAT key */

__u32 policy_iface_id(size_t index)
{
	return index == POLICY_ANY_IFACE ? 0 : (__u32)index + 1;
}

__u32 policy_nat_embryonic(const struct policy_nat *nat)
{
	return nat->proto == IPPROTO_UDP ? 0 : nat->limits.embryonic;
}

static bool answers_arp(const struct policy *policy, const struct policy_nat *nat,
			size_t mapped_if)
{
	return !(nat->flags & POLICY_NAT_F_NO_PROXY_ARP) &&
	       !policy->ifaces.items[mapped_if].no_proxy_arp;
}

int policy_nat_add_plain(const struct policy *policy, const struct policy_nat *nat,
			 const struct policy_nat_piece *piece,
			 struct policy_image_nats *out)
{
	struct policy_image_nat *to = vec_push(&out->items);
	__u32 real_if = policy_iface_id(nat->real_if),
	      mapped_if = policy_iface_id(nat->mapped_if);
	__u32 address_bits = policy_mask_len(piece->mask);

	if (!to)
		return -ENOMEM;
	to->in_key = (struct nat_in_key){
		.prefixlen = IFACE_BITS + address_bits,
		.mapped_if = mapped_if,
		.addr = policy_wire_addr(piece->mapped),
	};
	to->in_value = (struct nat_value){
		.net = policy_wire_addr(piece->real),
		.mask = policy_wire_addr(piece->mask),
		.real_if = real_if,
		.mapped_if = mapped_if,
		/* An identity hides nothing: its owner answers for itself. */
		.proxy_arp = piece->mapped != piece->real &&
			     answers_arp(policy, nat, nat->mapped_if),
		.embryonic = policy_nat_embryonic(nat),
		.counter = PH_NO_COUNTER,
	};
	to->translation = policy_nat_index(policy, nat);
	to->out_key = (struct nat_out_key){
		.prefixlen = 2 * IFACE_BITS + address_bits,
		.real_if = real_if,
		.mapped_if = mapped_if,
		.addr = policy_wire_addr(piece->real),
	};
	to->out_value = (struct nat_value){
		.net = policy_wire_addr(piece->mapped),
		.mask = policy_wire_addr(piece->mask),
		.real_if = real_if,
		.mapped_if = mapped_if,
		.counter = PH_NO_COUNTER,
	};
	return 0;
}

int policy_nat_add_answered(struct policy_nat_compiler *c, const struct policy_nat *nat,
			    const struct policy_nat_piece *piece, uint64_t mapped_ifs,
			    struct policy_image_nats *out)
{
	for (size_t i = 0; i < c->policy->ifaces.count; i++) {
		struct policy_image_nat *to;

		if (!(mapped_ifs & c->ordered & (uint64_t)1 << i) ||
		    !answers_arp(c->policy, nat, i))
			continue;
		to = vec_push(&out->items);
		if (!to)
			return -ENOMEM;
		to->in_key = (struct nat_in_key){
			.prefixlen = IFACE_BITS + policy_mask_len(piece->mask),
			.mapped_if = policy_iface_id(i),
			.addr = policy_wire_addr(piece->mapped),
		};
		to->in_value = (struct nat_value){
			.net = policy_wire_addr(piece->mapped),
			.mask = policy_wire_addr(piece->mask),
			.mapped_if = policy_iface_id(i),
			.proxy_arp = 1,
			.counter = PH_NO_COUNTER,
		};
		to->translation = POLICY_NO_TRANSLATION;
	}
	return 0;
}

static int compare_answered(const void *a, const void *b)
{
	const struct policy_image_nat *x = a, *y = b;

	return memcmp(&x->in_key, &y->in_key, sizeof(x->in_key));
}

size_t policy_nat_drop_repeated(struct policy_image_nat *items, size_t count)
{
	size_t n = 0;

	if (count > 1)
		qsort(items, count, sizeof(*items), compare_answered);
	for (size_t i = 0; i < count; i++)
		if (!n || compare_answered(&items[n - 1], &items[i]) != 0)
			items[n++] = items[i];
	return n;
}
