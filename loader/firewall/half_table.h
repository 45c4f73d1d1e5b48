/* SPDX-License-Identifier: GPL-2.0 */
/*
 * half_table.h - the table of half-open connections (bpf/half_open.h): its sets as
 * memory, and of its entries, which are tens of megabytes, those that are in use.
 *
 * Who may include it: loader/firewall; tests of the datapath.
 */
#ifndef FIREWALL_HALF_TABLE_H
#define FIREWALL_HALF_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include <pinhole/abi.h>

#include "map_view.h"

struct half_table {
	struct half_head head;
	struct map_view sets;
	int entries; /* of the caller's */
};

/* The maps that it is made of. */
struct half_fds {
	int head;
	int sets;
	int entries;
};

/* How many sets there are to so many entries. */
static inline uint32_t half_table_sets(uint32_t entries)
{
	return entries / HALF_WAYS;
}

/* Say where keys belong, unless that is said. Before anything is entered. Return: 0 or
 * -errno */
int half_table_make(const struct half_fds *fds);

/* @fds: kept open until the table is closed
 * Return: 0 or -errno. Close with half_table_close(), which {0} stands too. */
int half_table_open(const struct half_fds *fds, enum map_access access,
		    struct half_table *out);
void half_table_close(struct half_table *table);

/*
 * Call @fn for each entry, as table_walk() does.
 * Return: 0 or what @fn returned
 */
int half_table_walk(const struct half_table *table,
		    int (*fn)(const void *key, const void *value, void *arg), void *arg);

/* Entry `number`, whether or not it is in use. Return: whether it could be read */
bool half_table_read(const struct half_table *table, size_t number,
		     struct half_entry *out);

/* Return: whether there is such a connection. */
bool half_table_get(const struct half_table *table, const struct flow_key *key,
		    struct conn *out);

/* Take it out. Return: whether it was there */
bool half_table_remove(struct half_table *table, const struct flow_key *key);

/* Enter it where there is room, or in the place of its namesake. For tables that no
 * packet uses. Return: 0 or -ENOSPC */
int half_table_put(struct half_table *table, const struct flow_key *key,
		   const struct conn *conn);

#define scoped_half_table_ cleanup_(half_table_close)

#endif /* FIREWALL_HALF_TABLE_H */
