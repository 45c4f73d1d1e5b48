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
	size_t offset;	    /* of its member in struct fw_sizes */
	uint32_t low;
	uint32_t high;
};

#define SIZES_N_TABLES 5
extern const struct sizes_table sizes_tables[SIZES_N_TABLES];

uint32_t sizes_get(const struct fw_sizes *sizes, const struct sizes_table *table);
void sizes_set(struct fw_sizes *sizes, const struct sizes_table *table, uint32_t entries);

/*
 * What suits a machine: one connection per 16 KiB of memory, rounded down to a
 * power of two, so that the tables take some two percent of it; no less and no
 * more than a gateway needs.
 */
void sizes_by_memory(uint64_t memory_bytes, struct fw_sizes *out);

/* The first table whose size is neither 0 nor within its range, or NULL. */
const struct sizes_table *sizes_out_of_range(const struct fw_sizes *sizes);

/* Entries of the clock's queue: it watches over connections and holes. */
uint32_t sizes_expiry(const struct fw_sizes *sizes);

#endif /* FIREWALL_SIZES_H */
