/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frames.h - what the bench's BPF programs and its user space share.
 *
 * Why it exists: generator and sink are told by user space what to write and
 * what to expect, through their global variables; these are the types. And the
 * lines of the lists that first packets are judged by: the generator makes the
 * packets that they match, user space writes them down for each gateway.
 *
 * Who may include it: tests/bench. It compiles for BPF and natively.
 */
#ifndef PINHOLE_BENCH_FRAMES_H
#define PINHOLE_BENCH_FRAMES_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/types.h>
#include <linux/udp.h>

/* IPv4: 64 bytes on the wire, of which the last four are the FCS that no host
 * sees. IPv6 has headers of 62 bytes; 64 of them make 68 on the wire. */
#define BENCH_FRAME4_BYTES   60
#define BENCH_PAYLOAD4_BYTES 18
#define BENCH_FRAME6_BYTES   64
#define BENCH_PAYLOAD6_BYTES 2
#define BENCH_FRAME4_WORDS   (BENCH_FRAME4_BYTES / 4)
#define BENCH_FRAME6_WORDS   (BENCH_FRAME6_BYTES / 4)

/* The end that never varies. */
#define BENCH_SERVICE_PORT 5001

/* Flow i comes from port FIRST_PORT + i % PORTS of the i / PORTS-th address. */
#define BENCH_FIRST_PORT 10000
#define BENCH_PORTS	 50000

#define BENCH_TTL 64

struct bench_frame4 {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	__u8 payload[BENCH_PAYLOAD4_BYTES];
} __attribute__((packed));

struct bench_frame6 {
	struct ethhdr eth;
	struct ipv6hdr ip;
	struct udphdr udp;
	__u8 payload[BENCH_PAYLOAD6_BYTES];
} __attribute__((packed));

_Static_assert(sizeof(struct bench_frame4) == BENCH_FRAME4_BYTES, "frame layout");
_Static_assert(sizeof(struct bench_frame6) == BENCH_FRAME6_BYTES, "frame layout");

/* What the generator writes, one frame after the other. */
struct bench_plan {
	/* The frame with what varies and all checksums zero. */
	__u32 words[BENCH_FRAME6_WORDS];
	__u32 ip_sum;	  /* sum of the IPv4 header as it stands in words[] */
	__u32 udp_sum;	  /* the same of pseudo header, UDP header and payload */
	__u32 first_addr; /* of the varying end, host order; IPv6: its last word */
	__u32 n_flows;	  /* at least 1 */
	__u32 ifindex;	  /* device to send from */
	__u32 is_reply;	  /* the varying end is the destination, else the source */
	__u32 n_lines;	  /* first packets: lines of the list */
	__u32 train;	  /* at least 1: so many of a flow in a row */
};

/* The kernel sends so many at once. */
#define BENCH_BATCH_FRAMES 64

/* When the first and the last batch of a system call began, and what had been sent
 * by then. Making the pages of live frames and freeing them takes tens of
 * milliseconds a call, whatever it sends, and has no place in a figure. */
struct bench_clock {
	__u64 first_ns;
	__u64 last_ns;
	__u64 first_sent;
	__u64 last_sent;
};

/* What the sink expects of every frame; addresses as in the frame. */
struct bench_expectation {
	__u8 dst_mac[ETH_ALEN];
	__u8 src_mac[ETH_ALEN];
	__u32 fixed_net[3]; /* IPv6: first words of the end that varies least */
	__u32 first_fixed;  /* its address, host order; IPv6: last word */
	__u32 n_fixed;	    /* how many addresses it has: 1 but for first packets */
	__u32 varying_net[3];
	__u32 first_addr; /* of the varying end, host order; IPv6: last word */
	__u32 n_addrs;	  /* how many addresses it has */
	__u32 any_port;	  /* first packets: each line has a port of its own */
	__u32 is_reply;	  /* as in the plan */
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

/*
 * ---- lists ----
 *
 * Line i permits UDP from one /24 to one host and port. No packet is in two
 * lines: the nets differ. So one list can be held by gateways that know order
 * and by those that know sets. Nets in the order of the lines are scattered.
 */

#define BENCH_LINE_NETS	   0x14000000u /* 20.0.0.0/6 */
#define BENCH_LINE_BITS	   18	       /* so many /24s are there */
#define BENCH_LINE_HOSTS   200u	       /* 10.0.0.30 and up */
#define BENCH_LINE_HOST	   0x0a00001eu
#define BENCH_LINE_SOURCES 254u	       /* addresses of a net, from .1 on, that are used */
#define BENCH_ODD	   0x9e3779b1u /* mixes i; odd, so that no two meet */

struct bench_line {
	__u32 net; /* host order */
	__u32 host;
	__u16 port;
};

static inline struct bench_line bench_line(__u32 i)
{
	__u32 mixed = i * BENCH_ODD;

	return (struct bench_line){
		.net = BENCH_LINE_NETS | (mixed & ((1u << BENCH_LINE_BITS) - 1)) << 8,
		.host = BENCH_LINE_HOST + i % BENCH_LINE_HOSTS,
		.port = (__u16)(1024 + (mixed >> 17)),
	};
}

#endif /* PINHOLE_BENCH_FRAMES_H */
