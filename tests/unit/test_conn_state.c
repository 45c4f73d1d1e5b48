// SPDX-License-Identifier: GPL-2.0
/*
 * test_conn_state.c - what each packet does to its connection.
 */
#include "tests/datapath/frame.h"

#include "tcp_talk.h"

#define CLIENT_SIDE 0u
#define SERVER_SIDE 1u

static struct pkt tcp(__u8 flags)
{
	return (struct pkt){.proto = IPPROTO_TCP, .tcp_flags = flags};
}

static struct pkt other(__u8 proto)
{
	return (struct pkt){.proto = proto};
}

/* All 256 flag bytes: SYN alone among SYN, ACK and RST starts a connection. */
static void test_only_a_bare_syn_starts_a_connection(void **state)
{
	(void)state;
	for (unsigned int flags = 0; flags < 256; flags++) {
		struct pkt pkt = tcp(flags);
		bool bare = (flags & TCP_SYN) && !(flags & TCP_ACK) && !(flags & TCP_RST);

		assert_int_equal(conn_may_start(&pkt), bare);
	}
}

static void test_other_protocols_start_with_any_packet(void **state)
{
	const __u8 protos[] = {IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_GRE, 0, 255};

	(void)state;
	for (size_t i = 0; i < sizeof(protos); i++) {
		struct pkt pkt = other(protos[i]);

		assert_true(conn_may_start(&pkt));
	}
}

static void test_each_state_idles_as_long_as_configured(void **state)
{
	const struct policy_config config = {
		.timeout_half_open_ns = 1,
		.timeout_tcp_ns = 2,
		.timeout_half_closed_ns = 3,
		.timeout_closing_ns = 4,
		.timeout_udp_ns = 5,
		.timeout_icmp_ns = 6,
		.timeout_other_ns = 7,
	};

	(void)state;
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_TCP, CONN_SYN_SENT), 1);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_TCP, CONN_SYN_ACKED), 1);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_TCP, CONN_SYN_BOTH), 1);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_TCP, CONN_PICKED_UP), 1);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_TCP, CONN_ESTABLISHED), 2);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_TCP, CONN_HALF_CLOSED), 3);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_TCP, CONN_CLOSING), 4);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_UDP, CONN_SYN_SENT), 5);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_UDP, CONN_ESTABLISHED), 5);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_ICMP, CONN_ESTABLISHED), 6);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_GRE, CONN_ESTABLISHED), 7);
}

/* ---- conversations: flags, numbers, verdict, state afterwards ------------- */

#define LINE(who, fl, sq, ln, ak, verd, st)                                          \
	{                                                                            \
		.from = (who), .flags = (fl), .seq = (__u32)(sq), .len = (ln),       \
		.ack = (__u32)(ak), .window = 5000, .verdict = (verd), .state = (st) \
	}
#define CLOSED_PORT(ak, verd, st)                                            \
	{                                                                    \
		.from = S, .flags = RST | ACK, .ack = (ak), .raw_seq = true, \
		.verdict = (verd), .state = (st)                             \
	}

#define SENT	CONN_SYN_SENT
#define ACKED	CONN_SYN_ACKED
#define BOTH	CONN_SYN_BOTH
#define PICKED	CONN_PICKED_UP
#define OPEN	CONN_ESTABLISHED
#define HALF	CONN_HALF_CLOSED
#define CLOSING CONN_CLOSING

#define SYN_SENT_  LINE(C, SYN, 0, 0, 0, TAKE, SENT)
#define SYN_ACKED_ SYN_SENT_, LINE(S, SYN | ACK, 0, 0, 1, TAKE, ACKED)
#define OPEN_	   SYN_ACKED_, LINE(C, ACK, 1, 0, 1, PROMOTE, OPEN)
#define BOTH_	   SYN_SENT_, LINE(S, SYN, 0, 0, 0, TAKE, BOTH)

static void test_the_initiators_ack_completes_the_handshake(void **state)
{
	(void)state;
	TALK(OPEN_);
	TALK(SYN_ACKED_,
	     LINE(C, ACK | PSH, 1, 100, 1, PROMOTE, OPEN)); /* its ACK was lost */
	TALK(SYN_ACKED_, LINE(C, ACK | FIN, 1, 0, 1, PROMOTE, HALF));
}

static void test_an_ack_of_another_number_completes_nothing(void **state)
{
	(void)state;
	TALK(SYN_ACKED_, LINE(C, ACK, 1, 0, 0, REFUSE, ACKED),
	     LINE(C, ACK, 1, 0, 2, REFUSE, ACKED),
	     LINE(C, ACK, 1, 0, -100, REFUSE, ACKED),
	     LINE(C, ACK, 1, 0, 0x80000001, REFUSE, ACKED),
	     LINE(C, ACK, 9000, 0, 1, REFUSE, ACKED),
	     LINE(C, PSH, 1, 1, 1, REFUSE, ACKED), LINE(C, ACK, 1, 0, 1, PROMOTE, OPEN));
}

/* 16 numbers around each SYN-ACK, and random ones: none but the right one. */
static void test_only_the_syns_own_answer_is_taken(void **state)
{
	(void)state;
	for (__u32 i = 0; i < 16; i++) {
		__u32 ack = i - 8;

		if (ack == 1)
			continue;
		TALK(SYN_SENT_, LINE(S, SYN | ACK, 0, 0, ack, REFUSE, SENT),
		     LINE(S, RST | ACK, 0, 0, ack, REFUSE, SENT),
		     CLOSED_PORT(ack, REFUSE, SENT),
		     LINE(S, SYN | ACK, 0, 0, ack * 0x10000001u, REFUSE, SENT));
	}
}

static void test_nothing_but_syns_before_the_answer(void **state)
{
	(void)state;
	TALK(SYN_SENT_, LINE(C, ACK, 1, 0, 0, REFUSE, SENT),
	     LINE(C, ACK | PSH, 1, 10, 1, REFUSE, SENT),
	     LINE(C, PSH, 1, 10, 0, REFUSE, SENT),
	     LINE(C, FIN | ACK, 1, 0, 0, REFUSE, SENT),
	     LINE(C, SYN | ACK, 0, 0, 1, REFUSE, SENT),
	     LINE(S, PSH, 0, 10, 0, REFUSE, SENT), LINE(S, ACK, 1, 0, 1, REFUSE, SENT),
	     LINE(S, ACK | PSH, 1, 10, 1, REFUSE, SENT),
	     LINE(S, RST, 0, 0, 0, REFUSE, SENT), LINE(S, FIN, 0, 0, 0, REFUSE, SENT));
}

static void test_repeated_handshake_segments_pass(void **state)
{
	(void)state;
	TALK(SYN_SENT_, SYN_SENT_, LINE(S, SYN | ACK, 0, 0, 1, TAKE, ACKED),
	     LINE(S, SYN | ACK, 0, 0, 1, TAKE, ACKED), LINE(C, SYN, 0, 0, 0, TAKE, ACKED),
	     LINE(S, SYN | ACK, 0, 0, 1, TAKE, ACKED),
	     LINE(C, ACK, 1, 0, 1, PROMOTE, OPEN),
	     LINE(S, SYN | ACK, 0, 0, 1, TAKE, OPEN), LINE(C, ACK, 1, 0, 1, TAKE, OPEN));
}

/* The first attempt was given up; its late answer is none any more. */
static void test_a_new_attempt_replaces_an_unanswered_one(void **state)
{
	(void)state;
	TALK(SYN_SENT_, LINE(C, SYN, 5000000, 0, 0, TAKE, SENT),
	     LINE(S, SYN | ACK, 0, 0, 1, REFUSE, SENT),
	     LINE(S, SYN | ACK, 0, 0, 5000001, TAKE, ACKED),
	     LINE(C, ACK, 1, 0, 1, REFUSE, ACKED),
	     LINE(C, ACK, 5000001, 0, 1, PROMOTE, OPEN));
}

/* The responder says what it has, and its challenge ends the old attempt. */
static void test_a_forged_syn_disturbs_no_answered_handshake(void **state)
{
	(void)state;
	TALK(SYN_ACKED_, LINE(C, SYN, 5000000, 0, 0, PASS, ACKED),
	     LINE(C, ACK, 1, 0, 1, PROMOTE, OPEN));
	TALK(SYN_ACKED_, LINE(C, SYN, 5000000, 0, 0, PASS, ACKED),
	     LINE(S, ACK, 1, 0, 1, TAKE, ACKED), LINE(C, RST, 1, 0, 0, REMOVE, ACKED),
	     LINE(C, SYN, 5000000, 0, 0, TAKE, SENT));
}

/* A responder that keeps no memory of SYNs may answer again with another number. */
static void test_a_syn_ack_with_another_number_begins_that_end_anew(void **state)
{
	(void)state;
	TALK(SYN_ACKED_, LINE(S, SYN | ACK, 700000, 0, 1, TAKE, ACKED),
	     LINE(C, ACK, 1, 0, 1, REFUSE, ACKED),
	     LINE(C, ACK, 1, 0, 700001, PROMOTE, OPEN),
	     LINE(S, ACK, 700001, 100, 1, TAKE, OPEN),
	     LINE(S, ACK, 1, 100, 1, REFUSE, OPEN));
}

static void test_fast_open_carries_data_in_the_syns(void **state)
{
	(void)state;
	TALK(LINE(C, SYN, 0, 500, 0, TAKE, SENT), LINE(C, SYN, 0, 0, 0, TAKE, SENT),
	     LINE(S, SYN | ACK, 0, 0, 501, TAKE, ACKED),
	     LINE(S, ACK, 1, 1000, 501, TAKE, ACKED),
	     LINE(S, SYN | ACK, 0, 0, 501, TAKE, ACKED), /* again, behind its data */
	     LINE(C, ACK, 501, 0, 1001, PROMOTE, OPEN));
	/* Only the SYN was wanted. */
	TALK(LINE(C, SYN, 0, 500, 0, TAKE, SENT),
	     LINE(S, SYN | ACK, 0, 0, 502, REFUSE, SENT),
	     LINE(S, SYN | ACK, 0, 0, 0, REFUSE, SENT),
	     LINE(S, SYN | ACK, 0, 0, 1, TAKE, ACKED),
	     LINE(S, SYN | ACK, 0, 0, 1, TAKE, ACKED),
	     LINE(C, ACK, 1, 500, 1, PROMOTE, OPEN), LINE(S, ACK, 1, 0, 501, TAKE, OPEN));
}

static void test_a_refused_attempt_ends(void **state)
{
	(void)state;
	TALK(SYN_SENT_, CLOSED_PORT(1, REMOVE, SENT));
	TALK(LINE(C, SYN, 0, 100, 0, TAKE, SENT), CLOSED_PORT(101, REMOVE, SENT));
	TALK(SYN_SENT_, LINE(C, RST, 2, 0, 0, REFUSE, SENT),
	     LINE(C, RST, 1, 0, 0, REMOVE, SENT));
	TALK(SYN_SENT_, LINE(C, RST | ACK, 1, 0, 0, REMOVE, SENT));
	TALK(SYN_ACKED_, LINE(S, RST, 0x40000000, 0, 0, REFUSE, ACKED),
	     LINE(S, RST, 2, 0, 0, PASS, ACKED), LINE(S, RST, 1, 0, 0, REMOVE, ACKED));
	TALK(SYN_ACKED_, LINE(C, RST, 2, 0, 0, PASS, ACKED),
	     LINE(C, RST, 0x40000000, 0, 0, REFUSE, ACKED),
	     LINE(C, RST, 1, 0, 0, REMOVE, ACKED));
	TALK(SYN_ACKED_, LINE(S, RST | ACK, 0x40000000, 0, 1, REFUSE, ACKED),
	     CLOSED_PORT(2, REFUSE, ACKED), CLOSED_PORT(1, REMOVE, ACKED));
}

/* RFC 9293, 3.5.1: the initiator forgot a connection, the responder did not. */
static void test_the_initiator_may_reset_what_the_responder_still_has(void **state)
{
	(void)state;
	TALK(SYN_SENT_, LINE(S, ACK, 900, 0, 777777, TAKE, SENT),
	     LINE(C, RST, 777778, 0, 0, REFUSE, SENT),
	     LINE(C, RST, 777777, 0, 0, PASS, SENT), SYN_SENT_,
	     LINE(S, SYN | ACK, 0, 0, 1, TAKE, ACKED),
	     LINE(C, ACK, 1, 5001, 1, REFUSE, ACKED),
	     LINE(C, ACK, 1, 0, 1, PROMOTE, OPEN));
	TALK(SYN_SENT_, LINE(S, ACK, 900, 1, 777777, REFUSE, SENT));
}

static void test_simultaneous_open_needs_both_acknowledgements(void **state)
{
	(void)state;
	/* RFC 9293, figure 8 */
	TALK(BOTH_, LINE(C, SYN | ACK, 0, 0, 1, TAKE, BOTH),
	     LINE(S, SYN | ACK, 0, 0, 1, PROMOTE, OPEN),
	     LINE(C, ACK, 1, 5000, 1, TAKE, OPEN),
	     LINE(S, ACK, 1, 5000, 5001, TAKE, OPEN));
	/* the other way about, with repetitions */
	TALK(BOTH_, LINE(C, SYN, 0, 0, 0, TAKE, BOTH), LINE(S, SYN, 0, 0, 0, TAKE, BOTH),
	     LINE(S, SYN | ACK, 0, 0, 1, TAKE, BOTH),
	     LINE(S, SYN | ACK, 0, 0, 1, TAKE, BOTH),
	     LINE(C, SYN | ACK, 0, 0, 1, PROMOTE, OPEN));
	/* one answers the SYN with a bare ACK and data (split handshake) */
	TALK(BOTH_, LINE(C, SYN | ACK, 0, 0, 1, TAKE, BOTH),
	     LINE(S, ACK, 1, 10, 1, PROMOTE, OPEN));
	/* the responder's SYN-ACK overtook its SYN */
	TALK(SYN_ACKED_, LINE(S, SYN, 1, 0, 0, REFUSE, ACKED),
	     LINE(S, SYN, 0, 0, 0, PASS, ACKED),
	     LINE(C, SYN | ACK, 0, 0, 2, REFUSE, ACKED),
	     LINE(C, SYN | ACK, 0, 0, 1, PROMOTE, OPEN));
	/* wrong numbers, of either */
	TALK(BOTH_, LINE(C, SYN | ACK, 0, 0, 2, REFUSE, BOTH),
	     LINE(C, SYN | ACK, 5, 0, 1, REFUSE, BOTH),
	     LINE(S, SYN | ACK, 0, 0, 0, REFUSE, BOTH),
	     LINE(C, ACK, 1, 0, 0, REFUSE, BOTH), LINE(S, SYN, 9, 0, 0, REFUSE, BOTH),
	     LINE(C, SYN, 9, 0, 0, REFUSE, BOTH), LINE(S, PSH, 1, 1, 1, REFUSE, BOTH),
	     LINE(S, ACK, 70000, 1, 1, REFUSE, BOTH));
	/* one refuses after all */
	TALK(BOTH_, LINE(S, RST, 0x40000000, 0, 0, REFUSE, BOTH),
	     LINE(S, RST, 3, 0, 0, PASS, BOTH), LINE(S, RST, 1, 0, 0, REMOVE, BOTH));
	TALK(BOTH_, LINE(S, RST | ACK, 0x40000000, 0, 1, REFUSE, BOTH),
	     CLOSED_PORT(2, REFUSE, BOTH), CLOSED_PORT(1, REMOVE, BOTH));
}

static void test_fins_close_each_way(void **state)
{
	(void)state;
	TALK(OPEN_, LINE(C, FIN | ACK, 1, 100, 1, TAKE, HALF),
	     LINE(S, ACK, 1, 0, 102, TAKE, HALF),
	     LINE(S, ACK, 1, 3000, 102, TAKE,
		  HALF), /* the other way still carries data */
	     LINE(C, ACK, 102, 0, 3001, TAKE, HALF),
	     LINE(C, FIN | ACK, 1, 100, 1, TAKE, HALF),
	     LINE(S, FIN | ACK, 3001, 0, 102, TAKE, CLOSING),
	     LINE(C, ACK, 102, 0, 3002, TAKE, CLOSING),
	     LINE(C, ACK, 102, 0, 3003, REFUSE, CLOSING),
	     LINE(S, FIN | ACK, 3001, 0, 102, TAKE, CLOSING));
	/* simultaneous close */
	TALK(OPEN_, LINE(C, FIN | ACK, 1, 0, 1, TAKE, HALF),
	     LINE(S, FIN | ACK, 1, 0, 1, TAKE, CLOSING),
	     LINE(C, ACK, 2, 0, 2, TAKE, CLOSING), LINE(S, ACK, 2, 0, 2, TAKE, CLOSING));
	/* a reset in between is not undone */
	TALK(OPEN_, LINE(C, FIN | ACK, 1, 0, 1, TAKE, HALF),
	     LINE(S, RST, 1, 0, 0, TAKE, CLOSING), LINE(C, ACK, 2, 0, 1, TAKE, CLOSING));
	/* a FIN outside of the window closes nothing */
	TALK(OPEN_, LINE(S, FIN | ACK, 70000, 0, 1, REFUSE, OPEN),
	     LINE(S, FIN | ACK, 1, 0, 70000, REFUSE, OPEN),
	     LINE(S, FIN, 1, 0, 0, REFUSE, OPEN));
}

/* Two CPUs judge a packet each, and one after the other say what comes of it. */
static __u32 merged(struct conn_next first, struct conn_next second)
{
	return conn_next_flags(&second, conn_next_flags(&first, first.base));
}

static void test_what_two_cpus_find_at_once_adds_up(void **state)
{
	const __u32 kept = CONN_F_FTP | CONN_F_PICKED_UP;
	const struct conn_next nothing = {.base = kept, .flags = kept};
	const struct conn_next fin_0 = {.base = kept, .flags = kept | CONN_F_FIN_0};
	const struct conn_next fin_1 = {.base = kept, .flags = kept | CONN_F_FIN_1};
	const struct conn_next reset = {.base = kept, .flags = kept | CONN_F_RESET};
	const struct conn_next anew = {.base = kept | CONN_F_FIN_0, .flags = CONN_F_FTP};

	(void)state;
	assert_int_equal(merged(fin_0, fin_1), kept | CONN_F_FIN_0 | CONN_F_FIN_1);
	assert_int_equal(conn_state_of(merged(fin_1, fin_0)), CONN_CLOSING);
	assert_int_equal(merged(fin_0, nothing), kept | CONN_F_FIN_0);
	assert_int_equal(conn_state_of(merged(fin_0, nothing)), CONN_HALF_CLOSED);
	assert_int_equal(conn_state_of(merged(reset, fin_0)), CONN_CLOSING);
	assert_int_equal(conn_state_of(merged(nothing, nothing)), CONN_ESTABLISHED);
	assert_int_equal(merged(fin_0, anew), CONN_F_FTP);
}

static void test_a_syn_changes_no_established_connection(void **state)
{
	(void)state;
	TALK(OPEN_, LINE(C, SYN, 123456, 0, 0, NOTE, OPEN),
	     LINE(S, SYN, 0, 0, 0, REFUSE, OPEN),
	     LINE(C, ACK, 123457, 0, 1, REFUSE, OPEN), LINE(S, ACK, 1, 0, 1, TAKE, OPEN),
	     LINE(C, RST, 1, 0, 0, TAKE, CLOSING), /* the answer to the challenge */
	     LINE(C, SYN, 123456, 0, 0, RESTART, CLOSING));
	TALK(OPEN_, LINE(C, FIN | ACK, 1, 0, 1, TAKE, HALF),
	     LINE(C, SYN, 5, 0, 0, NOTE, HALF),
	     LINE(S, FIN | ACK, 1, 0, 2, TAKE, CLOSING),
	     LINE(S, SYN, 7, 0, 0, RESTART, CLOSING), SYN_SENT_);
}

/* Both ends have restarted, or the segments that ended it took another way. */
static void test_a_forgotten_connection_begins_anew_with_the_answer(void **state)
{
	(void)state;
	TALK(OPEN_, LINE(C, SYN, 123456, 0, 0, NOTE, OPEN),
	     LINE(S, SYN | ACK, 777000, 0, 123456, REFUSE, OPEN), /* not its number */
	     LINE(S, SYN | ACK, 777000, 0, 123457, RENEW, OPEN),
	     LINE(S, SYN | ACK, 777000, 0, 123457, TAKE, OPEN), /* repeated */
	     LINE(C, ACK, 1, 0, 1, REFUSE, OPEN),		/* of the old one */
	     LINE(C, ACK, 123457, 100, 777001, TAKE, OPEN),
	     LINE(S, ACK, 777001, 100, 123557, TAKE, OPEN),
	     LINE(C, FIN | ACK, 123557, 0, 777101, TAKE, HALF));
	TALK(OPEN_, LINE(C, FIN | ACK, 1, 0, 1, TAKE, HALF),
	     LINE(C, SYN, 5000, 0, 0, NOTE, HALF),
	     LINE(S, SYN | ACK, 9, 0, 5001, RENEW, OPEN));
}

static void test_a_forgotten_connection_may_be_refused(void **state)
{
	(void)state;
	TALK(OPEN_, LINE(S, RST | ACK, 0, 0, 123457, REFUSE, OPEN),
	     LINE(C, SYN, 123456, 0, 0, NOTE, OPEN),
	     LINE(S, RST | ACK, 0, 0, 123458, REFUSE, OPEN), /* not its number */
	     LINE(S, RST | ACK, 0, 0, 123457, TAKE, CLOSING));
}

static void test_a_syn_ack_that_nobody_asked_for_renews_nothing(void **state)
{
	(void)state;
	TALK(OPEN_, LINE(S, SYN | ACK, 777000, 0, 0, REFUSE, OPEN),
	     LINE(C, SYN, 123456, 0, 0, NOTE, OPEN),
	     LINE(C, SYN | ACK, 777000, 0, 123457, REFUSE, OPEN),
	     LINE(S, ACK, 1, 0, 1, TAKE, OPEN));
}

static void test_a_reset_is_told_from_fins(void **state)
{
	struct talk t = {};
	const struct line lines[] = {OPEN_, LINE(S, RST, 1, 0, 0, TAKE, CLOSING)};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		talk_line(&t, &lines[i]);
	assert_int_equal(t.conn.flags, CONN_F_RESET);
}

/* In midstream, the far end's numbers unknown but for what is acknowledged. */
static void test_a_picked_up_connection_is_completed_by_the_other_end(void **state)
{
	(void)state;
	TALK(LINE(C, ACK, 1000, 100, 2000, TAKE, PICKED),
	     LINE(C, ACK, 1100, 100, 2000, TAKE, PICKED),
	     LINE(C, ACK, 900, 100, 2000, TAKE,
		  PICKED), /* repeated: seen the first time */
	     LINE(C, ACK, 4000000, 100, 90000, TAKE, PICKED), /* not all was seen */
	     LINE(S, ACK, 90000000, 10, 4000100, REFUSE, PICKED),
	     LINE(S, SYN, 60000, 0, 0, REFUSE, PICKED),
	     LINE(S, ACK, 90000, 1448, 2000000, PROMOTE, OPEN),
	     LINE(S, ACK, 1000000, 1448, 4000100, TAKE, OPEN),
	     LINE(C, ACK, 4000100, 0, 2000000, TAKE, OPEN),
	     LINE(C, FIN | ACK, 4000100, 0, 2000000, TAKE, HALF));
	TALK(LINE(C, ACK, 1000, 100, 2000, TAKE, PICKED),
	     LINE(C, ACK | FIN, 1100, 0, 2000, TAKE, PICKED),
	     LINE(S, ACK, 2000, 0, 1101, PROMOTE, HALF));
	TALK(LINE(C, ACK | FIN, 1000, 100, 2000, TAKE, PICKED),
	     LINE(S, ACK, 2000, 0, 1101, PROMOTE, HALF));
	TALK(LINE(C, ACK, 1000, 100, 2000, TAKE, PICKED),
	     LINE(S, RST, 2001, 0, 0, PASS, PICKED),
	     LINE(S, RST, 0x60000000, 0, 0, REFUSE, PICKED),
	     LINE(S, RST, 2000, 0, 0, REMOVE, PICKED));
	TALK(LINE(C, ACK | FIN, 1000, 100, 2000, TAKE, PICKED), SYN_SENT_,
	     LINE(S, SYN | ACK, 0, 0, 1, TAKE, ACKED),
	     LINE(C, ACK, 1, 0, 1, PROMOTE, OPEN),
	     LINE(S, ACK, 1, 5001, 1, REFUSE, OPEN));
}

/* What the picked-up end acknowledges, the other has sent, seen or not. */
static void test_acknowledged_data_counts_as_sent_after_a_pick_up(void **state)
{
	(void)state;
	TALK(LINE(C, ACK, 1000, 100, 2000, TAKE, PICKED),
	     LINE(C, ACK, 1100, 100, 15000000, TAKE, PICKED),
	     LINE(S, ACK, 15000000 - (5000u << 14) - 3, 0, 1200, REFUSE, PICKED),
	     LINE(S, ACK, 15000000 - (5000u << 14), 0, 1200, PROMOTE, OPEN));
}

/* Nobody has said yet how far it may go. */
static void test_the_picked_up_end_goes_on_until_the_other_speaks(void **state)
{
	(void)state;
	TALK(LINE(C, ACK, 1000, 100, 2000, TAKE, PICKED),
	     LINE(C, SYN | ACK, 1100, 0, 2000, REFUSE, PICKED),
	     LINE(C, ACK, 10000000, 100, 2000, TAKE, PICKED),
	     LINE(C, ACK, 20000000, 100, 2000, TAKE, PICKED),
	     LINE(C, ACK, 60000000, 100, 2000, REFUSE, PICKED));
}

static void test_only_a_bare_ack_is_picked_up(void **state)
{
	(void)state;
	for (unsigned int flags = 0; flags < 256; flags++) {
		struct pkt pkt = tcp(flags);
		struct pkt udp = {.proto = IPPROTO_UDP, .tcp_flags = flags};

		assert_int_equal(conn_may_pick_up(&pkt),
				 (flags & TCP_ACK) && !(flags & (TCP_SYN | TCP_RST)));
		assert_false(conn_may_pick_up(&udp));
	}
}

static void test_other_protocols_are_completed_by_the_answer(void **state)
{
	(void)state;
	assert_int_equal(conn_other_half_open(CLIENT_SIDE), CONN_TAKE);
	assert_int_equal(conn_other_half_open(SERVER_SIDE), CONN_PROMOTE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_a_bare_syn_starts_a_connection),
		cmocka_unit_test(test_other_protocols_start_with_any_packet),
		cmocka_unit_test(test_each_state_idles_as_long_as_configured),
		cmocka_unit_test(test_the_initiators_ack_completes_the_handshake),
		cmocka_unit_test(test_an_ack_of_another_number_completes_nothing),
		cmocka_unit_test(test_only_the_syns_own_answer_is_taken),
		cmocka_unit_test(test_nothing_but_syns_before_the_answer),
		cmocka_unit_test(test_repeated_handshake_segments_pass),
		cmocka_unit_test(test_a_new_attempt_replaces_an_unanswered_one),
		cmocka_unit_test(test_a_forged_syn_disturbs_no_answered_handshake),
		cmocka_unit_test(test_a_syn_ack_with_another_number_begins_that_end_anew),
		cmocka_unit_test(test_fast_open_carries_data_in_the_syns),
		cmocka_unit_test(test_a_refused_attempt_ends),
		cmocka_unit_test(
			test_the_initiator_may_reset_what_the_responder_still_has),
		cmocka_unit_test(test_simultaneous_open_needs_both_acknowledgements),
		cmocka_unit_test(test_fins_close_each_way),
		cmocka_unit_test(test_what_two_cpus_find_at_once_adds_up),
		cmocka_unit_test(test_a_syn_changes_no_established_connection),
		cmocka_unit_test(test_a_forgotten_connection_begins_anew_with_the_answer),
		cmocka_unit_test(test_a_forgotten_connection_may_be_refused),
		cmocka_unit_test(test_a_syn_ack_that_nobody_asked_for_renews_nothing),
		cmocka_unit_test(test_a_reset_is_told_from_fins),
		cmocka_unit_test(
			test_a_picked_up_connection_is_completed_by_the_other_end),
		cmocka_unit_test(test_acknowledged_data_counts_as_sent_after_a_pick_up),
		cmocka_unit_test(test_the_picked_up_end_goes_on_until_the_other_speaks),
		cmocka_unit_test(test_only_a_bare_ack_is_picked_up),
		cmocka_unit_test(test_other_protocols_are_completed_by_the_answer),
	};

	return cmocka_run_group_tests_name("conn_state", tests, NULL, NULL);
}
