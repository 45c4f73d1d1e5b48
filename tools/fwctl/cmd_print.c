// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_print.c - `fwctl print FILE`: the canonical form of a policy.
 *
 * What two people wrote differently and meant alike prints alike; it is what is kept
 * with a policy in force, and parses back to the same policy.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/fwctl/cmd_policy.h"
#include "util/cleanup.h"

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl print [OPTION]... FILE\n"
	      "Write the canonical form of a policy to standard output, and remarks to "
	      "standard\n"
	      "error. It parses back to the same policy. FILE may be - for standard "
	      "input.\n"
	      "\n" CMD_POLICY_HELP "  -h, --help         show this text\n"
	      "\n"
	      "Exit status: 0 right, 1 wrong (nothing is written), 2 usage or FILE "
	      "cannot be\n"
	      "read.\n",
	      out);
}

static int print_policy(const char *path, const struct policy_parse_options *options)
{
	struct cmd_policy read cleanup_(cmd_policy_free) = {0};
	char *text cleanup_free_ = NULL;
	size_t len;
	int status = cmd_policy_read("print", path, options, &read);

	if (status)
		return status;
	cmd_print_diags(&read.diags, read.file);
	cmd_print_counts(&read.diags, read.file);
	if (!read.policy)
		return CMD_BAD_POLICY;
	if (policy_print(read.policy, &text, &len)) {
		fprintf(stderr, "fwctl print: %s: out of memory\n", read.file);
		return CMD_USAGE;
	}
	if (fwrite(text, 1, len, stdout) == len && !fflush(stdout))
		return CMD_OK;
	perror("fwctl print: cannot write");
	return CMD_USAGE;
}

int cmd_print(int argc, char **argv)
{
	static const struct option table[] = {
		CMD_POLICY_OPTIONS,
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct policy_parse_options options = {0};
	int option;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		int status;

		if (option == 'h') {
			print_usage(stdout);
			return CMD_OK;
		}
		status = cmd_policy_only_option("print", option, argv, &options);
		if (status)
			return status;
	}
	if (argc - optind != 1)
		return cmd_usage_error("print", "give exactly one FILE");
	return print_policy(argv[optind], &options);
}
