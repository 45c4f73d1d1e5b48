/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ndp_make.h - the advertisement that answers a solicitation, and which
 * solicitations are sound.
 *
 * Who may include it: ndp.h. Pure: compiles for BPF and natively.
 *
 * RFC 4861 4.3, 4.4 (formats), 7.1.1 (validation), 7.2.4 (answers), 7.2.8
 * (answers on behalf of another), 6980 (no fragments).
 */
#ifndef PINHOLE_BPF_NDP_MAKE_H
#define PINHOLE_BPF_NDP_MAKE_H

#include "pkt.h"

#define NDP_HOP_LIMIT	    255 /* proves that no router has forwarded it */
#define NDP_FLAG_SOLICITED  0x40000000u
#define NDP_FLAG_OVERRIDE   0x20000000u
#define NDP_OPT_TARGET_ADDR 2

/* A solicitation as far as it is read; options may follow. */
struct ndp_solicitation {
	__u8 type;
	__u8 code;
	__u16 check;
	__be32 reserved;
	struct ph_addr target;
};

struct ndp_advertisement {
	union {
		struct {
			struct pkt_ipv6 ip;
			__u8 type;
			__u8 code;
			__u16 check;
			__be32 flags;
			struct ph_addr target;
			__u8 option;
			__u8 option_len; /* in 8 bytes */
			__u8 mac[ETH_ALEN];
		};
		__u32 word[18];
	};
};

#define NDP_ICMP_BYTES 32u

_Static_assert(sizeof(struct ndp_advertisement) == 72, "no padding on the wire");

/* ff02::1:ffXX:XXXX, the group of all nodes whose address ends like that. */
static __always_inline bool ndp_is_group_of(const struct ph_addr *group,
					    const struct ph_addr *target)
{
	return pkt_be32(group->word[0]) == 0xff020000 && !group->word[1] &&
	       pkt_be32(group->word[2]) == 1 &&
	       pkt_be32(group->word[3]) ==
		       (0xff000000 | (pkt_be32(target->word[3]) & 0xffffff));
}

/*
 * Whether a parsed packet may be a solicitation that deserves an answer; its
 * target, options and checksum are still to be looked at.
 */
static __always_inline bool ndp_is_solicitation(const struct pkt *pkt)
{
	return pkt->kind == PKT_IPV6 && pkt->proto == PKT_PROTO_ICMPV6 &&
	       pkt->icmp_type == PKT_ICMPV6_NS && !pkt->icmp_code &&
	       pkt->ttl == NDP_HOP_LIMIT && !pkt->fragment &&
	       pkt->l3_off + pkt->l3_len >= pkt->l4_off + sizeof(struct ndp_solicitation);
}

/* Whether it may ask for that target: addressed to it or to its group; and a
 * node that has no address yet asks the group, whose address is free. */
static __always_inline bool ndp_may_ask(const struct pkt *pkt,
					const struct ph_addr *target)
{
	if (ndp_is_group_of(&pkt->dst, target))
		return true;
	return pkt_addr_equal(&pkt->dst, target) && !pkt_addr_is_unset(&pkt->src);
}

/*
 * The advertisement, complete with its checksum.
 * @mac: where the target is reached
 *
 * To a node that has no address yet it goes to all nodes, unsolicited (7.2.4).
 * R is 0: the target is no router of theirs. O is 1, although 7.2.8 advises
 * proxies against it: that is for proxies whose host may answer itself. Nobody
 * but the firewall has a mapped address, and neighbours that remember another
 * owner (a firewall replaced, a host renumbered) must believe the new one.
 */
static __always_inline void ndp_make(struct ndp_advertisement *out, const struct pkt *pkt,
				     const struct ph_addr *target,
				     const __u8 mac[ETH_ALEN])
{
	bool nameless = pkt_addr_is_unset(&pkt->src);
	__u64 sum = (__u64)pkt_be32(NDP_ICMP_BYTES) + pkt_be32(PKT_PROTO_ICMPV6);

	__builtin_memset(out, 0, sizeof(*out));
	out->ip.version_class_flow = pkt_be32(0x60000000);
	out->ip.payload_len = pkt_be16(NDP_ICMP_BYTES);
	out->ip.next = PKT_PROTO_ICMPV6;
	out->ip.hop_limit = NDP_HOP_LIMIT;
	__builtin_memcpy(out->ip.src, target, sizeof(out->ip.src));
	if (nameless) {
		out->ip.dst[0] = pkt_be32(0xff020000);
		out->ip.dst[3] = pkt_be32(1);
	} else {
		__builtin_memcpy(out->ip.dst, &pkt->src, sizeof(out->ip.dst));
	}
	out->type = PKT_ICMPV6_NA;
	out->flags = pkt_be32(NDP_FLAG_OVERRIDE | (nameless ? 0 : NDP_FLAG_SOLICITED));
	out->target = *target;
	out->option = NDP_OPT_TARGET_ADDR;
	out->option_len = 1;
	__builtin_memcpy(out->mac, mac, ETH_ALEN);
	for (__u32 i = 2; i < sizeof(out->word) / sizeof(out->word[0]); i++)
		sum += out->word[i]; /* the addresses and ICMP */
	out->check = ~csum_fold(sum);
}

#endif /* PINHOLE_BPF_NDP_MAKE_H */
