// SPDX-License-Identifier: GPL-2.0
/*
 * class_sweep.c - which sets does each address belong to?
 *
 * Why it exists: addresses that belong to the same sets are one class. All prefixes
 * of all sets are sorted, wider ones before what they contain, and swept once with
 * a stack of those around the current one. Each adds its sets to what is around it.
 *
 * Equal memberships that are met in different places, in whatever order their sets
 * came there, must become one: they are found again by a hash that knows no order,
 * and then compared set by set.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl/classes.h"
#include "util/cleanup.h"
#include "util/vec.h"

#define MAX_NESTED 129 /* lengths 0 to 128 */

/* A prefix of a set. */
struct entry {
	uint64_t high; /* as in a region */
	uint64_t low;
	uint32_t set;
	uint8_t len;
};

/* A region under way, whose prefix is the address. */
struct open_region {
	size_t region;
	uint64_t next_high; /* where the first address that no narrower region ... */
	uint64_t next_low;  /* ... has been found for would be */
	uint32_t membership;
	bool has_own; /* an address of no narrower region */
};

struct sweep {
	VEC(struct acl_region) regions;
	VEC(struct acl_membership) memberships;
	VEC(uint32_t) set_ids;
	uint32_t *slots; /* by hash: index of a membership, or 0 */
	size_t n_slots;	 /* a power of two, above twice the memberships */
	uint32_t *seen;	 /* by set: the last membership that was compared ... */
	uint32_t stamp;	 /* ... as these count them */
	struct open_region open[MAX_NESTED + 1];
	unsigned int depth;
};

static void sweep_free(struct sweep *sweep)
{
	vec_free(&sweep->regions);
	vec_free(&sweep->memberships);
	vec_free(&sweep->set_ids);
	free(sweep->slots);
	free(sweep->seen);
}

/* ---- entries ---- */

static int entry_order(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	if (a->len != b->len)
		return (int)a->len - (int)b->len;
	return a->set < b->set ? -1 : a->set > b->set;
}

static struct entry entry_of(const struct acl_prefix *prefix, uint32_t set)
{
	const bool ipv4 = prefix->family == ACL_IPV4;

	return (struct entry){
		.high = ipv4 ? prefix->low << 32 : prefix->high,
		.low = ipv4 ? 0 : prefix->low,
		.set = set,
		.len = prefix->len,
	};
}

static struct entry *sorted_entries(const struct acl_set *sets, uint32_t n_sets,
				    size_t *n)
{
	struct entry *entries;
	size_t at = 0;

	*n = 0;
	for (uint32_t s = 0; s < n_sets; s++)
		*n += sets[s].n;
	entries = calloc(*n + 1, sizeof(*entries));
	if (!entries)
		return NULL;
	for (uint32_t s = 0; s < n_sets; s++)
		for (uint32_t i = 0; i < sets[s].n; i++)
			entries[at++] = entry_of(&sets[s].prefixes[i], s);
	qsort(entries, *n, sizeof(*entries), entry_order);
	return entries;
}

/* ---- memberships ---- */

/* A set's part in the hash of a membership: they are added. */
static uint64_t set_hash(uint32_t set)
{
	uint64_t h = acl_mix((uint64_t)set + 1);

	return acl_mix(h ^ h >> 29);
}

static bool same_additions(const struct sweep *sweep, const struct acl_membership *a,
			   const struct acl_membership *b)
{
	return a->parent == b->parent && a->n_more == b->n_more &&
	       !memcmp(sweep->set_ids.items + a->first_set,
		       sweep->set_ids.items + b->first_set,
		       a->n_more * sizeof(*sweep->set_ids.items));
}

/* Stamp the sets of a membership. Return: how many had the stamp before. */
static uint32_t stamp_sets(struct sweep *sweep, const struct acl_membership *m)
{
	uint32_t met = 0;

	for (;; m = &sweep->memberships.items[m->parent]) {
		const uint32_t *sets = sweep->set_ids.items + m->first_set;

		for (uint32_t i = 0; i < m->n_more; i++) {
			met += sweep->seen[sets[i]] == sweep->stamp;
			sweep->seen[sets[i]] = sweep->stamp;
		}
		if (m == sweep->memberships.items) /* the empty one */
			return met;
	}
}

/* Within a membership no set occurs twice, for no set's prefixes nest. */
static bool same_membership(struct sweep *sweep, const struct acl_membership *a,
			    const struct acl_membership *b)
{
	if (a->hash != b->hash || a->n_sets != b->n_sets)
		return false;
	if (same_additions(sweep, a, b))
		return true;
	sweep->stamp++;
	stamp_sets(sweep, a);
	return stamp_sets(sweep, b) == b->n_sets;
}

static uint32_t *slot_of(struct sweep *sweep, const struct acl_membership *m)
{
	size_t at = m->hash & (sweep->n_slots - 1);

	while (sweep->slots[at] &&
	       !same_membership(sweep, m, &sweep->memberships.items[sweep->slots[at]]))
		at = (at + 1) & (sweep->n_slots - 1);
	return &sweep->slots[at];
}

static int grow_slots(struct sweep *sweep)
{
	const size_t n = sweep->memberships.count;

	if (2 * n < sweep->n_slots)
		return 0;
	free(sweep->slots);
	sweep->n_slots = sweep->n_slots ? 2 * sweep->n_slots : 64;
	sweep->slots = calloc(sweep->n_slots, sizeof(*sweep->slots));
	if (!sweep->slots)
		return -ENOMEM;
	for (uint32_t i = 1; i < n; i++) {
		size_t at = sweep->memberships.items[i].hash & (sweep->n_slots - 1);

		while (sweep->slots[at]) /* all of them differ */
			at = (at + 1) & (sweep->n_slots - 1);
		sweep->slots[at] = i;
	}
	return 0;
}

/* The membership of parent's sets and those of n entries, that have one prefix.
 * Return: its index, or -ENOMEM */
static int64_t membership_of(struct sweep *sweep, uint32_t parent,
			     const struct entry *entries, size_t n)
{
	struct acl_membership m = {
		.hash = sweep->memberships.items[parent].hash,
		.parent = parent,
		.first_set = (uint32_t)sweep->set_ids.count,
		.n_more = (uint32_t)n,
		.n_sets = sweep->memberships.items[parent].n_sets + (uint32_t)n,
	};
	struct acl_membership *added;
	uint32_t *slot;

	if (grow_slots(sweep))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		uint32_t *id = vec_push(&sweep->set_ids);

		if (!id)
			return -ENOMEM;
		*id = entries[i].set;
		m.hash += set_hash(entries[i].set);
	}
	slot = slot_of(sweep, &m);
	if (*slot) {
		sweep->set_ids.count -= n;
		return *slot;
	}
	added = vec_push(&sweep->memberships);
	if (!added)
		return -ENOMEM;
	*added = m;
	*slot = (uint32_t)(sweep->memberships.count - 1);
	return *slot;
}

/* ---- the sweep ---- */

static bool region_has(const struct acl_region *r, const struct entry *e)
{
	const uint64_t high = r->high ^ e->high, low = r->low ^ e->low;

	if (r->len < 64)
		return !r->len || !(high >> (64 - r->len));
	return !high && (r->len == 64 || !(low >> (128 - r->len)));
}

/* The first address after a region; after the last of all, 0. */
static void address_after(const struct acl_region *r, uint64_t *high, uint64_t *low)
{
	*high = r->high;
	*low = r->low;
	if (r->len > 64) {
		*low += 1ull << (128 - r->len);
		*high += !*low;
	} else if (r->len) {
		*high += 1ull << (64 - r->len);
	} else {
		*high = 0;
	}
}

/* What lies between the narrower regions so far and an address is the region's. */
static void skip_to(struct open_region *around, uint64_t high, uint64_t low)
{
	around->has_own |= around->next_high != high || around->next_low != low;
}

static void close_region(struct sweep *sweep)
{
	struct open_region *open = &sweep->open[--sweep->depth];
	struct acl_region *region = &sweep->regions.items[open->region];
	uint64_t high, low;

	address_after(region, &high, &low);
	skip_to(open, high, low);
	if (open->has_own)
		sweep->memberships.items[open->membership].is_class = true;
	else
		region->class = UINT32_MAX;
}

static int open_region(struct sweep *sweep, uint32_t membership, const struct entry *e)
{
	struct acl_region *region = vec_push(&sweep->regions);

	if (!region)
		return -ENOMEM;
	*region = (struct acl_region){e->high, e->low, membership, e->len};
	sweep->open[sweep->depth++] = (struct open_region){
		.region = sweep->regions.count - 1,
		.next_high = e->high,
		.next_low = e->low,
		.membership = membership,
	};
	return 0;
}

/* Open the region of entries that have one prefix. */
static int add_prefix(struct sweep *sweep, const struct entry *entries, size_t n)
{
	struct open_region *around;
	int64_t membership;
	int err;

	while (sweep->depth > 1 &&
	       !region_has(&sweep->regions.items[sweep->open[sweep->depth - 1].region],
			   entries))
		close_region(sweep);
	around = &sweep->open[sweep->depth - 1];
	membership = membership_of(sweep, around->membership, entries, n);
	if (membership < 0)
		return (int)membership;
	skip_to(around, entries->high, entries->low);
	err = open_region(sweep, (uint32_t)membership, entries);
	if (err)
		return err;
	address_after(&sweep->regions.items[sweep->regions.count - 1], &around->next_high,
		      &around->next_low);
	return 0;
}

static int sweep_entries(struct sweep *sweep, const struct entry *entries, size_t n)
{
	const struct entry everything = {0};
	size_t end;
	int err;

	if (!vec_push(&sweep->memberships))
		return -ENOMEM;
	err = open_region(sweep, 0, &everything);
	for (size_t i = 0; !err && i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (entries[end].high != entries[i].high ||
			    entries[end].low != entries[i].low ||
			    entries[end].len != entries[i].len)
				break;
		err = add_prefix(sweep, &entries[i], end - i);
	}
	while (sweep->depth)
		close_region(sweep);
	return err;
}

/* Regions of which narrower ones leave nothing are none. */
static void drop_empty_regions(struct sweep *sweep)
{
	size_t kept = 0;

	for (size_t i = 0; i < sweep->regions.count; i++)
		if (sweep->regions.items[i].class != UINT32_MAX)
			sweep->regions.items[kept++] = sweep->regions.items[i];
	sweep->regions.count = kept;
}

int acl_partition_sweep(struct acl_partition *partition, const struct acl_set *sets,
			uint32_t n_sets)
{
	struct sweep sweep cleanup_(sweep_free) = {0};
	struct entry *entries cleanup_free_ = NULL;
	size_t n;
	int err;

	entries = sorted_entries(sets, n_sets, &n);
	sweep.seen = calloc(n_sets + 1u, sizeof(*sweep.seen));
	if (!entries || !sweep.seen)
		return -ENOMEM;
	err = sweep_entries(&sweep, entries, n);
	if (err)
		return err;
	drop_empty_regions(&sweep);
	partition->n_regions = sweep.regions.count;
	partition->n_memberships = sweep.memberships.count;
	partition->regions = take(sweep.regions.items);
	partition->memberships = take(sweep.memberships.items);
	partition->set_ids = take(sweep.set_ids.items);
	return 0;
}
