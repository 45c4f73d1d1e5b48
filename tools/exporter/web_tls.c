// SPDX-License-Identifier: GPL-2.0
/*
 * web_tls.c - certificates, keys and sessions. See web_tls.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <arpa/inet.h>

#include <gnutls/x509.h>

#include <util/cleanup.h>

#include "web_tls.h"

struct web_tls_context {
	const struct web_tls *tls;
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priorities;
};

/* ---- reading ----------------------------------------------------------------------- */

static int wrong(struct web_config_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int wrong(struct web_config_error *error, const char *format, ...)
{
	va_list args;

	*error = (struct web_config_error){0};
	va_start(args, format);
	vsnprintf(error->what, sizeof(error->what), format, args);
	va_end(args);
	return -EINVAL;
}

static void free_data(gnutls_datum_t *data)
{
	if (data->data)
		explicit_bzero(data->data, data->size);
	gnutls_free(data->data);
}

/* Of a file or of the configuration itself. @file: "" if neither */
static int load(const char *file, const char *text, gnutls_datum_t *out,
		struct web_config_error *error)
{
	int err;

	if (!file) {
		out->data = (unsigned char *)gnutls_strdup(text);
		out->size = (unsigned int)strlen(text);
		return out->data ? 0 : -ENOMEM;
	}
	errno = 0;
	err = gnutls_load_file(file, out);
	if (err)
		return wrong(error, "%s cannot be read: %s", file,
			     errno ? strerror(errno) : gnutls_strerror(err));
	return 0;
}

static int load_pair(struct web_tls_context *context, struct web_config_error *error)
{
	const struct web_tls *tls = context->tls;
	gnutls_datum_t cert cleanup_(free_data) = {NULL, 0};
	gnutls_datum_t key cleanup_(free_data) = {NULL, 0};
	int err = load(tls->cert_file, tls->cert, &cert, error);

	if (!err)
		err = load(tls->key_file, tls->key, &key, error);
	if (err)
		return err;
	err = gnutls_certificate_set_x509_key_mem2(context->credentials, &cert, &key,
						   GNUTLS_X509_FMT_PEM, NULL, 0);
	if (err < 0)
		return wrong(error, "%s with %s: %s",
			     tls->cert_file ? tls->cert_file : "cert",
			     tls->key_file ? tls->key_file : "key", gnutls_strerror(err));
	return 0;
}

static int load_clients(struct web_tls_context *context, struct web_config_error *error)
{
	const struct web_tls *tls = context->tls;
	gnutls_datum_t authorities cleanup_(free_data) = {NULL, 0};
	int n;

	if (!tls->client_ca_file && !tls->client_ca)
		return 0;
	n = load(tls->client_ca_file, tls->client_ca, &authorities, error);
	if (n)
		return n;
	n = gnutls_certificate_set_x509_trust_mem(context->credentials, &authorities,
						  GNUTLS_X509_FMT_PEM);
	if (n <= 0)
		return wrong(error, "%s: %s",
			     tls->client_ca_file ? tls->client_ca_file : "client_ca",
			     n ? gnutls_strerror(n) : "there is no certificate in it");
	return 0;
}

static int set_priorities(struct web_tls_context *context, struct web_config_error *error)
{
	const char *at = "";
	int err =
		gnutls_priority_init(&context->priorities, context->tls->priorities, &at);

	if (err)
		return wrong(error, "GnuTLS does not take '%.120s': %s", at,
			     gnutls_strerror(err));
	return 0;
}

static void delete_context(struct web_tls_context **context)
{
	web_tls_delete(*context);
}

int web_tls_new(const struct web_tls *tls, struct web_tls_context **out,
		struct web_config_error *error)
{
	struct web_tls_context *context cleanup_(delete_context) =
		calloc(1, sizeof(*context));
	int err;

	if (!context || gnutls_certificate_allocate_credentials(&context->credentials))
		return -ENOMEM;
	context->tls = tls;
	err = load_pair(context, error);
	if (!err)
		err = load_clients(context, error);
	if (!err)
		err = set_priorities(context, error);
	if (!err)
		*out = take(context);
	return err;
}

void web_tls_delete(struct web_tls_context *context)
{
	if (!context)
		return;
	if (context->priorities)
		gnutls_priority_deinit(context->priorities);
	if (context->credentials)
		gnutls_certificate_free_credentials(context->credentials);
	free(context);
}

/* ---- sessions ---------------------------------------------------------------------- */

static void free_certificate(gnutls_x509_crt_t *certificate)
{
	if (*certificate)
		gnutls_x509_crt_deinit(*certificate);
}

static bool is_allowed(const struct web_tls *tls, const char *name, size_t len)
{
	for (size_t i = 0; i < tls->n_client_sans; i++) {
		if (strlen(tls->client_sans[i]) == len &&
		    !strncasecmp(tls->client_sans[i], name, len))
			return true;
	}
	return false;
}

/* Addresses are in the certificate as bytes. */
static bool has_allowed_name(const struct web_tls *tls, gnutls_x509_crt_t certificate)
{
	for (unsigned int i = 0;; i++) {
		char name[256];
		size_t len = sizeof(name);
		int type = gnutls_x509_crt_get_subject_alt_name(certificate, i, name,
								&len, NULL);
		char address[64];

		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return false;
		if (type == GNUTLS_SAN_IPADDRESS &&
		    inet_ntop(len == 4 ? AF_INET : AF_INET6, name, address,
			      sizeof(address)) &&
		    is_allowed(tls, address, strlen(address)))
			return true;
		if ((type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_RFC822NAME ||
		     type == GNUTLS_SAN_URI) &&
		    is_allowed(tls, name, len))
			return true;
	}
}

static bool is_allowed_client(const struct web_tls *tls, const gnutls_datum_t *peer)
{
	gnutls_x509_crt_t certificate cleanup_(free_certificate) = NULL;

	if (!tls->n_client_sans)
		return true;
	return !gnutls_x509_crt_init(&certificate) &&
	       !gnutls_x509_crt_import(certificate, peer, GNUTLS_X509_FMT_DER) &&
	       has_allowed_name(tls, certificate);
}

/* Zero lets the handshake go on. */
static int verify_client(gnutls_session_t session)
{
	const struct web_tls_context *context = gnutls_session_get_ptr(session);
	gnutls_typed_vdata_st purpose = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT,
	};
	unsigned int status = 0;
	unsigned int n = 0;
	const gnutls_datum_t *peers = gnutls_certificate_get_peers(session, &n);

	if (!peers || !n) /* none was given; where one is required, GnuTLS has refused */
		return context->tls->client_auth == WEB_CLIENT_VERIFY;
	if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) || status)
		return 1;
	return !is_allowed_client(context->tls, &peers[0]);
}

int web_tls_begin(struct web_tls_context *context, gnutls_session_t session)
{
	static const gnutls_certificate_request_t requests[] = {
		[WEB_CLIENT_NONE] = GNUTLS_CERT_IGNORE,
		[WEB_CLIENT_REQUEST] = GNUTLS_CERT_REQUEST,
		[WEB_CLIENT_REQUIRE] = GNUTLS_CERT_REQUIRE,
		[WEB_CLIENT_VERIFY_IF_GIVEN] = GNUTLS_CERT_REQUEST,
		[WEB_CLIENT_VERIFY] = GNUTLS_CERT_REQUIRE,
	};
	enum web_client_auth auth = context->tls->client_auth;

	if (gnutls_priority_set(session, context->priorities) ||
	    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, context->credentials))
		return -EINVAL;
	gnutls_certificate_server_set_request(session, requests[auth]);
	if (auth >= WEB_CLIENT_VERIFY_IF_GIVEN) {
		gnutls_session_set_ptr(session, context);
		gnutls_session_set_verify_function(session, verify_client);
	}
	return 0;
}
