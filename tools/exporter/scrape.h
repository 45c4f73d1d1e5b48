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

#include "format.h"
#include "lines.h"

/* Kept between scrapes: the policy's lines, named anew only when it changes. */
struct scrape {
	const char *pin_dir;	/* NULL: the default */
	uint32_t max_acl_lines; /* so many are told one by one, of the first ones */
	struct lines lines;
	uint64_t loaded_ns; /* of the firewall at the last scrape; 0: there was none */
	uint64_t began_ns;  /* when it was loaded, CLOCK_REALTIME */
	int last_error;	    /* to log changes only; 0: it was up */
};

#define SCRAPE_INIT                            \
	{                                      \
		.max_acl_lines = ACL_LINES_ALL \
	}

/*
 * Append all metrics to @out, and the end of the page. Opens the firewall anew each
 * time, so that an unload and a later apply need no restart; if it is not loaded, or
 * cannot be read, pinhole_up is 0 and what is said of it is missing.
 * Not to be called by two threads at once.
 */
void scrape_run(struct scrape *scrape, enum metric_format format, struct strbuf *out);
void scrape_free(struct scrape *scrape);

#endif /* EXPORTER_SCRAPE_H */
