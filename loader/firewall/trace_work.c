// SPDX-License-Identifier: GPL-2.0
/*
 * trace_work.c - where in the datapath's working memory things are.
 *
 * Why it exists: what was decided about a packet lies in struct work after the run. Its
 * layout is the datapath's own affair and changes with it; the BTF of the very object
 * says what it is.
 */
#include <string.h>

#include <bpf/btf.h>

#include "trace.h"

/* Offset in bytes of a member, into *out. */
static int find_member(const struct btf *btf, const char *type_name, const char *member,
		       uint32_t *out)
{
	int id = btf__find_by_name_kind(btf, type_name, BTF_KIND_STRUCT);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, (__u32)id);
	const struct btf_member *members;

	if (!type)
		return -ENOENT;
	members = btf_members(type);
	for (__u16 i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(btf, members[i].name_off);

		if (!name || strcmp(name, member) != 0)
			continue;
		*out = btf_member_bit_offset(type, i) / 8;
		return 0;
	}
	return -ENOENT;
}

int trace_work_find(const struct bpf_object *object, struct trace_work *out)
{
	const struct btf *btf = bpf_object__btf(object);
	const struct bpf_map *area = bpf_object__find_map_by_name(object, "work_area");
	uint32_t acl = 0, judge = 0, place = 0, proto = 0, src = 0, dst = 0;
	const struct {
		const char *type;
		const char *member;
		uint32_t *offset;
	} wanted[] = {
		{"work", "pkt", &out->pkt},
		{"work", "real_dst", &out->real_dst},
		{"work", "real_dport", &out->real_dport},
		{"work", "key", &out->key},
		{"work", "new_src", &out->new_src},
		{"work", "new_dst", &out->new_dst},
		{"work", "new_sport", &out->new_sport},
		{"work", "new_dport", &out->new_dport},
		{"work", "fib", &out->fib},
		{"work", "egress_ifindex", &out->egress_ifindex},
		{"work", "path_mtu", &out->path_mtu},
		{"work", "acl_counter", &out->acl_counter},
		{"work", "acl_counter_out", &out->acl_counter_out},
		{"work", "acl", &acl},
		{"work", "judge", &judge},
		{"acl_result", "place", &place},
		{"judge_case", "proto", &proto},
		{"judge_case", "nat_counter_src", &src},
		{"judge_case", "nat_counter_dst", &dst},
	};

	if (!btf || !area)
		return -ENOENT;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		int err = find_member(btf, wanted[i].type, wanted[i].member,
				      wanted[i].offset);

		if (err)
			return err;
	}
	out->acl_place = acl + place;
	out->judge_proto = judge + proto;
	out->nat_counter_src = judge + src;
	out->nat_counter_dst = judge + dst;
	out->bytes = bpf_map__value_size(area);
	return 0;
}
