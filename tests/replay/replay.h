/* SPDX-License-Identifier: GPL-2.0 */
/*
 * replay.h - a replay: connections with two ends that behave as TCP does, and
 * what is observed while they talk through the gateway.
 *
 * Who may include it: tests/replay.
 */
#ifndef PINHOLE_TESTS_REPLAY_H
#define PINHOLE_TESTS_REPLAY_H

#include "tests/replay/gateway.h"
#include "tests/replay/stream.h"

#define REPLAY_MAX_CONNS 4096
#define REPLAY_MAX_NOTED 100 /* dropped packets and violations that are listed */
#define REPLAY_MAX_OPEN	 1024
#define REPLAY_SHIFTS	 512

/* Where the numbers of a direction were shifted: from byte `from` on, as its
 * sender counts, by so much. */
struct shift {
	__u32 from;
	__u32 by;
};

/* One end of a connection. Offsets count from the first byte of data. */
struct end {
	struct ph_addr addr;
	struct ph_addr peer; /* the other as it is seen from here */
	__u16 port;
	__u16 peer_port;
	bool inside;
	__u32 isn;
	__u32 next; /* highest sequence number sent, FIN included */
	__u32 una;  /* first one not acknowledged */
	struct stream sent;
	bool syn_seen; /* the peer's SYN has come */
	__u32 peer_isn;
	struct stream got;
	bool fin_sent;
	bool fin_seen;
	bool reset;  /* a RST has come */
	size_t read; /* bytes of got that the script has seen */
	/* Recordings: how what this end says is numbered at the other. */
	struct shift shift[REPLAY_SHIFTS];
	size_t n_shifts;
};

#define CLIENT_END 0
#define SERVER_END 1

struct talk {
	struct end end[2];
	bool control;
	bool forged; /* an end repeats itself in other words on purpose */
	bool ended;  /* the gateway has ended it */
};

/* How packets are treated on their way. */
struct road {
	unsigned int lose_before; /* so many of the next do not reach the gateway */
	unsigned int lose_behind; /* so many do not get from there to their receiver */
};

struct replay {
	struct gateway g;
	struct talk *talk[REPLAY_MAX_CONNS];
	size_t n_talks;
	struct road road;
	double time;	      /* of the packet in hand, in seconds since the first */
	unsigned long packet; /* its number in the recording; else a count */
	unsigned long
		packets; /* fed, those that the ends repeat by themselves included */
	unsigned long repeated; /* these */
	unsigned long rewritten;
	bool verbose;
	int last_drop; /* as outcome.dropped */

	struct watch *watch;
	json_t *dropped;    /* {packet, reason} */
	json_t *resets;	    /* {packet, to, from} */
	json_t *violations; /* what no gateway may do */
	unsigned long n_violations;
};

/* Forget the last replay; put the setup's policy in force. Return: false where it
 * is none. */
bool replay_begin(struct replay *r);
void replay_end(struct replay *r);

void replay_violation(struct replay *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A connection between two placed hosts. Return: borrowed. */
struct talk *replay_talk(struct replay *r, const struct ph_addr *client,
			 __u16 client_port, const struct ph_addr *server,
			 __u16 server_port);

/*
 * Send one segment of an end; ports and addresses are filled in here. What comes
 * out of the gateway is delivered to whom it is addressed.
 * Return: whether the other end got a segment.
 */
bool talk_send(struct replay *r, struct talk *t, int from, struct segment *s);

/* The same by its flags and bytes, with the numbers that are due. */
bool talk_say(struct replay *r, struct talk *t, int from, __u8 flags, const void *data,
	      size_t len);

/* Repeat what is in `sent`, from an offset on. */
bool talk_repeat(struct replay *r, struct talk *t, int from, size_t at, size_t len);

/* Acknowledge all that has come. */
bool talk_ack(struct replay *r, struct talk *t, int from);

bool talk_handshake(struct replay *r, struct talk *t);

/* As TCP does: acknowledge and repeat until the other end has all that was sent.
 * Where that does not succeed the connection is wedged, which is a violation. */
void talk_settle(struct replay *r, struct talk *t, int from);

/* Whether either end was reset or silenced. */
bool talk_is_over(const struct talk *t);

/* ---- watch.c: what is open, and what was ---- */

struct watch *watch_new(void);
void watch_free(struct watch *watch);

/* Compare holes and sessions with what they were before the packet in hand. */
void watch_look(struct replay *r);

size_t watch_n_holes(const struct replay *r);

/* Whether there is one; addresses real. */
bool watch_has_hole(const struct replay *r, const struct ph_addr *src,
		    const struct ph_addr *dst, __u16 port);

json_t *watch_holes(const struct replay *r);
json_t *watch_sessions(const struct replay *r);

/* ---- report.c ---- */

/* Return: a new reference. */
json_t *report_make(const struct replay *r);

/* ---- what is replayed ---- */

/* Return: 0, 1 where an expectation failed, 2 where the file is no dialogue. */
int dialogue_run(struct replay *r, const char *path, json_t **report);

struct recording_options {
	const char *inside; /* network, ADDR/LEN; NULL: servers are inside */
};

/* Return: 0, or 2 where the file cannot be read. */
int recording_run(struct replay *r, const char *path,
		  const struct recording_options *options, json_t **report);

#endif /* PINHOLE_TESTS_REPLAY_H */
