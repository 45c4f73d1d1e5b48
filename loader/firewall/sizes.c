// SPDX-License-Identifier: GPL-2.0
/*
 * sizes.c - how many entries the tables hold. See sizes.h.
 *
 * Why it exists: a table too small turns away flows, one too large wastes
 * memory that is not given back until the firewall is unloaded. Pure.
 */
#include <string.h>

#include "sizes.h"

#define MEMORY_PER_CONNECTION_BYTES (16u << 10)
#define MEMORY_PER_ACL_LINE_BYTES   (64u << 10)

#define LOWEST		  1024u
#define HIGHEST		  4194304u
#define FEWEST_FRAGMENTS  64u
#define MOST_FRAGMENTS	  1048576u
#define FEWEST_FTP	  64u
#define MOST_FTP	  1048576u
#define DEFAULT_FRAGMENTS PH_MAX_FRAGMENTS
#define DEFAULT_HOLES	  PH_MAX_HOLES
#define DEFAULT_FTP	  PH_MAX_FTP_SESSIONS

#define ENTRIES "entries"

const struct sizes_table sizes_tables[SIZES_N_TABLES] = {
	{PH_MAP_CONNS, "--max-connections", ENTRIES,
	 offsetof(struct fw_sizes, connections), LOWEST, HIGHEST},
	{PH_MAP_HALF_OPEN, "--max-half-open", ENTRIES,
	 offsetof(struct fw_sizes, half_open), LOWEST, HIGHEST},
	{PH_MAP_FRAGS, "--max-fragments", ENTRIES, offsetof(struct fw_sizes, fragments),
	 FEWEST_FRAGMENTS, MOST_FRAGMENTS},
	{PH_MAP_HOLES, "--max-holes", ENTRIES, offsetof(struct fw_sizes, holes), LOWEST,
	 HIGHEST},
	{PH_MAP_FTP, "--max-ftp-sessions", ENTRIES,
	 offsetof(struct fw_sizes, ftp_sessions), FEWEST_FTP, MOST_FTP},
	{PH_MAP_ACL_LINES, "--max-acl-lines", "lines",
	 offsetof(struct fw_sizes, acl_lines), LOWEST, ACL_MAX_LINES},
};

uint32_t sizes_get(const struct fw_sizes *sizes, const struct sizes_table *table)
{
	uint32_t entries;

	memcpy(&entries, (const char *)sizes + table->offset, sizeof(entries));
	return entries;
}

void sizes_set(struct fw_sizes *sizes, const struct sizes_table *table, uint32_t entries)
{
	memcpy((char *)sizes + table->offset, &entries, sizeof(entries));
}

static uint32_t clamp(uint64_t value, uint32_t low, uint32_t high)
{
	if (value < low)
		return low;
	return value > high ? high : (uint32_t)value;
}

static uint64_t power_of_two_below(uint64_t value)
{
	while (value & (value - 1))
		value &= value - 1;
	return value;
}

void sizes_by_memory(uint64_t memory_bytes, struct fw_sizes *out)
{
	uint64_t connections =
		power_of_two_below(memory_bytes / MEMORY_PER_CONNECTION_BYTES);
	uint64_t acl_lines = power_of_two_below(memory_bytes / MEMORY_PER_ACL_LINE_BYTES);

	*out = (struct fw_sizes){
		.connections = clamp(connections, 65536, 1048576),
		.fragments = DEFAULT_FRAGMENTS,
		.holes = DEFAULT_HOLES,
		.ftp_sessions = DEFAULT_FTP,
		.acl_lines = clamp(acl_lines, 16384, 131072),
	};
	out->half_open = clamp(out->connections / 2, 32768, 262144);
}

const struct sizes_table *sizes_out_of_range(const struct fw_sizes *sizes)
{
	for (size_t i = 0; i < SIZES_N_TABLES; i++) {
		const struct sizes_table *table = &sizes_tables[i];
		uint32_t entries = sizes_get(sizes, table);

		if (entries && (entries < table->low || entries > table->high))
			return table;
	}
	return NULL;
}

uint32_t sizes_expiry(const struct fw_sizes *sizes)
{
	return sizes->connections + sizes->holes + PH_EXPIRY_SLACK;
}

/* ---- access lists ---------------------------------------------------------------- */

static const struct {
	const char *map;
	const char *unit;
	uint32_t per_line; /* of one generation */
} acl_parts[SIZES_ACL_N] = {
	[SIZES_ACL_WORDS] = {PH_MAP_ACL_WORDS, "words", PH_ACL_WORDS(1)},
	[SIZES_ACL_RULES4] = {PH_MAP_ACL_RULES4, "IPv4 rules", PH_ACL_RULES4(1)},
	[SIZES_ACL_RULES6] = {PH_MAP_ACL_RULES6, "IPv6 rules", PH_ACL_RULES6(1)},
	[SIZES_ACL_LINES] = {PH_MAP_ACL_LINES, "lines", 1},
	[SIZES_NAT_RULES] = {PH_MAP_NAT_RULES, "translations with an order or conditions",
			     PH_NAT_RULES(1)},
};

#define GENERATIONS 2u

const char *sizes_acl_map(enum sizes_acl_part part)
{
	return acl_parts[part].map;
}

const char *sizes_acl_unit(enum sizes_acl_part part)
{
	return acl_parts[part].unit;
}

struct sizes_acl sizes_acl_room(uint32_t lines)
{
	struct sizes_acl room;

	for (size_t i = 0; i < SIZES_ACL_N; i++)
		room.n[i] = (size_t)lines * acl_parts[i].per_line;
	return room;
}

uint32_t sizes_acl_entries(enum sizes_acl_part part, uint32_t lines)
{
	return GENERATIONS * acl_parts[part].per_line * lines;
}

uint32_t sizes_acl_blocks(uint32_t lines)
{
	return (PH_ACL_COUNTERS(lines) + ACL_BLOCK_COUNTERS - 1) / ACL_BLOCK_COUNTERS;
}

uint32_t sizes_acl_lines_of(enum sizes_acl_part part, uint32_t entries)
{
	return entries / GENERATIONS / acl_parts[part].per_line;
}

uint64_t sizes_acl_least(const struct sizes_acl *need)
{
	uint64_t least = 0;

	for (size_t i = 0; i < SIZES_ACL_N; i++) {
		uint64_t per_line = acl_parts[i].per_line;
		uint64_t lines = (need->n[i] + per_line - 1) / per_line;

		if (lines > least)
			least = lines;
	}
	return least;
}

uint32_t sizes_acl_grown(const struct sizes_acl *need)
{
	uint64_t least = sizes_acl_least(need);
	uint64_t grown = LOWEST;

	least += least / 4;
	while (grown < least && grown < ACL_MAX_LINES)
		grown *= 2;
	return clamp(grown, LOWEST, ACL_MAX_LINES);
}

enum sizes_acl_part sizes_acl_lacks(const struct sizes_acl *need,
				    const struct sizes_acl *room)
{
	enum sizes_acl_part part = (enum sizes_acl_part)0;

	while (part < SIZES_ACL_N && need->n[part] <= room->n[part])
		part++;
	return part;
}
