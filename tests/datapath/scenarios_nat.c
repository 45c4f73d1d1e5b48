// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_nat.c - translations with an order, with conditions and with ports.
 */
#include "tests/datapath/nat_talk.h"

#define PERMIT_ALL                            \
	"access-list out permit ip any any\n" \
	"access-group out in interface outside\n"

const char nat_policy_ports[] = INTERFACES PERMIT_ALL;

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

void nat_put_ports(struct policy_image *image)
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
void nat_put_twice(struct policy_image *image)
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
	world_apply(s->w, nat_policy_ports, nat_put_ports);
	STEP(s, SEGMENT(SERVER, 80, CLIENT, 40000, ACK), GOES_OUT, .known = true,
	     .new_src = OUR_OUTSIDE, .new_sport = 8080);
	world_apply(s->w, nat_policy_ports, put_moved);
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
	nat_put_ports(image);
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
		 .policy = nat_policy_ports, .tweak = nat_put_ports),
	SCENARIO(other_ports_of_it_are_ours, "rules: other ports of it are ours",
		 .policy = nat_policy_ports, .tweak = nat_put_ports),
	SCENARIO(ranges_keep_their_distance, "rules: ranges of ports move as one",
		 .policy = nat_policy_ports, .tweak = nat_put_ports),
	SCENARIO(our_own_connection_stays_ours,
		 "rules: what this machine began itself comes back to it",
		 .policy = nat_policy_ports, .tweak = nat_put_ports),
	SCENARIO(udp_ports_move, "rules: UDP, with and without a checksum",
		 .policy = nat_policy_ports, .tweak = nat_put_ports),
	SCENARIO(the_first_rule_counts, "rules: the first one counts",
		 .policy = nat_policy_ports, .tweak = nat_put_ports),
	SCENARIO(exempt_is_before_static, "rules: what is exempt stays as it is",
		 .policy = nat_policy_ports, .tweak = nat_put_ports),
	SCENARIO(a_host_is_addressed_as_it_is_seen,
		 "rules: a host is addressed as it is seen", .policy = nat_policy_ports,
		 .tweak = nat_put_ports),
	SCENARIO(one_way_is_for_what_the_host_began,
		 "rules: one way is for what the host began", .policy = nat_policy_ports,
		 .tweak = nat_put_ports),
	SCENARIO(another_egress_is_refused, "rules: out of the real interface only",
		 .policy = nat_policy_ports, .tweak = put_astray),
	SCENARIO(both_ends_are_translated, "rules: both ends at once",
		 .policy = nat_policy_ports, .tweak = nat_put_twice),
	SCENARIO(connections_outlive_equal_rules_only,
		 "rules: connections outlive equal rules, and no others",
		 .policy = nat_policy_ports, .tweak = nat_put_ports),
	SCENARIO(lists_see_mapped_ports, "rules: lists before 8.3 see mapped ports",
		 .policy = policy_mapped_lists, .tweak = nat_put_ports),
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
	scenarios_nat_parts(w);
}
