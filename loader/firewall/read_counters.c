// SPDX-License-Identifier: GPL-2.0
/*
 * read_counters.c - what the datapath counted.
 *
 * Why it exists: counters live per CPU; every reader sums them the same way.
 */
#include <string.h>

#include <bpf/bpf.h>

#include "tables.h"

static int cannot_read(struct fw_error *error, int err, enum fw_map map)
{
	fw_fail(error, err, "cannot read counters:");
	fw_fail_where(error, "map %s", fw_map_names[map]);
	return err;
}

int fw_each_acl_hits(struct fw *fw,
		     int (*fn)(uint64_t, const struct acl_counters *, void *), void *arg,
		     struct fw_error *error)
{
	struct slot_use *lines cleanup_free_ = NULL;
	uint32_t generation = 0;
	size_t n = 0;
	int err = fw_read_active(fw, &generation, error);

	if (err)
		return err;
	err = table_acl_slots(fw, generation, &lines, &n);
	if (err)
		return cannot_read(error, err, FW_MAP_ACL);
	for (size_t i = 0; i < n; i++) {
		struct acl_counters counters;

		err = table_sum(fw, FW_MAP_ACL_STATS, lines[i].slot,
				(uint64_t *)&counters,
				sizeof(counters) / sizeof(uint64_t));
		if (err)
			return cannot_read(error, err, FW_MAP_ACL_STATS);
		err = fn(lines[i].id, &counters, arg);
		if (err)
			return err;
	}
	return 0;
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

/* What the tables hold, expired half-open entries and all: it takes room. */
int fw_read_tables(struct fw *fw, struct fw_table_fill out[FW_N_TABLES],
		   struct fw_error *error)
{
	static const enum fw_map maps[FW_N_TABLES] = {
		FW_MAP_CONNS, FW_MAP_HALF_OPEN, FW_MAP_FRAGS, FW_MAP_HOLES, FW_MAP_FTP};
	struct fw_table_fill fill[FW_N_TABLES] = {0};

	for (size_t i = 0; i < FW_N_TABLES; i++) {
		struct bpf_map_info info = {0};
		__u32 len = sizeof(info);
		int err;

		if (bpf_obj_get_info_by_fd(fw->map[maps[i]], &info, &len))
			return cannot_read(error, -errno, maps[i]);
		fill[i].name = fw_map_names[maps[i]];
		fill[i].capacity = info.max_entries;
		err = table_walk(fw->map[maps[i]], count_element, &fill[i].entries);
		if (err)
			return cannot_read(error, err, maps[i]);
	}
	memcpy(out, fill, sizeof(fill));
	return 0;
}
