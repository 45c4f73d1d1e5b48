// SPDX-License-Identifier: GPL-2.0
/*
 * diff.c - what two policies permit differently. See analysis.h.
 *
 * Wherever both policies decide about packets - in by an interface and on to another,
 * out by one, to this machine - each decides by some lists in a row, or by what holds
 * without lists, which is a list of one line or of none. Places with the same pair of
 * these are compared once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pinhole/analysis.h>

#include "analysis/diff_list.h"
#include "analysis/examples.h"
#include "analysis/rules.h"
#include "analysis/settings.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

#define MAX_IFACES PH_MAX_INTERFACES
#define LARGE	   1000 /* lines */

/* ---- places ---- */

/* Where both policies have rules, and which: compared once. */
struct place {
	enum analysis_place place;
	struct rule_of old;
	struct rule_of new;
	/* ANALYSIS_IN: to all others; else towards. By pair of interfaces in common. */
	uint64_t from; /* bit i: common interface i */
	uint64_t towards;
};

_Static_assert(MAX_IFACES <= 64, "a bit for each");

/* What a pair of rules decides differently. */
struct compared {
	struct rule_of old;
	struct rule_of new;
	struct analysis_difference *items;
	size_t count;
	size_t n_unexamined;
	bool is_large; /* one of both lists */
};

struct both {
	struct policy_side old;
	struct policy_side new;
	struct {
		const struct policy_image_iface *old;
		const struct policy_image_iface *new;
	} ifaces[MAX_IFACES]; /* that both have, and neither has shut down */
	size_t n_ifaces;
	VEC(struct place) places;
	VEC(struct compared) compared;
	VEC(struct analysis_group) groups;
	uint64_t work;
};

static void find_ifaces(struct both *b)
{
	const struct policy_image *old = b->old.image, *new = b->new.image;

	for (size_t i = 0; i < old->n_ifaces; i++) {
		for (size_t j = 0; j < new->n_ifaces; j++) {
			if (old->ifaces[i].shut || new->ifaces[j].shut ||
			    strcmp(old->ifaces[i].name, new->ifaces[j].name) != 0 ||
			    b->n_ifaces == MAX_IFACES)
				continue;
			b->ifaces[b->n_ifaces].old = &old->ifaces[i];
			b->ifaces[b->n_ifaces++].new = &new->ifaces[j];
		}
	}
}

/* The place of these rules; of packets that go on, those from the same interfaces go
 * together first. */
static int add_place(struct both *b, const struct place *place)
{
	struct place *added;

	for (size_t i = 0; i < b->places.count; i++) {
		struct place *it = &b->places.items[i];

		if (it->place != place->place || !same_rule(&it->old, &place->old) ||
		    !same_rule(&it->new, &place->new))
			continue;
		if (it->place == ANALYSIS_IN && it->from != place->from &&
		    it->towards != place->towards)
			continue;
		it->from |= place->from;
		it->towards |= place->towards;
		return 0;
	}
	added = vec_push(&b->places);
	if (!added)
		return -ENOMEM;
	*added = *place;
	return 0;
}

/* By the interface where packets come in: one place for each pair of rules. */
static int add_inbound(struct both *b, size_t from)
{
	struct place mine[MAX_IFACES];
	size_t n = 0;
	int err = 0;

	for (size_t to = 0; to < b->n_ifaces; to++) {
		struct rule_of old =
			rule_in(&b->old, b->ifaces[from].old, b->ifaces[to].old);
		struct rule_of new =
			rule_in(&b->new, b->ifaces[from].new, b->ifaces[to].new);
		size_t i = 0;

		while (i < n &&
		       (!same_rule(&mine[i].old, &old) || !same_rule(&mine[i].new, &new)))
			i++;
		if (i == n)
			mine[n++] =
				(struct place){ANALYSIS_IN, old, new, 1ull << from, 0};
		mine[i].towards |= 1ull << to;
	}
	for (size_t i = 0; !err && i < n; i++)
		err = add_place(b, &mine[i]);
	return err;
}

static int find_places(struct both *b)
{
	int err = 0;

	for (size_t i = 0; !err && i < b->n_ifaces; i++) {
		struct place out = {ANALYSIS_OUT, rule_out(&b->old, b->ifaces[i].old),
				    rule_out(&b->new, b->ifaces[i].new), 1ull << i, 0};
		struct place box = {ANALYSIS_BOX, rule_box(&b->old, b->ifaces[i].old),
				    rule_box(&b->new, b->ifaces[i].new), 1ull << i, 0};

		err = add_inbound(b, i);
		if (!err)
			err = add_place(b, &out);
		if (!err)
			err = add_place(b, &box);
	}
	return err;
}

static int name_ifaces(const struct both *b, uint64_t set, char **out)
{
	struct strbuf names = {0};

	for (size_t i = 0; i < b->n_ifaces; i++) {
		if (!(set >> i & 1))
			continue;
		strbuf_puts(&names, names.len ? ", " : "");
		strbuf_puts(&names, b->ifaces[i].new->name);
	}
	return strbuf_steal(&names, out, NULL);
}

/* ---- comparing ---- */

static void make_tastes(const struct both *b, const struct place *place,
			struct tastes *tastes)
{
	memset(tastes, 0, sizeof(*tastes));
	for (size_t i = 0; i < b->n_ifaces; i++) {
		bool from = place->from >> i & 1, to = place->towards >> i & 1;

		if (from && place->place == ANALYSIS_BOX)
			tastes_add_own(tastes, b->ifaces[i].new);
		if (from)
			tastes_add(tastes,
				   place->place == ANALYSIS_OUT ? TASTE_DST : TASTE_SRC,
				   b->ifaces[i].new);
		if (to && !from)
			tastes_add(tastes, TASTE_DST, b->ifaces[i].new);
	}
	tastes_settle(tastes);
}

/* Lists do not outlive this: what was found is kept in terms of the images. */
static int keep_found(struct both *b, struct compared *to, const struct acl_list *old,
		      const struct acl_list *new, const struct list_diff *diff)
{
	to->n_unexamined = diff->n_unexamined;
	to->items = calloc(diff->items.count + 1, sizeof(*to->items));
	if (!to->items)
		return -ENOMEM;
	for (size_t i = 0; i < diff->items.count; i++) {
		const struct list_difference *it = &diff->items.items[i];

		to->items[to->count++] = (struct analysis_difference){
			packet_of(it->family, &it->example),
			rule_decision(&b->old, &to->old, old, it->old),
			rule_decision(&b->new, &to->new, new, it->new),
		};
	}
	return 0;
}

static int compare_rules(struct both *b, const struct place *place, struct compared *to)
{
	struct acl_line *old_lines cleanup_free_ = NULL;
	struct acl_line *new_lines cleanup_free_ = NULL;
	struct acl_list old = {0}, new = {0};
	struct list_diff diff = {0};
	struct tastes tastes;
	int err = rule_list(&b->old, &place->old, &old_lines, &old);

	if (!err)
		err = rule_list(&b->new, &place->new, &new_lines, &new);
	make_tastes(b, place, &tastes);
	to->is_large = old.n_lines > LARGE || new.n_lines > LARGE;
	if (!err)
		err = space_diff_lists(&old, &new, tastes.taste, &b->work, &diff);
	if (!err)
		err = keep_found(b, to, &old, &new, &diff);
	vec_free(&diff.items);
	return err;
}

/* Of other places the examples are other ones; but large lists are compared once. */
static bool may_stand_for(const struct compared *it, const struct place *place)
{
	return same_rule(&it->old, &place->old) && same_rule(&it->new, &place->new) &&
	       (it->is_large || (!it->count && !it->n_unexamined));
}

static int find_compared(struct both *b, const struct place *place,
			 const struct compared **out)
{
	struct compared *it;

	for (size_t i = 0; i < b->compared.count; i++) {
		it = &b->compared.items[i];
		*out = it;
		if (may_stand_for(it, place))
			return 0;
	}
	it = vec_push(&b->compared);
	if (!it)
		return -ENOMEM;
	it->old = place->old;
	it->new = place->new;
	*out = it;
	return compare_rules(b, place, it);
}

/* All that a packet from there can go on by, but for the way it came. */
static bool is_everywhere(const struct both *b, const struct place *place)
{
	uint64_t all = b->n_ifaces < 64 ? (1ull << b->n_ifaces) - 1 : ~0ull;

	return (place->towards | place->from) == all;
}

static int compare_place(struct both *b, const struct place *place)
{
	const struct compared *found;
	struct analysis_group *group;
	int err = find_compared(b, place, &found);

	if (err || (!found->count && !found->n_unexamined))
		return err;
	group = vec_push(&b->groups);
	if (!group)
		return -ENOMEM;
	group->place = place->place;
	group->n_unexamined = found->n_unexamined;
	err = name_ifaces(b, place->from, &group->interfaces);
	if (!err && place->place == ANALYSIS_IN && !is_everywhere(b, place))
		err = name_ifaces(b, place->towards, &group->towards);
	group->items = calloc(found->count + 1, sizeof(*group->items));
	if (err || !group->items)
		return -ENOMEM;
	memcpy(group->items, found->items, found->count * sizeof(*group->items));
	group->count = found->count;
	return 0;
}

/* ---- the whole ---- */

static void both_free(struct both *b)
{
	policy_side_free(&b->old);
	policy_side_free(&b->new);
	for (size_t i = 0; i < b->compared.count; i++)
		free(b->compared.items[i].items);
	vec_free(&b->compared);
	vec_free(&b->places);
}

void analysis_diff_free(struct analysis_diff *diff)
{
	if (!diff)
		return;
	for (size_t i = 0; i < diff->n_settings; i++) {
		free(diff->settings[i].old);
		free(diff->settings[i].new);
	}
	for (size_t i = 0; i < diff->n_groups; i++) {
		free(diff->groups[i].interfaces);
		free(diff->groups[i].towards);
		free(diff->groups[i].items);
	}
	free(diff->settings);
	free(diff->groups);
	free(diff);
}

static void diff_cleanup(struct analysis_diff **diff)
{
	analysis_diff_free(*diff);
}

int policy_diff(const struct policy_image *old, const struct policy_image *new,
		struct analysis_diff **out)
{
	struct both b cleanup_(both_free) = {.old = {.image = old},
					     .new = {.image = new}};
	struct analysis_diff *diff cleanup_(diff_cleanup) = calloc(1, sizeof(*diff));
	int err = diff ? policy_side_init(&b.old, old) : -ENOMEM;

	if (!err)
		err = policy_side_init(&b.new, new);
	if (!err)
		err = settings_compare(old, new, &diff->settings, &diff->n_settings);
	if (!err) {
		find_ifaces(&b);
		err = find_places(&b);
	}
	for (size_t i = 0; !err && i < b.places.count; i++)
		err = compare_place(&b, &b.places.items[i]);
	if (diff) {
		diff->groups = b.groups.items;
		diff->n_groups = b.groups.count;
	}
	if (err)
		return err;
	*out = take(diff);
	return 0;
}
