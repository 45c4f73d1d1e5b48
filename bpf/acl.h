/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl.h - the access-list lookup: key in, line or deny out.
 *
 * Why the interface is this narrow: the lookup behind it is linear and the
 * loader bounds the list at PH_MAX_ACL_LINES records; a structure with flat
 * cost can take its place without another stage noticing.
 *
 * Who may include it: the stages that use maps.
 */
#ifndef PINHOLE_BPF_ACL_H
#define PINHOLE_BPF_ACL_H

#include "maps.h"

struct acl_scan {
	void *table;
	const struct acl_key *key;
	__u32 first;
	struct acl_result *result;
};

static __always_inline bool acl_addr_matches(const struct ph_addr *addr,
					     const struct ph_addr *mask,
					     const struct ph_addr *net)
{
	__u32 differ = 0;

#pragma unroll
	for (int i = 0; i < 4; i++)
		differ |= (addr->word[i] & mask->word[i]) ^ net->word[i];
	return !differ;
}

static __always_inline bool acl_record_matches(const struct acl_record *record,
					       const struct acl_key *key)
{
	if (!(record->flags & ACL_F_ANY_PROTO) && record->proto != key->proto)
		return false;
	if (record->flags & ACL_F_IPV6 && pkt_addr_is_v4(&key->src))
		return false; /* IPv4 is within ::/0, as everything is */
	return acl_addr_matches(&key->src, &record->src_mask, &record->src) &&
	       acl_addr_matches(&key->dst, &record->dst_mask, &record->dst) &&
	       key->src_port >= record->src_port_low &&
	       key->src_port <= record->src_port_high &&
	       key->dst_port >= record->dst_port_low &&
	       key->dst_port <= record->dst_port_high;
}

static long acl_scan_one(__u32 i, struct acl_scan *scan)
{
	__u32 index = scan->first + i;
	const struct acl_record *record = bpf_map_lookup_elem(scan->table, &index);

	if (!record)
		return 1; /* beyond the table: the loader never asks for it */
	if (!acl_record_matches(record, scan->key))
		return 0;
	scan->result->counter = record->counter;
	scan->result->verdict = record->flags & ACL_F_PERMIT ? ACL_PERMIT : ACL_DENY;
	return 1;
}

/*
 * First match wins. Whether no match means deny is the caller's to know: two
 * lists may stand one behind the other.
 * @slot:  generation's slot
 * @first: the list's first record; @count: how many, up to PH_MAX_ACL_LINES
 * The question is acl_key of the work area, the answer is left in its acl.
 * Return: enum acl_verdict.
 */
WORK_GLOBAL int acl_lookup(__u32 slot, __u32 first, __u32 count)
{
	struct work *w = work_get();
	struct acl_scan scan = {.first = first};

	if (!w)
		return ACL_DENY;
	w->acl.counter = PH_NO_COUNTER;
	w->acl.verdict = ACL_NO_MATCH;
	scan.key = &w->acl_key;
	scan.result = &w->acl;
	scan.table = bpf_map_lookup_elem(&acl_records, &slot);
	if (scan.table)
		bpf_loop(count, acl_scan_one, &scan, 0);
	return (int)w->acl.verdict;
}

static __always_inline void acl_count_hit(__u32 counter)
{
	struct acl_counters *stats;

	if (counter == PH_NO_COUNTER)
		return;
	stats = bpf_map_lookup_elem(&acl_stats, &counter);
	if (stats)
		stats->hits++; /* per CPU: no race */
}

#endif /* PINHOLE_BPF_ACL_H */
