// SPDX-License-Identifier: GPL-2.0
/*
 * read_counters.c - what the datapath counted.
 *
 * Why it exists: counters live per CPU; every reader sums them the same way.
 */
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include <pinhole/abi_host.h>
#include <pinhole/firewall_stats.h>

#include "acl_counters.h"
#include "acl_maps.h"
#include "pins.h"
#include "tables.h"

static int cannot_read(struct fw_error *error, int err, enum fw_map map)
{
	fw_fail(error, err, "cannot read counters:");
	fw_fail_where(error, "map %s", fw_map_names[map]);
	return err;
}

/* The lines of one generation, all read while it was in force. */
struct acl_hits {
	struct acl_line_slot *lines;
	struct acl_counters *counters;
	size_t n;
};

static void free_hits(struct acl_hits *hits)
{
	free(take(hits->lines));
	free(take(hits->counters));
	hits->n = 0;
}

static int read_hits(const struct fw *fw, uint32_t generation, int cleared,
		     struct acl_hits *out)
{
	int err = acl_maps_lines(fw, generation, &out->lines, &out->n);

	if (err)
		return err;
	out->counters = calloc(out->n + 1, sizeof(*out->counters));
	if (!out->counters)
		return -ENOMEM;
	return acl_counters_read(fw, out->lines, out->n, cleared, out->counters);
}

static int each_acl_hits(struct fw *fw, int cleared,
			 int (*fn)(uint64_t, const struct acl_counters *, void *),
			 void *arg, struct fw_error *error)
{
	struct acl_hits hits cleanup_(free_hits) = {0};
	uint32_t before = 0;
	uint32_t after = 0;
	int read_err;
	int err;

	/* Once another generation is in force, the next apply may write over this
	 * one's half: what was read is then not even consistent. */
	do {
		free_hits(&hits);
		err = fw_read_active(fw, &before, error);
		if (err)
			return err;
		read_err = read_hits(fw, before, cleared, &hits);
		err = fw_read_active(fw, &after, error);
		if (err)
			return err;
	} while (before != after);
	if (read_err)
		return cannot_read(error, read_err, FW_MAP_ACL_STATS);
	for (size_t i = 0; !err && i < hits.n; i++)
		err = fn(hits.lines[i].line_id, &hits.counters[i], arg);
	return err;
}

int fw_each_acl_hits(struct fw *fw,
		     int (*fn)(uint64_t, const struct acl_counters *, void *), void *arg,
		     struct fw_error *error)
{
	return each_acl_hits(fw, -1, fn, arg, error);
}

int fw_each_acl_hits_shown(struct fw *fw,
			   int (*fn)(uint64_t, const struct acl_counters *, void *),
			   void *arg, struct fw_error *error)
{
	int cleared scoped_fd_ = acl_counters_open_cleared(fw, false);

	if (cleared < 0 && cleared != -ENOENT)
		return cannot_read(error, cleared, FW_MAP_ACL_STATS);
	return each_acl_hits(fw, cleared, fn, arg, error);
}

int fw_read_drops(struct fw *fw, struct packet_counters out[PH_N_DROP_REASONS],
		  struct fw_error *error)
{
	struct packet_counters drops[PH_N_DROP_REASONS];

	for (uint32_t i = 0; i < PH_N_DROP_REASONS; i++) {
		int err = table_sum(fw, FW_MAP_DROPS, i, (uint64_t *)&drops[i],
				    sizeof(drops[i]) / sizeof(uint64_t));

		if (err)
			return cannot_read(error, err, FW_MAP_DROPS);
	}
	memcpy(out, drops, sizeof(drops));
	return 0;
}

int fw_read_events(struct fw *fw, uint64_t out[PH_EV_END], struct fw_error *error)
{
	uint64_t events[PH_EV_END];

	for (uint32_t i = 0; i < PH_EV_END; i++) {
		int err = table_sum(fw, FW_MAP_EVENTS, i, &events[i], 1);

		if (err)
			return cannot_read(error, err, FW_MAP_EVENTS);
	}
	memcpy(out, events, sizeof(events));
	return 0;
}

int fw_read_ftp_findings(struct fw *fw, uint64_t out[FTP_N_FINDINGS],
			 struct fw_error *error)
{
	uint64_t findings[FTP_N_FINDINGS];

	for (uint32_t i = 0; i < FTP_N_FINDINGS; i++) {
		int err = table_sum(fw, FW_MAP_FTP_FINDINGS, i, &findings[i], 1);

		if (err)
			return cannot_read(error, err, FW_MAP_FTP_FINDINGS);
	}
	memcpy(out, findings, sizeof(findings));
	return 0;
}

static int count_element(const void *key, const void *value, void *arg)
{
	(void)key;
	(void)value;
	(*(uint32_t *)arg)++;
	return 0;
}

/* @walk: whether its entries are to be counted, one by one */
static int fill_of_table(int fd, const char *name, bool walk, struct fw_table_fill *out)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	*out = (struct fw_table_fill){.name = name, .capacity = info.max_entries};
	return walk ? table_walk(fd, count_element, &out->entries) : 0;
}

/* @out: of conns and half_open */
static int count_conn_tables(struct fw *fw, struct fw_table_fill *out,
			     struct fw_error *error)
{
	struct fw_conn_stats stats[FW_N_PROTOS];
	uint64_t established = 0;
	uint64_t half_open = 0;
	int err = fw_read_conn_stats(fw, stats, error);

	for (unsigned int i = 0; !err && i < FW_N_PROTOS; i++) {
		half_open += stats[i].half_open;
		for (unsigned int j = 0; j < FW_N_CONN_STATES; j++)
			established += stats[i].states[j];
	}
	if (err)
		return err;
	out[0].entries = (uint32_t)established;
	/* Those that a flood displaces count until their time would have been up. */
	out[1].entries = half_open < out[1].capacity ? (uint32_t)half_open
						     : out[1].capacity;
	return 0;
}

#define N_HOST_TABLES 2

/* They come and go with host mode. */
static int read_host_tables(const struct fw *fw, struct fw_table_fill *out,
			    struct fw_error *error)
{
	static const char *const maps[N_HOST_TABLES] = {PH_MAP_HOST_SESSIONS,
							PH_MAP_HOST_LISTENERS};

	for (size_t i = 0; i < N_HOST_TABLES; i++) {
		int fd scoped_fd_ = pins_get(fw->pin_dir, PINS_MAPS, maps[i]);
		int err = fd;

		out[i] = (struct fw_table_fill){.name = maps[i]};
		if (fd >= 0)
			err = fill_of_table(fd, maps[i], true, &out[i]);
		if (err < 0 && err != -ENOENT) {
			fw_fail(error, err, "cannot read a table:");
			fw_fail_where(error, "map %s", maps[i]);
			return err;
		}
	}
	return 0;
}

/* Of the generation in force; each has half of the map. */
static int fill_of_acl(const struct fw *fw, enum fw_map map,
		       const struct acl_extent *extent, struct fw_table_fill *out)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fw->map[map], &info, &len))
		return -errno;
	*out = (struct fw_table_fill){.name = fw_map_names[map],
				      .entries = extent->count,
				      .capacity = info.max_entries / 2};
	return 0;
}

static int read_acl_tables(const struct fw *fw, struct fw_table_fill *out,
			   struct fw_error *error)
{
	struct policy_config config = {0};
	const struct acl_halves *acl = &config.acl;
	const struct {
		enum fw_map map;
		const struct acl_extent *extent;
	} parts[] = {
		{FW_MAP_ACL_LINES, &acl->lines},   {FW_MAP_ACL_WORDS, &acl->words},
		{FW_MAP_ACL_RULES4, &acl->rules4}, {FW_MAP_ACL_RULES6, &acl->rules6},
		{FW_MAP_NAT_RULES, &config.nat},
	};
	uint32_t generation = 0;
	int err = fw_read_active(fw, &generation, error);
	__u32 slot = generation & 1;

	if (!err && bpf_map_lookup_elem(fw->map[FW_MAP_CONFIG], &slot, &config))
		err = cannot_read(error, -errno, FW_MAP_CONFIG);
	for (size_t i = 0; !err && i < sizeof(parts) / sizeof(parts[0]); i++) {
		err = fill_of_acl(fw, parts[i].map, parts[i].extent, &out[i]);
		if (err)
			cannot_read(error, err, parts[i].map);
	}
	return err;
}

/* Of which there may be so many that nobody should walk them: they count themselves. */
#define N_CONN_TABLES 2

int fw_read_tables(struct fw *fw, struct fw_table_fill out[FW_N_TABLES],
		   struct fw_error *error)
{
	static const enum fw_map maps[] = {FW_MAP_CONNS, FW_MAP_HALF_OPEN, FW_MAP_FRAGS,
					   FW_MAP_HOLES, FW_MAP_FTP};
	const size_t n_maps = sizeof(maps) / sizeof(maps[0]);
	struct fw_table_fill fill[FW_N_TABLES] = {0};
	int err;

	for (size_t i = 0; i < n_maps; i++) {
		err = fill_of_table(fw->map[maps[i]], fw_map_names[maps[i]],
				    i >= N_CONN_TABLES, &fill[i]);
		if (err)
			return cannot_read(error, err, maps[i]);
	}
	err = count_conn_tables(fw, fill, error);
	if (!err)
		err = read_acl_tables(fw, fill + n_maps, error);
	if (!err)
		err = read_host_tables(fw, fill + FW_N_TABLES - N_HOST_TABLES, error);
	if (err)
		return err;
	memcpy(out, fill, sizeof(fill));
	return 0;
}
