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

#include <linux/bpf.h>

#include <pinhole/abi_ftp.h>

#include "acl_maps.h"
#include "pkt.h"
#include "reset_make.h"
#include "conn_state.h"
#include "embryonic_count.h"

/*
 * A function that the verifier walks by itself, once, whoever calls it: its
 * pointers are taken on trust as its types say, and may be NULL.
 */
#define WORK_GLOBAL __attribute__((noinline))

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
	__be16 wire_dport;
	__be16 dport;
	__be16 mapped_sport; /* result: likewise */
	__u8 proto;
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 tcp_flags;
	__u32 slot;	   /* of the generation that judges */
	__u32 counter;	   /* result: the line that decided, or PH_NO_COUNTER */
	__u32 counter_out; /* result: likewise of the outbound list */
	/* Results likewise: of lines that permit and are to be told of; 0: they are not.
	 */
	__u64 told;
	__u64 told_out;
	/* Results of judge_translation(): who counts that the responder is translated,
	 * and the initiator; PH_NO_COUNTER: nobody does. */
	__u32 nat_counter_dst;
	__u32 nat_counter_src;
};

/* An end that may be translated, and who it speaks with, for nat.h. */
struct nat_case {
	struct ph_addr end; /* as it is known; result: as it is, or is seen */
	struct ph_addr peer;
	__be16 port; /* of end, likewise */
	__be16 peer_port;
	__u8 proto;
	bool inbound;	 /* it is asked what end really is; else as what it is seen */
	bool one_way;	 /* result: the rule is */
	bool one_port;	 /* result: its limit is of one port */
	__u32 real_if;	 /* result: the rule's */
	__u32 embryonic; /* result: likewise, also of one by which it stays; 0: none */
	__u32 counter;	 /* result: likewise; left as it was where nothing is said */
};

/* What the rules say of it: nothing; that it is translated to itself; or to
 * something else. */
enum nat_verdict { NAT_NONE = 0, NAT_STAYS, NAT_MOVED, NAT_BROKEN };

struct acl_result {
	__u64 line_id;	/* of the line that decides; 0: none does */
	__u32 counter;	/* its counter; PH_NO_COUNTER: none does */
	__u32 flags;	/* its ACL_LINE_F_* */
	__u32 verdict;	/* enum acl_verdict */
	bool fragments; /* the line has `fragments` */
	__u8 place;	/* enum acl_place: where the list is asked; the caller's */
	__u8 pad[2];
};

/* Whose data connection it was that ended, copied before its entry is void. */
struct grant_child {
	struct flow_key parent;
	__u64 parent_id; /* 0: nobody's */
	__u64 created_ns;
};

struct work {
	struct pkt pkt; /* as on the wire at ingress */

	/* The packet's real ends: pkt's, destination untranslated. Of an ICMP error
	 * the port is that of the quoted packet's sender. */
	struct ph_addr real_src;
	struct ph_addr real_dst;
	struct flow_key key;

	/* What the packet leaves with; equal to pkt's where not translated. */
	struct ph_addr new_src;
	struct ph_addr new_dst;
	__be16 new_sport; /* TCP and UDP, but for later fragments */
	__be16 new_dport;
	__be16 real_dport;
	__u8 pad0[2];

	struct bpf_fib_lookup fib; /* the route: egress device and next hop */
	__u32 egress_ifindex;	   /* iface_config.l3_ifindex */
	__u32 path_mtu;		   /* that the packet exceeds; 0: it does not */
	__u32 acl_counter;	   /* the lines that judged the packet */
	__u32 acl_counter_out;
	__u32 embryonic_limit; /* of what the destination was translated by; 0: none */
	bool embryonic_one_port;
	bool by_path; /* of fib nothing is set but what forward_take_path() does */
	__u8 pad1[2];

	struct tcp_segment segment; /* TCP: as its sender counts */
	struct conn_next next;	    /* what the connection becomes with the packet */

	/* An ICMP error: the packet that it speaks of, and that one's other end
	 * as the receiver of the error knows it. */
	struct pkt quoted;
	struct ph_addr quoted_dst;
	__be16 quoted_dport;
	bool quoted_valid;
	__u8 pad;

	/* Scratch of the stages, here because the stack has 512 bytes. */
	struct nat_in_key nat_in_key;
	struct nat_out_key nat_out_key;
	struct nat_case nat;
	struct nat_pair nat_pair;
	struct judge_case judge;
	struct acl_key acl_key;
	struct acl_point acl_point;
	struct acl_result acl;
	struct conn fresh; /* where a new entry is built */
	struct embryonic_key embryonic_key;
	struct embryonic_host embryonic_new;
	__u64 half_seen_ns; /* of an entry that is promoted: when it was seen last */
	struct expiry expiry;
	struct grant_key grant_key;
	struct grant_holder holder; /* the session that is asked for its data ports */
	struct grant_holder full;   /* one that may have no more of them */
	struct grant_child ended;
	struct frag_key frag_key;
	struct frag frag;
	union {
		struct reset_v4 v4;
		struct reset_v6 v6;
	} reset;			    /* the headers of a RST */
	__u8 header[PKT_LONG_HEADER_BYTES]; /* IPv4 or TCP, with options */
	__u8 ipv6_tail[36];		    /* hop limit and both addresses */
	struct {
		struct ethhdr eth;
		struct pkt_vlan_header tag[2];
		__u8 pad[2];
	} l2; /* what the frame leaves with */
};

struct flow {
	struct work *w;
	struct policy_config *config;
	struct iface_config *in;  /* ingress interface; NULL: this machine */
	struct iface_config *out; /* egress interface; NULL until routed */
	struct conn *conn;	  /* the connection in force; NULL: none */
	struct conn *replaced;	  /* a closed one that makes way for the packet's */
	struct frag *frag;	  /* a later fragment: what it follows */
	__u64 now_ns;
	__u32 generation;
	__u32 slot;	   /* generation & 1 */
	__u32 l3_ifindex;  /* in->l3_ifindex; 0: this machine */
	__u32 dir;	   /* PH_INITIATOR or PH_RESPONDER sent this packet */
	__u32 verdict;	   /* enum conn_verdict, by conn_judge() */
	__u32 src_end;	   /* which end of the key sent this packet; by conn_find() */
	bool established;  /* conn is in the conns table, else half-open */
	bool untranslated; /* the destination was a mapped address */
	bool by_stack;	   /* the kernel is to fragment it on the way out */
	bool unresolved;   /* the next hop's neighbour is not known yet */
	bool xdp;	   /* at XDP, where nothing thorough is done */
	bool begins;	   /* for this machine, and w->fresh is to be its entry */
	__u8 reset;	   /* dropped, and its frame became a RST: PH_REPLY, PH_FORWARD */
};

#endif /* PINHOLE_BPF_WORK_H */
