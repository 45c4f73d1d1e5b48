// SPDX-License-Identifier: GPL-2.0
/*
 * host_load.c - the programs of host mode, and their maps. See host.h.
 *
 * Why it exists: the only user of the skeleton of host.bpf.o. That object shares the
 * maps of the datapath, which are pinned by now; those whose name begins with "host_"
 * are its own, and pinned by it; the datapath's working memory it does without.
 */
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <host.skel.h>
#include <pinhole/abi_host.h>
#include <util/hash.h>

#include "host.h"
#include "pins.h"

static uint64_t own_build_id(void)
{
	size_t size;
	const void *bytes = host__elf_bytes(&size);

	return hash_bytes(HASH_START, bytes, size);
}

/* ---- what the kernel has to have --------------------------------------------------- */

static void free_btf(struct btf **btf)
{
	btf__free(*btf);
}

static bool has_types(void)
{
	struct btf *btf cleanup_(free_btf) = btf__load_vmlinux_btf();

	return btf != NULL;
}

/* Asked when the kernel has refused, to say why. Return: what is missing, or NULL. */
static const char *missing_feature(void)
{
	if (!has_types())
		return "CONFIG_DEBUG_INFO_BTF";
	/* Host mode has none of this type: it is there where cgroups run programs. */
	if (!libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_CGROUP_SKB, NULL))
		return "CONFIG_CGROUP_BPF";
	if (!libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SOCK_OPS, NULL) ||
	    !libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SK_MSG, NULL) ||
	    !libbpf_probe_bpf_map_type(BPF_MAP_TYPE_SOCKHASH, NULL))
		return "CONFIG_NET_SOCK_MSG";
	return NULL;
}

static int load_failed(int err, struct fw_error *error)
{
	const char *missing;

	fw_fail(error, err, "the kernel refused the programs of host mode:");
	fw_log_into(error);
	if (err == -EPERM)
		return err;
	missing = missing_feature();
	if (missing) {
		char log[sizeof(error->log)] = "";

		if (error)
			memcpy(log, error->log, sizeof(log));
		err = fw_fail(error, -EOPNOTSUPP,
			      "this kernel cannot do host mode: it was built without %s",
			      missing);
		if (error)
			memcpy(error->log, log, sizeof(log));
	}
	fw_fail_hint(error, "host mode needs Linux 6.1 or newer with CONFIG_CGROUP_BPF, "
			    "CONFIG_NET_SOCK_MSG and CONFIG_DEBUG_INFO_BTF; --no-host "
			    "applies the policy without it");
	return err;
}

/* ---- maps ---------------------------------------------------------------------- */

static bool is_own(const struct bpf_map *map)
{
	return !strncmp(bpf_map__name(map), HOST_MAP_PREFIX, strlen(HOST_MAP_PREFIX));
}

static int map_failed(const struct fw *fw, const struct bpf_map *map, int err,
		      struct fw_error *error)
{
	if (err == -EPROTO) {
		fw_fail(error, err, "a map pinned by another version differs in shape");
		fw_fail_hint(error, "`fwctl unload` first; connections are lost with it");
	} else {
		fw_fail(error, err, "cannot use a map for host mode:");
	}
	fw_fail_where(error, "%s/%s/%s", fw->pin_dir, PINS_MAPS, bpf_map__name(map));
	return err;
}

/* How many it holds was settled when it was made. */
static bool same_shape(const struct bpf_map *map, int fd)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	       info.type == (__u32)bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map);
}

static int reuse_map(const struct fw *fw, struct bpf_map *map)
{
	int fd scoped_fd_ = pins_get(fw->pin_dir, PINS_MAPS, bpf_map__name(map));

	if (fd == -ENOENT) /* of its own it is made now; nothing else is needed */
		return is_own(map) ? 0 : bpf_map__set_autocreate(map, false);
	if (fd < 0)
		return fd;
	return same_shape(map, fd) ? bpf_map__reuse_fd(map, fd) : -EPROTO;
}

static int reuse_maps(const struct fw *fw, struct bpf_object *object,
		      struct fw_error *error)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		int err = bpf_map__is_internal(map) ? 0 : reuse_map(fw, map);

		if (err)
			return map_failed(fw, map, err, error);
	}
	return 0;
}

/* As many as there can be sessions. */
static int size_maps(const struct fw *fw, struct host *skeleton)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	int err;

	if (bpf_obj_get_info_by_fd(fw->map[FW_MAP_FTP], &info, &len))
		return -errno;
	err = bpf_map__set_max_entries(skeleton->maps.host_sessions, info.max_entries);
	return err ? err
		   : bpf_map__set_max_entries(skeleton->maps.host_socks,
					      info.max_entries);
}

static int pin_maps(const struct fw *fw, struct bpf_object *object,
		    struct fw_error *error)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		int there scoped_fd_ = -1;
		int err;

		if (bpf_map__is_internal(map) || !is_own(map))
			continue;
		there = pins_get(fw->pin_dir, PINS_MAPS, bpf_map__name(map));
		err = there >= 0 ? 0
				 : pins_put(fw->pin_dir, PINS_MAPS, bpf_map__name(map),
					    bpf_map__fd(map));
		if (err)
			return map_failed(fw, map, err, error);
	}
	return 0;
}

/* ---- programs ------------------------------------------------------------------- */

/* The stamp is written when all of it is pinned, and goes first. */
static int reuse_programs(struct host_job *job, const struct fw *fw)
{
	struct fw_host_mode_state state = {0};
	int sockops scoped_fd_ = pins_get(fw->pin_dir, PINS_PROGS, FW_PROG_HOST_SOCKOPS);
	int msg scoped_fd_ = pins_get(fw->pin_dir, PINS_PROGS, FW_PROG_HOST_MSG);
	__u32 zero = 0;

	if (fw->map[FW_MAP_HOST_MODE] < 0 ||
	    bpf_map_lookup_elem(fw->map[FW_MAP_HOST_MODE], &zero, &state) ||
	    state.build_id != job->build_id || sockops < 0 || msg < 0)
		return -ENOENT;
	job->sockops = fw_take_fd(&sockops);
	job->msg = fw_take_fd(&msg);
	return 0;
}

static int load_programs(struct host_job *job, const struct fw *fw,
			 struct fw_error *error)
{
	struct host *skeleton = host__open();
	int err;

	if (!skeleton)
		return load_failed(-errno, error);
	job->skeleton = skeleton;
	err = size_maps(fw, skeleton);
	if (err)
		return fw_fail(error, err, "cannot size the tables of host mode:");
	err = reuse_maps(fw, skeleton->obj, error);
	if (err)
		return err;
	err = host__load(skeleton);
	if (err)
		return load_failed(err, error);
	err = pin_maps(fw, skeleton->obj, error);
	if (err)
		return err;
	job->sockops = bpf_program__fd(skeleton->progs.host_sockops);
	job->msg = bpf_program__fd(skeleton->progs.host_msg);
	return 0;
}

int host_load(struct host_job *job, const struct fw *fw, const char *cgroup,
	      struct fw_error *error)
{
	int err = cgroup_open(cgroup, &job->cgroup, error);

	if (err)
		return err;
	job->build_id = own_build_id();
	/* What closed while nobody watched must not be taken for a session. */
	job->afresh = !host_is_attached(fw->pin_dir);
	if (job->afresh)
		host_remove(fw->pin_dir);
	if (reuse_programs(job, fw))
		err = load_programs(job, fw, error);
	if (err)
		return err;
	job->socks = pins_get(fw->pin_dir, PINS_MAPS, PH_MAP_HOST_SOCKS);
	job->config = pins_get(fw->pin_dir, PINS_MAPS, PH_MAP_HOST_CONFIG);
	if (job->socks < 0 || job->config < 0)
		return fw_fail(error, job->socks < 0 ? job->socks : job->config,
			       "cannot open a map of host mode:");
	return 0;
}

void host_put(struct host_job *job)
{
	if (job->skeleton) {
		host__destroy(job->skeleton); /* owns the programs */
	} else {
		fw_close_fd(&job->sockops);
		fw_close_fd(&job->msg);
	}
	fw_close_fd(&job->socks);
	fw_close_fd(&job->config);
	fw_close_fd(&job->link);
	fw_close_fd(&job->sockops_before);
	fw_close_fd(&job->msg_before);
	fw_close_fd(&job->cgroup.fd);
	*job = (struct host_job)HOST_JOB_NONE;
}
