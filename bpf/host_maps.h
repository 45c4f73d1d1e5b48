/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_maps.h - the maps of host mode, and those of the datapath, as seen from where
 * sockets are used.
 *
 * Who may include it: host.bpf.c and its parts, before any other header with maps.
 *
 * What is different here from the datapath: programs run in process context too and are
 * interrupted by packets. So there is no working memory per CPU, and what is counted per
 * CPU is added atomically.
 */
#ifndef PINHOLE_BPF_HOST_MAPS_H
#define PINHOLE_BPF_HOST_MAPS_H

#define MAPS_ADD(count, n) ((void)__sync_fetch_and_add(count, n))

#include "maps.h"

#include <pinhole/abi_host.h>

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

/* What new entries are made from: all zeros, never written. Untyped, because only maps
 * whose values are locked may hold a lock. */
struct host_zeros {
	__u64 word[sizeof(struct ftp_session) / sizeof(__u64)];
};

_Static_assert(sizeof(struct host_zeros) >= sizeof(struct host_listener) &&
		       sizeof(struct host_zeros) >= sizeof(struct host_session),
	       "every new entry is made from them");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct host_zeros);
} host_blank SEC(".maps");

static __always_inline const void *host_zeros(void)
{
	__u32 index = 0;

	return bpf_map_lookup_elem(&host_blank, &index);
}

#endif /* PINHOLE_BPF_HOST_MAPS_H */
