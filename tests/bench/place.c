// SPDX-License-Identifier: GPL-2.0
/*
 * place.c - entering the lab's namespaces. See place.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "place.h"

int place_enter(const struct bench_case *c, const char *side)
{
	char path[128];
	int fd, err;

	snprintf(path, sizeof(path), "/run/netns/%s-%s", c->lab, side);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return bench_fail(c, "%s: %s", path, strerror(errno));
	err = setns(fd, CLONE_NEWNET) ? errno : 0;
	close(fd);
	return err ? bench_fail(c, "setns %s: %s", path, strerror(err)) : 0;
}

static int find_one(const struct bench_case *c, const char *side, const char *device,
		    struct place *out)
{
	struct ifreq index = {0}, mac;
	int fd, err;

	if (place_enter(c, side))
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return bench_fail(c, "socket: %s", strerror(errno));
	snprintf(index.ifr_name, sizeof(index.ifr_name), "%s", device);
	mac = index;
	err = ioctl(fd, SIOCGIFINDEX, &index) || ioctl(fd, SIOCGIFHWADDR, &mac) ? errno
										: 0;
	close(fd);
	if (err)
		return bench_fail(c, "%s in %s: %s", device, side, strerror(err));
	out->side = side;
	out->device = device;
	out->ifindex = (uint32_t)index.ifr_ifindex;
	memcpy(out->mac, mac.ifr_hwaddr.sa_data, ETH_ALEN);
	return 0;
}

int places_find(const struct bench_case *c, struct places *out)
{
	if (find_one(c, "outside", "eth0", &out->outside) ||
	    find_one(c, "inside", "eth0", &out->inside))
		return -1;
	if (c->path == BENCH_WIRE)
		return 0;
	return find_one(c, "fw", "out0", &out->fw_outside) ||
			       find_one(c, "fw", "in0", &out->fw_inside)
		       ? -1
		       : 0;
}
