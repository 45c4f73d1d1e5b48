// SPDX-License-Identifier: GPL-2.0
/*
 * acl_counters.c - what access-list lines have counted. See acl_counters.h.
 *
 * Why it exists: an element of a per-CPU array holds 64 counters and can only be
 * written whole. To set one to zero would take back what the other 63 count
 * between the reading and the writing. So the loader never writes acl_stats: the
 * map acl_base holds, for each counter, what it had counted when its line began.
 *
 * Race: between the reading of a base and the flip nobody counts in that slot.
 * No line of the generation in force has it, and a connection that names it since
 * an earlier one is judged anew before it counts again; packets that were under
 * way in that generation have been waited for (generation_quiesce). Where the
 * kernel cannot wait, such a packet may be counted for the new line: one too many
 * per CPU at worst.
 */
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "acl_counters.h"
#include "map_view.h"
#include "pins.h"
#include "tables.h"

#define WORDS_PER_BLOCK (sizeof(struct acl_block) / sizeof(uint64_t))

/* Counters [first, first + n) of all CPUs together, whole blocks of them. */
struct sums {
	struct acl_block *blocks;
	uint32_t first_block;
};

static void free_sums(struct sums *sums)
{
	free(sums->blocks);
}

static const struct acl_counters *sum_of(const struct sums *sums, uint32_t counter)
{
	const struct acl_block *block =
		&sums->blocks[counter / ACL_BLOCK_COUNTERS - sums->first_block];

	return &block->counter[counter % ACL_BLOCK_COUNTERS];
}

/* @low, @high: counters, both included */
static int read_sums(const struct fw *fw, uint32_t low, uint32_t high, struct sums *out)
{
	uint32_t first = low / ACL_BLOCK_COUNTERS;
	uint32_t n = high / ACL_BLOCK_COUNTERS - first + 1;

	out->first_block = first;
	out->blocks = calloc(n, sizeof(*out->blocks));
	if (!out->blocks)
		return -ENOMEM;
	return table_sum_range(fw, FW_MAP_ACL_STATS, first, n, (uint64_t *)out->blocks,
			       WORDS_PER_BLOCK);
}

int acl_counters_begin(const struct fw *fw, const struct slot_want *wants, size_t n)
{
	struct sums sums cleanup_(free_sums) = {0};
	struct map_view view scoped_view_ = {0};
	struct acl_counters *bases;
	uint32_t low = UINT32_MAX;
	uint32_t high = 0;
	int err;

	for (size_t i = 0; i < n; i++) {
		if (wants[i].kept)
			continue;
		low = wants[i].slot < low ? wants[i].slot : low;
		high = wants[i].slot > high ? wants[i].slot : high;
	}
	if (low > high) /* all are kept */
		return 0;
	err = read_sums(fw, low, high, &sums);
	if (!err)
		err = map_view_open(fw->map[FW_MAP_ACL_BASE], sizeof(*bases), low,
				    (size_t)high - low + 1, MAP_VIEW_WRITE, &view);
	if (err)
		return err;
	bases = view.data;
	for (size_t i = 0; i < n; i++) {
		if (!wants[i].kept)
			bases[wants[i].slot - low] = *sum_of(&sums, wants[i].slot);
	}
	return 0;
}

/* The bases of counters 0..high. */
static int view_bases(int fd, uint32_t high, enum map_access access, struct map_view *out)
{
	return map_view_open(fd, sizeof(struct acl_counters), 0, (size_t)high + 1, access,
			     out);
}

static uint32_t highest(const struct acl_line_slot *lines, size_t n)
{
	uint32_t high = 0;

	for (size_t i = 0; i < n; i++)
		high = lines[i].counter > high ? lines[i].counter : high;
	return high;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

int acl_counters_read(const struct fw *fw, const struct acl_line_slot *lines, size_t n,
		      int cleared, struct acl_counters *out)
{
	static const struct acl_counters nothing;
	struct sums sums cleanup_(free_sums) = {0};
	struct map_view view scoped_view_ = {0};
	struct map_view clear_view scoped_view_ = {0};
	uint32_t high = highest(lines, n);
	int err;

	if (!n)
		return 0;
	/* First, for it knows the range. */
	err = view_bases(fw->map[FW_MAP_ACL_BASE], high, MAP_VIEW_READ, &view);
	if (!err && cleared >= 0)
		err = view_bases(cleared, high, MAP_VIEW_READ, &clear_view);
	if (!err)
		err = read_sums(fw, 0, high, &sums);
	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		uint32_t at = lines[i].counter;
		const struct acl_counters *sum = sum_of(&sums, at);
		const struct acl_counters *base = (struct acl_counters *)view.data + at;
		const struct acl_counters *clear =
			cleared < 0 ? &nothing
				    : (struct acl_counters *)clear_view.data + at;

		/* The sums never fall: whichever came later, the line's beginning or
		 * its clearing, is the larger. */
		out[i] = (struct acl_counters){
			.hits = sum->hits - larger(base->hits, clear->hits),
			.packets = sum->packets - larger(base->packets, clear->packets),
			.bytes = sum->bytes - larger(base->bytes, clear->bytes),
		};
	}
	return 0;
}

/* ---- cleared by hand -------------------------------------------------------------- */

#define CLEARED_MAP "acl_cleared"

static int make_cleared(const struct fw *fw)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	struct bpf_map_create_opts opts;
	int fd scoped_fd_ = -1;
	int err;

	memset(&opts, 0, sizeof(opts)); /* padding too: libbpf looks at it */
	opts.sz = sizeof(opts);
	opts.map_flags = BPF_F_MMAPABLE;
	if (bpf_obj_get_info_by_fd(fw->map[FW_MAP_ACL_BASE], &info, &len))
		return -errno;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, CLEARED_MAP, sizeof(__u32),
			    sizeof(struct acl_counters), info.max_entries, &opts);
	err = fd < 0 ? -errno : pins_put(fw->pin_dir, PINS_MAPS, CLEARED_MAP, fd);
	return err ? err : fw_take_fd(&fd);
}

int acl_counters_open_cleared(const struct fw *fw, bool make)
{
	int fd = pins_get(fw->pin_dir, PINS_MAPS, CLEARED_MAP);

	return fd == -ENOENT && make ? make_cleared(fw) : fd;
}

int acl_counters_clear(const struct fw *fw, const struct acl_line_slot *lines, size_t n,
		       int cleared)
{
	struct sums sums cleanup_(free_sums) = {0};
	struct map_view view scoped_view_ = {0};
	uint32_t high = highest(lines, n);
	int err;

	if (!n)
		return 0;
	err = view_bases(cleared, high, MAP_VIEW_WRITE, &view);
	if (!err)
		err = read_sums(fw, 0, high, &sums);
	for (size_t i = 0; !err && i < n; i++)
		((struct acl_counters *)view.data)[lines[i].counter] =
			*sum_of(&sums, lines[i].counter);
	return err;
}
