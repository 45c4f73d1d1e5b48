// SPDX-License-Identifier: GPL-2.0
/*
 * format_apply.c - what apply, confirm and rollback say. See format_apply.h.
 */
#include <inttypes.h>
#include <string.h>

#include "format_apply.h"

/* ---- apply ------------------------------------------------------------------------- */

static const char *mode_word(enum fw_mode mode)
{
	static const char *const words[] = {
		[FW_MODE_AUTO] = "auto",
		[FW_MODE_XDP] = "xdp",
		[FW_MODE_GENERIC] = "generic",
		[FW_MODE_TC] = "tc",
	};

	return words[mode];
}

static void print_warnings(FILE *out, const char *interface, const char *warnings)
{
	while (*warnings) {
		int len = (int)strcspn(warnings, "\n");

		fprintf(out, "  %s: warning: %.*s\n", interface, len, warnings);
		warnings += len;
		warnings += *warnings == '\n';
	}
}

static void print_host_mode(FILE *out, const struct fw_apply_report *report,
			    bool cgroup_asked)
{
	if (report->host_mode && report->cgroup[0])
		fprintf(out, "  host mode: on, watching cgroup %s\n", report->cgroup);
	else if (report->host_mode)
		fputs("  host mode: on\n", out);
	else if (report->host_wanted)
		fputs("  host mode: left out: FTP sessions of this machine get no "
		      "holes\n",
		      out);
	else if (cgroup_asked)
		fputs("  host mode: off, the policy does not ask for it; --cgroup has no "
		      "effect\n",
		      out);
}

void format_apply_text(FILE *out, const struct fw_apply_report *report, bool dry_run,
		       bool cgroup_asked)
{
	if (dry_run)
		fputs("dry run: nothing was changed\n", out);
	else
		fprintf(out, "generation %u in force\n", report->generation);
	for (size_t i = 0; i < report->n_interfaces; i++) {
		bool tagged = strcmp(report->interfaces[i].device,
				     report->interfaces[i].carrier) != 0;

		fprintf(out, "  %s: device %s%s%s, mode %s (%s)\n",
			report->interfaces[i].name, report->interfaces[i].device,
			tagged ? " on " : "", tagged ? report->interfaces[i].carrier : "",
			mode_word(report->interfaces[i].mode), report->interfaces[i].why);
		print_warnings(out, report->interfaces[i].name,
			       report->interfaces[i].warning);
	}
	print_host_mode(out, report, cgroup_asked);
}

void format_preview_changes(FILE *out, const struct format_preview *preview, bool listed)
{
	if (!preview->generation && preview->dry_run)
		fputs("no policy is in force to compare it with\n", out);
	else if (preview->generation && preview->too_large)
		fprintf(out,
			"not compared with generation %u: too many lines; `fwctl diff` "
			"and --dry-run do\n",
			preview->generation);
	else if (preview->compared && preview->equal)
		fprintf(out, "it permits what generation %u does\n", preview->generation);
	else if (preview->compared && listed)
		fprintf(out, "compared with generation %u:\n", preview->generation);
	else if (preview->compared)
		fprintf(out,
			"compared with generation %u: %zu differences, too many to list "
			"here; --dry-run does\n",
			preview->generation, preview->n_differences);
}

void format_preview_conns(FILE *out, const struct format_preview *preview)
{
	const char *would = preview->dry_run ? "would end" : "end";

	if (!preview->counted || !preview->n_conns)
		return;
	if (preview->kept)
		fprintf(out, "connections: %" PRIu64 " established are kept\n",
			preview->n_conns);
	else
		fprintf(out,
			"connections: %" PRIu64 " of %" PRIu64
			" established %s, each on its next packet\n",
			preview->n_ended, preview->n_conns, would);
}

/* ---- confirm and rollback ---------------------------------------------------------- */

void format_confirm_text(FILE *out, uint32_t generation)
{
	fprintf(out, "generation %u stays in force\n", generation);
}

void format_confirm_json(FILE *out, uint32_t generation)
{
	fprintf(out, "{\"schema\": \"pinhole.confirm/1\", \"generation\": %u}\n",
		generation);
}

void format_rollback_text(FILE *out, const struct fw_rollback_report *report)
{
	if (report->by_deadline)
		fprintf(out,
			"generation %u was undone at its deadline; the policy before is "
			"in force as generation %u\n",
			report->undone, report->generation);
	else
		fprintf(out,
			"generation %u is undone; the policy before is in force as "
			"generation %u\n",
			report->undone, report->generation);
}

void format_rollback_json(FILE *out, const struct fw_rollback_report *report)
{
	fprintf(out,
		"{\"schema\": \"pinhole.rollback/1\", \"undone\": %u, \"generation\": "
		"%u, \"by_deadline\": %s}\n",
		report->undone, report->generation,
		report->by_deadline ? "true" : "false");
}
