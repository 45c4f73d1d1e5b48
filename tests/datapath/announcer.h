/* SPDX-License-Identifier: GPL-2.0 */
/*
 * announcer.h - an FTP control connection of which one end, inside and behind
 * translation, sends a text in pieces, and the other puts together what comes.
 *
 * Why it exists: where texts grow and shrink on their way the two ends count
 * differently. Here each counts as it would: the sender by the acknowledgements
 * that come back to it, the receiver by the numbers that reach it. Every byte
 * that reaches it twice must be the same, and every packet's checksums right.
 *
 * Who may include it: the scenarios. At TC.
 */
#ifndef PINHOLE_TESTS_ANNOUNCER_H
#define PINHOLE_TESTS_ANNOUNCER_H

#include "tests/datapath/converse.h"

#define ANNOUNCER_TEXT_MAX 32768
#define ANNOUNCER_MTU	   1500 /* of the device that its packets leave by */

/* As which the inside host of IPv6 is seen. */
#define ANNOUNCER_LONG	"2001:1db8:eeee:1111:2222:3333:4444:5555"
#define ANNOUNCER_SHORT "2001:db8::a"

struct announcer {
	struct scenario *s;
	bool server; /* it is the server; else the client */
	bool v6;
	const char *seen; /* its mapped address */
	const char *text; /* what it sends, from its first byte on */
	__u32 len;
	__u32 acked;	 /* what was acknowledged to it */
	__u32 peer_sent; /* bytes that the other end has sent */
	/* The other end. */
	__u8 byte[ANNOUNCER_TEXT_MAX];
	bool known[ANNOUNCER_TEXT_MAX];
	__u32 next; /* first byte missing */
	bool differs;
	/* What came out last. */
	bool out;
	__u32 out_at; /* offset in the stream, as the other end counts */
	__u32 out_len;
	__u8 out_flags;
	struct world_run run;
};

/* Forget everything; the handshake. @seen: as which it is seen if it speaks IPv6;
 * NULL: it speaks IPv4 and is MAPPED */
void announcer_open(struct announcer *a, struct scenario *s, const char *seen,
		    bool server, const char *text);

/* It sends [at, at + len) of its text. @flags: 0: ACK. Return: whether a packet
 * came out. */
bool announcer_sends(struct announcer *a, __u32 at, __u32 len, __u8 flags);

/* The other end acknowledges what it has. Return: a->acked. */
__u32 announcer_hears(struct announcer *a);

/* The other end sends a text. */
void announcer_is_told(struct announcer *a, const char *text);

/* Whether the other end has just this. */
bool announcer_arrived(const struct announcer *a, const char *want);

/* Whether there is one hole and it leads to the real address and this port. */
bool announcer_waits(const struct announcer *a, __u16 port);

/* A bare packet of the other end with these TCP options, acknowledging up to
 * `ack` as it counts; a->run has what came out. IPv4. */
bool announcer_hears_options(struct announcer *a, __u32 ack, const __u8 *options,
			     __u8 len);

#endif /* PINHOLE_TESTS_ANNOUNCER_H */
