// SPDX-License-Identifier: GPL-2.0
/*
 * test_quoted.c - what is found of a packet that an ICMP error quotes, and that
 * nothing beyond the quote is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/datapath/frame_v6.h"

/* Behind the C library's own <netinet/in.h>, which it knows to respect. */
#include "bpf/quoted.h"

#define IP_ALIGN 2

struct quoting {
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len;
	struct pkt pkt;
	struct pkt quoted;
	bool valid;
};

/* Parse an error of which the first `reach` bytes are in reach. */
static void parse_reach(struct quoting *q, size_t reach)
{
	__u8 *copy = malloc(IP_ALIGN + reach);
	const __u8 *data = copy + IP_ALIGN;

	assert_non_null(copy);
	memcpy(copy + IP_ALIGN, q->bytes, reach);
	memset(&q->pkt, 0, sizeof(q->pkt));
	memset(&q->quoted, 0, sizeof(q->quoted));
	q->valid = false;
	if (!pkt_parse(&q->pkt, data, data + reach, q->len, (struct pkt_tag){0, 0}) &&
	    q->pkt.icmp_error)
		q->valid = quoted_parse(&q->quoted, &q->pkt, data, data + reach);
	free(copy);
}

/* An error about the packet of a frame. @quote_len: 0: all of it */
static void quote(struct quoting *q, const __u8 *frame, size_t len, size_t quote_len)
{
	bool v6 = frame_get16(frame + 12) == ETH_P_IPV6;
	const struct frame_error e = {
		.src = v6 ? "2001:db8:9::1" : "198.51.100.9",
		.dst = v6 ? "2001:db8::50" : "203.0.113.50",
		.type = v6 ? 3 : 11,
		.packet = frame + ETH_HLEN,
		.quote_len = quote_len ? quote_len : len - ETH_HLEN,
	};

	q->len = frame_error_build(&e, 1, q->bytes);
	parse_reach(q, q->len);
}

static void quote_v4(struct quoting *q, const struct frame *f, size_t quote_len)
{
	__u8 frame[FRAME_MAX_BYTES];
	size_t len = frame_build(f, 1, frame);

	quote(q, frame, len, quote_len);
}

static void quote_v6(struct quoting *q, const struct frame_v6 *f, size_t quote_len)
{
	__u8 frame[FRAME_MAX_BYTES];
	size_t len = frame_v6_build(f, 1, frame);

	quote(q, frame, len, quote_len);
}

#define V4_ENDS .src = "203.0.113.50", .dst = "10.0.0.10"
#define V6_ENDS .src = "2001:db8::50", .dst = "2001:db8:1::10"

static void test_ports_of_each_transport(void **state)
{
	static const __u8 protos[] = {IPPROTO_TCP, IPPROTO_UDP};
	static const __u8 check_at[] = {16, 6};
	struct quoting q;

	(void)state;
	for (size_t i = 0; i < sizeof(protos); i++) {
		const struct frame f = {V4_ENDS, .proto = protos[i], .sport = 1000,
					.dport = 53, .fill = 30};
		const struct frame_v6 f6 = {V6_ENDS, .proto = protos[i], .sport = 1000,
					    .dport = 53, .fill = 30};

		quote_v4(&q, &f, 0);
		assert_true(q.valid);
		assert_int_equal(q.quoted.proto, protos[i]);
		assert_int_equal(ntohs(q.quoted.sport), 1000);
		assert_int_equal(ntohs(q.quoted.dport), 53);
		assert_int_equal(q.quoted.l3_off, 14 + 20 + 8);
		assert_int_equal(q.quoted.l4_off, 14 + 20 + 8 + 20);
		assert_int_equal(q.quoted.payload_off, q.quoted.l4_off + check_at[i]);
		assert_true(pkt_addr_is_v4(&q.quoted.src));
		quote_v6(&q, &f6, 0);
		assert_true(q.valid);
		assert_int_equal(ntohs(q.quoted.sport), 1000);
		assert_int_equal(ntohs(q.quoted.dport), 53);
		assert_int_equal(q.quoted.l4_off, 14 + 40 + 8 + 40);
		assert_int_equal(q.quoted.payload_off, q.quoted.l4_off + check_at[i]);
	}
}

static void test_echo_has_its_identifier(void **state)
{
	struct quoting q;

	(void)state;
	quote_v4(
		&q,
		&(const struct frame){V4_ENDS, .proto = 1, .icmp_type = 8, .icmp_id = 77},
		0);
	assert_true(q.valid);
	assert_int_equal(q.quoted.echo, PKT_ECHO_REQUEST);
	assert_int_equal(ntohs(q.quoted.sport), 77);
	assert_int_equal(q.quoted.payload_off, 0); /* ICMP covers no addresses */
	quote_v4(&q, &(const struct frame){V4_ENDS, .proto = 1, .icmp_id = 77}, 0);
	assert_true(q.valid);
	assert_int_equal(q.quoted.echo, PKT_ECHO_REPLY);
	assert_int_equal(ntohs(q.quoted.dport), 77);
	quote_v6(&q,
		 &(const struct frame_v6){V6_ENDS, .proto = 58, .icmp_type = 128,
					  .icmp_rest = 77 << 16},
		 0);
	assert_true(q.valid);
	assert_int_equal(q.quoted.echo, PKT_ECHO_REQUEST);
	assert_int_equal(ntohs(q.quoted.sport), 77);
	assert_int_equal(q.quoted.payload_off, q.quoted.l4_off + 2);
}

static void test_no_error_about_an_error(void **state)
{
	struct quoting q;

	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		quote_v4(&q,
			 &(const struct frame){V4_ENDS, .proto = 1, .icmp_type = type},
			 0);
		assert_int_equal(q.valid, type == 0 || type == 8);
		quote_v6(
			&q,
			&(const struct frame_v6){V6_ENDS, .proto = 58, .icmp_type = type},
			0);
		assert_int_equal(q.valid, type == 128 || type == 129);
	}
}

static void test_eight_bytes_are_enough_and_seven_not(void **state)
{
	const struct frame f = {V4_ENDS, .proto = 6, .sport = 1, .dport = 2};
	const struct frame_v6 f6 = {V6_ENDS, .proto = 6, .sport = 1, .dport = 2};
	struct quoting q;

	(void)state;
	for (size_t n = 1; n < 20 + 20; n++) {
		quote_v4(&q, &f, n);
		assert_int_equal(q.valid, n >= 28);
		/* The checksum counts where all of it is there. */
		if (q.valid)
			assert_int_equal(!!q.quoted.payload_off, n >= 38);
	}
	for (size_t n = 1; n < 40 + 20; n++) {
		quote_v6(&q, &f6, n);
		assert_int_equal(q.valid, n >= 48);
		if (q.valid)
			assert_int_equal(!!q.quoted.payload_off, n >= 58);
	}
}

static void test_long_headers_are_passed_over(void **state)
{
	struct quoting q;

	(void)state;
	for (__u8 options = 0; options <= 40; options += 4) {
		quote_v4(&q,
			 &(const struct frame){V4_ENDS, .proto = 17, .sport = 9,
					       .dport = 53, .options = options},
			 0);
		assert_true(q.valid);
		assert_int_equal(ntohs(q.quoted.dport), 53);
	}
	for (__u8 n = 0; n <= 9; n++) {
		struct frame_v6 f = {V6_ENDS, .proto = 17, .sport = 9, .dport = 53,
				     .n_ext = n};

		for (__u8 i = 0; i < n; i++)
			f.ext[i] = (struct frame_ext)FRAME_DSTOPTS(0);
		quote_v6(&q, &f, 0);
		assert_int_equal(q.valid, n <= 8);
		if (n <= 8)
			assert_int_equal(ntohs(q.quoted.dport), 53);
	}
}

static void test_later_fragments_name_nothing(void **state)
{
	struct quoting q;

	(void)state;
	quote_v4(&q,
		 &(const struct frame){V4_ENDS, .proto = 17, .dport = 53, .fill = 8,
				       .fragment = 0x2000},
		 0);
	assert_true(q.valid);
	quote_v4(&q,
		 &(const struct frame){V4_ENDS, .proto = 17, .dport = 53, .fill = 8,
				       .fragment = 0x0001},
		 0);
	assert_false(q.valid);
	quote_v6(&q,
		 &(const struct frame_v6){V6_ENDS, .proto = 17, .dport = 53, .fill = 8,
					  .n_ext = 1, .ext = {FRAME_FRAGMENT(0, 1, 3)}},
		 0);
	assert_true(q.valid);
	quote_v6(&q,
		 &(const struct frame_v6){V6_ENDS, .proto = 17, .dport = 53, .fill = 8,
					  .n_ext = 1, .ext = {FRAME_FRAGMENT(8, 1, 3)}},
		 0);
	assert_false(q.valid);
}

static void test_other_headers_are_refused(void **state)
{
	__u8 frame[FRAME_MAX_BYTES];
	const struct frame_v6 mapped = {
		.src = "::ffff:203.0.113.50", .dst = "2001:db8::1", .proto = 17};
	struct quoting q;
	size_t len;

	(void)state;
	/* The quoted packet's version must be the error's. */
	len = frame_build(&(const struct frame){V4_ENDS, .proto = 17}, 1, frame);
	frame[ETH_HLEN] = 0x65;
	quote(&q, frame, len, 0);
	assert_false(q.valid);
	frame[ETH_HLEN] = 0x44;
	quote(&q, frame, len, 0);
	assert_false(q.valid);
	quote_v6(&q, &mapped, 0);
	assert_false(q.valid);
}

static void test_nothing_beyond_reach_is_read(void **state)
{
	const struct frame f = {V4_ENDS, .proto = 6, .sport = 1, .dport = 2,
				.options = 12};
	const struct frame_v6 f6 = {V6_ENDS,	.proto = 6,
				    .sport = 1, .dport = 2,
				    .n_ext = 2, .ext = {FRAME_HOP_BY_HOP(1), FRAME_AH}};
	struct quoting q;

	(void)state;
	quote_v4(&q, &f, 0);
	for (size_t reach = 0; reach <= q.len; reach++) {
		parse_reach(&q, reach);
		assert_int_equal(q.valid, reach >= 14 + 28 + 32 + 8);
	}
	quote_v6(&q, &f6, 0);
	assert_true(q.valid);
	for (size_t reach = 0; reach <= q.len; reach++)
		parse_reach(&q, reach); /* for the sanitizers to watch */
}

static void test_noise_is_survived(void **state)
{
	__u32 x = 362436069u;
	struct quoting q;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		__u8 frame[FRAME_MAX_BYTES] = {0};
		size_t len = ETH_HLEN + 8 + x % 120;

		frame_put16(frame + 12, round & 1 ? ETH_P_IPV6 : ETH_P_IP);
		for (size_t i = ETH_HLEN; i < len; i++) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
			frame[i] = x;
		}
		frame[ETH_HLEN] = round & 1 ? 0x60 : 0x45 + round / 2 % 11;
		frame[ETH_HLEN + 6] =
			round & 1 ? (const __u8[]){0, 43, 44, 51, 60}[round % 5] : 0;
		quote(&q, frame, len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports_of_each_transport),
		cmocka_unit_test(test_echo_has_its_identifier),
		cmocka_unit_test(test_no_error_about_an_error),
		cmocka_unit_test(test_eight_bytes_are_enough_and_seven_not),
		cmocka_unit_test(test_long_headers_are_passed_over),
		cmocka_unit_test(test_later_fragments_name_nothing),
		cmocka_unit_test(test_other_headers_are_refused),
		cmocka_unit_test(test_nothing_beyond_reach_is_read),
		cmocka_unit_test(test_noise_is_survived),
	};

	return cmocka_run_group_tests_name("quoted", tests, NULL, NULL);
}
