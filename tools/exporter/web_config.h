/* SPDX-License-Identifier: GPL-2.0 */
/*
 * web_config.h - the file of --web.config.file: TLS, headers, passwords.
 *
 * Why it exists: whoever serves metrics of other exporters has such a file already.
 * Keys and values are those of Prometheus' exporter-toolkit, docs/web-configuration.md;
 * fw-exporter(8) says which of them mean less here. Pure: reads no file.
 *
 * Who may include it: tools/exporter, and tests.
 */
#ifndef EXPORTER_WEB_CONFIG_H
#define EXPORTER_WEB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEB_MAX_FILE_BYTES  (1u << 20)
#define WEB_MAX_BCRYPT_COST 16u /* seconds, and all scrapes wait for it */
#define WEB_PRIORITY_BYTES  1024u

enum web_client_auth {
	WEB_CLIENT_NONE,
	WEB_CLIENT_REQUEST,	    /* asked for, and ignored */
	WEB_CLIENT_REQUIRE,	    /* any will do */
	WEB_CLIENT_VERIFY_IF_GIVEN, /* none will do */
	WEB_CLIENT_VERIFY,
};

struct web_header {
	const char *name;
	char *value;
};

struct web_user {
	char *name;
	char *hash; /* bcrypt, crypt(5) */
};

/* One of each pair is set; files are named from the directory of the configuration. */
struct web_tls {
	char *cert_file;
	char *cert;
	char *key_file;
	char *key;
	char *client_ca_file;
	char *client_ca;
	enum web_client_auth client_auth;
	char **client_sans; /* a client's certificate must have one of them, if there are
			       any */
	size_t n_client_sans;
	char priorities[WEB_PRIORITY_BYTES]; /* gnutls_priority_init(3) */
};

struct web_config {
	bool has_tls;
	struct web_tls tls;
	struct web_header *headers;
	size_t n_headers;
	struct web_user *users; /* none: whoever asks is answered */
	size_t n_users;
	bool http2_ignored; /* it was asked for in so many words */
};

struct web_config_error {
	unsigned int line; /* from 1; 0: of the file as a whole */
	unsigned int column;
	char what[256];
};

/*
 * @dir: of the file, for the names in it
 * @out: freed by web_config_free(); unchanged on failure
 * Return: 0, -EINVAL (see @error), -ENOMEM
 */
int web_config_parse(const char *text, size_t len, const char *dir,
		     struct web_config **out, struct web_config_error *error);
void web_config_free(struct web_config *config);

#endif /* EXPORTER_WEB_CONFIG_H */
