// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_check.c - `fwctl check [--json] FILE`: is this policy right?
 *
 * Needs neither root nor a kernel with BPF: editors and continuous
 * integration call it. A policy that passes here can only be refused by the
 * machine it is applied on (a device missing, a permission lacking).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tools/fwctl/cmd.h"
#include "tools/fwctl/format_ftp.h"
#include "util/cleanup.h"
#include "util/text.h"

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl check [--json] FILE\n"
	      "Check a policy without applying it. FILE may be - for standard input.\n"
	      "\n"
	      "  --json      print remarks and summary as JSON on standard output\n"
	      "  -h, --help  show this text\n"
	      "\n"
	      "Exit status: 0 right, 1 wrong, 2 usage or FILE cannot be read.\n",
	      out);
}

static void policy_cleanup(struct policy **policy)
{
	policy_free(*policy);
}

static void image_cleanup(struct policy_image **image)
{
	policy_image_free(*image);
}

static void json_cleanup(json_t **json)
{
	json_decref(*json);
}

/* null for what is not there */
static json_t *json_text(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *json_diag(const struct policy_diag *diag)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:i, s:o, s:s, s:o}", "severity",
			 policy_severity_word(diag->severity), "code",
			 diag->code, "line", (int)diag->line, "column", (int)diag->column,
			 "width", (int)diag->width, "source_line",
			 json_text(diag->source_line), "message", diag->message, "hint",
			 json_text(diag->hint));
}

static json_t *json_diags(const struct policy_diags *diags)
{
	json_t *array cleanup_(json_cleanup) = json_array();

	for (size_t i = 0; i < diags->count; i++)
		if (json_array_append_new(array, json_diag(&diags->items[i])))
			return NULL;
	return take(array);
}

static const char *tls_word(uint32_t flags)
{
	if (flags & FIXUP_F_TLS_DENY)
		return "deny";
	return flags & FIXUP_F_TLS_REQUIRE ? "require" : "pass";
}

/* null without data-ports */
static json_t *json_data_ports(const struct fixup_value *value)
{
	if (!(value->flags & FIXUP_F_DATA_PORTS))
		return json_null();
	return json_pack("{s:i, s:i, s:i}", "low", (int)value->data_low, "high",
			 (int)value->data_high, "limit", (int)value->data_limit);
}

static json_t *json_inspection(const struct policy_image_fixup *fixup)
{
	const struct fixup_value *value = &fixup->value;

	return json_pack("{s:s, s:i, s:b, s:s, s:o, s:b, s:b, s:b, s:s, s:i}", "kind",
			 value->kind == FIXUP_FTPS ? "ftps" : "ftp", "port",
			 (int)ntohs(fixup->key.port), "strict",
			 (value->flags & FIXUP_F_STRICT) != 0, "tls",
			 tls_word(value->flags), "data_ports", json_data_ports(value),
			 "source_port", (value->flags & FIXUP_F_SOURCE_PORT) != 0,
			 "mask_banner", (value->flags & FIXUP_F_MASK_BANNER) != 0,
			 "mask_syst_reply", (value->flags & FIXUP_F_MASK_SYST) != 0,
			 "policy_map", fixup->map, "matches", (int)value->n_rules);
}

static json_t *json_inspections(const struct policy_image *image)
{
	json_t *array cleanup_(json_cleanup) = json_array();

	for (size_t i = 0; i < image->n_fixups; i++)
		if (json_array_append_new(array, json_inspection(&image->fixups[i])))
			return NULL;
	return take(array);
}

/* ---- access lists ---------------------------------------------------------------- */

/* What its first line says. */
static const char *list_name(const struct policy_image *image, size_t list)
{
	const struct acl_list *of = &image->acl_lists[list];

	for (size_t i = 0; of->n_lines && i < image->n_lines; i++)
		if (image->lines[i].acl_line == of->lines[0].number)
			return image->lines[i].acl;
	return "";
}

static json_t *json_figures(const char *name, const char *family,
			    const struct acl_figures *figures)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "access_list", name,
			 "family", family, "rules", (json_int_t)figures->rules, "tables",
			 (json_int_t)figures->tables, "classes",
			 (json_int_t)figures->classes, "worst_probes",
			 (json_int_t)figures->worst_probes, "worst_nodes",
			 (json_int_t)figures->worst_nodes, "worst_rules",
			 (json_int_t)figures->worst_rules);
}

static json_t *json_lists(const struct policy_image *image)
{
	static const char *const families[ACL_N_FAMILIES] = {
		[ACL_IPV4] = "ipv4",
		[ACL_IPV6] = "ipv6",
	};
	json_t *array cleanup_(json_cleanup) = json_array();

	for (size_t i = 0; i < image->acl.n_lists; i++) {
		const char *name = list_name(image, i);

		for (size_t j = 0; j < ACL_N_FAMILIES; j++) {
			const struct acl_figures *figures = &image->acl.figures[i][j];

			if (figures->rules &&
			    json_array_append_new(
				    array, json_figures(name, families[j], figures)))
				return NULL;
		}
	}
	return take(array);
}

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

/* ---- the summary ----------------------------------------------------------------- */

/* @image: NULL if the policy is wrong */
static json_t *json_summary(const struct policy_image *image)
{
	if (!image)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:o}", "access_list_lines",
			 (json_int_t)image->n_lines, "access_list_lines_in_use",
			 (json_int_t)image->n_acl_lines, "access_list_bytes",
			 (json_int_t)acl_image_bytes(&image->acl), "access_lists",
			 json_lists(image), "translations", (json_int_t)image->n_nats,
			 "interfaces", (json_int_t)image->n_ifaces, "inspected_ports",
			 (json_int_t)image->n_fixups, "inspections",
			 json_inspections(image));
}

static int print_json(const char *file, const struct policy_image *image,
		      const struct policy_diags *diags)
{
	char *shown cleanup_free_ = strdup(file);
	json_t *root cleanup_(json_cleanup) = NULL;

	if (!shown)
		return -ENOMEM;
	text_sanitize(shown, strlen(shown));
	root = json_pack("{s:s, s:b, s:o, s:o}", "file", shown, "ok", image != NULL,
			 "summary", json_summary(image), "diagnostics",
			 json_diags(diags));
	if (!root || json_dumpf(root, stdout, JSON_INDENT(2)))
		return -ENOMEM;
	putchar('\n');
	return 0;
}

static void print_inspections(const struct policy_image *image)
{
	char line[512];

	for (size_t i = 0; i < image->n_fixups; i++)
		printf("  inspects %s\n",
		       format_ftp_inspection(line, sizeof(line), &image->fixups[i]));
}

static void print_text(const char *file, const struct policy_image *image,
		       const struct policy_diags *diags)
{
	cmd_print_diags(diags, file);
	if (image) {
		printf("%s: %zu access-list lines, %zu translations, %zu interfaces: "
		       "ok\n",
		       file, image->n_lines, image->n_nats, image->n_ifaces);
		print_lists(image);
		print_inspections(image);
	} else {
		fprintf(stderr, "%s: %zu error%s\n", file, diags->n_errors,
			diags->n_errors == 1 ? "" : "s");
	}
}

static int check_file(const char *path, bool json)
{
	struct policy *policy cleanup_(policy_cleanup) = NULL;
	struct policy_image *image cleanup_(image_cleanup) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	char *text cleanup_free_ = NULL;
	const char *file = cmd_file_name(path);
	size_t len;
	int err;

	if (cmd_read_file(path, &text, &len))
		return CMD_USAGE;
	err = policy_parse(text, len, &policy, &diags);
	if (!err)
		err = policy_compile(policy, &image, &diags);
	if (err != -ENOMEM && json)
		err = print_json(file, image, &diags);
	else if (err != -ENOMEM)
		print_text(file, image, &diags);
	if (err == -ENOMEM) {
		fprintf(stderr, "fwctl check: %s: out of memory\n", file);
		return CMD_USAGE;
	}
	return image ? CMD_OK : CMD_BAD_POLICY;
}

int cmd_check(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	bool json = false;
	int option;

	optind = 0; /* main() may have parsed options of its own */
	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			json = true;
			break;
		case 'h':
			print_usage(stdout);
			return CMD_OK;
		default:
			return cmd_usage_error("check", "unknown option '%s'",
					       argv[optind - 1]);
		}
	}
	if (argc - optind != 1)
		return cmd_usage_error("check", "give exactly one FILE");
	return check_file(argv[optind], json);
}
