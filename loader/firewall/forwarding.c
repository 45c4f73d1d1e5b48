// SPDX-License-Identifier: GPL-2.0
/*
 * forwarding.c - that a device forwards packets. See forwarding.h.
 *
 * Why it exists: bpf_fib_lookup() refuses what the device may not forward, in
 * each family by its own setting. All of it speaks of the caller's network
 * namespace: /proc/sys/net shows the one of the task that reads it.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forwarding.h"
#include "internal.h"

struct setting {
	const char *family;
	const char *name;
};

static const struct setting ipv4_forwarding = {"ipv4", "forwarding"};
static const struct setting ipv6_forwarding = {"ipv6", "forwarding"};
static const struct setting ipv6_accept_ra = {"ipv6", "accept_ra"};

/* accept_ra: 1 accepts advertisements unless the device forwards, 2 always. */
#define RA_UNLESS_FORWARDING 1
#define RA_ALWAYS	     2

static int open_setting(const struct setting *setting, const char *device, int how)
{
	char path[96];
	int fd;

	if (strchr(device, '/') || strlen(device) >= IF_NAMESIZE)
		return -EINVAL;
	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", setting->family,
		 device, setting->name);
	fd = open(path, how | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int read_setting(const struct setting *setting, const char *device)
{
	int fd scoped_fd_ = open_setting(setting, device, O_RDONLY);
	char text[16] = "";

	if (fd < 0)
		return fd;
	if (read(fd, text, sizeof(text) - 1) < 0)
		return -errno;
	return (int)strtol(text, NULL, 10);
}

static int write_setting(const struct setting *setting, const char *device, int value)
{
	int fd scoped_fd_ = open_setting(setting, device, O_WRONLY);
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", value);

	if (fd < 0)
		return fd;
	return write(fd, text, (size_t)len) < 0 ? -errno : 0;
}

/* ---- routers of other devices --------------------------------------------------- */

static void free_names(struct if_nameindex **names)
{
	if (*names)
		if_freenameindex(*names);
}

/*
 * Switching forwarding on for one device makes the kernel forget the advertised
 * default routers of every device that has not accept_ra 2. So all have it for
 * this moment. Killed just then, 2 stays: such a device accepts what it accepted
 * before.
 */
static int enable_ipv6(const char *device)
{
	struct if_nameindex *names cleanup_(free_names) = if_nameindex();
	bool *changed cleanup_free_ = NULL;
	size_t n = 0;
	int err;

	while (names && names[n].if_index)
		n++;
	changed = calloc(n + 1, sizeof(*changed));
	if (!changed)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		changed[i] = read_setting(&ipv6_accept_ra, names[i].if_name) ==
				     RA_UNLESS_FORWARDING &&
			     !write_setting(&ipv6_accept_ra, names[i].if_name, RA_ALWAYS);
	err = write_setting(&ipv6_forwarding, device, 1);
	for (size_t i = 0; i < n; i++) {
		if (changed[i])
			write_setting(&ipv6_accept_ra, names[i].if_name,
				      RA_UNLESS_FORWARDING);
	}
	return err;
}

/* ---- the device ------------------------------------------------------------------- */

int forwarding_get(const char *device)
{
	int value = read_setting(&ipv4_forwarding, device);

	return value > 0 ? 1 : value;
}

/* The same value is written: only to learn now whether it can be set later. */
static int plan_one(const struct setting *setting, const char *device, uint32_t flag,
		    uint32_t *flags)
{
	int value = read_setting(setting, device);
	int err;

	if (value)
		return value < 0 ? value : 0;
	err = write_setting(setting, device, 0);
	if (!err)
		*flags |= flag;
	return err;
}

int forwarding_plan(const char *device, uint32_t *flags)
{
	uint32_t before = *flags;
	int err = plan_one(&ipv4_forwarding, device, FW_HOST_FORWARDING, flags);

	if (err)
		return err;
	err = plan_one(&ipv6_forwarding, device, FW_HOST_FORWARDING6, flags);
	if (err == -ENOENT) /* no IPv6 on this host, or on this device */
		return 0;
	if (!err && (*flags & ~before & FW_HOST_FORWARDING6) &&
	    read_setting(&ipv6_accept_ra, device) == RA_UNLESS_FORWARDING)
		*flags |= FW_HOST_ACCEPT_RA;
	return err;
}

int forwarding_enable(const char *device)
{
	int err = 0;
	int err6 = 0;

	if (!read_setting(&ipv4_forwarding, device))
		err = write_setting(&ipv4_forwarding, device, 1);
	if (!read_setting(&ipv6_forwarding, device)) {
		if (read_setting(&ipv6_accept_ra, device) == RA_UNLESS_FORWARDING)
			err6 = write_setting(&ipv6_accept_ra, device, RA_ALWAYS);
		if (!err6)
			err6 = enable_ipv6(device);
	}
	return err ? err : err6;
}

void forwarding_restore(const char *device, uint32_t flags)
{
	if (flags & FW_HOST_FORWARDING)
		write_setting(&ipv4_forwarding, device, 0);
	if (flags & FW_HOST_FORWARDING6)
		write_setting(&ipv6_forwarding, device, 0);
	/* Somebody who meanwhile set it otherwise meant it. */
	if ((flags & FW_HOST_ACCEPT_RA) &&
	    read_setting(&ipv6_accept_ra, device) == RA_ALWAYS)
		write_setting(&ipv6_accept_ra, device, RA_UNLESS_FORWARDING);
}
