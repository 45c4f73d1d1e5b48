// SPDX-License-Identifier: GPL-2.0
/*
 * inner.c - tables of one generation. See inner.h.
 *
 * Why it exists: a table that packets may be reading is never changed; another is
 * made and put in its place. What packets do not read may be written in place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "inner.h"
#include "pins.h"
#include "tables.h"

#define OPEN_RETRIES 8

/* How inner maps are made: as the templates in bpf/maps.h, sized by need. */
struct inner_spec {
	enum bpf_map_type type;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t min_entries; /* a table may be empty; a map may not */
	uint32_t flags;
	bool in_place; /* packets never read it: made with room, and overwritten */
	bool pinned;   /* for those who may not open a map by its id: CAP_SYS_ADMIN may */
};

static const struct inner_spec inner_specs[FW_N_MAPS] = {
	[FW_MAP_IFACES] = {BPF_MAP_TYPE_HASH, sizeof(struct iface_key),
			   sizeof(struct iface_config), 3 * PH_MAX_INTERFACES, 0, false,
			   true},
	[FW_MAP_NAT_IN] = {BPF_MAP_TYPE_LPM_TRIE, sizeof(struct nat_in_key),
			   sizeof(struct nat_value), 1, BPF_F_NO_PREALLOC, false, false},
	[FW_MAP_NAT_OUT] = {BPF_MAP_TYPE_LPM_TRIE, sizeof(struct nat_out_key),
			    sizeof(struct nat_value), 1, BPF_F_NO_PREALLOC, false, false},
	[FW_MAP_NAT_LISTS] = {BPF_MAP_TYPE_HASH, sizeof(struct nat_pair),
			      sizeof(struct acl_root), 1, 0, false, false},
	[FW_MAP_FIXUPS] = {BPF_MAP_TYPE_HASH, sizeof(struct fixup_key),
			   sizeof(struct fixup_value), 1, 0, false, false},
	[FW_MAP_FTP_RULES] = {BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(struct ftp_rule),
			      1, BPF_F_INNER_MAP, false, false},
	[FW_MAP_FTP_STATES] = {BPF_MAP_TYPE_ARRAY, sizeof(__u32),
			       sizeof(struct ftp_state), 1, BPF_F_INNER_MAP, false,
			       false},
	[FW_MAP_TEXT] = {BPF_MAP_TYPE_ARRAY, sizeof(__u32), PH_TEXT_CHUNK_BYTES, 1,
			 BPF_F_INNER_MAP, true, true},
};

static void pin_name(char name[32], enum fw_map outer, uint32_t generation)
{
	snprintf(name, 32, "%s-%u", fw_map_names[outer], generation & 1u);
}

/* That of the generation in force does not change until two applies later. */
static int open_pin(const struct fw *fw, enum fw_map outer, uint32_t generation)
{
	char name[32];

	pin_name(name, outer, generation);
	return pins_get_read_only(fw->pin_dir, PINS_INNER, name);
}

int inner_open(const struct fw *fw, enum fw_map outer, uint32_t generation)
{
	__u32 slot = generation & 1;

	if (fw->read_only)
		return open_pin(fw, outer, generation);
	/* An apply may replace the map between the two calls; then its id is
	 * gone and the slot holds another. */
	for (int tries = 0; tries < OPEN_RETRIES; tries++) {
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

/* ---- filling ------------------------------------------------------------------- */

static int fill_one_by_one(int fd, const struct inner_spec *spec,
			   const unsigned char *keys, const unsigned char *values,
			   uint32_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bpf_map_update_elem(fd, keys + i * spec->key_size,
					values + i * spec->value_size, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int fill(int fd, const struct inner_spec *spec, const void *keys,
		const void *values, uint32_t n)
{
	__u32 *indexes cleanup_free_ = NULL;
	__u32 count = n;

	if (!n)
		return 0;
	if (!keys) {
		indexes = calloc(n, sizeof(*indexes));
		if (!indexes)
			return -ENOMEM;
		for (__u32 i = 0; i < n; i++)
			indexes[i] = i;
		keys = indexes;
	}
	if (!bpf_map_update_batch(fd, keys, values, &count, NULL))
		return 0;
	/* Not every kernel has batches for every type. */
	return fill_one_by_one(fd, spec, keys, values, n);
}

/* ---- comparing ----------------------------------------------------------------- */

/* Elements, each a key and its value, side by side. */
struct element_list {
	const struct inner_spec *spec;
	unsigned char *items;
	size_t n;
	size_t capacity;
};

static void free_elements(struct element_list *list)
{
	free(list->items);
}

static size_t element_bytes(const struct inner_spec *spec)
{
	return (size_t)spec->key_size + spec->value_size;
}

static int new_elements(struct element_list *list, const struct inner_spec *spec,
			size_t capacity)
{
	list->spec = spec;
	list->capacity = capacity;
	list->items = calloc(capacity + 1, element_bytes(spec));
	return list->items ? 0 : -ENOMEM;
}

static int add_element(const void *key, const void *value, void *arg)
{
	struct element_list *list = arg;
	unsigned char *at = list->items + list->n * element_bytes(list->spec);

	if (list->n == list->capacity)
		return 1;
	memcpy(at, key, list->spec->key_size);
	memcpy(at + list->spec->key_size, value, list->spec->value_size);
	list->n++;
	return 0;
}

static int by_bytes(const void *a, const void *b, void *arg)
{
	return memcmp(a, b, *(const size_t *)arg);
}

static void sort_elements(struct element_list *list)
{
	size_t bytes = element_bytes(list->spec);

	qsort_r(list->items, list->n, bytes, by_bytes, &bytes);
}

/* What the map would hold: an array always has all its elements. */
static int wanted_elements(struct element_list *list, const void *keys,
			   const void *values, uint32_t n, uint32_t entries)
{
	const struct inner_spec *spec = list->spec;
	unsigned char *nothing cleanup_free_ = calloc(1, spec->value_size);

	if (!nothing)
		return -ENOMEM;
	for (__u32 i = 0; i < n; i++)
		add_element(keys ? (const char *)keys + (size_t)i * spec->key_size
				 : (const char *)&i,
			    (const char *)values + (size_t)i * spec->value_size, list);
	for (__u32 i = n; !keys && i < entries; i++)
		add_element(&i, nothing, list);
	return 0;
}

/* Whether it can be told that the map has this content and size. */
static bool holds(int fd, const struct inner_spec *spec, const void *keys,
		  const void *values, uint32_t n, uint32_t entries)
{
	struct element_list there cleanup_(free_elements) = {0};
	struct element_list wanted cleanup_(free_elements) = {0};
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len) || info.max_entries != entries ||
	    new_elements(&there, spec, entries) || new_elements(&wanted, spec, entries) ||
	    wanted_elements(&wanted, keys, values, n, entries) ||
	    table_walk(fd, add_element, &there) || there.n != wanted.n)
		return false;
	sort_elements(&there);
	sort_elements(&wanted);
	return !memcmp(there.items, wanted.items, there.n * element_bytes(spec));
}

/* ---- installing ---------------------------------------------------------------- */

/* With room to grow in, unless it is far too large. */
static bool has_room(int fd, uint32_t n)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) && info.max_entries >= n &&
	       info.max_entries / 4 <= n;
}

static int replace(const struct fw *fw, enum fw_map outer, uint32_t generation,
		   const void *keys, const void *values, uint32_t n, uint32_t entries)
{
	const struct inner_spec *spec = &inner_specs[outer];
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
	return err;
}

/* Also where the map was kept: an apply may have been killed between the two. */
static int pin(const struct fw *fw, enum fw_map outer, uint32_t generation)
{
	int fd scoped_fd_ = inner_open(fw, outer, generation);
	char name[32];

	if (fd < 0)
		return fd;
	pin_name(name, outer, generation);
	return pins_put(fw->pin_dir, PINS_INNER, name, fd);
}

int inner_install(const struct fw *fw, enum fw_map outer, uint32_t generation,
		  const void *keys, const void *values, uint32_t n,
		  struct fw_error *error)
{
	const struct inner_spec *spec = &inner_specs[outer];
	uint32_t entries = n > spec->min_entries ? n : spec->min_entries;
	int there scoped_fd_ = inner_open(fw, outer, generation);
	int err;

	if (spec->in_place && there >= 0 && has_room(there, n))
		err = fill(there, spec, keys, values, n);
	else if (spec->in_place)
		err = replace(fw, outer, generation, keys, values, n, n + n / 4 + 1);
	else if (there >= 0 && holds(there, spec, keys, values, n, entries))
		err = 0;
	else
		err = replace(fw, outer, generation, keys, values, n, entries);
	if (!err && spec->pinned)
		err = pin(fw, outer, generation);
	if (err) {
		fw_fail(error, err, "cannot build the new policy's tables:");
		fw_fail_where(error, "map %s", fw_map_names[outer]);
	}
	return err;
}
