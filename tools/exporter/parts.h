/* SPDX-License-Identifier: GPL-2.0 */
/*
 * parts.h - the parts of a page, each of which reads the firewall and appends what it
 * has read.
 *
 * Who may include it: tools/exporter only.
 */
#ifndef EXPORTER_PARTS_H
#define EXPORTER_PARTS_H

#include <pinhole/firewall.h>

#include "format.h"

struct page {
	struct metric_page metrics;
	struct fw *fw;
	struct fw_error *error;
};

/* Return: 0, or what libfirewall failed with; the page is of no use then. */
int put_interfaces(const struct page *page);	/* interfaces.c */
int put_drops(const struct page *page);		/* traffic.c */
int put_connections(const struct page *page);	/* traffic.c */
int put_tables(const struct page *page);	/* traffic.c */
int put_events(const struct page *page);	/* traffic.c */
int put_ftp(const struct page *page);		/* ftp.c */
int put_policy_status(const struct page *page); /* policy.c */

/* Of this process. What cannot be read is left out. */
void put_process(const struct metric_page *page); /* process.c */

#endif /* EXPORTER_PARTS_H */
