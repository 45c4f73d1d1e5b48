/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tuples.h - terms in groups, and groups merged into as few as tables allow.
 *
 * Who may include it: tuples.c and merge.c.
 */
#ifndef PINHOLE_ACL_TUPLES_H
#define PINHOLE_ACL_TUPLES_H

#include "acl/part.h"

/* As many as IPv4 can have without chains: pairs of lengths, twice. IPv6 could have
 * thirty thousand, whose merging would take too long: it rounds lengths down. */
#define ACL_MAX_TUPLES 2178

#define ACL_NO_TUPLE UINT32_MAX

/* Terms whose prefixes are at least src_len and dst_len long. */
struct acl_tuple {
	uint8_t src_len;
	uint8_t dst_len;
	uint8_t kind;	/* of ports: tuples of two kinds had better stay apart */
	uint8_t chain;	/* tuples of two chains must */
	uint32_t first; /* its own terms: a run in acl_tuples.order */
	uint32_t n_own;
	uint32_t next; /* the tuple that was merged into it, and so on */
	uint32_t last; /* the end of that chain */
	uint32_t n;    /* terms of all of them; 0: it was merged into another */
	bool settled;  /* nothing can be done for it at this limit */
};

struct acl_tuples {
	enum acl_family family;
	const struct acl_term *terms;
	uint32_t n_terms;
	struct acl_tuple *items;
	uint32_t n;
	uint32_t *order;	 /* indexes of terms by tuple, ascending within one */
	uint64_t *addrs;	 /* their addresses in the same order */
	unsigned int addr_words; /* of each: 1 (IPv4) or 4 */
};

/*
 * Merge until no two tuples can share slots, and ACL_MAX_TABLES at most are left.
 * @crowd: terms that may share a slot
 * Return: 0 or -ENOMEM
 */
int acl_tuples_merge(struct acl_tuples *tuples, uint32_t crowd, unsigned int max);

#endif /* PINHOLE_ACL_TUPLES_H */
