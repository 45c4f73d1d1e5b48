// SPDX-License-Identifier: GPL-2.0
/*
 * log_ftp.c - records of FTP inspection. See log.h.
 *
 * What peers have chosen is escaped as in the log lines: it need not be UTF-8.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "format_ftp.h"
#include "log.h"

static json_t *json_end(const struct ftp_record *record, const char *interface, int which)
{
	int at = format_ftp_client_end(record) ^ which;
	char real[FORMAT_ADDRESS_BYTES];
	char mapped[FORMAT_ADDRESS_BYTES];

	return json_pack("{s:s, s:s, s:i, s:s}", "interface", interface, "address",
			 format_address(real, &record->key.addr[at]), "port",
			 (int)ntohs(record->key.port[at]), "mapped_address",
			 format_address(mapped, &record->mapped[which]));
}

static json_t *json_announced(const struct ftp_record *record)
{
	char address[FORMAT_ADDRESS_BYTES];

	if (!record->port && !format_ftp_has_address(record))
		return json_null();
	format_address(address, &record->address);
	return json_pack("{s:s?, s:i}", "address",
			 format_ftp_has_address(record) ? address : NULL, "port",
			 (int)record->port);
}

static json_t *json_file(const struct ftp_record *record)
{
	char path[FORMAT_FTP_TEXT_BYTES];

	return json_pack("{s:s, s:s, s:s}", "event", "ftp-file", "transfer",
			 record->finding == FTP_STORED ? "stored" : "retrieved", "path",
			 format_ftp_text(path, record));
}

static json_t *json_finding(const struct ftp_record *record,
			    const struct format_ftp_names *names, const char *help)
{
	char text[FORMAT_FTP_TEXT_BYTES];

	return json_pack("{s:s, s:s?, s:s?, s:s, s:s, s:s, s:s, s:o, s:s?, s:s?}",
			 "event", "ftp-finding", "finding", names->finding, "help", help,
			 "action", format_ftp_action(record), "said_by",
			 record->server ? "server" : "client", "command",
			 format_ftp_verb(record->verb), "line",
			 format_ftp_text(text, record), "announced",
			 json_announced(record), "match", names->match, "policy_map",
			 names->map);
}

static json_t *json_tls(const struct ftp_record *record)
{
	char name[FORMAT_FTP_TEXT_BYTES];

	return json_pack("{s:s, s:s}", "event", "ftp-tls", "server_name",
			 format_ftp_text(name, record));
}

static json_t *json_by_kind(const struct ftp_record *record,
			    const struct format_ftp_names *names, const char *help)
{
	switch (record->kind) {
	case PH_RECORD_FTP_FILE:
		return json_file(record);
	case PH_RECORD_FTP_TLS:
		return json_tls(record);
	default:
		return json_finding(record, names, help);
	}
}

/* The members that these records have besides time and text. */
static json_t *json_ftp(const struct ftp_record *record,
			const struct format_ftp_names *names, const char *help)
{
	char user[FORMAT_FTP_TEXT_BYTES];
	json_t *more = json_by_kind(record, names, help);
	json_t *out =
		json_pack("{s:I, s:o, s:o, s:s}", "id", (json_int_t)record->conn_id,
			  "client", json_end(record, names->client_interface, 0),
			  "server", json_end(record, names->server_interface, 1), "user",
			  format_ftp_name(user, record->user, sizeof(record->user)));

	if (out && more)
		json_object_update(out, more);
	json_decref(more);
	return out;
}

static void name_match(struct log_request *request, const struct ftp_record *record,
		       struct format_ftp_names *names)
{
	const struct policy_image_match *match = log_find_match(request, record->rule);

	if (!match)
		return;
	names->match = match->text;
	names->map = match->map;
}

static struct format_facts facts_of(const struct ftp_record *record,
				    const struct format_ftp_names *names)
{
	return (struct format_facts){
		.interface = {names->client_interface, names->server_interface},
		.address = {&record->key.addr[0], &record->key.addr[1],
			    &record->mapped[0], &record->mapped[1]},
		.port = {ntohs(record->key.port[0]), ntohs(record->key.port[1]),
			 record->port},
		.reason = names->finding,
		.has_proto = true,
		.proto = IPPROTO_TCP,
	};
}

/* A record may have a line of ASA's, one of Pinhole's own, or both. */
int log_put_ftp(struct log_request *request, const struct ftp_record *record)
{
	bool finding = record->kind == PH_RECORD_FTP;
	struct format_ftp_names names = {
		.client_interface = log_end_of(request, record->ifindex[0]).interface,
		.server_interface = log_end_of(request, record->ifindex[1]).interface,
		.finding = finding ? fw_finding_name(record->finding) : NULL,
	};
	struct format_facts facts = facts_of(record, &names);
	struct format_ftp_lines lines;
	json_t *out;

	if (finding && record->finding == FTP_FOUND_MATCH)
		name_match(request, record, &names);
	format_ftp_log(&lines, record, &names);
	if (lines.asa[0] && !log_wants(request, lines.asa, &facts))
		lines.asa[0] = '\0';
	if (lines.own[0] && !log_wants(request, lines.own, &facts))
		lines.own[0] = '\0';
	if (!lines.asa[0] && !lines.own[0])
		return 0;
	if (!request->json) {
		log_put_text(request, record->time_ns, lines.asa);
		log_put_text(request, record->time_ns, lines.own);
		return 0;
	}
	out = log_json_common(record->time_ns, lines.asa[0] ? lines.asa : lines.own);
	if (out && lines.asa[0] && lines.own[0])
		json_object_set_new(out, "detail", json_string(lines.own));
	return log_put_json(out,
			    json_ftp(record, &names,
				     finding ? fw_finding_help(record->finding) : NULL));
}
