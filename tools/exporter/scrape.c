// SPDX-License-Identifier: GPL-2.0
/*
 * scrape.c - one scrape. See scrape.h.
 *
 * Naming follows the Prometheus documentation's "Metric and label naming":
 * base units, _total on counters, one unit per name.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <util/cleanup.h>

#include "format.h"
#include "scrape.h"
#include "tools/ftp_state.h"

#define END_OF_LABELS      \
	{                  \
		NULL, NULL \
	}

struct page {
	struct strbuf *out;
	struct fw *fw;
	struct fw_error *error;
};

/* ---- interfaces ----------------------------------------------------------------------
 */

struct iface_list {
	struct fw_interface items[PH_MAX_INTERFACES];
	size_t n;
};

static int add_interface(const struct fw_interface *interface, void *arg)
{
	struct iface_list *list = arg;

	list->items[list->n++] = *interface;
	return 0;
}

/* One metric over all interfaces; @field: offset of its counter. */
static void put_interfaces(const struct page *page, const struct iface_list *list,
			   const char *name, const char *direction, size_t field)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct fw_interface *interface = &list->items[i];
		const struct metric_label labels[] = {
			{"interface", interface->config.name},
			{"device", interface->config.device},
			{direction ? "direction" : NULL, direction},
			END_OF_LABELS,
		};
		uint64_t value;

		memcpy(&value, (const char *)&interface->counters + field, sizeof(value));
		metric_sample(page->out, name, labels, value);
	}
}

#define COUNTER(name) offsetof(struct if_counters, name)

static int put_interface_metrics(const struct page *page)
{
	struct iface_list *list cleanup_free_ = calloc(1, sizeof(*list));
	int err = list ? fw_each_interface(page->fw, add_interface, list, page->error)
		       : -ENOMEM;
	const char *name;

	if (err)
		return err;
	name = "pinhole_interface_packets_total";
	metric_family(page->out, name, "counter",
		      "Packets received by and forwarded out of an interface.");
	put_interfaces(page, list, name, "receive", COUNTER(rx_packets));
	put_interfaces(page, list, name, "transmit", COUNTER(tx_packets));
	name = "pinhole_interface_bytes_total";
	metric_family(page->out, name, "counter",
		      "Bytes received by and forwarded out of an interface.");
	put_interfaces(page, list, name, "receive", COUNTER(rx_bytes));
	put_interfaces(page, list, name, "transmit", COUNTER(tx_bytes));
	name = "pinhole_interface_dropped_packets_total";
	metric_family(page->out, name, "counter", "Packets received and dropped.");
	put_interfaces(page, list, name, NULL, COUNTER(drop_packets));
	name = "pinhole_interface_dropped_bytes_total";
	metric_family(page->out, name, "counter", "Bytes received and dropped.");
	put_interfaces(page, list, name, NULL, COUNTER(drop_bytes));
	name = "pinhole_interface_local_packets_total";
	metric_family(page->out, name, "counter",
		      "Packets received and left to this machine.");
	put_interfaces(page, list, name, NULL, COUNTER(to_box_packets));
	name = "pinhole_interface_xdp_packets_total";
	metric_family(page->out, name, "counter",
		      "Packets received and finished by XDP.");
	put_interfaces(page, list, name, NULL, COUNTER(xdp_packets));
	return 0;
}

/* ---- drops, events
 * --------------------------------------------------------------- */

static int put_drops(const struct page *page)
{
	struct packet_counters drops[PH_N_DROP_REASONS];
	int err = fw_read_drops(page->fw, drops, page->error);

	if (err)
		return err;
	metric_family(page->out, "pinhole_dropped_packets_total", "counter",
		      "Packets dropped, by reason.");
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++) {
		const struct metric_label labels[] = {{"reason", fw_drop_name(i)},
						      END_OF_LABELS};

		metric_sample(page->out, "pinhole_dropped_packets_total", labels,
			      drops[i].packets);
	}
	metric_family(page->out, "pinhole_dropped_bytes_total", "counter",
		      "Bytes dropped, by reason.");
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++) {
		const struct metric_label labels[] = {{"reason", fw_drop_name(i)},
						      END_OF_LABELS};

		metric_sample(page->out, "pinhole_dropped_bytes_total", labels,
			      drops[i].bytes);
	}
	return 0;
}

static int put_events(const struct page *page)
{
	uint64_t events[PH_EV_END];
	int err = fw_read_events(page->fw, events, page->error);

	if (err)
		return err;
	for (unsigned int i = 0; i < PH_EV_END; i++) {
		char name[96];
		char help[256];

		snprintf(name, sizeof(name), "pinhole_%s_total", fw_event_name(i));
		metric_family(page->out, name, "counter",
			      metric_sentence(help, sizeof(help), fw_event_help(i)));
		metric_sample(page->out, name, NULL, events[i]);
	}
	return 0;
}

/* ---- FTP ------------------------------------------------------------------------- */

static int put_findings(const struct page *page)
{
	static const char name[] = "pinhole_ftp_findings_total";
	uint64_t findings[FTP_N_FINDINGS];
	int err = fw_read_ftp_findings(page->fw, findings, page->error);

	if (err)
		return err;
	metric_family(page->out, name, "counter",
		      "What FTP inspection found in control connections, by finding.");
	for (unsigned int i = 0; i < FTP_N_FINDINGS; i++) {
		const struct metric_label labels[] = {{"finding", fw_finding_name(i)},
						      END_OF_LABELS};

		metric_sample(page->out, name, labels, findings[i]);
	}
	return 0;
}

static int count_session(const struct flow_key *key, const struct ftp_session *session,
			 const struct conn *conn, void *arg)
{
	uint64_t *counts = arg;

	(void)key;
	counts[ftp_state_of(session, conn)]++;
	return 0;
}

static int put_sessions(const struct page *page)
{
	uint64_t counts[FTP_N_STATES] = {0};
	int err = fw_each_ftp_session(page->fw, count_session, counts, page->error);

	if (err)
		return err;
	metric_family(page->out, "pinhole_ftp_sessions", "gauge",
		      "Inspected FTP control connections, by state.");
	for (unsigned int i = 0; i < FTP_N_STATES; i++) {
		const struct metric_label labels[] = {
			{"state", ftp_state_name((enum ftp_show_state)i)}, END_OF_LABELS};

		metric_sample(page->out, "pinhole_ftp_sessions", labels, counts[i]);
	}
	return 0;
}

/* Wanted and not on is what somebody should be woken for. */
static int put_host_mode(const struct page *page)
{
	struct fw_host_mode mode = {0};
	int err = fw_read_host_mode(page->fw, &mode, page->error);

	if (err)
		return err;
	metric_family(page->out, "pinhole_host_mode_wanted", "gauge",
		      "1 if the policy in force asks for host mode.");
	metric_sample(page->out, "pinhole_host_mode_wanted", NULL, mode.wanted);
	metric_family(page->out, "pinhole_host_mode_on", "gauge",
		      "1 if the sockets of this machine's FTP sessions are watched.");
	metric_sample(page->out, "pinhole_host_mode_on", NULL, mode.on);
	return 0;
}

/* ---- tables ---------------------------------------------------------------------- */

static int put_tables(const struct page *page)
{
	struct fw_table_fill fill[FW_N_TABLES];
	int err = fw_read_tables(page->fw, fill, page->error);

	if (err)
		return err;
	metric_family(page->out, "pinhole_table_entries", "gauge",
		      "Entries in a table of the datapath.");
	for (size_t i = 0; i < FW_N_TABLES; i++) {
		const struct metric_label labels[] = {{"table", fill[i].name},
						      END_OF_LABELS};

		metric_sample(page->out, "pinhole_table_entries", labels,
			      fill[i].entries);
	}
	metric_family(page->out, "pinhole_table_capacity", "gauge",
		      "Entries that a table of the datapath can hold.");
	for (size_t i = 0; i < FW_N_TABLES; i++) {
		const struct metric_label labels[] = {{"table", fill[i].name},
						      END_OF_LABELS};

		metric_sample(page->out, "pinhole_table_capacity", labels,
			      fill[i].capacity);
	}
	return 0;
}

/* ---- access lists
 * ------------------------------------------------------------------------- */

static int put_access_lists(struct scrape *scrape, const struct page *page)
{
	char *text cleanup_free_ = NULL;
	uint32_t generation;
	size_t len;
	int err = fw_read_policy(page->fw, &generation, &text, &len, page->error);

	if (err)
		return err;
	metric_family(page->out, "pinhole_policy_generation", "gauge",
		      "Number of the policy in force; each apply raises it.");
	metric_sample(page->out, "pinhole_policy_generation", NULL, generation);
	/* Lines have names only in the policy's text; what is counted has their ids. */
	err = lines_refresh(&scrape->lines, text, len);
	if (err) {
		snprintf(page->error->what, sizeof(page->error->what),
			 "the policy in force cannot be read back by this version");
		return err;
	}
	err = lines_put(&scrape->lines, page->fw, page->out, page->error);
	return err ? err
		   : nats_put(&scrape->lines.nats, page->fw, page->out, page->error);
}

/* ---- the page
 * ------------------------------------------------------------------------------ */

static void close_fw(struct fw **fw)
{
	fw_close(*fw);
}

static void free_strbuf(struct strbuf *buf)
{
	strbuf_free(buf);
}

static int put_all(struct scrape *scrape, struct strbuf *out, struct fw_error *error)
{
	struct fw *fw cleanup_(close_fw) = NULL;
	int err = fw_open(scrape->pin_dir, &fw, error);
	const struct page page = {.out = out, .fw = fw, .error = error};

	if (!err)
		err = put_access_lists(scrape, &page);
	if (!err)
		err = put_interface_metrics(&page);
	if (!err)
		err = put_drops(&page);
	if (!err)
		err = put_events(&page);
	if (!err)
		err = put_findings(&page);
	if (!err)
		err = put_sessions(&page);
	if (!err)
		err = put_host_mode(&page);
	return err ? err : put_tables(&page);
}

static void log_change(struct scrape *scrape, int err, const struct fw_error *error)
{
	if (err == scrape->last_error)
		return;
	if (err)
		fprintf(stderr, "fw-exporter: %s%s%s\n", error->where,
			error->where[0] ? ": " : "", error->what);
	else
		fputs("fw-exporter: the firewall is up\n", stderr);
	scrape->last_error = err;
}

void scrape_run(struct scrape *scrape, struct strbuf *out)
{
	static const struct metric_label build[] = {{"version", PINHOLE_VERSION},
						    END_OF_LABELS};
	struct strbuf body cleanup_(free_strbuf) = {0};
	struct fw_error error = {0};
	int err = put_all(scrape, &body, &error);

	log_change(scrape, err, &error);
	metric_family(out, "pinhole_up", "gauge",
		      "1 if a policy is in force and its counters could be read.");
	metric_sample(out, "pinhole_up", NULL, !err);
	metric_family(out, "pinhole_build_info", "gauge",
		      "Version of the exporter; the value is always 1.");
	metric_sample(out, "pinhole_build_info", build, 1);
	/* Half a page would look like counters that were reset. */
	if (!err && body.len)
		strbuf_add(out, body.data, body.len);
	if (body.failed)
		out->failed = true;
}

void scrape_free(struct scrape *scrape)
{
	lines_free(&scrape->lines);
}
