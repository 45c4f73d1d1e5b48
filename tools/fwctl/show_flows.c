// SPDX-License-Identifier: GPL-2.0
/*
 * show_flows.c - `show conn` and `show pinholes`: what is going on right now.
 *
 * An ASA shows the end behind the lower security level first; so do we.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "show.h"

/* ---- conn
 * ------------------------------------------------------------------------------ */

static const char *state_name(const struct flow_key *key, const struct conn *conn,
			      bool established)
{
	if (!established && key->proto != IPPROTO_TCP)
		return "half-open";
	switch (conn->state) {
	case CONN_SYN_SENT:
		return "syn-sent";
	case CONN_SYN_ACKED:
		return "syn-acked";
	case CONN_SYN_BOTH:
		return "syn-both";
	case CONN_PICKED_UP:
		return "picked-up";
	case CONN_ESTABLISHED:
		return "established";
	case CONN_HALF_CLOSED:
		return "half-closed";
	case CONN_CLOSING:
		return "closing";
	default:
		return "unknown";
	}
}

/* How far a half-open TCP connection has come; 0: it has not been answered. */
static char progress_flag(unsigned int state)
{
	switch (state) {
	case CONN_SYN_ACKED:
		return 'a';
	case CONN_SYN_BOTH:
		return 'b';
	case CONN_PICKED_UP:
		return 'm';
	default:
		return 0;
	}
}

static void conn_flags(char out[16], const struct conn *conn, bool established,
		       bool inbound)
{
	char *at = out;

	*at++ = established ? 'U' : 'h';
	if (!established && progress_flag(conn->state))
		*at++ = progress_flag(conn->state);
	if (inbound)
		*at++ = 'B';
	if (conn->flags & CONN_F_FTP)
		*at++ = 'C';
	if (conn->flags & CONN_F_CHILD)
		*at++ = 'P';
	if (conn->flags & CONN_F_LOCAL)
		*at++ = 'L';
	if (conn->flags & CONN_F_HOST)
		*at++ = 'H';
	if (conn->flags & CONN_F_FIN_0)
		*at++ = 'F';
	if (conn->flags & CONN_F_FIN_1)
		*at++ = 'f';
	*at = '\0';
}

static int put_conn(const struct flow_key *key, const struct conn *conn, bool established,
		    void *arg)
{
	static const char *const templates[] = {
		[SHOW_INITIATOR] = "{protocol} {initiator.interface} "
				   "{initiator.endpoint} {responder.interface} "
				   "{responder.endpoint}, idle {idle_sec:time}, "
				   "bytes {bytes}, flags {flags}",
		[SHOW_RESPONDER] = "{protocol} {responder.interface} "
				   "{responder.endpoint} {initiator.interface} "
				   "{initiator.endpoint}, idle {idle_sec:time}, "
				   "bytes {bytes}, flags {flags}",
	};
	struct show_request *request = arg;
	struct show_end ends[2];
	char proto[4];
	char flags[16];
	int first;

	show_read_end(request, key, conn, SHOW_INITIATOR, &ends[SHOW_INITIATOR]);
	show_read_end(request, key, conn, SHOW_RESPONDER, &ends[SHOW_RESPONDER]);
	first = ends[SHOW_RESPONDER].security < ends[SHOW_INITIATOR].security
			? SHOW_RESPONDER
			: SHOW_INITIATOR;
	conn_flags(flags, conn, established,
		   ends[SHOW_INITIATOR].security < ends[SHOW_RESPONDER].security);
	output_record(&request->out, templates[first],
		      json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, "
				"s:I, s:I}",
				"protocol", format_protocol(key->proto, proto), "state",
				state_name(key, conn, established), "flags", flags,
				"initiator", show_json_end(&ends[SHOW_INITIATOR]),
				"responder", show_json_end(&ends[SHOW_RESPONDER]),
				"idle_sec",
				(json_int_t)show_seconds_since(request, conn->seen_ns),
				"age_sec",
				(json_int_t)show_seconds_since(request, conn->created_ns),
				"bytes", (json_int_t)(conn->bytes[0] + conn->bytes[1]),
				"initiator_packets", (json_int_t)conn->packets[0],
				"initiator_bytes", (json_int_t)conn->bytes[0],
				"responder_packets", (json_int_t)conn->packets[1],
				"responder_bytes", (json_int_t)conn->bytes[1],
				"generation", (json_int_t)conn->generation));
	return 0;
}

int show_conn(struct show_request *request)
{
	int err;

	output_list(&request->out, "connections", NULL);
	err = fw_each_conn(request->fw, put_conn, request, &request->error);
	output_list_end(&request->out);
	return err;
}

/* ---- pinholes
 * ----------------------------------------------------------------------------- */

static int put_hole(const struct hole_key *key, const struct hole *hole,
		    const struct conn *parent, void *arg)
{
	struct show_request *request = arg;
	const struct flow_key *control = &hole->parent;
	int dialler = show_end_with(control, parent, &key->src);
	struct show_end client;
	char src[FORMAT_ADDRESS_BYTES];
	char dst[FORMAT_ADDRESS_BYTES];
	char from[FORMAT_ENDPOINT_BYTES];
	char to[FORMAT_ENDPOINT_BYTES];
	char claimed[8] = "any";
	char port[8];

	show_read_end(request, control, parent, SHOW_INITIATOR, &client);
	if (hole->claimed_port)
		snprintf(claimed, sizeof(claimed), "%u", ntohs(hole->claimed_port));
	snprintf(port, sizeof(port), "%u", ntohs(key->dst_port));
	output_record(
		&request->out,
		"TCP from {from.interface} {from.endpoint} to {to.interface} "
		"{to.endpoint}, {kind}, control "
		"{control.endpoint}, "
		"expires {expires_in_sec:time}",
		json_pack("{s:{s:s, s:s, s:s, s:s}, s:{s:s, s:s, s:i, s:s}, s:s, s:o, "
			  "s:I, s:I}",
			  "from", "interface",
			  show_name_by_ifindex(request, parent->ifindex[dialler]),
			  "address", format_address(src, &key->src), "port", claimed,
			  "endpoint", format_endpoint(from, &key->src, claimed), "to",
			  "interface",
			  show_name_by_ifindex(request, parent->ifindex[!dialler]),
			  "address", format_address(dst, &key->dst), "port",
			  (int)ntohs(key->dst_port), "endpoint",
			  format_endpoint(to, &key->dst, port), "kind",
			  hole->passive ? "passive" : "active", "control",
			  show_json_end(&client), "opened_ago_sec",
			  (json_int_t)show_seconds_since(request, hole->opened_ns),
			  "expires_in_sec",
			  (json_int_t)show_seconds_until(request, hole->expires_ns)));
	return 0;
}

int show_pinholes(struct show_request *request)
{
	int err;

	output_list(&request->out, "pinholes", NULL);
	err = fw_each_hole(request->fw, put_hole, request, &request->error);
	output_list_end(&request->out);
	return err;
}
