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

#define LOWEST		  1024u
#define HIGHEST		  4194304u
#define FEWEST_FRAGMENTS  64u
#define MOST_FRAGMENTS	  1048576u
#define FEWEST_FTP	  64u
#define MOST_FTP	  1048576u
#define DEFAULT_FRAGMENTS PH_MAX_FRAGMENTS
#define DEFAULT_HOLES	  PH_MAX_HOLES
#define DEFAULT_FTP	  PH_MAX_FTP_SESSIONS

const struct sizes_table sizes_tables[SIZES_N_TABLES] = {
	{PH_MAP_CONNS, "--max-connections", offsetof(struct fw_sizes, connections),
	 LOWEST, HIGHEST},
	{PH_MAP_HALF_OPEN, "--max-half-open", offsetof(struct fw_sizes, half_open),
	 LOWEST, HIGHEST},
	{PH_MAP_FRAGS, "--max-fragments", offsetof(struct fw_sizes, fragments),
	 FEWEST_FRAGMENTS, MOST_FRAGMENTS},
	{PH_MAP_HOLES, "--max-holes", offsetof(struct fw_sizes, holes), LOWEST, HIGHEST},
	{PH_MAP_FTP, "--max-ftp-sessions", offsetof(struct fw_sizes, ftp_sessions),
	 FEWEST_FTP, MOST_FTP},
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

void sizes_by_memory(uint64_t memory_bytes, struct fw_sizes *out)
{
	uint64_t connections = memory_bytes / MEMORY_PER_CONNECTION_BYTES;

	while (connections & (connections - 1))
		connections &= connections - 1;
	*out = (struct fw_sizes){
		.connections = clamp(connections, 65536, 1048576),
		.fragments = DEFAULT_FRAGMENTS,
		.holes = DEFAULT_HOLES,
		.ftp_sessions = DEFAULT_FTP,
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
