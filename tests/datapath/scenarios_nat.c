// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_nat.c - translations with an order, with conditions and with ports.
 */
#include "tests/datapath/nat_rules.h"
#include "tests/datapath/network.h"
#include "tests/datapath/talk.h"

#define HIDDEN	    "203.0.113.40" /* seen from outside: the workstation */
#define SEEN_INSIDE "10.0.0.250"   /* seen from inside: the client */
#define ONE_WAY	    "203.0.113.41"
#define ROUTER	    "198.51.100.9" /* outside, on the way */
#define ROUTER_IN   "10.0.0.66"

#define PERMIT_ALL                            \
	"access-list out permit ip any any\n" \
	"access-group out in interface outside\n"

static const char policy_ports[] = INTERFACES PERMIT_ALL;

static void own_address(struct policy_image *image)
{
	struct iface_config *outside = &image->ifaces[IF_OUTSIDE - 1].config;

	outside->own4.word[2] = htonl(0xffff);
	frame_put_addr((__u8 *)&outside->own4.word[3], OUR_OUTSIDE);
	frame_put_addr6((__u8 *)&outside->own6, OUR_OUTSIDE6);
}

#define SERVER_SEEN .real_if = IF_INSIDE, .mapped_if = IF_OUTSIDE, .real = SERVER
#define WORKSTATION_SEEN \
	.real_if = IF_INSIDE, .mapped_if = IF_OUTSIDE, .real = WORKSTATION

static void put_ports(struct policy_image *image)
{
	static const struct nat_rule_text rules[] = {
		{SERVER_SEEN, .peer = REMOTE}, /* stays */
		{SERVER_SEEN, .mapped = OUR_OUTSIDE, .proto = IPPROTO_TCP,
		 .real_port = 80, .mapped_port = 8080, .n_ports = 1},
		{SERVER_SEEN, .mapped = OUR_OUTSIDE, .proto = IPPROTO_TCP,
		 .real_port = 60000, .mapped_port = 50000, .n_ports = 100},
		{SERVER_SEEN, .mapped = OUR_OUTSIDE, .proto = IPPROTO_TCP,
		 .real_port = 80, .mapped_port = 8088, .n_ports = 1}, /* another way */
		{WORKSTATION_SEEN, .mapped = MAPPED, .proto = IPPROTO_UDP,
		 .real_port = 5353, .mapped_port = 53, .n_ports = 1},
		{SERVER_SEEN, .mapped = MAPPED},
		{WORKSTATION_SEEN, .mapped = ONE_WAY, .one_way = true},
	};

	own_address(image);
	nat_rules_put(image, rules, sizeof(rules) / sizeof(rules[0]));
}

/* Each end is something else to the other. */
static void put_twice(struct policy_image *image)
{
	static const struct nat_rule_text rules[] = {
		{WORKSTATION_SEEN, .mapped = HIDDEN, .peer = CLIENT, .proto = IPPROTO_TCP,
		 .real_port = 22, .mapped_port = 2222, .n_ports = 1},
		{WORKSTATION_SEEN, .mapped = HIDDEN, .peer = CLIENT},
		{.real_if = IF_OUTSIDE,
		 .mapped_if = IF_INSIDE,
		 .real = CLIENT,
		 .mapped = SEEN_INSIDE,
		 .peer = WORKSTATION,
		 .proto = IPPROTO_TCP,
		 .real_port = 443,
		 .mapped_port = 4430,
		 .n_ports = 1},
		{.real_if = IF_OUTSIDE,
		 .mapped_if = IF_INSIDE,
		 .real = CLIENT,
		 .mapped = SEEN_INSIDE,
		 .peer = WORKSTATION},
	};

	own_address(image);
	nat_rules_put(image, rules, sizeof(rules) / sizeof(rules[0]));
}

static void put_v6(struct policy_image *image)
{
	static const struct nat_rule_text rules[] = {
		{.real_if = IF_INSIDE,
		 .mapped_if = IF_OUTSIDE,
		 .real = SERVER6,
		 .mapped = OUR_OUTSIDE6,
		 .proto = IPPROTO_TCP,
		 .real_port = 80,
		 .mapped_port = 8080,
		 .n_ports = 1},
		{.real_if = IF_INSIDE,
		 .mapped_if = IF_OUTSIDE,
		 .real = SERVER6,
		 .mapped = MAPPED6,
		 .peer = CLIENT6},
	};

	own_address(image);
	nat_rules_put(image, rules, sizeof(rules) / sizeof(rules[0]));
}

#define PACKET(proto_, src_, sport_, dst_, dport_) \
	.frame = {.proto = (proto_),               \
		  .src = (src_),                   \
		  .sport = (sport_),               \
		  .dst = (dst_),                   \
		  .dport = (dport_),               \
		  .fill = 32}
#define SEGMENT(src_, sport_, dst_, dport_, flags_)                             \
	.frame = {.proto = IPPROTO_TCP,                                         \
		  .src = (src_),                                                \
		  .sport = (sport_),                                            \
		  .dst = (dst_),                                                \
		  .dport = (dport_),                                            \
		  .flags = (flags_),                                            \
		  .seq = (flags_)&TCP_ACK && !((flags_)&TCP_SYN) ? 1001 : 1000, \
		  .ack = (flags_)&TCP_ACK ? 1001 : 0}
#define GOES_IN .result = PH_FORWARD, .out = DEV_INSIDE
#define GOES_OUT \
	.in = DEV_INSIDE, .result = PH_FORWARD, .out = DEV_OUTSIDE, .next_hop = 50

/* ---- ports ---- */

static void port_of_our_own_address(struct scenario *s)
{
	const struct world_flow flow = {CLIENT, SERVER, IPPROTO_TCP, 40000, 80};
	struct conn conn = {.id = 0};

	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 8080, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 80, .line = 1);
	STEP(s, SEGMENT(SERVER, 80, CLIENT, 40000, SYN_ACK), GOES_OUT, .known = true,
	     .new_src = OUR_OUTSIDE, .new_sport = 8080);
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 8080, ACK), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 80, .known = true,
	     .events = EVENT(CONN_CREATED));
	CHECK(s, world_find(s->w, TABLE_CONNS, &flow, &conn));
	CHECK(s, conn.mapped_port[0] == htons(40000));
	CHECK(s, conn.mapped_port[1] == htons(8080));
	/* Under another port it is not this connection. */
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 8088, ACK),
	     .result = PH_DROP_NAT_REVERSE);
	STEP(s, SEGMENT(CLIENT, 40000, SERVER, 80, ACK), .result = PH_DROP_NAT_REVERSE);
}

static void other_ports_of_it_are_ours(struct scenario *s)
{
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 8079, SYN), .result = PH_TO_BOX);
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 80, SYN), .result = PH_TO_BOX);
	STEP(s, PACKET(IPPROTO_UDP, CLIENT, 40000, OUR_OUTSIDE, 8080),
	     .result = PH_TO_BOX);
	STEP(s,
	     .frame = {.proto = IPPROTO_ICMP,
		       .icmp_type = 8,
		       .src = CLIENT,
		       .dst = OUR_OUTSIDE},
	     .result = PH_TO_BOX);
	CHECK_TABLES(s, 0, 0);
}

static void ranges_keep_their_distance(struct scenario *s)
{
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 50000, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 60000, .line = 1);
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 50099, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 60099, .line = 1);
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 50100, SYN), .result = PH_TO_BOX);
	STEP(s, SEGMENT(SERVER, 60099, CLIENT, 40000, SYN_ACK), GOES_OUT, .known = true,
	     .new_src = OUR_OUTSIDE, .new_sport = 50099);
}

/* What this machine began itself comes back to it, though a rule has the port. */
static void our_own_connection_stays_ours(struct scenario *s)
{
	struct world_run run;
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = frame_build(&(struct frame){.proto = IPPROTO_TCP,
						 .src = OUR_OUTSIDE,
						 .sport = 50007,
						 .dst = CLIENT,
						 .dport = 443,
						 .seq = 1000},
				 1, bytes);

	CHECK(s, !world_egress(s->w, DEV_OUTSIDE, DEV_COUNT, bytes, len, &run));
	CHECK_TABLES(s, 1, 0);
	STEP(s, SEGMENT(CLIENT, 443, OUR_OUTSIDE, 50007, SYN_ACK), .result = PH_TO_BOX);
	STEP(s, SEGMENT(CLIENT, 444, OUR_OUTSIDE, 50007, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 60007, .line = 1);
}

static void udp_ports_move(struct scenario *s)
{
	STEP(s, PACKET(IPPROTO_UDP, CLIENT, 40000, MAPPED, 53), GOES_IN, .next_hop = 20,
	     .new_dst = WORKSTATION, .new_dport = 5353, .line = 1);
	STEP(s, PACKET(IPPROTO_UDP, WORKSTATION, 5353, CLIENT, 40000), GOES_OUT,
	     .known = true, .new_src = MAPPED, .new_sport = 53,
	     .events = EVENT(CONN_CREATED));
	/* A checksum that its sender did not compute is not made. */
	STEP(s,
	     .frame = {.proto = IPPROTO_UDP,
		       .src = CLIENT,
		       .sport = 40001,
		       .dst = MAPPED,
		       .dport = 53,
		       .fill = 8,
		       .fault = FAULT_UDP_NO_CHECKSUM},
	     GOES_IN, .next_hop = 20, .new_dst = WORKSTATION, .new_dport = 5353,
	     .line = 1);
	/* Nor is a sum of zero sent as none. */
	STEP(s,
	     .frame = {.proto = IPPROTO_UDP,
		       .src = CLIENT,
		       .sport = 40002,
		       .dst = MAPPED,
		       .dport = 53,
		       .fill = 8,
		       .steer = true,
		       .steer_check = 0xffff},
	     GOES_IN, .next_hop = 20, .new_dst = WORKSTATION, .new_dport = 5353,
	     .line = 1);
}

/* ---- order and conditions ---- */

static void the_first_rule_counts(struct scenario *s)
{
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 53, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .line = 1);
	STEP(s, PACKET(IPPROTO_UDP, CLIENT, 40000, MAPPED, 54), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .line = 1);
	STEP(s, SEGMENT(SERVER, 80, CLIENT, 9999, SYN), GOES_OUT, .new_src = OUR_OUTSIDE,
	     .new_sport = 8080);
	STEP(s, SEGMENT(SERVER, 81, CLIENT, 9999, SYN), GOES_OUT, .new_src = MAPPED);
	STEP(s,
	     .frame = {.proto = IPPROTO_ICMP,
		       .icmp_type = 8,
		       .icmp_id = 7,
		       .src = CLIENT,
		       .dst = MAPPED},
	     GOES_IN, .next_hop = 10, .new_dst = SERVER, .line = 1);
	STEP(s,
	     .frame = {.proto = IPPROTO_ICMP,
		       .icmp_type = 0,
		       .icmp_id = 7,
		       .src = SERVER,
		       .dst = CLIENT},
	     GOES_OUT, .new_src = MAPPED, .known = true, .events = EVENT(CONN_CREATED));
}

static void exempt_is_before_static(struct scenario *s)
{
	STEP(s, SEGMENT(REMOTE, 40000, SERVER, 80, SYN), GOES_IN, .next_hop = 10,
	     .line = 1);
	STEP(s, SEGMENT(SERVER, 80, REMOTE, 40000, SYN_ACK), .in = DEV_INSIDE,
	     .result = PH_FORWARD, .out = DEV_OUTSIDE, .next_hop = 0xfe, .known = true);
	STEP(s, SEGMENT(SERVER, 81, REMOTE, 9999, SYN), .in = DEV_INSIDE,
	     .result = PH_FORWARD, .out = DEV_OUTSIDE, .next_hop = 0xfe);
}

static void a_host_is_addressed_as_it_is_seen(struct scenario *s)
{
	STEP(s, SEGMENT(CLIENT, 40000, SERVER, 80, SYN), .result = PH_DROP_NAT_REVERSE);
	STEP(s, SEGMENT(CLIENT, 40000, SERVER, 22, SYN), .result = PH_DROP_NAT_REVERSE);
	STEP(s, SEGMENT(CLIENT, 40000, WORKSTATION, 22, SYN),
	     .result = PH_DROP_NAT_REVERSE);
	CHECK_TABLES(s, 0, 0);
}

static void one_way_is_for_what_the_host_began(struct scenario *s)
{
	STEP(s, SEGMENT(CLIENT, 80, ONE_WAY, 4000, SYN), .result = PH_DROP_SAME_SECURITY);
	STEP(s, SEGMENT(CLIENT, 80, ONE_WAY, 4000, SYN_ACK),
	     .result = PH_DROP_TCP_NOT_SYN);
	STEP(s, SEGMENT(WORKSTATION, 4000, CLIENT, 80, SYN), GOES_OUT,
	     .new_src = ONE_WAY);
	STEP(s, SEGMENT(CLIENT, 80, ONE_WAY, 4000, SYN_ACK), GOES_IN, .next_hop = 20,
	     .new_dst = WORKSTATION, .known = true);
	STEP(s, SEGMENT(CLIENT, 80, ONE_WAY, 4001, SYN_ACK),
	     .result = PH_DROP_TCP_NOT_SYN);
}

static void another_egress_is_refused(struct scenario *s)
{
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 22, SYN), .result = PH_DROP_NAT_EGRESS);
	CHECK_TABLES(s, 0, 0);
}

static void put_astray(struct policy_image *image)
{
	static const struct nat_rule_text rules[] = {
		{.real_if = IF_DMZ,
		 .mapped_if = IF_OUTSIDE,
		 .real = SERVER,
		 .mapped = MAPPED},
	};

	nat_rules_put(image, rules, 1);
}

/* ---- both ends ---- */

static void both_ends_are_translated(struct scenario *s)
{
	STEP(s, SEGMENT(WORKSTATION, 4000, SEEN_INSIDE, 4430, SYN), GOES_OUT,
	     .new_src = HIDDEN, .new_dst = CLIENT, .new_dport = 443);
	STEP(s, SEGMENT(CLIENT, 443, HIDDEN, 4000, SYN_ACK), GOES_IN, .next_hop = 20,
	     .new_src = SEEN_INSIDE, .new_sport = 4430, .new_dst = WORKSTATION,
	     .known = true);
	STEP(s, SEGMENT(WORKSTATION, 4000, SEEN_INSIDE, 4430, ACK), GOES_OUT,
	     .new_src = HIDDEN, .new_dst = CLIENT, .new_dport = 443, .known = true,
	     .events = EVENT(CONN_CREATED));
	STEP(s, SEGMENT(CLIENT, 40000, HIDDEN, 2222, SYN), GOES_IN, .next_hop = 20,
	     .new_src = SEEN_INSIDE, .new_dst = WORKSTATION, .new_dport = 22, .line = 1);
	STEP(s, SEGMENT(WORKSTATION, 22, SEEN_INSIDE, 40000, SYN_ACK), GOES_OUT,
	     .new_src = HIDDEN, .new_sport = 2222, .new_dst = CLIENT, .known = true);
	/* All four at once. */
	STEP(s, SEGMENT(CLIENT, 443, HIDDEN, 2222, SYN), GOES_IN, .next_hop = 20,
	     .new_src = SEEN_INSIDE, .new_sport = 4430, .new_dst = WORKSTATION,
	     .new_dport = 22, .line = 1);
	/* To another peer it is itself; and the client is not, to it. */
	STEP(s, SEGMENT(WORKSTATION, 4000, REMOTE, 80, SYN), .in = DEV_INSIDE,
	     .result = PH_FORWARD, .out = DEV_OUTSIDE, .next_hop = 0xfe);
	STEP(s, SEGMENT(WORKSTATION, 4001, CLIENT, 80, SYN), .in = DEV_INSIDE,
	     .result = PH_DROP_NAT_REVERSE);
	STEP(s, SEGMENT(CLIENT, 4001, WORKSTATION, 80, SYN),
	     .result = PH_DROP_NAT_REVERSE);
}

/* ---- ICMP errors ---- */

struct error {
	enum dev in;
	const char *src;
	const char *dst;
	const char *new_src; /* NULL: as it came */
	const char *new_dst;
	struct frame quoted; /* the packet that it is about */
	struct frame after;  /* and as it is to be told */
	__u16 quote_len;     /* 0: all */
};

static size_t build_error(const struct error *e, bool after, __u8 *bytes)
{
	static __u8 packet[FRAME_MAX_BYTES];
	size_t len = frame_build(after ? &e->after : &e->quoted, 1, packet) - ETH_HLEN;
	const struct frame_error error = {
		.src = after && e->new_src ? e->new_src : e->src,
		.dst = after && e->new_dst ? e->new_dst : e->dst,
		.type = 3,
		.code = 4,
		.rest = 1400,
		.packet = packet + ETH_HLEN,
		.quote_len = e->quote_len ? e->quote_len : len};

	return frame_error_build(&error, NETWORK_MAC(e->in), bytes);
}

static void send_error(struct scenario *s, const struct error *e, int line)
{
	static __u8 sent[FRAME_MAX_BYTES], want[FRAME_MAX_BYTES];
	struct packet_row row = {.in = e->in,
				 .bytes = sent,
				 .len = build_error(e, false, sent),
				 .want = want,
				 .want_len = build_error(e, true, want),
				 .result = PH_FORWARD,
				 .xdp = PH_PASS_UP,
				 .out = e->in == DEV_INSIDE ? DEV_OUTSIDE : DEV_INSIDE,
				 .known = true,
				 .new_src = e->new_src,
				 .new_dst = e->new_dst,
				 .events = EVENT(ICMP_ERROR_MATCHED)};

	if (check_row(s->w, s->hook, &row))
		return;
	tap_note("  in the error of line %d", line);
	s->ok = false;
}

#define SEND_ERROR(s, ...) send_error((s), &(const struct error){__VA_ARGS__}, __LINE__)
#define ABOUT(proto_, src_, sport_, dst_, dport_)                                   \
	{                                                                           \
		.proto = (proto_), .src = (src_), .sport = (sport_), .dst = (dst_), \
		.dport = (dport_), .flags = TCP_ACK, .ttl = 1, .fill = 40           \
	}

static void errors_follow_the_ports(struct scenario *s)
{
	static const __u8 protos[] = {IPPROTO_TCP, IPPROTO_UDP};

	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 8080, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 80, .line = 1);
	STEP(s, PACKET(IPPROTO_UDP, CLIENT, 40000, MAPPED, 53), GOES_IN, .next_hop = 20,
	     .new_dst = WORKSTATION, .new_dport = 5353, .line = 1);
	for (int i = 0; i < 2; i++) {
		const char *real = i ? WORKSTATION : SERVER;
		const char *mapped = i ? MAPPED : OUR_OUTSIDE;
		__u16 real_port = i ? 5353 : 80, port = i ? 53 : 8080;

		for (__u16 len = 28; len <= 68; len += 20) {
			/* About what the server sent. */
			SEND_ERROR(s, DEV_OUTSIDE, ROUTER, mapped, NULL, real,
				   ABOUT(protos[i], mapped, port, CLIENT, 40000),
				   ABOUT(protos[i], real, real_port, CLIENT, 40000), len);
			/* About what the client sent; a router without a name of its
			 * own out there speaks as the server. */
			SEND_ERROR(s, DEV_INSIDE, ROUTER_IN, CLIENT, mapped, NULL,
				   ABOUT(protos[i], CLIENT, 40000, real, real_port),
				   ABOUT(protos[i], CLIENT, 40000, mapped, port), len);
		}
	}
}

static void errors_about_others_do_not(struct scenario *s)
{
	static __u8 sent[FRAME_MAX_BYTES];
	struct error e = {
		DEV_OUTSIDE, ROUTER, OUR_OUTSIDE,
		NULL,	     SERVER, ABOUT(IPPROTO_TCP, OUR_OUTSIDE, 8080, CLIENT, 40001),
		{0},	     0};

	/* Of a connection that is not; and one of this machine itself. */
	STEP(s, .bytes = sent, .len = build_error(&e, false, sent), .xdp = PH_PASS_UP,
	     .result = PH_DROP_ICMP_UNMATCHED);
	e.quoted.sport = 8079;
	STEP(s, .bytes = sent, .len = build_error(&e, false, sent), .xdp = PH_PASS_UP,
	     .result = PH_TO_BOX);
}

static void errors_know_both_ends(struct scenario *s)
{
	STEP(s, SEGMENT(CLIENT, 443, HIDDEN, 2222, SYN), GOES_IN, .next_hop = 20,
	     .new_src = SEEN_INSIDE, .new_sport = 4430, .new_dst = WORKSTATION,
	     .new_dport = 22, .line = 1);
	SEND_ERROR(s, DEV_OUTSIDE, ROUTER, HIDDEN, SEEN_INSIDE, WORKSTATION,
		   ABOUT(IPPROTO_TCP, HIDDEN, 2222, CLIENT, 443),
		   ABOUT(IPPROTO_TCP, WORKSTATION, 22, SEEN_INSIDE, 4430), 0);
	SEND_ERROR(s, DEV_INSIDE, WORKSTATION, SEEN_INSIDE, HIDDEN, CLIENT,
		   ABOUT(IPPROTO_TCP, SEEN_INSIDE, 4430, WORKSTATION, 22),
		   ABOUT(IPPROTO_TCP, CLIENT, 443, HIDDEN, 2222), 0);
}

/* ---- fragments ---- */

#define MORE 0x2000

/* IPPROTO_UDP, but for the ports, which are payload here. */
static void later_fragments_follow_their_ports(struct scenario *s)
{
	STEP(s,
	     .frame = {.proto = IPPROTO_UDP,
		       .src = CLIENT,
		       .sport = 40000,
		       .dst = MAPPED,
		       .dport = 53,
		       .fill = 392,
		       .fragment = MORE},
	     GOES_IN, .next_hop = 20, .new_dst = WORKSTATION, .new_dport = 5353,
	     .line = 1, .events = EVENT(FRAGMENT_FIRST));
	STEP(s,
	     .frame = {.proto = IPPROTO_UDP,
		       .src = CLIENT,
		       .sport = 1,
		       .dst = MAPPED,
		       .dport = 53,
		       .fill = 392,
		       .fragment = 50},
	     GOES_IN, .next_hop = 20, .new_dst = WORKSTATION, .known = true,
	     .events = EVENT(FRAGMENT_LATER));
	/* Back. */
	STEP(s,
	     .frame = {.proto = IPPROTO_UDP,
		       .src = WORKSTATION,
		       .sport = 5353,
		       .dst = CLIENT,
		       .dport = 40000,
		       .fill = 392,
		       .fragment = MORE},
	     GOES_OUT, .known = true, .new_src = MAPPED, .new_sport = 53,
	     .events = EVENT(FRAGMENT_FIRST) | EVENT(CONN_CREATED));
	STEP(s,
	     .frame = {.proto = IPPROTO_UDP,
		       .src = WORKSTATION,
		       .sport = 5353,
		       .dst = CLIENT,
		       .dport = 40000,
		       .fill = 392,
		       .fragment = 50},
	     GOES_OUT, .known = true, .new_src = MAPPED, .events = EVENT(FRAGMENT_LATER));
}

static void fragments_of_our_own_address(struct scenario *s)
{
	STEP(s,
	     .frame = {.proto = IPPROTO_TCP,
		       .src = CLIENT,
		       .sport = 40000,
		       .dst = OUR_OUTSIDE,
		       .dport = 8080,
		       .fill = 388,
		       .fragment = MORE},
	     GOES_IN, .next_hop = 10, .new_dst = SERVER, .new_dport = 80, .line = 1,
	     .events = EVENT(FRAGMENT_FIRST));
	STEP(s,
	     .frame = {.proto = IPPROTO_TCP,
		       .src = CLIENT,
		       .sport = 9,
		       .dst = OUR_OUTSIDE,
		       .dport = 9,
		       .fill = 388,
		       .fragment = 51},
	     GOES_IN, .next_hop = 10, .new_dst = SERVER, .known = true,
	     .events = EVENT(FRAGMENT_LATER));
	/* Of a datagram for this machine. */
	STEP(s,
	     .frame = {.proto = IPPROTO_UDP,
		       .src = CLIENT,
		       .sport = 40000,
		       .dst = OUR_OUTSIDE,
		       .dport = 8080,
		       .fill = 392,
		       .fragment = MORE},
	     .result = PH_TO_BOX,
	     .events = s->hook == HOOK_TC ? EVENT(FRAGMENT_FIRST) : 0);
	STEP(s,
	     .frame = {.proto = IPPROTO_UDP,
		       .src = CLIENT,
		       .sport = 40000,
		       .dst = OUR_OUTSIDE,
		       .dport = 8080,
		       .fill = 392,
		       .fragment = 50},
	     .result = PH_TO_BOX,
	     .events = s->hook == HOOK_TC ? EVENT(FRAGMENT_LATER) : 0);
}

/* ---- a change of policy ---- */

static void put_moved(struct policy_image *image)
{
	static const struct nat_rule_text rules[] = {
		{SERVER_SEEN, .mapped = OUR_OUTSIDE, .proto = IPPROTO_TCP,
		 .real_port = 80, .mapped_port = 8081, .n_ports = 1},
	};

	own_address(image);
	nat_rules_put(image, rules, 1);
}

static void connections_outlive_equal_rules_only(struct scenario *s)
{
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 8080, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 80, .line = 1);
	STEP(s, SEGMENT(SERVER, 80, CLIENT, 40000, SYN_ACK), GOES_OUT, .known = true,
	     .new_src = OUR_OUTSIDE, .new_sport = 8080);
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 8080, ACK), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 80, .known = true,
	     .events = EVENT(CONN_CREATED));
	STEP(s, SEGMENT(SERVER, 80, CLIENT, 9999, SYN), GOES_OUT, .new_src = OUR_OUTSIDE,
	     .new_sport = 8080);
	world_apply(s->w, policy_ports, put_ports);
	STEP(s, SEGMENT(SERVER, 80, CLIENT, 40000, ACK), GOES_OUT, .known = true,
	     .new_src = OUR_OUTSIDE, .new_sport = 8080);
	world_apply(s->w, policy_ports, put_moved);
	STEP(s, SEGMENT(SERVER, 80, CLIENT, 40000, ACK), .in = DEV_INSIDE,
	     .result = PH_DROP_POLICY_CHANGED);
	STEP(s, SEGMENT(SERVER, 80, CLIENT, 9999, SYN), .in = DEV_INSIDE,
	     .result = PH_DROP_POLICY_CHANGED);
	CHECK_TABLES(s, 0, 0);
}

/* ---- what the lists see ---- */

static const char policy_mapped_lists[] = INTERFACES
	"access-list out permit tcp any host " OUR_OUTSIDE " eq 8080\n"
	"access-group out in interface outside\n"
	"access-list up deny tcp host " OUR_OUTSIDE " eq 8080 host " REMOTE "\n"
	"access-list up permit ip any any\n"
	"access-group up out interface outside\n";

static void lists_see_mapped_ports(struct scenario *s)
{
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 8080, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 80, .line = 1);
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 50000, SYN),
	     .result = PH_DROP_ACL_IMPLICIT);
	STEP(s, SEGMENT(SERVER, 80, CLIENT, 9999, SYN), GOES_OUT, .new_src = OUR_OUTSIDE,
	     .new_sport = 8080, .line = 3);
}

static void real_lists(struct policy_image *image)
{
	image->config.flags |= CONFIG_F_REAL_LISTS;
	put_ports(image);
}

static const char policy_real_lists[] = INTERFACES
	"access-list out permit tcp any host " SERVER " eq 80\n"
	"access-group out in interface outside\n"
	"access-list up permit tcp host " SERVER " eq 80 any\n"
	"access-group up out interface outside\n";

static void lists_see_real_ports(struct scenario *s)
{
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 8080, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 80, .line = 1);
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 50000, SYN),
	     .result = PH_DROP_ACL_IMPLICIT);
	STEP(s, SEGMENT(SERVER, 80, CLIENT, 9999, SYN), GOES_OUT, .new_src = OUR_OUTSIDE,
	     .new_sport = 8080, .line = 2);
}

/* ---- IPv6 ---- */

#define SEGMENT6(src_, sport_, dst_, dport_, flags_)                                   \
	.v6 = &(const struct frame_v6)                                                 \
	{                                                                              \
		.proto = IPPROTO_TCP, .src = (src_), .sport = (sport_), .dst = (dst_), \
		.dport = (dport_), .flags = (flags_), .seq = 1000,                     \
		.ack = (flags_)&TCP_ACK ? 1001 : 0, .fill = 0                          \
	}

static const char policy_v6[] = INTERFACES "access-list out permit ip any6 any6\n"
					   "access-group out in interface outside\n"
					   "object network x\n"
					   " host " WORKSTATION "\n";

static void ipv6_ports_move(struct scenario *s)
{
	STEP(s, SEGMENT6(REMOTE6, 40000, OUR_OUTSIDE6, 8080, SYN), GOES_IN,
	     .next_hop = 10, .new_dst = SERVER6, .new_dport = 80, .line = 1);
	STEP(s, SEGMENT6(SERVER6, 80, REMOTE6, 40000, SYN_ACK), .in = DEV_INSIDE,
	     .result = PH_FORWARD, .out = DEV_OUTSIDE, .next_hop = 0xfe,
	     .new_src = OUR_OUTSIDE6, .new_sport = 8080, .known = true);
	STEP(s, SEGMENT6(REMOTE6, 40000, OUR_OUTSIDE6, 8081, SYN), .result = PH_TO_BOX);
	STEP(s, SEGMENT6(CLIENT6, 40000, MAPPED6, 22, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER6, .line = 1);
	STEP(s, SEGMENT6(REMOTE6, 40000, SERVER6, 80, SYN),
	     .result = PH_DROP_NAT_REVERSE);
	STEP(s, SEGMENT6(REMOTE6, 40000, SERVER6, 22, SYN), GOES_IN, .next_hop = 10,
	     .line = 1);
}

/* ---- conduits ---- */

static const char policy_conduit[] = INTERFACES
	"access-list conduits permit tcp any host " MAPPED " eq 80\n"
	"access-list conduits deny tcp any host " MAPPED " eq 81\n"
	"access-group conduits in interface dmz\n" STATIC_SERVER;

static void put_conduit(struct policy_image *image)
{
	struct iface_config *dmz = &image->ifaces[IF_DMZ - 1].config;

	image->config.acl_conduit = dmz->acl_in;
	image->config.flags |= CONFIG_F_CONDUIT;
	dmz->flags &= ~IFACE_F_ACL_IN;
}

static void conduits_permit_what_levels_deny(struct scenario *s)
{
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 80, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .line = 1);
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 81, SYN), .result = PH_DROP_ACL_DENY,
	     .line = 2);
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 82, SYN),
	     .result = PH_DROP_SECURITY_LEVEL);
	/* What levels permit is not asked. */
	STEP(s, SEGMENT(SERVER, 4000, CLIENT, 81, SYN), GOES_OUT, .new_src = MAPPED);
	STEP(s, SEGMENT(WORKSTATION, 4000, CLIENT, 81, SYN), GOES_OUT);
}

static const struct scenario_entry entries[] = {
	SCENARIO(port_of_our_own_address, "rules: a port of our own address is a host's",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(other_ports_of_it_are_ours, "rules: other ports of it are ours",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(ranges_keep_their_distance, "rules: ranges of ports move as one",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(our_own_connection_stays_ours,
		 "rules: what this machine began itself comes back to it",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(udp_ports_move, "rules: UDP, with and without a checksum",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(the_first_rule_counts, "rules: the first one counts",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(exempt_is_before_static, "rules: what is exempt stays as it is",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(a_host_is_addressed_as_it_is_seen,
		 "rules: a host is addressed as it is seen", .policy = policy_ports,
		 .tweak = put_ports),
	SCENARIO(one_way_is_for_what_the_host_began,
		 "rules: one way is for what the host began", .policy = policy_ports,
		 .tweak = put_ports),
	SCENARIO(another_egress_is_refused, "rules: out of the real interface only",
		 .policy = policy_ports, .tweak = put_astray),
	SCENARIO(both_ends_are_translated, "rules: both ends at once",
		 .policy = policy_ports, .tweak = put_twice),
	SCENARIO(errors_follow_the_ports, "rules: ICMP errors, and ports in their quotes",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(errors_about_others_do_not,
		 "rules: ICMP errors about nothing that is known", .policy = policy_ports,
		 .tweak = put_ports),
	SCENARIO(errors_know_both_ends,
		 "rules: ICMP errors where both ends are seen as "
		 "others",
		 .policy = policy_ports, .tweak = put_twice),
	SCENARIO(later_fragments_follow_their_ports,
		 "rules: later fragments go where their first's ports led",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(fragments_of_our_own_address, "rules: fragments to our own address",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(connections_outlive_equal_rules_only,
		 "rules: connections outlive equal rules, and no others",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(lists_see_mapped_ports, "rules: lists before 8.3 see mapped ports",
		 .policy = policy_mapped_lists, .tweak = put_ports),
	SCENARIO(lists_see_real_ports, "rules: lists from 8.3 on see real ports",
		 .policy = policy_real_lists, .tweak = real_lists),
	SCENARIO(ipv6_ports_move, "rules: IPv6", .policy = policy_v6, .tweak = put_v6),
	SCENARIO(conduits_permit_what_levels_deny,
		 "conduits permit what levels deny, and no more",
		 .policy = policy_conduit, .tweak = put_conduit),
};

void scenarios_nat(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
