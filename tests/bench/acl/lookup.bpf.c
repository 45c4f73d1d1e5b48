// SPDX-License-Identifier: GPL-2.0
/*
 * lookup.bpf.c - the lookups that are measured: Pinhole's walk as the datapath has
 * it, a linear scan, and none at all.
 *
 * Why the answers are summed up: user space knows what the sum must be. A lookup
 * that answers wrong may be as fast as it likes.
 *
 * Bounds: one instance runs at a time, on one CPU, so the cursor needs no atomics.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "acl_maps.h"
#include "shared.h"

char LICENSE[] SEC("license") = "GPL";

struct lookup_plan plan;
__u32 at;
__u64 answers;
__u64 asked;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* the loader's to set */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct bench_key);
} packets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* the loader's to set */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct linear_record);
} records SEC(".maps");

static __always_inline const struct bench_key *next_packet(void)
{
	__u32 index = plan.first + at;

	at = at + 1 >= plan.n ? 0 : at + 1;
	return bpf_map_lookup_elem(&packets, &index);
}

static __always_inline void answer(__u32 value)
{
	answers += value;
	asked++;
}

/* ---- Pinhole ---- */

static __always_inline __u64 half_of(const struct bench_addr *addr, int word)
{
	return (__u64)__builtin_bswap32(addr->word[word]) << 32 |
	       __builtin_bswap32(addr->word[word + 1]);
}

static __always_inline __u32 walk_key(const struct bench_key *key)
{
	struct acl_point point = {.view = {.at = plan.at}};
	__u64 ports = ACL_PORTS_WORD(key->proto, key->src_port, key->dst_port);

	acl_point_conditions(&point, 0, false);
	if (plan.ipv6) {
		acl_point_ipv6(&point, half_of(&key->src, 0), half_of(&key->src, 2),
			       half_of(&key->dst, 0), half_of(&key->dst, 2), ports);
		return acl_walk(&point, true, plan.header) >> 11;
	}
	acl_point_ipv4(&point, __builtin_bswap32(key->src.word[3]),
		       __builtin_bswap32(key->dst.word[3]), ports);
	return acl_walk(&point, false, plan.header) >> 11;
}

/* ---- linear scan ---- */

struct linear_scan {
	const struct bench_key *key;
	__u32 first;
	__u32 answer;
};

static __always_inline bool address_matches(const struct bench_addr *addr,
					    const struct bench_addr *mask,
					    const struct bench_addr *net)
{
	__u32 differ = 0;

#pragma unroll
	for (int i = 0; i < 4; i++)
		differ |= (addr->word[i] & mask->word[i]) ^ net->word[i];
	return !differ;
}

static long scan_one(__u32 i, struct linear_scan *scan)
{
	__u32 index = scan->first + i;
	const struct linear_record *record = bpf_map_lookup_elem(&records, &index);
	const struct bench_key *key = scan->key;

	if (!record)
		return 1;
	if (!record->any_proto && record->proto != key->proto)
		return 0;
	if (!address_matches(&key->src, &record->src_mask, &record->src) ||
	    !address_matches(&key->dst, &record->dst_mask, &record->dst) ||
	    key->src_port < record->src_port_low ||
	    key->src_port > record->src_port_high ||
	    key->dst_port < record->dst_port_low || key->dst_port > record->dst_port_high)
		return 0;
	scan->answer = record->answer;
	return 1;
}

static __always_inline __u32 scan_key(const struct bench_key *key)
{
	struct linear_scan scan = {
		.key = key, .first = plan.linear_at, .answer = ANSWER_NONE};

	bpf_loop(plan.n_linear, scan_one, &scan, 0);
	return scan.answer;
}

/* ---- packets of the trace, by BPF_PROG_TEST_RUN ----
 *
 * Of TC, not of XDP: there each system call waits for a grace period of RCU. */

SEC("tc")
int empty(struct __sk_buff *skb)
{
	const struct bench_key *key = next_packet();

	(void)skb;
	if (!key)
		return TC_ACT_UNSPEC;
	answer(key->src.word[3] ^ key->dst.word[3] ^ key->dst_port);
	return TC_ACT_SHOT;
}

SEC("tc")
int walk(struct __sk_buff *skb)
{
	const struct bench_key *key = next_packet();

	(void)skb;
	if (!key)
		return TC_ACT_UNSPEC;
	answer(walk_key(key));
	return TC_ACT_SHOT;
}

SEC("tc")
int linear(struct __sk_buff *skb)
{
	const struct bench_key *key = next_packet();

	(void)skb;
	if (!key)
		return TC_ACT_UNSPEC;
	answer(scan_key(key));
	return TC_ACT_SHOT;
}

/* ---- frames, at a device ---- */

/* IPv4 without options, and what stands where ports do: all that the bench sends. */
static __always_inline bool parse(const struct __sk_buff *skb, struct bench_key *key)
{
	const void *end = (const void *)(long)skb->data_end;
	const struct ethhdr *ethernet = (const void *)(long)skb->data;
	const struct iphdr *ip = (const void *)(ethernet + 1);
	const __be16 *ports = (const void *)(ip + 1);

	if ((const void *)(ports + 2) > end ||
	    ethernet->h_proto != __builtin_bswap16(ETH_P_IP) || ip->ihl != 5)
		return false;
	key->src.word[3] = ip->saddr;
	key->dst.word[3] = ip->daddr;
	key->src.word[2] = key->dst.word[2] = __builtin_bswap32(0xffff);
	key->proto = ip->protocol;
	key->src_port = __builtin_bswap16(ports[0]);
	key->dst_port = __builtin_bswap16(ports[1]);
	if (ip->protocol == IPPROTO_ICMP) {
		key->dst_port = key->src_port; /* type and code */
		key->src_port = 0;
	}
	return true;
}

SEC("tc")
int tc_empty(struct __sk_buff *skb)
{
	(void)skb;
	answer(0);
	return TC_ACT_SHOT;
}

SEC("tc")
int tc_walk(struct __sk_buff *skb)
{
	struct bench_key key = {};

	if (parse(skb, &key))
		answer(walk_key(&key));
	return TC_ACT_SHOT;
}

SEC("tc")
int tc_linear(struct __sk_buff *skb)
{
	struct bench_key key = {};

	if (parse(skb, &key))
		answer(scan_key(&key));
	return TC_ACT_SHOT;
}
