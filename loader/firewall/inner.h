/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inner.h - the inner maps, each of which holds a table of one generation.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_INNER_H
#define FIREWALL_INNER_H

#include "internal.h"

/*
 * Open the inner map of one generation.
 * Return: a descriptor, -ENOENT (that generation has none), -errno.
 */
int inner_open(const struct fw *fw, enum fw_map outer, uint32_t generation);

/*
 * Give @generation, which is not in force, an inner map with this content: the one
 * that the generation before last left in its place if it has it already, else a
 * new one. To replace one takes as long as the kernel waits for packets, some ten
 * milliseconds; most edits leave most tables alone.
 * @keys, @values: arrays of @n elements as the map's, keys distinct; NULL keys: an
 * array map, indexed from 0
 * Return: 0 or -errno after filling @error.
 */
int inner_install(const struct fw *fw, enum fw_map outer, uint32_t generation,
		  const void *keys, const void *values, uint32_t n,
		  struct fw_error *error);

#endif /* FIREWALL_INNER_H */
