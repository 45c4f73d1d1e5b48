// SPDX-License-Identifier: GPL-2.0
/*
 * slots.c - which counter belongs to whom. See slots.h.
 *
 * Why it exists: a hundred thousand lines find their counters at every apply, so
 * old owners are found by hashing.
 */
#include <errno.h>
#include <stdlib.h>

#include <util/cleanup.h>

#include "slots.h"

enum { FREE = 0, LEAVING, TAKEN };

/* Old owners by id: open addressing, at most half full. 0 is an empty place,
 * else the owner's index + 1. */
struct owners {
	const struct slot_use *old;
	uint32_t *places;
	size_t mask;
};

static size_t place_of(const struct owners *owners, uint64_t id)
{
	uint64_t hash = id * 0x9e3779b97f4a7c15ull; /* Fibonacci hashing, Knuth 6.4 */

	return (size_t)(hash >> 32) & owners->mask;
}

static const struct slot_use *find_owner(const struct owners *owners, uint64_t id)
{
	size_t place = place_of(owners, id);

	while (owners->places[place] && owners->old[owners->places[place] - 1].id != id)
		place = (place + 1) & owners->mask;
	return owners->places[place] ? &owners->old[owners->places[place] - 1] : NULL;
}

static void free_owners(struct owners *owners)
{
	free(owners->places);
}

static int index_owners(struct owners *owners, const struct slot_use *old, size_t n_old)
{
	size_t size = 16;

	if (n_old > UINT32_MAX / 4)
		return -EINVAL;
	while (size < 2 * n_old)
		size *= 2;
	owners->old = old;
	owners->mask = size - 1;
	owners->places = calloc(size, sizeof(*owners->places));
	if (!owners->places)
		return -ENOMEM;
	for (size_t i = 0; i < n_old; i++) {
		size_t place = place_of(owners, old[i].id);

		while (owners->places[place])
			place = (place + 1) & owners->mask;
		owners->places[place] = (uint32_t)i + 1;
	}
	return 0;
}

static int keep_old(const struct slot_use *old, size_t n_old, struct slot_want *want,
		    size_t n_want, unsigned char *state)
{
	struct owners owners cleanup_(free_owners) = {0};
	int err = index_owners(&owners, old, n_old);

	if (err)
		return err;
	for (size_t i = 0; i < n_want; i++) {
		const struct slot_use *found = find_owner(&owners, want[i].id);

		want[i].kept = found && state[found->slot] == LEAVING;
		if (want[i].kept) {
			want[i].slot = found->slot;
			state[found->slot] = TAKEN;
		}
	}
	return 0;
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

int slots_assign(const struct slot_use *old, size_t n_old, struct slot_want *want,
		 size_t n_want, uint32_t capacity)
{
	unsigned char *state cleanup_free_ = calloc(capacity ? capacity : 1, 1);
	size_t next;
	int err;

	if (!state)
		return -ENOMEM;
	for (size_t i = 0; i < n_old; i++) {
		if (old[i].slot >= capacity)
			return -EINVAL;
		state[old[i].slot] = LEAVING;
	}
	err = keep_old(old, n_old, want, n_want, state);
	if (err)
		return err;
	next = hand_out(want, n_want, 0, state, capacity, FREE);
	next = hand_out(want, n_want, next, state, capacity, LEAVING);
	return next == n_want ? 0 : -ENOSPC;
}
