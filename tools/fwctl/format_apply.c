// SPDX-License-Identifier: GPL-2.0
/*
 * format_apply.c - what apply, confirm and rollback say. See format_apply.h.
 */
#include "format_apply.h"

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
