/* SPDX-License-Identifier: GPL-2.0 */
/*
 * shared.h - what the bench's BPF programs and its user space share.
 *
 * Who may include it: tests/bench/acl. It compiles for BPF and natively.
 */
#ifndef PINHOLE_BENCH_ACL_SHARED_H
#define PINHOLE_BENCH_ACL_SHARED_H

#include <linux/types.h>

#include <pinhole/abi_acl.h>

/* A packet, as the datapath hands it to a lookup: addresses as on the wire (IPv4 as
 * ::ffff:a.b.c.d), ports in host order, ICMP's type << 8 | code in dst_port. */
struct bench_addr {
	__be32 word[4];
};

struct bench_key {
	struct bench_addr src;
	struct bench_addr dst;
	__u16 src_port;
	__u16 dst_port;
	__u8 proto;
	__u8 pad[3];
};

/* What the lookup programs are to do, in turn for each packet [first, first + n). */
struct lookup_plan {
	struct acl_halves at; /* where the set's image lies */
	__u32 header;
	__u32 ipv6;
	__u32 first;
	__u32 n;	 /* at least 1 */
	__u32 linear_at; /* the set's first record */
	__u32 n_linear;
};

/* A line of the linear scan. It matches an address if (address & mask) == net, and a
 * port if low <= port <= high. */
struct linear_record {
	struct bench_addr src;
	struct bench_addr src_mask;
	struct bench_addr dst;
	struct bench_addr dst_mask;
	__u16 src_port_low;
	__u16 src_port_high;
	__u16 dst_port_low;
	__u16 dst_port_high;
	__u32 answer; /* line << 1 | permit */
	__u8 proto;
	__u8 any_proto;
	__u8 pad[2];
};

/* What no line answers, as the lookups' answers are summed up: head >> 11. */
#define ANSWER_NONE ((__u32)ACL_NO_LINE << 1)

/* A frame without its FCS: Ethernet, IPv4, ports, padding. */
#define WIRE_FRAME_WORDS 8
#define WIRE_FRAME_BYTES 64

struct wire_frame {
	__u64 words[WIRE_FRAME_WORDS];
};

/* Frames first..first + n - 1, again and again. */
struct wire_plan {
	__u32 first;
	__u32 n; /* at least 1 */
	__u32 ifindex;
	__u32 pad;
};

#endif /* PINHOLE_BENCH_ACL_SHARED_H */
