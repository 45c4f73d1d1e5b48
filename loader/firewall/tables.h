/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tables.h - maps read and written as a whole: walks, per-CPU sums, and the
 * inner maps that hold one generation.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_TABLES_H
#define FIREWALL_TABLES_H

#include "internal.h"
#include "slots.h"

/*
 * Call @fn for each element. Entries that come or go meanwhile may be missed;
 * none is shown twice. @fn ends the walk by returning non-zero.
 * Return: 0, what @fn returned, or -errno of the kernel.
 */
int table_walk(int fd, int (*fn)(const void *key, const void *value, void *arg),
	       void *arg);

/* Sum @n_words counters over all CPUs. Return: 0 or -errno. */
int table_sum(const struct fw *fw, enum fw_map map, uint32_t index, uint64_t *words,
	      size_t n_words);
/* Set an element to zero on all CPUs. */
int table_zero(const struct fw *fw, enum fw_map map, uint32_t index, size_t n_words);

/*
 * Open the inner map of one generation.
 * Return: a descriptor, -ENOENT (that generation has none), -errno.
 */
int inner_open(const struct fw *fw, enum fw_map outer, uint32_t generation);

/*
 * Make an inner map, fill it, and install it for @generation.
 * @keys, @values: arrays of @n elements as the map's; NULL keys: an array map,
 * indexed from 0
 * Return: 0 or -errno after filling @error.
 */
int inner_install(const struct fw *fw, enum fw_map outer, uint32_t generation,
		  const void *keys, const void *values, uint32_t n,
		  struct fw_error *error);

/* An interface has several entries in its table; this is the one by which it is
 * counted and listed. */
static inline bool table_is_main_iface(const struct iface_key *key,
				       const struct iface_config *config)
{
	return key->ifindex == config->tx_ifindex && key->vlan == config->vlan &&
	       key->inner_vlan == config->inner_vlan;
}

/*
 * Who counts where in a generation; caller frees *out. 0 or -errno.
 * In record order, which is the order of the lines.
 */
int table_acl_slots(const struct fw *fw, uint32_t generation, struct slot_use **out,
		    size_t *n);
int table_iface_slots(const struct fw *fw, uint32_t generation, struct slot_use **out,
		      size_t *n);

#endif /* FIREWALL_TABLES_H */
