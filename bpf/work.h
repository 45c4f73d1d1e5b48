/* SPDX-License-Identifier: GPL-2.0 */
/*
 * work.h - what the pipeline knows about the packet in hand.
 *
 * Why it exists: the stages pass one another more than 512 bytes of BPF stack
 * can hold. The struct lives in a per-CPU map; XDP and TC ingress run in
 * softirq, TC egress with bottom halves off, so on one CPU no packet ever
 * interrupts another's work. (PREEMPT_RT would break this; the programs of
 * one device are serialised there by the local lock of BPF run context.)
 *
 * Who may include it: the stages of bpf/, and tests.
 */
#ifndef PINHOLE_BPF_WORK_H
#define PINHOLE_BPF_WORK_H

#include <pinhole/abi.h>

#include "pkt.h"

#define PH_INITIATOR 0
#define PH_RESPONDER 1

struct work {
	struct pkt pkt; /* as on the wire at ingress; offsets from L2 or L3 start */

	/* Real addresses: pkt's after untranslation of the destination. */
	struct ph_addr real_src;
	struct ph_addr real_dst;
	struct flow_key key;

	__u64 now_ns;
	__u32 generation;
	__u32 slot; /* generation & 1 */
	struct policy_config *config;

	struct iface_config *in;  /* ingress interface */
	struct iface_config *out; /* egress interface; NULL until routed */
	__u32 egress_ifindex;

	struct conn *conn;   /* the connection in force, in either table */
	__u32 dir;	     /* PH_INITIATOR or PH_RESPONDER: who sent this packet */
	__u8 established;    /* conn is in the conns table */
	__u8 untranslated;   /* destination was a mapped address */
	__u8 pad[2];
	struct conn fresh;   /* where a new entry is built */
	struct acl_key acl_key;
};

#endif /* PINHOLE_BPF_WORK_H */
