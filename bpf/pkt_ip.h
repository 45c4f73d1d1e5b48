/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pkt_ip.h - the IP headers: lengths, addresses, fragments, extensions.
 *
 * Who may include it: pkt.h. Pure.
 *
 * RFC 791 (IPv4), 8200 (IPv6), 4302 (AH), 5095 (routing header 0 is dead),
 * 7112 (a first fragment has the whole header chain), 1858 and 3128 (tiny
 * fragments), 7126 (IPv4 source routes).
 */
#ifndef PINHOLE_BPF_PKT_IP_H
#define PINHOLE_BPF_PKT_IP_H

#include "pkt_l4.h"
#include "pkt_types.h"

#define PKT_IP_DF     0x4000
#define PKT_IP_MF     0x2000
#define PKT_IP_OFFSET 0x1fff

#define PKT_IPOPT_END	      0
#define PKT_IPOPT_NOP	      1
#define PKT_IPOPT_LSRR	      131
#define PKT_IPOPT_SSRR	      137
#define PKT_LONG_HEADER_BYTES 64u /* 60, and rounded up to mask with */
#define PKT_IP_MAX_BYTES      65535u

struct pkt_ipv6 {
	__be32 version_class_flow;
	__be16 payload_len;
	__u8 next;
	__u8 hop_limit;
	__be32 src[4];
	__be32 dst[4];
};

/* What all extension headers begin with; a fragment header's fields besides. */
struct pkt_extension {
	__u8 next;
	__u8 len; /* in 8 bytes, the first not counted; AH: 4 bytes, two not counted */
	__be16 fragment; /* routing header: type and segments left */
	__be32 fragment_id;
};

/* ---- fragments ---- */

/*
 * Enter what the packet says about fragments; l4_off is set.
 * @off: where in the datagram it lies, in bytes; @len: bytes of it
 */
static __always_inline enum ph_reason pkt_enter_fragment(struct pkt *pkt, __be32 id,
							 __u32 off, bool more, __u32 len)
{
	if (!off && !more)
		return PH_NEXT; /* IPv6 allows the header on a whole packet (RFC 6946) */
	pkt->fragment = off ? PKT_FRAGMENT_LATER : PKT_FRAGMENT_FIRST;
	pkt->more = more;
	pkt->fragment_id = id;
	pkt->fragment_off = off;
	pkt->fragment_len = len;
	/* All but the last measure whole units of eight bytes. */
	if (!len || (more && len % 8) || off + len > PKT_IP_MAX_BYTES)
		return PH_DROP_FRAGMENT_BAD;
	return PH_NEXT;
}

/* The transport header, if there is one, and what its absence means. */
static __always_inline enum ph_reason pkt_finish(struct pkt *pkt, const void *l4,
						 __u32 l4_len, const void *data_end)
{
	enum ph_reason reason;

	if (pkt->fragment == PKT_FRAGMENT_LATER)
		return PH_NEXT;
	reason = pkt_parse_l4(pkt, l4, l4_len, data_end);
	if (reason == PH_DROP_TRUNCATED && pkt->fragment)
		return PH_DROP_FRAGMENT_TINY;
	return reason;
}

/* ---- IPv4 ---- */

static __always_inline enum ph_reason pkt_check_addresses_v4(const struct iphdr *ip)
{
	if (pkt_v4_bad_source(ip->saddr) || (pkt_be32(ip->daddr) >> 24) == 127 ||
	    !ip->daddr)
		return PH_DROP_BAD_ADDRESS;
	if (ip->saddr == ip->daddr)
		return PH_DROP_LAND;
	if (!ip->saddr && ip->daddr != 0xffffffff)
		return PH_DROP_BAD_ADDRESS;
	return PH_NEXT;
}

/*
 * What remains to be checked of an IPv4 header with options: its checksum, and
 * that the options add up and hold no source route.
 * @header:	the header, and zeros behind it
 * @header_len: 24..60
 */
static __always_inline enum ph_reason
pkt_check_long_header(const __u8 header[PKT_LONG_HEADER_BYTES], __u16 header_len)
{
	__u16 at = sizeof(struct iphdr);

	if (!csum_ipv4_long_ok((const __u32 *)header))
		return PH_DROP_BAD_IP_CHECKSUM;
	for (__u32 i = 0; i < PKT_LONG_HEADER_BYTES - sizeof(struct iphdr); i++) {
		__u8 type, len;

		if (at >= header_len)
			break;
		type = header[at & (PKT_LONG_HEADER_BYTES - 1)];
		len = header[(at + 1) & (PKT_LONG_HEADER_BYTES - 1)];
		if (type == PKT_IPOPT_END)
			break;
		if (type == PKT_IPOPT_LSRR || type == PKT_IPOPT_SSRR)
			return PH_DROP_IP_OPTIONS;
		if (type == PKT_IPOPT_NOP)
			len = 1;
		else if (len < 2 || at + len > header_len)
			return PH_DROP_IP_OPTIONS;
		at = (at + len) & (PKT_LONG_HEADER_BYTES - 1);
	}
	return PH_NEXT;
}

static __always_inline enum ph_reason
pkt_parse_ipv4(struct pkt *pkt, const void *data, const void *data_end, __u32 frame_len)
{
	const struct iphdr *ip = data + (pkt_reload16(&pkt->l3_off) & 31);
	__u32 header_len, l3_len, l4_len;
	enum ph_reason reason;
	const void *l4;
	__u16 frag;

	if ((const void *)(ip + 1) > data_end)
		return PH_DROP_TRUNCATED;
	header_len = ip->ihl * 4u;
	l3_len = pkt_be16(ip->tot_len);
	if (ip->version != 4 || header_len < sizeof(*ip) || l3_len < header_len)
		return PH_DROP_BAD_IP_HEADER;
	if (l3_len > frame_len - pkt->l3_off)
		return PH_DROP_TRUNCATED;
	l4 = (const void *)ip + header_len;
	if (l4 > data_end)
		return PH_DROP_TRUNCATED;
	pkt->long_header = header_len > sizeof(*ip);
	if (!pkt->long_header && !csum_ipv4_ok(ip))
		return PH_DROP_BAD_IP_CHECKSUM;

	pkt_addr_v4(&pkt->src, ip->saddr);
	pkt_addr_v4(&pkt->dst, ip->daddr);
	pkt->proto = ip->protocol;
	pkt->ttl = ip->ttl;
	pkt->l3_len = l3_len;
	pkt->l4_off = pkt->l3_off + header_len;
	reason = pkt_check_addresses_v4(ip);
	if (reason)
		return reason;
	l4_len = l3_len - header_len;
	frag = pkt_be16(ip->frag_off);
	pkt->dont_fragment = !!(frag & PKT_IP_DF);
	if (frag & (PKT_IP_MF | PKT_IP_OFFSET)) {
		reason = pkt_enter_fragment(pkt, ip->id, (frag & PKT_IP_OFFSET) * 8u,
					    frag & PKT_IP_MF, l4_len);
		if (reason)
			return reason;
	}
	return pkt_finish(pkt, l4, l4_len, data_end);
}

/* ---- IPv6 ---- */

static __always_inline enum ph_reason pkt_check_addresses_v6(const struct pkt *pkt)
{
	if (pkt_v6_is_multicast(&pkt->src) || pkt_v6_is_loopback(&pkt->src) ||
	    pkt_v6_is_loopback(&pkt->dst) || pkt_addr_is_unset(&pkt->dst) ||
	    pkt_addr_is_v4(&pkt->src) || pkt_addr_is_v4(&pkt->dst))
		return PH_DROP_BAD_ADDRESS;
	if (pkt_addr_equal(&pkt->src, &pkt->dst))
		return PH_DROP_LAND;
	if (pkt_addr_is_unset(&pkt->src) && !pkt_v6_is_multicast(&pkt->dst))
		return PH_DROP_BAD_ADDRESS;
	return PH_NEXT;
}

static __always_inline bool pkt_is_extension(__u8 next)
{
	return next == PKT_PROTO_HOP_BY_HOP || next == PKT_PROTO_ROUTING ||
	       next == PKT_PROTO_FRAGMENT || next == PKT_PROTO_AH ||
	       next == PKT_PROTO_DSTOPTS;
}

/*
 * Walk the extension headers from l4_off on: proto, l4_off, fragment fields.
 * At most PKT_MAX_EXTENSIONS of them and PKT_MAX_L4_OFF bytes of frame.
 * @end: frame offset of the packet's end
 */
static __always_inline enum ph_reason pkt_walk_extensions(struct pkt *pkt, __u8 next,
							  __u32 end, const void *data,
							  const void *data_end)
{
	__u32 off = pkt_reload16(&pkt->l4_off) & PKT_MAX_L4_OFF;
	enum ph_reason reason;

	for (__u32 i = 0; i < PKT_MAX_EXTENSIONS; i++) {
		const struct pkt_extension *ext;
		__u32 len;
		__u8 type = next;

		if (!pkt_is_extension(type))
			break;
		ext = data + off;
		if ((const void *)(ext + 1) > data_end || off + sizeof(*ext) > end)
			return pkt->fragment ? PH_DROP_FRAGMENT_TINY : PH_DROP_TRUNCATED;
		len = (ext->len + 1u) * 8;
		next = ext->next;
		if (type == PKT_PROTO_HOP_BY_HOP && i)
			return PH_DROP_IPV6_EXTENSION;
		if (type == PKT_PROTO_ROUTING && !(ext->fragment & 0xff))
			return PH_DROP_IPV6_EXTENSION; /* the type is the first byte */
		if (type == PKT_PROTO_AH)
			len = (ext->len + 2u) * 4;
		if (type == PKT_PROTO_FRAGMENT) {
			__u32 field = pkt_be16(ext->fragment);

			if (pkt->fragment)
				return PH_DROP_IPV6_EXTENSION;
			len = sizeof(*ext);
			reason = pkt_enter_fragment(pkt, ext->fragment_id, field & ~7u,
						    field & 1, end - off - sizeof(*ext));
			if (reason)
				return reason;
		}
		if (off + len > PKT_MAX_L4_OFF)
			return PH_DROP_IPV6_EXTENSION;
		pkt->l4_off = off + len;
		off = pkt_reload16(&pkt->l4_off) & PKT_MAX_L4_OFF;
		/* What follows in a later fragment is the datagram's middle. */
		if (pkt->fragment == PKT_FRAGMENT_LATER)
			break;
	}
	if (pkt->fragment != PKT_FRAGMENT_LATER && pkt_is_extension(next))
		return PH_DROP_IPV6_EXTENSION;
	if (off > end)
		return pkt->fragment ? PH_DROP_FRAGMENT_TINY : PH_DROP_TRUNCATED;
	pkt->proto = next;
	return PH_NEXT;
}

static __always_inline enum ph_reason
pkt_parse_ipv6(struct pkt *pkt, const void *data, const void *data_end, __u32 frame_len)
{
	const struct pkt_ipv6 *ip = data + (pkt_reload16(&pkt->l3_off) & 31);
	__u32 l3_len, end;
	enum ph_reason reason;
	const void *l4;

	if ((const void *)(ip + 1) > data_end)
		return PH_DROP_TRUNCATED;
	if (pkt_be32(ip->version_class_flow) >> 28 != 6)
		return PH_DROP_BAD_IP_HEADER;
	/* A jumbogram (RFC 2675) says 0 here: the header alone, then. */
	l3_len = sizeof(*ip) + pkt_be16(ip->payload_len);
	if (l3_len > PKT_IP_MAX_BYTES)
		return PH_DROP_BAD_IP_HEADER;
	if (l3_len > frame_len - pkt->l3_off)
		return PH_DROP_TRUNCATED;
	__builtin_memcpy(&pkt->src, ip->src, sizeof(pkt->src));
	__builtin_memcpy(&pkt->dst, ip->dst, sizeof(pkt->dst));
	pkt->ttl = ip->hop_limit;
	pkt->l3_len = l3_len;
	pkt->dont_fragment = 1;
	pkt->proto = ip->next;
	pkt->l4_off = pkt->l3_off + sizeof(*ip);
	reason = pkt_check_addresses_v6(pkt);
	if (reason)
		return reason;
	end = pkt->l3_off + l3_len;
	if (pkt_is_extension(ip->next)) {
		reason = pkt_walk_extensions(pkt, ip->next, end, data, data_end);
		if (reason)
			return reason;
	}
	l4 = data + (pkt_reload16(&pkt->l4_off) & PKT_MAX_L4_OFF);
	if (l4 > data_end)
		return PH_DROP_TRUNCATED;
	return pkt_finish(pkt, l4, end - pkt->l4_off, data_end);
}

#endif /* PINHOLE_BPF_PKT_IP_H */
