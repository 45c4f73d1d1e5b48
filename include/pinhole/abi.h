/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi.h - everything that the kernel programs and user space share.
 *
 * Why it exists: a BPF map is a binary interface between two programs that
 * are compiled apart and may be upgraded apart. Every struct, map name, drop
 * reason and counter that crosses this border is defined here and only here.
 *
 * Who may include it: everybody. It includes nothing of Pinhole, and of the
 * system only kernel UAPI headers, so that it compiles for BPF and natively.
 *
 * Rules: fixed-width types, explicit padding, size and offsets asserted at
 * the end. A change of any layout raises PH_ABI_VERSION; the loader refuses
 * to touch maps pinned by another version.
 */
#ifndef PINHOLE_ABI_H
#define PINHOLE_ABI_H

#include <linux/bpf.h>
#include <linux/types.h>

#define PH_ABI_VERSION 1

/* Limits. Each table's refusal when it is full is a counted reason. */
#define PH_MAX_INTERFACES   64	  /* statistic slots, so interfaces ever seen */
#define PH_MAX_ACL_LINES    8192  /* records per policy; the lookup is linear */
#define PH_MAX_ACL_COUNTERS 16384 /* two generations' worth of line counters */
#define PH_MAX_CONNECTIONS  131072
#define PH_MAX_HALF_OPEN    65536
#define PH_MAX_FTP_SESSIONS 8192
#define PH_MAX_HOLES	    32768
/* Connections and holes, and what is left over of those removed meanwhile. */
#define PH_MAX_EXPIRY	    (PH_MAX_CONNECTIONS + PH_MAX_HOLES + 65536)
#define PH_TEXT_CHUNK_BYTES 4096 /* one element of the policy text map */

/*
 * Why a packet was dropped. X(NAME, "name-on-screen", "what happened and what
 * to do"). The number is an index into the drop_stats map: append only.
 */
#define PH_DROP_REASONS(X)                                                               \
	X(EGRESS_NO_INTERFACE, "egress-not-in-policy",                                   \
	  "the route leads to a device that the policy does not name")                   \
	X(TRUNCATED, "truncated", "a header is cut off by the end of the frame")         \
	X(BAD_IP_HEADER, "bad-ip-header",                                                \
	  "version, header length or total length contradict the frame")                 \
	X(BAD_IP_CHECKSUM, "bad-ip-checksum", "the IPv4 header checksum is wrong")       \
	X(BAD_TCP_HEADER, "bad-tcp-header",                                              \
	  "TCP data offset or flag combination is impossible")                           \
	X(BAD_ADDRESS, "bad-address",                                                    \
	  "source is multicast, broadcast, loopback or zero; or destination is "         \
	  "loopback or zero")                                                            \
	X(LAND, "land-attack", "source and destination are the same")                    \
	X(FRAGMENT, "fragment", "fragments are not forwarded by this version")           \
	X(VLAN_UNKNOWN, "vlan-unknown",                                                  \
	  "a tagged frame on a device without that VLAN in the policy")                  \
	X(L2_UNSUPPORTED, "ethertype-not-ip", "neither IPv4, IPv6 nor ARP")              \
	X(IPV6_FORWARD, "ipv6-not-forwarded",                                            \
	  "IPv6 is not forwarded by this version; it reaches this machine only")         \
	X(ACL_DENY, "acl-deny", "a deny line matched")                                   \
	X(ACL_IMPLICIT, "acl-implicit-deny",                                             \
	  "no line of the interface's access list matched")                              \
	X(SECURITY_LEVEL, "security-level",                                              \
	  "no access list, and the egress security level is not lower")                  \
	X(TCP_NOT_SYN, "tcp-not-syn",                                                    \
	  "a TCP segment without a connection that does not start one")                  \
	X(CONN_WRONG_INTERFACE, "conn-wrong-interface",                                  \
	  "a connection's packet on another interface than the connection's")            \
	X(POLICY_CHANGED, "policy-changed",                                              \
	  "the connection is no longer permitted or translated alike since the last "    \
	  "apply")                                                                       \
	X(CONN_TABLE_FULL, "conn-table-full", "the connection table is full")            \
	X(HALF_OPEN_FULL, "half-open-table-full",                                        \
	  "the half-open table cannot take another entry")                               \
	X(NAT_REVERSE, "nat-reverse-path",                                               \
	  "the real address of a translated host was addressed from where it is "        \
	  "translated")                                                                  \
	X(NAT_EGRESS, "nat-egress-mismatch",                                             \
	  "the route to the real address leads out of another interface than its "       \
	  "static says")                                                                 \
	X(NO_ROUTE, "no-route",                                                          \
	  "the kernel has no usable route: blackhole, unreachable or prohibited")        \
	X(TTL_EXPIRED, "ttl-expired", "time to live ran out here")                       \
	X(MTU_EXCEEDED, "mtu-exceeded", "larger than the egress MTU")                    \
	X(UNJUDGED, "forwarded-unjudged",                                                \
	  "the kernel forwarded a packet from an interface outside the policy to one "   \
	  "inside it")                                                                   \
	X(FTP_TABLE_FULL, "ftp-table-full", "no room for another inspected FTP session") \
	X(FTP_REWRITE, "ftp-rewrite-impossible",                                         \
	  "an address in the FTP control stream could not be rewritten; its hole was "   \
	  "refused with it")                                                             \
	X(FTP_SEGMENT, "ftp-segment",                                                    \
	  "a control segment that would skip or split what inspection must see whole; "  \
	  "the sender repeats it")                                                       \
	X(REWRITE_FAILED, "rewrite-failed", "the kernel refused to change the packet")   \
	X(INTERNAL, "internal",                                                          \
	  "a bound that cannot be reached was reached; please report it")

/*
 * What the stages of the pipeline return. Zero lets the packet go on to the
 * next stage; the few values below PH_DROP_FIRST are verdicts that are not
 * drops; all others are drop reasons. bpf/verdict.h alone turns them into
 * XDP and TC actions.
 */
enum ph_reason {
	PH_NEXT = 0, /* go on with the next stage */
	PH_FORWARD,  /* send to the egress device */
	PH_TO_BOX,   /* leave to the kernel: addressed to this machine */
	PH_PASS_UP,  /* XDP cannot finish this one: TC will, unmodified */
	PH_REPLY,    /* the frame was turned into its own answer (ARP) */
	PH_DROP_FIRST = 8,
	PH_DROP_BASE_ = PH_DROP_FIRST - 1,
#define X(NAME, TEXT, HELP) PH_DROP_##NAME,
	PH_DROP_REASONS(X)
#undef X
		PH_DROP_END,
};

#define PH_N_DROP_REASONS (PH_DROP_END - PH_DROP_FIRST)

/* Things that happen and are counted. X(NAME, "name", "what it counts"). */
#define PH_EVENTS(X)                                                                   \
	X(CONN_CREATED, "connections_created", "connections promoted to established")  \
	X(CONN_CLOSED, "connections_closed", "connections closed by FIN or RST")       \
	X(CONN_EXPIRED, "connections_expired", "connections that idled out")           \
	X(HALF_OPEN_CREATED, "half_open_created", "first packets admitted")            \
	X(FTP_SESSION_OPENED, "ftp_sessions_opened",                                   \
	  "inspected FTP control connections")                                         \
	X(FTP_SESSION_CLOSED, "ftp_sessions_closed",                                   \
	  "inspected FTP control connections ended")                                   \
	X(FTP_SESSION_TLS, "ftp_sessions_tls",                                         \
	  "FTP sessions that went over to TLS and are left alone")                     \
	X(HOLE_OPENED, "holes_opened", "pinholes opened")                              \
	X(HOLE_USED, "holes_used", "pinholes that admitted their data connection")     \
	X(HOLE_EXPIRED, "holes_expired", "pinholes that went unused for five minutes") \
	X(HOLE_REFUSED, "holes_refused_by_peer",                                       \
	  "pinholes closed because the peer refused the command")                      \
	X(HOLE_REPLACED, "holes_replaced",                                             \
	  "pinholes replaced by newer ones of the same session")                       \
	X(HOLE_SESSION_END, "holes_closed_with_session",                               \
	  "unused pinholes closed with their session")                                 \
	X(HOLE_DENY_ADDRESS, "holes_denied_foreign_address",                           \
	  "announcements of a foreign address (406002)")                               \
	X(HOLE_DENY_PORT, "holes_denied_low_port",                                     \
	  "announcements of a port below 1024 (406001)")                               \
	X(HOLE_DENY_MALFORMED, "holes_denied_malformed",                               \
	  "announcements with malformed numbers")                                      \
	X(HOLE_DENY_UNSOLICITED, "holes_denied_unsolicited",                           \
	  "227 or 229 replies nobody asked for")                                       \
	X(HOLE_DENY_FULL, "holes_denied_table_full",                                   \
	  "holes refused because the table is full")                                   \
	X(HOLE_DENY_REWRITE, "holes_denied_no_rewrite",                                \
	  "holes refused because the payload could not be rewritten")                  \
	X(FTP_REWRITTEN, "ftp_payload_rewrites",                                       \
	  "addresses rewritten in control connections")                                \
	X(NAT_TRANSLATED, "nat_translated", "source addresses translated")             \
	X(NAT_UNTRANSLATED, "nat_untranslated", "destination addresses untranslated")  \
	X(ARP_ANSWERED, "arp_answered", "ARP requests answered for mapped addresses")  \
	X(XDP_PASSED_UP, "xdp_passed_up", "packets that XDP left to TC")

enum ph_event {
#define X(NAME, TEXT, HELP) PH_EV_##NAME,
	PH_EVENTS(X)
#undef X
		PH_EV_END,
};

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
	CONN_SYN_SENT = 0, /* half-open: only the initiator has spoken */
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

/*
 * Index 0 speaks of the initiator, 1 of the responder. mapped[i] is the
 * address under which end i is seen by the other end; equal to the real one
 * where nothing is translated.
 */
struct conn {
	__u64 id;	  /* never reused while loaded */
	__u64 created_ns; /* CLOCK_MONOTONIC */
	__u64 seen_ns;
	__u64 packets[2];
	__u64 bytes[2]; /* IP lengths */
	struct ph_addr mapped[2];
	struct flow_key parent; /* CONN_F_CHILD: the control connection */
	__u64 parent_id;	/* CONN_F_CHILD: its id */
	__u32 generation;	/* the policy that last permitted it */
	__u32 ifindex[2];	/* the device behind which end i lives; 0: this machine */
	__u32 acl_counter;	/* line that admitted it; PH_NO_COUNTER if none */
	__u32 flags;
	__u8 state; /* enum conn_state */
	__u8 pad[3];
};

#define PH_NO_COUNTER 0xffffffffu

/* A hole admits one TCP connection from any port of src to dst:dst_port. */
struct hole_key {
	struct ph_addr src; /* real address of the end that will dial */
	struct ph_addr dst; /* real address of the end that announced */
	__be16 dst_port;
	__u8 pad[2];
};

struct hole {
	__u64 opened_ns; /* CLOCK_MONOTONIC */
	__u64 expires_ns;
	struct flow_key parent; /* the control connection */
	__u64 parent_id;	/* its conn.id; the hole is dead without it */
	__be16 claimed_port;	/* source port that took it; 0 while free */
	__u8 passive;		/* 1: PASV/EPSV, 0: PORT/EPRT */
	__u8 pad[5];
};

/*
 * What the clock visits in turn: one entry per connection and hole. An entry
 * whose id is no longer that of its key is left over and forgotten.
 */
enum expiry_kind { EXPIRY_CONN = 1, EXPIRY_HOLE };

struct expiry {
	union {
		struct flow_key conn;
		struct hole_key hole;
	};
	__u64 id;   /* conn.id or hole.opened_ns */
	__u32 kind; /* enum expiry_kind */
	__u32 pad;
};

/* The one timer of the datapath. It runs in the kernel, needs no process, and
 * is started by the loader before a policy comes into force. */
struct expiry_clock {
	struct bpf_timer timer;
	__u64 pending; /* entries in the expiry queue */
	__u64 ticks;   /* since the start: proof of life */
};

/* The active policy. One aligned word decides; a packet reads it once. */
struct policy_active {
	__u32 generation; /* 0: none. Tables of generation g are in slot g & 1 */
	__u32 pad;
};

/* Per generation, what is not a table. Times in nanoseconds. */
struct policy_config {
	__u32 abi_version;
	__u32 n_acl_records;
	__u64 timeout_half_open_ns;
	__u64 timeout_tcp_ns;
	__u64 timeout_half_closed_ns;
	__u64 timeout_closing_ns;
	__u64 timeout_udp_ns;
	__u64 timeout_icmp_ns;
	__u64 timeout_other_ns;
	__u64 timeout_hole_ns;
};

#define IFACE_F_ACL_IN (1u << 0) /* an access list is bound inbound */
#define IFACE_F_XDP    (1u << 1) /* XDP runs on it and it takes redirected frames */

/* Value of the interface table; key is the ifindex (__u32). */
struct iface_config {
	__u32 id;	 /* 1..PH_MAX_INTERFACES-1, position in the policy + 1 */
	__u32 stat_slot; /* index into if_stats; stable across generations */
	__u32 flags;
	__u32 security_level; /* 0..100 */
	__u32 acl_in_first;   /* first record of the inbound list */
	__u32 acl_in_count;
	__u8 mac[6];
	__u8 pad[2];
	char name[48]; /* nameif, NUL-terminated */
	char device[16];
};

/* What an access list is asked: addresses as on the wire, host-order ports.
 * ICMP: dst_port is type << 8 | code, src_port is 0. */
struct acl_key {
	struct ph_addr src;
	struct ph_addr dst;
	__u16 src_port;
	__u16 dst_port;
	__u8 proto;
	__u8 pad[3];
};

#define ACL_F_PERMIT	(1u << 0)
#define ACL_F_ANY_PROTO (1u << 1)

/* One record. A line with `neq` becomes two records with one counter. */
struct acl_record {
	struct ph_addr src;
	struct ph_addr src_mask;
	struct ph_addr dst;
	struct ph_addr dst_mask;
	__u16 src_port_low; /* inclusive, host order */
	__u16 src_port_high;
	__u16 dst_port_low;
	__u16 dst_port_high;
	__u8 proto;
	__u8 flags;
	__u8 pad[2];
	__u32 counter; /* index into acl_stats */
	__u64 line_id; /* hash of list name and canonical text: stable */
};

struct acl_counters {
	__u64 hits; /* flows that this line decided */
};

/* LPM keys: prefixlen counts all bits that follow it. */
struct nat_in_key {
	__u32 prefixlen; /* 32 + prefix of addr (IPv4: 96 + n) */
	__u32 mapped_if; /* iface_config.id */
	struct ph_addr addr;
};

struct nat_out_key {
	__u32 prefixlen; /* 64 + prefix of addr (IPv4: 96 + n) */
	__u32 real_if;
	__u32 mapped_if;
	struct ph_addr addr;
};

/* Static one-to-one: new = net | (old & ~mask). */
struct nat_value {
	struct ph_addr net;
	struct ph_addr mask;
	__u32 real_if;
	__u32 mapped_if;
	__u8 proxy_arp; /* nat_in only: answer ARP for the mapped address */
	__u8 pad[7];
};

/* Key of the fixup table: a server port to inspect. */
struct fixup_key {
	__be16 port;
	__u8 proto;
	__u8 pad;
};

enum fixup_kind { FIXUP_FTP = 1 };

struct fixup_value {
	__u32 kind;
	__u32 flags;
};

struct if_counters {
	__u64 rx_packets; /* judged, whatever the verdict */
	__u64 rx_bytes;
	__u64 tx_packets; /* forwarded out of it by Pinhole */
	__u64 tx_bytes;
	__u64 drop_packets; /* of rx, dropped */
	__u64 drop_bytes;
	__u64 to_box_packets; /* of rx, left to this machine */
	__u64 xdp_packets;    /* of rx, finished by XDP */
};

struct packet_counters {
	__u64 packets;
	__u64 bytes;
};

/* Map names, at most 15 characters; also their names below the pin directory. */
#define PH_MAP_ACTIVE	 "active"	 /* ARRAY[1] policy_active */
#define PH_MAP_CONFIG	 "policy_config" /* ARRAY[2] policy_config */
#define PH_MAP_IFACES	 "ifaces"	 /* [2] of HASH ifindex -> iface_config */
#define PH_MAP_ACL	 "acl_records"	 /* [2] of ARRAY acl_record */
#define PH_MAP_NAT_IN	 "nat_in"	 /* [2] of LPM nat_in_key -> nat_value */
#define PH_MAP_NAT_OUT	 "nat_out"	 /* [2] of LPM nat_out_key -> nat_value */
#define PH_MAP_FIXUPS	 "fixups"	 /* [2] of HASH fixup_key -> fixup_value */
#define PH_MAP_TEXT	 "policy_text"	 /* [2] of ARRAY char[PH_TEXT_CHUNK_BYTES] */
#define PH_MAP_ACL_STATS "acl_stats"	 /* PERCPU_ARRAY acl_counters */
#define PH_MAP_CONNS	 "conns"	 /* HASH flow_key -> conn */
#define PH_MAP_HALF_OPEN "half_open"	 /* LRU_HASH flow_key -> conn */
#define PH_MAP_HOLES	 "holes"	 /* HASH hole_key -> hole */
#define PH_MAP_EXPIRY	 "expiry"	 /* QUEUE expiry */
#define PH_MAP_CLOCK	 "clock"	 /* ARRAY[1] expiry_clock */
#define PH_MAP_FTP	 "ftp_sessions"	 /* HASH flow_key -> bpf/ftp_session.h */
#define PH_MAP_IF_STATS	 "if_stats"	 /* PERCPU_ARRAY[PH_MAX_INTERFACES] if_counters */
#define PH_MAP_DROP_STATS \
	"drop_stats" /* PERCPU_ARRAY[reason - PH_DROP_FIRST] packet_counters */
#define PH_MAP_EVENTS  "event_stats" /* PERCPU_ARRAY[ph_event] __u64 */
#define PH_MAP_TX_DEVS "tx_devs"     /* DEVMAP_HASH ifindex -> ifindex */

#define PH_ASSERT_SIZE(type, bytes) \
	_Static_assert(sizeof(type) == (bytes), "ABI: size of " #type)
#define PH_ASSERT_OFFSET(type, field, bytes)                       \
	_Static_assert(__builtin_offsetof(type, field) == (bytes), \
		       "ABI: offset of " #type "." #field)

PH_ASSERT_SIZE(struct ph_addr, 16);
PH_ASSERT_SIZE(struct flow_key, 40);
PH_ASSERT_SIZE(struct conn, 160);
PH_ASSERT_OFFSET(struct conn, packets, 24);
PH_ASSERT_OFFSET(struct conn, mapped, 56);
PH_ASSERT_OFFSET(struct conn, parent, 88);
PH_ASSERT_OFFSET(struct conn, parent_id, 128);
PH_ASSERT_OFFSET(struct conn, generation, 136);
PH_ASSERT_OFFSET(struct conn, state, 156);
PH_ASSERT_SIZE(struct hole_key, 36);
PH_ASSERT_SIZE(struct hole, 72);
PH_ASSERT_OFFSET(struct hole, parent, 16);
PH_ASSERT_OFFSET(struct hole, claimed_port, 64);
PH_ASSERT_SIZE(struct expiry, 56);
PH_ASSERT_SIZE(struct expiry_clock, 32);
PH_ASSERT_SIZE(struct policy_active, 8);
PH_ASSERT_SIZE(struct policy_config, 72);
PH_ASSERT_SIZE(struct iface_config, 96);
PH_ASSERT_OFFSET(struct iface_config, name, 32);
PH_ASSERT_SIZE(struct acl_key, 40);
PH_ASSERT_SIZE(struct acl_record, 88);
PH_ASSERT_OFFSET(struct acl_record, counter, 76);
PH_ASSERT_SIZE(struct acl_counters, 8);
PH_ASSERT_SIZE(struct nat_in_key, 24);
PH_ASSERT_SIZE(struct nat_out_key, 28);
PH_ASSERT_SIZE(struct nat_value, 48);
PH_ASSERT_SIZE(struct fixup_key, 4);
PH_ASSERT_SIZE(struct fixup_value, 8);
PH_ASSERT_SIZE(struct if_counters, 64);
PH_ASSERT_SIZE(struct packet_counters, 16);

#endif /* PINHOLE_ABI_H */
