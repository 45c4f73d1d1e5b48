/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frame_v6.h - frames beyond frame.h: IPv6 with extension headers, VLAN tags
 * around either family, fragments of a datagram, and ICMP errors.
 *
 * Why it exists: as for frame.h. Frames are built whole and then changed by
 * small steps (a tag put in, a fragment cut out), so that a test writes only
 * what it is about; checksums are computed from scratch here as well.
 *
 * Who may include it: the tests. It includes nothing of bpf/.
 *
 * RFC 8200 (IPv6), 4302 (AH), 4443 (ICMPv6), 4861 (neighbour discovery), 791
 * and 792 (IPv4 and its ICMP), IEEE 802.1Q.
 */
#ifndef PINHOLE_TESTS_FRAME_V6_H
#define PINHOLE_TESTS_FRAME_V6_H

#include "tests/datapath/frame.h"

#define FRAME_V6_HEADER	  40
#define FRAME_MAX_EXT	  10
#define FRAME_PROTO_ICMP6 58
#define FRAME_EXT_BYTES	  6 /* of an extension header, behind its first two */

#define FRAME_NS 135
#define FRAME_NA 136

/* An extension header: its number, the length it claims, and what follows. The
 * rest, as far as len reaches, is zeros. */
struct frame_ext {
	__u8 type;
	__u8 len; /* the field: 8 bytes each, the first not counted; AH: 4, two not */
	__u8 bytes[FRAME_EXT_BYTES];
};

/* An option of padding fills the rest of the header. */
#define FRAME_OPTIONS(type_, len_)                                                     \
	{                                                                              \
		.type = (type_), .len = (len_), .bytes = { 1, (__u8)(4 + 8 * (len_)) } \
	}
#define FRAME_HOP_BY_HOP(len_) FRAME_OPTIONS(0, len_)
#define FRAME_DSTOPTS(len_)    FRAME_OPTIONS(60, len_)
#define FRAME_ROUTING(type_, left_)                                \
	{                                                          \
		.type = 43, .len = 2, .bytes = {(type_), (left_) } \
	}
#define FRAME_AH                      \
	{                             \
		.type = 51, .len = 4, \
	}
/* off_ in bytes, a multiple of 8; the packet is built whole, so for checksums
 * that are true use frame_fragment() instead. */
#define FRAME_FRAGMENT(off_, more_, id_)         \
	{                                        \
		.type = 44, .bytes = {           \
			(off_) >> 8,             \
			((off_)&0xf8) | (more_), \
			(__u8)((id_) >> 24),     \
			(__u8)((id_) >> 16),     \
			(__u8)((id_) >> 8),      \
			(__u8)(id_)              \
		}                                \
	}

/* Zero means the usual everywhere. Numbers in host order. */
struct frame_v6 {
	const char *src;
	const char *dst; /* multicast: the frame's destination follows from it */
	struct frame_ext ext[FRAME_MAX_EXT];
	__u8 n_ext;
	__u8 proto;
	__u16 sport;
	__u16 dport;
	__u8 flags; /* TCP */
	bool no_flags;
	__u32 seq;
	__u32 ack;
	__u16 window; /* 0: 8192 */
	__u8 icmp_type;
	__u8 icmp_code;
	__u32 icmp_rest; /* the four bytes behind the checksum */
	const char *payload;
	__u16 fill;	  /* instead of payload: that many patterned bytes */
	const __u8 *body; /* or these */
	__u16 body_len;
	__u8 hop_limit; /* 0: 64 */
	__u8 traffic_class;
	__u8 tcp_options; /* bytes of TCP options, a multiple of 4 up to 40 */
	__u8 wscale;	  /* as in struct frame */
	__u8 to;	  /* enum frame_station */
	__u16 cut;	  /* keep that many bytes only; 0: all */
	__u8 pad;	  /* bytes of padding behind the packet */
	/* enum frame_fault; FAULT_IP_TOT_LEN is the payload length field. */
	__u8 fault;
	__u16 fault_arg;
};

static inline void frame_put_addr6(__u8 *at, const char *text)
{
	int ok = inet_pton(AF_INET6, text ? text : "::", at);

	assert(ok == 1);
	(void)ok;
}

/* ---- tags ---- */

/* Where the IP header is: behind the tags that stand in the frame. */
static inline size_t frame_l3_off(const __u8 *bytes)
{
	size_t off = ETH_HLEN;

	while (frame_get16(bytes + off - 2) == ETH_P_8021Q ||
	       frame_get16(bytes + off - 2) == ETH_P_8021AD)
		off += 4;
	return off;
}

/* Put a tag behind the addresses: of two, the inner first. tci: priority in
 * the upper bits, VLAN id in the lower 12. Return: the frame's new length. */
static inline size_t frame_put_tag(__u8 *bytes, size_t len, __u16 tpid, __u16 tci)
{
	__u8 *tag = bytes + 2 * ETH_ALEN;

	assert(len + 4 <= FRAME_MAX_BYTES);
	memmove(tag + 4, tag, len - 2 * ETH_ALEN);
	frame_put16(tag, tpid);
	frame_put16(tag + 2, tci);
	return len + 4;
}

/* ---- IPv6 ---- */

/* Bytes of the extension header that its length field claims. */
static inline size_t frame_ext_len(__u8 type, __u8 len)
{
	if (type == 44)
		return 8;
	return type == 51 ? (len + 2u) * 4 : (len + 1u) * 8;
}

static inline bool frame_is_ext(__u8 type)
{
	return type == 0 || type == 43 || type == 44 || type == 51 || type == 60;
}

/* What the builder of transport headers in frame.h needs to know. */
static inline struct frame frame_v6_l4(const struct frame_v6 *f)
{
	return (struct frame){
		.proto = f->proto == FRAME_PROTO_ICMP6 ? IPPROTO_ICMP : f->proto,
		.sport = f->sport,
		.dport = f->dport,
		.flags = f->flags,
		.no_flags = f->no_flags,
		.seq = f->seq,
		.ack = f->ack,
		.icmp_type = f->icmp_type,
		.icmp_code = f->icmp_code,
		.tcp_options = f->tcp_options,
		.wscale = f->wscale,
		.window = f->window,
		.fault = f->fault,
		.fault_arg = f->fault_arg,
	};
}

static inline size_t frame_v6_check_offset(__u8 proto)
{
	if (proto == IPPROTO_ICMP) /* nothing of IPv6's */
		return 0;
	return proto == FRAME_PROTO_ICMP6 ? 2 : frame_check_offset(proto);
}

/* The ones' complement sum of pseudo header and segment (RFC 8200, 8.1). */
static inline __u32 frame_v6_l4_sum(const __u8 *ip, __u8 proto, const __u8 *l4,
				    size_t l4_len)
{
	__u8 pseudo[40] = {0};

	memcpy(pseudo, ip + 8, 32);
	frame_put32(pseudo + 32, l4_len);
	pseudo[39] = proto;
	return frame_sum(l4, l4_len, frame_sum(pseudo, sizeof(pseudo), 0));
}

static inline void frame_v6_put_check(const struct frame_v6 *f, const __u8 *ip, __u8 *l4,
				      size_t l4_len)
{
	size_t off = frame_v6_check_offset(f->proto);
	__u16 check;

	if (!off || l4_len < off + 2)
		return;
	frame_put16(l4 + off, 0);
	check = ~frame_v6_l4_sum(ip, f->proto, l4, l4_len);
	if (f->proto == IPPROTO_UDP && !check)
		check = 0xffff;
	if (f->fault == FAULT_UDP_NO_CHECKSUM)
		check = 0;
	if (f->fault == FAULT_L4_CHECKSUM)
		check ^= 0x0100;
	frame_put16(l4 + off, check);
}

static inline size_t frame_v6_put_payload(const struct frame_v6 *f, __u8 *at)
{
	for (size_t i = 0; i < f->fill; i++)
		at[i] = i * 7 + 3;
	if (f->payload)
		memcpy(at, f->payload, strlen(f->payload));
	if (f->body)
		memcpy(at, f->body, f->body_len);
	if (f->body)
		return f->body_len;
	return f->payload ? strlen(f->payload) : f->fill;
}

/* The packet without Ethernet. Return: its length. */
static inline size_t frame_v6_put_ip(const struct frame_v6 *f, __u8 *ip)
{
	struct frame l4_frame = frame_v6_l4(f);
	size_t l4_len, header_len = frame_l4_header_len(&l4_frame);
	__u8 *next = ip + 6, *at = ip + FRAME_V6_HEADER;

	ip[0] = (f->fault == FAULT_IP_VERSION ? f->fault_arg : 6) << 4 |
		f->traffic_class >> 4;
	ip[1] = f->traffic_class << 4;
	ip[7] = f->hop_limit ? f->hop_limit : 64;
	frame_put_addr6(ip + 8, f->src);
	frame_put_addr6(ip + 24, f->dst);
	for (size_t i = 0; i < f->n_ext; i++) {
		const struct frame_ext *ext = &f->ext[i];

		*next = ext->type;
		next = at;
		at[1] = ext->type == 44 ? 0 : ext->len;
		memcpy(at + 2, ext->bytes, FRAME_EXT_BYTES);
		at += frame_ext_len(ext->type, ext->len);
	}
	*next = f->proto;

	l4_len = header_len + frame_v6_put_payload(f, at + header_len);
	frame_put_l4(&l4_frame, at, l4_len);
	if (f->proto == FRAME_PROTO_ICMP6)
		frame_put32(at + 4, f->icmp_rest);
	frame_v6_put_check(f, ip, at, l4_len);
	frame_put16(ip + 4, f->fault == FAULT_IP_TOT_LEN
				    ? f->fault_arg
				    : at + l4_len - ip - FRAME_V6_HEADER);
	return at + l4_len - ip;
}

/* Ethernet from the neighbour 0x99 to the device. */
static inline void frame_put_ethernet(__u8 *bytes, __u8 our_mac, __u8 to, __u16 ethertype)
{
	const __u8 us[] = FRAME_MAC(1, our_mac), other[] = FRAME_MAC(3, our_mac);
	static const __u8 sender[] = FRAME_MAC(2, 0x99);

	memcpy(bytes, to == STATION_OTHER ? other : us, ETH_ALEN);
	if (to == STATION_BROADCAST)
		memset(bytes, 0xff, ETH_ALEN);
	memcpy(bytes + ETH_ALEN, sender, ETH_ALEN);
	frame_put16(bytes + 2 * ETH_ALEN, ethertype);
}

/*
 * Build the frame.
 * @our_mac: last octet of the receiving device's address
 * @bytes:   FRAME_MAX_BYTES, zeroed here
 * Return: its length.
 */
static inline size_t frame_v6_build(const struct frame_v6 *f, __u8 our_mac, __u8 *bytes)
{
	size_t len;

	memset(bytes, 0, FRAME_MAX_BYTES);
	frame_put_ethernet(bytes, our_mac, f->to, ETH_P_IPV6);
	len = ETH_HLEN + frame_v6_put_ip(f, bytes + ETH_HLEN) + f->pad;
	assert(len <= FRAME_MAX_BYTES);
	if (bytes[ETH_HLEN + 24] == 0xff) { /* RFC 2464, 7 */
		bytes[0] = bytes[1] = 0x33;
		memcpy(bytes + 2, bytes + ETH_HLEN + 36, 4);
	}
	return f->cut ? f->cut : len;
}

/* Offset of the transport header behind the extension headers; *proto is what
 * it is. Of a later fragment: where its bytes begin. */
static inline size_t frame_v6_l4_off(const __u8 *bytes, __u8 *proto)
{
	size_t off = frame_l3_off(bytes);

	*proto = bytes[off + 6];
	off += FRAME_V6_HEADER;
	while (frame_is_ext(*proto)) {
		__u8 type = *proto;

		*proto = bytes[off];
		off += frame_ext_len(type, bytes[off + 1]);
	}
	return off;
}

/* Whether the transport checksum of a whole IPv6 packet is right. */
static inline bool frame_v6_l4_check_ok(const __u8 *bytes)
{
	const __u8 *ip = bytes + frame_l3_off(bytes);
	size_t end = frame_l3_off(bytes) + FRAME_V6_HEADER + frame_get16(ip + 4);
	__u8 proto;
	size_t l4_off = frame_v6_l4_off(bytes, &proto);

	if (!frame_v6_check_offset(proto))
		return true;
	return frame_v6_l4_sum(ip, proto, bytes + l4_off, end - l4_off) == 0xffff;
}

/* ---- fragments ---- */

/*
 * Cut a fragment out of a whole frame of either family, without tags.
 * @off, @len: the stretch of the IP payload that it carries, in bytes; off a
 *	       multiple of 8. IPv6: extension headers count as payload.
 * @id:	       IPv4: 16 bits
 * @out:       FRAME_MAX_BYTES, zeroed here
 * Return: the fragment's frame length.
 */
static inline size_t frame_fragment(const __u8 *whole, __u16 off, __u16 len, bool more,
				    __u32 id, __u8 *out)
{
	bool v6 = frame_get16(whole + 12) == ETH_P_IPV6;
	const __u8 *ip = whole + ETH_HLEN;
	size_t header = v6 ? FRAME_V6_HEADER : (size_t)(ip[0] & 0x0f) * 4;
	__u8 *to = out + ETH_HLEN, *at = to + header;

	memset(out, 0, FRAME_MAX_BYTES);
	memcpy(out, whole, ETH_HLEN + header);
	if (v6) {
		at[0] = to[6];
		to[6] = 44;
		frame_put16(at + 2, off | more);
		frame_put32(at + 4, id);
		at += 8;
		frame_put16(to + 4, 8 + len);
	} else {
		frame_put16(to + 2, header + len);
		frame_put16(to + 4, id);
		frame_put16(to + 6, (more ? 0x2000 : 0) | off / 8);
		frame_put16(to + 10, 0);
		frame_put16(to + 10, ~frame_sum(to, header, 0));
	}
	memcpy(at, ip + header + off, len);
	return at + len - out;
}

/* ---- neighbour discovery ---- */

/*
 * What follows the four reserved bytes of a solicitation or advertisement: the
 * target, and the link-layer address option.
 * @mac: the option's address; NULL: no option
 * @option: 1: source's, 2: target's
 * Return: its length, 16 or 24.
 */
static inline __u16 frame_put_nd(__u8 *body, const char *target, __u8 option,
				 const __u8 *mac)
{
	frame_put_addr6(body, target);
	if (!mac)
		return 16;
	body[16] = option;
	body[17] = 1;
	memcpy(body + 18, mac, ETH_ALEN);
	return 24;
}

/* ---- ICMP errors of either family ---- */

/* Zero means the usual everywhere. The family is that of src. */
struct frame_error {
	const char *src;
	const char *dst;
	__u8 type;
	__u8 code;
	__u32 rest; /* the four bytes behind the checksum: an MTU */
	__u8 ttl;   /* 0: 64 */
	__u8 tos;
	__u16 id;	    /* IPv4 */
	__u16 fragment;	    /* IPv4: flags and offset field */
	const __u8 *packet; /* the IP packet that it quotes */
	__u16 quote_len;    /* and how much of it */
	__u8 fault;	    /* FAULT_L4_CHECKSUM: the ICMP checksum is wrong */
};

static inline size_t frame_error_put_v6(const struct frame_error *e, __u8 *ip)
{
	const struct frame_v6 f = {.src = e->src,
				   .dst = e->dst,
				   .proto = FRAME_PROTO_ICMP6,
				   .icmp_type = e->type,
				   .icmp_code = e->code,
				   .icmp_rest = e->rest,
				   .hop_limit = e->ttl,
				   .traffic_class = e->tos,
				   .body = e->packet,
				   .body_len = e->quote_len,
				   .fault = e->fault};

	return frame_v6_put_ip(&f, ip);
}

static inline size_t frame_error_put_v4(const struct frame_error *e, __u8 *ip)
{
	size_t icmp_len = 8u + e->quote_len;
	__u8 *icmp = ip + 20;
	__u16 check;

	ip[0] = 0x45;
	ip[1] = e->tos;
	frame_put16(ip + 2, 20 + icmp_len);
	frame_put16(ip + 4, e->id);
	frame_put16(ip + 6, e->fragment);
	ip[8] = e->ttl ? e->ttl : 64;
	ip[9] = IPPROTO_ICMP;
	frame_put_addr(ip + 12, e->src);
	frame_put_addr(ip + 16, e->dst);
	frame_put16(ip + 10, ~frame_sum(ip, 20, 0));
	icmp[0] = e->type;
	icmp[1] = e->code;
	frame_put32(icmp + 4, e->rest);
	memcpy(icmp + 8, e->packet, e->quote_len);
	check = ~frame_sum(icmp, icmp_len, 0);
	frame_put16(icmp + 2, e->fault == FAULT_L4_CHECKSUM ? check ^ 0x0100 : check);
	return 20 + icmp_len;
}

/* Build the frame, as frame_build() does; e->packet must not lie in bytes. */
static inline size_t frame_error_build(const struct frame_error *e, __u8 our_mac,
				       __u8 *bytes)
{
	bool v6 = strchr(e->src, ':');

	memset(bytes, 0, FRAME_MAX_BYTES);
	frame_put_ethernet(bytes, our_mac, STATION_US, v6 ? ETH_P_IPV6 : ETH_P_IP);
	bytes += ETH_HLEN;
	return ETH_HLEN +
	       (v6 ? frame_error_put_v6(e, bytes) : frame_error_put_v4(e, bytes));
}

#endif /* PINHOLE_TESTS_FRAME_V6_H */
