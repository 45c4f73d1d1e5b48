/* SPDX-License-Identifier: GPL-2.0 */
/*
 * web_config_tls.h - tls_server_config of --web.config.file, in GnuTLS's words.
 *
 * Who may include it: web_config*.c only.
 */
#ifndef EXPORTER_WEB_CONFIG_TLS_H
#define EXPORTER_WEB_CONFIG_TLS_H

#include "web_yaml.h"

/* @out: struct web_tls, zeros. 0, -EINVAL (reader->error), -ENOMEM. */
int web_tls_read(struct web_reader *reader, const yaml_node_t *node, void *out);
void web_tls_free(struct web_tls *tls);

#endif /* EXPORTER_WEB_CONFIG_TLS_H */
