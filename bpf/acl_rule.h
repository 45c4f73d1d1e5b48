/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl_rule.h - whether a packet matches a rule of an access list: all of it, since what
 * led to the rule may have skipped any part.
 *
 * Without a branch: a leaf has up to 96 rules, and each branch would double the ways
 * that the verifier has to walk.
 *
 * Who may include it: acl_walk.h. Pure: compiles for BPF and natively.
 */
#ifndef PINHOLE_BPF_ACL_RULE_H
#define PINHOLE_BPF_ACL_RULE_H

#include "acl_point.h"

/* 0 if the conditions hold: all of them, or with ACL_COND_ANY one of the flags'. */
static __always_inline __u32 acl_conditions_fail(const struct acl_point *p, __u32 cond)
{
	__u32 any = -(cond >> 12 & 1); /* all ones: ACL_COND_ANY */
	__u32 none = ((cond & p->has) - 1) >> 31;

	ACL_OPAQUE(any);
	ACL_OPAQUE(none);
	return (cond & p->lacks & ~(any & ACL_COND_FLAGS)) | (any & none);
}

/* 0 if protocol, ports and conditions are the rule's. @ports: ACL_PORTS_WORD */
static __always_inline __u32 acl_service_differs(const struct acl_point *p, __u64 ports,
						 __u16 src_low, __u16 src_span,
						 __u16 dst_low, __u16 dst_span,
						 __u32 head, __u32 cond)
{
	__u16 src_above = (__u16)((__u16)(ports >> 16) - src_low);
	__u16 dst_above = (__u16)((__u16)ports - dst_low);
	__u32 outside = ((__u32)src_span - src_above) | ((__u32)dst_span - dst_above);
	__u32 named = (head >> 10 & 1) - 1; /* all ones unless any protocol will do */
	__u32 differs;

	ACL_SETTLE(outside);
	differs = outside >> 31 | (((__u32)(ports >> 32) ^ head) & named & 255);
	ACL_SETTLE(differs);
	return differs | acl_conditions_fail(p, cond);
}

static __always_inline __u64 acl_rule4_differs(const struct acl_rule4 *rule,
					       const struct acl_point *p)
{
	__u64 differs = acl_service_differs(
		p, p->word[ACL_SEL4_PORTS], rule->src_port_low, rule->src_port_span,
		rule->dst_port_low, rule->dst_port_span, rule->head, rule->cond);

	ACL_SETTLE(differs);
	differs |= (__u64)((__u32)p->word[ACL_SEL4_ADDRS] ^ rule->src) >>
		   (rule->src_shift & 63);
	ACL_SETTLE(differs);
	return differs | (__u64)((__u32)(p->word[ACL_SEL4_ADDRS] >> 32) ^ rule->dst) >>
				 (rule->dst_shift & 63);
}

/* x >> shift, for 0..64. */
static __always_inline __u64 acl_shift_out(__u64 x, __u32 shift)
{
	__u32 half = shift >> 1;

	return x >> half >> (shift - half);
}

/* 0 if the difference of two IPv6 addresses is below shift, 0..128. */
static __always_inline __u64 acl_above(__u64 high, __u64 low, __u32 shift)
{
	__u32 whole = (shift >> 6 | shift >> 7) & 1; /* the lower half is all below */
	__u32 low_shift = (shift & (whole - 1)) | whole << 6;

	ACL_OPAQUE(low_shift);
	return acl_shift_out(low, low_shift) | acl_shift_out(high, shift - low_shift);
}

static __always_inline __u64 acl_rule6_differs(const struct acl_rule6 *rule,
					       const struct acl_point *p)
{
	__u64 differs = acl_service_differs(
		p, p->word[ACL_SEL6_PORTS], rule->src_port_low, rule->src_port_span,
		rule->dst_port_low, rule->dst_port_span, rule->head, rule->cond);

	ACL_SETTLE(differs);
	differs |= acl_above(p->word[ACL_SEL6_SRC_HIGH] ^ rule->src_high,
			     p->word[ACL_SEL6_SRC_LOW] ^ rule->src_low, rule->src_shift);
	ACL_SETTLE(differs);
	return differs | acl_above(p->word[ACL_SEL6_DST_HIGH] ^ rule->dst_high,
				   p->word[ACL_SEL6_DST_LOW] ^ rule->dst_low,
				   rule->dst_shift);
}

#endif /* PINHOLE_BPF_ACL_RULE_H */
