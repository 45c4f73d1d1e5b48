// SPDX-License-Identifier: GPL-2.0
/*
 * rules.c - how a policy decides at a place. See rules.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/lines.h"
#include "analysis/rules.h"

/* The line of no list that permits everything. */
#define EVERYTHING ACL_NO_LINE

int policy_side_init(struct policy_side *side, const struct policy_image *image)
{
	side->image = image;
	side->by_number =
		calloc(image->n_acl_lines + 1, sizeof(struct policy_image_line *));
	if (!side->by_number)
		return -ENOMEM;
	for (size_t i = 0; i < image->n_lines; i++)
		if (image->lines[i].acl_line != ACL_NO_LINE)
			side->by_number[image->lines[i].acl_line] = &image->lines[i];
	return 0;
}

void policy_side_free(struct policy_side *side)
{
	free(side->by_number);
}

bool same_rule(const struct rule_of *a, const struct rule_of *b)
{
	return !memcmp(a->lists, b->lists, sizeof(a->lists)) &&
	       a->permit_rest == b->permit_rest && a->rest == b->rest;
}

static struct rule_of rule_of_rest(enum analysis_by by, bool permit)
{
	return (struct rule_of){{NO_LIST, NO_LIST}, permit, by};
}

/* The index of a list by its name; NO_LIST if no line of it is active. */
static size_t list_by_name(const struct policy_side *side, const char *name)
{
	const struct policy_image *image = side->image;

	for (size_t i = 0; i < image->n_acl_lists; i++) {
		const struct acl_list *list = &image->acl_lists[i];

		if (list->n_lines &&
		    !strcmp(side->by_number[list->lines[0].number]->acl, name))
			return i;
	}
	return NO_LIST;
}

static struct rule_of one_list(const struct policy_side *side, const char *name)
{
	struct rule_of rule = rule_of_rest(ANALYSIS_BY_LIST, false);

	rule.lists[0] = list_by_name(side, name);
	return rule;
}

/* As judge_inbound() of the datapath: by lists, or by levels and conduits. */
struct rule_of rule_in(const struct policy_side *side,
		       const struct policy_image_iface *in,
		       const struct policy_image_iface *out)
{
	const struct policy_image *image = side->image;
	uint32_t flags = image->config.flags;
	int from = (int)in->config.security_level, to = (int)out->config.security_level;
	struct rule_of rule = rule_of_rest(ANALYSIS_BY_LIST, false);

	if (in->config.id == out->config.id && !(flags & CONFIG_F_SAME_INTRA))
		return rule_of_rest(ANALYSIS_BY_LEVELS, false);
	if (in->config.id != out->config.id && from == to &&
	    !(flags & CONFIG_F_SAME_INTER))
		return rule_of_rest(ANALYSIS_BY_LEVELS, false);
	if (in->config.flags & IFACE_F_ACL_IN)
		rule.lists[0] = list_by_name(side, in->acl_in);
	if (flags & CONFIG_F_ACL_GLOBAL)
		rule.lists[1] = list_by_name(side, image->acl_global);
	if ((in->config.flags & IFACE_F_ACL_IN) || (flags & CONFIG_F_ACL_GLOBAL))
		return rule;
	rule = rule_of_rest(ANALYSIS_BY_LEVELS, from >= to);
	if (from < to && (flags & CONFIG_F_CONDUIT))
		rule.lists[0] = list_by_name(side, "(conduit)");
	return rule;
}

struct rule_of rule_out(const struct policy_side *side,
			const struct policy_image_iface *iface)
{
	return iface->config.flags & IFACE_F_ACL_OUT
		       ? one_list(side, iface->acl_out)
		       : rule_of_rest(ANALYSIS_BY_NONE, true);
}

struct rule_of rule_box(const struct policy_side *side,
			const struct policy_image_iface *iface)
{
	return iface->config.flags & IFACE_F_ACL_BOX
		       ? one_list(side, iface->acl_box)
		       : rule_of_rest(ANALYSIS_BY_NONE, true);
}

/* ---- rules as lists ---- */

static const struct acl_prefix all_addresses[] = {{.family = ACL_IPV4},
						  {.family = ACL_IPV6}};
static const struct acl_service all_services = {
	.src_port_high = 65535,
	.dst_port_high = 65535,
	.any_proto = true,
};

int rule_list(const struct policy_side *side, const struct rule_of *rule,
	      struct acl_line **lines, struct acl_list *out)
{
	size_t n = 0;

	for (int i = 0; i < MAX_ROW; i++)
		if (rule->lists[i] != NO_LIST)
			n += side->image->acl_lists[rule->lists[i]].n_lines;
	*lines = calloc(n + 1, sizeof(**lines));
	if (!*lines)
		return -ENOMEM;
	*out = (struct acl_list){*lines, 0};
	for (int i = 0; i < MAX_ROW; i++) {
		const struct acl_list *list;

		if (rule->lists[i] == NO_LIST)
			continue;
		list = &side->image->acl_lists[rule->lists[i]];
		memcpy(*lines + out->n_lines, list->lines,
		       list->n_lines * sizeof(**lines));
		out->n_lines += list->n_lines;
	}
	if (rule->permit_rest)
		(*lines)[out->n_lines++] = (struct acl_line){
			.src = all_addresses,
			.dst = all_addresses,
			.services = &all_services,
			.n_src = ACL_N_FAMILIES,
			.n_dst = ACL_N_FAMILIES,
			.n_services = 1,
			.number = EVERYTHING,
			.permit = true,
		};
	return 0;
}

struct analysis_decision rule_decision(const struct policy_side *side,
				       const struct rule_of *rule,
				       const struct acl_list *list, size_t line)
{
	struct analysis_decision decision = {.by = rule->rest,
					     .permit = rule->permit_rest};

	if (line == SPACE_NO_LINE || list->lines[line].number == EVERYTHING)
		return decision;
	decision.by = ANALYSIS_BY_LINE;
	decision.permit = list->lines[line].permit;
	decision.line = side->by_number[list->lines[line].number];
	return decision;
}
