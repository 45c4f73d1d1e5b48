/* SPDX-License-Identifier: GPL-2.0 */
/*
 * converse.h - a TCP conversation of either family, with the numbers that its
 * ends have really come to.
 *
 * Who may include it: the scenarios. Policy: policy_dual, or one like it.
 */
#ifndef PINHOLE_TESTS_CONVERSE_H
#define PINHOLE_TESTS_CONVERSE_H

#include "tests/datapath/talk.h"

enum end { END_CLIENT = 0, END_SERVER };

/* The stations of the scenario's family. */
struct stations {
	const char *client;
	const char *mapped;
	const char *server;
	const char *workstation;
	const char *our_outside;
};

const struct stations *stations_of(const struct scenario *s);

/* What is sent from one end to the other, whichever protocol: a row that expects
 * it to be forwarded, for the caller to change. */
struct packet_row row_between(const struct scenario *s, enum end from);

/* A packet of a protocol other than TCP between the two: UDP from port 5353 to
 * 53, echo of the family (IPPROTO_ICMP), or what has no ports. Zero means the
 * usual: forwarded, its entry known. */
struct tells {
	__u8 end; /* enum end: who */
	__u8 proto;
	__u16 fill;
	bool no_check;	       /* UDP without a checksum */
	enum ph_reason result; /* the drop reason */
	bool opens;	       /* makes the half-open entry */
	__u64 events;
};

void station_tell(struct scenario *s, const struct tells *tells, int line);

#define TELL(s, ...) station_tell((s), &(const struct tells){__VA_ARGS__}, __LINE__)

/* What its connection is found by. */
struct world_flow flow_of(const struct scenario *s, __u8 proto);

struct conversation {
	struct scenario *s;
	__u16 port;    /* the client's; the server's is 990 */
	__u32 isn[2];  /* by enum end */
	__u32 next[2]; /* what each end sends next */
	struct world_flow flow;
};

/* The numbers of both ends wrap soon. */
void conversation_begin(struct conversation *c, struct scenario *s, __u16 port);

/* A segment. Zero means the usual: forwarded, from where its sender stands. */
struct says {
	__u8 end;   /* enum end: who */
	__u8 flags; /* 0: ACK */
	bool no_ack;
	__u16 fill;
	__s32 seq; /* how far from where its sender stands */
	__s32 ack; /* and the acknowledgement from where the other one does */
	__u16 window;
	__u8 wscale;	       /* 1 + scale */
	enum ph_reason result; /* the drop reason */
	bool opens;	       /* makes the half-open entry */
	__u64 events;
};

void conversation_say(struct conversation *c, const struct says *says, int line);

/* Its frame, without sending it. Return: the length. */
size_t conversation_build(const struct conversation *c, const struct says *says,
			  __u8 *bytes);

#define SAY(c, ...)  conversation_say((c), &(const struct says){__VA_ARGS__}, __LINE__)
#define CLIENT_(...) .end = END_CLIENT, ##__VA_ARGS__
#define SERVER_(...) .end = END_SERVER, ##__VA_ARGS__

/* SYN, SYN-ACK, ACK. */
void conversation_open(struct conversation *c);

/* Return: whether the table has it. */
bool conversation_find(const struct conversation *c, enum table table, struct conn *out);

/* Its state; 0xff: it is in no table. */
__u8 conversation_state(const struct conversation *c);

#endif /* PINHOLE_TESTS_CONVERSE_H */
