/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cgroup.h - the cgroup whose sockets host mode watches.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_CGROUP_H
#define FIREWALL_CGROUP_H

#include "internal.h"

struct cgroup {
	int fd;				 /* of its directory */
	uint64_t id;			 /* never that of another one */
	char path[FW_CGROUP_PATH_BYTES]; /* absolute */
};

/*
 * Open a cgroup of the unified hierarchy (cgroup2).
 * @path: its directory; NULL: the root, wherever it is mounted. Within a cgroup
 * namespace that is the namespace's root
 * Return: 0, -ENOENT (no such directory, or nowhere mounted), -EINVAL (not of
 * cgroup2), other -errno.
 */
int cgroup_open(const char *path, struct cgroup *out, struct fw_error *error);

#endif /* FIREWALL_CGROUP_H */
