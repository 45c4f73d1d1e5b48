// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_wire.c - attached programs and real frames: what a test run cannot
 * show, because it ends where the kernel would act on the verdict.
 */
#include "tests/datapath/talk.h"
#include "tests/datapath/wire.h"

#define PATIENCE_MS 3000
#define SILENCE_MS  300

struct wire_test {
	struct world *w;
	struct wire wire;
	struct counters before;
	bool ok;
};

/* What a frame must be: checksums are judged by themselves. */
struct expected {
	__u8 dst_mac[ETH_ALEN];
	__u8 src_mac[ETH_ALEN];
	const char *src;
	const char *dst;
	__u16 dport;
};

static bool is_expected(const __u8 *bytes, size_t len, const void *arg)
{
	const struct expected *want = arg;
	const __u8 *ip = bytes + FRAME_IP_OFF;
	__u8 src[4], dst[4];

	frame_put_addr(src, want->src);
	frame_put_addr(dst, want->dst);
	return len >= FRAME_IP_OFF + 40 && frame_get16(bytes + 12) == ETH_P_IP &&
	       !memcmp(bytes, want->dst_mac, ETH_ALEN) &&
	       !memcmp(bytes + ETH_ALEN, want->src_mac, ETH_ALEN) &&
	       !memcmp(ip + 12, src, 4) && !memcmp(ip + 16, dst, 4) &&
	       frame_get16(ip + 22) == want->dport && ip[8] == 63 &&
	       frame_ip_check_ok(bytes) && frame_l4_check_ok(bytes);
}

static bool is_ipv4(const __u8 *bytes, size_t len, const void *arg)
{
	(void)arg;
	return len > FRAME_IP_OFF && frame_get16(bytes + 12) == ETH_P_IP;
}

/* ARP of an operation, from an address: the argument is a struct frame. */
static bool is_arp(const __u8 *bytes, size_t len, const void *arg)
{
	const struct frame *want = arg;
	__u8 src[4], dst[4];

	frame_put_addr(src, want->src);
	frame_put_addr(dst, want->dst);
	return len >= FRAME_IP_OFF + 28 && frame_get16(bytes + 12) == ETH_P_ARP &&
	       frame_get16(bytes + FRAME_IP_OFF + 6) == want->arp_op &&
	       !memcmp(bytes + FRAME_IP_OFF + 14, src, 4) &&
	       !memcmp(bytes + FRAME_IP_OFF + 24, dst, 4);
}

static void send_frame(struct wire_test *t, enum dev dev, const struct frame *frame)
{
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = frame_build(frame, dev + 1, bytes);

	for (enum dev d = 0; d < DEV_CARRIERS; d++)
		wire_drain(&t->wire, d);
	world_counters(t->w, &t->before);
	wire_send(&t->wire, dev, bytes, len);
}

static __u64 dropped(const struct wire_test *t, enum ph_reason reason)
{
	struct counters now;

	world_counters(t->w, &now);
	return now.drops[reason - PH_DROP_FIRST].packets -
	       t->before.drops[reason - PH_DROP_FIRST].packets;
}

static __u64 finished_by_xdp(const struct wire_test *t, enum dev dev)
{
	__u32 slot = t->w->stat_slot[dev];
	struct counters now;

	world_counters(t->w, &now);
	return now.ifs[slot].xdp_packets - t->before.ifs[slot].xdp_packets;
}

static const struct expected at_server = {.dst_mac = FRAME_MAC(2, 10),
					  .src_mac = FRAME_MAC(1, DEV_INSIDE + 1),
					  .src = CLIENT,
					  .dst = SERVER,
					  .dport = 990};

static void xdp_forwards(struct wire_test *t)
{
	send_frame(t, DEV_OUTSIDE,
		   &(struct frame){.src = CLIENT,
				   .dst = MAPPED,
				   .proto = IPPROTO_TCP,
				   .sport = 1,
				   .dport = 990});
	CHECK(t, wire_await(&t->wire, DEV_INSIDE, PATIENCE_MS, is_expected, &at_server,
			    NULL));
	CHECK(t, finished_by_xdp(t, DEV_OUTSIDE) == 1);
}

static void tc_forwards_past_its_own_egress(struct wire_test *t)
{
	struct expected ftp = at_server;

	ftp.dport = 21;
	send_frame(t, DEV_OUTSIDE,
		   &(struct frame){.src = CLIENT,
				   .dst = MAPPED,
				   .proto = IPPROTO_TCP,
				   .sport = 1,
				   .dport = 21});
	CHECK(t, wire_await(&t->wire, DEV_INSIDE, PATIENCE_MS, is_expected, &ftp, NULL));
	CHECK(t, finished_by_xdp(t, DEV_OUTSIDE) == 0);
	CHECK(t, dropped(t, PH_DROP_UNJUDGED) == 0);
}

static void arp_reply_arrives(struct wire_test *t)
{
	const struct frame reply = {.src = MAPPED, .dst = CLIENT, .arp_op = 2};

	send_frame(t, DEV_OUTSIDE,
		   &(struct frame){.src = CLIENT,
				   .dst = MAPPED,
				   .ethertype = ETH_P_ARP,
				   .to = STATION_BROADCAST});
	CHECK(t, wire_await(&t->wire, DEV_OUTSIDE, PATIENCE_MS, is_arp, &reply, NULL));
	CHECK(t, dropped(t, PH_DROP_UNJUDGED) == 0);
}

static void neighbour_is_resolved(struct wire_test *t)
{
	const struct frame question = {
		.src = OUR_INSIDE, .dst = SILENT_REAL, .arp_op = 1};
	const struct frame answer = {.src = SILENT_REAL,
				     .dst = OUR_INSIDE,
				     .arp_op = 2,
				     .ethertype = ETH_P_ARP};
	const struct expected packet = {.dst_mac = FRAME_MAC(2, 0x99),
					.src_mac = FRAME_MAC(1, DEV_INSIDE + 1),
					.src = CLIENT,
					.dst = SILENT_REAL,
					.dport = 80};
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len;

	send_frame(t, DEV_OUTSIDE,
		   &(struct frame){.src = CLIENT,
				   .dst = SILENT_MAPPED,
				   .proto = IPPROTO_TCP,
				   .sport = 1,
				   .dport = 80});
	CHECK(t, wire_await(&t->wire, DEV_INSIDE, PATIENCE_MS, is_arp, &question, NULL));
	len = frame_build(&answer, DEV_INSIDE + 1, bytes);
	wire_send(&t->wire, DEV_INSIDE, bytes, len);
	CHECK(t,
	      wire_await(&t->wire, DEV_INSIDE, PATIENCE_MS, is_expected, &packet, NULL));
}

static void kernel_forwards_nothing_past_the_policy(struct wire_test *t)
{
	send_frame(t, DEV_STRAY,
		   &(struct frame){.src = "198.18.0.10",
				   .dst = WORKSTATION,
				   .proto = IPPROTO_UDP,
				   .sport = 1,
				   .dport = 2});
	CHECK(t, !wire_await(&t->wire, DEV_INSIDE, SILENCE_MS, is_ipv4, NULL, NULL));
	CHECK(t, dropped(t, PH_DROP_UNJUDGED) == 1);
}

static bool is_echo_reply(const __u8 *bytes, size_t len, const void *arg)
{
	return is_ipv4(bytes, len, arg) && bytes[FRAME_IP_OFF + 9] == IPPROTO_ICMP &&
	       bytes[FRAME_IP_OFF + 20] == 0;
}

static void this_machine_answers(struct wire_test *t)
{
	send_frame(t, DEV_OUTSIDE,
		   &(struct frame){.src = CLIENT,
				   .dst = OUR_OUTSIDE,
				   .proto = IPPROTO_ICMP,
				   .icmp_type = 8,
				   .icmp_id = 5});
	CHECK(t,
	      wire_await(&t->wire, DEV_OUTSIDE, PATIENCE_MS, is_echo_reply, NULL, NULL));
}

/* The kernel takes a tag out of the frame before TC sees it. */
static void tag_does_not_hide_a_packet(struct wire_test *t)
{
	send_frame(t, DEV_DMZ,
		   &(struct frame){.src = DMZ_HOST,
				   .dst = CLIENT,
				   .proto = IPPROTO_UDP,
				   .ethertype = ETH_P_8021Q});
	CHECK(t, !wire_await(&t->wire, DEV_OUTSIDE, SILENCE_MS, is_ipv4, NULL, NULL));
	CHECK(t, dropped(t, PH_DROP_VLAN_UNKNOWN) == 1);
}

static void foreign_frame_is_not_forwarded(struct wire_test *t)
{
	send_frame(t, DEV_OUTSIDE,
		   &(struct frame){.src = CLIENT,
				   .dst = MAPPED,
				   .proto = IPPROTO_TCP,
				   .sport = 7,
				   .dport = 990,
				   .to = STATION_OTHER});
	CHECK(t, !wire_await(&t->wire, DEV_INSIDE, SILENCE_MS, is_ipv4, NULL, NULL));
}

static const struct {
	const char *promise;
	void (*run)(struct wire_test *t);
} tests[] = {
	{"XDP puts a translated packet on the wire", xdp_forwards},
	{"TC puts a translated packet on the wire, past TC egress",
	 tc_forwards_past_its_own_egress},
	{"an ARP reply for a mapped address gets past TC egress", arp_reply_arrives},
	{"the kernel resolves an unknown neighbour and delivers what waited",
	 neighbour_is_resolved},
	{"the kernel forwards nothing past the policy",
	 kernel_forwards_nothing_past_the_policy},
	{"this machine still answers for itself", this_machine_answers},
	{"a VLAN tag hides no packet from TC", tag_does_not_hide_a_packet},
	{"a frame for another station is not forwarded", foreign_frame_is_not_forwarded},
};

void scenarios_wire(struct world *w)
{
	struct wire_test t = {.w = w};

	world_forget(w);
	world_apply(w, policy_table, NULL);
	wire_open(&t.wire);
	wire_attach(w, DEV_OUTSIDE, true);
	wire_attach(w, DEV_INSIDE, true);
	wire_attach(w, DEV_DMZ, false);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		t.ok = true;
		tests[i].run(&t);
		tap_result(t.ok, "wire: %s", tests[i].promise);
	}
	wire_close(&t.wire);
}
