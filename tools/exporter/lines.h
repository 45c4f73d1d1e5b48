/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lines.h - the access lists in force, as metrics: each list, and each of its lines.
 *
 * Who may include it: tools/exporter only.
 */
#ifndef EXPORTER_LINES_H
#define EXPORTER_LINES_H

#include <util/strbuf.h>

#include "nats.h"
#include "parts.h"

#define ACL_LINES_ALL UINT32_MAX

struct line_label;
struct line_place;
struct list_sum;

/* Kept between scrapes, for the labels cost more than all the rest. Starts as {0}. */
struct lines {
	char *policy_text; /* what the labels were made from */
	size_t policy_text_len;
	uint32_t generation;	   /* whose text it is */
	struct line_label *labels; /* by line number */
	struct line_place *by_id;  /* where they are, sorted by id */
	struct acl_counters
		*seen; /* what they had counted at the last scrape, likewise */
	size_t n;
	struct list_sum *sums; /* by list, and by what its lines do */
	size_t n_sums;
	struct strbuf text; /* of all labels */
	struct nats nats;   /* of the same policy */
};

/*
 * Make the labels of this policy, unless it is the same. The sums of its lists go on.
 * Return: 0, -EINVAL, -E2BIG, -ENOMEM (what was there still is)
 */
int lines_refresh(struct lines *lines, uint32_t generation, const char *policy_text,
		  size_t len);

/*
 * Append what each list and each line in force has counted. A list's sums are those of
 * its lines, and of lines that have left it while this process looked: they never fall.
 * @max: lines beyond so many are in the sums only
 * Return: 0 or -errno
 */
int lines_put(struct lines *lines, const struct page *page, uint32_t max);

void lines_free(struct lines *lines);

#endif /* EXPORTER_LINES_H */
