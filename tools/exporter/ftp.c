// SPDX-License-Identifier: GPL-2.0
/*
 * ftp.c - FTP sessions, their pinholes and data, and host mode as metrics.
 *
 * Why it exists: it walks two tables, of inspected sessions and of pinholes. Both are
 * bounded by their capacity, which is a small part of the connections'.
 */
#include <pinhole/firewall_stats.h>

#include "parts.h"
#include "tools/ftp_state.h"

static int put_findings(const struct page *page)
{
	static const char name[] = "pinhole_ftp_findings_total";
	uint64_t findings[FTP_N_FINDINGS];
	int err = fw_read_ftp_findings(page->fw, findings, page->error);

	if (err)
		return err;
	metric_family(&page->metrics, name, METRIC_COUNTER,
		      "What FTP inspection found in control connections, by finding.");
	for (unsigned int i = 0; i < FTP_N_FINDINGS; i++) {
		const struct metric_label labels[] = {{"finding", fw_finding_name(i)},
						      METRIC_END_OF_LABELS};

		metric_sample(&page->metrics, name, labels, findings[i]);
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
	static const char name[] = "pinhole_ftp_sessions";
	uint64_t counts[FTP_N_STATES] = {0};
	int err = fw_each_ftp_session(page->fw, count_session, counts, page->error);

	if (err)
		return err;
	metric_family(&page->metrics, name, METRIC_GAUGE,
		      "Inspected FTP control connections, by state.");
	for (unsigned int i = 0; i < FTP_N_STATES; i++) {
		const struct metric_label labels[] = {
			{"state", ftp_state_name((enum ftp_show_state)i)},
			METRIC_END_OF_LABELS};

		metric_sample(&page->metrics, name, labels, counts[i]);
	}
	return 0;
}

static int count_hole(const struct hole_key *key, const struct hole *hole,
		      const struct conn *parent, void *arg)
{
	(void)key;
	(void)hole;
	(void)parent;
	++*(uint64_t *)arg;
	return 0;
}

static int put_pinholes(const struct page *page)
{
	uint64_t n = 0;
	int err = fw_each_hole(page->fw, count_hole, &n, page->error);

	if (!err)
		metric_single(&page->metrics, "pinhole_ftp_pinholes", METRIC_GAUGE,
			      "Pinholes that are open.", n);
	return err;
}

static int put_data(const struct page *page)
{
	static const char name[] = "pinhole_ftp_data_bytes_total";
	struct fw_ftp_traffic traffic;
	int err = fw_read_ftp_traffic(page->fw, &traffic, page->error);

	if (err)
		return err;
	metric_single(&page->metrics, "pinhole_ftp_data_connections_total",
		      METRIC_COUNTER,
		      "Data connections of inspected FTP sessions that were established.",
		      traffic.connections);
	metric_family(&page->metrics, name, METRIC_COUNTER,
		      "TCP payload of these data connections, what was sent again "
		      "included.");
	metric_sample(&page->metrics, name,
		      (const struct metric_label[]){{"direction", "to_server"},
						    METRIC_END_OF_LABELS},
		      traffic.bytes_to_server);
	metric_sample(&page->metrics, name,
		      (const struct metric_label[]){{"direction", "to_client"},
						    METRIC_END_OF_LABELS},
		      traffic.bytes_to_client);
	return 0;
}

/* Wanted and not on is what somebody should be woken for. */
static int put_host_mode(const struct page *page)
{
	struct fw_host_mode mode = {0};
	int err = fw_read_host_mode(page->fw, &mode, page->error);

	if (err)
		return err;
	metric_single(&page->metrics, "pinhole_host_mode_wanted", METRIC_GAUGE,
		      "1 if the policy in force asks for host mode.", mode.wanted);
	metric_single(&page->metrics, "pinhole_host_mode_on", METRIC_GAUGE,
		      "1 if the sockets of this machine's FTP sessions are watched.",
		      mode.on);
	return 0;
}

int put_ftp(const struct page *page)
{
	int err = put_sessions(page);

	if (!err)
		err = put_pinholes(page);
	if (!err)
		err = put_data(page);
	if (!err)
		err = put_findings(page);
	return err ? err : put_host_mode(page);
}
