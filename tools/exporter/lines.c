// SPDX-License-Identifier: GPL-2.0
/*
 * lines.c - access-list lines as metrics. See lines.h.
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

#include "format.h"
#include "lines.h"

struct line_label {
	uint64_t id;
	size_t at; /* in lines.text: {access_list="...",line="...",id="..."} */
	size_t len;
};

/* ---- labels ---------------------------------------------------------------------- */

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
	strbuf_free(&lines->text);
	nats_free(&lines->nats);
	*lines = (struct lines){0};
}

static void put_label(struct lines *lines, const struct policy_image_line *line)
{
	struct line_label *label = &lines->labels[line->acl_line];
	char number[16];
	char id[32];

	snprintf(number, sizeof(number), "%u", line->number);
	snprintf(id, sizeof(id), "0x%016" PRIx64, line->line_id);
	label->id = line->line_id;
	label->at = lines->text.len;
	metric_labels(&lines->text, (const struct metric_label[]){
					    {"access_list", line->acl},
					    {"line", number},
					    {"id", id},
					    {NULL, NULL},
				    });
	label->len = lines->text.len - label->at;
}

static int by_id(const void *a, const void *b)
{
	const struct line_label *x = a;
	const struct line_label *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int make_labels(struct lines *lines, const struct policy_image *image)
{
	size_t n = image->n_acl_lines;

	lines->labels = calloc(n + 1, sizeof(*lines->labels));
	lines->by_id = calloc(n + 1, sizeof(*lines->by_id));
	if (!lines->labels || !lines->by_id)
		return -ENOMEM;
	for (size_t i = 0; i < image->n_lines; i++) {
		if (image->lines[i].acl_line < n)
			put_label(lines, &image->lines[i]);
	}
	lines->n = n;
	memcpy(lines->by_id, lines->labels, n * sizeof(*lines->labels));
	qsort(lines->by_id, n, sizeof(*lines->by_id), by_id);
	return lines->text.failed ? -ENOMEM : 0;
}

int lines_refresh(struct lines *lines, const char *policy_text, size_t len)
{
	struct policy *policy cleanup_(free_policy) = NULL;
	struct policy_image *image cleanup_(free_image) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	int err;

	if (lines->policy_text && lines->policy_text_len == len &&
	    !memcmp(lines->policy_text, policy_text, len))
		return 0;
	lines_free(lines);
	err = policy_parse(policy_text, len, &policy, &diags);
	if (!err)
		err = policy_compile_names(policy, &image, &diags);
	if (!err)
		err = make_labels(lines, image);
	if (!err)
		err = nats_make(&lines->nats, image);
	if (err) {
		lines_free(lines);
		return err;
	}
	lines->policy_text = strndup(policy_text, len);
	lines->policy_text_len = len;
	return lines->policy_text ? 0 : -ENOMEM;
}

/* ---- samples ----------------------------------------------------------------------- */

struct line_sample {
	const struct line_label *label;
	struct acl_counters counters;
};

struct samples {
	const struct lines *lines;
	struct line_sample *items;
	size_t n;
	size_t capacity;
	size_t read; /* lines told so far */
};

static void free_samples(struct samples *samples)
{
	free(samples->items);
}

static int grow(struct samples *samples)
{
	size_t capacity = samples->capacity ? samples->capacity * 2 : 1024;
	struct line_sample *grown =
		realloc(samples->items, capacity * sizeof(*samples->items));

	if (!grown)
		return -ENOMEM;
	samples->items = grown;
	samples->capacity = capacity;
	return 0;
}

static const struct line_label *find_label(const struct lines *lines, size_t number,
					   uint64_t line_id)
{
	const struct line_label key = {.id = line_id};

	if (number < lines->n && lines->labels[number].id == line_id)
		return &lines->labels[number];
	return lines->n ? bsearch(&key, lines->by_id, lines->n, sizeof(key), by_id)
			: NULL;
}

static int add_sample(uint64_t line_id, const struct acl_counters *counters, void *arg)
{
	struct samples *samples = arg;
	const struct line_label *label =
		find_label(samples->lines, samples->read++, line_id);

	if (!label) /* an apply came between; the next scrape has it */
		return 0;
	if (samples->n == samples->capacity && grow(samples))
		return -ENOMEM;
	samples->items[samples->n++] = (struct line_sample){label, *counters};
	return 0;
}

/* One metric over all lines; @field: offset of its counter. */
static void put_metric(const struct samples *samples, struct strbuf *out,
		       const char *name, const char *help, size_t field)
{
	size_t name_len = strlen(name);

	metric_family(out, name, "counter", help);
	for (size_t i = 0; i < samples->n; i++) {
		const struct line_sample *sample = &samples->items[i];
		uint64_t value;

		memcpy(&value, (const char *)&sample->counters + field, sizeof(value));
		strbuf_add(out, name, name_len);
		strbuf_add(out, samples->lines->text.data + sample->label->at,
			   sample->label->len);
		metric_value(out, value);
	}
}

#define COUNTER(name) offsetof(struct acl_counters, name)

int lines_put(const struct lines *lines, struct fw *fw, struct strbuf *out,
	      struct fw_error *error)
{
	struct samples samples cleanup_(free_samples) = {.lines = lines};
	int err = fw_each_acl_hits(fw, add_sample, &samples, error);

	if (err)
		return err;
	put_metric(&samples, out, "pinhole_access_list_hits_total",
		   "Flows that an access-list line decided; id stays when lines move.",
		   COUNTER(hits));
	put_metric(&samples, out, "pinhole_access_list_packets_total",
		   "Packets, both ways, of the flows that a line let in, and packets "
		   "that it denied.",
		   COUNTER(packets));
	put_metric(&samples, out, "pinhole_access_list_bytes_total",
		   "Bytes of these packets, as their IP headers tell.", COUNTER(bytes));
	return 0;
}
