/* SPDX-License-Identifier: GPL-2.0 */
/*
 * embryonic_count.h - how many TCP connections to a host are half-open, where their
 * entries may vanish unseen.
 *
 * Why not a plain number: what is displaced from an LRU table, or just never touched
 * again, tells nobody, and would be counted for ever. So it is counted by when it was
 * seen last. Time is cut into steps, EMBRYONIC_LIFE_STEPS to the life of a half-open
 * entry; a slot holds those that were last seen in one step. What is promoted or removed
 * is taken out of the slot that it is in, what is seen again moves to the slot of now,
 * and a slot that is older than an entry can live is not added up any more. Hence the sum
 * is what there is, and at most what has vanished without a word in the last life and a
 * step: never less than what there is.
 *
 * Who may include it: everybody. Pure.
 *
 * Races: a slot's step and number are one word, changed by atomic instructions alone, and
 * the number may go below zero, so that no order of additions loses one. Left are:
 *  - A slot that changes its step while another CPU adds to what it was: that CPU has
 *    been held up for EMBRYONIC_N_SLOTS steps within one packet, which does not happen.
 *  - Two CPUs that see one entry again at once both move it: the sum stays right, the
 *    share of the older slot is one short and the newer's one over, until the connection
 *    has one more step behind it. Worst outcome: one counted too many for one life.
 *  - One entry made by two CPUs at once (a SYN and its repetition) is counted twice:
 *    likewise.
 *  - Steps are parts of the policy's timeout. Where that changes, what was counted before
 *    is forgotten: for one life a host may have as many again as its limit.
 */
#ifndef PINHOLE_BPF_EMBRYONIC_COUNT_H
#define PINHOLE_BPF_EMBRYONIC_COUNT_H

#include <linux/types.h>

#include <pinhole/abi.h>

#define EMBRYONIC_LIFE_STEPS 4u
#define EMBRYONIC_N_SLOTS    8u /* a power of two, more than a life and the next step */

/* Whose connections: of a host as it is seen by those of one interface. */
struct embryonic_key {
	struct ph_addr host; /* real */
	__u32 ifindex;	     /* iface_config.l3_ifindex of where they begin */
	__be16 port;	     /* real, where the limit is one port's; else 0 */
	__u8 pad[2];
};

struct embryonic_host {
	__u64 slot[EMBRYONIC_N_SLOTS]; /* step << 32 | EMBRYONIC_ZERO + number */
};

#define EMBRYONIC_ZERO 0x80000000u

_Static_assert(!(EMBRYONIC_N_SLOTS & (EMBRYONIC_N_SLOTS - 1)), "the number is a mask");
_Static_assert(EMBRYONIC_N_SLOTS >= EMBRYONIC_LIFE_STEPS + 2, "no step meets its like");

/*
 * The step of a moment. Never one that a slot of zeros could be of.
 * @ns: CLOCK_MONOTONIC
 * @life_ns: how long a half-open entry lives when nothing is seen of it
 */
static __always_inline __u32 embryonic_step(__u64 ns, __u64 life_ns)
{
	/* One more: a life is then never longer than its steps. */
	return (__u32)(ns / (life_ns / EMBRYONIC_LIFE_STEPS + 1)) + EMBRYONIC_N_SLOTS;
}

/* The slot of a step, in a form that older verifiers can bound. */
static __always_inline __u64 *embryonic_slot(struct embryonic_host *host, __u32 step)
{
#ifdef __bpf__
	asm volatile("" : "+r"(step));
#endif
	return &host->slot[step & (EMBRYONIC_N_SLOTS - 1)];
}

/* One more was last seen in that step, which is now. */
static __always_inline void embryonic_add(struct embryonic_host *host, __u32 step)
{
	__u64 *slot = embryonic_slot(host, step);
	__u64 was = *(volatile __u64 *)slot;

	if (was >> 32 != step) /* who comes second finds it done */
		__sync_val_compare_and_swap(slot, was,
					    (__u64)step << 32 | EMBRYONIC_ZERO);
	__sync_fetch_and_add(slot, 1);
}

/* One fewer was; one that is not added up any more need not be taken away. */
static __always_inline void embryonic_subtract(struct embryonic_host *host, __u32 step)
{
	__u64 *slot = embryonic_slot(host, step);

	if (*(volatile __u64 *)slot >> 32 == step)
		__sync_fetch_and_add(slot, -1);
}

/* How many there are. Also those of the step behind, which another CPU may be in. */
static __always_inline __u32 embryonic_sum(const struct embryonic_host *host, __u32 step)
{
	__s32 sum = 0;

#pragma unroll
	for (__u32 i = 0; i < EMBRYONIC_N_SLOTS; i++) {
		__u64 slot = *(const volatile __u64 *)&host->slot[i];
		__u32 age = step + 1 - (__u32)(slot >> 32);

		if (age <= EMBRYONIC_LIFE_STEPS + 1)
			sum += (__s32)((__u32)slot - EMBRYONIC_ZERO);
	}
	return sum > 0 ? (__u32)sum : 0;
}

#endif /* PINHOLE_BPF_EMBRYONIC_COUNT_H */
