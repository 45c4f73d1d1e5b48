// SPDX-License-Identifier: GPL-2.0
/*
 * lines.c - access lists and their lines as metrics. See lines.h.
 *
 * Why it exists: lines come and go by the policy, and their counters with them. What a
 * list has counted must not fall when a line leaves it, or Prometheus would take that
 * for a restart and count all that is left once more. So what is added here is what has
 * come since the last scrape. If this process starts after lines have left, that happens
 * once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <util/cleanup.h>

#include "labels.h"

struct line_sample {
	uint32_t number;
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

/* ---- reading --------------------------------------------------------------------- */

static int grow(struct samples *samples)
{
	size_t capacity = samples->capacity ? samples->capacity * 2
					    : samples->lines->n + 64;
	struct line_sample *grown =
		realloc(samples->items, capacity * sizeof(*samples->items));

	if (!grown)
		return -ENOMEM;
	samples->items = grown;
	samples->capacity = capacity;
	return 0;
}

static int add_sample(uint64_t line_id, const struct acl_counters *counters, void *arg)
{
	struct samples *samples = arg;
	uint32_t number = lines_find(samples->lines, samples->read++, line_id);

	if (number == NO_LINE) /* an apply came between; the next scrape has it */
		return 0;
	if (samples->n == samples->capacity && grow(samples))
		return -ENOMEM;
	samples->items[samples->n++] = (struct line_sample){number, *counters};
	return 0;
}

/* ---- sums ------------------------------------------------------------------------ */

/* A counter that fell is one that began anew: the line was away. */
static uint64_t gained(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

static void add_to_sums(struct lines *lines, const struct samples *samples)
{
	for (size_t i = 0; i < lines->n_sums; i++)
		lines->sums[i].n_lines = 0;
	for (size_t i = 0; i < samples->n; i++) {
		const struct acl_counters *now = &samples->items[i].counters;
		uint32_t number = samples->items[i].number;
		struct acl_counters *seen = &lines->seen[number];
		struct list_sum *sum = &lines->sums[lines->labels[number].sum];

		sum->n_lines++;
		sum->total.hits += gained(now->hits, seen->hits);
		sum->total.packets += gained(now->packets, seen->packets);
		sum->total.bytes += gained(now->bytes, seen->bytes);
		*seen = *now;
	}
}

static void put_sum(const struct metric_page *page, const char *name,
		    const struct list_sum *sum, uint64_t value)
{
	const struct metric_label labels[] = {
		{"access_list", sum->name},
		{"action", sum->permit ? "permit" : "deny"},
		METRIC_END_OF_LABELS,
	};

	metric_sample(page, name, labels, value);
}

static uint64_t counter_at(const struct acl_counters *counters, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const char *)counters + offset, sizeof(value));
	return value;
}

/* One metric over all lists; @field: offset of its counter. */
static void put_sums(const struct lines *lines, const struct metric_page *page,
		     const char *name, const char *help, size_t field)
{
	metric_family(page, name, METRIC_COUNTER, help);
	for (size_t i = 0; i < lines->n_sums; i++)
		put_sum(page, name, &lines->sums[i],
			counter_at(&lines->sums[i].total, field));
}

static void put_n_lines(const struct lines *lines, const struct metric_page *page)
{
	static const char name[] = "pinhole_access_list_lines";

	metric_family(page, name, METRIC_GAUGE, "Lines of access lists in force.");
	for (size_t i = 0; i < lines->n_sums; i++)
		put_sum(page, name, &lines->sums[i], lines->sums[i].n_lines);
}

/* ---- lines ----------------------------------------------------------------------- */

/* One metric over all lines. */
static void put_lines(const struct samples *samples, size_t n,
		      const struct metric_page *page, const char *name, const char *help,
		      size_t field)
{
	const struct lines *lines = samples->lines;
	size_t name_len = strlen(name);

	metric_family(page, name, METRIC_COUNTER, help);
	for (size_t i = 0; i < n; i++) {
		const struct line_sample *sample = &samples->items[i];
		const struct line_label *label = &lines->labels[sample->number];

		strbuf_add(page->out, name, name_len);
		strbuf_add(page->out, lines->text.data + label->at, label->len);
		metric_value(page->out, counter_at(&sample->counters, field));
	}
}

#define COUNTER(name) offsetof(struct acl_counters, name)

static void put_each(const struct samples *samples, size_t n,
		     const struct metric_page *page)
{
	put_lines(samples, n, page, "pinhole_access_list_line_hits_total",
		  "Flows that an access-list line decided; id stays when lines move.",
		  COUNTER(hits));
	put_lines(samples, n, page, "pinhole_access_list_line_packets_total",
		  "Packets, both ways, of the flows that a line let in, and packets that "
		  "it denied.",
		  COUNTER(packets));
	put_lines(samples, n, page, "pinhole_access_list_line_bytes_total",
		  "Bytes of these packets, as their IP headers tell.", COUNTER(bytes));
}

int lines_put(struct lines *lines, const struct page *page, uint32_t max)
{
	struct samples samples cleanup_(free_samples) = {.lines = lines};
	int err = fw_each_acl_hits(page->fw, add_sample, &samples, page->error);
	size_t n = samples.n < max ? samples.n : max;

	if (err)
		return err;
	add_to_sums(lines, &samples);
	put_n_lines(lines, &page->metrics);
	metric_single(&page->metrics, "pinhole_access_list_lines_omitted", METRIC_GAUGE,
		      "Lines in force that are not told one by one.", samples.n - n);
	put_sums(lines, &page->metrics, "pinhole_access_list_hits_total",
		 "Flows that an access list decided, by what it did.", COUNTER(hits));
	put_sums(lines, &page->metrics, "pinhole_access_list_packets_total",
		 "Packets, both ways, of the flows that an access list let in, and "
		 "packets "
		 "that it denied.",
		 COUNTER(packets));
	put_sums(lines, &page->metrics, "pinhole_access_list_bytes_total",
		 "Bytes of these packets, as their IP headers tell.", COUNTER(bytes));
	if (n)
		put_each(&samples, n, &page->metrics);
	return 0;
}
