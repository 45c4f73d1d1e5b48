/* SPDX-License-Identifier: GPL-2.0 */
/*
 * web.h - the server: who is answered, and what.
 *
 * Who may include it: tools/exporter only.
 */
#ifndef EXPORTER_WEB_H
#define EXPORTER_WEB_H

#include "scrape.h"
#include "web_store.h"

#define WEB_HEALTHY_PATH "/-/healthy"

struct web_options {
	const char *telemetry_path; /* starts with '/' */
	struct scrape *scrape;	    /* asked by one thread at a time */
	struct web_store *store;
};

struct web;

/*
 * Answer on these sockets, each by a thread of its own.
 * @sockets: of web_listen(); closed by web_stop(). @options: what it points to outlives
 * it Return: 0, -ENOMEM, or -EIO (the HTTP library refused)
 */
int web_start(const struct web_options *options, const int *sockets, size_t n_sockets,
	      struct web **out);
/* Finishes no answer that is under way. */
void web_stop(struct web *web);

#endif /* EXPORTER_WEB_H */
