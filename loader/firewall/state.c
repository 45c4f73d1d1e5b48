// SPDX-License-Identifier: GPL-2.0
/*
 * state.c - what is loaded. See state.h.
 *
 * Why it exists: the pins may come from another version, another network
 * namespace, or an apply that was killed. All questions of that kind are
 * answered here, before anything is touched.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "device.h"
#include "pins.h"
#include "state.h"
#include "strays.h"
#include "tables.h"

void state_hint_strays(struct fw_error *error)
{
	struct strays *strays cleanup_free_ = error ? calloc(1, sizeof(*strays)) : NULL;

	if (!strays)
		return;
	fw_log_begin();
	strays_look_around(strays);
	fw_log_end();
	strays_hint(strays, error);
}

static int other_abi(struct fw_error *error, uint32_t version)
{
	fw_fail(error, -EPROTO,
		"what is loaded has ABI version %u, this program has version %u", version,
		PH_ABI_VERSION);
	fw_fail_hint(error, "`fwctl unload` first; connections are lost with it");
	return -EPROTO;
}

/* A map is missing because another version had none of that name. */
static bool is_other_version(const struct fw *fw, struct fw_error *error)
{
	struct fw probe cleanup_(fw_maps_close) = {0};
	struct fw_loader_state state = {0};

	memset(probe.map, 0xff, sizeof(probe.map)); /* all -1 */
	probe.map[FW_MAP_LOADER] =
		pins_get_read_only(fw->pin_dir, PINS_MAPS, fw_map_names[FW_MAP_LOADER]);
	if (probe.map[FW_MAP_LOADER] < 0 || state_read(&probe, &state, NULL) ||
	    !state.abi_version || state.abi_version == PH_ABI_VERSION)
		return false;
	other_abi(error, state.abi_version);
	return true;
}

static int cannot_open(const struct fw *fw, enum fw_map map, int err,
		       struct fw_error *error)
{
	if (err == -ENOENT && is_other_version(fw, error))
		return -EPROTO;
	if (err == -ENOENT && pins_hidden(fw->pin_dir, error))
		return err;
	if (err == -ENOENT) {
		fw_fail(error, err, "no policy is in force");
		fw_fail_where(error, "%s", fw->pin_dir);
		fw_fail_hint(error, "put one in force: fwctl apply FILE");
		state_hint_strays(error);
		return err;
	}
	fw_fail(error, err, "cannot open a pinned map:");
	fw_fail_where(error, "%s/%s/%s", fw->pin_dir, PINS_MAPS, fw_map_names[map]);
	return err;
}

/* Kernels map no memory of a map by a descriptor that cannot write. */
static bool is_viewed(enum fw_map map)
{
	return map == FW_MAP_UNDO || map == FW_MAP_ACL_LINES || map == FW_MAP_ACL_BASE ||
	       map == FW_MAP_NAT_SLOTS;
}

static int open_map(const struct fw *fw, enum fw_map map)
{
	return fw->read_only && !is_viewed(map)
		       ? pins_get_read_only(fw->pin_dir, PINS_MAPS, fw_map_names[map])
		       : pins_get(fw->pin_dir, PINS_MAPS, fw_map_names[map]);
}

int fw_maps_open(struct fw *fw, struct fw_error *error)
{
	int cpus = libbpf_num_possible_cpus();

	if (cpus <= 0)
		return fw_fail(error, cpus ? cpus : -EIO, "cannot count the CPUs:");
	fw->n_cpus = (uint32_t)cpus;
	for (int i = 0; i < FW_N_MAPS; i++) {
		fw->map[i] = open_map(fw, (enum fw_map)i);
		if (fw->map[i] == -ENOENT && i >= FW_MAP_REASONS)
			continue; /* pinned by a version without it */
		if (fw->map[i] < 0)
			return cannot_open(fw, (enum fw_map)i, fw->map[i], error);
	}
	return 0;
}

void fw_maps_close(struct fw *fw)
{
	for (int i = 0; i < FW_N_MAPS; i++) {
		fw_close_fd(&fw->map[i]);
		fw->map[i] = -1;
	}
}

int fw_read_active(const struct fw *fw, uint32_t *generation, struct fw_error *error)
{
	struct policy_active active;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(fw->map[FW_MAP_ACTIVE], &zero, &active))
		return fw_fail(error, -errno, "cannot read the active generation:");
	*generation = active.generation;
	return 0;
}

int state_read(const struct fw *fw, struct fw_loader_state *out, struct fw_error *error)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	__u32 zero = 0;

	/* The kernel writes as many bytes as the map has, not as we expect. Older
	 * versions have fewer: enough to say which they are, and to unload them. */
	memset(out, 0, sizeof(*out));
	if (bpf_obj_get_info_by_fd(fw->map[FW_MAP_LOADER], &info, &len))
		return fw_fail(error, -errno, "cannot inspect the loader's state:");
	if (info.value_size > sizeof(*out))
		return other_abi(error, 0);
	if (bpf_map_lookup_elem(fw->map[FW_MAP_LOADER], &zero, out))
		return fw_fail(error, -errno, "cannot read the loader's state:");
	return 0;
}

int state_check_abi(const struct fw *fw, struct fw_error *error)
{
	struct fw_loader_state state = {0};
	struct policy_config config;
	uint32_t generation = 0;
	__u32 slot;
	int err = state_read(fw, &state, error);

	if (err)
		return err;
	if (state.abi_version && state.abi_version != PH_ABI_VERSION)
		return other_abi(error, state.abi_version);
	err = fw_read_active(fw, &generation, error);
	if (err || !generation)
		return err;
	slot = generation & 1;
	if (bpf_map_lookup_elem(fw->map[FW_MAP_CONFIG], &slot, &config))
		return fw_fail(error, -errno, "cannot read the policy's configuration:");
	return config.abi_version == PH_ABI_VERSION
		       ? 0
		       : other_abi(error, config.abi_version);
}

int state_check_namespace(const struct fw *fw, bool *gone, struct fw_error *error)
{
	struct fw_loader_state state = {0};
	uint64_t cookie;
	uint64_t inode;
	char path[128];
	int err = state_read(fw, &state, error);

	if (gone)
		*gone = false;
	if (err || !state.netns_cookie)
		return err;
	err = device_namespace(&cookie, &inode);
	if (err)
		return fw_fail(error, err, "cannot tell the network namespace:");
	if (cookie == state.netns_cookie)
		return 0;
	if (inode == state.netns_inode ||
	    !device_namespace_path(state.netns_inode, path, sizeof(path))) {
		if (gone)
			*gone = true;
		return 0;
	}
	fw_fail(error, -EXDEV, "this firewall is in force in another network namespace");
	fw_fail_where(error, "%s", fw->pin_dir);
	fw_fail_hint(error,
		     "enter it: nsenter --net=%s fwctl ...; or use another --pin-dir",
		     path);
	return -EXDEV;
}

int state_stamp(const struct fw *fw, bool first, uint64_t *loaded_ns,
		struct fw_error *error)
{
	struct fw_loader_state state = {0};
	struct timespec now;
	__u32 zero = 0;
	int err = state_read(fw, &state, error);

	if (err)
		return err;
	state.abi_version = PH_ABI_VERSION;
	err = device_namespace(&state.netns_cookie, &state.netns_inode);
	if (err)
		return fw_fail(error, err, "cannot tell the network namespace:");
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (first)
		state.loaded_ns =
			(uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
	if (bpf_map_update_elem(fw->map[FW_MAP_LOADER], &zero, &state, BPF_ANY))
		return fw_fail(error, -errno, "cannot write the loader's state:");
	*loaded_ns = state.loaded_ns;
	return 0;
}

int state_get_host(const struct fw *fw, uint32_t ifindex, struct fw_host *out)
{
	return bpf_map_lookup_elem(fw->map[FW_MAP_HOSTS], &ifindex, out) ? -errno : 0;
}

int state_put_host(const struct fw *fw, uint32_t ifindex, const struct fw_host *host)
{
	return bpf_map_update_elem(fw->map[FW_MAP_HOSTS], &ifindex, host, BPF_ANY)
		       ? -errno
		       : 0;
}

int state_drop_host(const struct fw *fw, uint32_t ifindex)
{
	bpf_map_delete_elem(fw->map[FW_MAP_REASONS], &ifindex);
	return bpf_map_delete_elem(fw->map[FW_MAP_HOSTS], &ifindex) ? -errno : 0;
}

void state_get_reason(const struct fw *fw, uint32_t ifindex, uint32_t mode, char out[96])
{
	struct fw_mode_reason reason;

	out[0] = '\0';
	if (!bpf_map_lookup_elem(fw->map[FW_MAP_REASONS], &ifindex, &reason) &&
	    reason.mode == mode)
		snprintf(out, sizeof(reason.why), "%.*s", (int)sizeof(reason.why) - 1,
			 reason.why);
}

void state_put_reason(const struct fw *fw, uint32_t ifindex, uint32_t mode,
		      const char *why)
{
	struct fw_mode_reason reason = {.mode = mode};

	snprintf(reason.why, sizeof(reason.why), "%s", why);
	bpf_map_update_elem(fw->map[FW_MAP_REASONS], &ifindex, &reason, BPF_ANY);
}

struct host_list {
	struct fw_host_entry items[FW_MAX_HOSTS];
	size_t n;
};

static int add_host(const void *key, const void *value, void *arg)
{
	struct host_list *list = arg;

	if (list->n == FW_MAX_HOSTS)
		return -E2BIG;
	memcpy(&list->items[list->n].ifindex, key, sizeof(uint32_t));
	memcpy(&list->items[list->n].host, value, sizeof(struct fw_host));
	list->n++;
	return 0;
}

int state_list_hosts(const struct fw *fw, struct fw_host_entry **out, size_t *n)
{
	struct host_list *list cleanup_free_ = calloc(1, sizeof(*list));
	struct fw_host_entry *copy;
	int err = list ? table_walk(fw->map[FW_MAP_HOSTS], add_host, list) : -ENOMEM;

	if (err)
		return err;
	copy = calloc(list->n + 1, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, list->items, list->n * sizeof(*copy));
	*out = copy;
	*n = list->n;
	return 0;
}
