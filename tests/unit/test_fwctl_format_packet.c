// SPDX-License-Identifier: GPL-2.0
/*
 * What `fwctl diff` shows of an example packet.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/fwctl/format_packet.h"

static struct analysis_packet packet(uint8_t proto)
{
	return (struct analysis_packet){
		.src = {{0, 0, htonl(0xffff), htonl(0xc6336401)}},
		.dst = {{0, 0, htonl(0xffff), htonl(0xcb00710a)}},
		.proto = proto,
	};
}

static void ports_and_flags_are_shown_where_there_are_any(void **state)
{
	struct analysis_packet p = packet(IPPROTO_TCP);
	char out[FORMAT_PACKET_BYTES];

	(void)state;
	p.src_port = 40000;
	p.dst_port = 80;
	p.tcp_flags = 2;
	assert_string_equal(format_packet(out, &p),
			    "TCP 198.51.100.1:40000 -> 203.0.113.10:80 (SYN)");
	p.tcp_flags = 2 | 16;
	assert_string_equal(format_packet(out, &p),
			    "TCP 198.51.100.1:40000 -> 203.0.113.10:80 (SYN+ACK)");
	p.tcp_flags = 63;
	assert_non_null(strstr(format_packet(out, &p), "(FIN+SYN+RST+PSH+ACK+URG)"));
	p.tcp_flags = 0;
	assert_non_null(strstr(format_packet(out, &p), "(no flags)"));
	p.proto = IPPROTO_UDP;
	assert_string_equal(format_packet(out, &p),
			    "UDP 198.51.100.1:40000 -> 203.0.113.10:80");
}

static void icmp_has_a_type_and_a_code(void **state)
{
	struct analysis_packet p = packet(IPPROTO_ICMP);
	char out[FORMAT_PACKET_BYTES];

	(void)state;
	p.dst_port = 3 << 8 | 4;
	assert_string_equal(format_packet(out, &p),
			    "ICMP 198.51.100.1 -> 203.0.113.10 (type 3, code 4)");
}

static void other_protocols_have_their_number(void **state)
{
	struct analysis_packet p = packet(99);
	char out[FORMAT_PACKET_BYTES];

	(void)state;
	assert_string_equal(format_packet(out, &p),
			    "protocol 99 198.51.100.1 -> 203.0.113.10");
}

static void a_later_fragment_has_no_ports(void **state)
{
	struct analysis_packet p = packet(IPPROTO_TCP);
	char out[FORMAT_PACKET_BYTES];

	(void)state;
	p.later_fragment = true;
	assert_string_equal(
		format_packet(out, &p),
		"TCP 198.51.100.1 -> 203.0.113.10 (a fragment that is not the first)");
}

static void ipv6_is_in_brackets(void **state)
{
	struct analysis_packet p = packet(IPPROTO_UDP);
	char out[FORMAT_PACKET_BYTES];

	(void)state;
	p.src = (struct ph_addr){{htonl(0x20010db8), 0, 0, htonl(1)}};
	p.dst = (struct ph_addr){{htonl(0x20010db8), 0, 0, htonl(2)}};
	p.dst_port = 53;
	assert_string_equal(format_packet(out, &p),
			    "UDP [2001:db8::1]:0 -> [2001:db8::2]:53");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_and_flags_are_shown_where_there_are_any),
		cmocka_unit_test(icmp_has_a_type_and_a_code),
		cmocka_unit_test(other_protocols_have_their_number),
		cmocka_unit_test(a_later_fragment_has_no_ports),
		cmocka_unit_test(ipv6_is_in_brackets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
