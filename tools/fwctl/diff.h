/* SPDX-License-Identifier: GPL-2.0 */
/*
 * diff.h - what `fwctl diff` finds out, told by diff_text.c and diff_json.c.
 *
 * Who may include it: those two, cmd_diff.c, and apply_report.c.
 */
#ifndef FWCTL_DIFF_H
#define FWCTL_DIFF_H

#include <pinhole/analysis.h>

struct diff_names {
	const char *old; /* a file; NULL: what is in force */
	const char *new;
};

/* Nothing differs, and nothing is unknown. */
static inline bool diff_is_empty(const struct analysis_diff *diff)
{
	return !diff->n_settings && !diff->n_groups;
}

/* {"schema": "pinhole.diff/1", ...}, a json_t that the caller owns; NULL: no memory. */
struct json_t *diff_make_json(const struct analysis_diff *diff,
			      const struct diff_names *names);

/* On standard output; nothing if nothing differs. */
void diff_print_text(const struct analysis_diff *diff, const struct diff_names *names);

/*
 * {"schema": "pinhole.diff/1", ...} on standard output. Keys are never renamed or
 * removed within a schema number; new ones may appear.
 * Return: 0 or -ENOMEM.
 */
int diff_print_json(const struct analysis_diff *diff, const struct diff_names *names);

#endif /* FWCTL_DIFF_H */
