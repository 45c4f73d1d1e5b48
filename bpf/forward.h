/* SPDX-License-Identifier: GPL-2.0 */
/*
 * forward.h - the last stage: new addresses, one hop less, and out.
 *
 * Written twice because the hooks differ in what they know of checksums. XDP
 * sees finished frames and updates them in place. TC sees skbs whose checksum
 * may be unfinished (CHECKSUM_PARTIAL), complete or verified; only the kernel's
 * helpers keep all three right.
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

static __always_inline bool forward_translates(const struct work *w)
{
	return w->new_src.word[3] != w->pkt.src.word[3] ||
	       w->new_dst.word[3] != w->pkt.dst.word[3];
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

/* XDP: rewrite the frame in place. The caller redirects it. */
static __always_inline enum ph_reason forward_rewrite_xdp(struct xdp_md *ctx,
							  const struct flow *f)
{
	const struct work *w = f->w;
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + PKT_L3_OFF;
	__u32 check_off;

	if ((void *)(ip + 1) > data_end)
		return PH_DROP_INTERNAL;
	if (forward_translates(w)) {
		__be32 new_src = w->new_src.word[3], new_dst = w->new_dst.word[3];

		check_off = forward_l4_check_offset(&w->pkt);
		if (check_off) {
			__u16 *check;

			if (check_off > FORWARD_MAX_L4_OFF + sizeof(struct tcphdr))
				return PH_DROP_INTERNAL;
			check = data + check_off;
			if ((void *)(check + 1) > data_end)
				return PH_DROP_INTERNAL;
			if (w->pkt.proto == IPPROTO_UDP) {
				*check = csum_udp_replace4(*check, ip->saddr, new_src);
				*check = csum_udp_replace4(*check, ip->daddr, new_dst);
			} else {
				*check = csum_replace4(*check, ip->saddr, new_src);
				*check = csum_replace4(*check, ip->daddr, new_dst);
			}
		}
		ip->check = csum_replace4(ip->check, ip->saddr, new_src);
		ip->check = csum_replace4(ip->check, ip->daddr, new_dst);
		ip->saddr = new_src;
		ip->daddr = new_dst;
	}
	/* TTL is the high byte of its 16-bit word, in wire order. */
	ip->check = csum_replace2(ip->check, __builtin_bswap16((__u16)ip->ttl << 8),
				  __builtin_bswap16((__u16)(ip->ttl - 1) << 8));
	ip->ttl--;
	__builtin_memcpy(eth->h_dest, w->fib.dmac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, w->fib.smac, ETH_ALEN);
	return PH_NEXT;
}

/* TC: change one address with every checksum that covers it. */
static __always_inline long forward_replace_addr_tc(struct __sk_buff *skb,
						    const struct work *w, __u32 field,
						    __be32 old, __be32 new)
{
	__u32 check_off = forward_l4_check_offset(&w->pkt);
	__u64 flags = BPF_F_PSEUDO_HDR | sizeof(new);

	if (old == new)
		return 0;
	if (w->pkt.proto == IPPROTO_UDP)
		flags |= BPF_F_MARK_MANGLED_0;
	if (check_off && bpf_l4_csum_replace(skb, check_off, old, new, flags))
		return -1;
	if (bpf_l3_csum_replace(skb, PKT_L3_OFF + offsetof(struct iphdr, check), old, new,
				sizeof(new)))
		return -1;
	return bpf_skb_store_bytes(skb, PKT_L3_OFF + field, &new, sizeof(new), 0);
}

/* TC: rewrite the skb. The caller redirects it to the neighbour. */
static __always_inline enum ph_reason forward_rewrite_tc(struct __sk_buff *skb,
							 const struct flow *f)
{
	const struct work *w = f->w;
	__u8 ttl = w->pkt.ttl - 1;

	if (forward_replace_addr_tc(skb, w, offsetof(struct iphdr, saddr),
				    w->pkt.src.word[3], w->new_src.word[3]) ||
	    forward_replace_addr_tc(skb, w, offsetof(struct iphdr, daddr),
				    w->pkt.dst.word[3], w->new_dst.word[3]))
		return PH_DROP_REWRITE_FAILED;
	if (bpf_l3_csum_replace(skb, PKT_L3_OFF + offsetof(struct iphdr, check),
				__builtin_bswap16((__u16)w->pkt.ttl << 8),
				__builtin_bswap16((__u16)ttl << 8), sizeof(__u16)) ||
	    bpf_skb_store_bytes(skb, PKT_L3_OFF + offsetof(struct iphdr, ttl), &ttl,
				sizeof(ttl), 0))
		return PH_DROP_REWRITE_FAILED;
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
