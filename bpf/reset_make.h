/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reset_make.h - which packets a TCP reset may answer, what numbers it has, and
 * its headers.
 *
 * Who may include it: reset.h. Pure: compiles for BPF and natively.
 *
 * RFC 9293 3.5.2 and 3.10.7.1 (reset generation), 5961 3.2 (a reset is taken only
 * if its number is the one that the receiver expects next), 6864 4.1
 * (identification of what is not fragmented).
 */
#ifndef PINHOLE_BPF_RESET_MAKE_H
#define PINHOLE_BPF_RESET_MAKE_H

#include "pkt.h"

#define RESET_HOP_LIMIT 64

/* Summed as words; unions, for a pointer of another type may not look. */
union reset_tcp {
	struct tcphdr header;
	__u32 word[5];
};

struct reset_v4 {
	union {
		struct iphdr ip;
		__u32 ip_word[5];
	};
	union reset_tcp tcp;
};

struct reset_v6 {
	struct pkt_ipv6 ip;
	union reset_tcp tcp;
};

/* What a reset says, as on the wire at its receiver. */
struct reset {
	struct ph_addr src;
	struct ph_addr dst;
	__be16 sport;
	__be16 dport;
	__u32 seq;  /* host order, as are ack and the rest */
	__u32 ack;  /* 0 without PKT_TCP_ACK */
	__u8 flags; /* PKT_TCP_RST, perhaps with PKT_TCP_ACK */
	__u8 v6;
	__u8 pad[2];
};

/*
 * Whether a reset may answer the packet. Nothing answers a reset (RFC 9293
 * 3.10.7.1). Of a fragment without ACK nobody knows how much the segment has.
 */
static __always_inline bool reset_may(const struct pkt *pkt)
{
	if ((pkt->kind != PKT_IPV4 && pkt->kind != PKT_IPV6) || pkt->proto != IPPROTO_TCP)
		return false;
	if (pkt->fragment == PKT_FRAGMENT_LATER || (pkt->tcp_flags & PKT_TCP_RST))
		return false;
	return (pkt->tcp_flags & PKT_TCP_ACK) || !pkt->fragment;
}

/*
 * The reset that answers the packet, to its sender. Where the packet acknowledges,
 * that number is the one which its sender expects next, and so the one that a
 * reset must have. Otherwise (SYN) the reset must acknowledge the packet.
 */
static __always_inline void reset_back(struct reset *r, const struct pkt *pkt)
{
	r->src = pkt->dst;
	r->dst = pkt->src;
	r->sport = pkt->dport;
	r->dport = pkt->sport;
	r->v6 = pkt->kind == PKT_IPV6;
	if (pkt->tcp_flags & PKT_TCP_ACK) {
		r->seq = pkt->tcp_ack;
		r->ack = 0;
		r->flags = PKT_TCP_RST;
		return;
	}
	r->seq = 0;
	r->ack = pkt->tcp_seq + pkt->payload_len + !!(pkt->tcp_flags & PKT_TCP_SYN) +
		 !!(pkt->tcp_flags & PKT_TCP_FIN);
	r->flags = PKT_TCP_RST | PKT_TCP_ACK;
}

/* The same end's reset to the packet's receiver: ports as the packet's.
 * @src, @dst: addresses that the packet would have left with */
static __always_inline void reset_on(struct reset *r, const struct pkt *pkt,
				     const struct ph_addr *src, const struct ph_addr *dst,
				     __u32 seq, __u32 ack)
{
	r->src = *src;
	r->dst = *dst;
	r->sport = pkt->sport;
	r->dport = pkt->dport;
	r->v6 = pkt->kind == PKT_IPV6;
	r->seq = seq;
	r->ack = ack;
	r->flags = PKT_TCP_RST | PKT_TCP_ACK;
}

/*
 * The TCP header.
 * @pseudo:  sum of the addresses
 * @partial: whoever sends the packet finishes the checksum, and wants the sum of
 *	     the pseudo-header in it (CHECKSUM_PARTIAL)
 */
static __always_inline void reset_make_tcp(union reset_tcp *tcp, const struct reset *r,
					   __u64 pseudo, bool partial)
{
	tcp->header.source = r->sport;
	tcp->header.dest = r->dport;
	tcp->header.seq = pkt_be32(r->seq);
	tcp->header.ack_seq = pkt_be32(r->ack);
	tcp->header.doff = sizeof(tcp->header) / 4;
	tcp->header.rst = 1;
	tcp->header.ack = !!(r->flags & PKT_TCP_ACK);
	pseudo += (__u64)pkt_be32(IPPROTO_TCP) + pkt_be32(sizeof(*tcp));
	tcp->header.check =
		partial ? csum_fold(pseudo)
			: ~csum_fold(pseudo + tcp->word[0] + tcp->word[1] + tcp->word[2] +
				     tcp->word[3] + tcp->word[4]);
}

static __always_inline void reset_make_v4(struct reset_v4 *out, const struct reset *r,
					  bool partial)
{
	const __u32 *word = out->ip_word;

	__builtin_memset(out, 0, sizeof(*out));
	out->ip.version = 4;
	out->ip.ihl = sizeof(out->ip) / 4;
	out->ip.tot_len = pkt_be16(sizeof(*out));
	out->ip.frag_off = __builtin_bswap16(PKT_IP_DF);
	out->ip.ttl = RESET_HOP_LIMIT;
	out->ip.protocol = IPPROTO_TCP;
	out->ip.saddr = r->src.word[3];
	out->ip.daddr = r->dst.word[3];
	out->ip.check =
		~csum_fold((__u64)word[0] + word[1] + word[2] + word[3] + word[4]);
	reset_make_tcp(&out->tcp, r, (__u64)word[3] + word[4], partial);
}

static __always_inline void reset_make_v6(struct reset_v6 *out, const struct reset *r,
					  bool partial)
{
	__u64 sum = 0;

	__builtin_memset(out, 0, sizeof(*out));
	out->ip.version_class_flow = pkt_be32(0x60000000);
	out->ip.payload_len = pkt_be16(sizeof(out->tcp));
	out->ip.next = IPPROTO_TCP;
	out->ip.hop_limit = RESET_HOP_LIMIT;
	__builtin_memcpy(out->ip.src, &r->src, sizeof(out->ip.src));
	__builtin_memcpy(out->ip.dst, &r->dst, sizeof(out->ip.dst));
	for (int i = 0; i < 4; i++)
		sum += (__u64)r->src.word[i] + r->dst.word[i];
	reset_make_tcp(&out->tcp, r, sum, partial);
}

#endif /* PINHOLE_BPF_RESET_MAKE_H */
