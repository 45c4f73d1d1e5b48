// SPDX-License-Identifier: GPL-2.0
/*
 * diff_text.c - what two policies permit differently, for people. See diff.h.
 */
#include <stdio.h>
#include <string.h>

#include "tools/fwctl/diff.h"
#include "tools/fwctl/format_packet.h"

static void print_settings(const struct analysis_diff *diff)
{
	const char *kind = "";

	for (size_t i = 0; i < diff->n_settings; i++) {
		const struct analysis_setting *it = &diff->settings[i];

		if (strcmp(kind, it->kind) != 0)
			printf("%s:\n", it->kind);
		kind = it->kind;
		if (it->old)
			printf("  - %s\n", it->old);
		if (it->new)
			printf("  + %s\n", it->new);
	}
}

static void print_decision(const char *which, const char *file,
			   const struct analysis_decision *decision)
{
	const char *verdict = decision->permit ? "permitted" : "denied";
	const struct policy_image_line *line = decision->line;

	printf("    %s: %s", which, verdict);
	switch (decision->by) {
	case ANALYSIS_BY_LINE:
		if (file)
			printf(" by %s:%u", file, line->source_line);
		else
			printf(" by line %u of its list", line->number);
		printf(": %s\n", line->text);
		break;
	case ANALYSIS_BY_LIST:
		puts(", no line of the list matches");
		break;
	case ANALYSIS_BY_LEVELS:
		puts(" by the security levels");
		break;
	case ANALYSIS_BY_NONE:
		puts(", no list is bound");
		break;
	}
}

static void print_difference(const struct analysis_difference *it,
			     const struct diff_names *names)
{
	char packet[FORMAT_PACKET_BYTES];

	printf("  newly %s: %s\n", it->new.permit ? "permitted" : "denied",
	       format_packet(packet, &it->example));
	print_decision("old", names->old, &it->old);
	print_decision("new", names->new, &it->new);
}

static void print_group(const struct analysis_group *group,
			const struct diff_names *names)
{
	switch (group->place) {
	case ANALYSIS_IN:
		printf("from %s", group->interfaces);
		if (group->towards)
			printf(" to %s", group->towards);
		break;
	case ANALYSIS_OUT:
		printf("out by %s", group->interfaces);
		break;
	case ANALYSIS_BOX:
		printf("to this machine, from %s", group->interfaces);
		break;
	}
	puts(":");
	for (size_t i = 0; i < group->count; i++)
		print_difference(&group->items[i], names);
	if (group->n_unexamined)
		printf("  %zu changed lines were not examined further: there may be "
		       "more\n",
		       group->n_unexamined);
}

void diff_print_text(const struct analysis_diff *diff, const struct diff_names *names)
{
	print_settings(diff);
	for (size_t i = 0; i < diff->n_groups; i++)
		print_group(&diff->groups[i], names);
}
