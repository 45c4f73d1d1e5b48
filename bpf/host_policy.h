/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_policy.h - what the policy in force says of a session of this machine.
 *
 * Who may include it: host.bpf.c and its parts.
 *
 * The generation is read anew for each question. Should it change between two of them,
 * the answers are of two policies, each of which was in force at its moment.
 */
#ifndef PINHOLE_BPF_HOST_POLICY_H
#define PINHOLE_BPF_HOST_POLICY_H

#include "host_maps.h"
#include "pkt_types.h"

/* Return: the slot of the generation in force, or -1: there is none. */
static __always_inline long host_slot(void)
{
	__u32 index = 0;
	const struct policy_active *act = bpf_map_lookup_elem(&active, &index);

	return act && act->generation ? (long)(act->generation & 1) : -1;
}

/* What is inspected at a server's port (host order); NULL: nothing is. */
static __always_inline const struct fixup_value *host_fixup(__u16 port)
{
	struct fixup_key key = {.port = pkt_be16(port), .proto = IPPROTO_TCP};
	long slot = host_slot();
	__u32 index = slot & 1;
	void *table;

	if (slot < 0)
		return NULL;
	table = bpf_map_lookup_elem(&fixups, &index);
	return table ? bpf_map_lookup_elem(table, &key) : NULL;
}

/* How long a hole may stay unused; 0: no policy is in force. */
static __always_inline __u64 host_timeout_hole_ns(void)
{
	const struct policy_config *config;
	long slot = host_slot();
	__u32 index = slot & 1;

	config = slot < 0 ? NULL : bpf_map_lookup_elem(&policy_config, &index);
	return config ? config->timeout_hole_ns : 0;
}

/* The interface whose addresses the device carries. */
static __always_inline const struct iface_config *host_iface(__u32 l3_ifindex)
{
	struct iface_key key = {.ifindex = l3_ifindex};
	long slot = host_slot();
	__u32 index = slot & 1;
	void *table;

	if (slot < 0)
		return NULL;
	table = bpf_map_lookup_elem(&ifaces, &index);
	return table ? bpf_map_lookup_elem(table, &key) : NULL;
}

#endif /* PINHOLE_BPF_HOST_POLICY_H */
