/* SPDX-License-Identifier: GPL-2.0 */
/*
 * talk.h - the packets of a connection, as the scenarios write them.
 *
 * Who may include it: the scenarios.
 */
#ifndef PINHOLE_TESTS_TALK_H
#define PINHOLE_TESTS_TALK_H

#include "tests/datapath/check.h"
#include "tests/datapath/policies.h"

#define SYN	TCP_SYN
#define SYN_ACK (TCP_SYN | TCP_ACK)
#define ACK	TCP_ACK
#define FIN_ACK (TCP_FIN | TCP_ACK)
#define RST	TCP_RST

/* Where a packet from there to there goes when it is forwarded. */
#define TO_SERVER \
	.result = PH_FORWARD, .out = DEV_INSIDE, .new_dst = SERVER, .next_hop = 10
#define TO_CLIENT                                                                      \
	.in = DEV_INSIDE, .result = PH_FORWARD, .out = DEV_OUTSIDE, .new_src = MAPPED, \
	.next_hop = 50

/*
 * The outside client and the translated server, on the FTPS port. What the flags
 * say decides the numbers: a SYN has its sender's first one, all else the next;
 * nobody has sent any data. Conversations with data: converse.h.
 */
#define TALK_CLIENT_ISN	     1000u
#define TALK_SERVER_ISN	     70000u
#define TALK_SEQ(isn, flags) ((isn) + !((flags)&TCP_SYN))
#define TALK_ACK(isn, flags) ((flags)&TCP_ACK ? (isn) + 1 : 0)
#define CLIENT_SENDS(flags_)                                \
	.frame = {.src = CLIENT,                            \
		  .dst = MAPPED,                            \
		  .proto = IPPROTO_TCP,                     \
		  .sport = 40000,                           \
		  .dport = 990,                             \
		  .seq = TALK_SEQ(TALK_CLIENT_ISN, flags_), \
		  .ack = TALK_ACK(TALK_SERVER_ISN, flags_), \
		  .flags = (flags_)}
#define SERVER_SENDS(flags_)                                \
	.frame = {.src = SERVER,                            \
		  .dst = CLIENT,                            \
		  .proto = IPPROTO_TCP,                     \
		  .sport = 990,                             \
		  .dport = 40000,                           \
		  .seq = TALK_SEQ(TALK_SERVER_ISN, flags_), \
		  .ack = TALK_ACK(TALK_CLIENT_ISN, flags_), \
		  .flags = (flags_)}

static const struct world_flow talk_flow = {
	.a = CLIENT, .b = SERVER, .proto = IPPROTO_TCP, .a_port = 40000, .b_port = 990};

/* What the client sends, forwarded. Known: an entry exists. */
#define CLIENT_SAYS(s, flags_) STEP(s, CLIENT_SENDS(flags_), TO_SERVER, .known = true)
#define SERVER_SAYS(s, flags_) STEP(s, SERVER_SENDS(flags_), TO_CLIENT, .known = true)

#define HANDSHAKE(s)                                                      \
	do {                                                              \
		STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS); \
		SERVER_SAYS(s, SYN_ACK);                                  \
		STEP(s, CLIENT_SENDS(ACK), TO_SERVER, .known = true,      \
		     .events = EVENT(CONN_CREATED));                      \
	} while (0)

/* How many entries there are: half-open ones and connections. */
#define CHECK_TABLES(s, half_open_, conns_)                                     \
	do {                                                                    \
		CHECK(s, world_count((s)->w, TABLE_HALF_OPEN) == (half_open_)); \
		CHECK(s, world_count((s)->w, TABLE_CONNS) == (conns_));         \
	} while (0)

#endif /* PINHOLE_TESTS_TALK_H */
