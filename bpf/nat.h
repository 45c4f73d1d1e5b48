/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nat.h - static one-to-one translation: which address stands for which.
 *
 * Why it is stateless: a static is a bijection between two networks of one
 * size, so either direction of a connection computes the same real addresses
 * from the policy alone. Ports are never touched.
 *
 * Who may include it: the stages that use maps.
 */
#ifndef PINHOLE_BPF_NAT_H
#define PINHOLE_BPF_NAT_H

#include "maps.h"

#define NAT_IN_BITS  32u /* mapped_if before the address */
#define NAT_OUT_BITS 64u /* real_if and mapped_if before it */

static __always_inline void nat_apply(struct ph_addr *addr, const struct nat_value *value)
{
#pragma unroll
	for (int i = 0; i < 4; i++)
		addr->word[i] = (addr->word[i] & ~value->mask.word[i]) |
				value->net.word[i];
}

/* The static that maps `addr`, as seen on interface `mapped_if`; NULL: none. */
static __always_inline struct nat_value *
nat_find_in(struct work *w, __u32 slot, __u32 mapped_if, const struct ph_addr *addr)
{
	void *table = bpf_map_lookup_elem(&nat_in, &slot);

	w->nat_in_key.prefixlen = NAT_IN_BITS + 128;
	w->nat_in_key.mapped_if = mapped_if;
	w->nat_in_key.addr = *addr;
	return table ? bpf_map_lookup_elem(table, &w->nat_in_key) : NULL;
}

/* The static by which `addr` behind real_if is seen from mapped_if. */
static __always_inline struct nat_value *nat_find_out(struct work *w, __u32 slot,
						      __u32 real_if, __u32 mapped_if,
						      const struct ph_addr *addr)
{
	void *table = bpf_map_lookup_elem(&nat_out, &slot);

	w->nat_out_key.prefixlen = NAT_OUT_BITS + 128;
	w->nat_out_key.real_if = real_if;
	w->nat_out_key.mapped_if = mapped_if;
	w->nat_out_key.addr = *addr;
	return table ? bpf_map_lookup_elem(table, &w->nat_out_key) : NULL;
}

#endif /* PINHOLE_BPF_NAT_H */
