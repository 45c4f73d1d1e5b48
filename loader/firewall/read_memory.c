// SPDX-License-Identifier: GPL-2.0
/*
 * read_memory.c - what is pinned: maps and the memory they take, programs.
 *
 * Why it exists: what takes the memory is asked of the kernel, map by map, and not of a
 * list of ours: a map that is added later is here by itself.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "cgroup.h"
#include "pins.h"
#include "programs.h"
#include "state.h"
#include "tables.h"

static const char *map_type_name(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
		return "hash";
	case BPF_MAP_TYPE_LRU_HASH:
		return "lru_hash";
	case BPF_MAP_TYPE_ARRAY:
		return "array";
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return "percpu_array";
	case BPF_MAP_TYPE_PERCPU_HASH:
		return "percpu_hash";
	case BPF_MAP_TYPE_LPM_TRIE:
		return "lpm_trie";
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		return "array_of_maps";
	case BPF_MAP_TYPE_DEVMAP_HASH:
		return "devmap_hash";
	case BPF_MAP_TYPE_QUEUE:
		return "queue";
	case BPF_MAP_TYPE_RINGBUF:
		return "ringbuf";
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		return "perf_event_array";
	case BPF_MAP_TYPE_SOCKHASH:
		return "sockhash";
	case BPF_MAP_TYPE_SK_STORAGE:
		return "sk_storage";
	default:
		return "other";
	}
}

/* Their entries come and go; those of other kinds are always all there. */
static bool is_counted(uint32_t type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH ||
	       type == BPF_MAP_TYPE_LPM_TRIE || type == BPF_MAP_TYPE_DEVMAP_HASH;
}

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* As the kernel charges it. 0: it does not say. */
static uint64_t bytes_of(int fd)
{
	char path[64], line[128];
	FILE *file cleanup_(close_file) = NULL;
	uint64_t bytes = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "memlock: %" SCNu64, &bytes) == 1)
			return bytes;
	return 0;
}

/* By keys alone: there may be no batches, and values may be large. A key deleted
 * meanwhile restarts the kernel's walk: bounded by twice the table's size. */
static uint64_t count_entries(int fd, const struct bpf_map_info *info)
{
	unsigned char *key cleanup_free_ = calloc(1, info->key_size);
	uint64_t n = 0;

	if (!key)
		return 0;
	for (bool first = true; n < 2ull * info->max_entries; first = false, n++)
		if (bpf_map_get_next_key(fd, first ? NULL : key, key))
			break;
	return n < info->max_entries ? n : info->max_entries;
}

static int count_element(const void *key, const void *value, void *arg)
{
	(void)key;
	(void)value;
	++*(uint64_t *)arg;
	return 0;
}

static int measure(int fd, struct fw_map_memory *out, struct bpf_map_info *info)
{
	__u32 len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	if (bpf_obj_get_info_by_fd(fd, info, &len))
		return -errno;
	out->type = map_type_name(info->type);
	out->capacity = info->max_entries;
	out->bytes = bytes_of(fd);
	out->counted = is_counted(info->type);
	if (!out->counted)
		return 0;
	if (info->type == BPF_MAP_TYPE_HASH || info->type == BPF_MAP_TYPE_LRU_HASH)
		return table_walk(fd, count_element, &out->entries);
	out->entries = count_entries(fd, info);
	return 0;
}

/* One table per generation. One of them may be replaced while it is looked at. */
static void add_inner(int outer, uint32_t active, struct fw_map_memory *out)
{
	out->capacity = 0;
	for (__u32 slot = 0; slot < 2; slot++) {
		struct fw_map_memory inner = {0};
		struct bpf_map_info info;
		__u32 id;
		int fd scoped_fd_ = -1;

		if (bpf_map_lookup_elem(outer, &slot, &id))
			continue;
		fd = bpf_map_get_fd_by_id(id);
		if (fd < 0 || measure(fd, &inner, &info))
			continue;
		out->bytes += inner.bytes;
		if (slot != (active & 1))
			continue;
		out->type = inner.type;
		out->counted = inner.counted;
		out->entries = inner.entries;
		out->capacity = inner.capacity;
	}
}

struct map_walk {
	struct fw *fw;
	uint32_t active;
	int (*fn)(const struct fw_map_memory *, void *);
	void *arg;
	int result;
};

static int visit_map(const char *name, void *arg)
{
	struct map_walk *walk = arg;
	int fd scoped_fd_ = pins_get(walk->fw->pin_dir, PINS_MAPS, name);
	struct fw_map_memory memory = {0};
	struct bpf_map_info info;
	int err = fd < 0 ? fd : measure(fd, &memory, &info);

	if (err == -ENOENT) /* unpinned just now */
		return 0;
	if (err)
		return err;
	snprintf(memory.name, sizeof(memory.name), "%s", name);
	if (info.type == BPF_MAP_TYPE_ARRAY_OF_MAPS)
		add_inner(fd, walk->active, &memory);
	walk->result = walk->fn(&memory, walk->arg);
	return walk->result;
}

int fw_each_map(struct fw *fw, int (*fn)(const struct fw_map_memory *, void *), void *arg,
		struct fw_error *error)
{
	struct map_walk walk = {.fw = fw, .fn = fn, .arg = arg};
	int err = fw_read_active(fw, &walk.active, error);

	if (err)
		return err;
	err = pins_each(fw->pin_dir, PINS_MAPS, visit_map, &walk);
	if (err && !walk.result)
		fw_fail(error, err, "cannot look at the maps:");
	return err;
}

/* ---- what is loaded -----------------------------------------------------------------
 */

static const char *program_type_name(uint32_t type)
{
	switch (type) {
	case BPF_PROG_TYPE_XDP:
		return "xdp";
	case BPF_PROG_TYPE_SCHED_CLS:
		return "tc";
	case BPF_PROG_TYPE_SOCK_OPS:
		return "sock_ops";
	case BPF_PROG_TYPE_SK_MSG:
		return "sk_msg";
	default:
		return "other";
	}
}

struct program_walk {
	const struct fw *fw;
	struct fw_loaded *out;
};

static int visit_program(const char *name, void *arg)
{
	struct program_walk *walk = arg;
	int fd scoped_fd_ = pins_get(walk->fw->pin_dir, PINS_PROGS, name);
	size_t at = walk->out->n_programs;
	struct bpf_prog_info info;
	__u32 len = sizeof(info);

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	memset(&info, 0, sizeof(info));
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (at == FW_MAX_PROGRAMS)
		return -E2BIG;
	snprintf(walk->out->programs[at].name, sizeof(walk->out->programs[at].name), "%s",
		 name);
	walk->out->programs[at].type = program_type_name(info.type);
	walk->out->programs[at].id = info.id;
	memcpy(walk->out->programs[at].tag, info.tag, sizeof(info.tag));
	walk->out->programs[at].loaded_ns = info.load_time;
	walk->out->programs[at].instructions = info.verified_insns;
	walk->out->n_programs++;
	return 0;
}

int fw_read_loaded(struct fw *fw, struct fw_loaded *out, struct fw_error *error)
{
	struct fw_loaded loaded = {0};
	struct program_walk walk = {fw, &loaded};
	struct fw_loader_state state = {0};
	int err = state_read(fw, &state, error);

	if (!err)
		err = fw_read_active(fw, &loaded.generation, error);
	if (err)
		return err;
	loaded.abi_version = state.abi_version;
	loaded.build_id = state.build_id;
	loaded.loaded_ns = state.loaded_ns;
	err = pins_each(fw->pin_dir, PINS_PROGS, visit_program, &walk);
	if (err)
		return fw_fail(error, err, "cannot look at the programs:");
	*out = loaded;
	return 0;
}

uint64_t fw_build_id(void)
{
	return programs_build_id();
}

bool fw_has_cgroup2(void)
{
	struct cgroup cgroup;

	if (cgroup_open(NULL, &cgroup, NULL))
		return false;
	close(cgroup.fd);
	return true;
}
