/* SPDX-License-Identifier: GPL-2.0 */
/*
 * route_table.h - the kernel's main table of routes, read and changed by rtnetlink.
 *
 * Why it exists: routes.c compares and decides; how the kernel is asked is here.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_ROUTE_TABLE_H
#define FIREWALL_ROUTE_TABLE_H

#include "internal.h"
#include "util/vec.h"

/* Who made a route, beside those that rtnetlink(7) names: what --install-routes made,
 * and unload removes. */
#define ROUTE_TABLE_PROTOCOL 80

/* One way to one network; a route of several next hops is several of these. */
struct route_entry {
	uint8_t family; /* AF_INET or AF_INET6 */
	uint8_t prefix_len;
	uint8_t protocol;
	bool discards; /* blackhole, unreachable or prohibit */
	bool has_gateway;
	uint32_t ifindex; /* 0 where it discards */
	uint32_t metric;
	struct ph_addr addr; /* IPv4 as in abi.h */
	struct ph_addr gateway;
};

struct route_table {
	VEC(struct route_entry) entries;
};

/* Return: 0 or -errno. @out: starts as {0}; freed by route_table_free(). */
int route_table_read(struct route_table *out);
void route_table_free(struct route_table *table);

/* Return: 0, -EEXIST (the network has a route of this metric), other -errno. */
int route_table_add(const struct route_entry *entry);
int route_table_remove(const struct route_entry *entry);

#endif /* FIREWALL_ROUTE_TABLE_H */
