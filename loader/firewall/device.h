/* SPDX-License-Identifier: GPL-2.0 */
/*
 * device.h - facts about network devices of the caller's network namespace,
 * and the one host setting that apply changes.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_DEVICE_H
#define FIREWALL_DEVICE_H

#include "internal.h"

struct device_facts {
	uint32_t ifindex;
	bool loopback;
	bool up;
	uint8_t mac[6];
	char driver[33]; /* as ethtool -i shows it; "" if unknown */
};

/* Return: 0, -ENODEV (no such device), other -errno. */
int device_facts(const char *device, struct device_facts *out);

/* The device has this IPv4 address with this netmask. */
bool device_has_address(const char *device, __be32 address, __be32 netmask);

/* net.ipv4.conf.DEVICE.forwarding. Return: 0 or 1, or -errno. */
int device_forwarding(const char *device);
int device_set_forwarding(const char *device, bool on);

/* Identity of the caller's network namespace; the cookie is never reused. */
int device_namespace(uint64_t *cookie, uint64_t *inode);

/*
 * Where a network namespace can be entered: a path below /run/netns or /proc.
 * Return: false if nothing shows that it still exists.
 */
bool device_namespace_path(uint64_t inode, char *path, size_t size);

#endif /* FIREWALL_DEVICE_H */
