// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_embryonic.c - limits of statics on half-open connections: what counts, what
 * does not, what is refused, and who never is.
 *
 * How they are counted over time is tested natively in tests/unit/test_embryonic.c.
 */
#include <time.h>

#include "tests/datapath/converse.h"
#include "tests/datapath/ftp_talk.h"
#include "tests/datapath/nat_talk.h"

#define LIMIT	3u
#define N_FLOOD 8u
#define MS_NS	1000000ull
#define LIFE_MS 1200u

/* ---- the limited ---- */

/* Plain statics: all of them, each host for itself. */
static void limit_to(struct policy_image *image, __u32 limit)
{
	for (size_t i = 0; i < image->n_nats; i++)
		image->nats[i].in_value.embryonic = limit;
}

static void plain(struct policy_image *image)
{
	limit_to(image, LIMIT);
}

static void plain_higher(struct policy_image *image)
{
	limit_to(image, LIMIT + 2);
}

static void plain_one(struct policy_image *image)
{
	limit_to(image, 1);
}

static void plain_short(struct policy_image *image)
{
	limit_to(image, LIMIT);
	image->config.timeout_half_open_ns = LIFE_MS * MS_NS;
}

/* The same by lists, one for each family. */
static const char policy_no_statics[] = INTERFACES DUAL_LIST
	"access-group out in interface outside\n";

static void put_rules(struct policy_image *image, const struct nat_rule_text *rules,
		      size_t n)
{
	image->config.flags |= CONFIG_F_REAL_LISTS;
	nat_rules_put(image, rules, n);
}

#define BEHIND .real_if = IF_INSIDE, .mapped_if = IF_OUTSIDE

static void rules4(struct policy_image *image)
{
	static const struct nat_rule_text rules[] = {
		{BEHIND, .real = WORKSTATION, .mapped = HIDDEN},
		{BEHIND, .real = SERVER, .mapped = MAPPED, .embryonic = LIMIT},
	};

	put_rules(image, rules, 2);
}

static void rules6(struct policy_image *image)
{
	static const struct nat_rule_text rules[] = {
		{BEHIND, .real = SERVER6, .mapped = MAPPED6, .embryonic = LIMIT},
	};

	put_rules(image, rules, 1);
}

/* Of one port. */
static void port4(struct policy_image *image)
{
	static const struct nat_rule_text rules[] = {
		{BEHIND, .real = SERVER, .mapped = MAPPED, .proto = IPPROTO_TCP,
		 .real_port = 990, .mapped_port = 990, .n_ports = 1, .embryonic = LIMIT,
		 .one_port = true},
		{BEHIND, .real = SERVER, .mapped = MAPPED},
	};

	put_rules(image, rules, 2);
}

static void port6(struct policy_image *image)
{
	static const struct nat_rule_text rules[] = {
		{BEHIND, .real = SERVER6, .mapped = MAPPED6, .proto = IPPROTO_TCP,
		 .real_port = 990, .mapped_port = 990, .n_ports = 1, .embryonic = LIMIT,
		 .one_port = true},
		{BEHIND, .real = SERVER6, .mapped = MAPPED6},
	};

	put_rules(image, rules, 2);
}

/* ---- what is sent ---- */

static void dial(struct scenario *s, __u16 port)
{
	struct conversation c;

	conversation_begin(&c, s, port);
	SAY(&c, CLIENT_(.flags = SYN, .opens = true));
}

static void dial_again(struct scenario *s, __u16 port)
{
	struct conversation c;

	conversation_begin(&c, s, port);
	SAY(&c, CLIENT_(.flags = SYN));
}

static void dial_in_vain(struct scenario *s, __u16 port)
{
	struct conversation c;

	conversation_begin(&c, s, port);
	SAY(&c, CLIENT_(.flags = SYN, .opens = true, .result = PH_DROP_EMBRYONIC_LIMIT));
}

static void fill(struct scenario *s, __u32 n)
{
	for (__u32 i = 0; i < n; i++)
		dial(s, (__u16)(41000 + i));
}

static void wait_ms(unsigned int ms)
{
	const struct timespec time = {ms / 1000, (long)(ms % 1000) * (long)MS_NS};

	nanosleep(&time, NULL);
}

/* ---- what is refused, and who never is ---- */

static void flood_is_cut(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	fill(s, LIMIT);
	for (__u16 i = 0; i < N_FLOOD; i++)
		dial_in_vain(s, 42000 + i);
	CHECK_TABLES(s, LIMIT, 1);
	/* Those that are there go on. */
	SAY(&c, CLIENT_(.fill = 10));
	SAY(&c, SERVER_(.fill = 10));
	TELL(s, .proto = IPPROTO_UDP, .opens = true);
	conversation_begin(&c, s, 41000);
	SAY(&c, CLIENT_(.flags = SYN));
	conversation_begin(&c, s, 41001);
	c.next[END_CLIENT]++;
	SAY(&c, SERVER_(.flags = SYN_ACK));
	SAY(&c, CLIENT_(.events = EVENT(CONN_CREATED)));
	CHECK_TABLES(s, LIMIT, 2);
	/* And leave their place to others. */
	dial(s, 43000);
	dial_in_vain(s, 43001);
}

static void flood6_is_cut(struct scenario *s)
{
	s->v6 = true;
	flood_is_cut(s);
}

static void answered_load_is_not_refused(struct scenario *s)
{
	struct conversation c;

	for (__u16 i = 0; i < 200; i++) {
		conversation_begin(&c, s, 40000 + i);
		conversation_open(&c);
	}
	CHECK_TABLES(s, 0, 200);
}

static void no_limit_refuses_nobody(struct scenario *s)
{
	fill(s, 100);
	CHECK_TABLES(s, 100, 0);
	CHECK(s, world_count(s->w, TABLE_EMBRYONIC) == 0);
}

/* ---- what counts ---- */

static void repeated_counts_once(struct scenario *s)
{
	dial(s, 41000);
	for (int i = 0; i < 10; i++)
		dial_again(s, 41000);
	dial(s, 41001);
	dial(s, 41002);
	dial_again(s, 41000);
	dial_in_vain(s, 41003);
	dial_again(s, 41000);
}

static void half_a_handshake_counts(struct scenario *s)
{
	struct conversation c[LIMIT];

	for (__u16 i = 0; i < LIMIT; i++) {
		conversation_begin(&c[i], s, 41000 + i);
		SAY(&c[i], CLIENT_(.flags = SYN, .opens = true));
		SAY(&c[i], SERVER_(.flags = SYN_ACK));
	}
	dial_in_vain(s, 42000);
	SAY(&c[1], CLIENT_(.events = EVENT(CONN_CREATED)));
	dial(s, 42000);
	dial_in_vain(s, 42001);
}

static void refused_and_given_up_count_no_more(struct scenario *s)
{
	struct conversation c;

	for (__u16 i = 0; i < 20; i++) {
		conversation_begin(&c, s, 41000 + i);
		SAY(&c, CLIENT_(.flags = SYN, .opens = true));
		if (i % 2)
			SAY(&c, SERVER_(.flags = RST | TCP_ACK));
		else
			SAY(&c, CLIENT_(.flags = RST));
	}
	CHECK_TABLES(s, 0, 0);
	fill(s, LIMIT);
	dial_in_vain(s, 42000);
}

static void closed_counts_no_more(struct scenario *s)
{
	struct conversation c;

	for (__u16 i = 0; i < 2 * LIMIT; i++) { /* the same ends time and again */
		conversation_begin(&c, s, 40000);
		conversation_open(&c);
		SAY(&c, SERVER_(.flags = RST));
	}
	fill(s, LIMIT);
	dial_in_vain(s, 42000);
	dial_in_vain(s, 40000); /* on the ends of one that is closing */
	CHECK_TABLES(s, LIMIT, 1);
}

static void time_passes(struct scenario *s)
{
	fill(s, LIMIT);
	dial_in_vain(s, 42000);
	wait_ms(LIFE_MS * 3 / 4);
	dial_again(s, 41000);
	dial_in_vain(s, 42000);
	wait_ms(LIFE_MS * 3 / 5); /* the other two are past a life and a quarter */
	dial(s, 42000);
	dial(s, 42001);
	dial_in_vain(s, 42002); /* the one that was repeated counts on */
	wait_ms(LIFE_MS * 4 / 3);
	fill(s, LIMIT);
	dial_in_vain(s, 42003);
}

/* Found expired, it is counted out, and its successor in. */
static void expired_makes_way(struct scenario *s)
{
	fill(s, LIMIT);
	wait_ms(LIFE_MS + 50);
	fill(s, LIMIT);
	dial_in_vain(s, 42000);
}

static void change_of_policy_keeps_the_count(struct scenario *s)
{
	fill(s, LIMIT);
	dial_in_vain(s, 42000);
	world_apply(s->w, policy_dual, plain_higher);
	dial(s, 42000);
	dial(s, 42001);
	dial_in_vain(s, 42002);
	world_apply(s->w, policy_dual, plain);
	dial_in_vain(s, 42003);
	dial_again(s, 42000);
}

/* ---- whose they are ---- */

#define TO_NETWORK(dst_, sport_)        \
	.frame = {.src = CLIENT,        \
		  .dst = (dst_),        \
		  .proto = IPPROTO_TCP, \
		  .sport = (sport_),    \
		  .dport = 80,          \
		  .flags = SYN,         \
		  .seq = TALK_CLIENT_ISN}

static void each_host_of_a_network_for_itself(struct scenario *s)
{
	static const struct {
		const char *mapped;
		const char *real;
		__u8 next_hop;
	} hosts[] = {{NET_MAPPED, NET_REAL, 129}, {NET_MAPPED_OUT, NET_REAL_OUT, 191}};

	for (int h = 0; h < 2; h++) {
		for (__u16 i = 0; i < LIMIT; i++)
			STEP(s, TO_NETWORK(hosts[h].mapped, 40000 + i),
			     .result = PH_FORWARD, .out = DEV_INSIDE,
			     .new_dst = hosts[h].real, .next_hop = hosts[h].next_hop,
			     .line = LINE_NETWORK_TCP);
		STEP(s, TO_NETWORK(hosts[h].mapped, 42000),
		     .result = PH_DROP_EMBRYONIC_LIMIT, .line = LINE_NETWORK_TCP);
	}
	CHECK(s, world_count(s->w, TABLE_EMBRYONIC) == 2);
}

/* Left to TC time and again, it is counted where it is entered. */
static void what_xdp_leaves_is_counted_once(struct scenario *s)
{
	for (__u16 i = 0; i < LIMIT; i++) {
		s->hook = HOOK_XDP;
		for (int again = 0; again < 5; again++)
			STEP(s, TO_NETWORK(SILENT_MAPPED, 40000 + i),
			     .result = PH_FORWARD, .xdp = PH_PASS_UP);
		s->hook = HOOK_TC;
		STEP(s, TO_NETWORK(SILENT_MAPPED, 40000 + i), .result = PH_FORWARD,
		     .out = DEV_INSIDE, .new_dst = SILENT_REAL, .line = LINE_NETWORK_TCP);
	}
	for (s->hook = HOOK_XDP; s->hook <= HOOK_TC; s->hook++)
		STEP(s, TO_NETWORK(SILENT_MAPPED, 42000),
		     .result = PH_DROP_EMBRYONIC_LIMIT, .line = LINE_NETWORK_TCP);
	s->hook = HOOK_XDP;
}

static void outward_ones_do_not_count(struct scenario *s)
{
	for (__u16 i = 0; i < 2 * LIMIT; i++)
		STEP(s,
		     .frame = {.src = SERVER,
			       .dst = CLIENT,
			       .proto = IPPROTO_TCP,
			       .sport = 50000 + i,
			       .dport = 443,
			       .flags = SYN,
			       .seq = TALK_SERVER_ISN},
		     TO_CLIENT);
	fill(s, LIMIT);
	dial_in_vain(s, 42000);
}

/* All that a client of the firewall sees, with ports of one host and another's. */
static void put_ports(struct policy_image *image)
{
	static const struct nat_rule_text rules[] = {
		{BEHIND, .real = SERVER, .mapped = OUR_OUTSIDE, .proto = IPPROTO_TCP,
		 .real_port = 80, .mapped_port = 8080, .n_ports = 1, .embryonic = LIMIT,
		 .one_port = true},
		{BEHIND, .real = SERVER, .mapped = OUR_OUTSIDE, .proto = IPPROTO_TCP,
		 .real_port = 25, .mapped_port = 25, .n_ports = 1, .embryonic = 1,
		 .one_port = true},
		{BEHIND, .real = SERVER, .mapped = MAPPED, .embryonic = 2},
		{BEHIND, .real = WORKSTATION, .embryonic = 2}, /* stays */
		{.real_if = IF_INSIDE,
		 .mapped_if = IF_DMZ,
		 .real = WORKSTATION,
		 .mapped = HIDDEN,
		 .embryonic = 1},
	};

	image->ifaces[IF_OUTSIDE - 1].config.own4.word[2] = htonl(0xffff);
	frame_put_addr((__u8 *)&image->ifaces[IF_OUTSIDE - 1].config.own4.word[3],
		       OUR_OUTSIDE);
	nat_rules_put(image, rules, sizeof(rules) / sizeof(rules[0]));
}

static const char policy_ports[] = INTERFACES "access-list out permit ip any any\n"
					      "access-group out in interface outside\n"
					      "access-group out in interface dmz\n";

#define IN_VAIN .result = PH_DROP_EMBRYONIC_LIMIT, .line = 1

static void ports_have_limits_of_their_own(struct scenario *s)
{
	for (__u16 i = 0; i < LIMIT; i++)
		STEP(s, SEGMENT(CLIENT, 40000 + i, OUR_OUTSIDE, 8080, SYN), GOES_IN,
		     .next_hop = 10, .new_dst = SERVER, .new_dport = 80, .line = 1);
	STEP(s, SEGMENT(CLIENT, 42000, OUR_OUTSIDE, 8080, SYN), IN_VAIN);
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 25, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .line = 1);
	STEP(s, SEGMENT(CLIENT, 42000, OUR_OUTSIDE, 25, SYN), IN_VAIN);
	/* Answered, counted out of its port. */
	STEP(s, SEGMENT(SERVER, 80, CLIENT, 40001, SYN_ACK), GOES_OUT, .known = true,
	     .new_src = OUR_OUTSIDE, .new_sport = 8080);
	STEP(s, SEGMENT(CLIENT, 40001, OUR_OUTSIDE, 8080, ACK), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 80, .known = true,
	     .events = EVENT(CONN_CREATED));
	STEP(s, SEGMENT(CLIENT, 42000, OUR_OUTSIDE, 25, SYN), IN_VAIN);
	STEP(s, SEGMENT(CLIENT, 42000, OUR_OUTSIDE, 8080, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 80, .line = 1);
}

static void a_host_has_one_for_all_its_ports(struct scenario *s)
{
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 443, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .line = 1);
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 444, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .line = 1);
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 445, SYN), IN_VAIN);
	CHECK(s, world_count(s->w, TABLE_EMBRYONIC) == 1);
}

static void what_stays_itself_has_a_limit_too(struct scenario *s)
{
	for (__u16 i = 0; i < 2; i++)
		STEP(s, SEGMENT(CLIENT, 40000 + i, WORKSTATION, 443, SYN), GOES_IN,
		     .next_hop = 20, .line = 1);
	STEP(s, SEGMENT(CLIENT, 42000, WORKSTATION, 443, SYN), IN_VAIN);
}

static void interfaces_do_not_suffer_from_one_another(struct scenario *s)
{
	for (__u16 i = 0; i < 2; i++)
		STEP(s, SEGMENT(CLIENT, 40000 + i, WORKSTATION, 443, SYN), GOES_IN,
		     .next_hop = 20, .line = 1);
	STEP(s, SEGMENT(DMZ_HOST, 40000, HIDDEN, 443, SYN), .in = DEV_DMZ, GOES_IN,
	     .next_hop = 20, .new_dst = WORKSTATION, .line = 1);
	STEP(s, SEGMENT(DMZ_HOST, 40001, HIDDEN, 443, SYN), .in = DEV_DMZ, IN_VAIN);
}

/* ---- data connections ---- */

#define CONTROL(from, to, sport_, dport_, flags_, seq_, ack_, text_) \
	.frame = {.src = (from),                                     \
		  .dst = (to),                                       \
		  .proto = IPPROTO_TCP,                              \
		  .sport = (sport_),                                 \
		  .dport = (dport_),                                 \
		  .flags = (flags_),                                 \
		  .seq = (seq_),                                     \
		  .ack = (ack_),                                     \
		  .payload = (text_)}
#define CLIENT_CONTROL(flags_, seq_, ack_, text_)                            \
	CONTROL(CLIENT, MAPPED, 40001, 21, flags_, TALK_CLIENT_ISN + (seq_), \
		TALK_SERVER_ISN + (ack_), text_),                            \
		TO_SERVER
#define SERVER_CONTROL(flags_, seq_, ack_, text_)                            \
	CONTROL(SERVER, CLIENT, 21, 40001, flags_, TALK_SERVER_ISN + (seq_), \
		TALK_CLIENT_ISN + (ack_), text_),                            \
		TO_CLIENT, .known = true
#define REPLY "229 Entering Extended Passive Mode (|||51210|).\r\n"

static void data_connections_are_beyond_it(struct scenario *s)
{
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	STEP(s, CONTROL(CLIENT, MAPPED, 40001, 21, SYN, TALK_CLIENT_ISN, 0, NULL),
	     .result = PH_DROP_EMBRYONIC_LIMIT, .line = LINE_FTP);
	SERVER_SAYS(s, SYN_ACK);
	STEP(s, CLIENT_SENDS(ACK), TO_SERVER, .known = true,
	     .events = EVENT(CONN_CREATED));

	STEP(s, CONTROL(CLIENT, MAPPED, 40001, 21, SYN, TALK_CLIENT_ISN, 0, NULL),
	     TO_SERVER, .line = LINE_FTP);
	STEP(s, SERVER_CONTROL(SYN_ACK, 0, 1, NULL));
	STEP(s, CLIENT_CONTROL(ACK, 1, 1, NULL), .known = true,
	     .events = EVENT(CONN_CREATED) | EVENT(FTP_SESSION_OPENED));
	STEP(s, CLIENT_CONTROL(ACK, 1, 1, "EPSV\r\n"), .known = true);
	STEP(s, SERVER_CONTROL(ACK, 1, 7, REPLY), .events = EVENT(HOLE_OPENED));
	/* The place is taken, and the data connection needs none. */
	STEP(s, CONTROL(CLIENT, MAPPED, 43000, 990, SYN, 1, 0, NULL), TO_SERVER,
	     .line = LINE_FTPS);
	STEP(s, CONTROL(CLIENT, MAPPED, 41000, DATA_PORT, SYN, DIALER_ISN, 0, NULL),
	     TO_SERVER);
	/* Nor does it give one back. */
	STEP(s,
	     CONTROL(SERVER, CLIENT, DATA_PORT, 41000, SYN_ACK, TAKER_ISN, DIALER_ISN + 1,
		     NULL),
	     TO_CLIENT, .known = true);
	STEP(s,
	     CONTROL(CLIENT, MAPPED, 41000, DATA_PORT, ACK, DIALER_ISN + 1, TAKER_ISN + 1,
		     NULL),
	     TO_SERVER, .known = true, .events = EVENT(CONN_CREATED) | EVENT(HOLE_USED));
	STEP(s, CONTROL(CLIENT, MAPPED, 43001, 990, SYN, 1, 0, NULL),
	     .result = PH_DROP_EMBRYONIC_LIMIT, .line = LINE_FTPS);
}

static const struct scenario_entry entries[] = {
	SCENARIO(flood_is_cut, "embryonic: a flood is cut at the limit, the rest goes on",
		 .policy = policy_dual, .tweak = plain, .both = true),
	SCENARIO(flood_is_cut, "embryonic: likewise by rules",
		 .policy = policy_no_statics, .tweak = rules4),
	SCENARIO(flood6_is_cut, "embryonic: likewise by rules of IPv6",
		 .policy = policy_no_statics, .tweak = rules6),
	SCENARIO(flood_is_cut, "embryonic: likewise of one port",
		 .policy = policy_no_statics, .tweak = port4),
	SCENARIO(flood6_is_cut, "embryonic: likewise of one port of IPv6",
		 .policy = policy_no_statics, .tweak = port6),
	SCENARIO(answered_load_is_not_refused,
		 "embryonic: 200 answered ones under a limit of one",
		 .policy = policy_dual, .tweak = plain_one, .both = true),
	SCENARIO(no_limit_refuses_nobody, "embryonic: 0 is no limit",
		 .policy = policy_dual, .both = true),
	SCENARIO(repeated_counts_once, "embryonic: a SYN again is no other",
		 .policy = policy_dual, .tweak = plain, .both = true),
	SCENARIO(half_a_handshake_counts,
		 "embryonic: what the server has answered counts until the client has",
		 .policy = policy_dual, .tweak = plain, .both = true),
	SCENARIO(refused_and_given_up_count_no_more,
		 "embryonic: a RST gives the place back", .policy = policy_dual,
		 .tweak = plain, .both = true),
	SCENARIO(closed_counts_no_more, "embryonic: what was established takes no place",
		 .policy = policy_dual, .tweak = plain, .both = true),
	SCENARIO(time_passes, "embryonic: with time newcomers get in again",
		 .policy = policy_dual, .tweak = plain_short, .both = true),
	SCENARIO(expired_makes_way, "embryonic: what is found expired gives its place",
		 .policy = policy_dual, .tweak = plain_short),
	SCENARIO(change_of_policy_keeps_the_count,
		 "embryonic: another limit holds at once, for those that are there too",
		 .policy = policy_dual, .tweak = plain, .both = true),
	SCENARIO(each_host_of_a_network_for_itself,
		 "embryonic: each host of a network for itself", .policy = policy_table,
		 .tweak = plain),
	SCENARIO(what_xdp_leaves_is_counted_once,
		 "embryonic: what XDP leaves to TC is counted once",
		 .policy = policy_table, .tweak = plain, .xdp_only = true),
	SCENARIO(outward_ones_do_not_count, "embryonic: what the host begins is not it",
		 .policy = policy_dual, .tweak = plain),
	SCENARIO(ports_have_limits_of_their_own,
		 "embryonic: ports of one host have limits of their own",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(a_host_has_one_for_all_its_ports,
		 "embryonic: a host has one limit for all its ports",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(what_stays_itself_has_a_limit_too,
		 "embryonic: what is exempted or stays itself has its limit",
		 .policy = policy_ports, .tweak = put_ports),
	SCENARIO(interfaces_do_not_suffer_from_one_another,
		 "embryonic: other interfaces do not suffer", .policy = policy_ports,
		 .tweak = put_ports),
	SCENARIO(data_connections_are_beyond_it,
		 "embryonic: data connections are beyond the limit",
		 .policy = policy_table, .tweak = plain_one, .tc_only = true),
};

void scenarios_embryonic(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
