/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scrape.h - one scrape: the loaded firewall's counters as metrics.
 *
 * Who may include it: tools/exporter only.
 */
#ifndef EXPORTER_SCRAPE_H
#define EXPORTER_SCRAPE_H

#include <pinhole/firewall.h>
#include <util/strbuf.h>

#include "lines.h"

/* Kept between scrapes: the policy's lines, named anew only when it changes. */
struct scrape {
	const char *pin_dir; /* NULL: the default */
	struct lines lines;
	int last_error; /* to log changes only; 0: it was up */
};

/*
 * Append all metrics to @out. Opens the firewall anew each time, so that an
 * unload and a later apply need no restart; if it is not loaded, or cannot be
 * read, pinhole_up is 0 and the rest is missing.
 */
void scrape_run(struct scrape *scrape, struct strbuf *out);
void scrape_free(struct scrape *scrape);

#endif /* EXPORTER_SCRAPE_H */
