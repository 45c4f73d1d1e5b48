/* SPDX-License-Identifier: GPL-2.0 */
/*
 * forward.h - the last stage: new addresses, one hop less, and out.
 *
 * Written twice because the hooks differ in what they know of the checksum of
 * TCP and UDP. XDP sees finished frames and updates it in place. TC sees skbs
 * where it may be unfinished (CHECKSUM_PARTIAL), complete or verified; only the
 * kernel's helper keeps all three right.
 *
 * Who may include it: the stages that use maps.
 *
 * RFC 1812 5.3.1 (TTL), 1624 (checksums), 768 (UDP's zero checksum), 3828
 * (UDP-Lite) and 4340 9.1 (DCCP), which cover the addresses at UDP's offset.
 */
#ifndef PINHOLE_BPF_FORWARD_H
#define PINHOLE_BPF_FORWARD_H

#include <stddef.h>

#include "maps.h"

/* Ethernet, and IPv4 with all options. */
#define FORWARD_MAX_L4_OFF (sizeof(struct ethhdr) + 60u)

/* What the translation adds to the checksums that cover the addresses; 0 only
 * if nothing is translated. */
static __always_inline __u64 forward_delta(const struct work *w)
{
	if (w->new_src.word[3] == w->pkt.src.word[3] &&
	    w->new_dst.word[3] == w->pkt.dst.word[3])
		return 0;
	return csum_delta4(w->pkt.src.word[3], w->new_src.word[3]) +
	       csum_delta4(w->pkt.dst.word[3], w->new_dst.word[3]);
}

/* Where the checksum that covers the addresses lies; 0: there is none. */
static __always_inline __u32 forward_l4_check_offset(const struct pkt *pkt)
{
	switch (pkt->proto) {
	case IPPROTO_TCP:
		return pkt->l4_off + offsetof(struct tcphdr, check);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		return pkt->l4_off + offsetof(struct udphdr, check);
	default:
		return 0;
	}
}

/* The IP header: new addresses, one hop less. Its own checksum is finished at
 * either hook. */
static __always_inline void forward_rewrite_ip(struct iphdr *ip, const struct work *w,
					       __u64 delta)
{
	/* TTL is the first byte of its 16-bit word on the wire. */
	delta += csum_delta2(__builtin_bswap16((__u16)ip->ttl << 8),
			     __builtin_bswap16((__u16)(ip->ttl - 1) << 8));
	ip->ttl--;
	ip->check = csum_apply(ip->check, delta);
	ip->saddr = w->new_src.word[3];
	ip->daddr = w->new_dst.word[3];
}

/* XDP: rewrite the frame in place. The caller redirects it. */
static __always_inline enum ph_reason forward_rewrite_xdp(struct xdp_md *ctx,
							  const struct flow *f)
{
	const struct work *w = f->w;
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + (w->pkt.l3_off & 31);
	__u64 delta = forward_delta(w);
	__u32 check_off = delta ? forward_l4_check_offset(&w->pkt) : 0;

	if ((void *)(eth + 1) > data_end || (void *)(ip + 1) > data_end)
		return PH_DROP_INTERNAL;
	if (check_off) {
		__u16 *check;

		if (check_off > FORWARD_MAX_L4_OFF + sizeof(struct tcphdr))
			return PH_DROP_INTERNAL;
		check = data + check_off;
		if ((void *)(check + 1) > data_end)
			return PH_DROP_INTERNAL;
		*check = w->pkt.proto == IPPROTO_UDP ? csum_udp_apply(*check, delta)
						     : csum_apply(*check, delta);
	}
	forward_rewrite_ip(ip, w, delta);
	__builtin_memcpy(eth->h_dest, w->fib.dmac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, w->fib.smac, ETH_ALEN);
	return PH_NEXT;
}

/* TC: rewrite the skb. The caller redirects it to the neighbour. */
static __always_inline enum ph_reason forward_rewrite_tc(struct __sk_buff *skb,
							 const struct flow *f)
{
	const struct work *w = f->w;
	__u64 delta = forward_delta(w), flags = BPF_F_PSEUDO_HDR;
	__u32 check_off = delta ? forward_l4_check_offset(&w->pkt) : 0;
	struct iphdr *ip;

	if (w->pkt.proto == IPPROTO_UDP)
		flags |= BPF_F_MARK_MANGLED_0;
	/* Size 0: the last but one argument is a difference, not a value. */
	if (check_off && bpf_l4_csum_replace(skb, check_off, 0, csum_fold(delta), flags))
		return PH_DROP_REWRITE_FAILED;
	ip = (void *)(long)skb->data + (w->pkt.l3_off & 31);
	if ((void *)(ip + 1) > (void *)(long)skb->data_end)
		return PH_DROP_REWRITE_FAILED;
	forward_rewrite_ip(ip, w, delta);
	return PH_NEXT;
}

/* TC: hand the rewritten skb to the egress device; the kernel resolves the
 * neighbour and keeps the packet meanwhile. Returns the TC action. */
static __always_inline long forward_redirect_tc(const struct flow *f)
{
	const struct work *w = f->w;
	struct bpf_redir_neigh next_hop = {.nh_family = w->fib.family};

	if (w->fib.family == 2)
		next_hop.ipv4_nh = w->fib.ipv4_dst;
	else /* an IPv4 route by an IPv6 next hop (RFC 5549) */
		__builtin_memcpy(next_hop.ipv6_nh, w->fib.ipv6_dst,
				 sizeof(next_hop.ipv6_nh));
	return bpf_redirect_neigh(w->egress_ifindex, &next_hop, sizeof(next_hop), 0);
}

#endif /* PINHOLE_BPF_FORWARD_H */
