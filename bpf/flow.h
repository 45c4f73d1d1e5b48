/* SPDX-License-Identifier: GPL-2.0 */
/*
 * flow.h - the one key of a connection.
 *
 * Why it exists: both directions of a connection, seen on either side of a
 * translation, must find the same table entry with one lookup (invariant 1).
 *
 * Who may include it: everybody. Pure.
 */
#ifndef PINHOLE_BPF_FLOW_H
#define PINHOLE_BPF_FLOW_H

#include "pkt.h"

/* Whether end a sorts after end b: by address, then port, as memcmp would. */
static __always_inline bool flow_end_after(const struct ph_addr *a, __be16 a_port,
					   const struct ph_addr *b, __be16 b_port)
{
	for (int i = 0; i < 4; i++) {
		if (a->word[i] != b->word[i])
			return pkt_be32(a->word[i]) > pkt_be32(b->word[i]);
	}
	return pkt_be16(a_port) > pkt_be16(b_port);
}

/*
 * Build the key of a packet from its real addresses.
 * @echo: enum pkt_echo
 * Return: which end of the key the packet's source is, 0 or 1.
 */
static __always_inline __u32 flow_key_make(struct flow_key *key,
					   const struct ph_addr *src, __be16 sport,
					   const struct ph_addr *dst, __be16 dport,
					   __u8 proto, __u8 echo)
{
	bool src_is_1 = flow_end_after(src, sport, dst, dport);

	key->addr[0] = src_is_1 ? *dst : *src;
	key->addr[1] = src_is_1 ? *src : *dst;
	key->port[0] = src_is_1 ? dport : sport;
	key->port[1] = src_is_1 ? sport : dport;
	key->proto = proto;
	key->echo_asker = echo == PKT_ECHO_NONE	     ? 0
			  : echo == PKT_ECHO_REQUEST ? 1 + src_is_1
						     : 2 - src_is_1;
	key->pad[0] = 0;
	key->pad[1] = 0;
	return src_is_1;
}

/* Which end of the key the connection's initiator is, 0 or 1. */
static __always_inline __u32 flow_initiator_end(const struct conn *conn)
{
	return conn->flags & CONN_F_INITIATOR_1 ? 1 : 0;
}

#endif /* PINHOLE_BPF_FLOW_H */
