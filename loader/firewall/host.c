// SPDX-License-Identifier: GPL-2.0
/*
 * host.c - host mode: attached, replaced, and taken off. See host.h; host_load.c has
 * the programs.
 *
 * Why it exists: the sockets of a cgroup are watched by a BPF link, which stands beside
 * the programs of others and can neither be replaced nor detached by them by mistake.
 * Each link has a pin of its own, PINDIR/cgroups/ID by the cgroup's id. So an apply for
 * another cgroup attaches there first and lets go of the old one after the flip; in
 * between both may see a socket, which the programs put up with. For the same cgroup
 * the program of the link is replaced atomically. Either way no session goes unseen.
 *
 * Killed anywhere, an apply leaves at worst a link too many, or one whose program the
 * stamp in host_mode does not speak of: the next apply finds both. Pins removed by hand
 * end host mode, as nothing else holds the link: no strays, unlike filters on devices.
 * A link whose cgroup was removed is dead: its cgroup id reads 0.
 *
 * Messages of control sockets are read by a program of the map host_socks. A socket
 * keeps the one that the map had when it was entered, also when another build comes.
 * What is known of sessions is kept as long as somebody watches. Sockets outside of a
 * cgroup that an apply narrows it to are not seen to close: their entries stay until
 * host mode ends, and nobody is of their family any more.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include <pinhole/abi_host.h>

#include "device.h"
#include "host.h"
#include "pins.h"
#include "tc.h"

/* ---- links -------------------------------------------------------------------- */

static bool link_facts(int link, uint64_t *cgroup_id, uint32_t *prog_id)
{
	struct bpf_link_info info = {0};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(link, &info, &len) ||
	    info.type != BPF_LINK_TYPE_CGROUP)
		return false;
	*cgroup_id = info.cgroup.cgroup_id;
	*prog_id = info.prog_id;
	return true;
}

static void link_name(uint64_t cgroup_id, char out[32])
{
	snprintf(out, 32, "%" PRIu64, cgroup_id);
}

/* The pinned link of a cgroup that is alive: a descriptor, or -errno. */
static int open_link(const char *pin_dir, uint64_t cgroup_id, uint32_t *prog_id)
{
	uint64_t found = 0;
	char name[32];
	int link scoped_fd_ = -1;

	link_name(cgroup_id, name);
	link = pins_get(pin_dir, PINS_CGROUPS, name);
	if (link < 0)
		return link;
	return link_facts(link, &found, prog_id) && found == cgroup_id ? fw_take_fd(&link)
								       : -ENOENT;
}

static int find_alive(const char *name, void *arg)
{
	int link scoped_fd_ = pins_get(arg, PINS_CGROUPS, name);
	uint64_t cgroup_id = 0;
	uint32_t prog_id;

	return link >= 0 && link_facts(link, &cgroup_id, &prog_id) && cgroup_id;
}

bool host_is_attached(const char *pin_dir)
{
	return pins_each(pin_dir, PINS_CGROUPS, find_alive, (void *)pin_dir) == 1;
}

struct link_sweep {
	const char *pin_dir;
	const char *keep; /* NULL: none */
	int err;
};

/* Detach first: somebody else may hold the link open. */
static int sweep_link(const char *name, void *arg)
{
	struct link_sweep *sweep = arg;
	int link scoped_fd_ = -1;
	int err = 0;

	if (sweep->keep && !strcmp(name, sweep->keep))
		return 0;
	link = pins_get(sweep->pin_dir, PINS_CGROUPS, name);
	if (link >= 0 && bpf_link_detach(link))
		err = -errno;
	if (!err)
		err = pins_remove(sweep->pin_dir, PINS_CGROUPS, name);
	if (err && !sweep->err)
		sweep->err = err;
	return 0;
}

static int sweep_links(const char *pin_dir, const char *keep)
{
	struct link_sweep sweep = {.pin_dir = pin_dir, .keep = keep};
	int err = pins_each(pin_dir, PINS_CGROUPS, sweep_link, &sweep);

	if (err && err != -ENOENT) /* older versions had no such folder */
		return err;
	return sweep.err;
}

/* ---- attaching ------------------------------------------------------------------ */

/* What reads the messages of the sockets in the map now. A descriptor or -1. */
static int msg_program_of(int socks)
{
	__u32 id = 0;
	__u32 n = 1;

	if (bpf_prog_query(socks, BPF_SK_MSG_VERDICT, 0, NULL, &id, &n) || !n || !id)
		return -1;
	return bpf_prog_get_fd_by_id(id);
}

static int attach_msg(struct host_job *job, struct fw_error *error)
{
	job->msg_before = msg_program_of(job->socks);
	if (bpf_prog_attach(job->msg, job->socks, BPF_SK_MSG_VERDICT, 0))
		return fw_fail(error, -errno,
			       "the kernel refused to hand over what FTP sockets send:");
	return 0;
}

static int refused_link(const struct host_job *job, int err, struct fw_error *error)
{
	fw_fail(error, err, "the kernel refused to watch the sockets of a cgroup:");
	fw_fail_where(error, "cgroup %.200s", job->cgroup.path);
	if (err == -EPERM) /* who may load programs may attach them */
		fw_fail_hint(error,
			     "another sockops program is attached to it, or above it, "
			     "which shares it with nobody (bpftool cgroup tree): attach "
			     "that one with `multi`, or name another cgroup with "
			     "--cgroup; or --no-host applies the policy without host "
			     "mode");
	if (err == -E2BIG)
		fw_fail_hint(error, "the kernel's limit of programs of one cgroup is "
				    "reached; name another one with --cgroup");
	return err;
}

static int attach_link(struct host_job *job, const struct fw *fw, struct fw_error *error)
{
	uint32_t prog_id = 0;
	char name[32];
	int err;

	job->link = open_link(fw->pin_dir, job->cgroup.id, &prog_id);
	job->link_before = job->link >= 0;
	if (job->link_before && prog_id == prog_id_of(job->sockops))
		return 0;
	if (job->link_before) {
		job->sockops_before = bpf_prog_get_fd_by_id(prog_id);
		return bpf_link_update(job->link, job->sockops, NULL)
			       ? refused_link(job, -errno, error)
			       : 0;
	}
	job->link =
		bpf_link_create(job->sockops, job->cgroup.fd, BPF_CGROUP_SOCK_OPS, NULL);
	if (job->link < 0)
		return refused_link(job, -errno, error);
	/* Unpinned, the link ends with this process: a kill here undoes it. */
	link_name(job->cgroup.id, name);
	err = pins_put(fw->pin_dir, PINS_CGROUPS, name, job->link);
	return err ? fw_fail(error, err, "cannot pin the link to a cgroup:") : 0;
}

int host_attach(struct host_job *job, const struct fw *fw, struct fw_error *error)
{
	struct host_config config = {0};
	uint64_t cookie;
	uint64_t inode;
	__u32 zero = 0;
	int err = device_namespace(&cookie, &inode);

	if (err)
		return fw_fail(error, err, "cannot tell the network namespace:");
	config.netns_cookie = cookie;
	if (bpf_map_update_elem(job->config, &zero, &config, BPF_ANY))
		return fw_fail(error, -errno,
			       "cannot write the configuration of host "
			       "mode:");
	err = attach_msg(job, error);
	return err ? err : attach_link(job, fw, error);
}

void host_undo(struct host_job *job, const struct fw *fw)
{
	char name[32];

	if (job->link_before && job->sockops_before >= 0)
		bpf_link_update(job->link, job->sockops_before, NULL);
	if (!job->link_before && job->link >= 0) {
		link_name(job->cgroup.id, name);
		bpf_link_detach(job->link);
		pins_remove(fw->pin_dir, PINS_CGROUPS, name);
	}
	if (job->msg_before >= 0)
		bpf_prog_attach(job->msg_before, job->socks, BPF_SK_MSG_VERDICT, 0);
	if (job->afresh)
		host_remove(fw->pin_dir);
}

/* ---- afterwards ------------------------------------------------------------------ */

void host_settle(struct host_job *job, const struct fw *fw)
{
	struct fw_host_mode_state state = {
		.build_id = job->build_id,
		.cgroup_id = job->cgroup.id,
	};
	char name[32];
	__u32 zero = 0;

	link_name(job->cgroup.id, name);
	sweep_links(fw->pin_dir, name);
	if (job->skeleton &&
	    (pins_put(fw->pin_dir, PINS_PROGS, FW_PROG_HOST_SOCKOPS, job->sockops) ||
	     pins_put(fw->pin_dir, PINS_PROGS, FW_PROG_HOST_MSG, job->msg)))
		return;
	/* Last: whoever reads the stamp may rely on the pins. */
	memcpy(state.cgroup, job->cgroup.path, sizeof(state.cgroup));
	bpf_map_update_elem(fw->map[FW_MAP_HOST_MODE], &zero, &state, BPF_ANY);
}

/* Sockets in the map hold programs which hold maps: let go of them one by one. */
static void empty_socks(const char *pin_dir)
{
	int socks scoped_fd_ = pins_get(pin_dir, PINS_MAPS, PH_MAP_HOST_SOCKS);
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	struct flow_key key;

	if (socks < 0 || bpf_obj_get_info_by_fd(socks, &info, &len))
		return;
	for (__u32 i = 0; i < info.max_entries; i++) {
		if (bpf_map_get_next_key(socks, NULL, &key))
			return;
		bpf_map_delete_elem(socks, &key);
	}
}

static void forget_mode(const char *pin_dir)
{
	const struct fw_host_mode_state none = {0};
	int fd scoped_fd_ = pins_get(pin_dir, PINS_MAPS, fw_map_names[FW_MAP_HOST_MODE]);
	__u32 zero = 0;

	if (fd >= 0)
		bpf_map_update_elem(fd, &zero, &none, BPF_ANY);
}

/* Maps of host.bpf.o have this prefix; of the loader's own, two have it too. */
static int remove_own_map(const char *name, void *arg)
{
	const char *pin_dir = arg;
	int err;

	if (strncmp(name, HOST_MAP_PREFIX, strlen(HOST_MAP_PREFIX)) != 0 ||
	    !strcmp(name, fw_map_names[FW_MAP_HOSTS]) ||
	    !strcmp(name, fw_map_names[FW_MAP_HOST_MODE]))
		return 0;
	err = pins_remove(pin_dir, PINS_MAPS, name);
	return err == -ENOENT ? 0 : err;
}

int host_remove(const char *pin_dir)
{
	int first_err = sweep_links(pin_dir, NULL);
	int err;

	forget_mode(pin_dir);
	empty_socks(pin_dir);
	pins_remove(pin_dir, PINS_PROGS, FW_PROG_HOST_SOCKOPS);
	pins_remove(pin_dir, PINS_PROGS, FW_PROG_HOST_MSG);
	err = pins_each(pin_dir, PINS_MAPS, remove_own_map, (void *)pin_dir);
	return first_err || err == -ENOENT ? first_err : err;
}

/* ---- reading -------------------------------------------------------------------- */

static int look_at_interface(const struct fw_interface *interface, void *arg)
{
	if (interface->config.flags & IFACE_F_HOST_FTP)
		*(bool *)arg = true;
	return 0;
}

int fw_read_host_mode(struct fw *fw, struct fw_host_mode *out, struct fw_error *error)
{
	struct fw_host_mode_state state = {0};
	struct fw_host_mode mode = {0};
	uint32_t prog_id = 0;
	__u32 zero = 0;
	int link scoped_fd_ = -1;
	int err = fw_each_interface(fw, look_at_interface, &mode.wanted, error);

	if (err)
		return err;
	mode.on = mode.wanted && host_is_attached(fw->pin_dir);
	if (mode.on && fw->map[FW_MAP_HOST_MODE] >= 0 &&
	    bpf_map_lookup_elem(fw->map[FW_MAP_HOST_MODE], &zero, &state))
		return fw_fail(error, -errno, "cannot read the state of host mode:");
	if (state.cgroup_id)
		link = open_link(fw->pin_dir, state.cgroup_id, &prog_id);
	if (link >= 0)
		memcpy(mode.cgroup, state.cgroup, sizeof(mode.cgroup));
	*out = mode;
	return 0;
}
