// SPDX-License-Identifier: GPL-2.0
/*
 * conn_counts.c - see conn_counts.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/half_open_count.h"
#include "loader/firewall/half_table.h"
#include "tests/datapath/conn_counts.h"
#include "tests/datapath/now.h"

#define MAX_CPUS 1024

void conn_counts_settle(struct policy_config *config)
{
	half_open_settle(config);
}

static unsigned int told_by_state(const struct conn *conn)
{
	if (conn->state == CONN_CLOSING)
		return CONN_TOLD_CLOSING;
	return conn->state == CONN_HALF_CLOSED ? CONN_TOLD_HALF_CLOSED
					       : CONN_TOLD_ESTABLISHED;
}

static void each_entry(int table,
		       void (*fn)(__u32 kind, const struct conn *, struct conn_counts *,
				  const struct policy_config *),
		       const struct policy_config *config, struct conn_counts *out)
{
	struct flow_key key, next;
	struct conn conn;

	for (int err = bpf_map_get_next_key(table, NULL, &next); !err;
	     err = bpf_map_get_next_key(table, &key, &next)) {
		key = next;
		if (!bpf_map_lookup_elem(table, &key, &conn))
			fn(conn_class_of(key.proto), &conn, out, config);
	}
}

static void enter_conn(__u32 kind, const struct conn *conn, struct conn_counts *out,
		       const struct policy_config *config)
{
	(void)config;
	out->told[kind][told_by_state(conn)]++;
}

static void enter_half_open(__u32 kind, const struct conn *conn, struct conn_counts *out,
			    const struct policy_config *config)
{
	__u64 life_ns = half_open_life_ns(config, kind);
	__u64 now = now_ns();

	if (now <= conn->seen_ns + life_ns)
		out->half_open[kind]++;
	else if (now <= conn->seen_ns + 2 * life_ns)
		out->half_open_lately[kind]++;
}

struct half_walk {
	const struct policy_config *config;
	struct conn_counts *out;
};

static int visit_half_open(const void *key, const void *value, void *arg)
{
	const struct half_walk *walk = arg;
	const struct flow_key *flow = key;

	enter_half_open(conn_class_of(flow->proto), value, walk->out, walk->config);
	return 0;
}

void conn_counts_walk(int conns, const struct half_table *half_open,
		      const struct policy_config *config, struct conn_counts *out)
{
	memset(out, 0, sizeof(*out));
	each_entry(conns, enter_conn, config, out);
	half_table_walk(half_open, visit_half_open,
			&(struct half_walk){.config = config, .out = out});
}

static void add_up(const struct conn_counters *one, __u32 kind,
		   const struct policy_config *config, struct conn_counts *out)
{
	out->created[kind] += one->created;
	for (unsigned int i = 0; i < PH_N_CONN_ENDS; i++)
		out->closed[kind][i] += one->closed[i];
	for (unsigned int i = CONN_TOLD_ESTABLISHED; i < CONN_N_TOLD; i++)
		out->told[kind][i] += one->told[i];
	out->half_open[kind] += (__u64)half_open_sum(&one->half_open, now_ns(),
						     config->half_open_shift[kind],
						     half_open_life_ns(config, kind));
}

int conn_counts_read(int conn_stats, const struct policy_config *config,
		     struct conn_counts *out)
{
	static struct conn_counters values[MAX_CPUS];
	int n_cpus = libbpf_num_possible_cpus();

	memset(out, 0, sizeof(*out));
	for (__u32 kind = 0; n_cpus <= MAX_CPUS && kind < CONN_N_CLASSES; kind++) {
		if (bpf_map_lookup_elem(conn_stats, &kind, values))
			return -1;
		for (int cpu = 0; cpu < n_cpus; cpu++)
			add_up(&values[cpu], kind, config, out);
	}
	return 0;
}

int conn_counts_forget(int conn_stats)
{
	static const struct conn_counters none[MAX_CPUS];

	for (__u32 kind = 0; kind < CONN_N_CLASSES; kind++)
		if (bpf_map_update_elem(conn_stats, &kind, none, BPF_ANY))
			return -1;
	return 0;
}
