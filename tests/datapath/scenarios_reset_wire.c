// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_reset_wire.c - RSTs to frames that a test run cannot make: with tags
 * beside the frame, and with checksum and segmentation left to the device.
 */
#include <errno.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "tests/datapath/answer_test.h"
#include "tests/datapath/frame_rst.h"
#include "tests/datapath/offload.h"
#include "tests/datapath/wire.h"

#define PATIENCE_MS 3000
#define DIALLER_ISN 0x80001000u
#define TAKER_ISN   0xfffffff0u

struct wire_test {
	struct world *w;
	int fd; /* on the far end of the inside device */
	bool v6;
	bool ok;
};

/* ---- a connection from inside to outside, ended ---- */

static struct world_flow flow_of(const struct wire_test *t)
{
	return (struct world_flow){.a = t->v6 ? WORKSTATION6 : WORKSTATION,
				   .b = t->v6 ? CLIENT6 : REMOTE,
				   .proto = IPPROTO_TCP,
				   .a_port = 4000,
				   .b_port = 21};
}

struct segment {
	bool reply;
	__u8 flags;
	__u16 fill;
	__u8 options; /* IPv4; IPv6: two extension headers */
	__u8 tcp_options;
};

static size_t build(const struct wire_test *t, const struct segment *seg, __u8 *bytes)
{
	struct world_flow flow = flow_of(t);
	struct frame_v6 v6 = {.src = seg->reply ? flow.b : flow.a,
			      .dst = seg->reply ? flow.a : flow.b,
			      .proto = IPPROTO_TCP,
			      .sport = seg->reply ? flow.b_port : flow.a_port,
			      .dport = seg->reply ? flow.a_port : flow.b_port,
			      .flags = seg->flags,
			      .seq = seg->reply ? TAKER_ISN : DIALLER_ISN,
			      .fill = seg->fill,
			      .tcp_options = seg->tcp_options,
			      .n_ext = seg->options ? 2 : 0,
			      .ext = {FRAME_HOP_BY_HOP(0), FRAME_DSTOPTS(2)}};
	struct frame v4 = {.options = seg->options};
	__u8 mac = NETWORK_MAC(seg->reply ? DEV_OUTSIDE : DEV_INSIDE);

	v6.seq += !(seg->flags & TCP_SYN);
	if (seg->flags & TCP_ACK)
		v6.ack = (seg->reply ? DIALLER_ISN : TAKER_ISN) + 1;
	if (t->v6)
		return frame_v6_build(&v6, mac, bytes);
	v4.src = v6.src;
	v4.dst = v6.dst;
	v4.proto = v6.proto;
	v4.sport = v6.sport;
	v4.dport = v6.dport;
	v4.flags = v6.flags;
	v4.seq = v6.seq;
	v4.ack = v6.ack;
	v4.fill = v6.fill;
	v4.tcp_options = v6.tcp_options;
	return frame_build(&v4, mac, bytes);
}

static void pass(const struct wire_test *t, const struct segment *seg)
{
	static struct world_run out;
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = build(t, seg, bytes);
	int err = world_ingress(t->w, HOOK_TC, seg->reply ? DEV_OUTSIDE : DEV_INSIDE,
				bytes, len, &out);

	if (err)
		TAP_BAIL("the kernel refused to run it: %s", strerror(-err));
}

static void open_and_end(struct wire_test *t)
{
	const struct world_flow flow = flow_of(t);
	struct conn conn;

	world_forget(t->w);
	pass(t, &(struct segment){.flags = TCP_SYN});
	pass(t, &(struct segment){.flags = TCP_SYN | TCP_ACK, .reply = true});
	pass(t, &(struct segment){.flags = TCP_ACK});
	if (!world_find(t->w, TABLE_CONNS, &flow, &conn))
		TAP_BAIL("no connection to end");
	conn.flags |= CONN_F_KILLED;
	conn.state = CONN_CLOSING;
	world_change(t->w, TABLE_CONNS, &flow, &conn);
}

/* ---- what comes back ---- */

static bool is_rst(const struct arrival *got)
{
	size_t l3_off = frame_l3_off(got->bytes);
	const __u8 *ip = got->bytes + l3_off;

	if (got->len < l3_off + 40)
		return false;
	if (frame_get16(ip - 2) == ETH_P_IP)
		return ip[9] == IPPROTO_TCP && (ip[33] & TCP_RST);
	return frame_get16(ip - 2) == ETH_P_IPV6 && ip[6] == IPPROTO_TCP &&
	       got->len >= l3_off + 60 && (ip[53] & TCP_RST);
}

static size_t expected(const struct wire_test *t, __u8 *want)
{
	struct world_flow flow = flow_of(t);
	size_t len = frame_rst_build(&(struct frame_rst){.src = flow.b,
							 .dst = flow.a,
							 .sport = flow.b_port,
							 .dport = flow.a_port,
							 .seq = TAKER_ISN + 1},
				     NETWORK_MAC(DEV_INSIDE), want);

	answer_turn(want);
	return len;
}

static bool is_same(const struct arrival *got, const __u8 *want, size_t len)
{
	if (got->len != len) {
		tap_note("%zu bytes arrived, not %zu", got->len, len);
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (got->bytes[i] != want[i]) {
			tap_note("byte %zu is %02x, not %02x", i, got->bytes[i], want[i]);
			return false;
		}
	}
	return true;
}

static __u64 ended_drops(const struct wire_test *t)
{
	struct counters now;

	world_counters(t->w, &now);
	return now.drops[PH_DROP_FTP_ENDED - PH_DROP_FIRST].packets;
}

/* ---- tags ---- */

struct tags {
	__u16 outer_tpid; /* 0: one tag */
	__u16 outer_tci;
	__u16 tci;
};

static size_t put_tags(const struct tags *tags, __u8 *bytes, size_t len)
{
	len = frame_put_tag(bytes, len, ETH_P_8021Q, tags->tci);
	return tags->outer_tpid
		       ? frame_put_tag(bytes, len, tags->outer_tpid, tags->outer_tci)
		       : len;
}

static void tags_return(struct wire_test *t, const struct tags *tags)
{
	__u8 bytes[FRAME_MAX_BYTES], want[FRAME_MAX_BYTES];
	size_t len = build(t, &(struct segment){.flags = TCP_ACK, .fill = 700}, bytes);
	size_t want_len = expected(t, want);
	static struct arrival got;
	__u64 before = ended_drops(t);

	offload_send(t->fd, NULL, bytes, put_tags(tags, bytes, len));
	CHECK(t, offload_await(t->fd, PATIENCE_MS, is_rst, &got));
	CHECK(t, is_same(&got, want, put_tags(tags, want, want_len)));
	CHECK(t, ended_drops(t) == before + 1);
}

static void one_tag(struct wire_test *t)
{
	tags_return(t, &(struct tags){.tci = TAG_VLAN});
	tags_return(t, &(struct tags){.tci = 5 << 13 | TAG_VLAN});
}

static void two_tags(struct wire_test *t)
{
	tags_return(t, &(struct tags){.outer_tpid = ETH_P_8021AD,
				      .outer_tci = 3 << 13 | TAG_OUTER,
				      .tci = 5 << 13 | TAG_VLAN});
	tags_return(t, &(struct tags){.outer_tpid = ETH_P_8021Q,
				      .outer_tci = TAG_OUTER,
				      .tci = TAG_VLAN});
}

/* ---- offloads ---- */

/* The RST's own checksum is left to the device in its turn. */
static void check_unfinished(struct wire_test *t, const struct virtio_net_hdr *offload,
			     __u8 *bytes, size_t len)
{
	__u8 want[FRAME_MAX_BYTES];
	size_t want_len = expected(t, want);
	static struct arrival got;

	offload_send(t->fd, offload, bytes, len);
	CHECK(t, offload_await(t->fd, PATIENCE_MS, is_rst, &got));
	CHECK(t, got.offload.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM);
	CHECK(t, got.offload.csum_start == want_len - 20);
	CHECK(t, got.offload.gso_type == VIRTIO_NET_HDR_GSO_NONE);
	CHECK(t, is_same(&got, want, want_len));
}

static void unfinished_checksum(struct wire_test *t)
{
	static const struct segment segments[] = {
		{.flags = TCP_ACK},
		{.flags = TCP_ACK, .fill = 1},
		{.flags = TCP_ACK, .fill = 900, .tcp_options = 12},
		{.flags = TCP_ACK, .tcp_options = 40},
		{.flags = TCP_ACK | TCP_FIN, .options = 4},
		{.flags = TCP_ACK, .options = 40, .fill = 33},
	};
	__u8 bytes[FRAME_MAX_BYTES];

	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		size_t len = build(t, &segments[i], bytes);
		struct virtio_net_hdr offload = offload_unfinish(bytes, len);

		check_unfinished(t, &offload, bytes, len);
	}
}

static void super_segment(struct wire_test *t)
{
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = build(t, &(struct segment){.flags = TCP_ACK, .fill = 1900}, bytes);
	struct virtio_net_hdr offload = offload_unfinish(bytes, len);
	__u64 before = ended_drops(t);

	offload.gso_type = t->v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	offload.gso_size = 500;
	offload.hdr_len = offload.csum_start + 20;
	check_unfinished(t, &offload, bytes, len);
	CHECK(t, ended_drops(t) == before + 1);
}

static const struct {
	const char *promise;
	void (*run)(struct wire_test *t);
} tests[] = {
	{"a RST has the tag of the frame that it answers", one_tag},
	{"and both tags, where there are two", two_tags},
	{"a segment whose checksum is left to the device is answered rightly",
	 unfinished_checksum},
	{"so is one that the device would have cut up", super_segment},
};

void scenarios_reset_wire(void)
{
	struct world w;
	struct wire_test t = {.w = &w};

	world_open(&w, NULL);
	world_apply(&w, answer_policy, answer_policy_senders);
	answer_accept_tags(&w, DEV_INSIDE, 0, TAG_VLAN);
	answer_accept_tags(&w, DEV_INSIDE, TAG_OUTER, TAG_VLAN);
	/* With an XDP program on it the device would take no super-segments. */
	if (bpf_xdp_detach(w.ifindex[DEV_INSIDE], XDP_FLAGS_DRV_MODE, NULL))
		TAP_BAIL("detaching XDP: %s", strerror(errno));
	wire_attach(&w, DEV_INSIDE, false);
	t.fd = offload_open("in0p");
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		for (unsigned int v6 = 0; v6 < 2; v6++) {
			t.v6 = v6;
			t.ok = true;
			open_and_end(&t);
			tests[i].run(&t);
			tap_result(t.ok, "wire, %s: %s", v6 ? "IPv6" : "IPv4",
				   tests[i].promise);
		}
	}
	close(t.fd);
	world_close(&w);
}
