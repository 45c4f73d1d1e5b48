// SPDX-License-Identifier: GPL-2.0
/*
 * trace_maps.c - which maps the traced instance shares with the one in force.
 *
 * Why it exists: that tracing changes nothing rests on this table. A map that is not in
 * it is refused, so that who adds one to the datapath must say here which it is.
 */
#include <string.h>

#include "trace.h"

static const struct {
	const char *map;
	enum trace_role role;
	enum trace_size size;
} roles[] = {
	/* The policy: no program writes these. */
	{PH_MAP_ACTIVE, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_CONFIG, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_IFACES, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_ACL_WORDS, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_ACL_RULES4, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_ACL_RULES6, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_ACL_LINES, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_NAT_IN, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_NAT_OUT, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_NAT_RULES, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_NAT_LISTS, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_FIXUPS, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_FTP_RULES, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_FTP_STATES, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_TEXT, TRACE_SHARED, TRACE_SIZE_OWN},
	{PH_MAP_TX_DEVS, TRACE_SHARED, TRACE_SIZE_OWN},

	/* What passes: filled with copies. */
	{PH_MAP_CONNS, TRACE_PRIVATE, TRACE_SIZE_TABLE},
	{PH_MAP_HALF_OPEN, TRACE_PRIVATE, TRACE_SIZE_TABLE},
	{PH_MAP_HALF_SETS, TRACE_PRIVATE, TRACE_SIZE_TABLE},
	{PH_MAP_HALF_HEAD, TRACE_PRIVATE, TRACE_SIZE_OWN},
	{PH_MAP_FTP, TRACE_PRIVATE, TRACE_SIZE_TABLE},
	{PH_MAP_FTP_CLOSED, TRACE_PRIVATE, TRACE_SIZE_TABLE},
	{PH_MAP_HOLES, TRACE_PRIVATE, TRACE_SIZE_TABLE},
	{PH_MAP_GRANTS, TRACE_PRIVATE, TRACE_SIZE_TABLE},
	{PH_MAP_FRAGS, TRACE_PRIVATE, TRACE_SIZE_TABLE},
	{"embryonic", TRACE_PRIVATE, TRACE_SIZE_TABLE},
	{PH_MAP_EXPIRY, TRACE_PRIVATE, TRACE_SIZE_TABLE},

	/* What is counted and told; what is read of it begins with zeros. */
	{PH_MAP_ACL_STATS, TRACE_PRIVATE, TRACE_SIZE_TINY},
	{PH_MAP_RECORDS, TRACE_PRIVATE, TRACE_SIZE_OWN},
	{PH_MAP_CLOCK, TRACE_PRIVATE, TRACE_SIZE_OWN},
	{PH_MAP_IF_STATS, TRACE_PRIVATE, TRACE_SIZE_OWN},
	{PH_MAP_CONN_STATS, TRACE_PRIVATE, TRACE_SIZE_OWN},
	{PH_MAP_FTP_TRAFFIC, TRACE_PRIVATE, TRACE_SIZE_OWN},
	{PH_MAP_DROP_STATS, TRACE_PRIVATE, TRACE_SIZE_OWN},
	{PH_MAP_EVENTS, TRACE_PRIVATE, TRACE_SIZE_OWN},
	{"nat_stats", TRACE_PRIVATE, TRACE_SIZE_OWN},
	{"undo", TRACE_PRIVATE, TRACE_SIZE_OWN},
	{"capture", TRACE_PRIVATE, TRACE_SIZE_OWN},
	{"captured", TRACE_PRIVATE, TRACE_SIZE_OWN},
	{PH_MAP_FTP_FINDINGS, TRACE_PRIVATE, TRACE_SIZE_OWN},
	{PH_MAP_FTP_PROGS, TRACE_PRIVATE, TRACE_SIZE_OWN},
	{"acl_told", TRACE_PRIVATE, TRACE_SIZE_OWN},
	{"reason_said", TRACE_PRIVATE, TRACE_SIZE_OWN},
	{"grant_blank", TRACE_PRIVATE, TRACE_SIZE_OWN},
	{"memo", TRACE_PRIVATE, TRACE_SIZE_OWN}, /* empty: nothing goes the short way */
	{"known_area", TRACE_PRIVATE, TRACE_SIZE_OWN},
};

#define N_ROLES	    (sizeof(roles) / sizeof(roles[0]))
#define AREA_SUFFIX "_area"

static bool is_area(const char *map)
{
	size_t len = strlen(map);
	size_t suffix = strlen(AREA_SUFFIX);

	return len > suffix && !strcmp(map + len - suffix, AREA_SUFFIX);
}

enum trace_role trace_role_of(const char *map)
{
	for (size_t i = 0; i < N_ROLES; i++)
		if (!strcmp(roles[i].map, map))
			return roles[i].role;
	return is_area(map) ? TRACE_PRIVATE : TRACE_UNKNOWN;
}

enum trace_size trace_size_of(const char *map)
{
	for (size_t i = 0; i < N_ROLES; i++)
		if (!strcmp(roles[i].map, map))
			return roles[i].size;
	return TRACE_SIZE_OWN;
}
