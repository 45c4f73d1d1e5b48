// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_packet_tracer.c - `fwctl packet-tracer`: what would become of a packet, and why.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <util/cleanup.h>

#include "tools/fwctl/trace_tool.h"

#define COMMAND "packet-tracer"

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl packet-tracer input IF tcp|udp SRC SPORT DST DPORT\n"
	      "       fwctl packet-tracer input IF icmp SRC TYPE CODE [ID] DST\n"
	      "       fwctl packet-tracer input IF rawip SRC PROTO DST\n"
	      "       fwctl packet-tracer pcap FILE --input IF\n"
	      "Say what would become of a packet that comes in on IF, and why: the "
	      "programs and\n"
	      "the policy that are in force are asked, connections are known, and "
	      "nothing is\n"
	      "changed: no connection, hole or counter. A TCP packet is a SYN. Of a "
	      "capture each\n"
	      "packet gets a line, and meets what those before it would have left.\n"
	      "\n"
	      "  --detailed     also the next hop, what would be counted, and the frame\n"
	      "  --json         as JSON; of a capture an object per line\n"
	      "  --input IF     with pcap: where the packets come in\n"
	      "  --pin-dir DIR  where the firewall is pinned (" FW_DEFAULT_PIN_DIR ")\n"
	      "  -h, --help     show this text\n"
	      "\n"
	      "Exit status: 0 traced, whatever the verdict; 2 usage, or FILE cannot be "
	      "read;\n"
	      "3 nothing is in force, or refused.\n",
	      out);
}

/* ---- the policy in force -------------------------------------------------- */

static void close_fw(struct fw **fw)
{
	fw_close(*fw);
}

static void free_parsed(struct policy **policy)
{
	policy_free(*policy);
}

void trace_policy_free(struct trace_policy *policy)
{
	free(policy->text);
	free(policy->interfaces);
	policy_image_free(policy->image);
}

static int add_interface(const struct fw_interface *interface, void *arg)
{
	struct trace_policy *policy = arg;

	if (policy->n_interfaces < PH_MAX_INTERFACES)
		policy->interfaces[policy->n_interfaces++] = *interface;
	return 0;
}

static int read_in_force(const char *pin_dir, struct trace_policy *out,
			 struct fw_error *error)
{
	struct fw *fw cleanup_(close_fw) = NULL;
	struct policy *parsed cleanup_(free_parsed) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	int err = fw_open(pin_dir, &fw, error);

	if (!err)
		err = fw_read_policy(fw, &out->generation, &out->text, &out->len, error);
	if (!err)
		err = fw_each_interface(fw, add_interface, out, error);
	if (err)
		return err;
	err = policy_parse(out->text, out->len, &parsed, &diags);
	if (!err)
		err = policy_compile_names(parsed, &out->image, &diags);
	if (!err)
		return 0;
	cmd_print_diags(&diags, "<policy in force>");
	snprintf(error->what, sizeof(error->what),
		 "the policy in force cannot be read back by this version");
	snprintf(error->hint, sizeof(error->hint),
		 "use the fwctl that applied it, or apply it anew");
	return err;
}

int trace_policy_read(const char *pin_dir, struct trace_policy *out)
{
	struct fw_error error = {0};

	out->interfaces = calloc(PH_MAX_INTERFACES, sizeof(*out->interfaces));
	if (!out->interfaces) {
		fputs("fwctl " COMMAND ": out of memory\n", stderr);
		return CMD_REFUSED;
	}
	if (read_in_force(pin_dir, out, &error))
		return cmd_print_fw_error(COMMAND, &error);
	return CMD_OK;
}

bool trace_is_of(const struct trace_policy *policy, const struct fw_trace_result *result)
{
	if (policy->generation == result->generation)
		return true;
	fputs("fwctl " COMMAND ": another policy came into force meanwhile\n"
	      "hint: trace again\n",
	      stderr);
	return false;
}

/* ---- one packet ----------------------------------------------------------- */

static void close_trace(struct fw_trace **trace)
{
	fw_trace_close(*trace);
}

int trace_unknown_interface(const struct trace_policy *policy, const char *name)
{
	struct fw_error error = {0};

	snprintf(error.what, sizeof(error.what),
		 "the policy in force has no interface %.48s", name);
	for (size_t i = 0; i < policy->n_interfaces; i++) {
		size_t len = strlen(error.hint);

		snprintf(error.hint + len, sizeof(error.hint) - len, "%s%s",
			 i ? ", " : "it has ", policy->interfaces[i].config.name);
	}
	return cmd_print_fw_error(COMMAND, &error);
}

static int run_words(const struct trace_request *request, struct fw_trace_result *result,
		     struct fw_error *error)
{
	const struct fw_trace_ends ends = {request->words.src, request->words.dst};
	struct fw_trace *trace cleanup_(close_trace) = NULL;
	struct fw_trace_packet packet = {.interface = request->input};
	uint8_t bytes[FRAME_MAX_BYTES];
	int err = fw_trace_open(request->pin_dir, &ends, 1, &trace, error);

	if (err)
		return err;
	packet.len = frame_of_words(bytes, &request->words, &packet.ethertype);
	packet.bytes = bytes;
	return fw_trace_run(trace, &packet, result, error);
}

static void free_policy(struct trace_policy *policy)
{
	trace_policy_free(policy);
}

static int trace_words(const struct trace_request *request)
{
	struct trace_policy policy cleanup_(free_policy) = {0};
	struct fw_trace_result *result cleanup_free_ = calloc(1, sizeof(*result));
	struct trace_report *report cleanup_free_ = calloc(1, sizeof(*report));
	const struct fw_interface *in;
	struct fw_error error = {0};
	int status = trace_policy_read(request->pin_dir, &policy);

	if (status)
		return status;
	if (!result || !report) {
		fputs("fwctl " COMMAND ": out of memory\n", stderr);
		return CMD_REFUSED;
	}
	in = trace_interface(&policy, request->input);
	if (!in)
		return trace_unknown_interface(&policy, request->input);
	if (run_words(request, result, &error))
		return cmd_print_fw_error(COMMAND, &error);
	if (!trace_is_of(&policy, result))
		return CMD_REFUSED;
	trace_report_make(&policy, in, result, report);
	if (request->json)
		format_trace_json(stdout, report);
	else
		format_trace_text(stdout, report, request->detailed);
	return CMD_OK;
}

/* ---- the command line ----------------------------------------------------- */

static int parse_what(int argc, char **argv, struct trace_request *request)
{
	const char *word = argc > 0 ? argv[0] : "";

	if (!strcmp(word, "pcap")) {
		if (argc != 2)
			return cmd_usage_error(COMMAND, "pcap: give one FILE");
		if (!request->input)
			return cmd_usage_error(COMMAND,
					       "pcap: say where the packets come in: "
					       "--input IF");
		request->file = argv[1];
		return CMD_OK;
	}
	if (strcmp(word, "input") != 0 || argc < 2 || request->input)
		return cmd_usage_error(COMMAND, "begin with input IF, or with pcap FILE "
						"and --input IF");
	request->input = argv[1];
	/* As an ASA has it. */
	if (argc > 3 && !strcmp(argv[argc - 1], "detailed")) {
		request->detailed = true;
		argc--;
	}
	return trace_parse_words(argc - 2, argv + 2, &request->words);
}

int cmd_packet_tracer(int argc, char **argv)
{
	static const struct option options[] = {
		{"detailed", no_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'},
		{"input", required_argument, NULL, 'i'},
		{"pin-dir", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct trace_request request = {0};
	int option, status;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			request.detailed = true;
			break;
		case 'j':
			request.json = true;
			break;
		case 'i':
			request.input = optarg;
			break;
		case 'p':
			request.pin_dir = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return CMD_OK;
		case ':':
			return cmd_usage_error(COMMAND, "%s needs a value",
					       argv[optind - 1]);
		default:
			return cmd_usage_error(COMMAND, "unknown option '%s'",
					       argv[optind - 1]);
		}
	}
	status = parse_what(argc - optind, argv + optind, &request);
	if (status)
		return status;
	return request.file ? trace_file(&request) : trace_words(&request);
}
