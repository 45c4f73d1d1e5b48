/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dialogue.h - an FTP control connection, text by text: who said what, what came
 * out of it at the other side, what the session is then.
 *
 * Why it exists: the rows of check.h compare every counter and byte of one
 * packet. Here it is the dialogue that matters.
 *
 * Who may include it: the scenarios. At TC, over IPv4. No text may grow or shrink
 * on its way: both ends would count differently, and here they do not.
 */
#ifndef PINHOLE_TESTS_DIALOGUE_H
#define PINHOLE_TESTS_DIALOGUE_H

#include <pinhole/abi_ftp.h>

#include "tests/datapath/converse.h"

struct dialogue {
	struct scenario *s;
	__u16 client_port;
	__u16 server_port;
	__u32 next[2]; /* what each end sends next, by enum end */
	struct world_run out;
};

/* What became of a segment. */
struct heard {
	bool forwarded; /* as data */
	bool reset;	/* a RST was forwarded instead */
	bool answered;	/* a RST went back */
	__u32 len;	/* of the payload that was forwarded */
	const char *text;
	enum ph_reason reason; /* why it was dropped; 0: it was not */
};

/* The handshake. Return: what became of the segment that completes it. */
struct heard dialogue_dial(struct dialogue *d, struct scenario *s, __u16 server_port);

/* The same, which must succeed. */
void dialogue_open(struct dialogue *d, struct scenario *s, __u16 server_port);

/* One end cuts the connection. */
struct heard dialogue_reset(struct dialogue *d, enum end end);

/* One end says len bytes, and has said them, whatever became of them. */
struct heard dialogue_say(struct dialogue *d, enum end end, const void *bytes,
			  size_t len);

/* The bytes at an offset from where the end stands, which does not move. */
struct heard dialogue_say_at(struct dialogue *d, enum end end, __s32 offset,
			     const void *bytes, size_t len);

/* The session; all zeros if there is none. */
struct ftp_session dialogue_session(const struct dialogue *d);

/* A SYN, dropped or forwarded. */
bool dialogue_dials(const struct dialogue *d, enum end from, __u16 sport, __u16 dport);

#define CLIENT_TEXT(d, text) dialogue_say((d), END_CLIENT, text, sizeof(text) - 1)
#define SERVER_TEXT(d, text) dialogue_say((d), END_SERVER, text, sizeof(text) - 1)

/* Said, and forwarded whole. */
#define PASSES(d, heard_) dialogue_passes((d), (heard_), __LINE__)
void dialogue_passes(struct dialogue *d, struct heard heard, int line);

#endif /* PINHOLE_TESTS_DIALOGUE_H */
