// SPDX-License-Identifier: GPL-2.0
/*
 * tables.c - maps read and written as a whole. See tables.h.
 *
 * Why it exists: one system call per element is slow and, on a table that
 * traffic is changing, wanders. Batches read hash tables bucket by bucket.
 */
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "cleared.h"
#include "inner.h"
#include "tables.h"

#define BATCH_ELEMENTS 1024

struct element_sizes {
	uint32_t key;
	uint32_t value;
	uint32_t max_entries;
};

static int sizes_of(int fd, struct element_sizes *out)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -EBADF;
	out->key = info.key_size;
	out->value = info.value_size;
	out->max_entries = info.max_entries;
	return out->key && out->value ? 0 : -EINVAL;
}

/* ---- walks ---------------------------------------------------------------- */

static int walk_one_by_one(int fd, const struct element_sizes *sizes,
			   int (*fn)(const void *, const void *, void *), void *arg)
{
	unsigned char *key cleanup_free_ = calloc(1, sizes->key);
	unsigned char *value cleanup_free_ = calloc(1, sizes->value);
	bool first = true;
	int err;

	if (!key || !value)
		return -ENOMEM;
	/* A key deleted meanwhile restarts the kernel's walk: bounded by twice
	 * the table's size. */
	for (uint64_t left = 2ull * sizes->max_entries + 1; left; left--) {
		if (bpf_map_get_next_key(fd, first ? NULL : key, key))
			return errno == ENOENT ? 0 : -errno;
		first = false;
		if (bpf_map_lookup_elem(fd, key, value))
			continue;
		err = fn(key, value, arg);
		if (err)
			return err;
	}
	return 0;
}

static int walk_in_batches(int fd, const struct element_sizes *sizes,
			   int (*fn)(const void *, const void *, void *), void *arg)
{
	unsigned char *keys cleanup_free_ = calloc(BATCH_ELEMENTS, sizes->key);
	unsigned char *values cleanup_free_ = calloc(BATCH_ELEMENTS, sizes->value);
	/* The position is a bucket number for hashes, a key for others. */
	unsigned char *position cleanup_free_ = calloc(1, sizes->key + sizeof(__u64));
	bool first = true;
	int end = 0;

	if (!keys || !values || !position)
		return -ENOMEM;
	while (!end) {
		__u32 count = BATCH_ELEMENTS;

		if (bpf_map_lookup_batch(fd, first ? NULL : position, position, keys,
					 values, &count, NULL))
			end = errno;
		if (end && end != ENOENT)
			return first ? -EOPNOTSUPP : -end;
		first = false;
		for (uint32_t i = 0; i < count; i++) {
			int err = fn(keys + (size_t)i * sizes->key,
				     values + (size_t)i * sizes->value, arg);

			if (err)
				return err;
		}
	}
	return 0;
}

int table_walk(int fd, int (*fn)(const void *, const void *, void *), void *arg)
{
	struct element_sizes sizes = {0};
	int err = sizes_of(fd, &sizes);

	if (err)
		return err;
	err = walk_in_batches(fd, &sizes, fn, arg);
	if (err == -EOPNOTSUPP) /* not every kernel has batches for every type */
		err = walk_one_by_one(fd, &sizes, fn, arg);
	return err;
}

int table_half_open(const struct fw *fw, enum map_access access, struct half_table *out)
{
	const struct half_fds fds = {.head = fw->map[FW_MAP_HALF_HEAD],
				     .sets = fw->map[FW_MAP_HALF_SETS],
				     .entries = fw->map[FW_MAP_HALF_OPEN]};

	return half_table_open(&fds, access, out);
}

int table_walk_half_open(const struct fw *fw,
			 int (*fn)(const void *, const void *, void *), void *arg)
{
	struct half_table table scoped_half_table_ = {0};
	int err = table_half_open(fw, MAP_VIEW_READ, &table);

	return err ? err : half_table_walk(&table, fn, arg);
}

/* ---- per-CPU counters ------------------------------------------------------- */

int table_sum(const struct fw *fw, enum fw_map map, uint32_t index, uint64_t *words,
	      size_t n_words)
{
	uint64_t *values cleanup_free_ =
		calloc((size_t)fw->n_cpus * n_words, sizeof(*values));

	if (!values)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fw->map[map], &index, values))
		return -errno;
	memset(words, 0, n_words * sizeof(*words));
	for (size_t i = 0; i < (size_t)fw->n_cpus * n_words; i++)
		words[i % n_words] += values[i];
	return 0;
}

/* Elements of a per-CPU array that one batch may take: a megabyte of them. */
#define BATCH_BYTES (1u << 20)

static void add_up(const uint64_t *values, uint32_t n_cpus, uint64_t *words,
		   size_t n_words)
{
	memcpy(words, values, n_words * sizeof(*words));
	for (size_t cpu = 1; cpu < n_cpus; cpu++) {
		for (size_t i = 0; i < n_words; i++)
			words[i] += values[cpu * n_words + i];
	}
}

int table_sum_range(const struct fw *fw, enum fw_map map, uint32_t first, uint32_t n,
		    uint64_t *words, size_t n_words)
{
	size_t element_words = fw->n_cpus * n_words;
	uint32_t most = (uint32_t)(BATCH_BYTES / sizeof(*words) / element_words) + 1;
	uint64_t *values cleanup_free_ = calloc(most * element_words, sizeof(*values));
	__u32 *keys cleanup_free_ = calloc(most, sizeof(*keys));
	__u32 previous = first - 1; /* where the kernel goes on from */

	if (!values || !keys)
		return -ENOMEM;
	for (uint32_t done = 0; done < n;) {
		__u32 count = n - done < most ? n - done : most;
		bool begin = first + done == 0;
		int failed = bpf_map_lookup_batch(fw->map[map], begin ? NULL : &previous,
						  &previous, keys, values, &count, NULL);

		if (failed && errno != ENOENT) /* which is the end of the map */
			return -errno;
		if (!count)
			return -ERANGE;
		for (uint32_t i = 0; i < count; i++)
			add_up(values + i * element_words, fw->n_cpus,
			       words + (done + i) * n_words, n_words);
		done += count;
	}
	return 0;
}

int table_zero(const struct fw *fw, enum fw_map map, uint32_t index, size_t n_words)
{
	uint64_t *values cleanup_free_ =
		calloc((size_t)fw->n_cpus * n_words, sizeof(*values));

	if (!values)
		return -ENOMEM;
	if (bpf_map_update_elem(fw->map[map], &index, values, BPF_ANY))
		return -errno;
	return map == FW_MAP_IF_STATS ? cleared_forget_slot(fw->pin_dir, index) : 0;
}

/* ---- who counts where -------------------------------------------------------- */

struct slot_list {
	struct slot_use *items;
	size_t n;
	size_t capacity;
};

static void free_slots(struct slot_list *list)
{
	free(list->items);
}

static int add_slot(struct slot_list *list, uint64_t id, uint32_t slot)
{
	if (list->n == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 64;
		struct slot_use *grown = realloc(list->items, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		list->items = grown;
		list->capacity = capacity;
	}
	list->items[list->n++] = (struct slot_use){.id = id, .slot = slot};
	return 0;
}

static int add_iface(const void *key, const void *value, void *arg)
{
	const struct iface_config *config = value;

	if (!table_is_main_iface(key, config))
		return 0;
	return add_slot(arg, config->l3_ifindex, config->stat_slot);
}

int table_iface_slots(const struct fw *fw, uint32_t generation, struct slot_use **out,
		      size_t *n)
{
	struct slot_list list cleanup_(free_slots) = {0};
	int fd scoped_fd_ = generation ? inner_open(fw, FW_MAP_IFACES, generation)
				       : -ENOENT;
	int err = fd < 0 ? fd : table_walk(fd, add_iface, &list);

	if (err && err != -ENOENT)
		return err;
	*n = list.n;
	*out = take(list.items);
	return 0;
}
