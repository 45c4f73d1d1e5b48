// SPDX-License-Identifier: GPL-2.0
/*
 * check_json.c - what `fwctl check` found, for programs. See check.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tools/fwctl/check.h"
#include "util/cleanup.h"
#include "util/text.h"

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
			 policy_severity_word(diag->severity), "code", diag->code, "line",
			 (int)diag->line, "column", (int)diag->column, "width",
			 (int)diag->width, "source_line", json_text(diag->source_line),
			 "message", diag->message, "hint", json_text(diag->hint));
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

/* ---- lines that can never match --------------------------------------------------- */

static json_t *json_line(const struct policy_image_line *line)
{
	return json_pack("{s:s, s:i, s:i}", "access_list", line->acl, "number",
			 (int)line->number, "line", (int)line->source_line);
}

static json_t *json_covers(const struct analysis_unreachable *it)
{
	json_t *array cleanup_(json_cleanup) = json_array();

	for (size_t i = 0; i < it->n_by; i++)
		if (json_array_append_new(array, json_line(it->by[i])))
			return NULL;
	return take(array);
}

static json_t *json_unreachable(const struct analysis_lines *lines)
{
	static const char *const effects[] = {
		[ANALYSIS_SAME] = "same",
		[ANALYSIS_OPPOSITE] = "opposite",
		[ANALYSIS_MIXED] = "mixed",
	};
	json_t *array cleanup_(json_cleanup) = json_array();

	for (size_t i = 0; i < lines->count; i++) {
		const struct analysis_unreachable *it = &lines->items[i];
		json_t *line = json_line(it->line);

		if (json_object_set_new(line, "effect",
					json_string(effects[it->effect])) ||
		    json_object_set_new(line, "covered_by", json_covers(it)) ||
		    json_array_append_new(array, line))
			return NULL;
	}
	return take(array);
}

/* ---- the whole -------------------------------------------------------------------- */

static json_t *json_report(const struct check *check)
{
	const struct policy_report *report = &check->report;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "enforced",
			 (json_int_t)report->n_enforced, "ignored",
			 (json_int_t)report->n_ignored, "uncovered",
			 (json_int_t)report->n_uncovered, "unused_access_lists",
			 (json_int_t)report->n_unused_lists, "unused_access_list_lines",
			 (json_int_t)report->n_unused_lines, "lines_examined",
			 (json_int_t)check->lines->n_examined, "lines_unknown",
			 (json_int_t)check->lines->n_unknown, "unreachable",
			 json_unreachable(check->lines));
}

/* Names of the interfaces where FTP of this machine itself is inspected. */
static json_t *json_host_mode(const struct policy_image *image)
{
	json_t *array cleanup_(json_cleanup) = json_array();

	for (size_t i = 0; i < image->n_ifaces; i++)
		if (image->ifaces[i].config.flags & IFACE_F_HOST_FTP &&
		    json_array_append_new(array, json_string(image->ifaces[i].name)))
			return NULL;
	return take(array);
}

static json_t *json_summary(const struct policy_image *image)
{
	return json_pack("{s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:o, s:o}",
			 "access_list_lines", (json_int_t)image->n_lines,
			 "access_list_lines_in_use", (json_int_t)image->n_acl_lines,
			 "access_list_bytes", (json_int_t)acl_image_bytes(&image->acl),
			 "access_lists", json_lists(image), "translations",
			 (json_int_t)check_translations(image), "interfaces",
			 (json_int_t)image->n_ifaces, "inspected_ports",
			 (json_int_t)image->n_fixups, "inspections",
			 json_inspections(image), "host_mode", json_host_mode(image));
}

static json_t *json_counts(const struct policy_diags *diags)
{
	size_t counts[POLICY_NOTE + 1] = {0};

	for (size_t i = 0; i < diags->count; i++)
		counts[diags->items[i].severity]++;
	return json_pack("{s:I, s:I, s:I}", "errors", (json_int_t)counts[POLICY_ERROR],
			 "warnings", (json_int_t)counts[POLICY_WARNING], "notes",
			 (json_int_t)counts[POLICY_NOTE]);
}

int check_print_json(const struct check *check)
{
	char *shown cleanup_free_ = strdup(check->read.file);
	json_t *root cleanup_(json_cleanup) = NULL;

	if (!shown)
		return -ENOMEM;
	text_sanitize(shown, strlen(shown));
	root = json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "schema",
			 "pinhole.check/1", "file", shown, "ok", check->image != NULL,
			 "summary",
			 check->image ? json_summary(check->image) : json_null(),
			 "report", check->image ? json_report(check) : json_null(),
			 "counts", json_counts(&check->read.diags), "diagnostics",
			 json_diags(&check->read.diags));
	if (!root || json_dumpf(root, stdout, JSON_INDENT(2)))
		return -ENOMEM;
	putchar('\n');
	return 0;
}
