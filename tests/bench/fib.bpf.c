// SPDX-License-Identifier: GPL-2.0
/*
 * fib.bpf.c - the ceiling: the least that forwarding in XDP can be.
 *
 * Why it exists: every packet of the firewall costs at least this much, so
 * what the firewall adds is seen beside it. One FIB lookup, one hop less, new
 * MAC addresses, out. It filters nothing, remembers nothing, counts nothing.
 *
 * RFC 1812 5.3.1 (TTL), RFC 1624 (checksum).
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "csum.h"
#include "frames.h"

#define FIB_AF_INET 2

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps");

SEC("xdp")
int fib_forward(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct bpf_fib_lookup fib = {.family = FIB_AF_INET};
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);

	if ((void *)(ip + 1) > data_end || eth->h_proto != __builtin_bswap16(ETH_P_IP) ||
	    ip->ttl <= 1)
		return XDP_PASS;
	fib.tos = ip->tos;
	fib.l4_protocol = ip->protocol;
	fib.tot_len = __builtin_bswap16(ip->tot_len);
	fib.ipv4_src = ip->saddr;
	fib.ipv4_dst = ip->daddr;
	fib.ifindex = ctx->ingress_ifindex;
	if (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0) != BPF_FIB_LKUP_RET_SUCCESS)
		return XDP_PASS;
	ip->check = csum_apply(ip->check,
			       csum_delta2(__builtin_bswap16((__u16)ip->ttl << 8),
					   __builtin_bswap16((__u16)(ip->ttl - 1) << 8)));
	ip->ttl--;
	__builtin_memcpy(eth->h_dest, fib.dmac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, fib.smac, ETH_ALEN);
	return bpf_redirect_map(&devices, fib.ifindex, 0);
}
