// SPDX-License-Identifier: GPL-2.0
/*
 * grant_talk.c - see grant_talk.h.
 */
#include <time.h>

#include "tests/datapath/grant_talk.h"
#include "tests/datapath/now.h"

static void put_fixup(struct policy_image *image, __u32 flags, __u16 low, __u16 high)
{
	for (size_t i = 0; i < image->n_fixups; i++) {
		struct fixup_value *value = &image->fixups[i].value;

		if (image->fixups[i].key.port != htons(CONTROL_PORT))
			continue;
		value->kind = 0;
		value->flags = flags;
		value->data_low = low;
		value->data_high = high;
		value->data_limit = LIMIT;
	}
}

void with_data_ports(struct policy_image *image)
{
	put_fixup(image, FIXUP_F_DATA_PORTS, LOW, HIGH);
}

void with_inspection(struct policy_image *image)
{
	with_data_ports(image);
	for (size_t i = 0; i < image->n_fixups; i++)
		if (image->fixups[i].key.port == htons(CONTROL_PORT))
			image->fixups[i].value.kind = FIXUP_FTP;
}

void with_fewer_ports(struct policy_image *image)
{
	put_fixup(image, FIXUP_F_DATA_PORTS, LOW + 1, HIGH);
}

void without_data_ports(struct policy_image *image)
{
	put_fixup(image, 0, LOW, HIGH);
}

/* ---- the session ---- */

/* From scenarios before. */
void forget_grants(const struct scenario *s)
{
	struct grant_key key;
	int fd = MAP(s, grants);

	while (!bpf_map_get_next_key(fd, NULL, &key))
		bpf_map_delete_elem(fd, &key);
}

static void find_key(struct control *c)
{
	struct flow_key key, next;
	struct conn conn;
	int fd = MAP(c->s, conns);

	for (int err = bpf_map_get_next_key(fd, NULL, &next); !err;
	     err = bpf_map_get_next_key(fd, &key, &next)) {
		key = next;
		if (!bpf_map_lookup_elem(fd, &key, &conn) && conn.id == c->conn.id) {
			c->key = key;
			return;
		}
	}
	TAP_BAIL("no control connection");
}

void put_session(const struct control *c)
{
	if (bpf_map_update_elem(MAP(c->s, ftp_sessions), &c->key, &c->session, BPF_ANY))
		TAP_BAIL("a session: %s", strerror(errno));
}

void read_session(struct control *c)
{
	if (bpf_map_lookup_elem(MAP(c->s, ftp_sessions), &c->key, &c->session))
		TAP_BAIL("a session: %s", strerror(errno));
}

/* Enter it into the grant of these ends. */
void put_holder(const struct control *c, const struct grant_key *ends, __u32 slot)
{
	static struct grant grant;
	int fd = MAP(c->s, grants);

	if (bpf_map_lookup_elem(fd, ends, &grant))
		memset(&grant, 0, sizeof(grant));
	grant.holder[slot].session = c->key;
	grant.holder[slot].conn_id = c->conn.id;
	if (bpf_map_update_elem(fd, ends, &grant, BPF_ANY))
		TAP_BAIL("a grant: %s", strerror(errno));
}

void control_find(struct control *c)
{
	__u32 client;

	if (!world_find(c->s->w, TABLE_CONNS, &c->flow, &c->conn))
		TAP_BAIL("no control connection");
	find_key(c);
	client = c->conn.flags & CONN_F_INITIATOR_1 ? 1 : 0;
	c->ends.client = c->key.addr[client];
	c->ends.server = c->key.addr[!client];
}

void control_verify(struct control *c, __u32 slot)
{
	control_find(c);
	memset(&c->session, 0, sizeof(c->session));
	c->session.conn_id = c->conn.id;
	c->session.opened_ns = c->conn.created_ns;
	c->session.flags = FTP_S_TLS | FTP_S_VERIFIED;
	put_session(c);
	put_holder(c, &c->ends, slot);
}

/* The outside station is the client, the translated server serves. */
void control_open_from(struct control *c, struct scenario *s, __u16 port, __u32 slot)
{
	*c = (struct control){.s = s};
	conversation_begin(&c->talk, s, port);
	conversation_open(&c->talk);
	c->flow = c->talk.flow;
	control_verify(c, slot);
}

void control_open(struct control *c, struct scenario *s)
{
	forget_grants(s);
	control_open_from(c, s, 40000, 0);
}

/* ---- data connections ---- */

#define DIALER_ISN 70000u
#define TAKER_ISN  90000u

void data_send(struct scenario *s, const struct data_packet *p, int line)
{
	const struct stations *at = stations_of(s);
	const struct data *d = p->d;
	enum end from = p->answer ? (enum end) !d->dialer : d->dialer;
	struct packet_row row = row_between(s, from);
	struct frame_v6 f = {
		.src = from == END_CLIENT ? at->client : at->server,
		.dst = from == END_CLIENT ? at->mapped : at->client,
		.proto = IPPROTO_TCP,
		.sport = p->answer ? d->dport : d->sport,
		.dport = p->answer ? d->sport : d->dport,
		.flags = p->flags,
		.seq = (p->answer ? TAKER_ISN : DIALER_ISN) + !(p->flags & SYN),
		.ack = p->flags & ACK ? (p->answer ? DIALER_ISN : TAKER_ISN) + 1 : 0,
	};

	f.src = d->src ? d->src : f.src;
	f.dst = d->dst ? d->dst : f.dst;
	row.frame = (struct frame){.src = f.src,
				   .dst = f.dst,
				   .proto = f.proto,
				   .sport = f.sport,
				   .dport = f.dport,
				   .flags = f.flags,
				   .seq = f.seq,
				   .ack = f.ack};
	row.v6 = s->v6 ? &f : NULL;
	row.known = !p->opens;
	row.events = p->events;
	row.line = p->hits;
	if (p->result)
		row.result = p->result;
	if (check_row(s->w, s->hook, &row))
		return;
	tap_note("  in what is sent in line %d", line);
	s->ok = false;
}

struct data passive(__u16 sport, __u16 dport)
{
	return (struct data){.dialer = END_CLIENT, .sport = sport, .dport = dport};
}

struct data active(__u16 sport, __u16 dport)
{
	return (struct data){.dialer = END_SERVER, .sport = sport, .dport = dport};
}

void establish(struct scenario *s, const struct data *d)
{
	ADMITTED(s, d);
	SEND(s, d, .answer = true, .flags = SYN_ACK);
	SEND(s, d, .flags = ACK, .events = EVENT(CONN_CREATED) | EVENT(RANGE_ADMITTED));
}

struct world_flow data_flow(const struct scenario *s, const struct data *d)
{
	const struct stations *at = stations_of(s);

	return (struct world_flow){
		.a = at->client,
		.b = at->server,
		.proto = IPPROTO_TCP,
		.a_port = d->dialer == END_CLIENT ? d->sport : d->dport,
		.b_port = d->dialer == END_CLIENT ? d->dport : d->sport};
}

__u64 long_ago_ns(void)
{
	const __u64 second_ns = 1000000000ull;

	return now_ns() - 3601 * second_ns;
}

void expire(struct scenario *s, const struct data *d)
{
	const struct world_flow flow = data_flow(s, d);
	struct conn conn;

	if (!world_find(s->w, TABLE_CONNS, &flow, &conn))
		TAP_BAIL("no data connection");
	conn.seen_ns = long_ago_ns();
	world_change(s->w, TABLE_CONNS, &flow, &conn);
	SEND(s, d, .flags = ACK, .result = PH_DROP_TCP_NOT_SYN,
	     .events = EVENT(CONN_EXPIRED));
}

__u32 data_open(struct control *c)
{
	read_session(c);
	return c->session.data_open;
}

__u64 found_limits(const struct scenario *s)
{
	const __u32 index = FTP_FOUND_DATA_LIMIT;
	__u64 values[64] = {0}, sum = 0;

	if (bpf_map_lookup_elem(MAP(s, ftp_findings), &index, values))
		TAP_BAIL("findings: %s", strerror(errno));
	for (size_t i = 0; i < 64; i++)
		sum += values[i];
	return sum;
}

void spoil(struct control *c, enum flaw flaw)
{
	struct conn conn = c->conn;

	switch (flaw) {
	case FLAW_UNVERIFIED:
		c->session.flags &= ~FTP_S_VERIFIED;
		break;
	case FLAW_CLOSING:
		c->session.flags |= FTP_S_CLOSING;
		break;
	case FLAW_OTHER_SESSION:
		c->session.conn_id++;
		break;
	case FLAW_OTHER_CONN:
		conn.id++;
		break;
	case FLAW_HALF_CLOSED:
		conn.state = CONN_HALF_CLOSED;
		break;
	case FLAW_KILLED:
		conn.flags |= CONN_F_KILLED;
		break;
	case FLAW_IDLED_OUT:
		conn.seen_ns = long_ago_ns();
		break;
	default:
		break;
	}
	put_session(c);
	world_change(c->s->w, TABLE_CONNS, &c->flow, &conn);
	if (flaw == FLAW_NO_SESSION)
		bpf_map_delete_elem(MAP(c->s, ftp_sessions), &c->key);
	if (flaw == FLAW_NO_CONN)
		bpf_map_delete_elem(MAP(c->s, conns), &c->key);
}
