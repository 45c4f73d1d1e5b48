// SPDX-License-Identifier: GPL-2.0
/*
 * fib.bpf.c - the ceiling: the least that forwarding in XDP can be.
 *
 * Why it exists: every packet of the firewall costs at least this much, so
 * what the firewall adds is seen beside it. One FIB lookup, one hop less, new
 * MAC addresses, out. It filters nothing, remembers nothing, counts nothing.
 *
 * RFC 1812 5.3.1 (TTL), RFC 1624 (checksum), RFC 8200 3 (hop limit).
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "csum.h"
#include "frames.h"

#define FIB_AF_INET  2
#define FIB_AF_INET6 10

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps");

static __always_inline int leave(const struct bpf_fib_lookup *fib, struct ethhdr *eth)
{
	__builtin_memcpy(eth->h_dest, fib->dmac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, fib->smac, ETH_ALEN);
	return bpf_redirect_map(&devices, fib->ifindex, 0);
}

static __always_inline int forward4(struct xdp_md *ctx, struct ethhdr *eth,
				    struct iphdr *ip)
{
	struct bpf_fib_lookup fib = {.family = FIB_AF_INET};

	if (ip->ttl <= 1)
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
	return leave(&fib, eth);
}

static __always_inline int forward6(struct xdp_md *ctx, struct ethhdr *eth,
				    struct ipv6hdr *ip)
{
	struct bpf_fib_lookup fib = {.family = FIB_AF_INET6};

	if (ip->hop_limit <= 1)
		return XDP_PASS;
	fib.l4_protocol = ip->nexthdr;
	fib.tot_len = __builtin_bswap16(ip->payload_len);
	__builtin_memcpy(fib.ipv6_src, &ip->saddr, sizeof(fib.ipv6_src));
	__builtin_memcpy(fib.ipv6_dst, &ip->daddr, sizeof(fib.ipv6_dst));
	fib.ifindex = ctx->ingress_ifindex;
	if (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0) != BPF_FIB_LKUP_RET_SUCCESS)
		return XDP_PASS;
	ip->hop_limit--;
	return leave(&fib, eth);
}

SEC("xdp")
int fib_forward(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;

	if (data + sizeof(*eth) + sizeof(struct iphdr) > data_end)
		return XDP_PASS;
	if (eth->h_proto == __builtin_bswap16(ETH_P_IP))
		return forward4(ctx, eth, data + sizeof(*eth));
	if (eth->h_proto == __builtin_bswap16(ETH_P_IPV6) &&
	    data + sizeof(*eth) + sizeof(struct ipv6hdr) <= data_end)
		return forward6(ctx, eth, data + sizeof(*eth));
	return XDP_PASS;
}
