/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host.h - what a policy says of the machine that it is for: its routes, and who may
 * speak to it.
 *
 * Why it exists: neither is about traffic that passes through. Routes are the kernel's
 * and only compared with it; who may speak to the machine becomes control-plane lists.
 *
 * Who may include it: libpolicy. Addresses are in host order (ip.h).
 */
#ifndef PINHOLE_POLICY_HOST_H
#define PINHOLE_POLICY_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pinhole/policy.h>

#include "policy/inspect.h"
#include "policy/ip.h"
#include "policy/terms.h"

/* route IF NETWORK MASK GATEWAY [METRIC] [track N] [tunneled], ipv6 route likewise */
struct policy_route {
	struct policy_where where;
	size_t iface;	/* index into ifaces; POLICY_NO_OBJECT: Null0, which discards */
	bool on_link;	/* the gateway is the interface's own address */
	bool tunneled;	/* of what comes out of a VPN: there is none here */
	policy_ip addr; /* no bits outside of mask; both families as in ip.h */
	policy_ip mask;
	policy_ip gateway;   /* 0 of Null0 */
	unsigned int metric; /* 1..255 */
};

enum policy_box_kind {
	POLICY_BOX_SSH,
	POLICY_BOX_TELNET,
	POLICY_BOX_HTTP,
	POLICY_BOX_ICMP,
	POLICY_BOX_ICMP6,
	POLICY_N_BOX_KINDS,
};

/* ssh|telnet|http NETWORK MASK IF; icmp permit|deny ... IF; ipv6 icmp ... IF */
struct policy_box_line {
	struct policy_where where;
	size_t iface;		/* index into ifaces */
	struct policy_addr src; /* NET or, of icmp, ANY4 or ANY6 */
	enum policy_box_kind kind;
	enum policy_icmp_match icmp;
	bool permit; /* always, but of icmp */
	uint8_t icmp_type;
	uint8_t icmp_code;
};

#endif /* PINHOLE_POLICY_HOST_H */
