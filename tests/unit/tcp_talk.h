/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tcp_talk.h - a TCP conversation through the state machine, line by line.
 *
 * Why it exists: the tests of tcp_track.h and conn_state.h do with each verdict
 * what the datapath does with it, in one place.
 *
 * Who may include it: unit tests.
 */
#ifndef PINHOLE_TESTS_TCP_TALK_H
#define PINHOLE_TESTS_TCP_TALK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bpf/conn_state.h"

#define C   0u /* the client sends */
#define S   1u /* the server sends */
#define FIN PKT_TCP_FIN
#define SYN PKT_TCP_SYN
#define RST PKT_TCP_RST
#define PSH PKT_TCP_PSH
#define ACK PKT_TCP_ACK

#define REFUSE	CONN_REFUSE
#define PASS	CONN_PASS
#define NOTE	CONN_NOTE
#define RENEW	CONN_RENEW
#define TAKE	CONN_TAKE
#define PROMOTE CONN_PROMOTE
#define REMOVE	CONN_REMOVE
#define RESTART CONN_RESTART

struct talk {
	struct conn conn;
	__u32 isn[2]; /* first numbers of client and server */
	bool begun;   /* there is an entry */
};

/* What one end sends. Numbers count from the first number of the end that they
 * speak of; scale_1 is one more than the scale offered, 0 offers none. */
struct line {
	__u8 from;
	__u8 flags;
	__u32 seq;
	__u32 len;
	__u32 ack;
	__u32 window;
	__u8 scale_1;
	bool raw_seq; /* seq is meant as it stands */
	enum conn_verdict verdict;
	enum conn_state state; /* afterwards */
};

/* The segment as the datapath would describe it. */
static inline struct tcp_segment talk_segment(const struct talk *t, const struct line *l)
{
	struct pkt pkt = {
		.proto = IPPROTO_TCP,
		.tcp_flags = l->flags,
		.tcp_seq = l->seq + (l->raw_seq ? 0 : t->isn[l->from]),
		.tcp_ack = l->flags & ACK ? l->ack + t->isn[!l->from] : 0,
		.payload_len = l->len,
	};
	struct tcp_segment seg;

	tcp_segment_make(&seg, &pkt, l->window,
			 l->scale_1 ? l->scale_1 - 1u : TCP_NO_SCALE);
	return seg;
}

/* One segment through the state machine, as the datapath does it. */
static inline enum conn_verdict talk_segment_in(struct talk *t, __u32 dir,
						const struct tcp_segment *seg)
{
	struct conn before = t->conn;
	enum conn_verdict verdict;
	struct conn_next next;

	if (!t->begun) {
		t->begun = true;
		conn_tcp_begin(&t->conn, seg);
		return CONN_TAKE;
	}
	if (t->conn.state < CONN_ESTABLISHED)
		verdict = conn_tcp_half_open(&t->conn, dir, seg, &next);
	else
		verdict = conn_tcp_established(&t->conn, dir, seg, &next);
	assert_memory_equal(&before, &t->conn, sizeof(before)); /* judged, no more */
	if (verdict == CONN_TAKE || verdict == CONN_PROMOTE) {
		conn_tcp_commit(&t->conn, dir, seg);
		t->conn.state = next.state;
		t->conn.flags = next.flags;
	} else if (verdict == CONN_NOTE) {
		conn_tcp_note(&t->conn, seg);
	} else if (verdict == CONN_RENEW) {
		conn_tcp_renew(&t->conn, seg);
		t->conn.state = next.state;
		t->conn.flags = next.flags;
	} else if (verdict == CONN_REMOVE || verdict == CONN_RESTART) {
		t->begun = false;
		t->conn = (struct conn){};
	}
	return verdict;
}

static inline enum conn_verdict talk_line(struct talk *t, const struct line *l)
{
	struct tcp_segment seg = talk_segment(t, l);

	return talk_segment_in(t, l->from, &seg);
}

/* The same conversation from first numbers that wrap in every place. */
static inline void talk_run(const char *name, const struct line *lines, size_t n)
{
	static const __u32 isns[] = {0,		 1,	     100000,	 0x7fffffff,
				     0x80000000, 0xfffffffe, 0xffffffff, 0xfffff000};

	for (size_t i = 0; i < sizeof(isns) / sizeof(isns[0]); i++) {
		struct talk t = {.isn = {isns[i], isns[(i * 3 + 5) % 8] + 77}};

		for (size_t k = 0; k < n; k++) {
			enum conn_verdict verdict = talk_line(&t, &lines[k]);

			if (verdict != lines[k].verdict)
				fail_msg("%s, line %zu from 0x%x: verdict %d, not %d",
					 name, k, isns[i], verdict, lines[k].verdict);
			if (t.begun && t.conn.state != lines[k].state)
				fail_msg("%s, line %zu from 0x%x: state %d, not %d", name,
					 k, isns[i], t.conn.state, lines[k].state);
		}
	}
}

#define TALK(...)                                              \
	talk_run(__func__, (const struct line[]){__VA_ARGS__}, \
		 sizeof((const struct line[]){__VA_ARGS__}) / sizeof(struct line))

#endif /* PINHOLE_TESTS_TCP_TALK_H */
