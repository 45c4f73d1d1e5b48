// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_log.c - `fwctl log`: what the datapath tells, as it happens.
 *
 * The firewall is opened anew for each batch: it may be unloaded and applied
 * again while somebody watches, and interfaces come and go.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <pinhole/firewall_log.h>
#include <util/cleanup.h>

#include "cmd.h"
#include "format_level.h"
#include "log.h"

#define FOLLOW_MS 1000

/* Whoever follows is ended by a signal: what is summed up is said before. */
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl log [-f] [--json | --syslog] [CONDITIONS] [--pin-dir DIR]\n"
	      "Print which connections began and ended, which flows met access-list\n"
	      "lines with `log`, what was denied and dropped, which tables were full,\n"
	      "which files FTP clients stored and retrieved, and what FTP inspection\n"
	      "refused, as an ASA logs it. Passwords are never in it.\n"
	      "Records wait in a ring in the kernel; when it is full the newest are\n"
	      "lost and counted (show counters: ..._lost). Each is printed once, "
	      "whoever\n"
	      "asks; those that are not asked for are gone, too.\n"
	      "Where the policy says `logging enable`, the highest level of its\n"
	      "destinations decides which messages are shown, and `logging message`\n"
	      "about single ones.\n"
	      "\n"
	      "  -f, --follow         go on, printing them as they come\n"
	      "  --json               one JSON object a line\n"
	      "  --syslog             send them to syslog or journald instead, with the\n"
	      "                       priorities of their levels\n"
	      "  --facility WORD      of syslog: daemon, user, local0 to local7, ...\n"
	      "                       (local4)\n"
	      "  --pin-dir DIR        where the firewall is pinned\n"
	      "                       (" FW_DEFAULT_PIN_DIR ")\n"
	      "  -h, --help           show this text\n"
	      "Conditions, all of which must hold:\n"
	      "  --level LEVEL        messages up to this level, 0 to 7 or a word from\n"
	      "                       emergencies to debugging, whatever the policy "
	      "says\n"
	      "  --id NUMBER[,...]    messages of these numbers, e.g. 302013,302014\n"
	      "  --list NAME          what this access list has decided\n"
	      "  --host ADDRESS[/LEN] of this host or network, real or mapped\n"
	      "  --port PORT          of this port, likewise\n"
	      "  --protocol NAME      tcp, udp, icmp, icmp6, gre, or a number\n"
	      "  --interface NAME     in or out of this interface\n"
	      "  --reason REASON      dropped, ended or found for this reason\n"
	      "\n"
	      "Exit status: 0 printed, 2 usage, 3 nothing is in force, or refused.\n",
	      out);
}

/* ---- records ----------------------------------------------------------------------
 */

static int print_by_kind(struct log_request *request, const union ph_any_record *record)
{
	switch (record->kind) {
	case PH_RECORD_FTP:
	case PH_RECORD_FTP_FILE:
	case PH_RECORD_FTP_TLS:
		return log_put_ftp(request, &record->ftp);
	case PH_RECORD_ACL:
		return log_put_acl(request, &record->acl);
	case PH_RECORD_BUILT:
		return log_put_built(request, &record->built);
	case PH_RECORD_DROP:
		return log_put_drop(request, &record->drop);
	default:
		return log_put_conn(request, &record->conn);
	}
}

/* Of the last call of stdio, before which errno was 0. */
static int write_error(void)
{
	return errno ? -errno : -EIO;
}

static int print_record(const union ph_any_record *record, void *arg)
{
	int err;

	errno = 0;
	err = print_by_kind(arg, record);
	if (err)
		return err;
	return ferror(stdout) ? write_error() : 0;
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
	if (!err && !request->checked)
		err = log_check_names(request, error);
	request->checked = true;
	if (!err)
		err = fw_claim_records(request->fw, request->syslog && request->follow,
				       &request->claim, error);
	if (!err)
		err = fw_take_records(request->fw, request->follow ? FOLLOW_MS : 0,
				      print_record, request, error);
	if (err == -EINTR)
		err = 0;
	if (err >= 0)
		err = log_flush_acl(request, !request->follow || stopped);
	fw_close(take(request->fw));
	errno = 0;
	if (fflush(stdout) && err >= 0)
		err = write_error();
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
	if (request->n_others)
		fprintf(stderr, "fwctl log: %zu others were not asked for and are gone\n",
			request->n_others);
}

static void free_request(struct log_request *request)
{
	log_policy_free(&request->policy);
	format_hits_free(request->hits);
	free(request->interfaces);
	if (request->claim >= 0)
		close(request->claim);
}

static int run_log(struct log_request *request)
{
	const struct sigaction action = {.sa_handler = stop};
	struct fw_error error = {0};
	int err;

	if (request->follow) {
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
	}

	request->interfaces = calloc(PH_MAX_INTERFACES, sizeof(*request->interfaces));
	request->hits = format_hits_new();
	err = request->interfaces && request->hits ? 0 : -ENOMEM;
	do {
		if (!err)
			err = print_batch(request, &error);
	} while (!err && request->follow && !stopped);
	tell_hidden(request);
	free_request(request);
	if (!err)
		return CMD_OK;
	if (!error.what[0])
		snprintf(error.what, sizeof(error.what),
			 "the output could not be written whole: %s", strerror(-err));
	return cmd_print_fw_error("log", &error);
}

/* ---- the command line
 * ------------------------------------------------------------------
 */

enum {
	OPT_FACILITY = 256,
	OPT_HOST,
	OPT_ID,
	OPT_INTERFACE,
	OPT_JSON,
	OPT_LEVEL,
	OPT_LIST,
	OPT_PIN_DIR,
	OPT_PORT,
	OPT_PROTOCOL,
	OPT_REASON,
	OPT_SYSLOG,
};

struct command_line {
	struct log_request request;
	const char *facility; /* NULL: not given */
	bool help;
};

static int bad(const char *value, const char *what)
{
	return cmd_usage_error("log", "'%s' is no %s", value, what);
}

/* Return: 0 or CMD_USAGE. */
static int take_reason(struct format_filter *filter, const char *value)
{
	const char *nearest = NULL;

	filter->reason = value;
	if (log_knows_reason(value, &nearest))
		return 0;
	if (nearest)
		return cmd_usage_error("log", "there is no reason '%s': did you mean %s?",
				       value, nearest);
	return cmd_usage_error("log",
			       "there is no reason '%s': fwctl show counters --all has "
			       "those to drop, and the findings of FTP inspection",
			       value);
}

/* A condition. Return: 0 or CMD_USAGE. */
static int take_condition(struct log_request *request, int option, const char *value)
{
	struct format_filter *filter = &request->filter;
	int level;

	switch (option) {
	case OPT_LEVEL:
		level = format_level_from(value);
		if (level < 0)
			return bad(value, "level: write 0 to 7, or a word from "
					  "emergencies to debugging");
		request->has_level = true;
		request->level = (unsigned int)level;
		return 0;
	case OPT_ID:
		return format_filter_ids(filter, value)
			       ? bad(value, "number of a message: write six digits, and "
					    "commas between numbers")
			       : 0;
	case OPT_HOST:
		return format_filter_host(filter, value)
			       ? bad(value, "address: write 192.0.2.1 or 192.0.2.0/24")
			       : 0;
	case OPT_PORT:
		return format_filter_port(filter, value)
			       ? bad(value, "port: write 1 to 65535")
			       : 0;
	case OPT_PROTOCOL:
		return format_filter_proto(filter, value)
			       ? bad(value, "protocol: write tcp, udp, icmp, icmp6, gre, "
					    "or a number up to 255")
			       : 0;
	case OPT_LIST:
		filter->list = value;
		return 0;
	case OPT_INTERFACE:
		filter->interface = value;
		return 0;
	default:
		return take_reason(filter, value);
	}
}

/* Return: 0 or CMD_USAGE. */
static int take_option(struct command_line *line, int option)
{
	struct log_request *request = &line->request;

	switch (option) {
	case 'f':
		request->follow = true;
		return 0;
	case 'h':
		line->help = true;
		return 0;
	case OPT_JSON:
		request->json = true;
		return 0;
	case OPT_SYSLOG:
		request->syslog = true;
		return 0;
	case OPT_FACILITY:
		line->facility = optarg;
		return 0;
	case OPT_PIN_DIR:
		request->pin_dir = optarg;
		return 0;
	default:
		return take_condition(request, option, optarg);
	}
}

static int read_line(int argc, char **argv, struct command_line *line)
{
	static const struct option options[] = {
		{"facility", required_argument, NULL, OPT_FACILITY},
		{"follow", no_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
		{"host", required_argument, NULL, OPT_HOST},
		{"id", required_argument, NULL, OPT_ID},
		{"interface", required_argument, NULL, OPT_INTERFACE},
		{"json", no_argument, NULL, OPT_JSON},
		{"level", required_argument, NULL, OPT_LEVEL},
		{"list", required_argument, NULL, OPT_LIST},
		{"pin-dir", required_argument, NULL, OPT_PIN_DIR},
		{"port", required_argument, NULL, OPT_PORT},
		{"protocol", required_argument, NULL, OPT_PROTOCOL},
		{"reason", required_argument, NULL, OPT_REASON},
		{"syslog", no_argument, NULL, OPT_SYSLOG},
		{NULL, 0, NULL, 0},
	};
	int option, err = 0;

	optind = 0;
	opterr = 0;
	while (!err && !line->help &&
	       (option = getopt_long(argc, argv, ":fh", options, NULL)) != -1) {
		if (option == ':')
			return cmd_usage_error("log", "%s needs a value",
					       argv[optind - 1]);
		if (option == '?')
			return cmd_usage_error("log", "unknown option '%s'",
					       argv[optind - 1]);
		err = take_option(line, option);
	}
	if (!err && !line->help && optind != argc)
		return cmd_usage_error("log", "'%s' is one argument too many",
				       argv[optind]);
	return err;
}

/* Return: an exit status; CMD_OK if lines can go there. */
static int begin_syslog(const struct command_line *line)
{
	int facility = line->facility ? log_facility(line->facility) : LOG_LOCAL4;
	struct fw_error error = {
		.what = "nobody listens at /dev/log, so records would be lost",
		.hint = "start rsyslog or systemd-journald, or leave out --syslog"};

	if (line->request.json)
		return cmd_usage_error("log", "--json and --syslog exclude one another");
	if (facility < 0)
		return bad(line->facility,
			   "facility: write daemon, auth, authpriv, user, "
			   "or local0 to local7");
	return log_open_syslog(facility) ? cmd_print_fw_error("log", &error) : CMD_OK;
}

int cmd_log(int argc, char **argv)
{
	struct command_line line = {.request.claim = -1};
	int status = read_line(argc, argv, &line);

	if (status)
		return status;
	if (line.help) {
		print_usage(stdout);
		return CMD_OK;
	}
	if (line.facility && !line.request.syslog)
		return cmd_usage_error("log", "--facility goes with --syslog");
	if (line.request.syslog)
		status = begin_syslog(&line);
	return status ? status : run_log(&line.request);
}
