/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frames.h - what the bench's BPF programs and its user space share.
 *
 * Why it exists: generator and sink are told by user space what to write and
 * what to expect, through their global variables; these are the types.
 *
 * Who may include it: tests/bench. It compiles for BPF and natively.
 */
#ifndef PINHOLE_BENCH_FRAMES_H
#define PINHOLE_BENCH_FRAMES_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/types.h>
#include <linux/udp.h>

/* 64 bytes on the wire, of which the last four are the FCS that no host sees. */
#define BENCH_FRAME_BYTES   60
#define BENCH_PAYLOAD_BYTES 18
#define BENCH_FRAME_WORDS   (BENCH_FRAME_BYTES / 4)

/* The end that never varies. */
#define BENCH_SERVICE_PORT 5001

/* Flow i comes from port FIRST_PORT + i % PORTS of the i / PORTS-th address. */
#define BENCH_FIRST_PORT 10000
#define BENCH_PORTS	 50000

#define BENCH_TTL 64

struct bench_frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	__u8 payload[BENCH_PAYLOAD_BYTES];
} __attribute__((packed));

_Static_assert(sizeof(struct bench_frame) == BENCH_FRAME_BYTES, "frame layout");

/* What the generator writes, one frame after the other. */
struct bench_plan {
	/* The frame with the varying address, port and both checksums zero. */
	__u32 words[BENCH_FRAME_WORDS];
	__u32 ip_sum;	  /* sum of the IPv4 header as it stands in words[] */
	__u32 udp_sum;	  /* the same of pseudo header, UDP header and payload */
	__u32 first_addr; /* of the varying end, host order */
	__u32 n_flows;	  /* at least 1 */
	__u32 ifindex;	  /* device to send from */
	__u32 is_reply;	  /* the varying end is the destination, else the source */
};

/* What the sink expects of every frame; addresses as in the frame. */
struct bench_expectation {
	__u8 dst_mac[ETH_ALEN];
	__u8 src_mac[ETH_ALEN];
	__be32 fixed_addr; /* the end that does not vary */
	__u32 first_addr;  /* the end that does, host order */
	__u32 n_addrs;	   /* how many addresses it has */
	__u32 is_reply;	   /* as in the plan */
	__u32 ttl;
	__u32 checksum_every; /* verify checksums of every n-th frame; a power of 2 */
};

/* Per CPU. good + wrong_* = UDP frames of the service that arrived. */
struct bench_seen {
	__u64 good;
	__u64 wrong_length;
	__u64 wrong_mac;
	__u64 wrong_ttl;
	__u64 wrong_addr;
	__u64 wrong_checksum;
	__u64 foreign; /* anything else */
};

#endif /* PINHOLE_BENCH_FRAMES_H */
