/* SPDX-License-Identifier: GPL-2.0 */
/*
 * parse.h - from the frame to the work area, for XDP and for TC.
 *
 * pkt.h, which is pure, reads what lies in direct reach. What differs between the hooks
 * is how it gets there: headers with options are copied, TC pulls what is not linear, and
 * its VLAN tag may be beside the frame.
 *
 * Who may include it: the entry points.
 */
#ifndef PINHOLE_BPF_PARSE_H
#define PINHOLE_BPF_PARSE_H

#include "ftp_area.h"
#include "maps.h"
#include "pkt.h"
#include "quoted.h"
#include "tcp_track.h"

/* Make room for a header with options of len bytes, 1..60. Return: len, in a form
 * in which the verifier sees its bounds. */
static __always_inline __u32 header_clear(struct work *w, __u32 len)
{
	__builtin_memset(w->header, 0, sizeof(w->header));
	return ftp_bounded(len, sizeof(w->header));
}

/* ---- XDP ---- */

static __always_inline enum ph_reason xdp_read_options(struct xdp_md *ctx, struct work *w)
{
	__u32 len;

	len = header_clear(w, w->pkt.l4_off - w->pkt.l3_off);
	if (bpf_xdp_load_bytes(ctx, w->pkt.l3_off, w->header, len))
		return PH_DROP_TRUNCATED;
	return pkt_check_long_header(w->header, len);
}

static __always_inline __u8 xdp_read_scale(struct xdp_md *ctx, struct work *w)
{
	__u32 len;

	if (w->pkt.tcp_header_len <= sizeof(struct tcphdr))
		return TCP_NO_SCALE;
	len = header_clear(w, w->pkt.tcp_header_len - sizeof(struct tcphdr));
	if (bpf_xdp_load_bytes(ctx, w->pkt.l4_off + sizeof(struct tcphdr), w->header,
			       len))
		return TCP_NO_SCALE;
	return tcp_syn_scale(w->header, len);
}

/*
 * Parse the frame into the work area. Global, as tc_parse() is: the verifier
 * walks the many ways through a parser once, and not once more for each way that
 * a packet may go on from here.
 * Return: PH_NEXT or a drop reason.
 */
WORK_GLOBAL int xdp_parse(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct work *w = work_get();
	enum ph_reason reason;
	__u8 scale = TCP_NO_SCALE;

	if (!w)
		return PH_DROP_INTERNAL;
	__builtin_memset(&w->pkt, 0, sizeof(w->pkt));
	reason = pkt_parse(&w->pkt, data, data_end, data_end - data,
			   (struct pkt_tag){0, 0});
	if (!reason && w->pkt.long_header)
		reason = xdp_read_options(ctx, w);
	if (reason || w->pkt.proto != IPPROTO_TCP)
		return reason;
	if (w->pkt.tcp_flags & PKT_TCP_SYN)
		scale = xdp_read_scale(ctx, w);
	tcp_segment_make(&w->segment, &w->pkt, w->pkt.tcp_window, scale);
	return PH_NEXT;
}

/* ---- TC ---- */

/* How much of the frame TC must have in direct reach to parse it: Ethernet with
 * tags, an IP header with options, an ICMP error and the packet quoted in it; and
 * with IPv6 extension headers, which are rare, as much as is ever read. */
#define TC_PULL_BYTES	    160u
#define TC_PULL_BYTES_CHAIN (PKT_MAX_L4_OFF + 128u)

static __always_inline struct pkt_tag tc_tag(const struct __sk_buff *skb)
{
	struct pkt_tag tag = {0, 0};

	/* The tag is beside the frame here, not in it. */
	if (skb->vlan_present) {
		tag.tpid = skb->vlan_proto;
		tag.tci = skb->vlan_tci;
	}
	return tag;
}

/* Whether all that parsing reads is in direct reach already, as with what a socket has
 * sent: headers without options, and TCP's or UDP's behind them. */
static __always_inline bool tc_reaches(const struct __sk_buff *skb, const void *data,
				       const void *data_end)
{
	const struct pkt_ipv6 *ip6 = data + sizeof(struct ethhdr);
	const struct iphdr *ip = data + sizeof(struct ethhdr);

	if (data + sizeof(struct ethhdr) + sizeof(*ip6) + sizeof(struct tcphdr) <=
	    data_end)
		return (skb->protocol == __builtin_bswap16(ETH_P_IP) &&
			*(const __u8 *)ip == 0x45 &&
			(ip->protocol == IPPROTO_TCP || ip->protocol == IPPROTO_UDP)) ||
		       (skb->protocol == __builtin_bswap16(ETH_P_IPV6) &&
			(ip6->next == IPPROTO_TCP || ip6->next == IPPROTO_UDP));
	return data + sizeof(struct ethhdr) + sizeof(*ip) + sizeof(struct tcphdr) <=
		       data_end &&
	       skb->protocol == __builtin_bswap16(ETH_P_IP) &&
	       *(const __u8 *)ip == 0x45 && ip->protocol == IPPROTO_TCP;
}

/* Have as much of the frame in direct reach as parsing may need. */
static __always_inline void tc_pull(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;
	struct pkt_ipv6 *ip = data + sizeof(struct ethhdr);
	__u32 want = TC_PULL_BYTES;

	if (data + TC_PULL_BYTES_CHAIN <= data_end || skb->len <= data_end - data ||
	    tc_reaches(skb, data, data_end))
		return;
	if (skb->protocol != __builtin_bswap16(ETH_P_IP) &&
	    ((void *)(ip + 1) > data_end ||
	     skb->protocol != __builtin_bswap16(ETH_P_IPV6) ||
	     pkt_is_extension(ip->next)))
		want = TC_PULL_BYTES_CHAIN;
	if (data + want > data_end)
		bpf_skb_pull_data(skb, skb->len < want ? skb->len : want);
}

static __always_inline enum ph_reason tc_read_options(struct __sk_buff *skb,
						      struct work *w)
{
	__u32 len;

	len = header_clear(w, w->pkt.l4_off - w->pkt.l3_off);
	if (bpf_skb_load_bytes(skb, w->pkt.l3_off, w->header, len))
		return PH_DROP_TRUNCATED;
	return pkt_check_long_header(w->header, len);
}

static __always_inline __u8 tc_read_scale(struct __sk_buff *skb, struct work *w)
{
	__u32 len;

	if (w->pkt.tcp_header_len <= sizeof(struct tcphdr))
		return TCP_NO_SCALE;
	len = header_clear(w, w->pkt.tcp_header_len - sizeof(struct tcphdr));
	if (bpf_skb_load_bytes(skb, w->pkt.l4_off + sizeof(struct tcphdr), w->header,
			       len))
		return TCP_NO_SCALE;
	return tcp_syn_scale(w->header, len);
}

WORK_GLOBAL int tc_parse(struct __sk_buff *skb)
{
	struct work *w = work_get();
	enum ph_reason reason;
	__u8 scale = TCP_NO_SCALE;

	if (!w)
		return PH_DROP_INTERNAL;
	__builtin_memset(&w->pkt, 0, sizeof(w->pkt));
	tc_pull(skb);
	reason = pkt_parse(&w->pkt, (void *)(long)skb->data, (void *)(long)skb->data_end,
			   skb->len, tc_tag(skb));
	if (reason)
		return reason;
	w->quoted_valid = false;
	if (w->pkt.icmp_error) {
		__builtin_memset(&w->quoted, 0, sizeof(w->quoted));
		w->quoted_valid = quoted_parse(&w->quoted, &w->pkt,
					       (void *)(long)skb->data,
					       (void *)(long)skb->data_end);
	}
	if (w->pkt.long_header)
		reason = tc_read_options(skb, w);
	if (reason || w->pkt.proto != IPPROTO_TCP)
		return reason;
	if (w->pkt.tcp_flags & PKT_TCP_SYN)
		scale = tc_read_scale(skb, w);
	tcp_segment_make(&w->segment, &w->pkt, w->pkt.tcp_window, scale);
	return PH_NEXT;
}

#endif /* PINHOLE_BPF_PARSE_H */
