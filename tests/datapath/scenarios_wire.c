// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_wire.c - attached programs and real frames: what a test run cannot
 * show, because it ends where the kernel would act on the verdict.
 */
#include "tests/datapath/network.h"
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

/* ---- tags -------------------------------------------------------------------- */

#define V10_HOST  "10.10.0.10"
#define V20_HOST  "10.20.0.10"
#define QINQ_HOST "10.30.0.10"

struct tagged {
	struct expected packet;
	__u16 tpid[2]; /* outermost first; 0: none */
	__u16 tci[2];
};

static bool is_tagged(const __u8 *bytes, size_t len, const void *arg)
{
	const struct tagged *want = arg;
	__u8 untagged[FRAME_MAX_BYTES];
	size_t n = (want->tpid[0] != 0) + (want->tpid[1] != 0);

	if (len < 60 || frame_l3_off(bytes) != ETH_HLEN + 4 * n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (frame_get16(bytes + 12 + 4 * i) != want->tpid[i] ||
		    frame_get16(bytes + 14 + 4 * i) != want->tci[i])
			return false;
	memset(untagged, 0, sizeof(untagged));
	memcpy(untagged, bytes, 12);
	memcpy(untagged + 12, bytes + 12 + 4 * n, len - 12 - 4 * n);
	return is_expected(untagged, len - 4 * n, &want->packet);
}

/* From a host on a link with these tags to another one. */
struct crossing {
	enum dev in; /* the device that carries it */
	const char *src;
	__u16 in_tpid[2];
	__u16 in_tci[2];
	enum dev out;
	__u8 next_hop;
	struct tagged want;
};

static void cross(struct wire_test *t, const struct crossing *c)
{
	const struct frame f = {.src = c->src,
				.dst = c->want.packet.dst,
				.proto = IPPROTO_UDP,
				.sport = 1,
				.dport = c->want.packet.dport,
				.fill = 40};
	struct tagged want = c->want;
	const __u8 us[] = FRAME_MAC(1, NETWORK_MAC(c->out));
	const __u8 next_hop[] = FRAME_MAC(2, c->next_hop);
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = frame_build(&f, NETWORK_MAC(c->in), bytes);

	memcpy(want.packet.dst_mac, next_hop, ETH_ALEN);
	memcpy(want.packet.src_mac, us, ETH_ALEN);
	want.packet.src = c->src;
	for (int i = 1; i >= 0; i--)
		if (c->in_tpid[i])
			len = frame_put_tag(bytes, len, c->in_tpid[i], c->in_tci[i]);
	for (enum dev d = 0; d < DEV_CARRIERS; d++)
		wire_drain(&t->wire, d);
	world_counters(t->w, &t->before);
	wire_send(&t->wire, c->in, bytes, len);
	CHECK(t, wire_await(&t->wire, c->out, PATIENCE_MS, is_tagged, &want, NULL));
}

#define ONE(field, id)	 .field##tpid = {ETH_P_8021Q}, .field##tci = {id}
#define BOTH_(field)	 .field##tpid = {ETH_P_8021AD, ETH_P_8021Q}, .field##tci = {30, 40}
#define WANT(host, port) .packet = {.dst = (host), .dport = (port)}

static const struct crossing crossings[] = {
	{.in = DEV_INSIDE,
	 .src = WORKSTATION,
	 .out = DEV_TRUNK,
	 .next_hop = 10,
	 .want = {WANT(V10_HOST, 1), ONE(, 10)}},
	{.in = DEV_TRUNK,
	 .src = V10_HOST,
	 ONE(in_, 10),
	 .out = DEV_INSIDE,
	 .next_hop = 20,
	 .want = {WANT(WORKSTATION, 2)}},
	{.in = DEV_TRUNK,
	 .src = V10_HOST,
	 ONE(in_, 10),
	 .out = DEV_TRUNK,
	 .next_hop = 20,
	 .want = {WANT(V20_HOST, 3), ONE(, 20)}},
	{.in = DEV_TRUNK,
	 .src = V10_HOST,
	 ONE(in_, 10),
	 .out = DEV_TRUNK,
	 .next_hop = 30,
	 .want = {WANT(QINQ_HOST, 4), BOTH_()}},
	{.in = DEV_TRUNK,
	 .src = QINQ_HOST,
	 BOTH_(in_),
	 .out = DEV_TRUNK,
	 .next_hop = 10,
	 .want = {WANT(V10_HOST, 5), ONE(, 10)}},
	{.in = DEV_TRUNK,
	 .src = QINQ_HOST,
	 BOTH_(in_),
	 .out = DEV_INSIDE,
	 .next_hop = 20,
	 .want = {WANT(WORKSTATION, 6)}},
	{.in = DEV_INSIDE,
	 .src = WORKSTATION,
	 .out = DEV_TRUNK,
	 .next_hop = 30,
	 .want = {WANT(QINQ_HOST, 7), BOTH_()}},
};

#define N_CROSSINGS (sizeof(crossings) / sizeof(crossings[0]))

static void tags_on_the_wire(struct wire_test *t)
{
	for (size_t i = 0; i < N_CROSSINGS; i++) {
		cross(t, &crossings[i]);
		if (!t->ok) {
			tap_note("  in crossing %zu", i);
			return;
		}
	}
}

static void xdp_tags_on_the_wire(struct wire_test *t)
{
	world_forget(t->w);
	world_apply(t->w, policy_vlan, NULL);
	tags_on_the_wire(t);
	CHECK(t, finished_by_xdp(t, DEV_INSIDE) == 1); /* the last one */
}

static void without_xdp(struct policy_image *image)
{
	for (size_t i = 0; i < image->n_ifaces; i++)
		image->ifaces[i].config.flags &= ~IFACE_F_XDP;
}

static void tc_tags_on_the_wire(struct wire_test *t)
{
	world_forget(t->w);
	world_apply(t->w, policy_vlan, without_xdp);
	tags_on_the_wire(t);
	CHECK(t, finished_by_xdp(t, DEV_INSIDE) == 0);
}

/* ---- fragments that the kernel makes ------------------------------------------- */

#define NARROW	   "198.51.100.200" /* behind a route of 600 bytes */
#define NARROW_MTU 600

static bool is_first_piece(const __u8 *bytes, size_t len, const void *arg)
{
	const __u8 *ip = bytes + FRAME_IP_OFF;
	__u8 src[4];

	frame_put_addr(src, arg);
	return is_ipv4(bytes, len, NULL) && ip[9] == IPPROTO_UDP && ip[8] == 63 &&
	       !memcmp(ip + 12, src, 4) && frame_get16(ip + 6) == 0x2000 &&
	       len <= FRAME_IP_OFF + NARROW_MTU && frame_ip_check_ok(bytes);
}

static bool is_last_piece(const __u8 *bytes, size_t len, const void *arg)
{
	const __u8 *ip = bytes + FRAME_IP_OFF;
	__u8 src[4];

	frame_put_addr(src, arg);
	return is_ipv4(bytes, len, NULL) && ip[9] == IPPROTO_UDP && ip[8] == 63 &&
	       !memcmp(ip + 12, src, 4) && !(frame_get16(ip + 6) & 0x2000) &&
	       (frame_get16(ip + 6) & 0x1fff) && frame_ip_check_ok(bytes);
}

static void kernel_fragments_what_is_too_long(struct wire_test *t)
{
	static const char *const senders[][2] = {{WORKSTATION, WORKSTATION},
						 {SERVER, MAPPED}};

	world_forget(t->w);
	world_apply(t->w, policy_table, NULL);
	for (int i = 0; i < 2; i++) {
		send_frame(t, DEV_INSIDE,
			   &(struct frame){.src = senders[i][0],
					   .dst = NARROW,
					   .proto = IPPROTO_UDP,
					   .sport = 7,
					   .dport = 9,
					   .fill = 800});
		CHECK(t, wire_await(&t->wire, DEV_OUTSIDE, PATIENCE_MS, is_first_piece,
				    senders[i][1], NULL));
		CHECK(t, wire_await(&t->wire, DEV_OUTSIDE, PATIENCE_MS, is_last_piece,
				    senders[i][1], NULL));
		CHECK(t, dropped(t, PH_DROP_UNJUDGED) == 0);
	}
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
	{"XDP exchanges tags, one and two", xdp_tags_on_the_wire},
	{"TC exchanges tags, one and two", tc_tags_on_the_wire},
	{"the kernel fragments what is too long for its route",
	 kernel_fragments_what_is_too_long},
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
	wire_attach(w, DEV_TRUNK, true);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		t.ok = true;
		tests[i].run(&t);
		tap_result(t.ok, "wire: %s", tests[i].promise);
	}
	wire_close(&t.wire);
}
