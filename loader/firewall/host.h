/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host.h - host mode: the programs that watch the sockets of this machine's own FTP
 * sessions (bpf/host.bpf.c), loaded and attached only where a policy asks for it.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_HOST_H
#define FIREWALL_HOST_H

#include "cgroup.h"
#include "internal.h"

/* So begin the names of the maps that are host.bpf.o's own. */
#define HOST_MAP_PREFIX "host_"

struct host; /* the generated skeleton */

/* What one apply does about host mode. */
struct host_job {
	struct cgroup cgroup;
	struct host *skeleton; /* NULL: the pinned programs serve */
	uint64_t build_id;
	int sockops; /* programs */
	int msg;
	int socks; /* the map host_socks, and the one element of its configuration */
	int config;

	/* What was there before, for undoing. */
	bool afresh; /* nothing was attached: there is nothing to go back to */
	int link;    /* of the cgroup; -1: not attached by this apply */
	bool link_before;
	int sockops_before; /* what the link ran, what the sockets did; -1: nothing */
	int msg_before;
};

#define HOST_JOB_NONE                                                                 \
	{                                                                             \
		.cgroup.fd = -1, .sockops = -1, .msg = -1, .socks = -1, .config = -1, \
		.link = -1, .sockops_before = -1, .msg_before = -1                    \
	}

/*
 * Find the cgroup, and get programs of this build over the pinned maps; make and pin
 * the maps of host mode that are missing.
 * @fw: open, and its programs' maps pinned
 * @cgroup: its directory; NULL: the root
 * Return: 0, -ENOENT (no cgroup2), -EINVAL (no directory of cgroup2), -EOPNOTSUPP (the
 * kernel lacks something), -EPROTO (maps pinned by another version), other -errno.
 */
int host_load(struct host_job *job, const struct fw *fw, const char *cgroup,
	      struct fw_error *error);

/* Before the flip: watch the sockets of the cgroup, beside whoever else does. */
int host_attach(struct host_job *job, const struct fw *fw, struct fw_error *error);

/* What host_load() and host_attach() have done. Best effort. */
void host_undo(struct host_job *job, const struct fw *fw);

/* After the flip: pin the programs, and let go of other cgroups. Best effort: what is
 * left over, the next apply or unload clears up. */
void host_settle(struct host_job *job, const struct fw *fw);

void host_put(struct host_job *job);

/* A link of ours is pinned whose cgroup is alive. */
bool host_is_attached(const char *pin_dir);

/* Stop watching, and remove all pins of host mode; whatever there is of it. 0 or the
 * first -errno. */
int host_remove(const char *pin_dir);

#endif /* FIREWALL_HOST_H */
