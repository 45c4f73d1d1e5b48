/* SPDX-License-Identifier: GPL-2.0 */
/*
 * slots.h - which counter belongs to whom, across generations.
 *
 * Why it exists: an edit of the policy must not reset the counters of what it
 * did not touch. Pure: no system call, so that it is tested without a kernel.
 *
 * Who may include it: loader/firewall, and tests.
 */
#ifndef FIREWALL_SLOTS_H
#define FIREWALL_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Somebody (a line id, an ifindex) counts in a slot. */
struct slot_use {
	uint64_t id;
	uint32_t slot;
};

struct slot_want {
	uint64_t id;
	uint32_t slot; /* out */
	bool kept;     /* out: the slot was this id's before; else it begins anew */
};

/*
 * Give every id a slot below @capacity: its old one; else the lowest that the old
 * generation does not use; else, when those run out, one whose old owner is
 * not in @want. Takes time in proportion to all three.
 * @old: in force until the flip; slots are distinct
 * @want: ids are distinct
 * Return: 0, -ENOSPC (more ids than slots), -EINVAL (an old slot is out of
 * range), -ENOMEM
 */
int slots_assign(const struct slot_use *old, size_t n_old, struct slot_want *want,
		 size_t n_want, uint32_t capacity);

#endif /* FIREWALL_SLOTS_H */
