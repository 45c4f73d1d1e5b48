// SPDX-License-Identifier: GPL-2.0
/*
 * generate.bpf.c - a packet generator, driven by BPF_PROG_TEST_RUN.
 *
 * Why it writes the whole frame: with BPF_F_TEST_XDP_LIVE_FRAMES the kernel
 * takes the frames from a page pool and does not restore what the last user
 * of a page left in it. A frame that came back translated and with its TTL
 * spent must not be sent again like that.
 *
 * Bounds: one instance runs at a time, on one CPU, so that the cursor below
 * needs no atomics.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "csum.h"
#include "frames.h"

char LICENSE[] SEC("license") = "GPL";

struct bench_plan plan;
__u64 sent;

/* The next flow. */
__u32 flow;
__u32 addr_index;
__u32 port_index;

static __always_inline void advance(void)
{
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

SEC("xdp")
int generate(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct bench_frame *frame = data;
	__u32 *words = data;
	__be32 addr = __builtin_bswap32(plan.first_addr + addr_index);
	__be16 port = __builtin_bswap16(BENCH_FIRST_PORT + port_index);
	__u16 udp_check;

	if ((void *)(frame + 1) > data_end)
		return XDP_ABORTED;
#pragma unroll
	for (int i = 0; i < BENCH_FRAME_WORDS; i++)
		words[i] = plan.words[i];
	if (plan.is_reply) {
		frame->ip.daddr = addr;
		frame->udp.dest = port;
	} else {
		frame->ip.saddr = addr;
		frame->udp.source = port;
	}
	frame->ip.check = ~csum_fold((__u64)plan.ip_sum + addr);
	udp_check = ~csum_fold((__u64)plan.udp_sum + addr + port);
	frame->udp.check = udp_check ? udp_check : 0xffff;
	advance();
	sent++;
	return bpf_redirect(plan.ifindex, 0);
}
