/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nat.h - what a policy says of translations, in either dialect.
 *
 * Why it exists: `static`, `nat` and `global` of PIX, and `nat` of ASA from 8.3 on, say
 * the same few things. The checks, the compiler, the printer and those who judge by the
 * source meet in one model; what is kept is what was written.
 *
 *   static (REAL_IF,MAPPED_IF) MAPPED REAL			section STATIC
 *   static (REAL_IF,MAPPED_IF) tcp MAPPED PORT REAL PORT	STATIC, ports
 *   static (REAL_IF,MAPPED_IF) MAPPED access-list LIST		STATIC, list
 *   nat (REAL_IF) 0 access-list LIST				EXEMPT
 *   nat (REAL_IF) ID access-list LIST				POLICY, dynamic
 *   nat (REAL_IF) ID REAL MASK					REGULAR, dynamic unless 0
 *   object network OBJECT / nat (...) static MAPPED		OBJECT
 *   nat (...) source static REAL MAPPED [destination ...]	MANUAL, AFTER_AUTO
 *
 * Translations stand in policy->nats in the order in which they are asked: sections as
 * numbered here, and within a section as nats has them. The first that matches holds.
 *
 * One of this machine's own address, done upstream, translates nothing here. It stands in
 * policy->host_nats: its real_if is the interface that has the address, its mapped_if the
 * same or, where none is written, POLICY_ANY_IFACE.
 *
 * Who may include it: libpolicy, and the tests that judge by the source.
 */
#ifndef PINHOLE_POLICY_NAT_H
#define PINHOLE_POLICY_NAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/terms.h"

#define POLICY_ANY_IFACE SIZE_MAX /* `any`: all interfaces */
#define POLICY_NO_LIST	 SIZE_MAX

enum policy_nat_section {
	/* before ASA 8.3 */
	POLICY_NAT_EXEMPT,
	POLICY_NAT_STATIC,
	POLICY_NAT_POLICY,
	POLICY_NAT_REGULAR, /* the narrowest network holds, not the first */
	/* from ASA 8.3 on */
	POLICY_NAT_MANUAL,
	POLICY_NAT_OBJECT,
	POLICY_NAT_AFTER_AUTO,
};

#define POLICY_NAT_F_NO_PROXY_ARP   (1u << 0)
#define POLICY_NAT_F_ROUTE_LOOKUP   (1u << 1) /* routes are always looked up */
#define POLICY_NAT_F_NET_TO_NET	    (1u << 2)
#define POLICY_NAT_F_DNS	    (1u << 3) /* not done: a warning */
#define POLICY_NAT_F_UNIDIRECTIONAL (1u << 4) /* only the real end begins connections */
#define POLICY_NAT_F_INACTIVE	    (1u << 5)
#define POLICY_NAT_F_OUTSIDE	    (1u << 6) /* nat (IF) ...: towards higher levels */
/* Of dynamic ones */
#define POLICY_NAT_F_PAT_POOL	    (1u << 7) /* `mapped` follows `pat-pool` */
#define POLICY_NAT_F_FALLBACK	    (1u << 8) /* then the address of mapped_if */
#define POLICY_NAT_F_ROUND_ROBIN    (1u << 9)
#define POLICY_NAT_F_EXTENDED	    (1u << 10)
#define POLICY_NAT_F_FLAT	    (1u << 11)
#define POLICY_NAT_F_RESERVE	    (1u << 12) /* include-reserve */
#define POLICY_NAT_F_BLOCKS	    (1u << 13) /* block-allocation */
#define POLICY_NAT_F_FALLBACK6	    (1u << 14) /* its IPv6 address */
#define POLICY_NAT_F_REFUSED	    (1u << 15) /* never of a policy that is whole */

/* Connections to one host through a translation; 0: no limit. Of these only the half-open
 * ones are kept to theirs, and those of STATIC and EXEMPT. */
struct policy_nat_limits {
	unsigned int tcp;
	unsigned int embryonic; /* TCP, handshake not complete */
	unsigned int udp;
};

/* A translation. What is said of "the source" is the end behind real_if. */
struct policy_nat {
	/* The source as it is, and as it is seen from mapped_if. Networks, objects,
	 * groups, `any`; mapped may be the address of mapped_if (ADDR_IFACE). */
	struct policy_addr real; /* with `list`: of no meaning */
	struct policy_addr mapped;
	/* MANUAL, AFTER_AUTO: the peer as the source addresses it, and as it is. */
	struct policy_addr dst_mapped; /* may be the address of real_if */
	struct policy_addr dst_real;

	size_t real_if;	  /* index into ifaces, or POLICY_ANY_IFACE */
	size_t mapped_if; /* likewise; of EXEMPT, POLICY, REGULAR: POLICY_ANY_IFACE */
	/* The lines of this list say what is real (their source), and to whom it holds
	 * (their destination); POLICY_NO_LIST: none. */
	size_t list;
	/* OBJECT: whose translation it is, and `real`; else POLICY_NO_OBJECT */
	size_t object;
	/* MANUAL, AFTER_AUTO: objects of services; POLICY_NO_OBJECT: none. As packets of
	 * the source arrive, and as they leave: source ports are the source's, real and
	 * mapped, destination ports are the peer's, mapped and real. */
	size_t service_real;
	size_t service_mapped;
	char *description; /* NULL: none; owned */
	char *real_name;   /* of host_nats: the real interface as written; owned */

	struct policy_where where;
	struct policy_where real_where;
	struct policy_where mapped_where;
	struct policy_where dst_mapped_where;
	struct policy_where dst_real_where;
	struct policy_where service_where;

	enum policy_nat_section section;
	uint32_t flags; /* POLICY_NAT_F_* */
	struct policy_nat_limits limits;
	unsigned int pool_id; /* POLICY, REGULAR: of policy_global; 0: stays as it is */
	/* STATIC, OBJECT: one port, of tcp or udp; proto 0: all */
	uint16_t real_port; /* with `list` 0: its lines say it */
	uint16_t mapped_port;
	uint8_t proto;
	bool dynamic; /* refused for now, once it is understood */
	bool has_destination;
};

/* global (IFACE) ID FIRST[-LAST] [netmask MASK] | interface */
struct policy_global {
	struct policy_where where;
	size_t iface; /* index into ifaces */
	unsigned int id;
	bool interface; /* its address, ports translated; first and last are 0 */
	policy_ip first;
	policy_ip last; /* first itself: one address, ports translated */
	policy_ip mask; /* 0: none is written */
};

#endif /* PINHOLE_POLICY_NAT_H */
