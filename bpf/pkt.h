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
 * Read here top-down from pkt_parse() at the end: pkt_l2.h takes off Ethernet
 * and its tags, pkt_ip.h the IP headers, pkt_l4.h the transport's.
 */
#ifndef PINHOLE_BPF_PKT_H
#define PINHOLE_BPF_PKT_H

#include "pkt_ip.h"
#include "pkt_l2.h"

/*
 * Parse the frame at data..data_end.
 * @frame_len: the length of the whole frame, which may exceed what is in
 *	       direct reach (TC: skb->len); at least data_end - data
 * @tag:       a VLAN tag that the kernel keeps beside the frame; none: {0}
 * @pkt:       zeroed by the caller; valid as far as the parse got
 * Return: PH_NEXT, or the drop reason.
 */
static __always_inline enum ph_reason pkt_parse(struct pkt *pkt, const void *data,
						const void *data_end, __u32 frame_len,
						struct pkt_tag tag)
{
	enum ph_reason reason = pkt_parse_l2(pkt, data, data_end, tag);

	if (reason)
		return reason;
	switch (pkt->kind) {
	case PKT_IPV4:
		return pkt_parse_ipv4(pkt, data, data_end, frame_len);
	case PKT_IPV6:
		return pkt_parse_ipv6(pkt, data, data_end, frame_len);
	default:
		return PH_NEXT;
	}
}

#endif /* PINHOLE_BPF_PKT_H */
