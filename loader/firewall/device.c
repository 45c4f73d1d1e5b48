// SPDX-License-Identifier: GPL-2.0
/*
 * device.c - facts about network devices. See device.h.
 *
 * Why it exists: everything that asks the host, and not BPF, about a device
 * is here; forwarding.c has the settings. All of it speaks of the caller's
 * network namespace.
 */
#include <arpa/inet.h>
#include <dirent.h>
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
	err = device_ioctl(fd, SIOCGIFMTU, device, &req);
	if (err)
		return err;
	facts.mtu_bytes = (uint32_t)req.ifr_mtu;
	read_driver(fd, device, facts.driver, sizeof(facts.driver));
	*out = facts;
	return 0;
}

static void free_addresses(struct ifaddrs **list)
{
	if (*list)
		freeifaddrs(*list);
}

/* getifaddrs() names an IPv4 address by its label: "eth0" or "eth0:1". */
static bool is_on(const struct ifaddrs *at, const char *device)
{
	size_t len = strlen(device);

	return at->ifa_addr && at->ifa_netmask && !strncmp(at->ifa_name, device, len) &&
	       (!at->ifa_name[len] || at->ifa_name[len] == ':');
}

/* Others than the next hop can reach it: neither loopback nor link-local. */
static bool is_global4(__be32 address)
{
	uint32_t host = ntohl(address);

	return host >> 24 != 127 && host >> 16 != 0xa9fe;
}

static void look_at4(const struct ifaddrs *at, const struct policy_image_iface *iface,
		     struct device_own *own)
{
	struct sockaddr_in addr;
	struct sockaddr_in mask;
	bool named;

	memcpy(&addr, at->ifa_addr, sizeof(addr));
	memcpy(&mask, at->ifa_netmask, sizeof(mask));
	named = iface->has_address && addr.sin_addr.s_addr == iface->address;
	if (named && mask.sin_addr.s_addr == iface->netmask)
		own->lacks4 = false;
	if (named || (!own->own4.word[3] && is_global4(addr.sin_addr.s_addr)))
		own->own4 = (struct ph_addr){
			.word = {0, 0, htonl(0xffff), addr.sin_addr.s_addr}};
}

static unsigned int prefix_len(const struct in6_addr *mask)
{
	unsigned int len = 0;

	for (size_t i = 0; i < sizeof(mask->s6_addr); i++)
		len += (unsigned int)__builtin_popcount(mask->s6_addr[i]);
	return len;
}

static void look_at6(const struct ifaddrs *at, const struct policy_image_iface *iface,
		     struct device_own *own)
{
	static const struct ph_addr none;
	struct sockaddr_in6 addr;
	struct sockaddr_in6 mask;
	bool named;

	memcpy(&addr, at->ifa_addr, sizeof(addr));
	memcpy(&mask, at->ifa_netmask, sizeof(mask));
	if (IN6_IS_ADDR_LINKLOCAL(&addr.sin6_addr) ||
	    IN6_IS_ADDR_LOOPBACK(&addr.sin6_addr))
		return;
	named = iface->has_address6 &&
		!memcmp(&addr.sin6_addr, &iface->address6, sizeof(iface->address6));
	if (named && prefix_len(&mask.sin6_addr) == iface->prefix_len6)
		own->lacks6 = false;
	if (named || !memcmp(&own->own6, &none, sizeof(none)))
		memcpy(&own->own6, &addr.sin6_addr, sizeof(own->own6));
}

void device_own(const char *device, const struct policy_image_iface *iface,
		struct device_own *out)
{
	struct ifaddrs *list cleanup_(free_addresses) = NULL;

	memset(out, 0, sizeof(*out));
	if (getifaddrs(&list))
		return;
	out->lacks4 = iface->has_address;
	out->lacks6 = iface->has_address6;
	for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
		if (!is_on(at, device))
			continue;
		if (at->ifa_addr->sa_family == AF_INET)
			look_at4(at, iface, out);
		else if (at->ifa_addr->sa_family == AF_INET6)
			look_at6(at, iface, out);
	}
}

int fw_device_address(const char *device, __be32 *address, __be32 *netmask,
		      struct fw_error *error)
{
	struct ifaddrs *list cleanup_(free_addresses) = NULL;
	struct sockaddr_in addr;
	struct sockaddr_in mask;

	if (!if_nametoindex(device))
		return fw_fail(error, -ENODEV, "there is no device %s here", device);
	if (getifaddrs(&list))
		return fw_fail(error, -errno, "cannot read the addresses of %s:", device);
	for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
		if (!is_on(at, device) || at->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&addr, at->ifa_addr, sizeof(addr));
		memcpy(&mask, at->ifa_netmask, sizeof(mask));
		if (!is_global4(addr.sin_addr.s_addr))
			continue;
		*address = addr.sin_addr.s_addr;
		*netmask = mask.sin_addr.s_addr;
		return 0;
	}
	return fw_fail(error, -EADDRNOTAVAIL, "device %s has no IPv4 address yet",
		       device);
}

bool device_address_text(const struct ph_addr *addr, char out[46])
{
	return inet_ntop(AF_INET6, addr, out, INET6_ADDRSTRLEN) != NULL;
}

int device_namespace(uint64_t *cookie, uint64_t *inode)
{
	/* Any socket knows; one that leads to no network is given to those, too, who have
	 * given up the others. */
	int fd scoped_fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
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
