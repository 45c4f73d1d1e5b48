/* SPDX-License-Identifier: GPL-2.0 */
/*
 * undo.h - back to the policy before, when nobody has confirmed the new one in time.
 *
 * Why it is here: fwctl, its shell and the session that they came by may all be gone,
 * cut off by the very policy that is on trial. The clock is in the kernel.
 *
 * Who may include it: clock.h.
 *
 * Race: a confirmation in the same instant. One compare-and-swap of the state decides;
 * who loses changes nothing. Between the swap and the store of `active` there are some
 * instructions, in which a reader sees UNDO_DONE and the generation that is being left.
 */
#ifndef PINHOLE_BPF_UNDO_H
#define PINHOLE_BPF_UNDO_H

#include <pinhole/abi_undo.h>

#include "maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct undo);
} undo SEC(".maps");

/*
 * Go back if it is time. An apply that was killed between arming and the flip leaves
 * an undo of a generation that is not in force: it does nothing, however late it is.
 * One that was held up there flips after the deadline, and is undone at the next tick.
 */
static __always_inline void undo_tick(struct policy_active *act, __u64 now_ns)
{
	struct undo *it;
	__u32 zero = 0;
	__u32 to;

	it = bpf_map_lookup_elem(&undo, &zero);
	if (!it || !act || *(volatile __u32 *)&it->state != UNDO_ARMED ||
	    *(volatile __u32 *)&act->generation != it->from ||
	    now_ns < *(volatile __u64 *)&it->deadline_ns)
		return;
	to = it->to;
	if (__sync_val_compare_and_swap(&it->state, UNDO_ARMED, UNDO_DONE) != UNDO_ARMED)
		return;
	*(volatile __u32 *)&act->generation = to;
	event_count(PH_EV_POLICY_UNDONE);
}

#endif /* PINHOLE_BPF_UNDO_H */
