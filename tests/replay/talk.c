// SPDX-License-Identifier: GPL-2.0
/*
 * talk.c - connections whose ends behave as TCP does (RFC 9293): see replay.h.
 *
 * Each end knows only what it has sent and what has reached it, so a gateway that
 * changes lengths must keep both counts consistent, or it is noticed here: what
 * was received once must be repeated alike, nothing may be acknowledged that was
 * not sent, and repeating must lead on in the end.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <pinhole/firewall.h>

#include "tests/datapath/network.h"
#include "tests/datapath/tap.h"
#include "tests/replay/replay.h"

#define WINDOW	    65535
#define MAX_ROUNDS  400 /* of repeating one stretch */
#define STUCK_AFTER 12	/* rounds without progress */

void replay_violation(struct replay *r, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (r->verbose)
		fprintf(stderr, "violation: %s\n", text);
	if (r->n_violations++ < REPLAY_MAX_NOTED)
		json_array_append_new(r->violations,
				      json_pack("{s:I, s:s}", "packet",
						(json_int_t)r->packet, "what", text));
}

static struct end end_of(const struct replay *r, const struct ph_addr *addr, __u16 port,
			 const struct ph_addr *peer, __u16 peer_port, __u32 isn)
{
	const struct host *host = gateway_host(&r->g, addr);

	return (struct end){
		.addr = *addr,
		.peer = gateway_mapped(&r->g, peer),
		.port = port,
		.peer_port = peer_port,
		.inside = host && host->inside,
		.isn = isn,
		.next = isn,
		.una = isn,
	};
}

/* The client's numbers wrap on the way. */
struct talk *replay_talk(struct replay *r, const struct ph_addr *client,
			 __u16 client_port, const struct ph_addr *server,
			 __u16 server_port)
{
	struct talk *t = calloc(1, sizeof(*t));

	if (!t || r->n_talks == REPLAY_MAX_CONNS)
		TAP_BAIL("too many connections");
	t->end[0] = end_of(r, client, client_port, server, server_port, 0xfffffff0u);
	t->end[1] = end_of(r, server, server_port, client, client_port, 5000);
	t->control = gateway_is_control_port(&r->g, server_port);
	r->talk[r->n_talks++] = t;
	return t;
}

bool talk_is_over(const struct talk *t)
{
	return t->ended || t->end[0].reset || t->end[1].reset;
}

/* ---- receiving -------------------------------------------------------------- */

/* The next byte that an end waits for, as it sees the other count. */
static __u32 awaited(const struct end *e)
{
	return e->peer_isn + 1 + (__u32)e->got.whole + e->fin_seen;
}

static void receive_data(struct replay *r, struct talk *t, struct end *e,
			 const struct segment *s)
{
	__s32 at = (__s32)(s->seq - (e->peer_isn + 1));

	if (at < 0) {
		replay_violation(r, "bytes before the stream's start");
		return;
	}
	if (!stream_put(&e->got, (size_t)at, s->data, s->len) && !t->forged)
		replay_violation(r, "bytes came again, and others than before");
}

static void receive_ack(struct replay *r, struct end *e, const struct segment *s)
{
	if ((__s32)(s->ack - e->next) > 0)
		replay_violation(r, "an acknowledgement of %u bytes never sent",
				 s->ack - e->next);
	else if ((__s32)(s->ack - e->una) > 0)
		e->una = s->ack;
}

static void receive(struct replay *r, struct talk *t, struct end *e,
		    const struct segment *s)
{
	char from[ADDR_TEXT_BYTES];

	if (s->flags & TCP_RST) {
		if (!e->reset)
			json_array_append_new(
				r->resets,
				json_pack("{s:I, s:s, s:s, s:i}", "packet",
					  (json_int_t)r->packet, "to",
					  e == &t->end[0] ? "client" : "server", "from",
					  addr_text(&e->peer, from), "port",
					  e->peer_port));
		e->reset = true;
		return;
	}
	if (s->flags & TCP_SYN) {
		e->syn_seen = true;
		e->peer_isn = s->seq;
	}
	if (s->flags & TCP_ACK)
		receive_ack(r, e, s);
	if (!e->syn_seen)
		return;
	if (s->len && t->control)
		receive_data(r, t, e, s);
	if (s->flags & TCP_FIN && (!t->control || s->seq + (__u32)s->len == awaited(e)))
		e->fin_seen = true;
}

/* Whose frame is it? */
static struct end *addressee(struct replay *r, const struct segment *s,
			     struct talk **talk)
{
	for (size_t i = r->n_talks; i-- > 0;) {
		for (int who = 0; who < 2; who++) {
			struct end *e = &r->talk[i]->end[who];

			if (e->port != s->dport || e->peer_port != s->sport ||
			    !addr_equal(&e->addr, &s->dst) ||
			    !addr_equal(&e->peer, &s->src))
				continue;
			*talk = r->talk[i];
			return e;
		}
	}
	return NULL;
}

/* Return: whether it reached `wanted`. */
static bool deliver(struct replay *r, const struct outcome *outcome,
		    const struct end *wanted, const struct segment *sent)
{
	bool reached = false;

	for (size_t i = 0; i < outcome->n; i++) {
		const struct outcome_frame *frame = &outcome->frame[i];
		struct talk *talk;
		struct segment s;
		struct end *e;
		bool sums_ok = true;

		if (!segment_parse(frame->bytes + ETH_HLEN, frame->len - ETH_HLEN, &s,
				   &sums_ok) ||
		    !sums_ok) {
			replay_violation(r, "a frame with wrong lengths or checksums");
			continue;
		}
		e = addressee(r, &s, &talk);
		if (!e) {
			replay_violation(r, "a frame to nobody, port %u", s.dport);
			continue;
		}
		if (e == wanted && !(s.flags & TCP_RST) &&
		    (s.len != sent->len ||
		     (s.len && memcmp(s.data, sent->data, s.len) != 0)))
			r->rewritten++;
		if (r->road.lose_behind && s.len) {
			r->road.lose_behind--;
			continue;
		}
		reached = reached || e == wanted;
		receive(r, talk, e, &s);
	}
	return reached;
}

/* ---- sending ---------------------------------------------------------------- */

static void note_drop(struct replay *r, const struct talk *t, int dropped)
{
	const char *reason = fw_drop_name((unsigned int)dropped - 1);

	(void)t;
	if (r->verbose)
		fprintf(stderr, "packet %lu dropped: %s\n", r->packet, reason);
	if (json_array_size(r->dropped) < REPLAY_MAX_NOTED)
		json_array_append_new(r->dropped,
				      json_pack("{s:I, s:s}", "packet",
						(json_int_t)r->packet, "reason", reason));
}

/* After these drops nothing of the connection passes any more. */
static bool is_final(int dropped)
{
	switch (dropped - 1 + PH_DROP_FIRST) {
	case PH_DROP_FTP_STRICT:
	case PH_DROP_FTP_TLS:
	case PH_DROP_FTP_MATCH:
	case PH_DROP_FTP_ENDED:
		return true;
	default:
		return false;
	}
}

static void note_sent(struct end *e, const struct segment *s)
{
	__u32 end =
		s->seq + (__u32)s->len + !!(s->flags & TCP_SYN) + !!(s->flags & TCP_FIN);

	if ((__s32)(end - e->next) > 0)
		e->next = end;
	if (s->flags & TCP_FIN)
		e->fin_sent = true;
}

bool talk_send(struct replay *r, struct talk *t, int from, struct segment *s)
{
	static struct outcome outcome;
	struct end *e = &t->end[from];
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len;

	s->src = e->addr;
	s->dst = e->peer;
	s->sport = e->port;
	s->dport = e->peer_port;
	note_sent(e, s);
	if (r->road.lose_before && s->len) {
		r->road.lose_before--;
		return false;
	}
	len = segment_build(s, NETWORK_MAC(e->inside ? DEV_INSIDE : DEV_OUTSIDE), bytes);
	gateway_feed(&r->g, e->inside, bytes, len, &outcome);
	r->packets++;
	r->last_drop = outcome.dropped;
	if (outcome.dropped) {
		note_drop(r, t, outcome.dropped);
		t->ended = t->ended || is_final(outcome.dropped);
	}
	watch_look(r);
	return deliver(r, &outcome, &t->end[!from], s);
}

static struct segment plain(const struct end *e, __u32 seq, __u8 flags, const void *data,
			    size_t len)
{
	return (struct segment){
		.seq = seq,
		.ack = e->syn_seen ? awaited(e) : 0,
		.flags = flags | (e->syn_seen ? TCP_ACK : 0),
		.window = WINDOW,
		.data = data,
		.len = len,
	};
}

bool talk_say(struct replay *r, struct talk *t, int from, __u8 flags, const void *data,
	      size_t len)
{
	struct end *e = &t->end[from];
	struct segment s = plain(e, e->next, flags, data, len);

	if (len)
		stream_put(&e->sent, e->next - (e->isn + 1), data, len);
	return talk_send(r, t, from, &s);
}

bool talk_repeat(struct replay *r, struct talk *t, int from, size_t at, size_t len)
{
	struct end *e = &t->end[from];
	struct segment s =
		plain(e, e->isn + 1 + (__u32)at, TCP_PSH, e->sent.bytes + at, len);

	r->repeated++;
	return talk_send(r, t, from, &s);
}

bool talk_ack(struct replay *r, struct talk *t, int from)
{
	struct segment s = plain(&t->end[from], t->end[from].next, 0, NULL, 0);

	return talk_send(r, t, from, &s);
}

bool talk_handshake(struct replay *r, struct talk *t)
{
	return talk_say(r, t, CLIENT_END, TCP_SYN, NULL, 0) &&
	       talk_say(r, t, SERVER_END, TCP_SYN, NULL, 0) && talk_ack(r, t, CLIENT_END);
}

void talk_settle(struct replay *r, struct talk *t, int from)
{
	struct end *e = &t->end[from];
	unsigned int stuck = 0;

	for (unsigned int round = 0; round < MAX_ROUNDS; round++) {
		__u32 una = e->una;
		size_t at, left;

		if (talk_is_over(t))
			return;
		talk_ack(r, t, !from);
		at = e->una - (e->isn + 1);
		if (at >= e->sent.whole)
			return;
		stuck = e->una == una ? stuck + 1 : 0;
		if (stuck == STUCK_AFTER)
			break;
		left = e->sent.whole - at;
		talk_repeat(r, t, from, at,
			    left < SEGMENT_MAX_DATA ? left : SEGMENT_MAX_DATA);
	}
	replay_violation(r, "%s is wedged: byte %u does not get through",
			 from == CLIENT_END ? "the client" : "the server",
			 e->una - (e->isn + 1));
}
