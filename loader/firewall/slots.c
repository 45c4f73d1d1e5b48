// SPDX-License-Identifier: GPL-2.0
/*
 * slots.c - which counter belongs to whom. See slots.h.
 */
#include <errno.h>
#include <stdlib.h>

#include <util/cleanup.h>

#include "slots.h"

enum { FREE = 0, LEAVING, TAKEN };

static int by_id(const void *a, const void *b)
{
	const struct slot_use *x = a;
	const struct slot_use *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static void keep_old(const struct slot_use *old, size_t n_old, struct slot_want *want,
		     size_t n_want, unsigned char *state)
{
	for (size_t i = 0; i < n_want; i++) {
		const struct slot_use key = {.id = want[i].id};
		const struct slot_use *found =
			n_old ? bsearch(&key, old, n_old, sizeof(*old), by_id) : NULL;

		want[i].kept = found && state[found->slot] == LEAVING;
		if (want[i].kept) {
			want[i].slot = found->slot;
			state[found->slot] = TAKEN;
		}
	}
}

/* Hand out slots of one state to those that have none yet; returns who is next. */
static size_t hand_out(struct slot_want *want, size_t n_want, size_t next,
		       unsigned char *state, uint32_t capacity, unsigned char which)
{
	for (uint32_t slot = 0; slot < capacity; slot++) {
		while (next < n_want && want[next].kept)
			next++;
		if (next == n_want)
			break;
		if (state[slot] != which)
			continue;
		want[next++].slot = slot;
		state[slot] = TAKEN;
	}
	while (next < n_want && want[next].kept)
		next++;
	return next;
}

int slots_assign(struct slot_use *old, size_t n_old, struct slot_want *want,
		 size_t n_want, uint32_t capacity)
{
	unsigned char *state cleanup_free_ = calloc(capacity, 1);
	size_t next;

	if (!state)
		return -ENOMEM;
	if (n_old)
		qsort(old, n_old, sizeof(*old), by_id);
	for (size_t i = 0; i < n_old; i++) {
		if (old[i].slot >= capacity)
			return -EINVAL;
		state[old[i].slot] = LEAVING;
	}
	keep_old(old, n_old, want, n_want, state);
	next = hand_out(want, n_want, 0, state, capacity, FREE);
	next = hand_out(want, n_want, next, state, capacity, LEAVING);
	return next == n_want ? 0 : -ENOSPC;
}
