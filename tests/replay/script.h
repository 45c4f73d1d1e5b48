/* SPDX-License-Identifier: GPL-2.0 */
/*
 * script.h - a dialogue while it is spoken.
 *
 * Who may include it: tests/replay: dialogue.c, act.c, expect.c.
 */
#ifndef PINHOLE_TESTS_SCRIPT_H
#define PINHOLE_TESTS_SCRIPT_H

#include "tests/replay/replay.h"
#include "tests/replay/words.h"

#define SCRIPT_MAX_TALKS    8
#define SCRIPT_MAX_DATA	    64
#define SCRIPT_MAX_SEGMENTS 4096 /* remembered for `retransmit` */

struct sent_segment {
	struct talk *talk;
	int who;
	size_t at;
	size_t len;
};

struct script {
	struct replay *r;
	const char *path;
	unsigned int line;  /* being spoken, from 1 */
	unsigned int round; /* of `repeat` */

	/* Each cut of a line with a star is a pass of its own. */
	size_t pass;
	size_t passes;

	/* Real addresses. */
	struct ph_addr client, server, third;
	bool client_inside;
	bool begun; /* the policy is in force */
	__u16 next_port;
	bool isn_given[2];
	__u32 isn[2];

	struct talk *talk[SCRIPT_MAX_TALKS];
	size_t n_talks;
	struct talk *now; /* the control connection in hand; NULL: none yet */
	struct talk *data[SCRIPT_MAX_DATA];
	size_t n_data;
	int heard; /* whose turn it was to listen last */

	size_t split;	/* cut what follows every so many bytes; 0: not */
	size_t mss;	/* bytes of the longest segment */
	bool reorder;	/* the next line's segments go in reverse order */
	bool unsettled; /* nobody repeats anything by himself */
	struct sent_segment segment[SCRIPT_MAX_SEGMENTS];
	size_t n_segments;

	unsigned int checked;
	json_t *failed;
	char wrong[256]; /* the line cannot be understood: why */
};

/* The line makes no sense; what is said goes on no further. Return: false. */
bool script_wrong(struct script *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* An expectation was or was not met. Return: true. */
bool script_check(struct script *s, bool ok, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Put the policy in force, unless it is. Return: false where it is none. */
bool script_begin(struct script *s);

/* client, server, third, or an address; real. */
bool script_host(struct script *s, const char *name, struct ph_addr *out);

/* HOST:PORT; the port is 0 where there is none. IPv6 addresses in brackets. */
bool script_place(struct script *s, const char *text, struct ph_addr *addr, __u16 *port);

/* act.c. Return: false where the line could not be understood. *known: whether
 * the word is one of this file's. */
bool act_say(struct script *s, const char *line);
bool act_do(struct script *s, const char *word, const char *rest, bool *known);

/* expect.c */
bool expect_that(struct script *s, const char *rest);
/* "C< text", and "S< text" */
bool expect_heard(struct script *s, const char *line);

#endif /* PINHOLE_TESTS_SCRIPT_H */
