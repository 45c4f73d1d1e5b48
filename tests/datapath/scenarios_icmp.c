// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_icmp.c - ICMP errors belong to the connection of the packet that
 * they quote, or to none.
 *
 * What must leave is built anew from the translated addresses, with every
 * checksum computed from scratch: outer, ICMP, quoted header, quoted transport.
 */
#include "tests/datapath/converse.h"
#include "tests/datapath/network.h"

#define PORT	  40000
#define ECHO_ID	  77
#define V4_HEADER 20
#define OUTSIDER  "198.51.100.9" /* a router on the way, outside */
#define OUTSIDER6 "2001:db8:f::9"
#define STRANGER  "203.0.113.51"
#define STRANGER6 "2001:db8::51"

/* Quoted packets. */
enum kind { KIND_UDP, KIND_TCP, KIND_ECHO, KIND_GRE, KIND_COUNT };

struct quote {
	const char *src;
	const char *dst;
	__u8 kind;	/* enum kind */
	bool backwards; /* from the server */
	__u16 fill;	/* 0: 40 */
	__u8 options;	/* IPv4: bytes of them */
	__u16 fragment; /* IPv4: flags and offset field */
	bool no_check;	/* UDP without a checksum */
	__u16 shift;	/* of the client's port */
	__u8 n_ext;	/* IPv6: destination options */
	__u8 icmp_type; /* instead of echo */
};

static __u8 proto_of(const struct quote *q, bool v6)
{
	switch (q->kind) {
	case KIND_UDP:
		return IPPROTO_UDP;
	case KIND_TCP:
		return IPPROTO_TCP;
	case KIND_GRE:
		return IPPROTO_GRE;
	default:
		return v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	}
}

static __u8 echo_type(const struct quote *q, bool v6)
{
	if (q->icmp_type)
		return q->icmp_type;
	if (v6)
		return q->backwards ? 129 : 128;
	return q->backwards ? 0 : 8;
}

/* Build it as a frame. Return: its length. */
static size_t build_quote(const struct quote *q, bool v6, __u8 *bytes)
{
	__u16 client = PORT + q->shift, server = q->kind == KIND_UDP ? 53 : 990;
	__u16 sport = q->backwards ? server : client;
	__u16 dport = q->backwards ? client : server;
	__u16 fill = q->fill ? q->fill : 40;

	if (v6) {
		struct frame_v6 f = {.src = q->src,
				     .dst = q->dst,
				     .proto = proto_of(q, v6),
				     .sport = sport,
				     .dport = dport,
				     .flags = TCP_ACK,
				     .seq = 5,
				     .icmp_type = echo_type(q, v6),
				     .icmp_rest = ECHO_ID << 16 | 1,
				     .fill = fill,
				     .hop_limit = 1,
				     .n_ext = q->n_ext};

		for (int i = 0; i < q->n_ext; i++)
			f.ext[i] = (struct frame_ext)FRAME_DSTOPTS(1);
		return frame_v6_build(&f, 1, bytes);
	}
	return frame_build(&(struct frame){.src = q->src,
					   .dst = q->dst,
					   .proto = proto_of(q, v6),
					   .sport = sport,
					   .dport = dport,
					   .flags = TCP_ACK,
					   .seq = 5,
					   .icmp_type = echo_type(q, v6),
					   .icmp_id = ECHO_ID,
					   .fill = fill,
					   .options = q->options,
					   .fragment = q->fragment,
					   .ttl = 1,
					   .fault = q->no_check ? FAULT_UDP_NO_CHECKSUM
								: FAULT_NONE},
			   1, bytes);
}

/* An error: who sends it to whom, what it quotes, and what it leaves with. */
struct error {
	enum dev in;
	const char *src;
	const char *dst;
	const char *new_src; /* NULL: as it came */
	const char *new_dst;
	struct quote quote;
	const char *quote_src; /* as it leaves */
	const char *quote_dst;
	__u8 type;
	__u8 code;
	__u32 rest;
	__u16 quote_len; /* 0: all */
	enum ph_reason result;
};

static size_t build_error(const struct error *e, bool v6, bool after, __u8 *bytes)
{
	static __u8 packet[FRAME_MAX_BYTES];
	struct quote q = e->quote;
	struct frame_error error = {.src = e->src,
				    .dst = e->dst,
				    .type = e->type,
				    .code = e->code,
				    .rest = e->rest,
				    .packet = packet + ETH_HLEN};
	size_t len;

	assert(e->src && e->dst);
	if (after && e->new_src)
		error.src = e->new_src;
	if (after && e->new_dst)
		error.dst = e->new_dst;
	if (after && e->quote_src)
		q.src = e->quote_src;
	if (after && e->quote_dst)
		q.dst = e->quote_dst;
	len = build_quote(&q, v6, packet) - ETH_HLEN;
	error.quote_len = e->quote_len ? e->quote_len : len;
	return frame_error_build(&error, NETWORK_MAC(e->in), bytes);
}

static void send_error(struct scenario *s, const struct error *e, int line)
{
	static __u8 sent[FRAME_MAX_BYTES], want[FRAME_MAX_BYTES];
	struct packet_row row = {.in = e->in,
				 .bytes = sent,
				 .xdp = PH_PASS_UP,
				 .known = true,
				 .result = e->result,
				 .new_src = e->new_src,
				 .new_dst = e->new_dst};

	row.len = build_error(e, s->v6, false, sent);
	if (!e->result) {
		row.result = PH_FORWARD;
		row.out = e->in == DEV_INSIDE ? DEV_OUTSIDE : DEV_INSIDE;
		row.events = EVENT(ICMP_ERROR_MATCHED);
		row.want = want;
		row.want_len = build_error(e, s->v6, true, want);
	}
	if (check_row(s->w, s->hook, &row))
		return;
	tap_note("  in the error of line %d: type %u, quote %u of %u bytes", line,
		 e->type, e->quote.kind, e->quote_len);
	s->ok = false;
}

#define SEND(s, e) send_error((s), (e), __LINE__)

/* ---- connections to speak of --------------------------------------------- */

/* One packet of the kind, from the client to the server. */
static void ask(struct scenario *s, enum kind kind)
{
	static const __u8 lines[] = {[KIND_UDP] = DUAL_UDP,
				     [KIND_TCP] = DUAL_TCP,
				     [KIND_ECHO] = DUAL_PING,
				     [KIND_GRE] = DUAL_GRE};
	const struct stations *at = stations_of(s);
	const struct quote q = {.src = at->client, .dst = at->mapped, .kind = kind};
	struct packet_row row = row_between(s, END_CLIENT);
	__u8 bytes[FRAME_MAX_BYTES], *ip = bytes + ETH_HLEN;

	row.bytes = bytes;
	row.len = build_quote(&q, s->v6, bytes);
	row.line = DUAL_LINE(lines[kind], s->v6);
	row.known = false;
	ip[s->v6 ? 7 : 8] = 9; /* hops */
	if (!s->v6) {
		frame_put16(ip + 10, 0);
		frame_put16(ip + 10, ~frame_sum(ip, 20, 0));
	}
	if (!check_row(s->w, s->hook, &row))
		s->ok = false;
}

static void connect_all(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, PORT);
	conversation_open(&c);
	ask(s, KIND_UDP);
	ask(s, KIND_ECHO);
	ask(s, KIND_GRE);
}

static __u16 header_len(const struct scenario *s)
{
	return s->v6 ? FRAME_V6_HEADER : V4_HEADER;
}

/* About the client's packet to the server, from behind the translation. */
static struct error from_inside(const struct scenario *s, enum kind kind)
{
	const struct stations *at = stations_of(s);

	return (struct error){
		.in = DEV_INSIDE,
		.src = at->server,
		.dst = at->client,
		.new_src = at->mapped,
		.quote = {.src = at->client, .dst = at->server, .kind = kind},
		.quote_dst = at->mapped,
		.type = s->v6 ? 1 : 3,
		.code = s->v6 ? 4 : 3,
	};
}

/* About the server's packet to the client, from before it. */
static struct error from_outside(const struct scenario *s, enum kind kind)
{
	const struct stations *at = stations_of(s);

	return (struct error){
		.in = DEV_OUTSIDE,
		.src = s->v6 ? OUTSIDER6 : OUTSIDER,
		.dst = at->mapped,
		.new_dst = at->server,
		.quote = {.src = at->mapped,
			  .dst = at->client,
			  .kind = kind,
			  .backwards = true},
		.quote_src = at->server,
		.type = s->v6 ? 3 : 11,
	};
}

static const __u8 types[2][5] = {{3, 4, 11, 12, 3}, {1, 2, 3, 4, 1}};

/* ---- scenarios ------------------------------------------------------------ */

static void each_type(struct scenario *s, struct error e)
{
	const __u16 lens[] = {0, header_len(s) + 8, header_len(s) + 19,
			      header_len(s) + 23};

	for (size_t i = 0; i < sizeof(types[0]); i++) {
		e.type = types[s->v6][i];
		e.code = i & 1;
		e.rest = e.type == 2 || e.type == 12 ? 0 : 1400;
		for (size_t j = 0; j < sizeof(lens) / sizeof(lens[0]); j++) {
			e.quote_len = lens[j];
			SEND(s, &e);
		}
	}
}

static void errors_leave_translated(struct scenario *s)
{
	connect_all(s);
	for (enum kind kind = 0; kind < KIND_COUNT; kind++)
		each_type(s, from_inside(s, kind));
}

static void errors_come_in_untranslated(struct scenario *s)
{
	connect_all(s);
	for (enum kind kind = 0; kind < KIND_COUNT; kind++)
		each_type(s, from_outside(s, kind));
}

/* A router inside that has no mapped address speaks for the host that has one;
 * one outside for itself. */
static void third_parties_may_send_them(struct scenario *s)
{
	struct error e = from_inside(s, KIND_TCP);

	connect_all(s);
	e.src = stations_of(s)->workstation;
	SEND(s, &e);
	e.type = s->v6 ? 3 : 11;
	SEND(s, &e);
}

static void odd_lengths_and_headers(struct scenario *s)
{
	connect_all(s);
	for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
		struct error in = from_inside(s, kind), out = from_outside(s, kind);

		for (unsigned int fill = 1; fill < 4; fill++) {
			/* Eight bytes must be quoted of whichever protocol. */
			in.quote.fill = fill + (kind == KIND_GRE ? 8 : 0);
			out.quote.fill = in.quote.fill;
			in.quote.options = out.quote.options = s->v6 ? 0 : fill * 4;
			in.quote.n_ext = out.quote.n_ext = s->v6 ? fill : 0;
			SEND(s, &in);
			SEND(s, &out);
		}
	}
}

static void unsummed_datagram_stays_unsummed(struct scenario *s)
{
	struct error e = from_inside(s, KIND_UDP);

	connect_all(s);
	e.quote.no_check = true;
	SEND(s, &e);
}

static void first_fragment_may_be_quoted(struct scenario *s)
{
	struct error e = from_inside(s, KIND_UDP);

	connect_all(s);
	e.quote.fragment = 0x2000;
	SEND(s, &e);
	e.quote.fragment = 0x2001; /* no ports to know it by */
	e.result = PH_DROP_ICMP_UNMATCHED;
	SEND(s, &e);
}

static void unknown_packets_are_refused(struct scenario *s)
{
	const struct stations *at = stations_of(s);
	struct error e = from_inside(s, KIND_UDP);

	e.result = PH_DROP_ICMP_UNMATCHED;
	SEND(s, &e); /* no connection yet */
	connect_all(s);
	e.quote.shift = 1;
	SEND(s, &e);
	e.quote.shift = 0;
	e.quote.dst = at->workstation;
	SEND(s, &e);
	e.quote.dst = at->server;
	/* A packet that the error's receiver has not sent. */
	e.quote.src = at->server;
	e.quote.dst = at->client;
	e.quote.backwards = true;
	SEND(s, &e);
	/* Nor is a stranger told of it. */
	e = from_inside(s, KIND_UDP);
	e.result = PH_DROP_ICMP_UNMATCHED;
	e.dst = s->v6 ? STRANGER6 : STRANGER;
	SEND(s, &e);
	e.dst = at->client;
	e.quote.src = s->v6 ? STRANGER6 : STRANGER;
	SEND(s, &e);
	/* The quote must name the address that its sender saw. */
	e = from_outside(s, KIND_UDP);
	e.result = PH_DROP_ICMP_UNMATCHED;
	e.quote.src = at->server;
	SEND(s, &e);
}

static void errors_beget_no_errors(struct scenario *s)
{
	struct error e = from_inside(s, KIND_ECHO);

	connect_all(s);
	e.result = PH_DROP_ICMP_UNMATCHED;
	for (size_t i = 0; i < sizeof(types[0]); i++) {
		e.quote.icmp_type = types[s->v6][i];
		SEND(s, &e);
	}
}

static void short_quotes_are_refused(struct scenario *s)
{
	connect_all(s);
	for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
		struct error e = from_inside(s, kind);

		e.result = PH_DROP_ICMP_UNMATCHED;
		for (__u16 len = 1; len < header_len(s) + 8; len += 3) {
			e.quote_len = len;
			SEND(s, &e);
		}
		e.quote_len = header_len(s) + 7;
		SEND(s, &e);
	}
}

static void other_interfaces_are_refused(struct scenario *s)
{
	struct error e = from_inside(s, KIND_TCP);

	connect_all(s);
	e.in = DEV_DMZ;
	e.result = PH_DROP_CONN_WRONG_INTERFACE;
	SEND(s, &e);
}

static void half_open_ones_have_errors_too(struct scenario *s)
{
	struct error e = from_inside(s, KIND_TCP);
	struct conversation c;

	conversation_begin(&c, s, PORT);
	SAY(&c, CLIENT_(.flags = SYN, .opens = true));
	SEND(s, &e);
	CHECK_TABLES(s, 1, 0);
	SAY(&c, SERVER_(.flags = SYN_ACK));
	SAY(&c, CLIENT_(.events = EVENT(CONN_CREATED)));
}

static void errors_change_nothing(struct scenario *s)
{
	struct error e = from_inside(s, KIND_TCP);
	struct conversation c;
	struct conn before, after;

	conversation_begin(&c, s, PORT);
	conversation_open(&c);
	CHECK(s, conversation_find(&c, TABLE_CONNS, &before));
	SEND(s, &e);
	CHECK(s, conversation_find(&c, TABLE_CONNS, &after));
	CHECK(s, !memcmp(&before, &after, sizeof(before)));
}

static void denied_since_is_refused(struct scenario *s)
{
	static const char denying[] = INTERFACES
		"access-list out deny ip any any\n"
		"access-group out in interface outside\n" DUAL_STATICS;
	struct error e = from_inside(s, KIND_TCP);

	connect_all(s);
	world_apply(s->w, denying, NULL);
	e.result = PH_DROP_POLICY_CHANGED;
	SEND(s, &e);
}

/* From inside out, without any translation. */
static void untranslated_pass_as_they_are(struct scenario *s)
{
	const struct stations *at = stations_of(s);
	const struct quote q = {.src = at->workstation, .dst = at->client};
	struct error e = {.in = DEV_OUTSIDE,
			  .src = at->client,
			  .dst = at->workstation,
			  .quote = q,
			  .type = s->v6 ? 1 : 3,
			  .code = s->v6 ? 4 : 3};
	struct packet_row row = row_between(s, END_SERVER);
	__u8 bytes[FRAME_MAX_BYTES];

	row.bytes = bytes;
	row.len = build_quote(&q, s->v6, bytes);
	row.known = false;
	row.new_src = NULL;
	bytes[ETH_ALEN - 1] = NETWORK_MAC(DEV_INSIDE);
	bytes[ETH_HLEN + (s->v6 ? 7 : 8)] = 64;
	if (!s->v6) {
		frame_put16(bytes + ETH_HLEN + 10, 0);
		frame_put16(bytes + ETH_HLEN + 10, ~frame_sum(bytes + ETH_HLEN, 20, 0));
	}
	CHECK(s, check_row(s->w, s->hook, &row));
	SEND(s, &e);
	e.quote_len = header_len(s) + 8;
	SEND(s, &e);
	e.quote.shift = 3;
	e.result = PH_DROP_ICMP_UNMATCHED;
	SEND(s, &e);
}

#define ICMP(run, promise) SCENARIO(run, promise, .policy = policy_dual, .both = true)

static const struct scenario_entry entries[] = {
	ICMP(errors_leave_translated,
	     "an ICMP error leaves with the mapped address, in its quote as well"),
	ICMP(errors_come_in_untranslated,
	     "an ICMP error comes in with the real address, in its quote as well"),
	ICMP(third_parties_may_send_them, "any router on the way may send it"),
	ICMP(odd_lengths_and_headers,
	     "quotes of odd lengths and with long headers are translated rightly"),
	SCENARIO(unsummed_datagram_stays_unsummed,
		 "a quoted UDP checksum of zero stays zero", .policy = policy_dual),
	SCENARIO(first_fragment_may_be_quoted,
		 "a first fragment may be quoted, a later one not",
		 .policy = policy_dual),
	ICMP(unknown_packets_are_refused,
	     "an ICMP error about a packet of no connection is refused"),
	ICMP(errors_beget_no_errors, "an ICMP error about an ICMP error is refused"),
	ICMP(short_quotes_are_refused,
	     "a quote too short to name a connection is refused"),
	ICMP(other_interfaces_are_refused,
	     "an ICMP error from another interface than the connection's is refused"),
	ICMP(half_open_ones_have_errors_too,
	     "an ICMP error about a half-open connection passes, and leaves it so"),
	ICMP(errors_change_nothing, "an ICMP error changes and prolongs nothing"),
	ICMP(denied_since_is_refused,
	     "an ICMP error about a connection that is denied by now is refused"),
	ICMP(untranslated_pass_as_they_are,
	     "without a translation an ICMP error passes as it is"),
};

void scenarios_icmp(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
