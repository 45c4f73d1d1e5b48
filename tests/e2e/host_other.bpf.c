// SPDX-License-Identifier: GPL-2.0
/*
 * host_other.bpf.c - other people's programs for sockets, for t_host_beside.sh.
 *
 * Why it exists: a cgroup may have several sockops programs, and a socket belongs to one
 * sockhash with an sk_msg program at most. Compiled by that test; belongs to nothing
 * else.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} other_count SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} other_socks SEC(".maps");

static void count(void)
{
	__u32 zero = 0;
	__u64 *counter = bpf_map_lookup_elem(&other_count, &zero);

	if (counter)
		__sync_fetch_and_add(counter, 1);
}

/* Adds what it wants to be called back for, as one should, and counts that it is called
 * for control connections: the others nobody else's program asks to be called for. */
SEC("sockops")
int other_polite(struct bpf_sock_ops *ctx)
{
	if (ctx->op == BPF_SOCK_OPS_RTT_CB && ctx->local_port == 21)
		count();
	if (ctx->op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		bpf_sock_ops_cb_flags_set(ctx, (int)ctx->bpf_sock_ops_cb_flags |
						       BPF_SOCK_OPS_RTT_CB_FLAG);
	return 1;
}

/* Wants nothing, and says so for everybody. */
SEC("sockops")
int other_rude(struct bpf_sock_ops *ctx)
{
	if (ctx->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		return 1;
	count();
	bpf_sock_ops_cb_flags_set(ctx, 0);
	return 1;
}

/* Takes the control connections for itself. */
SEC("sockops")
int other_holder(struct bpf_sock_ops *ctx)
{
	__u64 key = bpf_get_socket_cookie(ctx);

	if (ctx->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB || ctx->local_port != 21)
		return 1;
	if (!bpf_sock_hash_update(ctx, &other_socks, &key, BPF_ANY))
		count();
	return 1;
}

SEC("sk_msg")
int other_msg(struct sk_msg_md *msg)
{
	(void)msg;
	return SK_PASS;
}
