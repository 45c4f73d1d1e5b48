// SPDX-License-Identifier: GPL-2.0
/*
 * traffic.c - connections, drops, events and tables as metrics.
 *
 * Why it exists: all of these are counted by the datapath as they happen. Nothing here
 * takes longer because there are more connections.
 */
#include <pinhole/firewall_stats.h>

#include "format_events.h"
#include "parts.h"

/* ---- drops and events ------------------------------------------------------------ */

static void put_drop_metric(const struct page *page, const char *name, const char *help,
			    const struct packet_counters *drops, bool bytes)
{
	metric_family(&page->metrics, name, METRIC_COUNTER, help);
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++) {
		const struct metric_label labels[] = {{"reason", fw_drop_name(i)},
						      METRIC_END_OF_LABELS};

		metric_sample(&page->metrics, name, labels,
			      bytes ? drops[i].bytes : drops[i].packets);
	}
}

int put_drops(const struct page *page)
{
	struct packet_counters drops[PH_N_DROP_REASONS];
	int err = fw_read_drops(page->fw, drops, page->error);

	if (err)
		return err;
	put_drop_metric(page, "pinhole_dropped_packets_total",
			"Packets dropped, by reason.", drops, false);
	put_drop_metric(page, "pinhole_dropped_bytes_total", "Bytes dropped, by reason.",
			drops, true);
	return 0;
}

int put_events(const struct page *page)
{
	uint64_t events[PH_EV_END];
	int err = fw_read_events(page->fw, events, page->error);

	if (!err)
		metrics_put_events(&page->metrics, events);
	return err;
}

/* ---- connections ----------------------------------------------------------------- */

static void put_states(const struct page *page,
		       const struct fw_conn_stats stats[FW_N_PROTOS])
{
	static const char name[] = "pinhole_connections";

	metric_family(&page->metrics, name, METRIC_GAUGE,
		      "Connections in the connection table.");
	for (unsigned int proto = 0; proto < FW_N_PROTOS; proto++) {
		/* What is not TCP knows one state only. */
		unsigned int n_states = proto == FW_PROTO_TCP ? FW_N_CONN_STATES : 1;

		for (unsigned int state = 0; state < n_states; state++) {
			const struct metric_label labels[] = {
				{"protocol", fw_proto_name(proto)},
				{"state", fw_conn_state_name(state)},
				METRIC_END_OF_LABELS,
			};

			metric_sample(&page->metrics, name, labels,
				      stats[proto].states[state]);
		}
	}
}

static void put_half_open(const struct page *page,
			  const struct fw_conn_stats stats[FW_N_PROTOS])
{
	static const char name[] = "pinhole_half_open_connections";

	metric_family(&page->metrics, name, METRIC_GAUGE,
		      "Flows whose first packet was admitted and is not answered yet.");
	for (unsigned int proto = 0; proto < FW_N_PROTOS; proto++) {
		const struct metric_label labels[] = {{"protocol", fw_proto_name(proto)},
						      METRIC_END_OF_LABELS};

		metric_sample(&page->metrics, name, labels, stats[proto].half_open);
	}
}

static void put_created(const struct page *page,
			const struct fw_conn_stats stats[FW_N_PROTOS])
{
	static const char name[] = "pinhole_connections_created_total";

	metric_family(&page->metrics, name, METRIC_COUNTER,
		      "Connections that were established.");
	for (unsigned int proto = 0; proto < FW_N_PROTOS; proto++) {
		const struct metric_label labels[] = {{"protocol", fw_proto_name(proto)},
						      METRIC_END_OF_LABELS};

		metric_sample(&page->metrics, name, labels, stats[proto].created);
	}
}

static void put_closed(const struct page *page,
		       const struct fw_conn_stats stats[FW_N_PROTOS])
{
	static const char name[] = "pinhole_connections_closed_total";

	metric_family(&page->metrics, name, METRIC_COUNTER,
		      "Connections that ended, by why they did.");
	for (unsigned int proto = 0; proto < FW_N_PROTOS; proto++) {
		for (unsigned int end = PH_END_NONE + 1; end < PH_N_CONN_ENDS; end++) {
			const struct metric_label labels[] = {
				{"protocol", fw_proto_name(proto)},
				{"cause", fw_conn_end_name(end)},
				METRIC_END_OF_LABELS,
			};

			metric_sample(&page->metrics, name, labels,
				      stats[proto].closed[end]);
		}
	}
}

int put_connections(const struct page *page)
{
	struct fw_conn_stats stats[FW_N_PROTOS];
	int err = fw_read_conn_stats(page->fw, stats, page->error);

	if (err)
		return err;
	put_states(page, stats);
	put_half_open(page, stats);
	put_created(page, stats);
	put_closed(page, stats);
	return 0;
}

/* ---- tables ---------------------------------------------------------------------- */

static void put_table_metric(const struct page *page, const char *name, const char *help,
			     const struct fw_table_fill *fill, bool capacity)
{
	metric_family(&page->metrics, name, METRIC_GAUGE, help);
	for (size_t i = 0; i < FW_N_TABLES; i++) {
		const struct metric_label labels[] = {{"table", fill[i].name},
						      METRIC_END_OF_LABELS};

		metric_sample(&page->metrics, name, labels,
			      capacity ? fill[i].capacity : fill[i].entries);
	}
}

int put_tables(const struct page *page)
{
	struct fw_table_fill fill[FW_N_TABLES];
	int err = fw_read_tables(page->fw, fill, page->error);

	if (err)
		return err;
	put_table_metric(page, "pinhole_table_entries",
			 "Entries in a table of the datapath.", fill, false);
	put_table_metric(page, "pinhole_table_capacity",
			 "Entries that a table of the datapath can hold.", fill, true);
	return 0;
}
