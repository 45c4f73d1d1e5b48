// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_answer.c - ICMP errors of the firewall's own: time exceeded,
 * fragmentation needed, packet too big; and when there must be none.
 *
 * RFC 792, 1122 3.2.2, 1812 4.3.2, 4443.
 */
#include <linux/pkt_cls.h>
#include <time.h>
#include <unistd.h>

#include "tests/datapath/answer_test.h"
#include "tests/datapath/cpu.h"
#include "tests/datapath/now.h"

#define QUOTE_V4 548
#define QUOTE_V6 1232

/* What of Ethernet and IP a frame is answered with: `error` says it but for the
 * quote, which is the packet as it was sent. */
static void expect_error(struct scenario *s, enum dev in, const __u8 *bytes, size_t len,
			 const struct frame_error *error)
{
	__u8 want[FRAME_MAX_BYTES];
	struct answer_run run;
	struct frame_error e = *error;
	size_t want_len;

	e.packet = bytes + ETH_HLEN;
	want_len = answer_expected(&e, in, want);
	answer_run(s, in, bytes, len, &run);
	CHECK(s, answer_is(&run, want, want_len));
	CHECK(s, answer_events(&run, PH_EV_ICMP_ERROR_SENT) == 1);
	CHECK(s, answer_events(&run, PH_EV_ICMP_ERROR_LIMITED) == 0);
}

/* The packet is dropped for that reason, in silence. */
static void expect_silence(struct scenario *s, enum dev in, const __u8 *bytes, size_t len,
			   enum ph_reason reason)
{
	struct answer_run run;

	answer_run(s, in, bytes, len, &run);
	CHECK(s, answer_is_none(&run));
	CHECK(s, answer_drops(&run, reason) == 1);
}

/* ---- IPv4 ---- */

/* From the outside client to the translated server, one hop too far. */
static const struct frame last_hop = {.src = CLIENT,
				      .dst = MAPPED,
				      .proto = IPPROTO_TCP,
				      .sport = 40000,
				      .dport = 990,
				      .ttl = 1};

#define TIME_EXCEEDED .src = OUR_OUTSIDE, .dst = CLIENT, .type = 11, .code = 0
#define TOO_BIG	      .src = OUR_INSIDE, .dst = WORKSTATION, .type = 3, .code = 4, .rest = 600

static void v4_time_exceeded(struct scenario *s)
{
	__u8 bytes[FRAME_MAX_BYTES];
	struct frame frame = last_hop;
	size_t len = frame_build(&frame, NETWORK_MAC(DEV_OUTSIDE), bytes);

	expect_error(s, DEV_OUTSIDE, bytes, len,
		     &(struct frame_error){TIME_EXCEEDED, .quote_len = 40});
	frame.pad = 6; /* is no part of the packet */
	len = frame_build(&frame, NETWORK_MAC(DEV_OUTSIDE), bytes);
	expect_error(s, DEV_OUTSIDE, bytes, len,
		     &(struct frame_error){TIME_EXCEEDED, .quote_len = 40});
	frame.options = 40;
	frame.tcp_options = 40;
	frame.fill = 3;
	len = frame_build(&frame, NETWORK_MAC(DEV_OUTSIDE), bytes);
	expect_error(s, DEV_OUTSIDE, bytes, len,
		     &(struct frame_error){TIME_EXCEEDED, .quote_len = 123});
	CHECK(s, world_count(s->w, TABLE_HALF_OPEN) == 0);
}

static void v4_quote_length(struct scenario *s)
{
	static const __u16 fills[] = {519, 520, 521, 1200, 1472};
	__u8 bytes[FRAME_MAX_BYTES];
	struct frame frame = last_hop;

	frame.proto = IPPROTO_UDP;
	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		__u16 l3_len = 28 + fills[i];
		size_t len;

		frame.fill = fills[i];
		len = frame_build(&frame, NETWORK_MAC(DEV_OUTSIDE), bytes);
		expect_error(s, DEV_OUTSIDE, bytes, len,
			     &(struct frame_error){
				     TIME_EXCEEDED,
				     .quote_len = l3_len < QUOTE_V4 ? l3_len : QUOTE_V4});
	}
}

/* What the inside workstation sends through the narrow route. */
static const struct frame wide = {.src = WORKSTATION,
				  .dst = NARROW,
				  .proto = IPPROTO_UDP,
				  .sport = 4000,
				  .dport = 5000,
				  .fill = 573, /* one too many */
				  .fragment = 0x4000};

static void v4_too_big(struct scenario *s)
{
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = frame_build(&wide, NETWORK_MAC(DEV_INSIDE), bytes);

	expect_error(s, DEV_INSIDE, bytes, len,
		     &(struct frame_error){TOO_BIG, .quote_len = QUOTE_V4});
}

/* The kernel fragments it. */
static void v4_may_be_fragmented(struct scenario *s)
{
	__u8 bytes[FRAME_MAX_BYTES];
	struct frame frame = wide;
	struct answer_run run;
	size_t len;

	frame.fragment = 0;
	len = frame_build(&frame, NETWORK_MAC(DEV_INSIDE), bytes);
	answer_run(s, DEV_INSIDE, bytes, len, &run);
	CHECK(s, run.out.action == TC_ACT_OK);
	CHECK(s, answer_is_none(&run));
	CHECK(s, answer_drops(&run, PH_DROP_MTU_EXCEEDED) == 0);
}

static void v4_queries_answered(struct scenario *s)
{
	static const __u8 types[] = {8, 13, 17};
	__u8 bytes[FRAME_MAX_BYTES];
	struct frame frame = last_hop;

	frame.proto = IPPROTO_ICMP;
	frame.icmp_id = 5;
	for (size_t i = 0; i < sizeof(types); i++) {
		size_t len;

		frame.icmp_type = types[i];
		len = frame_build(&frame, NETWORK_MAC(DEV_OUTSIDE), bytes);
		expect_error(s, DEV_OUTSIDE, bytes, len,
			     &(struct frame_error){TIME_EXCEEDED, .quote_len = 28});
	}
}

static void v4_errors_unanswered(struct scenario *s)
{
	__u8 bytes[FRAME_MAX_BYTES], error[FRAME_MAX_BYTES];
	struct frame frame = last_hop;
	size_t len;

	/* About a packet that was forwarded, so that it gets as far as that. */
	frame.ttl = 64;
	len = frame_build(&frame, NETWORK_MAC(DEV_OUTSIDE), bytes);
	world_ingress(s->w, s->hook, DEV_OUTSIDE, bytes, len, &(struct world_run){0});
	frame_put_addr(bytes + ETH_HLEN + 16, SERVER);
	len = frame_error_build(&(struct frame_error){.src = SERVER,
						      .dst = CLIENT,
						      .type = 3,
						      .code = 1,
						      .ttl = 1,
						      .packet = bytes + ETH_HLEN,
						      .quote_len = 40},
				NETWORK_MAC(DEV_INSIDE), error);
	expect_silence(s, DEV_INSIDE, error, len, PH_DROP_TTL_EXPIRED);

	/* A redirect is an error, too; nobody knows what type 200 is. */
	for (unsigned int i = 0; i < 2; i++) {
		frame = last_hop;
		frame.proto = IPPROTO_ICMP;
		frame.icmp_type = i ? 200 : 5;
		len = frame_build(&frame, NETWORK_MAC(DEV_OUTSIDE), bytes);
		expect_silence(s, DEV_OUTSIDE, bytes, len, PH_DROP_TTL_EXPIRED);
	}
}

static void fragments(struct scenario *s)
{
	__u8 whole[FRAME_MAX_BYTES], bytes[FRAME_MAX_BYTES];
	struct frame frame = last_hop;
	struct answer_run run;
	size_t len;

	frame.proto = IPPROTO_UDP;
	frame.fill = 400;
	frame_build(&frame, NETWORK_MAC(DEV_OUTSIDE), whole);
	len = frame_fragment(whole, 0, 200, true, 7, bytes);
	expect_error(s, DEV_OUTSIDE, bytes, len,
		     &(struct frame_error){TIME_EXCEEDED, .quote_len = 220});

	frame.ttl = 64;
	frame_build(&frame, NETWORK_MAC(DEV_OUTSIDE), whole);
	len = frame_fragment(whole, 0, 200, true, 8, bytes);
	answer_run(s, DEV_OUTSIDE, bytes, len, &run);
	CHECK(s, answer_events(&run, PH_EV_FRAGMENT_FIRST) == 1);
	frame.ttl = 1;
	frame_build(&frame, NETWORK_MAC(DEV_OUTSIDE), whole);
	len = frame_fragment(whole, 200, 208, false, 8, bytes);
	expect_silence(s, DEV_OUTSIDE, bytes, len, PH_DROP_TTL_EXPIRED);
}

static void from_a_group(struct scenario *s)
{
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = frame_build(&last_hop, NETWORK_MAC(DEV_OUTSIDE), bytes);

	bytes[ETH_ALEN] |= 1;
	expect_silence(s, DEV_OUTSIDE, bytes, len, PH_DROP_TTL_EXPIRED);
}

static void to_another_station(struct scenario *s)
{
	__u8 bytes[FRAME_MAX_BYTES];
	struct frame frame = last_hop;
	struct answer_run run;
	size_t len;

	for (int to = STATION_OTHER; to <= STATION_BROADCAST; to++) {
		frame.to = (__u8)to;
		len = frame_build(&frame, NETWORK_MAC(DEV_OUTSIDE), bytes);
		answer_run(s, DEV_OUTSIDE, bytes, len, &run);
		CHECK(s, answer_is_none(&run));
	}
}

static void no_address_of_our_own(struct scenario *s)
{
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = frame_build(&last_hop, NETWORK_MAC(DEV_OUTSIDE), bytes);

	expect_silence(s, DEV_OUTSIDE, bytes, len, PH_DROP_TTL_EXPIRED);
}

/* ---- IPv6 ---- */

static const struct frame_v6 last_hop6 = {.src = CLIENT6,
					  .dst = MAPPED6,
					  .proto = IPPROTO_TCP,
					  .sport = 40000,
					  .dport = 990,
					  .hop_limit = 1};

#define TIME_EXCEEDED6 .src = OUR_OUTSIDE6, .dst = CLIENT6, .type = 3, .code = 0

static void v6_time_exceeded(struct scenario *s)
{
	__u8 bytes[FRAME_MAX_BYTES];
	struct frame_v6 frame = last_hop6;
	size_t len = frame_v6_build(&frame, NETWORK_MAC(DEV_OUTSIDE), bytes);

	expect_error(s, DEV_OUTSIDE, bytes, len,
		     &(struct frame_error){TIME_EXCEEDED6, .quote_len = 60});
	frame.proto = IPPROTO_UDP;
	frame.fill = 21;
	frame.pad = 3;
	frame.n_ext = 2;
	frame.ext[0] = (struct frame_ext)FRAME_HOP_BY_HOP(1);
	frame.ext[1] = (struct frame_ext)FRAME_DSTOPTS(2);
	len = frame_v6_build(&frame, NETWORK_MAC(DEV_OUTSIDE), bytes);
	expect_error(s, DEV_OUTSIDE, bytes, len,
		     &(struct frame_error){TIME_EXCEEDED6,
					   .quote_len = 40 + 16 + 24 + 8 + 21});
	CHECK(s, world_count(s->w, TABLE_HALF_OPEN) == 0);
}

static void v6_quote_length(struct scenario *s)
{
	static const __u16 fills[] = {1183, 1184, 1185, 1400};
	__u8 bytes[FRAME_MAX_BYTES];
	struct frame_v6 frame = last_hop6;

	frame.proto = FRAME_PROTO_ICMP6;
	frame.icmp_type = 128;
	frame.icmp_rest = 0x00050001;
	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		__u16 l3_len = 48 + fills[i];
		size_t len;

		frame.fill = fills[i];
		len = frame_v6_build(&frame, NETWORK_MAC(DEV_OUTSIDE), bytes);
		expect_error(s, DEV_OUTSIDE, bytes, len,
			     &(struct frame_error){
				     TIME_EXCEEDED6,
				     .quote_len = l3_len < QUOTE_V6 ? l3_len : QUOTE_V6});
	}
}

static void v6_too_big(struct scenario *s)
{
	__u8 bytes[FRAME_MAX_BYTES];
	const struct frame_v6 frame = {.src = SERVER6,
				       .dst = NARROW6,
				       .proto = IPPROTO_UDP,
				       .sport = 4000,
				       .dport = 5000,
				       .fill = 1353}; /* one too many */
	size_t len = frame_v6_build(&frame, NETWORK_MAC(DEV_INSIDE), bytes);

	expect_error(s, DEV_INSIDE, bytes, len,
		     &(struct frame_error){.src = OUR_INSIDE6,
					   .dst = SERVER6,
					   .type = 2,
					   .rest = 1400,
					   .quote_len = QUOTE_V6});
}

static void v6_errors_unanswered(struct scenario *s)
{
	static const __u8 types[] = {100, 127};
	__u8 bytes[FRAME_MAX_BYTES];
	struct frame_v6 frame = last_hop6;

	frame.proto = FRAME_PROTO_ICMP6;
	for (size_t i = 0; i < sizeof(types); i++) {
		size_t len;

		frame.icmp_type = types[i];
		len = frame_v6_build(&frame, NETWORK_MAC(DEV_OUTSIDE), bytes);
		expect_silence(s, DEV_OUTSIDE, bytes, len, PH_DROP_TTL_EXPIRED);
	}
}

/* ---- limits ---- */

#define FLOOD	 500
#define BURST	 50
#define PER_MSEC 1

/* The bucket is this processor's. */
static void errors_are_limited(struct scenario *s)
{
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = frame_build(&last_hop, NETWORK_MAC(DEV_OUTSIDE), bytes);
	struct answer_run run;
	cpu_set_t before;
	__u64 sent, start_us, elapsed_ms;

	cpu_stay(&before);
	usleep(100 * 1000); /* full */
	start_us = now_ns() / 1000;
	world_counters(s->w, &run.before);
	for (unsigned int i = 0; i < FLOOD; i++)
		world_ingress(s->w, s->hook, DEV_OUTSIDE, bytes, len, &run.out);
	world_counters(s->w, &run.after);
	elapsed_ms = (now_ns() / 1000 - start_us) / 1000;
	sent = answer_events(&run, PH_EV_ICMP_ERROR_SENT);
	CHECK(s, sent >= BURST);
	CHECK(s, sent <= BURST + elapsed_ms * PER_MSEC + 1);
	CHECK(s, answer_events(&run, PH_EV_ICMP_ERROR_LIMITED) == FLOOD - sent);
	CHECK(s, answer_drops(&run, PH_DROP_TTL_EXPIRED) == FLOOD - sent);
	usleep(100 * 1000);
	expect_error(s, DEV_OUTSIDE, bytes, len,
		     &(struct frame_error){TIME_EXCEEDED, .quote_len = 40});
	cpu_leave(&before);
}

#define ANSWER(run_, promise_)                                             \
	SCENARIO(run_, promise_, .policy = answer_policy, .tc_only = true, \
		 .tweak = answer_policy_senders)

static const struct scenario_entry scenarios[] = {
	ANSWER(v4_time_exceeded, "time exceeded quotes the packet as its sender sent it"),
	ANSWER(v4_quote_length, "an ICMP error has 576 bytes at most"),
	ANSWER(v4_too_big, "fragmentation needed says the MTU of the route"),
	ANSWER(v4_may_be_fragmented, "without DF no ICMP error says too big"),
	ANSWER(v4_queries_answered, "ICMP queries are answered with errors"),
	ANSWER(v4_errors_unanswered, "ICMP errors are not answered with errors"),
	ANSWER(fragments, "the first fragment is answered, later ones are not"),
	ANSWER(from_a_group, "a frame from a group address is not answered"),
	ANSWER(to_another_station, "a frame to another station is not answered"),
	SCENARIO(no_address_of_our_own, "no address of our own, no answer",
		 .policy = answer_policy, .tc_only = true),
	ANSWER(v6_time_exceeded, "IPv6: time exceeded quotes the packet as sent"),
	ANSWER(v6_quote_length, "IPv6: an ICMPv6 error has 1280 bytes at most"),
	ANSWER(v6_too_big, "IPv6: packet too big says the MTU of the route"),
	ANSWER(v6_errors_unanswered, "IPv6: unknown errors are not answered"),
	ANSWER(errors_are_limited, "ICMP errors are limited to a burst and a rate"),
};

void scenarios_answer(struct world *w)
{
	CHECK_SCENARIOS(w, scenarios);
}
