/* SPDX-License-Identifier: GPL-2.0 */
/*
 * row.h - one packet, and all that must become of it.
 *
 * Why it exists: the same rows are run natively over the pure headers and in
 * the kernel through both hooks, so neither may define them.
 *
 * Who may include it: the tests.
 */
#ifndef PINHOLE_TESTS_ROW_H
#define PINHOLE_TESTS_ROW_H

#include <pinhole/abi.h>

#include "tests/datapath/frame.h"
#include "tests/datapath/frame_v6.h"

/* The devices of the tests' network; world.c gives them addresses. */
enum dev {
	DEV_OUTSIDE = 0,
	DEV_INSIDE,
	DEV_DMZ,
	DEV_STRAY, /* exists, but the policy does not name it */
	DEV_TRUNK, /* carries tagged frames only */
	DEV_CARRIERS,
	/* VLAN devices on the trunk. */
	DEV_V10 = DEV_CARRIERS,
	DEV_V20,
	DEV_QINQ, /* two tags: 30 around 40 */
	DEV_COUNT,
};

#define EVENT(NAME) (1ull << PH_EV_##NAME)

/* Zero means the usual everywhere. */
struct packet_row {
	const char *promise;
	struct frame frame;
	const struct frame_v6 *v6; /* instead of it */
	const __u8 *bytes;	   /* or these */
	size_t len;
	bool as_is;	       /* without the tags that `in` has */
	enum ph_reason parsed; /* what pkt_parse() answers */
	enum dev in;
	/* What becomes of it at TC; 0: what the parser said. */
	enum ph_reason result;
	/* And at XDP; 0: the same, where XDP has such an answer. */
	enum ph_reason xdp;
	enum dev out;	     /* PH_FORWARD: the egress device */
	const char *new_src; /* and the addresses it leaves with; NULL: as it came */
	const char *new_dst;
	__u16 new_sport; /* and ports; 0: as it came */
	__u16 new_dport;
	const __u8 *want; /* or all of it, but for hops, tags and Ethernet */
	size_t want_len;
	const char *new_payload; /* and its payload; NULL: as it came */
	int seq_shift;		 /* and by how much its numbers are corrected */
	int ack_shift;
	__u8 next_hop;		/* XDP: last octet of the destination's MAC */
	unsigned int line;	/* access-list line that gains a hit; 0: none */
	unsigned int line_also; /* and another */
	bool known;		/* belongs to an entry, or to none ever: creates none */
	__u64 events;		/* EVENT() bits beyond those that the above implies */
	bool native_only;	/* no test run takes so short a frame */
	bool no_tc;		/* a test run of skbs takes no such frame (since 6.18) */
};

#endif /* PINHOLE_TESTS_ROW_H */
