// SPDX-License-Identifier: GPL-2.0
/*
 * test_answer.c - the pure parts of the firewall's own answers: which packets
 * get an ICMP error and which solicitations an advertisement, how often, and
 * headers whose checksums are computed again from scratch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/datapath/frame_v6.h"

/* Behind the C library's own <netinet/in.h>, which it knows to respect. */
#include "bpf/answer_make.h"
#include "bpf/ndp_make.h"

#define MSEC 1000000ull
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

static struct pkt pkt4(const char *src, const char *dst)
{
	return (struct pkt){.src = addr(src),
			    .dst = addr(dst),
			    .kind = PKT_IPV4,
			    .proto = IPPROTO_UDP,
			    .ttl = 1,
			    .l3_off = ETH_HLEN,
			    .l4_off = ETH_HLEN + 20,
			    .l3_len = 100};
}

static struct pkt pkt6(const char *src, const char *dst)
{
	return (struct pkt){.src = addr(src),
			    .dst = addr(dst),
			    .kind = PKT_IPV6,
			    .proto = IPPROTO_UDP,
			    .ttl = 1,
			    .l3_off = ETH_HLEN,
			    .l4_off = ETH_HLEN + 40,
			    .l3_len = 100,
			    .dont_fragment = 1};
}

static bool may4(const struct pkt *pkt, enum ph_reason why)
{
	const struct ph_addr own = addr("203.0.113.1");

	return answer_may(pkt, &own, why);
}

static bool may6(const struct pkt *pkt, enum ph_reason why)
{
	const struct ph_addr own = addr("2001:db8::1");

	return answer_may(pkt, &own, why);
}

/* ---- who gets an error ---- */

static void sources_that_name_no_host(void **state)
{
	static const char *const bad4[] = {"0.0.0.0",	     "0.0.0.7",	  "127.0.0.1",
					   "224.0.0.1",	     "239.1.2.3", "240.0.0.1",
					   "255.255.255.255"};
	static const char *const good4[] = {"1.0.0.1", "126.1.1.1", "128.0.0.1",
					    "223.255.255.254"};
	static const char *const bad6[] = {"::", "::1", "ff02::1", "ff0e::5"};

	(void)state;
	for (size_t i = 0; i < N(bad4); i++) {
		struct pkt pkt = pkt4(bad4[i], "10.0.0.1");

		assert_false(may4(&pkt, PH_DROP_TTL_EXPIRED));
	}
	for (size_t i = 0; i < N(good4); i++) {
		struct pkt pkt = pkt4(good4[i], "10.0.0.1");

		assert_true(may4(&pkt, PH_DROP_TTL_EXPIRED));
	}
	for (size_t i = 0; i < N(bad6); i++) {
		struct pkt pkt = pkt6(bad6[i], "2001:db8:1::10");

		assert_false(may6(&pkt, PH_DROP_TTL_EXPIRED));
	}
}

static void destinations_that_are_many(void **state)
{
	static const char *const many4[] = {"224.0.0.5", "239.1.1.1", "255.255.255.255"};
	static const char *const many6[] = {"ff02::1", "ff0e::5"};

	(void)state;
	for (size_t i = 0; i < N(many4); i++) {
		struct pkt pkt = pkt4("203.0.113.50", many4[i]);

		assert_false(may4(&pkt, PH_DROP_TTL_EXPIRED));
	}
	for (size_t i = 0; i < N(many6); i++) {
		struct pkt pkt = pkt6("2001:db8::50", many6[i]);

		assert_false(may6(&pkt, PH_DROP_TTL_EXPIRED));
		assert_false(may6(&pkt, PH_DROP_MTU_EXCEEDED));
	}
}

static void our_own_address(void **state)
{
	const struct ph_addr none = {0};
	struct pkt pkt = pkt4("203.0.113.1", "10.0.0.1");

	(void)state;
	assert_false(may4(&pkt, PH_DROP_TTL_EXPIRED)); /* forged */
	pkt = pkt4("203.0.113.2", "10.0.0.1");
	assert_true(may4(&pkt, PH_DROP_TTL_EXPIRED));
	assert_false(answer_may(&pkt, &none, PH_DROP_TTL_EXPIRED));
}

static void icmp_of_every_type(void **state)
{
	static const __u8 queries4[] = {0, 8, 13, 14, 15, 16, 17, 18, 42, 43};

	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		struct pkt p4 = pkt4("203.0.113.50", "10.0.0.1");
		struct pkt p6 = pkt6("2001:db8::50", "2001:db8:1::10");

		p4.proto = IPPROTO_ICMP;
		p4.icmp_type = type;
		assert_int_equal(may4(&p4, PH_DROP_TTL_EXPIRED),
				 !!memchr(queries4, (int)type, sizeof(queries4)));
		p6.proto = PKT_PROTO_ICMPV6;
		p6.icmp_type = type;
		assert_int_equal(may6(&p6, PH_DROP_TTL_EXPIRED),
				 type >= 128 && type != 137);
		/* The other family's is no ICMP at all. */
		p4.proto = PKT_PROTO_ICMPV6;
		assert_true(may4(&p4, PH_DROP_TTL_EXPIRED));
		p4.proto = IPPROTO_ICMP;
		p4.icmp_error = 1;
		assert_false(may4(&p4, PH_DROP_TTL_EXPIRED));
	}
}

static void fragments_and_reasons(void **state)
{
	struct pkt pkt = pkt4("203.0.113.50", "10.0.0.1");

	(void)state;
	pkt.fragment = PKT_FRAGMENT_FIRST;
	assert_true(may4(&pkt, PH_DROP_TTL_EXPIRED));
	pkt.fragment = PKT_FRAGMENT_LATER;
	assert_false(may4(&pkt, PH_DROP_TTL_EXPIRED));
	pkt.fragment = PKT_WHOLE;
	assert_false(may4(&pkt, PH_DROP_MTU_EXCEEDED));
	pkt.dont_fragment = 1;
	assert_true(may4(&pkt, PH_DROP_MTU_EXCEEDED));
	assert_false(may4(&pkt, PH_DROP_ACL_DENY));
	assert_false(may4(&pkt, PH_DROP_NO_ROUTE));
	pkt.kind = PKT_ARP;
	assert_false(may4(&pkt, PH_DROP_TTL_EXPIRED));
	pkt.kind = PKT_OTHER;
	assert_false(may4(&pkt, PH_DROP_TTL_EXPIRED));
}

/* ---- how often ---- */

static unsigned int take_all(struct answer_bucket *bucket, __u64 now_ns)
{
	unsigned int n = 0;

	while (n < 1000 && answer_take(bucket, now_ns))
		n++;
	return n;
}

static void bucket_burst_and_rate(void **state)
{
	struct answer_bucket bucket = {0};
	__u64 now = 1000000 * MSEC;

	(void)state;
	assert_int_equal(take_all(&bucket, now), 50);
	assert_int_equal(take_all(&bucket, now + MSEC - 1), 0);
	assert_int_equal(take_all(&bucket, now + MSEC), 1);
	assert_int_equal(take_all(&bucket, now + 11 * MSEC), 10);
	assert_int_equal(take_all(&bucket, now + 1000 * MSEC), 50);
	/* A second of one attempt per 100 microseconds. */
	now += 2000 * MSEC;
	for (unsigned int i = 0, n = 0; i <= 10000; i++) {
		n += answer_take(&bucket, now + i * (MSEC / 10));
		assert_true(n <= 50 + i / 10);
		if (i == 10000)
			assert_int_equal(n, 1050);
	}
}

static void bucket_at_boot(void **state)
{
	struct answer_bucket bucket = {0};

	(void)state;
	assert_int_equal(take_all(&bucket, 0), 0);
	assert_int_equal(take_all(&bucket, 20 * MSEC), 20);
	assert_int_equal(take_all(&bucket, 50 * MSEC), 30);
	assert_int_equal(take_all(&bucket, 51 * MSEC), 1);
}

/* ---- what it says ---- */

static void quote_lengths(void **state)
{
	struct pkt p4 = pkt4("203.0.113.50", "10.0.0.1");
	struct pkt p6 = pkt6("2001:db8::50", "2001:db8:1::10");

	(void)state;
	for (unsigned int len = 20; len <= 65535; len += len < 1300 ? 1 : 977) {
		p4.l3_len = p6.l3_len = len;
		assert_int_equal(answer_quote_len(&p4), len < 548 ? len : 548);
		assert_int_equal(answer_quote_len(&p6), len < 1232 ? len : 1232);
	}
}

/* The bytes of the quote, and their sum as the datapath computes it. */
struct quote {
	__u32 word[400];
	__u32 len;
	__u32 sum;
};

static struct quote quote_of(__u32 len, unsigned int seed)
{
	struct quote quote = {.len = len};
	__u8 *byte = (__u8 *)quote.word;
	__u64 sum = 0;

	for (__u32 i = 0; i < len; i++)
		byte[i] = (__u8)((i + seed) * 2654435761u >> 24);
	for (size_t i = 0; i < N(quote.word); i++)
		sum += quote.word[i];
	quote.sum = (__u32)sum + (__u32)(sum >> 32);
	return quote;
}

static void assert_v4(enum ph_reason why, __u32 mtu, const struct quote *quote,
		      struct frame_error error)
{
	const struct pkt pkt = pkt4("203.0.113.50", "198.51.100.7");
	const struct ph_addr own = addr("203.0.113.1");
	__u8 want[FRAME_MAX_BYTES];
	struct answer_v4 head;

	answer_make_v4(&head, &pkt, &own, why, mtu, quote->len, quote->sum);
	error.src = "203.0.113.1";
	error.dst = "203.0.113.50";
	error.tos = 0xc0;
	error.fragment = 0x4000;
	error.packet = (const __u8 *)quote->word;
	error.quote_len = quote->len;
	frame_error_build(&error, 1, want);
	assert_memory_equal(&head, want + ETH_HLEN, sizeof(head));
}

static void assert_v6(enum ph_reason why, __u32 mtu, const struct quote *quote,
		      struct frame_error error)
{
	const struct pkt pkt = pkt6("2001:db8::50", "2001:db8:1::10");
	const struct ph_addr own = addr("2001:db8::1");
	__u8 want[FRAME_MAX_BYTES];
	struct answer_v6 head;

	answer_make_v6(&head, &pkt, &own, why, mtu, quote->len, quote->sum);
	error.src = "2001:db8::1";
	error.dst = "2001:db8::50";
	error.packet = (const __u8 *)quote->word;
	error.quote_len = quote->len;
	frame_error_build(&error, 1, want);
	assert_memory_equal(&head, want + ETH_HLEN, sizeof(head));
}

static void headers_and_checksums(void **state)
{
	(void)state;
	for (__u32 len = 28; len <= 1232; len++) {
		struct quote quote = quote_of(len, len);

		assert_v6(PH_DROP_TTL_EXPIRED, 0, &quote,
			  (struct frame_error){.type = 3});
		assert_v6(PH_DROP_MTU_EXCEEDED, 1400, &quote,
			  (struct frame_error){.type = 2, .rest = 1400});
		if (len > 548)
			continue;
		assert_v4(PH_DROP_TTL_EXPIRED, 0, &quote,
			  (struct frame_error){.type = 11});
		assert_v4(PH_DROP_MTU_EXCEEDED, 600, &quote,
			  (struct frame_error){.type = 3, .code = 4, .rest = 600});
	}
}

static void mtu_limits(void **state)
{
	struct quote quote = quote_of(100, 1);

	(void)state;
	assert_v6(PH_DROP_MTU_EXCEEDED, 576, &quote,
		  (struct frame_error){.type = 2, .rest = 1280});
	assert_v6(PH_DROP_MTU_EXCEEDED, 100000, &quote,
		  (struct frame_error){.type = 2, .rest = 100000});
	assert_v4(PH_DROP_MTU_EXCEEDED, 100000, &quote,
		  (struct frame_error){.type = 3, .code = 4, .rest = 65535});
	/* Of an expired packet the MTU is nobody's business. */
	assert_v4(PH_DROP_TTL_EXPIRED, 600, &quote, (struct frame_error){.type = 11});
	assert_v6(PH_DROP_TTL_EXPIRED, 600, &quote, (struct frame_error){.type = 3});
}

/* ---- neighbour discovery ---- */

static struct pkt solicitation(const char *src, const char *dst)
{
	struct pkt pkt = pkt6(src, dst);

	pkt.proto = PKT_PROTO_ICMPV6;
	pkt.icmp_type = PKT_ICMPV6_NS;
	pkt.ttl = 255;
	pkt.l3_len = 40 + 24;
	return pkt;
}

static void solicitations_that_are_sound(void **state)
{
	const struct pkt good = solicitation("fe80::99", "ff02::1:ff00:10");
	struct pkt pkt = good;

	(void)state;
	assert_true(ndp_is_solicitation(&pkt));
	pkt.l3_len--;
	assert_false(ndp_is_solicitation(&pkt));
	pkt = good;
	pkt.l3_off += 4; /* a tag */
	pkt.l4_off += 4;
	assert_true(ndp_is_solicitation(&pkt));
	pkt = good;
	pkt.ttl = 254;
	assert_false(ndp_is_solicitation(&pkt));
	pkt = good;
	pkt.icmp_code = 1;
	assert_false(ndp_is_solicitation(&pkt));
	pkt = good;
	pkt.icmp_type = PKT_ICMPV6_NA;
	assert_false(ndp_is_solicitation(&pkt));
	pkt = good;
	pkt.proto = IPPROTO_ICMP;
	assert_false(ndp_is_solicitation(&pkt));
	pkt = good;
	pkt.kind = PKT_IPV4;
	assert_false(ndp_is_solicitation(&pkt));
	pkt = good;
	pkt.fragment = PKT_FRAGMENT_FIRST;
	assert_false(ndp_is_solicitation(&pkt));
}

static void whom_solicitations_are_for(void **state)
{
	static const struct {
		const char *src;
		const char *dst;
		bool may;
	} rows[] = {
		{"fe80::99", "ff02::1:ff34:5678", true},
		{"fe80::99", "2001:db8::1234:5678", true},
		{"::", "ff02::1:ff34:5678", true},
		{"::", "2001:db8::1234:5678", false},
		{"fe80::99", "ff02::1:ff34:5679", false},
		{"fe80::99", "ff02::1:ff35:5678", false},
		{"fe80::99", "ff02::1:fe34:5678", false},
		{"fe80::99", "ff05::1:ff34:5678", false},
		{"fe80::99", "ff02::1", false},
		{"fe80::99", "2001:db8::1234:5679", false},
	};
	const struct ph_addr target = addr("2001:db8::1234:5678");

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct pkt pkt = solicitation(rows[i].src, rows[i].dst);

		assert_int_equal(ndp_may_ask(&pkt, &target), rows[i].may);
	}
}

static void assert_advertisement(const char *asker, const char *dst, __u32 flags)
{
	static const __u8 mac[ETH_ALEN] = FRAME_MAC(1, 1);
	const struct ph_addr target = addr("2001:db8::1234:5678");
	struct pkt pkt = solicitation(asker, "ff02::1:ff34:5678");
	__u8 want[FRAME_MAX_BYTES], body[64] = {0};
	struct ndp_advertisement got;
	const struct frame_v6 frame = {
		.src = "2001:db8::1234:5678",
		.dst = dst,
		.proto = FRAME_PROTO_ICMP6,
		.icmp_type = FRAME_NA,
		.icmp_rest = flags,
		.hop_limit = 255,
		.body = body,
		.body_len = frame_put_nd(body, "2001:db8::1234:5678", 2, mac)};

	ndp_make(&got, &pkt, &target, mac);
	assert_int_equal(frame_v6_build(&frame, 1, want), ETH_HLEN + sizeof(got));
	assert_memory_equal(&got, want + ETH_HLEN, sizeof(got));
}

static void advertisements(void **state)
{
	(void)state;
	assert_advertisement("fe80::99", "fe80::99", 0x60000000);
	assert_advertisement("2001:db8::50", "2001:db8::50", 0x60000000);
	assert_advertisement("::", "ff02::1", 0x20000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_that_name_no_host),
		cmocka_unit_test(destinations_that_are_many),
		cmocka_unit_test(our_own_address),
		cmocka_unit_test(icmp_of_every_type),
		cmocka_unit_test(fragments_and_reasons),
		cmocka_unit_test(bucket_burst_and_rate),
		cmocka_unit_test(bucket_at_boot),
		cmocka_unit_test(quote_lengths),
		cmocka_unit_test(headers_and_checksums),
		cmocka_unit_test(mtu_limits),
		cmocka_unit_test(solicitations_that_are_sound),
		cmocka_unit_test(whom_solicitations_are_for),
		cmocka_unit_test(advertisements),
	};

	return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
