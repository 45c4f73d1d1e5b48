/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl.h - the access-list lookup: key in, line or deny out; and what the lines
 * count.
 *
 * Why the interface is this narrow: what stands behind it (acl_walk.h) can change
 * without another stage noticing.
 *
 * Who may include it: the stages that use maps.
 */
#ifndef PINHOLE_BPF_ACL_H
#define PINHOLE_BPF_ACL_H

#include "maps.h"

/* ---- the question ---- */

static __always_inline __u64 acl_half(__be32 upper, __be32 lower)
{
	return (__u64)__builtin_bswap32(upper) << 32 | __builtin_bswap32(lower);
}

/* The key as the walk wants it. @ipv6: both addresses are */
static __always_inline void acl_make_point(struct acl_point *p, const struct acl_key *key,
					   bool ipv6)
{
	__u64 ports = ACL_PORTS_WORD(key->proto, key->src_port, key->dst_port);
	const __be32 *src = key->src.word, *dst = key->dst.word;

	acl_point_conditions(p, key->tcp_flags, key->later_fragment);
	if (ipv6)
		acl_point_ipv6(p, acl_half(src[0], src[1]), acl_half(src[2], src[3]),
			       acl_half(dst[0], dst[1]), acl_half(dst[2], dst[3]), ports);
	else
		acl_point_ipv4(p, __builtin_bswap32(src[3]), __builtin_bswap32(dst[3]),
			       ports);
}

/* Ask the image. The question is acl_key of the work area. Return: an answer. */
static __always_inline __u32 acl_ask(struct work *w, const struct policy_config *config,
				     const struct acl_root *root)
{
	w->acl_point.view.at = config->acl;
	if (pkt_addr_is_v4(&w->acl_key.src)) {
		acl_make_point(&w->acl_point, &w->acl_key, false);
		return acl_walk(&w->acl_point, false, root->v4);
	}
	acl_make_point(&w->acl_point, &w->acl_key, true);
	return acl_walk(&w->acl_point, true, root->v6);
}

/* What the answer means: its line's counter is looked up. */
static __always_inline enum acl_verdict acl_conclude(struct work *w, __u32 answer)
{
	const struct acl_extent *lines = &w->acl_point.view.at.lines;
	__u32 line = ACL_HEAD_LINE(answer), index = lines->first + line;
	struct acl_line_slot *slot;

	if (answer == ACL_ANSWER_NONE)
		return ACL_NO_MATCH;
	if (line >= lines->count) /* as that of ACL_ANSWER_BROKEN is */
		return ACL_BROKEN;
	slot = bpf_map_lookup_elem(&acl_lines, &index);
	if (!slot)
		return ACL_BROKEN;
	w->acl.line_id = slot->line_id;
	w->acl.counter = slot->counter;
	w->acl.flags = slot->flags;
	w->acl.fragments = answer & ACL_ANSWER_FRAGMENTS;
	return acl_answer_verdict(answer);
}

/*
 * First match wins. Whether no match means deny is the caller's to know: two
 * lists may stand one behind the other.
 * @root: where the list's headers are
 * The question is acl_key of the work area, the answer is left in its acl.
 * Return: enum acl_verdict.
 */
WORK_GLOBAL int acl_lookup(const struct policy_config *config,
			   const struct acl_root *root)
{
	struct work *w = work_get();

	if (!w)
		return ACL_BROKEN;
	w->acl.line_id = 0;
	w->acl.counter = PH_NO_COUNTER;
	w->acl.flags = 0;
	w->acl.verdict = ACL_BROKEN;
	w->acl.fragments = false;
	if (!config || !root)
		return ACL_BROKEN;
	w->acl.verdict = acl_conclude(w, acl_ask(w, config, root));
	return (int)w->acl.verdict;
}

/* ---- counting ---- */

static __always_inline void acl_count_line(__u32 counter, __u32 hits, __u32 bytes)
{
	__u32 block = counter / ACL_BLOCK_COUNTERS;
	struct acl_counters *stats;
	struct acl_block *found;

	if (counter == PH_NO_COUNTER)
		return;
	found = bpf_map_lookup_elem(&acl_stats, &block);
	if (!found)
		return;
	stats = &found->counter[counter % ACL_BLOCK_COUNTERS];
	stats->hits += hits; /* per CPU: no race */
	stats->packets++;
	stats->bytes += bytes;
}

/*
 * Count the packet to the lines that judged it, or its flow: acl_counter and
 * acl_counter_out of the work area.
 * @hits: 1 if it was judged itself, 0 if it belongs to a flow that was
 */
WORK_GLOBAL int acl_count(__u32 hits)
{
	struct work *w = work_get();

	if (!w)
		return 0;
	acl_count_line(w->acl_counter, hits, w->pkt.l3_len);
	acl_count_line(w->acl_counter_out, hits, w->pkt.l3_len);
	return 0;
}

#endif /* PINHOLE_BPF_ACL_H */
