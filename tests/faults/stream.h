/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stream.h - what the BPF programs of the numbered streams and their user space share.
 *
 * Why it exists: that not one packet was lost is claimed by the number in each packet,
 * and by nothing else. These are the streams, the frame, and what was seen of it.
 *
 * Who may include it: tests/faults. It compiles for BPF and natively.
 */
#ifndef PINHOLE_FAULTS_STREAM_H
#define PINHOLE_FAULTS_STREAM_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/types.h>
#include <linux/udp.h>

enum stream_id {
	STREAM_KNOWN = 0, /* of one connection, and permitted by nothing else */
	STREAM_NEW,	  /* each packet is a new connection; permitted */
	STREAM_DENIED,	  /* each packet is a new connection; denied */
	/* Denied too, but let through by anybody who mixes two policies: by the list
	 * of one and the translation of the other. */
	STREAM_MIXED,
	N_STREAMS,
};

#define STREAM_MAGIC	   0x50686f6c
#define STREAM_TTL	   64
#define STREAM_PORT	   40000 /* source port of STREAM_KNOWN */
#define STREAM_FIRST_PORT  1024	 /* and of the others: that many from here on */
#define STREAM_PORTS	   64000
#define STREAM_ADDRS	   64 /* from as many addresses from their first on */
#define STREAM_FRAME_WORDS 16
#define STREAM_MAX_GAPS	   16
#define STREAM_WINDOW	   160	     /* packets under way; a queue of a veth holds 256 */
#define STREAM_PATIENCE_NS 200000000 /* for one under way, before it is given up */

struct stream_payload {
	__u32 magic;
	__u32 stream;
	__u64 number;
	__u16 rest[3];
} __attribute__((packed));

struct stream_frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	struct stream_payload payload;
} __attribute__((packed));

_Static_assert(sizeof(struct stream_frame) == STREAM_FRAME_WORDS * 4, "frame layout");

/* One stream: both ends as they are outside, and where it is to arrive. Host order. */
struct stream_plan {
	__u32 source;
	__u32 target; /* the mapped address */
	__u32 real;   /* what it stands for */
	__u32 port;
	__u32 shift; /* where the sources begin: none of an earlier run */
};

/* Packets that did not come, in front of one that did. */
struct stream_gap {
	__u64 at_ns; /* CLOCK_MONOTONIC of the one that did */
	__u64 first;
	__u64 count;
};

/* What the sink saw of one stream. */
struct stream_seen {
	__u64 good;
	__u64 wrong; /* translated wrongly, or with wrong checksums */
	__u64 late;  /* numbers that came again, or behind a later one */
	__u64 next;  /* one more than the last number */
	__u64 gaps;
	struct stream_gap gap[STREAM_MAX_GAPS]; /* the first of them */
};

#endif /* PINHOLE_FAULTS_STREAM_H */
