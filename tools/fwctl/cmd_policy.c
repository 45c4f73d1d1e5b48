// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_policy.c - reading a policy, alike in all commands. See cmd_policy.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fwctl/cmd_policy.h"

static int take_dialect(const char *command, const char *value,
			struct policy_parse_options *out)
{
	static const struct {
		const char *word;
		enum policy_dialect dialect;
	} dialects[] = {
		{"pix", POLICY_DIALECT_PIX},
		{"asa83", POLICY_DIALECT_ASA83},
		{"asa9", POLICY_DIALECT_ASA9},
	};

	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		if (!strcmp(value, dialects[i].word)) {
			out->dialect = dialects[i].dialect;
			return CMD_OK;
		}
	}
	return cmd_usage_error(command, "'%s' is no dialect: pix, asa83 or asa9", value);
}

int cmd_policy_option(const char *command, int option, const char *value,
		      struct policy_parse_options *out)
{
	switch (option) {
	case CMD_OPTION_DIALECT:
		return take_dialect(command, value, out);
	case CMD_OPTION_STRICT:
		out->strict = true;
		return CMD_OK;
	case CMD_OPTION_IGNORE:
		if (strcmp(value, "ipsec") != 0)
			return cmd_usage_error(
				command, "'%s' cannot be ignored: only ipsec can", value);
		out->ignore_ipsec = true;
		return CMD_OK;
	default:
		return -1;
	}
}

int cmd_policy_only_option(const char *command, int option, char **argv,
			   struct policy_parse_options *out)
{
	int status = cmd_policy_option(command, option, optarg, out);

	if (status >= 0)
		return status;
	return option == ':'
		       ? cmd_usage_error(command, "%s needs a value", argv[optind - 1])
		       : cmd_usage_error(command, "unknown option '%s'",
					 argv[optind - 1]);
}

int cmd_policy_read(const char *command, const char *path,
		    const struct policy_parse_options *options, struct cmd_policy *out)
{
	int err;

	if (cmd_read_file(path, &out->text, &out->len))
		return CMD_USAGE;
	out->file = cmd_file_name(path);
	err = policy_parse_as(out->text, out->len, options, &out->policy, &out->diags);
	if (err != -ENOMEM)
		return CMD_OK;
	fprintf(stderr, "fwctl %s: %s: out of memory\n", command, out->file);
	return CMD_USAGE;
}

void cmd_policy_free(struct cmd_policy *policy)
{
	free(policy->text);
	policy_free(policy->policy);
	policy_diags_free(&policy->diags);
	*policy = (struct cmd_policy){0};
}

void cmd_print_counts(const struct policy_diags *diags, const char *file)
{
	static const char *const words[] = {
		[POLICY_ERROR] = "error",
		[POLICY_WARNING] = "warning",
		[POLICY_NOTE] = "note",
	};
	size_t counts[sizeof(words) / sizeof(words[0])] = {0};
	const char *before = ": ";

	if (!diags->count)
		return;
	for (size_t i = 0; i < diags->count; i++)
		counts[diags->items[i].severity]++;
	fputs(file, stderr);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!counts[i])
			continue;
		fprintf(stderr, "%s%zu %s%s", before, counts[i], words[i],
			counts[i] == 1 ? "" : "s");
		before = ", ";
	}
	fputc('\n', stderr);
}
