// SPDX-License-Identifier: GPL-2.0
/*
 * host.bpf.c - the programs of host mode: they watch the sockets of FTP servers and
 * clients on this machine. Read here top-down.
 *
 * Why an object of its own: it runs where sockets are used, in process context, and not
 * where packets are; it is loaded only where the policy asks for it; and it needs the
 * kernel's own types, which the datapath does without. It shares the maps of the
 * datapath, which the loader hands to it.
 *
 * RFC 959, 2428, 4217.
 */
#include "maps.h"

#include <pinhole/abi_host.h>

char _license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct host_config);
} host_config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PH_MAX_FTP_SESSIONS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct flow_key);
	__type(value, struct host_session);
} host_sessions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PH_MAX_HOST_LISTENERS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct host_listener_key);
	__type(value, struct host_listener);
} host_listeners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, PH_MAX_FTP_SESSIONS);
	__type(key, struct flow_key);
	__type(value, __u64);
} host_socks SEC(".maps");

SEC("sockops")
int host_sockops(struct bpf_sock_ops *ctx)
{
	(void)ctx;
	return 1;
}

SEC("sk_msg")
int host_msg(struct sk_msg_md *msg)
{
	(void)msg;
	return SK_PASS;
}
