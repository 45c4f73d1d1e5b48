/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frame_rst.h - a RST of the firewall's own, built from scratch as frame.h and
 * frame_v6.h build frames: no window, no identification, not to be fragmented.
 *
 * Who may include it: the tests. It includes nothing of bpf/.
 *
 * RFC 9293 3.5.2, 6864 4.1.
 */
#ifndef PINHOLE_TESTS_FRAME_RST_H
#define PINHOLE_TESTS_FRAME_RST_H

#include "tests/datapath/frame_v6.h"

struct frame_rst {
	const char *src; /* of either family */
	const char *dst;
	__u16 sport;
	__u16 dport;
	__u32 seq;
	__u32 ack;
	__u8 flags; /* 0: RST alone */
};

/*
 * Build it.
 * @bytes: FRAME_MAX_BYTES; Ethernet as of a frame that comes to us
 * Return: its length.
 */
static inline size_t frame_rst_build(const struct frame_rst *r, __u8 our_mac, __u8 *bytes)
{
	const struct frame_v6 v6 = {.src = r->src,
				    .dst = r->dst,
				    .proto = IPPROTO_TCP,
				    .sport = r->sport,
				    .dport = r->dport,
				    .seq = r->seq,
				    .ack = r->ack,
				    .flags = r->flags ? r->flags : TCP_RST};
	const struct frame v4 = {.src = v6.src,
				 .dst = v6.dst,
				 .proto = v6.proto,
				 .sport = v6.sport,
				 .dport = v6.dport,
				 .seq = v6.seq,
				 .ack = v6.ack,
				 .flags = v6.flags,
				 .fragment = 0x4000};
	bool is_v6 = strchr(r->src, ':') != NULL;
	size_t len = is_v6 ? frame_v6_build(&v6, our_mac, bytes)
			   : frame_build(&v4, our_mac, bytes);
	__u8 *ip = bytes + ETH_HLEN, *tcp = bytes + len - 20;

	frame_put16(tcp + 14, 0);
	frame_put16(tcp + 16, 0);
	frame_put16(tcp + 16, ~(is_v6 ? frame_v6_l4_sum(ip, IPPROTO_TCP, tcp, 20)
				      : frame_l4_sum(ip, tcp, 20)));
	if (!is_v6) {
		frame_put16(ip + 4, 0);
		frame_put16(ip + 10, 0);
		frame_put16(ip + 10, ~frame_sum(ip, 20, 0));
	}
	return len;
}

#endif /* PINHOLE_TESTS_FRAME_RST_H */
