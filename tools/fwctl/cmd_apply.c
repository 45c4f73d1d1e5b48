// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_apply.c - `fwctl apply FILE`: put a policy in force.
 *
 * A policy with an error changes nothing. The canonical text is stored with
 * the policy, so that `show` can speak its language.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <pinhole/firewall_stats.h>
#include <pinhole/firewall_undo.h>
#include <util/cleanup.h>

#include "apply.h"
#include "cmd.h"
#include "cmd_policy.h"
#include "format.h"
#include "format_apply.h"

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
	      "  --confirm SECONDS  on trial: unless `fwctl confirm` comes in time, the "
	      "kernel\n"
	      "                     itself goes back to the policy before, whatever "
	      "becomes of\n"
	      "                     this session; 1 to 86400\n"
	      "  --dry-run          change nothing; say what would change, and how many\n"
	      "                     connections that are there would end\n"
	      "  --keep-connections connections that the policy in force permits are "
	      "not\n"
	      "                     judged again by the new one\n"
	      "  --force            where XDP is to be used and another XDP program is "
	      "attached,\n"
	      "                     take it off; says which. Without it that is refused\n"
	      "  --max-connections N, --max-half-open N, --max-fragments N, "
	      "--max-holes N,\n"
	      "  --max-ftp-sessions N, --max-acl-lines LINES\n"
	      "                     room in the tables, instead of what suits the "
	      "machine's\n"
	      "                     memory; fixed until unloaded (show counters)\n"
	      "  --cgroup DIR       host mode: watch only the sockets of this cgroup, "
	      "e.g. "
	      "a\n"
	      "                     service's own, and of those below it; not "
	      "remembered\n"
	      "  --no-host          no host mode, though the policy asks for it: FTP "
	      "sessions\n"
	      "                     of this machine itself get no holes\n"
	      "  --install-routes   add the policy's routes to the kernel's main table, "
	      "once it\n"
	      "                     is in force, and take away those of an earlier "
	      "policy;\n"
	      "                     unload removes them. Without it they are compared "
	      "only\n" CMD_POLICY_HELP "  --json             what was done as JSON\n"
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

static int parse_seconds(const char *text, uint32_t *seconds)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < FW_CONFIRM_MIN_SEC ||
	    value > FW_CONFIRM_MAX_SEC)
		return cmd_usage_error("apply", "--confirm: '%s' is not %d to %d seconds",
				       text, FW_CONFIRM_MIN_SEC, FW_CONFIRM_MAX_SEC);
	*seconds = (uint32_t)value;
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
		{"confirm", required_argument, NULL, 'C'},
		{"keep-connections", no_argument, NULL, 'k'},
		{"force", no_argument, NULL, 'F'},
		{"dry-run", no_argument, NULL, 'D'},
		{"json", no_argument, NULL, 'j'},
		{"install-routes", no_argument, NULL, 'r'},
		{"cgroup", required_argument, NULL, 'g'},
		{"no-host", no_argument, NULL, 'n'},
		CMD_POLICY_OPTIONS,
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
		case 'C':
			status = parse_seconds(optarg, &request->options.confirm_sec);
			break;
		case 'D':
			request->dry_run = true;
			break;
		case 'j':
			request->json = true;
			break;
		case 'F':
			request->options.force = true;
			break;
		case 'k':
			request->options.keep_connections = true;
			break;
		case 'r':
			request->install_routes = true;
			break;
		case 'g':
			request->options.cgroup = optarg;
			break;
		case 'n':
			request->options.no_host = true;
			break;
		case 'p':
			request->options.pin_dir = optarg;
			break;
		case CMD_OPTION_DIALECT:
		case CMD_OPTION_STRICT:
		case CMD_OPTION_IGNORE:
			status = cmd_policy_option("apply", option, optarg,
						   &request->parse);
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
	if (!status && request->options.cgroup && request->options.no_host)
		return cmd_usage_error("apply", "--cgroup and --no-host exclude each "
						"other");
	if (!status && request->options.confirm_sec && request->install_routes)
		return cmd_usage_error("apply",
				       "--confirm and --install-routes exclude each "
				       "other: no undo takes routes back");
	request->file = argv[optind];
	return status;
}

/* ---- addresses from others --------------------------------------------------------- */

static void free_image(struct policy_image **image)
{
	policy_image_free(*image);
}

const char *apply_device_of(const struct apply_request *request,
			    const struct policy_image_iface *iface)
{
	for (size_t i = 0; i < request->options.n_bindings; i++)
		if (!strcmp(request->bindings[i].name, iface->name))
			return request->bindings[i].device;
	return iface->device;
}

/* An address that is not there yet is no reason to leave everything unfiltered. */
static int ask_address(const struct apply_request *request, struct policy *policy,
		       const struct policy_image *image, size_t index)
{
	const struct policy_image_iface *iface = &image->ifaces[index];
	struct fw_error error = {0};
	char text[INET_ADDRSTRLEN];
	__be32 address, netmask;

	if (fw_device_address(apply_device_of(request, iface), &address, &netmask,
			      &error)) {
		fprintf(stderr,
			"fwctl apply: warning: interface %s: %s: what refers to its "
			"address matches nothing\nhint: apply again when it has one\n",
			iface->name, error.what);
		return 0;
	}
	inet_ntop(AF_INET, &address, text, sizeof(text));
	fprintf(stderr,
		"fwctl apply: note: interface %s has %s/%d from the kernel; apply again "
		"when that changes\n",
		iface->name, text, __builtin_popcount(netmask));
	return policy_set_address(policy, index, ntohl(address), ntohl(netmask));
}

/* Where the policy says `dhcp` the kernel is asked. */
static int ask_addresses(const struct apply_request *request, struct policy *policy)
{
	struct policy_image *names cleanup_(free_image) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	int err = policy_compile_names(policy, &names, &diags);

	/* A limit that is exceeded is said when all of it is compiled. */
	for (size_t i = 0; !err && i < names->n_ifaces; i++)
		if (names->ifaces[i].dhcp && !names->ifaces[i].shut)
			err = ask_address(request, policy, names, i);
	return err == -E2BIG ? 0 : err;
}

/* ---- routes ------------------------------------------------------------------------ */

/* @arg: set by what could be installed; DHCP brings its own (line 0) */
static int print_route(const struct fw_route *route, void *arg)
{
	bool *missing = arg;

	switch (route->state) {
	case FW_ROUTE_THERE:
		break;
	case FW_ROUTE_INSTALLED:
		printf("  route %s: installed\n", route->text);
		break;
	case FW_ROUTE_REMOVED:
		printf("  route %s: removed, the policy has it no longer\n", route->text);
		break;
	case FW_ROUTE_OTHER:
		printf("  route %s: warning: the kernel has %s\n", route->text,
		       route->kernel);
		*missing |= route->source_line;
		break;
	case FW_ROUTE_MISSING:
		printf("  route %s: warning: the kernel has no route to this network\n",
		       route->text);
		*missing |= route->source_line;
		break;
	case FW_ROUTE_FAILED:
		printf("  route %s: warning: not installed: %s\n", route->text,
		       route->kernel);
		break;
	}
	return 0;
}

static const char *route_word(enum fw_route_state state)
{
	static const char *const words[] = {
		[FW_ROUTE_THERE] = "there",	[FW_ROUTE_OTHER] = "other",
		[FW_ROUTE_MISSING] = "missing", [FW_ROUTE_INSTALLED] = "installed",
		[FW_ROUTE_FAILED] = "failed",	[FW_ROUTE_REMOVED] = "removed",
	};

	return words[state];
}

static int add_route(const struct fw_route *route, void *arg)
{
	json_t *item = json_pack("{s:s, s:s, s:s}", "route", route->text, "state",
				 route_word(route->state), "kernel", route->kernel);

	return json_array_append_new(arg, item) ? -ENOMEM : 0;
}

static json_t *list_routes(const struct apply_request *request,
			   const struct policy_image *image,
			   const struct fw_apply_report *report)
{
	json_t *routes = json_array();
	struct fw_error error = {0};

	fw_check_routes(image, report, request->install_routes, add_route, routes,
			&error);
	return routes;
}

/* The policy is in force: whatever the routes are, that stays so. */
static void settle_routes(const struct apply_request *request,
			  const struct policy_image *image,
			  const struct fw_apply_report *report)
{
	struct fw_error error = {0};
	bool missing = false;

	if (fw_check_routes(image, report, request->install_routes, print_route, &missing,
			    &error))
		printf("  routes: warning: %s\n", error.what);
	if (missing && !request->install_routes)
		puts("  hint: --install-routes adds what is missing");
}

/* ---- the work --------------------------------------------------------------------- */

static int out_of_memory(void)
{
	fputs("fwctl apply: out of memory\n", stderr);
	return CMD_REFUSED;
}

static void free_preview(struct apply_preview *preview)
{
	apply_preview_free(preview);
}

static int report_json(const struct apply_request *request, const char *file,
		       const struct policy_image *image,
		       const struct fw_apply_report *report,
		       const struct apply_preview *preview)
{
	json_t *routes = request->dry_run ? NULL : list_routes(request, image, report);

	return apply_print_json(request, file, report, preview, routes) ? out_of_memory()
									: CMD_OK;
}

static int report(const struct apply_request *request, const char *file,
		  const struct policy_image *image, const struct fw_apply_report *report,
		  const struct apply_preview *preview)
{
	if (request->json)
		return report_json(request, file, image, report, preview);
	format_apply_text(stdout, report, request->dry_run,
			  request->options.cgroup != NULL);
	if (!request->dry_run)
		settle_routes(request, image, report);
	apply_print_preview(request, file, preview);
	if (report->confirm_sec && !request->dry_run)
		printf("on trial: undone in %u seconds, unless you say: fwctl confirm\n",
		       report->confirm_sec);
	return CMD_OK;
}

static int put_in_force(const struct apply_request *request, const char *file,
			const struct policy *policy, const struct policy_image *image)
{
	struct fw_apply_report *done cleanup_free_ = calloc(1, sizeof(*done));
	struct apply_preview preview cleanup_(free_preview) = {0};
	char *text cleanup_free_ = NULL;
	struct fw_error error = {0};
	size_t len;

	if (!done || policy_print(policy, &text, &len))
		return out_of_memory();
	apply_preview_read(request, image, &preview);
	if (request->dry_run
		    ? fw_try_apply(image, text, len, &request->options, done, &error)
		    : fw_apply(image, text, len, &request->options, done, &error))
		return cmd_print_fw_error("apply", &error);
	apply_preview_compare(request, image, &preview);
	return report(request, file, image, done, &preview);
}

static int apply(const struct apply_request *request)
{
	struct cmd_policy read cleanup_(cmd_policy_free) = {0};
	struct policy_image *image cleanup_(free_image) = NULL;
	int status = cmd_policy_read("apply", request->file, &request->parse, &read);
	int err = -EINVAL;

	if (status)
		return status;
	if (read.policy)
		err = ask_addresses(request, read.policy);
	if (!err)
		err = policy_compile(read.policy, &image, &read.diags);
	cmd_print_diags(&read.diags, read.file);
	if (err == -ENOMEM)
		return out_of_memory();
	if (err) {
		fprintf(stderr, "%s: %zu error%s; nothing was changed\n", read.file,
			read.diags.n_errors, read.diags.n_errors == 1 ? "" : "s");
		return CMD_BAD_POLICY;
	}
	return put_in_force(request, read.file, read.policy, image);
}

/* What fw_apply() was not asked for is to be seen by a monitor all the same. */
static void note_failure(const struct apply_request *request)
{
	struct fw_error error = {0};

	if (!request->dry_run)
		fw_note_failed_apply(request->options.pin_dir, &error);
}

int cmd_apply(int argc, char **argv)
{
	struct apply_request request = {0};
	int status = parse_arguments(argc, argv, &request);

	if (status)
		return status < 0 ? CMD_OK : status;
	status = apply(&request);
	/* The policy is wrong, or cannot be read. */
	if (status == CMD_BAD_POLICY || status == CMD_USAGE)
		note_failure(&request);
	return status;
}
