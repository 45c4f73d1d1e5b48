/* SPDX-License-Identifier: GPL-2.0 */
/*
 * work.h - what the pipeline knows about the packet in hand.
 *
 * Why it exists: the stages pass one another more than 512 bytes of BPF stack
 * can hold, so the data lies in a per-CPU map (struct work) and only pointers,
 * which a map cannot hold, on the stack (struct flow).
 *
 * Race: XDP and TC ingress run in softirq, TC egress with bottom halves off,
 * so on one CPU no packet interrupts another's work. PREEMPT_RT would break
 * this; the worst outcome there is a packet judged by another's addresses, and
 * the loader therefore refuses such kernels.
 *
 * Who may include it: the stages of bpf/ that use maps.
 */
#ifndef PINHOLE_BPF_WORK_H
#define PINHOLE_BPF_WORK_H

#include <pinhole/abi.h>

#include "pkt.h"

#define PH_INITIATOR 0
#define PH_RESPONDER 1

/* A connection as its initiator presents it, for judge.h. */
struct judge_case {
	struct ph_addr src;	   /* initiator, real */
	struct ph_addr wire_dst;   /* responder as the initiator addresses it */
	struct ph_addr dst;	   /* responder, real */
	struct ph_addr mapped_src; /* result: initiator as the responder sees it */
	struct ph_addr real;	   /* scratch */
	__be16 sport;
	__be16 dport;
	__u8 proto;
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 pad;
	__u32 counter; /* result: the line that decided, or PH_NO_COUNTER */
};

struct work {
	struct pkt pkt; /* as on the wire at ingress */

	/* The packet's real addresses: pkt's, destination untranslated. */
	struct ph_addr real_src;
	struct ph_addr real_dst;
	struct flow_key key;

	/* What the packet leaves with; equal to pkt's where not translated. */
	struct ph_addr new_src;
	struct ph_addr new_dst;

	struct bpf_fib_lookup fib; /* the route: egress device and next hop */
	__u32 egress_ifindex;
	__u32 acl_counter; /* the line that judged the packet */

	/* Scratch of the stages, here because the stack has 512 bytes. */
	struct nat_in_key nat_in_key;
	struct nat_out_key nat_out_key;
	struct judge_case judge;
	struct acl_key acl_key;
	struct conn fresh; /* where a new entry is built */
};

struct flow {
	struct work *w;
	struct policy_config *config;
	struct iface_config *in;  /* ingress interface; NULL: this machine */
	struct iface_config *out; /* egress interface; NULL until routed */
	struct conn *conn;	  /* the connection in force; NULL: none */
	__u64 now_ns;
	__u32 generation;
	__u32 slot;	   /* generation & 1 */
	__u32 ifindex;	   /* ingress device; 0: this machine */
	__u32 dir;	   /* PH_INITIATOR or PH_RESPONDER sent this packet */
	__u32 src_end;	   /* which end of the key sent this packet; by conn_find() */
	bool established;  /* conn is in the conns table, else half-open */
	bool untranslated; /* the destination was a mapped address */
};

#endif /* PINHOLE_BPF_WORK_H */
