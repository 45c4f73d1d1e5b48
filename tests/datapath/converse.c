// SPDX-License-Identifier: GPL-2.0
/*
 * converse.c - see converse.h.
 */
#include "tests/datapath/converse.h"
#include "tests/datapath/network.h"

#define SERVER_PORT 990

const struct stations *stations_of(const struct scenario *s)
{
	static const struct stations v4 = {.client = CLIENT,
					   .mapped = MAPPED,
					   .server = SERVER,
					   .workstation = WORKSTATION,
					   .our_outside = OUR_OUTSIDE};
	static const struct stations v6 = {.client = CLIENT6,
					   .mapped = MAPPED6,
					   .server = SERVER6,
					   .workstation = WORKSTATION6,
					   .our_outside = OUR_OUTSIDE6};

	return s->v6 ? &v6 : &v4;
}

struct packet_row row_between(const struct scenario *s, enum end from)
{
	const struct stations *at = stations_of(s);

	if (from == END_CLIENT)
		return (struct packet_row){.in = DEV_OUTSIDE,
					   .result = PH_FORWARD,
					   .out = DEV_INSIDE,
					   .new_dst = at->server,
					   .next_hop = 10,
					   .known = true};
	return (struct packet_row){.in = DEV_INSIDE,
				   .result = PH_FORWARD,
				   .out = DEV_OUTSIDE,
				   .new_src = at->mapped,
				   .next_hop = 50,
				   .known = true};
}

#define ASKING_PORT 5353
#define ECHO_ID	    700

struct world_flow flow_of(const struct scenario *s, __u8 proto)
{
	const struct stations *at = stations_of(s);
	bool echo = proto == IPPROTO_ICMP;

	return (struct world_flow){
		.a = at->client,
		.b = at->server,
		.proto = echo && s->v6 ? IPPROTO_ICMPV6 : proto,
		.a_port = echo			 ? ECHO_ID
			  : proto == IPPROTO_UDP ? ASKING_PORT
						 : 0,
		.b_port = proto == IPPROTO_UDP ? 53 : 0,
	};
}

void station_tell(struct scenario *s, const struct tells *tells, int line)
{
	static const __u8 echo_types[2][2] = {{8, 0}, {128, 129}};
	const struct stations *at = stations_of(s);
	const struct world_flow flow = flow_of(s, tells->proto);
	bool client = tells->end == END_CLIENT;
	const struct frame_v6 f = {
		.src = client ? at->client : at->server,
		.dst = client ? at->mapped : at->client,
		.proto = flow.proto,
		.sport = client ? flow.a_port : flow.b_port,
		.dport = client ? flow.b_port : flow.a_port,
		.icmp_type = echo_types[s->v6][tells->end],
		.icmp_rest = ECHO_ID << 16 | 1,
		.fill = tells->fill,
		.fault = tells->no_check ? FAULT_UDP_NO_CHECKSUM : FAULT_NONE,
	};
	struct packet_row row = row_between(s, tells->end);

	row.frame = (struct frame){.src = f.src,
				   .dst = f.dst,
				   .proto = f.proto,
				   .sport = f.sport,
				   .dport = f.dport,
				   .icmp_type = f.icmp_type,
				   .icmp_id = ECHO_ID,
				   .fill = f.fill,
				   .fault = f.fault};
	row.v6 = s->v6 ? &f : NULL;
	row.events = tells->events;
	row.known = !tells->opens;
	if (tells->opens && client)
		row.line = DUAL_LINE(tells->proto == IPPROTO_UDP    ? DUAL_UDP
				     : tells->proto == IPPROTO_ICMP ? DUAL_PING
								    : DUAL_GRE,
				     s->v6);
	if (tells->result)
		row.result = tells->result;
	if (check_row(s->w, s->hook, &row))
		return;
	tap_note("  in what is told in line %d", line);
	s->ok = false;
}

void conversation_begin(struct conversation *c, struct scenario *s, __u16 port)
{
	const struct stations *at = stations_of(s);

	*c = (struct conversation){
		.s = s,
		.port = port,
		.isn = {0xfffffe00u, 0xffffff80u},
		.next = {0xfffffe00u, 0xffffff80u},
		.flow = {.a = at->client,
			 .b = at->server,
			 .proto = IPPROTO_TCP,
			 .a_port = port,
			 .b_port = SERVER_PORT},
	};
}

/* The segment's frame, of either family. */
static struct frame_v6 segment(const struct conversation *c, const struct says *says)
{
	const struct stations *at = stations_of(c->s);
	bool client = says->end == END_CLIENT;
	__u8 flags = says->flags || says->no_ack ? says->flags : TCP_ACK;

	return (struct frame_v6){
		.src = client ? at->client : at->server,
		.dst = client ? at->mapped : at->client,
		.proto = IPPROTO_TCP,
		.sport = client ? c->port : SERVER_PORT,
		.dport = client ? SERVER_PORT : c->port,
		.flags = flags,
		.seq = c->next[says->end] + says->seq,
		/* What has no ACK flag has the number all the same, but for a RST. */
		.ack = flags & TCP_ACK || (says->no_ack && !(flags & TCP_RST))
			       ? c->next[!says->end] + says->ack
			       : 0,
		.fill = says->fill,
		.window = says->window,
		.wscale = says->wscale,
		.tcp_options = says->wscale ? 4 : 0,
	};
}

static struct frame as_v4(const struct frame_v6 *f)
{
	return (struct frame){
		.src = f->src,
		.dst = f->dst,
		.proto = f->proto,
		.sport = f->sport,
		.dport = f->dport,
		.flags = f->flags,
		.seq = f->seq,
		.ack = f->ack,
		.fill = f->fill,
		.window = f->window,
		.wscale = f->wscale,
		.tcp_options = f->tcp_options,
	};
}

size_t conversation_build(const struct conversation *c, const struct says *says,
			  __u8 *bytes)
{
	const struct frame_v6 f = segment(c, says);
	const struct frame f4 = as_v4(&f);
	__u8 mac = NETWORK_MAC(says->end == END_CLIENT ? DEV_OUTSIDE : DEV_INSIDE);

	return c->s->v6 ? frame_v6_build(&f, mac, bytes) : frame_build(&f4, mac, bytes);
}

void conversation_say(struct conversation *c, const struct says *says, int line)
{
	const struct frame_v6 f = segment(c, says);
	struct packet_row row = row_between(c->s, says->end);
	__u32 end = f.seq + f.fill + !!(f.flags & TCP_SYN) + !!(f.flags & TCP_FIN);

	row.frame = as_v4(&f);
	row.v6 = c->s->v6 ? &f : NULL;
	row.events = says->events;
	row.known = !says->opens;
	if (says->opens && says->end == END_CLIENT)
		row.line = DUAL_LINE(DUAL_TCP, c->s->v6);
	if (says->result)
		row.result = says->result;
	if (!check_row(c->s->w, c->s->hook, &row)) {
		tap_note("  in what is said in line %d", line);
		c->s->ok = false;
	}
	if (!says->result && (__s32)(end - c->next[says->end]) > 0)
		c->next[says->end] = end;
}

void conversation_open(struct conversation *c)
{
	SAY(c, CLIENT_(.flags = SYN, .opens = true));
	SAY(c, SERVER_(.flags = SYN_ACK));
	SAY(c, CLIENT_(.events = EVENT(CONN_CREATED)));
}

bool conversation_find(const struct conversation *c, enum table table, struct conn *out)
{
	return world_find(c->s->w, table, &c->flow, out);
}

__u8 conversation_state(const struct conversation *c)
{
	struct conn conn;

	if (conversation_find(c, TABLE_CONNS, &conn) ||
	    conversation_find(c, TABLE_HALF_OPEN, &conn))
		return conn.state;
	return 0xff;
}
