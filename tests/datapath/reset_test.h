/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reset_test.h - what the scenarios about connections that inspection ends share:
 * the connection, the RSTs that its ends are due, and how its end is told.
 *
 * Who may include it: scenarios_reset*.c.
 */
#ifndef PINHOLE_TESTS_RESET_TEST_H
#define PINHOLE_TESTS_RESET_TEST_H

#include "tests/datapath/answer_test.h"
#include "tests/datapath/converse.h"
#include "tests/datapath/frame_rst.h"

#define RESET_PATIENCE_MS 8000

struct ring_buffer;

/* An inspected connection, its handshake done. The policy inspects port 990. */
void reset_open(struct conversation *c, struct scenario *s);

/* Where an end lives. */
enum dev reset_dev(enum end end);

/* What an end is due for a segment of its own that acknowledges all. */
struct frame_rst reset_due(const struct conversation *c, enum end end);

/* Whether the packet was counted as dropped, for that reason alone. */
bool reset_drop_is(const struct answer_run *run, enum ph_reason reason);

/* Whether it is exactly these bytes. */
bool reset_is(const struct world_run *got, const __u8 *want, size_t len);

/* The frame comes back as that RST, and is counted as PH_DROP_FTP_ENDED. */
void reset_expect(struct scenario *s, enum dev in, const __u8 *bytes, size_t len,
		  const struct frame_rst *rst);
void reset_gets(struct conversation *c, const struct says *says,
		const struct frame_rst *rst);

/* The record of an end. */
struct ended {
	struct ring_buffer *ring;
	struct ph_record last;
	unsigned int n;
};

/* From now on, one connection ends. */
void reset_ended_begin(struct ended *e, const struct scenario *s);

/* Wait for it. Return: whether it is told that inspection ended it. */
bool reset_ended(struct ended *e);

void scenarios_reset_both(struct world *w);

#endif /* PINHOLE_TESTS_RESET_TEST_H */
