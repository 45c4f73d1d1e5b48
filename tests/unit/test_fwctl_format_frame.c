// SPDX-License-Identifier: GPL-2.0
/*
 * The bytes of packets that are described in words, and packets in captured frames.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/fwctl/format_frame.h"

static struct ph_addr address(const char *text)
{
	struct ph_addr addr = {.word = {0, 0, htonl(0xffff), 0}};

	if (inet_pton(AF_INET, text, &addr.word[3]) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, &addr), 1);
	return addr;
}

static struct frame_words words(const char *src, const char *dst, uint8_t proto)
{
	return (struct frame_words){.src = address(src),
				    .dst = address(dst),
				    .proto = proto,
				    .sport = 40000,
				    .dport = 21,
				    .icmp_type = 8,
				    .icmp_id = 7};
}

/* Of a sum that is right nothing is left. */
static uint16_t left_over(const uint8_t *bytes, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum ^ 0xffff);
}

static void check_v4(uint8_t proto, size_t len)
{
	struct frame_words w = words("198.51.100.1", "203.0.113.10", proto);
	uint8_t out[FRAME_MAX_BYTES];
	uint16_t ethertype;
	size_t payload = len - 20;

	assert_int_equal(frame_of_words(out, &w, &ethertype), len);
	assert_int_equal(ethertype, 0x0800);
	assert_int_equal(out[0], 0x45);
	assert_int_equal(out[2] << 8 | out[3], len);
	assert_int_equal(out[9], proto);
	assert_int_equal(left_over(out, 20, 0), 0);
	assert_memory_equal(out + 12, "\xc6\x33\x64\x01\xcb\x00\x71\x0a", 8);
	assert_int_equal(left_over(out + 20, payload, 0) !=
				 left_over(out + 12, len - 12, proto + (uint32_t)payload),
			 1);
	if (proto == IPPROTO_ICMP)
		assert_int_equal(left_over(out + 20, payload, 0), 0);
	else
		assert_int_equal(left_over(out + 12, len - 12, proto + (uint32_t)payload),
				 0);
}

static void packets_have_their_checksums(void **state)
{
	(void)state;
	check_v4(IPPROTO_TCP, 44);
	check_v4(IPPROTO_UDP, 28);
	check_v4(IPPROTO_ICMP, 28);
}

static void ipv6_has_them_too(void **state)
{
	const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6};
	uint8_t out[FRAME_MAX_BYTES];
	uint16_t ethertype;

	(void)state;
	for (size_t i = 0; i < sizeof(protos); i++) {
		struct frame_words w = words("2001:db8::1", "fd00::2", protos[i]);
		size_t len, payload;

		w.icmp_type = 128;
		len = frame_of_words(out, &w, &ethertype);
		payload = len - 40;
		assert_int_equal(ethertype, 0x86dd);
		assert_int_equal(out[0], 0x60);
		assert_int_equal(out[4] << 8 | out[5], payload);
		assert_int_equal(out[6], protos[i]);
		assert_int_equal(
			left_over(out + 8, len - 8, protos[i] + (uint32_t)payload), 0);
	}
}

static void tcp_is_a_syn_and_ports_are_given(void **state)
{
	struct frame_words w = words("192.0.2.1", "192.0.2.2", IPPROTO_TCP);
	uint8_t out[FRAME_MAX_BYTES];
	uint16_t ethertype;

	(void)state;
	frame_of_words(out, &w, &ethertype);
	assert_memory_equal(out + 20, "\x9c\x40\x00\x15", 4);
	assert_int_equal(out[20 + 12] >> 4, 6);
	assert_int_equal(out[20 + 13], 2);
}

static void an_error_quotes_and_an_echo_has_a_number(void **state)
{
	struct frame_words w = words("192.0.2.1", "192.0.2.2", IPPROTO_ICMP);
	uint8_t out[FRAME_MAX_BYTES];
	uint16_t ethertype;

	(void)state;
	assert_int_equal(frame_of_words(out, &w, &ethertype), 28);
	assert_memory_equal(out + 24, "\x00\x07", 2);
	w.icmp_type = 11;
	assert_true(frame_of_words(out, &w, &ethertype) >= 20 + 8 + 28);
	assert_memory_equal(out + 24, "\x00\x00", 2);
}

/* ---- captured frames ---- */

#define TO_HOST	 "\x02\x00\x00\x00\x00\x09"
#define TO_GROUP "\x01\x00\x5e\x00\x00\x09"
#define FROM	 "\x02\x00\x00\x00\x00\x08"
#define IP	 "\x45\x00\x00\x14"

static bool find(enum frame_link link, const char *bytes, size_t len,
		 struct frame_content *out)
{
	return frame_find_packet(link, (const uint8_t *)bytes, len, out);
}

static void packets_are_found_behind_tags(void **state)
{
	static const char plain[] = TO_HOST FROM "\x08\x00" IP;
	static const char tagged[] = TO_HOST FROM
		"\x88\xa8\x00\x64\x81\x00\x00\x0a\x86\xdd\x60";
	struct frame_content c;

	(void)state;
	assert_true(find(FRAME_ETHERNET, plain, sizeof(plain) - 1, &c));
	assert_int_equal(c.ethertype, 0x0800);
	assert_int_equal(c.len, 4);
	assert_null(c.station);
	assert_true(find(FRAME_ETHERNET, tagged, sizeof(tagged) - 1, &c));
	assert_int_equal(c.ethertype, 0x86dd);
	assert_int_equal(c.bytes[0], 0x60);
	assert_false(find(FRAME_ETHERNET, tagged, 17, &c));
	assert_false(find(FRAME_ETHERNET, plain, 14, &c));
	assert_false(find(FRAME_ETHERNET, plain, 3, &c));
}

static void groups_are_kept(void **state)
{
	static const char frame[] = TO_GROUP FROM "\x08\x00" IP;
	struct frame_content c;

	(void)state;
	assert_true(find(FRAME_ETHERNET, frame, sizeof(frame) - 1, &c));
	assert_memory_equal(c.station, TO_GROUP, 6);
}

static void other_links_have_packets_too(void **state)
{
	static const char raw6[] = "\x60\x00";
	static const char cooked[] = "\x00\x00\x00\x01\x00\x06" FROM
				     "\x00\x00\x08\x00" IP;
	static const char cooked2[] =
		"\x08\x00\x00\x00\x00\x00\x00\x02\x00\x01\x00\x06" FROM "\x00\x00" IP;
	struct frame_content c;

	(void)state;
	assert_true(find(FRAME_RAW_IP, raw6, 2, &c));
	assert_int_equal(c.ethertype, 0x86dd);
	assert_true(find(FRAME_RAW_IP, IP, 4, &c));
	assert_int_equal(c.ethertype, 0x0800);
	assert_true(find(FRAME_COOKED, cooked, sizeof(cooked) - 1, &c));
	assert_int_equal(c.ethertype, 0x0800);
	assert_int_equal(c.bytes[0], 0x45);
	assert_true(find(FRAME_COOKED2, cooked2, sizeof(cooked2) - 1, &c));
	assert_int_equal(c.ethertype, 0x0800);
	assert_int_equal(c.bytes[0], 0x45);
	assert_false(find(FRAME_COOKED2, cooked2, 20, &c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_have_their_checksums),
		cmocka_unit_test(ipv6_has_them_too),
		cmocka_unit_test(tcp_is_a_syn_and_ports_are_given),
		cmocka_unit_test(an_error_quotes_and_an_echo_has_a_number),
		cmocka_unit_test(packets_are_found_behind_tags),
		cmocka_unit_test(groups_are_kept),
		cmocka_unit_test(other_links_have_packets_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
