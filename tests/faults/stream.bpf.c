// SPDX-License-Identifier: GPL-2.0
/*
 * stream.bpf.c - sends numbered packets of a few streams in turn, and looks for the
 * numbers where they arrive.
 *
 * `stream_send` is run by BPF_PROG_TEST_RUN with live frames, whose pages come back as
 * the last user left them: so each frame is written whole. `stream_sink` is attached
 * to the device of the host that the streams go to; what is not of a stream, it passes.
 *
 * Bounds: one instance of each runs at a time (one sender; one receive queue), so that
 * what they count needs no atomics.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "csum.h"
#include "stream.h"

char LICENSE[] SEC("license") = "GPL";

struct stream_plan plan[N_STREAMS];
__u8 dst_mac[ETH_ALEN];
__u8 src_mac[ETH_ALEN];
__u32 ifindex;
__u32 turn;
__u64 held_since_ns; /* the sink is behind; 0: it is not */
__u64 given_up;	     /* how many of STREAM_KNOWN are waited for no more */
__u64 stalls;
__u64 sent[N_STREAMS];
struct stream_seen seen[N_STREAMS];

/* Sum of n 16-bit words; all of them lie at even places. */
static __always_inline __u64 sum_halves(const void *at, int n)
{
	const __u16 *half = at;
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < n; i++)
		sum += half[i];
	return sum;
}

static __always_inline __u64 udp_sum(const struct stream_frame *frame)
{
	return bpf_htons(IPPROTO_UDP) + (__u64)frame->udp.len +
	       sum_halves(&frame->ip.saddr, 4) +
	       sum_halves(&frame->udp, (sizeof(frame->udp) + sizeof(frame->payload)) / 2);
}

struct source {
	__be32 addr;
	__be16 port;
};

static __always_inline struct source source_of(const struct stream_plan *p, __u32 stream,
					       __u64 number)
{
	__u32 spread = p->shift + (__u32)number;

	if (stream == STREAM_KNOWN)
		return (struct source){bpf_htonl(p->source), bpf_htons(STREAM_PORT)};
	return (struct source){
		bpf_htonl(p->source + (spread / STREAM_PORTS) % STREAM_ADDRS),
		bpf_htons(STREAM_FIRST_PORT + spread % STREAM_PORTS),
	};
}

/* More than the queues between here and the sink hold may not be under way: what is
 * missing shall have been lost by the firewall. */
static __always_inline bool must_wait(void)
{
	const volatile struct stream_seen *known = &seen[STREAM_KNOWN];
	__u64 reached = known->next > given_up ? known->next : given_up;

	if (sent[STREAM_KNOWN] - reached < STREAM_WINDOW / N_STREAMS) {
		held_since_ns = 0;
		return false;
	}
	if (!held_since_ns) {
		held_since_ns = bpf_ktime_get_ns();
	} else if (bpf_ktime_get_ns() - held_since_ns > STREAM_PATIENCE_NS) {
		given_up = sent[STREAM_KNOWN];
		stalls++;
		held_since_ns = 0;
	}
	return true;
}

SEC("xdp")
int stream_send(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct stream_frame *frame = (void *)(long)ctx->data;
	__u32 *words = (void *)(long)ctx->data;
	__u32 stream = turn & (N_STREAMS - 1);
	const struct stream_plan *p = &plan[stream];
	struct source source;
	__u16 check;

	if ((void *)(frame + 1) > data_end)
		return XDP_ABORTED;
	if (must_wait())
		return XDP_DROP;
#pragma unroll
	for (int i = 0; i < STREAM_FRAME_WORDS; i++)
		words[i] = 0;
	__builtin_memcpy(frame->eth.h_dest, dst_mac, ETH_ALEN);
	__builtin_memcpy(frame->eth.h_source, src_mac, ETH_ALEN);
	frame->eth.h_proto = bpf_htons(ETH_P_IP);
	frame->ip.version = 4;
	frame->ip.ihl = 5;
	frame->ip.tot_len = bpf_htons(sizeof(*frame) - ETH_HLEN);
	frame->ip.ttl = STREAM_TTL;
	frame->ip.protocol = IPPROTO_UDP;
	source = source_of(p, stream, sent[stream]);
	frame->ip.saddr = source.addr;
	frame->udp.source = source.port;
	frame->ip.daddr = bpf_htonl(p->target);
	frame->ip.check = ~csum_fold(sum_halves(&frame->ip, sizeof(frame->ip) / 2));
	frame->udp.dest = bpf_htons(p->port);
	frame->udp.len = bpf_htons(sizeof(frame->udp) + sizeof(frame->payload));
	frame->payload.magic = STREAM_MAGIC;
	frame->payload.stream = stream;
	frame->payload.number = sent[stream];
	check = ~csum_fold(udp_sum(frame));
	frame->udp.check = check ? check : 0xffff;
	sent[stream]++;
	turn++;
	return bpf_redirect(ifindex, 0);
}

static __always_inline bool is_right(const struct stream_frame *frame,
				     const struct stream_plan *p, __u32 stream)
{
	struct source source = source_of(p, stream, frame->payload.number);

	return frame->ip.ttl == STREAM_TTL - 1 && frame->ip.saddr == source.addr &&
	       frame->ip.daddr == bpf_htonl(p->real) &&
	       frame->udp.source == source.port &&
	       frame->udp.dest == bpf_htons(p->port) &&
	       csum_fold(sum_halves(&frame->ip, sizeof(frame->ip) / 2)) == 0xffff &&
	       csum_fold(udp_sum(frame)) == 0xffff;
}

static __always_inline void note_gap(struct stream_seen *s, __u64 number)
{
	struct stream_gap *gap;

	if (s->gaps < STREAM_MAX_GAPS) {
		gap = &s->gap[s->gaps & (STREAM_MAX_GAPS - 1)];
		gap->at_ns = bpf_ktime_get_ns();
		gap->first = s->next;
		gap->count = number - s->next;
	}
	s->gaps++;
}

SEC("xdp")
int stream_sink(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct stream_frame *frame = (void *)(long)ctx->data;
	struct stream_seen *s;
	__u32 stream;
	__u64 number;

	if ((void *)(frame + 1) > data_end || frame->eth.h_proto != bpf_htons(ETH_P_IP) ||
	    frame->ip.protocol != IPPROTO_UDP || frame->payload.magic != STREAM_MAGIC)
		return XDP_PASS;
	stream = frame->payload.stream & (N_STREAMS - 1);
	number = frame->payload.number;
	s = &seen[stream];
	if (!is_right(frame, &plan[stream], stream)) {
		s->wrong++;
		return XDP_DROP;
	}
	if (number < s->next) {
		s->late++;
		return XDP_DROP;
	}
	if (number > s->next)
		note_gap(s, number);
	s->good++;
	s->next = number + 1;
	return XDP_DROP;
}
