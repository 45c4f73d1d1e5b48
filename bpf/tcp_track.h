/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tcp_track.h - which TCP segments the two ends of a connection can have sent.
 *
 * Why it exists: ports and addresses are easy to guess, 32-bit sequence numbers
 * are not. A segment belongs to a connection only if its numbers fit what both
 * ends have said so far. Who cannot see the traffic has to guess them.
 *
 * Source: Guido van Rooij, "Real Stateful TCP Packet Filtering in IP Filter".
 * RFC 9293 (TCP), 7323 (window scaling), 5961 (blind attacks), 7413 (Fast Open).
 * Selective acknowledgements need no treatment: they move no edge.
 *
 * Race: the two directions write different fields, the sender's own and the
 * receiver's max_end. Two segments of one direction may be on two CPUs at once.
 * `end` must not lose the greater one: it would come again only with that segment,
 * whose acknowledgements were refused meanwhile, and the connection would stall. So
 * it is raised by compare and swap. What else may be lost comes with every segment;
 * the worst outcome is that one is refused, and its sender repeats it.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively, uses no
 * map and no helper.
 */
#ifndef PINHOLE_BPF_TCP_TRACK_H
#define PINHOLE_BPF_TCP_TRACK_H

#include "pkt.h"

#define TCP_MAX_OPTIONS_BYTES 40u
#define TCP_MAX_SCALE	      14u /* RFC 7323, 2.3 */
#define TCP_NO_SCALE	      0xffu

/* How far an acknowledgement may lag behind, at least: the largest unscaled
 * window and a bit. */
#define TCP_MIN_ACK_LAG 66000u

/* What a window that was never seen is taken for, at least: more than the
 * receive buffer that common systems grow to by themselves. */
#define TCP_FREE_WINDOW (1u << 24)

/* What of a segment can lie in later fragments. */
#define TCP_MAX_CUT 65535u

/* A segment in the numbers of the end that sent it; the acknowledgement in
 * those of the other end. Where a stage changes lengths on the way (ftp.h) the
 * caller converts ack first. */
struct tcp_segment {
	__u32 seq;
	__u32 end; /* seq + payload + SYN + FIN */
	__u32 ack;
	__u32 window; /* as in the header: 0..65535, not scaled */
	__u8 flags;   /* PKT_TCP_* */
	__u8 scale;   /* of the SYN's option, 0..14, or TCP_NO_SCALE */
	__u8 cut;     /* a first fragment: it reaches further than `end` */
	__u8 pad;
};

enum tcp_rst_kind {
	TCP_RST_OUTSIDE = 0, /* the receiver would ignore it: drop */
	TCP_RST_IN_WINDOW,   /* the receiver asks back (RFC 5961, 3.2): forward */
	TCP_RST_EXACT,	     /* where the receiver expects the next byte: it closes */
};

/* a - b in sequence space: negative when a is before b. */
static __always_inline __s32 tcp_seq_diff(__u32 a, __u32 b)
{
	return (__s32)(a - b);
}

static __always_inline bool tcp_seq_after(__u32 a, __u32 b)
{
	return tcp_seq_diff(a, b) > 0;
}

static __always_inline __u32 tcp_seq_max(__u32 a, __u32 b)
{
	return tcp_seq_after(a, b) ? a : b;
}

#define TCP_RAISE_TRIES 4 /* each fails only if another CPU has raised it meanwhile */

/* Move an edge forward, never back. */
static __always_inline void tcp_seq_raise(__u32 *edge, __u32 to)
{
	for (int i = 0; i < TCP_RAISE_TRIES; i++) {
		__u32 seen = *(volatile __u32 *)edge;

		if (!tcp_seq_after(to, seen) ||
		    __sync_val_compare_and_swap(edge, seen, to) == seen)
			return;
	}
}

static __always_inline __u32 tcp_max(__u32 a, __u32 b)
{
	return a > b ? a : b;
}

/*
 * The window scale that a SYN offers (RFC 7323, 2.2).
 * @options: TCP_MAX_OPTIONS_BYTES readable bytes
 * @len:     how many of them the header has; more counts as the most
 * Return: 0..14, or TCP_NO_SCALE if there is none or the options are broken
 * before it.
 *
 * One way through the loop and exits that all end alike: the verifier walks it
 * once.
 */
static __always_inline __u8 tcp_syn_scale(const __u8 *options, __u32 len)
{
	__u32 at = 0;

	if (len > TCP_MAX_OPTIONS_BYTES)
		len = TCP_MAX_OPTIONS_BYTES;
	for (__u32 i = 0; i < TCP_MAX_OPTIONS_BYTES; i++) {
		__u32 kind, size, is_nop;

		/* The last byte can only be padding. at is bounded anew for the
		 * verifier, which does not relate it to len. */
		if (at >= TCP_MAX_OPTIONS_BYTES - 1 || at + 1 >= len)
			break;
		kind = options[at];
		size = options[at + 1];
		is_nop = kind == 1;
		if (kind == 0 || (!is_nop && size < 2))
			break;
		if (kind == 3) {
			if (size != 3 || at + 2 >= len || at + 2 >= TCP_MAX_OPTIONS_BYTES)
				break;
			size = options[at + 2];
			return size > TCP_MAX_SCALE ? TCP_MAX_SCALE : size;
		}
		at += is_nop ? 1 : size;
	}
	return TCP_NO_SCALE;
}

/*
 * Describe the segment in pkt.
 * @window: the header's field, in host order
 * @scale:  tcp_syn_scale() of a SYN's options, otherwise TCP_NO_SCALE
 */
static __always_inline void
tcp_segment_make(struct tcp_segment *seg, const struct pkt *pkt, __u16 window, __u8 scale)
{
	__u32 counted = pkt->payload_len;

	if (pkt->tcp_flags & PKT_TCP_SYN)
		counted++;
	if (pkt->tcp_flags & PKT_TCP_FIN)
		counted++;
	seg->seq = pkt->tcp_seq;
	seg->end = pkt->tcp_seq + counted;
	seg->ack = pkt->tcp_ack;
	seg->window = window;
	seg->flags = pkt->tcp_flags;
	seg->scale = scale;
	seg->cut = pkt->fragment;
	seg->pad = 0;
}

/* The window that the segment announces, in bytes, at least 1: a closed window
 * may be probed with one byte. In a SYN it is never scaled, and elsewhere only
 * if both SYNs offered it (RFC 7323, 2.2). */
static __always_inline __u32 tcp_window(const struct tcp_end *sender,
					const struct tcp_end *receiver,
					const struct tcp_segment *seg)
{
	__u32 window = seg->window;

	if (!(seg->flags & PKT_TCP_SYN) &&
	    (sender->flags & receiver->flags & TCP_END_F_SCALING))
		window <<= sender->scale & 15;
	if (sender->flags & TCP_END_F_FREE)
		window = tcp_max(window, TCP_FREE_WINDOW);
	return tcp_max(window, 1);
}

/* Sets what a SYN says of its own sender. */
static __always_inline void tcp_end_from_syn(struct tcp_end *sender,
					     const struct tcp_segment *seg)
{
	bool offers = seg->scale <= TCP_MAX_SCALE;

	sender->end = seg->end;
	sender->max_window = tcp_max(seg->window, 1);
	sender->scale = offers ? seg->scale : 0;
	sender->flags = TCP_END_F_SEEN | (offers ? TCP_END_F_SCALING : 0);
}

/*
 * The first segment of a connection: a SYN, or any other where the connection
 * is picked up in midstream. Sets both ends.
 *
 * Until the receiver speaks, its acked is the sender's first number: so much
 * of the sender it has acknowledged, namely nothing, not even the SYN.
 *
 * An attacker who does not see the traffic gains nothing from a SYN. A
 * connection picked up in midstream has unknown scales: one in 2^14 of his
 * segments passes tcp_track_accepts() (one in 8 where its windows are full
 * 16-bit numbers), which is why picking up is the policy's choice.
 */
static __always_inline void tcp_track_begin(struct tcp_end *sender,
					    struct tcp_end *receiver,
					    const struct tcp_segment *seg)
{
	__builtin_memset(sender, 0, sizeof(*sender));
	__builtin_memset(receiver, 0, sizeof(*receiver));
	receiver->acked = seg->seq;
	if (seg->flags & PKT_TCP_SYN) {
		tcp_end_from_syn(sender, seg);
		sender->max_end = seg->end;
		receiver->max_window = 1;
		return;
	}
	sender->flags = TCP_END_F_SEEN | TCP_END_F_SCALING | TCP_END_F_FREE;
	sender->scale = TCP_MAX_SCALE;
	receiver->flags = TCP_END_F_SCALING | TCP_END_F_FREE;
	receiver->scale = TCP_MAX_SCALE;

	sender->end = seg->end;
	sender->max_end = seg->end + TCP_FREE_WINDOW;
	sender->max_window = tcp_window(sender, receiver, seg);
	sender->acked = seg->ack;
	receiver->end = seg->ack;
	receiver->max_end = seg->ack + sender->max_window;
	receiver->max_window = TCP_FREE_WINDOW;
}

/*
 * The responder's SYN, with or without ACK, after tcp_track_begin() with a SYN;
 * also when it comes again with another number. The caller has checked ack.
 *
 * As in tcp_track_begin(), the initiator's acked becomes the number of this
 * SYN: not acknowledged yet.
 */
static __always_inline void tcp_track_answer(struct tcp_end *sender,
					     struct tcp_end *receiver,
					     const struct tcp_segment *seg)
{
	tcp_end_from_syn(sender, seg);
	sender->max_end = tcp_seq_max(seg->end, seg->seq + 1 + receiver->max_window);
	receiver->acked = seg->seq;
	receiver->max_end = receiver->end + sender->max_window;
	if (seg->flags & PKT_TCP_ACK) {
		sender->acked = seg->ack;
		receiver->max_end =
			tcp_seq_max(receiver->end, seg->ack + sender->max_window);
	}
}

/* The lowest end of a segment that may still be on its way: the sender repeats
 * nothing that is older than the largest window it was ever given. Two more for
 * a FIN beyond the window and a keepalive one before it. */
static __always_inline __u32 tcp_lowest_end(const struct tcp_end *sender,
					    const struct tcp_end *receiver)
{
	return sender->end - receiver->max_window - 2;
}

/* Whether the acknowledgement is of something that the receiver has sent, and
 * not older than what can be on its way. */
static __always_inline bool tcp_ack_fits(const struct tcp_end *sender,
					 const struct tcp_end *receiver, __u32 ack)
{
	/* Of a connection picked up in midstream not all was seen. */
	__u32 newest = receiver->flags & TCP_END_F_FREE ? receiver->max_end
							: receiver->end;
	__u32 oldest = sender->acked - tcp_max(sender->max_window, TCP_MIN_ACK_LAG);

	return tcp_seq_diff(newest, ack) >= 0 && tcp_seq_diff(ack, oldest) >= 0;
}

/*
 * Whether the segment is one that this sender can have sent to this receiver.
 * Not for RST (tcp_rst_kind()), nor for a SYN without ACK. The state of the
 * connection is another matter: conn_state.h.
 *
 * The FIN may lie one beyond the window, as some systems send it, and so may
 * what its sender acknowledges afterwards.
 *
 * An attacker who does not see the traffic must hit both ranges: seq within the
 * two windows around the sender's end, and ack within one window behind what
 * was acknowledged. With windows of 64 KiB: one segment in 2^15 times 2^16, that
 * is one in 2^31; with windows of 1 GiB (the largest there are): one in 8. The
 * receiver then judges by the same numbers again.
 */
static __always_inline bool tcp_track_accepts(const struct tcp_end *sender,
					      const struct tcp_end *receiver,
					      const struct tcp_segment *seg)
{
	bool fin = seg->flags & PKT_TCP_FIN;
	__u32 edge = sender->max_end + (fin || seg->end == seg->seq);

	if (!(seg->flags & PKT_TCP_ACK))
		return false; /* all but the first have it (RFC 9293, 3.10.7.4) */
	if (tcp_seq_diff(edge, seg->end) < 0)
		return false; /* beyond the window */
	if (tcp_seq_diff(seg->end, tcp_lowest_end(sender, receiver)) < 0)
		return false; /* long acknowledged */
	return tcp_ack_fits(sender, receiver, seg->ack);
}

/*
 * What the receiver will make of a RST.
 *
 * An attacker who does not see the traffic must hit one of two numbers in 2^32
 * to close the connection here; with one of as many as the window has, he makes
 * the receiver ask back, or (before RFC 5961) close.
 */
static __always_inline enum tcp_rst_kind tcp_rst_kind(const struct tcp_end *sender,
						      const struct tcp_end *receiver,
						      const struct tcp_segment *seg)
{
	/* One less: some systems reset with the number of their FIN. */
	__u32 lowest = sender->flags & TCP_END_F_FREE ? tcp_lowest_end(sender, receiver)
						      : receiver->acked - 1;

	/* Zero is what some systems write that have nothing to acknowledge. */
	if ((seg->flags & PKT_TCP_ACK) && seg->ack &&
	    !tcp_ack_fits(sender, receiver, seg->ack))
		return TCP_RST_OUTSIDE;
	if (seg->seq == receiver->acked || seg->seq == sender->end)
		return TCP_RST_EXACT;
	if (tcp_seq_diff(sender->max_end, seg->seq) < 0 ||
	    tcp_seq_diff(seg->seq, lowest) < 0)
		return TCP_RST_OUTSIDE;
	return TCP_RST_IN_WINDOW;
}

/*
 * Learn from a segment that tcp_track_accepts() has accepted. Edges only ever
 * move forward: what a shrinking window takes back was promised once.
 */
static __always_inline void tcp_track_update(struct tcp_end *sender,
					     struct tcp_end *receiver,
					     const struct tcp_segment *seg)
{
	__u32 window = tcp_window(sender, receiver, seg);
	__u32 end = seg->end;

	if (seg->flags & PKT_TCP_RST)
		return; /* its ack and window mean nothing */
	/* The rest of a segment in fragments is not counted: it may be as long as
	 * the window is open, and will be acknowledged. */
	if (seg->cut && tcp_seq_diff(sender->max_end, seg->end) < (__s32)TCP_MAX_CUT)
		end = tcp_seq_max(sender->max_end, end);
	else if (seg->cut)
		end = seg->end + TCP_MAX_CUT;
	tcp_seq_raise(&sender->end, end);
	sender->max_window = tcp_max(window, sender->max_window);
	sender->flags |= TCP_END_F_SEEN;
	if (!(receiver->flags & TCP_END_F_SEEN) && (seg->flags & PKT_TCP_SYN) &&
	    seg->scale <= TCP_MAX_SCALE) {
		/* A repeated SYN may offer more than the first; the answer says
		 * which of them arrived. */
		sender->scale = seg->scale;
		sender->flags |= TCP_END_F_SCALING;
	}
	if (seg->flags & PKT_TCP_ACK) {
		sender->acked = tcp_seq_max(seg->ack, sender->acked);
		receiver->max_end = tcp_seq_max(seg->ack + window, receiver->max_end);
		if (receiver->flags & TCP_END_F_FREE)
			tcp_seq_raise(&receiver->end, seg->ack);
	}
	/* Picked up, and the other end has not said yet how much it takes. */
	if ((sender->flags & TCP_END_F_FREE) && !(receiver->flags & TCP_END_F_SEEN))
		sender->max_end =
			tcp_seq_max(seg->end + receiver->max_window, sender->max_end);
}

#endif /* PINHOLE_BPF_TCP_TRACK_H */
