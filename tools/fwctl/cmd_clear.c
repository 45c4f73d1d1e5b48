// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_clear.c - `fwctl clear WHAT`: end connections, begin to count anew.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pinhole/firewall_nat.h>
#include <util/cleanup.h>

#include "format_conn.h"
#include "show.h"

struct clear_request {
	struct show_request show; /* what is in force, as the shows read it */
	struct format_conn_filter filter;
	bool all;
};

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl clear conn FILTER... | all [--json] [--pin-dir DIR]\n"
	      "       fwctl clear access-list NAME | all counters\n"
	      "       fwctl clear counters\n"
	      "End connections, or begin to count anew.\n\n"
	      "  conn         end those that the filter has, which is that of show conn\n"
	      "               (fwctl show --help), e.g. address 10.0.0.0/24 port 21; or "
	      "all\n"
	      "  access-list  show access-list counts from now on\n"
	      "  counters     show counters, asp drop, interface and nat count from now "
	      "on\n"
	      "\n"
	      "With an FTP control connection its data connections, pinholes and data "
	      "ports go.\n"
	      "Nobody is told: the next segment of an ended TCP connection is dropped "
	      "(tcp-not-syn)\n"
	      "until somebody begins anew; the next packet of UDP or ICMP is judged as a "
	      "first one.\n"
	      "What fw-exporter exports is never set back.\n"
	      "\n"
	      "  --json         JSON on standard output\n"
	      "  --pin-dir DIR  where the firewall is pinned (" FW_DEFAULT_PIN_DIR ")\n"
	      "  -h, --help     show this text\n"
	      "\n"
	      "Exit status: 0 cleared, 2 usage, 3 nothing is in force, or refused.\n",
	      out);
}

/* ---- conn ---------------------------------------------------------------------------
 */

static int read_conn_words(struct clear_request *request)
{
	struct show_request *show = &request->show;
	char why[FORMAT_CONN_WHY_BYTES];
	size_t at;

	if (!show->n_words)
		return cmd_usage_error("clear", "say which connections, or all");
	request->all = show->n_words == 1 && !strcmp(show->words[0], "all");
	if (request->all)
		return CMD_OK;
	if (format_conn_filter_read(show->words, show->n_words, &request->filter, &at,
				    why))
		return cmd_usage_error("clear", "%s", why);
	if (at < show->n_words)
		return cmd_usage_error("clear",
				       "'%s' says nothing about connections; it may be "
				       "address, port, protocol, interface or state",
				       show->words[at]);
	return CMD_OK;
}

static bool is_wanted(const struct flow_key *key, const struct conn *conn,
		      bool established, void *arg)
{
	const struct clear_request *request = arg;

	return request->all ||
	       format_conn_matches(&request->filter, key, conn, established);
}

static void put_number(uint64_t n, const char *noun)
{
	printf("%" PRIu64 " %s%s", n, noun, n == 1 ? "" : "s");
}

static void report_conns(const struct clear_request *request,
			 const struct fw_clear_report *report)
{
	if (request->show.json) {
		printf("{\"schema\": \"pinhole.clear.conn/1\", \"connections\": %" PRIu64
		       ", \"half_open\": %" PRIu64 ", \"data_connections\": %" PRIu64
		       ", \"ftp_sessions\": %" PRIu64 ", \"holes\": %" PRIu64 "}\n",
		       report->connections, report->half_open, report->data_connections,
		       report->ftp_sessions, report->holes);
		return;
	}
	put_number(report->connections + report->half_open, "connection");
	printf(" cleared");
	if (report->half_open)
		printf(", %" PRIu64 " of them half-open", report->half_open);
	if (report->ftp_sessions) {
		printf("; with ");
		put_number(report->ftp_sessions, "FTP session");
		printf(" went ");
		put_number(report->data_connections, "more data connection");
		printf(" and ");
		put_number(report->holes, "pinhole");
	}
	putchar('\n');
}

static int clear_conns(struct clear_request *request)
{
	struct show_request *show = &request->show;
	struct fw_clear_report report = {0};
	int err = 0;

	if (request->filter.interface)
		err = show_find_ifindex(show, request->filter.interface,
					&request->filter.ifindex);
	if (!err)
		err = fw_clear_conns(show->fw, is_wanted, request, &report, &show->error);
	if (err)
		return err;
	report_conns(request, &report);
	return 0;
}

/* ---- access-list --------------------------------------------------------------------
 */

static int read_list_words(struct clear_request *request)
{
	const struct show_request *show = &request->show;

	if (show->n_words != 2 || strcmp(show->words[1], "counters") != 0)
		return cmd_usage_error("clear",
				       "write: clear access-list NAME counters, or "
				       "clear access-list all counters");
	request->all = !strcmp(show->words[0], "all");
	return CMD_OK;
}

struct id_set {
	uint64_t *ids;
	size_t n;
};

static void free_ids(struct id_set *set)
{
	free(set->ids);
}

static int by_id(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;

	return (*x > *y) - (*x < *y);
}

static bool has_id(uint64_t id, void *arg)
{
	const struct id_set *set = arg;

	return set->n && bsearch(&id, set->ids, set->n, sizeof(id), by_id);
}

static int ids_of_list(const struct policy_image *image, const char *name,
		       struct id_set *out)
{
	out->ids = calloc(image->n_lines + 1, sizeof(*out->ids));
	if (!out->ids)
		return -ENOMEM;
	for (size_t i = 0; i < image->n_lines; i++)
		if (!strcmp(image->lines[i].acl, name))
			out->ids[out->n++] = image->lines[i].line_id;
	if (out->n)
		qsort(out->ids, out->n, sizeof(*out->ids), by_id);
	return 0;
}

static int clear_list(struct clear_request *request)
{
	struct show_request *show = &request->show;
	struct id_set set cleanup_(free_ids) = {0};
	uint64_t n = 0;
	int err = 0;

	if (!request->all)
		err = show_find_list(show, show->words[0]);
	if (!err && !request->all)
		err = ids_of_list(show->image, show->words[0], &set);
	if (!err)
		err = fw_clear_acl_hits(show->fw, request->all ? NULL : has_id, &set, &n,
					&show->error);
	if (err)
		return err;
	if (show->json) {
		printf("{\"schema\": \"pinhole.clear.access-list/1\", \"lines\": %" PRIu64
		       "}\n",
		       n);
		return 0;
	}
	put_number(n, "line");
	puts(n == 1 ? " counts from now on" : " count from now on");
	return 0;
}

/* ---- counters -----------------------------------------------------------------------
 */

static int read_no_words(struct clear_request *request)
{
	return request->show.n_words
		       ? cmd_usage_error("clear", "counters takes no arguments")
		       : CMD_OK;
}

static int clear_counters(struct clear_request *request)
{
	struct show_request *show = &request->show;
	int err = fw_clear_counters(show->fw, &show->error);

	if (!err)
		err = fw_clear_nat_hits(show->fw, &show->error);
	if (err)
		return err;
	if (show->json)
		puts("{\"schema\": \"pinhole.clear.counters/1\", \"cleared\": true}");
	else
		puts("counters count from now on");
	return 0;
}

/* ---- the command line ---------------------------------------------------------------
 */

static const struct clear {
	const char *name;
	int (*read_words)(struct clear_request *);
	int (*run)(struct clear_request *);
} clears[] = {
	{"conn", read_conn_words, clear_conns},
	{"access-list", read_list_words, clear_list},
	{"counters", read_no_words, clear_counters},
};

static const struct clear *find_clear(const char *name)
{
	for (size_t i = 0; i < sizeof(clears) / sizeof(clears[0]); i++)
		if (!strcmp(clears[i].name, name))
			return &clears[i];
	return NULL;
}

static void free_request(struct clear_request *request)
{
	show_close(&request->show);
}

static int run_clear(int argc, char **argv, struct clear_request *request)
{
	struct show_request *show = &request->show;
	const struct clear *clear = optind < argc ? find_clear(argv[optind]) : NULL;
	int status;

	if (optind == argc)
		return cmd_usage_error("clear", "say what to clear");
	if (!clear)
		return cmd_usage_error("clear",
				       "cannot clear '%s', but: conn, access-list, "
				       "counters",
				       argv[optind]);
	show->words = argv + optind + 1;
	show->n_words = (size_t)(argc - optind - 1);
	status = clear->read_words(request);
	if (status)
		return status;
	if (show_open(show) || clear->run(request)) {
		if (!show->error.what[0])
			snprintf(show->error.what, sizeof(show->error.what),
				 "out of memory");
		return cmd_print_fw_error("clear", &show->error);
	}
	return CMD_OK;
}

int cmd_clear(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"pin-dir", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct clear_request request cleanup_(free_request) = {0};
	int option;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			request.show.json = true;
			break;
		case 'p':
			request.show.pin_dir = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return CMD_OK;
		case ':':
			return cmd_usage_error("clear", "%s needs a value",
					       argv[optind - 1]);
		default:
			return cmd_usage_error("clear", "unknown option '%s'",
					       argv[optind - 1]);
		}
	}
	return run_clear(argc, argv, &request);
}
