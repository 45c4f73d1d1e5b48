// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_apply.c - `fwctl apply FILE`: put a policy in force.
 *
 * A policy with an error changes nothing. The canonical text is stored with
 * the policy, so that `show` can speak its language.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <util/cleanup.h>

#include "cmd.h"
#include "format.h"

struct apply_request {
	const char *file;
	struct fw_apply_options options;
	struct fw_binding bindings[PH_MAX_INTERFACES];
	struct fw_mode_choice modes[PH_MAX_INTERFACES];
};

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl apply FILE [OPTION]...\n"
	      "Put a policy in force, all or nothing. FILE may be - for standard input.\n"
	      "\n"
	      "  --map NAME=DEVICE  the kernel device of an interface of the policy;\n"
	      "                     overrides the device that the policy names\n"
	      "  --map NAME=DEVICE@CARRIER\n"
	      "                     for an interface with `vlan`: DEVICE has its "
	      "addresses,\n"
	      "                     CARRIER its tagged frames. Without @CARRIER it is "
	      "what\n"
	      "                     the kernel's VLAN device DEVICE is stacked on\n"
	      "  --mode MODE        auto     native XDP where the driver suits it, else "
	      "TC\n"
	      "                     xdp      native XDP on every interface, or fail\n"
	      "                     generic  generic XDP (also: xdp-generic), for trying "
	      "things out\n"
	      "                     tc       no XDP\n"
	      "  --mode NAME=MODE   the mode of one interface, and all on its carrier\n"
	      "  --keep-connections connections that the policy in force permits are "
	      "not\n"
	      "                     judged again by the new one\n"
	      "  --max-connections N, --max-half-open N, --max-fragments N, "
	      "--max-holes N,\n"
	      "  --max-ftp-sessions N, --max-acl-lines LINES\n"
	      "                     room in the tables, instead of what suits the "
	      "machine's\n"
	      "                     memory; fixed until unloaded (show counters)\n"
	      "  --pin-dir DIR      where the firewall is pinned (" FW_DEFAULT_PIN_DIR
	      ")\n"
	      "  -h, --help         show this text\n"
	      "\n"
	      "Exit status: 0 in force, 1 the policy is wrong, 2 usage or FILE cannot "
	      "be\n"
	      "read, 3 refused by the kernel or the firewall. Unless it is 0, what was "
	      "in\n"
	      "force before still is.\n",
	      out);
}

/* ---- the command line ---------------------------------------------------------- */

static int parse_mode_name(const char *text, enum fw_mode *mode)
{
	static const enum fw_mode modes[] = {FW_MODE_AUTO, FW_MODE_XDP, FW_MODE_GENERIC,
					     FW_MODE_TC};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!strcmp(text, fw_mode_name(modes[i]))) {
			*mode = modes[i];
			return 0;
		}
	}
	if (!strcmp(text, "xdp-generic")) { /* as ip link calls it */
		*mode = FW_MODE_GENERIC;
		return 0;
	}
	return cmd_usage_error("apply", "unknown mode '%s'", text);
}

/* MODE, or NAME=MODE. */
static int parse_mode(const char *text, struct apply_request *request)
{
	struct fw_mode_choice *choice = &request->modes[request->options.n_modes];
	const char *equals = strchr(text, '=');
	size_t name_len = equals ? (size_t)(equals - text) : 0;

	if (!equals)
		return parse_mode_name(text, &request->options.mode);
	if (!name_len || name_len >= sizeof(choice->name))
		return cmd_usage_error("apply", "'%s' is not NAME=MODE", text);
	if (request->options.n_modes == PH_MAX_INTERFACES)
		return cmd_usage_error("apply", "too many --mode");
	memcpy(choice->name, text, name_len);
	choice->name[name_len] = '\0';
	request->options.n_modes++;
	return parse_mode_name(equals + 1, &choice->mode);
}

/* NAME=DEVICE or NAME=DEVICE@CARRIER. */
static int parse_binding(const char *text, struct apply_request *request)
{
	struct fw_binding *binding = &request->bindings[request->options.n_bindings];
	struct format_binding parts;

	if (!format_split_binding(text, &parts))
		return cmd_usage_error(
			"apply", "'%s' is not NAME=DEVICE or NAME=DEVICE@CARRIER", text);
	if (parts.name_len >= sizeof(binding->name) ||
	    parts.device_len >= sizeof(binding->device) ||
	    parts.carrier_len >= sizeof(binding->carrier))
		return cmd_usage_error("apply", "'%s' is too long", text);
	if (request->options.n_bindings == PH_MAX_INTERFACES)
		return cmd_usage_error("apply", "too many --map");
	memset(binding, 0, sizeof(*binding));
	memcpy(binding->name, parts.name, parts.name_len);
	memcpy(binding->device, parts.device, parts.device_len);
	memcpy(binding->carrier, parts.carrier, parts.carrier_len);
	request->options.n_bindings++;
	return 0;
}

static int parse_entries(const char *text, uint32_t *entries)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '1' || *text > '9' || *end || errno || value > UINT32_MAX)
		return cmd_usage_error("apply", "'%s' is not a number of entries", text);
	*entries = (uint32_t)value;
	return 0;
}

/* Return: CMD_OK to go on, CMD_USAGE, or -1 if help was shown. */
static int parse_arguments(int argc, char **argv, struct apply_request *request)
{
	static const struct option options[] = {
		{"map", required_argument, NULL, 'm'},
		{"mode", required_argument, NULL, 'o'},
		{"max-connections", required_argument, NULL, 'c'},
		{"max-half-open", required_argument, NULL, 'H'},
		{"max-fragments", required_argument, NULL, 'f'},
		{"max-holes", required_argument, NULL, 'l'},
		{"max-ftp-sessions", required_argument, NULL, 's'},
		{"max-acl-lines", required_argument, NULL, 'a'},
		{"keep-connections", no_argument, NULL, 'k'},
		{"pin-dir", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct fw_sizes *sizes = &request->options.sizes;
	int option;
	int status = CMD_OK;

	request->options.bindings = request->bindings;
	request->options.modes = request->modes;
	optind = 0;
	opterr = 0;
	while (!status && (option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 'm':
			status = parse_binding(optarg, request);
			break;
		case 'o':
			status = parse_mode(optarg, request);
			break;
		case 'c':
			status = parse_entries(optarg, &sizes->connections);
			break;
		case 'H':
			status = parse_entries(optarg, &sizes->half_open);
			break;
		case 'f':
			status = parse_entries(optarg, &sizes->fragments);
			break;
		case 'l':
			status = parse_entries(optarg, &sizes->holes);
			break;
		case 's':
			status = parse_entries(optarg, &sizes->ftp_sessions);
			break;
		case 'a':
			status = parse_entries(optarg, &sizes->acl_lines);
			break;
		case 'k':
			request->options.keep_connections = true;
			break;
		case 'p':
			request->options.pin_dir = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return -1;
		case ':':
			return cmd_usage_error("apply", "%s needs a value",
					       argv[optind - 1]);
		default:
			return cmd_usage_error("apply", "unknown option '%s'",
					       argv[optind - 1]);
		}
	}
	if (!status && argc - optind != 1)
		return cmd_usage_error("apply", "give exactly one FILE");
	request->file = argv[optind];
	return status;
}

/* ---- the work --------------------------------------------------------------------- */

static void free_policy(struct policy **policy)
{
	policy_free(*policy);
}

static void free_image(struct policy_image **image)
{
	policy_image_free(*image);
}

static void print_warnings(const char *interface, const char *warnings)
{
	while (*warnings) {
		int len = (int)strcspn(warnings, "\n");

		printf("  %s: warning: %.*s\n", interface, len, warnings);
		warnings += len;
		warnings += *warnings == '\n';
	}
}

static void print_report(const struct fw_apply_report *report)
{
	printf("generation %u in force\n", report->generation);
	for (size_t i = 0; i < report->n_interfaces; i++) {
		bool tagged = strcmp(report->interfaces[i].device,
				     report->interfaces[i].carrier) != 0;

		printf("  %s: device %s%s%s, mode %s (%s)\n", report->interfaces[i].name,
		       report->interfaces[i].device, tagged ? " on " : "",
		       tagged ? report->interfaces[i].carrier : "",
		       fw_mode_name(report->interfaces[i].mode),
		       report->interfaces[i].why);
		print_warnings(report->interfaces[i].name, report->interfaces[i].warning);
	}
}

static int put_in_force(const struct apply_request *request, const struct policy *policy,
			const struct policy_image *image)
{
	struct fw_apply_report *report cleanup_free_ = calloc(1, sizeof(*report));
	char *text cleanup_free_ = NULL;
	struct fw_error error = {0};
	size_t len;

	if (!report || policy_print(policy, &text, &len)) {
		fputs("fwctl apply: out of memory\n", stderr);
		return CMD_REFUSED;
	}
	if (fw_apply(image, text, len, &request->options, report, &error))
		return cmd_print_fw_error("apply", &error);
	print_report(report);
	return CMD_OK;
}

static int apply(const struct apply_request *request)
{
	struct policy *policy cleanup_(free_policy) = NULL;
	struct policy_image *image cleanup_(free_image) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	char *text cleanup_free_ = NULL;
	size_t len;
	int err;

	if (cmd_read_file(request->file, &text, &len))
		return CMD_USAGE;
	err = policy_parse(text, len, &policy, &diags);
	if (!err)
		err = policy_compile(policy, &image, &diags);
	cmd_print_diags(&diags, cmd_file_name(request->file));
	if (err == -ENOMEM) {
		fputs("fwctl apply: out of memory\n", stderr);
		return CMD_REFUSED;
	}
	if (err) {
		fprintf(stderr, "%s: %zu error%s; nothing was changed\n",
			cmd_file_name(request->file), diags.n_errors,
			diags.n_errors == 1 ? "" : "s");
		return CMD_BAD_POLICY;
	}
	return put_in_force(request, policy, image);
}

int cmd_apply(int argc, char **argv)
{
	struct apply_request request = {0};
	int status = parse_arguments(argc, argv, &request);

	if (status)
		return status < 0 ? CMD_OK : status;
	return apply(&request);
}
