// SPDX-License-Identifier: GPL-2.0
/*
 * log_names.c - whether there is what is asked for: a slip of the pen would wait for
 * ever. See log.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "format_log.h"
#include "log.h"

/* More than there are: reasons to drop, findings, and how connections end. */
#define MAX_REASONS 160

static size_t list_reasons(const char *out[MAX_REASONS])
{
	size_t n = 0;

	for (unsigned int i = 0; i < PH_N_DROP_REASONS && n < MAX_REASONS; i++)
		out[n++] = fw_drop_name(i);
	for (unsigned int i = 0; i < FTP_N_FINDINGS && n < MAX_REASONS; i++)
		out[n++] = fw_finding_name(i);
	for (unsigned int i = 0; format_log_end_word(i) && n < MAX_REASONS; i++)
		out[n++] = format_log_end_word(i);
	return n;
}

bool log_knows_reason(const char *reason, const char **nearest)
{
	const char *reasons[MAX_REASONS];
	size_t n = list_reasons(reasons);

	for (size_t i = 0; i < n; i++)
		if (!strcasecmp(reason, reasons[i]))
			return true;
	*nearest = format_nearest(reason, reasons, n);
	return false;
}

/* What there is instead, in the error's hint. */
static void add_name(struct fw_error *error, const char *name)
{
	size_t len = strlen(error->hint);

	if (!name[0] || len + 2 >= sizeof(error->hint))
		return;
	snprintf(error->hint + len, sizeof(error->hint) - len, "%s%s",
		 len ? ", " : "there are ", name);
}

static int refuse(struct fw_error *error, const char *what, const char *name)
{
	snprintf(error->what, sizeof(error->what), "the policy in force has no %s %s",
		 what, name);
	return -ENOENT;
}

static int check_interface(const struct log_request *request, struct fw_error *error)
{
	const char *wanted = request->filter.interface;

	if (!wanted || !strcasecmp(wanted, "self") || !strcasecmp(wanted, "identity"))
		return 0;
	for (size_t i = 0; i < request->n_interfaces; i++)
		if (!strcasecmp(wanted, request->interfaces[i].config.name))
			return 0;
	for (size_t i = 0; i < request->n_interfaces; i++)
		add_name(error, request->interfaces[i].config.name);
	return refuse(error, "interface", wanted);
}

/* Of the lines of a list, the first one alone: they stand together. */
static bool is_first(const struct policy_image *image, size_t line)
{
	return !line || strcmp(image->lines[line].acl, image->lines[line - 1].acl) != 0;
}

/* Without the text of the policy nobody knows. A list that is bound has lines. */
static int check_list(struct log_request *request, struct fw_error *error)
{
	const char *wanted = request->filter.list;
	const struct policy_image *image = wanted ? log_image(request) : NULL;

	for (size_t i = 0; image && i < image->n_lines; i++)
		if (!strcmp(wanted, image->lines[i].acl))
			return 0;
	if (!image)
		return 0;
	for (size_t i = 0; i < image->n_lines; i++)
		if (is_first(image, i))
			add_name(error, image->lines[i].acl);
	return refuse(error, "access list", wanted);
}

int log_check_names(struct log_request *request, struct fw_error *error)
{
	int err = check_interface(request, error);

	return err ? err : check_list(request, error);
}
