/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conn_state.h - how a packet changes its connection's state, and how long
 * each state may idle.
 *
 * Two steps for each TCP segment, because XDP decides without a trace and may
 * leave the packet to TC: conn_tcp_half_open() or conn_tcp_established() judges
 * and changes nothing; conn_tcp_commit() then records what was taken.
 *
 * Who may include it: everybody. Pure. User space uses it to leave expired
 * entries out of its listings.
 *
 * RFC 9293 3.3.2 (states), as far as an observer in the middle can know them,
 * 3.5 (simultaneous open, half-open connections); 5961 (RST and SYN out of
 * place).
 */
#ifndef PINHOLE_BPF_CONN_STATE_H
#define PINHOLE_BPF_CONN_STATE_H

#include "flow.h"
#include "tcp_track.h"

enum conn_verdict {
	CONN_REFUSE = 0, /* drop it */
	CONN_PASS,	 /* forward it; the entry and its time stay as they are */
	CONN_TAKE,	 /* forward it; commit, set the next state, refresh the time */
	CONN_PROMOTE,	 /* half-open: take it, and the entry becomes a connection */
	CONN_REMOVE,	 /* half-open: forward it, and the entry ends */
	CONN_RESTART, /* established: forget the entry and judge it as a first packet */
	CONN_NOTE,    /* established: forward the initiator's SYN, and remember it */
	CONN_RENEW,   /* established: that SYN was accepted; both ends begin anew */
};

/* What an entry becomes with the segment: on CONN_TAKE and CONN_PROMOTE. */
struct conn_next {
	__u32 flags; /* CONN_F_* */
	__u32 base;  /* its flags when that was found */
	__u8 state;  /* enum conn_state */
	__u8 pad[3];
};

/* Another CPU may have changed them to `flags` since: what becomes of these. */
static __always_inline __u32 conn_next_flags(const struct conn_next *next, __u32 flags)
{
	return (flags | (next->flags & ~next->base)) & ~(next->base & ~next->flags);
}

#define CONN_SYN_ACK_RST (PKT_TCP_SYN | PKT_TCP_ACK | PKT_TCP_RST)

/* What is told of a connection with these flags, as long as it is in conns. For TCP it
 * is its state in other words; whoever changes the flags sets the state besides. */
static __always_inline __u32 conn_told(__u32 flags)
{
	const __u32 fins = CONN_F_FIN_0 | CONN_F_FIN_1;

	if ((flags & (CONN_F_RESET | CONN_F_KILLED)) || (flags & fins) == fins)
		return CONN_TOLD_CLOSING;
	return flags & fins ? CONN_TOLD_HALF_CLOSED : CONN_TOLD_ESTABLISHED;
}

/* The state of a TCP connection in conns. */
static __always_inline __u8 conn_state_of(__u32 flags)
{
	switch (conn_told(flags)) {
	case CONN_TOLD_CLOSING:
		return CONN_CLOSING;
	case CONN_TOLD_HALF_CLOSED:
		return CONN_HALF_CLOSED;
	default:
		return CONN_ESTABLISHED;
	}
}

/* How long an entry may idle, in nanoseconds. */
static __always_inline __u64 conn_timeout_ns(const struct policy_config *config,
					     __u8 proto, __u8 state)
{
	switch (proto) {
	case IPPROTO_TCP:
		switch (state) {
		case CONN_SYN_SENT:
		case CONN_SYN_ACKED:
		case CONN_SYN_BOTH:
		case CONN_PICKED_UP:
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
	case PKT_PROTO_ICMPV6:
		return config->timeout_icmp_ns;
	default:
		return config->timeout_other_ns;
	}
}

/* Whether the packet may start a connection. */
static __always_inline bool conn_may_start(const struct pkt *pkt)
{
	return pkt->proto != IPPROTO_TCP ||
	       (pkt->tcp_flags & (PKT_TCP_SYN | PKT_TCP_ACK | PKT_TCP_RST)) ==
		       PKT_TCP_SYN;
}

/* The index of the end that sends in this direction, which the verifier can
 * bound wherever the compiler has kept it. */
static __always_inline __u32 conn_end_index(__u32 dir)
{
#ifdef __bpf__
	asm volatile("" : "+r"(dir));
#endif
	return dir & 1;
}

/* Whether the segment may be the first of a connection picked up in midstream,
 * where the policy allows that. */
static __always_inline bool conn_may_pick_up(const struct pkt *pkt)
{
	return pkt->proto == IPPROTO_TCP &&
	       (pkt->tcp_flags & CONN_SYN_ACK_RST) == PKT_TCP_ACK;
}

/* Half-open, other than TCP: the answer makes the connection. */
static __always_inline enum conn_verdict conn_other_half_open(__u32 dir)
{
	return dir == 0 ? CONN_TAKE : CONN_PROMOTE;
}

/*
 * Whether the segment acknowledges the other end's SYN, which it or another of
 * its sender may have done before. For both ends in a handshake, whose acked is
 * the SYN's own number until then (tcp_track_begin(), tcp_track_answer()).
 *
 * An attacker who does not see the SYN must hit one number in 2^32 (of a Fast
 * Open SYN, as many as it has bytes).
 */
static __always_inline bool conn_acks_syn(const struct tcp_end *sender,
					  const struct tcp_end *receiver,
					  const struct tcp_segment *seg, bool again)
{
	if (!(seg->flags & PKT_TCP_ACK) || tcp_seq_after(seg->ack, receiver->end))
		return false;
	return tcp_seq_after(seg->ack, sender->acked) ||
	       (again && seg->ack == sender->acked) || seg->ack == receiver->end;
}

/* A RST by its numbers alone. */
static __always_inline enum conn_verdict conn_rst_verdict(const struct tcp_end *sender,
							  const struct tcp_end *receiver,
							  const struct tcp_segment *seg)
{
	switch (tcp_rst_kind(sender, receiver, seg)) {
	case TCP_RST_EXACT:
		return CONN_REMOVE;
	case TCP_RST_IN_WINDOW:
		return CONN_PASS;
	default:
		return CONN_REFUSE;
	}
}

/*
 * CONN_SYN_SENT, from the initiator: its SYN again, or a RST.
 *
 * A SYN with another number is a new attempt; who forges one delays the true
 * one until its SYN is repeated. The RST ends the attempt, or answers what an
 * old connection of the responder said (conn_syn_sent_responder()); one number
 * each in 2^32.
 */
static __always_inline enum conn_verdict
conn_syn_sent_initiator(const struct tcp_end *sender, const struct tcp_end *receiver,
			const struct tcp_segment *seg)
{
	switch (seg->flags & CONN_SYN_ACK_RST) {
	case PKT_TCP_SYN:
		return CONN_TAKE;
	case PKT_TCP_RST:
	case PKT_TCP_RST | PKT_TCP_ACK:
		if (seg->seq == sender->end || seg->seq == receiver->acked + 1)
			return CONN_REMOVE;
		return seg->seq == sender->max_end ? CONN_PASS : CONN_REFUSE;
	default:
		return CONN_REFUSE;
	}
}

/*
 * CONN_SYN_SENT, from the responder: SYN-ACK, its own SYN (simultaneous open),
 * a refusal, or a bare ACK: the responder still has an old connection of these
 * ends, the initiator resets that and comes again (RFC 9293, 3.5.1). Its number
 * is kept in the initiator's max_end, which means nothing yet.
 *
 * An attacker who does not see the traffic passes a SYN-ACK or a refusal once
 * in 2^32. A SYN or a bare ACK passes, and all it can do is to make the
 * initiator answer: no promotion without the right number of both ends.
 */
static __always_inline enum conn_verdict
conn_syn_sent_responder(const struct tcp_end *sender, const struct tcp_end *receiver,
			const struct tcp_segment *seg, __u8 *state)
{
	bool answers = conn_acks_syn(sender, receiver, seg, false);

	switch (seg->flags & CONN_SYN_ACK_RST) {
	case PKT_TCP_SYN | PKT_TCP_ACK:
		*state = CONN_SYN_ACKED;
		return answers ? CONN_TAKE : CONN_REFUSE;
	case PKT_TCP_SYN:
		*state = CONN_SYN_BOTH;
		return CONN_TAKE;
	case PKT_TCP_RST | PKT_TCP_ACK:
		return answers ? CONN_REMOVE : CONN_REFUSE;
	case PKT_TCP_ACK:
		return !answers && seg->end == seg->seq ? CONN_TAKE : CONN_REFUSE;
	default:
		return CONN_REFUSE;
	}
}

/*
 * CONN_SYN_ACKED, from the initiator: the ACK that completes the handshake, with
 * or without data, or with its SYN (simultaneous open, the other SYN came behind
 * the SYN-ACK); its SYN again (any other goes to the responder, which knows what
 * it has); a RST.
 *
 * An attacker who forges the initiator's address and does not see the SYN-ACK
 * completes the handshake once in 2^32.
 */
static __always_inline enum conn_verdict
conn_syn_acked_initiator(const struct tcp_end *sender, const struct tcp_end *receiver,
			 const struct tcp_segment *seg)
{
	switch (seg->flags & CONN_SYN_ACK_RST) {
	case PKT_TCP_SYN:
		return seg->end == sender->end ? CONN_TAKE : CONN_PASS;
	case PKT_TCP_SYN | PKT_TCP_ACK:
	case PKT_TCP_ACK:
		return conn_acks_syn(sender, receiver, seg, false) &&
				       tcp_track_accepts(sender, receiver, seg)
			       ? CONN_PROMOTE
			       : CONN_REFUSE;
	case PKT_TCP_RST:
	case PKT_TCP_RST | PKT_TCP_ACK:
		return conn_rst_verdict(sender, receiver, seg);
	default:
		return CONN_REFUSE;
	}
}

/*
 * CONN_SYN_ACKED, from the responder: the SYN-ACK again (a responder without
 * memory may choose another number), its SYN that was overtaken, data behind it
 * (Fast Open) or a challenge (RFC 5961, 4), a RST.
 *
 * An attacker who does not see the traffic passes a SYN-ACK once in 2^32, data
 * as tcp_track_accepts() says.
 */
static __always_inline enum conn_verdict
conn_syn_acked_responder(const struct tcp_end *sender, const struct tcp_end *receiver,
			 const struct tcp_segment *seg)
{
	switch (seg->flags & CONN_SYN_ACK_RST) {
	case PKT_TCP_SYN | PKT_TCP_ACK:
		return conn_acks_syn(sender, receiver, seg, true) ? CONN_TAKE
								  : CONN_REFUSE;
	case PKT_TCP_SYN:
		return seg->end == sender->end ? CONN_PASS : CONN_REFUSE;
	case PKT_TCP_ACK:
		return tcp_track_accepts(sender, receiver, seg) ? CONN_TAKE : CONN_REFUSE;
	case PKT_TCP_RST | PKT_TCP_ACK:
		/* As from a closed port: it restarted between two SYNs. */
		if (!seg->seq && conn_acks_syn(sender, receiver, seg, true))
			return CONN_REMOVE;
		return conn_rst_verdict(sender, receiver, seg);
	case PKT_TCP_RST:
		return conn_rst_verdict(sender, receiver, seg);
	default:
		return CONN_REFUSE;
	}
}

/*
 * CONN_SYN_BOTH, from either end: its SYN again, with ACK or without, or
 * anything behind that. Once each end has acknowledged the other's SYN, the
 * connection is complete.
 *
 * An attacker who does not see the traffic must hit one number in 2^32.
 */
static __always_inline enum conn_verdict conn_syn_both(const struct tcp_end *sender,
						       const struct tcp_end *receiver,
						       const struct tcp_segment *seg)
{
	bool answers = conn_acks_syn(sender, receiver, seg, false);

	switch (seg->flags & CONN_SYN_ACK_RST) {
	case PKT_TCP_SYN:
		return seg->end == sender->end ? CONN_TAKE : CONN_REFUSE;
	case PKT_TCP_SYN | PKT_TCP_ACK:
		answers = answers && seg->end == sender->end;
		break;
	case PKT_TCP_ACK:
		answers = answers && tcp_track_accepts(sender, receiver, seg);
		break;
	case PKT_TCP_RST | PKT_TCP_ACK:
		if (!seg->seq && answers)
			return CONN_REMOVE;
		return conn_rst_verdict(sender, receiver, seg);
	case PKT_TCP_RST:
		return conn_rst_verdict(sender, receiver, seg);
	default:
		return CONN_REFUSE;
	}
	if (!answers)
		return CONN_REFUSE;
	return receiver->acked == sender->end ? CONN_PROMOTE : CONN_TAKE;
}

/*
 * CONN_PICKED_UP: what follows from the end that was seen first; a SYN of it
 * begins anew. What fits from the other end completes it.
 *
 * An attacker who does not see the traffic completes it as often as
 * tcp_track_begin() says.
 */
static __always_inline enum conn_verdict conn_picked_up(const struct tcp_end *sender,
							const struct tcp_end *receiver,
							const struct tcp_segment *seg,
							__u32 dir, __u8 *state)
{
	if (seg->flags & PKT_TCP_RST)
		return conn_rst_verdict(sender, receiver, seg);
	if (dir == 0 && (seg->flags & CONN_SYN_ACK_RST) == PKT_TCP_SYN) {
		*state = CONN_SYN_SENT;
		return CONN_TAKE;
	}
	if (!tcp_track_accepts(sender, receiver, seg))
		return CONN_REFUSE;
	if (dir == 0)
		return seg->flags & PKT_TCP_SYN ? CONN_REFUSE : CONN_TAKE;
	return CONN_PROMOTE;
}

/* The flags and state of an established connection with the segment's FIN. */
static __always_inline void conn_note_fin(const struct tcp_segment *seg, __u32 dir,
					  struct conn_next *next)
{
	if (seg->flags & PKT_TCP_FIN)
		next->flags |= dir == 0 ? CONN_F_FIN_0 : CONN_F_FIN_1;
	if (next->state < CONN_ESTABLISHED || next->state == CONN_CLOSING)
		return;
	if ((next->flags & CONN_F_FIN_0) && (next->flags & CONN_F_FIN_1))
		next->state = CONN_CLOSING;
	else if (next->flags & (CONN_F_FIN_0 | CONN_F_FIN_1))
		next->state = CONN_HALF_CLOSED;
}

/*
 * A TCP segment of an entry in the half-open table. Changes nothing.
 * @dir:  who sent it: 0 the initiator, 1 the responder
 * @next: result, for CONN_TAKE and CONN_PROMOTE
 * Return: CONN_REFUSE (PH_DROP_TCP_HANDSHAKE), CONN_PASS, CONN_TAKE,
 * CONN_PROMOTE or CONN_REMOVE.
 *
 * An attacker who does not see the traffic: see the functions of the states.
 */
static __always_inline enum conn_verdict conn_tcp_half_open(const struct conn *conn,
							    __u32 dir,
							    const struct tcp_segment *seg,
							    struct conn_next *next)
{
	const struct tcp_end *sender = &conn->tcp[conn_end_index(dir)];
	const struct tcp_end *receiver = &conn->tcp[conn_end_index(!dir)];
	enum conn_verdict verdict;
	__u8 state = conn->state;

	switch (state) {
	case CONN_SYN_SENT:
		verdict =
			dir == 0 ? conn_syn_sent_initiator(sender, receiver, seg)
				 : conn_syn_sent_responder(sender, receiver, seg, &state);
		break;
	case CONN_SYN_ACKED:
		verdict = dir == 0 ? conn_syn_acked_initiator(sender, receiver, seg)
				   : conn_syn_acked_responder(sender, receiver, seg);
		break;
	case CONN_SYN_BOTH:
		verdict = conn_syn_both(sender, receiver, seg);
		break;
	case CONN_PICKED_UP:
		verdict = conn_picked_up(sender, receiver, seg, dir, &state);
		break;
	default:
		return CONN_REFUSE;
	}
	next->state = verdict == CONN_PROMOTE ? CONN_ESTABLISHED : state;
	next->base = conn->flags;
	next->flags = next->base;
	if (state == CONN_SYN_SENT) /* picked up, and begun anew by a SYN */
		next->flags &= ~(CONN_F_FIN_0 | CONN_F_FIN_1 | CONN_F_PICKED_UP);
	if (verdict == CONN_TAKE || verdict == CONN_PROMOTE)
		conn_note_fin(seg, dir, next);
	return verdict;
}

/*
 * Whether the responder accepts the SYN that came last: both ends have forgotten
 * the connection, or one has, and the other was convinced of it. A responder that
 * remembers asks back instead, with its old numbers.
 *
 * An attacker who does not see the traffic can have a SYN remembered, but the
 * SYN-ACK must come from the responder's side and have that SYN's number: the
 * responder itself sends it, or someone who hits one number in 2^32.
 */
static __always_inline bool conn_accepts_again(const struct conn *conn, __u32 dir,
					       const struct tcp_segment *seg)
{
	return dir == 1 && conn->again.flags &&
	       (seg->flags & CONN_SYN_ACK_RST) == (PKT_TCP_SYN | PKT_TCP_ACK) &&
	       seg->ack == conn->again.end;
}

/* Likewise, whether it refuses that SYN: then it has no connection either. */
static __always_inline bool conn_refuses_again(const struct conn *conn, __u32 dir,
					       const struct tcp_segment *seg)
{
	return dir == 1 && conn->again.flags &&
	       (seg->flags & CONN_SYN_ACK_RST) == (PKT_TCP_RST | PKT_TCP_ACK) &&
	       seg->ack == conn->again.end;
}

/*
 * A TCP segment of an established connection. Changes nothing.
 * @dir:  who sent it: 0 the initiator, 1 the responder
 * @next: result, for CONN_TAKE
 * Return: CONN_REFUSE (PH_DROP_TCP_WINDOW), CONN_PASS, CONN_TAKE, CONN_RESTART,
 * CONN_NOTE or CONN_RENEW.
 *
 * An attacker who does not see the traffic: the initiator's SYN always passes,
 * and makes the receiver ask back (RFC 5961, 4); on a connection that both ends
 * have closed it makes room for a new one, if the policy permits that. RST as
 * tcp_rst_kind() says, a SYN-ACK to a SYN remembered as conn_accepts_again(),
 * all else as tcp_track_accepts().
 */
static __always_inline enum conn_verdict
conn_tcp_established(const struct conn *conn, __u32 dir, const struct tcp_segment *seg,
		     struct conn_next *next)
{
	const struct tcp_end *sender = &conn->tcp[conn_end_index(dir)];
	const struct tcp_end *receiver = &conn->tcp[conn_end_index(!dir)];

	next->state = conn->state;
	next->base = *(const volatile __u32 *)&conn->flags;
	next->flags = next->base;
	if ((seg->flags & CONN_SYN_ACK_RST) == PKT_TCP_SYN) {
		if (conn->state == CONN_CLOSING)
			return CONN_RESTART;
		return dir == 0 ? CONN_NOTE : CONN_REFUSE;
	}
	if (conn_accepts_again(conn, dir, seg)) {
		next->state = CONN_ESTABLISHED;
		next->flags &=
			~(CONN_F_FIN_0 | CONN_F_FIN_1 | CONN_F_RESET | CONN_F_PICKED_UP);
		return CONN_RENEW;
	}
	if (conn_refuses_again(conn, dir, seg)) {
		next->state = CONN_CLOSING;
		next->flags |= CONN_F_RESET;
		return CONN_TAKE;
	}
	if (seg->flags & PKT_TCP_RST) {
		switch (tcp_rst_kind(sender, receiver, seg)) {
		case TCP_RST_EXACT:
			next->state = CONN_CLOSING;
			next->flags |= CONN_F_RESET;
			return CONN_TAKE;
		case TCP_RST_IN_WINDOW:
			return CONN_PASS;
		default:
			return CONN_REFUSE;
		}
	}
	if (!tcp_track_accepts(sender, receiver, seg))
		return CONN_REFUSE;
	conn_note_fin(seg, dir, next);
	return CONN_TAKE;
}

/* Begin the entry of a connection with its first segment; conn_may_start() or
 * conn_may_pick_up() has admitted it. */
static __always_inline void conn_tcp_begin(struct conn *fresh,
					   const struct tcp_segment *seg)
{
	bool syn = seg->flags & PKT_TCP_SYN;

	tcp_track_begin(&fresh->tcp[0], &fresh->tcp[1], seg);
	fresh->state = syn ? CONN_SYN_SENT : CONN_PICKED_UP;
	if (!syn)
		fresh->flags |= CONN_F_PICKED_UP;
	if (!syn && (seg->flags & PKT_TCP_FIN))
		fresh->flags |= CONN_F_FIN_0;
}

/* Remember the initiator's SYN (CONN_NOTE). */
static __always_inline void conn_tcp_note(struct conn *conn,
					  const struct tcp_segment *seg)
{
	tcp_end_from_syn(&conn->again, seg);
	conn->again.acked = seg->seq;
}

/* The responder's SYN-ACK to the SYN remembered (CONN_RENEW): as if the entry
 * had just been made by that SYN. */
static __always_inline void conn_tcp_renew(struct conn *conn,
					   const struct tcp_segment *seg)
{
	__u32 syn_seq = conn->again.acked;

	conn->tcp[0] = conn->again;
	conn->tcp[0].acked = 0;
	conn->tcp[0].max_end = conn->again.end;
	__builtin_memset(&conn->tcp[1], 0, sizeof(conn->tcp[1]));
	conn->tcp[1].acked = syn_seq;
	conn->tcp[1].max_window = 1;
	__builtin_memset(&conn->again, 0, sizeof(conn->again));
	tcp_track_answer(&conn->tcp[1], &conn->tcp[0], seg);
}

/*
 * Learn from a segment that was taken (CONN_TAKE, CONN_PROMOTE). Before the next
 * state is set: what a SYN means depends on the state that it met.
 */
static __always_inline void conn_tcp_commit(struct conn *conn, __u32 dir,
					    const struct tcp_segment *seg)
{
	struct tcp_end *sender = &conn->tcp[conn_end_index(dir)];
	struct tcp_end *receiver = &conn->tcp[conn_end_index(!dir)];
	/* Until it is acknowledged, its own number (tcp_track_begin()). */
	bool syn_again = seg->seq == receiver->acked;
	bool syn = seg->flags & PKT_TCP_SYN;

	if (dir == 0 && syn &&
	    (conn->state == CONN_PICKED_UP ||
	     (conn->state == CONN_SYN_SENT && !syn_again))) {
		tcp_track_begin(sender, receiver, seg);
		return;
	}
	if (dir == 1 && conn->state == CONN_SYN_SENT && !syn) {
		receiver->max_end = seg->ack; /* conn_syn_sent_responder() */
		return;
	}
	if (dir == 1 && syn &&
	    (conn->state == CONN_SYN_SENT ||
	     (conn->state == CONN_SYN_ACKED && !syn_again))) {
		tcp_track_answer(sender, receiver, seg);
		return;
	}
	tcp_track_update(sender, receiver, seg);
}

#endif /* PINHOLE_BPF_CONN_STATE_H */
