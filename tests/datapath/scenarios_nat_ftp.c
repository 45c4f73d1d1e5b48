// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_nat_ftp.c - FTP where ports are translated: what is announced is seen as
 * another address and another port, or is not seen at all.
 */
#include "tests/datapath/ftp_talk.h"
#include "tests/datapath/nat_rules.h"

#define SEEN_INSIDE "10.0.0.250" /* seen from inside: the client */

static const char policy_ftp_ports[] = INTERFACES
	"access-list out permit tcp any host " OUR_OUTSIDE " eq 2121\n"
	"access-group out in interface outside\n"
	"fixup protocol ftp 21\n";

#define SERVER_SEEN                                                    \
	.real_if = IF_INSIDE, .mapped_if = IF_OUTSIDE, .real = SERVER, \
	.proto = IPPROTO_TCP
#define WORKSTATION_SEEN \
	.real_if = IF_INSIDE, .mapped_if = IF_OUTSIDE, .real = WORKSTATION
#define CLIENT_SEEN \
	.real_if = IF_OUTSIDE, .mapped_if = IF_INSIDE, .real = CLIENT, .peer = WORKSTATION

static void put_ports(struct policy_image *image)
{
	static const struct nat_rule_text rules[] = {
		{SERVER_SEEN, .mapped = OUR_OUTSIDE, .real_port = 21, .mapped_port = 2121,
		 .n_ports = 1},
		{SERVER_SEEN, .mapped = OUR_OUTSIDE, .real_port = 60000,
		 .mapped_port = 50000, .n_ports = 100},
		{SERVER_SEEN, .mapped = MAPPED, .real_port = 61000, .mapped_port = 50000,
		 .n_ports = 100},
		{WORKSTATION_SEEN, .mapped = MAPPED, .proto = IPPROTO_TCP,
		 .real_port = 30000, .mapped_port = 20000, .n_ports = 100},
		{WORKSTATION_SEEN, .mapped = MAPPED},
	};

	nat_rules_put(image, rules, sizeof(rules) / sizeof(rules[0]));
}

static void put_twice(struct policy_image *image)
{
	static const struct nat_rule_text rules[] = {
		{WORKSTATION_SEEN, .mapped = MAPPED, .proto = IPPROTO_TCP,
		 .real_port = 30000, .mapped_port = 20000, .n_ports = 100},
		{WORKSTATION_SEEN, .mapped = MAPPED},
		{CLIENT_SEEN, .mapped = SEEN_INSIDE, .proto = IPPROTO_TCP,
		 .real_port = 5000, .mapped_port = 6000, .n_ports = 100},
		{CLIENT_SEEN, .mapped = SEEN_INSIDE},
	};

	nat_rules_put(image, rules, sizeof(rules) / sizeof(rules[0]));
}

#define LEN(text) ((int)sizeof(text) - 1)

/* ---- the server's ports are translated ---- */

#define CLIENT_FRAME(text, seq_, ack_, flags_) \
	.frame = {.src = CLIENT,               \
		  .dst = OUR_OUTSIDE,          \
		  .proto = IPPROTO_TCP,        \
		  .sport = 40001,              \
		  .dport = 2121,               \
		  .flags = (flags_),           \
		  .payload = (text),           \
		  .seq = CLIENT_ISN + (seq_),  \
		  .ack = (flags_)&TCP_ACK ? SERVER_ISN + (ack_) : 0}
#define CLIENT_TELLS(text, seq_, ack_)                                             \
	CLIENT_FRAME(text, seq_, ack_, ACK | TCP_PSH), TO_SERVER, .new_dport = 21, \
								  .known = true
#define SERVER_FRAME(text, seq_, ack_, flags_) \
	.frame = {.src = SERVER,               \
		  .dst = CLIENT,               \
		  .proto = IPPROTO_TCP,        \
		  .sport = 21,                 \
		  .dport = 40001,              \
		  .flags = (flags_),           \
		  .payload = (text),           \
		  .seq = SERVER_ISN + (seq_),  \
		  .ack = CLIENT_ISN + (ack_)}, \
	.in = DEV_INSIDE
#define FROM_OUR_OUTSIDE                                                         \
	.result = PH_FORWARD, .out = DEV_OUTSIDE, .next_hop = 50, .known = true, \
	.new_src = OUR_OUTSIDE, .new_sport = 2121
#define SERVER_TELLS(text, seq_, ack_) \
	SERVER_FRAME(text, seq_, ack_, ACK | TCP_PSH), FROM_OUR_OUTSIDE

static void open_control(struct scenario *s)
{
	STEP(s, CLIENT_FRAME("", 0, 0, SYN), TO_SERVER, .new_dport = 21, .line = 1);
	STEP(s, SERVER_FRAME("", 0, 1, SYN_ACK), FROM_OUR_OUTSIDE);
	STEP(s, CLIENT_TELLS("", 1, 1),
	     .events = EVENT(CONN_CREATED) | EVENT(FTP_SESSION_OPENED));
}

#define PASV	  "PASV\r\n"
#define EPSV	  "EPSV\r\n"
#define PASV_REAL "227 Entering Passive Mode (10,0,0,10,234,97).\r\n"
#define PASV_SEEN "227 Entering Passive Mode (203,0,113,1,195,81).\r\n"
#define EPSV_REAL "229 Entering Extended Passive Mode (|||60002|)\r\n"
#define EPSV_SEEN "229 Entering Extended Passive Mode (|||50002|)\r\n"
#define GROWTH	  (LEN(PASV_SEEN) - LEN(PASV_REAL))

/* A client dials what it was told, and arrives where the server waits. */
static void dial(struct scenario *s, __u16 seen, __u16 real)
{
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = OUR_OUTSIDE,
		       .proto = IPPROTO_TCP,
		       .sport = 41000,
		       .dport = seen,
		       DATA_NUMBERS(SYN, DIALER_ISN, 0)},
	     TO_SERVER, .new_dport = real);
	STEP(s,
	     .frame = {.src = SERVER,
		       .dst = CLIENT,
		       .proto = IPPROTO_TCP,
		       .sport = real,
		       .dport = 41000,
		       DATA_NUMBERS(SYN_ACK, TAKER_ISN, DIALER_ISN)},
	     .in = DEV_INSIDE, .result = PH_FORWARD, .out = DEV_OUTSIDE, .next_hop = 50,
	     .known = true, .new_src = OUR_OUTSIDE, .new_sport = seen);
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = OUR_OUTSIDE,
		       .proto = IPPROTO_TCP,
		       .sport = 41000,
		       .dport = seen,
		       DATA_NUMBERS(ACK, DIALER_ISN, TAKER_ISN)},
	     TO_SERVER, .new_dport = real, .known = true,
	     .events = EVENT(CONN_CREATED) | EVENT(HOLE_USED));
}

static void passive_ports_are_rewritten(struct scenario *s)
{
	open_control(s);
	STEP(s, CLIENT_TELLS(PASV, 1, 1));
	STEP(s, SERVER_TELLS(PASV_REAL, 1, 1 + LEN(PASV)), .new_payload = PASV_SEEN,
	     .events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	/* Repeated, it is what it was. */
	STEP(s, SERVER_TELLS(PASV_REAL, 1, 1 + LEN(PASV)), .new_payload = PASV_SEEN);
	dial(s, 50001, 60001);
	STEP(s, CLIENT_TELLS(EPSV, 1 + LEN(PASV), 1 + LEN(PASV_SEEN)),
	     .ack_shift = -GROWTH);
	STEP(s, SERVER_TELLS(EPSV_REAL, 1 + LEN(PASV_REAL), 1 + LEN(PASV EPSV)),
	     .new_payload = EPSV_SEEN, .seq_shift = GROWTH,
	     .events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	CHECK(s, world_count(s->w, TABLE_HOLES) == 1);
	/* The hole is for the real port, and that is not how it is seen. */
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = SERVER,
		       .proto = IPPROTO_TCP,
		       .sport = 41001,
		       .dport = 60002},
	     .result = PH_DROP_NAT_REVERSE);
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = OUR_OUTSIDE,
		       .proto = IPPROTO_TCP,
		       .sport = 41001,
		       .dport = 50003},
	     .result = PH_DROP_ACL_IMPLICIT);
}

/* A server that knows its address out there, but not its ports. */
static void known_address_unknown_port(struct scenario *s)
{
	static const char told[] = "227 =203,0,113,1,234,97\r\n";
	static const char seen[] = "227 =203,0,113,1,195,81\r\n";

	open_control(s);
	STEP(s, CLIENT_TELLS(PASV, 1, 1));
	STEP(s, SERVER_TELLS(told, 1, 1 + LEN(PASV)), .new_payload = seen,
	     .events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	dial(s, 50001, 60001);
}

static void unseen_ports_open_nothing(struct scenario *s)
{
	static const char none[] = "227 (10,0,0,10,156,64)\r\n"; /* 40000: no rule */
	static const char other[] = "229 (|||61000|)\r\n"; /* seen as another address */

	open_control(s);
	STEP(s, CLIENT_TELLS(PASV, 1, 1));
	STEP(s, SERVER_TELLS(none, 1, 1 + LEN(PASV)), .events = EVENT(HOLE_DENY_OTHER));
	STEP(s, CLIENT_TELLS(EPSV, 1 + LEN(PASV), 1 + LEN(none)));
	STEP(s, SERVER_TELLS(other, 1 + LEN(none), 1 + LEN(PASV EPSV)),
	     .events = EVENT(HOLE_DENY_OTHER));
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
}

/* What is announced cannot be changed before its port is known: the line is kept
 * back from its address on, and goes when it is whole. */
static void split_announcements_wait(struct scenario *s)
{
	static const char before[] = "227 Entering Passive Mode (";
	static const char rest[] = "10,0,0,10,234,97).\r\n";
	static const char rest_seen[] = "203,0,113,1,195,81).\r\n";
	static const char epsv[] = "229 (|||";
	int at = 1 + LEN(before);

	open_control(s);
	STEP(s, CLIENT_TELLS(PASV, 1, 1));
	STEP(s, SERVER_TELLS("227 Entering Passive Mode (10,0,0,10,2", 1, 1 + LEN(PASV)),
	     .new_payload = before);
	STEP(s, SERVER_FRAME("34,97).\r\n", at + 11, 1 + LEN(PASV), ACK),
	     .result = PH_DROP_FTP_SEGMENT);
	STEP(s, SERVER_FRAME("10,0,0,10,2", at, 1 + LEN(PASV), ACK),
	     .result = PH_DROP_FTP_SEGMENT);
	STEP(s, SERVER_FRAME("10,0,0,10,234,97).", at, 1 + LEN(PASV), ACK),
	     .result = PH_DROP_FTP_SEGMENT);
	STEP(s, SERVER_TELLS(rest, at, 1 + LEN(PASV)), .new_payload = rest_seen,
	     .events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	STEP(s, CLIENT_TELLS(EPSV, 1 + LEN(PASV), 1 + LEN(PASV_SEEN)),
	     .ack_shift = -GROWTH);
	at += LEN(rest);
	STEP(s, SERVER_TELLS("229 (|||600", at, 1 + LEN(PASV EPSV)), .new_payload = epsv,
	     .seq_shift = GROWTH);
	at += LEN(epsv);
	STEP(s, SERVER_TELLS("60002|)\r\n", at, 1 + LEN(PASV EPSV)),
	     .new_payload = "50002|)\r\n", .seq_shift = GROWTH,
	     .events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	dial(s, 50002, 60002);
}

/* ---- the client's are ---- */

#define OUR_CLIENT_FRAME(server, text, seq_, ack_, flags_)            \
	.frame = {.src = WORKSTATION,                                 \
		  .dst = (server),                                    \
		  .proto = IPPROTO_TCP,                               \
		  .sport = 40001,                                     \
		  .dport = 21,                                        \
		  .flags = (flags_),                                  \
		  .payload = (text),                                  \
		  .seq = CLIENT_ISN + (seq_),                         \
		  .ack = (flags_)&TCP_ACK ? SERVER_ISN + (ack_) : 0}, \
	TO_CLIENT
#define THEIR_SERVER_FRAME(text, seq_, ack_, flags_)                                     \
	.frame = {.src = CLIENT,                                                         \
		  .dst = MAPPED,                                                         \
		  .proto = IPPROTO_TCP,                                                  \
		  .sport = 21,                                                           \
		  .dport = 40001,                                                        \
		  .flags = (flags_),                                                     \
		  .payload = (text),                                                     \
		  .seq = SERVER_ISN + (seq_),                                            \
		  .ack = CLIENT_ISN + (ack_)},                                           \
	.result = PH_FORWARD, .out = DEV_INSIDE, .new_dst = WORKSTATION, .next_hop = 20, \
	.known = true

#define PORT_REAL "PORT 10,0,0,20,117,48\r\n"
#define PORT_SEEN "PORT 203,0,113,10,78,32\r\n"
#define EPRT_REAL "EPRT |1|10.0.0.20|30001|\r\n"
#define EPRT_SEEN "EPRT |1|203.0.113.10|20001|\r\n"
#define STAY_REAL "PORT 10,0,0,20,121,24\r\n"
#define STAY_SEEN "PORT 203,0,113,10,121,24\r\n"

static void active_ports_are_rewritten(struct scenario *s)
{
	int shift = LEN(PORT_SEEN) - LEN(PORT_REAL);
	int shift_more = shift + LEN(EPRT_SEEN) - LEN(EPRT_REAL);

	STEP(s, OUR_CLIENT_FRAME(CLIENT, "", 0, 0, SYN));
	STEP(s, THEIR_SERVER_FRAME("", 0, 1, SYN_ACK));
	STEP(s, OUR_CLIENT_FRAME(CLIENT, "", 1, 1, ACK), .known = true,
	     .events = EVENT(CONN_CREATED) | EVENT(FTP_SESSION_OPENED));
	STEP(s, OUR_CLIENT_FRAME(CLIENT, PORT_REAL, 1, 1, ACK), .known = true,
	     .new_payload = PORT_SEEN,
	     .events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = MAPPED,
		       .proto = IPPROTO_TCP,
		       .sport = 20,
		       .dport = 20000},
	     .result = PH_FORWARD, .out = DEV_INSIDE, .new_dst = WORKSTATION,
	     .new_dport = 30000, .next_hop = 20);
	STEP(s, OUR_CLIENT_FRAME(CLIENT, EPRT_REAL, 1 + LEN(PORT_REAL), 1, ACK),
	     .known = true, .new_payload = EPRT_SEEN, .seq_shift = shift,
	     .events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	STEP(s, OUR_CLIENT_FRAME(CLIENT, STAY_REAL, 1 + LEN(PORT_REAL EPRT_REAL), 1, ACK),
	     .known = true, .new_payload = STAY_SEEN, .seq_shift = shift_more,
	     .events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
}

/* Each end is something else to the other, in the headers and in the text. */
static void both_ends_are_rewritten(struct scenario *s)
{
	static const char told[] = "227 (203,0,113,50,19,137)\r\n"; /* 5001 */
	static const char seen[] = "227 (10,0,0,250,23,113)\r\n";   /* 6001 */

	STEP(s, OUR_CLIENT_FRAME(SEEN_INSIDE, "", 0, 0, SYN), .new_dst = CLIENT);
	STEP(s, THEIR_SERVER_FRAME("", 0, 1, SYN_ACK), .new_src = SEEN_INSIDE);
	STEP(s, OUR_CLIENT_FRAME(SEEN_INSIDE, "", 1, 1, ACK), .new_dst = CLIENT,
	     .known = true, .events = EVENT(CONN_CREATED) | EVENT(FTP_SESSION_OPENED));
	STEP(s, OUR_CLIENT_FRAME(SEEN_INSIDE, PASV, 1, 1, ACK), .new_dst = CLIENT,
	     .known = true);
	STEP(s, THEIR_SERVER_FRAME(told, 1, 1 + LEN(PASV), ACK), .new_src = SEEN_INSIDE,
	     .new_payload = seen, .events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	STEP(s,
	     .frame = {.src = WORKSTATION,
		       .dst = SEEN_INSIDE,
		       .proto = IPPROTO_TCP,
		       .sport = 41000,
		       .dport = 6001},
	     TO_CLIENT, .new_dst = CLIENT, .new_dport = 5001);
	STEP(s,
	     OUR_CLIENT_FRAME(SEEN_INSIDE, PORT_REAL, 1 + LEN(PASV), 1 + LEN(seen), ACK),
	     .new_dst = CLIENT, .known = true, .new_payload = PORT_SEEN,
	     .ack_shift = LEN(told) - LEN(seen),
	     .events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
}

static const struct scenario_entry entries[] = {
	SCENARIO(passive_ports_are_rewritten, "FTP over ports: passive replies",
		 .policy = policy_ftp_ports, .tweak = put_ports, .tc_only = true),
	SCENARIO(known_address_unknown_port,
		 "FTP over ports: a server that knows its address but not its ports",
		 .policy = policy_ftp_ports, .tweak = put_ports, .tc_only = true),
	SCENARIO(unseen_ports_open_nothing,
		 "FTP over ports: what nobody sees opens nothing, and stays as it is",
		 .policy = policy_ftp_ports, .tweak = put_ports, .tc_only = true),
	SCENARIO(split_announcements_wait,
		 "FTP over ports: a split announcement goes when it is whole",
		 .policy = policy_ftp_ports, .tweak = put_ports, .tc_only = true),
	SCENARIO(active_ports_are_rewritten, "FTP over ports: active commands",
		 .policy = policy_ftp_ports, .tweak = put_ports, .tc_only = true),
	SCENARIO(both_ends_are_rewritten, "FTP over ports: both ends at once",
		 .policy = policy_ftp_ports, .tweak = put_twice, .tc_only = true),
};

void scenarios_nat_ftp(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
