// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_egress.c - TC egress: what this machine itself sends is remembered
 * and never held up; what the kernel forwards past the policy is stopped.
 */
#include <linux/pkt_cls.h>

#include "tests/datapath/talk.h"

static const struct frame own_syn = {.src = OUR_OUTSIDE,
				     .dst = REMOTE,
				     .proto = IPPROTO_TCP,
				     .sport = 50000,
				     .dport = 443,
				     .seq = 100};
static const struct frame answer = {.src = REMOTE,
				    .dst = OUR_OUTSIDE,
				    .proto = IPPROTO_TCP,
				    .sport = 443,
				    .dport = 50000,
				    .seq = 200,
				    .ack = 101,
				    .flags = SYN_ACK};
static const struct frame own_ack = {.src = OUR_OUTSIDE,
				     .dst = REMOTE,
				     .proto = IPPROTO_TCP,
				     .sport = 50000,
				     .dport = 443,
				     .seq = 101,
				     .ack = 201,
				     .flags = ACK};
static const struct world_flow own_flow = {.a = OUR_OUTSIDE,
					   .b = REMOTE,
					   .proto = IPPROTO_TCP,
					   .a_port = 50000,
					   .b_port = 443};

/* What the outside interface counts of a frame that is sent by this machine, or stopped
 * on its way out. Without a policy nothing is counted. */
static void count_sent(const struct scenario *s, struct if_counters *stats, int action,
		       size_t len)
{
	if (!s->w->generation)
		return;
	stats->own_packets += action == TC_ACT_OK;
	stats->own_bytes += action == TC_ACT_OK ? len : 0;
	stats->egress_drop_packets += action == TC_ACT_SHOT;
	stats->egress_drop_bytes += action == TC_ACT_SHOT ? len : 0;
}

/*
 * Send a frame out of the outside device.
 * @came_in: the device it was received on; DEV_COUNT: this machine's own
 * @events:  EVENT() bits of all that is to be counted
 */
static void egress(struct scenario *s, const struct frame *frame, enum dev came_in,
		   int action, __u64 events)
{
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = frame_build(frame, 0x32, bytes);
	struct counters before, after;
	struct world_run got;

	world_counters(s->w, &before);
	CHECK(s, !world_egress(s->w, DEV_OUTSIDE, came_in, bytes, len, &got));
	world_counters(s->w, &after);
	CHECK(s, got.action == action);
	CHECK(s, got.len == len && !memcmp(got.bytes, bytes, len));
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++)
		CHECK(s, after.drops[i].packets - before.drops[i].packets ==
				 (action == TC_ACT_SHOT &&
				  i + PH_DROP_FIRST == PH_DROP_UNJUDGED));
	for (unsigned int i = 0; i < PH_EV_END; i++)
		CHECK(s, after.events[i] - before.events[i] == (events >> i & 1));
	count_sent(s, &before.ifs[s->w->stat_slot[DEV_OUTSIDE]], action, len);
	CHECK(s, !memcmp(before.ifs, after.ifs, sizeof(after.ifs)));
	CHECK(s, !memcmp(before.lines, after.lines, sizeof(after.lines)));
}

static void passes_unremembered(struct scenario *s, const struct frame *frame)
{
	egress(s, frame, DEV_COUNT, TC_ACT_OK, 0);
	CHECK_TABLES(s, 0, 0);
}

static void own_handshake(struct scenario *s)
{
	egress(s, &own_syn, DEV_COUNT, TC_ACT_OK, EVENT(HALF_OPEN_CREATED));
	STEP(s, .frame = answer, .result = PH_TO_BOX);
	egress(s, &own_ack, DEV_COUNT, TC_ACT_OK, EVENT(CONN_CREATED));
}

static void own_connection_is_remembered(struct scenario *s)
{
	struct conn conn = {.id = 0};

	egress(s, &own_syn, DEV_COUNT, TC_ACT_OK, EVENT(HALF_OPEN_CREATED));
	CHECK_TABLES(s, 1, 0);
	CHECK(s, world_find(s->w, TABLE_HALF_OPEN, &own_flow, &conn));
	CHECK(s, conn.flags & CONN_F_LOCAL);
	CHECK(s, conn.ifindex[0] == 0);
	CHECK(s, conn.ifindex[1] == (__u32)s->w->ifindex[DEV_OUTSIDE]);
	CHECK(s, conn.acl_counter == PH_NO_COUNTER);
	CHECK(s, conn.packets[0] == 1);

	s->hook = HOOK_XDP; /* leaves no trace */
	STEP(s, .frame = answer, .result = PH_TO_BOX);
	CHECK_TABLES(s, 1, 0);
	s->hook = HOOK_TC;
	STEP(s, .frame = answer, .result = PH_TO_BOX);
	CHECK_TABLES(s, 1, 0);
	egress(s, &own_ack, DEV_COUNT, TC_ACT_OK, EVENT(CONN_CREATED));
	CHECK_TABLES(s, 0, 1);
	CHECK(s, world_find(s->w, TABLE_CONNS, &own_flow, &conn));
	CHECK(s, conn.packets[0] == 2 && conn.packets[1] == 1);
}

static void own_connection_survives_policies(struct scenario *s)
{
	own_handshake(s);
	world_apply(s->w, policy_table, NULL);
	STEP(s, .frame = answer, .result = PH_TO_BOX);
	egress(s, &own_syn, DEV_COUNT, TC_ACT_OK, 0);
	CHECK_TABLES(s, 0, 1);
}

/* From inside, under this machine's address, after a change of policy. */
static void forgery_ends_no_own_connection(struct scenario *s)
{
	struct frame forged = own_syn;

	forged.flags = RST;
	own_handshake(s);
	STEP(s, .frame = forged, .in = DEV_INSIDE,
	     .result = PH_DROP_CONN_WRONG_INTERFACE);
	world_apply(s->w, policy_table, NULL);
	STEP(s, .frame = forged, .in = DEV_INSIDE,
	     .result = PH_DROP_CONN_WRONG_INTERFACE);
	CHECK_TABLES(s, 0, 1);
}

static void own_connection_ends(struct scenario *s)
{
	struct frame fin = own_ack, fin_back = answer, syn_back = answer;
	struct conn conn = {.state = 0}, after = {.state = 0};

	fin.flags = FIN_ACK;
	fin_back.flags = FIN_ACK;
	fin_back.seq++;
	own_handshake(s);
	egress(s, &fin, DEV_COUNT, TC_ACT_OK, 0);
	STEP(s, .frame = fin_back, .result = PH_TO_BOX);
	CHECK(s, world_find(s->w, TABLE_CONNS, &own_flow, &conn));
	CHECK(s, conn.state == CONN_CLOSING);
	/* A SYN from there is the stack's affair, and keeps nothing alive. */
	syn_back.flags = SYN;
	syn_back.seq += 100000;
	syn_back.ack = 0;
	STEP(s, .frame = syn_back, .result = PH_TO_BOX);
	CHECK(s, world_find(s->w, TABLE_CONNS, &own_flow, &after));
	CHECK(s, !memcmp(&conn, &after, sizeof(conn)));
}

static void datagrams_and_pings_are_remembered(struct scenario *s)
{
	egress(s,
	       &(struct frame){.src = OUR_OUTSIDE,
			       .dst = REMOTE,
			       .proto = IPPROTO_UDP,
			       .sport = 5000,
			       .dport = 53},
	       DEV_COUNT, TC_ACT_OK, EVENT(HALF_OPEN_CREATED));
	egress(s,
	       &(struct frame){.src = OUR_OUTSIDE,
			       .dst = REMOTE,
			       .proto = IPPROTO_ICMP,
			       .icmp_type = 8,
			       .icmp_id = 4},
	       DEV_COUNT, TC_ACT_OK, EVENT(HALF_OPEN_CREATED));
	CHECK_TABLES(s, 2, 0);
	STEP(s,
	     .frame = {.src = REMOTE,
		       .dst = OUR_OUTSIDE,
		       .proto = IPPROTO_ICMP,
		       .icmp_id = 4},
	     .result = PH_TO_BOX, .events = EVENT(CONN_CREATED));
	CHECK_TABLES(s, 1, 1);
}

static void answers_are_not_remembered(struct scenario *s)
{
	struct frame reply = own_syn;

	reply.flags = SYN_ACK;
	passes_unremembered(s, &reply);
	reply.flags = ACK;
	passes_unremembered(s, &reply);
	reply.flags = RST;
	passes_unremembered(s, &reply);
	passes_unremembered(s, &(struct frame){.src = OUR_OUTSIDE,
					       .dst = REMOTE,
					       .proto = IPPROTO_ICMP,
					       .icmp_id = 9});
	passes_unremembered(s, &(struct frame){.src = OUR_OUTSIDE,
					       .dst = REMOTE,
					       .proto = IPPROTO_ICMP,
					       .icmp_type = 3});
}

static void nothing_of_its_own_is_held_up(struct scenario *s)
{
	struct frame odd = own_syn;

	odd.fault = FAULT_IP_CHECKSUM;
	passes_unremembered(s, &odd);
	odd.fault = FAULT_NONE;
	odd.fragment = 0x2000;
	passes_unremembered(s, &odd);
	passes_unremembered(s, &(struct frame){.src = OUR_OUTSIDE,
					       .dst = "224.0.0.5",
					       .proto = 89,
					       .fill = 20});
	passes_unremembered(s, &(struct frame){.src = OUR_OUTSIDE,
					       .dst = CLIENT,
					       .ethertype = ETH_P_ARP});
	passes_unremembered(s, &(struct frame){.src = "2001:db8::1",
					       .dst = "ff02::2",
					       .ethertype = ETH_P_IPV6,
					       .proto = 59});
	passes_unremembered(s, &(struct frame){.src = OUR_OUTSIDE,
					       .dst = CLIENT,
					       .ethertype = 0x88cc,
					       .fill = 20});
}

static void forwarded_unjudged_is_stopped(struct scenario *s)
{
	struct frame stray = own_syn;

	stray.src = "198.18.0.10";
	egress(s, &stray, DEV_STRAY, TC_ACT_SHOT, 0);
	egress(s,
	       &(struct frame){.src = "2001:db8:2::1",
			       .dst = "2001:db8::50",
			       .ethertype = ETH_P_IPV6,
			       .proto = 59},
	       DEV_STRAY, TC_ACT_SHOT, 0);
	CHECK_TABLES(s, 0, 0);
}

static void without_a_policy_its_own_passes(struct scenario *s)
{
	__u32 generation = s->w->generation;

	world_activate(s->w, 0);
	passes_unremembered(s, &own_syn);
	world_activate(s->w, generation);
}

static const struct scenario_entry entries[] = {
	SCENARIO(own_connection_is_remembered,
		 "this machine's own connection is remembered and answered",
		 .tc_only = true),
	SCENARIO(own_connection_survives_policies,
		 "this machine's own connection survives every policy", .tc_only = true),
	SCENARIO(forgery_ends_no_own_connection,
		 "nobody ends this machine's own connection by forging its address",
		 .tc_only = true),
	SCENARIO(own_connection_ends, "this machine's own connection ends by its FINs",
		 .tc_only = true),
	SCENARIO(datagrams_and_pings_are_remembered,
		 "this machine's own datagrams and pings are remembered",
		 .tc_only = true),
	SCENARIO(answers_are_not_remembered,
		 "what this machine answers makes no connection", .tc_only = true),
	SCENARIO(nothing_of_its_own_is_held_up,
		 "nothing that this machine sends is held up or changed",
		 .tc_only = true),
	SCENARIO(forwarded_unjudged_is_stopped,
		 "what the kernel forwarded past the policy is stopped", .tc_only = true),
	SCENARIO(without_a_policy_its_own_passes,
		 "without a policy this machine's own traffic passes", .tc_only = true),
};

void scenarios_egress(struct world *w)
{
	world_apply(w, policy_table, NULL);
	CHECK_SCENARIOS(w, entries);
}
