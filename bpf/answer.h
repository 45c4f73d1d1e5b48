/* SPDX-License-Identifier: GPL-2.0 */
/*
 * answer.h - turns a packet that cannot go on into the ICMP error about it, at
 * TC, so that traceroute and path MTU discovery work across the firewall.
 *
 * Why in the datapath: the kernel never sees the packet, and would quote it to
 * its sender as the policy has translated it. Here it is answered before
 * anything of it was changed.
 *
 * Who may include it: the TC entry point.
 *
 * The frame goes back where it came from, through the kernel's transmit path of
 * that device: what skb->ip_summed promised of the packet it now promises of
 * the answer.
 * - UNNECESSARY becomes NONE: adjusting the room does that.
 * - COMPLETE becomes NONE where the frame is cut, and else stays true: the other
 *   helpers used here keep it so.
 * - PARTIAL (the packet comes from this very host, a guest or a container, and
 *   its TCP or UDP checksum holds the pseudo-header's sum P so far) cannot be
 *   taken back. The device, or nobody if the receiver is on this host, will
 *   finish the checksum inside the quote, over what is left of it. Whatever
 *   the bytes are, they then add up to ~P from the transport header to the end
 *   (the kernel calls this local checksum offload), and ~P is what the ICMP
 *   checksum is computed with. The quoted checksum itself is not the original's
 *   where the quote is cut: harmless, senders do not look at it.
 *
 * RFCs: see answer_make.h, where the pure part is.
 */
#ifndef PINHOLE_BPF_ANSWER_H
#define PINHOLE_BPF_ANSWER_H

#include <stddef.h>

#include <linux/if_packet.h>

#include "answer_make.h"
#include "maps.h"
#include "skb_sum.h"
#include "skb_tag.h"

struct answer_area {
	struct answer_bucket bucket;
	union {
		struct answer_v4 v4;
		struct answer_v6 v6;
	} head;
	__u8 mac[2][ETH_ALEN]; /* destination, source */
	__u8 pad[4];
};

/* Per CPU: no lock, and the rate is limited per CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct answer_area);
} answer_area SEC(".maps");

/* What stays the same while the frame is changed. */
struct answer {
	struct __sk_buff *skb;
	const struct flow *f;
	const struct ph_addr *own;
	struct answer_area *area;
	__u32 quote_len;
	__u32 quote_sum;
};

/*
 * The sum of the quote as it will be on the wire.
 * @at: where it lies in the frame
 */
static __always_inline long answer_sum_quote(struct answer *a, __u32 at, bool partial)
{
	const struct pkt *pkt = &a->f->w->pkt;
	__u32 l4 = pkt->l4_off - pkt->l3_off, check_off;
	__u16 pseudo;
	__u64 sum;

	if (!partial)
		return skb_sum(a->skb, at, a->quote_len, &a->quote_sum);
	if (pkt->proto == IPPROTO_TCP)
		check_off = l4 + offsetof(struct tcphdr, check);
	else if (pkt->proto == IPPROTO_UDP)
		check_off = l4 + offsetof(struct udphdr, check);
	else
		return -1; /* no other can be foretold: SCTP's is a CRC */
	if (check_off + sizeof(pseudo) > a->quote_len ||
	    bpf_skb_load_bytes(a->skb, at + check_off, &pseudo, sizeof(pseudo)) ||
	    skb_sum(a->skb, at, l4, &a->quote_sum))
		return -1;
	sum = (__u64)a->quote_sum + (__u16)~pseudo;
	a->quote_sum = csum_fold(sum);
	return 0;
}

static __always_inline __u32 answer_make(const struct answer *a, enum ph_reason why,
					 __u32 mtu)
{
	const struct pkt *pkt = &a->f->w->pkt;

	if (pkt->kind == PKT_IPV6) {
		answer_make_v6(&a->area->head.v6, pkt, a->own, why, mtu, a->quote_len,
			       a->quote_sum);
		return sizeof(a->area->head.v6);
	}
	answer_make_v4(&a->area->head.v4, pkt, a->own, why, mtu, a->quote_len,
		       a->quote_sum);
	return sizeof(a->area->head.v4);
}

/*
 * Make room behind Ethernet and fill it. bpf_skb_adjust_room() takes frames
 * only whose IP header follows Ethernet at once.
 */
static __always_inline long answer_put_headers(const struct answer *a, enum ph_reason why,
					       __u32 mtu)
{
	struct answer_area *area = a->area;
	struct __sk_buff *skb = a->skb;
	__u32 len = answer_make(a, why, mtu);

	/* The checksum that a device has computed does not cover Ethernet. */
	if (len == sizeof(area->head.v6)) {
		if (bpf_skb_adjust_room(skb, sizeof(area->head.v6), BPF_ADJ_ROOM_MAC,
					0) ||
		    bpf_skb_store_bytes(skb, ETH_HLEN, &area->head.v6,
					sizeof(area->head.v6), BPF_F_RECOMPUTE_CSUM))
			return -1;
	} else {
		if (bpf_skb_adjust_room(skb, sizeof(area->head.v4), BPF_ADJ_ROOM_MAC,
					0) ||
		    bpf_skb_store_bytes(skb, ETH_HLEN, &area->head.v4,
					sizeof(area->head.v4), BPF_F_RECOMPUTE_CSUM))
			return -1;
	}
	return bpf_skb_store_bytes(skb, 0, area->mac, sizeof(area->mac), 0);
}

/*
 * Change the frame. bpf_skb_change_tail() cuts it to the quote and ends its
 * segmentation offload; it refuses tunnel packets whose inner checksum is
 * unfinished, which stay unanswered.
 */
static __always_inline long answer_change(struct answer *a, enum ph_reason why, __u32 mtu)
{
	struct __sk_buff *skb = a->skb;
	struct skb_tag tag;

	if (skb_tag_off(skb, a->f->w->pkt.tags, &tag) ||
	    bpf_skb_change_tail(skb, ETH_HLEN + a->quote_len, 0) ||
	    answer_sum_quote(a, ETH_HLEN, skb_sum_is_partial(skb)) ||
	    answer_put_headers(a, why, mtu))
		return -1;
	return skb_tag_on(skb, &tag);
}

/* Back to where it came from. */
static __always_inline bool answer_address(const struct answer *a)
{
	__u8 *mac = a->area->mac[0];

	if (bpf_skb_load_bytes(a->skb, offsetof(struct ethhdr, h_source), mac, ETH_ALEN))
		return false;
	__builtin_memcpy(a->area->mac[1], a->f->in->mac, ETH_ALEN);
	return !(mac[0] & 1); /* a group sends nothing */
}

/*
 * Turn the frame, unchanged since it came in, into the ICMP error about it.
 * @why: PH_DROP_TTL_EXPIRED, or PH_DROP_MTU_EXCEEDED with
 * @mtu: the egress route's, in bytes
 * Return: PH_REPLY, or why: then none is due, and the frame, which may have been
 * changed in part, must be dropped.
 */
static __noinline enum ph_reason answer_error(struct __sk_buff *skb, struct flow *f,
					      enum ph_reason why, __u32 mtu)
{
	struct answer a = {.skb = skb, .f = f};
	const struct pkt *pkt;
	__u32 index = 0;

	if (!f->w || !f->in || skb->pkt_type != PACKET_HOST)
		return why;
	pkt = &f->w->pkt;
	a.own = pkt->kind == PKT_IPV6 ? &f->in->own6 : &f->in->own4;
	if (!answer_may(pkt, a.own, why))
		return why;
	a.area = bpf_map_lookup_elem(&answer_area, &index);
	if (!a.area || !answer_address(&a))
		return why;
	if (!answer_take(&a.area->bucket, f->now_ns)) {
		event_count(PH_EV_ICMP_ERROR_LIMITED);
		return why;
	}
	a.quote_len = answer_quote_len(pkt);
	if (answer_change(&a, why, mtu))
		return why;
	event_count(PH_EV_ICMP_ERROR_SENT);
	return PH_REPLY;
}

#endif /* PINHOLE_BPF_ANSWER_H */
