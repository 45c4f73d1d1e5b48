/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_apply.h - what apply, confirm and rollback say. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_APPLY_H
#define FWCTL_FORMAT_APPLY_H

#include <stdbool.h>
#include <stdio.h>

#include <pinhole/firewall_undo.h>

/* The devices of the policy, and how they are used.
 * @dry_run: would be; @cgroup_asked: --cgroup was given */
void format_apply_text(FILE *out, const struct fw_apply_report *report, bool dry_run,
		       bool cgroup_asked);

/* What changes by it. */
struct format_preview {
	uint32_t generation; /* that was in force; 0: none was */
	bool dry_run;
	bool compared;
	bool too_large; /* that is why it was not */
	bool equal;	/* nothing differs, nor is unknown */
	size_t n_differences;
	bool counted; /* n_conns and n_ended mean something */
	bool kept;    /* connections are not judged again */
	uint64_t n_conns;
	uint64_t n_ended;
};

/* @listed: the differences follow */
void format_preview_changes(FILE *out, const struct format_preview *preview, bool listed);
void format_preview_conns(FILE *out, const struct format_preview *preview);

/* {"schema": "pinhole.confirm/1", ...} */
void format_confirm_json(FILE *out, uint32_t generation);
void format_confirm_text(FILE *out, uint32_t generation);

/* {"schema": "pinhole.rollback/1", ...} */
void format_rollback_json(FILE *out, const struct fw_rollback_report *report);
void format_rollback_text(FILE *out, const struct fw_rollback_report *report);

#endif /* FWCTL_FORMAT_APPLY_H */
