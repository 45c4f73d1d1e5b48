/* SPDX-License-Identifier: GPL-2.0 */
/*
 * network.h - a network namespace of the tests' own.
 *
 * Who may include it: the datapath tests.
 */
#ifndef PINHOLE_TESTS_NETWORK_H
#define PINHOLE_TESTS_NETWORK_H

#include "tests/datapath/row.h"

/* Last octet of a device's MAC address; its neighbours have FRAME_MAC(2, n). */
#define NETWORK_MAC(dev) ((__u8)(((dev) < DEV_CARRIERS ? (dev) : DEV_TRUNK) + 1))

/*
 * Move this process into a new network namespace and furnish it: the devices
 * of enum dev, each one end of a veth pair whose other end is "<name>p" (or a
 * VLAN device on one), with
 * addresses, routes and known neighbours as policies.h tells. The namespace
 * goes when the process ends. Bails out on failure.
 */
void network_enter(void);

const char *network_device_name(enum dev dev);

/* Have ip(8) carry out a line, in there. Bails out on failure. */
void network_ip(const char *command);

/* What a device's frames come and go by, and the tags that they have there. */
struct network_link {
	enum dev carrier;
	__u16 vlan; /* of two tags the outer; 0: none */
	__u16 inner_vlan;
};

struct network_link network_link(enum dev dev);

#endif /* PINHOLE_TESTS_NETWORK_H */
