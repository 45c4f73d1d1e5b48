/* SPDX-License-Identifier: GPL-2.0 */
/*
 * skb_sum.h - the Internet checksum of a stretch of an skb, of any length; and
 * whether the kernel still owes it one.
 *
 * Why it exists: a program sees directly only as much of an skb as is linear,
 * and bpf_csum_diff() takes 512 bytes at a time; so bytes are copied out and
 * summed in chunks, which works for any skb.
 *
 * Who may include it: the stages of bpf/ that run at TC.
 *
 * RFC 1071.
 */
#ifndef PINHOLE_BPF_SKB_SUM_H
#define PINHOLE_BPF_SKB_SUM_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "work.h"

#define SKB_SUM_CHUNK_BYTES 512u /* a power of two; the helper's limit */
#define SKB_SUM_MAX_CHUNKS  (65536 / SKB_SUM_CHUNK_BYTES)

struct skb_sum_area {
	__u8 chunk[SKB_SUM_CHUNK_BYTES];
};

/* Per CPU, and safe for the reason given in work.h. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct skb_sum_area);
} skb_sum_area SEC(".maps");

struct skb_sum {
	struct __sk_buff *skb;
	__u8 *chunk;
	__u32 offset;
	__u32 len;
	__u32 sum;
	__u32 failed;
};

static long skb_sum_chunk(__u32 i, struct skb_sum *sum)
{
	__u32 done = i * SKB_SUM_CHUNK_BYTES, n = sum->len - done;
	__u8 *chunk = sum->chunk;

	if (done >= sum->len)
		return 1;
	if (n < SKB_SUM_CHUNK_BYTES)
		__builtin_memset(chunk, 0, SKB_SUM_CHUNK_BYTES);
	else
		n = SKB_SUM_CHUNK_BYTES;
	/* It is 1..512: say so in a form that the verifier sees, too, and that the
	 * compiler, who knows it already, must not leave out. */
	asm volatile("" : "+r"(n));
	n = ((n - 1) & (SKB_SUM_CHUNK_BYTES - 1)) + 1;
	if (bpf_skb_load_bytes(sum->skb, sum->offset + done, chunk, n)) {
		sum->failed = 1;
		return 1;
	}
	sum->sum = bpf_csum_diff(NULL, 0, (__be32 *)chunk, SKB_SUM_CHUNK_BYTES, sum->sum);
	return 0;
}

/*
 * One's complement sum, unfolded, of len bytes from offset on; an odd last byte
 * counts as if a zero followed.
 * @offset: in bytes from the start of the frame
 * @len:    up to 65536
 * Return: 0, or -1 if the skb does not reach so far.
 */
WORK_GLOBAL int skb_sum(struct __sk_buff *skb, __u32 offset, __u32 len, __u32 *out)
{
	struct skb_sum sum = {.skb = skb, .offset = offset, .len = len};
	struct skb_sum_area *area;
	__u32 index = 0;

	area = bpf_map_lookup_elem(&skb_sum_area, &index);
	if (!area || !out)
		return -1;
	sum.chunk = area->chunk;
	bpf_loop(SKB_SUM_MAX_CHUNKS, skb_sum_chunk, &sum, 0);
	*out = sum.sum;
	return sum.failed ? -1 : 0;
}

/*
 * Whether the transport checksum is unfinished (CHECKSUM_PARTIAL). The kernel
 * does not say; but NONE can be raised to UNNECESSARY, and COMPLETE updated.
 * Side effect: NONE and UNNECESSARY have both become NONE.
 */
static __always_inline bool skb_sum_is_partial(struct __sk_buff *skb)
{
	long level;

	bpf_csum_level(skb, BPF_CSUM_LEVEL_INC);
	level = bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY);
	bpf_csum_level(skb, BPF_CSUM_LEVEL_RESET);
	return level < 0 && bpf_csum_update(skb, 0) < 0;
}

#endif /* PINHOLE_BPF_SKB_SUM_H */
