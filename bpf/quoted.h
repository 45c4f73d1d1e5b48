/* SPDX-License-Identifier: GPL-2.0 */
/*
 * quoted.h - the packet that an ICMP error speaks of, as far as it is quoted.
 *
 * Who may include it: everybody. Pure.
 *
 * RFC 792 (the header and eight bytes at least), 4443, 4884. Eight bytes of TCP
 * hold the ports and the sequence number, and neither flags nor checksum.
 */
#ifndef PINHOLE_BPF_QUOTED_H
#define PINHOLE_BPF_QUOTED_H

#include <stddef.h>

#include "pkt.h"

#define QUOTED_MIN_BYTES 8u

/* Where the checksum that covers the addresses lies in a quoted packet, as an
 * offset from its transport header; 0: it has none. */
static __always_inline __u32 quoted_check_at(const struct pkt *q)
{
	switch (q->proto) {
	case IPPROTO_TCP:
		return offsetof(struct tcphdr, check);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		return offsetof(struct udphdr, check);
	case PKT_PROTO_ICMPV6:
		return q->kind == PKT_IPV6 ? offsetof(struct pkt_icmp, check) : 0;
	default:
		return 0;
	}
}

/* Ports, or the identifier of an echo, from the first eight bytes. */
static __always_inline void quoted_enter_ports(struct pkt *q, const void *l4)
{
	const struct udphdr *ports = l4;
	const struct pkt_icmp *icmp = l4;

	if (q->proto == IPPROTO_TCP || q->proto == IPPROTO_UDP) {
		q->sport = ports->source;
		q->dport = ports->dest;
		return;
	}
	if (!pkt_is_icmp(q))
		return;
	q->icmp_type = icmp->type;
	q->icmp_error = 1; /* nobody may answer an error; an echo is none */
	if (icmp->type == (q->kind == PKT_IPV6 ? PKT_ICMPV6_ECHO : PKT_ICMP_ECHO)) {
		q->icmp_error = 0;
		pkt_enter_echo(q, PKT_ECHO_REQUEST, icmp->id);
	} else if (icmp->type ==
		   (q->kind == PKT_IPV6 ? PKT_ICMPV6_ECHO_REPLY : PKT_ICMP_ECHO_REPLY)) {
		q->icmp_error = 0;
		pkt_enter_echo(q, PKT_ECHO_REPLY, icmp->id);
	}
}

static __always_inline bool quoted_parse_ipv4(struct pkt *q, const void *data,
					      const void *data_end)
{
	const struct iphdr *ip = data + (pkt_reload16(&q->l3_off) & PKT_MAX_L4_OFF);
	__u32 header_len;

	if ((const void *)(ip + 1) > data_end)
		return false;
	header_len = ip->ihl * 4u;
	if (ip->version != 4 || header_len < sizeof(*ip))
		return false;
	/* A later fragment has no ports to know it by. */
	if (ip->frag_off & __builtin_bswap16(PKT_IP_OFFSET))
		return false;
	pkt_addr_v4(&q->src, ip->saddr);
	pkt_addr_v4(&q->dst, ip->daddr);
	q->proto = ip->protocol;
	q->l4_off = q->l3_off + header_len;
	return true;
}

static __always_inline bool quoted_parse_ipv6(struct pkt *q, __u32 end, const void *data,
					      const void *data_end)
{
	const struct pkt_ipv6 *ip = data + (pkt_reload16(&q->l3_off) & PKT_MAX_L4_OFF);

	if ((const void *)(ip + 1) > data_end)
		return false;
	if (pkt_be32(ip->version_class_flow) >> 28 != 6)
		return false;
	__builtin_memcpy(&q->src, ip->src, sizeof(q->src));
	__builtin_memcpy(&q->dst, ip->dst, sizeof(q->dst));
	if (pkt_addr_is_v4(&q->src) || pkt_addr_is_v4(&q->dst))
		return false;
	q->proto = ip->next;
	q->l4_off = q->l3_off + sizeof(*ip);
	if (pkt_is_extension(ip->next) &&
	    pkt_walk_extensions(q, ip->next, end, data, data_end))
		return false;
	return q->fragment != PKT_FRAGMENT_LATER;
}

/*
 * Parse what the ICMP error `pkt` quotes.
 * @q: zeroed by the caller; src, dst, ports, proto, echo, l3_off and l4_off are
 *     filled in; payload_off is the offset of the checksum that covers the
 *     addresses, 0 if there is none or it is not quoted
 * Return: whether there is enough of it to find its connection by
 */
static __always_inline bool quoted_parse(struct pkt *q, const struct pkt *pkt,
					 const void *data, const void *data_end)
{
	__u32 end = pkt->l3_off + pkt->l3_len, check_at, l4_off;
	const void *l4;

	q->kind = pkt->kind;
	q->l3_off = pkt->l4_off + sizeof(struct pkt_icmp);
	if (q->l3_off > PKT_MAX_L4_OFF)
		return false;
	if (!(pkt->kind == PKT_IPV4 ? quoted_parse_ipv4(q, data, data_end)
				    : quoted_parse_ipv6(q, end, data, data_end)))
		return false;
	l4_off = pkt_reload16(&q->l4_off);
	if (l4_off > PKT_MAX_L4_OFF || l4_off + QUOTED_MIN_BYTES > end)
		return false;
	l4 = data + (l4_off & PKT_MAX_L4_OFF);
	if (l4 + QUOTED_MIN_BYTES > data_end)
		return false;
	quoted_enter_ports(q, l4);
	check_at = quoted_check_at(q);
	if (check_at && l4_off + check_at + sizeof(__u16) <= end)
		q->payload_off = l4_off + check_at;
	return !q->icmp_error;
}

#endif /* PINHOLE_BPF_QUOTED_H */
