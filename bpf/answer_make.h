/* SPDX-License-Identifier: GPL-2.0 */
/*
 * answer_make.h - which packets deserve an ICMP error, how often, and what its
 * headers are.
 *
 * Who may include it: answer.h. Pure: compiles for BPF and natively.
 *
 * RFC 792, 1122 3.2.2 and 1812 4.3.2 (when none may be sent, how much to quote,
 * rate limit, source, precedence), 1349 5.1 (type of service), 1191 and 8201
 * (path MTU), 4443 (ICMPv6), 6864 4.1 (identification of what is not fragmented).
 */
#ifndef PINHOLE_BPF_ANSWER_MAKE_H
#define PINHOLE_BPF_ANSWER_MAKE_H

#include "pkt.h"

/* The whole error measures 576 bytes at most, which every host takes (RFC 1812
 * 4.3.2.3), or IPv6's least MTU (RFC 4443 3.2 and 3.3). */
#define ANSWER_MAX_QUOTE_V4 (576u - sizeof(struct answer_v4))
#define ANSWER_MAX_QUOTE_V6 (1280u - sizeof(struct answer_v6))
#define ANSWER_HOP_LIMIT    64
#define ANSWER_TOS_V4	    0xc0 /* precedence 6, internetwork control */
#define ANSWER_IPV6_MIN_MTU 1280u

/* A router must limit the errors that it sends (RFC 1812 4.3.2.8, 4443 2.4 f):
 * a processor sends a thousand per second, and fifty at once. */
#define ANSWER_INTERVAL_NS 1000000ull
#define ANSWER_BURST	   50u

struct answer_icmp {
	__u8 type;
	__u8 code;
	__u16 check;
	__be32 mtu; /* IPv4: its lower half; time exceeded: unused */
};

/* Summed as words; a union, for a pointer of another type may not look. */
struct answer_v4 {
	union {
		struct iphdr ip;
		__u32 ip_word[5];
	};
	union {
		struct answer_icmp icmp;
		__u32 icmp_word[2];
	};
};

struct answer_v6 {
	struct pkt_ipv6 ip;
	union {
		struct answer_icmp icmp;
		__u32 icmp_word[2];
	};
};

/* The bucket is empty when spent_ns, which every token moves on by an interval,
 * has come up to now; it is full when spent_ns lies a burst's length behind. */
struct answer_bucket {
	__u64 spent_ns; /* CLOCK_MONOTONIC */
};

/* Take a token. Return: whether there was one. */
static __always_inline bool answer_take(struct answer_bucket *bucket, __u64 now_ns)
{
	const __u64 burst_ns = ANSWER_BURST * ANSWER_INTERVAL_NS;
	__u64 spent_ns = bucket->spent_ns;

	if (now_ns > burst_ns && spent_ns < now_ns - burst_ns)
		spent_ns = now_ns - burst_ns;
	if (spent_ns + ANSWER_INTERVAL_NS > now_ns)
		return false;
	bucket->spent_ns = spent_ns + ANSWER_INTERVAL_NS;
	return true;
}

/* ICMP that asks or replies. Of a type that is not known here nobody can say
 * that it is no error, and errors must never beget errors. */
static __always_inline bool answer_is_query(const struct pkt *pkt)
{
	if (pkt->kind == PKT_IPV6)
		return pkt->icmp_type >= PKT_ICMPV6_ECHO &&
		       pkt->icmp_type != PKT_ICMPV6_REDIRECT;
	switch (pkt->icmp_type) {
	case PKT_ICMP_ECHO_REPLY:
	case PKT_ICMP_ECHO:
	case 13: /* timestamp and its reply */
	case 14:
	case 15: /* information request and its reply */
	case 16:
	case 17: /* address mask request and its reply */
	case 18:
	case 42: /* extended echo (RFC 8335) and its reply */
	case 43:
		return true;
	default:
		return false;
	}
}

/* Whether the address names one host. The broadcast address of a network is not
 * known here; an error to it goes to whoever sent the frame, and no further. */
static __always_inline bool answer_is_one_host(const struct pkt *pkt)
{
	__u32 v4 = pkt_be32(pkt->src.word[3]);

	if (pkt->kind == PKT_IPV6)
		return !pkt_addr_is_unset(&pkt->src) && !pkt_v6_is_multicast(&pkt->src) &&
		       !pkt_v6_is_loopback(&pkt->src);
	/* Zero, this network, loopback; multicast, class E, broadcast. */
	return v4 >> 24 && v4 >> 24 != 127 && v4 >> 28 < 0xe;
}

/*
 * Whether the packet may be answered with an error at all.
 * @own: the answer's sender
 * @why: PH_DROP_TTL_EXPIRED or PH_DROP_MTU_EXCEEDED
 */
static __always_inline bool answer_may(const struct pkt *pkt, const struct ph_addr *own,
				       enum ph_reason why)
{
	if (pkt->kind != PKT_IPV4 && pkt->kind != PKT_IPV6)
		return false;
	if (pkt_addr_is_unset(own) || pkt_addr_equal(&pkt->src, own))
		return false;
	if (pkt->fragment == PKT_FRAGMENT_LATER || pkt->icmp_error ||
	    pkt_is_on_link(pkt) || !answer_is_one_host(pkt))
		return false;
	if (pkt_is_icmp(pkt) && !answer_is_query(pkt))
		return false;
	if (why == PH_DROP_MTU_EXCEEDED)
		return pkt->dont_fragment;
	return why == PH_DROP_TTL_EXPIRED;
}

/* How much of the packet is quoted, in bytes from its IP header on. */
static __always_inline __u32 answer_quote_len(const struct pkt *pkt)
{
	__u32 max = pkt->kind == PKT_IPV6 ? ANSWER_MAX_QUOTE_V6 : ANSWER_MAX_QUOTE_V4;

	return pkt->l3_len < max ? pkt->l3_len : max;
}

/*
 * The headers of the error about an IPv4 packet.
 * @own:       its sender
 * @mtu:       of the next hop, in bytes; for PH_DROP_MTU_EXCEEDED
 * @quote_sum: one's complement sum of the quote_len bytes that follow
 */
static __always_inline void answer_make_v4(struct answer_v4 *out, const struct pkt *pkt,
					   const struct ph_addr *own, enum ph_reason why,
					   __u32 mtu, __u32 quote_len, __u32 quote_sum)
{
	const __u32 *word = out->ip_word;

	__builtin_memset(out, 0, sizeof(*out));
	out->ip.version = 4;
	out->ip.ihl = sizeof(out->ip) / 4;
	out->ip.tos = ANSWER_TOS_V4;
	out->ip.tot_len = pkt_be16(sizeof(*out) + quote_len);
	out->ip.frag_off = __builtin_bswap16(PKT_IP_DF);
	out->ip.ttl = ANSWER_HOP_LIMIT;
	out->ip.protocol = IPPROTO_ICMP;
	out->ip.saddr = own->word[3];
	out->ip.daddr = pkt->src.word[3];
	out->ip.check =
		~csum_fold((__u64)word[0] + word[1] + word[2] + word[3] + word[4]);
	if (why == PH_DROP_TTL_EXPIRED) {
		out->icmp.type = PKT_ICMP_TIME_EXCEEDED;
	} else {
		out->icmp.type = PKT_ICMP_UNREACHABLE;
		out->icmp.code = PKT_ICMP_UNREACH_TOO_BIG;
		out->icmp.mtu = pkt_be32(mtu < 0xffff ? mtu : 0xffff);
	}
	out->icmp.check =
		~csum_fold((__u64)out->icmp_word[0] + out->icmp_word[1] + quote_sum);
}

/* The same about an IPv6 packet. */
static __always_inline void answer_make_v6(struct answer_v6 *out, const struct pkt *pkt,
					   const struct ph_addr *own, enum ph_reason why,
					   __u32 mtu, __u32 quote_len, __u32 quote_sum)
{
	__u32 icmp_len = sizeof(out->icmp) + quote_len;
	__u64 sum = quote_sum;

	__builtin_memset(out, 0, sizeof(*out));
	out->ip.version_class_flow = pkt_be32(0x60000000);
	out->ip.payload_len = pkt_be16(icmp_len);
	out->ip.next = PKT_PROTO_ICMPV6;
	out->ip.hop_limit = ANSWER_HOP_LIMIT;
	__builtin_memcpy(out->ip.src, own, sizeof(out->ip.src));
	__builtin_memcpy(out->ip.dst, &pkt->src, sizeof(out->ip.dst));
	if (why == PH_DROP_TTL_EXPIRED) {
		out->icmp.type = PKT_ICMPV6_TIME_EXCEEDED;
	} else {
		out->icmp.type = PKT_ICMPV6_TOO_BIG;
		out->icmp.mtu =
			pkt_be32(mtu > ANSWER_IPV6_MIN_MTU ? mtu : ANSWER_IPV6_MIN_MTU);
	}
	for (int i = 0; i < 4; i++)
		sum += (__u64)own->word[i] + pkt->src.word[i];
	sum += (__u64)pkt_be32(icmp_len) + pkt_be32(PKT_PROTO_ICMPV6);
	out->icmp.check = ~csum_fold(sum + out->icmp_word[0] + out->icmp_word[1]);
}

#endif /* PINHOLE_BPF_ANSWER_MAKE_H */
