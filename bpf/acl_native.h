/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl_native.h - the walk over an image in memory, as user space has it.
 *
 * Why it exists: tests and benchmarks ask an image without a kernel, by the very
 * code that the datapath runs.
 *
 * Who may include it: user space.
 */
#ifndef PINHOLE_BPF_ACL_NATIVE_H
#define PINHOLE_BPF_ACL_NATIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <pinhole/acl.h>

struct acl_view {
	const struct acl_image *image;
};

static inline const __u64 *acl_word_at(const struct acl_view *view, __u32 index)
{
	const struct acl_image *image = view->image;

	return index < image->n_words ? (const __u64 *)&image->words[index] : NULL;
}

static inline const struct acl_rule4 *acl_rule4_at(const struct acl_view *view,
						   __u32 index)
{
	const struct acl_image *image = view->image;

	return index < image->n_rules4 ? &image->rules4[index] : NULL;
}

static inline const struct acl_rule6 *acl_rule6_at(const struct acl_view *view,
						   __u32 index)
{
	const struct acl_image *image = view->image;

	return index < image->n_rules6 ? &image->rules6[index] : NULL;
}

#include "bpf/acl_walk.h"

/* A packet as lists see it. Host order throughout. */
struct acl_native_key {
	uint64_t src_high; /* IPv4: 0 */
	uint64_t src_low;
	uint64_t dst_high;
	uint64_t dst_low;
	uint16_t src_port;
	uint16_t dst_port; /* ICMP: type << 8 | code; src_port is 0 */
	uint8_t proto;
	uint8_t tcp_flags;
	bool later_fragment; /* then ports and flags count as 0 */
	enum acl_family family;
};

struct acl_native_result {
	enum acl_verdict verdict;
	uint32_t line; /* of PERMIT and DENY; else ACL_NO_LINE */
};

/* Ask the list whose headers are at root. */
static inline void acl_walk_native(const struct acl_image *image, struct acl_root root,
				   const struct acl_native_key *key,
				   struct acl_native_result *result)
{
	struct acl_point point;
	uint16_t src_port = key->later_fragment ? 0 : key->src_port;
	uint16_t dst_port = key->later_fragment ? 0 : key->dst_port;
	uint64_t ports = ACL_PORTS_WORD(key->proto, src_port, dst_port);
	bool ipv6 = key->family == ACL_IPV6;
	__u32 answer;

	memset(&point, 0, sizeof(point));
	point.view.image = image;
	acl_point_conditions(&point, key->tcp_flags, key->later_fragment);
	if (ipv6)
		acl_point_ipv6(&point, key->src_high, key->src_low, key->dst_high,
			       key->dst_low, ports);
	else
		acl_point_ipv4(&point, (__u32)key->src_low, (__u32)key->dst_low, ports);
	answer = acl_walk(&point, ipv6, ipv6 ? root.v6 : root.v4);
	result->verdict = acl_answer_verdict(answer);
	result->line = ACL_HEAD_LINE(answer); /* ACL_NO_LINE: none */
}

#endif /* PINHOLE_BPF_ACL_NATIVE_H */
