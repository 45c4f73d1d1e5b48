// SPDX-License-Identifier: GPL-2.0
/*
 * labels.c - what the lines of a policy are called. See lines.h.
 *
 * Why it exists: there may be a hundred thousand lines, each with three samples
 * whose labels never change while the policy does not. So labels are written once
 * per policy, and a scrape only copies them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <util/cleanup.h>

#include "labels.h"

static void free_policy(struct policy **policy)
{
	policy_free(*policy);
}

static void free_image(struct policy_image **image)
{
	policy_image_free(*image);
}

void lines_free(struct lines *lines)
{
	free(lines->policy_text);
	free(lines->labels);
	free(lines->by_id);
	free(lines->seen);
	free(lines->sums);
	strbuf_free(&lines->text);
	nats_free(&lines->nats);
	*lines = (struct lines){0};
}

/* ---- making ---------------------------------------------------------------------- */

/* What a line does, by its canonical text. The name of its list may be any word. */
static bool permits(const struct policy_image_line *line)
{
	const char *at = line->text;
	const char *permit;
	const char *deny;
	size_t name_len = strlen(line->acl);

	if (!strncmp(at, "access-list ", strlen("access-list ")) &&
	    !strncmp(at + strlen("access-list "), line->acl, name_len))
		at += strlen("access-list ") + name_len;
	permit = strstr(at, " permit");
	deny = strstr(at, " deny");
	return permit && (!deny || permit < deny);
}

/* Lines of one list mostly stand together: the last sums are looked at first. */
static uint32_t sum_of(struct lines *lines, const char *name, bool permit)
{
	size_t i = lines->n_sums;

	while (i-- > 0)
		if (lines->sums[i].permit == permit && !strcmp(lines->sums[i].name, name))
			return (uint32_t)i;
	i = lines->n_sums++;
	snprintf(lines->sums[i].name, sizeof(lines->sums[i].name), "%s", name);
	lines->sums[i].permit = permit;
	return (uint32_t)i;
}

static void put_label(struct lines *lines, const struct policy_image_line *line)
{
	struct line_label *label = &lines->labels[line->acl_line];
	bool permit = permits(line);
	char number[16];
	char id[32];

	snprintf(number, sizeof(number), "%u", line->number);
	snprintf(id, sizeof(id), "0x%016" PRIx64, line->line_id);
	label->id = line->line_id;
	label->sum = sum_of(lines, line->acl, permit);
	label->at = lines->text.len;
	metric_labels(&lines->text, (const struct metric_label[]){
					    {"access_list", line->acl},
					    {"line", number},
					    {"action", permit ? "permit" : "deny"},
					    {"id", id},
					    METRIC_END_OF_LABELS,
				    });
	label->len = lines->text.len - label->at;
}

static int by_id(const void *a, const void *b)
{
	const struct line_place *x = a;
	const struct line_place *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* At most two sums for each list in force. */
static size_t max_sums(const struct policy_image *image)
{
	size_t n = 0;

	for (size_t i = 0; i < image->n_lines; i++)
		n += i == 0 || strcmp(image->lines[i].acl, image->lines[i - 1].acl) != 0;
	return 2 * n;
}

static int make_labels(struct lines *lines, const struct policy_image *image)
{
	size_t n = image->n_acl_lines;

	lines->labels = calloc(n + 1, sizeof(*lines->labels));
	lines->by_id = calloc(n + 1, sizeof(*lines->by_id));
	lines->seen = calloc(n + 1, sizeof(*lines->seen));
	lines->sums = calloc(max_sums(image) + 1, sizeof(*lines->sums));
	if (!lines->labels || !lines->by_id || !lines->seen || !lines->sums)
		return -ENOMEM;
	for (size_t i = 0; i < image->n_lines; i++) {
		if (image->lines[i].acl_line < n)
			put_label(lines, &image->lines[i]);
	}
	lines->n = n;
	for (size_t i = 0; i < n; i++)
		lines->by_id[i] = (struct line_place){lines->labels[i].id, (uint32_t)i};
	qsort(lines->by_id, n, sizeof(*lines->by_id), by_id);
	return lines->text.failed ? -ENOMEM : 0;
}

static int make(struct lines *lines, const char *policy_text, size_t len)
{
	struct policy *policy cleanup_(free_policy) = NULL;
	struct policy_image *image cleanup_(free_image) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	int err = policy_parse(policy_text, len, &policy, &diags);

	if (!err)
		err = policy_compile_names(policy, &image, &diags);
	if (!err)
		err = make_labels(lines, image);
	if (!err)
		err = nats_make(&lines->nats, image);
	if (err)
		return err;
	lines->policy_text = strndup(policy_text, len);
	lines->policy_text_len = len;
	return lines->policy_text ? 0 : -ENOMEM;
}

/* ---- from one policy to the next ------------------------------------------------- */

uint32_t lines_find(const struct lines *lines, size_t number, uint64_t line_id)
{
	const struct line_place key = {.id = line_id};
	const struct line_place *place;

	if (number < lines->n && lines->labels[number].id == line_id)
		return (uint32_t)number;
	place = lines->n ? bsearch(&key, lines->by_id, lines->n, sizeof(key), by_id)
			 : NULL;
	return place ? place->number : NO_LINE;
}

/* What was counted before is not counted once more, and sums do not begin anew. */
static void carry_over(struct lines *to, const struct lines *from)
{
	for (size_t i = 0; i < to->n; i++) {
		uint32_t number = lines_find(from, i, to->labels[i].id);

		if (number != NO_LINE)
			to->seen[i] = from->seen[number];
	}
	for (size_t i = 0; i < from->n_sums; i++) {
		const struct list_sum *old = &from->sums[i];

		for (size_t j = 0; j < to->n_sums; j++) {
			if (to->sums[j].permit == old->permit &&
			    !strcmp(to->sums[j].name, old->name))
				to->sums[j].total = old->total;
		}
	}
}

int lines_refresh(struct lines *lines, uint32_t generation, const char *policy_text,
		  size_t len)
{
	struct lines fresh cleanup_(lines_free) = {0};
	struct lines old;
	int err = 0;

	if (!lines->policy_text || lines->policy_text_len != len ||
	    memcmp(lines->policy_text, policy_text, len) != 0) {
		err = make(&fresh, policy_text, len);
		if (err)
			return err;
		carry_over(&fresh, lines);
		old = *lines;
		*lines = fresh;
		fresh = old; /* to be freed */
	}
	lines->generation = generation;
	return 0;
}
