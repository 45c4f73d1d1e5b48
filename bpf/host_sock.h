/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_sock.h - the two ends of a socket, as the contexts of sockops and sk_msg give
 * them, and the key of its connection.
 *
 * Who may include it: host.bpf.c and its parts.
 *
 * Both contexts have the same fields: addresses in network order, the local port in
 * host order, the remote one in network order, in the upper half of a word on little
 * endian machines. They are macros, because a context may be read at constant offsets
 * only and its type differs.
 */
#ifndef PINHOLE_BPF_HOST_SOCK_H
#define PINHOLE_BPF_HOST_SOCK_H

#include <linux/bpf.h>

#include "flow.h"

#define HOST_AF_INET  2
#define HOST_AF_INET6 10

/* At a constant offset and whole: the compiler must neither read half a word, nor make
 * one reading of two by choosing between offsets. */
#define HOST_READ(field)                                        \
	({                                                      \
		__u32 host_word_ = *(volatile __u32 *)&(field); \
                                                                \
		asm volatile("" : "+r"(host_word_));            \
		host_word_;                                     \
	})

/* An IPv6 socket that carries IPv4 has its addresses v4-mapped, as they are kept here. */
#define HOST_ADDRESS(ctx, out, v4, v6)                            \
	do {                                                      \
		if (HOST_READ((ctx)->family) == HOST_AF_INET6) {  \
			(out)->word[0] = HOST_READ((ctx)->v6[0]); \
			(out)->word[1] = HOST_READ((ctx)->v6[1]); \
			(out)->word[2] = HOST_READ((ctx)->v6[2]); \
			(out)->word[3] = HOST_READ((ctx)->v6[3]); \
		} else {                                          \
			pkt_addr_v4(out, HOST_READ((ctx)->v4));   \
		}                                                 \
	} while (0)

#define host_local_address(ctx, out)  HOST_ADDRESS(ctx, out, local_ip4, local_ip6)
#define host_remote_address(ctx, out) HOST_ADDRESS(ctx, out, remote_ip4, remote_ip6)

/* Both in host order. */
#define host_local_port(ctx)  ((__u16)HOST_READ((ctx)->local_port))
#define host_remote_port(ctx) ((__u16)pkt_be32(HOST_READ((ctx)->remote_port)))

#define host_is_ip(ctx) ((ctx)->family == HOST_AF_INET || (ctx)->family == HOST_AF_INET6)

/* The key of the socket's connection. Result: which end of it is local, 0 or 1. */
#define host_key(ctx, key)                                                       \
	({                                                                       \
		struct ph_addr host_local_, host_remote_;                        \
                                                                                 \
		host_local_address(ctx, &host_local_);                           \
		host_remote_address(ctx, &host_remote_);                         \
		flow_key_make(key, &host_local_, pkt_be16(host_local_port(ctx)), \
			      &host_remote_, pkt_be16(host_remote_port(ctx)),    \
			      IPPROTO_TCP, PKT_ECHO_NONE);                       \
	})

#endif /* PINHOLE_BPF_HOST_SOCK_H */
