/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cmd_policy.h - reading a policy as the command line says: the options, the remarks
 * and their count, alike in check, print, diff and apply.
 *
 * Who may include it: tools/fwctl only.
 */
#ifndef FWCTL_CMD_POLICY_H
#define FWCTL_CMD_POLICY_H

#include <getopt.h>

#include "tools/fwctl/cmd.h"

/* What getopt_long() returns for them. */
enum cmd_policy_option {
	CMD_OPTION_DIALECT = 0x100,
	CMD_OPTION_STRICT,
	CMD_OPTION_IGNORE,
};

/* Rows of a command's table of options. */
/* clang-format off */
#define CMD_POLICY_OPTIONS                                            \
	{"dialect", required_argument, NULL, CMD_OPTION_DIALECT},     \
	{"strict", no_argument, NULL, CMD_OPTION_STRICT},             \
	{"ignore", required_argument, NULL, CMD_OPTION_IGNORE}
/* clang-format on */

/* Their lines of a command's help. */
#define CMD_POLICY_HELP                                                                 \
	"  --dialect DIALECT  how the policy is to be read, instead of what it says\n"  \
	"                     itself: pix (PIX, and ASA before 8.3), asa83, asa9\n"     \
	"  --strict           what is ignored, so that less is inspected or offered,\n" \
	"                     is an error\n"                                            \
	"  --ignore ipsec     crypto maps on interfaces are ignored: there is no "      \
	"IPsec\n"

/*
 * Take one of them.
 * @command: for messages, as in "check"
 * @option:  what getopt_long() returned
 * Return: CMD_OK, or CMD_USAGE after saying why; -1: it is none of them.
 */
int cmd_policy_option(const char *command, int option, const char *value,
		      struct policy_parse_options *out);

/* The same where a command has no other options: what is none of them is refused.
 * @argv: as given to getopt_long() */
int cmd_policy_only_option(const char *command, int option, char **argv,
			   struct policy_parse_options *out);

/* A policy as it was read; starts as {0}, freed by cmd_policy_free(). */
struct cmd_policy {
	const char *file; /* as remarks name it */
	char *text;
	size_t len;
	struct policy *policy;
	struct policy_diags diags; /* not printed yet */
};

/*
 * Read and check a file.
 * @path: or "-" for standard input
 * Return: CMD_OK, whether it is right (out->policy) or wrong (it is NULL, and diags say
 * why); CMD_USAGE: it cannot be read, or there is no memory; that has been said.
 */
int cmd_policy_read(const char *command, const char *path,
		    const struct policy_parse_options *options, struct cmd_policy *out);
void cmd_policy_free(struct cmd_policy *policy);

/* "FILE: 2 errors, 5 warnings, 1 note" on standard error; nothing if there are none. */
void cmd_print_counts(const struct policy_diags *diags, const char *file);

#endif /* FWCTL_CMD_POLICY_H */
