// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_nat_parts.c - translations by lists, where a packet does not have all that
 * the lists are asked: ICMP errors have it in their quotes, later fragments in what
 * their first left behind.
 */
#include "tests/datapath/nat_talk.h"

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

/* What stands where ports would be is payload here. */
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

static const struct scenario_entry entries[] = {
	SCENARIO(errors_follow_the_ports, "rules: ICMP errors, and ports in their quotes",
		 .policy = nat_policy_ports, .tweak = nat_put_ports),
	SCENARIO(errors_about_others_do_not,
		 "rules: ICMP errors about nothing that is known",
		 .policy = nat_policy_ports, .tweak = nat_put_ports),
	SCENARIO(errors_know_both_ends,
		 "rules: ICMP errors where both ends are seen as "
		 "others",
		 .policy = nat_policy_ports, .tweak = nat_put_twice),
	SCENARIO(later_fragments_follow_their_ports,
		 "rules: later fragments go where their first's ports led",
		 .policy = nat_policy_ports, .tweak = nat_put_ports),
	SCENARIO(fragments_of_our_own_address, "rules: fragments to our own address",
		 .policy = nat_policy_ports, .tweak = nat_put_ports),
};

void scenarios_nat_parts(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
