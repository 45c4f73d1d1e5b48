// SPDX-License-Identifier: GPL-2.0
/*
 * routes.c - fw_check_routes(): the policy's routes and the kernel's.
 *
 * Why it exists: packets go where the kernel's routes lead, and a policy is written for
 * networks that are reached in a certain way. Where the two differ, hosts are behind
 * other interfaces than the policy thinks.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "route_table.h"
#include "routes.h"

/* ---- in words ---------------------------------------------------------------------- */

static void address_text(uint8_t family, const struct ph_addr *addr,
			 char out[INET6_ADDRSTRLEN])
{
	inet_ntop(family, family == AF_INET ? (const void *)&addr->word[3] : addr, out,
		  INET6_ADDRSTRLEN);
}

/* As ip-route(8) has it. */
static void entry_text(const struct route_entry *entry, char *out, size_t size)
{
	char addr[INET6_ADDRSTRLEN], gateway[INET6_ADDRSTRLEN] = "", device[IF_NAMESIZE];

	address_text(entry->family, &entry->addr, addr);
	if (entry->has_gateway)
		address_text(entry->family, &entry->gateway, gateway);
	if (!entry->ifindex || !if_indextoname(entry->ifindex, device))
		snprintf(device, sizeof(device), "?");
	if (entry->discards)
		snprintf(out, size, "blackhole %s/%u", addr, entry->prefix_len);
	else
		snprintf(out, size, "%s/%u%s%s dev %s", addr, entry->prefix_len,
			 entry->has_gateway ? " via " : "", gateway, device);
}

/* ---- comparing -----------------------------------------------------------------------
 */

static uint32_t ifindex_of(const struct policy_image *image,
			   const struct fw_apply_report *report, uint32_t iface)
{
	if (iface == POLICY_ROUTE_DISCARDS)
		return 0;
	for (size_t i = 0; i < report->n_interfaces; i++)
		if (!strcmp(report->interfaces[i].name, image->ifaces[iface].name))
			return if_nametoindex(report->interfaces[i].device);
	return 0;
}

/* What the policy says, as the kernel would. */
static struct route_entry wanted_entry(const struct policy_image *image,
				       const struct fw_apply_report *report,
				       const struct policy_image_route *route)
{
	bool discards = route->iface == POLICY_ROUTE_DISCARDS;

	return (struct route_entry){
		.family = route->family == 4 ? AF_INET : AF_INET6,
		.prefix_len = route->prefix_len,
		.protocol = ROUTE_TABLE_PROTOCOL,
		.discards = discards,
		.has_gateway = !discards && !route->on_link && !route->any_gateway,
		.ifindex = ifindex_of(image, report, route->iface),
		.metric = route->metric,
		.addr = route->addr,
		.gateway = route->gateway,
	};
}

static bool same_network(const struct route_entry *a, const struct route_entry *b)
{
	return a->family == b->family && a->prefix_len == b->prefix_len &&
	       !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

/* Whether the kernel's @entry leads where @wanted does. */
static bool same_way(const struct route_entry *entry, const struct route_entry *wanted,
		     bool any_gateway)
{
	if (entry->discards || wanted->discards)
		return entry->discards && wanted->discards;
	if (entry->ifindex != wanted->ifindex)
		return false;
	if (any_gateway)
		return true;
	return entry->has_gateway == wanted->has_gateway &&
	       (!wanted->has_gateway ||
		!memcmp(&entry->gateway, &wanted->gateway, sizeof(wanted->gateway)));
}

/* The route that serves the network, the wanted one if it is there. NULL: none. */
static const struct route_entry *find_entry(const struct route_table *table,
					    const struct route_entry *wanted,
					    bool any_gateway, bool *is_it)
{
	const struct route_entry *best = NULL;

	*is_it = false;
	for (size_t i = 0; i < table->entries.count; i++) {
		const struct route_entry *entry = &table->entries.items[i];

		if (!same_network(entry, wanted))
			continue;
		if (same_way(entry, wanted, any_gateway)) {
			*is_it = true;
			return entry;
		}
		if (!best || entry->metric < best->metric)
			best = entry;
	}
	return best;
}

/* ---- one route ------------------------------------------------------------------------
 */

static void install(const struct route_entry *wanted, struct fw_route *found)
{
	int err = route_table_add(wanted);

	if (!err) {
		found->state = FW_ROUTE_INSTALLED;
		return;
	}
	found->state = FW_ROUTE_FAILED;
	if (err == -EEXIST)
		snprintf(found->kernel, sizeof(found->kernel),
			 "another route has its metric, %u", wanted->metric);
	else
		snprintf(found->kernel, sizeof(found->kernel), "%s", strerror(-err));
}

static struct fw_route look_at(const struct route_table *table,
			       const struct route_entry *wanted,
			       const struct policy_image_route *route, bool may_install)
{
	struct fw_route found = {.source_line = route->source_line};
	bool is_it;
	const struct route_entry *entry =
		find_entry(table, wanted, route->any_gateway, &is_it);

	entry_text(wanted, found.text, sizeof(found.text));
	if (is_it) {
		found.state = FW_ROUTE_THERE;
		return found;
	}
	found.state = entry ? FW_ROUTE_OTHER : FW_ROUTE_MISSING;
	if (entry)
		entry_text(entry, found.kernel, sizeof(found.kernel));
	if (may_install && !route->any_gateway)
		install(wanted, &found);
	return found;
}

/* ---- what an earlier policy installed
 * ---------------------------------------------------- */

static bool is_wanted(const struct policy_image *image,
		      const struct fw_apply_report *report,
		      const struct route_entry *entry)
{
	for (size_t i = 0; i < image->n_routes; i++) {
		struct route_entry wanted =
			wanted_entry(image, report, &image->routes[i]);

		if (same_network(entry, &wanted) && entry->metric == wanted.metric &&
		    same_way(entry, &wanted, false))
			return true;
	}
	return false;
}

static int remove_outdated(const struct policy_image *image,
			   const struct fw_apply_report *report,
			   const struct route_table *table,
			   int (*fn)(const struct fw_route *, void *), void *arg)
{
	for (size_t i = 0; i < table->entries.count; i++) {
		const struct route_entry *entry = &table->entries.items[i];
		struct fw_route removed = {.state = FW_ROUTE_REMOVED};
		int err;

		if (entry->protocol != ROUTE_TABLE_PROTOCOL ||
		    is_wanted(image, report, entry))
			continue;
		entry_text(entry, removed.text, sizeof(removed.text));
		err = route_table_remove(entry) ? 0 : fn(&removed, arg);
		if (err)
			return err;
	}
	return 0;
}

/* ---- all
 * ----------------------------------------------------------------------------------- */

int fw_check_routes(const struct policy_image *image,
		    const struct fw_apply_report *report, bool may_install,
		    int (*fn)(const struct fw_route *, void *), void *arg,
		    struct fw_error *error)
{
	struct route_table table cleanup_(route_table_free) = {0};
	int err = route_table_read(&table);

	if (err)
		return fw_fail(error, err, "cannot read the kernel's routes:");
	if (may_install)
		err = remove_outdated(image, report, &table, fn, arg);
	for (size_t i = 0; !err && i < image->n_routes; i++) {
		const struct policy_image_route *route = &image->routes[i];
		struct route_entry wanted = wanted_entry(image, report, route);
		struct fw_route found = look_at(&table, &wanted, route, may_install);

		err = fn(&found, arg);
	}
	return err;
}

void routes_remove_ours(void)
{
	struct route_table table cleanup_(route_table_free) = {0};

	if (route_table_read(&table))
		return;
	for (size_t i = 0; i < table.entries.count; i++)
		if (table.entries.items[i].protocol == ROUTE_TABLE_PROTOCOL)
			(void)route_table_remove(&table.entries.items[i]);
}
