/* SPDX-License-Identifier: GPL-2.0 */
/*
 * terms.h - what addresses, services, objects and groups a policy names.
 *
 * Why it exists: lists and translations say whom they mean in the same words. What
 * is kept is what was written; names are resolved to sets by sets.h alone.
 *
 * Who may include it: libpolicy, and the tests that judge by the source.
 * Addresses and masks are in host order, IPv4 as v4-mapped IPv6 (ip.h).
 */
#ifndef PINHOLE_POLICY_TERMS_H
#define PINHOLE_POLICY_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pinhole/policy.h>

#include "policy/ip.h"
#include "policy/where.h"
#include "util/vec.h"

#define POLICY_OBJECT_SIZE 64 /* of names of objects and groups, with the NUL */

#define POLICY_NO_OBJECT SIZE_MAX

enum policy_family { POLICY_FAMILY_BOTH, POLICY_FAMILY_V4, POLICY_FAMILY_V6 };

/* ---- addresses ---- */

enum policy_addr_kind {
	POLICY_ADDR_ANY,    /* `any`: of both families from ASA 9 on, else of IPv4 */
	POLICY_ADDR_ANY4,   /* `any4` */
	POLICY_ADDR_ANY6,   /* `any6` */
	POLICY_ADDR_NET,    /* addr and mask */
	POLICY_ADDR_OBJECT, /* ref: index into objects, one of kind NETWORK */
	POLICY_ADDR_GROUP,  /* ref: index into groups, one of kind NETWORK */
	POLICY_ADDR_IFACE,  /* ref: index into ifaces; its own address of IPv4 */
};

struct policy_addr {
	policy_ip addr; /* of NET, and of an OBJECT that is one network, once checked */
	policy_ip mask; /* else 0 */
	size_t ref;	/* OBJECT, GROUP, IFACE; else POLICY_NO_OBJECT */
	enum policy_addr_kind kind;
};

/* ---- services ---- */

enum policy_port_op {
	POLICY_PORT_ANY,
	POLICY_PORT_EQ,
	POLICY_PORT_NEQ,
	POLICY_PORT_LT,
	POLICY_PORT_GT,
	POLICY_PORT_RANGE,
	POLICY_PORT_GROUP, /* object-group of kind PORTS */
};

struct policy_ports {
	enum policy_port_op op;
	uint16_t low;  /* the operand; of a range the first */
	uint16_t high; /* of a range the last */
	size_t group;  /* GROUP: index into groups */
};

enum policy_icmp_match {
	POLICY_ICMP_ANY,
	POLICY_ICMP_TYPE,
	POLICY_ICMP_TYPE_CODE,
	POLICY_ICMP_GROUP, /* object-group of kind ICMP_TYPE; in lines only */
};

/* What a line, a service object or a member of a service group says. */
struct policy_service_term {
	bool any_proto; /* `ip` */
	bool tcp_udp;	/* both; proto is tcp's. Never of a line itself */
	uint8_t proto;
	struct policy_ports src_ports; /* tcp and udp only */
	struct policy_ports dst_ports;
	enum policy_icmp_match icmp; /* icmp and icmp6 only */
	uint8_t icmp_type;
	uint8_t icmp_code;
};

/* ---- objects ---- */

enum policy_object_kind { POLICY_OBJECT_NETWORK, POLICY_OBJECT_SERVICE };

enum policy_object_value {
	POLICY_VALUE_NONE,  /* not said yet */
	POLICY_VALUE_NET,   /* host, subnet: addr and mask */
	POLICY_VALUE_RANGE, /* addr to last, of one family */
	POLICY_VALUE_FQDN,  /* refused if it is in use */
	POLICY_VALUE_SERVICE,
};

/* object network NAME, object service NAME: one namespace */
struct policy_object {
	char name[POLICY_OBJECT_SIZE];
	struct policy_where where; /* first line that names it */
	enum policy_object_kind kind;
	enum policy_object_value value;
	bool predefined; /* by the language, not by the text */
	policy_ip addr;
	policy_ip mask;			    /* NET */
	policy_ip last;			    /* RANGE */
	struct policy_service_term service; /* SERVICE; no groups in it */
	enum policy_family fqdn_family;	    /* FQDN: which addresses are meant */
	char *fqdn;			    /* FQDN; owned */
	char *description;		    /* NULL: none; owned */
};

struct policy;

/* What objects and groups own (object_group.c). */
void policy_free_terms(struct policy *policy);

/* ---- groups ---- */

enum policy_group_kind {
	POLICY_GROUP_NETWORK,
	POLICY_GROUP_PORTS,   /* object-group service NAME tcp|udp|tcp-udp */
	POLICY_GROUP_SERVICE, /* object-group service NAME */
	POLICY_GROUP_PROTOCOL,
	POLICY_GROUP_ICMP_TYPE,
	POLICY_GROUP_OTHER, /* user, security: known, and refused where they are used */
};

enum policy_member_kind {
	POLICY_MEMBER_ADDR,    /* NETWORK */
	POLICY_MEMBER_SERVICE, /* PORTS: dst_ports; PROTOCOL: proto; ICMP_TYPE: icmp */
	POLICY_MEMBER_OBJECT,  /* SERVICE: object, of kind SERVICE */
	POLICY_MEMBER_GROUP,   /* group-object; the same kind, never in a circle */
	POLICY_MEMBER_REMARK,  /* description */
};

struct policy_member {
	struct policy_where where;
	enum policy_member_kind kind;
	size_t ref; /* OBJECT: index into objects; GROUP: into groups */
	struct policy_addr addr;
	struct policy_service_term service;
	char *remark; /* owned */
};

struct policy_group {
	char name[POLICY_OBJECT_SIZE];
	struct policy_where where; /* first line that names it */
	enum policy_group_kind kind;
	bool tcp; /* PORTS: of which protocols */
	bool udp;
	VEC(struct policy_member) members;
};

#endif /* PINHOLE_POLICY_TERMS_H */
