/* SPDX-License-Identifier: GPL-2.0 */
/*
 * forward.h - the last stage: new addresses, one hop less, other tags, and out.
 *
 * Written twice because the hooks differ in what they know of the checksum of
 * TCP and UDP. XDP sees finished frames and updates it in place. TC sees skbs
 * where it may be unfinished (CHECKSUM_PARTIAL), complete or verified; only the
 * kernel's helpers keep all three right.
 *
 * Who may include it: the entry points.
 *
 * RFC 1812 5.3.1 (TTL), 8200 (hop limit), 1624 (checksums), 768 (UDP's zero
 * checksum), 3828 (UDP-Lite) and 4340 9.1 (DCCP), which cover the addresses at
 * UDP's offset, 4443 2.3 (ICMPv6 does, ICMP does not).
 */
#ifndef PINHOLE_BPF_FORWARD_H
#define PINHOLE_BPF_FORWARD_H

#include <stddef.h>

#include "maps.h"

/* Left by TC ingress on what it sends, read by TC egress. */
#define TC_JUDGED 0x5048

#define FORWARD_FAILED	      (-1L) /* what no redirect helper returns */
#define FORWARD_MAX_CHECK_OFF (PKT_MAX_L4_OFF + sizeof(struct tcphdr))

/* What new addresses add to the checksums that cover them. */
static __always_inline __u64 forward_addr_delta(__u8 kind, const struct ph_addr *src,
						const struct ph_addr *dst,
						const struct ph_addr *new_src,
						const struct ph_addr *new_dst)
{
	__u64 delta = 0;

	if (kind == PKT_IPV4)
		return csum_delta4(src->word[3], new_src->word[3]) +
		       csum_delta4(dst->word[3], new_dst->word[3]);
	for (int i = 0; i < 4; i++) {
		delta += csum_delta4(src->word[i], new_src->word[i]);
		delta += csum_delta4(dst->word[i], new_dst->word[i]);
	}
	return delta;
}

/* What the translation adds to the checksums that cover the addresses; 0 only
 * if nothing is translated. */
static __always_inline __u64 forward_delta(const struct work *w)
{
	if (w->pkt.kind == PKT_IPV4 ? w->new_src.word[3] == w->pkt.src.word[3] &&
					      w->new_dst.word[3] == w->pkt.dst.word[3]
				    : pkt_addr_equal(&w->new_src, &w->pkt.src) &&
					      pkt_addr_equal(&w->new_dst, &w->pkt.dst))
		return 0;
	return forward_addr_delta(w->pkt.kind, &w->pkt.src, &w->pkt.dst, &w->new_src,
				  &w->new_dst);
}

/* Whether the packet has ports that a translation may move. */
static __always_inline bool forward_has_ports(const struct pkt *pkt)
{
	return (pkt->proto == IPPROTO_TCP || pkt->proto == IPPROTO_UDP) &&
	       pkt->fragment != PKT_FRAGMENT_LATER;
}

/* What that adds to the transport's checksum; 0 only if none is moved. */
static __always_inline __u64 forward_port_delta(const struct work *w)
{
	if (!forward_has_ports(&w->pkt) ||
	    (w->new_sport == w->pkt.sport && w->new_dport == w->pkt.dport))
		return 0;
	return csum_delta2(w->pkt.sport, w->new_sport) +
	       csum_delta2(w->pkt.dport, w->new_dport);
}

/* Where the checksum that covers the addresses lies; 0: there is none. */
static __always_inline __u32 forward_check_offset(const struct pkt *pkt)
{
	if (pkt->fragment == PKT_FRAGMENT_LATER)
		return 0;
	switch (pkt->proto) {
	case IPPROTO_TCP:
		return pkt->l4_off + offsetof(struct tcphdr, check);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		return pkt->l4_off + offsetof(struct udphdr, check);
	case PKT_PROTO_ICMPV6:
		return pkt->kind == PKT_IPV6
			       ? pkt->l4_off + offsetof(struct pkt_icmp, check)
			       : 0;
	default:
		return 0;
	}
}

/* The IPv4 header: new addresses, one hop less if `hop`. Its own checksum is
 * finished at either hook. */
static __always_inline void forward_rewrite_ipv4(struct iphdr *ip, __be32 src, __be32 dst,
						 __u64 delta, bool hop)
{
	if (hop) {
		/* TTL is the first byte of its 16-bit word on the wire. */
		delta += csum_delta2(__builtin_bswap16((__u16)ip->ttl << 8),
				     __builtin_bswap16((__u16)(ip->ttl - 1) << 8));
		ip->ttl--;
	}
	ip->check = csum_apply(ip->check, delta);
	ip->saddr = src;
	ip->daddr = dst;
}

/* ---- Ethernet and tags ---- */

static __always_inline __be16 forward_ethertype(const struct pkt *pkt)
{
	return pkt->kind == PKT_IPV4 ? __builtin_bswap16(ETH_P_IP)
				     : __builtin_bswap16(ETH_P_IPV6);
}

static __always_inline __u32 forward_tags_wanted(const struct iface_config *out)
{
	return out->inner_vlan ? 2 : out->vlan ? 1 : 0;
}

/* w->l2: the Ethernet header and tags of the egress interface. */
static __always_inline void forward_make_l2(struct work *w,
					    const struct iface_config *out)
{
	__be16 type = forward_ethertype(&w->pkt);
	__u32 tags = forward_tags_wanted(out);

	__builtin_memcpy(w->l2.eth.h_dest, w->fib.dmac, ETH_ALEN);
	__builtin_memcpy(w->l2.eth.h_source, w->fib.smac, ETH_ALEN);
	w->l2.eth.h_proto = type;
	if (!tags)
		return;
	w->l2.eth.h_proto = __builtin_bswap16(tags == 2 ? ETH_P_8021AD : ETH_P_8021Q);
	w->l2.tag[0].tci = __builtin_bswap16(out->vlan);
	w->l2.tag[0].next = tags == 2 ? __builtin_bswap16(ETH_P_8021Q) : type;
	w->l2.tag[1].tci = __builtin_bswap16(out->inner_vlan);
	w->l2.tag[1].next = type;
}

/* XDP: exchange the tags of the frame for those of the egress interface. The
 * frame may begin elsewhere afterwards. */
static __noinline enum ph_reason forward_retag_xdp(struct xdp_md *ctx, struct flow *f)
{
	struct work *w = f->w;
	__u32 have, want;
	void *data, *data_end;

	if (!w || !f->out)
		return PH_DROP_INTERNAL;
	have = w->pkt.tags;
	want = forward_tags_wanted(f->out);
	if (have != want &&
	    bpf_xdp_adjust_head(ctx,
				(int)(have - want) * (int)sizeof(struct pkt_vlan_header)))
		return PH_DROP_REWRITE_FAILED;
	forward_make_l2(w, f->out);
	data = (void *)(long)ctx->data;
	data_end = (void *)(long)ctx->data_end;
	if (data + sizeof(w->l2.eth) + 2 * sizeof(struct pkt_vlan_header) > data_end)
		return PH_DROP_INTERNAL; /* an IP header follows */
	__builtin_memcpy(data, &w->l2.eth, sizeof(w->l2.eth));
	if (want)
		__builtin_memcpy(data + sizeof(w->l2.eth), &w->l2.tag[0],
				 sizeof(w->l2.tag[0]));
	if (want == 2)
		__builtin_memcpy(data + sizeof(w->l2.eth) + sizeof(w->l2.tag[0]),
				 &w->l2.tag[1], sizeof(w->l2.tag[1]));
	return PH_NEXT;
}

/* ---- XDP ---- */

static __always_inline long forward_move_ports_xdp(void *data, void *data_end,
						   const struct work *w)
{
	__be16 *ports = data + (w->pkt.l4_off & PKT_MAX_L4_OFF);

	if ((void *)(ports + 2) > data_end)
		return -1;
	ports[0] = w->new_sport;
	ports[1] = w->new_dport;
	return 0;
}

/* Rewrite the frame in place. The caller redirects it. */
static __always_inline enum ph_reason forward_rewrite_xdp(struct xdp_md *ctx,
							  struct flow *f)
{
	struct work *w = f->w;
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	void *l3 = data + (w->pkt.l3_off & 31);
	__u64 delta = forward_delta(w), moved = forward_port_delta(w);
	__u32 check_off = delta | moved ? forward_check_offset(&w->pkt) : 0;

	if ((void *)(eth + 1) > data_end || !f->out)
		return PH_DROP_INTERNAL;
	if (check_off) {
		__u16 *check;

		if (check_off > FORWARD_MAX_CHECK_OFF)
			return PH_DROP_INTERNAL;
		check = data + check_off;
		if ((void *)(check + 1) > data_end)
			return PH_DROP_INTERNAL;
		*check = w->pkt.proto == IPPROTO_UDP
				 ? csum_udp_apply(*check, delta + moved)
				 : csum_apply(*check, delta + moved);
	}
	if (moved && forward_move_ports_xdp(data, data_end, w))
		return PH_DROP_INTERNAL;
	if (w->pkt.kind == PKT_IPV4) {
		if (l3 + sizeof(struct iphdr) > data_end)
			return PH_DROP_INTERNAL;
		forward_rewrite_ipv4(l3, w->new_src.word[3], w->new_dst.word[3], delta,
				     true);
	} else {
		struct pkt_ipv6 *ip = l3;

		if ((void *)(ip + 1) > data_end)
			return PH_DROP_INTERNAL;
		ip->hop_limit--;
		if (delta) {
			__builtin_memcpy(ip->src, &w->new_src, sizeof(ip->src));
			__builtin_memcpy(ip->dst, &w->new_dst, sizeof(ip->dst));
		}
	}
	if (w->pkt.tags || f->out->vlan)
		return forward_retag_xdp(ctx, f);
	__builtin_memcpy(eth->h_dest, w->fib.dmac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, w->fib.smac, ETH_ALEN);
	return PH_NEXT;
}

/* ---- TC ---- */

/* The IPv6 header has no checksum that could make up for its own change, so a
 * sum over the whole packet (CHECKSUM_COMPLETE) must be told of it. */
static __always_inline long forward_rewrite_ipv6_tc(struct __sk_buff *skb, struct work *w)
{
	w->ipv6_tail[0] = w->pkt.ttl - 1;
	__builtin_memcpy(&w->ipv6_tail[1], &w->new_src, sizeof(w->new_src));
	__builtin_memcpy(&w->ipv6_tail[17], &w->new_dst, sizeof(w->new_dst));
	return bpf_skb_store_bytes(
		skb, w->pkt.l3_off + offsetof(struct pkt_ipv6, hop_limit), w->ipv6_tail,
		1 + 2 * sizeof(struct ph_addr), BPF_F_RECOMPUTE_CSUM);
}

/* Ports are no part of a pseudo-header, and of an unfinished checksum neither. What
 * the ports gain, the checksum loses: a sum over the whole stays. */
static __always_inline long forward_move_ports_tc(struct __sk_buff *skb,
						  const struct work *w, __u64 moved)
{
	const __be16 ports[2] = {w->new_sport, w->new_dport};
	__u64 flags = w->pkt.proto == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;

	if (bpf_l4_csum_replace(skb, forward_check_offset(&w->pkt), 0, csum_fold(moved),
				flags))
		return -1;
	return bpf_skb_store_bytes(skb, w->pkt.l4_off, ports, sizeof(ports), 0);
}

/*
 * Rewrite the skb. The caller redirects it to the neighbour.
 * @hop: it has one less to go; else the kernel sees to that
 * Return: PH_NEXT or a drop reason.
 */
WORK_GLOBAL int forward_rewrite_tc(struct __sk_buff *skb, bool hop)
{
	struct work *w = work_get();
	__u64 delta, moved, flags = BPF_F_PSEUDO_HDR;
	__u32 check_off;
	struct iphdr *ip;

	if (!w)
		return PH_DROP_INTERNAL;
	delta = forward_delta(w);
	moved = forward_port_delta(w);
	check_off = delta ? forward_check_offset(&w->pkt) : 0;
	if (w->pkt.proto == IPPROTO_UDP)
		flags |= BPF_F_MARK_MANGLED_0;
	/* Size 0: the last but one argument is a difference, not a value. */
	if (check_off && bpf_l4_csum_replace(skb, check_off, 0, csum_fold(delta), flags))
		return PH_DROP_REWRITE_FAILED;
	if (moved && forward_move_ports_tc(skb, w, moved))
		return PH_DROP_REWRITE_FAILED;
	if (w->pkt.kind != PKT_IPV4)
		return forward_rewrite_ipv6_tc(skb, w) ? PH_DROP_REWRITE_FAILED : PH_NEXT;
	ip = (void *)(long)skb->data + (w->pkt.l3_off & 31);
	if ((void *)(ip + 1) > (void *)(long)skb->data_end)
		return PH_DROP_REWRITE_FAILED;
	forward_rewrite_ipv4(ip, w->new_src.word[3], w->new_dst.word[3], delta, hop);
	return PH_NEXT;
}

/* Take off the tags that the frame came with. One beside it comes off first;
 * the kernel then takes the next out of the frame. */
static __always_inline long forward_untag_tc(struct __sk_buff *skb, const struct work *w)
{
	__u32 tags = w->pkt.tags + !!skb->vlan_present;

	if (tags && bpf_skb_vlan_pop(skb))
		return -1;
	if (tags > 1 && bpf_skb_vlan_pop(skb))
		return -1;
	return 0;
}

/* Have the packet in hand go where its connection remembers that they go. */
static __always_inline void forward_take_path(struct work *w,
					      const struct conn_path *path)
{
	w->by_path = true;
	w->path_mtu = 0;
	w->fib.mtu_result = 0; /* nothing that could be remembered anew */
	w->fib.ifindex = path->tx_ifindex;
	__builtin_memcpy(w->fib.dmac, path->dmac, sizeof(w->fib.dmac));
	__builtin_memcpy(w->fib.smac, path->smac, sizeof(w->fib.smac));
}

/* After forward_take_path(). Return: as forward_redirect_vlan(). */
static __always_inline long forward_redirect_path(struct __sk_buff *skb,
						  const struct work *w)
{
	struct ethhdr *eth = (void *)(long)skb->data;

	if ((void *)(eth + 1) > (void *)(long)skb->data_end)
		return FORWARD_FAILED;
	__builtin_memcpy(eth->h_dest, w->fib.dmac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, w->fib.smac, ETH_ALEN);
	return bpf_redirect(w->fib.ifindex, 0);
}

/* To a VLAN interface whose neighbour is known: tagged, out of its carrier.
 * Return: what the redirect helper returned, or FORWARD_FAILED. */
static __always_inline long forward_redirect_vlan(struct __sk_buff *skb,
						  const struct flow *f)
{
	struct work *w = f->w;

	forward_make_l2(w, f->out);
	w->l2.eth.h_proto = forward_ethertype(&w->pkt);
	if (bpf_skb_store_bytes(skb, 0, &w->l2.eth, sizeof(w->l2.eth), 0))
		return FORWARD_FAILED;
	if (f->out->inner_vlan &&
	    bpf_skb_vlan_push(skb, __builtin_bswap16(ETH_P_8021Q), f->out->inner_vlan))
		return FORWARD_FAILED;
	if (bpf_skb_vlan_push(
		    skb,
		    __builtin_bswap16(f->out->inner_vlan ? ETH_P_8021AD : ETH_P_8021Q),
		    f->out->vlan))
		return FORWARD_FAILED;
	return bpf_redirect(f->out->tx_ifindex, 0);
}

/*
 * Hand the rewritten skb to the egress device. Where the neighbour is not known
 * yet the kernel resolves it and keeps the packet meanwhile; a VLAN's own device
 * then puts the tag on. Return: as forward_redirect_vlan().
 */
static __always_inline long forward_redirect_tc(struct __sk_buff *skb,
						const struct flow *f)
{
	const struct work *w = f->w;
	struct bpf_redir_neigh next_hop = {.nh_family = w->fib.family};

	if (w->by_path)
		return forward_redirect_path(skb, w);
	if (forward_untag_tc(skb, w))
		return FORWARD_FAILED;
	if (f->out && f->out->vlan && !f->unresolved)
		return forward_redirect_vlan(skb, f);
	if (w->fib.family == 2)
		next_hop.ipv4_nh = w->fib.ipv4_dst;
	else /* also an IPv4 route by an IPv6 next hop (RFC 5549) */
		__builtin_memcpy(next_hop.ipv6_nh, w->fib.ipv6_dst,
				 sizeof(next_hop.ipv6_nh));
	return bpf_redirect_neigh(w->egress_ifindex, &next_hop, sizeof(next_hop), 0);
}

#endif /* PINHOLE_BPF_FORWARD_H */
