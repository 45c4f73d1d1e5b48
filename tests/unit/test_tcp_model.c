// SPDX-License-Identifier: GPL-2.0
/*
 * test_tcp_model.c - two simulated TCP ends talk through the firewall. Whatever
 * they send, none of it may be refused, unless it is a copy so late that its
 * receiver has had all of it; what somebody sends blindly, must be.
 */
#include <string.h>

#include "tcp_model.h"

#define LINGER	  200u
#define MAX_TICKS 60000u

/* A copy that came late: its receiver has all that it carries and more. */
static bool tells_nothing(const struct host *receiver, const struct flight *f)
{
	const struct pkt *pkt = &f->pkt;
	__u32 end = pkt->tcp_seq + pkt->payload_len + !!(pkt->tcp_flags & FIN);

	if (pkt->tcp_flags & SYN)
		return false;
	if (receiver->state != OPEN)
		return receiver->state > OPEN; /* it is gone */
	return tcp_seq_after(receiver->rcv_nxt, end) &&
	       ((pkt->tcp_flags & RST) || !tcp_seq_after(pkt->tcp_ack, receiver->una));
}

static bool firewall_passes(struct model *m, const struct flight *f)
{
	enum conn_verdict verdict;
	const struct tcp_end *me, *peer;
	struct tcp_segment seg;
	__u32 dir;

	tcp_segment_make(&seg, &f->pkt, f->window, f->scale);
	if (!m->talk.begun) {
		if (!conn_may_pick_up(&f->pkt) && !conn_may_start(&f->pkt))
			return false;
		m->first = f->from;
	}
	dir = f->from != m->first;
	me = &m->talk.conn.tcp[dir];
	peer = &m->talk.conn.tcp[!dir];
	verdict = talk_segment_in(&m->talk, dir, &seg);
	m->sent++;
	if (verdict == REFUSE && tells_nothing(&m->host[!f->from], f)) {
		m->stale++;
		return false;
	}
	if (verdict == REFUSE || verdict == REMOVE || verdict == RESTART)
		fail_msg("seed %llu, tick %u: verdict %d in state %d: from %u flags %02x "
			 "end %+d of [%+d, %+d] ack %+d of [, %+d] window %u",
			 (unsigned long long)m->seed, m->tick, verdict,
			 m->talk.conn.state, dir, seg.flags,
			 tcp_seq_diff(seg.end, me->end),
			 tcp_seq_diff(tcp_lowest_end(me, peer), me->end),
			 tcp_seq_diff(me->max_end, me->end),
			 tcp_seq_diff(seg.ack, me->acked),
			 tcp_seq_diff(peer->end, me->acked), seg.window);
	return true;
}

/* Somebody who knows the addresses and ports, and nothing else. */
static void blind_segment(struct model *m)
{
	static const __u8 flags[] = {ACK, ACK | PSH, ACK | FIN,
				     RST, RST | ACK, SYN | ACK};
	struct talk copy = m->talk;
	struct tcp_segment seg = {.scale = TCP_NO_SCALE, .window = rnd(65536)};
	enum conn_verdict verdict;

	if (!copy.begun)
		return;
	seg.seq = rnd(1u << 16) << 16 | rnd(1u << 16);
	seg.ack = rnd(1u << 16) << 16 | rnd(1u << 16);
	seg.flags = flags[rnd(sizeof(flags))];
	seg.end = seg.seq + rnd(1460);
	verdict = talk_segment_in(&copy, rnd(2), &seg);
	m->blind_sent++;
	m->blind_taken += verdict >= CONN_TAKE;
}

static void model_deliver(struct model *m)
{
	for (__u32 i = 0; i < m->n_wire;) {
		struct flight f = m->wire[i];

		if (f.due > m->tick) {
			i++;
			continue;
		}
		m->wire[i] = m->wire[--m->n_wire];
		if (f.passed) {
			host_receive(m, !f.from, &f);
		} else if (firewall_passes(m, &f)) {
			f.passed = true;
			put(m, f, FAR_DELAY + rnd(DELAY));
			if (chance(m->doubling))
				put(m, f, FAR_DELAY + rnd(DELAY));
		}
		i = 0; /* the array has changed */
	}
}

/* One end gives up, in the middle of its data. */
static void model_abort(struct model *m)
{
	__u8 who = rnd(2);
	struct host *h = &m->host[who];

	if (h->state != OPEN || m->host[!who].state != OPEN ||
	    tcp_seq_after(h->nxt, h->fin))
		return;
	m->aborts = false;
	emit(m, who, rnd(2) ? RST : RST | ACK, h->nxt, 0);
	h->state = ABORTED;
}

static bool host_done(const struct host *h)
{
	return (h->state == OPEN && h->una == h->fin + 1 && h->got_fin) ||
	       h->state > OPEN;
}

static void model_prepare(struct model *m, __u64 seed, bool simultaneous)
{
	static const __u32 sizes[] = {1, 536, 1460, 32000};
	__u32 mss = sizes[rnd(4)];

	m->seed = seed;
	m->loss = rnd(3) ? rnd(60) : 0;
	m->doubling = rnd(60);
	m->eager_fin = rnd(2);
	for (int i = 0; i < 2; i++) {
		struct host *h = &m->host[i];

		h->isn = rnd(2) ? 0u - rnd(100000) : rnd(1u << 31);
		h->una = h->isn;
		h->nxt = h->isn;
		h->mss = mss;
		h->scale = rnd(4) ? rnd(15) : TCP_NO_SCALE;
		h->buffer = 1 + rnd(rnd(2) ? 3000 : 200000);
		if (h->scale == TCP_NO_SCALE && h->buffer > 65535)
			h->buffer = 65535;
		/* As systems do: the scale suits the buffer. */
		if (h->scale != TCP_NO_SCALE && h->buffer < 8u << h->scale)
			h->buffer = 8u << h->scale;
	}
	for (int i = 0; i < 2; i++) {
		__u32 room = m->host[!i].buffer * 40, most = mss * 100;

		m->host[i].fin = m->host[i].isn + 1 + rnd(most < room ? most : room);
	}
	m->host[0].state = SYN_SENT;
	host_emit_syn(m, 0);
	if (simultaneous) {
		m->host[1].state = SYN_SENT;
		host_emit_syn(m, 1);
	}
}

/* Runs to the end of the conversation, and a little on. */
static void model_run(struct model *m)
{
	__u32 forget_at = 50 + rnd(400), done_at = 0;

	for (m->tick = 1; m->tick < MAX_TICKS; m->tick++) {
		if (m->pick_up && m->tick == forget_at && m->host[0].state == OPEN &&
		    m->host[1].state == OPEN)
			memset(&m->talk, 0, sizeof(m->talk));
		if (m->aborts && m->tick >= forget_at)
			model_abort(m);
		model_deliver(m);
		host_tick(m, 0);
		host_tick(m, 1);
		for (int i = 0; m->blind && i < 5; i++)
			blind_segment(m);
		if (!done_at && host_done(&m->host[0]) && host_done(&m->host[1]))
			done_at = m->tick;
		if (done_at && m->tick > done_at + LINGER)
			return;
	}
	for (int i = 0; i < 2; i++)
		print_error("host %d: state %d, sent %u, acknowledged %u of %u, edge %u, "
			    "window %u, gaps %u, FIN received %d\n",
			    i, m->host[i].state, m->host[i].nxt - m->host[i].isn,
			    m->host[i].una - m->host[i].isn,
			    m->host[i].fin - m->host[i].isn,
			    m->host[i].edge - m->host[i].isn, window_of(&m->host[i]),
			    m->host[i].n_gaps, m->host[i].got_fin);
	fail_msg("seed %llu: the ends never came to an end", (unsigned long long)m->seed);
}

static __u64 run_seeds(__u64 from, __u64 n, bool simultaneous, bool shrinks, bool pick_up)
{
	__u64 segments = 0, stale = 0;

	for (__u64 seed = from; seed < from + n; seed++) {
		struct model *m = test_calloc(1, sizeof(*m));

		rng = seed * 0x9e3779b97f4a7c15u;
		m->shrinks = shrinks;
		m->pick_up = pick_up;
		model_prepare(m, seed, simultaneous);
		model_run(m);
		if (!pick_up)
			assert_int_equal(m->talk.conn.state, CONN_CLOSING);
		assert_int_equal(m->talk.conn.flags & CONN_F_RESET, 0);
		segments += m->sent;
		stale += m->stale;
		test_free(m);
	}
	assert_true(stale <= segments / 1000);
	print_message("%llu segments, of them %llu stale ones refused\n",
		      (unsigned long long)segments, (unsigned long long)stale);
	return segments;
}

#define SEEDS 300ull

static void test_no_segment_of_a_conversation_is_refused(void **state)
{
	(void)state;
	assert_true(run_seeds(1, SEEDS, false, false, false) > SEEDS * 100);
}

static void test_no_segment_is_refused_while_windows_shrink(void **state)
{
	(void)state;
	assert_true(run_seeds(10000, SEEDS, false, true, false) > SEEDS * 100);
}

static void test_no_segment_is_refused_after_simultaneous_open(void **state)
{
	(void)state;
	assert_true(run_seeds(20000, SEEDS, true, false, false) > SEEDS * 100);
}

static void test_no_segment_is_refused_after_a_pick_up(void **state)
{
	(void)state;
	assert_true(run_seeds(30000, SEEDS, false, true, true) > SEEDS * 100);
}

/* What has no socket any more answers with resets until the peer has heard. */
static void test_an_aborted_conversation_ends_by_its_reset(void **state)
{
	__u64 aborted = 0;

	(void)state;
	for (__u64 seed = 40000; seed < 40000 + SEEDS; seed++) {
		struct model *m = test_calloc(1, sizeof(*m));

		rng = seed * 0x9e3779b97f4a7c15u;
		m->aborts = true;
		model_prepare(m, seed, seed & 1);
		model_run(m);
		if (m->host[0].state == RESET || m->host[1].state == RESET) {
			aborted++;
			assert_int_equal(m->talk.conn.state, CONN_CLOSING);
			assert_int_equal(m->talk.conn.flags & CONN_F_RESET, CONN_F_RESET);
		}
		test_free(m);
	}
	assert_true(aborted > SEEDS / 2);
}

/* Windows of up to 200 kB: one blind segment in 2^28 and less passes, a RST
 * closes at one number of 2^31. */
static void test_blind_segments_are_refused_all_along(void **state)
{
	__u64 sent = 0, taken = 0;

	(void)state;
	for (__u64 seed = 1; seed <= 60; seed++) {
		struct model *m = test_calloc(1, sizeof(*m));

		rng = seed * 0x9e3779b97f4a7c15u;
		m->blind = true;
		model_prepare(m, seed, seed & 1);
		model_run(m);
		sent += m->blind_sent;
		taken += m->blind_taken;
		test_free(m);
	}
	assert_true(sent > 100000);
	assert_int_equal(taken, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_segment_of_a_conversation_is_refused),
		cmocka_unit_test(test_no_segment_is_refused_while_windows_shrink),
		cmocka_unit_test(test_no_segment_is_refused_after_simultaneous_open),
		cmocka_unit_test(test_no_segment_is_refused_after_a_pick_up),
		cmocka_unit_test(test_an_aborted_conversation_ends_by_its_reset),
		cmocka_unit_test(test_blind_segments_are_refused_all_along),
	};

	return cmocka_run_group_tests_name("tcp_model", tests, NULL, NULL);
}
