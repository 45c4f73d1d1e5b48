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

#include "tests/datapath/packets_ipv6.h"
#include "tests/datapath/packets_judged.h"
#include "tests/datapath/packets_malformed.h"
#include "tests/datapath/packets_routed.h"

/* Behind the C library's own <netinet/in.h>, which it knows to respect. */
#include "bpf/pkt.h"

#define IP_ALIGN  2 /* as drivers do: the IP header on a word border */
#define N_ROWS(t) (sizeof(t) / sizeof((t)[0]))

/* As the programs do: with the options, where there are any. */
static enum ph_reason parse_beside(struct pkt *pkt, const __u8 *bytes, size_t reach,
				   size_t len, struct pkt_tag beside)
{
	__u8 header[PKT_LONG_HEADER_BYTES] = {0}, *copy = malloc(IP_ALIGN + reach);
	enum ph_reason reason;

	assert_non_null(copy);
	memcpy(copy + IP_ALIGN, bytes, reach);
	memset(pkt, 0, sizeof(*pkt));
	reason = pkt_parse(pkt, copy + IP_ALIGN, copy + IP_ALIGN + reach, len, beside);
	if (!reason && pkt->long_header) {
		size_t header_len = pkt->l4_off - pkt->l3_off;

		assert_in_range(header_len, 24, 60);
		memcpy(header, copy + IP_ALIGN + pkt->l3_off, header_len);
		reason = pkt_check_long_header(header, header_len);
	}
	free(copy);
	return reason;
}

/* Parse a copy that ends where its allocation ends. */
static enum ph_reason parse(struct pkt *pkt, const __u8 *bytes, size_t reach, size_t len)
{
	return parse_beside(pkt, bytes, reach, len, (struct pkt_tag){0, 0});
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
	if (f->ethertype && f->ethertype != ETH_P_IPV6) {
		bool tagged = pkt_is_tpid(htons(f->ethertype));

		assert_int_equal(pkt->kind, tagged ? PKT_IPV4 : PKT_OTHER);
		assert_int_equal(!!pkt->vlan, tagged);
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
	assert_int_equal(pkt->dont_fragment, !!(f->fragment & 0x4000));
	if (f->fragment & 0x1fff) { /* no port, no flag */
		assert_int_equal(pkt->fragment, PKT_FRAGMENT_LATER);
		assert_int_equal(pkt->fragment_off, (f->fragment & 0x1fff) * 8);
		assert_int_equal(pkt->more, !!(f->fragment & 0x2000));
		assert_int_equal(pkt->sport | pkt->dport | pkt->tcp_flags, 0);
		return;
	}
	assert_int_equal(pkt->fragment,
			 f->fragment & 0x2000 ? PKT_FRAGMENT_FIRST : PKT_WHOLE);
	switch (f->proto) {
	case IPPROTO_TCP:
		assert_int_equal(pkt->tcp_window, f->window ? f->window : 8192);
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

/* The same of IPv6. */
static void assert_fields6(const struct pkt *pkt, const struct frame_v6 *f,
			   const __u8 *bytes)
{
	__u8 src[16], dst[16], proto;
	size_t l4_off = frame_v6_l4_off(bytes, &proto);

	frame_put_addr6(src, f->src);
	frame_put_addr6(dst, f->dst);
	assert_int_equal(pkt->kind, PKT_IPV6);
	assert_memory_equal(&pkt->src, src, sizeof(src));
	assert_memory_equal(&pkt->dst, dst, sizeof(dst));
	assert_int_equal(pkt->ttl, f->hop_limit ? f->hop_limit : 64);
	assert_int_equal(pkt->l3_len,
			 FRAME_V6_HEADER + frame_get16(bytes + ETH_HLEN + 4));
	assert_true(pkt->dont_fragment);
	assert_int_equal(pkt->l4_off, l4_off);
	assert_int_equal(pkt->proto, proto);
	if (pkt->fragment == PKT_FRAGMENT_LATER) {
		assert_int_equal(pkt->sport | pkt->dport, 0);
		return;
	}
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP) {
		assert_int_equal(ntohs(pkt->sport), f->sport);
		assert_int_equal(ntohs(pkt->dport), f->dport);
		assert_int_equal(pkt->payload_len, f->fill);
	}
	if (proto == FRAME_PROTO_ICMP6) {
		__u16 id = f->icmp_rest >> 16;

		assert_int_equal(pkt->icmp_type, f->icmp_type);
		assert_int_equal(ntohs(pkt->sport), f->icmp_type == 128 ? id : 0);
		assert_int_equal(ntohs(pkt->dport), f->icmp_type == 129 ? id : 0);
		assert_int_equal(pkt->icmp_error, f->icmp_type && f->icmp_type < 5);
		assert_int_equal(pkt->on_link,
				 (f->icmp_type >= 130 && f->icmp_type <= 137) ||
					 f->icmp_type == 143);
	}
}

static void run_rows(const struct packet_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct packet_row *row = &rows[i];
		__u8 bytes[FRAME_MAX_BYTES];
		size_t len = row->v6 ? frame_v6_build(row->v6, 1, bytes)
				     : frame_build(&row->frame, 1, bytes);
		struct pkt pkt;
		enum ph_reason reason = parse(&pkt, bytes, len, len);

		if (reason != row->parsed)
			fail_msg("%s: parser says %d, not %d", row->promise, reason,
				 row->parsed);
		if (!reason && row->v6)
			assert_fields6(&pkt, row->v6, bytes);
		else if (!reason)
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
	run_rows(packets_routed, N_ROWS(packets_routed));
	run_rows(packets_ipv6, N_ROWS(packets_ipv6));
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
			if (f->fragment & 0x3fff)
				continue;
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

static void test_no_cut_of_ipv6_is_read_past(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(packets_ipv6); i++) {
		const struct frame_v6 *f = packets_ipv6[i].v6;
		__u8 bytes[FRAME_MAX_BYTES], proto;
		size_t len = frame_v6_build(f, 1, bytes);
		size_t l4_off = frame_v6_l4_off(bytes, &proto);
		struct pkt pkt;

		if (packets_ipv6[i].parsed)
			continue;
		for (size_t reach = 0; reach < len; reach++) {
			enum ph_reason whole = parse(&pkt, bytes, reach, len);
			enum ph_reason cut = parse(&pkt, bytes, reach, reach);

			if (reach < len - f->pad)
				assert_int_equal(cut, PH_DROP_TRUNCATED);
			if (reach < l4_off)
				assert_true(whole != PH_NEXT);
		}
	}
}

/* Every chain of up to three headers, in every order. */
static void test_every_chain_finds_the_ports_or_is_refused(void **state)
{
	static const struct frame_ext kinds[] = {
		FRAME_HOP_BY_HOP(0),	 FRAME_DSTOPTS(1),
		FRAME_ROUTING(2, 1),	 FRAME_AH,
		FRAME_FRAGMENT(0, 0, 9), FRAME_ROUTING(0, 0),
	};
	const size_t n = N_ROWS(kinds);

	(void)state;
	for (size_t i = 0; i < n * n * n; i++) {
		const size_t chain[] = {i % n, i / n % n, i / n / n};
		struct frame_v6 f = {V6_TCP(990), .n_ext = 3, .fill = 5};
		__u8 bytes[FRAME_MAX_BYTES];
		bool bad = false;
		struct pkt pkt;
		size_t len;

		for (size_t j = 0; j < 3; j++) {
			f.ext[j] = kinds[chain[j]];
			bad |= (chain[j] == 0 && j) || chain[j] == 5;
		}
		len = frame_v6_build(&f, 1, bytes);
		if (bad) {
			assert_int_equal(parse(&pkt, bytes, len, len),
					 PH_DROP_IPV6_EXTENSION);
			continue;
		}
		assert_int_equal(parse(&pkt, bytes, len, len), PH_NEXT);
		assert_fields6(&pkt, &f, bytes);
	}
}

static void test_eight_headers_and_no_more(void **state)
{
	(void)state;
	for (__u8 n = 0; n <= FRAME_MAX_EXT; n++) {
		struct frame_v6 f = {V6_TCP(990), .n_ext = n};
		__u8 bytes[FRAME_MAX_BYTES];
		struct pkt pkt;
		size_t len;

		for (__u8 j = 0; j < n; j++)
			f.ext[j] = (struct frame_ext)FRAME_DSTOPTS(0);
		len = frame_v6_build(&f, 1, bytes);
		assert_int_equal(parse(&pkt, bytes, len, len),
				 n <= 8 ? PH_NEXT : PH_DROP_IPV6_EXTENSION);
	}
}

/* ---- IPv4 options ---- */

static enum ph_reason parse_options(const __u8 *options, __u8 len)
{
	struct frame f = {.src = CLIENT,
			  .dst = MAPPED,
			  .proto = IPPROTO_TCP,
			  .sport = 40000,
			  .dport = 990,
			  .options = 40};
	__u8 bytes[FRAME_MAX_BYTES], *ip = bytes + FRAME_IP_OFF;
	size_t frame_len;
	struct pkt pkt;

	f.options = (len + 3) & ~3;
	frame_len = frame_build(&f, 1, bytes);
	memcpy(ip + 20, options, len);
	frame_put16(ip + 10, 0);
	frame_put16(ip + 10, ~frame_sum(ip, 20u + f.options, 0));
	return parse(&pkt, bytes, frame_len, frame_len);
}

#define OPTIONS(...) \
	parse_options((const __u8[]){__VA_ARGS__}, sizeof((const __u8[]){__VA_ARGS__}))

static void test_source_routes_are_refused(void **state)
{
	__u8 options[40];

	(void)state;
	assert_int_equal(OPTIONS(131, 7, 4, 10, 0, 0, 1), PH_DROP_IP_OPTIONS);
	assert_int_equal(OPTIONS(137, 7, 4, 10, 0, 0, 1), PH_DROP_IP_OPTIONS);
	assert_int_equal(OPTIONS(131, 3, 4), PH_DROP_IP_OPTIONS);
	assert_int_equal(OPTIONS(7, 7, 4, 0, 0, 0, 0, 137, 7, 4), PH_DROP_IP_OPTIONS);
	/* Wherever it stands. */
	for (size_t at = 0; at < sizeof(options); at++) {
		memset(options, 1, sizeof(options));
		options[at] = 131;
		assert_int_equal(parse_options(options, sizeof(options)),
				 PH_DROP_IP_OPTIONS);
	}
	/* Behind the end of the list there are no options. */
	assert_int_equal(OPTIONS(0, 131, 7, 4), PH_NEXT);
	/* Nor inside another. */
	assert_int_equal(OPTIONS(7, 7, 4, 131, 137, 131, 137, 1), PH_NEXT);
}

static void test_options_must_add_up(void **state)
{
	(void)state;
	assert_int_equal(OPTIONS(148, 4, 0, 0), PH_NEXT); /* router alert */
	assert_int_equal(OPTIONS(68, 4, 5, 0), PH_NEXT);
	assert_int_equal(OPTIONS(1, 1, 1, 1), PH_NEXT);
	assert_int_equal(OPTIONS(0), PH_NEXT);
	assert_int_equal(OPTIONS(148, 0, 0, 0), PH_DROP_IP_OPTIONS);
	assert_int_equal(OPTIONS(148, 1, 0, 0), PH_DROP_IP_OPTIONS);
	assert_int_equal(OPTIONS(148, 5, 0, 0), PH_DROP_IP_OPTIONS);
	assert_int_equal(OPTIONS(148, 255, 0, 0), PH_DROP_IP_OPTIONS);
	assert_int_equal(OPTIONS(1, 1, 1, 148), PH_DROP_IP_OPTIONS); /* no length */
}

/* ---- tags ---- */

struct tags_case {
	__u16 beside; /* TPID of a tag kept beside the frame; 0: none */
	__u16 beside_tci;
	__u16 tpid[3]; /* outermost first */
	__u16 tci[3];
	__u16 vlan;
	__u16 inner;
};

#define INVALID 0x0fff

static const struct tags_case tags_cases[] = {
	{.vlan = 0},
	{.tpid = {0x8100}, .tci = {10}, .vlan = 10},
	{.tpid = {0x8100}, .tci = {0xf00a}, .vlan = 10},
	{.tpid = {0x8100}, .tci = {0xe000}, .vlan = 0},
	{.tpid = {0x88a8}, .tci = {10}, .vlan = INVALID},
	{.tpid = {0x88a8}, .tci = {0}, .vlan = INVALID},
	{.tpid = {0x88a8, 0x8100}, .tci = {30, 40}, .vlan = 30, .inner = 40},
	{.tpid = {0x8100, 0x8100}, .tci = {30, 40}, .vlan = 30, .inner = 40},
	{.tpid = {0x8100, 0x8100}, .tci = {0x2000, 40}, .vlan = 40},
	{.tpid = {0x8100, 0x88a8}, .tci = {30, 40}, .vlan = 30, .inner = INVALID},
	{.tpid = {0x88a8, 0x8100, 0x8100},
	 .tci = {30, 40, 50},
	 .vlan = INVALID,
	 .inner = 40},
	{.beside = 0x8100, .beside_tci = 10, .vlan = 10},
	{.beside = 0x88a8, .beside_tci = 10, .vlan = INVALID},
	{.beside = 0x88a8,
	 .beside_tci = 30,
	 .tpid = {0x8100},
	 .tci = {40},
	 .vlan = 30,
	 .inner = 40},
	{.beside = 0x8100, .beside_tci = 0, .tpid = {0x8100}, .tci = {40}, .vlan = 40},
	{.beside = 0x88a8,
	 .beside_tci = 30,
	 .tpid = {0x8100, 0x8100},
	 .tci = {40, 50},
	 .vlan = INVALID,
	 .inner = 40},
};

static void test_tags_name_the_vlan(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(tags_cases); i++) {
		const struct tags_case *c = &tags_cases[i];
		const struct pkt_tag beside = {htons(c->beside), c->beside_tci};
		const struct frame f = {TCP_OUT_TO(990)};
		__u8 bytes[FRAME_MAX_BYTES];
		size_t len = frame_build(&f, 1, bytes);
		struct pkt pkt;
		int n = 0;

		for (int j = 2; j >= 0; j--) {
			if (!c->tpid[j])
				continue;
			len = frame_put_tag(bytes, len, c->tpid[j], c->tci[j]);
			n++;
		}
		assert_int_equal(parse_beside(&pkt, bytes, len, len, beside), PH_NEXT);
		if (pkt.vlan != c->vlan ||
		    (c->vlan != INVALID && pkt.inner_vlan != c->inner))
			fail_msg("case %zu: vlan %u, inner %u", i, pkt.vlan,
				 pkt.inner_vlan);
		if (c->vlan == INVALID)
			continue;
		assert_int_equal(pkt.tags, n);
		assert_int_equal(pkt.l3_off, ETH_HLEN + 4 * n);
		assert_int_equal(ntohs(pkt.dport), 990);
		for (size_t cut = 0; cut < ETH_HLEN + 4u * n + 20; cut++)
			assert_int_equal(parse_beside(&pkt, bytes, cut, len, beside),
					 PH_DROP_TRUNCATED);
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
		if (round % 7 == 0)
			frame_put16(bytes + 12, round & 8 ? ETH_P_8021Q : ETH_P_8021AD);
		bytes[14] = 0x45 + (round >> 1) % 11;
		frame_put16(bytes + 16, len > 14 ? len - 14 : 0);
		bytes[23] = (const __u8[]){6, 17, 1, 136}[round % 4];
		frame_put16(bytes + 20, 0);
		frame_put16(bytes + 24, 0);
		frame_put16(bytes + 24,
			    ~frame_sum(bytes + 14, (size_t)(bytes[14] & 15) * 4, 0));
		parse(&pkt, bytes, len, len);
		assert_true(pkt.payload_off <= len + 60);
		if (round & 1)
			continue;
		/* As IPv6, with a chain of headers. */
		bytes[14] = 0x60;
		frame_put16(bytes + 18, len > 54 ? len - 54 : 0);
		bytes[20] = (const __u8[]){0, 43, 44, 51, 60}[round % 5];
		bytes[55] &= 1;
		parse(&pkt, bytes, len, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed_packets_have_their_reasons),
		cmocka_unit_test(test_sound_packets_have_their_fields),
		cmocka_unit_test(test_no_cut_is_read_past),
		cmocka_unit_test(test_every_header_length_finds_the_ports),
		cmocka_unit_test(test_no_cut_of_ipv6_is_read_past),
		cmocka_unit_test(test_every_chain_finds_the_ports_or_is_refused),
		cmocka_unit_test(test_eight_headers_and_no_more),
		cmocka_unit_test(test_source_routes_are_refused),
		cmocka_unit_test(test_options_must_add_up),
		cmocka_unit_test(test_tags_name_the_vlan),
		cmocka_unit_test(test_noise_is_survived),
	};

	return cmocka_run_group_tests_name("pkt", tests, NULL, NULL);
}
