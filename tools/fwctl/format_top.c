// SPDX-License-Identifier: GPL-2.0
/* format_top.c - rates from two readings, and what is busiest. See format_top.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format_top.h"

#define NS_PER_SEC 1000000000.0

/* ---- rates ------------------------------------------------------------------------ */

static double rate(uint64_t before, uint64_t after, double interval_sec)
{
	uint64_t counted = after >= before ? after - before : after;

	return interval_sec > 0 ? (double)counted / interval_sec : 0;
}

/* 0: they cannot be compared. */
static double interval_of(const struct top_sample *before, const struct top_sample *after)
{
	if (!before || before->identity != after->identity ||
	    before->time_ns >= after->time_ns)
		return 0;
	return (double)(after->time_ns - before->time_ns) / NS_PER_SEC;
}

static const struct top_interface *find_interface(const struct top_sample *sample,
						  const char *name)
{
	for (size_t i = 0; i < sample->n_interfaces; i++)
		if (!strcmp(sample->interfaces[i].name, name))
			return &sample->interfaces[i];
	return NULL;
}

static struct top_interface_rates interface_rates(const struct top_sample *before,
						  const struct top_interface *interface,
						  double sec)
{
	const struct top_interface *earlier = find_interface(before, interface->name);
	const struct if_counters *now = &interface->counters;
	struct if_counters then = {0};

	if (!earlier) /* new in the policy: what it counted before is not known */
		return (struct top_interface_rates){0};
	then = earlier->counters;
	return (struct top_interface_rates){
		.rx_packets = rate(then.rx_packets, now->rx_packets, sec),
		.rx_bits = 8 * rate(then.rx_bytes, now->rx_bytes, sec),
		.tx_packets = rate(then.tx_packets, now->tx_packets, sec),
		.tx_bits = 8 * rate(then.tx_bytes, now->tx_bytes, sec),
		.drops = rate(then.drop_packets, now->drop_packets, sec),
	};
}

/* ---- access-list lines ------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct top_line *x = a;
	const struct top_line *y = b;

	return (x->line_id > y->line_id) - (x->line_id < y->line_id);
}

void top_sort_lines(struct top_line *lines, size_t n)
{
	if (n)
		qsort(lines, n, sizeof(*lines), by_id);
}

/* A line that was not there before counted nothing before. */
static struct acl_counters counted_before(const struct top_sample *before,
					  const struct top_line *line)
{
	const struct top_line *found = NULL;

	if (before->n_lines)
		found = bsearch(line, before->lines, before->n_lines, sizeof(*line),
				by_id);
	return found ? found->counters : (struct acl_counters){0};
}

static int descending(double a, double b)
{
	return (a < b) - (a > b);
}

static int descending_count(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

/* Hits are of flows: where no new one comes, the packets of those that live decide. */
static int lines_by_rate(const void *a, const void *b)
{
	const struct top_busy_line *x = a;
	const struct top_busy_line *y = b;
	int order = descending(x->hits, y->hits);

	if (!order)
		order = descending(x->packets, y->packets);
	if (!order)
		order = descending_count(x->line->counters.hits, y->line->counters.hits);
	return order ? order : by_id(x->line, y->line);
}

static int lines_by_total(const void *a, const void *b)
{
	const struct top_busy_line *x = a;
	const struct top_busy_line *y = b;
	int order = descending_count(x->line->counters.hits, y->line->counters.hits);

	return order ? order : lines_by_rate(a, b);
}

static void compare_lines(const struct top_sample *before, enum top_sort sort,
			  struct top_view *out)
{
	const struct top_sample *after = out->sample;

	for (size_t i = 0; i < after->n_lines; i++) {
		const struct top_line *line = &after->lines[i];
		struct acl_counters then = {0};

		if (!line->counters.hits && !line->counters.packets)
			continue;
		if (out->interval_sec > 0)
			then = counted_before(before, line);
		out->lines[out->n_lines++] = (struct top_busy_line){
			.line = line,
			.hits = rate(then.hits, line->counters.hits, out->interval_sec),
			.packets = rate(then.packets, line->counters.packets,
					out->interval_sec),
		};
	}
	if (out->n_lines)
		qsort(out->lines, out->n_lines, sizeof(*out->lines),
		      sort == TOP_BY_RATE ? lines_by_rate : lines_by_total);
}

/* ---- drops ---------------------------------------------------------------------------
 */

static int drops_by_total(const void *a, const void *b)
{
	const struct top_busy_drop *x = a;
	const struct top_busy_drop *y = b;
	int order =
		descending_count(x->drop->counters.packets, y->drop->counters.packets);

	return order ? order : strcmp(x->drop->reason, y->drop->reason);
}

static int drops_by_rate(const void *a, const void *b)
{
	const struct top_busy_drop *x = a;
	const struct top_busy_drop *y = b;
	int order = descending(x->packets, y->packets);

	return order ? order : drops_by_total(a, b);
}

static void compare_drops(const struct top_sample *before, enum top_sort sort,
			  struct top_view *out)
{
	const struct top_sample *after = out->sample;
	double sec = out->interval_sec;

	for (size_t i = 0; i < after->n_drops; i++) {
		const struct top_drop *drop = &after->drops[i];
		struct packet_counters then = {0};
		struct top_busy_drop busy = {.drop = drop};

		if (!drop->counters.packets)
			continue;
		if (sec > 0 && i < before->n_drops)
			then = before->drops[i].counters;
		busy.packets = rate(then.packets, drop->counters.packets, sec);
		busy.bytes = rate(then.bytes, drop->counters.bytes, sec);
		out->drops += busy.packets;
		out->drop_list[out->n_drops++] = busy;
	}
	if (out->n_drops)
		qsort(out->drop_list, out->n_drops, sizeof(*out->drop_list),
		      sort == TOP_BY_RATE ? drops_by_rate : drops_by_total);
}

/* ---- tables ---------------------------------------------------------------------------
 */

unsigned int top_fill_permille(const struct top_table *table)
{
	if (!table->capacity)
		return 0;
	return (unsigned int)(((uint64_t)table->entries * 1000 + table->capacity - 1) /
			      table->capacity);
}

static int by_fill(const void *a, const void *b)
{
	const struct top_table *x = *(const struct top_table *const *)a;
	const struct top_table *y = *(const struct top_table *const *)b;
	int order = (int)top_fill_permille(y) - (int)top_fill_permille(x);

	if (!order)
		order = descending_count(x->entries, y->entries);
	return order ? order : strcmp(x->name, y->name);
}

static void list_tables(struct top_view *out)
{
	for (size_t i = 0; i < out->sample->n_tables; i++)
		out->tables[out->n_tables++] = &out->sample->tables[i];
	if (out->n_tables)
		qsort(out->tables, out->n_tables, sizeof(struct top_table *), by_fill);
}

/* ---- together
 * --------------------------------------------------------------------------- */

void top_view_free(struct top_view *view)
{
	free(view->interfaces);
	free(view->lines);
	free(view->drop_list);
	free(view->tables);
	memset(view, 0, sizeof(*view));
}

int top_compare(const struct top_sample *before, const struct top_sample *after,
		enum top_sort sort, struct top_view *out)
{
	double sec = interval_of(before, after);

	*out = (struct top_view){
		.sample = after,
		.interval_sec = sec,
		.interfaces = calloc(after->n_interfaces + 1, sizeof(*out->interfaces)),
		.lines = calloc(after->n_lines + 1, sizeof(*out->lines)),
		.drop_list = calloc(after->n_drops + 1, sizeof(*out->drop_list)),
		.tables = calloc(after->n_tables + 1, sizeof(struct top_table *)),
	};
	if (!out->interfaces || !out->lines || !out->drop_list || !out->tables) {
		top_view_free(out);
		return -ENOMEM;
	}
	for (size_t i = 0; sec > 0 && i < after->n_interfaces; i++)
		out->interfaces[i] = interface_rates(before, &after->interfaces[i], sec);
	if (sec > 0) {
		out->connections = rate(before->connections, after->connections, sec);
		out->half_open = rate(before->half_open, after->half_open, sec);
	}
	compare_lines(before, sort, out);
	compare_drops(before, sort, out);
	list_tables(out);
	return 0;
}

char *format_top_number(char out[FORMAT_TOP_NUMBER_BYTES], double number)
{
	static const char units[] = {' ', 'k', 'M', 'G', 'T', 'P', 'E'};
	size_t unit = 0;
	int decimals;

	/* Whatever would be rounded to four digits belongs to the next unit. */
	while (number >= 999.5 && unit + 1 < sizeof(units)) {
		number /= 1000;
		unit++;
	}
	if (!unit && (number == 0 || number >= 9.95)) {
		snprintf(out, FORMAT_TOP_NUMBER_BYTES, "%.0f", number);
		return out;
	}
	if (unit && number < 9.995)
		decimals = 2;
	else
		decimals = number < 99.95 ? 1 : 0;
	snprintf(out, FORMAT_TOP_NUMBER_BYTES, "%.*f%c", decimals, number, units[unit]);
	if (!unit)
		out[strcspn(out, " ")] = '\0';
	return out;
}
