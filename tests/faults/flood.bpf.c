// SPDX-License-Identifier: GPL-2.0
/*
 * flood.bpf.c - makes packets of one kind as fast as one processor can.
 *
 * Run by BPF_PROG_TEST_RUN with live frames, as tests/faults/stream.bpf.c is; one
 * instance at a time, so that the counter needs no atomics.
 */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "csum.h"
#include "flood.h"

char LICENSE[] SEC("license") = "GPL";

struct flood_plan plan;
__u64 sent;

/* <linux/icmp.h> brings in what no BPF program can have. */
struct icmp_error {
	__u8 type;
	__u8 code;
	__u16 checksum;
	__u32 unused;
};

#define ICMP_DEST_UNREACH 3
#define ICMP_PORT_UNREACH 3

struct flood_frame {
	__u8 room_for_alignment[2];
	struct ethhdr eth;
	struct iphdr ip;
	union {
		struct tcphdr tcp;
		struct {
			struct udphdr udp;
			__u8 data[32];
		};
		struct {
			struct icmp_error icmp;
			struct iphdr quoted;
			struct udphdr quoted_udp;
		};
		__u32 words[12];
	};
} __attribute__((aligned(4)));

_Static_assert(sizeof(struct flood_frame) == FLOOD_FRAME_BYTES, "frame layout");

static __always_inline __u64 sum_halves(const void *at, int n)
{
	const __u16 *half = at;
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < n; i++)
		sum += half[i];
	return sum;
}

static __always_inline void put_ip(struct iphdr *ip, __u8 protocol, __u16 bytes)
{
	ip->version = 4;
	ip->ihl = 5;
	ip->ttl = 64;
	ip->protocol = protocol;
	ip->tot_len = bpf_htons(sizeof(*ip) + bytes);
	ip->saddr = bpf_htonl(plan.source + (__u32)(bpf_get_prandom_u32() & 0xffff));
	ip->daddr = plan.target;
}

static __always_inline void seal_ip(struct iphdr *ip)
{
	ip->check = ~csum_fold(sum_halves(ip, sizeof(*ip) / 2));
}

static __always_inline void make_syn(struct flood_frame *f)
{
	put_ip(&f->ip, IPPROTO_TCP, sizeof(f->tcp));
	seal_ip(&f->ip);
	f->tcp.source = bpf_get_prandom_u32();
	f->tcp.dest = plan.port;
	f->tcp.seq = bpf_get_prandom_u32();
	f->tcp.doff = 5;
	f->tcp.syn = 1;
	f->tcp.window = bpf_htons(64240);
	f->tcp.check = ~csum_fold(bpf_htons(IPPROTO_TCP) + bpf_htons(sizeof(f->tcp)) +
				  sum_halves(&f->ip.saddr, 4) +
				  sum_halves(&f->tcp, sizeof(f->tcp) / 2));
}

static __always_inline void make_fragment(struct flood_frame *f, __u16 offset)
{
	put_ip(&f->ip, IPPROTO_UDP, sizeof(f->udp) + sizeof(f->data));
	f->ip.id = bpf_get_prandom_u32();
	f->ip.frag_off = bpf_htons(0x2000 | offset);
	seal_ip(&f->ip);
	f->udp.source = bpf_get_prandom_u32();
	f->udp.dest = plan.port;
	f->udp.len = bpf_htons(4000);
}

static __always_inline void make_error(struct flood_frame *f)
{
	put_ip(&f->ip, IPPROTO_ICMP,
	       sizeof(f->icmp) + sizeof(f->quoted) + sizeof(f->quoted_udp));
	seal_ip(&f->ip);
	put_ip(&f->quoted, IPPROTO_UDP, sizeof(f->quoted_udp));
	f->quoted.daddr = f->quoted.saddr;
	f->quoted.saddr = plan.target;
	seal_ip(&f->quoted);
	f->quoted_udp.source = bpf_get_prandom_u32();
	f->quoted_udp.dest = bpf_get_prandom_u32();
	f->icmp.type = ICMP_DEST_UNREACH;
	f->icmp.code = ICMP_PORT_UNREACH;
	f->icmp.checksum = ~csum_fold(sum_halves(
		&f->icmp,
		(sizeof(f->icmp) + sizeof(f->quoted) + sizeof(f->quoted_udp)) / 2));
}

static __always_inline void make_noise(struct flood_frame *f)
{
#pragma unroll
	for (int i = 0; i < 12; i++)
		f->words[i] = bpf_get_prandom_u32();
	put_ip(&f->ip, bpf_get_prandom_u32(), sizeof(f->words));
	/* One word of the header is anything. */
	((__u32 *)&f->ip)[bpf_get_prandom_u32() & 3] = bpf_get_prandom_u32();
	seal_ip(&f->ip);
}

SEC("xdp")
int flood_send(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	__u16 *out = (void *)(long)ctx->data;
	struct flood_frame f = {0};
	const __u16 *in = (const __u16 *)&f.eth;

	if ((void *)out + FLOOD_FRAME_BYTES - 2 > data_end)
		return XDP_ABORTED;
	__builtin_memcpy(f.eth.h_dest, plan.dst_mac, ETH_ALEN);
	__builtin_memcpy(f.eth.h_source, plan.src_mac, ETH_ALEN);
	f.eth.h_proto = bpf_htons(ETH_P_IP);
	switch (plan.kind) {
	case FLOOD_SYN:
		make_syn(&f);
		break;
	case FLOOD_FRAGMENTS:
		make_fragment(&f, 0);
		break;
	case FLOOD_LATER:
		make_fragment(&f, 100);
		break;
	case FLOOD_ERRORS:
		make_error(&f);
		break;
	default:
		make_noise(&f);
	}
#pragma unroll
	for (int i = 0; i < (FLOOD_FRAME_BYTES - 2) / 2; i++)
		out[i] = in[i];
	sent++;
	return bpf_redirect(plan.ifindex, 0);
}
