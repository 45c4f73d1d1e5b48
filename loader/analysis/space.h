/* SPDX-License-Identifier: GPL-2.0 */
/*
 * space.h - sets of packets: what lines match, and what is left of it.
 *
 * Why it exists: whether lines cover a line, and what two lists decide differently, are
 * questions about sets. A line is a product of three: sources, destinations, services.
 * Products are intersected and subtracted factor by factor, so that their size never
 * multiplies: to take one away from another leaves three at most, however many members
 * their factors have.
 *
 * Who may include it: loader/analysis and its tests. All sets are of one family.
 */
#ifndef PINHOLE_ANALYSIS_SPACE_H
#define PINHOLE_ANALYSIS_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pinhole/acl.h>

__extension__ typedef unsigned __int128 space_address; /* host order */

/* ---- memory: what a question needs is freed at once when it is answered ---- */

struct scratch_chunk;

/* Starts as {0}. */
struct scratch {
	struct scratch_chunk *first;
	struct scratch_chunk *at; /* the one in hand; those behind it are empty */
	size_t bytes;		  /* handed out since it was reset */
	bool failed; /* memory ran out: what was made since is not to be used */
};

/* Zeroed, aligned for everything. Return: NULL if there is no memory. */
void *scratch_alloc(struct scratch *scratch, size_t bytes);
/* Forget all, keep the memory. */
void scratch_reset(struct scratch *scratch);
void scratch_free(struct scratch *scratch);

/* ---- addresses: ascending, disjoint, with gaps between them ---- */

struct span {
	space_address low; /* both inclusive */
	space_address high;
};

struct span_set {
	const struct span *items;
	uint32_t n;
};

struct span span_of(const struct acl_prefix *prefix);
/* Those prefixes of the family, in any order and overlapping. */
struct span_set span_set_make(struct scratch *scratch, enum acl_family family,
			      const struct acl_prefix *prefixes, uint32_t n);
bool span_set_has(const struct span_set *set, space_address address);
bool span_set_within(const struct span_set *inner, const struct span_set *outer);
bool span_set_meets(const struct span_set *a, const struct span_set *b);
struct span_set span_set_and(struct scratch *scratch, const struct span_set *a,
			     const struct span_set *b);
struct span_set span_set_minus(struct scratch *scratch, const struct span_set *a,
			       const struct span_set *b);

/* ---- services ---- */

/* Which packets have what the rest of a box speaks of. */
#define SPACE_WHOLE (1u << 0) /* or a first fragment: ports and flags are there */
#define SPACE_LATER (1u << 1) /* a later fragment: neither */

/*
 * A box whose kinds include SPACE_LATER has all ports and flags, and one that has not
 * all flags is of TCP alone: lines are like that, and subtraction keeps it so.
 */
struct service_box {
	uint64_t flags; /* bit f: packets whose TCP flags are the number f, 0..63 */
	uint16_t src_port_low;
	uint16_t src_port_high;
	uint16_t dst_port_low;
	uint16_t dst_port_high;
	uint8_t proto_low;
	uint8_t proto_high;
	uint8_t kinds; /* SPACE_* */
	uint8_t pad[5];
};

/* In any order; of lines they may overlap. */
struct service_set {
	const struct service_box *items;
	uint32_t n;
};

struct service_box service_box_of(const struct acl_service *service);
struct service_set service_set_make(struct scratch *scratch,
				    const struct acl_service *services, uint32_t n);
/* Exact, whatever the sets; makes room for what is left on the way. */
bool service_set_within(struct scratch *scratch, const struct service_set *inner,
			const struct service_set *outer);
bool service_set_meets(const struct service_set *a, const struct service_set *b);
struct service_set service_set_and(struct scratch *scratch, const struct service_set *a,
				   const struct service_set *b);
struct service_set service_set_minus(struct scratch *scratch, const struct service_set *a,
				     const struct service_set *b);

/* ---- products ---- */

struct product {
	struct span_set src;
	struct span_set dst;
	struct service_set services;
};

/* A packet. */
struct point {
	space_address src;
	space_address dst;
	uint16_t src_port;
	uint16_t dst_port; /* ICMP: type << 8 | code */
	uint8_t proto;
	uint8_t tcp_flags;
	bool later; /* fragment: ports and flags are 0 */
};

static inline bool product_is_empty(const struct product *p)
{
	return !p->src.n || !p->dst.n || !p->services.n;
}

bool product_has(const struct product *p, const struct point *point);
bool product_within(struct scratch *scratch, const struct product *inner,
		    const struct product *outer);
bool product_meets(const struct product *a, const struct product *b);
struct product product_and(struct scratch *scratch, const struct product *a,
			   const struct product *b);

/*
 * a without b, as disjoint products.
 * @out: room for three
 * Return: how many, none of them empty
 */
size_t product_minus(struct scratch *scratch, const struct product *a,
		     const struct product *b, struct product out[3]);

/* What an example should look like if it can: addresses of networks that are there. */
struct point_taste {
	const space_address *src; /* tried in order */
	const space_address *dst;
	uint32_t n_src;
	uint32_t n_dst;
};

/* Some packet of a product that is not empty; another one for another seed, as a rule. */
struct point product_some(const struct product *p, uint64_t seed);
/* One for people to look at. @taste: NULL: none */
struct point product_example(const struct product *p, const struct point_taste *taste);

#endif /* PINHOLE_ANALYSIS_SPACE_H */
