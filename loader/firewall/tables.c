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

#include "tables.h"

#define BATCH_ELEMENTS 1024
#define INNER_RETRIES  8

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

int table_zero(const struct fw *fw, enum fw_map map, uint32_t index, size_t n_words)
{
	uint64_t *values cleanup_free_ =
		calloc((size_t)fw->n_cpus * n_words, sizeof(*values));

	if (!values)
		return -ENOMEM;
	return bpf_map_update_elem(fw->map[map], &index, values, BPF_ANY) ? -errno : 0;
}

/* ---- generations ------------------------------------------------------------ */

/* How inner maps are made: as the templates in bpf/maps.h, sized by need. */
struct inner_spec {
	enum bpf_map_type type;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t min_entries; /* a table may be empty; a map may not */
	uint32_t flags;
};

static const struct inner_spec inner_specs[FW_N_MAPS] = {
	[FW_MAP_IFACES] = {BPF_MAP_TYPE_HASH, sizeof(struct iface_key),
			   sizeof(struct iface_config), 3 * PH_MAX_INTERFACES, 0},
	[FW_MAP_ACL] = {BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(struct acl_record), 1,
			BPF_F_INNER_MAP},
	[FW_MAP_NAT_IN] = {BPF_MAP_TYPE_LPM_TRIE, sizeof(struct nat_in_key),
			   sizeof(struct nat_value), 1, BPF_F_NO_PREALLOC},
	[FW_MAP_NAT_OUT] = {BPF_MAP_TYPE_LPM_TRIE, sizeof(struct nat_out_key),
			    sizeof(struct nat_value), 1, BPF_F_NO_PREALLOC},
	[FW_MAP_FIXUPS] = {BPF_MAP_TYPE_HASH, sizeof(struct fixup_key),
			   sizeof(struct fixup_value), 1, 0},
	[FW_MAP_FTP_RULES] = {BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(struct ftp_rule),
			      1, BPF_F_INNER_MAP},
	[FW_MAP_FTP_STATES] = {BPF_MAP_TYPE_ARRAY, sizeof(__u32),
			       sizeof(struct ftp_state), 1, BPF_F_INNER_MAP},
	[FW_MAP_TEXT] = {BPF_MAP_TYPE_ARRAY, sizeof(__u32), PH_TEXT_CHUNK_BYTES, 1,
			 BPF_F_INNER_MAP},
};

int inner_open(const struct fw *fw, enum fw_map outer, uint32_t generation)
{
	__u32 slot = generation & 1;

	/* An apply may replace the map between the two calls; then its id is
	 * gone and the slot holds another. */
	for (int tries = 0; tries < INNER_RETRIES; tries++) {
		__u32 id;
		int fd;

		if (bpf_map_lookup_elem(fw->map[outer], &slot, &id))
			return -errno;
		fd = bpf_map_get_fd_by_id(id);
		if (fd >= 0 || errno != ENOENT)
			return fd >= 0 ? fd : -errno;
	}
	return -EAGAIN;
}

static int fill(int fd, const struct inner_spec *spec, const void *keys,
		const void *values, uint32_t n)
{
	const unsigned char *key = keys;
	const unsigned char *value = values;

	for (uint32_t i = 0; i < n; i++) {
		const void *at = key ? (const void *)(key + (size_t)i * spec->key_size)
				     : (const void *)&i;

		if (bpf_map_update_elem(fd, at, value + (size_t)i * spec->value_size,
					BPF_ANY))
			return -errno;
	}
	return 0;
}

int inner_install(const struct fw *fw, enum fw_map outer, uint32_t generation,
		  const void *keys, const void *values, uint32_t n,
		  struct fw_error *error)
{
	const struct inner_spec *spec = &inner_specs[outer];
	uint32_t entries = n > spec->min_entries ? n : spec->min_entries;
	struct bpf_map_create_opts opts;
	int fd scoped_fd_ = -1;
	__u32 slot = generation & 1;
	int err;

	memset(&opts, 0, sizeof(opts)); /* padding too: libbpf looks at it */
	opts.sz = sizeof(opts);
	opts.map_flags = spec->flags;
	fd = bpf_map_create(spec->type, fw_map_names[outer], spec->key_size,
			    spec->value_size, entries, &opts);
	err = fd < 0 ? -errno : fill(fd, spec, keys, values, n);
	if (!err && bpf_map_update_elem(fw->map[outer], &slot, &fd, BPF_ANY))
		err = -errno;
	if (err) {
		fw_fail(error, err, "cannot build the new policy's tables:");
		fw_fail_where(error, "map %s", fw_map_names[outer]);
	}
	return err;
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

static int add_record(const void *key, const void *value, void *arg)
{
	const struct acl_record *record = value;
	struct slot_list *list = arg;

	(void)key;
	/* Records of one line stand together. Zero pads an empty table. */
	if (!record->line_id ||
	    (list->n && list->items[list->n - 1].id == record->line_id))
		return 0;
	return add_slot(list, record->line_id, record->counter);
}

static int add_iface(const void *key, const void *value, void *arg)
{
	const struct iface_config *config = value;

	if (!table_is_main_iface(key, config))
		return 0;
	return add_slot(arg, config->l3_ifindex, config->stat_slot);
}

static int collect_slots(const struct fw *fw, enum fw_map outer, uint32_t generation,
			 int (*fn)(const void *, const void *, void *),
			 struct slot_use **out, size_t *n)
{
	struct slot_list list cleanup_(free_slots) = {0};
	int fd scoped_fd_ = generation ? inner_open(fw, outer, generation) : -ENOENT;
	int err = fd < 0 ? fd : table_walk(fd, fn, &list);

	if (err && err != -ENOENT)
		return err;
	*n = list.n;
	*out = take(list.items);
	return 0;
}

int table_acl_slots(const struct fw *fw, uint32_t generation, struct slot_use **out,
		    size_t *n)
{
	return collect_slots(fw, FW_MAP_ACL, generation, add_record, out, n);
}

int table_iface_slots(const struct fw *fw, uint32_t generation, struct slot_use **out,
		      size_t *n)
{
	return collect_slots(fw, FW_MAP_IFACES, generation, add_iface, out, n);
}
