// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_check.c - `fwctl check FILE`: is this policy right, and what becomes of it?
 *
 * Needs neither root nor a kernel with BPF: editors and continuous
 * integration call it. A policy that passes here can only be refused by the
 * machine it is applied on (a device missing, a permission lacking).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fwctl/check.h"
#include "tools/fwctl/format_ftp.h"
#include "util/cleanup.h"

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl check [OPTION]... FILE\n"
	      "Check a policy without applying it, and say what becomes of it: what is "
	      "enforced,\n"
	      "what is ignored, which access-list lines can never match. FILE may be - "
	      "for\n"
	      "standard input.\n"
	      "\n" CMD_POLICY_HELP
	      "  --json             remarks and summary as JSON on standard output\n"
	      "  -h, --help         show this text\n"
	      "\n"
	      "Exit status: 0 right, 1 wrong, 2 usage or FILE cannot be read. Warnings "
	      "and notes\n"
	      "do not change it.\n",
	      out);
}

static void check_free(struct check *check)
{
	cmd_policy_free(&check->read);
	policy_image_free(check->image);
	analysis_lines_free(check->lines);
}

/* ---- text ------------------------------------------------------------------------ */

/* The worst lookups of any list and family. */
static struct acl_figures worst_of(const struct policy_image *image)
{
	struct acl_figures worst = {0};

	for (size_t i = 0; i < image->acl.n_lists; i++) {
		for (size_t j = 0; j < ACL_N_FAMILIES; j++) {
			const struct acl_figures *it = &image->acl.figures[i][j];

			worst.rules += it->rules;
			if (it->worst_probes > worst.worst_probes)
				worst.worst_probes = it->worst_probes;
			if (it->worst_rules > worst.worst_rules)
				worst.worst_rules = it->worst_rules;
		}
	}
	return worst;
}

static void print_lists(const struct policy_image *image)
{
	const struct acl_figures worst = worst_of(image);

	if (!image->n_acl_lines)
		return;
	printf("  access lists in use: %zu lines, %u rules, %zu KiB; a lookup probes at "
	       "most %u tables and compares %u rules\n",
	       image->n_acl_lines, worst.rules,
	       (acl_image_bytes(&image->acl) + 1023) / 1024, worst.worst_probes,
	       worst.worst_rules);
}

static void print_inspections(const struct policy_image *image)
{
	char line[512];

	for (size_t i = 0; i < image->n_fixups; i++)
		printf("  inspects %s\n",
		       format_ftp_inspection(line, sizeof(line), &image->fixups[i]));
}

/* Where FTP of this machine itself is inspected, and what clients know it as. */
static void print_host_mode(const struct policy_image *image)
{
	for (size_t i = 0; i < image->n_ifaces; i++) {
		const struct iface_config *config = &image->ifaces[i].config;
		char real[INET_ADDRSTRLEN], public[INET_ADDRSTRLEN];

		if (!(config->flags & IFACE_F_HOST_FTP))
			continue;
		printf("  host mode on interface %s", image->ifaces[i].name);
		if (config->host_public.word[3] &&
		    inet_ntop(AF_INET, &config->host_real.word[3], real, sizeof(real)) &&
		    inet_ntop(AF_INET, &config->host_public.word[3], public,
			      sizeof(public)))
			printf(", where %s is %s upstream", real, public);
		putchar('\n');
	}
}

static void print_report(const struct check *check)
{
	const struct policy_report *report = &check->report;

	printf("  statements: %zu enforced, %zu ignored, %zu not covered\n",
	       report->n_enforced, report->n_ignored, report->n_uncovered);
	if (report->n_unused_lists)
		printf("  access lists not in use: %zu, of %zu lines\n",
		       report->n_unused_lists, report->n_unused_lines);
	if (check->lines->count)
		printf("  access-list lines that can never match: %zu of %zu\n",
		       check->lines->count, check->lines->n_examined);
}

static void print_text(const struct check *check)
{
	const struct policy_image *image = check->image;

	cmd_print_diags(&check->read.diags, check->read.file);
	cmd_print_counts(&check->read.diags, check->read.file);
	if (!image)
		return;
	printf("%s: %zu access-list lines, %zu translations, %zu interfaces: ok\n",
	       check->read.file, image->n_lines, check_translations(image),
	       image->n_ifaces);
	print_report(check);
	print_lists(image);
	print_inspections(image);
	print_host_mode(image);
}

/* ---- the work -------------------------------------------------------------------- */

/* Return: 0, -EINVAL or -E2BIG (the policy is wrong), -ENOMEM */
static int examine(struct check *check)
{
	struct cmd_policy *read = &check->read;
	int err;

	if (!read->policy)
		return -EINVAL;
	policy_get_report(read->policy, &check->report);
	err = policy_compile(read->policy, &check->image, &read->diags);
	if (!err)
		err = policy_analyse_lines(check->image, &check->lines);
	if (!err)
		err = analysis_lines_remark(check->lines, read->text, read->len,
					    &read->diags);
	return err;
}

static int check_file(const char *path, const struct policy_parse_options *options,
		      bool json)
{
	struct check check cleanup_(check_free) = {0};
	int err = cmd_policy_read("check", path, options, &check.read);

	if (err)
		return err;
	err = examine(&check);
	if (err != -ENOMEM && json)
		err = check_print_json(&check);
	else if (err != -ENOMEM)
		print_text(&check);
	if (err == -ENOMEM) {
		fprintf(stderr, "fwctl check: %s: out of memory\n", check.read.file);
		return CMD_USAGE;
	}
	return check.image ? CMD_OK : CMD_BAD_POLICY;
}

int cmd_check(int argc, char **argv)
{
	static const struct option table[] = {
		CMD_POLICY_OPTIONS,
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct policy_parse_options options = {0};
	bool json = false;
	int option;

	optind = 0; /* main() may have parsed options of its own */
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		int status;

		switch (option) {
		case 'j':
			json = true;
			break;
		case 'h':
			print_usage(stdout);
			return CMD_OK;
		default:
			status = cmd_policy_only_option("check", option, argv, &options);
			if (status)
				return status;
		}
	}
	if (argc - optind != 1)
		return cmd_usage_error("check", "give exactly one FILE");
	return check_file(argv[optind], &options, json);
}
