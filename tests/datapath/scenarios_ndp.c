// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_ndp.c - neighbour solicitations for mapped addresses, and ARP
 * behind a tag.
 *
 * RFC 4861 7.1.1, 7.2; 826.
 */
#include <linux/pkt_cls.h>

#include "tests/datapath/answer_test.h"

#define GROUP6	 "ff02::1:ff00:10" /* of MAPPED6 */
#define ND_BYTES 64

static const __u8 asker_mac[] = FRAME_MAC(2, 0x99);

/* A solicitation of MAPPED6, and what may be peculiar about it. */
struct solicitation {
	const char *src;
	const char *dst;
	const char *target;
	bool no_option;
	__u8 code;
	__u8 hop_limit;
	__u8 fault;
	__u8 to;
	__u16 extra; /* bytes behind the first option: a nonce */
	__u16 body_len;
	__u16 vlan;
};

static size_t build(const struct solicitation *n, enum dev dev, __u8 *bytes)
{
	__u8 body[ND_BYTES] = {0};
	struct frame_v6 frame = {.src = n->src ? n->src : ASKER6,
				 .dst = n->dst ? n->dst : GROUP6,
				 .proto = FRAME_PROTO_ICMP6,
				 .icmp_type = FRAME_NS,
				 .icmp_code = n->code,
				 .hop_limit = n->hop_limit ? n->hop_limit : 255,
				 .body = body,
				 .to = n->to,
				 .fault = n->fault};
	size_t len;

	frame.body_len = frame_put_nd(body, n->target ? n->target : MAPPED6, 1,
				      n->no_option ? NULL : asker_mac);
	if (n->extra) {
		body[frame.body_len] = 14;
		body[frame.body_len + 1] = n->extra / 8;
		frame.body_len += n->extra;
	}
	if (n->body_len)
		frame.body_len = n->body_len;
	len = frame_v6_build(&frame, NETWORK_MAC(dev), bytes);
	return n->vlan ? frame_put_tag(bytes, len, ETH_P_8021Q, n->vlan) : len;
}

#define SOLICITED 0x40000000
#define OVERRIDE  0x20000000

static size_t advertisement(const char *dst, __u32 flags, enum dev dev, __u8 *bytes)
{
	const __u8 us[] = FRAME_MAC(1, NETWORK_MAC(dev));
	__u8 body[ND_BYTES] = {0};
	const struct frame_v6 frame = {.src = MAPPED6,
				       .dst = dst,
				       .proto = FRAME_PROTO_ICMP6,
				       .icmp_type = FRAME_NA,
				       .icmp_rest = flags,
				       .hop_limit = 255,
				       .body = body,
				       .body_len = frame_put_nd(body, MAPPED6, 2, us)};
	size_t len = frame_v6_build(&frame, NETWORK_MAC(dev), bytes);

	if (bytes[0] != 0x33)
		memcpy(bytes, asker_mac, ETH_ALEN);
	memcpy(bytes + ETH_ALEN, us, ETH_ALEN);
	return len;
}

static void expect_advertisement(struct scenario *s, const struct solicitation *n,
				 const char *dst, __u32 flags)
{
	__u8 bytes[FRAME_MAX_BYTES], want[FRAME_MAX_BYTES];
	size_t len = build(n, DEV_OUTSIDE, bytes);
	struct answer_run run;

	answer_run(s, DEV_OUTSIDE, bytes, len, &run);
	len = advertisement(dst, flags, DEV_OUTSIDE, want);
	if (n->vlan)
		len = frame_put_tag(want, len, ETH_P_8021Q, n->vlan);
	CHECK(s, answer_is(&run, want, len));
	CHECK(s, answer_events(&run, PH_EV_NDP_ANSWERED) == 1);
}

/* It is left to the kernel as it is. */
static void expect_left(struct scenario *s, const struct solicitation *n, enum dev dev)
{
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = build(n, dev, bytes);
	struct answer_run run;

	answer_run(s, dev, bytes, len, &run);
	CHECK(s, run.out.action == TC_ACT_OK);
	CHECK(s, answer_is_none(&run));
}

static void asked_by_group(struct scenario *s)
{
	expect_advertisement(s, &(struct solicitation){0}, ASKER6, SOLICITED | OVERRIDE);
	expect_advertisement(s, &(struct solicitation){.src = CLIENT6, .extra = 8},
			     CLIENT6, SOLICITED | OVERRIDE);
	expect_advertisement(s, &(struct solicitation){.src = CLIENT6, .extra = 32},
			     CLIENT6, SOLICITED | OVERRIDE);
}

static void asked_directly(struct scenario *s)
{
	expect_advertisement(s, &(struct solicitation){.dst = MAPPED6}, ASKER6,
			     SOLICITED | OVERRIDE);
	expect_advertisement(s, &(struct solicitation){.dst = MAPPED6, .no_option = true},
			     ASKER6, SOLICITED | OVERRIDE);
}

static void address_is_taken(struct scenario *s)
{
	expect_advertisement(s, &(struct solicitation){.src = "::", .no_option = true},
			     "ff02::1", OVERRIDE);
	expect_advertisement(
		s, &(struct solicitation){.src = "::", .no_option = true, .extra = 8},
		"ff02::1", OVERRIDE);
}

static void behind_a_tag(struct scenario *s)
{
	const struct frame request = {.src = CLIENT,
				      .dst = MAPPED,
				      .ethertype = ETH_P_ARP,
				      .to = STATION_BROADCAST};
	const __u8 us[] = FRAME_MAC(1, NETWORK_MAC(DEV_OUTSIDE));
	__u8 bytes[FRAME_MAX_BYTES], want[FRAME_MAX_BYTES];
	struct frame reply = {
		.src = MAPPED, .dst = CLIENT, .ethertype = ETH_P_ARP, .arp_op = 2};
	struct answer_run run;
	size_t len;

	answer_accept_tags(s->w, DEV_OUTSIDE, 0, TAG_VLAN);
	expect_advertisement(s, &(struct solicitation){.vlan = TAG_VLAN}, ASKER6,
			     SOLICITED | OVERRIDE);

	len = frame_build(&request, NETWORK_MAC(DEV_OUTSIDE), bytes);
	len = frame_put_tag(bytes, len, ETH_P_8021Q, TAG_VLAN);
	answer_run(s, DEV_OUTSIDE, bytes, len, &run);
	len = frame_build(&reply, NETWORK_MAC(DEV_OUTSIDE), want);
	memcpy(want, asker_mac, ETH_ALEN);
	memcpy(want + ETH_ALEN, us, ETH_ALEN);
	memcpy(want + ETH_HLEN + 8, us, ETH_ALEN);
	memcpy(want + ETH_HLEN + 18, asker_mac, ETH_ALEN);
	len = frame_put_tag(want, len, ETH_P_8021Q, TAG_VLAN);
	CHECK(s, answer_is(&run, want, len));
	CHECK(s, answer_events(&run, PH_EV_ARP_ANSWERED) == 1);
}

static void arp_for_another_station(struct scenario *s)
{
	const struct frame request = {.src = CLIENT,
				      .dst = MAPPED,
				      .ethertype = ETH_P_ARP,
				      .to = STATION_OTHER};
	__u8 bytes[FRAME_MAX_BYTES];
	struct answer_run run;

	answer_run(s, DEV_OUTSIDE, bytes,
		   frame_build(&request, NETWORK_MAC(DEV_OUTSIDE), bytes), &run);
	CHECK(s, answer_is_none(&run));
}

static void not_for_us(struct scenario *s)
{
	expect_left(s,
		    &(struct solicitation){.target = "2001:db8::11",
					   .dst = "ff02::1:ff00:11"},
		    DEV_OUTSIDE);
	expect_left(s, &(struct solicitation){0}, DEV_INSIDE); /* not mapped there */
	expect_left(
		s,
		&(struct solicitation){.target = OUR_OUTSIDE6, .dst = "ff02::1:ff00:1"},
		DEV_OUTSIDE);
	expect_left(s, &(struct solicitation){.dst = MAPPED6, .to = STATION_OTHER},
		    DEV_OUTSIDE);
}

static void unsound(struct scenario *s)
{
	static const struct solicitation asks[] = {
		{.hop_limit = 254},
		{.code = 1},
		{.fault = FAULT_L4_CHECKSUM},
		{.body_len = 15},
		{.dst = "ff02::1"},
		{.dst = "ff02::1:ff00:11"},
		{.src = "::", .dst = "ff02::1"},
	};

	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		expect_left(s, &asks[i], DEV_OUTSIDE);
}

#define NDP(run_, promise_)                                                \
	SCENARIO(run_, promise_, .policy = answer_policy, .tc_only = true, \
		 .tweak = answer_policy_senders)

static const struct scenario_entry scenarios[] = {
	NDP(asked_by_group, "a solicitation for a mapped address is answered"),
	NDP(asked_directly, "likewise one that is sent to the mapped address itself"),
	NDP(address_is_taken, "who wants the mapped address learns that it is taken"),
	NDP(behind_a_tag, "neighbours are answered behind a tag, in NDP and ARP"),
	NDP(arp_for_another_station, "ARP to another station is not answered"),
	NDP(not_for_us, "no other solicitation is answered"),
	NDP(unsound, "no unsound solicitation is answered"),
};

void scenarios_ndp(struct world *w)
{
	CHECK_SCENARIOS(w, scenarios);
}
