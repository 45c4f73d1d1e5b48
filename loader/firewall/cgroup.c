// SPDX-License-Identifier: GPL-2.0
/*
 * cgroup.c - finding a cgroup. See cgroup.h.
 *
 * Why it exists: distributions mount cgroup2 on /sys/fs/cgroup, on
 * /sys/fs/cgroup/unified beside version 1, or in a container anywhere; the kernel's
 * own list of mounts is asked.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "cgroup.h"
#include "mountinfo.h"

#define MOUNTINFO "/proc/self/mountinfo"

static void close_stream(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

static bool is_cgroup2(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* Another file system may have been mounted over it. */
static int open_cgroup2(const char *path)
{
	int fd scoped_fd_ = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return is_cgroup2(fd) ? fw_take_fd(&fd) : -EINVAL;
}

/* The first mount of all of it, or with !@whole of a part. A descriptor or -ENOENT. */
static int find_mount(bool whole, char path[FW_CGROUP_PATH_BYTES])
{
	FILE *mounts cleanup_(close_stream) = fopen(MOUNTINFO, "re");
	char *line cleanup_free_ = NULL;
	size_t size = 0;

	while (mounts && getline(&line, &size, mounts) > 0) {
		bool is_whole;
		int fd;

		if (!mountinfo_match(line, "cgroup2", path, FW_CGROUP_PATH_BYTES,
				     &is_whole) ||
		    is_whole != whole)
			continue;
		fd = open_cgroup2(path);
		if (fd >= 0)
			return fd;
	}
	return -ENOENT;
}

static int open_root(char path[FW_CGROUP_PATH_BYTES])
{
	int fd = find_mount(true, path);

	return fd >= 0 ? fd : find_mount(false, path);
}

static int not_mounted(struct fw_error *error)
{
	fw_fail(error, -ENOENT,
		"host mode needs cgroup2, which is not mounted here: it is by its cgroup "
		"that the kernel tells whose sockets are watched");
	fw_fail_where(error, MOUNTINFO);
	fw_fail_hint(error,
		     "mount it (mount -t cgroup2 cgroup2 DIR); `ip netns exec` hides it, "
		     "`nsenter --net=/run/netns/NAME` does not; or --no-host applies the "
		     "policy without host mode");
	return -ENOENT;
}

static int wrong_directory(const char *path, int err, struct fw_error *error)
{
	char root[FW_CGROUP_PATH_BYTES];
	int fd scoped_fd_ = open_root(root);

	if (err == -EINVAL)
		fw_fail(error, err, "--cgroup names no directory of cgroup2");
	else
		fw_fail(error, err, "cannot open the directory that --cgroup names:");
	fw_fail_where(error, "%.200s", path);
	if (fd >= 0)
		fw_fail_hint(error,
			     "cgroup2 is mounted on %.200s: name a directory there, or "
			     "leave out --cgroup to watch all sockets",
			     root);
	else
		fw_fail_hint(error, "cgroup2 is mounted nowhere here; --no-host applies "
				    "the policy without host mode");
	return err;
}

static int open_named(const char *path, char out[FW_CGROUP_PATH_BYTES],
		      struct fw_error *error)
{
	char *absolute cleanup_free_ = realpath(path, NULL);
	int fd = absolute ? open_cgroup2(absolute) : -errno;

	if (fd < 0)
		return wrong_directory(path, fd == -ENOTDIR ? -EINVAL : fd, error);
	snprintf(out, FW_CGROUP_PATH_BYTES, "%s", absolute);
	return fd;
}

/* On cgroup2 the handle of a directory is the cgroup's id, and nothing else. */
static int read_id(int fd, uint64_t *id)
{
	union {
		struct file_handle handle;
		char bytes[sizeof(struct file_handle) + sizeof(*id)];
	} found = {.handle = {.handle_bytes = sizeof(*id)}};
	int mount;

	if (name_to_handle_at(fd, "", &found.handle, &mount, AT_EMPTY_PATH))
		return -errno;
	if (found.handle.handle_bytes != sizeof(*id))
		return -EPROTO;
	memcpy(id, found.handle.f_handle, sizeof(*id));
	return 0;
}

int cgroup_open(const char *path, struct cgroup *out, struct fw_error *error)
{
	struct cgroup cgroup = {.fd = -1};
	int fd scoped_fd_ = path ? open_named(path, cgroup.path, error)
				 : open_root(cgroup.path);
	int err;

	if (fd < 0)
		return path ? fd : not_mounted(error);
	err = read_id(fd, &cgroup.id);
	if (err) {
		fw_fail(error, err, "cannot tell which cgroup a directory is:");
		fw_fail_where(error, "%.200s", cgroup.path);
		return err;
	}
	cgroup.fd = fw_take_fd(&fd);
	*out = cgroup;
	return 0;
}
