/* SPDX-License-Identifier: GPL-2.0 */
/*
 * web_page.h - what a browser is shown at /: links, and how the firewall is.
 *
 * Who may include it: tools/exporter, and tests.
 */
#ifndef EXPORTER_WEB_PAGE_H
#define EXPORTER_WEB_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <pinhole/abi.h>
#include <util/strbuf.h>

struct web_page_interface {
	char name[48];
	char device[16];
	char mode[16];
	uint64_t received; /* packets */
	uint64_t sent;
	uint64_t dropped;
};

struct web_page {
	const char *telemetry_path;
	const char *healthy_path;
	bool is_up;
	char reason[320]; /* not up: why */
	char hint[512];	  /* what to do; may be empty */
	uint32_t generation;
	size_t n_interfaces;
	struct web_page_interface interfaces[PH_MAX_INTERFACES];
};

/* Ask the firewall. @pin_dir: NULL for the default */
void web_page_read(struct web_page *page, const char *pin_dir);

/* As HTML. Pure. */
void web_page_put(const struct web_page *page, struct strbuf *out);

#endif /* EXPORTER_WEB_PAGE_H */
