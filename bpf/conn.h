/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conn.h - the two tables of connections: half-open and established.
 *
 * Why two: a flood of unanswered first packets must cost the sender's own
 * entries only (invariant 2). A newcomer makes way for itself in half_open (half_open.h);
 * not in conns: the clock (clock.h) removes what has idled out of it. TCP moves there
 * when the handshake is complete: an answered SYN proves no more of its sender than the
 * SYN did.
 *
 * Who may include it: the stages that use maps.
 *
 * Races: two CPUs may see the two directions at once. Counters are added
 * atomically, seen_ns is a plain store, and state and flags are set by conn_set_next().
 * What inspection ends stays ended whatever the other CPU does: see conn_kill() there. An
 * entry may be removed, and its memory become another connection's, in the instant in
 * which it is ended: at worst that one is ended in its place.
 */
#ifndef PINHOLE_BPF_CONN_H
#define PINHOLE_BPF_CONN_H

#include <stddef.h>

#include "conn_count.h"
#include "conn_state.h"
#include "embryonic.h"
#include "half_open.h"
#include "maps.h"
#include "memo.h"

#include "expiry.h"
#include "ftp.h"
#include "grant.h"
#include "hole.h"
#include "record.h"

#define CONN_GLOBAL FTP_GLOBAL /* see ftp_session.h */

static __always_inline bool conn_expired(const struct conn *conn,
					 const struct policy_config *config, __u8 proto,
					 __u64 now_ns)
{
	return now_ns > conn->seen_ns + conn_timeout_ns(config, proto, conn->state) ||
	       (conn->flags & CONN_F_CLEARED);
}

/* The connection is over: forget what hung on it. */
static __always_inline void conn_release(const struct flow_key *key,
					 const struct conn *conn)
{
	if (conn->flags & CONN_F_FTP) {
		grant_leave(key, conn);
		ftp_session_close(key, conn->id);
	}
}

/* Its time is up: was it over already, or only idle? */
static __always_inline void conn_count_end(const struct conn *conn)
{
	event_count(conn->state == CONN_CLOSING ? PH_EV_CONN_CLOSED : PH_EV_CONN_EXPIRED);
}

/* How it ended, if its time is what ended it. */
static __always_inline enum ph_conn_end conn_end_of(const struct conn *conn)
{
	if (conn->flags & CONN_F_KILLED)
		return PH_END_INSPECTION;
	if (conn->flags & CONN_F_CLEARED)
		return PH_END_CLEARED;
	if (conn->state != CONN_CLOSING)
		return PH_END_TIMEOUT;
	return conn->flags & CONN_F_RESET ? PH_END_RESET : PH_END_FIN;
}

/* Take it out of conns. By itself, for it shares no stack with conn_release(). */
static __noinline void conn_end(struct work *w, struct conn *conn, enum ph_conn_end why)
{
	if (conn->flags & CONN_F_KILLED)
		why = PH_END_INSPECTION;
	grant_child_note(&w->ended, conn);
	if (!record_conn_end(&w->key, conn, why))
		grant_child_end(&w->ended);
}

/* An entry is half-open no more. @seen_ns: when it was seen last, before now */
static __always_inline void conn_leave_half(const struct flow *f, const struct conn *conn,
					    __u64 seen_ns)
{
	half_open_count(f->config, f->w->key.proto, seen_ns, 0);
	embryonic_leave(f, conn, seen_ns);
}

/* Remove the connection in force, from whichever table holds it.
 * @why: unless inspection had ended it before */
static __noinline void conn_remove(struct flow *f, enum ph_conn_end why)
{
	struct work *w = f->w;
	__u64 seen_ns;

	if (!f->conn || !w)
		return;
	seen_ns = f->conn->seen_ns;
	conn_release(&w->key, f->conn);
	if (f->established)
		conn_end(w, f->conn, why);
	else if (!half_leave(&w->key))
		conn_leave_half(f, f->conn, seen_ns);
	f->conn = NULL;
}

/* Whether the packet is known to have no connection that is complete. */
static __always_inline bool conn_has_been_missed(const struct flow *f)
{
	const struct memo *m = memo_get();

	return f->in && m && m->missed == f->generation;
}

/*
 * Find the connection with the key w->key, of which the sender is end
 * f->src_end; sets f->conn, f->established and f->dir. An entry past its time
 * is none, whether or not the clock has come by.
 * Race: what the short way has missed may be there now, for another CPU promotes the
 * connection between the two looks. At worst a datagram is judged as a first one, and
 * leaves a half-open entry that nothing finds.
 */
static __always_inline void conn_find_key(struct flow *f)
{
	struct work *w = f->w;

	f->conn = conn_has_been_missed(f) ? NULL : bpf_map_lookup_elem(&conns, &w->key);
	f->established = f->conn != NULL;
	if (!f->conn)
		f->conn = half_conn(half_find(&w->key));
	if (f->conn && conn_expired(f->conn, f->config, w->key.proto, f->now_ns)) {
		if (f->established)
			conn_count_end(f->conn);
		conn_remove(f, conn_end_of(f->conn));
	}
	f->dir = f->conn && f->src_end != flow_initiator_end(f->conn) ? PH_RESPONDER
								      : PH_INITIATOR;
}

/* Find the packet's own connection. */
static __always_inline void conn_find(struct flow *f)
{
	struct work *w = f->w;

	f->src_end = flow_key_make(&w->key, &w->real_src, w->pkt.sport, &w->real_dst,
				   w->real_dport, w->pkt.proto, w->pkt.echo);
	conn_find_key(f);
}

/* Unique while loaded: one CPU cannot start two connections in one nanosecond. */
static __always_inline __u64 conn_new_id(__u64 now_ns)
{
	return now_ns << 10 | (bpf_get_smp_processor_id() & 1023);
}

/* Begin w->fresh, a half-open entry that the packet's sender initiates. The
 * caller adds its flags, the mapped addresses and the devices. */
static __always_inline void conn_begin_fresh(struct flow *f)
{
	struct conn *fresh = &f->w->fresh;

	__builtin_memset(fresh, 0, sizeof(*fresh));
	fresh->flags = f->src_end ? CONN_F_INITIATOR_1 : 0;
	fresh->id = conn_new_id(f->now_ns);
	fresh->created_ns = f->now_ns;
	fresh->seen_ns = f->now_ns;
	fresh->generation = f->generation;
	fresh->acl_counter = PH_NO_COUNTER;
	fresh->acl_counter_out = PH_NO_COUNTER;
	fresh->state = CONN_SYN_SENT;
	if (f->w->pkt.proto == IPPROTO_TCP)
		conn_tcp_begin(fresh, &f->w->segment);
}

static __always_inline void conn_account(struct conn *conn, __u32 dir, __u32 bytes)
{
	/* The compiler must not turn the choice into a variable offset that
	 * older verifiers cannot bound. */
	if (dir == PH_INITIATOR) {
		__sync_fetch_and_add(&conn->packets[0], 1);
		__sync_fetch_and_add(&conn->bytes[0], bytes);
	} else {
		__sync_fetch_and_add(&conn->packets[1], 1);
		__sync_fetch_and_add(&conn->bytes[1], bytes);
	}
}

/* Enter w->fresh as a half-open connection; f->conn becomes the entry. */
static __always_inline enum ph_reason conn_open_half(struct flow *f)
{
	int number = half_enter(f->config, f->now_ns);

	f->conn = half_conn(number & ~HALF_MET);
	if (!f->conn)
		return PH_DROP_HALF_OPEN_FULL; /* other CPUs fill all the set */
	f->established = false;
	f->dir = PH_INITIATOR;
	f->verdict = CONN_PASS; /* the entry is as it was just begun */
	event_count(PH_EV_HALF_OPEN_CREATED);
	if (!(number & HALF_MET))
		half_open_count(f->config, f->w->key.proto, 0, f->now_ns);
	embryonic_enter(f);
	if (f->conn->state == CONN_PICKED_UP)
		event_count(PH_EV_CONN_PICKED_UP);
	return PH_NEXT;
}

/* w->fresh, counted as a data connection, did not come to be. */
static __always_inline void conn_uncount(struct work *w)
{
	grant_child_note(&w->ended, &w->fresh);
	grant_child_end(&w->ended);
}

/*
 * The connection is complete: move the entry from half_open to conns. A data
 * connection is counted first, so that two cannot take the last place.
 * Race: both CPUs may promote at once; BPF_NOEXIST lets one win and the other
 * uses the winner's entry. A packet counted into the half-open entry in
 * between is lost to the counters of the connection, not to the peers.
 */
static __noinline enum ph_reason conn_promote(struct flow *f)
{
	struct work *w = f->w;
	enum ph_reason reason;
	struct conn *conn;
	long err;

	__builtin_memcpy(&w->fresh, f->conn, sizeof(w->fresh));
	__builtin_memset(w->fresh.path, 0, sizeof(w->fresh.path)); /* half_write() */
	w->half_seen_ns = w->fresh.seen_ns;
	w->fresh.state = CONN_ESTABLISHED;
	w->fresh.seen_ns = f->now_ns;
	if (w->fresh.flags & CONN_F_CHILD) {
		reason = grant_child_begin(f->slot);
		if (reason) {
			if (!half_leave(&w->key))
				conn_leave_half(f, &w->fresh, w->half_seen_ns);
			f->conn = NULL;
			return reason;
		}
	}
	err = bpf_map_update_elem(&conns, &w->key, &w->fresh, BPF_NOEXIST);
	conn = bpf_map_lookup_elem(&conns, &w->key);
	if (!conn) {
		conn_uncount(w);
		return PH_DROP_CONN_TABLE_FULL;
	}
	f->conn = conn;
	f->established = true;
	if (err) {
		conn_uncount(w);
		return PH_NEXT;
	}
	conn_count(w->key.proto, CONN_TOLD_NONE, conn_told(w->fresh.flags), 0);
	if (expiry_watch_conn(w, conn->id)) {
		record_conn_end(&w->key, conn, PH_END_TABLE_FULL);
		conn_uncount(w);
		f->conn = NULL;
		return PH_DROP_CONN_TABLE_FULL;
	}
	if (!half_leave(&w->key))
		conn_leave_half(f, &w->fresh, w->half_seen_ns);
	event_count(PH_EV_CONN_CREATED);
	record_conn_built(&w->key, &w->fresh, f->now_ns);
	if (conn->flags & CONN_F_RANGE)
		event_count(PH_EV_RANGE_ADMITTED);
	else if (conn->flags & CONN_F_CHILD)
		hole_consume(f);
	if (conn->flags & CONN_F_CHILD)
		conn_count_data_begins();
	return PH_NEXT;
}

/* ---- what a packet means to its connection ---- */

/*
 * Global, so that the verifier walks the state machine once. Any end's segment.
 * Return: enum conn_verdict.
 */
CONN_GLOBAL int conn_judge_segment(const struct conn *conn, __u32 dir,
				   const struct tcp_segment *seg, struct conn_next *next,
				   bool established)
{
	if (!conn || !seg || !next)
		return CONN_REFUSE;
	return (int)(established ? conn_tcp_established(conn, dir & 1, seg, next)
				 : conn_tcp_half_open(conn, dir & 1, seg, next));
}

/* @verdict: enum conn_verdict, what conn_judge_segment() said */
CONN_GLOBAL int conn_learn_segment(struct conn *conn, __u32 dir,
				   const struct tcp_segment *seg, __u32 verdict)
{
	if (!conn || !seg)
		return 0;
	if (verdict == CONN_NOTE)
		conn_tcp_note(conn, seg);
	else if (verdict == CONN_RENEW)
		conn_tcp_renew(conn, seg);
	else
		conn_tcp_commit(conn, dir & 1, seg);
	return 0;
}

/*
 * Judge the packet by the state of its connection; sets f->verdict and w->next,
 * and changes nothing.
 * Return: PH_NEXT, or the drop reason.
 */
static __always_inline enum ph_reason conn_judge(struct flow *f)
{
	struct work *w = f->w;

	if (!f->conn)
		return PH_DROP_INTERNAL;
	if (w->key.proto != IPPROTO_TCP) {
		f->verdict = f->established ? CONN_TAKE : conn_other_half_open(f->dir);
		w->next.state = f->conn->state;
		w->next.flags = f->conn->flags;
		w->next.base = w->next.flags;
		return PH_NEXT;
	}
	f->verdict = conn_judge_segment(f->conn, f->dir, &w->segment, &w->next,
					f->established);
	if (f->verdict == CONN_REFUSE)
		return f->established ? PH_DROP_TCP_WINDOW : PH_DROP_TCP_HANDSHAKE;
	return PH_NEXT;
}

/*
 * Inspection ends the connection of the packet in hand, which is an inspected one:
 * its unused holes close, and the entry stays for the closing timeout, so that
 * later packets find it (PH_DROP_FTP_ENDED). Its data connections stay: to end a
 * session is no reason to cut a transfer that it was allowed.
 * @silent: those packets get no RST
 */
static __always_inline void conn_kill(struct flow *f, bool silent)
{
	struct conn *conn = f->conn;
	__u32 flags;

	if (!conn || !f->established || !f->w)
		return;
	flags = __sync_fetch_and_or(&conn->flags,
				    CONN_F_KILLED | (silent ? CONN_F_SILENT : 0));
	if (flags & (CONN_F_KILLED | CONN_F_GONE))
		return;
	conn_count(f->w->key.proto, conn_told(flags), CONN_TOLD_CLOSING, 0);
	conn->state = CONN_CLOSING;
	conn->seen_ns = f->now_ns;
	ftp_session_end_holes(&f->w->key, conn->id, true);
	event_count(PH_EV_FTP_SESSION_RESET);
}

#define CONN_SET_TRIES 4

/*
 * What the connection becomes with the packet that was judged.
 * @next: out: state, with what other CPUs have made of it since
 * Return: 0
 *
 * Races: both ends may send FIN at once, to two CPUs. Each adds its flag to those that
 * are there by then, and the state of a connection in conns is what its flags say: so
 * whoever comes second makes it CONN_CLOSING. It comes second CONN_SET_TRIES times in a
 * row where three CPUs meet; then its flag is lost, and the connection has to idle out.
 *
 * And another CPU may end it at any moment. State, then flags here; flags, then
 * state there; both flags by an atomic instruction, which is a barrier: whoever
 * comes second to the flags sets the state last, to CONN_CLOSING.
 */
WORK_GLOBAL int conn_set_next(struct conn *conn, struct conn_next *next, bool established)
{
	if (!conn || !next)
		return 0;
	for (int try = 0; try < CONN_SET_TRIES; try++) {
		__u32 flags = *(volatile __u32 *)&conn->flags;
		__u32 want = conn_next_flags(next, flags), before;

		if (flags & (CONN_F_KILLED | CONN_F_GONE))
			return 0;
		if (established)
			next->state = conn_state_of(want);
		if (want == flags && conn->state == next->state)
			return 0;
		conn->state = next->state;
		before = __sync_val_compare_and_swap(&conn->flags, flags, want);
		if (before & CONN_F_KILLED)
			conn->state = CONN_CLOSING;
		if (before != flags)
			continue;
		if (established && flags != want)
			conn_count(IPPROTO_TCP, conn_told(flags), conn_told(want), 0);
		return 0;
	}
	return 0;
}

/* A data connection is closed: its session may have another, though the entry
 * stays for the last segments. Counted once, whoever comes first. */
static __always_inline void conn_cede(struct flow *f)
{
	struct work *w = f->w;

	if (!(f->conn->flags & CONN_F_CHILD))
		return;
	grant_child_note(&w->ended, f->conn);
	if (!(__sync_fetch_and_or(&f->conn->flags, CONN_F_OVER) & CONN_F_OVER))
		grant_child_end(&w->ended);
}

/* Promotion, state, time, counters. */
static __always_inline enum ph_reason conn_commit_packet(struct flow *f)
{
	struct work *w = f->w;
	enum ph_reason reason;
	__u8 before;

	if (!f->conn)
		return PH_DROP_INTERNAL;
	if (f->verdict == CONN_PASS) {
		conn_account(f->conn, f->dir, w->pkt.l3_len);
		return PH_NEXT;
	}
	if (f->verdict == CONN_REMOVE) {
		conn_remove(f, PH_END_RESET); /* refused; the RST itself goes through */
		return PH_NEXT;
	}
	if (w->key.proto == IPPROTO_TCP)
		conn_learn_segment(f->conn, f->dir, &w->segment, f->verdict);
	if (f->verdict == CONN_NOTE) {
		conn_account(f->conn, f->dir, w->pkt.l3_len);
		return PH_NEXT;
	}
	if (f->verdict == CONN_PROMOTE) {
		reason = conn_promote(f);
		if (reason)
			return reason;
		if (!f->conn)
			return PH_DROP_INTERNAL;
	}
	if (f->verdict == CONN_RENEW)
		conn_release(&w->key, f->conn); /* what was read is void */
	if (!f->established)
		half_open_count(f->config, w->key.proto, f->conn->seen_ns, f->now_ns);
	embryonic_stay(f);
	f->conn->seen_ns = f->now_ns;
	conn_account(f->conn, f->dir, w->pkt.l3_len);
	if (w->key.proto != IPPROTO_TCP)
		return PH_NEXT;
	before = f->conn->state;
	conn_set_next(f->conn, &w->next, f->established);
	if (before == w->next.state)
		return PH_NEXT;
	if (f->established && w->next.state == CONN_CLOSING)
		conn_cede(f);
	/* The control connection ends: so do the holes that nobody has used. */
	if (f->established && w->next.state != CONN_ESTABLISHED &&
	    (f->conn->flags & CONN_F_FTP))
		ftp_session_end_holes(&w->key, f->conn->id,
				      w->next.state == CONN_CLOSING);
	return PH_NEXT;
}

/*
 * Record the packet in its connection.
 * Called once per packet, when nothing can stop it any more.
 */
static __always_inline enum ph_reason conn_commit(struct flow *f)
{
	enum ph_reason reason = conn_commit_packet(f);

	if (!reason && f->conn && (f->conn->flags & CONN_F_CHILD))
		conn_count_data(f->dir, f->conn->flags, f->w->pkt.payload_len);
	return reason;
}

#endif /* PINHOLE_BPF_CONN_H */
