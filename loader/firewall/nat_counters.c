// SPDX-License-Identifier: GPL-2.0
/*
 * nat_counters.c - what statements that translate have counted. See nat_counters.h.
 *
 * As the counters of access-list lines (acl_counters.c): the loader never writes
 * nat_stats, but remembers what a counter stood at when its statement began. It stands
 * beside the statement, so that a generation that an undo brings back finds it as it was.
 *
 * Race: as there. No statement of the generation in force has the counter of a new one,
 * and packets of earlier ones have been waited for.
 */
#include <stdlib.h>
#include <string.h>

#include <pinhole/firewall_nat.h>

#include "map_view.h"
#include "nat_counters.h"
#include "pins.h"
#include "slots.h"
#include "tables.h"

#define WORDS_PER_BLOCK (sizeof(struct nat_block) / sizeof(uint64_t))

static uint32_t half_of(uint32_t generation)
{
	return (generation & 1) * PH_MAX_NAT_COUNTED;
}

/* All counters of all CPUs together; caller frees. NULL: *err says why. */
static struct nat_block *read_sums(const struct fw *fw, int *err)
{
	struct nat_block *blocks cleanup_free_ = calloc(PH_NAT_BLOCKS, sizeof(*blocks));

	*err = blocks ? table_sum_range(fw, FW_MAP_NAT_STATS, 0, PH_NAT_BLOCKS,
					(uint64_t *)blocks, WORDS_PER_BLOCK)
		      : -ENOMEM;
	return *err ? NULL : take(blocks);
}

static const struct nat_hits *sum_of(const struct nat_block *blocks, uint32_t counter)
{
	return &blocks[counter / NAT_BLOCK_COUNTERS].hits[counter % NAT_BLOCK_COUNTERS];
}

/* ---- the slots of a generation ---------------------------------------------------- */

struct slot_list {
	struct nat_slot items[PH_MAX_NAT_COUNTED];
	size_t n;
};

/* Caller frees. NULL: *err says why. @generation: 0: there are none */
static struct slot_list *read_slots(const struct fw *fw, uint32_t generation, int *err)
{
	struct slot_list *list cleanup_free_ = calloc(1, sizeof(*list));
	struct map_view view scoped_view_ = {0};

	*err = list ? 0 : -ENOMEM;
	if (*err || !generation)
		return *err ? NULL : take(list);
	*err = map_view_open(fw->map[FW_MAP_NAT_SLOTS], sizeof(struct nat_slot),
			     half_of(generation), PH_MAX_NAT_COUNTED, MAP_VIEW_READ,
			     &view);
	if (*err)
		return NULL;
	memcpy(list->items, view.data, sizeof(list->items));
	while (list->n < PH_MAX_NAT_COUNTED && list->items[list->n].id)
		list->n++;
	return take(list);
}

static int write_slots(const struct fw *fw, uint32_t generation,
		       const struct slot_list *list)
{
	struct map_view view scoped_view_ = {0};
	size_t n = list->n < PH_MAX_NAT_COUNTED ? list->n + 1 : list->n;
	int err = map_view_open(fw->map[FW_MAP_NAT_SLOTS], sizeof(struct nat_slot),
				half_of(generation), n, MAP_VIEW_WRITE, &view);

	if (!err) /* with the one that ends it */
		memcpy(view.data, list->items, n * sizeof(struct nat_slot));
	return err;
}

/* ---- a new generation ----------------------------------------------------------- */

static int assign(const struct slot_list *before, struct slot_want *wants, size_t n)
{
	struct slot_use *uses cleanup_free_ = calloc(before->n + 1, sizeof(*uses));

	if (!uses)
		return -ENOMEM;
	for (size_t i = 0; i < before->n; i++)
		uses[i] =
			(struct slot_use){before->items[i].id, before->items[i].counter};
	return slots_assign(uses, before->n, wants, n, NAT_SLOTS);
}

/* Those that have their counter already are as they were; others begin now. */
static int set_slots(const struct fw *fw, const struct slot_list *before,
		     const struct slot_want *wants, struct slot_list *now)
{
	struct nat_slot *slots cleanup_free_ = calloc(NAT_SLOTS, sizeof(*slots));
	struct nat_block *sums cleanup_free_ = NULL;
	int err = slots ? 0 : -ENOMEM;

	if (!err)
		sums = read_sums(fw, &err);
	if (err)
		return err;
	for (size_t i = 0; i < before->n; i++)
		if (before->items[i].counter < NAT_SLOTS)
			slots[before->items[i].counter] = before->items[i];
	for (size_t i = 0; i < now->n; i++) {
		if (wants[i].kept)
			now->items[i] = slots[wants[i].slot];
		else
			now->items[i] = (struct nat_slot){
				.id = wants[i].id,
				.counter = wants[i].slot,
				.base = *sum_of(sums, wants[i].slot),
			};
	}
	return 0;
}

/* @wants: room for PH_MAX_NAT_COUNTED. Return: how many are counted. */
static size_t want_counters(const struct policy_image *image, struct slot_want *wants)
{
	size_t n = 0;

	for (size_t i = 0; i < image->n_translations && n < PH_MAX_NAT_COUNTED; i++)
		if (image->translations[i].in_force)
			wants[n++].id = image->translations[i].id;
	return n;
}

/* In their order again. */
static void hand_out(const struct policy_image *image, const struct slot_want *wants,
		     size_t n, uint32_t *counters)
{
	size_t at = 0;

	for (size_t i = 0; i < image->n_translations; i++)
		counters[i] = image->translations[i].in_force && at < n ? wants[at++].slot
									: PH_NO_COUNTER;
}

static int place(const struct fw *fw, const struct policy_image *image, uint32_t old,
		 uint32_t generation, uint32_t *counters)
{
	struct slot_want *wants cleanup_free_ =
		calloc(PH_MAX_NAT_COUNTED, sizeof(*wants));
	struct slot_list *before cleanup_free_ = NULL;
	struct slot_list *now cleanup_free_ = calloc(1, sizeof(*now));
	int err = wants && now ? 0 : -ENOMEM;

	if (!err)
		before = read_slots(fw, old, &err);
	if (err)
		return err;
	now->n = want_counters(image, wants);
	err = assign(before, wants, now->n);
	if (!err)
		err = set_slots(fw, before, wants, now);
	if (err)
		return err;
	hand_out(image, wants, now->n, counters);
	return write_slots(fw, generation, now);
}

int nat_counters_place(const struct fw *fw, const struct policy_image *image,
		       uint32_t old, uint32_t generation, uint32_t **out,
		       struct fw_error *error)
{
	uint32_t *counters cleanup_free_ =
		calloc(image->n_translations + 1, sizeof(*counters));
	int err = counters ? place(fw, image, old, generation, counters) : -ENOMEM;

	if (err) {
		fw_fail(error, err, "cannot assign counters to translations:");
		fw_fail_where(error, "map %s", fw_map_names[FW_MAP_NAT_SLOTS]);
		return err;
	}
	*out = take(counters);
	return 0;
}

uint64_t nat_counters_statement(const struct fw *fw, uint32_t generation,
				uint32_t counter)
{
	int err;
	struct slot_list *list cleanup_free_ = read_slots(fw, generation, &err);

	for (size_t i = 0; list && i < list->n; i++)
		if (list->items[i].counter == counter)
			return list->items[i].id;
	return 0;
}

/* ---- reading --------------------------------------------------------------------- */

struct hits_of {
	struct slot_list *slots;
	struct nat_block *sums;
};

static void free_hits(struct hits_of *hits)
{
	free(take(hits->slots));
	free(take(hits->sums));
}

static int read_hits(const struct fw *fw, uint32_t generation, struct hits_of *out)
{
	int err;

	out->slots = read_slots(fw, generation, &err);
	if (!err)
		out->sums = read_sums(fw, &err);
	return err;
}

static void take_off(struct nat_hits *hits, const struct nat_hits *what)
{
	hits->translated -= what->translated;
	hits->untranslated -= what->untranslated;
}

/* @cleared: take off what had been counted when it was cleared, too */
static int tell(const struct hits_of *hits, const struct nat_slot *slot, bool cleared,
		int (*fn)(uint64_t, const struct nat_hits *, void *), void *arg)
{
	struct nat_hits since;

	if (slot->counter >= NAT_SLOTS)
		return -EINVAL;
	since = *sum_of(hits->sums, slot->counter);
	take_off(&since, &slot->base);
	if (cleared)
		take_off(&since, &slot->cleared);
	return fn(slot->id, &since, arg);
}

static int cannot_read(struct fw_error *error, int err)
{
	fw_fail(error, err, "cannot read counters:");
	fw_fail_where(error, "map %s", fw_map_names[FW_MAP_NAT_STATS]);
	return err;
}

static int each_hits(const struct fw *fw, bool cleared,
		     int (*fn)(uint64_t, const struct nat_hits *, void *), void *arg,
		     struct fw_error *error)
{
	struct hits_of hits cleanup_(free_hits) = {0};
	uint32_t before = 0;
	uint32_t after = 0;
	int read_err;
	int err;

	/* As in fw_each_acl_hits(): of a generation that is not in force any more, the
	 * next apply may write over what is read. */
	do {
		free_hits(&hits);
		err = fw_read_active(fw, &before, error);
		if (err)
			return err;
		read_err = read_hits(fw, before, &hits);
		err = fw_read_active(fw, &after, error);
		if (err)
			return err;
	} while (before != after);
	if (read_err)
		return cannot_read(error, read_err);
	for (size_t i = 0; !err && i < hits.slots->n; i++)
		err = tell(&hits, &hits.slots->items[i], cleared, fn, arg);
	return err;
}

int fw_each_nat_hits(struct fw *fw, int (*fn)(uint64_t, const struct nat_hits *, void *),
		     void *arg, struct fw_error *error)
{
	return each_hits(fw, false, fn, arg, error);
}

int fw_each_nat_hits_shown(struct fw *fw,
			   int (*fn)(uint64_t, const struct nat_hits *, void *),
			   void *arg, struct fw_error *error)
{
	return each_hits(fw, true, fn, arg, error);
}

/* ---- clearing ---------------------------------------------------------------------- */

/* Of both generations: an undo may bring the other one back. */
static int clear_all(const struct fw *fw)
{
	struct map_view view scoped_view_ = {0};
	struct nat_block *sums cleanup_free_ = NULL;
	struct nat_slot *slots;
	int err = map_view_open(fw->map[FW_MAP_NAT_SLOTS], sizeof(*slots), 0, NAT_SLOTS,
				MAP_VIEW_WRITE, &view);

	if (!err)
		sums = read_sums(fw, &err);
	if (err)
		return err;
	slots = view.data;
	for (size_t i = 0; i < NAT_SLOTS; i++) {
		if (!slots[i].id || slots[i].counter >= NAT_SLOTS)
			continue;
		slots[i].cleared = *sum_of(sums, slots[i].counter);
		take_off(&slots[i].cleared, &slots[i].base);
	}
	return 0;
}

int fw_clear_nat_hits(struct fw *fw, struct fw_error *error)
{
	int lock scoped_fd_ = -1;
	/* Nobody builds another generation meanwhile. */
	int err = pins_lock(fw->pin_dir, &lock, error);

	if (err)
		return err;
	err = clear_all(fw);
	return err ? fw_fail(error, err, "cannot clear counters:") : 0;
}
