/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi_log.h - the part of the ABI that tells of connections that begin and of packets
 * that are dropped, and how much of that is told at most.
 *
 * Who may include it: everybody; the rules of abi.h hold.
 */
#ifndef PINHOLE_ABI_LOG_H
#define PINHOLE_ABI_LOG_H

#include <pinhole/abi.h>

/* Of one line of an access list so many are told per second and CPU ... */
#define PH_ACL_RECORDS_PER_LINE 100
/* ... and of all lines PH_ACL_RECORDS_PER_SEC; but of each line so many in any case. */
#define PH_ACL_RECORDS_ALWAYS	4
/* Of one drop reason likewise; of a full table one. */
#define PH_DROP_RECORDS_PER_SEC 50

/* PH_RECORD_BUILT: a connection is complete. Its end is told as PH_RECORD_CONN_END,
 * with the same id. */
struct built_record {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u32 kind;
	__u32 flags; /* CONN_F_* */
	__u64 id;    /* conn.id */
	struct flow_key key;
	struct ph_addr mapped[2]; /* by PH_INITIATOR, PH_RESPONDER, as in struct conn */
	__u32 ifindex[2];	  /* likewise */
	__be16 mapped_port[2];	  /* likewise */
	__u32 generation;	  /* the policy that permitted it */
};

#define DROP_RECORD_F_QUOTED (1u << 0) /* an ICMP error whose quote could be read */
#define DROP_RECORD_F_LATER  (1u << 1) /* a later fragment: it has no ports */

/* PH_RECORD_DROP: a packet was dropped, for another reason than that a list denied it.
 * Addresses as on the wire; zero: they could not be read. */
struct drop_record {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u32 kind;
	__u32 reason; /* enum ph_reason */
	__u32 lost;   /* how many of this reason were not told on this CPU before it */
	__u32 ifindex[2]; /* iface_config.l3_ifindex of the way in, and out; 0: none */
	__u32 flags;	  /* DROP_RECORD_F_* */
	struct ph_addr src;
	struct ph_addr dst;
	__be16 sport; /* ICMP echo: the identifier is the asking end's */
	__be16 dport;
	__u8 proto;
	__u8 tcp_flags;
	__u8 icmp_type;
	__u8 icmp_code;
	/* DROP_RECORD_F_QUOTED: the packet that the error is about. Of
	 * PH_DROP_EMBRYONIC_LIMIT quoted_dst and quoted_dport are the real destination.
	 */
	struct ph_addr quoted_src;
	struct ph_addr quoted_dst;
	__be16 quoted_sport;
	__be16 quoted_dport;
	__u8 quoted_proto;
	__u8 pad[3];
	__u32 limit; /* PH_DROP_EMBRYONIC_LIMIT: how many there may be */
	/* Of a fragment, in bytes of its datagram's payload. */
	__u16 fragment_off;
	__u16 fragment_len;
};

PH_ASSERT_SIZE(struct built_record, 112);
PH_ASSERT_OFFSET(struct built_record, mapped, 64);
PH_ASSERT_SIZE(struct drop_record, 120);
PH_ASSERT_OFFSET(struct drop_record, src, 32);
PH_ASSERT_OFFSET(struct drop_record, quoted_src, 72);

#endif /* PINHOLE_ABI_LOG_H */
