/* SPDX-License-Identifier: GPL-2.0 */
/*
 * labels.h - what is kept of each line and each list between scrapes.
 *
 * Who may include it: labels.c, which makes it, and lines.c.
 */
#ifndef EXPORTER_LABELS_H
#define EXPORTER_LABELS_H

#include <stdbool.h>

#include "lines.h"

struct line_label {
	uint64_t id;
	size_t at; /* in lines.text: {access_list="...",line="...",...} */
	uint32_t len;
	uint32_t sum; /* index into lines.sums */
};

struct line_place {
	uint64_t id;
	uint32_t number;
};

struct list_sum {
	char name[64];
	bool permit;
	size_t n_lines; /* at the last scrape */
	struct acl_counters total;
};

#define NO_LINE UINT32_MAX

/* The number of a line. @number: where it is looked for first */
uint32_t lines_find(const struct lines *lines, size_t number, uint64_t line_id);

#endif /* EXPORTER_LABELS_H */
