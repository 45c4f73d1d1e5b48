/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nat_map.h - what is translated to what: pieces, each a network to one of its size.
 *
 * Why it exists: objects, groups and ranges are translated element by element, in the
 * order in which they were written. The checks need to know whether that is one to one,
 * the compiler needs the pieces.
 *
 * Who may include it: libpolicy, after names have been resolved.
 */
#ifndef PINHOLE_POLICY_NAT_MAP_H
#define PINHOLE_POLICY_NAT_MAP_H

#include "policy/model.h"

#define POLICY_MAX_NAT_PIECES	  4096	 /* of one translation */
#define POLICY_MAX_ALL_NAT_PIECES 262144 /* and lines of their lists, of all */

/* mapped = piece.mapped | (real & ~mask), and back */
struct policy_nat_piece {
	policy_ip real; /* bits of mask only */
	policy_ip mapped;
	policy_ip mask;
};

struct policy_nat_pieces {
	VEC(struct policy_nat_piece) items;
	bool identity; /* each address is translated to itself */
	/* How many addresses each end has, at most UINT64_MAX; for remarks. */
	uint64_t n_real;
	uint64_t n_mapped;
};

/*
 * Pair the addresses of both ends; appended to @out.
 * Return: 0; -EDOM: not as many real as mapped ones; -EAFNOSUPPORT: of two families;
 * -E2BIG: more than POLICY_MAX_NAT_PIECES; -ERANGE: a netmask of some networks, not
 * one; -EADDRNOTAVAIL: of an interface that has no
 * address yet; -ENOMEM.
 */
int policy_nat_pair(const struct policy *policy, const struct policy_addr *real,
		    const struct policy_addr *mapped, struct policy_nat_pieces *out);

/* A translation of addresses alone, between two interfaces, whoever the peer is; not
 * one with a line of its own, for those have an order. */
bool policy_nat_is_simple(const struct policy_nat *nat);

/* One piece of a simple one, as its real or its mapped end. */
struct policy_nat_span {
	size_t scope[2]; /* interfaces, within which spans are told apart */
	policy_ip first;
	policy_ip last;
	size_t nat; /* index into policy->nats */
	struct policy_nat_piece piece;
};

/* @inner is within @outer, or equal and asked later. Return: 0; 1: what is within
 * @inner is to be told of @outer; or an error. */
typedef int policy_nat_overlap_fn(void *context, const struct policy_nat_span *outer,
				  const struct policy_nat_span *inner);

/*
 * Simple translations whose ends overlap: mapped ones that are seen from one interface;
 * or real ones (@of_real), between the same two.
 * Return: 0, what @overlap returned, if negative, or -ENOMEM
 */
int policy_nat_each_overlap(const struct policy *policy, bool of_real,
			    policy_nat_overlap_fn *overlap, void *context);

/* Ports that one end of a translation has, real and mapped, and those of its peer. */
struct policy_nat_ports {
	bool any_proto; /* and nothing is said of ports */
	uint8_t proto;
	bool translated; /* real and mapped differ: then each is one range */
	struct policy_ports real;
	struct policy_ports mapped;
	struct policy_ports peer; /* as the peer has them itself */
};

/*
 * What the service objects of @nat say of its source (@of_peer false), or of its
 * destination.
 * Return: 0; -EDOM: they cannot be translated one to one.
 */
int policy_nat_services(const struct policy *policy, const struct policy_nat *nat,
			bool of_peer, struct policy_nat_ports *out);

/* The address of an interface as ADDR_NET; @addr itself, if it is something else.
 * Return: 0; -EADDRNOTAVAIL. */
int policy_nat_settle(const struct policy *policy, const struct policy_addr *addr,
		      struct policy_addr *out);

/* How many ports an operand of one range has; 0: it is not one range. */
unsigned int policy_port_range(const struct policy_ports *ports, uint16_t *first);

#endif /* PINHOLE_POLICY_NAT_MAP_H */
