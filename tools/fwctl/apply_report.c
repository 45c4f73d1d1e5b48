// SPDX-License-Identifier: GPL-2.0
/*
 * apply_report.c - what an apply says: differences and connections, and all of it as
 * JSON. See apply.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <jansson.h>
#include <util/cleanup.h>

#include "tools/fwctl/apply.h"
#include "tools/fwctl/diff.h"
#include "tools/fwctl/format_apply.h"

/* An apply lists as many differences; a dry run all. */
#define LISTED_DIFFERENCES 40

static size_t count_differences(const struct analysis_diff *diff)
{
	size_t n = diff->n_settings;

	for (size_t i = 0; i < diff->n_groups; i++)
		n += diff->groups[i].count;
	return n;
}

void apply_print_preview(const struct apply_request *request, const char *new,
			 const struct apply_preview *preview)
{
	const struct diff_names names = {.new = new};
	const struct format_preview shown = {
		.generation = preview->generation,
		.dry_run = request->dry_run,
		.compared = preview->diff != NULL,
		.too_large = preview->too_large,
		.equal = preview->diff && diff_is_empty(preview->diff),
		.n_differences = preview->diff ? count_differences(preview->diff) : 0,
		.counted = preview->counted,
		.kept = request->options.keep_connections,
		.n_conns = preview->conns.total,
		.n_ended = preview->conns.ended,
	};
	bool listed = shown.compared && !shown.equal &&
		      (request->dry_run || shown.n_differences <= LISTED_DIFFERENCES);

	format_preview_changes(stdout, &shown, listed);
	if (listed)
		diff_print_text(preview->diff, &names);
	format_preview_conns(stdout, &shown);
}

/* ---- JSON -------------------------------------------------------------------------- */

static void json_cleanup(json_t **json)
{
	json_decref(*json);
}

static json_t *json_warnings(const char *warnings)
{
	json_t *array cleanup_(json_cleanup) = json_array();

	while (*warnings) {
		size_t len = strcspn(warnings, "\n");

		if (json_array_append_new(array, json_stringn(warnings, len)))
			return NULL;
		warnings += len;
		warnings += *warnings == '\n';
	}
	return take(array);
}

static json_t *json_interfaces(const struct fw_apply_report *report)
{
	json_t *array cleanup_(json_cleanup) = json_array();

	for (size_t i = 0; i < report->n_interfaces; i++) {
		json_t *item = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "name",
					 report->interfaces[i].name, "device",
					 report->interfaces[i].device, "carrier",
					 report->interfaces[i].carrier, "mode",
					 fw_mode_name(report->interfaces[i].mode),
					 "mode_reason", report->interfaces[i].why,
					 "warnings",
					 json_warnings(report->interfaces[i].warning));

		if (json_array_append_new(array, item))
			return NULL;
	}
	return take(array);
}

static json_t *json_connections(const struct apply_preview *preview)
{
	if (!preview->counted)
		return json_null();
	return json_pack("{s:I, s:I}", "established", (json_int_t)preview->conns.total,
			 "ended", (json_int_t)preview->conns.ended);
}

static json_t *json_generation(uint32_t generation)
{
	return generation ? json_integer(generation) : json_null();
}

int apply_print_json(const struct apply_request *request, const char *new,
		     const struct fw_apply_report *report,
		     const struct apply_preview *preview, struct json_t *routes)
{
	const struct diff_names names = {.new = new};
	json_t *root cleanup_(json_cleanup) = json_pack(
		"{s:s, s:b, s:o, s:o, s:o, s:o, s:s?, s:o, s:o, s:o}", "schema",
		"pinhole.apply/1", "dry_run", (int)request->dry_run, "generation",
		request->dry_run ? json_null() : json_generation(report->generation),
		"before", json_generation(preview->generation), "confirm_sec",
		report->confirm_sec ? json_integer(report->confirm_sec) : json_null(),
		"interfaces", json_interfaces(report), "host_mode_cgroup",
		report->host_mode && report->cgroup[0] ? report->cgroup : NULL,
		"connections", json_connections(preview), "routes",
		routes ? routes : json_array(), "diff",
		preview->diff ? diff_make_json(preview->diff, &names) : json_null());

	if (!root || json_dumpf(root, stdout, JSON_INDENT(2)))
		return -ENOMEM;
	putchar('\n');
	return 0;
}
