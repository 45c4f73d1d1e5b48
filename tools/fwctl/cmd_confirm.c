// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_confirm.c - `fwctl confirm` and `fwctl rollback`: stay with the policy that is on
 * trial, or go back to the one before.
 */
#include <getopt.h>
#include <stdio.h>

#include <pinhole/firewall_undo.h>

#include "cmd.h"
#include "format_apply.h"

struct undo_request {
	const char *pin_dir;
	bool json;
};

static void print_confirm_usage(FILE *out)
{
	fputs("Usage: fwctl confirm [--json] [--pin-dir DIR]\n"
	      "Keep the policy that is on trial: it is not undone at its deadline.\n"
	      "Devices that only the policy before used are let go.\n"
	      "\n"
	      "  --json         as JSON\n"
	      "  --pin-dir DIR  where the firewall is pinned (" FW_DEFAULT_PIN_DIR ")\n"
	      "  -h, --help     show this text\n"
	      "\n"
	      "Exit status: 0 it stays, 2 usage, 3 none was on trial, it was too late, "
	      "or "
	      "refused.\n",
	      out);
}

static void print_rollback_usage(FILE *out)
{
	fputs("Usage: fwctl rollback [--json] [--pin-dir DIR]\n"
	      "Go back to the policy before the last apply, on the devices and in the "
	      "modes it\n"
	      "had, whether the last one was confirmed or not. One step is kept. "
	      "Connections are\n"
	      "judged again, each on its next packet. Routes of the kernel stay as they "
	      "are.\n"
	      "\n"
	      "  --json         as JSON\n"
	      "  --pin-dir DIR  where the firewall is pinned (" FW_DEFAULT_PIN_DIR ")\n"
	      "  -h, --help     show this text\n"
	      "\n"
	      "Exit status: 0 the policy before is in force, 2 usage, 3 there is none, "
	      "or\n"
	      "refused: then what was in force still is.\n",
	      out);
}

/* Return: CMD_OK to go on, CMD_USAGE, or -1 if help was shown. */
static int parse_arguments(const char *command, int argc, char **argv,
			   void (*print_usage)(FILE *), struct undo_request *request)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"pin-dir", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			request->json = true;
			break;
		case 'p':
			request->pin_dir = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return -1;
		case ':':
			return cmd_usage_error(command, "%s needs a value",
					       argv[optind - 1]);
		default:
			return cmd_usage_error(command, "unknown option '%s'",
					       argv[optind - 1]);
		}
	}
	return optind == argc ? CMD_OK : cmd_usage_error(command, "takes no arguments");
}

int cmd_confirm(int argc, char **argv)
{
	struct undo_request request = {0};
	struct fw_error error = {0};
	uint32_t generation = 0;
	int status =
		parse_arguments("confirm", argc, argv, print_confirm_usage, &request);

	if (status)
		return status < 0 ? CMD_OK : status;
	if (fw_confirm(request.pin_dir, &generation, &error))
		return cmd_print_fw_error("confirm", &error);
	if (request.json)
		format_confirm_json(stdout, generation);
	else
		format_confirm_text(stdout, generation);
	return CMD_OK;
}

int cmd_rollback(int argc, char **argv)
{
	struct fw_rollback_report report = {0};
	struct undo_request request = {0};
	struct fw_error error = {0};
	int status =
		parse_arguments("rollback", argc, argv, print_rollback_usage, &request);

	if (status)
		return status < 0 ? CMD_OK : status;
	if (fw_rollback(request.pin_dir, &report, &error))
		return cmd_print_fw_error("rollback", &error);
	if (request.json)
		format_rollback_json(stdout, &report);
	else
		format_rollback_text(stdout, &report);
	return CMD_OK;
}
