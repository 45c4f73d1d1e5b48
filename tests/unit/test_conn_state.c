// SPDX-License-Identifier: GPL-2.0
/*
 * test_conn_state.c - what each packet does to its connection.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/datapath/frame.h"

#include "bpf/conn_state.h"

#define CLIENT_SIDE 0u
#define SERVER_SIDE 1u
#define URG	    0x20
#define ECN	    0xc0

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
		assert_true(conn_half_open_accepts(&pkt, CLIENT_SIDE));
		assert_true(conn_half_open_accepts(&pkt, SERVER_SIDE));
	}
}

static void test_half_open_takes_only_what_a_handshake_sends(void **state)
{
	(void)state;
	for (unsigned int flags = 0; flags < 256; flags++) {
		struct pkt pkt = tcp(flags);
		bool reset = flags & TCP_RST;
		bool syn = flags & TCP_SYN, ack = flags & TCP_ACK;

		assert_int_equal(conn_half_open_accepts(&pkt, CLIENT_SIDE),
				 reset || (syn && !ack));
		assert_int_equal(conn_half_open_accepts(&pkt, SERVER_SIDE),
				 reset || (syn && ack));
	}
}

/* One step: from state by a packet; the flags are carried along. */
static __u8 step(__u8 from, __u8 tcp_flags, __u32 dir, __u32 *flags)
{
	struct pkt pkt = tcp(tcp_flags);

	return conn_next_state(&pkt, dir, from, flags);
}

static void test_data_changes_no_state(void **state)
{
	const __u8 quiet[] = {TCP_ACK,	     TCP_ACK | TCP_PSH, TCP_ACK | URG,
			      TCP_ACK | ECN, TCP_SYN,		TCP_SYN | TCP_ACK};

	(void)state;
	for (size_t i = 0; i < sizeof(quiet); i++) {
		__u32 flags = CONN_F_FTP;

		assert_int_equal(step(CONN_ESTABLISHED, quiet[i], CLIENT_SIDE, &flags),
				 CONN_ESTABLISHED);
		assert_int_equal(step(CONN_ESTABLISHED, quiet[i], SERVER_SIDE, &flags),
				 CONN_ESTABLISHED);
		assert_int_equal(flags, CONN_F_FTP);
	}
}

static void test_one_fin_half_closes_and_the_other_closes(void **state)
{
	(void)state;
	for (__u32 first = 0; first < 2; first++) {
		__u32 flags = 0;
		__u8 now = step(CONN_ESTABLISHED, TCP_FIN | TCP_ACK, first, &flags);

		assert_int_equal(now, CONN_HALF_CLOSED);
		assert_int_equal(flags, first ? CONN_F_FIN_1 : CONN_F_FIN_0);
		now = step(now, TCP_ACK, !first, &flags);
		assert_int_equal(now, CONN_HALF_CLOSED);
		now = step(now, TCP_FIN | TCP_ACK, !first, &flags);
		assert_int_equal(now, CONN_CLOSING);
		assert_int_equal(flags, CONN_F_FIN_0 | CONN_F_FIN_1);
		now = step(now, TCP_ACK, first, &flags);
		assert_int_equal(now, CONN_CLOSING);
	}
}

/* A retransmitted FIN must not pass for the other end's. */
static void test_a_repeated_fin_closes_nothing(void **state)
{
	__u32 flags = 0;
	__u8 now = step(CONN_ESTABLISHED, TCP_FIN | TCP_ACK, CLIENT_SIDE, &flags);

	(void)state;
	now = step(now, TCP_FIN | TCP_ACK, CLIENT_SIDE, &flags);
	assert_int_equal(now, CONN_HALF_CLOSED);
	assert_int_equal(flags, CONN_F_FIN_0);
}

static void test_a_reset_closes_from_any_state_and_side(void **state)
{
	(void)state;
	for (unsigned int from = CONN_SYN_SENT; from <= CONN_CLOSING; from++) {
		for (__u32 dir = 0; dir < 2; dir++) {
			__u32 flags = 0;

			assert_int_equal(step(from, TCP_RST, dir, &flags), CONN_CLOSING);
			assert_int_equal(step(from, TCP_RST | TCP_ACK, dir, &flags),
					 CONN_CLOSING);
		}
	}
}

static void test_closing_is_left_by_no_packet(void **state)
{
	(void)state;
	for (unsigned int tcp_flags = 0; tcp_flags < 256; tcp_flags++) {
		__u32 flags = 0;

		assert_int_equal(step(CONN_CLOSING, tcp_flags, CLIENT_SIDE, &flags),
				 CONN_CLOSING);
	}
}

static void test_other_protocols_keep_their_state(void **state)
{
	struct pkt pkt = {.proto = IPPROTO_UDP, .tcp_flags = TCP_RST | TCP_FIN};
	__u32 flags = 0;

	(void)state;
	assert_int_equal(conn_next_state(&pkt, CLIENT_SIDE, CONN_ESTABLISHED, &flags),
			 CONN_ESTABLISHED);
	assert_int_equal(flags, 0);
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
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_TCP, CONN_ESTABLISHED), 2);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_TCP, CONN_HALF_CLOSED), 3);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_TCP, CONN_CLOSING), 4);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_UDP, CONN_SYN_SENT), 5);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_UDP, CONN_ESTABLISHED), 5);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_ICMP, CONN_ESTABLISHED), 6);
	assert_int_equal(conn_timeout_ns(&config, IPPROTO_GRE, CONN_ESTABLISHED), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_a_bare_syn_starts_a_connection),
		cmocka_unit_test(test_other_protocols_start_with_any_packet),
		cmocka_unit_test(test_half_open_takes_only_what_a_handshake_sends),
		cmocka_unit_test(test_data_changes_no_state),
		cmocka_unit_test(test_one_fin_half_closes_and_the_other_closes),
		cmocka_unit_test(test_a_repeated_fin_closes_nothing),
		cmocka_unit_test(test_a_reset_closes_from_any_state_and_side),
		cmocka_unit_test(test_closing_is_left_by_no_packet),
		cmocka_unit_test(test_other_protocols_keep_their_state),
		cmocka_unit_test(test_each_state_idles_as_long_as_configured),
	};

	return cmocka_run_group_tests_name("conn_state", tests, NULL, NULL);
}
