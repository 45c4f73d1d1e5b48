/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lines.h - the lines of the access lists in force, as metrics.
 *
 * Who may include it: tools/exporter only.
 */
#ifndef EXPORTER_LINES_H
#define EXPORTER_LINES_H

#include <pinhole/firewall.h>
#include <util/strbuf.h>

#include "nats.h"

struct line_label;

/* Kept between scrapes, for the labels cost more than all the rest. Starts as {0}. */
struct lines {
	char *policy_text; /* what the labels were made from */
	size_t policy_text_len;
	struct line_label *labels; /* by line number */
	struct line_label *by_id;  /* the same, sorted by id */
	size_t n;
	struct strbuf text; /* of all labels */
	struct nats nats;   /* of the same policy */
};

/* Make the labels of this policy, unless it is the same. 0, -EINVAL, -E2BIG, -ENOMEM. */
int lines_refresh(struct lines *lines, const char *policy_text, size_t len);

/* Append what each line in force has counted. 0 or -errno. */
int lines_put(const struct lines *lines, struct fw *fw, struct strbuf *out,
	      struct fw_error *error);

void lines_free(struct lines *lines);

#endif /* EXPORTER_LINES_H */
