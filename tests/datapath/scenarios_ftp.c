// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_ftp.c - an inspected control connection in the kernel: the rewrite
 * on the wire, the hole, and who gets through it.
 *
 * Lines, segments and numbers in all their shapes are tested natively in
 * tests/unit; here it is what a whole packet undergoes.
 */
#include <time.h>

#include "tests/datapath/ftp_talk.h"

#define MS_NS 1000000ull

#define CLIENT_FRAME(text, seq_, ack_)        \
	.frame = {.src = CLIENT,              \
		  .dst = MAPPED,              \
		  .proto = IPPROTO_TCP,       \
		  .sport = 40001,             \
		  .dport = 21,                \
		  .flags = ACK | TCP_PSH,     \
		  .payload = (text),          \
		  .seq = CLIENT_ISN + (seq_), \
		  .ack = SERVER_ISN + (ack_)}
#define CLIENT_TELLS(text, seq_, ack_) \
	CLIENT_FRAME(text, seq_, ack_), TO_SERVER, .known = true
#define SERVER_TELLS(text, seq_, ack_)         \
	.frame = {.src = SERVER,               \
		  .dst = CLIENT,               \
		  .proto = IPPROTO_TCP,        \
		  .sport = 21,                 \
		  .dport = 40001,              \
		  .flags = ACK | TCP_PSH,      \
		  .payload = (text),           \
		  .seq = SERVER_ISN + (seq_),  \
		  .ack = CLIENT_ISN + (ack_)}, \
	TO_CLIENT, .known = true

/* A data connection's packets. */
#define CLIENT_DIALS(from, flags_)      \
	.frame = {.src = CLIENT,        \
		  .dst = MAPPED,        \
		  .proto = IPPROTO_TCP, \
		  .sport = (from),      \
		  .dport = DATA_PORT,   \
		  DATA_NUMBERS(flags_, DIALER_ISN, TAKER_ISN)}
#define SERVER_TAKES(from, flags_)      \
	.frame = {.src = SERVER,        \
		  .dst = CLIENT,        \
		  .proto = IPPROTO_TCP, \
		  .sport = DATA_PORT,   \
		  .dport = (from),      \
		  DATA_NUMBERS(flags_, TAKER_ISN, DIALER_ISN)}
#define SERVER_DIALS(flags_)            \
	.frame = {.src = SERVER,        \
		  .dst = CLIENT,        \
		  .proto = IPPROTO_TCP, \
		  .sport = 20,          \
		  .dport = DATA_PORT,   \
		  DATA_NUMBERS(flags_, DIALER_ISN, TAKER_ISN)}
#define CLIENT_TAKES(flags_)            \
	.frame = {.src = CLIENT,        \
		  .dst = MAPPED,        \
		  .proto = IPPROTO_TCP, \
		  .sport = DATA_PORT,   \
		  .dport = 20,          \
		  DATA_NUMBERS(flags_, TAKER_ISN, DIALER_ISN)}

#define PASV	     "PASV\r\n"
#define PASV_LEN     6
#define REPLY_REAL   "227 Entering Passive Mode (10,0,0,10,200,10).\r\n"
#define REPLY_MAPPED "227 Entering Passive Mode (203,0,113,10,200,10).\r\n"
#define REPLY_LEN    ((int)sizeof(REPLY_REAL) - 1)
#define GROWTH	     ((int)sizeof(REPLY_MAPPED) - (int)sizeof(REPLY_REAL))

static void dial_control(struct scenario *s)
{
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = MAPPED,
		       .proto = IPPROTO_TCP,
		       .sport = 40001,
		       .dport = 21,
		       .seq = CLIENT_ISN},
	     TO_SERVER, .line = LINE_FTP);
	STEP(s,
	     .frame = {.src = SERVER,
		       .dst = CLIENT,
		       .proto = IPPROTO_TCP,
		       .sport = 21,
		       .dport = 40001,
		       .seq = SERVER_ISN,
		       .ack = CLIENT_ISN + 1,
		       .flags = SYN_ACK},
	     TO_CLIENT, .known = true);
}

static void open_control(struct scenario *s)
{
	dial_control(s);
	STEP(s, CLIENT_TELLS("", 1, 1),
	     .events = EVENT(CONN_CREATED) | EVENT(FTP_SESSION_OPENED));
}

static void open_hole(struct scenario *s)
{
	open_control(s);
	STEP(s, CLIENT_TELLS(PASV, 1, 1));
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
	STEP(s, SERVER_TELLS(REPLY_REAL, 1, 1 + PASV_LEN), .new_payload = REPLY_MAPPED,
	     .events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	CHECK(s, world_count(s->w, TABLE_HOLES) == 1);
}

static void passive_reply_is_rewritten(struct scenario *s)
{
	open_hole(s);
	/* The client acknowledges what it saw, the server what it sent. */
	STEP(s, CLIENT_TELLS("NOOP\r\n", 1 + PASV_LEN, 1 + REPLY_LEN + GROWTH),
	     .ack_shift = -GROWTH);
	STEP(s, SERVER_TELLS("200 Zzz.\r\n", 1 + REPLY_LEN, 1 + PASV_LEN + 6),
	     .seq_shift = GROWTH);
}

static void repeated_reply_is_rewritten_again(struct scenario *s)
{
	open_hole(s);
	STEP(s, SERVER_TELLS(REPLY_REAL, 1, 1 + PASV_LEN), .new_payload = REPLY_MAPPED);
	CHECK(s, world_count(s->w, TABLE_HOLES) == 1);
}

static void hole_admits_one_connection(struct scenario *s)
{
	const struct world_flow flow = {.a = CLIENT,
					.b = SERVER,
					.proto = IPPROTO_TCP,
					.a_port = 41000,
					.b_port = DATA_PORT};
	struct conn conn = {.flags = 0};

	open_hole(s);
	STEP(s, CLIENT_DIALS(41000, SYN), TO_SERVER);
	STEP(s, CLIENT_DIALS(41001, SYN), .result = PH_DROP_ACL_DENY,
	     .line = LINE_NOT_WEB);
	STEP(s, CLIENT_DIALS(41000, SYN), TO_SERVER, .known = true);
	s->hook = HOOK_XDP; /* data is for the fast path */
	STEP(s, SERVER_TAKES(41000, SYN_ACK), TO_CLIENT, .known = true);
	CHECK(s, world_count(s->w, TABLE_HOLES) == 1);
	STEP(s, CLIENT_DIALS(41000, ACK), TO_SERVER, .known = true,
	     .events = EVENT(CONN_CREATED) | EVENT(HOLE_USED));
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
	STEP(s, CLIENT_DIALS(41000, ACK), TO_SERVER, .known = true);
	STEP(s, CLIENT_DIALS(41001, SYN), .result = PH_DROP_ACL_DENY,
	     .line = LINE_NOT_WEB);
	CHECK(s, world_find(s->w, TABLE_CONNS, &flow, &conn));
	CHECK(s, conn.flags & CONN_F_CHILD);
	CHECK(s, conn.acl_counter == PH_NO_COUNTER);
}

static void hole_admits_nobody_else(struct scenario *s)
{
	open_hole(s);
	STEP(s,
	     .frame = {.src = REMOTE,
		       .dst = MAPPED,
		       .proto = IPPROTO_TCP,
		       .sport = 41000,
		       .dport = DATA_PORT},
	     .result = PH_DROP_ACL_DENY, .line = LINE_NOT_WEB);
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = MAPPED,
		       .proto = IPPROTO_TCP,
		       .sport = 41000,
		       .dport = DATA_PORT + 1},
	     .result = PH_DROP_ACL_DENY, .line = LINE_NOT_WEB);
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = MAPPED,
		       .proto = IPPROTO_UDP,
		       .sport = 41000,
		       .dport = DATA_PORT},
	     .result = PH_DROP_ACL_IMPLICIT);
	STEP(s, CLIENT_DIALS(41000, ACK), .result = PH_DROP_TCP_NOT_SYN);
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = SERVER,
		       .proto = IPPROTO_TCP,
		       .sport = 41000,
		       .dport = DATA_PORT},
	     .result = PH_DROP_NAT_REVERSE);
	CHECK(s, world_count(s->w, TABLE_HOLES) == 1);
}

static void unsolicited_reply_opens_nothing(struct scenario *s)
{
	open_control(s);
	STEP(s, SERVER_TELLS(REPLY_REAL, 1, 1), .events = EVENT(HOLE_DENY_UNSOLICITED));
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
	STEP(s, CLIENT_DIALS(41000, SYN), .result = PH_DROP_ACL_DENY,
	     .line = LINE_NOT_WEB);
}

/* The ACK that completes the handshake is lost, the first command comes for it:
 * it is read from its first byte on. What overtook it is not. */
static void first_command_counts(struct scenario *s)
{
	dial_control(s);
	STEP(s, CLIENT_FRAME(PASV, 1 + PASV_LEN, 1), .result = PH_DROP_FTP_SEGMENT,
	     .events = EVENT(CONN_CREATED) | EVENT(FTP_SESSION_OPENED));
	STEP(s, CLIENT_TELLS(PASV, 1, 1));
	STEP(s, SERVER_TELLS(REPLY_REAL, 1, 1 + PASV_LEN), .new_payload = REPLY_MAPPED,
	     .events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
}

static void other_family_opens_nothing(struct scenario *s)
{
	static const char mapped_v6[] = "EPRT |2|::ffff:203.0.113.50|51210|\r\n";
	static const char v6[] = "EPRT |2|2001:db8::50|51210|\r\n";

	open_control(s);
	STEP(s, CLIENT_TELLS(v6, 1, 1), .events = EVENT(HOLE_DENY_ADDRESS));
	STEP(s, CLIENT_TELLS(mapped_v6, (int)sizeof(v6), 1),
	     .events = EVENT(HOLE_DENY_MALFORMED));
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
}

static void active_command_opens_the_way_back(struct scenario *s)
{
	open_control(s);
	STEP(s, CLIENT_TELLS("PORT 203,0,113,50,200,10\r\n", 1, 1),
	     .events = EVENT(HOLE_OPENED));
	CHECK(s, world_count(s->w, TABLE_HOLES) == 1);
	STEP(s, SERVER_DIALS(SYN), TO_CLIENT);
	STEP(s, CLIENT_TAKES(SYN_ACK), TO_SERVER, .known = true);
	STEP(s, SERVER_DIALS(ACK), TO_CLIENT, .known = true,
	     .events = EVENT(CONN_CREATED) | EVENT(HOLE_USED));
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
}

/* A segment of a data connection with a payload, the first that its sender sends. */
#define DATA_FRAME(src_, dst_, from, to, mine, others, text) \
	.frame = {.src = (src_),                             \
		  .dst = (dst_),                             \
		  .proto = IPPROTO_TCP,                      \
		  .sport = (from),                           \
		  .dport = (to),                             \
		  .payload = (text),                         \
		  DATA_NUMBERS(ACK, mine, others)}

/* What they have carried since the test began is this. */
static bool carried(const struct scenario *s, const struct ftp_traffic *before,
		    __u64 connections, __u64 to_server, __u64 to_client)
{
	struct ftp_traffic now;

	world_ftp_traffic(s->w, &now);
	now.connections -= before->connections;
	now.bytes_to_server -= before->bytes_to_server;
	now.bytes_to_client -= before->bytes_to_client;
	if (now.connections == connections && now.bytes_to_server == to_server &&
	    now.bytes_to_client == to_client)
		return true;
	tap_note("%llu connections, %llu bytes to the server, %llu to the client",
		 now.connections, now.bytes_to_server, now.bytes_to_client);
	return false;
}

static void passive_data_is_counted(struct scenario *s)
{
	struct ftp_traffic before;

	world_ftp_traffic(s->w, &before);
	open_hole(s);
	STEP(s, CLIENT_DIALS(41000, SYN), TO_SERVER);
	s->hook = HOOK_XDP;
	STEP(s, SERVER_TAKES(41000, SYN_ACK), TO_CLIENT, .known = true);
	CHECK(s, carried(s, &before, 0, 0, 0));
	STEP(s, CLIENT_DIALS(41000, ACK), TO_SERVER, .known = true,
	     .events = EVENT(CONN_CREATED) | EVENT(HOLE_USED));
	CHECK(s, carried(s, &before, 1, 0, 0));
	STEP(s,
	     DATA_FRAME(SERVER, CLIENT, DATA_PORT, 41000, TAKER_ISN, DIALER_ISN,
			"what is retrieved"),
	     TO_CLIENT, .known = true);
	CHECK(s, carried(s, &before, 1, 0, 17));
	s->hook = HOOK_TC;
	STEP(s,
	     DATA_FRAME(CLIENT, MAPPED, 41000, DATA_PORT, DIALER_ISN, TAKER_ISN,
			"what is stored"),
	     TO_SERVER, .known = true);
	CHECK(s, carried(s, &before, 1, 14, 17));
}

static void active_data_is_counted(struct scenario *s)
{
	struct ftp_traffic before;

	world_ftp_traffic(s->w, &before);
	open_control(s);
	STEP(s, CLIENT_TELLS("PORT 203,0,113,50,200,10\r\n", 1, 1),
	     .events = EVENT(HOLE_OPENED));
	STEP(s, SERVER_DIALS(SYN), TO_CLIENT);
	STEP(s, CLIENT_TAKES(SYN_ACK), TO_SERVER, .known = true);
	STEP(s, SERVER_DIALS(ACK), TO_CLIENT, .known = true,
	     .events = EVENT(CONN_CREATED) | EVENT(HOLE_USED));
	STEP(s,
	     DATA_FRAME(SERVER, CLIENT, 20, DATA_PORT, DIALER_ISN, TAKER_ISN,
			"what is retrieved"),
	     TO_CLIENT, .known = true);
	CHECK(s, carried(s, &before, 1, 0, 17));
	STEP(s,
	     DATA_FRAME(CLIENT, MAPPED, DATA_PORT, 20, TAKER_ISN, DIALER_ISN,
			"what is stored"),
	     TO_SERVER, .known = true);
	CHECK(s, carried(s, &before, 1, 14, 17));
}

static void other_data_is_not_counted(struct scenario *s)
{
	struct ftp_traffic before;

	world_ftp_traffic(s->w, &before);
	HANDSHAKE(s);
	open_control(s);
	STEP(s, CLIENT_TELLS("NOOP\r\n", 1, 1));
	CHECK(s, carried(s, &before, 0, 0, 0));
}

static void hole_goes_with_its_session(struct scenario *s)
{
	open_hole(s);
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = MAPPED,
		       .proto = IPPROTO_TCP,
		       .sport = 40001,
		       .dport = 21,
		       .flags = FIN_ACK,
		       .seq = CLIENT_ISN + 1 + PASV_LEN,
		       .ack = SERVER_ISN + 1},
	     TO_SERVER, .known = true, .events = EVENT(HOLE_SESSION_END));
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
	STEP(s, CLIENT_DIALS(41000, SYN), .result = PH_DROP_ACL_DENY,
	     .line = LINE_NOT_WEB);
}

static void short_hole(struct policy_image *image)
{
	image->config.timeout_hole_ns = 60 * MS_NS;
}

static void hole_expires(struct scenario *s)
{
	const struct timespec a_while = {.tv_nsec = 10 * MS_NS};

	open_hole(s);
	for (int i = 0; i < 500 && world_count(s->w, TABLE_HOLES); i++)
		nanosleep(&a_while, NULL);
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
	STEP(s, CLIENT_DIALS(41000, SYN), .result = PH_DROP_ACL_DENY,
	     .line = LINE_NOT_WEB);
}

static void without_fixup(struct policy_image *image)
{
	image->n_fixups = 0;
}

static void uninspected_opens_nothing(struct scenario *s)
{
	dial_control(s);
	STEP(s, CLIENT_TELLS(PASV, 1, 1), .events = EVENT(CONN_CREATED));
	STEP(s, SERVER_TELLS(REPLY_REAL, 1, 1 + PASV_LEN));
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
	CHECK(s, world_count(s->w, TABLE_FTP) == 0);
}

static void data_falls_with_its_control_connection(struct scenario *s)
{
	static const char denying[] = INTERFACES
		"access-list out deny ip any any\n"
		"access-group out in interface outside\n" STATIC_SERVER;

	open_hole(s);
	STEP(s, CLIENT_DIALS(41000, SYN), TO_SERVER);
	STEP(s, SERVER_TAKES(41000, SYN_ACK), TO_CLIENT, .known = true);
	STEP(s, CLIENT_DIALS(41000, ACK), TO_SERVER, .known = true,
	     .events = EVENT(CONN_CREATED) | EVENT(HOLE_USED));
	world_apply(s->w, policy_table, NULL);
	STEP(s, CLIENT_DIALS(41000, ACK), TO_SERVER, .known = true);
	world_apply(s->w, denying, NULL);
	STEP(s, CLIENT_DIALS(41000, ACK), .result = PH_DROP_POLICY_CHANGED);
}

static const struct scenario_entry entries[] = {
	SCENARIO(passive_reply_is_rewritten,
		 "a 227 leaves with the mapped address, right sums and right numbers",
		 .tc_only = true),
	SCENARIO(repeated_reply_is_rewritten_again,
		 "a repeated 227 gets the same bytes and no second hole",
		 .tc_only = true),
	SCENARIO(first_command_counts,
		 "the first command is read even if it completes the handshake",
		 .tc_only = true),
	SCENARIO(hole_admits_one_connection,
		 "a hole admits one connection, and the first source port to come",
		 .tc_only = true),
	SCENARIO(hole_admits_nobody_else,
		 "a hole admits no other host, port, protocol, segment or address",
		 .tc_only = true),
	SCENARIO(unsolicited_reply_opens_nothing,
		 "a 227 that nobody asked for opens nothing", .tc_only = true),
	SCENARIO(active_command_opens_the_way_back,
		 "PORT opens the way back to its sender", .tc_only = true),
	SCENARIO(passive_data_is_counted,
		 "what passive data connections carry is counted by direction",
		 .tc_only = true),
	SCENARIO(active_data_is_counted,
		 "what active data connections carry is counted by direction",
		 .tc_only = true),
	SCENARIO(other_data_is_not_counted,
		 "what other connections carry is not counted as FTP data",
		 .tc_only = true),
	SCENARIO(other_family_opens_nothing,
		 "EPRT of an IPv6 address opens nothing over IPv4", .tc_only = true),
	SCENARIO(hole_goes_with_its_session, "an unused hole goes with its session",
		 .tc_only = true),
	SCENARIO(hole_expires, "an unused hole goes by itself", .tc_only = true,
		 .policy = policy_table, .tweak = short_hole),
	SCENARIO(uninspected_opens_nothing, "without a fixup nothing is read or opened",
		 .tc_only = true, .policy = policy_table, .tweak = without_fixup),
	SCENARIO(data_falls_with_its_control_connection,
		 "a data connection stands and falls with its control connection's list",
		 .tc_only = true, .policy = policy_table),
};

void scenarios_ftp(struct world *w)
{
	world_apply(w, policy_table, NULL);
	CHECK_SCENARIOS(w, entries);
	scenarios_ftp_v6(w);
}
