// SPDX-License-Identifier: GPL-2.0
/*
 * log_policy.c - what the policy in force says to those who read its log: the names of
 * lines and rules, and which messages are wanted.
 *
 * Read when a record asks for it, and again only if another policy is in force: it may
 * have a hundred thousand lines.
 */
#include <stdlib.h>

#include <util/cleanup.h>

#include "log.h"

static int by_line_id(const void *a, const void *b)
{
	const struct policy_image_line *const *x = a;
	const struct policy_image_line *const *y = b;

	return ((*x)->line_id > (*y)->line_id) - ((*x)->line_id < (*y)->line_id);
}

void log_policy_free(struct log_policy *policy)
{
	free(policy->by_id);
	policy_image_free(policy->image);
	policy_free(policy->policy);
	*policy = (struct log_policy){.tried = policy->tried};
}

void log_policy_batch(struct log_policy *policy)
{
	policy->tried = false;
}

static void index_lines(struct log_policy *policy)
{
	const struct policy_image *image = policy->image;

	policy->by_id =
		calloc(image->n_lines + 1, sizeof(const struct policy_image_line *));
	if (!policy->by_id)
		return;
	for (size_t i = 0; i < image->n_lines; i++)
		policy->by_id[i] = &image->lines[i];
	qsort(policy->by_id, image->n_lines, sizeof(const struct policy_image_line *),
	      by_line_id);
}

/* Without the text there are no names: they are shown as "?". */
static void read_policy(struct log_request *request)
{
	struct log_policy *policy = &request->policy;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	char *text cleanup_free_ = NULL;
	uint32_t generation = 0;
	size_t len = 0;

	if (policy->tried)
		return;
	policy->tried = true;
	if (!request->fw || fw_read_policy(request->fw, &generation, &text, &len, NULL))
		return;
	if (policy->policy && policy->generation == generation)
		return;
	log_policy_free(policy);
	policy->generation = generation;
	if (!policy_parse(text, len, &policy->policy, &diags) &&
	    !policy_compile_names(policy->policy, &policy->image, &diags))
		index_lines(policy);
}

const struct policy_image *log_image(struct log_request *request)
{
	read_policy(request);
	return request->policy.image;
}

const struct policy_image_line *log_find_line(struct log_request *request,
					      uint64_t line_id)
{
	const struct policy_image_line want = {.line_id = line_id}, *key = &want;
	const struct policy_image *image = log_image(request);
	const struct policy_image_line **found;

	if (!image || !request->policy.by_id)
		return NULL;
	found = bsearch(&key, request->policy.by_id, image->n_lines,
			sizeof(const struct policy_image_line *), by_line_id);
	return found ? *found : NULL;
}

const struct policy_image_match *log_find_match(struct log_request *request,
						uint32_t rule)
{
	const struct policy_image *image = log_image(request);

	return image && rule < image->n_ftp_rules ? &image->ftp_matches[rule] : NULL;
}

struct policy_log_filter log_filter(struct log_request *request)
{
	struct policy_log_filter filter = {.by_level = request->has_level,
					   .level = (uint8_t)request->level};

	if (request->has_level)
		return filter;
	read_policy(request);
	if (request->policy.policy)
		policy_get_log_filter(request->policy.policy, &filter);
	return filter;
}

struct format_log_end log_end_of(const struct log_request *request, uint32_t ifindex)
{
	for (size_t i = 0; i < request->n_interfaces; i++) {
		const struct iface_config *config = &request->interfaces[i].config;

		if (request->interfaces[i].ifindex == ifindex)
			return (struct format_log_end){config->name,
						       config->security_level};
	}
	return ifindex ? (struct format_log_end){"?", 0}
		       : (struct format_log_end){"self", 100};
}
