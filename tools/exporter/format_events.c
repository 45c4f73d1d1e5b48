// SPDX-License-Identifier: GPL-2.0
/*
 * format_events.c - the events of the datapath as metrics. See format_events.h.
 *
 * Why it exists: the list in abi_reasons.h grows by what the datapath comes to count;
 * metrics are named for those who ask: what adds up to something is one metric with a
 * label. Every event has its row here, for which there is a test.
 */
#include <string.h>

#include "format_events.h"

struct row {
	enum ph_event event;
	const char *metric; /* rows of one metric stand together */
	const char *label;  /* NULL: it has none */
	const char *value;
	const char *help; /* of the metric, in its first row */
};

/* Not here: connections created, closed and expired, which are told by protocol and
 * cause (conns.c). */
static const struct row rows[] = {
	{PH_EV_HALF_OPEN_CREATED, "pinhole_half_open_connections_created_total", NULL,
	 NULL, "Flows whose first packet was admitted."},
	{PH_EV_CONN_PICKED_UP, "pinhole_connections_picked_up_total", NULL, NULL,
	 "Connections taken up in midstream, as the policy allows."},
	{PH_EV_ICMP_ERROR_MATCHED, "pinhole_icmp_errors_matched_total", NULL, NULL,
	 "ICMP errors let through to the connection that they are about."},
	{PH_EV_ICMP_ERROR_SENT, "pinhole_icmp_errors_sent_total", NULL, NULL,
	 "Time exceeded and packet too big, sent by the firewall itself."},
	{PH_EV_ICMP_ERROR_LIMITED, "pinhole_icmp_errors_rate_limited_total", NULL, NULL,
	 "ICMP errors of its own that the firewall did not send, being too many."},
	{PH_EV_FRAGMENT_FIRST, "pinhole_fragments_total", "position", "first",
	 "Fragments let through: first ones, and later ones after them."},
	{PH_EV_FRAGMENT_LATER, "pinhole_fragments_total", "position", "later", NULL},
	{PH_EV_ARP_ANSWERED, "pinhole_neighbor_answers_total", "protocol", "arp",
	 "Neighbour requests answered for mapped addresses."},
	{PH_EV_NDP_ANSWERED, "pinhole_neighbor_answers_total", "protocol", "ndp", NULL},
	{PH_EV_NAT_TRANSLATED, "pinhole_nat_packets_total", "direction", "translate",
	 "Packets whose source was translated, or whose destination was untranslated."},
	{PH_EV_NAT_UNTRANSLATED, "pinhole_nat_packets_total", "direction", "untranslate",
	 NULL},
	{PH_EV_XDP_PASSED_UP, "pinhole_xdp_passed_up_packets_total", NULL, NULL,
	 "Packets that XDP left to TC."},
	{PH_EV_POLICY_UNDONE, "pinhole_policy_undone_total", NULL, NULL,
	 "Returns to the policy before, at a deadline or by rollback."},
	{PH_EV_RECORD_LOST, "pinhole_events_lost_total", "kind", "any",
	 "Events that could not be told to the log: any kind as the ring was full, and "
	 "those of which there were too many to leave room for others."},
	{PH_EV_ACL_RECORD_LOST, "pinhole_events_lost_total", "kind", "access_list", NULL},
	{PH_EV_BUILT_RECORD_LOST, "pinhole_events_lost_total", "kind", "built", NULL},
	{PH_EV_DROP_RECORD_LOST, "pinhole_events_lost_total", "kind", "dropped", NULL},

	{PH_EV_FTP_SESSION_OPENED, "pinhole_ftp_sessions_opened_total", NULL, NULL,
	 "Inspected FTP control connections."},
	{PH_EV_FTP_SESSION_CLOSED, "pinhole_ftp_sessions_closed_total", NULL, NULL,
	 "Inspected FTP control connections that ended."},
	{PH_EV_FTP_SESSION_TLS, "pinhole_ftp_sessions_tls_total", NULL, NULL,
	 "FTP sessions that went over to TLS."},
	{PH_EV_FTP_SESSION_VERIFIED, "pinhole_ftp_sessions_tls_verified_total", NULL,
	 NULL, "FTP sessions whose TLS handshake was seen to complete."},
	{PH_EV_FTP_SESSION_CLEARED, "pinhole_ftp_sessions_tls_cleared_total", NULL, NULL,
	 "FTP sessions readable again after CCC."},
	{PH_EV_FTP_SESSION_RESET, "pinhole_ftp_sessions_reset_total", NULL, NULL,
	 "FTP sessions ended by inspection."},
	{PH_EV_FTP_REWRITTEN, "pinhole_ftp_rewrites_total", NULL, NULL,
	 "Addresses rewritten in FTP control connections."},
	{PH_EV_FTP_MASKED, "pinhole_ftp_masked_total", NULL, NULL,
	 "Banners and SYST replies of FTP servers that were masked."},
	{PH_EV_RANGE_ADMITTED, "pinhole_ftp_data_range_connections_total", NULL, NULL,
	 "FTP data connections that data-ports admitted."},

	{PH_EV_HOLE_OPENED, "pinhole_ftp_pinholes_opened_total", NULL, NULL,
	 "Pinholes opened."},
	{PH_EV_HOLE_USED, "pinhole_ftp_pinholes_used_total", NULL, NULL,
	 "Pinholes that admitted their data connection."},
	{PH_EV_HOLE_EXPIRED, "pinhole_ftp_pinholes_closed_total", "cause", "expired",
	 "Pinholes closed without having been used."},
	{PH_EV_HOLE_REFUSED, "pinhole_ftp_pinholes_closed_total", "cause",
	 "refused_by_peer", NULL},
	{PH_EV_HOLE_REPLACED, "pinhole_ftp_pinholes_closed_total", "cause", "replaced",
	 NULL},
	{PH_EV_HOLE_SESSION_END, "pinhole_ftp_pinholes_closed_total", "cause",
	 "session_end", NULL},
	{PH_EV_HOST_HOLE_CLOSED, "pinhole_ftp_pinholes_closed_total", "cause",
	 "listener_closed", NULL},
	{PH_EV_HOLE_DENY_ADDRESS, "pinhole_ftp_pinholes_refused_total", "reason",
	 "foreign_address", "Announcements of data ports that opened no pinhole."},
	{PH_EV_HOLE_DENY_PORT, "pinhole_ftp_pinholes_refused_total", "reason", "low_port",
	 NULL},
	{PH_EV_HOLE_DENY_MALFORMED, "pinhole_ftp_pinholes_refused_total", "reason",
	 "malformed", NULL},
	{PH_EV_HOLE_DENY_UNSOLICITED, "pinhole_ftp_pinholes_refused_total", "reason",
	 "unsolicited", NULL},
	{PH_EV_HOLE_DENY_FULL, "pinhole_ftp_pinholes_refused_total", "reason",
	 "table_full", NULL},
	{PH_EV_HOLE_DENY_REWRITE, "pinhole_ftp_pinholes_refused_total", "reason",
	 "no_rewrite", NULL},
	{PH_EV_HOLE_DENY_OTHER, "pinhole_ftp_pinholes_refused_total", "reason", "other",
	 NULL},

	{PH_EV_HOST_SESSION_OPENED, "pinhole_host_sessions_opened_total", NULL, NULL,
	 "FTP control connections of this machine itself."},
	{PH_EV_HOST_HOLE_BOUND, "pinhole_host_pinholes_opened_total", "binding", "bound",
	 "Pinholes for a listening socket of this machine, which is certainly one "
	 "session's (bound) or may be one of several sessions' (shared)."},
	{PH_EV_HOST_HOLE_SHARED, "pinhole_host_pinholes_opened_total", "binding",
	 "shared", NULL},
	{PH_EV_HOST_LISTEN_UNBOUND, "pinhole_host_listeners_unbound_total", NULL, NULL,
	 "Listening sockets of FTP processes that may be one of several sessions'."},
	{PH_EV_HOST_CONNECT, "pinhole_host_data_connects_total", NULL, NULL,
	 "Active data connections that this machine opened from a data port."},
};

void metrics_put_events(const struct metric_page *page, const uint64_t events[PH_EV_END])
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		const struct metric_label labels[] = {{row->label, row->value},
						      METRIC_END_OF_LABELS};

		if (row->help)
			metric_family(page, row->metric, METRIC_COUNTER, row->help);
		metric_sample(page, row->metric, labels, events[row->event]);
	}
}
