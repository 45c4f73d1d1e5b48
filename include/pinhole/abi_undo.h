/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi_undo.h - the part of the ABI that speaks of going back to the policy before.
 *
 * Why it exists: whoever applies a policy over the network may lock himself out by it.
 * So the undo is armed in the kernel, where no process is needed (bpf/undo.h).
 *
 * Who may include it: everybody; the rules of abi.h hold.
 */
#ifndef PINHOLE_ABI_UNDO_H
#define PINHOLE_ABI_UNDO_H

#include <pinhole/abi.h>

enum undo_state {
	UNDO_NONE = 0, /* nothing to go back to */
	UNDO_READY,    /* the tables of the generation before are whole; not armed */
	UNDO_ARMED,    /* at the deadline the clock goes back to them */
	UNDO_DONE,     /* the clock has; the loader has not tidied up yet */
};

/*
 * Tables of the generation before lie in the slot that `from` does not have, until
 * the next apply builds there. They come into force again under a number of their
 * own, `to`: no generation's number is ever used twice, so that every connection is
 * judged again, whoever admitted it.
 *
 * Who writes: the loader, under its lock, all of it while state is UNDO_NONE. Once it
 * is UNDO_ARMED, the loader and the clock change the state by compare-and-swap only,
 * so that a confirmation and the deadline cannot both win; deadline_ns may come nearer.
 */
struct undo {
	__u64 deadline_ns; /* CLOCK_MONOTONIC */
	__u32 state;	   /* enum undo_state */
	__u32 from;	   /* means something while this is in force */
	__u32 to;
	__u32 back; /* the number that the tables were built as */
};

#define PH_MAP_UNDO "undo" /* ARRAY[1] undo, mmapable */

PH_ASSERT_SIZE(struct undo, 24);
PH_ASSERT_OFFSET(struct undo, state, 8);

#endif /* PINHOLE_ABI_UNDO_H */
