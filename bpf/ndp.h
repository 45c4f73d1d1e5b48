/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ndp.h - answers neighbour solicitations for mapped addresses, at TC: what
 * arp.h does, for IPv6.
 *
 * A device receives solicitations for a mapped address only if it takes the
 * frames of the address's multicast group (33:33:ff and the address's last three
 * bytes); the kernel joins such groups for its own addresses only, so the loader
 * must see to it.
 *
 * Who may include it: the TC entry point.
 *
 * RFC 4861 7.1.1, 7.2; see ndp_make.h, where the pure part is.
 */
#ifndef PINHOLE_BPF_NDP_H
#define PINHOLE_BPF_NDP_H

#include <stddef.h>

#include <linux/if_packet.h>

#include "nat.h"
#include "ndp_make.h"
#include "skb_sum.h"

struct ndp_area {
	struct ndp_solicitation asked;
	struct ndp_advertisement answer;
	__u8 mac[2][ETH_ALEN]; /* destination, source */
	__u8 pad[4];
};

/* Per CPU, and safe for the reason given in work.h. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ndp_area);
} ndp_area SEC(".maps");

/* Whether the solicitation's checksum is right: it asks for what it says. */
static __always_inline bool ndp_check_ok(struct __sk_buff *skb, const struct pkt *pkt)
{
	__u32 len = pkt->l3_off + pkt->l3_len - pkt->l4_off, icmp;
	__u64 sum = (__u64)pkt_be32(len) + pkt_be32(PKT_PROTO_ICMPV6);

	if (skb_sum(skb, pkt->l4_off, len, &icmp))
		return false;
	sum += icmp;
	for (int i = 0; i < 4; i++)
		sum += (__u64)pkt->src.word[i] + pkt->dst.word[i];
	return csum_fold(sum) == 0xffff;
}

/* Whether the target is a mapped address that is answered for here. */
static __always_inline bool ndp_is_ours(const struct flow *f,
					const struct ph_addr *target)
{
	const struct nat_value *mapped;

	if (pkt_v6_is_multicast(target) || pkt_addr_is_v4(target) ||
	    pkt_addr_equal(target, &f->in->own6))
		return false;
	mapped = nat_find_in(f->w, f->slot, f->in->id, target);
	return mapped && mapped->proxy_arp;
}

/*
 * Ethernet: to who asked, or with its IPv6 address unknown to all nodes
 * (RFC 2464 7). Its frame says where it is; the option says the same (4.3).
 */
static __always_inline bool ndp_address(struct __sk_buff *skb, const struct flow *f,
					struct ndp_area *area)
{
	__u8 *to = area->mac[0];

	__builtin_memcpy(area->mac[1], f->in->mac, ETH_ALEN);
	if (pkt_addr_is_unset(&f->w->pkt.src)) {
		to[0] = to[1] = 0x33;
		to[2] = to[3] = to[4] = 0;
		to[5] = 1;
		return true;
	}
	return !bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_source), to, ETH_ALEN);
}

/*
 * Turn a solicitation of a mapped address into its advertisement, in place;
 * tags, in the frame or beside it, stay as they are. The advertisement has the
 * target's link-layer address whatever the solicitation had: it must, if that
 * was multicast, and should in any case (4.4).
 * Return: PH_REPLY; PH_TO_BOX for every other packet; PH_DROP_REWRITE_FAILED if
 * the kernel would not change the frame.
 */
static __noinline enum ph_reason ndp_answer(struct __sk_buff *skb, const struct flow *f)
{
	const struct pkt *pkt = &f->w->pkt;
	struct ndp_area *area;
	__u32 index = 0;

	if (!ndp_is_solicitation(pkt) || skb->pkt_type == PACKET_OTHERHOST)
		return PH_TO_BOX;
	area = bpf_map_lookup_elem(&ndp_area, &index);
	if (!area || !f->in ||
	    bpf_skb_load_bytes(skb, pkt->l4_off, &area->asked, sizeof(area->asked)))
		return PH_TO_BOX;
	if (!ndp_may_ask(pkt, &area->asked.target) ||
	    !ndp_is_ours(f, &area->asked.target) || !ndp_check_ok(skb, pkt) ||
	    !ndp_address(skb, f, area))
		return PH_TO_BOX;

	ndp_make(&area->answer, pkt, &area->asked.target, f->in->mac);
	if (bpf_skb_change_tail(skb, pkt->l3_off + sizeof(area->answer), 0) ||
	    bpf_skb_store_bytes(skb, pkt->l3_off, &area->answer, sizeof(area->answer),
				BPF_F_RECOMPUTE_CSUM) ||
	    bpf_skb_store_bytes(skb, 0, area->mac, sizeof(area->mac), 0))
		return PH_DROP_REWRITE_FAILED;
	event_count(PH_EV_NDP_ANSWERED);
	return PH_REPLY;
}

#endif /* PINHOLE_BPF_NDP_H */
