/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memo.h - what a CPU has lately been told by the policy's tables.
 *
 * Why it exists: most packets ask what the one before them asked: which interface is
 * this, and what does this destination really stand for. A hash table takes some 15 ns
 * to say that again, a trie some 25; a look at the own notes takes 3.
 *
 * A note is of one generation, whose tables do not change once it is in force, and a
 * generation's number is never used again (abi_undo.h): there is nothing to be forgotten.
 * Who sends to many destinations spoils the notes, and then the tables are asked, as they
 * would be without.
 *
 * Per CPU; softirq does not nest, so nobody else writes (work.h).
 *
 * Who may include it: the stages that use maps.
 */
#ifndef PINHOLE_BPF_MEMO_H
#define PINHOLE_BPF_MEMO_H

#include "maps.h"

#define MEMO_IFACES 8u /* powers of two */
#define MEMO_NATS   256u

/* An interface whose frames have no tags, and come from the device that carries its
 * addresses. */
struct memo_iface {
	__u32 generation; /* 0: no note */
	__u32 ifindex;	  /* l3_ifindex and tx_ifindex */
	__u32 id;
	__u32 stat_slot;
	__u32 flags;
	__u8 mac[6];
	__u8 pad[2];
	__u32 pad2;
};

/* What an address is, as seen from an interface without rules. */
struct memo_nat {
	struct ph_addr wire;
	struct ph_addr real;
	__u32 generation; /* 0: no note */
	__u32 mapped_if;
	__u32 moved; /* 0: it is what it seems to be */
	__u32 embryonic;
};

struct memo {
	/* The packet in hand, if it came in here, is a datagram that the short way has
	 * not found in conns: the generation; else 0. */
	__u32 missed;
	__u32 pad;
	struct memo_iface iface[MEMO_IFACES];
	struct memo_nat nat[MEMO_NATS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct memo);
} memo SEC(".maps");

static __always_inline struct memo *memo_get(void)
{
	__u32 index = 0;

	return bpf_map_lookup_elem(&memo, &index);
}

static __always_inline struct memo_iface *memo_iface_at(struct memo *m, __u32 ifindex)
{
	return &m->iface[ifindex & (MEMO_IFACES - 1)];
}

/* The interface of untagged frames from the device; NULL: not noted. */
static __always_inline struct memo_iface *memo_iface_find(struct memo *m,
							  __u32 generation, __u32 ifindex)
{
	struct memo_iface *note = memo_iface_at(m, ifindex);

	return note->generation == generation && note->ifindex == ifindex ? note : NULL;
}

/* Note an interface, if it is one that fits. */
static __always_inline void memo_iface_enter(__u32 generation,
					     const struct iface_config *in)
{
	struct memo *m = memo_get();
	struct memo_iface *note;

	if (!m || in->vlan || in->l3_ifindex != in->tx_ifindex)
		return;
	note = memo_iface_at(m, in->l3_ifindex);
	if (note->generation == generation && note->ifindex == in->l3_ifindex)
		return;
	note->ifindex = in->l3_ifindex;
	note->id = in->id;
	note->stat_slot = in->stat_slot;
	note->flags = in->flags;
	__builtin_memcpy(note->mac, in->mac, sizeof(note->mac));
	note->generation = generation;
}

/* Where the note of an address is, if there is one. */
static __always_inline struct memo_nat *memo_nat_at(struct memo *m, __u32 mapped_if,
						    const struct ph_addr *addr)
{
	__u32 mixed = addr->word[3] ^ addr->word[2] ^ addr->word[1] ^ mapped_if;

	return &m->nat[mixed * 0x9e3779b1u >> 24 & (MEMO_NATS - 1)];
}

static __always_inline bool memo_nat_is(const struct memo_nat *note, __u32 generation,
					__u32 mapped_if, const struct ph_addr *addr)
{
	return note->generation == generation && note->mapped_if == mapped_if &&
	       pkt_addr_equal(&note->wire, addr);
}

#endif /* PINHOLE_BPF_MEMO_H */
