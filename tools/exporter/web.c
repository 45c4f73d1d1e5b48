// SPDX-License-Identifier: GPL-2.0
/*
 * web.c - the server: who is answered, and what. See web.h.
 *
 * Why it exists: HTTP (RFC 9110) and TLS are libmicrohttpd's and GnuTLS's; what is
 * decided for each request is here.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include <util/cleanup.h>

#include "format_negotiate.h"
#include "web.h"
#include "web_page.h"

#define MAX_CONNECTIONS 32u
#define IDLE_SEC	10u

#define PLAIN_TYPE "text/plain; charset=utf-8"
#define HTML_TYPE  "text/html; charset=utf-8"
#define REALM	   "Basic realm=\"pinhole\", charset=\"UTF-8\""

/* The page brings its own style and nothing else, and nothing may be around it. */
#define PAGE_POLICY                                                               \
	"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri " \
	"'none'; form-action 'none'; frame-ancestors 'none'"

struct web {
	struct web_options options;
	pthread_mutex_t reading; /* the firewall: by one thread at a time */
	size_t n_daemons;
	struct MHD_Daemon *daemons[];
};

struct reply {
	unsigned int status;
	const char *type;
	char *body; /* static unless owned */
	size_t len;
	bool is_owned;
	bool is_page; /* of ours, for people */
	bool varies;  /* by Accept */
};

/* ---- replying ---------------------------------------------------------------------- */

static bool is_set(const struct web_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_headers; i++) {
		if (!strcmp(config->headers[i].name, name))
			return true;
	}
	return false;
}

/* What the file says comes before what is usual here. */
static void add_headers(struct MHD_Response *response, const struct reply *reply,
			const struct web_config *config)
{
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
	if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (reply->status == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
					REALM);
	if (reply->varies)
		MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept");
	if (!is_set(config, "X-Content-Type-Options"))
		MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (reply->is_page && !is_set(config, "Content-Security-Policy"))
		MHD_add_response_header(response, "Content-Security-Policy", PAGE_POLICY);
	for (size_t i = 0; i < config->n_headers; i++)
		MHD_add_response_header(response, config->headers[i].name,
					config->headers[i].value);
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct reply *reply,
				  const struct web_config *config)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		reply->len, reply->body,
		reply->is_owned ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (!response) {
		if (reply->is_owned)
			free(reply->body);
		return MHD_NO;
	}
	add_headers(response, reply, config);
	result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static struct reply fixed(unsigned int status, const char *body)
{
	return (struct reply){.status = status,
			      .type = PLAIN_TYPE,
			      .body = (char *)body,
			      .len = strlen(body)};
}

static struct reply of_text(struct strbuf *text, const char *type)
{
	struct reply reply = {.status = MHD_HTTP_OK, .type = type, .is_owned = true};

	if (strbuf_steal(text, &reply.body, &reply.len))
		return fixed(MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	return reply;
}

/* ---- pages ------------------------------------------------------------------------- */

static enum MHD_Result join_accept(void *arg, enum MHD_ValueKind kind, const char *key,
				   const char *value)
{
	struct strbuf *joined = arg;

	(void)kind;
	if (strcasecmp(key, MHD_HTTP_HEADER_ACCEPT) == 0 && value) {
		if (joined->len)
			strbuf_puts(joined, ", ");
		strbuf_puts(joined, value);
	}
	return MHD_YES;
}

static enum metric_format format_of(struct MHD_Connection *connection)
{
	struct strbuf accept = {0};
	enum metric_format format;

	MHD_get_connection_values(connection, MHD_HEADER_KIND, join_accept, &accept);
	format = metrics_negotiate(accept.failed ? NULL : accept.data);
	strbuf_free(&accept);
	return format;
}

static struct reply metrics(struct web *web, struct MHD_Connection *connection)
{
	enum metric_format format = format_of(connection);
	struct strbuf page = {0};
	struct reply reply;

	pthread_mutex_lock(&web->reading);
	scrape_run(web->options.scrape, format, &page);
	pthread_mutex_unlock(&web->reading);
	reply = of_text(&page, metrics_content_type(format));
	reply.varies = true;
	return reply;
}

static struct reply landing(struct web *web)
{
	struct web_page page = {.telemetry_path = web->options.telemetry_path,
				.healthy_path = WEB_HEALTHY_PATH};
	struct strbuf text = {0};
	struct reply reply;

	pthread_mutex_lock(&web->reading);
	web_page_read(&page, web->options.scrape->pin_dir);
	pthread_mutex_unlock(&web->reading);
	web_page_put(&page, &text);
	reply = of_text(&text, HTML_TYPE);
	reply.is_page = true;
	return reply;
}

static struct reply route(struct web *web, struct MHD_Connection *connection,
			  const char *url, const char *method)
{
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return fixed(MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD\n");
	if (!strcmp(url, web->options.telemetry_path))
		return metrics(web, connection);
	if (!strcmp(url, "/"))
		return landing(web);
	if (!strcmp(url, WEB_HEALTHY_PATH))
		return fixed(MHD_HTTP_OK, "Healthy.\n");
	return fixed(MHD_HTTP_NOT_FOUND, "not found\n");
}

/* ---- requests ---------------------------------------------------------------------- */

static void wipe(char *text)
{
	if (!text)
		return;
	explicit_bzero(text, strlen(text));
	MHD_free(text);
}

static bool may_ask(struct MHD_Connection *connection, struct web_auth *auth)
{
	char *password = NULL;
	char *user;
	bool permitted = false;

	if (!auth)
		return true;
	user = MHD_basic_auth_get_username_password(connection, &password);
	if (user && password)
		permitted = web_auth_permits(auth, user, password);
	wipe(password);
	wipe(user);
	return permitted;
}

static enum MHD_Result answer(struct web *web, struct MHD_Connection *connection,
			      const char *url, const char *method)
{
	struct web_live *live = web_live_get(web->options.store);
	struct reply reply = may_ask(connection, live->auth)
				     ? route(web, connection, url, method)
				     : fixed(MHD_HTTP_UNAUTHORIZED, "Unauthorized\n");
	enum MHD_Result result = send_reply(connection, &reply, live->config);

	web_live_put(web->options.store, live);
	return result;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection,
			      const char *url, const char *method, const char *version,
			      const char *upload, size_t *upload_bytes, void **state)
{
	static int started;

	(void)version;
	(void)upload;
	/* Called first with the headers alone, then with the body, if any, and at
	 * last without: to answer earlier would cost the client its connection. */
	if (!*state) {
		*state = &started;
		return MHD_YES;
	}
	if (*upload_bytes) {
		*upload_bytes = 0;
		return MHD_YES;
	}
	return answer(arg, connection, url, method);
}

/* ---- connections ------------------------------------------------------------------- */

/* One that gets nothing from web_tls_begin() has no certificate, and fails. */
static void notice_connection(void *arg, struct MHD_Connection *connection, void **socket,
			      enum MHD_ConnectionNotificationCode what)
{
	struct web *web = arg;
	struct web_live *live;
	const union MHD_ConnectionInfo *info;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*socket)
			web_live_put(web->options.store, *socket);
		return;
	}
	live = web_live_get(web->options.store);
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	if (live->tls && info && info->tls_session)
		web_tls_begin(live->tls, (gnutls_session_t)info->tls_session);
	*socket = live;
}

/* Asked for by libmicrohttpd in place of a certificate of its own; never used. */
static int no_certificate(gnutls_session_t session, const gnutls_datum_t *names,
			  int n_names, const gnutls_pk_algorithm_t *algorithms,
			  int n_algorithms, gnutls_pcert_st **certificates,
			  unsigned int *n_certificates, gnutls_privkey_t *key)
{
	(void)session;
	(void)names;
	(void)n_names;
	(void)algorithms;
	(void)n_algorithms;
	(void)certificates;
	(void)n_certificates;
	(void)key;
	return -1;
}

static struct MHD_Daemon *start_one(struct web *web, int socket, bool tls)
{
	unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO;
	struct MHD_OptionItem certificate[] = {
		{MHD_OPTION_HTTPS_CERT_CALLBACK, 0, no_certificate},
		{MHD_OPTION_END, 0, NULL},
	};

	if (tls)
		flags |= MHD_USE_TLS;
	else
		certificate[0].option = MHD_OPTION_END;
	return MHD_start_daemon(
		flags, 0, NULL, NULL, handle, web, MHD_OPTION_LISTEN_SOCKET, socket,
		MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SEC, MHD_OPTION_NOTIFY_CONNECTION,
		notice_connection, web, MHD_OPTION_ARRAY, certificate, MHD_OPTION_END);
}

int web_start(const struct web_options *options, const int *sockets, size_t n_sockets,
	      struct web **out)
{
	struct web *web =
		calloc(1, sizeof(*web) + n_sockets * sizeof(struct MHD_Daemon *));
	struct web_live *live = web_live_get(options->store);
	bool tls = live->tls;
	web_live_put(options->store, live);
	if (!web)
		return -ENOMEM;
	web->options = *options;
	pthread_mutex_init(&web->reading, NULL);
	for (size_t i = 0; i < n_sockets; i++) {
		struct MHD_Daemon *daemon = start_one(web, sockets[i], tls);

		if (!daemon)
			break;
		web->daemons[web->n_daemons++] = daemon;
	}
	if (web->n_daemons < n_sockets) {
		web_stop(web);
		return -EIO;
	}
	*out = web;
	return 0;
}

void web_stop(struct web *web)
{
	if (!web)
		return;
	for (size_t i = 0; i < web->n_daemons; i++)
		MHD_stop_daemon(web->daemons[i]);
	pthread_mutex_destroy(&web->reading);
	free(web);
}
