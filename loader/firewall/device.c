// SPDX-License-Identifier: GPL-2.0
/*
 * device.c - facts about network devices. See device.h.
 *
 * Why it exists: everything that asks the host, and not BPF, about a device
 * is here. All of it speaks of the caller's network namespace: /proc/sys/net
 * shows the namespace of the task that reads it, whoever mounted /proc.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "device.h"

#ifndef SO_NETNS_COOKIE
#	define SO_NETNS_COOKIE 71 /* Linux 5.14; Debian 12's libc headers lack it */
#endif

static int device_ioctl(int fd, unsigned long request, const char *device,
			struct ifreq *req)
{
	snprintf(req->ifr_name, sizeof(req->ifr_name), "%s", device);
	return ioctl(fd, request, req) ? -errno : 0;
}

static void read_driver(int fd, const char *device, char *out, size_t size)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq req = {.ifr_data = (char *)&info};

	out[0] = '\0';
	if (!device_ioctl(fd, SIOCETHTOOL, device, &req))
		snprintf(out, size, "%.*s", (int)sizeof(info.driver), info.driver);
}

int device_facts(const char *device, struct device_facts *out)
{
	int fd scoped_fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct device_facts facts = {0};
	struct ifreq req = {0};
	int err;

	if (fd < 0)
		return -errno;
	if (!device[0] || strlen(device) >= IFNAMSIZ)
		return -ENODEV;
	err = device_ioctl(fd, SIOCGIFINDEX, device, &req);
	if (err)
		return err;
	facts.ifindex = (uint32_t)req.ifr_ifindex;
	err = device_ioctl(fd, SIOCGIFFLAGS, device, &req);
	if (err)
		return err;
	facts.loopback = req.ifr_flags & IFF_LOOPBACK;
	facts.up = req.ifr_flags & IFF_UP;
	err = device_ioctl(fd, SIOCGIFHWADDR, device, &req);
	if (err)
		return err;
	memcpy(facts.mac, req.ifr_hwaddr.sa_data, sizeof(facts.mac));
	read_driver(fd, device, facts.driver, sizeof(facts.driver));
	*out = facts;
	return 0;
}

static void free_addresses(struct ifaddrs **list)
{
	if (*list)
		freeifaddrs(*list);
}

bool device_has_address(const char *device, __be32 address, __be32 netmask)
{
	struct ifaddrs *list cleanup_(free_addresses) = NULL;

	if (getifaddrs(&list))
		return true; /* unknown is no reason for a warning */
	for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
		struct sockaddr_in addr;
		struct sockaddr_in mask;

		if (strcmp(at->ifa_name, device) != 0 || !at->ifa_addr ||
		    !at->ifa_netmask || at->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&addr, at->ifa_addr, sizeof(addr));
		memcpy(&mask, at->ifa_netmask, sizeof(mask));
		if (addr.sin_addr.s_addr == address && mask.sin_addr.s_addr == netmask)
			return true;
	}
	return false;
}

static int forwarding_path(const char *device, char *path, size_t size)
{
	int len = snprintf(path, size, "/proc/sys/net/ipv4/conf/%s/forwarding", device);

	return (size_t)len < size && !strchr(device, '/') ? 0 : -EINVAL;
}

int device_forwarding(const char *device)
{
	char path[128];
	char value = 0;
	int err = forwarding_path(device, path, sizeof(path));
	int fd scoped_fd_ = err ? -1 : open(path, O_RDONLY | O_CLOEXEC);

	if (err)
		return err;
	if (fd < 0 || read(fd, &value, 1) < 0)
		return -errno;
	return value != '0';
}

int device_set_forwarding(const char *device, bool on)
{
	char path[128];
	int err = forwarding_path(device, path, sizeof(path));
	int fd scoped_fd_ = err ? -1 : open(path, O_WRONLY | O_CLOEXEC);

	if (err)
		return err;
	if (fd < 0 || write(fd, on ? "1\n" : "0\n", 2) < 0)
		return -errno;
	return 0;
}

int device_namespace(uint64_t *cookie, uint64_t *inode)
{
	int fd scoped_fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*cookie);
	struct stat self;

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &len) ||
	    stat("/proc/thread-self/ns/net", &self))
		return -errno;
	*inode = self.st_ino;
	return 0;
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* Look through DIRECTORY/ENTRY/@below for the namespace. */
static bool search_namespace(const char *directory, const char *below, uint64_t inode,
			     char *path, size_t size)
{
	DIR *dir cleanup_(close_dir) = opendir(directory);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		struct stat found;
		int len =
			snprintf(path, size, "%s/%s%s", directory, entry->d_name, below);

		if (entry->d_name[0] != '.' && (size_t)len < size &&
		    !stat(path, &found) && found.st_ino == inode)
			return true;
	}
	return false;
}

bool device_namespace_path(uint64_t inode, char *path, size_t size)
{
	return search_namespace("/run/netns", "", inode, path, size) ||
	       search_namespace("/proc", "/ns/net", inode, path, size);
}
