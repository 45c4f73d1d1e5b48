// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_conn.c - connections from their first packet to their last.
 */
#include "tests/datapath/converse.h"

static __u8 state_of(struct scenario *s)
{
	struct conn conn = {.state = 0xff};

	CHECK(s, world_find(s->w, TABLE_CONNS, &talk_flow, &conn));
	return conn.state;
}

static bool same_v4(const struct ph_addr *addr, const char *text)
{
	__be32 v4;

	frame_put_addr((__u8 *)&v4, text);
	return !addr->word[0] && !addr->word[1] && addr->word[2] == htonl(0xffff) &&
	       addr->word[3] == v4;
}

static void answer_promotes(struct scenario *s)
{
	struct conn half, conn;

	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	CHECK_TABLES(s, 1, 0);
	CHECK(s, world_find(s->w, TABLE_HALF_OPEN, &talk_flow, &half));
	CHECK(s, half.state == CONN_SYN_SENT);
	CHECK(s, half.packets[0] == 1 && half.packets[1] == 0);

	SERVER_SAYS(s, SYN_ACK);
	CHECK_TABLES(s, 1, 0);
	CHECK(s, world_find(s->w, TABLE_HALF_OPEN, &talk_flow, &half));
	CHECK(s, half.state == CONN_SYN_ACKED);
	STEP(s, CLIENT_SENDS(ACK), TO_SERVER, .known = true,
	     .events = EVENT(CONN_CREATED));
	CHECK_TABLES(s, 0, 1);
	CHECK(s, world_find(s->w, TABLE_CONNS, &talk_flow, &conn));
	CHECK(s, conn.state == CONN_ESTABLISHED);
	CHECK(s, conn.id && conn.id == half.id);
	CHECK(s, conn.packets[0] == 2 && conn.packets[1] == 1);
	CHECK(s, conn.bytes[0] == 80 && conn.bytes[1] == 40);
	CHECK(s, same_v4(&conn.mapped[0], CLIENT) && same_v4(&conn.mapped[1], MAPPED));
	CHECK(s, conn.generation == s->w->generation);
	CHECK(s, conn.ifindex[0] == (__u32)s->w->ifindex[DEV_OUTSIDE]);
	CHECK(s, conn.ifindex[1] == (__u32)s->w->ifindex[DEV_INSIDE]);
	CHECK(s, conn.acl_counter ==
			 (s->w->generation & 1) * WORLD_MAX_LINES + LINE_FTPS - 1);
	CHECK(s, conn.created_ns && conn.seen_ns > conn.created_ns);
}

static void syn_may_be_repeated(struct scenario *s)
{
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	CLIENT_SAYS(s, SYN);
	CLIENT_SAYS(s, SYN);
	CHECK_TABLES(s, 1, 0);
}

static void half_open_takes_only_the_handshake(struct scenario *s)
{
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	STEP(s, CLIENT_SENDS(ACK), .result = PH_DROP_TCP_HANDSHAKE);
	STEP(s, CLIENT_SENDS(FIN_ACK), .result = PH_DROP_TCP_HANDSHAKE);
	STEP(s, CLIENT_SENDS(SYN_ACK), .result = PH_DROP_TCP_HANDSHAKE);
	STEP(s, SERVER_SENDS(ACK), .in = DEV_INSIDE, .result = PH_DROP_TCP_HANDSHAKE);
	STEP(s, SERVER_SENDS(FIN_ACK), .in = DEV_INSIDE, .result = PH_DROP_TCP_HANDSHAKE);
	STEP(s, SERVER_SENDS(RST), .in = DEV_INSIDE, .result = PH_DROP_TCP_HANDSHAKE);
	CHECK_TABLES(s, 1, 0);
}

static void refusal_removes_the_half_open(struct scenario *s)
{
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	SERVER_SAYS(s, RST | TCP_ACK);
	CHECK_TABLES(s, 0, 0);
	STEP(s, SERVER_SENDS(ACK), .in = DEV_INSIDE, .result = PH_DROP_TCP_NOT_SYN);
}

static void caller_may_give_up(struct scenario *s)
{
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	CLIENT_SAYS(s, RST);
	CHECK_TABLES(s, 0, 0);
}

static void established_bypasses_the_list(struct scenario *s)
{
	HANDSHAKE(s);
	for (int i = 0; i < 3; i++) {
		CLIENT_SAYS(s, ACK | TCP_PSH); /* no hit on any line: check_lines() */
		SERVER_SAYS(s, ACK | TCP_PSH);
	}
	CHECK(s, state_of(s) == CONN_ESTABLISHED);
}

static void both_fins_close(struct scenario *s)
{
	HANDSHAKE(s);
	CLIENT_SAYS(s, FIN_ACK);
	CHECK(s, state_of(s) == CONN_HALF_CLOSED);
	SERVER_SAYS(s, ACK);
	CLIENT_SAYS(s, FIN_ACK);
	CHECK(s, state_of(s) == CONN_HALF_CLOSED);
	SERVER_SAYS(s, FIN_ACK);
	CHECK(s, state_of(s) == CONN_CLOSING);
	CLIENT_SAYS(s, ACK);
	CHECK_TABLES(s, 0, 1);
}

static void reset_closes(struct scenario *s)
{
	HANDSHAKE(s);
	SERVER_SAYS(s, RST);
	CHECK(s, state_of(s) == CONN_CLOSING);
}

static void closed_makes_way_for_a_new_one(struct scenario *s)
{
	struct conn old, fresh;

	HANDSHAKE(s);
	CHECK(s, world_find(s->w, TABLE_CONNS, &talk_flow, &old));
	CLIENT_SAYS(s, SYN); /* an established one does not */
	CHECK_TABLES(s, 0, 1);
	SERVER_SAYS(s, FIN_ACK);
	CLIENT_SAYS(s, FIN_ACK);
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	CHECK_TABLES(s, 1, 0);
	CHECK(s, world_find(s->w, TABLE_HALF_OPEN, &talk_flow, &fresh));
	CHECK(s, fresh.id != old.id && fresh.packets[0] == 1);
}

static void other_interfaces_are_refused(struct scenario *s)
{
	HANDSHAKE(s);
	STEP(s, SERVER_SENDS(ACK), .in = DEV_DMZ, .result = PH_DROP_CONN_WRONG_INTERFACE);
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = SERVER,
		       .proto = IPPROTO_TCP,
		       .sport = 40000,
		       .dport = 990,
		       .flags = ACK},
	     .in = DEV_DMZ, .result = PH_DROP_CONN_WRONG_INTERFACE);
	SERVER_SAYS(s, ACK);
}

static void real_address_is_no_way_in(struct scenario *s)
{
	HANDSHAKE(s);
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = SERVER,
		       .proto = IPPROTO_TCP,
		       .sport = 40000,
		       .dport = 990,
		       .flags = ACK},
	     .result = PH_DROP_NAT_REVERSE);
}

static void translated_host_calls_out(struct scenario *s)
{
	const struct world_flow flow = {.a = SERVER,
					.b = CLIENT,
					.proto = IPPROTO_TCP,
					.a_port = 990,
					.b_port = 40000};
	struct conn conn = {.id = 0};

	STEP(s, SERVER_SENDS(SYN), TO_CLIENT);
	CLIENT_SAYS(s, SYN_ACK);
	STEP(s, SERVER_SENDS(ACK), TO_CLIENT, .known = true,
	     .events = EVENT(CONN_CREATED));
	CHECK(s, world_find(s->w, TABLE_CONNS, &flow, &conn));
	CHECK(s, same_v4(&conn.mapped[0], MAPPED) && same_v4(&conn.mapped[1], CLIENT));
	CHECK(s, conn.acl_counter == PH_NO_COUNTER);
}

/* Neither a checksum corner nor a length is special on the way back. */
static void checksums_are_right_both_ways(struct scenario *s)
{
	__u32 server = TALK_SERVER_ISN + 1, client = TALK_CLIENT_ISN + 1;

	HANDSHAKE(s);
	for (unsigned int fill = 2; fill < 9; fill++) {
		for (unsigned int corner = 0; corner < 3; corner++) {
			const __u16 checks[] = {0x0000, 0x0001, 0xfffe};

			STEP(s,
			     .frame = {.src = SERVER,
				       .dst = CLIENT,
				       .proto = IPPROTO_TCP,
				       .sport = 990,
				       .dport = 40000,
				       .flags = ACK,
				       .fill = fill,
				       .seq = server,
				       .ack = client,
				       .steer = true,
				       .steer_src = MAPPED,
				       .steer_ip = fill & 1,
				       .steer_check = checks[corner]},
			     TO_CLIENT, .known = true);
			server += fill;
			STEP(s,
			     .frame = {.src = CLIENT,
				       .dst = MAPPED,
				       .proto = IPPROTO_TCP,
				       .sport = 40000,
				       .dport = 990,
				       .flags = ACK,
				       .fill = fill,
				       .seq = client,
				       .ack = server,
				       .steer = true,
				       .steer_dst = SERVER,
				       .steer_ip = fill & 1,
				       .steer_check = checks[corner]},
			     TO_SERVER, .known = true);
			client += fill;
		}
	}
}

static void udp_answer_promotes(struct scenario *s)
{
	TELL(s, CLIENT_(.proto = IPPROTO_UDP, .fill = 29, .opens = true));
	TELL(s, CLIENT_(.proto = IPPROTO_UDP, .fill = 29));
	CHECK_TABLES(s, 1, 0);
	TELL(s,
	     SERVER_(.proto = IPPROTO_UDP, .fill = 100, .events = EVENT(CONN_CREATED)));
	CHECK_TABLES(s, 0, 1);
	if (!s->v6) /* IPv6 has no such thing (RFC 8200, 8.1) */
		TELL(s, SERVER_(.proto = IPPROTO_UDP, .fill = 7, .no_check = true));
	TELL(s, CLIENT_(.proto = IPPROTO_UDP, .fill = 29));
}

#define ECHO_(type, who, whom, id)       \
	.frame = {.src = (who),          \
		  .dst = (whom),         \
		  .proto = IPPROTO_ICMP, \
		  .icmp_type = (type),   \
		  .icmp_id = (id),       \
		  .fill = 5}
#define ASK    8
#define ANSWER 0

static void echo_answer_promotes(struct scenario *s)
{
	TELL(s, CLIENT_(.proto = IPPROTO_ICMP, .fill = 5, .opens = true));
	TELL(s, SERVER_(.proto = IPPROTO_ICMP, .fill = 5, .events = EVENT(CONN_CREATED)));
	TELL(s, CLIENT_(.proto = IPPROTO_ICMP, .fill = 5));
	CHECK_TABLES(s, 0, 1);
}

#define TO_STATION(dev, last) .result = PH_FORWARD, .out = (dev), .next_hop = (last)

static void echo_answers_its_own_question_only(struct scenario *s)
{
	STEP(s, ECHO_(ASK, WORKSTATION, REMOTE, 0), .in = DEV_INSIDE,
	     TO_STATION(DEV_OUTSIDE, 254));
	STEP(s, ECHO_(ANSWER, REMOTE, WORKSTATION, 1), .result = PH_DROP_ACL_IMPLICIT);
	STEP(s, ECHO_(ANSWER, CLIENT, WORKSTATION, 0), .result = PH_DROP_ACL_IMPLICIT);
	STEP(s, ECHO_(ASK, REMOTE, WORKSTATION, 0), .result = PH_DROP_ACL_IMPLICIT);
	STEP(s, ECHO_(5, REMOTE, WORKSTATION, 0), .result = PH_DROP_ACL_IMPLICIT);
	CHECK_TABLES(s, 1, 0);
	STEP(s, ECHO_(ANSWER, REMOTE, WORKSTATION, 0), TO_STATION(DEV_INSIDE, 20),
	     .known = true, .events = EVENT(CONN_CREATED));
	STEP(s, ECHO_(ASK, REMOTE, WORKSTATION, 0), .result = PH_DROP_ACL_IMPLICIT);
	STEP(s, ECHO_(5, REMOTE, WORKSTATION, 0), .result = PH_DROP_ACL_IMPLICIT);
}

static void portless_protocols_have_connections(struct scenario *s)
{
	TELL(s, CLIENT_(.proto = IPPROTO_GRE, .fill = 8, .opens = true));
	TELL(s, SERVER_(.proto = IPPROTO_GRE, .fill = 9, .events = EVENT(CONN_CREATED)));
	TELL(s, CLIENT_(.proto = IPPROTO_GRE, .fill = 8));
	CHECK_TABLES(s, 0, 1);
}

static void last_hop_ends_connections_too(struct scenario *s)
{
	HANDSHAKE(s);
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = MAPPED,
		       .proto = IPPROTO_TCP,
		       .sport = 40000,
		       .dport = 990,
		       .flags = ACK,
		       .seq = TALK_CLIENT_ISN + 1,
		       .ack = TALK_SERVER_ISN + 1,
		       .ttl = 1},
	     .result = PH_DROP_TTL_EXPIRED, .xdp = PH_PASS_UP);
	STEP(s,
	     .frame = {.src = SERVER,
		       .dst = CLIENT,
		       .proto = IPPROTO_TCP,
		       .sport = 990,
		       .dport = 40000,
		       .flags = ACK,
		       .seq = TALK_SERVER_ISN + 1,
		       .ack = TALK_CLIENT_ISN + 1,
		       .fragment = 0x4000,
		       .fill = 1461},
	     .in = DEV_INSIDE, .result = PH_DROP_MTU_EXCEEDED, .xdp = PH_PASS_UP);
}

static void xdp_leaves_ftp_control_to_tc(struct scenario *s)
{
	const struct frame syn = {.src = CLIENT,
				  .dst = MAPPED,
				  .proto = IPPROTO_TCP,
				  .sport = 40001,
				  .dport = 21,
				  .seq = 1};
	const struct frame syn_ack = {.src = SERVER,
				      .dst = CLIENT,
				      .proto = IPPROTO_TCP,
				      .sport = 21,
				      .dport = 40001,
				      .seq = 9,
				      .ack = 2,
				      .flags = SYN_ACK};
	const struct frame ack = {.src = CLIENT,
				  .dst = MAPPED,
				  .proto = IPPROTO_TCP,
				  .sport = 40001,
				  .dport = 21,
				  .seq = 2,
				  .ack = 10,
				  .flags = ACK};
	struct frame text = ack;
	const struct world_flow flow = {.a = CLIENT,
					.b = SERVER,
					.proto = IPPROTO_TCP,
					.a_port = 40001,
					.b_port = 21};
	struct conn before, after;

	text.payload = "NOOP\r\n";
	STEP(s, .frame = syn, TO_SERVER, .line = LINE_FTP);
	s->hook = HOOK_XDP;
	STEP(s, .frame = syn_ack, .in = DEV_INSIDE, .result = PH_PASS_UP);
	s->hook = HOOK_TC;
	STEP(s, .frame = syn_ack, TO_CLIENT, .known = true);
	s->hook = HOOK_XDP;
	STEP(s, .frame = ack, .result = PH_PASS_UP);
	CHECK_TABLES(s, 1, 0);
	s->hook = HOOK_TC;
	STEP(s, .frame = ack, TO_SERVER, .known = true,
	     .events = EVENT(CONN_CREATED) | EVENT(FTP_SESSION_OPENED));
	CHECK(s, world_find(s->w, TABLE_CONNS, &flow, &before));
	CHECK(s, before.flags & CONN_F_FTP);
	s->hook = HOOK_XDP;
	STEP(s, .frame = text, .result = PH_PASS_UP);
	CHECK(s, world_find(s->w, TABLE_CONNS, &flow, &after));
	CHECK(s,
	      after.packets[0] == before.packets[0] && after.seen_ns == before.seen_ns);
	s->hook = HOOK_TC;
	STEP(s, .frame = text, TO_SERVER, .known = true);
}

static const struct scenario_entry entries[] = {
	SCENARIO(answer_promotes,
		 "a complete handshake turns a half-open entry into a connection"),
	SCENARIO(syn_may_be_repeated, "a SYN may be repeated until it is answered"),
	SCENARIO(half_open_takes_only_the_handshake,
		 "a half-open entry takes nothing but its handshake"),
	SCENARIO(refusal_removes_the_half_open,
		 "a refusal passes and removes the half-open entry"),
	SCENARIO(caller_may_give_up,
		 "a caller's own reset passes and makes no connection"),
	SCENARIO(established_bypasses_the_list,
		 "an established connection asks no access list"),
	SCENARIO(both_fins_close,
		 "a connection closes by both ends' FIN, not by one end's twice"),
	SCENARIO(reset_closes, "a connection closes by a RST"),
	SCENARIO(closed_makes_way_for_a_new_one,
		 "a closed connection makes way for a new SYN, an open one does not"),
	SCENARIO(other_interfaces_are_refused,
		 "a connection's packets are refused on other interfaces"),
	SCENARIO(real_address_is_no_way_in,
		 "a connection does not open the real address to the outside"),
	SCENARIO(translated_host_calls_out,
		 "a translated host's own connection works both ways"),
	SCENARIO(checksums_are_right_both_ways,
		 "checksums are right both ways, odd and even, in every corner"),
	SCENARIO(echo_answers_its_own_question_only,
		 "an echo reply answers its own question and admits nothing else"),
	SCENARIO(last_hop_ends_connections_too,
		 "time to live and size bind connections too"),
	SCENARIO(xdp_leaves_ftp_control_to_tc,
		 "XDP leaves an inspected connection to TC, without a trace",
		 .tc_only = true),
};

#define OF_BOTH(run, promise) SCENARIO(run, promise, .policy = policy_dual, .both = true)

static const struct scenario_entry of_both[] = {
	OF_BOTH(udp_answer_promotes,
		"a UDP answer turns a half-open entry into a connection"),
	OF_BOTH(echo_answer_promotes,
		"an echo answer turns a half-open entry into a connection"),
	OF_BOTH(portless_protocols_have_connections,
		"a protocol without ports has connections"),
};

void scenarios_conn(struct world *w)
{
	world_apply(w, policy_table, NULL);
	CHECK_SCENARIOS(w, entries);
	CHECK_SCENARIOS(w, of_both);
}
