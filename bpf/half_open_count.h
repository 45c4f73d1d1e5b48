/* SPDX-License-Identifier: GPL-2.0 */
/*
 * half_open_count.h - how many half-open connections there are, though nobody says when
 * one of them is just never touched again.
 *
 * As embryonic_count.h does for a host with a limit, they are counted by when they were
 * seen last: time is cut into steps, four to eight of them to the life of an entry, and a
 * slot holds those that were last seen in one step. What is promoted, removed or made to
 * make way is taken out of the slot that it is in, what is seen again moves, and a slot
 * that is older than an entry can live is not added up any more. Hence the sum is what
 * there is, and at most a step of what has just expired besides.
 *
 * Why not the same code: these are counted for every connection there is, so per CPU,
 * without an atomic instruction and without a division. One CPU may begin what another
 * one ends: only the sum over all of them is a number of connections.
 *
 * Who may include it: everybody. Pure: the kernel counts, user space adds up.
 *
 * Races: two CPUs that see one entry again at once both move it: the sum stays right,
 * the older slot is one short until it is not added up any more; at worst one is counted
 * too many for one life. One entry made by two CPUs at once: likewise. Where the policy
 * changes a timeout, and with it the steps, what was counted before is forgotten.
 */
#ifndef PINHOLE_BPF_HALF_OPEN_COUNT_H
#define PINHOLE_BPF_HALF_OPEN_COUNT_H

#include "conn_state.h"

/* Of steps to the shortest life of which the shift is still what is asked for. */
#define HALF_OPEN_MIN_STEPS 4

_Static_assert(HALF_OPEN_SLOTS >= 2 * HALF_OPEN_MIN_STEPS + 2,
	       "a life, the step of now and the next one");
_Static_assert(!(HALF_OPEN_SLOTS & (HALF_OPEN_SLOTS - 1)), "the number is a mask");

static __always_inline __u32 conn_class_of(__u32 proto)
{
	if (proto == IPPROTO_TCP)
		return CONN_CLASS_TCP;
	if (proto == IPPROTO_UDP)
		return CONN_CLASS_UDP;
	return proto == IPPROTO_ICMP || proto == PKT_PROTO_ICMPV6 ? CONN_CLASS_ICMP
								  : CONN_CLASS_OTHER;
}

/* How long a half-open entry lives when nothing is seen of it, in nanoseconds. */
static __always_inline __u64 half_open_life_ns(const struct policy_config *config,
					       __u32 kind)
{
	switch (kind) {
	case CONN_CLASS_TCP:
		return config->timeout_half_open_ns;
	case CONN_CLASS_UDP:
		return config->timeout_udp_ns;
	case CONN_CLASS_ICMP:
		return config->timeout_icmp_ns;
	default:
		return config->timeout_other_ns;
	}
}

/* So many bits of a time are less than a step: the life is 4 to 7 whole ones. */
static inline __u8 half_open_shift(__u64 life_ns)
{
	__u8 shift = 0;

	while (life_ns >> (shift + 1) >= HALF_OPEN_MIN_STEPS)
		shift++;
	return shift;
}

/* What the loader enters in a policy for the counting. */
static inline void half_open_settle(struct policy_config *config)
{
	for (__u32 kind = 0; kind < CONN_N_CLASSES; kind++)
		config->half_open_shift[kind] =
			half_open_shift(half_open_life_ns(config, kind));
}

/* The step of a moment. Never one that a slot of zeros could be of. */
static __always_inline __u32 half_open_step(__u64 ns, __u32 shift)
{
	return (__u32)(ns >> (shift & 63)) + HALF_OPEN_SLOTS;
}

/* On this CPU, n more were last seen in that step. */
static __always_inline void half_open_add(struct half_open_steps *steps, __u32 step,
					  __s32 n)
{
	__u32 index = step;
	__u64 *slot, value;

#ifdef __bpf__
	asm volatile("" : "+r"(index)); /* older verifiers bound it by the mask */
#endif
	slot = &steps->slot[index & (HALF_OPEN_SLOTS - 1)];
	value = *slot;
	/* It is a later step's by now: what is taken out had expired. */
	if (value && (__s32)(step - (__u32)(value >> 32)) < 0)
		return;
	if (value >> 32 != step)
		value = (__u64)step << 32 | HALF_OPEN_ZERO;
	*slot = value + n; /* far from a carry into the step */
}

/*
 * Add up what one CPU has counted and can still be alive.
 * @life_ns: what the shift was made from
 */
static inline __s64 half_open_sum(const struct half_open_steps *steps, __u64 now_ns,
				  __u32 shift, __u64 life_ns)
{
	__u32 now = half_open_step(now_ns, shift);
	/* Seen at the very end of an older step, it would have expired. */
	__u32 oldest = half_open_step(now_ns > life_ns ? now_ns - life_ns : 0, shift);
	__s64 sum = 0;

	for (__u32 i = 0; i < HALF_OPEN_SLOTS; i++) {
		__u32 step = (__u32)(steps->slot[i] >> 32);

		/* Also of the step that another CPU is in already. */
		if (step - oldest <= now + 1 - oldest)
			sum += (__s32)((__u32)steps->slot[i] - HALF_OPEN_ZERO);
	}
	return sum;
}

#endif /* PINHOLE_BPF_HALF_OPEN_COUNT_H */
