/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl_point.h - what a walk over an access list's image is asked, what it answers, and
 * how it reads the image.
 *
 * Who may include it: acl_walk.h, which says what the includer has defined before.
 * Pure: compiles for BPF and natively.
 */
#ifndef PINHOLE_BPF_ACL_POINT_H
#define PINHOLE_BPF_ACL_POINT_H

#include <stdbool.h>

#include <pinhole/abi_acl.h>

#ifndef __always_inline
#	define __always_inline inline __attribute__((always_inline))
#endif

#ifdef __bpf__
#	define ACL_SEPARATE	  __attribute__((noinline))
#	define ACL_OPAQUE(value) asm volatile("" : "+r"(value))
#	define ACL_SETTLE(value) asm volatile("" : "+r"(value) : : "memory")
#else
#	define ACL_SEPARATE	  static
#	define ACL_OPAQUE(value) ((void)(value))
#	define ACL_SETTLE(value) ((void)(value))
#endif

/* What a list says: PERMIT or DENY by one of its lines; no line matched; or no
 * answer could be had, and the packet must not pass. */
enum acl_verdict { ACL_NO_MATCH = 0, ACL_PERMIT, ACL_DENY, ACL_BROKEN };

/* An answer: the head (abi_acl.h) of the rule that matches; or none, which is later
 * than every line; or that there is no answer. */
#define ACL_ANSWER_NONE	     ((__u32)ACL_NO_LINE << 12)
#define ACL_ANSWER_BROKEN    0xffffffffu
/* In a bit that heads leave free: the rule has ACL_COND_FRAGMENTS. */
#define ACL_ANSWER_FRAGMENTS (1u << 8)

/* The conditions about TCP flags. */
#define ACL_COND_FLAGS (63u | 63u << 6)

/* Room for what any D_SEL may name, so that it needs no check. */
#define ACL_POINT_WORDS 8

/* What is asked, and how far the walk has come. */
struct acl_point {
	__u64 word[ACL_POINT_WORDS]; /* as enum acl_sel4 or acl_sel6 names them */
	struct acl_view view;
	/* Conditions, by the bits of a rule's cond. */
	__u32 has;   /* flags that are as the condition would have them */
	__u32 lacks; /* what the packet is or has not, so that the condition fails */

	__u32 best;	/* the answer so far */
	__u32 tables;	/* of the header in hand: where its tables are, */
	__u64 bitmap;	/* which of them are left, */
	__u64 src_trie; /* and how far the tries have been walked */
	__u64 dst_trie;
};

static __always_inline __u32 acl_answer(__u32 head, __u32 cond)
{
	return head | (cond & ACL_COND_FRAGMENTS) >> 6;
}

static __always_inline enum acl_verdict acl_answer_verdict(__u32 answer)
{
	if (answer == ACL_ANSWER_BROKEN)
		return ACL_BROKEN;
	if (answer == ACL_ANSWER_NONE)
		return ACL_NO_MATCH;
	return answer & ACL_HEAD_PERMIT ? ACL_PERMIT : ACL_DENY;
}

/* ---- words ---- */

/* Return: whether the image has the word. */
static __always_inline bool acl_read(const struct acl_view *view, __u32 index,
				     __u64 *word)
{
	const __u64 *at = acl_word_at(view, index);

	if (!at)
		return false;
	*word = *at;
	return true;
}

/* Where the child of a node is. @field: the word of the key that it selects */
static __always_inline __u32 acl_child(__u64 node, __u64 field)
{
	__u32 mask = (1u << ACL_D_BITS(node)) - 1;

	return ACL_D_BASE(node) + ((__u32)(field >> ACL_D_SHIFT(node)) & mask);
}

/* The number of the lowest bit set; bits is not 0. */
static __always_inline __u32 acl_lowest_bit(__u64 bits)
{
	bits = (bits & -bits) - 1; /* and then how many are set */
	bits -= bits >> 1 & 0x5555555555555555ull;
	bits = (bits & 0x3333333333333333ull) + (bits >> 2 & 0x3333333333333333ull);
	bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (__u32)(bits * 0x0101010101010101ull >> 56);
}

/* ---- making a point ---- */

/* Addresses and ports in host order. @ports: ACL_PORTS_WORD; of a later fragment
 * its ports are 0 */
static __always_inline void acl_point_ipv4(struct acl_point *p, __u32 src, __u32 dst,
					   __u64 ports)
{
	p->word[ACL_SEL4_ADDRS] = ACL_ADDRS_WORD(src, dst);
	p->word[ACL_SEL4_PORTS] = ports;
}

static __always_inline void acl_point_ipv6(struct acl_point *p, __u64 src_high,
					   __u64 src_low, __u64 dst_high, __u64 dst_low,
					   __u64 ports)
{
	p->word[ACL_SEL6_SRC_HIGH] = src_high;
	p->word[ACL_SEL6_SRC_LOW] = src_low;
	p->word[ACL_SEL6_DST_HIGH] = dst_high;
	p->word[ACL_SEL6_DST_LOW] = dst_low;
	p->word[ACL_SEL6_PORTS] = ports;
}

/* What is no address or port. @tcp_flags: of TCP, else 0 */
static __always_inline void acl_point_conditions(struct acl_point *p, __u8 tcp_flags,
						 bool later_fragment)
{
	__u32 flags = later_fragment ? 0 : tcp_flags & 63;

	p->has = flags | (~flags & 63) << 6;
	p->lacks = (~p->has & ACL_COND_FLAGS) |
		   (later_fragment ? ACL_COND_PORTS : ACL_COND_FRAGMENTS);
}

#endif /* PINHOLE_BPF_ACL_POINT_H */
