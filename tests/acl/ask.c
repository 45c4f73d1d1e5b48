// SPDX-License-Identifier: GPL-2.0
/*
 * ask.c - bpf/acl_walk.h over an image in memory. acl_native.h does the same for
 * whoever need not know what it costs.
 */
#include <string.h>

#include "tests/acl/ask.h"

struct acl_view {
	const struct acl_image *image;
	struct ask_cost *cost;
};

static inline const __u64 *acl_word_at(const struct acl_view *view, __u32 index)
{
	view->cost->words++;
	return index < view->image->n_words ? (const __u64 *)&view->image->words[index]
					    : NULL;
}

static inline const struct acl_rule4 *acl_rule4_at(const struct acl_view *view,
						   __u32 index)
{
	view->cost->rules++;
	return index < view->image->n_rules4 ? &view->image->rules4[index] : NULL;
}

static inline const struct acl_rule6 *acl_rule6_at(const struct acl_view *view,
						   __u32 index)
{
	view->cost->rules++;
	return index < view->image->n_rules6 ? &view->image->rules6[index] : NULL;
}

#include "bpf/acl_walk.h"

uint32_t answer_from_walk(uint32_t head)
{
	enum acl_verdict verdict = acl_answer_verdict(head);

	if (verdict == ACL_NO_MATCH)
		return ANSWER_NONE;
	if (verdict == ACL_BROKEN)
		return ANSWER_BROKEN;
	return answer_of(ACL_HEAD_LINE(head), verdict == ACL_PERMIT);
}

uint32_t ask(const struct acl_image *image, struct acl_root root, enum acl_family family,
	     const struct packet *packet, struct ask_cost *cost)
{
	uint64_t ports =
		ACL_PORTS_WORD(packet->proto, packet->src_port, packet->dst_port);
	struct acl_point point;

	memset(&point, 0, sizeof(point));
	*cost = (struct ask_cost){0};
	point.view.image = image;
	point.view.cost = cost;
	acl_point_conditions(&point, packet->tcp_flags, packet->later_fragment);
	if (family == ACL_IPV6)
		acl_point_ipv6(&point, packet->src_high, packet->src_low,
			       packet->dst_high, packet->dst_low, ports);
	else
		acl_point_ipv4(&point, (__u32)packet->src_low, (__u32)packet->dst_low,
			       ports);
	return answer_from_walk(acl_walk(&point, family == ACL_IPV6,
					 family == ACL_IPV6 ? root.v6 : root.v4));
}

struct ask_cost ask_bound(const struct acl_figures *figures)
{
	/* A header's words that are read; it may be the list's and the classes'. */
	uint32_t headers = 2 * ACL_H_WORDS;

	return (struct ask_cost){
		/* A probe reads the table and its slot; a guard up to four words. */
		.words = headers + 4 * figures->trie_steps + 2 * figures->worst_probes +
			 figures->worst_nodes + 2 * 4 * figures->class_steps,
		.rules = figures->worst_rules,
	};
}
