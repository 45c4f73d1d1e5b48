/* SPDX-License-Identifier: GPL-2.0 */
/*
 * half_set.h - where in the table of half-open connections a key belongs.
 *
 * Who may include it: everybody. Pure: the kernel enters and finds, user space lists.
 */
#ifndef PINHOLE_BPF_HALF_SET_H
#define PINHOLE_BPF_HALF_SET_H

#include <linux/types.h>

#include <pinhole/abi.h>

#ifndef __always_inline
#	define __always_inline inline __attribute__((always_inline))
#endif

#define HALF_KEY_WORDS (sizeof(struct flow_key) / sizeof(__u64))

_Static_assert(sizeof(struct flow_key) % sizeof(__u64) == 0, "a key is whole words");

#define HALF_TAG_MASK  ((1u << HALF_TAG_BITS) - 1)
#define HALF_TIME_MASK ((1ull << (64 - HALF_TAG_BITS)) - 1)

#define HALF_SECOND (1u << 16) /* about one, in units of time */

/* So much later than this CPU's now another one may have met an entry. */
#define HALF_AHEAD HALF_SECOND

/* Where a key belongs. */
struct half_place {
	__u32 set;
	__u32 other; /* where it is a guest; now and then the same one */
	__u32 tag;   /* odd, and without HALF_GUEST */
};

static __always_inline void half_words(const struct flow_key *key,
				       __u64 word[HALF_KEY_WORDS])
{
	__builtin_memcpy(word, key, sizeof(*key));
}

/* Not to be guessed without the seed, for who could fill a set could displace what
 * others have in it. Nobody is told what it gives. */
static __always_inline struct half_place half_place(const struct half_head *head,
						    const struct flow_key *key)
{
	__u64 word[HALF_KEY_WORDS], hash = head->seed[0], factor = head->seed[1] | 1;

	half_words(key, word);
#pragma GCC unroll 8
	for (unsigned int i = 0; i < HALF_KEY_WORDS; i++) {
		hash = (hash ^ word[i]) * factor;
		hash ^= hash >> 32;
	}
	hash *= 0xd6e8feb86659fd93ull;
	hash ^= hash >> 32;
	return (struct half_place){
		.set = (__u32)((hash >> 32) * head->n_sets >> 32),
		.other = (__u32)((__u32)hash * (__u64)head->n_sets >> 32),
		.tag = ((__u32)hash & HALF_TAG_MASK & ~HALF_GUEST) | 1};
}

static __always_inline int half_same(const struct flow_key *a, const struct flow_key *b)
{
	__u64 x[HALF_KEY_WORDS], y[HALF_KEY_WORDS], differs = 0;

	half_words(a, x);
	half_words(b, y);
#pragma GCC unroll 8
	for (unsigned int i = 0; i < HALF_KEY_WORDS; i++)
		differs |= x[i] ^ y[i];
	return !differs;
}

static __always_inline __u64 half_time(__u64 ns)
{
	return ns >> HALF_TIME_SHIFT & HALF_TIME_MASK;
}

static __always_inline __u32 half_tag(__u64 word)
{
	return (__u32)word & HALF_TAG_MASK;
}

static __always_inline __u64 half_make_word(__u64 now, __u32 tag)
{
	return now << HALF_TAG_BITS | tag;
}

/* Whether it is the word of a guest. */
static __always_inline __u64 half_is_guest(__u64 word)
{
	return word & word << 1 & HALF_GUEST;
}

/* How gladly the entry of a word makes way: most of all where there is none, and not
 * while it is being written. Without a branch, for the verifier. */
static __always_inline __u64 half_age(__u64 word, __u64 now)
{
	__u64 none = -(((__u64)half_tag(word) - 1) >> 63); /* all ones: nothing is */
	__u64 known = -(word & 1);

	return (((now + HALF_AHEAD - (word >> HALF_TAG_BITS)) & known) | none) &
	       HALF_TIME_MASK;
}

#endif /* PINHOLE_BPF_HALF_SET_H */
