/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pkt.h - one frame, parsed once, checked before anything believes it.
 *
 * Why it exists: later stages must never read a port out of a fragment, skip
 * IP options, or trust a length. They read `struct pkt` and not the frame.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively, uses no
 * map and no helper.
 *
 * RFC 791 (IPv4), 9293 (TCP), 768 (UDP), 792 (ICMP), 826 (ARP), 1122 3.2.1.3
 * (addresses that must not appear as a source).
 */
#ifndef PINHOLE_BPF_PKT_H
#define PINHOLE_BPF_PKT_H

#include <stdbool.h>

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <pinhole/abi.h>

#include "csum.h"

#define PKT_TCP_FIN 0x01
#define PKT_TCP_SYN 0x02
#define PKT_TCP_RST 0x04
#define PKT_TCP_PSH 0x08
#define PKT_TCP_ACK 0x10
#define PKT_TCP_URG 0x20

#define PKT_IP_MF     0x2000
#define PKT_IP_OFFSET 0x1fff

#ifndef __always_inline
#	define __always_inline inline __attribute__((always_inline))
#endif

/* linux/icmp.h is not used: it includes sockets, which BPF has none of. */
#define PKT_ICMP_ECHO_REPLY  0
#define PKT_ICMP_UNREACHABLE 3
#define PKT_ICMP_ECHO	     8

struct pkt_icmp {
	__u8 type;
	__u8 code;
	__be16 check;
	__be16 id; /* echo only */
	__be16 sequence;
};

/* ICMP echo is the part of ICMP that makes flows. */
enum pkt_echo { PKT_ECHO_NONE = 0, PKT_ECHO_REQUEST, PKT_ECHO_REPLY };

/* What kind of frame it is, for the stage that decides where it goes. */
enum pkt_kind {
	PKT_IPV4 = 0,
	PKT_IPV6, /* only dst is filled in */
	PKT_ARP,
};

/* Offsets are in bytes from the start of the frame; ports are in wire order,
 * everything else in host order. */
struct pkt {
	struct ph_addr src;
	struct ph_addr dst;
	__be16 sport; /* ICMP echo: the identifier is the asking end's port */
	__be16 dport;
	__u16 l3_len; /* IP header and payload; more than this is padding */
	__u8 kind;    /* enum pkt_kind */
	__u8 proto;
	__u16 l4_off;
	__u16 payload_off; /* TCP and UDP */
	__u16 payload_len;
	__u8 ttl;
	__u8 tcp_flags;
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 tcp_header_len;
	__u8 echo; /* enum pkt_echo */
	__u32 tcp_seq;
	__u32 tcp_ack;
};

#define PKT_L3_OFF ((__u32)sizeof(struct ethhdr))

static __always_inline void pkt_addr_v4(struct ph_addr *out, __be32 v4)
{
	out->word[0] = 0;
	out->word[1] = 0;
	out->word[2] = __builtin_bswap32(0x0000ffff);
	out->word[3] = v4;
}

static __always_inline bool pkt_addr_equal(const struct ph_addr *a,
					   const struct ph_addr *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] &&
	       a->word[2] == b->word[2] && a->word[3] == b->word[3];
}

static __always_inline __u16 pkt_be16(__be16 v)
{
	return __builtin_bswap16(v);
}

static __always_inline __u32 pkt_be32(__be32 v)
{
	return __builtin_bswap32(v);
}

static __always_inline bool pkt_v4_is_multicast(__be32 v4)
{
	return (pkt_be32(v4) & 0xf0000000) == 0xe0000000;
}

/* Multicast or the limited broadcast: never routed, always for this machine. */
static __always_inline bool pkt_v4_is_on_link(__be32 v4)
{
	return pkt_v4_is_multicast(v4) || v4 == 0xffffffff;
}

/* RFC 1122 3.2.1.3: these never name a sender. Zero does, for DHCP only. */
static __always_inline bool pkt_v4_bad_source(__be32 v4)
{
	return pkt_v4_is_on_link(v4) || (pkt_be32(v4) >> 24) == 127;
}

static __always_inline enum ph_reason pkt_parse_tcp(struct pkt *pkt, const void *l4,
						    __u32 l4_len, const void *data_end)
{
	const struct tcphdr *tcp = l4;
	__u32 header_len;
	__u8 flags;

	if ((const void *)(tcp + 1) > data_end || l4_len < sizeof(*tcp))
		return PH_DROP_TRUNCATED;
	header_len = tcp->doff * 4u;
	if (header_len < sizeof(*tcp) || header_len > l4_len)
		return PH_DROP_BAD_TCP_HEADER;
	flags = ((const __u8 *)tcp)[13];
	/* No flags at all, SYN+FIN, SYN+RST: sent by scanners only. */
	if (!(flags & 0x3f) ||
	    ((flags & PKT_TCP_SYN) && (flags & (PKT_TCP_FIN | PKT_TCP_RST))))
		return PH_DROP_BAD_TCP_HEADER;
	pkt->sport = tcp->source;
	pkt->dport = tcp->dest;
	pkt->tcp_seq = pkt_be32(tcp->seq);
	pkt->tcp_ack = pkt_be32(tcp->ack_seq);
	pkt->tcp_flags = flags;
	pkt->tcp_header_len = header_len;
	pkt->payload_off = pkt->l4_off + header_len;
	pkt->payload_len = l4_len - header_len;
	return PH_NEXT;
}

static __always_inline enum ph_reason pkt_parse_udp(struct pkt *pkt, const void *l4,
						    __u32 l4_len, const void *data_end)
{
	const struct udphdr *udp = l4;
	__u32 udp_len;

	if ((const void *)(udp + 1) > data_end || l4_len < sizeof(*udp))
		return PH_DROP_TRUNCATED;
	udp_len = pkt_be16(udp->len);
	if (udp_len < sizeof(*udp) || udp_len > l4_len)
		return PH_DROP_TRUNCATED;
	pkt->sport = udp->source;
	pkt->dport = udp->dest;
	pkt->payload_off = pkt->l4_off + sizeof(*udp);
	pkt->payload_len = udp_len - sizeof(*udp);
	return PH_NEXT;
}

static __always_inline enum ph_reason pkt_parse_icmp(struct pkt *pkt, const void *l4,
						     __u32 l4_len, const void *data_end)
{
	const struct pkt_icmp *icmp = l4;

	if ((const void *)(icmp + 1) > data_end || l4_len < sizeof(*icmp))
		return PH_DROP_TRUNCATED;
	pkt->icmp_type = icmp->type;
	pkt->icmp_code = icmp->code;
	/* The identifier stands for the port of the end that asked, so that a
	 * reply belongs to its own request only. */
	if (icmp->type == PKT_ICMP_ECHO) {
		pkt->echo = PKT_ECHO_REQUEST;
		pkt->sport = icmp->id;
	} else if (icmp->type == PKT_ICMP_ECHO_REPLY) {
		pkt->echo = PKT_ECHO_REPLY;
		pkt->dport = icmp->id;
	}
	return PH_NEXT;
}

static __always_inline enum ph_reason
pkt_parse_ipv4(struct pkt *pkt, const void *data, const void *data_end, __u32 frame_len)
{
	const struct iphdr *ip = data + PKT_L3_OFF;
	__u32 header_len, l3_len, l4_len;
	const void *l4;

	if ((const void *)(ip + 1) > data_end)
		return PH_DROP_TRUNCATED;
	header_len = ip->ihl * 4u;
	l3_len = pkt_be16(ip->tot_len);
	if (ip->version != 4 || header_len < sizeof(*ip) || l3_len < header_len)
		return PH_DROP_BAD_IP_HEADER;
	if (l3_len > frame_len - PKT_L3_OFF)
		return PH_DROP_TRUNCATED;
	l4 = (const void *)ip + header_len;
	if (l4 > data_end)
		return PH_DROP_TRUNCATED;
	if (!csum_ipv4_header_ok(ip, header_len, data_end))
		return PH_DROP_BAD_IP_CHECKSUM;

	pkt_addr_v4(&pkt->src, ip->saddr);
	pkt_addr_v4(&pkt->dst, ip->daddr);
	pkt->proto = ip->protocol;
	pkt->ttl = ip->ttl;
	pkt->l3_len = l3_len;
	pkt->l4_off = PKT_L3_OFF + header_len;

	if (pkt_v4_bad_source(ip->saddr) || (pkt_be32(ip->daddr) >> 24) == 127 ||
	    !ip->daddr)
		return PH_DROP_BAD_ADDRESS;
	if (ip->saddr == ip->daddr)
		return PH_DROP_LAND;
	if (!ip->saddr && ip->daddr != 0xffffffff)
		return PH_DROP_BAD_ADDRESS;
	if (ip->frag_off & __builtin_bswap16(PKT_IP_MF | PKT_IP_OFFSET))
		return PH_DROP_FRAGMENT_NO_FIRST;

	l4_len = l3_len - header_len;
	switch (ip->protocol) {
	case IPPROTO_TCP:
		return pkt_parse_tcp(pkt, l4, l4_len, data_end);
	case IPPROTO_UDP:
		return pkt_parse_udp(pkt, l4, l4_len, data_end);
	case IPPROTO_ICMP:
		return pkt_parse_icmp(pkt, l4, l4_len, data_end);
	case IPPROTO_UDPLITE: /* portless here, but translated: the checksum must exist */
	case IPPROTO_DCCP:
		return l4 + sizeof(struct udphdr) > data_end ||
				       l4_len < sizeof(struct udphdr)
			       ? PH_DROP_TRUNCATED
			       : PH_NEXT;
	default:
		return PH_NEXT;
	}
}

/*
 * Parse the frame at data..data_end.
 * @frame_len: the length of the whole frame, which may exceed what is in
 *	       direct reach (TC: skb->len); at least data_end - data
 * @pkt:       zeroed by the caller; valid as far as the parse got
 * Return: PH_NEXT, or the drop reason. A fragment's addresses and protocol
 * are filled in although it is refused, for the caller to tell whether it is
 * addressed to this machine.
 */
static __always_inline enum ph_reason pkt_parse(struct pkt *pkt, const void *data,
						const void *data_end, __u32 frame_len)
{
	const struct ethhdr *eth = data;
	__be16 type;

	if ((const void *)(eth + 1) > data_end)
		return PH_DROP_TRUNCATED;
	type = eth->h_proto;
	if (type == __builtin_bswap16(ETH_P_IP))
		return pkt_parse_ipv4(pkt, data, data_end, frame_len);
	if (type == __builtin_bswap16(ETH_P_ARP)) {
		pkt->kind = PKT_ARP;
		return PH_NEXT;
	}
	if (type == __builtin_bswap16(ETH_P_IPV6)) {
		const __be32 *word = data + PKT_L3_OFF;

		pkt->kind = PKT_IPV6;
		if ((const void *)(word + 10) > data_end)
			return PH_DROP_TRUNCATED;
		__builtin_memcpy(&pkt->src, word + 2, sizeof(pkt->src));
		__builtin_memcpy(&pkt->dst, word + 6, sizeof(pkt->dst));
		return PH_NEXT;
	}
	if (type == __builtin_bswap16(ETH_P_8021Q) ||
	    type == __builtin_bswap16(ETH_P_8021AD))
		return PH_DROP_VLAN_UNKNOWN;
	return PH_DROP_L2_UNSUPPORTED;
}

#endif /* PINHOLE_BPF_PKT_H */
