// SPDX-License-Identifier: GPL-2.0
/*
 * host_talk.c - see host_talk.h.
 */
#include <linux/pkt_cls.h>

#include "tests/datapath/host_talk.h"
#include "tests/datapath/now.h"

#define HOLE_NS 60000000000ull

struct link link_of(struct scenario *s, __u16 peer_port, __u16 our_port)
{
	const struct stations *at = stations_of(s);
	struct link l = {.s = s,
			 .peer_port = peer_port,
			 .our_port = our_port,
			 .dev = DEV_OUTSIDE,
			 .next = {0xfffffff0u, 0x7ffffff0u}};

	link_move(&l, at->client, at->our_outside);
	return l;
}

void link_move(struct link *l, const char *peer, const char *us)
{
	l->peer = peer;
	l->us = us;
	l->flow = (struct world_flow){.a = peer,
				      .b = us,
				      .proto = IPPROTO_TCP,
				      .a_port = l->peer_port,
				      .b_port = l->our_port};
}

static struct frame_v6 frame_of(const struct link *l, enum who from,
				const struct segment *seg)
{
	__u8 flags = seg->flags ? seg->flags : TCP_ACK;

	return (struct frame_v6){
		.src = from == PEER ? l->peer : l->us,
		.dst = from == PEER ? l->us : l->peer,
		.proto = IPPROTO_TCP,
		.sport = from == PEER ? l->peer_port : l->our_port,
		.dport = from == PEER ? l->our_port : l->peer_port,
		.flags = flags,
		.seq = l->next[from] + (__u32)seg->seq,
		.ack = flags & TCP_ACK ? l->next[from == PEER ? US : PEER] : 0,
		.fill = seg->fill,
	};
}

static struct frame as_v4(const struct frame_v6 *f)
{
	return (struct frame){.src = f->src,
			      .dst = f->dst,
			      .proto = f->proto,
			      .sport = f->sport,
			      .dport = f->dport,
			      .flags = f->flags,
			      .seq = f->seq,
			      .ack = f->ack,
			      .fill = f->fill};
}

size_t link_build(const struct link *l, enum who from, const struct segment *seg,
		  __u8 *bytes)
{
	const struct frame_v6 f = frame_of(l, from, seg);
	const struct frame f4 = as_v4(&f);

	return l->s->v6 ? frame_v6_build(&f, NETWORK_MAC(l->dev), bytes)
			: frame_build(&f4, NETWORK_MAC(l->dev), bytes);
}

/* What was sent, counts, unless it came from elsewhere in the stream. */
static void link_sent(struct link *l, enum who from, const struct segment *seg)
{
	__u8 flags = seg->flags;

	if (!seg->seq)
		l->next[from] += seg->fill + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
}

void link_takes(struct scenario *s, struct packet_row *row, int line)
{
	struct packet_row first = *row;
	bool ok = true;

	row->known = true;
	if (s->hook == HOOK_XDP) {
		first.known = true;
		if (row->result < PH_DROP_FIRST) {
			first.line = 0;
			first.events = 0;
		}
		ok = check_row(s->w, HOOK_XDP, &first);
	}
	if (s->hook == HOOK_TC || row->result < PH_DROP_FIRST || row->xdp)
		ok = check_row(s->w, HOOK_TC, row) && ok;
	if (ok)
		return;
	tap_note("  in what comes in in line %d", line);
	s->ok = false;
}

void link_hears(struct link *l, const struct segment *seg, int line)
{
	const struct frame_v6 f = frame_of(l, PEER, seg);
	struct packet_row row = {.in = seg->in_also ? seg->in_also - 1 : l->dev,
				 .frame = as_v4(&f),
				 .v6 = l->s->v6 ? &f : NULL,
				 .result = seg->result ? seg->result : PH_TO_BOX,
				 .line = seg->line,
				 .events = seg->events};

	link_takes(l->s, &row, line);
	if (row.result == PH_TO_BOX)
		link_sent(l, PEER, seg);
}

void link_says(struct link *l, const struct segment *seg, int line)
{
	static struct counters before, after;
	struct scenario *s = l->s;
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = link_build(l, US, seg, bytes);
	struct world_run got;
	bool ok;

	world_counters(s->w, &before);
	ok = !world_egress(s->w, l->dev, DEV_COUNT, bytes, len, &got);
	world_counters(s->w, &after);
	ok = ok && got.action == TC_ACT_OK && got.len == len &&
	     !memcmp(got.bytes, bytes, len);
	for (unsigned int i = 0; i < PH_EV_END; i++)
		ok = ok && after.events[i] - before.events[i] == (seg->events >> i & 1);
	ok = ok && !memcmp(before.drops, after.drops, sizeof(after.drops));
	if (!ok) {
		tap_note("  in what this machine says in line %d", line);
		s->ok = false;
	}
	link_sent(l, US, seg);
}

bool link_find(const struct link *l, enum table table, struct conn *out)
{
	return world_find(l->s->w, table, &l->flow, out);
}

__u8 link_state(const struct link *l)
{
	struct conn conn;

	return link_find(l, TABLE_CONNS, &conn) || link_find(l, TABLE_HALF_OPEN, &conn)
		       ? conn.state
		       : 0xff;
}

/* A session that opens nothing by itself. */
static void put_blank_session(struct host_control *c)
{
	struct ftp_session *session = &c->session.session;

	memset(session, 0, sizeof(*session));
	session->flags = FTP_S_HOST | FTP_S_TLS;
	session->conn_id = c->session.conn.id;
	session->opened_ns = c->session.conn.created_ns;
	put_session(&c->session);
}

void host_read(struct host_control *c)
{
	c->session.s = c->link.s;
	c->session.flow = c->link.flow;
	control_find(&c->session);
}

void host_open(struct host_control *c, struct scenario *s, __u16 peer_port)
{
	memset(c, 0, sizeof(*c));
	c->link = link_of(s, peer_port, 21);
	c->line = DUAL_LINE(HOST_FTP_LINE, s->v6);
	HEAR(&c->link, .flags = SYN, .line = c->line, .events = EVENT(HALF_OPEN_CREATED));
	OUR(&c->link, .flags = SYN_ACK);
	HEAR(&c->link, .line = c->line, .events = EVENT(CONN_CREATED));
	host_read(c);
	put_blank_session(c);
}

void host_dial(struct host_control *c, struct scenario *s, __u16 our_port)
{
	memset(c, 0, sizeof(*c));
	c->link = link_of(s, 21, our_port);
	OUR(&c->link, .flags = SYN, .events = EVENT(HALF_OPEN_CREATED));
	HEAR(&c->link, .flags = SYN_ACK);
	OUR(&c->link, .events = EVENT(CONN_CREATED));
	host_read(c);
	put_blank_session(c);
}

void host_hole(struct host_control *c, __u16 our_port, bool data_port_only)
{
	struct ftp_session *session = &c->session.session;
	const struct flow_key *key = &c->session.key;
	bool dialled = c->session.conn.flags & CONN_F_LOCAL;
	/* The station's end: the initiator's, unless this machine is. */
	__u32 end = !(c->session.conn.flags & CONN_F_INITIATOR_1) == dialled;
	struct hole_key hole_key = {.src = key->addr[end],
				    .dst = key->addr[!end],
				    .dst_port = htons(our_port)};
	struct hole hole = {.parent = *key,
			    .parent_id = c->session.conn.id,
			    .passive = !dialled,
			    .data_port_only = data_port_only};

	hole.opened_ns = now_ns();
	hole.expires_ns = hole.opened_ns + HOLE_NS;
	if (bpf_map_update_elem(MAP(c->link.s, holes), &hole_key, &hole, BPF_ANY))
		TAP_BAIL("a hole: %s", strerror(errno));
	read_session(&c->session);
	session->hole[session->holes_opened % FTP_MAX_HOLES] = hole_key;
	session->hole_opened_ns[session->holes_opened++ % FTP_MAX_HOLES] = hole.opened_ns;
	put_session(&c->session);
}

void host_data(struct link *l)
{
	HEAR(l, .flags = SYN, .events = EVENT(HALF_OPEN_CREATED));
	OUR(l, .flags = SYN_ACK);
	HEAR(l, .events = EVENT(CONN_CREATED) | EVENT(HOLE_USED));
}
