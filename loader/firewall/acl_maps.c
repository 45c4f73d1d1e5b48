// SPDX-License-Identifier: GPL-2.0
/*
 * acl_maps.c - the access lists of a generation. See acl_maps.h.
 *
 * Why it exists: each of the maps has two halves, and generation g has the half
 * g & 1. What is written here belongs to no generation in force, so that a
 * process killed at any instruction leaves rubbish in a half that nobody reads
 * and the next apply writes anew.
 */
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "acl_counters.h"
#include "acl_maps.h"
#include "map_view.h"
#include "slots.h"

static const struct {
	enum fw_map map;
	uint32_t element_bytes;
} parts[SIZES_ACL_N] = {
	[SIZES_ACL_WORDS] = {FW_MAP_ACL_WORDS, sizeof(__u64)},
	[SIZES_ACL_RULES4] = {FW_MAP_ACL_RULES4, sizeof(struct acl_rule4)},
	[SIZES_ACL_RULES6] = {FW_MAP_ACL_RULES6, sizeof(struct acl_rule6)},
	[SIZES_ACL_LINES] = {FW_MAP_ACL_LINES, sizeof(struct acl_line_slot)},
	[SIZES_NAT_RULES] = {FW_MAP_NAT_RULES, sizeof(struct nat_rule)},
};

static int cannot_write(struct fw_error *error, int err, enum fw_map map)
{
	fw_fail(error, err, "cannot write the access lists:");
	fw_fail_where(error, "map %s", fw_map_names[map]);
	return err;
}

/* ---- room ------------------------------------------------------------------------ */

struct sizes_acl acl_maps_need(const struct policy_image *image)
{
	return (struct sizes_acl){{
		[SIZES_ACL_WORDS] = image->acl.n_words,
		[SIZES_ACL_RULES4] = image->acl.n_rules4,
		[SIZES_ACL_RULES6] = image->acl.n_rules6,
		[SIZES_ACL_LINES] = image->n_acl_lines,
		[SIZES_NAT_RULES] = image->n_nat_rules,
	}};
}

/* Of one generation. */
static int read_room(const struct fw *fw, struct sizes_acl *out, struct fw_error *error)
{
	for (size_t i = 0; i < SIZES_ACL_N; i++) {
		struct bpf_map_info info = {0};
		__u32 len = sizeof(info);

		if (bpf_obj_get_info_by_fd(fw->map[parts[i].map], &info, &len))
			return cannot_write(error, -errno, parts[i].map);
		out->n[i] = info.max_entries / 2;
	}
	return 0;
}

static void advise(const struct sizes_acl *need, bool in_force, struct fw_error *error)
{
	uint32_t lines = sizes_acl_grown(need);

	if (sizes_acl_least(need) > lines)
		fw_fail_hint(error, "there is room for no more in any size: shorten the "
				    "access lists and translations");
	else if (in_force)
		fw_fail_hint(
			error,
			"the size is fixed while the firewall is loaded: `fwctl unload`, "
			"then apply with --max-acl-lines %u; connections are lost with "
			"it",
			lines);
	else
		fw_fail_hint(error, "apply with --max-acl-lines %u, or leave it out",
			     lines);
}

int acl_maps_fit(const struct fw *fw, const struct policy_image *image, bool in_force,
		 struct fw_error *error)
{
	const struct sizes_acl need = acl_maps_need(image);
	struct sizes_acl room = {0};
	enum sizes_acl_part lacking;
	int err = read_room(fw, &room, error);

	if (err)
		return err;
	lacking = sizes_acl_lacks(&need, &room);
	if (lacking == SIZES_ACL_N)
		return 0;
	fw_fail(error, -E2BIG,
		"the access lists do not fit: they need %zu %s, and there is room for "
		"%zu",
		need.n[lacking], sizes_acl_unit(lacking), room.n[lacking]);
	fw_fail_where(error, "table %s", sizes_acl_map(lacking));
	advise(&need, in_force, error);
	return -E2BIG;
}

/* ---- writing --------------------------------------------------------------------- */

static int write_part(const struct fw *fw, enum sizes_acl_part part, uint32_t first,
		      const void *elements, size_t n)
{
	struct map_view view scoped_view_ = {0};
	int err = map_view_open(fw->map[parts[part].map], parts[part].element_bytes,
				first, n, MAP_VIEW_WRITE, &view);

	if (!err && n)
		memcpy(view.data, elements, n * parts[part].element_bytes);
	return err;
}

/* Lines of the generation in force keep their counters, wherever they move. */
static int assign_counters(const struct fw *fw, uint32_t old, struct slot_want *wants,
			   size_t n, uint32_t capacity)
{
	struct acl_line_slot *before cleanup_free_ = NULL;
	struct slot_use *uses cleanup_free_ = NULL;
	size_t n_before = 0;
	int err = old ? acl_maps_lines(fw, old, &before, &n_before) : 0;

	if (err)
		return err;
	uses = calloc(n_before + 1, sizeof(*uses));
	if (!uses)
		return -ENOMEM;
	for (size_t i = 0; i < n_before; i++)
		uses[i] = (struct slot_use){before[i].line_id, before[i].counter};
	err = slots_assign(uses, n_before, wants, n, capacity);
	return err ? err : acl_counters_begin(fw, wants, n);
}

/* By line number. */
static int place_lines(const struct fw *fw, const struct policy_image *image,
		       uint32_t old, uint32_t capacity, struct acl_line_slot **out)
{
	size_t n = image->n_acl_lines;
	struct slot_want *wants cleanup_free_ = calloc(n + 1, sizeof(*wants));
	struct acl_line_slot *lines cleanup_free_ = calloc(n + 1, sizeof(*lines));
	int err;

	if (!wants || !lines)
		return -ENOMEM;
	for (size_t i = 0; i < image->n_lines; i++) {
		uint32_t number = image->lines[i].acl_line;

		if (number == ACL_NO_LINE)
			continue;
		if (number >= n)
			return -EINVAL;
		wants[number].id = image->lines[i].line_id;
		lines[number].flags = image->lines[i].flags;
	}
	err = assign_counters(fw, old, wants, n, capacity);
	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		lines[i].line_id = wants[i].id;
		lines[i].counter = wants[i].slot;
	}
	*out = take(lines);
	return 0;
}

/* Without what is there for people, and with who counts. */
static int copy_nat_rules(const struct policy_image *image, const uint32_t *counters,
			  struct nat_rule **out)
{
	struct nat_rule *rules = calloc(image->n_nat_rules + 1, sizeof(*rules));

	if (!rules)
		return -ENOMEM;
	for (size_t i = 0; i < image->n_nat_rules; i++) {
		rules[i] = image->nat_rules[i].rule;
		rules[i].counter = counters[image->nat_rules[i].translation];
	}
	*out = rules;
	return 0;
}

int acl_maps_build(const struct fw *fw, const struct policy_image *image, uint32_t old,
		   uint32_t generation, const uint32_t *nat_counters,
		   struct policy_config *config, struct fw_error *error)
{
	struct acl_line_slot *lines cleanup_free_ = NULL;
	struct nat_rule *rules cleanup_free_ = NULL;
	const struct sizes_acl need = acl_maps_need(image);
	struct acl_extent extents[SIZES_ACL_N];
	struct sizes_acl room = {0};
	const void *from[SIZES_ACL_N];
	int err = read_room(fw, &room, error);

	if (err)
		return err;
	if (sizes_acl_lacks(&need, &room) != SIZES_ACL_N) /* acl_maps_fit() tells */
		return cannot_write(error, -E2BIG, FW_MAP_ACL_WORDS);
	/* Counters for two generations: no line takes one that is counted in. */
	err = place_lines(fw, image, old,
			  PH_ACL_COUNTERS((uint32_t)room.n[SIZES_ACL_LINES]), &lines);
	if (err)
		return fw_fail(error, err,
			       "cannot assign counters to access-list lines:");
	err = copy_nat_rules(image, nat_counters, &rules);
	if (err)
		return cannot_write(error, err, FW_MAP_NAT_RULES);
	from[SIZES_ACL_WORDS] = image->acl.words;
	from[SIZES_ACL_RULES4] = image->acl.rules4;
	from[SIZES_ACL_RULES6] = image->acl.rules6;
	from[SIZES_ACL_LINES] = lines;
	from[SIZES_NAT_RULES] = rules;
	for (size_t i = 0; i < SIZES_ACL_N; i++) {
		extents[i].first = (generation & 1) * (uint32_t)room.n[i];
		extents[i].count = (uint32_t)need.n[i];
		err = write_part(fw, (enum sizes_acl_part)i, extents[i].first, from[i],
				 need.n[i]);
		if (err)
			return cannot_write(error, err, parts[i].map);
	}
	config->acl = (struct acl_halves){
		.words = extents[SIZES_ACL_WORDS],
		.rules4 = extents[SIZES_ACL_RULES4],
		.rules6 = extents[SIZES_ACL_RULES6],
		.lines = extents[SIZES_ACL_LINES],
	};
	config->nat = extents[SIZES_NAT_RULES];
	return 0;
}

/* ---- reading --------------------------------------------------------------------- */

int acl_maps_lines(const struct fw *fw, uint32_t generation, struct acl_line_slot **out,
		   size_t *n)
{
	struct acl_line_slot *lines cleanup_free_ = NULL;
	struct map_view view scoped_view_ = {0};
	struct policy_config config;
	__u32 slot = generation & 1;
	int err;

	if (bpf_map_lookup_elem(fw->map[FW_MAP_CONFIG], &slot, &config))
		return -errno;
	lines = calloc((size_t)config.acl.lines.count + 1, sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	err = map_view_open(fw->map[FW_MAP_ACL_LINES], sizeof(*lines),
			    config.acl.lines.first, config.acl.lines.count, MAP_VIEW_READ,
			    &view);
	if (err)
		return err;
	if (view.data)
		memcpy(lines, view.data, config.acl.lines.count * sizeof(*lines));
	*n = config.acl.lines.count;
	*out = take(lines);
	return 0;
}
