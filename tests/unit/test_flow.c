// SPDX-License-Identifier: GPL-2.0
/*
 * test_flow.c - one key per connection, whichever way its packets go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/datapath/frame.h"

#include "bpf/flow.h"

static struct ph_addr v4(const char *text)
{
	struct ph_addr addr;
	__be32 word;

	frame_put_addr((__u8 *)&word, text);
	pkt_addr_v4(&addr, word);
	return addr;
}

static struct ph_addr v6(const char *text)
{
	struct ph_addr addr;

	assert_int_equal(inet_pton(AF_INET6, text, &addr), 1);
	return addr;
}

static void test_v4_address_is_v4_mapped(void **state)
{
	struct ph_addr mapped = v6("::ffff:192.0.2.1"), made = v4("192.0.2.1");

	(void)state;
	assert_memory_equal(&mapped, &made, sizeof(made));
	assert_true(pkt_addr_equal(&mapped, &made));
}

/* Both directions: the same key, and the other end. */
static void assert_one_key(struct ph_addr a, __u16 a_port, struct ph_addr b, __u16 b_port,
			   __u8 proto)
{
	struct flow_key there, back;
	__u32 end_there, end_back;

	memset(&there, 0xa5, sizeof(there));
	memset(&back, 0x5a, sizeof(back));
	end_there = flow_key_make(&there, &a, htons(a_port), &b, htons(b_port), proto,
				  PKT_ECHO_NONE);
	end_back = flow_key_make(&back, &b, htons(b_port), &a, htons(a_port), proto,
				 PKT_ECHO_NONE);
	assert_memory_equal(&there, &back, sizeof(there));
	assert_int_equal(end_there + end_back, 1);
	assert_true(pkt_addr_equal(&there.addr[end_there], &a));
	assert_true(pkt_addr_equal(&there.addr[end_back], &b));
	assert_int_equal(there.port[end_there], htons(a_port));
	assert_int_equal(there.port[end_back], htons(b_port));
	assert_int_equal(there.proto, proto);
}

static void test_both_directions_make_one_key(void **state)
{
	(void)state;
	assert_one_key(v4("192.0.2.1"), 40000, v4("10.0.0.10"), 21, IPPROTO_TCP);
	assert_one_key(v4("10.0.0.10"), 21, v4("192.0.2.1"), 40000, IPPROTO_TCP);
	assert_one_key(v4("192.0.2.1"), 0, v4("192.0.2.2"), 0, IPPROTO_GRE);
	assert_one_key(v6("2001:db8::1"), 1, v6("2001:db8::2"), 1, IPPROTO_UDP);
	assert_one_key(v6("2001:db8:1::"), 1, v6("2001:db8::"), 1, IPPROTO_UDP);
	/* The same address with two ports, as a host talking to itself. */
	assert_one_key(v4("192.0.2.1"), 1000, v4("192.0.2.1"), 999, IPPROTO_UDP);
	/* Order is numeric, whatever the machine's byte order. */
	assert_one_key(v4("1.0.0.2"), 256, v4("2.0.0.1"), 1, IPPROTO_UDP);
}

static void test_ends_are_in_memcmp_order(void **state)
{
	static const char *const addrs[] = {
		"::",	       "::1",	       "::ffff:1.0.0.2", "::ffff:2.0.0.1",
		"2001:db8::1", "2001:db8:1::", "ffff::"};
	const size_t n = sizeof(addrs) / sizeof(addrs[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			struct ph_addr a = v6(addrs[i]), b = v6(addrs[j]);
			bool after = flow_end_after(&a, htons(256), &b, htons(1));
			int order = memcmp(&a, &b, sizeof(a));

			assert_int_equal(after, order ? order > 0 : true);
		}
	}
}

static void test_another_port_or_protocol_is_another_key(void **state)
{
	struct ph_addr a = v4("192.0.2.1"), b = v4("192.0.2.2");
	struct flow_key key, other;

	(void)state;
	flow_key_make(&key, &a, 1, &b, 2, IPPROTO_TCP, PKT_ECHO_NONE);
	flow_key_make(&other, &a, 1, &b, 3, IPPROTO_TCP, PKT_ECHO_NONE);
	assert_memory_not_equal(&key, &other, sizeof(key));
	flow_key_make(&other, &a, 2, &b, 1, IPPROTO_TCP, PKT_ECHO_NONE);
	assert_memory_not_equal(&key, &other, sizeof(key));
	flow_key_make(&other, &a, 1, &b, 2, IPPROTO_UDP, PKT_ECHO_NONE);
	assert_memory_not_equal(&key, &other, sizeof(key));
}

/* Identifier zero and all: a request of the one end and of the other are two
 * flows, a request and its reply are one. */
static void test_echo_flows_know_who_asked(void **state)
{
	struct ph_addr a = v4("192.0.2.1"), b = v4("192.0.2.2");
	struct flow_key ask, answer, counter_ask, none;

	(void)state;
	for (__u16 id = 0; id < 2; id++) {
		flow_key_make(&ask, &a, id, &b, 0, IPPROTO_ICMP, PKT_ECHO_REQUEST);
		flow_key_make(&answer, &b, 0, &a, id, IPPROTO_ICMP, PKT_ECHO_REPLY);
		flow_key_make(&counter_ask, &b, id, &a, 0, IPPROTO_ICMP,
			      PKT_ECHO_REQUEST);
		flow_key_make(&none, &a, id, &b, 0, IPPROTO_ICMP, PKT_ECHO_NONE);
		assert_memory_equal(&ask, &answer, sizeof(ask));
		assert_memory_not_equal(&ask, &counter_ask, sizeof(ask));
		assert_memory_not_equal(&ask, &none, sizeof(ask));
	}
}

static void test_initiator_end_is_the_flag(void **state)
{
	struct conn conn = {.flags = CONN_F_FTP};

	(void)state;
	assert_int_equal(flow_initiator_end(&conn), 0);
	conn.flags |= CONN_F_INITIATOR_1;
	assert_int_equal(flow_initiator_end(&conn), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v4_address_is_v4_mapped),
		cmocka_unit_test(test_both_directions_make_one_key),
		cmocka_unit_test(test_ends_are_in_memcmp_order),
		cmocka_unit_test(test_another_port_or_protocol_is_another_key),
		cmocka_unit_test(test_echo_flows_know_who_asked),
		cmocka_unit_test(test_initiator_end_is_the_flag),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
