// SPDX-License-Identifier: GPL-2.0
/*
 * reset_test.c - see reset_test.h.
 */
#include <errno.h>
#include <linux/pkt_cls.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "pinhole.skel.h"
#include "tests/datapath/reset_test.h"

#define PORT  40000
#define MS_NS 1000000ull

void reset_open(struct conversation *c, struct scenario *s)
{
	conversation_begin(c, s, PORT);
	SAY(c, CLIENT_(.flags = SYN, .opens = true));
	SAY(c, SERVER_(.flags = SYN_ACK));
	SAY(c, CLIENT_(.events = EVENT(CONN_CREATED) | EVENT(FTP_SESSION_OPENED)));
}

enum dev reset_dev(enum end end)
{
	return end == END_CLIENT ? DEV_OUTSIDE : DEV_INSIDE;
}

struct frame_rst reset_due(const struct conversation *c, enum end end)
{
	const struct stations *at = stations_of(c->s);
	const struct frame_rst to_client = {.src = at->mapped,
					    .dst = at->client,
					    .sport = c->flow.b_port,
					    .dport = c->port,
					    .seq = c->next[END_SERVER]};
	const struct frame_rst to_server = {.src = at->client,
					    .dst = at->server,
					    .sport = c->port,
					    .dport = c->flow.b_port,
					    .seq = c->next[END_CLIENT]};

	return end == END_CLIENT ? to_client : to_server;
}

bool reset_drop_is(const struct answer_run *run, enum ph_reason reason)
{
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++) {
		__u64 want = i + PH_DROP_FIRST == reason;

		if (answer_drops(run, i + PH_DROP_FIRST) == want)
			continue;
		tap_note("drop %u was not counted %llu times", i, want);
		return false;
	}
	return run->after.drops[reason - PH_DROP_FIRST].bytes -
		       run->before.drops[reason - PH_DROP_FIRST].bytes ==
	       run->len;
}

bool reset_is(const struct world_run *got, const __u8 *want, size_t len)
{
	if (got->len != len) {
		tap_note("%u bytes came back, not %zu", got->len, len);
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (got->bytes[i] == want[i])
			continue;
		tap_note("byte %zu is %02x, not %02x", i, got->bytes[i], want[i]);
		return false;
	}
	return true;
}

void reset_expect(struct scenario *s, enum dev in, const __u8 *bytes, size_t len,
		  const struct frame_rst *rst)
{
	__u8 want[FRAME_MAX_BYTES];
	static struct answer_run run;
	size_t want_len = frame_rst_build(rst, NETWORK_MAC(in), want);

	answer_turn(want);
	answer_run(s, in, bytes, len, &run);
	CHECK(s, run.out.action == TC_ACT_REDIRECT);
	CHECK(s, reset_is(&run.out, want, want_len));
	CHECK(s, reset_drop_is(&run, PH_DROP_FTP_ENDED));
}

void reset_gets(struct conversation *c, const struct says *says,
		const struct frame_rst *rst)
{
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = conversation_build(c, says, bytes);

	reset_expect(c->s, reset_dev(says->end), bytes, len, rst);
}

static int take(void *ctx, void *data, size_t len)
{
	struct ended *e = ctx;

	if (len == sizeof(e->last)) {
		memcpy(&e->last, data, len);
		e->n++;
	}
	return 0;
}

void reset_ended_begin(struct ended *e, const struct scenario *s)
{
	memset(e, 0, sizeof(*e));
	e->ring = ring_buffer__new(bpf_map__fd(s->w->skel->maps.records), take, e, NULL);
	if (!e->ring)
		TAP_BAIL("the ring of records: %s", strerror(errno));
	ring_buffer__consume(e->ring);
	e->n = 0;
}

bool reset_ended(struct ended *e)
{
	const struct timespec a_while = {.tv_nsec = 10 * MS_NS};

	for (unsigned int waited = 0; waited < RESET_PATIENCE_MS && !e->n; waited += 10) {
		ring_buffer__consume(e->ring);
		nanosleep(&a_while, NULL);
	}
	ring_buffer__free(e->ring);
	return e->n == 1 && e->last.kind == PH_RECORD_CONN_END &&
	       e->last.reason == PH_END_INSPECTION &&
	       (e->last.conn.flags & CONN_F_KILLED);
}
