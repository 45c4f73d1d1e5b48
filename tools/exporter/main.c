// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - fw-exporter: serves the firewall's counters to Prometheus.
 *
 * A scrape takes milliseconds and nothing depends on this process. It only reads, and
 * soon after its start it can do nothing else: see privilege.h. Options are named as
 * those of other exporters are.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <util/cleanup.h>

#include "format_listen.h"
#include "format_negotiate.h"
#include "privilege.h"
#include "scrape.h"
#include "web.h"
#include "web_listen.h"

#define DEFAULT_PORT	"9954"
#define DEFAULT_LISTEN	"127.0.0.1:" DEFAULT_PORT
#define DEFAULT_PATH	"/metrics"
#define EXIT_USAGE	2
#define MAX_ADDRESSES	16
#define REREAD_POLL_SEC 1

struct request {
	const char *addresses[MAX_ADDRESSES];
	size_t n_addresses;
	const char *config_path;
	const char *telemetry_path;
	struct scrape scrape;
};

static void print_usage(FILE *out)
{
	fputs("Usage: fw-exporter [OPTION]...\n"
	      "Serve the Pinhole firewall's counters to Prometheus.\n"
	      "\n"
	      "  --web.listen-address HOST:PORT  where to listen (" DEFAULT_LISTEN ");\n"
	      "                            [::1]:PORT for IPv6, :PORT for every "
	      "address;\n"
	      "                            may be repeated\n"
	      "  --web.config.file FILE    TLS, headers and passwords, as of "
	      "Prometheus'\n"
	      "                            exporter-toolkit; read again when it changes\n"
	      "  --web.telemetry-path PATH where the metrics are (" DEFAULT_PATH ")\n"
	      "  --acl-lines on|off|N      metrics of each line of the access lists, of "
	      "none,\n"
	      "                            or of the first N (on)\n"
	      "  --pin-dir DIR             where the firewall is pinned\n"
	      "                            (" FW_DEFAULT_PIN_DIR ")\n"
	      "  -h, --help                show this text\n"
	      "  -V, --version             show the version\n"
	      "\n"
	      "It keeps serving, with pinhole_up 0, while nothing is loaded.\n"
	      "\n"
	      "Exit status: 0 ended by SIGTERM or SIGINT, 1 it could not listen, or read "
	      "the\n"
	      "configuration, 2 usage.\n",
	      out);
}

static int wrong_usage(void)
{
	fputs("Try: fw-exporter --help\n", stderr);
	return EXIT_USAGE;
}

/* ---- listening --------------------------------------------------------------------- */

static int wrong_address(const char *address)
{
	char guess[256];

	fprintf(stderr, "fw-exporter: '%s' is not HOST:PORT", address);
	if (listen_guess(address, DEFAULT_PORT, guess, sizeof(guess)))
		fprintf(stderr, "; did you mean %s?", guess);
	fputc('\n', stderr);
	return wrong_usage();
}

/* Return: an exit status */
static int listen_on_all(const struct request *request, int sockets[MAX_ADDRESSES])
{
	for (size_t i = 0; i < request->n_addresses; i++) {
		char said[512];

		sockets[i] = web_listen(request->addresses[i], said, sizeof(said));
		if (sockets[i] == -EINVAL)
			return wrong_address(request->addresses[i]);
		if (sockets[i] < 0) {
			fprintf(stderr, "fw-exporter: %s\n", said);
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}

/* ---- the configuration ------------------------------------------------------------- */

static void say_wrong(const char *path, const struct web_config_error *error,
		      const char *end)
{
	if (error->line)
		fprintf(stderr, "fw-exporter: %s:%u:%u: %s%s\n", path, error->line,
			error->column, error->what, end);
	else
		fprintf(stderr, "fw-exporter: %s: %s%s\n", path, error->what, end);
}

static void say_ignored(const char *path, struct web_store *store)
{
	struct web_live *live = web_live_get(store);

	if (live->config->http2_ignored)
		fprintf(stderr, "fw-exporter: %s: http2 is ignored: HTTP/1.1 is served\n",
			path);
	web_live_put(store, live);
}

static void reread(const char *path, struct web_store *store, bool force)
{
	struct web_config_error error = {0};

	switch (web_store_poll(store, force, &error)) {
	case WEB_UNCHANGED:
		break;
	case WEB_REREAD:
		fprintf(stderr, "fw-exporter: %s: read again\n", path);
		say_ignored(path, store);
		break;
	case WEB_FAILED:
		say_wrong(path, &error, "; what was in force before still is");
		break;
	}
}

/* ---- serving ----------------------------------------------------------------------- */

static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	/* Before a thread begins, so that only wait_for_end() sees them. */
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Files are looked at as often as a certificate may be late; without any it sleeps. */
static void wait_for_end(const sigset_t *signals, const char *config_path,
			 struct web_store *store)
{
	const struct timespec poll = {.tv_sec = REREAD_POLL_SEC};

	for (;;) {
		int caught = sigtimedwait(signals, NULL, config_path ? &poll : NULL);

		if (caught == SIGTERM || caught == SIGINT)
			return;
		if (config_path)
			reread(config_path, store, caught == SIGHUP);
	}
}

static void say_serving(const struct request *request, struct web_store *store)
{
	struct web_live *live = web_live_get(store);

	for (size_t i = 0; i < request->n_addresses; i++)
		fprintf(stderr, "fw-exporter: serving http%s://%s%s\n",
			live->tls ? "s" : "", request->addresses[i],
			request->telemetry_path);
	web_live_put(store, live);
}

/* Return: an exit status */
static int serve(struct request *request, const int *sockets, struct web_store *store,
		 const sigset_t *signals)
{
	const struct web_options options = {.telemetry_path = request->telemetry_path,
					    .scrape = &request->scrape,
					    .store = store};
	struct web *web = NULL;
	int err = web_start(&options, sockets, request->n_addresses, &web);

	if (err) {
		fprintf(stderr, "fw-exporter: cannot serve: %s\n",
			err == -EIO ? "refused by the HTTP library" : strerror(-err));
		return EXIT_FAILURE;
	}
	say_serving(request, store);
	wait_for_end(signals, request->config_path, store);
	web_stop(web);
	return EXIT_SUCCESS;
}

static void close_store(struct web_store **store)
{
	web_store_close(*store);
}

/*
 * Privileges go before the first file is read: one that only root's capabilities could
 * read could not be read again when it is renewed.
 */
static int run(struct request *request)
{
	struct web_store *store cleanup_(close_store) = NULL;
	struct web_config_error error = {0};
	int sockets[MAX_ADDRESSES];
	char said[256];
	sigset_t signals;
	int status = listen_on_all(request, sockets);
	int err;

	if (status)
		return status;
	block_signals(&signals);
	err = privilege_drop(said, sizeof(said));
	if (err) {
		fprintf(stderr, "fw-exporter: %s\n", said);
		return EXIT_FAILURE;
	}
	err = web_store_open(request->config_path, &store, &error);
	if (err) {
		if (err == -ENOMEM)
			snprintf(error.what, sizeof(error.what), "out of memory");
		say_wrong(request->config_path ? request->config_path : "web", &error,
			  "");
		return EXIT_FAILURE;
	}
	if (request->config_path)
		say_ignored(request->config_path, store);
	return serve(request, sockets, store, &signals);
}

/* ---- the command line -------------------------------------------------------------- */

static int add_address(struct request *request, const char *address)
{
	if (request->n_addresses == MAX_ADDRESSES) {
		fprintf(stderr, "fw-exporter: more than %d addresses\n", MAX_ADDRESSES);
		return EXIT_USAGE;
	}
	request->addresses[request->n_addresses++] = address;
	return 0;
}

static int set_path(struct request *request, const char *path)
{
	if (path[0] != '/' || strpbrk(path, "?#% ") || !strcmp(path, WEB_HEALTHY_PATH)) {
		fprintf(stderr,
			"fw-exporter: '%s' cannot be the path of the metrics: it starts "
			"with '/', has none of '?#%%' and is not " WEB_HEALTHY_PATH "\n",
			path);
		return wrong_usage();
	}
	request->telemetry_path = path;
	return 0;
}

static int set_acl_lines(struct request *request, const char *text)
{
	if (metrics_acl_lines(text, &request->scrape.max_acl_lines))
		return 0;
	fprintf(stderr, "fw-exporter: --acl-lines is on, off or a number, not '%s'\n",
		text);
	return wrong_usage();
}

/* Return: 0 (more follow), or an exit status for the end; @ends: it is one of success */
static int take_option(struct request *request, int option, bool *ends)
{
	switch (option) {
	case 'l':
		return add_address(request, optarg);
	case 'c':
		request->config_path = optarg;
		return 0;
	case 't':
		return set_path(request, optarg);
	case 'a':
		return set_acl_lines(request, optarg);
	case 'p':
		request->scrape.pin_dir = optarg;
		return 0;
	case 'h':
		print_usage(stdout);
		*ends = true;
		return 0;
	case 'V':
		puts("fw-exporter " PINHOLE_VERSION);
		*ends = true;
		return 0;
	default:
		return wrong_usage();
	}
}

static void free_request(struct request *request)
{
	scrape_free(&request->scrape);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"web.listen-address", required_argument, NULL, 'l'},
		{"web.config.file", required_argument, NULL, 'c'},
		{"web.telemetry-path", required_argument, NULL, 't'},
		{"acl-lines", required_argument, NULL, 'a'},
		{"pin-dir", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	struct request request cleanup_(free_request) = {.telemetry_path = DEFAULT_PATH,
							 .scrape = SCRAPE_INIT};
	bool ends = false;
	int option;

	while ((option = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		int status = take_option(&request, option, &ends);

		if (status || ends)
			return status;
	}
	if (optind != argc) {
		fputs("fw-exporter: takes no arguments\n", stderr);
		return wrong_usage();
	}
	if (!request.n_addresses)
		add_address(&request, DEFAULT_LISTEN);
	return run(&request);
}
