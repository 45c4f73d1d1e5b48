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

static __always_inline bool udp_is_right(__u64 addresses, const void *at, int n_halves)
{
	const struct udphdr *udp = at;
	__u64 sum = __builtin_bswap16(IPPROTO_UDP) + (__u64)udp->len + addresses;

	return udp->check && csum_fold(sum + sum_halves(udp, n_halves)) == 0xffff;
}

static __always_inline bool macs_are_right(const struct ethhdr *eth)
{
	const __u16 *a = (const __u16 *)eth;
	const __u16 *b = (const __u16 *)&expected.dst_mac;
	__u16 differ = 0;

#pragma unroll
	for (int i = 0; i < ETH_ALEN; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}

/* Both ends, each within its range. */
static __always_inline bool ends_are_right(__be32 saddr, __be32 daddr)
{
	__u32 fixed = __builtin_bswap32(expected.is_reply ? saddr : daddr);
	__u32 varying = __builtin_bswap32(expected.is_reply ? daddr : saddr);

	return fixed - expected.first_fixed < expected.n_fixed &&
	       varying - expected.first_addr < expected.n_addrs;
}

static __always_inline bool nets_are_right(const void *at)
{
	const struct ipv6hdr *ip = at;
	const __be32 *fixed = ip->daddr.in6_u.u6_addr32;
	const __be32 *varying = ip->saddr.in6_u.u6_addr32;
	__u32 differ = 0;

	if (expected.is_reply) {
		fixed = ip->saddr.in6_u.u6_addr32;
		varying = ip->daddr.in6_u.u6_addr32;
	}
#pragma unroll
	for (int i = 0; i < 3; i++)
		differ |= (fixed[i] ^ expected.fixed_net[i]) |
			  (varying[i] ^ expected.varying_net[i]);
	return !differ;
}

static __always_inline bool is_service(const void *at)
{
	const struct udphdr *udp = at;
	__be16 port = expected.is_reply ? udp->source : udp->dest;

	return expected.any_port || port == __builtin_bswap16(BENCH_SERVICE_PORT);
}

static __always_inline bool is_sampled(const struct bench_seen *count)
{
	return !(count->good & (expected.checksum_every - 1));
}

static __always_inline int judge4(const struct bench_frame4 *frame, void *data_end,
				  struct bench_seen *count)
{
	if (frame->ip.protocol != IPPROTO_UDP || !is_service(&frame->udp)) {
		count->foreign++;
		return XDP_PASS;
	}
	if (data_end != frame + 1)
		count->wrong_length++;
	else if (!macs_are_right(&frame->eth))
		count->wrong_mac++;
	else if (frame->ip.ttl != expected.ttl)
		count->wrong_ttl++;
	else if (!ends_are_right(frame->ip.saddr, frame->ip.daddr))
		count->wrong_addr++;
	else if (is_sampled(count) &&
		 (csum_fold(sum_halves(&frame->ip, sizeof(frame->ip) / 2)) != 0xffff ||
		  !udp_is_right(sum_halves(&frame->ip.saddr, 4), &frame->udp,
				(sizeof(frame->udp) + BENCH_PAYLOAD4_BYTES) / 2)))
		count->wrong_checksum++;
	else
		count->good++;
	return XDP_DROP;
}

static __always_inline int judge6(const struct bench_frame6 *frame, void *data_end,
				  struct bench_seen *count)
{
	if (frame->ip.nexthdr != IPPROTO_UDP || !is_service(&frame->udp)) {
		count->foreign++;
		return XDP_PASS;
	}
	if (data_end != frame + 1)
		count->wrong_length++;
	else if (!macs_are_right(&frame->eth))
		count->wrong_mac++;
	else if (frame->ip.hop_limit != expected.ttl)
		count->wrong_ttl++;
	else if (!nets_are_right(&frame->ip) ||
		 !ends_are_right(frame->ip.saddr.in6_u.u6_addr32[3],
				 frame->ip.daddr.in6_u.u6_addr32[3]))
		count->wrong_addr++;
	else if (is_sampled(count) &&
		 !udp_is_right(sum_halves(&frame->ip.saddr, 16), &frame->udp,
			       (sizeof(frame->udp) + BENCH_PAYLOAD6_BYTES) / 2))
		count->wrong_checksum++;
	else
		count->good++;
	return XDP_DROP;
}

SEC("xdp")
int sink(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	const struct ethhdr *eth = data;
	struct bench_seen *count;
	__u32 zero = 0;

	count = bpf_map_lookup_elem(&seen, &zero);
	if (!count)
		return XDP_ABORTED;
	if (data + sizeof(struct bench_frame4) > data_end) {
		count->foreign++;
		return XDP_PASS;
	}
	if (eth->h_proto == __builtin_bswap16(ETH_P_IP))
		return judge4(data, data_end, count);
	if (eth->h_proto == __builtin_bswap16(ETH_P_IPV6) &&
	    data + sizeof(struct bench_frame6) <= data_end)
		return judge6(data, data_end, count);
	count->foreign++;
	return XDP_PASS;
}
