// SPDX-License-Identifier: GPL-2.0
/*
 * wire.bpf.c - sends a trace of frames, driven by BPF_PROG_TEST_RUN.
 *
 * Why it exists: nftables and ipset judge skbs and nothing else, so what they cost
 * can only be had from frames that really arrive at a device.
 *
 * Bounds: one instance runs at a time, on one CPU, so the cursor needs no atomics.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "shared.h"

char LICENSE[] SEC("license") = "GPL";

struct wire_plan plan;
__u32 at;
__u64 sent;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* the loader's to set */
	__type(key, __u32);
	__type(value, struct wire_frame);
	__uint(map_flags, BPF_F_MMAPABLE);
} frames SEC(".maps");

SEC("xdp")
int generate(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	__u64 *to = (void *)(long)ctx->data;
	const struct wire_frame *frame;
	__u32 index = plan.first + at;

	at = at + 1 >= plan.n ? 0 : at + 1;
	frame = bpf_map_lookup_elem(&frames, &index);
	if (!frame || (void *)(to + WIRE_FRAME_WORDS) > data_end)
		return XDP_ABORTED;
#pragma unroll
	for (int i = 0; i < WIRE_FRAME_WORDS; i++)
		to[i] = frame->words[i];
	sent++;
	return bpf_redirect(plan.ifindex, 0);
}
