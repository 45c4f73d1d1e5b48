/* SPDX-License-Identifier: GPL-2.0 */
/*
 * skb_tag.h - takes the VLAN tags out of a frame's way, and puts them back.
 *
 * Why it exists: an answer is written behind Ethernet, and some helpers take only
 * frames whose IP header follows Ethernet at once. A tag that the kernel keeps
 * beside the frame is in nobody's way. One in the frame is: a pop of the outer
 * tag moves it beside the frame, or, where it is the only one, off.
 *
 * Who may include it: the stages of bpf/ that run at TC.
 *
 * IEEE 802.1Q.
 */
#ifndef PINHOLE_BPF_SKB_TAG_H
#define PINHOLE_BPF_SKB_TAG_H

#include <bpf/bpf_helpers.h>

#include "work.h"

/* The outer tag, where it had to come off. */
struct skb_tag {
	__be16 proto;
	__u16 tci; /* host order */
	bool off;
};

/*
 * Take the tags that are in the frame out of it.
 * @tags: how many there are (struct pkt)
 * @tag:  result, for skb_tag_on()
 * Return: 0, or -1: the frame may have lost a tag, and must be dropped.
 */
static __always_inline long skb_tag_off(struct __sk_buff *skb, __u32 tags,
					struct skb_tag *tag)
{
	tag->proto = __builtin_bswap16(ETH_P_8021Q);
	tag->tci = 0;
	tag->off = tags;
	if (!tags)
		return 0;
	if (skb->vlan_present) {
		tag->proto = skb->vlan_proto;
		tag->tci = skb->vlan_tci;
	} else if (bpf_skb_load_bytes(skb, ETH_HLEN - 2, &tag->proto, 2) ||
		   bpf_skb_load_bytes(skb, ETH_HLEN, &tag->tci, 2)) {
		return -1;
	} else {
		tag->tci = pkt_be16(tag->tci);
	}
	return bpf_skb_vlan_pop(skb) ? -1 : 0;
}

/* The tags as they were. Return: 0 or a negative error. */
static __always_inline long skb_tag_on(struct __sk_buff *skb, const struct skb_tag *tag)
{
	return tag->off ? bpf_skb_vlan_push(skb, tag->proto, tag->tci) : 0;
}

#endif /* PINHOLE_BPF_SKB_TAG_H */
