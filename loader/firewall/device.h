/* SPDX-License-Identifier: GPL-2.0 */
/*
 * device.h - facts about network devices of the caller's network namespace.
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
	uint32_t mtu_bytes;
	uint8_t mac[6];
	char driver[33]; /* as ethtool -i shows it; "" if unknown */
};

/* Return: 0, -ENODEV (no such device), other -errno. */
int device_facts(const char *device, struct device_facts *out);

/* The device's own addresses beside those that the policy gives it. */
struct device_own {
	struct ph_addr own4; /* zero: it has none that others can reach */
	struct ph_addr own6;
	bool lacks4; /* the policy's address, with its netmask, is not there */
	bool lacks6;
};

/* Nothing is known if the kernel cannot be asked: then nothing is lacking. */
void device_own(const char *device, const struct policy_image_iface *iface,
		struct device_own *out);

/* An IPv6 address as text; false if it has none. */
bool device_address_text(const struct ph_addr *addr, char out[46]);

/* Identity of the caller's network namespace; the cookie is never reused. */
int device_namespace(uint64_t *cookie, uint64_t *inode);

/*
 * Where a network namespace can be entered: a path below /run/netns or /proc.
 * Return: false if nothing shows that it still exists.
 */
bool device_namespace_path(uint64_t inode, char *path, size_t size);

#endif /* FIREWALL_DEVICE_H */
