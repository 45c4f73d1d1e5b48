// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_diff.c - `fwctl diff OLD NEW`: what is permitted differently.
 *
 * With one file it is compared with what is in force, whose canonical text is kept with
 * it. Exit statuses are diff(1)'s, for scripts that know those.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fwctl/cmd_policy.h"
#include "tools/fwctl/diff.h"
#include "util/cleanup.h"

#define DIFF_EQUAL     0
#define DIFF_DIFFERENT 1
#define DIFF_TROUBLE   2

_Static_assert(DIFF_TROUBLE == CMD_USAGE, "what cannot be read is trouble");

struct diff_request {
	struct policy_parse_options options;
	const char *pin_dir;
	const char *old; /* NULL: what is in force */
	const char *new;
	bool json;
};

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl diff [OPTION]... [OLD] NEW\n"
	      "Compare what two policies permit, not how they are written. Without OLD, "
	      "NEW is\n"
	      "compared with the policy in force. Each difference has a packet as an "
	      "example and\n"
	      "the lines that decide about it.\n"
	      "\n" CMD_POLICY_HELP "  --json             as JSON\n"
	      "  --pin-dir DIR      where the firewall is pinned (" FW_DEFAULT_PIN_DIR
	      ")\n"
	      "  -h, --help         show this text\n"
	      "\n"
	      "Exit status: 0 nothing differs, 1 something differs or was too much to "
	      "be\n"
	      "examined, 2 usage, or a policy cannot be read or is wrong.\n",
	      out);
}

/* ---- reading ---------------------------------------------------------------------- */

struct diff_side {
	struct cmd_policy read;
	struct policy_image *image;
};

static void side_free(struct diff_side *side)
{
	cmd_policy_free(&side->read);
	policy_image_free(side->image);
}

static void close_fw(struct fw **fw)
{
	fw_close(*fw);
}

/* Its text says how it is to be read. */
static int read_in_force(const char *pin_dir, struct cmd_policy *out)
{
	struct fw *fw cleanup_(close_fw) = NULL;
	struct fw_error error = {0};
	uint32_t generation;

	out->file = "<in force>";
	if (fw_open(pin_dir, &fw, &error) ||
	    fw_read_policy(fw, &generation, &out->text, &out->len, &error)) {
		cmd_print_fw_error("diff", &error);
		return DIFF_TROUBLE;
	}
	if (policy_parse(out->text, out->len, &out->policy, &out->diags) == -ENOMEM) {
		fputs("fwctl diff: out of memory\n", stderr);
		return DIFF_TROUBLE;
	}
	return 0;
}

/* Remarks are shown only if the policy is wrong: to see them all there is check. */
static int compile(struct diff_side *side)
{
	int err = side->read.policy
			  ? policy_compile_names(side->read.policy, &side->image,
						 &side->read.diags)
			  : -EINVAL;

	if (!err)
		return 0;
	if (err == -ENOMEM) {
		fputs("fwctl diff: out of memory\n", stderr);
		return DIFF_TROUBLE;
	}
	cmd_print_diags(&side->read.diags, side->read.file);
	cmd_print_counts(&side->read.diags, side->read.file);
	return DIFF_TROUBLE;
}

static int read_side(const struct diff_request *request, const char *path,
		     struct diff_side *side)
{
	int status = path ? cmd_policy_read("diff", path, &request->options, &side->read)
			  : read_in_force(request->pin_dir, &side->read);

	return status ? status : compile(side);
}

/* ---- the work --------------------------------------------------------------------- */

static void free_diff(struct analysis_diff **diff)
{
	analysis_diff_free(*diff);
}

static int compare(const struct diff_request *request)
{
	struct diff_side old cleanup_(side_free) = {0}, new cleanup_(side_free) = {0};
	struct analysis_diff *diff cleanup_(free_diff) = NULL;
	struct diff_names names = {0};
	int status = read_side(request, request->old, &old);
	int err;

	if (!status)
		status = read_side(request, request->new, &new);
	if (status)
		return status;
	names.old = request->old ? old.read.file : NULL;
	names.new = new.read.file;
	err = policy_diff(old.image, new.image, &diff);
	if (!err && request->json)
		err = diff_print_json(diff, &names);
	else if (!err)
		diff_print_text(diff, &names);
	if (err) {
		fputs("fwctl diff: out of memory\n", stderr);
		return DIFF_TROUBLE;
	}
	return diff_is_empty(diff) ? DIFF_EQUAL : DIFF_DIFFERENT;
}

int cmd_diff(int argc, char **argv)
{
	static const struct option table[] = {
		CMD_POLICY_OPTIONS,
		{"json", no_argument, NULL, 'j'},
		{"pin-dir", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct diff_request request = {0};
	int option, n_files;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		int status = 0;

		switch (option) {
		case 'j':
			request.json = true;
			break;
		case 'p':
			request.pin_dir = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return CMD_OK;
		default:
			status = cmd_policy_only_option("diff", option, argv,
							&request.options);
		}
		if (status)
			return status;
	}
	n_files = argc - optind;
	if (n_files != 1 && n_files != 2)
		return cmd_usage_error("diff", "give NEW, or OLD and NEW");
	request.old = n_files == 2 ? argv[optind] : NULL;
	request.new = argv[argc - 1];
	if (request.old && !strcmp(request.old, "-") && !strcmp(request.new, "-"))
		return cmd_usage_error("diff", "only one of both can be standard input");
	return compare(&request);
}
