// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_log.c - `fwctl log`: what the datapath tells, as it happens.
 *
 * The firewall is opened anew for each batch: it may be unloaded and applied
 * again while somebody watches, and interfaces come and go.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <util/cleanup.h>

#include "cmd.h"
#include "format_level.h"
#include "log.h"
#include "log_ftp.h"

#define FOLLOW_MS 1000

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl log [-f] [--level LEVEL] [--json] [--pin-dir DIR]\n"
	      "Print which connections ended, which flows met access-list lines with\n"
	      "`log`, what was denied, which tables were full, which files FTP clients\n"
	      "stored and retrieved, and what FTP inspection refused, as an ASA logs "
	      "it.\n"
	      "Passwords are never in it.\n"
	      "Records wait in a ring in the kernel; when it is full the newest are lost "
	      "and\n"
	      "counted (show counters: records_lost, acl_records_lost). Each is printed\n"
	      "once, whoever asks.\n"
	      "Where the policy says `logging enable`, the highest level of its "
	      "destinations\n"
	      "decides which messages are shown, and `logging message` about single "
	      "ones.\n"
	      "\n"
	      "  -f, --follow   go on, printing them as they come\n"
	      "  --level LEVEL  show messages up to this level, 0 to 7 or a word from\n"
	      "                 emergencies to debugging, whatever the policy says\n"
	      "  --json         one JSON object a line\n"
	      "  --pin-dir DIR  where the firewall is pinned (" FW_DEFAULT_PIN_DIR ")\n"
	      "  -h, --help     show this text\n"
	      "\n"
	      "Exit status: 0 printed, 2 usage, 3 nothing is in force, or refused.\n",
	      out);
}

/* ---- one record -------------------------------------------------------------------- */

static json_t *json_end(const struct ph_record *record, const char *interface, int which)
{
	int at = (record->conn.flags & CONN_F_INITIATOR_1) ? !which : which;
	char real[FORMAT_ADDRESS_BYTES];
	char mapped[FORMAT_ADDRESS_BYTES];

	return json_pack("{s:s, s:s, s:i, s:s, s:i, s:I, s:I}", "interface", interface,
			 "address", format_address(real, &record->key.addr[at]), "port",
			 (int)ntohs(record->key.port[at]), "mapped_address",
			 format_address(mapped, &record->conn.mapped[which]),
			 "mapped_port", (int)ntohs(record->conn.mapped_port[which]),
			 "packets", (json_int_t)record->conn.packets[which], "bytes",
			 (json_int_t)record->conn.bytes[which]);
}

static json_t *json_conn(const struct ph_record *record,
			 const struct format_log_end ends[2])
{
	uint64_t lasted_ns = format_log_lasted_ns(record);
	char number[4];

	return json_pack("{s:s, s:I, s:s, s:o, s:o, s:f, s:s}", "event", "connection-end",
			 "id", (json_int_t)record->conn.id, "protocol",
			 format_protocol(record->key.proto, number), "initiator",
			 json_end(record, ends[0].interface, 0), "responder",
			 json_end(record, ends[1].interface, 1), "duration_sec",
			 (double)lasted_ns / 1e9, "reason", format_log_reason(record));
}

static int print_conn(struct log_request *request, const struct ph_record *record)
{
	const struct format_log_end ends[2] = {
		log_end_of(request, record->conn.ifindex[0]),
		log_end_of(request, record->conn.ifindex[1]),
	};
	const char *table = fw_drop_help(record->reason - PH_DROP_FIRST);
	char text[FORMAT_LOG_BYTES];
	json_t *more = NULL;

	format_log(text, record, ends, table ? table : "a table is full");
	if (!log_wants(request, text))
		return 0;
	if (!request->json) {
		log_put_text(record->time_ns, text);
		return 0;
	}
	if (record->kind == PH_RECORD_CONN_END)
		more = json_conn(record, ends);
	else if (record->kind == PH_RECORD_TABLE_FULL)
		more = json_pack("{s:s, s:s?}", "event",
				 record->reason == PH_DROP_ACL_BOUND ? "acl-bound"
								     : "table-full",
				 "reason", fw_drop_name(record->reason - PH_DROP_FIRST));
	return log_put_json(log_json_common(record->time_ns, text), more);
}

/* ---- a record of FTP inspection ------------------------------------------------------
 */

static void name_match(struct log_request *request, const struct ftp_record *record,
		       struct format_ftp_names *names)
{
	const struct policy_image_match *match = log_find_match(request, record->rule);

	if (!match)
		return;
	names->match = match->text;
	names->map = match->map;
}

/* A record may have a line of ASA's, one of Pinhole's own, or both. */
static int print_ftp(struct log_request *request, const struct ftp_record *record)
{
	bool finding = record->kind == PH_RECORD_FTP;
	struct format_ftp_names names = {
		.client_interface = log_end_of(request, record->ifindex[0]).interface,
		.server_interface = log_end_of(request, record->ifindex[1]).interface,
		.finding = finding ? fw_finding_name(record->finding) : NULL,
	};
	struct format_ftp_lines lines;
	json_t *out;

	if (finding && record->finding == FTP_FOUND_MATCH)
		name_match(request, record, &names);
	format_ftp_log(&lines, record, &names);
	if (lines.asa[0] && !log_wants(request, lines.asa))
		lines.asa[0] = '\0';
	if (lines.own[0] && !log_wants(request, lines.own))
		lines.own[0] = '\0';
	if (!lines.asa[0] && !lines.own[0])
		return 0;
	if (!request->json) {
		log_put_text(record->time_ns, lines.asa);
		log_put_text(record->time_ns, lines.own);
		return 0;
	}
	out = log_json_common(record->time_ns, lines.asa[0] ? lines.asa : lines.own);
	if (out && lines.asa[0] && lines.own[0])
		json_object_set_new(out, "detail", json_string(lines.own));
	return log_put_json(
		out, log_ftp_json(record, &names,
				  finding ? fw_finding_help(record->finding) : NULL));
}

static int print_by_kind(struct log_request *request, const union ph_any_record *record)
{
	switch (record->kind) {
	case PH_RECORD_FTP:
	case PH_RECORD_FTP_FILE:
	case PH_RECORD_FTP_TLS:
		return print_ftp(request, &record->ftp);
	case PH_RECORD_ACL:
		return log_put_acl(request, &record->acl);
	default:
		return print_conn(request, &record->conn);
	}
}

static int print_record(const union ph_any_record *record, void *arg)
{
	int err = print_by_kind(arg, record);

	if (err)
		return err;
	return ferror(stdout) ? -EIO : 0;
}

/* ---- batches --------------------------------------------------------------------------
 */

static int add_interface(const struct fw_interface *interface, void *arg)
{
	struct log_request *request = arg;

	request->interfaces[request->n_interfaces++] = *interface;
	return 0;
}

static int print_batch(struct log_request *request, struct fw_error *error)
{
	int err = fw_open(request->pin_dir, &request->fw, error);

	request->n_interfaces = 0;
	log_policy_batch(&request->policy);
	if (!err)
		err = fw_each_interface(request->fw, add_interface, request, error);
	if (!err)
		err = fw_take_records(request->fw, request->follow ? FOLLOW_MS : 0,
				      print_record, request, error);
	if (err >= 0)
		err = log_flush_acl(request, !request->follow);
	fw_close(take(request->fw));
	if (fflush(stdout) && err >= 0)
		err = -EIO;
	return err < 0 ? err : 0;
}

/* Silence would look like peace. */
static void tell_hidden(const struct log_request *request)
{
	if (request->n_hidden)
		fprintf(stderr,
			"fwctl log: %zu more that the %s does not ask for; "
			"--level debugging shows all\n",
			request->n_hidden, request->has_level ? "level" : "policy");
}

static void free_request(struct log_request *request)
{
	log_policy_free(&request->policy);
	format_hits_free(request->hits);
	free(request->interfaces);
}

static int run_log(struct log_request *request)
{
	struct fw_error error = {0};
	int err;

	request->interfaces = calloc(PH_MAX_INTERFACES, sizeof(*request->interfaces));
	request->hits = format_hits_new();
	err = request->interfaces && request->hits ? 0 : -ENOMEM;
	do {
		if (!err)
			err = print_batch(request, &error);
	} while (!err && request->follow);
	tell_hidden(request);
	free_request(request);
	if (!err)
		return CMD_OK;
	if (!error.what[0])
		snprintf(error.what, sizeof(error.what),
			 "the output could not be written whole: %s", strerror(-err));
	return cmd_print_fw_error("log", &error);
}

int cmd_log(int argc, char **argv)
{
	static const struct option options[] = {
		{"follow", no_argument, NULL, 'f'},
		{"json", no_argument, NULL, 'j'},
		{"level", required_argument, NULL, 'l'},
		{"pin-dir", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct log_request request = {0};
	int option, level;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":fh", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			request.follow = true;
			break;
		case 'j':
			request.json = true;
			break;
		case 'l':
			level = format_level_from(optarg);
			if (level < 0)
				return cmd_usage_error("log",
						       "'%s' is no level: write 0 to 7, "
						       "or a word from emergencies to "
						       "debugging",
						       optarg);
			request.has_level = true;
			request.level = (unsigned int)level;
			break;
		case 'p':
			request.pin_dir = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return CMD_OK;
		case ':':
			return cmd_usage_error("log", "%s needs a value",
					       argv[optind - 1]);
		default:
			return cmd_usage_error("log", "unknown option '%s'",
					       argv[optind - 1]);
		}
	}
	if (optind != argc)
		return cmd_usage_error("log", "'%s' is one argument too many",
				       argv[optind]);
	return run_log(&request);
}
