// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_show.c - `fwctl show WHAT`: arguments, and what all of them read first.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <util/cleanup.h>

#include "show.h"

#define NS_PER_SEC 1000000000ull

static const struct show {
	const char *name;
	int (*run)(struct show_request *request);
	const char *arguments;
	const char *help;
	size_t most_words;			       /* behind it */
	int (*are_words_right)(struct show_request *); /* NULL: any are */
} shows[] = {
	{"interface", show_interface, "", "interfaces, their devices and counters", 0,
	 NULL},
	{"access-list", show_access_list, "[NAME]", "access-list lines with hit counts",
	 1, NULL},
	{"conn", show_conn, "[FILTER]", "connections; those not answered yet too", 16,
	 show_conn_words},
	{"xlate", show_xlate, "", "translations in force", 0, NULL},
	{"nat", show_nat, "[detail]", "statements that translate, with hit counts", 1,
	 show_nat_words},
	{"pinholes", show_pinholes, "",
	 "holes that inspection opened and nobody used yet", 0, NULL},
	{"ftp", show_ftp, "", "FTP sessions: state, user, holes, data, refusals", 0,
	 NULL},
	{"counters", show_counters, "[--all]", "drops by reason, and events", 0, NULL},
	{"asp", show_asp, "[drop]", "drops by reason, as an ASA has them", 1,
	 show_asp_words},
	{"running-config", show_running_config, "", "the policy in force", 0, NULL},
	{"version", show_version, "", "of fwctl, the kernel, and what is loaded", 0,
	 NULL},
	{"memory", show_memory, "", "the tables, how full, and what memory they take", 0,
	 NULL},
};

#define N_SHOWS (sizeof(shows) / sizeof(shows[0]))

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl show WHAT [--json] [--pin-dir DIR]\n"
	      "Show what is in force and what it has seen.\n\n",
	      out);
	for (size_t i = 0; i < N_SHOWS; i++)
		fprintf(out, "  %-15s%-9s %s\n", shows[i].name, shows[i].arguments,
			shows[i].help);
	fputs("\n"
	      "  --json         JSON on standard output\n"
	      "  --all          counters, asp: also those that are zero\n"
	      "  --pin-dir DIR  where the firewall is pinned (" FW_DEFAULT_PIN_DIR ")\n"
	      "  -h, --help     show this text\n"
	      "\n"
	      "FILTER of connections, in any order:\n"
	      "    address A | A/LEN | A-B  either end, real or mapped\n"
	      "    port P | P-Q             likewise\n"
	      "    protocol P               tcp, udp, icmp, ..., or a number\n"
	      "    interface NAME           either end; self: this machine\n"
	      "    state S                  half-open, established, half-closed, ...\n"
	      "and at the end: long, detail, or count\n"
	      "\n"
	      "Flags of a connection: U answered, h half-open (ha SYN answered, hb SYN "
	      "of "
	      "both\n"
	      "ends, hm picked up in midstream), B begun from the lower security level,\n"
	      "C inspected FTP control connection, P admitted by a pinhole,\n"
	      "L begun by this machine, H to this machine and known to host mode,\n"
	      "F/f its initiator/responder has sent FIN.\n"
	      "\n"
	      "Flags of a translation: s static.\n"
	      "\n"
	      "Exit status: 0 shown, 2 usage, 3 nothing is in force, or refused.\n",
	      out);
}

/* ---- what shows share ------------------------------------------------------------ */

static const struct fw_interface *by_ifindex(const struct show_request *request,
					     uint32_t ifindex)
{
	for (size_t i = 0; i < request->n_interfaces; i++) {
		if (request->interfaces[i].ifindex == ifindex)
			return &request->interfaces[i];
	}
	return NULL;
}

const char *show_name_by_ifindex(const struct show_request *request, uint32_t ifindex)
{
	const struct fw_interface *found = by_ifindex(request, ifindex);

	if (!ifindex)
		return "self";
	return found ? found->config.name : "?";
}

const char *show_name_by_id(const struct show_request *request, uint32_t id)
{
	for (size_t i = 0; i < request->n_interfaces; i++) {
		if (request->interfaces[i].config.id == id)
			return request->interfaces[i].config.name;
	}
	return "?";
}

unsigned int show_security(const struct show_request *request, uint32_t ifindex)
{
	const struct fw_interface *found = by_ifindex(request, ifindex);

	if (!ifindex)
		return 100;
	return found ? found->config.security_level : 0;
}

uint64_t show_seconds_since(const struct show_request *request, uint64_t then_ns)
{
	return request->now_ns > then_ns ? (request->now_ns - then_ns) / NS_PER_SEC : 0;
}

uint64_t show_seconds_until(const struct show_request *request, uint64_t then_ns)
{
	return then_ns > request->now_ns ? (then_ns - request->now_ns) / NS_PER_SEC : 0;
}

/* ---- what is in force ---------------------------------------------------------------
 */

static int add_interface(const struct fw_interface *interface, void *arg)
{
	struct show_request *request = arg;

	request->interfaces[request->n_interfaces++] = *interface;
	return 0;
}

static int read_interfaces(struct show_request *request)
{
	request->interfaces = calloc(PH_MAX_INTERFACES, sizeof(*request->interfaces));
	if (!request->interfaces)
		return -ENOMEM;
	return fw_each_interface(request->fw, add_interface, request, &request->error);
}

static void free_policy(struct policy **policy)
{
	policy_free(*policy);
}

/* The canonical text compiles to the lines and translations in force. */
static int read_policy(struct show_request *request)
{
	struct policy *policy cleanup_(free_policy) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	char *text cleanup_free_ = NULL;
	size_t len;
	int err = fw_read_policy(request->fw, &request->generation, &text, &len,
				 &request->error);

	if (err)
		return err;
	err = policy_parse(text, len, &policy, &diags);
	if (!err)
		err = policy_compile_names(policy, &request->image, &diags);
	if (err) {
		cmd_print_diags(&diags, "<policy in force>");
		snprintf(request->error.what, sizeof(request->error.what),
			 "the policy in force cannot be read back by this version");
		snprintf(request->error.hint, sizeof(request->error.hint),
			 "use the fwctl that applied it, or apply it anew");
	}
	return err;
}

void show_close(struct show_request *request)
{
	policy_image_free(request->image);
	free(request->interfaces);
	fw_close(request->fw);
}

int show_open(struct show_request *request)
{
	int err = fw_open(request->pin_dir, &request->fw, &request->error);

	if (!err)
		err = read_interfaces(request);
	if (!err)
		err = read_policy(request);
	return err;
}

static int run_show(const struct show *show, struct show_request *request)
{
	struct timespec now;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	request->now_ns = (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
	if (show->run != show_version) /* which asks by itself */
		err = show_open(request);
	if (err)
		return cmd_print_fw_error("show", &request->error);
	output_begin(&request->out, request->json, show->name, request->generation);
	err = show->run(request);
	if (err)
		return cmd_print_fw_error("show", &request->error);
	if (output_end(&request->out)) {
		fputs("fwctl show: the output could not be written whole\n", stderr);
		return CMD_REFUSED;
	}
	return CMD_OK;
}

/* ---- the command line
 * ------------------------------------------------------------------ */

static const struct show *find_show(const char *name)
{
	for (size_t i = 0; i < N_SHOWS; i++) {
		if (!strcmp(shows[i].name, name))
			return &shows[i];
	}
	return NULL;
}

static void complain_about(const char *word)
{
	const char *names[N_SHOWS];
	char list[256] = "";
	const char *nearest;

	for (size_t i = 0; i < N_SHOWS; i++) {
		size_t len = strlen(list);

		names[i] = shows[i].name;
		snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "", names[i]);
	}
	nearest = format_nearest(word, names, N_SHOWS);
	if (nearest)
		cmd_usage_error("show", "cannot show '%s'; did you mean %s?", word,
				nearest);
	else
		cmd_usage_error("show", "cannot show '%s', but: %s", word, list);
}

/* Return: what to show, or NULL after complaining. */
static const struct show *parse_what(int argc, char **argv, struct show_request *request)
{
	const struct show *show = optind < argc ? find_show(argv[optind]) : NULL;

	if (!show) {
		if (optind < argc)
			complain_about(argv[optind]);
		else
			cmd_usage_error("show", "say what to show");
		return NULL;
	}
	optind++;
	request->words = argv + optind;
	request->n_words = (size_t)(argc - optind);
	if (request->n_words > show->most_words) {
		cmd_usage_error("show", "'%s' is one argument too many",
				argv[optind + (int)show->most_words]);
		return NULL;
	}
	if (request->all && show->run != show_counters && show->run != show_asp) {
		cmd_usage_error("show", "--all is for counters and asp");
		return NULL;
	}
	if (show->are_words_right && show->are_words_right(request))
		return NULL;
	return show;
}

int cmd_show(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"all", no_argument, NULL, 'a'},
		{"pin-dir", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct show_request request cleanup_(show_close) = {0};
	const struct show *show;
	int option;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			request.json = true;
			break;
		case 'a':
			request.all = true;
			break;
		case 'p':
			request.pin_dir = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return CMD_OK;
		case ':':
			return cmd_usage_error("show", "%s needs a value",
					       argv[optind - 1]);
		default:
			return cmd_usage_error("show", "unknown option '%s'",
					       argv[optind - 1]);
		}
	}
	show = parse_what(argc, argv, &request);
	return show ? run_show(show, &request) : CMD_USAGE;
}
