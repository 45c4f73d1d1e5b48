/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi.h - everything that the kernel programs and user space share.
 *
 * Why it exists: a BPF map is a binary interface between two programs that
 * are compiled apart and may be upgraded apart. Every struct, map name, drop
 * reason and counter that crosses this border is defined here and only here.
 *
 * Who may include it: everybody. Of Pinhole it includes only its own parts, and of
 * the system only kernel UAPI headers, so that it compiles for BPF and natively.
 *
 * Rules: fixed-width types, explicit padding, size and offsets asserted at
 * the end. A change of any layout raises PH_ABI_VERSION; the loader refuses
 * to touch maps pinned by another version.
 */
#ifndef PINHOLE_ABI_H
#define PINHOLE_ABI_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <pinhole/abi_acl.h>
#include <pinhole/abi_conn.h>
#include <pinhole/abi_nat.h>
#include <pinhole/abi_reasons.h>
#include <pinhole/abi_stats.h>

#define PH_ABI_VERSION 11

/* Limits. Each table's refusal when it is full is a counted reason. */
#define PH_MAX_INTERFACES   64	       /* statistic slots, so interfaces ever seen */
#define PH_TEXT_CHUNK_BYTES 4096       /* one element of the policy text map */
#define PH_RECORD_BYTES	    (1u << 20) /* the ring of records */

/* Sizes of the tables as the object file has them; the loader sets its own
 * before it loads (fw_sizes). */
#define PH_MAX_CONNECTIONS  131072
#define PH_MAX_HALF_OPEN    65536
#define PH_MAX_FRAGMENTS    8192
#define PH_MAX_FTP_SESSIONS 8192
#define PH_MAX_HOLES	    32768
#define PH_MAX_ACL_LINES    65536 /* of all lists together */
/* Connections and holes, and what is left over of those removed meanwhile. */
#define PH_EXPIRY_SLACK	    65536
#define PH_MAX_EXPIRY	    (PH_MAX_CONNECTIONS + PH_MAX_HOLES + PH_EXPIRY_SLACK)

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
	__u8 pad;		/* of the word that a claim swaps (bpf/hole.h) */
	__u8 data_port_only;	/* 1: the dialer must come from its data port */
	__u8 pad2[3];
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

#define CONFIG_F_REAL_LISTS	(1u << 0) /* lists match real addresses (ASA 8.3 on) */
#define CONFIG_F_SAME_INTER	(1u << 1) /* same-security-traffic inter-interface */
#define CONFIG_F_SAME_INTRA	(1u << 2) /* same-security-traffic intra-interface */
#define CONFIG_F_PASS_NON_IP	(1u << 3) /* leave other ethertypes to the kernel */
#define CONFIG_F_KEEP		(1u << 4) /* see keep_from */
#define CONFIG_F_ACL_GLOBAL	(1u << 5) /* a global access list is bound */
/* A bound list has a line with `fragments`: later fragments ask it too. */
#define CONFIG_F_FRAGMENT_LINES (1u << 6)
#define CONFIG_F_CONDUIT	(1u << 7) /* acl_conduit is asked; see there */

/* Per generation, what is not a table. Times in nanoseconds. */
struct policy_config {
	__u32 abi_version;
	__u32 n_acl_lines;
	__u32 flags;	 /* CONFIG_F_* */
	__u32 keep_from; /* CONFIG_F_KEEP: connections permitted by this generation
			  * or a later one are not judged again */
	struct acl_root acl_global;
	/* `conduit`: asked where no list is bound and the security levels deny. */
	struct acl_root acl_conduit;
	struct acl_halves acl; /* filled in by the loader */
	struct acl_extent nat; /* of nat_rules, likewise */
	/* TCP connections may be picked up in midstream for so long after the
	 * programs were loaded; 0: never. The loader fills in pick_up_until_ns
	 * (CLOCK_MONOTONIC). */
	__u64 pick_up_ns;
	__u64 pick_up_until_ns;
	__u64 timeout_half_open_ns;
	__u64 timeout_tcp_ns;
	__u64 timeout_half_closed_ns;
	__u64 timeout_closing_ns;
	__u64 timeout_udp_ns;
	__u64 timeout_icmp_ns;
	__u64 timeout_other_ns;
	__u64 timeout_hole_ns;
	__u64 timeout_fragment_ns;
	/* The generation that these tables were built as. An undo (abi_undo.h) puts
	 * them in force again under a later number; what was permitted under the
	 * numbers between is not kept by CONFIG_F_KEEP. */
	__u32 built;
	__u8 half_open_shift[CONN_N_CLASSES]; /* of half_open_steps; by the loader */
};

#define IFACE_F_ACL_IN	     (1u << 0) /* an access list is bound inbound */
#define IFACE_F_XDP	     (1u << 1) /* XDP runs on it and it takes redirected frames */
#define IFACE_F_REVERSE_PATH (1u << 2) /* ip verify reverse-path */
#define IFACE_F_ACL_OUT	     (1u << 3) /* an access list is bound outbound */
#define IFACE_F_ACL_BOX	     (1u << 4) /* one is bound for traffic to this machine */
/* What is seen from it is translated by lists (nat_rule), and not by nat_in and
 * nat_out: those then only say which addresses ARP and NDP are answered for. */
#define IFACE_F_NAT_RULES    (1u << 5)
/* With IFACE_F_ACL_BOX: this machine's own FTP sessions through it are watched by their
 * sockets (abi_host.h), and their holes let data connections in to it. */
#define IFACE_F_HOST_FTP     (1u << 6)
/* Nothing is translated as it is seen from it: nat_in need not be asked about what comes
 * in there, nor nat_out about what goes out. */
#define IFACE_F_NAT_NONE     (1u << 7)

/*
 * Where a frame came in: device and tags. A VLAN interface of the policy has
 * two entries with the same value: one by the device and tags that its frames
 * have, and one by its own device {l3_ifindex, 0, 0}, to which routes lead. Each
 * device that frames come and go by has one more, {ifindex, IFACE_VLAN_ANY, 0},
 * with the value of one of its interfaces: frames with unknown tags are counted
 * there. A device without it is not the policy's.
 */
#define IFACE_VLAN_ANY 0xffff /* every carrier has an entry under it besides */

struct iface_key {
	__u32 ifindex;
	__u16 vlan;	  /* 802.1Q id, of two tags the outer; 0: untagged */
	__u16 inner_vlan; /* of two tags the inner; 0: none */
};

/* Value of the interface table. */
struct iface_config {
	__u32 id;	 /* 1..PH_MAX_INTERFACES-1, position in the policy + 1 */
	__u32 stat_slot; /* index into if_stats; stable across generations */
	__u32 flags;
	__u32 security_level; /* 0..100 */
	__u32 l3_ifindex;     /* the device that carries its addresses and routes */
	__u32 tx_ifindex;     /* the device that its frames come and go by */
	__u16 vlan;	      /* tags of its frames, as in iface_key */
	__u16 inner_vlan;
	__u8 mac[6];
	__u8 pad[2];
	__u32 pad2;
	struct acl_root acl_in;
	struct acl_root acl_out;
	struct acl_root acl_box; /* control-plane: for traffic to this machine */
	struct acl_root nat_in;	 /* IFACE_F_NAT_RULES: asked on the way in */
	struct ph_addr own4;	 /* senders of its ICMP errors; zero: it sends none */
	struct ph_addr own6;
	/* This machine's address host_real is mapped to host_public somewhere upstream:
	 * what it announces in clear is rewritten. Zero: it is not. */
	struct ph_addr host_real;
	struct ph_addr host_public;
	char name[48];	 /* nameif, NUL-terminated */
	char device[16]; /* of l3_ifindex */
};

/*
 * Fragments. The first one of a datagram is judged as a packet is; the later
 * ones, which have no ports, follow what is kept here.
 */
struct frag_key {
	struct ph_addr src; /* as on the wire */
	struct ph_addr dst;
	__be32 id;	  /* IPv4: 16 bits, in the upper half on the wire */
	__u32 l3_ifindex; /* where it came in */
	__u8 proto;	  /* IPv4 only (RFC 791); IPv6: 0 (RFC 8200, 4.5) */
	__u8 pad[3];
};

/* A stretch of the datagram, in units of 8 bytes; empty: 0, 0. */
struct frag_range {
	__u16 from;
	__u16 to; /* one past the last */
};

#define FRAG_MAX_RANGES 8

struct frag {
	__u64 created_ns;
	struct flow_key conn; /* the connection, for its counters */
	struct ph_addr real_src;
	struct ph_addr real_dst;
	struct ph_addr new_src; /* what the datagram leaves with */
	struct ph_addr new_dst;
	struct frag_range seen[FRAG_MAX_RANGES]; /* merged, in no order */
	__u32 generation;			 /* of the policy that judged it */
	__u32 dir;				 /* who of the connection sends it */
	__u16 total;	   /* units of the whole, known once the last is seen; else 0 */
	__u8 to_box;	   /* 1: it is for this machine */
	__u8 tracked;	   /* 1: conn names a connection */
	__u32 acl_counter; /* the lines that count the datagram, as of a connection */
	__u32 acl_counter_out;
	__u8 untranslated; /* 1: real_dst is not the address that it is sent to */
	__u8 pad[3];
};

/* What the datapath has to tell, besides counting it; taken out of a ring. */
enum ph_record_kind {
	PH_RECORD_CONN_END = 1, /* all fields */
	PH_RECORD_TABLE_FULL,	/* reason; at most one per second and reason */
	PH_RECORD_FTP,		/* abi_ftp.h: a finding */
	PH_RECORD_FTP_FILE,	/* abi_ftp.h: a file was stored or retrieved */
	PH_RECORD_FTP_TLS,	/* abi_ftp.h: both ends have said hello */
	PH_RECORD_ACL,		/* struct acl_record */
	PH_RECORD_BUILT,	/* abi_log.h: a connection is complete */
	PH_RECORD_DROP,		/* abi_log.h: a packet was dropped */
};

struct ph_record {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u32 kind;    /* enum ph_record_kind */
	__u32 reason;  /* enum ph_conn_end, or enum ph_reason of the full table */
	struct flow_key key;
	struct conn conn; /* as it ended */
};

/* What an access list is asked: addresses as on the wire, host-order ports.
 * ICMP: dst_port is type << 8 | code, src_port is 0. Later fragments: both are 0. */
struct acl_key {
	struct ph_addr src;
	struct ph_addr dst;
	__u16 src_port;
	__u16 dst_port;
	__u8 proto;
	__u8 tcp_flags;	     /* TCP: the lower six bits; else 0 */
	__u8 later_fragment; /* 1: it has neither ports nor flags */
	__u8 pad;
};

/* Where a list was asked. */
enum acl_place { ACL_AT_IN = 1, ACL_AT_OUT, ACL_AT_BOX };

/*
 * What a list has decided about the first packet of a flow, or about one that it
 * denied. Told of lines with `log`, and of whatever is denied unless the line says
 * `log disable`.
 */
struct acl_record {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u32 kind;    /* PH_RECORD_ACL */
	__u32 lost;    /* how many of the line were not told on this CPU before */
	__u64 line_id; /* of the line that decided; 0: none did, so it is denied */
	struct acl_key key;
	__u32 ifindex[2]; /* iface_config.l3_ifindex of the way in, and out; 0: none */
	__u8 place;	  /* enum acl_place */
	__u8 permit;
	__u8 flags; /* ACL_LINE_F_* of the line */
	__u8 pad[5];
};

/* So many are told per second and CPU, and none while the ring is half full: what
 * others tell must find room whoever floods a list that denies. See abi_log.h. */
#define PH_ACL_RECORDS_PER_SEC 1000

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
	__u8 proxy_arp; /* nat_in only: answer ARP and NDP for the mapped address */
	__u8 pad[3];
	__u32 embryonic; /* nat_in only: TCP connections to the real host that are not
			  * answered yet; 0: no limit */
	__u32 counter;	 /* see nat_stats; PH_NO_COUNTER: it is not counted */
};

/*
 * Translations with an order or conditions. Which one holds is asked of an access
 * list (abi_acl.h) whose lines have numbers from n_acl_lines on; line
 * n_acl_lines + i that permits means nat_rules[i] of this generation, one that
 * denies means that the address stays as it is. So does no line.
 *
 * Asked on the way in, by the list of the interface (iface_config.nat_in): source =
 * the peer as it comes, destination = the mapped end. Asked on the way out, by the
 * list in nat_lists: source = the real end, destination = its peer, real. Ports
 * likewise.
 */
struct nat_rule {
	struct ph_addr real; /* bits of mask only */
	struct ph_addr mapped;
	struct ph_addr mask;
	__u32 real_if; /* iface_config.id; 0: any */
	__u32 mapped_if;
	__u16 real_port; /* first of n_ports each; host order */
	__u16 mapped_port;
	__u16 n_ports; /* 0: ports stay as they are */
	__u8 flags;    /* NAT_RULE_F_* */
	__u8 pad;
	__u32 embryonic; /* as of nat_value */
	__u32 counter;	 /* likewise */
};

/* `unidirectional`: on the way in it translates what belongs to a connection that
 * the real end began, and nothing else. In the lists that are asked on the way in
 * such lines stand behind all others. */
#define NAT_RULE_F_ONE_WAY  (1u << 0)
/* Of one port: its limit on half-open connections is of that, and not of the host. */
#define NAT_RULE_F_ONE_PORT (1u << 1)

/* Room of one generation for rules, where access lists have room for so many lines. */
#define PH_NAT_RULES(lines) (lines)

/* Key of nat_lists: hosts behind real_if as seen from mapped_if. */
struct nat_pair {
	__u32 real_if;
	__u32 mapped_if;
};

/* Map names, at most 15 characters; also their names below the pin directory. */
#define PH_MAP_ACTIVE	  "active"	  /* ARRAY[1] policy_active */
#define PH_MAP_CONFIG	  "policy_config" /* ARRAY[2] policy_config */
#define PH_MAP_IFACES	  "ifaces"	  /* [2] of HASH iface_key -> iface_config */
#define PH_MAP_ACL_WORDS  "acl_words"	  /* ARRAY __u64: both generations' images */
#define PH_MAP_ACL_RULES4 "acl_rules4"	  /* ARRAY acl_rule4, likewise */
#define PH_MAP_ACL_RULES6 "acl_rules6"	  /* ARRAY acl_rule6, likewise */
#define PH_MAP_ACL_LINES  "acl_lines"	  /* ARRAY acl_line_slot, likewise */
#define PH_MAP_NAT_IN	  "nat_in"	  /* [2] of LPM nat_in_key -> nat_value */
#define PH_MAP_NAT_OUT	  "nat_out"	  /* [2] of LPM nat_out_key -> nat_value */
#define PH_MAP_NAT_RULES  "nat_rules"	  /* ARRAY nat_rule: both generations' */
#define PH_MAP_NAT_LISTS  "nat_lists"	  /* [2] of HASH nat_pair -> acl_root */
#define PH_MAP_TEXT	  "policy_text"	  /* [2] of ARRAY char[PH_TEXT_CHUNK_BYTES] */
#define PH_MAP_ACL_STATS  "acl_stats"	  /* PERCPU_ARRAY acl_block */
#define PH_MAP_CONNS	  "conns"	  /* HASH flow_key -> conn */
#define PH_MAP_HALF_OPEN  "half_open"	  /* ARRAY half_entry, by half_sets */
#define PH_MAP_HALF_SETS  "half_sets"	  /* ARRAY half_set */
#define PH_MAP_HALF_HEAD  "half_head"	  /* ARRAY[1] half_head */
#define PH_MAP_FRAGS	  "frags"	  /* LRU_HASH frag_key -> frag */
#define PH_MAP_RECORDS	  "records"	  /* RINGBUF ph_record */
#define PH_MAP_HOLES	  "holes"	  /* HASH hole_key -> hole */
#define PH_MAP_EXPIRY	  "expiry"	  /* QUEUE expiry */
#define PH_MAP_CLOCK	  "clock"	  /* ARRAY[1] expiry_clock */
#define PH_MAP_IF_STATS	  "if_stats" /* PERCPU_ARRAY[PH_MAX_INTERFACES] if_counters */
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
PH_ASSERT_SIZE(struct tcp_end, 20);
PH_ASSERT_SIZE(struct conn_path, 32);
PH_ASSERT_OFFSET(struct conn_path, mtu, 28);
PH_ASSERT_SIZE(struct conn, 296);
PH_ASSERT_OFFSET(struct conn, state, 36);
PH_ASSERT_OFFSET(struct conn, path, 40);
PH_ASSERT_OFFSET(struct conn, packets, 104);
PH_ASSERT_OFFSET(struct conn, mapped, 136);
PH_ASSERT_OFFSET(struct conn, id, 168);
PH_ASSERT_OFFSET(struct conn, tcp, 184);
PH_ASSERT_OFFSET(struct conn, again, 224);
PH_ASSERT_OFFSET(struct conn, parent, 248);
PH_ASSERT_OFFSET(struct conn, parent_id, 288);
PH_ASSERT_SIZE(struct half_set, 64);
PH_ASSERT_SIZE(struct half_entry, 40 + sizeof(struct conn));
PH_ASSERT_OFFSET(struct half_entry, conn, 40);
PH_ASSERT_SIZE(struct half_head, 24);
PH_ASSERT_SIZE(struct hole_key, 36);
PH_ASSERT_SIZE(struct hole, 72);
PH_ASSERT_OFFSET(struct hole, parent, 16);
PH_ASSERT_OFFSET(struct hole, claimed_port, 64);
PH_ASSERT_SIZE(struct expiry, 56);
PH_ASSERT_SIZE(struct expiry_clock, 32);
PH_ASSERT_SIZE(struct policy_active, 8);
PH_ASSERT_SIZE(struct acl_root, 8);
PH_ASSERT_SIZE(struct acl_halves, 32);
PH_ASSERT_SIZE(struct policy_config, 168);
PH_ASSERT_OFFSET(struct policy_config, acl, 32);
PH_ASSERT_OFFSET(struct policy_config, nat, 64);
PH_ASSERT_SIZE(struct iface_key, 8);
PH_ASSERT_SIZE(struct iface_config, 200);
PH_ASSERT_OFFSET(struct iface_config, acl_in, 40);
PH_ASSERT_OFFSET(struct iface_config, nat_in, 64);
PH_ASSERT_OFFSET(struct iface_config, host_real, 104);
PH_ASSERT_OFFSET(struct iface_config, name, 136);
PH_ASSERT_SIZE(struct frag_key, 44);
PH_ASSERT_SIZE(struct frag, 168);
PH_ASSERT_OFFSET(struct frag, seen, 112);
PH_ASSERT_SIZE(struct ph_record, 352);
PH_ASSERT_SIZE(struct acl_key, 40);
PH_ASSERT_SIZE(struct acl_record, 80);
PH_ASSERT_SIZE(struct acl_rule4, 24);
PH_ASSERT_OFFSET(struct acl_rule4, head, 16);
PH_ASSERT_SIZE(struct acl_rule6, 48);
PH_ASSERT_OFFSET(struct acl_rule6, head, 40);
PH_ASSERT_SIZE(struct acl_line_slot, 16);
PH_ASSERT_SIZE(struct acl_counters, 24);
PH_ASSERT_SIZE(struct acl_block, 1536);
PH_ASSERT_SIZE(struct nat_in_key, 24);
PH_ASSERT_SIZE(struct nat_out_key, 28);
PH_ASSERT_SIZE(struct nat_value, 52);
PH_ASSERT_SIZE(struct nat_rule, 72);
PH_ASSERT_OFFSET(struct nat_rule, real_port, 56);
PH_ASSERT_SIZE(struct nat_pair, 8);
PH_ASSERT_SIZE(struct nat_hits, 16);
PH_ASSERT_SIZE(struct nat_block, 1024);
PH_ASSERT_SIZE(struct if_counters, 136);
PH_ASSERT_SIZE(struct packet_counters, 16);
PH_ASSERT_SIZE(struct conn_counters, 296);
PH_ASSERT_SIZE(struct ftp_traffic, 24);

#endif /* PINHOLE_ABI_H */
