// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_vlan.c - tagged frames belong to the interface of their tags, and
 * leave with the tags of the interface that they leave by.
 *
 * A test run at TC shows no tag that the kernel keeps beside the frame, neither
 * coming in nor going out; scenarios_wire.c sends real ones.
 */
#include <linux/pkt_cls.h>

#include "tests/datapath/converse.h"
#include "tests/datapath/network.h"

#define TCI_PRIORITY 0xa000
#define TCI_DEI	     0x1000
#define ANY_LINE     1

/* A host on each link. */
struct host {
	enum dev dev;
	const char *addr[2]; /* by family */
	__u8 mac;
};

static const struct host untagged = {DEV_INSIDE, {WORKSTATION, WORKSTATION6}, 20};
static const struct host v10 = {DEV_V10, {"10.10.0.10", "2001:db8:a::10"}, 10};
static const struct host v20 = {DEV_V20, {"10.20.0.10", "2001:db8:b::10"}, 20};
static const struct host qinq = {DEV_QINQ, {"10.30.0.10", "2001:db8:c::10"}, 30};
static const struct host *const hosts[] = {&untagged, &v10, &v20, &qinq};

#define N_HOSTS (sizeof(hosts) / sizeof(hosts[0]))

/* A datagram from a to b, without tags. */
static size_t datagram(const struct scenario *s, const struct host *a,
		       const struct host *b, __u16 sport, __u8 *bytes)
{
	if (s->v6)
		return frame_v6_build(&(struct frame_v6){.src = a->addr[1],
							 .dst = b->addr[1],
							 .proto = IPPROTO_UDP,
							 .sport = sport,
							 .dport = 7000 - (sport - 7000),
							 .fill = 33},
				      NETWORK_MAC(a->dev), bytes);
	return frame_build(&(struct frame){.src = a->addr[0],
					   .dst = b->addr[0],
					   .proto = IPPROTO_UDP,
					   .sport = sport,
					   .dport = 7000 - (sport - 7000),
					   .fill = 33},
			   NETWORK_MAC(a->dev), bytes);
}

static struct packet_row row_to(const struct scenario *s, const struct host *b)
{
	return (struct packet_row){.result = PH_FORWARD,
				   .out = b->dev,
				   .next_hop = b->mac,
				   .line = DUAL_LINE(ANY_LINE, s->v6)};
}

static void tags_are_exchanged(struct scenario *s)
{
	__u8 bytes[FRAME_MAX_BYTES];

	for (size_t i = 0; i < N_HOSTS; i++) {
		for (size_t j = 0; j < N_HOSTS; j++) {
			struct packet_row there = row_to(s, hosts[j]);
			struct packet_row back = row_to(s, hosts[i]);

			if (i == j)
				continue;
			world_forget(s->w);
			there.in = hosts[i]->dev;
			there.bytes = bytes;
			there.len = datagram(s, hosts[i], hosts[j], 7001, bytes);
			CHECK(s, check_row(s->w, s->hook, &there));
			back.in = hosts[j]->dev;
			back.bytes = bytes;
			back.len = datagram(s, hosts[j], hosts[i], 6999, bytes);
			back.known = true;
			back.line = 0;
			back.events = EVENT(CONN_CREATED);
			CHECK(s, check_row(s->w, s->hook, &back));
		}
	}
}

/* ---- tags of all kinds ----------------------------------------------------- */

struct tag {
	__u16 tpid;
	__u16 tci;
};

struct tagged {
	struct tag tag[3];     /* outermost first */
	const struct host *as; /* it is from here; NULL: refused */
	__u16 ethertype;       /* behind the tags; 0: IP */
	enum ph_reason result;
};

static void check_tagged(struct scenario *s, const struct tagged *tagged, int line)
{
	const struct host *from = tagged->as ? tagged->as : &qinq;
	const struct host *to = from == &v20 ? &v10 : &v20;
	struct packet_row row = row_to(s, to);
	__u8 bytes[FRAME_MAX_BYTES];

	row.in = from->dev;
	row.as_is = true;
	row.bytes = bytes;
	row.len = datagram(s, from, to, 7001, bytes);
	if (tagged->ethertype)
		frame_put16(bytes + 12, tagged->ethertype);
	for (int i = 2; i >= 0; i--)
		if (tagged->tag[i].tpid)
			row.len = frame_put_tag(bytes, row.len, tagged->tag[i].tpid,
						tagged->tag[i].tci);
	if (tagged->result) {
		row.result = tagged->result;
		row.line = 0;
	}
	world_forget(s->w);
	if (check_row(s->w, s->hook, &row))
		return;
	tap_note("  in the frame of line %d", line);
	s->ok = false;
}

#define TAGGED(s, ...) check_tagged((s), &(const struct tagged){__VA_ARGS__}, __LINE__)
#define Q(tci_)                     \
	{                           \
		ETH_P_8021Q, (tci_) \
	}
#define AD(tci_)                     \
	{                            \
		ETH_P_8021AD, (tci_) \
	}

static void tags_name_the_interface(struct scenario *s)
{
	TAGGED(s, .tag = {Q(10)}, .as = &v10);
	TAGGED(s, .tag = {Q(20)}, .as = &v20);
	TAGGED(s, .tag = {AD(30), Q(40)}, .as = &qinq);
	TAGGED(s, .tag = {Q(30), Q(40)}, .as = &qinq); /* as was usual before 802.1ad */
	TAGGED(s, .tag = {Q(TCI_PRIORITY | TCI_DEI | 10)}, .as = &v10);
	TAGGED(s, .tag = {AD(TCI_PRIORITY | 30), Q(TCI_DEI | 40)}, .as = &qinq);
}

static void priority_alone_is_no_tag(struct scenario *s)
{
	TAGGED(s, .tag = {Q(TCI_PRIORITY)}, .as = &untagged);
	TAGGED(s, .tag = {Q(0)}, .as = &untagged);
	TAGGED(s, .tag = {Q(TCI_PRIORITY), Q(10)}, .as = &v10);
	TAGGED(s, .tag = {AD(TCI_PRIORITY), Q(20)}, .as = &v20);
}

#define UNKNOWN .result = PH_DROP_VLAN_UNKNOWN

static void unknown_tags_are_refused(struct scenario *s)
{
	TAGGED(s, .tag = {Q(11)}, UNKNOWN);
	TAGGED(s, .tag = {Q(4094)}, UNKNOWN);
	TAGGED(s, .tag = {Q(4095)}, UNKNOWN);
	TAGGED(s, .tag = {{0, 0}}, UNKNOWN); /* the trunk itself is no interface */
	TAGGED(s, .tag = {Q(0)}, UNKNOWN);
	TAGGED(s, .tag = {Q(30)}, UNKNOWN);
	TAGGED(s, .tag = {Q(40)}, UNKNOWN);
	TAGGED(s, .tag = {AD(30), Q(41)}, UNKNOWN);
	TAGGED(s, .tag = {AD(31), Q(40)}, UNKNOWN);
	TAGGED(s, .tag = {AD(40), Q(30)}, UNKNOWN);
	TAGGED(s, .tag = {Q(10), Q(20)}, UNKNOWN);
	TAGGED(s, .tag = {Q(10)}, .as = &untagged, UNKNOWN);
}

static void unusual_tags_are_refused(struct scenario *s)
{
	TAGGED(s, .tag = {AD(10)}, UNKNOWN);
	TAGGED(s, .tag = {AD(0)}, UNKNOWN);
	TAGGED(s, .tag = {Q(30), AD(40)}, UNKNOWN);
	TAGGED(s, .tag = {AD(30), AD(40)}, UNKNOWN);
	TAGGED(s, .tag = {AD(30), Q(40), Q(10)}, UNKNOWN);
	TAGGED(s, .tag = {Q(0), Q(0), Q(10)}, UNKNOWN);
	TAGGED(s, .tag = {AD(30), Q(40)}, .ethertype = 0x9100, .as = &qinq,
	       .result = PH_DROP_L2_UNSUPPORTED);
	TAGGED(s, .tag = {Q(10)}, .ethertype = 0x88cc, .as = &v10,
	       .result = PH_DROP_L2_UNSUPPORTED);
}

static void cut_tags_are_truncated(struct scenario *s)
{
	struct packet_row row = {.in = DEV_QINQ, .as_is = true};
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = datagram(s, &qinq, &v10, 7001, bytes);

	/* Shorter ones no test run takes. */
	len = frame_put_tag(bytes, len, ETH_P_8021Q, 40);
	frame_put_tag(bytes, len, ETH_P_8021AD, 30);
	row.bytes = bytes;
	row.result = PH_DROP_TRUNCATED;
	for (row.len = 22; row.len < 22 + 20; row.len += 3)
		CHECK(s, check_row(s->w, s->hook, &row));
}

static void arp_is_by_vlan_too(struct scenario *s)
{
	const struct frame ask = {
		.src = "10.10.0.10", .dst = "10.10.0.1", .ethertype = ETH_P_ARP};
	struct packet_row row = {.in = DEV_V10, .frame = ask, .result = PH_TO_BOX};
	__u8 bytes[FRAME_MAX_BYTES];

	CHECK(s, check_row(s->w, s->hook, &row));
	row.as_is = true;
	row.in = DEV_QINQ;
	row.bytes = bytes;
	row.len = frame_build(&ask, NETWORK_MAC(DEV_QINQ), bytes);
	row.len = frame_put_tag(bytes, row.len, ETH_P_8021Q, 11);
	row.result = PH_DROP_VLAN_UNKNOWN;
	CHECK(s, check_row(s->w, s->hook, &row));
}

static void unknown_neighbour_is_the_kernels(struct scenario *s)
{
	const struct host silent = {DEV_V10, {"10.10.0.77", "2001:db8:a::77"}, 0};
	struct packet_row row = row_to(s, &silent);
	__u8 bytes[FRAME_MAX_BYTES];

	row.in = DEV_INSIDE;
	row.bytes = bytes;
	row.len = datagram(s, &untagged, &silent, 7001, bytes);
	row.xdp = PH_PASS_UP;
	CHECK(s, check_row(s->w, s->hook, &row));
}

static void connections_keep_to_their_vlan(struct scenario *s)
{
	struct packet_row row = row_to(s, &v20), back = row_to(s, &v10);
	__u8 bytes[FRAME_MAX_BYTES];

	row.in = DEV_V10;
	row.bytes = bytes;
	row.len = datagram(s, &v10, &v20, 7001, bytes);
	CHECK(s, check_row(s->w, s->hook, &row));
	back.bytes = bytes;
	back.len = datagram(s, &v20, &v10, 6999, bytes);
	back.in = DEV_QINQ;
	back.result = PH_DROP_CONN_WRONG_INTERFACE;
	back.known = true;
	back.line = 0;
	CHECK(s, check_row(s->w, s->hook, &back));
	back.in = DEV_V20;
	back.result = PH_FORWARD;
	back.events = EVENT(CONN_CREATED);
	CHECK(s, check_row(s->w, s->hook, &back));
}

static void this_machine_is_in_each_vlan(struct scenario *s)
{
	const struct host us = {DEV_V10, {"10.10.0.1", "2001:db8:a::1"}, 0};
	struct packet_row row = {.in = DEV_V10, .result = PH_TO_BOX};
	__u8 bytes[FRAME_MAX_BYTES];

	row.bytes = bytes;
	row.len = datagram(s, &v10, &us, 7001, bytes);
	CHECK(s, check_row(s->w, s->hook, &row));
}

/* What it sends into a VLAN, the trunk's TC egress sees with the tag. */
static void own_connections_in_a_vlan_are_answered(struct scenario *s)
{
	const struct host us = {DEV_V10, {"10.10.0.1", "2001:db8:a::1"}, 0};
	struct packet_row row = {.in = DEV_V10, .result = PH_TO_BOX};
	__u8 bytes[FRAME_MAX_BYTES];
	struct world_run got;
	size_t len = datagram(s, &us, &v10, 7001, bytes);

	len = frame_put_tag(bytes, len, ETH_P_8021Q, 10);
	CHECK(s, !world_egress(s->w, DEV_TRUNK, DEV_COUNT, bytes, len, &got));
	CHECK(s, got.action == TC_ACT_OK);
	CHECK_TABLES(s, 1, 0);
	row.bytes = bytes;
	row.len = datagram(s, &v10, &us, 6999, bytes);
	row.events = EVENT(CONN_CREATED);
	CHECK(s, check_row(s->w, s->hook, &row));
	CHECK_TABLES(s, 0, 1);
}

#define VLAN(run, promise) SCENARIO(run, promise, .policy = policy_vlan, .both = true)

static const struct scenario_entry entries[] = {
	VLAN(tags_are_exchanged,
	     "frames leave with the tags of their egress, from none to two and back"),
	VLAN(tags_name_the_interface, "a frame belongs to the interface of its tags"),
	VLAN(priority_alone_is_no_tag, "a tag of priority alone counts as none"),
	VLAN(unknown_tags_are_refused, "frames with unknown tags are refused"),
	VLAN(unusual_tags_are_refused, "frames with tags out of place are refused"),
	VLAN(cut_tags_are_truncated, "what is cut off behind tags is truncated"),
	SCENARIO(arp_is_by_vlan_too, "ARP too belongs to the interface of its tags",
		 .policy = policy_vlan),
	VLAN(unknown_neighbour_is_the_kernels,
	     "an unknown neighbour in a VLAN is left to the VLAN's own device"),
	VLAN(connections_keep_to_their_vlan,
	     "a connection's packets are refused in another VLAN"),
	SCENARIO(own_connections_in_a_vlan_are_answered,
		 "this machine's own connections in a VLAN are answered",
		 .policy = policy_vlan, .both = true, .tc_only = true),
	VLAN(this_machine_is_in_each_vlan, "this machine is reached in its VLANs"),
};

void scenarios_vlan(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
