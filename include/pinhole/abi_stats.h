/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi_stats.h - the part of the ABI that counts: packets of interfaces, connections, and
 * what FTP data connections carry. All of it is kept per CPU and added up by the reader.
 *
 * Who may include it: abi.h, whose rules hold, and through it everybody.
 */
#ifndef PINHOLE_ABI_STATS_H
#define PINHOLE_ABI_STATS_H

#include <linux/types.h>

#include <pinhole/abi_reasons.h>

struct if_counters {
	__u64 rx_packets; /* judged, whatever the verdict */
	__u64 rx_bytes;
	__u64 tx_packets; /* forwarded out of it by Pinhole */
	__u64 tx_bytes;
	__u64 drop_packets; /* of rx, dropped */
	__u64 drop_bytes;
	__u64 to_box_packets; /* of rx, left to this machine */
	__u64 to_box_bytes;
	__u64 forward_packets; /* of rx, forwarded */
	__u64 forward_bytes;
	__u64 reply_packets; /* of rx, answered by the firewall itself: ARP, NDP, ICMP */
	__u64 reply_bytes;
	__u64 own_packets; /* sent by this machine through it */
	__u64 own_bytes;
	__u64 egress_drop_packets; /* dropped on the way out of it, in no rx */
	__u64 egress_drop_bytes;
	__u64 xdp_packets; /* of rx, finished by XDP */
};

struct packet_counters {
	__u64 packets;
	__u64 bytes;
};

/* Connections are counted by class of protocol. */
enum conn_class {
	CONN_CLASS_TCP = 0,
	CONN_CLASS_UDP,
	CONN_CLASS_ICMP, /* of both families */
	CONN_CLASS_OTHER,
	CONN_N_CLASSES,
};

/* What is told of a connection in conns: a function of its flags, which change by atomic
 * instructions alone, and not of its state. */
enum conn_told {
	CONN_TOLD_NONE = 0, /* it is not in the table */
	CONN_TOLD_ESTABLISHED,
	CONN_TOLD_HALF_CLOSED,
	CONN_TOLD_CLOSING,
	CONN_N_TOLD,
};

/*
 * How many half-open connections there are, by when they were seen last: see
 * bpf/half_open_count.h. A step is 2^policy_config.half_open_shift ns. A slot is
 * step << 32 | HALF_OPEN_ZERO + number, and the number may be negative on one CPU.
 */
#define HALF_OPEN_SLOTS 16u
#define HALF_OPEN_ZERO	0x80000000u

struct half_open_steps {
	__u64 slot[HALF_OPEN_SLOTS];
};

/* Room for each enum ph_conn_end; a power of two, so that a mask bounds it. */
#define CONN_END_SLOTS 16u

struct conn_counters {
	__u64 created;
	__u64 closed[CONN_END_SLOTS];
	/* Changes: on one CPU negative, modulo 2^64. That of CONN_TOLD_NONE is no more
	 * than what the others add up to. */
	__u64 told[CONN_N_TOLD];
	struct half_open_steps half_open;
};

/* TCP payload of data connections, as it was let through. */
struct ftp_traffic {
	__u64 connections;
	__u64 bytes_to_server;
	__u64 bytes_to_client;
};

#define PH_MAP_CONN_STATS  "conn_stats"	 /* PERCPU_ARRAY[conn_class] conn_counters */
#define PH_MAP_FTP_TRAFFIC "ftp_traffic" /* PERCPU_ARRAY[1] ftp_traffic */

#endif /* PINHOLE_ABI_STATS_H */
