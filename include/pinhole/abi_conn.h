/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi_conn.h - the part of the ABI that connections are made of: what one is found by,
 * what is remembered of it, and the table of those that are half-open.
 *
 * Who may include it: everybody; see abi.h, which asserts sizes and names the maps.
 *
 * RFC 9293 (the states of TCP), RFC 7323 (window scaling), RFC 4291 (addresses).
 */
#ifndef PINHOLE_ABI_CONN_H
#define PINHOLE_ABI_CONN_H

#include <linux/types.h>

/* An address of either family; IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
struct ph_addr {
	__be32 word[4];
};

/*
 * One key per connection: real (untranslated) addresses, the two ends in
 * canonical order (memcmp order of address, then port), so both directions
 * compute the same key. ICMP echo has its identifier as the port of the end
 * that asked and zero as the other's; protocols without ports have zeros.
 * echo_asker keeps what both ends ask of one another apart.
 */
struct flow_key {
	struct ph_addr addr[2];
	__be16 port[2];
	__u8 proto;
	__u8 echo_asker; /* ICMP echo: 1 + the end that asked; otherwise 0 */
	__u8 pad[2];
};

enum conn_state {
	/* In the half-open table. */
	CONN_SYN_SENT = 0, /* only the initiator has spoken */
	CONN_SYN_ACKED,	   /* TCP: the responder has answered, the initiator not yet */
	CONN_SYN_BOTH,	   /* TCP: both have sent SYN, neither ACK (simultaneous open) */
	CONN_PICKED_UP,	   /* TCP: first seen in midstream, the other end still silent */
	/* In the connection table. */
	CONN_ESTABLISHED,
	CONN_HALF_CLOSED, /* one end has sent FIN */
	CONN_CLOSING,	  /* both FINs or a RST were seen */
};

#define CONN_F_INITIATOR_1 (1u << 0) /* the initiator is end 1 of the key */
#define CONN_F_FTP	   (1u << 1) /* an FTP control connection to inspect */
#define CONN_F_CHILD	   (1u << 2) /* admitted by a hole; parent is set */
#define CONN_F_LOCAL	   (1u << 3) /* opened by this machine itself */
#define CONN_F_FIN_0	   (1u << 4) /* the initiator has sent FIN */
#define CONN_F_FIN_1	   (1u << 5) /* the responder has sent FIN */
#define CONN_F_RESET	   (1u << 6) /* a RST ended it */
#define CONN_F_KILLED                                                                   \
	(1u << 7)		/* inspection ended it: its packets are answered by RST \
				 */
#define CONN_F_SILENT (1u << 8) /* CONN_F_KILLED, but without the RST */
#define CONN_F_OVER \
	(1u << 10) /* CONN_F_CHILD: closed, and not counted to its session any more */
#define CONN_F_PICKED_UP      (1u << 11) /* TCP: begun in midstream, without its SYN */
#define CONN_F_RANGE	      (1u << 9)	 /* CONN_F_CHILD by data-ports, not by a hole */
/* Its responder is this machine: an FTP control connection to it, or, with
 * CONN_F_CHILD, a data connection that a hole lets in. Others to it have no entry. */
#define CONN_F_HOST	      (1u << 12)
/* Counted while half-open, for its static has a limit; and that is of its port alone. */
#define CONN_F_EMBRYONIC      (1u << 13)
#define CONN_F_EMBRYONIC_PORT (1u << 14)
/* In conns: user space has ended it. No packet finds it any more. */
#define CONN_F_CLEARED	      (1u << 15)
/* In conns: it is being taken out, by whoever has set this. */
#define CONN_F_GONE	      (1u << 16)
/* CONN_F_CHILD: its initiator is the server of the control connection. */
#define CONN_F_SERVER_DIALS   (1u << 17)

#define TCP_END_F_SEEN	  (1u << 0) /* it has spoken: the fields below are known */
#define TCP_END_F_SCALING (1u << 1) /* its SYN offered window scaling */
#define TCP_END_F_FREE	  (1u << 2) /* first seen in midstream: scale unknown */

/* What is known of one end of a TCP connection (bpf/tcp_track.h). Sequence
 * numbers are as this end counts them. */
struct tcp_end {
	__u32 end;	  /* one past the last byte it has sent */
	__u32 max_end;	  /* one past the last byte that the other end lets it send */
	__u32 max_window; /* largest window it has announced, in bytes, at least 1 */
	__u32 acked;	  /* highest acknowledgement it has sent */
	__u8 scale;	  /* shift of its windows, 0..14 */
	__u8 flags;	  /* TCP_END_F_* */
	__u8 pad[2];
};

/* Of struct conn_path: XDP can send to the device. */
#define CONN_PATH_F_XDP (1u << 0)

/*
 * Where the packets of one end go, as the routing table said it last (bpf/known.h).
 * until_ns 0: nothing is remembered.
 */
struct conn_path {
	__u64 until_ns;	  /* CLOCK_MONOTONIC: from then on it is asked again */
	__u32 generation; /* of the policy that let the packet through */
	__u32 tx_ifindex; /* iface_config.tx_ifindex */
	__u8 dmac[6];	  /* of the next hop */
	__u8 smac[6];	  /* of the device */
	__u16 mtu;	  /* longest IP packet, in bytes */
	__u8 stat_slot;	  /* iface_config.stat_slot */
	__u8 flags;	  /* CONN_PATH_F_* */
};

/*
 * Index 0 speaks of the initiator, 1 of the responder. mapped[i] and mapped_port[i]
 * are the address and port under which end i is seen by the other end; equal to the
 * real ones, those of the key, where nothing is translated.
 *
 * The order is that of cache lines: with what the kernel puts before it, an entry of
 * conns has 384 bytes, of which the key and the first two parts share the first two
 * lines of 64; a packet of a known connection other than TCP touches four in all.
 */
struct conn {
	__u64 seen_ns;	       /* CLOCK_MONOTONIC, or as much as a tick (10 ms) before */
	__u32 flags;	       /* CONN_F_* */
	__u32 generation;      /* the policy that last permitted it */
	__u32 ifindex[2];      /* iface_config.l3_ifindex of end i; 0: this machine */
	__u32 acl_counter;     /* line that admitted it; PH_NO_COUNTER if none */
	__u32 acl_counter_out; /* likewise of the outbound list */
	__be16 mapped_port[2];
	__u8 state; /* enum conn_state */
	__u8 pad[3];

	struct conn_path path[2]; /* of what end i sends */

	__u64 packets[2];
	__u64 bytes[2]; /* IP lengths */
	struct ph_addr mapped[2];

	__u64 id; /* never reused while loaded */
	__u64 created_ns;
	struct tcp_end tcp[2];
	/* The initiator's SYN on a connection that is established: were the
	 * responder to accept it, it begins anew. flags 0: there was none. */
	struct tcp_end again;
	__u32 pad2;
	struct flow_key parent; /* CONN_F_CHILD: the control connection */
	__u64 parent_id;	/* CONN_F_CHILD: its id */
};

#define PH_NO_COUNTER 0xffffffffu

/*
 * The table of half-open connections (bpf/half_open.h) is made of sets. A word of a set
 * says what is in its entry, in the lower HALF_TAG_BITS: 0, nothing; HALF_CLAIMED, one
 * that is being written; else an odd tag of its key, with HALF_GUEST if that belongs to
 * another set, which is full. Above them is the time when it was met last, in units of
 * 2^HALF_TIME_SHIFT ns. The entry of word w of set s is s * HALF_WAYS + w.
 */
#define HALF_WAYS	7u
#define HALF_CLAIMED	2u
#define HALF_GUEST	2u
#define HALF_TAG_BITS	24
#define HALF_TIME_SHIFT 14

struct half_set {
	__u64 way[HALF_WAYS];
	__u64 away; /* so many that belong here are guests elsewhere */
};

struct half_entry {
	struct flow_key key;
	struct conn conn;
};

/* Written once, before anything is entered. */
struct half_head {
	__u64 seed[2]; /* secret: nobody is to know who shares a set */
	__u32 n_sets;
	__u32 pad;
};

#endif /* PINHOLE_ABI_CONN_H */
