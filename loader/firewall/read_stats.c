// SPDX-License-Identifier: GPL-2.0
/*
 * read_stats.c - see firewall_stats.h.
 *
 * Why it exists: a scrape must not cost more for the connections there are.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include <pinhole/firewall_stats.h>

#include "bpf/half_open_count.h"
#include "tables.h"

#define NS_PER_SEC 1000000000ull

_Static_assert((int)FW_N_PROTOS == (int)CONN_N_CLASSES &&
		       (int)FW_N_CONN_STATES == CONN_N_TOLD - CONN_TOLD_ESTABLISHED,
	       "told in the order in which it is counted");

/* ---- words ----------------------------------------------------------------------- */

const char *fw_proto_name(unsigned int proto)
{
	static const char *const names[FW_N_PROTOS] = {"tcp", "udp", "icmp", "other"};

	return proto < FW_N_PROTOS ? names[proto] : NULL;
}

const char *fw_conn_state_name(unsigned int state)
{
	static const char *const names[FW_N_CONN_STATES] = {"established", "half-closed",
							    "closing"};

	return state < FW_N_CONN_STATES ? names[state] : NULL;
}

const char *fw_conn_end_name(unsigned int end)
{
	static const char *const names[PH_N_CONN_ENDS] = {
		[PH_END_FIN] = "fin",
		[PH_END_RESET] = "reset",
		[PH_END_TIMEOUT] = "timeout",
		[PH_END_REPLACED] = "replaced",
		[PH_END_POLICY] = "policy",
		[PH_END_TABLE_FULL] = "table-full",
		[PH_END_INSPECTION] = "inspection",
		[PH_END_CLEARED] = "cleared",
	};

	return end < PH_N_CONN_ENDS ? names[end] : NULL;
}

/* ---- connections ----------------------------------------------------------------- */

/* What the sum over the CPUs is of signed changes; while they are read one after the
 * other it may be below zero. */
static uint64_t not_below_zero(uint64_t sum)
{
	return (int64_t)sum < 0 ? 0 : sum;
}

struct moment {
	struct policy_config config;
	uint64_t now_ns;
	uint32_t room; /* for half-open connections */
};

static int read_moment(struct fw *fw, struct moment *out, struct fw_error *error)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	struct timespec now;
	int err = fw_read_config(fw, &out->config, error);

	if (!err && bpf_obj_get_info_by_fd(fw->map[FW_MAP_HALF_OPEN], &info, &len)) {
		err = fw_fail(error, -errno, "cannot read a table's size:");
		fw_fail_where(error, "map %s", fw_map_names[FW_MAP_HALF_OPEN]);
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	out->now_ns = (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
	out->room = info.max_entries;
	return err;
}

/* Add up what each CPU has counted. */
static void sum_class(const struct conn_counters *counters, uint32_t n_cpus,
		      uint32_t kind, const struct moment *moment,
		      struct fw_conn_stats *out)
{
	uint64_t life_ns = half_open_life_ns(&moment->config, kind);
	uint32_t shift = moment->config.half_open_shift[kind];
	int64_t half_open = 0;

	memset(out, 0, sizeof(*out));
	for (uint32_t cpu = 0; cpu < n_cpus; cpu++) {
		const struct conn_counters *one = &counters[cpu];

		out->created += one->created;
		for (unsigned int i = 0; i < PH_N_CONN_ENDS; i++)
			out->closed[i] += one->closed[i];
		for (unsigned int i = 0; i < FW_N_CONN_STATES; i++)
			out->states[i] += one->told[CONN_TOLD_ESTABLISHED + i];
		half_open +=
			half_open_sum(&one->half_open, moment->now_ns, shift, life_ns);
	}
	for (unsigned int i = 0; i < FW_N_CONN_STATES; i++)
		out->states[i] = not_below_zero(out->states[i]);
	out->half_open = not_below_zero((uint64_t)half_open);
}

/* No more of them than their table has room for, each class in proportion. */
static void fit(struct fw_conn_stats stats[FW_N_PROTOS], uint32_t room)
{
	uint64_t all = 0;

	for (unsigned int i = 0; i < FW_N_PROTOS; i++)
		all += stats[i].half_open;
	for (unsigned int i = 0; all > room && i < FW_N_PROTOS; i++)
		stats[i].half_open = stats[i].half_open * room / all;
}

int fw_read_conn_stats(struct fw *fw, struct fw_conn_stats out[FW_N_PROTOS],
		       struct fw_error *error)
{
	struct conn_counters *counters cleanup_free_ =
		calloc(fw->n_cpus, sizeof(*counters));
	struct fw_conn_stats stats[FW_N_PROTOS];
	struct moment moment = {0};
	int err;

	if (!counters)
		return fw_fail(error, -ENOMEM, "cannot read counters:");
	err = read_moment(fw, &moment, error);
	if (err)
		return err;
	for (uint32_t kind = 0; kind < FW_N_PROTOS; kind++) {
		if (bpf_map_lookup_elem(fw->map[FW_MAP_CONN_STATS], &kind, counters)) {
			err = fw_fail(error, -errno, "cannot read counters:");
			fw_fail_where(error, "map %s", PH_MAP_CONN_STATS);
			return err;
		}
		sum_class(counters, fw->n_cpus, kind, &moment, &stats[kind]);
	}
	fit(stats, moment.room);
	memcpy(out, stats, sizeof(stats));
	return 0;
}

int fw_read_ftp_traffic(struct fw *fw, struct fw_ftp_traffic *out, struct fw_error *error)
{
	struct ftp_traffic traffic = {0};
	int err = table_sum(fw, FW_MAP_FTP_TRAFFIC, 0, (uint64_t *)&traffic,
			    sizeof(traffic) / sizeof(uint64_t));

	if (err) {
		fw_fail(error, err, "cannot read counters:");
		fw_fail_where(error, "map %s", PH_MAP_FTP_TRAFFIC);
		return err;
	}
	*out = (struct fw_ftp_traffic){
		.connections = traffic.connections,
		.bytes_to_server = traffic.bytes_to_server,
		.bytes_to_client = traffic.bytes_to_client,
	};
	return 0;
}
