// SPDX-License-Identifier: GPL-2.0
/*
 * sets.c - each different set of prefixes or services is reduced once.
 *
 * Why it exists: a thousand lines may name one object group of ten thousand
 * addresses. Lines that shared a set share its reduced copy, too, so that classes.c
 * knows it again by its address. Where a copy lies decides nothing else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl/terms.h"

/* Sets that a line has. */
#define SETS_PER_LINE 3

int acl_sets_init(struct acl_sets *sets, size_t n_lines)
{
	sets->n_slots = 16;
	while (sets->n_slots < 2ul * SETS_PER_LINE * n_lines)
		sets->n_slots *= 2;
	sets->slots = calloc(sets->n_slots, sizeof(*sets->slots));
	return sets->slots ? 0 : -ENOMEM;
}

void acl_sets_free(struct acl_sets *sets)
{
	for (size_t i = 0; sets->slots && i < sets->n_slots; i++)
		free(sets->slots[i].copy);
	free(sets->slots);
}

/* The slot of this set, or the empty one where it belongs. There is always one. */
static struct acl_set_copy *find(struct acl_sets *sets, const void *set, uint32_t n)
{
	uint64_t hash = acl_mix((uintptr_t)set) + n;

	for (;; hash++) {
		struct acl_set_copy *slot = &sets->slots[hash & (sets->n_slots - 1)];

		if (!slot->set || (slot->set == set && slot->n == n))
			return slot;
	}
}

/* Take the slot for a copy of n elements. Return: 0 or -ENOMEM */
static int occupy(struct acl_set_copy *slot, const void *set, uint32_t n, size_t size)
{
	slot->copy = malloc(n * size);
	if (!slot->copy)
		return -ENOMEM;
	slot->set = set;
	slot->n = n;
	return 0;
}

int acl_sets_prefixes(struct acl_sets *sets, enum acl_family family,
		      const struct acl_prefix **set, uint32_t *n)
{
	struct acl_set_copy *slot = find(sets, *set, *n);

	if (!slot->set) {
		struct acl_prefix *copy;
		int err = occupy(slot, *set, *n, sizeof(*copy));

		if (err)
			return err;
		copy = slot->copy;
		for (uint32_t i = 0; i < *n; i++)
			if ((*set)[i].family == family)
				copy[slot->kept++] = (*set)[i];
		slot->kept = (uint32_t)acl_prefixes_reduce(copy, slot->kept);
	}
	*set = slot->copy;
	*n = slot->kept;
	return 0;
}

int acl_sets_services(struct acl_sets *sets, const struct acl_service **set, uint32_t *n)
{
	struct acl_set_copy *slot = find(sets, *set, *n);

	if (!slot->set) {
		int err = occupy(slot, *set, *n, sizeof(**set));

		if (err)
			return err;
		memcpy(slot->copy, *set, *n * sizeof(**set));
		slot->kept = (uint32_t)acl_services_reduce(slot->copy, *n);
	}
	*set = slot->copy;
	*n = slot->kept;
	return 0;
}
