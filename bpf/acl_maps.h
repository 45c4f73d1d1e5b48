/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl_maps.h - the maps that hold access lists' images, and how the walk reaches
 * them.
 *
 * Each map holds the images of two generations; whoever asks says where the one in
 * force is (struct acl_halves). The maps can be mapped into memory: the loader
 * writes the half that is not in use, and nothing reads it before the generation
 * is published.
 *
 * Who may include it: maps.h; the programs of tests and benchmarks that are about
 * lists only.
 */
#ifndef PINHOLE_BPF_ACL_MAPS_H
#define PINHOLE_BPF_ACL_MAPS_H

#include <stddef.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <pinhole/abi_acl.h>

/* Sizes as the object file has them; the loader sets its own. */
#ifndef PH_MAX_ACL_LINES
#	define PH_MAX_ACL_LINES 65536
#endif

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * PH_ACL_WORDS(PH_MAX_ACL_LINES));
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} acl_words SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * PH_ACL_RULES4(PH_MAX_ACL_LINES));
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct acl_rule4);
} acl_rules4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * PH_ACL_RULES6(PH_MAX_ACL_LINES));
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct acl_rule6);
} acl_rules6 SEC(".maps");

struct acl_view {
	struct acl_halves at;
};

static __always_inline const __u64 *acl_word_at(const struct acl_view *view, __u32 index)
{
	__u32 key = view->at.words.first + index;

	if (index >= view->at.words.count)
		return NULL;
	return bpf_map_lookup_elem(&acl_words, &key);
}

static __always_inline const struct acl_rule4 *acl_rule4_at(const struct acl_view *view,
							    __u32 index)
{
	__u32 key = view->at.rules4.first + index;

	if (index >= view->at.rules4.count)
		return NULL;
	return bpf_map_lookup_elem(&acl_rules4, &key);
}

static __always_inline const struct acl_rule6 *acl_rule6_at(const struct acl_view *view,
							    __u32 index)
{
	__u32 key = view->at.rules6.first + index;

	if (index >= view->at.rules6.count)
		return NULL;
	return bpf_map_lookup_elem(&acl_rules6, &key);
}

#include "acl_walk.h"

#endif /* PINHOLE_BPF_ACL_MAPS_H */
