/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pkt_l4.h - the transport header: ports, flags, what an ICMP message is.
 *
 * Who may include it: pkt_ip.h. Pure.
 *
 * RFC 9293 (TCP), 768 (UDP), 792 (ICMP), 4443 (ICMPv6), 4861 and 3810 (what of
 * ICMPv6 stays on the link), 3828 and 4340 (UDP-Lite and DCCP: portless here,
 * but their checksums cover the addresses, so they must exist).
 */
#ifndef PINHOLE_BPF_PKT_L4_H
#define PINHOLE_BPF_PKT_L4_H

#include "pkt_types.h"

/* linux/icmp.h is not used: it includes sockets, which BPF has none of. */
#define PKT_ICMP_ECHO_REPLY    0
#define PKT_ICMP_UNREACHABLE   3
#define PKT_ICMP_SOURCE_QUENCH 4
#define PKT_ICMP_ECHO	       8
#define PKT_ICMP_TIME_EXCEEDED 11
#define PKT_ICMP_PARAMETER     12

#define PKT_ICMP_UNREACH_TOO_BIG 4 /* code: fragmentation needed */

#define PKT_ICMPV6_TOO_BIG	 2
#define PKT_ICMPV6_TIME_EXCEEDED 3
#define PKT_ICMPV6_ERROR_LAST	 4
#define PKT_ICMPV6_ECHO		 128
#define PKT_ICMPV6_ECHO_REPLY	 129
#define PKT_ICMPV6_MLD_QUERY	 130
#define PKT_ICMPV6_NS		 135
#define PKT_ICMPV6_NA		 136
#define PKT_ICMPV6_REDIRECT	 137
#define PKT_ICMPV6_MLD2_REPORT	 143

struct pkt_icmp {
	__u8 type;
	__u8 code;
	__be16 check;
	__be16 id; /* echo; in "too big" of ICMP unused */
	__be16 sequence;
};

static __always_inline bool pkt_is_icmp(const struct pkt *pkt)
{
	return pkt->kind == PKT_IPV6 ? pkt->proto == PKT_PROTO_ICMPV6
				     : pkt->proto == IPPROTO_ICMP;
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
	if (header_len < sizeof(*tcp))
		return PH_DROP_BAD_TCP_HEADER;
	if (header_len > l4_len)
		return pkt->fragment ? PH_DROP_TRUNCATED : PH_DROP_BAD_TCP_HEADER;
	flags = ((const __u8 *)tcp)[13];
	/* No flags at all, SYN+FIN, SYN+RST: sent by scanners only. */
	if (!(flags & 0x3f) ||
	    ((flags & PKT_TCP_SYN) && (flags & (PKT_TCP_FIN | PKT_TCP_RST))))
		return PH_DROP_BAD_TCP_HEADER;
	pkt->sport = tcp->source;
	pkt->dport = tcp->dest;
	pkt->tcp_seq = pkt_be32(tcp->seq);
	pkt->tcp_ack = pkt_be32(tcp->ack_seq);
	pkt->tcp_window = pkt_be16(tcp->window);
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
	/* Of a fragmented datagram the length is the whole's. */
	udp_len = pkt->fragment ? l4_len : pkt_be16(udp->len);
	if (udp_len < sizeof(*udp) || udp_len > l4_len)
		return PH_DROP_TRUNCATED;
	pkt->sport = udp->source;
	pkt->dport = udp->dest;
	pkt->payload_off = pkt->l4_off + sizeof(*udp);
	pkt->payload_len = udp_len - sizeof(*udp);
	return PH_NEXT;
}

/* The identifier stands for the port of the end that asked, so that a reply
 * belongs to its own request only. */
static __always_inline void pkt_enter_echo(struct pkt *pkt, enum pkt_echo echo, __be16 id)
{
	pkt->echo = echo;
	if (echo == PKT_ECHO_REQUEST)
		pkt->sport = id;
	else
		pkt->dport = id;
}

static __always_inline enum ph_reason pkt_parse_icmp(struct pkt *pkt, const void *l4,
						     __u32 l4_len, const void *data_end)
{
	const struct pkt_icmp *icmp = l4;

	if ((const void *)(icmp + 1) > data_end || l4_len < sizeof(*icmp))
		return PH_DROP_TRUNCATED;
	pkt->icmp_type = icmp->type;
	pkt->icmp_code = icmp->code;
	switch (icmp->type) {
	case PKT_ICMP_ECHO:
		pkt_enter_echo(pkt, PKT_ECHO_REQUEST, icmp->id);
		break;
	case PKT_ICMP_ECHO_REPLY:
		pkt_enter_echo(pkt, PKT_ECHO_REPLY, icmp->id);
		break;
	case PKT_ICMP_UNREACHABLE:
	case PKT_ICMP_SOURCE_QUENCH:
	case PKT_ICMP_TIME_EXCEEDED:
	case PKT_ICMP_PARAMETER:
		pkt->icmp_error = 1;
		break;
	}
	return PH_NEXT;
}

static __always_inline enum ph_reason pkt_parse_icmpv6(struct pkt *pkt, const void *l4,
						       __u32 l4_len, const void *data_end)
{
	const struct pkt_icmp *icmp = l4;

	if ((const void *)l4 + 4 > data_end || l4_len < 4)
		return PH_DROP_TRUNCATED;
	pkt->icmp_type = icmp->type;
	pkt->icmp_code = icmp->code;
	if (icmp->type >= PKT_ICMPV6_MLD_QUERY && icmp->type <= PKT_ICMPV6_REDIRECT) {
		pkt->on_link = 1;
		return PH_NEXT;
	}
	if (icmp->type == PKT_ICMPV6_MLD2_REPORT) {
		pkt->on_link = 1;
		return PH_NEXT;
	}
	if ((const void *)(icmp + 1) > data_end || l4_len < sizeof(*icmp))
		return PH_DROP_TRUNCATED;
	if (icmp->type == PKT_ICMPV6_ECHO)
		pkt_enter_echo(pkt, PKT_ECHO_REQUEST, icmp->id);
	else if (icmp->type == PKT_ICMPV6_ECHO_REPLY)
		pkt_enter_echo(pkt, PKT_ECHO_REPLY, icmp->id);
	else if (icmp->type && icmp->type <= PKT_ICMPV6_ERROR_LAST)
		pkt->icmp_error = 1;
	return PH_NEXT;
}

/*
 * Read the transport header of a whole packet or a first fragment.
 * @l4_len: bytes of the packet from the transport header on
 */
static __always_inline enum ph_reason pkt_parse_l4(struct pkt *pkt, const void *l4,
						   __u32 l4_len, const void *data_end)
{
	switch (pkt->proto) {
	case IPPROTO_TCP:
		return pkt_parse_tcp(pkt, l4, l4_len, data_end);
	case IPPROTO_UDP:
		return pkt_parse_udp(pkt, l4, l4_len, data_end);
	case IPPROTO_ICMP:
		return pkt->kind == PKT_IPV4 ? pkt_parse_icmp(pkt, l4, l4_len, data_end)
					     : PH_NEXT;
	case PKT_PROTO_ICMPV6:
		return pkt->kind == PKT_IPV6 ? pkt_parse_icmpv6(pkt, l4, l4_len, data_end)
					     : PH_NEXT;
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		return l4 + sizeof(struct udphdr) > data_end ||
				       l4_len < sizeof(struct udphdr)
			       ? PH_DROP_TRUNCATED
			       : PH_NEXT;
	default:
		return PH_NEXT;
	}
}

#endif /* PINHOLE_BPF_PKT_L4_H */
