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
#include <time.h>

#include <jansson.h>

#include <util/cleanup.h>

#include "cmd.h"
#include "format_log.h"
#include "log_ftp.h"

#define FOLLOW_MS  1000
#define NS_PER_SEC 1000000000ull

struct log_request {
	const char *pin_dir;
	bool follow;
	bool json;
	struct fw *fw;
	struct fw_interface *interfaces;
	size_t n_interfaces;
	struct policy_image *image; /* in force; read when a record asks for it */
	bool image_tried;
};

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl log [-f] [--json] [--pin-dir DIR]\n"
	      "Print which connections ended, which tables were full, that an "
	      "access-list\n"
	      "lookup met its bound, which files FTP clients stored and retrieved, and\n"
	      "what FTP inspection refused, as an ASA logs it. Passwords are never in "
	      "it.\n"
	      "Records wait in a ring in the kernel; when it is full the newest are lost "
	      "and\n"
	      "counted (show counters: records_lost). Each is printed once, whoever "
	      "asks.\n"
	      "\n"
	      "  -f, --follow   go on, printing them as they come\n"
	      "  --json         one JSON object a line\n"
	      "  --pin-dir DIR  where the firewall is pinned (" FW_DEFAULT_PIN_DIR ")\n"
	      "  -h, --help     show this text\n"
	      "\n"
	      "Exit status: 0 printed, 2 usage, 3 nothing is in force, or refused.\n",
	      out);
}

/* ---- one record -------------------------------------------------------------------- */

static struct format_log_end end_of(const struct log_request *request, uint32_t ifindex)
{
	for (size_t i = 0; i < request->n_interfaces; i++) {
		const struct iface_config *config = &request->interfaces[i].config;

		if (request->interfaces[i].ifindex == ifindex)
			return (struct format_log_end){config->name,
						       config->security_level};
	}
	return ifindex ? (struct format_log_end){"?", 0}
		       : (struct format_log_end){"self", 100};
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

/* The kernel stamps records by the clock that never jumps; people use another. */
static uint64_t realtime_of(uint64_t monotonic_ns)
{
	return clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC) + monotonic_ns;
}

static json_t *json_end(const struct ph_record *record, const char *interface, int which)
{
	int at = (record->conn.flags & CONN_F_INITIATOR_1) ? !which : which;
	char real[FORMAT_ADDRESS_BYTES];
	char mapped[FORMAT_ADDRESS_BYTES];

	return json_pack("{s:s, s:s, s:i, s:s, s:I, s:I}", "interface", interface,
			 "address", format_address(real, &record->key.addr[at]), "port",
			 (int)ntohs(record->key.port[at]), "mapped_address",
			 format_address(mapped, &record->conn.mapped[which]), "packets",
			 (json_int_t)record->conn.packets[which], "bytes",
			 (json_int_t)record->conn.bytes[which]);
}

/* What every record has. */
static json_t *json_common(uint64_t monotonic_ns, const char *text)
{
	return json_pack("{s:s, s:f, s:s}", "schema", "pinhole.log/1", "time",
			 (double)realtime_of(monotonic_ns) / 1e9, "text", text);
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

/* One line: @out and @more, which are taken. */
static int print_json(json_t *out, json_t *more)
{
	int err = out && !(more && json_object_update(out, more)) &&
				  !json_dumpf(out, stdout, 0)
			  ? 0
			  : -ENOMEM;

	json_decref(out);
	json_decref(more);
	putchar('\n');
	return err;
}

static void print_text(uint64_t monotonic_ns, const char *text)
{
	char time[FORMAT_TIME_BYTES];

	if (text[0])
		printf("%s: %s\n", format_log_time(time, realtime_of(monotonic_ns)),
		       text);
}

static int print_conn(const struct log_request *request, const struct ph_record *record)
{
	const struct format_log_end ends[2] = {end_of(request, record->conn.ifindex[0]),
					       end_of(request, record->conn.ifindex[1])};
	const char *table = fw_drop_help(record->reason - PH_DROP_FIRST);
	char text[FORMAT_LOG_BYTES];
	json_t *more = NULL;

	format_log(text, record, ends, table ? table : "a table is full");
	if (!request->json) {
		print_text(record->time_ns, text);
		return 0;
	}
	if (record->kind == PH_RECORD_CONN_END)
		more = json_conn(record, ends);
	else if (record->kind == PH_RECORD_TABLE_FULL)
		more = json_pack("{s:s, s:s?}", "event",
				 record->reason == PH_DROP_ACL_BOUND ? "acl-bound"
								     : "table-full",
				 "reason", fw_drop_name(record->reason - PH_DROP_FIRST));
	return print_json(json_common(record->time_ns, text), more);
}

/* ---- a record of FTP inspection ------------------------------------------------------
 */

static void free_policy(struct policy **policy)
{
	policy_free(*policy);
}

/* Rules have names only in the text of the policy; without it they are "?". */
static void read_image(struct log_request *request)
{
	struct policy *policy cleanup_(free_policy) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	char *text cleanup_free_ = NULL;
	uint32_t generation;
	size_t len;

	request->image_tried = true;
	if (!fw_read_policy(request->fw, &generation, &text, &len, NULL) &&
	    !policy_parse(text, len, &policy, &diags))
		policy_compile_names(policy, &request->image, &diags);
}

static void name_match(struct log_request *request, const struct ftp_record *record,
		       struct format_ftp_names *names)
{
	if (!request->image_tried)
		read_image(request);
	if (!request->image || record->rule >= request->image->n_ftp_rules)
		return;
	names->match = request->image->ftp_matches[record->rule].text;
	names->map = request->image->ftp_matches[record->rule].map;
}

static int print_ftp(struct log_request *request, const struct ftp_record *record)
{
	bool finding = record->kind == PH_RECORD_FTP;
	struct format_ftp_names names = {
		.client_interface = end_of(request, record->ifindex[0]).interface,
		.server_interface = end_of(request, record->ifindex[1]).interface,
		.finding = finding ? fw_finding_name(record->finding) : NULL,
	};
	struct format_ftp_lines lines;
	json_t *out;

	if (finding && record->finding == FTP_FOUND_MATCH)
		name_match(request, record, &names);
	format_ftp_log(&lines, record, &names);
	if (!request->json) {
		print_text(record->time_ns, lines.asa);
		print_text(record->time_ns, lines.own);
		return 0;
	}
	out = json_common(record->time_ns, lines.asa[0] ? lines.asa : lines.own);
	if (out && lines.asa[0] && lines.own[0])
		json_object_set_new(out, "detail", json_string(lines.own));
	return print_json(
		out, log_ftp_json(record, &names,
				  finding ? fw_finding_help(record->finding) : NULL));
}

static int print_record(const union ph_any_record *record, void *arg)
{
	struct log_request *request = arg;
	int err = record->kind == PH_RECORD_FTP || record->kind == PH_RECORD_FTP_FILE ||
				  record->kind == PH_RECORD_FTP_TLS
			  ? print_ftp(request, &record->ftp)
			  : print_conn(request, &record->conn);

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
	if (!err)
		err = fw_each_interface(request->fw, add_interface, request, error);
	if (!err)
		err = fw_take_records(request->fw, request->follow ? FOLLOW_MS : 0,
				      print_record, request, error);
	fw_close(take(request->fw));
	policy_image_free(take(request->image));
	request->image_tried = false; /* another policy may be in force next time */
	if (fflush(stdout) && err >= 0)
		err = -EIO;
	return err < 0 ? err : 0;
}

static int run_log(struct log_request *request)
{
	struct fw_interface *interfaces cleanup_free_ =
		calloc(PH_MAX_INTERFACES, sizeof(*interfaces));
	struct fw_error error = {0};
	int err = interfaces ? 0 : -ENOMEM;

	request->interfaces = interfaces;
	do {
		if (!err)
			err = print_batch(request, &error);
	} while (!err && request->follow);
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
		{"pin-dir", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct log_request request = {0};
	int option;

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
