/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vlan.h - what a kernel VLAN device is stacked on, and with which tags.
 *
 * Who may include it: loader/firewall, and tests.
 */
#ifndef FIREWALL_VLAN_H
#define FIREWALL_VLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One device, as rtnetlink shows it. */
struct vlan_link {
	bool is_vlan;
	uint16_t id;	/* VLAN devices: 802.1Q id */
	uint32_t below; /* ifindex of the device it is stacked on; 0: none */
	bool elsewhere; /* `below` is in another network namespace */
};

/*
 * Read an answer to RTM_GETLINK. Pure.
 * @message: an nlmsghdr and its payload, @len bytes, which need not be whole
 * Return: 0, -ENODEV or another errno that the kernel answered, -EBADMSG
 */
int vlan_parse(const void *message, size_t len, struct vlan_link *out);

/* Ask the kernel about a device of this network namespace. 0 or -errno. */
int vlan_ask(uint32_t ifindex, struct vlan_link *out, void *unused);

enum vlan_verdict {
	VLAN_MATCHES,
	VLAN_NOT_VLAN,	/* not a VLAN device, or not as many as there are tags */
	VLAN_OTHER_ID,	/* another id than the policy's */
	VLAN_ELSEWHERE, /* stacked on a device of another network namespace */
};

struct vlan_stack {
	enum vlan_verdict verdict;
	uint32_t ifindex; /* the carrier; else the device at fault */
	uint16_t id;	  /* VLAN_OTHER_ID: what it has */
	uint16_t wanted;
};

/*
 * Walk down from a device through one VLAN device per tag. Pure but for @ask.
 * @vlan, @inner: of two tags the outer and the inner; @inner 0: one tag
 * @ask: vlan_ask() or a substitute; @arg is passed on
 * Return: 0 with *out filled, or what @ask failed with
 */
int vlan_resolve(uint32_t ifindex, uint16_t vlan, uint16_t inner,
		 int (*ask)(uint32_t ifindex, struct vlan_link *out, void *arg),
		 void *arg, struct vlan_stack *out);

#endif /* FIREWALL_VLAN_H */
