/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tables.h - maps read and written as a whole: walks and per-CPU sums.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_TABLES_H
#define FIREWALL_TABLES_H

#include "half_table.h"
#include "internal.h"
#include "slots.h"

/*
 * Call @fn for each element. Entries that come or go meanwhile may be missed;
 * none is shown twice. @fn ends the walk by returning non-zero.
 * Return: 0, what @fn returned, or -errno of the kernel.
 */
int table_walk(int fd, int (*fn)(const void *key, const void *value, void *arg),
	       void *arg);

/* The same for half-open connections, which are in no map of that kind. */
int table_walk_half_open(const struct fw *fw,
			 int (*fn)(const void *key, const void *value, void *arg),
			 void *arg);
/* Return: 0 or -errno */
int table_half_open(const struct fw *fw, enum map_access access, struct half_table *out);

/* Sum @n_words counters over all CPUs. Return: 0 or -errno. */
int table_sum(const struct fw *fw, enum fw_map map, uint32_t index, uint64_t *words,
	      size_t n_words);
/*
 * The same of elements [first, first + n) of an array, in batches.
 * @words: n * n_words of them
 */
int table_sum_range(const struct fw *fw, enum fw_map map, uint32_t first, uint32_t n,
		    uint64_t *words, size_t n_words);
/* Set an element to zero on all CPUs. */
int table_zero(const struct fw *fw, enum fw_map map, uint32_t index, size_t n_words);

/* An interface has several entries in its table; this is the one by which it is
 * counted and listed. */
static inline bool table_is_main_iface(const struct iface_key *key,
				       const struct iface_config *config)
{
	return key->ifindex == config->tx_ifindex && key->vlan == config->vlan &&
	       key->inner_vlan == config->inner_vlan;
}

/* Who counts where in a generation; caller frees *out. 0 or -errno. */
int table_iface_slots(const struct fw *fw, uint32_t generation, struct slot_use **out,
		      size_t *n);

#endif /* FIREWALL_TABLES_H */
