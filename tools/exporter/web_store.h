/* SPDX-License-Identifier: GPL-2.0 */
/*
 * web_store.h - the --web.config.file in force, and its successors.
 *
 * Why it exists: certificates are renewed and passwords changed while requests are
 * answered. Each connection keeps what it began with until it ends.
 *
 * Who may include it: tools/exporter only.
 */
#ifndef EXPORTER_WEB_STORE_H
#define EXPORTER_WEB_STORE_H

#include "web_auth.h"
#include "web_tls.h"

/* One configuration with all it names; nothing in it changes. */
struct web_live {
	struct web_config *config;
	struct web_auth *auth;	     /* NULL: everybody */
	struct web_tls_context *tls; /* NULL: plain HTTP */
	unsigned int refs;	     /* of the store's lock */
};

struct web_store;

enum web_reread {
	WEB_UNCHANGED,
	WEB_REREAD,
	WEB_FAILED, /* what was in force still is */
};

/* @path: NULL for neither TLS nor passwords. 0, -EINVAL (@error says why), -ENOMEM. */
int web_store_open(const char *path, struct web_store **out,
		   struct web_config_error *error);
void web_store_close(struct web_store *store);

/* The one in force; given back by web_live_put(). Any thread. */
struct web_live *web_live_get(struct web_store *store);
void web_live_put(struct web_store *store, struct web_live *live);

/*
 * Read the files again if one of them changed since they were last looked at.
 * @force: also if none did. One thread.
 */
enum web_reread web_store_poll(struct web_store *store, bool force,
			       struct web_config_error *error);

#endif /* EXPORTER_WEB_STORE_H */
