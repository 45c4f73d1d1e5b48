// SPDX-License-Identifier: GPL-2.0
/*
 * generate.bpf.c - a packet generator, driven by BPF_PROG_TEST_RUN.
 *
 * Why it writes the whole frame: with BPF_F_TEST_XDP_LIVE_FRAMES the kernel
 * takes the frames from a page pool and does not restore what the last user
 * of a page left in it. A frame that came back translated and with its TTL
 * spent must not be sent again like that.
 *
 * Bounds: one instance runs at a time, on one CPU, so that the cursors below
 * need no atomics.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "csum.h"
#include "frames.h"

char LICENSE[] SEC("license") = "GPL";

struct bench_plan plan;
__u64 sent;

/* Within one system call: user space clears it before. */
struct bench_clock clock;

/* The next flow, and how many packets of it have been sent in a row. */
__u32 flow;
__u32 train;
__u32 addr_index;
__u32 port_index;

/* Of first packets: the next line, and who in its net sends from where. */
__u32 line;
__u32 source_index;
__u32 source_port;

/* Once a batch, when all of the last one have reached the sink. */
static __always_inline void look_at_clock(void)
{
	__u64 now;

	if (sent % BENCH_BATCH_FRAMES)
		return;
	now = bpf_ktime_get_ns();
	if (!clock.first_ns) {
		clock.first_ns = now;
		clock.first_sent = sent;
	}
	clock.last_ns = now;
	clock.last_sent = sent;
}

static __always_inline void advance(void)
{
	sent++;
	if (++train < plan.train)
		return;
	train = 0;
	if (++port_index == BENCH_PORTS) {
		port_index = 0;
		addr_index++;
	}
	if (++flow >= plan.n_flows) {
		flow = 0;
		port_index = 0;
		addr_index = 0;
	}
}

/* Each line in turn, then again by another source. */
static __always_inline void advance_line(void)
{
	sent++;
	if (++line < plan.n_lines)
		return;
	line = 0;
	if (++source_index < BENCH_LINE_SOURCES)
		return;
	source_index = 0;
	if (++source_port == BENCH_PORTS)
		source_port = 0;
}

static __always_inline __u16 udp_check(__u64 sum)
{
	__u16 check = ~csum_fold(sum);

	return check ? check : 0xffff;
}

SEC("xdp")
int generate4(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct bench_frame4 *frame = data;
	__u32 *words = data;
	__be32 addr = __builtin_bswap32(plan.first_addr + addr_index);
	__be16 port = __builtin_bswap16(BENCH_FIRST_PORT + port_index);

	if ((void *)(frame + 1) > data_end)
		return XDP_ABORTED;
	look_at_clock();
#pragma unroll
	for (int i = 0; i < BENCH_FRAME4_WORDS; i++)
		words[i] = plan.words[i];
	if (plan.is_reply) {
		frame->ip.daddr = addr;
		frame->udp.dest = port;
	} else {
		frame->ip.saddr = addr;
		frame->udp.source = port;
	}
	frame->ip.check = ~csum_fold((__u64)plan.ip_sum + addr);
	frame->udp.check = udp_check((__u64)plan.udp_sum + addr + port);
	advance();
	return bpf_redirect(plan.ifindex, 0);
}

SEC("xdp")
int generate6(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct bench_frame6 *frame = data;
	__u32 *words = data;
	__be32 addr = __builtin_bswap32(plan.first_addr + addr_index);
	__be16 port = __builtin_bswap16(BENCH_FIRST_PORT + port_index);

	if ((void *)(frame + 1) > data_end)
		return XDP_ABORTED;
	look_at_clock();
#pragma unroll
	for (int i = 0; i < BENCH_FRAME6_WORDS; i++)
		words[i] = plan.words[i];
	if (plan.is_reply) {
		frame->ip.daddr.in6_u.u6_addr32[3] = addr;
		frame->udp.dest = port;
	} else {
		frame->ip.saddr.in6_u.u6_addr32[3] = addr;
		frame->udp.source = port;
	}
	frame->udp.check = udp_check((__u64)plan.udp_sum + addr + port);
	advance();
	return bpf_redirect(plan.ifindex, 0);
}

/* Every packet the first of a flow that some line of the list permits. */
SEC("xdp")
int generate_first(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct bench_frame4 *frame = data;
	__u32 *words = data;
	struct bench_line to = bench_line(line);
	__be32 src = __builtin_bswap32(to.net + 1 + source_index);
	__be32 dst = __builtin_bswap32(to.host);
	__be16 sport = __builtin_bswap16(BENCH_FIRST_PORT + source_port);
	__be16 dport = __builtin_bswap16(to.port);

	if ((void *)(frame + 1) > data_end)
		return XDP_ABORTED;
	look_at_clock();
#pragma unroll
	for (int i = 0; i < BENCH_FRAME4_WORDS; i++)
		words[i] = plan.words[i];
	frame->ip.saddr = src;
	frame->ip.daddr = dst;
	frame->udp.source = sport;
	frame->udp.dest = dport;
	frame->ip.check = ~csum_fold((__u64)plan.ip_sum + src + dst);
	frame->udp.check = udp_check((__u64)plan.udp_sum + src + dst + sport + dport);
	advance_line();
	return bpf_redirect(plan.ifindex, 0);
}
