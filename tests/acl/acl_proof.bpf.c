// SPDX-License-Identifier: GPL-2.0
/*
 * acl_proof.bpf.c - the datapath's walk, asked an array of keys in one run.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "acl_maps.h"
#include "tests/acl/kernel_abi.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KERNEL_MAX_KEYS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct kernel_key);
} keys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KERNEL_MAX_KEYS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u32);
} answers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct kernel_run);
} run SEC(".maps");

static __always_inline __u32 ask(const struct kernel_run *run,
				 const struct kernel_key *key)
{
	struct acl_point point = {.view.at = run->at};
	__u64 ports = ACL_PORTS_WORD(key->proto, key->src_port, key->dst_port);

	acl_point_conditions(&point, key->tcp_flags, key->later_fragment);
	if (run->ipv6) {
		acl_point_ipv6(&point, key->src_high, key->src_low, key->dst_high,
			       key->dst_low, ports);
		return acl_walk(&point, true, run->root.v6);
	}
	acl_point_ipv4(&point, (__u32)key->src_low, (__u32)key->dst_low, ports);
	return acl_walk(&point, false, run->root.v4);
}

/* @one: on the stack, where the kernel wants it */
static long ask_one(__u32 i, struct kernel_run **one)
{
	struct kernel_run *run = *one;
	const struct kernel_key *key = bpf_map_lookup_elem(&keys, &i);
	__u32 *answer = bpf_map_lookup_elem(&answers, &i);

	if (!key || !answer)
		return 1;
	*answer = ask(run, key);
	run->done = i + 1;
	return 0;
}

SEC("xdp")
int ask_all(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct kernel_run *one = bpf_map_lookup_elem(&run, &zero);

	(void)ctx;
	if (one)
		bpf_loop(one->n, ask_one, &one, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
