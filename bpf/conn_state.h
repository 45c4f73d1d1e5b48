/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conn_state.h - how a packet changes its connection's state, and how long
 * each state may idle.
 *
 * Who may include it: everybody. Pure. User space uses it to leave expired
 * entries out of its listings.
 *
 * RFC 9293 3.3.2 (states), as far as an observer in the middle can know them.
 */
#ifndef PINHOLE_BPF_CONN_STATE_H
#define PINHOLE_BPF_CONN_STATE_H

#include "flow.h"

/* How long an entry may idle, in nanoseconds. */
static __always_inline __u64 conn_timeout_ns(const struct policy_config *config,
					     __u8 proto, __u8 state)
{
	switch (proto) {
	case IPPROTO_TCP:
		switch (state) {
		case CONN_SYN_SENT:
			return config->timeout_half_open_ns;
		case CONN_ESTABLISHED:
			return config->timeout_tcp_ns;
		case CONN_HALF_CLOSED:
			return config->timeout_half_closed_ns;
		default:
			return config->timeout_closing_ns;
		}
	case IPPROTO_UDP:
		return config->timeout_udp_ns;
	case IPPROTO_ICMP:
		return config->timeout_icmp_ns;
	default:
		return config->timeout_other_ns;
	}
}

/* Whether a half-open entry may take this packet.
 * @dir: PH_INITIATOR 0, PH_RESPONDER 1 */
static __always_inline bool conn_half_open_accepts(const struct pkt *pkt, __u32 dir)
{
	__u8 syn_ack_rst = pkt->tcp_flags & (PKT_TCP_SYN | PKT_TCP_ACK | PKT_TCP_RST);

	if (pkt->proto != IPPROTO_TCP)
		return true;
	if (pkt->tcp_flags & PKT_TCP_RST)
		return true; /* the port is closed, or the caller gave up */
	if (dir == 0)
		return syn_ack_rst == PKT_TCP_SYN; /* the SYN again */
	return syn_ack_rst == (PKT_TCP_SYN | PKT_TCP_ACK);
}

/* Whether the packet may start a connection. */
static __always_inline bool conn_may_start(const struct pkt *pkt)
{
	return pkt->proto != IPPROTO_TCP ||
	       (pkt->tcp_flags & (PKT_TCP_SYN | PKT_TCP_ACK | PKT_TCP_RST)) ==
		       PKT_TCP_SYN;
}

/* The state of an established connection after the packet; *flags gains the
 * FINs seen. @dir: who sent it. */
static __always_inline __u8 conn_next_state(const struct pkt *pkt, __u32 dir, __u8 state,
					    __u32 *flags)
{
	if (pkt->proto != IPPROTO_TCP)
		return state;
	if (pkt->tcp_flags & PKT_TCP_RST)
		return CONN_CLOSING;
	if (pkt->tcp_flags & PKT_TCP_FIN)
		*flags |= dir == 0 ? CONN_F_FIN_0 : CONN_F_FIN_1;
	if (state == CONN_CLOSING)
		return state;
	if ((*flags & CONN_F_FIN_0) && (*flags & CONN_F_FIN_1))
		return CONN_CLOSING;
	if (*flags & (CONN_F_FIN_0 | CONN_F_FIN_1))
		return CONN_HALF_CLOSED;
	return state;
}

#endif /* PINHOLE_BPF_CONN_STATE_H */
