/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl_talk.h - packets between the outside client and a workstation inside, or this
 * machine, and what access-list lines count of them. Nothing is translated.
 *
 * Who may include it: the scenarios about access lists.
 */
#ifndef PINHOLE_TESTS_ACL_TALK_H
#define PINHOLE_TESTS_ACL_TALK_H

#include "tests/datapath/converse.h"

enum acl_party { ACL_CLIENT = 0, ACL_WORKSTATION, ACL_BOX };

/* A packet. Zero means the usual: UDP from port 7000 to 53, from the client to the
 * workstation, forwarded, its entry known. */
struct acl_says {
	enum acl_party from;
	enum acl_party to; /* 0: the workstation, or of its packets the client */
	__u8 proto;
	__u8 flags;
	__u32 seq;
	__u32 ack;
	__u16 sport;
	__u16 dport;
	__u16 fill;
	__u16 piece; /* of a fragment: bytes, a multiple of 8; 0: send it whole */
	__u16 off;   /* where it begins */
	enum ph_reason result;
	unsigned int line; /* that judges it: IPv4's, of a pair for both families */
	unsigned int line_also;
	bool opens;
	__u64 events;
};

/* Return: its length as IP counts. */
__u16 acl_say(struct scenario *s, const struct acl_says *says, int at);

#define ACL_SAY(s, ...) acl_say((s), &(const struct acl_says){__VA_ARGS__}, __LINE__)

/* Begin to count. */
void acl_tally_begin(struct scenario *s);

/* Whether a line has counted just so much since then; of the generation in force.
 * @line: IPv4's, of a pair for both families */
bool acl_tally(struct scenario *s, unsigned int line, __u64 hits, __u64 packets,
	       __u64 bytes);

/* Whether no line of either generation has counted anything. */
bool acl_tally_none(struct scenario *s);

#endif /* PINHOLE_TESTS_ACL_TALK_H */
