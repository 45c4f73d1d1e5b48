/* SPDX-License-Identifier: GPL-2.0 */
/*
 * web_tls.h - certificates and keys of --web.config.file, and what a session does with
 * them (RFC 8446, RFC 5246, RFC 5280).
 *
 * Why it exists: libmicrohttpd takes one certificate for its whole life. Here each new
 * connection is given the one in force, so that a renewal needs no restart.
 *
 * Who may include it: tools/exporter only.
 */
#ifndef EXPORTER_WEB_TLS_H
#define EXPORTER_WEB_TLS_H

#include <gnutls/gnutls.h>

#include "web_config.h"

struct web_tls_context;

/*
 * Read the files and see that they belong together.
 * @tls: must outlive it
 * Return: 0, -EINVAL (@error says why), -ENOMEM
 */
int web_tls_new(const struct web_tls *tls, struct web_tls_context **out,
		struct web_config_error *error);
void web_tls_delete(struct web_tls_context *context);

/* Before the handshake; @context must outlive the session. */
int web_tls_begin(struct web_tls_context *context, gnutls_session_t session);

#endif /* EXPORTER_WEB_TLS_H */
