/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rules.h - how a policy decides about packets at a place: by lists, in a row, and by
 * what holds without lists. As the datapath does (bpf/judge.h).
 *
 * Who may include it: loader/analysis.
 */
#ifndef PINHOLE_ANALYSIS_RULES_H
#define PINHOLE_ANALYSIS_RULES_H

#include <pinhole/analysis.h>

#define NO_LIST SIZE_MAX
#define MAX_ROW 2 /* an interface's list and the global one; levels and conduits */

struct rule_of {
	size_t lists[MAX_ROW]; /* indexes into acl_lists, asked in turn; or NO_LIST */
	bool permit_rest;      /* what they do not decide: all of it, or nothing */
	enum analysis_by rest; /* who decides that */
};

/* One policy. */
struct policy_side {
	const struct policy_image *image;
	const struct policy_image_line **by_number; /* by acl_line */
};

/* Return: 0 or -ENOMEM. */
int policy_side_init(struct policy_side *side, const struct policy_image *image);
void policy_side_free(struct policy_side *side);

/* Of packets that come in by one interface and go on by another, or the same. */
struct rule_of rule_in(const struct policy_side *side,
		       const struct policy_image_iface *in,
		       const struct policy_image_iface *out);
struct rule_of rule_out(const struct policy_side *side,
			const struct policy_image_iface *iface);
struct rule_of rule_box(const struct policy_side *side,
			const struct policy_image_iface *iface);
bool same_rule(const struct rule_of *a, const struct rule_of *b);

/* The lines of a rule in a row. Return: 0 or -ENOMEM; the caller frees *lines. */
int rule_list(const struct policy_side *side, const struct rule_of *rule,
	      struct acl_line **lines, struct acl_list *out);
/* @line: of that list; SPACE_NO_LINE: none */
struct analysis_decision rule_decision(const struct policy_side *side,
				       const struct rule_of *rule,
				       const struct acl_list *list, size_t line);

#endif /* PINHOLE_ANALYSIS_RULES_H */
