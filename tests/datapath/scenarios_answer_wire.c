// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_answer_wire.c - answers to frames that a test run cannot make: with
 * tags beside the frame, and with checksum and segmentation left to the device.
 */
#include <errno.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "tests/datapath/answer_test.h"
#include "tests/datapath/offload.h"
#include "tests/datapath/wire.h"

#define PATIENCE_MS 3000
#define SILENCE_MS  200
#define DMZ_HOST6   "2001:db8:2::10"
#define QUOTE_V4    548
#define QUOTE_V6    1232

struct wire_test {
	struct world *w;
	int fd; /* on the far end of the DMZ's device */
	struct counters before;
	bool ok;
};

static bool is_icmp_error(const struct arrival *got)
{
	size_t l3_off = frame_l3_off(got->bytes);
	const __u8 *ip = got->bytes + l3_off;

	if (got->len < l3_off + 48)
		return false;
	if (frame_get16(ip - 2) == ETH_P_IP)
		return ip[9] == IPPROTO_ICMP;
	return frame_get16(ip - 2) == ETH_P_IPV6 && ip[6] == FRAME_PROTO_ICMP6 &&
	       ip[40] < 128;
}

/* Wait for an ICMP error. */
static bool await(const struct wire_test *t, unsigned int timeout_ms, struct arrival *got)
{
	return offload_await(t->fd, timeout_ms, is_icmp_error, got);
}

static void transmit(struct wire_test *t, const struct virtio_net_hdr *offload,
		     __u8 *bytes, size_t len)
{
	world_counters(t->w, &t->before);
	offload_send(t->fd, offload, bytes, len);
}

static __u64 events(const struct wire_test *t, enum ph_event event)
{
	struct counters now;

	world_counters(t->w, &now);
	return now.events[event] - t->before.events[event];
}

/* ---- packets that go one hop too far ---- */

static size_t build_v4(__u8 *bytes, __u8 proto, __u16 fill)
{
	return frame_build(&(struct frame){.src = DMZ_HOST,
					   .dst = REMOTE,
					   .proto = proto,
					   .sport = 4000,
					   .dport = 5000,
					   .ttl = 1,
					   .fill = fill},
			   NETWORK_MAC(DEV_DMZ), bytes);
}

static size_t build_v6(__u8 *bytes, __u8 proto, __u16 fill)
{
	return frame_v6_build(&(struct frame_v6){.src = DMZ_HOST6,
						 .dst = CLIENT6,
						 .proto = proto,
						 .sport = 4000,
						 .dport = 5000,
						 .hop_limit = 1,
						 .fill = fill},
			      NETWORK_MAC(DEV_DMZ), bytes);
}

/* The answer to an untagged frame whose packet has l3_len bytes. */
static size_t expected(const __u8 *bytes, size_t l3_len, __u8 *want)
{
	bool v6 = frame_get16(bytes + 12) == ETH_P_IPV6;
	size_t max = v6 ? QUOTE_V6 : QUOTE_V4;
	const struct frame_error error = {.src = v6 ? OUR_INSIDE6 : OUR_INSIDE,
					  .dst = v6 ? DMZ_HOST6 : DMZ_HOST,
					  .type = v6 ? 3 : 11,
					  .packet = bytes + ETH_HLEN,
					  .quote_len = l3_len < max ? l3_len : max};

	return answer_expected(&error, DEV_DMZ, want);
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
	static struct arrival got;

	for (unsigned int v6 = 0; v6 < 2; v6++) {
		size_t len = v6 ? build_v6(bytes, IPPROTO_UDP, 700)
				: build_v4(bytes, IPPROTO_UDP, 701);
		size_t want_len = expected(bytes, len - ETH_HLEN, want);

		transmit(t, NULL, bytes, put_tags(tags, bytes, len));
		CHECK(t, await(t, PATIENCE_MS, &got));
		CHECK(t, is_same(&got, want, put_tags(tags, want, want_len)));
		CHECK(t, events(t, PH_EV_ICMP_ERROR_SENT) == 1);
	}
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

/* As expected, but for the quoted transport checksum, which is finished over
 * what is left of the packet, and the ICMP checksum over that. */
static void check_unfinished(struct wire_test *t, const struct virtio_net_hdr *offload,
			     const __u8 *bytes, size_t len)
{
	bool v6 = frame_get16(bytes + 12) == ETH_P_IPV6;
	size_t added = v6 ? 48 : 28;
	size_t field = offload->csum_start + added + offload->csum_offset;
	__u8 want[FRAME_MAX_BYTES], *icmp = want + ETH_HLEN + (v6 ? 40 : 20);
	size_t want_len = expected(bytes, len - ETH_HLEN, want), icmp_len;
	static struct arrival got;
	__u32 sum;

	CHECK(t, await(t, PATIENCE_MS, &got));
	CHECK(t, got.offload.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM);
	CHECK(t, got.offload.csum_start == offload->csum_start + added);
	CHECK(t, got.offload.gso_type == VIRTIO_NET_HDR_GSO_NONE);
	memcpy(want + field, got.bytes + field, 2);
	icmp_len = want + want_len - icmp;
	frame_put16(icmp + 2, 0);
	sum = v6 ? frame_v6_l4_sum(want + ETH_HLEN, FRAME_PROTO_ICMP6, icmp, icmp_len)
		 : frame_sum(icmp, icmp_len, 0);
	frame_put16(icmp + 2, ~sum);
	CHECK(t, is_same(&got, want, want_len));
}

static void unfinished_checksum(struct wire_test *t)
{
	static const __u16 fills[] = {33, 900};
	static const __u8 protos[] = {IPPROTO_TCP, IPPROTO_UDP};
	__u8 bytes[FRAME_MAX_BYTES];

	for (unsigned int i = 0; i < 8; i++) {
		__u8 proto = protos[i & 1];
		__u16 fill = fills[i >> 1 & 1];
		size_t len = i & 4 ? build_v6(bytes, proto, fill)
				   : build_v4(bytes, proto, fill);
		struct virtio_net_hdr offload = offload_unfinish(bytes, len);

		transmit(t, &offload, bytes, len);
		check_unfinished(t, &offload, bytes, len);
	}
}

/* Had it been cut up first, its quote would not say 1940 bytes. */
static void super_segment(struct wire_test *t)
{
	__u8 bytes[FRAME_MAX_BYTES];

	for (unsigned int v6 = 0; v6 < 2; v6++) {
		size_t len = v6 ? build_v6(bytes, IPPROTO_TCP, 1900)
				: build_v4(bytes, IPPROTO_TCP, 1900);
		struct virtio_net_hdr offload = offload_unfinish(bytes, len);

		offload.gso_type = v6 ? VIRTIO_NET_HDR_GSO_TCPV6
				      : VIRTIO_NET_HDR_GSO_TCPV4;
		offload.gso_size = 500;
		offload.hdr_len = v6 ? 74 : 54;
		transmit(t, &offload, bytes, len);
		check_unfinished(t, &offload, bytes, len);
		CHECK(t, events(t, PH_EV_ICMP_ERROR_SENT) == 1);
	}
}

static void unforeseeable_checksum(struct wire_test *t)
{
	const struct virtio_net_hdr offload = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					       .csum_start = ETH_HLEN + 20,
					       .csum_offset = 8};
	__u8 bytes[FRAME_MAX_BYTES];
	struct arrival got;

	transmit(t, &offload, bytes, build_v4(bytes, IPPROTO_SCTP, 40));
	CHECK(t, !await(t, SILENCE_MS, &got));
	CHECK(t, events(t, PH_EV_ICMP_ERROR_SENT) == 0);
	transmit(t, NULL, bytes, build_v4(bytes, IPPROTO_SCTP, 40));
	CHECK(t, await(t, PATIENCE_MS, &got));
}

static const struct {
	const char *promise;
	void (*run)(struct wire_test *t);
} tests[] = {
	{"an ICMP error has the tag of the frame that it answers", one_tag},
	{"and both tags, where there are two", two_tags},
	{"a packet whose checksum is left to the device is answered rightly",
	 unfinished_checksum},
	{"so is a segment that the device would have cut up", super_segment},
	{"a checksum that cannot be foretold: no answer", unforeseeable_checksum},
};

void scenarios_answer_wire(void)
{
	struct world w;
	struct wire_test t = {.w = &w};

	world_open(&w, NULL);
	world_apply(&w, answer_policy, answer_policy_senders);
	answer_accept_tags(&w, DEV_DMZ, 0, TAG_VLAN);
	answer_accept_tags(&w, DEV_DMZ, TAG_OUTER, TAG_VLAN);
	/* With an XDP program on it the device would take no super-segments. */
	if (bpf_xdp_detach(w.ifindex[DEV_DMZ], XDP_FLAGS_DRV_MODE, NULL))
		TAP_BAIL("detaching XDP: %s", strerror(errno));
	wire_attach(&w, DEV_DMZ, false);
	t.fd = offload_open("dmz0p");
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		t.ok = true;
		tests[i].run(&t);
		tap_result(t.ok, "wire: %s", tests[i].promise);
	}
	close(t.fd);
	world_close(&w);
}
