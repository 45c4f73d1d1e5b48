// SPDX-License-Identifier: GPL-2.0
/*
 * cleared.c - what had been counted when somebody cleared the counters. See cleared.h.
 *
 * Why it exists: to set counters of the kernel to zero would lose what is counted at
 * that moment, and confuse everybody else who reads them. So they go on, and what they
 * had is kept in a map of the loader, which `show` takes off.
 */
#include <string.h>

#include <bpf/bpf.h>

#include "cleared.h"
#include "pins.h"

#define CLEARED_MAP "counters_clear"

/* A descriptor; -ENOENT: nothing was cleared, or by a version with other counters. */
static int open_map(const char *pin_dir)
{
	int fd scoped_fd_ = pins_get(pin_dir, PINS_MAPS, CLEARED_MAP);
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	return info.value_size == sizeof(struct fw_cleared) ? fw_take_fd(&fd) : -ENOENT;
}

int cleared_read(const char *pin_dir, struct fw_cleared *out)
{
	int fd scoped_fd_ = open_map(pin_dir);
	__u32 zero = 0;

	memset(out, 0, sizeof(*out));
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return bpf_map_lookup_elem(fd, &zero, out) ? -errno : 0;
}

/* Complete before its name is there. */
int cleared_write(const char *pin_dir, const struct fw_cleared *cleared)
{
	int fd scoped_fd_ = bpf_map_create(BPF_MAP_TYPE_ARRAY, CLEARED_MAP, sizeof(__u32),
					   sizeof(*cleared), 1, NULL);
	__u32 zero = 0;

	if (fd < 0 || bpf_map_update_elem(fd, &zero, cleared, BPF_ANY))
		return -errno;
	return pins_put(pin_dir, PINS_MAPS, CLEARED_MAP, fd);
}

int cleared_forget_slot(const char *pin_dir, uint32_t slot)
{
	struct fw_cleared cleared;
	int fd scoped_fd_ = open_map(pin_dir);
	__u32 zero = 0;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (slot >= PH_MAX_INTERFACES)
		return -EINVAL;
	if (bpf_map_lookup_elem(fd, &zero, &cleared))
		return -errno;
	memset(&cleared.interfaces[slot], 0, sizeof(cleared.interfaces[slot]));
	return bpf_map_update_elem(fd, &zero, &cleared, BPF_ANY) ? -errno : 0;
}
