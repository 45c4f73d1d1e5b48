/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi_host.h - the part of the ABI that speaks of host mode: FTP sessions of this
 * machine itself, watched by their sockets instead of their bytes.
 *
 * Who may include it: everybody; the rules of abi.h hold.
 *
 * A control connection of this machine has its entries in conns and ftp_sessions as any
 * other has, and one more in host_sessions: which socket and which processes it is of. A
 * listening socket that such a process opens has one in host_listeners. How a listener
 * is bound to its session is said in bpf/host_bind.h.
 */
#ifndef PINHOLE_ABI_HOST_H
#define PINHOLE_ABI_HOST_H

#include <pinhole/abi_ftp.h>

#define PH_MAX_HOST_LISTENERS 8192
/* Of one session, the newest; a power of two. */
#define HOST_MAX_MAYBE	      8 /* listeners that may be its */
#define HOST_MAX_HOLES	      8 /* of one listener; a power of two */

/* Of the one element of host_config. */
struct host_config {
	__u64 netns_cookie; /* sockets of other network namespaces are not looked at */
};

enum host_role {
	HOST_SERVER = 1, /* this machine was dialled: its listeners are for PASV, EPSV */
	HOST_CLIENT,	 /* this machine dialled: its listeners are for PORT, EPRT */
};

/* A listening socket; addr is as it is bound, all zeros (::) and ::ffff:0.0.0.0: any. */
struct host_listener_key {
	struct ph_addr addr;
	__u16 port; /* host order */
	__u8 pad[2];
};

struct host_maybe {
	struct host_listener_key key;
	__u32 pad;
	__u64 cookie; /* of its socket; 0: the slot is empty */
};

/* One control connection's socket; key: as of conns. */
struct host_session {
	__u64 conn_id; /* 0: through no interface of the policy; it opens nothing, but may
			* be whom a listener is for */
	__u64 sock;    /* the kernel's address of its struct tcp_sock */
	__u64 cookie;  /* of the socket: tells whether `sock` is still that one */
	__u64 established_ns; /* CLOCK_MONOTONIC */
	__u64 spoke_ns;	      /* when it last sent something; 0: not yet */
	__u64 bound_ns;	      /* when a listener was last certainly its; 0: never */
	__u32 tgid;	      /* of the process that last wrote to it; 0: not known yet */
	__u32 parent_tgid;    /* of that one's parent */
	__u32 read_seq;	      /* what had been read of it when it last spoke */
	__u8 role;	      /* enum host_role */
	__u8 local_end;	      /* which end of its key is this machine: 0 or 1 */
	__u8 unheard;	      /* 1: what it sends is not seen, so neither is who sends */
	__u8 pad;
	struct host_maybe maybe[HOST_MAX_MAYBE];
	__u32 n_maybe; /* ever entered; slot: modulo HOST_MAX_MAYBE */
	__u32 pad2;
};

struct host_listener {
	__u64 cookie; /* of the socket */
	__u64 listen_ns;
	__u64 conn_id; /* of the session that it is certainly of; 0: not known */
	__u32 tgid;
	__u32 n_holes; /* ever opened; slot: modulo HOST_MAX_HOLES */
	struct hole_key hole[HOST_MAX_HOLES];
	__u64 hole_parent_id[HOST_MAX_HOLES]; /* hole.parent_id; 0: the slot is empty */
};

#define PH_MAP_HOST_CONFIG    "host_config"    /* ARRAY[1] host_config */
#define PH_MAP_HOST_SESSIONS  "host_sessions"  /* HASH flow_key -> host_session */
#define PH_MAP_HOST_LISTENERS "host_listeners" /* HASH host_listener_key -> _listener */
#define PH_MAP_HOST_SOCKS     "host_socks"     /* SOCKHASH flow_key -> socket */
#define PH_MAP_HOST_BLANK     "host_blank"     /* ARRAY[1]: zeros, for new entries */

PH_ASSERT_SIZE(struct host_config, 8);
PH_ASSERT_SIZE(struct host_listener_key, 20);
PH_ASSERT_SIZE(struct host_maybe, 32);
PH_ASSERT_SIZE(struct host_session, 328);
PH_ASSERT_OFFSET(struct host_session, maybe, 64);
PH_ASSERT_SIZE(struct host_listener, 384);
PH_ASSERT_OFFSET(struct host_listener, hole, 32);

#endif /* PINHOLE_ABI_HOST_H */
