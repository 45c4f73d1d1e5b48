/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sizes.h - how many entries the tables of the datapath hold.
 *
 * Who may include it: loader/firewall, and tests.
 */
#ifndef FIREWALL_SIZES_H
#define FIREWALL_SIZES_H

#include <pinhole/firewall.h>

/* One of the tables that have a size. */
struct sizes_table {
	const char *map;    /* name of the map */
	const char *option; /* of `fwctl apply` */
	const char *unit;   /* what the option counts */
	size_t offset;	    /* of its member in struct fw_sizes */
	uint32_t low;
	uint32_t high;
};

#define SIZES_N_TABLES 6
extern const struct sizes_table sizes_tables[SIZES_N_TABLES];

uint32_t sizes_get(const struct fw_sizes *sizes, const struct sizes_table *table);
void sizes_set(struct fw_sizes *sizes, const struct sizes_table *table, uint32_t entries);

/*
 * What suits a machine: one connection per 16 KiB of memory and one access-list
 * line per 64 KiB, rounded down to powers of two, so that the tables take some
 * three percent of it; no less and no more than a gateway needs.
 */
void sizes_by_memory(uint64_t memory_bytes, struct fw_sizes *out);

/* The first table whose size is neither 0 nor within its range, or NULL. */
const struct sizes_table *sizes_out_of_range(const struct fw_sizes *sizes);

/* Entries of the clock's queue: it watches over connections and holes. */
uint32_t sizes_expiry(const struct fw_sizes *sizes);

/* ---- access lists: one size for several maps ---------------------------------- */

enum sizes_acl_part {
	SIZES_ACL_WORDS,
	SIZES_ACL_RULES4,
	SIZES_ACL_RULES6,
	SIZES_ACL_LINES,
	SIZES_NAT_RULES, /* translations are found by access lists */
	SIZES_ACL_N,
};

/* Elements of each part: what an image needs, or what a generation has room for. */
struct sizes_acl {
	size_t n[SIZES_ACL_N];
};

/* Name of the map, and what its elements are called. */
const char *sizes_acl_map(enum sizes_acl_part part);
const char *sizes_acl_unit(enum sizes_acl_part part);

/* What one generation has room for with fw_sizes.acl_lines @lines. */
struct sizes_acl sizes_acl_room(uint32_t lines);
/* Elements of a map for two generations; blocks of counters likewise. */
uint32_t sizes_acl_entries(enum sizes_acl_part part, uint32_t lines);
uint32_t sizes_acl_blocks(uint32_t lines);
/* The reverse: fw_sizes.acl_lines of a map with so many elements. */
uint32_t sizes_acl_lines_of(enum sizes_acl_part part, uint32_t entries);

/* The smallest fw_sizes.acl_lines with room for @need. */
uint64_t sizes_acl_least(const struct sizes_acl *need);
/* The same with a quarter to spare, as a power of two within the range: less than
 * @need if no size has room. */
uint32_t sizes_acl_grown(const struct sizes_acl *need);
/* The first part of which @room has too little, or SIZES_ACL_N. */
enum sizes_acl_part sizes_acl_lacks(const struct sizes_acl *need,
				    const struct sizes_acl *room);

#endif /* FIREWALL_SIZES_H */
