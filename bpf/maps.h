/* SPDX-License-Identifier: GPL-2.0 */
/*
 * maps.h - every map of the datapath, in one place.
 *
 * Who may include it: the stages of bpf/ that use maps. Pure headers do not.
 *
 * Tables of the policy exist twice: generation g lives in slot g & 1 of the
 * outer maps, or in its half of an access-list map (acl_maps.h). The loader fills the
 * slot that is not in use and then stores the new generation into `active`. Replacing an
 * inner map waits for an RCU grace period, so a packet never sees a slot change under it.
 * (Inner maps give sizes instead of types because clang leaves the types that only they
 * name out of the BTF.)
 */
#ifndef PINHOLE_BPF_MAPS_H
#define PINHOLE_BPF_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <pinhole/abi.h>

#include "ftp_session.h"
#include "tell.h"
#include "work.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct policy_active);
} active SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct policy_config);
} policy_config SEC(".maps");

struct ifaces_inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * PH_MAX_INTERFACES); /* VLANs have two entries */
	__uint(key_size, sizeof(struct iface_key));
	__uint(value_size, sizeof(struct iface_config));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct ifaces_inner);
} ifaces SEC(".maps");

/* Who counts for a line: both generations' lines, as the maps of acl_maps.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * PH_MAX_ACL_LINES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct acl_line_slot);
} acl_lines SEC(".maps");

struct nat_in_inner {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct nat_in_key));
	__uint(value_size, sizeof(struct nat_value));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct nat_in_inner);
} nat_in SEC(".maps");

struct nat_out_inner {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct nat_out_key));
	__uint(value_size, sizeof(struct nat_value));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct nat_out_inner);
} nat_out SEC(".maps");

/* Both generations' rules, as the maps of acl_maps.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * PH_NAT_RULES(PH_MAX_ACL_LINES));
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct nat_rule);
} nat_rules SEC(".maps");

struct nat_lists_inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct nat_pair));
	__uint(value_size, sizeof(struct acl_root));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct nat_lists_inner);
} nat_lists SEC(".maps");

struct fixups_inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct fixup_key));
	__uint(value_size, sizeof(struct fixup_value));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct fixups_inner);
} fixups SEC(".maps");

struct ftp_rules_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP); /* sized by the policy */
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct ftp_rule));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct ftp_rules_inner);
} ftp_rules SEC(".maps");

struct ftp_states_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP); /* sized by the policy */
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct ftp_state));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct ftp_states_inner);
} ftp_states SEC(".maps");

/* Read by user space only: the text of each generation, for `show`. */
struct policy_text_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, PH_TEXT_CHUNK_BYTES);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct policy_text_inner);
} policy_text SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PH_ACL_COUNTERS(PH_MAX_ACL_LINES) / ACL_BLOCK_COUNTERS);
	__type(key, __u32);
	__type(value, struct acl_block);
} acl_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PH_NAT_BLOCKS);
	__type(key, __u32);
	__type(value, struct nat_block);
} nat_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PH_MAX_CONNECTIONS);
	__type(key, struct flow_key);
	__type(value, struct conn);
} conns SEC(".maps");

/* One table, see half_open.h: where a set is full a newcomer displaces an old
 * unanswered packet, never an established connection (invariant 2). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PH_MAX_HALF_OPEN);
	__type(key, __u32);
	__type(value, struct half_entry);
} half_open SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PH_MAX_HALF_OPEN / HALF_WAYS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct half_set);
} half_sets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct half_head);
} half_head SEC(".maps");

/* Hosts with a limit on half-open connections: about 2 MB. LRU: see embryonic.h. */
#define EMBRYONIC_MAX_HOSTS 16384

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, EMBRYONIC_MAX_HOSTS);
	__type(key, struct embryonic_key);
	__type(value, struct embryonic_host);
} embryonic SEC(".maps");

/* LRU: a datagram whose entry is displaced is dropped from there on. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, PH_MAX_FRAGMENTS);
	__type(key, struct frag_key);
	__type(value, struct frag);
} frags SEC(".maps");

/* How many decisions of access lists this CPU has told of; see acl_tell.h. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct acl_told);
} acl_told SEC(".maps");

/* How often which reason was told of; see drop_tell.h. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PH_N_DROP_REASONS);
	__type(key, __u32);
	__type(value, struct tell_bucket);
} reason_said SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, PH_RECORD_BYTES);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PH_MAX_HOLES);
	__type(key, struct hole_key);
	__type(value, struct hole);
} holes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PH_MAX_FTP_SESSIONS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct flow_key);
	__type(value, struct ftp_session);
} ftp_sessions SEC(".maps");

/* Sessions whose connections are closing, those that began to first; as many as there
 * can be sessions. See ftp.h. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, PH_MAX_FTP_SESSIONS);
	__uint(value_size, sizeof(struct ftp_closed));
} ftp_closed SEC(".maps");

/* Ends between which sessions live whose TLS was verified; see grant.h. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PH_MAX_FTP_SESSIONS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct grant_key);
	__type(value, struct grant);
} grants SEC(".maps");

/* What a new entry of grants is made from: all zeros, never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct grant);
} grant_blank SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FTP_N_FINDINGS);
	__type(key, __u32);
	__type(value, __u64);
} ftp_findings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PH_MAX_INTERFACES);
	__type(key, __u32);
	__type(value, struct if_counters);
} if_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PH_N_DROP_REASONS);
	__type(key, __u32);
	__type(value, struct packet_counters);
} drop_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PH_EV_END);
	__type(key, __u32);
	__type(value, __u64);
} event_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, PH_MAX_INTERFACES);
	__type(key, __u32);
	__type(value, __u32);
} tx_devs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, PH_MAX_EXPIRY);
	__uint(value_size, sizeof(struct expiry));
} expiry SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct expiry_clock);
} clock SEC(".maps");

/* One packet's working memory per CPU; see work.h for why that is safe. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct work);
} work_area SEC(".maps");

static __always_inline struct work *work_get(void)
{
	__u32 index = 0;

	return bpf_map_lookup_elem(&work_area, &index);
}

/* Counters per CPU: where softirq alone counts, it does not nest and nothing races. The
 * programs of host mode, which packets interrupt, have an atomic one. */
#ifndef MAPS_ADD
#	define MAPS_ADD(count, n) ((void)(*(count) += (n)))
#endif

static __always_inline void event_add(enum ph_event event, __u64 n)
{
	__u32 index = event;
	__u64 *count = bpf_map_lookup_elem(&event_stats, &index);

	if (count)
		MAPS_ADD(count, n);
}

static __always_inline void event_count(enum ph_event event)
{
	event_add(event, 1);
}

static __always_inline void finding_count(enum ftp_finding finding)
{
	__u32 index = finding;
	__u64 *count = bpf_map_lookup_elem(&ftp_findings, &index);

	if (count)
		MAPS_ADD(count, 1);
}

#endif /* PINHOLE_BPF_MAPS_H */
