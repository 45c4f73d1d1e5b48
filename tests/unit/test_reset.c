// SPDX-License-Identifier: GPL-2.0
/*
 * test_reset.c - the pure part of ending a TCP connection: which packets a RST
 * answers, which numbers it has, and headers whose checksums are computed again
 * from scratch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/datapath/frame_rst.h"

/* Behind the C library's own <netinet/in.h>, which it knows to respect. */
#include "bpf/reset_make.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct ph_addr addr(const char *text)
{
	struct ph_addr out = {.word = {[2] = htonl(0xffff)}};

	if (strchr(text, ':'))
		frame_put_addr6((__u8 *)&out, text);
	else
		frame_put_addr((__u8 *)&out.word[3], text);
	return out;
}

/* A segment with an acknowledgement and 100 bytes. */
static struct pkt segment(bool v6)
{
	return (struct pkt){.src = addr(v6 ? "2001:db8::50" : "203.0.113.50"),
			    .dst = addr(v6 ? "2001:db8::10" : "203.0.113.10"),
			    .sport = htons(40000),
			    .dport = htons(21),
			    .kind = v6 ? PKT_IPV6 : PKT_IPV4,
			    .proto = IPPROTO_TCP,
			    .tcp_flags = PKT_TCP_ACK | PKT_TCP_PSH,
			    .tcp_seq = 0xfffffff0,
			    .tcp_ack = 0x12345678,
			    .payload_len = 100};
}

/* ---- who gets one ---- */

static void only_tcp_that_is_no_reset(void **state)
{
	(void)state;
	for (unsigned int flags = 0; flags < 64; flags++) {
		struct pkt pkt = segment(flags & 1);

		pkt.tcp_flags = flags;
		assert_int_equal(reset_may(&pkt), !(flags & PKT_TCP_RST));
		pkt.proto = IPPROTO_UDP;
		assert_false(reset_may(&pkt));
	}
	for (unsigned int kind = PKT_ARP; kind <= PKT_OTHER; kind++) {
		struct pkt pkt = segment(false);

		pkt.kind = kind;
		assert_false(reset_may(&pkt));
	}
}

static void fragments(void **state)
{
	struct pkt pkt = segment(false);

	(void)state;
	pkt.fragment = PKT_FRAGMENT_FIRST;
	assert_true(reset_may(&pkt));
	pkt.tcp_flags = PKT_TCP_FIN; /* its length is not known */
	assert_false(reset_may(&pkt));
	pkt.tcp_flags = PKT_TCP_ACK;
	pkt.fragment = PKT_FRAGMENT_LATER;
	assert_false(reset_may(&pkt));
}

/* ---- its numbers ---- */

static void number_is_what_the_sender_expects(void **state)
{
	struct pkt pkt = segment(false);
	struct reset r;

	(void)state;
	for (unsigned int more = 0; more < 8; more++) {
		pkt.tcp_flags = PKT_TCP_ACK | more; /* FIN, SYN; the third is no RST */
		if (more & PKT_TCP_RST)
			continue;
		reset_back(&r, &pkt);
		assert_int_equal(r.seq, 0x12345678);
		assert_int_equal(r.ack, 0);
		assert_int_equal(r.flags, PKT_TCP_RST);
	}
}

/* RFC 9293 3.10.7.1: SEQ=0, ACK=SEG.SEQ+SEG.LEN, where SYN and FIN count. */
static void what_acknowledges_nothing_is_acknowledged(void **state)
{
	static const struct {
		__u8 flags;
		__u32 ack;
	} rows[] = {
		{0, 0xfffffff0u + 100},
		{PKT_TCP_SYN, 0xfffffff0u + 101},
		{PKT_TCP_FIN, 0xfffffff0u + 101},
		{PKT_TCP_SYN | PKT_TCP_FIN | PKT_TCP_URG, 0xfffffff0u + 102},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct pkt pkt = segment(false);
		struct reset r;

		pkt.tcp_flags = rows[i].flags;
		reset_back(&r, &pkt);
		assert_int_equal(r.seq, 0);
		assert_int_equal(r.ack, rows[i].ack);
		assert_int_equal(r.flags, PKT_TCP_RST | PKT_TCP_ACK);
	}
}

/* ---- its headers ---- */

static void assert_headers(const struct reset *r, const struct frame_rst *as)
{
	const struct frame_rst rst = {.src = as->src,
				      .dst = as->dst,
				      .sport = as->sport,
				      .dport = as->dport,
				      .seq = r->seq,
				      .ack = r->ack,
				      .flags = r->flags};
	__u8 want[FRAME_MAX_BYTES], *ip = want + ETH_HLEN, *tcp = ip + (r->v6 ? 40 : 20);
	size_t len = frame_rst_build(&rst, 1, want) - ETH_HLEN;
	struct reset_v4 v4;
	struct reset_v6 v6;
	const void *head = r->v6 ? (const void *)&v6 : &v4;

	assert_int_equal(len, r->v6 ? sizeof(v6) : sizeof(v4));
	if (r->v6)
		reset_make_v6(&v6, r, false);
	else
		reset_make_v4(&v4, r, false);
	assert_memory_equal(head, ip, len);

	/* What a device adds to the sum that was left for it makes the same. */
	if (r->v6)
		reset_make_v6(&v6, r, true);
	else
		reset_make_v4(&v4, r, true);
	memcpy(ip, head, len);
	frame_put16(tcp + 16, ~frame_sum(tcp, 20, 0));
	assert_int_equal(r->v6 ? frame_v6_l4_sum(ip, IPPROTO_TCP, tcp, 20)
			       : frame_l4_sum(ip, tcp, 20),
			 0xffff);
}

static void headers_and_checksums(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		struct pkt pkt = segment(i & 1);
		const struct frame_rst as = {
			.src = i & 1 ? "2001:db8::10" : "203.0.113.10",
			.dst = i & 1 ? "2001:db8::50" : "203.0.113.50",
			.sport = 21,
			.dport = i};
		struct reset r;

		pkt.sport = htons(i);
		pkt.tcp_ack = i * 2654435761u;
		pkt.tcp_seq = i * 40503u << 8;
		pkt.tcp_flags = i & 2 ? PKT_TCP_ACK : PKT_TCP_SYN;
		reset_back(&r, &pkt);
		assert_headers(&r, &as);
	}
}

/* To the packet's receiver: translated, its own numbers, ports as they were. */
static void to_the_other_end(void **state)
{
	(void)state;
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		const struct pkt pkt = segment(v6);
		const struct frame_rst as = {.src = v6 ? "2001:db8::9" : "203.0.113.9",
					     .dst = v6 ? "2001:db8:1::10" : "10.0.0.10",
					     .sport = 40000,
					     .dport = 21};
		const struct ph_addr src = addr(as.src), dst = addr(as.dst);
		struct reset r;

		reset_on(&r, &pkt, &src, &dst, 0xfedcba98, 0x01234567);
		assert_int_equal(r.flags, PKT_TCP_RST | PKT_TCP_ACK);
		assert_int_equal(r.seq, 0xfedcba98);
		assert_int_equal(r.ack, 0x01234567);
		assert_headers(&r, &as);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_tcp_that_is_no_reset),
		cmocka_unit_test(fragments),
		cmocka_unit_test(number_is_what_the_sender_expects),
		cmocka_unit_test(what_acknowledges_nothing_is_acknowledged),
		cmocka_unit_test(headers_and_checksums),
		cmocka_unit_test(to_the_other_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
