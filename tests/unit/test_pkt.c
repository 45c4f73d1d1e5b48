// SPDX-License-Identifier: GPL-2.0
/*
 * test_pkt.c - the packet table, natively over the parser.
 *
 * Each frame lies at the end of its own allocation, so that the address
 * sanitizer sees any byte read beyond it; and is parsed a second time cut at
 * every length, for no cut may be read past.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/datapath/packets_judged.h"
#include "tests/datapath/packets_malformed.h"

/* Behind the C library's own <netinet/in.h>, which it knows to respect. */
#include "bpf/pkt.h"

#define IP_ALIGN  2 /* as drivers do: the IP header on a word border */
#define N_ROWS(t) (sizeof(t) / sizeof((t)[0]))

/* Parse a copy that ends where its allocation ends. */
static enum ph_reason parse(struct pkt *pkt, const __u8 *bytes, size_t reach, size_t len)
{
	__u8 *copy = malloc(IP_ALIGN + reach);
	enum ph_reason reason;

	assert_non_null(copy);
	memcpy(copy + IP_ALIGN, bytes, reach);
	memset(pkt, 0, sizeof(*pkt));
	reason = pkt_parse(pkt, copy + IP_ALIGN, copy + IP_ALIGN + reach, len,
			   (struct pkt_tag){0, 0});
	free(copy);
	return reason;
}

static void assert_v4(const struct ph_addr *addr, const char *text)
{
	static const __u8 v4_mapped[12] = {[10] = 0xff, [11] = 0xff};
	__u8 v4[4];

	frame_put_addr(v4, text);
	assert_memory_equal(addr, v4_mapped, sizeof(v4_mapped));
	assert_memory_equal(&addr->word[3], v4, sizeof(v4));
}

/* What the parser must have found, from the description it never saw. */
static void assert_fields(const struct pkt *pkt, const struct frame *f)
{
	size_t header_len = frame_l4_header_len(f);

	if (f->ethertype == ETH_P_ARP) {
		assert_int_equal(pkt->kind, PKT_ARP);
		return;
	}
	if (f->ethertype == ETH_P_IPV6) {
		__u8 dst[16];

		assert_int_equal(inet_pton(AF_INET6, f->dst, dst), 1);
		assert_int_equal(pkt->kind, PKT_IPV6);
		assert_memory_equal(&pkt->dst, dst, sizeof(dst));
		return;
	}
	assert_int_equal(pkt->kind, PKT_IPV4);
	assert_v4(&pkt->src, f->src);
	assert_v4(&pkt->dst, f->dst);
	assert_int_equal(pkt->proto, f->proto);
	assert_int_equal(pkt->ttl, f->ttl ? f->ttl : 64);
	assert_int_equal(pkt->l4_off, FRAME_IP_OFF + 20 + f->options);
	assert_int_equal(pkt->l3_len,
			 20 + f->options + header_len + frame_payload_len(f));
	switch (f->proto) {
	case IPPROTO_TCP:
		assert_int_equal(pkt->tcp_flags, f->flags ? f->flags : TCP_SYN);
		assert_int_equal(pkt->tcp_header_len, header_len);
		assert_int_equal(pkt->tcp_seq, f->seq);
		assert_int_equal(pkt->tcp_ack, f->ack);
		__attribute__((fallthrough));
	case IPPROTO_UDP:
		assert_int_equal(ntohs(pkt->sport), f->sport);
		assert_int_equal(ntohs(pkt->dport), f->dport);
		assert_int_equal(pkt->payload_off, pkt->l4_off + header_len);
		assert_int_equal(pkt->payload_len, frame_payload_len(f));
		break;
	case IPPROTO_ICMP:
		assert_int_equal(pkt->icmp_type, f->icmp_type);
		assert_int_equal(pkt->icmp_code, f->icmp_code);
		assert_int_equal(ntohs(pkt->sport), f->icmp_type == 8 ? f->icmp_id : 0);
		assert_int_equal(ntohs(pkt->dport), f->icmp_type == 0 ? f->icmp_id : 0);
		break;
	default:
		assert_int_equal(pkt->sport, 0);
		assert_int_equal(pkt->dport, 0);
	}
}

static void run_rows(const struct packet_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct packet_row *row = &rows[i];
		__u8 bytes[FRAME_MAX_BYTES];
		size_t len = frame_build(&row->frame, 1, bytes);
		struct pkt pkt;
		enum ph_reason reason = parse(&pkt, bytes, len, len);

		if (reason != row->parsed)
			fail_msg("%s: parser says %d, not %d", row->promise, reason,
				 row->parsed);
		if (!reason)
			assert_fields(&pkt, &row->frame);
	}
}

static void test_malformed_packets_have_their_reasons(void **state)
{
	(void)state;
	run_rows(packets_malformed, N_ROWS(packets_malformed));
}

static void test_sound_packets_have_their_fields(void **state)
{
	(void)state;
	run_rows(packets_judged, N_ROWS(packets_judged));
}

/* However much of a frame is in reach, nothing beyond is read; and what is cut
 * inside its headers is never accepted. */
static void test_no_cut_is_read_past(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(packets_judged); i++) {
		const struct frame *f = &packets_judged[i].frame;
		__u8 bytes[FRAME_MAX_BYTES];
		size_t len = frame_build(f, 1, bytes);
		size_t headers = FRAME_IP_OFF + 20 + f->options + frame_l4_header_len(f);
		struct pkt pkt;

		for (size_t reach = 0; reach < len; reach++) {
			enum ph_reason whole = parse(&pkt, bytes, reach, len);
			enum ph_reason cut = parse(&pkt, bytes, reach, reach);

			if (f->ethertype)
				continue;
			if (reach < len - f->pad)
				assert_int_equal(cut, PH_DROP_TRUNCATED);
			if (f->proto == IPPROTO_TCP)
				headers = FRAME_IP_OFF + 20 + f->options + 20;
			/* In TC the payload may be out of direct reach. */
			assert_int_equal(whole,
					 reach < headers ? PH_DROP_TRUNCATED : PH_NEXT);
		}
	}
}

/* Every header length that four bits can say. */
static void test_every_header_length_finds_the_ports(void **state)
{
	(void)state;
	for (unsigned int options = 0; options <= 40; options += 4) {
		struct frame f = {.src = CLIENT,
				  .dst = MAPPED,
				  .proto = IPPROTO_TCP,
				  .sport = 40000,
				  .dport = 990,
				  .options = options,
				  .fill = 11};
		__u8 bytes[FRAME_MAX_BYTES];
		size_t len = frame_build(&f, 1, bytes);
		struct pkt pkt;

		assert_int_equal(parse(&pkt, bytes, len, len), PH_NEXT);
		assert_fields(&pkt, &f);
		bytes[FRAME_IP_OFF + 20 + options - 1] ^= 0x10;
		assert_int_equal(parse(&pkt, bytes, len, len), PH_DROP_BAD_IP_CHECKSUM);
	}
}

/* Random bytes, for the sanitizers to watch. */
static void test_noise_is_survived(void **state)
{
	__u32 x = 2463534242u;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		__u8 bytes[96];
		struct pkt pkt;
		size_t len;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
			bytes[i] = x;
		}
		len = x % (sizeof(bytes) + 1);
		frame_put16(bytes + 12, round & 1 ? ETH_P_IP : ETH_P_IPV6);
		bytes[14] = 0x45 + (round >> 1) % 11;
		frame_put16(bytes + 16, len > 14 ? len - 14 : 0);
		bytes[23] = (const __u8[]){6, 17, 1, 136}[round % 4];
		frame_put16(bytes + 20, 0);
		frame_put16(bytes + 24, 0);
		frame_put16(bytes + 24,
			    ~frame_sum(bytes + 14, (size_t)(bytes[14] & 15) * 4, 0));
		parse(&pkt, bytes, len, len);
		assert_true(pkt.payload_off <= len + 60);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed_packets_have_their_reasons),
		cmocka_unit_test(test_sound_packets_have_their_fields),
		cmocka_unit_test(test_no_cut_is_read_past),
		cmocka_unit_test(test_every_header_length_finds_the_ports),
		cmocka_unit_test(test_noise_is_survived),
	};

	return cmocka_run_group_tests_name("pkt", tests, NULL, NULL);
}
