/* SPDX-License-Identifier: GPL-2.0 */
/*
 * flood.h - what the flooding BPF program and its user space share.
 *
 * Who may include it: tests/faults. It compiles for BPF and natively.
 */
#ifndef PINHOLE_FAULTS_FLOOD_H
#define PINHOLE_FAULTS_FLOOD_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/types.h>

enum flood_kind {
	FLOOD_SYN = 0,	 /* TCP connections that are begun, to a port that is permitted */
	FLOOD_FRAGMENTS, /* first fragments of datagrams that are never whole */
	FLOOD_LATER,	 /* later fragments of datagrams that never began */
	FLOOD_ERRORS,	 /* ICMP errors about connections that there are not */
	FLOOD_NOISE,	 /* frames of random bytes behind the Ethernet header */
	FLOOD_KINDS,
};

#define FLOOD_FRAME_BYTES 84 /* the longest: an ICMP error and what it quotes */
#define FLOOD_WORDS	  (FLOOD_FRAME_BYTES / 4)

struct flood_plan {
	__u32 kind;
	__u32 ifindex;
	__u32 source; /* host order; the others follow it, 65536 of them */
	__be32 target;
	__be16 port;
	__u8 dst_mac[ETH_ALEN];
	__u8 src_mac[ETH_ALEN];
};

#endif /* PINHOLE_FAULTS_FLOOD_H */
