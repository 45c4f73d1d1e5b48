// SPDX-License-Identifier: GPL-2.0
/*
 * sink.bpf.c - counts what arrives, and looks whether it is what it should be.
 *
 * Why it looks at every frame: a gateway that forwards without translating,
 * or a frame that never went through the gateway, would otherwise make for
 * the best figures of all.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_helpers.h>

#include "csum.h"
#include "frames.h"

char LICENSE[] SEC("license") = "GPL";

struct bench_expectation expected;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bench_seen);
} seen SEC(".maps");

/* Sum of n 16-bit words; their place in the frame is even, as is everything. */
static __always_inline __u64 sum_halves(const void *at, int n)
{
	const __u16 *half = at;
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < n; i++)
		sum += half[i];
	return sum;
}

static __always_inline bool checksums_are_right(const struct bench_frame *frame)
{
	__u64 udp = __builtin_bswap16(IPPROTO_UDP) + (__u64)frame->udp.len;

	if (csum_fold(sum_halves(&frame->ip, sizeof(frame->ip) / 2)) != 0xffff)
		return false;
	udp += sum_halves(&frame->ip.saddr, 4);
	udp += sum_halves(&frame->udp, (sizeof(frame->udp) + sizeof(frame->payload)) / 2);
	return frame->udp.check && csum_fold(udp) == 0xffff;
}

static __always_inline bool macs_are_right(const struct bench_frame *frame)
{
	const __u16 *a = (const __u16 *)&frame->eth;
	const __u16 *b = (const __u16 *)&expected.dst_mac;
	__u16 differ = 0;

#pragma unroll
	for (int i = 0; i < ETH_ALEN; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}

/* Both ends: the fixed one exactly, the varying one within its range. */
static __always_inline bool addresses_are_right(const struct bench_frame *frame)
{
	__be32 fixed = expected.is_reply ? frame->ip.saddr : frame->ip.daddr;
	__be32 varying = expected.is_reply ? frame->ip.daddr : frame->ip.saddr;

	return fixed == expected.fixed_addr &&
	       __builtin_bswap32(varying) - expected.first_addr < expected.n_addrs;
}

SEC("xdp")
int sink(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct bench_frame *frame = data;
	struct bench_seen *count;
	__u32 zero = 0;
	__be16 port;

	count = bpf_map_lookup_elem(&seen, &zero);
	if (!count)
		return XDP_ABORTED;
	if ((void *)(frame + 1) > data_end) {
		count->foreign++;
		return XDP_PASS;
	}
	port = expected.is_reply ? frame->udp.source : frame->udp.dest;
	if (frame->eth.h_proto != __builtin_bswap16(ETH_P_IP) ||
	    frame->ip.protocol != IPPROTO_UDP ||
	    port != __builtin_bswap16(BENCH_SERVICE_PORT)) {
		count->foreign++;
		return XDP_PASS;
	}
	if (data_end - data != BENCH_FRAME_BYTES)
		count->wrong_length++;
	else if (!macs_are_right(frame))
		count->wrong_mac++;
	else if (frame->ip.ttl != expected.ttl)
		count->wrong_ttl++;
	else if (!addresses_are_right(frame))
		count->wrong_addr++;
	else if (!(count->good & (expected.checksum_every - 1)) &&
		 !checksums_are_right(frame))
		count->wrong_checksum++;
	else
		count->good++;
	return XDP_DROP;
}
