/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pkt_l2.h - Ethernet and up to two VLAN tags.
 *
 * Who may include it: pkt.h. Pure.
 *
 * IEEE 802.1Q: one tag has TPID 0x8100; of two the outer has 0x88a8 (802.1ad)
 * or 0x8100, the inner 0x8100. VLAN id 0 carries a priority only: the frame
 * counts as having no such tag. What does not fit gets a VLAN id that no
 * interface can have.
 */
#ifndef PINHOLE_BPF_PKT_L2_H
#define PINHOLE_BPF_PKT_L2_H

#include "pkt_types.h"

#define PKT_VLAN_ID_MASK 0x0fff
#define PKT_VLAN_INVALID 0x0fff /* reserved by the standard */

struct pkt_tag {
	__be16 tpid; /* 0: no tag */
	__u16 tci;   /* host order */
};

struct pkt_vlan_header {
	__be16 tci;
	__be16 next; /* ethertype, or TPID of the next tag */
};

static __always_inline bool pkt_is_tpid(__be16 type)
{
	return type == __builtin_bswap16(ETH_P_8021Q) ||
	       type == __builtin_bswap16(ETH_P_8021AD);
}

/* A tag that is last, or only. */
static __always_inline __u16 pkt_vlan_id(__be16 tpid, __u16 tci)
{
	if (tpid != __builtin_bswap16(ETH_P_8021Q))
		return PKT_VLAN_INVALID;
	return tci & PKT_VLAN_ID_MASK;
}

/* Enter the tags found, outermost first. tpid 0: none. */
static __always_inline void pkt_enter_tags(struct pkt *pkt, struct pkt_tag first,
					   struct pkt_tag second)
{
	if (!first.tpid)
		return;
	if (!second.tpid) {
		pkt->vlan = pkt_vlan_id(first.tpid, first.tci);
		return;
	}
	if (!(first.tci & PKT_VLAN_ID_MASK)) {
		pkt->vlan = pkt_vlan_id(second.tpid, second.tci);
		return;
	}
	pkt->vlan = first.tci & PKT_VLAN_ID_MASK;
	pkt->inner_vlan = pkt_vlan_id(second.tpid, second.tci);
}

/*
 * Find the tags and what follows them: kind, vlan, inner_vlan, l3_off, tags.
 * @beside: a tag that the kernel keeps beside the frame; it is the outermost
 * Return: PH_NEXT, or PH_DROP_TRUNCATED.
 */
static __always_inline enum ph_reason pkt_parse_l2(struct pkt *pkt, const void *data,
						   const void *data_end,
						   struct pkt_tag beside)
{
	const struct ethhdr *eth = data;
	const struct pkt_vlan_header *inline_tag = (const void *)(eth + 1);
	struct pkt_tag tag[2] = {beside, {0, 0}};
	__u32 l3_off = sizeof(*eth);
	__be16 type;

	if ((const void *)(eth + 1) > data_end)
		return PH_DROP_TRUNCATED;
	type = eth->h_proto;
	if (pkt_is_tpid(type)) {
		struct pkt_tag found = {.tpid = type};

		if ((const void *)(inline_tag + 1) > data_end)
			return PH_DROP_TRUNCATED;
		found.tci = pkt_be16(inline_tag->tci);
		type = inline_tag->next;
		l3_off += sizeof(*inline_tag);
		pkt->tags = 1;
		if (beside.tpid) {
			tag[1] = found;
		} else {
			tag[0] = found;
			if (pkt_is_tpid(type)) {
				inline_tag++;
				if ((const void *)(inline_tag + 1) > data_end)
					return PH_DROP_TRUNCATED;
				tag[1].tpid = type;
				tag[1].tci = pkt_be16(inline_tag->tci);
				type = inline_tag->next;
				l3_off += sizeof(*inline_tag);
				pkt->tags = 2;
			}
		}
	}
	pkt_enter_tags(pkt, tag[0], tag[1]);
	pkt->l3_off = l3_off;
	if (type == __builtin_bswap16(ETH_P_IP))
		pkt->kind = PKT_IPV4;
	else if (type == __builtin_bswap16(ETH_P_IPV6))
		pkt->kind = PKT_IPV6;
	else if (type == __builtin_bswap16(ETH_P_ARP))
		pkt->kind = PKT_ARP;
	else
		pkt->kind = PKT_OTHER;
	if (pkt_is_tpid(type)) /* a third */
		pkt->vlan = PKT_VLAN_INVALID;
	return PH_NEXT;
}

#endif /* PINHOLE_BPF_PKT_L2_H */
