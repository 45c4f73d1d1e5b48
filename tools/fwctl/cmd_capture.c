// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_capture.c - `fwctl capture`: packets as they come and as they leave, with what was
 * decided about them and why.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <util/cleanup.h>

#include "capture.h"
#include "capture_filter.h"
#include "cmd.h"
#include "format.h"

#define NS_PER_SEC 1000000000ull
#define WAIT_MS	   100
#define ENOUGH	   1 /* --count is reached */
/* Between the time stamp of a packet and its arrival in a ring. */
#define LATE_NS	   1000000ull

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl capture IF|all [OPTIONS]\n"
	      "Show packets as they come in and as they leave, translated, with the "
	      "verdict\n"
	      "about each, its reason, and the access-list line that decided. IF is an "
	      "interface\n"
	      "of the policy: packets that come in or leave by it. Ends with ^C.\n"
	      "\n"
	      "  --drops[=REASON]  only what is dropped, or dropped for this reason (as\n"
	      "                    `fwctl show counters` names them)\n"
	      "  --filter EXPR     only packets that match, as they come or as they "
	      "leave;\n"
	      "                    an expression of libpcap, see pcap-filter(7)\n"
	      "  --snaplen N       keep the first N bytes of each frame (65280)\n"
	      "  --count N         end after N packets\n"
	      "  -w, --write FILE  write pcapng for Wireshark and tshark, with verdict "
	      "and\n"
	      "                    reason in the comment of each packet; -: to standard\n"
	      "                    output\n"
	      "  --json            one JSON object a packet\n"
	      "  --pin-dir DIR     where the firewall is pinned (" FW_DEFAULT_PIN_DIR
	      ")\n"
	      "  -h, --help        show this text\n"
	      "\n"
	      "There is one capture at a time. It ends with this command, even if that "
	      "is\n"
	      "killed; packets notice it only while it runs.\n"
	      "\n"
	      "Exit status: 0 captured, 2 usage, 3 nothing is in force, or refused.\n",
	      out);
}

/* ---- the end ----------------------------------------------------------------------- */

static volatile sig_atomic_t ended;

static void note_end(int number)
{
	(void)number;
	ended = 1;
}

/* What was captured is written to its end. */
static void catch_ends(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = note_end};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
	action.sa_handler = SIG_IGN; /* a reader that goes away is an error of writing */
	sigaction(SIGPIPE, &action, NULL);
}

/* ---- capturing --------------------------------------------------------------------- */

struct capture_run {
	const struct capture_request *request;
	struct fw *fw;
	struct fw_capture *capture;
	struct capture_policy *policy;
	struct capture_out *out;
	struct join *join;
	struct capture_filter *filter; /* NULL: none */
	uint64_t shown;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static bool frame_matches(const struct capture_run *run, const struct join_frame *frame)
{
	return frame->bytes &&
	       capture_filter_matches(run->filter, frame->bytes, frame->kept_bytes,
				      frame->wire_bytes);
}

/* Both forms or none: a packet that is asked for by one of its addresses is to be seen
 * with the other one too. */
static int show(const struct join_packet *packet, void *arg)
{
	struct capture_run *run = arg;
	int err;

	if (run->filter && !frame_matches(run, &packet->frame[JOIN_BEFORE]) &&
	    !frame_matches(run, &packet->frame[JOIN_AFTER]))
		return 0;
	err = capture_out_put(run->out, packet);
	if (err)
		return err;
	run->shown++;
	return run->request->count && run->shown >= run->request->count ? ENOUGH : 0;
}

static int add(int cpu, const struct capture_record *record, const unsigned char *bytes,
	       void *arg)
{
	struct capture_run *run = arg;

	return join_add(run->join, cpu, record, bytes);
}

/* What was told before this round began has arrived with it. */
static int capture_round(struct capture_run *run, struct fw_error *error)
{
	uint64_t began_ns = now_ns();
	int err = fw_capture_take(run->capture, WAIT_MS, add, run, error);

	if (err && err != -EINTR)
		return err;
	err = join_take(run->join, began_ns - LATE_NS, show, run);
	return err < 0 ? err : capture_out_flush(run->out) ?: err;
}

static int capture_packets(struct capture_run *run, struct fw_error *error)
{
	int err = 0;

	while (!err && !ended)
		err = capture_round(run, error);
	if (!err) { /* what the rings hold yet */
		err = fw_capture_take(run->capture, 0, add, run, error);
		if (!err || err == -EINTR)
			err = join_take(run->join, UINT64_MAX, show, run);
	}
	return err == ENOUGH ? 0 : err;
}

static void tell_end(const struct capture_run *run,
		     const struct fw_capture_losses *losses)
{
	fprintf(stderr, "fwctl capture: %llu packets", (unsigned long long)run->shown);
	if (losses->records)
		fprintf(stderr,
			", %llu records lost: they came faster than they were written; "
			"try a smaller --snaplen, --filter or --drops",
			(unsigned long long)losses->records);
	if (losses->pauses)
		fprintf(stderr, ", %u pauses: nothing was written for seconds",
			losses->pauses);
	fputc('\n', stderr);
}

static void end_run(struct capture_run *run)
{
	fw_capture_stop(run->capture);
	join_free(run->join);
	capture_policy_free(run->policy);
	fw_close(run->fw);
	capture_filter_free(run->filter);
}

static int begin_run(struct capture_run *run, struct fw_error *error)
{
	const struct capture_request *request = run->request;
	const struct fw_capture_options options = {
		.interface = request->interface,
		.drops = request->drops,
		.reason = request->reason,
		.snap_bytes = request->snap_bytes,
	};
	int err = fw_open(request->pin_dir, &run->fw, error);

	if (!err)
		err = fw_capture_start(run->fw, &options, &run->capture, error);
	if (err)
		return err;
	run->join = join_new();
	run->policy = capture_policy_new(run->fw);
	if (!run->join || !run->policy) {
		snprintf(error->what, sizeof(error->what), "no memory");
		return -ENOMEM;
	}
	return capture_out_open(request, run->policy, &run->out);
}

/* Also says why it ends, if that was not wanted. */
static int run_capture(struct capture_run *run)
{
	struct fw_capture_losses losses = {0};
	struct fw_error error = {0};
	int err = begin_run(run, &error), close_err;
	bool begun = !err;

	if (begun) {
		catch_ends();
		err = capture_packets(run, &error);
		fw_capture_losses(run->capture, &losses);
	}
	close_err = capture_out_close(run->out, losses.records);
	if (begun)
		tell_end(run, &losses);
	if (error.what[0])
		return cmd_print_fw_error("capture", &error);
	err = err ? err : close_err;
	if (begun && err)
		fprintf(stderr,
			"fwctl capture: the output could not be written whole: "
			"%s\n",
			strerror(-err));
	return err ? CMD_REFUSED : CMD_OK;
}

/* ---- the command line -------------------------------------------------------------- */

static int parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
	char *end;
	unsigned long long number;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || number < low || number > high)
		return -EINVAL;
	*out = number;
	return 0;
}

static int parse_reason(const char *text, enum ph_reason *out)
{
	const char *words[PH_N_DROP_REASONS], *near;

	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++) {
		words[i] = fw_drop_name(i);
		if (!strcmp(text, words[i])) {
			*out = (enum ph_reason)(PH_DROP_FIRST + i);
			return 0;
		}
	}
	near = format_nearest(text, words, PH_N_DROP_REASONS);
	if (near)
		return cmd_usage_error("capture",
				       "'%s' is no reason for a drop: did you mean '%s'?",
				       text, near);
	return cmd_usage_error(
		"capture",
		"'%s' is no reason for a drop; `fwctl show counters --all` "
		"lists them",
		text);
}

static int compile_filter(struct capture_run *run)
{
	const char *expression = run->request->filter;
	char why[256];

	if (!expression || !capture_filter_compile(expression, &run->filter, why))
		return CMD_OK;
	return cmd_usage_error("capture", "--filter '%s': %s", expression, why);
}

enum { OPT_DROPS = 256, OPT_FILTER, OPT_SNAPLEN, OPT_COUNT, OPT_JSON, OPT_PIN_DIR };

static const struct option options[] = {
	{"drops", optional_argument, NULL, OPT_DROPS},
	{"filter", required_argument, NULL, OPT_FILTER},
	{"snaplen", required_argument, NULL, OPT_SNAPLEN},
	{"count", required_argument, NULL, OPT_COUNT},
	{"write", required_argument, NULL, 'w'},
	{"json", no_argument, NULL, OPT_JSON},
	{"pin-dir", required_argument, NULL, OPT_PIN_DIR},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int take_option(struct capture_request *request, int option)
{
	uint64_t number = 0;

	switch (option) {
	case OPT_DROPS:
		request->drops = true;
		return optarg ? parse_reason(optarg, &request->reason) : CMD_OK;
	case OPT_FILTER:
		request->filter = optarg;
		return CMD_OK;
	case OPT_SNAPLEN:
		if (parse_number(optarg, 1, PH_CAPTURE_MAX_BYTES, &number))
			return cmd_usage_error("capture", "--snaplen takes 1 to %u",
					       PH_CAPTURE_MAX_BYTES);
		request->snap_bytes = (uint32_t)number;
		return CMD_OK;
	case OPT_COUNT:
		if (parse_number(optarg, 1, UINT64_MAX, &request->count))
			return cmd_usage_error("capture",
					       "--count takes a number from 1 on");
		return CMD_OK;
	case 'w':
		request->file = optarg;
		return CMD_OK;
	case OPT_JSON:
		request->json = true;
		return CMD_OK;
	default:
		request->pin_dir = optarg;
		return CMD_OK;
	}
}

static int check_request(const struct capture_request *request, int n_interfaces)
{
	if (n_interfaces != 1)
		return cmd_usage_error("capture", n_interfaces ? "takes one interface"
							       : "takes an interface, "
								 "or all");
	if (request->json && request->file)
		return cmd_usage_error("capture", "--json and --write exclude each "
						  "other");
	if (request->file && !strcmp(request->file, "-") && isatty(STDOUT_FILENO))
		return cmd_usage_error("capture", "pcapng is not for terminals: write it "
						  "to a file or a pipe");
	return CMD_OK;
}

int cmd_capture(int argc, char **argv)
{
	struct capture_request request = {.snap_bytes = PH_CAPTURE_MAX_BYTES};
	struct capture_run run = {.request = &request};
	int option, status;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hw:", options, NULL)) != -1) {
		if (option == 'h') {
			print_usage(stdout);
			return CMD_OK;
		}
		if (option == ':')
			return cmd_usage_error("capture", "%s needs a value",
					       argv[optind - 1]);
		if (option == '?')
			return cmd_usage_error("capture", "unknown option '%s'",
					       argv[optind - 1]);
		status = take_option(&request, option);
		if (status)
			return status;
	}
	status = check_request(&request, argc - optind);
	if (status)
		return status;
	if (strcmp(argv[optind], "all") != 0)
		request.interface = argv[optind];
	status = compile_filter(&run);
	if (!status)
		status = run_capture(&run);
	end_run(&run);
	return status;
}
