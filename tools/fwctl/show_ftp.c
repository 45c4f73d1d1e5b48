// SPDX-License-Identifier: GPL-2.0
/*
 * show_ftp.c - `show ftp`: inspected control connections, each with what it
 * opened, carries and was refused.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <util/cleanup.h>

#include "format_ftp.h"
#include "ftp_view.h"
#include "show.h"

static json_t *json_hole(const struct show_request *request,
			 const struct ftp_view_session *session,
			 const struct ftp_view_opening *opening)
{
	const struct hole_key *key = &opening->key;
	const struct hole *hole = &opening->hole;
	int dialler = show_end_with(&session->key, &session->conn, &key->src);
	char from[FORMAT_ADDRESS_BYTES];
	char address[FORMAT_ADDRESS_BYTES];
	char to[FORMAT_ENDPOINT_BYTES];
	char port[8];

	snprintf(port, sizeof(port), "%u", ntohs(key->dst_port));
	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:b, s:b, s:I, s:s}", "kind",
			 hole->passive ? "passive" : "active", "from",
			 format_address(from, &key->src), "address",
			 format_address(address, &key->dst), "port",
			 (int)ntohs(key->dst_port), "endpoint",
			 format_endpoint(to, &key->dst, port), "claimed",
			 hole->claimed_port != 0, "data_port_only",
			 hole->data_port_only != 0, "expires_in_sec",
			 (json_int_t)show_seconds_until(request, hole->expires_ns),
			 "dialled_by", dialler == SHOW_INITIATOR ? "client" : "server");
}

static const char *transfer_state(const struct ftp_view_transfer *transfer)
{
	if (!transfer->established)
		return "half-open";
	return transfer->conn.state == CONN_CLOSING ? "closed" : "open";
}

static json_t *json_transfer(const struct show_request *request,
			     const struct ftp_view_transfer *transfer)
{
	const struct conn *conn = &transfer->conn;
	struct show_end from;
	struct show_end to;

	show_read_end(request, &transfer->key, conn, SHOW_INITIATOR, &from);
	show_read_end(request, &transfer->key, conn, SHOW_RESPONDER, &to);
	return json_pack("{s:I, s:o, s:o, s:s, s:s, s:I, s:I, s:I, s:I}", "id",
			 (json_int_t)conn->id, "from", show_json_end(&from), "to",
			 show_json_end(&to), "by",
			 conn->flags & CONN_F_RANGE ? "data-ports" : "hole", "state",
			 transfer_state(transfer), "bytes",
			 (json_int_t)(conn->bytes[0] + conn->bytes[1]), "initiator_bytes",
			 (json_int_t)conn->bytes[0], "responder_bytes",
			 (json_int_t)conn->bytes[1], "age_sec",
			 (json_int_t)show_seconds_since(request, conn->created_ns));
}

static json_t *json_holes(const struct show_request *request, const struct ftp_view *view,
			  const struct ftp_view_session *session)
{
	const struct ftp_view_opening *items = view->openings.items;
	json_t *out = json_array();

	for (size_t i = ftp_view_first_opening(view, session->conn.id);
	     i < view->openings.count && items[i].parent_id == session->conn.id; i++)
		json_array_append_new(out, json_hole(request, session, &items[i]));
	return out;
}

static json_t *json_transfers(const struct show_request *request,
			      const struct ftp_view *view,
			      const struct ftp_view_session *session)
{
	const struct ftp_view_transfer *items = view->transfers.items;
	json_t *out = json_array();

	for (size_t i = ftp_view_first_transfer(view, session->conn.id);
	     i < view->transfers.count && items[i].parent_id == session->conn.id; i++)
		json_array_append_new(out, json_transfer(request, &items[i]));
	return out;
}

static json_t *json_findings(const struct ftp_view_session *session)
{
	json_t *out = json_array();

	for (unsigned int i = 0; i < FTP_N_FINDINGS; i++) {
		if (session->found[i])
			json_array_append_new(
				out,
				json_pack("{s:s, s:s, s:i, s:s}", "what",
					  format_ftp_is_refusal(i) ? "refused" : "found",
					  "finding", fw_finding_name(i), "count",
					  (int)session->found[i], "help",
					  fw_finding_help(i)));
	}
	return out;
}

static json_t *json_session(const struct show_request *request,
			    const struct ftp_view *view,
			    const struct ftp_view_session *session)
{
	struct show_end client;
	struct show_end server;
	char user[FORMAT_FTP_TEXT_BYTES];
	char name[FORMAT_FTP_TEXT_BYTES];

	show_read_end(request, &session->key, &session->conn, SHOW_INITIATOR, &client);
	show_read_end(request, &session->key, &session->conn, SHOW_RESPONDER, &server);
	format_ftp_name(user, session->user, sizeof(session->user));
	format_ftp_name(name, session->server_name, sizeof(session->server_name));
	return json_pack(
		"{s:I, s:s, s:b, s:b, s:o, s:o, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o}",
		"id", (json_int_t)session->conn.id, "state",
		ftp_state_name(session->state), "implicit_tls",
		(session->flags & FTP_S_IMPLICIT) != 0, "this_machine",
		(session->flags & FTP_S_HOST) != 0, "client", show_json_end(&client),
		"server", show_json_end(&server), "user", user, "tls_server_name", name,
		"age_sec", (json_int_t)show_seconds_since(request, session->opened_ns),
		"data_connections_open", (json_int_t)session->data_open,
		"data_connections_total", (json_int_t)session->data_total, "holes",
		json_holes(request, view, session), "data_connections",
		json_transfers(request, view, session), "findings",
		json_findings(session));
}

/* "client  inside 10.0.0.5:40000, seen as 203.0.113.5" */
static void put_end(struct output *out, const char *what, json_t *end)
{
	const char *real = json_string_value(json_object_get(end, "address"));
	const char *mapped = json_string_value(json_object_get(end, "mapped_address"));
	bool same = real && mapped && !strcmp(real, mapped);
	char template[128];

	snprintf(template, sizeof(template), "  %-8s{interface} {endpoint}%s", what,
		 same ? "" : ", seen as {mapped_address}");
	output_detail(out, template, json_incref(end));
}

static void put_text(struct output *out, const char *what, const json_t *record,
		     const char *key)
{
	const char *text = json_string_value(json_object_get(record, key));
	char template[64];

	if (!text || !text[0])
		return;
	snprintf(template, sizeof(template), "  %-8s{text}", what);
	output_detail(out, template, json_pack("{s:s}", "text", text));
}

/* One line each. */
static void put_list(struct output *out, const char *template, json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		output_detail(out, template, json_incref(json_array_get(list, i)));
}

static void put_session(struct show_request *request, json_t *record)
{
	struct output *out = &request->out;

	output_record(out,
		      "FTP session {id}, {state}, age {age_sec:time}, data connections "
		      "{data_connections_open} open, {data_connections_total} in all",
		      json_incref(record));
	if (record && !out->json) {
		put_end(out, "client", json_object_get(record, "client"));
		put_end(out, "server", json_object_get(record, "server"));
		if (json_is_true(json_object_get(record, "this_machine")))
			output_detail(out, "  of this machine, watched by its socket",
				      json_object());
		put_text(out, "user", record, "user");
		put_text(out, "tls", record, "tls_server_name");
		put_list(out,
			 "  hole    {kind}, {from} to {endpoint}, expires "
			 "{expires_in_sec:time}",
			 json_object_get(record, "holes"));
		put_list(out,
			 "  data    {from.endpoint} to {to.endpoint}, {bytes} bytes, "
			 "by {by}, {state}",
			 json_object_get(record, "data_connections"));
		put_list(out, "  {what:-8}{finding} {count}: {help}",
			 json_object_get(record, "findings"));
	}
	json_decref(record);
}

/* Text says nothing of it where the policy does not ask for it. */
static void put_host_mode(struct output *out, const struct fw_host_mode *mode)
{
	const char *line = NULL;

	if (mode->on && mode->cgroup[0])
		line = "Host mode: on, watching cgroup {cgroup}";
	else if (mode->on)
		line = "Host mode: on, but its apply was killed; apply the policy again";
	else if (mode->wanted)
		line = "Host mode: LOST: its cgroup was removed, or a pin; apply the "
		       "policy again";
	output_fact(out, "host_mode", line,
		    json_pack("{s:b, s:b, s:s}", "wanted", mode->wanted, "on", mode->on,
			      "cgroup", mode->cgroup));
}

int show_ftp(struct show_request *request)
{
	struct ftp_view view cleanup_(ftp_view_free) = {0};
	struct fw_host_mode mode = {0};
	int err = ftp_view_read(&view, request->fw, &request->error);

	if (!err)
		err = fw_read_host_mode(request->fw, &mode, &request->error);
	if (err)
		return err;
	put_host_mode(&request->out, &mode);
	output_list(&request->out, "sessions", NULL);
	for (size_t i = 0; i < view.sessions.count; i++)
		put_session(request,
			    json_session(request, &view, &view.sessions.items[i]));
	output_list_end(&request->out);
	return 0;
}
