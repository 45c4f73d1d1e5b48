// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - fw-exporter: serves the firewall's counters to Prometheus.
 *
 * One thread answers all requests; a scrape takes milliseconds and nothing
 * depends on this process. It only reads.
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include <util/cleanup.h>

#include "format_listen.h"
#include "format_negotiate.h"
#include "scrape.h"

#define DEFAULT_PORT	"9954"
#define DEFAULT_LISTEN	"127.0.0.1:" DEFAULT_PORT
#define EXIT_USAGE	2
#define MAX_CONNECTIONS 16u
#define IDLE_SEC	10u

#define HTML_TYPE  "text/html; charset=utf-8"
#define PLAIN_TYPE "text/plain; charset=utf-8"

static const char landing_page[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\"><head><title>Pinhole</title></head>\n"
	"<body><h1>Pinhole exporter</h1>\n"
	"<p><a href=\"/metrics\">Metrics</a></p></body></html>\n";

static void print_usage(FILE *out)
{
	fputs("Usage: fw-exporter [--listen HOST:PORT] [--pin-dir DIR]\n"
	      "Serve the Pinhole firewall's counters to Prometheus at /metrics.\n"
	      "\n"
	      "  --listen HOST:PORT  where to listen (" DEFAULT_LISTEN
	      "); [::1]:PORT for IPv6,\n"
	      "                      :PORT for every address\n"
	      "  --pin-dir DIR       where the firewall is pinned (" FW_DEFAULT_PIN_DIR
	      ")\n"
	      "  -h, --help          show this text\n"
	      "  -V, --version       show the version\n"
	      "\n"
	      "It keeps serving, with pinhole_up 0, while nothing is loaded.\n"
	      "\n"
	      "Exit status: 0 ended by SIGTERM or SIGINT, 1 it could not listen, 2 "
	      "usage.\n",
	      out);
}

/* ---- answering
 * -------------------------------------------------------------------------- */

/* @body: taken over if @free_body, else static. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status,
			      const char *type, char *body, size_t len, bool free_body)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		len, body, free_body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (!response) {
		if (free_body)
			free(body);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_fixed(struct MHD_Connection *connection,
				    unsigned int status, const char *type,
				    const char *body)
{
	return answer(connection, status, type, (char *)body, strlen(body), false);
}

static enum MHD_Result answer_metrics(struct MHD_Connection *connection,
				      struct scrape *scrape)
{
	enum metric_format format = metrics_negotiate(MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
	struct strbuf page = {0};
	char *body;
	size_t len;

	scrape_run(scrape, format, &page);
	if (strbuf_steal(&page, &body, &len))
		return answer_fixed(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
				    PLAIN_TYPE, "out of memory\n");
	return answer(connection, MHD_HTTP_OK, metrics_content_type(format), body, len,
		      true);
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
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_fixed(connection, MHD_HTTP_METHOD_NOT_ALLOWED, PLAIN_TYPE,
				    "GET or HEAD\n");
	if (!strcmp(url, "/metrics"))
		return answer_metrics(connection, arg);
	if (!strcmp(url, "/"))
		return answer_fixed(connection, MHD_HTTP_OK, HTML_TYPE, landing_page);
	return answer_fixed(connection, MHD_HTTP_NOT_FOUND, PLAIN_TYPE, "not found\n");
}

/* ---- listening
 * ------------------------------------------------------------------------------ */

static void free_addresses(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

static int wrong_listen(const char *listen)
{
	char guess[256];

	fprintf(stderr, "fw-exporter: '%s' is not HOST:PORT", listen);
	if (listen_guess(listen, DEFAULT_PORT, guess, sizeof(guess)))
		fprintf(stderr, "; did you mean %s?", guess);
	fputs("\nTry: fw-exporter --help\n", stderr);
	return EXIT_USAGE;
}

static struct MHD_Daemon *start(const char *listen, const char *host, const char *port,
				struct scrape *scrape)
{
	struct addrinfo *list cleanup_(free_addresses) = NULL;
	const struct addrinfo wanted = {.ai_flags = AI_PASSIVE,
					.ai_socktype = SOCK_STREAM};
	struct MHD_Daemon *daemon;
	unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD;
	int err = getaddrinfo(host[0] ? host : NULL, port, &wanted, &list);

	if (err) {
		fprintf(stderr, "fw-exporter: %s: %s\n", listen, gai_strerror(err));
		return NULL;
	}
	if (list->ai_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, handle, scrape, MHD_OPTION_SOCK_ADDR, list->ai_addr,
		MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SEC, MHD_OPTION_END);
	if (!daemon)
		fprintf(stderr, "fw-exporter: cannot listen on %s: %s\n", listen,
			errno ? strerror(errno) : "refused by the HTTP library");
	return daemon;
}

static int serve(const char *listen, struct scrape *scrape)
{
	struct MHD_Daemon *daemon;
	sigset_t signals;
	char host[256];
	char port[6];
	int caught;

	if (listen_split(listen, host, port))
		return wrong_listen(listen);

	/* Blocked before the thread starts, so that only sigwait() sees them. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	daemon = start(listen, host, port, scrape);
	if (!daemon)
		return EXIT_FAILURE;
	fprintf(stderr, "fw-exporter: serving http://%s/metrics\n", listen);
	sigwait(&signals, &caught);
	MHD_stop_daemon(daemon);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"listen", required_argument, NULL, 'l'},
		{"pin-dir", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	struct scrape scrape cleanup_(scrape_free) = SCRAPE_INIT;
	const char *listen = DEFAULT_LISTEN;
	int option;

	while ((option = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			listen = optarg;
			break;
		case 'p':
			scrape.pin_dir = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("fw-exporter " PINHOLE_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs("Try: fw-exporter --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc) {
		fputs("fw-exporter: takes no arguments\nTry: fw-exporter --help\n",
		      stderr);
		return EXIT_USAGE;
	}
	return serve(listen, &scrape);
}
