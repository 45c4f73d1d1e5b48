/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pkt_types.h - what is known of a frame, and of addresses.
 *
 * Who may include it: everybody. Pure.
 *
 * RFC 1122 3.2.1.3 (IPv4 addresses that must not appear as a source), 4291
 * (IPv6 addresses).
 */
#ifndef PINHOLE_BPF_PKT_TYPES_H
#define PINHOLE_BPF_PKT_TYPES_H

#include <stdbool.h>

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <pinhole/abi.h>

#include "csum.h"

#ifndef __always_inline
#	define __always_inline inline __attribute__((always_inline))
#endif

#define PKT_TCP_FIN 0x01
#define PKT_TCP_SYN 0x02
#define PKT_TCP_RST 0x04
#define PKT_TCP_PSH 0x08
#define PKT_TCP_ACK 0x10
#define PKT_TCP_URG 0x20

/* linux/in6.h is not used: it includes the C library's. */
#define PKT_PROTO_HOP_BY_HOP 0
#define PKT_PROTO_ROUTING    43
#define PKT_PROTO_FRAGMENT   44
#define PKT_PROTO_AH	     51
#define PKT_PROTO_ICMPV6     58
#define PKT_PROTO_NONE	     59
#define PKT_PROTO_DSTOPTS    60

/* What kind of frame it is, for the stage that decides where it goes. */
enum pkt_kind {
	PKT_IPV4 = 0,
	PKT_IPV6,
	PKT_ARP,
	PKT_OTHER, /* neither; nothing but the tags is known */
};

/* ICMP echo is the part of ICMP that makes flows. */
enum pkt_echo { PKT_ECHO_NONE = 0, PKT_ECHO_REQUEST, PKT_ECHO_REPLY };

enum pkt_fragment {
	PKT_WHOLE = 0,
	PKT_FRAGMENT_FIRST, /* has the transport header */
	PKT_FRAGMENT_LATER, /* has none: no port, no flag is valid */
};

/* Offsets are in bytes from the start of the frame; ports and fragment_id are
 * in wire order, everything else in host order. */
struct pkt {
	struct ph_addr src;
	struct ph_addr dst;
	__be16 sport; /* ICMP echo: the identifier is the asking end's port */
	__be16 dport;
	__u16 vlan; /* as in struct iface_key */
	__u16 inner_vlan;
	__u16 l3_off;
	__u16 l3_len; /* IP header and payload; more than this is padding */
	__u16 l4_off;
	__u16 payload_off; /* TCP and UDP */
	__u16 payload_len;
	__u8 kind;  /* enum pkt_kind */
	__u8 proto; /* the transport's, behind all extension headers */
	__u8 ttl;   /* or hop limit */
	__u8 tcp_flags;
	__u8 icmp_type; /* of ICMP, or ICMPv6 with IPv6 */
	__u8 icmp_code;
	__u8 tcp_header_len;
	__u8 echo;	 /* enum pkt_echo */
	__u8 icmp_error; /* it speaks of another packet, quoted in it */
	__u8 on_link;	 /* neighbour discovery and the like: never forwarded */
	__u32 tcp_seq;
	__u32 tcp_ack;
	__u16 tcp_window; /* as on the wire, unscaled */
	__u8 fragment;	  /* enum pkt_fragment */
	__u8 more;	  /* fragments: another one follows */
	__be32 fragment_id;
	__u16 fragment_off; /* of the datagram's payload, in bytes */
	__u16 fragment_len; /* bytes of the datagram's payload that it carries */
	__u8 dont_fragment; /* IPv4: DF; IPv6: always */
	__u8 tags;	    /* how many VLAN tags stand in the frame itself */
	__u8 long_header;   /* IPv4 with options: pkt_check_long_header() is due */
	__u8 pad;
};

/* Ethernet, two tags, and the longest IP header that is read. */
#define PKT_MAX_L3_OFF	   22u
#define PKT_MAX_EXTENSIONS 8u
#define PKT_MAX_L4_OFF	   511u /* a mask: bounds every transport header's offset */

static __always_inline __u16 pkt_be16(__be16 v)
{
	return __builtin_bswap16(v);
}

static __always_inline __u32 pkt_be32(__be32 v)
{
	return __builtin_bswap32(v);
}

/*
 * Read back what was just stored. The verifier forgets what it knew of the
 * value, and so need not follow each of the values that it might have had.
 */
static __always_inline __u32 pkt_reload16(const __u16 *value)
{
	return *(const volatile __u16 *)value;
}

/* ---- addresses ---- */

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

/* ::ffff:a.b.c.d: how IPv4 is written here, and nothing an IPv6 packet may say. */
static __always_inline bool pkt_addr_is_v4(const struct ph_addr *a)
{
	return !a->word[0] && !a->word[1] && a->word[2] == __builtin_bswap32(0x0000ffff);
}

static __always_inline bool pkt_addr_is_unset(const struct ph_addr *a)
{
	return !(a->word[0] | a->word[1] | a->word[2] | a->word[3]);
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

static __always_inline bool pkt_v6_is_multicast(const struct ph_addr *a)
{
	return pkt_be32(a->word[0]) >> 24 == 0xff;
}

static __always_inline bool pkt_v6_is_link_local(const struct ph_addr *a)
{
	return pkt_be32(a->word[0]) >> 22 == 0xfe80 >> 6;
}

static __always_inline bool pkt_v6_is_loopback(const struct ph_addr *a)
{
	return !(a->word[0] | a->word[1] | a->word[2]) && pkt_be32(a->word[3]) == 1;
}

/* Whether a router must leave the packet on the link it came from. */
static __always_inline bool pkt_is_on_link(const struct pkt *pkt)
{
	if (pkt->kind == PKT_IPV4)
		return pkt_v4_is_on_link(pkt->dst.word[3]);
	return pkt->on_link || pkt_v6_is_multicast(&pkt->dst) ||
	       pkt_v6_is_link_local(&pkt->dst);
}

#endif /* PINHOLE_BPF_PKT_TYPES_H */
