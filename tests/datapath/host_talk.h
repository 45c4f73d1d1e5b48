/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_talk.h - FTP sessions of this machine itself, as the scenarios write them: TCP
 * connections that a station has with this machine, and holes of their sessions.
 *
 * Sessions and holes are written into the tables by hand: how the programs of host mode
 * come to them is tested elsewhere.
 *
 * Who may include it: scenarios_host*.c.
 */
#ifndef PINHOLE_TESTS_HOST_TALK_H
#define PINHOLE_TESTS_HOST_TALK_H

#include "tests/datapath/grant_talk.h"

#define HOST_LIST                                                  \
	"access-list box permit tcp any4 any4 eq ftp\n"            \
	"access-list box permit tcp any6 any6 eq ftp\n"            \
	"access-list box permit tcp any4 any4 range 60000 60100\n" \
	"access-list box permit tcp any6 any6 range 60000 60100\n" \
	"access-list box permit tcp any4 any4 eq ssh\n"            \
	"access-list box permit tcp any6 any6 eq ssh\n"
#define HOST_BOUND "access-group box in interface outside control-plane\n"

static const char policy_host[] __attribute__((unused)) = INTERFACES HOST_LIST HOST_BOUND
	"fixup protocol ftp 21\n";

/* Its lines, by family with DUAL_LINE(). */
enum host_line { HOST_FTP_LINE = 1, HOST_RANGE_LINE = 3, HOST_SSH_LINE = 5 };

#define DATA_PORT 40021 /* what a listening socket of this machine has */
#define OPEN_PORT 60001 /* which the list permits */

enum who { PEER = 0, US };

/* A TCP connection between a station and this machine. */
struct link {
	struct scenario *s;
	const char *peer;
	const char *us;
	__u16 peer_port;
	__u16 our_port;
	enum dev dev;
	__u32 next[2]; /* by enum who: what it sends next */
	struct world_flow flow;
};

/* Zero means the usual: an ACK that gets in, and changes no event. */
struct segment {
	__u8 flags;
	__u16 fill;
	__s32 seq;	  /* how far from where its sender stands */
	enum dev in_also; /* 1 + the device that it comes in on, if not the link's */
	enum ph_reason result;
	unsigned int line;
	__u64 events;
};

/* Between the scenario's client and this machine's outside address. */
struct link link_of(struct scenario *s, __u16 peer_port, __u16 our_port);

/* As another station, or to another address of ours. */
void link_move(struct link *l, const char *peer, const char *us);

/* The frame of a segment. Return: its length */
size_t link_build(const struct link *l, enum who from, const struct segment *seg,
		  __u8 *bytes);

/* The station's: at TC; in the XDP half of a scenario at XDP before, where it leaves no
 * trace. */
void link_hears(struct link *l, const struct segment *seg, int line);
/* This machine's, by TC egress. */
void link_says(struct link *l, const struct segment *seg, int line);

#define HEAR(l, ...) link_hears((l), &(const struct segment){__VA_ARGS__}, __LINE__)
#define OUR(l, ...)  link_says((l), &(const struct segment){__VA_ARGS__}, __LINE__)
#define DENIED	     .result = PH_DROP_ACL_IMPLICIT

/* A frame comes in. */
void link_takes(struct scenario *s, struct packet_row *row, int line);

/* Return: whether the table has it */
bool link_find(const struct link *l, enum table table, struct conn *out);

/* The state of its entry; 0xff: it has none. */
__u8 link_state(const struct link *l);

/* A control connection that the station has opened, and its session. */
struct host_control {
	struct link link;
	struct control session;
	unsigned int line; /* of the list, that counts each packet */
};

/* The handshake with port 21. */
void host_open(struct host_control *c, struct scenario *s, __u16 peer_port);

/* One that this machine has opened. */
void host_dial(struct host_control *c, struct scenario *s, __u16 our_port);

/* The entry as it is now. */
void host_read(struct host_control *c);

/* A hole of the session: whoever is at the other end may dial our_port. */
void host_hole(struct host_control *c, __u16 our_port, bool data_port_only);

/* A data connection through a hole that stands, its handshake. */
void host_data(struct link *l);

#endif /* PINHOLE_TESTS_HOST_TALK_H */
