/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tcp_model.h - two simulated TCP ends and the network between them, which
 * loses, doubles and reorders.
 *
 * Why it exists: conversations written by hand contain what their author thought
 * of. These ends follow RFC 9293 as far as numbers go: windows, repetition in
 * other portions, probes, keepalives, FIN; and they know nothing of what is under
 * test.
 *
 * Time is in ticks. Delays in front of the firewall vary less than a round trip
 * takes, as they do where segments are reordered and not merely stale.
 *
 * Who may include it: test_tcp_model.c.
 */
#ifndef PINHOLE_TESTS_TCP_MODEL_H
#define PINHOLE_TESTS_TCP_MODEL_H

#include "tcp_talk.h"

#define MAX_WIRE  4096
#define MAX_GAPS  64
#define DELAY	  8  /* in front of the firewall: 1..8 */
#define FAR_DELAY 10 /* behind it: 10..17 */
#define RTO	  60

struct host {
	enum { LISTEN, SYN_SENT, SYN_RCVD, OPEN, ABORTED, RESET } state;
	__u32 isn, una, nxt;  /* una: not acknowledged; nxt: not sent */
	__u32 edge;	      /* what the peer lets it send ends here */
	__u32 fin;	      /* number of its FIN, behind all data */
	__u32 irs, rcv_nxt;   /* the peer's first number, and the next expected */
	__u32 buffer, unread; /* bytes */
	__u32 rto_at, mss;
	__u8 scale; /* what it offers; TCP_NO_SCALE: nothing */
	__u8 peer_scale;
	bool scaling, ack_due, got_fin;
	struct {
		__u32 seq, end;
		bool fin;
	} gap[MAX_GAPS]; /* received out of order */
	__u32 n_gaps;
};

struct flight {
	__u32 due;
	__u8 from;
	bool passed; /* the firewall let it through */
	struct pkt pkt;
	__u32 window;
	__u8 scale;
};

struct model {
	struct host host[2];
	struct flight wire[MAX_WIRE];
	__u32 n_wire, tick;
	struct talk talk;
	__u32 first;	      /* which host is the firewall's initiator */
	__u32 loss, doubling; /* per mille */
	bool shrinks, pick_up, aborts, eager_fin, blind;
	__u64 sent, stale, blind_sent, blind_taken;
	__u64 seed;
};

static __u64 rng;

static __u32 rnd(__u32 n)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return (__u32)(rng >> 33) % n;
}

static bool chance(__u32 per_mille)
{
	return rnd(1000) < per_mille;
}

static void put(struct model *m, struct flight f, __u32 delay)
{
	if (m->n_wire == MAX_WIRE || chance(m->loss))
		return;
	f.due = m->tick + delay;
	m->wire[m->n_wire++] = f;
}

static __u32 window_of(const struct host *h)
{
	return h->buffer > h->unread ? h->buffer - h->unread : 0;
}

static void emit(struct model *m, __u8 who, __u8 flags, __u32 seq, __u32 len)
{
	struct host *h = &m->host[who];
	__u32 window = window_of(h);
	struct flight f = {.from = who, .scale = TCP_NO_SCALE};

	if (flags & SYN)
		f.scale = h->scale;
	else if (h->scaling)
		window >>= h->scale;
	f.window = window > 65535 ? 65535 : window;
	f.pkt.proto = IPPROTO_TCP;
	f.pkt.tcp_flags = flags;
	f.pkt.tcp_seq = seq;
	f.pkt.tcp_ack = flags & ACK ? h->rcv_nxt : 0;
	f.pkt.payload_len = len;
	if (flags & ACK)
		h->ack_due = false;
	put(m, f, 1 + rnd(DELAY));
	if (chance(m->doubling))
		put(m, f, 1 + rnd(DELAY));
}

/* Bytes, and the FIN if they reach it, from seq on. */
static void emit_data(struct model *m, __u8 who, __u32 seq, __u32 len)
{
	struct host *h = &m->host[who];
	__u8 flags = ACK;

	if (tcp_seq_diff(seq + len, h->fin) > 0) {
		flags |= FIN;
		len--;
	}
	emit(m, who, flags, seq, len);
}

/* ---- one end -------------------------------------------------------------- */

static void host_emit_syn(struct model *m, __u8 who)
{
	struct host *h = &m->host[who];

	emit(m, who, h->state == SYN_SENT ? SYN : SYN | ACK, h->isn, 0);
	h->nxt = h->isn + 1;
	h->rto_at = m->tick + RTO + rnd(RTO);
}

static void host_got_syn(struct model *m, __u8 who, const struct flight *f)
{
	struct host *h = &m->host[who];
	bool offered = f->scale != TCP_NO_SCALE;

	if (h->state == OPEN) {
		h->ack_due = true;
		return;
	}
	h->irs = f->pkt.tcp_seq;
	h->rcv_nxt = h->irs + 1;
	if (h->state == LISTEN && !offered)
		h->scale = TCP_NO_SCALE;
	h->scaling = offered && h->scale != TCP_NO_SCALE;
	h->peer_scale = h->scaling ? f->scale : 0;
	h->edge = h->isn + 1 + f->window;
	if (f->pkt.tcp_flags & ACK) {
		h->state = OPEN;
		h->una = h->isn + 1;
		h->ack_due = true;
		return;
	}
	h->state = SYN_RCVD;
	host_emit_syn(m, who);
}

static void host_got_ack(struct model *m, __u8 who, const struct flight *f)
{
	struct host *h = &m->host[who];
	__u32 ack = f->pkt.tcp_ack;

	if (tcp_seq_after(ack, h->nxt) || tcp_seq_after(h->una, ack))
		return;
	if (h->state == SYN_RCVD)
		h->state = OPEN;
	if (tcp_seq_after(ack, h->una))
		h->rto_at = m->tick + RTO + rnd(RTO);
	h->una = ack;
	h->edge = ack + (f->window << (f->pkt.tcp_flags & SYN ? 0 : h->peer_scale));
}

/* Take what stands at or before the next expected byte. */
static void host_take(struct host *h, __u32 end, bool fin)
{
	if (!tcp_seq_after(end, h->rcv_nxt))
		return;
	h->unread += end - h->rcv_nxt;
	h->rcv_nxt = end;
	h->got_fin |= fin;
}

static void host_take_gaps(struct host *h)
{
	for (__u32 i = 0; i < h->n_gaps;) {
		if (tcp_seq_after(h->gap[i].seq, h->rcv_nxt)) {
			i++;
			continue;
		}
		host_take(h, h->gap[i].end, h->gap[i].fin);
		h->gap[i] = h->gap[--h->n_gaps];
		i = 0;
	}
}

static void host_got_data(struct host *h, __u32 seq, __u32 len, bool fin)
{
	if (!len && !fin)
		return;
	h->ack_due = true;
	/* No room: all of it is dropped, and repeated. */
	if (tcp_seq_diff(seq + len, h->rcv_nxt + window_of(h)) > 0)
		return;
	if (!tcp_seq_after(seq, h->rcv_nxt)) {
		host_take(h, seq + len + fin, fin);
		host_take_gaps(h);
	} else if (h->n_gaps < MAX_GAPS) {
		h->gap[h->n_gaps].seq = seq;
		h->gap[h->n_gaps].end = seq + len + fin;
		h->gap[h->n_gaps++].fin = fin;
	}
}

/* RFC 5961, 3.2: only the next expected number resets, others are asked back. */
static void host_got_rst(struct model *m, __u8 who, __u32 seq)
{
	struct host *h = &m->host[who];

	if (seq == h->rcv_nxt)
		h->state = RESET;
	else if (tcp_seq_after(seq, h->rcv_nxt))
		emit(m, who, ACK, h->nxt, 0);
}

static void host_receive(struct model *m, __u8 who, const struct flight *f)
{
	struct host *h = &m->host[who];
	const struct pkt *pkt = &f->pkt;

	if (h->state == ABORTED) {
		if (!(pkt->tcp_flags & RST))
			emit(m, who, RST, pkt->tcp_ack, 0);
		return;
	}
	if (pkt->tcp_flags & RST) {
		if (h->state == OPEN)
			host_got_rst(m, who, pkt->tcp_seq);
		return;
	}
	if (pkt->tcp_flags & SYN) {
		/* In SYN-RECEIVED it is this end's SYN that is still unknown. */
		if (h->state == SYN_RCVD && (pkt->tcp_flags & ACK))
			host_got_ack(m, who, f);
		else if (h->state == SYN_RCVD)
			host_emit_syn(m, who);
		else
			host_got_syn(m, who, f);
		return;
	}
	if (h->state == LISTEN || h->state == SYN_SENT || h->state == RESET)
		return; /* overtook the SYN-ACK */
	host_got_ack(m, who, f);
	host_got_data(h, pkt->tcp_seq, pkt->payload_len, pkt->tcp_flags & FIN);
}

/* New data, as far as the window goes; the FIN may go one further. */
static void host_send_new(struct model *m, __u8 who)
{
	struct host *h = &m->host[who];

	for (int burst = 0; burst < 3 && tcp_seq_diff(h->nxt, h->fin) <= 0; burst++) {
		__s32 room = tcp_seq_diff(h->edge, h->nxt);
		__u32 left = h->fin - h->nxt; /* data, without the FIN */
		__u32 len = 1 + rnd(h->mss);

		if (len > left)
			len = left;
		if (room < 0 || (room < (__s32)len && !room))
			return;
		if ((__s32)len > room)
			len = room;
		if (len == left && ((__s32)len < room || m->eager_fin))
			len++;
		if (!len)
			return;
		emit_data(m, who, h->nxt, len);
		if (h->una == h->nxt)
			h->rto_at = m->tick + RTO + rnd(RTO);
		h->nxt += len;
	}
}

/* The timer: repeat from what is not acknowledged, in other portions; probe a
 * closed window in one of two ways; keep alive in one of two ways. */
static void host_timeout(struct model *m, __u8 who)
{
	struct host *h = &m->host[who];
	__u32 len = h->nxt - h->una;

	h->rto_at = m->tick + RTO + rnd(RTO);
	if (len) {
		__u32 most = 1 + rnd(h->mss);

		emit_data(m, who, h->una, len < most ? len : most);
	} else if (tcp_seq_diff(h->nxt, h->fin) < 0 && rnd(2)) {
		emit_data(m, who, h->una, 1); /* a byte beyond the window */
		h->nxt = h->una + 1;
	} else {
		/* One back; the byte, if any, was sent before. */
		__u32 one = h->una - 1 != h->isn && h->una - 1 != h->fin && rnd(2);

		emit(m, who, ACK, h->una - 1, one);
	}
}

static void host_tick(struct model *m, __u8 who)
{
	struct host *h = &m->host[who];

	if (h->state == LISTEN || h->state > OPEN)
		return;
	if (h->state == SYN_SENT || h->state == SYN_RCVD) {
		if (tcp_seq_diff(m->tick, h->rto_at) >= 0)
			host_emit_syn(m, who);
		return;
	}
	if (h->unread && rnd(4) == 0) {
		h->unread -= rnd(8) ? rnd(h->unread + 1) : h->unread;
		h->ack_due |= rnd(2); /* not always told */
	}
	if (m->shrinks && rnd(200) == 0)
		h->buffer = rnd(3) ? 1 + rnd(h->buffer + 4000) : rnd(200000);
	host_send_new(m, who);
	if (tcp_seq_diff(m->tick, h->rto_at) >= 0)
		host_timeout(m, who);
	if (h->ack_due && rnd(3) == 0)
		emit(m, who, ACK, h->nxt, 0);
}

#endif /* PINHOLE_TESTS_TCP_MODEL_H */
