/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reset.h - ends TCP connections at TC: turns a packet into the reset about it,
 * to its sender, or to both ends at once.
 *
 * Why it exists: what inspection ends must not hang. Both ends are told, and told
 * again by each later packet of theirs, until they know.
 *
 * Who may include it: the TC entry points.
 *
 * No limit of rate is needed: a packet is answered by one reset, which is not
 * longer than it (the reset to both ends comes once in a connection's life).
 *
 * What skb->ip_summed promised of the packet it now promises of the reset.
 * - UNNECESSARY and NONE: whoever looks finds the checksum right.
 * - COMPLETE becomes NONE where the frame is cut, and else the helpers keep it
 *   true.
 * - PARTIAL (the packet comes from this very host, a guest or a container) cannot
 *   be taken back: the checksum will be finished from the TCP header on. So
 *   options and extension headers are taken out from before that header, not
 *   written over, and the pseudo-header's sum is left for who finishes it.
 *
 * RFCs: see reset_make.h, where the pure part is.
 */
#ifndef PINHOLE_BPF_RESET_H
#define PINHOLE_BPF_RESET_H

#include <stddef.h>

#include "forward.h"
#include "reset_make.h"
#include "skb_sum.h"
#include "skb_tag.h"

/*
 * Leave of the frame Ethernet, an IP header without options and 20 bytes of TCP,
 * all to be written anew. bpf_skb_change_tail() also ends segmentation offload; it
 * refuses tunnel packets whose inner checksum is unfinished.
 */
static __always_inline long reset_shape(struct __sk_buff *skb, const struct pkt *pkt)
{
	__u32 bare = pkt->kind == PKT_IPV6 ? sizeof(struct pkt_ipv6)
					   : sizeof(struct iphdr);
	__u32 header = pkt->l4_off - pkt->l3_off;

	if (bpf_skb_change_tail(skb, ETH_HLEN + header + sizeof(struct tcphdr), 0))
		return -1;
	if (header == bare)
		return 0;
	return bpf_skb_adjust_room(skb, (__s32)(bare - header), BPF_ADJ_ROOM_NET, 0);
}

/* Write the headers. A sum that a device has computed does not cover Ethernet. */
static __always_inline long reset_write(struct __sk_buff *skb, struct work *w,
					const struct reset *r, bool partial)
{
	if (r->v6) {
		reset_make_v6(&w->reset.v6, r, partial);
		return bpf_skb_store_bytes(skb, ETH_HLEN, &w->reset.v6,
					   sizeof(w->reset.v6), BPF_F_RECOMPUTE_CSUM);
	}
	reset_make_v4(&w->reset.v4, r, partial);
	return bpf_skb_store_bytes(skb, ETH_HLEN, &w->reset.v4, sizeof(w->reset.v4),
				   BPF_F_RECOMPUTE_CSUM);
}

/* Send the frame back where it came from: Ethernet. A group sends nothing. */
static __always_inline long reset_turn(struct __sk_buff *skb, const struct flow *f)
{
	__u8 mac[2][ETH_ALEN]; /* destination, source */

	if (bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_source), mac[0], ETH_ALEN))
		return -1;
	if (mac[0][0] & 1)
		return -1;
	__builtin_memcpy(mac[1], f->in->mac, ETH_ALEN);
	return bpf_skb_store_bytes(skb, 0, mac, sizeof(mac), 0);
}

/*
 * Turn the frame into the reset to its sender, tags as they came.
 * @partial: result: how its checksum is
 * Return: 0, or -1: the frame may have been changed in part, and must be dropped.
 */
static __always_inline long reset_to_sender(struct __sk_buff *skb, const struct flow *f,
					    bool *partial)
{
	const struct pkt *pkt = &f->w->pkt;
	struct skb_tag tag;
	struct reset r;

	if (reset_turn(skb, f) || skb_tag_off(skb, pkt->tags, &tag) ||
	    reset_shape(skb, pkt))
		return -1;
	*partial = skb_sum_is_partial(skb);
	reset_back(&r, pkt);
	if (reset_write(skb, f->w, &r, *partial))
		return -1;
	return skb_tag_on(skb, &tag);
}

/*
 * The packet of a connection that was ended is dropped: turn its frame, unchanged
 * since it came in, into the reset to its sender, unless that is to be silent.
 * Sets f->reset to PH_REPLY if it did; the reason for the drop stays what it is.
 */
static __noinline int reset_answer(struct __sk_buff *skb, struct flow *f)
{
	bool partial;

	if (!f->w || !f->in || !f->conn || (f->conn->flags & CONN_F_SILENT) ||
	    !reset_may(&f->w->pkt) || reset_to_sender(skb, f, &partial))
		return 0;
	f->reset = PH_REPLY;
	return 0;
}

/*
 * A packet is dropped, and its connection with it: send the reset to its sender,
 * and turn its frame, unchanged since it came in, into the reset to its receiver,
 * with the addresses that the packet would have left with.
 * Sets f->reset to PH_FORWARD if the frame is to go on, by forward_redirect_tc(),
 * and not to be translated any more.
 *
 * @seq: what the receiver expects next, as it counts. If it is another number, the
 *	 receiver asks back (RFC 5961 3.2), and that packet is answered rightly.
 * @ack: what the packet acknowledges, as its receiver counts
 *
 * The first reset is sent from in here, and TC egress sees it before this goes on;
 * by its mark, which keeps it from using the work area. Were that device to send
 * by another one of the policy, pkt and key in the work area would be void
 * afterwards: nothing is read of them then.
 */
static __noinline int reset_both(struct __sk_buff *skb, struct flow *f, __u32 seq,
				 __u32 ack)
{
	bool partial, answers;
	struct reset on;

	if (!f->w || !f->in || !f->out || f->w->pkt.proto != IPPROTO_TCP ||
	    f->w->pkt.fragment == PKT_FRAGMENT_LATER)
		return 0;
	answers = reset_may(&f->w->pkt);
	reset_on(&on, &f->w->pkt, &f->w->new_src, &f->w->new_dst, seq, ack);
	on.sport = f->w->new_sport;
	on.dport = f->w->new_dport;
	if (reset_to_sender(skb, f, &partial))
		return 0;
	if (answers) {
		skb->tc_index = TC_JUDGED;
		bpf_clone_redirect(skb, skb->ifindex, 0);
	}
	if (forward_untag_tc(skb, f->w))
		return 0;
	f->w->pkt.tags = 0;
	if (reset_write(skb, f->w, &on, partial))
		return 0;
	f->reset = PH_FORWARD;
	return 0;
}

#endif /* PINHOLE_BPF_RESET_H */
