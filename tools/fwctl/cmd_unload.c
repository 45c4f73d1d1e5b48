// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_unload.c - `fwctl unload`: take the firewall out of the kernel.
 */
#include <getopt.h>
#include <stdio.h>

#include "cmd.h"

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl unload [--pin-dir DIR]\n"
	      "Detach the firewall from all devices, restore their forwarding setting, "
	      "and\n"
	      "remove all it has pinned. Connections and counters are lost.\n"
	      "\n"
	      "  --pin-dir DIR  where the firewall is pinned (" FW_DEFAULT_PIN_DIR ")\n"
	      "  -h, --help     show this text\n"
	      "\n"
	      "Exit status: 0 unloaded, 2 usage, 3 nothing was loaded, or refused.\n",
	      out);
}

int cmd_unload(int argc, char **argv)
{
	static const struct option options[] = {
		{"pin-dir", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *pin_dir = NULL;
	struct fw_error error = {0};
	int option;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			pin_dir = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return CMD_OK;
		case ':':
			return cmd_usage_error("unload", "%s needs a value",
					       argv[optind - 1]);
		default:
			return cmd_usage_error("unload", "unknown option '%s'",
					       argv[optind - 1]);
		}
	}
	if (optind != argc)
		return cmd_usage_error("unload", "takes no arguments");
	if (fw_unload(pin_dir, &error))
		return cmd_print_fw_error("unload", &error);
	return CMD_OK;
}
