/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tell.h - how much is told: counts by the second, one for each thing that is told of.
 *
 * Why it exists: whoever sends packets chooses what is denied and dropped. What one line
 * or one reason may fill of the ring is therefore bounded, and what was not told is
 * counted, to be said by the next that is.
 *
 * Who may include it: everybody. Pure; the buckets are per CPU, so nothing races.
 */
#ifndef PINHOLE_BPF_TELL_H
#define PINHOLE_BPF_TELL_H

#include <stdbool.h>

#include <linux/types.h>

#include <pinhole/abi_log.h>

#ifndef __always_inline
#	define __always_inline inline __attribute__((always_inline))
#endif

#define TELL_WINDOW_NS 1000000000ull

struct tell_bucket {
	__u64 since_ns; /* the second that is counted */
	__u32 owner;	/* whose it is, where several may share it; else 0 */
	__u32 count;	/* told in that second */
	__u32 lost;	/* not told since the last that was */
	__u32 pad;
};

static __always_inline bool tell_is_over(const struct tell_bucket *bucket, __u64 now_ns)
{
	return now_ns - bucket->since_ns >= TELL_WINDOW_NS;
}

/* Begin the second that now_ns is in. */
static __always_inline void tell_turn(struct tell_bucket *bucket, __u64 now_ns)
{
	if (!tell_is_over(bucket, now_ns))
		return;
	bucket->since_ns = now_ns;
	bucket->count = 0;
}

/* ---- lines of access lists ---- */

/* Lines are counted by their counters' numbers, which begin at 0. Two that meet in one
 * bucket within a second have a second one each; only if that is taken, too, do they
 * share what one may tell. */
#define TELL_LINES     1024u /* a power of two */
#define TELL_LINE_BITS 10

struct acl_told {
	struct tell_bucket all;
	struct tell_bucket line[TELL_LINES];
};

_Static_assert(TELL_LINES == 1u << TELL_LINE_BITS, "the number is a mask");
_Static_assert(sizeof(struct acl_told) <= 32768, "an element of a map per CPU");

static __always_inline struct tell_bucket *tell_line_at(struct acl_told *told,
							__u32 index)
{
	index &= TELL_LINES - 1;
#ifdef __bpf__
	asm volatile("" : "+r"(index)); /* in a form that older verifiers can bound */
	index &= TELL_LINES - 1;
#endif
	return &told->line[index];
}

/* The bucket of an owner, a number that is not 0. What was not told of one whose bucket
 * passes to another is in the counter of all only. */
static __always_inline struct tell_bucket *tell_line(struct acl_told *told, __u32 owner,
						     __u64 now_ns)
{
	struct tell_bucket *first = tell_line_at(told, owner), *bucket = first;

	if (bucket->owner == owner)
		return bucket;
	if (!tell_is_over(bucket, now_ns)) {
		bucket = tell_line_at(told, owner * 0x9e3779b1u >> (32 - TELL_LINE_BITS));
		if (bucket->owner == owner)
			return bucket;
		if (!tell_is_over(bucket, now_ns))
			return first;
	}
	bucket->owner = owner;
	bucket->count = 0;
	bucket->lost = 0;
	return bucket;
}

/* Whether one more of this line may be told now. */
static __always_inline bool tell_may_line(struct acl_told *told,
					  struct tell_bucket *bucket, __u64 now_ns)
{
	tell_turn(&told->all, now_ns);
	tell_turn(bucket, now_ns);
	if (bucket->count >= PH_ACL_RECORDS_PER_LINE)
		return false;
	return told->all.count < PH_ACL_RECORDS_PER_SEC ||
	       bucket->count < PH_ACL_RECORDS_ALWAYS;
}

/* It was told. Return: how many were not, before it. */
static __always_inline __u32 tell_count(struct tell_bucket *bucket)
{
	__u32 lost = bucket->lost;

	bucket->lost = 0;
	bucket->count++;
	return lost;
}

#endif /* PINHOLE_BPF_TELL_H */
