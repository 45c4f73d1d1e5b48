/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nat_talk.h - what the scenarios of translations by lists share.
 *
 * Who may include it: scenarios_nat.c and scenarios_nat_parts.c.
 */
#ifndef PINHOLE_TESTS_NAT_TALK_H
#define PINHOLE_TESTS_NAT_TALK_H

#include "tests/datapath/nat_rules.h"
#include "tests/datapath/network.h"
#include "tests/datapath/talk.h"

#define HIDDEN	    "203.0.113.40" /* seen from outside: the workstation */
#define SEEN_INSIDE "10.0.0.250"   /* seen from inside: the client */
#define ONE_WAY	    "203.0.113.41"
#define ROUTER	    "198.51.100.9" /* outside, on the way */
#define ROUTER_IN   "10.0.0.66"

/* Everything is permitted. */
extern const char nat_policy_ports[];

/* Ports of the firewall's own address and others, an order, an exemption. */
void nat_put_ports(struct policy_image *image);
/* Each end is something else to the other. */
void nat_put_twice(struct policy_image *image);

void scenarios_nat_parts(struct world *w);

#define PACKET(proto_, src_, sport_, dst_, dport_) \
	.frame = {.proto = (proto_),               \
		  .src = (src_),                   \
		  .sport = (sport_),               \
		  .dst = (dst_),                   \
		  .dport = (dport_),               \
		  .fill = 32}
#define SEGMENT(src_, sport_, dst_, dport_, flags_)                             \
	.frame = {.proto = IPPROTO_TCP,                                         \
		  .src = (src_),                                                \
		  .sport = (sport_),                                            \
		  .dst = (dst_),                                                \
		  .dport = (dport_),                                            \
		  .flags = (flags_),                                            \
		  .seq = (flags_)&TCP_ACK && !((flags_)&TCP_SYN) ? 1001 : 1000, \
		  .ack = (flags_)&TCP_ACK ? 1001 : 0}
#define GOES_IN .result = PH_FORWARD, .out = DEV_INSIDE
#define GOES_OUT \
	.in = DEV_INSIDE, .result = PH_FORWARD, .out = DEV_OUTSIDE, .next_hop = 50

#endif /* PINHOLE_TESTS_NAT_TALK_H */
