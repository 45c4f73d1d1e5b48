/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp.h - inspection of FTP control connections: read here top-down.
 *
 * Why it exists: FTP announces its data connections as text. The inspector
 * reads that text as a stream, opens a hole for each announcement that proves
 * sound, and translates the address in it together with the headers.
 *
 * Who may include it: conn.h and the entry points. ftp_inspect() is for TC
 * ingress; the ends of a session may come from either hook or from a timer.
 *
 * RFC 959, 1123 4.1.2, 2428, 4217.
 *
 * Segments that are not the next in order:
 *  - Beyond a gap: dropped with PH_DROP_FTP_SEGMENT. A command must not pass
 *    unread. The receiver still misses what fills the gap, so the sender
 *    repeats from there, and in order; each repetition gets past the gap or
 *    closes it. It costs a retransmission timeout at worst, and cannot wedge:
 *    the gap ends where the receiver's acknowledgement stands. That goes for a
 *    FIN by itself too: what fills the gap may change its length.
 *  - Acknowledged, but never seen here (they took another way): the direction
 *    is lost. From then on it opens nothing and nothing of it is held up. That
 *    is for good, because whoever can forge an acknowledgement could otherwise
 *    choose where we begin to read.
 *  - Repeated: rewritten as the first time, not read again, whatever it says.
 *  - Partly repeated: the old part is rewritten, the new part read.
 *  - If the first packet seen is not the one that completes the handshake: both
 *    directions are read from the next line end on.
 *
 * An address is translated however the stream is cut (ftp_commit.h), and what has
 * no room now is cut off the packet, for its sender to repeat (ftp_plan.h). Should
 * the beginning of one have gone out all the same, it opens no hole
 * (PH_EV_HOLE_DENY_REWRITE): that transfer fails. Where the kernel refuses to
 * change the packet it is dropped, holes closed, nothing remembered; its
 * repetition is a new attempt.
 */
#ifndef PINHOLE_BPF_FTP_H
#define PINHOLE_BPF_FTP_H

#include "conn_state.h"
#include "ftp_area.h"
#include "ftp_policy.h"
#include "ftp_read.h"
#include "ftp_rewrite.h"
#include "grant.h"

#define FTP_ACK_WINDOW (1 << 20) /* how far off an acknowledging packet may be */

/* ---- the session ---- */

#define FTP_NO_ROOM    (-7) /* E2BIG */
#define FTP_ROOM_TRIES 32   /* of those that closed first, some are forgotten already */

/* Take the session that closed first out of the table, unless it is forgotten already
 * or its connection was begun anew. Return: 1 when one is out. */
static long ftp_session_make_way(__u32 i, bool *made)
{
	__u32 index = 0;
	struct ftp_area *a = bpf_map_lookup_elem(&ftp_area, &index);
	const struct ftp_session *s;
	const struct conn *conn;

	(void)i;
	if (!a || bpf_map_pop_elem(&ftp_closed, &a->closed))
		return 1;
	s = bpf_map_lookup_elem(&ftp_sessions, &a->closed.key);
	if (!s || s->conn_id != a->closed.conn_id)
		return 0;
	conn = bpf_map_lookup_elem(&conns, &a->closed.key);
	if (conn && conn->id == a->closed.conn_id && conn->state != CONN_CLOSING)
		return 0;
	if (bpf_map_delete_elem(&ftp_sessions, &a->closed.key))
		return 0;
	event_count(PH_EV_FTP_SESSION_CLOSED);
	*made = true;
	return 1;
}

/* A session is kept for the last segments of its connection, until the timeout for
 * closing ones. Where that is longer than there is room for, the one that has been kept
 * longest gives way to a new one. */
static __noinline bool ftp_session_make_room(void)
{
	bool made = false;

	bpf_loop(FTP_ROOM_TRIES, ftp_session_make_way, &made, 0);
	return made;
}

/*
 * Begin a session. With the packet that completes the handshake both streams
 * begin: the sender's where the other end has acknowledged its SYN (that packet
 * itself may have overtaken data), the other end's where this packet says. Of a
 * connection picked up in midstream nothing is known.
 */
static __always_inline struct ftp_session *ftp_session_new(const struct ftp_scan *scan)
{
	const struct pkt *pkt = &scan->w->pkt;
	struct ftp_session *s = (struct ftp_session *)scan->a->session;
	const struct conn *conn = scan->conn;
	__u32 dir = scan->a->dir;
	const struct tcp_end *peer = dir == PH_INITIATOR ? &conn->tcp[1] : &conn->tcp[0];
	bool begins = scan->a->begins && !(peer->flags & TCP_END_F_FREE);
	struct ftp_direction *own, *other;
	int err; /* before Linux 6.4 maps leave the upper half of a long undefined */

	ftp_clear(s, sizeof(*s));
	s->conn_id = conn->id;
	s->opened_ns = bpf_ktime_get_ns();
	s->mapped[0] = conn->mapped[0];
	s->mapped[1] = conn->mapped[1];
	own = ftp_direction(s, dir);
	other = ftp_direction(s, dir ^ 1);
	own->next_seq = begins ? peer->acked : pkt->tcp_seq;
	own->stream.acked = own->next_seq;
	other->next_seq = pkt->tcp_ack;
	other->stream.acked = pkt->tcp_ack;
	own->history_end = own->next_seq;
	other->history_end = other->next_seq;
	if (!begins) {
		s->flags = FTP_S_GREETED; /* long ago */
		ftp_line_join(&own->line);
		ftp_line_join(&other->line);
	}
	if (scan->a->fixup.kind == FIXUP_FTPS) {
		/* In midstream nobody knows where a record begins. */
		s->flags |= FTP_S_IMPLICIT | FTP_S_GREETED;
		own->mode = begins ? FTP_MODE_HELLO : FTP_MODE_OPAQUE;
		other->mode = own->mode;
	}
	err = (int)bpf_map_update_elem(&ftp_sessions, &scan->w->key, s, BPF_NOEXIST);
	if (err == FTP_NO_ROOM && ftp_session_make_room())
		err = (int)bpf_map_update_elem(&ftp_sessions, &scan->w->key, s,
					       BPF_NOEXIST);
	if (!err)
		event_count(PH_EV_FTP_SESSION_OPENED);
	return bpf_map_lookup_elem(&ftp_sessions, &scan->w->key);
}

enum ftp_finish {
	FTP_FINISH_HOLES = 0, /* close its holes */
	FTP_FINISH_CLOSED,    /* that, and it may give way to others */
	FTP_FINISH_FORGET,    /* that, and it is over */
};

/*
 * @how: enum ftp_finish
 * Global functions take a copy of the key: the verifier of older kernels takes
 * the key that a timer is given for read-only, and an argument for writable.
 */
FTP_GLOBAL int ftp_session_finish(struct flow_key *key, __u64 conn_id, __u32 how)
{
	struct ftp_closed own; /* kernel 6.1 takes no argument's memory as a key */
	struct ftp_session *s;

	if (!key)
		return 0;
	own.key = *key;
	own.conn_id = conn_id;
	s = bpf_map_lookup_elem(&ftp_sessions, &own.key);
	if (!s || s->conn_id != conn_id)
		return 0;
	ftp_session_end(s, conn_id);
	if (how == FTP_FINISH_CLOSED)
		bpf_map_push_elem(&ftp_closed, &own, BPF_EXIST);
	if (how == FTP_FINISH_FORGET && !bpf_map_delete_elem(&ftp_sessions, &own.key))
		event_count(PH_EV_FTP_SESSION_CLOSED);
	return 0;
}

/*
 * The control connection is gone: forget the session and close its holes.
 * @conn_id: of that connection; a later one with the same key is left alone
 */
static __always_inline void ftp_session_close(const struct flow_key *key, __u64 conn_id)
{
	struct flow_key copy = *key;

	ftp_session_finish(&copy, conn_id, FTP_FINISH_FORGET);
}

/* The control connection is being closed, by one end or (@closed) by both: its unused
 * holes vanish at once, but the last segments still need their sequence numbers
 * translated. */
static __always_inline void ftp_session_end_holes(const struct flow_key *key,
						  __u64 conn_id, bool closed)
{
	struct flow_key copy = *key;

	ftp_session_finish(&copy, conn_id, closed ? FTP_FINISH_CLOSED : FTP_FINISH_HOLES);
}

/* Not with a lone RST; nor with what comes after the end, once the session has given
 * way to others. */
static __always_inline bool ftp_session_may_begin(const struct ftp_scan *scan)
{
	return (scan->w->pkt.tcp_flags & PKT_TCP_ACK) &&
	       scan->conn->state != CONN_CLOSING;
}

static __noinline struct ftp_session *ftp_session_get(const struct ftp_scan *scan)
{
	struct ftp_session *s = bpf_map_lookup_elem(&ftp_sessions, &scan->w->key);

	if (s && s->conn_id != scan->conn->id) {
		ftp_session_close(&scan->w->key, s->conn_id);
		s = NULL;
	}
	if (s || !ftp_session_may_begin(scan))
		return s;
	return ftp_session_new(scan);
}

/* ---- one segment ---- */

/* The other direction was acknowledged up to `original`: remember it, and
 * notice if that is more than was seen. Under the lock. */
static __always_inline void ftp_note_ack(__u32 seq, __u32 original,
					 const struct ftp_direction *own,
					 struct ftp_direction *other)
{
	__s32 off = ftp_seq_diff(seq, own->next_seq);

	if (off > FTP_ACK_WINDOW || off < -FTP_ACK_WINDOW)
		return;
	if (ftp_seq_diff(original, other->next_seq) > 1) /* 1: its FIN */
		other->flags |= FTP_DIR_LOST;
	else
		ftp_stream_note_ack(&other->stream, original);
}

/*
 * Decide whether to read the segment. Under the lock. When a->held is set this
 * CPU holds the direction until ftp_give().
 */
static __always_inline enum ph_reason ftp_take(struct ftp_area *a, struct ftp_session *s,
					       struct ftp_direction *own, bool fin)
{
	__s32 ahead = ftp_seq_diff(a->seq, own->next_seq);

	bool compare = ftp_is_strict(a) && own->mode == FTP_MODE_LINES && ahead < 0;
	bool read = ahead + (__s32)a->len > 0;

	a->session_flags = s->flags;
	a->mode = own->mode;
	if ((!a->len && !fin) || own->mode == FTP_MODE_OPAQUE ||
	    (own->flags & FTP_DIR_LOST))
		return PH_NEXT;
	if (ahead > 0)
		return PH_DROP_FTP_SEGMENT;
	if (!a->len)
		return PH_NEXT;
	if (!read && !compare)
		return PH_NEXT;
	if (own->busy)
		return PH_DROP_FTP_SEGMENT;
	/* See ftp_command_auth(). */
	if (read && ftp_is_strict(a) && !a->server && (s->flags & FTP_S_AUTH))
		return PH_DROP_FTP_SEGMENT;
	own->busy = 1;
	a->held = 1;
	a->parse = read;
	a->skip = read ? -ahead : a->len;
	return PH_NEXT;
}

/* Copy what was done to a direction: of the spans, those in use. Under the lock. */
static __always_inline void ftp_copy_stream(struct ftp_stream *to,
					    const struct ftp_stream *from)
{
	to->base = from->base;
	to->acked = from->acked;
	to->count = from->count;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < FTP_MAX_SPANS; i++) {
		if (i >= from->count)
			break;
		ftp_copy(&to->span[i], &from->span[i], sizeof(to->span[i]));
	}
}

/*
 * Copy the session's state for this packet, and take the direction if the
 * packet is to be read. Twice under the lock where spans are known, because what
 * the acknowledgement means cannot be worked out in it then; in between at most
 * spans are added, and those are not acknowledged yet.
 */
static __noinline enum ph_reason ftp_begin(struct ftp_scan *scan)
{
	const struct pkt *pkt = &scan->w->pkt;
	__u64 conn_id = scan->conn->id;
	struct ftp_session *s = scan->s;
	struct ftp_area *a = scan->a;
	struct ftp_direction *own = ftp_direction(s, a->dir);
	struct ftp_direction *other = ftp_direction(s, a->dir ^ 1);
	enum ph_reason reason = PH_DROP_FTP_SEGMENT;
	__u32 original;

	bpf_spin_lock(&s->lock);
	ftp_copy_stream(&a->other, &other->stream);
	original = pkt->tcp_ack - a->other.base;
	if (a->other.count) {
		bpf_spin_unlock(&s->lock);
		original = ftp_stream_original(&a->other, pkt->tcp_ack, false);
		bpf_spin_lock(&s->lock);
	}
	if (s->conn_id == conn_id) {
		if (pkt->tcp_flags & PKT_TCP_ACK)
			ftp_note_ack(pkt->tcp_seq, original, own, other);
		reason = ftp_take(a, s, own, pkt->tcp_flags & PKT_TCP_FIN);
		ftp_copy_stream(&a->own, &own->stream);
		if (a->held) {
			ftp_copy(&a->line, &own->line, sizeof(a->line));
			ftp_copy(&a->tls, &own->tls, sizeof(a->tls));
		}
		a->reset_seq = own->next_seq;
		a->reset_ack = original;
		if (own->generation != a->handover.generation) {
			a->line.automaton[0] = 0;
			a->line.automaton[1] = 0;
		}
	}
	bpf_spin_unlock(&s->lock);
	return reason;
}

/* Give the direction back; what was read counts only if the packet goes on. */
static __noinline void ftp_give(struct ftp_scan *scan, bool sent)
{
	struct ftp_session *s = scan->s;
	struct ftp_area *a = scan->a;
	struct ftp_direction *own = ftp_direction(s, scan->a->dir);
	__u64 conn_id = scan->conn->id;

	bpf_spin_lock(&s->lock);
	if (s->conn_id == conn_id) {
		if (sent && a->parse) {
			a->own.acked = own->stream.acked;
			ftp_copy_stream(&own->stream, &a->own);
			ftp_copy(&own->line, &a->line, sizeof(a->line));
			ftp_copy(&own->tls, &a->tls, sizeof(a->tls));
			own->generation = a->handover.generation;
			own->next_seq = a->seq + a->len;
			if (a->changed)
				own->mode = a->mode;
		}
		own->busy = 0;
	}
	bpf_spin_unlock(&s->lock);
}

/* Forget the packet before. */
static __always_inline void ftp_prepare(struct ftp_scan *scan)
{
	const struct pkt *pkt = &scan->w->pkt;
	struct ftp_area *a = scan->a;

	a->len = pkt->tcp_flags & PKT_TCP_SYN ? 0 : pkt->payload_len;
	a->seq = pkt->tcp_seq;
	a->skip = 0;
	a->line_at = 0;
	a->growth = 0;
	a->chunk_at = 0;
	a->chunk_end = 0;
	a->held = 0;
	a->parse = 0;
	a->stop = 0;
	a->refused = 0;
	a->failed = 0;
	a->opened = 0;
	a->changed = 0;
	a->end = 0;
	a->rule = 0;
	a->server = a->dir == PH_RESPONDER;
}

/* Read what the packet brings; what comes of it is in the area. */
static __always_inline void ftp_digest(struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;

	if (!a->held)
		return;
	if (a->skip && ftp_is_strict(a) && a->mode == FTP_MODE_LINES &&
	    ftp_is_edited(scan, a->skip)) {
		ftp_object(scan, FTP_FOUND_STREAM_EDITED);
		return;
	}
	if (!a->parse)
		return;
	a->at = a->skip;
	ftp_stream_age(&a->own, a->seq);
	ftp_read(scan);
}

/* The packet goes on: what does the session know now? */
static __always_inline void ftp_conclude(struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	__u32 flags = a->session_flags;

	if (a->mode == FTP_MODE_TLS && a->parse)
		flags = ftp_tls_prove(scan);
	if ((flags & FTP_S_VERIFIED) && (a->fixup.flags & FIXUP_F_DATA_PORTS))
		grant_enter(scan->w, scan->conn, scan->s);
}

static __always_inline enum ph_reason ftp_segment(struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	enum ph_reason reason;

	reason = ftp_begin(scan);
	if (reason)
		return reason;
	if (a->own.count || a->parse)
		ftp_fit(scan);
	ftp_digest(scan);
	if (a->end) {
		a->reset_seq = ftp_stream_changed(&a->own, a->reset_seq);
		reason = a->end_reason;
	} else if (a->failed) {
		reason = PH_DROP_INTERNAL;
	} else {
		reason = a->refused ? PH_DROP_FTP_SEGMENT : ftp_rewrite(scan);
	}
	if (reason && a->opened)
		ftp_unannounce(scan);
	if (a->held)
		ftp_give(scan, !reason);
	if (!reason)
		ftp_conclude(scan);
	return reason;
}

/*
 * Inspect one packet of an established connection that has CONN_F_FTP, before
 * addresses are translated. f and the handover are as tc_ftp found them.
 * On PH_NEXT the packet is, addresses excepted, as it is to leave, and
 * f->w->pkt's l3_len and payload_len follow it; tcp_seq and tcp_ack stay as
 * received. All pointers into the packet are void.
 */
static __always_inline enum ph_reason ftp_inspect(struct __sk_buff *skb, struct flow *f)
{
	struct ftp_scan scan = {.skb = skb, .w = f->w, .conn = f->conn};
	__u32 index = 0;

	scan.a = bpf_map_lookup_elem(&ftp_area, &index);
	if (!scan.a || !scan.w || !scan.conn)
		return PH_DROP_INTERNAL;
	scan.a->dir = f->dir & 1;
	scan.a->begins = scan.a->handover.begins;
	scan.a->timeout_hole_ns = f->config->timeout_hole_ns;
	scan.a->slot = f->slot;
	scan.a->by_rules = nat_has_rules(f->out);
	scan.a->real_if = f->in->id;
	scan.a->mapped_if = f->out->id;
	ftp_policy_find(&scan);
	ftp_prepare(&scan);
	scan.s = ftp_session_get(&scan);
	if (!scan.s && !ftp_session_may_begin(&scan)) /* no text passes unread */
		return scan.a->len && !(scan.w->pkt.tcp_flags & PKT_TCP_RST)
			       ? PH_DROP_FTP_SEGMENT
			       : PH_NEXT;
	if (!scan.s)
		return PH_DROP_FTP_TABLE_FULL;
	return ftp_segment(&scan);
}

#endif /* PINHOLE_BPF_FTP_H */
