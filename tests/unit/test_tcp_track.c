// SPDX-License-Identifier: GPL-2.0
/*
 * test_tcp_track.c - which segments fit a connection's windows: conversations,
 * and what a blind sender gets through.
 */
#include <pthread.h>
#include <string.h>

#include "tcp_talk.h"

/* Line starters: the handshake with windows of 1000 and 2000 bytes. */
#define HANDSHAKE(c_scale_1, s_scale_1)                                      \
	{.from = C,                                                          \
	 .flags = SYN,                                                       \
	 .window = 1000,                                                     \
	 .scale_1 = (c_scale_1),                                             \
	 .verdict = TAKE,                                                    \
	 .state = CONN_SYN_SENT},                                            \
		{.from = S,                                                  \
		 .flags = SYN | ACK,                                         \
		 .ack = 1,                                                   \
		 .window = 2000,                                             \
		 .scale_1 = (s_scale_1),                                     \
		 .verdict = TAKE,                                            \
		 .state = CONN_SYN_ACKED},                                   \
	{                                                                    \
		.from = C, .flags = ACK, .seq = 1, .ack = 1, .window = 1000, \
		.verdict = PROMOTE, .state = CONN_ESTABLISHED                \
	}

/* FROM, flags, seq, length, ack, window: verdict, in an established one. */
#define SAY(who, fl, sq, ln, ak, win, verd)                                    \
	{                                                                      \
		.from = (who), .flags = (fl), .seq = (__u32)(sq), .len = (ln), \
		.ack = (__u32)(ak), .window = (win), .verdict = (verd),        \
		.state = CONN_ESTABLISHED                                      \
	}
#define SAY_IN(st, who, fl, sq, ln, ak, win, verd)                                    \
	{                                                                             \
		.from = (who), .flags = (fl), .seq = (__u32)(sq), .len = (ln),        \
		.ack = (__u32)(ak), .window = (win), .verdict = (verd), .state = (st) \
	}

/* ---- the window scale option ---------------------------------------------- */

struct option_row {
	const char *what;
	__u8 bytes[TCP_MAX_OPTIONS_BYTES];
	__u32 len;
	__u8 scale;
};

static const struct option_row option_rows[] = {
	{"none", {0}, 0, TCP_NO_SCALE},
	{"alone", {3, 3, 7}, 3, 7},
	{"zero", {3, 3, 0}, 3, 0},
	{"fourteen", {3, 3, 14}, 3, 14},
	{"fifteen is fourteen", {3, 3, 15}, 3, 14},
	{"255 is fourteen", {3, 3, 255}, 3, 14},
	{"as Linux orders them",
	 {2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 9},
	 20,
	 9},
	{"as Windows orders them", {2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2}, 12, 8},
	{"after the end", {0, 3, 3, 7}, 4, TCP_NO_SCALE},
	{"after the end, which has a size", {0, 3, 9, 3, 3, 7, 1, 1}, 8, TCP_NO_SCALE},
	{"within another", {8, 10, 3, 3, 7, 3, 3, 7, 3, 3}, 10, TCP_NO_SCALE},
	{"size two", {3, 2, 7}, 3, TCP_NO_SCALE},
	{"size four", {3, 4, 7, 0}, 4, TCP_NO_SCALE},
	{"cut before its value", {3, 3, 7}, 2, TCP_NO_SCALE},
	{"cut before its size", {1, 3, 3, 7}, 2, TCP_NO_SCALE},
	{"size zero before it", {5, 0, 3, 3, 7}, 5, TCP_NO_SCALE},
	{"size one before it", {5, 1, 3, 3, 7}, 5, TCP_NO_SCALE},
	{"a size beyond the end", {5, 200, 3, 3, 7}, 5, TCP_NO_SCALE},
	{"behind 37 fillers",
	 {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 5},
	 40,
	 5},
	{"the last two bytes",
	 {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3},
	 40,
	 TCP_NO_SCALE},
	{"the first of two", {3, 3, 2, 3, 3, 9}, 6, 2},
};

static void test_the_scale_is_read_from_sound_options_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(option_rows) / sizeof(option_rows[0]); i++) {
		const struct option_row *row = &option_rows[i];

		if (tcp_syn_scale(row->bytes, row->len) != row->scale)
			fail_msg("%s: %u, not %u", row->what,
				 tcp_syn_scale(row->bytes, row->len), row->scale);
	}
}

static __u64 random_state;

static __u32 random_u32(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state >> 32;
}

/* The buffer ends where the options may end: the sanitizer watches. */
static void test_no_options_lead_out_of_the_buffer(void **state)
{
	(void)state;
	random_state = 1;
	for (int i = 0; i < 200000; i++) {
		__u8 *options = test_malloc(TCP_MAX_OPTIONS_BYTES);
		__u8 scale;

		for (__u32 k = 0; k < TCP_MAX_OPTIONS_BYTES; k++)
			options[k] = random_u32() % (i & 1 ? 5 : 256);
		scale = tcp_syn_scale(options, random_u32() % 64);
		assert_true(scale <= TCP_MAX_SCALE || scale == TCP_NO_SCALE);
		test_free(options);
	}
}

/* ---- conversations -------------------------------------------------------- */

static void test_data_flows_both_ways(void **state)
{
	(void)state;
	TALK(HANDSHAKE(0, 0), SAY(C, ACK | PSH, 1, 100, 1, 1000, TAKE),
	     SAY(S, ACK, 1, 0, 101, 2000, TAKE), SAY(S, ACK, 1, 500, 101, 2000, TAKE),
	     SAY(S, ACK, 501, 500, 101, 2000, TAKE),
	     SAY(C, ACK, 101, 0, 1001, 1000, TAKE),
	     SAY(C, ACK, 101, 2000, 1001, 1000, TAKE),
	     SAY(S, ACK, 1001, 0, 2101, 2000, TAKE));
}

/* The client let the server send 1000 bytes, the server the client 2000. */
static void test_data_ends_where_the_window_ends(void **state)
{
	(void)state;
	TALK(HANDSHAKE(0, 0), SAY(S, ACK, 1, 1001, 1, 2000, REFUSE),
	     SAY(S, ACK, 1001, 1, 1, 2000, REFUSE), SAY(S, ACK, 1, 1000, 1, 2000, TAKE),
	     SAY(S, ACK, 1001, 1, 1, 2000, REFUSE), SAY(C, ACK, 1, 2001, 1, 1000, REFUSE),
	     SAY(C, ACK, 1, 2000, 1, 1000, TAKE),
	     SAY(C, ACK, 1, 0, 1001, 1000, TAKE), /* the window moves on */
	     SAY(S, ACK, 1001, 1000, 1, 2000, TAKE),
	     SAY(S, ACK, 2001, 1, 1, 2000, REFUSE));
}

static void test_a_fin_may_lie_one_beyond_the_window(void **state)
{
	(void)state;
	TALK(HANDSHAKE(0, 0), SAY(S, ACK | FIN, 1, 1001, 1, 2000, REFUSE),
	     SAY_IN(CONN_HALF_CLOSED, S, ACK | FIN, 1, 1000, 1, 2000, TAKE),
	     SAY_IN(CONN_HALF_CLOSED, C, ACK, 1, 0, 1002, 1000, TAKE),
	     SAY_IN(CONN_HALF_CLOSED, C, ACK, 1, 0, 1003, 1000, REFUSE));
	/* It was lost in front of the firewall; its sender counts on from it. */
	TALK(HANDSHAKE(0, 0), SAY(S, ACK, 1, 1000, 1, 2000, TAKE),
	     SAY(S, ACK, 1003, 0, 1, 2000, REFUSE), SAY(S, ACK, 1002, 0, 1, 2000, TAKE),
	     SAY(S, ACK, 1001, 1, 1, 2000, REFUSE));
}

static void test_windows_scale_only_if_both_offered(void **state)
{
	(void)state;
	/* 1000 << 3 for the server's data, 2000 << 7 for the client's. */
	TALK(HANDSHAKE(1 + 3, 1 + 7), SAY(S, ACK, 8000, 1, 1, 2000, TAKE),
	     SAY(S, ACK, 8001, 1, 1, 2000, REFUSE), SAY(C, ACK, 256000, 1, 1, 1000, TAKE),
	     SAY(C, ACK, 256001, 1, 1, 1000, REFUSE));
	TALK(HANDSHAKE(1 + 3, 0), SAY(S, ACK, 1001, 1, 1, 2000, REFUSE),
	     SAY(S, ACK, 1000, 1, 1, 2000, TAKE), SAY(C, ACK, 2001, 1, 1, 1000, REFUSE),
	     SAY(C, ACK, 2000, 1, 1, 1000, TAKE));
	TALK(HANDSHAKE(0, 1 + 7), SAY(S, ACK, 1001, 1, 1, 2000, REFUSE),
	     SAY(C, ACK, 2001, 1, 1, 1000, REFUSE), SAY(C, ACK, 2000, 1, 1, 1000, TAKE));
	/* Scale 0 from both: offered, and nothing shifted. */
	TALK(HANDSHAKE(1, 1), SAY(S, ACK, 1001, 1, 1, 2000, REFUSE),
	     SAY(S, ACK, 1000, 1, 1, 2000, TAKE));
	/* The most there is: 65535 << 14, for both, from any first number. */
	TALK(HANDSHAKE(1 + 14, 1 + 14), SAY(S, ACK, 1, 0, 1, 65535, TAKE),
	     SAY(C, ACK, 1, 0, 1, 65535, TAKE),
	     SAY(C, ACK, 0x3fffc000, 1, 1, 65535, TAKE),
	     SAY(C, ACK, 0x3fffc001, 1, 1, 65535, REFUSE),
	     SAY(C, ACK, 1, 100, 1, 65535, TAKE), /* all of it again */
	     SAY(C, ACK, 0xc0004000, 1, 1, 65535, REFUSE),
	     SAY(S, ACK, 0x3fffc000, 1, 1, 65535, TAKE),
	     SAY(S, ACK, 0x80000000, 1, 1, 65535, REFUSE));
}

/* A SYN that is repeated may offer what the first did not. */
static void test_a_repeated_syn_may_offer_scaling(void **state)
{
	struct line c_syn = {.from = C, .flags = SYN, .window = 1000, .verdict = TAKE};
	struct line c_syn_again = c_syn;

	(void)state;
	c_syn_again.scale_1 = 1 + 3;
	TALK(c_syn, HANDSHAKE(1 + 3, 1 + 7), SAY(S, ACK, 8000, 1, 1, 2000, TAKE));
	TALK(c_syn_again, HANDSHAKE(0, 1 + 7), SAY(S, ACK, 8000, 1, 1, 2000, TAKE));
	TALK(c_syn, HANDSHAKE(0, 1 + 7), SAY(S, ACK, 8000, 1, 1, 2000, REFUSE));
}

/* The windows of the SYNs are meant as they stand, whatever they offer. */
static void test_the_window_of_a_syn_is_not_scaled(void **state)
{
	(void)state;
	TALK({.from = C,
	      .flags = SYN,
	      .window = 1000,
	      .scale_1 = 8,
	      .verdict = TAKE,
	      .state = CONN_SYN_SENT},
	     {.from = S,
	      .flags = SYN | ACK,
	      .ack = 1,
	      .window = 2000,
	      .scale_1 = 8,
	      .verdict = TAKE,
	      .state = CONN_SYN_ACKED},
	     SAY_IN(CONN_SYN_ACKED, C, ACK, 1, 2001, 1, 1000, REFUSE),
	     SAY(C, ACK, 1, 2000, 1, 1000, PROMOTE));
}

static void test_a_closed_window_may_be_probed(void **state)
{
	(void)state;
	TALK(HANDSHAKE(0, 0), SAY(C, ACK, 1, 2000, 1, 1000, TAKE),
	     SAY(S, ACK, 1, 0, 2001, 0, TAKE), /* closed */
	     SAY(C, ACK, 2001, 2, 1, 1000, REFUSE),
	     SAY(C, ACK, 2001, 1, 1, 1000, TAKE), /* one byte of data */
	     SAY(S, ACK, 1, 0, 2001, 0, TAKE),	  /* did not fit */
	     SAY(C, ACK, 2001, 1, 1, 1000, TAKE),
	     SAY(S, ACK, 1, 0, 2002, 0, TAKE), /* fitted */
	     SAY(C, ACK, 2002, 1, 1, 1000, TAKE),
	     SAY(C, ACK, 2001, 0, 1, 1000, TAKE), /* empty and one back */
	     SAY(S, ACK, 1, 0, 2003, 2000, TAKE), /* open again */
	     SAY(C, ACK, 2003, 2000, 1, 1000, TAKE));
}

static void test_keepalives_pass_and_are_answered(void **state)
{
	(void)state;
	TALK(HANDSHAKE(0, 0), SAY(C, ACK, 0, 0, 1, 1000, TAKE),
	     SAY(S, ACK, 1, 0, 1, 2000, TAKE), SAY(S, ACK, 0, 1, 1, 2000, TAKE),
	     SAY(C, ACK, 1, 0, 1, 1000, TAKE), SAY(C, ACK, 1, 300, 1, 1000, TAKE),
	     SAY(S, ACK, 1, 0, 301, 2000, TAKE), SAY(C, ACK, 300, 0, 1, 1000, TAKE),
	     SAY(C, ACK, 300, 1, 1, 1000, TAKE));
}

static void test_what_is_repeated_or_reordered_passes(void **state)
{
	(void)state;
	TALK(HANDSHAKE(0, 0), SAY(C, ACK, 501, 500, 1, 1000, TAKE), /* the second first */
	     SAY(C, ACK, 1, 500, 1, 1000, TAKE), SAY(C, ACK, 1, 500, 1, 1000, TAKE),
	     SAY(S, ACK, 1, 0, 1001, 2000, TAKE), SAY(S, ACK, 1, 0, 501, 2000, TAKE),
	     SAY(C, ACK, 1, 1000, 1, 1000, TAKE),    /* its ACK was lost */
	     SAY(S, SYN | ACK, 0, 0, 1, 2000, TAKE), /* from before the first ACK */
	     SAY(C, ACK, 1001, 0, 1, 1000, TAKE));
}

/* What was acknowledged a whole window ago, nobody repeats. */
static void test_what_is_long_acknowledged_is_refused(void **state)
{
	(void)state;
	TALK(HANDSHAKE(0, 0), SAY(C, ACK, 1, 2000, 1, 1000, TAKE),
	     SAY(S, ACK, 1, 0, 2001, 2000, TAKE), SAY(C, ACK, 2001, 2000, 1, 1000, TAKE),
	     SAY(S, ACK, 1, 0, 4001, 2000, TAKE), SAY(C, ACK, 1, 1997, 1, 1000, REFUSE),
	     SAY(C, ACK, 1, 1998, 1, 1000, TAKE));
}

static void test_acknowledgements_stay_within_what_was_sent(void **state)
{
	(void)state;
	TALK(HANDSHAKE(0, 0), SAY(C, ACK, 1, 100, 1, 1000, TAKE),
	     SAY(S, ACK, 1, 0, 102, 2000, REFUSE), SAY(S, ACK, 1, 0, 101, 2000, TAKE),
	     SAY(S, ACK, 1, 0, 101 - 66000, 2000, TAKE),
	     SAY(S, ACK, 1, 0, 101 - 66001, 2000, REFUSE),
	     SAY(C, ACK, 101, 10, 2, 1000, REFUSE),
	     SAY(C, PSH, 101, 10, 0, 1000, REFUSE));
}

/* 2000 bytes were promised; that the window then shrinks takes nothing back
 * from what is on its way. */
static void test_a_shrinking_window_keeps_its_promise(void **state)
{
	(void)state;
	TALK(HANDSHAKE(0, 0), SAY(S, ACK, 1, 0, 1, 500, TAKE),
	     SAY(C, ACK, 1, 2000, 1, 1000, TAKE), SAY(S, ACK, 1, 0, 2001, 10, TAKE),
	     SAY(C, ACK, 2001, 10, 1, 1000, TAKE), SAY(C, ACK, 2011, 1, 1, 1000, REFUSE));
}

/* ---- RST ------------------------------------------------------------------ */

static void test_only_an_exact_reset_closes(void **state)
{
	(void)state;
	for (__u32 from = 0; from < 2; from++) {
		for (__u8 ack = 0; ack <= ACK; ack += ACK) {
			__u8 rst = RST | ack;
			__u32 window = from == C ? 2000 : 1000;

			TALK(HANDSHAKE(0, 0), SAY(from, rst, 2, 0, 1, 0, PASS),
			     SAY(from, rst, 1 + window, 0, 1, 0, PASS),
			     SAY(from, rst, 2 + window, 0, 1, 0, REFUSE),
			     SAY(from, rst, 0, 0, 1, 0, PASS),
			     SAY(from, rst, -1, 0, 1, 0, REFUSE),
			     SAY(from, rst, 0x80000001, 0, 1, 0, REFUSE),
			     SAY_IN(CONN_CLOSING, from, rst, 1, 0, 1, 0, TAKE));
		}
	}
}

/* 300 bytes are on their way and not acknowledged: the receiver expects the
 * first of them, or has got them all. */
static void test_both_edges_of_the_unacknowledged_are_exact(void **state)
{
	(void)state;
	TALK(HANDSHAKE(0, 0), SAY(C, ACK, 1, 300, 1, 1000, TAKE),
	     SAY(C, RST, 150, 0, 0, 0, PASS),
	     SAY_IN(CONN_CLOSING, C, RST, 1, 0, 0, 0, TAKE));
	TALK(HANDSHAKE(0, 0), SAY(C, ACK, 1, 300, 1, 1000, TAKE),
	     SAY_IN(CONN_CLOSING, C, RST, 301, 0, 0, 0, TAKE));
}

/* Some systems write a zero where they have nothing to acknowledge. */
static void test_a_reset_may_acknowledge_zero(void **state)
{
	const struct line lines[] = {HANDSHAKE(0, 0)};
	struct talk t = {.isn = {0x50000000, 0x60000000}};
	struct tcp_segment seg = {.seq = 0x60000001,
				  .end = 0x60000001,
				  .flags = RST | ACK,
				  .scale = TCP_NO_SCALE};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(talk_line(&t, &lines[i]), lines[i].verdict);
	assert_int_equal(talk_segment_in(&t, S, &seg), CONN_TAKE);
	assert_int_equal(t.conn.state, CONN_CLOSING);
}

/* Its window and acknowledgement promise nothing. */
static void test_a_reset_opens_no_window(void **state)
{
	(void)state;
	TALK(HANDSHAKE(0, 0), SAY_IN(CONN_CLOSING, S, RST | ACK, 1, 0, 1, 60000, TAKE),
	     SAY_IN(CONN_CLOSING, C, ACK, 1, 2001, 1, 1000, REFUSE),
	     SAY_IN(CONN_CLOSING, C, ACK, 1, 2000, 1, 1000, TAKE));
}

static void test_a_reset_with_a_strange_acknowledgement_is_refused(void **state)
{
	(void)state;
	TALK(HANDSHAKE(0, 0), SAY(C, RST | ACK, 1, 0, 2, 0, REFUSE),
	     SAY(C, RST | ACK, 1, 0, 0x70000000, 0, REFUSE));
}

/* ---- a sender who sees nothing -------------------------------------------- */

/* Both have sent 100 kB and said that they take `window << scale`. */
static struct talk talk_idle(__u32 window, __u8 scale)
{
	struct talk t = {.isn = {random_u32(), random_u32()}};
	struct line lines[] = {HANDSHAKE(0, 0)};

	for (size_t i = 0; i < 2; i++)
		lines[i].scale_1 = scale + 1;
	lines[0].window = window;
	lines[1].window = window;
	lines[2].window = window;
	for (size_t i = 0; i < 3; i++)
		assert_true(talk_line(&t, &lines[i]) >= TAKE);
	assert_int_equal(t.conn.state, CONN_ESTABLISHED);
	return t;
}

/* Sweep seq over all 2^32 in steps, with an ack that is right: the fraction
 * taken is that of the two windows. */
static __u32 count_sweep(const struct talk *t, __u8 flags, __u32 step, __u32 *passed)
{
	__u32 taken = 0;
	__u64 seq;

	*passed = 0;
	for (seq = 0; seq < 1ull << 32; seq += step) {
		struct talk copy = *t;
		struct tcp_segment seg = {
			.seq = seq,
			.end = seq + 1,
			.ack = t->conn.tcp[0].end,
			.flags = flags,
			.scale = TCP_NO_SCALE,
		};
		enum conn_verdict verdict = talk_segment_in(&copy, S, &seg);

		taken += verdict == CONN_TAKE;
		*passed += verdict == CONN_PASS;
	}
	return taken;
}

static void test_a_blind_sweep_hits_as_much_as_the_windows_are(void **state)
{
	static const struct {
		__u32 window;
		__u8 scale;
	} rows[] = {{65535, 0}, {16384, 2}, {65535, 7}, {65535, 14}};

	(void)state;
	random_state = 2;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct talk t = talk_idle(rows[i].window, rows[i].scale);
		__u32 ahead, behind, passed, taken, step = 4093;

		/* An ACK after the SYNs, so that the scaled window is known. */
		assert_int_equal(talk_line(&t, &(struct line)SAY(S, ACK, 1, 0, 1,
								 rows[i].window, TAKE)),
				 CONN_TAKE);
		ahead = rows[i].window << rows[i].scale;
		behind = ahead;
		taken = count_sweep(&t, ACK, step, &passed);
		assert_in_range(taken, (ahead + behind) / step - 1,
				(ahead + behind) / step + 2);
		assert_int_equal(passed, 0);
		/* RST: ahead only, and none of them closes. */
		taken = count_sweep(&t, RST, step, &passed);
		assert_in_range(passed, ahead / step - 1, ahead / step + 2);
		assert_true(taken <= 1);
	}
}

/* Every number of a stretch around the right one: two at most close. */
static void test_of_all_resets_two_numbers_close(void **state)
{
	struct talk t;
	__u32 taken = 0, base;

	(void)state;
	random_state = 3;
	t = talk_idle(65535, 0);
	assert_int_equal(talk_line(&t, &(struct line)SAY(S, ACK, 1, 400, 1, 65535, TAKE)),
			 CONN_TAKE);
	base = t.isn[S];
	for (__u32 i = 0; i < 200000; i++) {
		struct talk copy = t;
		struct tcp_segment seg = {.flags = RST, .scale = TCP_NO_SCALE};

		seg.seq = base - 100000 + i;
		seg.end = seg.seq;
		taken += talk_segment_in(&copy, S, &seg) == CONN_TAKE;
	}
	assert_int_equal(taken, 2);
}

/* Random seq and ack: the product of both fractions. With windows of 1 GiB, the
 * worst there is, one in eight. */
static void test_random_segments_pass_at_the_stated_rate(void **state)
{
	struct talk t;
	__u32 taken = 0, n = 1000000;

	(void)state;
	random_state = 4;
	t = talk_idle(65535, 14);
	talk_line(&t, &(struct line)SAY(S, ACK, 1, 0, 1, 65535, TAKE));
	for (__u32 i = 0; i < n; i++) {
		struct talk copy = t;
		struct tcp_segment seg = {.flags = ACK, .scale = TCP_NO_SCALE};

		seg.seq = random_u32();
		seg.end = seg.seq + 1;
		seg.ack = random_u32();
		taken += talk_segment_in(&copy, S, &seg) == CONN_TAKE;
	}
	assert_in_range(taken, n / 8 - n / 200, n / 8 + n / 200);

	taken = 0;
	t = talk_idle(65535, 0);
	for (__u32 i = 0; i < n; i++) {
		struct talk copy = t;
		struct tcp_segment seg = {.flags = ACK, .scale = TCP_NO_SCALE};

		seg.seq = random_u32();
		seg.end = seg.seq + 1;
		seg.ack = random_u32();
		taken += talk_segment_in(&copy, S, &seg) == CONN_TAKE;
	}
	assert_true(taken <= 1); /* one in 2^31 */
}

/* ---- two CPUs ---- */

enum { RACE_SEGMENTS = 2000000 };

struct race {
	struct tcp_end ends[2];
	bool lost[2];
};

struct racer {
	struct race *race;
	unsigned int first; /* 0 or 1: takes every other segment */
};

static void *race_run(void *arg)
{
	const struct racer *racer = arg;
	struct race *race = racer->race;

	for (__u32 i = racer->first; i < RACE_SEGMENTS; i += 2) {
		struct tcp_segment seg = {
			.seq = i * 10, .end = i * 10 + 10, .flags = ACK};

		tcp_track_update(&race->ends[0], &race->ends[1], &seg);
		/* Only ever forward: whoever has raised it sees that much. */
		if (tcp_seq_after(seg.end, *(volatile __u32 *)&race->ends[0].end))
			race->lost[racer->first] = true;
	}
	return NULL;
}

static void test_two_segments_at_once_lose_no_edge(void **state)
{
	struct race race = {.ends = {{.max_window = 1000}, {.max_window = 1000}}};
	struct racer racers[2] = {{&race, 0}, {&race, 1}};
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, race_run, &racers[0]), 0);
	race_run(&racers[1]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_false(race.lost[0]);
	assert_false(race.lost[1]);
	assert_int_equal(race.ends[0].end, RACE_SEGMENTS * 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_scale_is_read_from_sound_options_only),
		cmocka_unit_test(test_no_options_lead_out_of_the_buffer),
		cmocka_unit_test(test_data_flows_both_ways),
		cmocka_unit_test(test_data_ends_where_the_window_ends),
		cmocka_unit_test(test_a_fin_may_lie_one_beyond_the_window),
		cmocka_unit_test(test_windows_scale_only_if_both_offered),
		cmocka_unit_test(test_a_repeated_syn_may_offer_scaling),
		cmocka_unit_test(test_the_window_of_a_syn_is_not_scaled),
		cmocka_unit_test(test_a_closed_window_may_be_probed),
		cmocka_unit_test(test_keepalives_pass_and_are_answered),
		cmocka_unit_test(test_what_is_repeated_or_reordered_passes),
		cmocka_unit_test(test_what_is_long_acknowledged_is_refused),
		cmocka_unit_test(test_acknowledgements_stay_within_what_was_sent),
		cmocka_unit_test(test_a_shrinking_window_keeps_its_promise),
		cmocka_unit_test(test_only_an_exact_reset_closes),
		cmocka_unit_test(test_both_edges_of_the_unacknowledged_are_exact),
		cmocka_unit_test(test_a_reset_may_acknowledge_zero),
		cmocka_unit_test(test_a_reset_opens_no_window),
		cmocka_unit_test(test_a_reset_with_a_strange_acknowledgement_is_refused),
		cmocka_unit_test(test_a_blind_sweep_hits_as_much_as_the_windows_are),
		cmocka_unit_test(test_of_all_resets_two_numbers_close),
		cmocka_unit_test(test_random_segments_pass_at_the_stated_rate),
		cmocka_unit_test(test_two_segments_at_once_lose_no_edge),
	};

	return cmocka_run_group_tests_name("tcp_track", tests, NULL, NULL);
}
