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
	      "       fwctl unload --force DEVICE...\n"
	      "Detach the firewall from all devices, restore their forwarding and VLAN "
	      "offload\n"
	      "settings, and remove all it has pinned. Connections and counters are "
	      "lost.\n"
	      "\n"
	      "  --pin-dir DIR  where the firewall is pinned (" FW_DEFAULT_PIN_DIR ")\n"
	      "  --force        free the named devices of a Pinhole whose pins are gone, "
	      "so\n"
	      "                 that nothing else can. Others' filters and programs "
	      "stay.\n"
	      "  -h, --help     show this text\n"
	      "\n"
	      "Exit status: 0 unloaded, 2 usage, 3 nothing was loaded, or refused.\n",
	      out);
}

/* Each device by itself: one that cannot be freed does not hold up the others. */
static int force(char **devices, int n)
{
	int status = CMD_OK;

	for (int i = 0; i < n; i++) {
		struct fw_error error = {0};
		int forwarding = 0;

		if (fw_unload_device(devices[i], &forwarding, &error)) {
			status = cmd_print_fw_error("unload", &error);
			continue;
		}
		printf("%s: freed of Pinhole; its VLAN offloads and net.ipv6.conf were "
		       "left as they are, and net.ipv4.conf.%s.forwarding too",
		       devices[i], devices[i]);
		if (forwarding >= 0)
			printf(" (%d)", forwarding);
		putchar('\n');
	}
	return status;
}

int cmd_unload(int argc, char **argv)
{
	static const struct option options[] = {
		{"pin-dir", required_argument, NULL, 'p'},
		{"force", no_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *pin_dir = NULL;
	struct fw_error error = {0};
	bool forced = false;
	int option;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			pin_dir = optarg;
			break;
		case 'f':
			forced = true;
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
	if (forced && pin_dir)
		return cmd_usage_error("unload", "--force is for where there is no pin "
						 "directory; leave one of the two out");
	if (forced && optind == argc)
		return cmd_usage_error("unload", "--force needs the devices to free");
	if (forced)
		return force(argv + optind, argc - optind);
	if (optind != argc)
		return cmd_usage_error("unload", "takes no arguments");
	if (fw_unload(pin_dir, &error))
		return cmd_print_fw_error("unload", &error);
	return CMD_OK;
}
