// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_top.c - `fwctl top`: what the firewall is doing, live.
 *
 * It reads, and changes nothing. It lives on while nothing is in force: somebody may
 * be about to apply.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <util/cleanup.h>

#include "top.h"

#define NS_PER_SEC  1000000000ull
#define NS_PER_MSEC 1000000ull

#define LEAST_DELAY_SEC	   0.1
#define GREATEST_DELAY_SEC 3600.0
#define DEFAULT_DELAY_SEC  1.0

/* Of `--once` on no terminal. */
#define ONCE_ROWS 60

struct top {
	struct top_reader reader;
	struct fw_error error; /* why there is no reading */
	double delay_sec;
	enum top_panel panel;
	enum top_sort sort;
	bool paused;
	bool once;
	bool json;
	struct top_frame frame;
};

uint64_t top_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static void print_usage(FILE *out)
{
	fputs("Usage: fwctl top [--delay SECONDS] [--once] [--json] [--pin-dir DIR]\n"
	      "Show what the firewall is doing, live: packets and bits a second, "
	      "busiest\n"
	      "access-list lines, drops by reason, FTP sessions, how full tables are.\n"
	      "\n"
	      "  --delay SECONDS  between two readings, 0.1 to 3600 (1)\n"
	      "  --once           write one view to standard output and end\n"
	      "  --json           with --once: as JSON\n"
	      "  --pin-dir DIR    where the firewall is pinned (" FW_DEFAULT_PIN_DIR ")\n"
	      "  -h, --help       show this text\n"
	      "\n"
	      "Keys: q quit; p or blank: pause; s: by rate or by total; + and -: the\n"
	      "delay; a: all panels; i, l, d, f, t: interfaces, lines, drops, FTP, "
	      "tables\n"
	      "alone.\n"
	      "\n"
	      "Exit status: 0 ended, 2 usage, or no terminal, 3 refused, or with --once\n"
	      "nothing is in force.\n",
	      out);
}

/* ---- one view -------------------------------------------------------------------------
 */

static void fill_frame(struct top *top, const struct top_screen *screen)
{
	struct top_view view cleanup_(top_view_free) = {0};
	char what[sizeof(top->error.where) + sizeof(top->error.what) + 4];

	if (!top->reader.n) {
		snprintf(what, sizeof(what), "%s%s%s", top->error.where,
			 top->error.where[0] ? ": " : "", top->error.what);
		format_top_message(&top->frame, screen, what, top->error.hint);
	} else if (top_reader_compare(&top->reader, top->sort, &view)) {
		format_top_message(&top->frame, screen, "out of memory", "");
	} else {
		format_top_frame(&top->frame, screen, &view);
	}
}

static struct top_screen screen_of(const struct top *top)
{
	return (struct top_screen){
		.panel = top->panel,
		.sort = top->sort,
		.delay_sec = top->delay_sec,
		.paused = top->paused,
	};
}

/* ---- once
 * ------------------------------------------------------------------------------ */

static void pause_for(double sec)
{
	struct timespec left = {.tv_sec = (time_t)sec};

	left.tv_nsec = (long)((sec - (double)left.tv_sec) * (double)NS_PER_SEC);
	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* Whole lines for what reads a pipe. */
static size_t columns_of_output(void)
{
	struct winsize size;

	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) &&
	    size.ws_col)
		return size.ws_col;
	return TOP_MAX_COLUMNS;
}

static int print_text(struct top *top)
{
	struct top_screen screen = screen_of(top);

	screen.rows = ONCE_ROWS;
	screen.columns = columns_of_output();
	fill_frame(top, &screen);
	for (size_t i = 0; i < top->frame.n_rows; i++) {
		char *text = top->frame.rows[i].text;
		size_t len = strlen(text);

		while (len && text[len - 1] == ' ')
			len--;
		printf("%.*s\n", (int)len, text);
	}
	return fflush(stdout) || ferror(stdout) ? -EIO : 0;
}

static int print_json(struct top *top)
{
	struct top_view view cleanup_(top_view_free) = {0};
	int err = top_reader_compare(&top->reader, top->sort, &view);

	return err ? err : top_print_json(&view);
}

static int once(struct top *top)
{
	int err = top_read(&top->reader, &top->error);

	if (!err) {
		pause_for(top->delay_sec);
		err = top_read(&top->reader, &top->error);
	}
	if (err)
		return cmd_print_fw_error("top", &top->error);
	err = top->json ? print_json(top) : print_text(top);
	if (err) {
		fprintf(stderr, "fwctl top: the output could not be written whole: %s\n",
			strerror(-err));
		return CMD_REFUSED;
	}
	return CMD_OK;
}

/* ---- live
 * -------------------------------------------------------------------------------- */

static void draw(struct top *top)
{
	struct top_screen screen = screen_of(top);
	time_t now = time(NULL);
	struct tm local;
	char text[16] = "";

	if (localtime_r(&now, &local))
		strftime(text, sizeof(text), "%H:%M:%S", &local);
	screen.time = text;
	screen.keys = true;
	top_screen_size(&screen.rows, &screen.columns);
	fill_frame(top, &screen);
	top_screen_draw(&top->frame);
}

/* The next of these, in seconds. */
static double other_delay(double now, bool longer)
{
	static const double delays[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60};
	double shorter = now;

	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		if (longer && delays[i] > now)
			return delays[i];
		if (delays[i] < now)
			shorter = delays[i];
	}
	return longer ? now : shorter;
}

/* Return: whether to go on. */
static bool take_key(struct top *top, int key)
{
	static const struct {
		char key;
		enum top_panel panel;
	} panels[] = {
		{'a', TOP_ALL},	  {'i', TOP_INTERFACES}, {'l', TOP_LINES},
		{'d', TOP_DROPS}, {'f', TOP_FTP},	 {'t', TOP_TABLES},
	};

	switch (key) {
	case 'q':
	case TOP_KEY_END:
		return false;
	case 'p':
	case ' ':
		top->paused = !top->paused;
		return true;
	case 's':
		top->sort = (top->sort + 1) % TOP_N_SORTS;
		return true;
	case '+':
	case '-':
		top->delay_sec = other_delay(top->delay_sec, key == '+');
		return true;
	default:
		break;
	}
	for (size_t i = 0; i < sizeof(panels) / sizeof(panels[0]); i++)
		if (key == panels[i].key)
			top->panel = panels[i].panel;
	return true;
}

/* Milliseconds until then, rounded up; -1: not at all. */
static int wait_for(const struct top *top, uint64_t last_ns, uint64_t now_ns)
{
	uint64_t due_ns = last_ns + (uint64_t)(top->delay_sec * (double)NS_PER_SEC);

	if (top->paused)
		return -1;
	return due_ns > now_ns ? (int)((due_ns - now_ns) / NS_PER_MSEC) + 1 : 0;
}

/* The delay is between the end of a reading and the next: however long one takes, it
 * does not take all the time. */
static void watch(struct top *top)
{
	uint64_t last_ns = top_now_ns();
	int timeout_ms;

	do {
		draw(top);
		timeout_ms = wait_for(top, last_ns, top_now_ns());
		if (timeout_ms)
			continue;
		top_read(&top->reader, &top->error);
		last_ns = top_now_ns();
	} while (!timeout_ms || take_key(top, top_screen_key(timeout_ms)));
}

static int live(struct top *top)
{
	int err;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return cmd_usage_error("top", "this is no terminal; --once writes to "
					      "whatever there is");
	err = top_read(&top->reader, &top->error);
	if (err && err != -ENOENT)
		return cmd_print_fw_error("top", &top->error);
	if (top_screen_open()) {
		const char *term = getenv("TERM");

		return cmd_usage_error("top",
				       "the terminal '%s' is not known here: set TERM, "
				       "or use --once",
				       term ? term : "");
	}
	watch(top);
	top_screen_close();
	return CMD_OK;
}

/* ---- the command line
 * ---------------------------------------------------------------------- */

static int parse_delay(const char *text, double *out)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= LEAST_DELAY_SEC) ||
	    value > GREATEST_DELAY_SEC)
		return cmd_usage_error("top", "'%s' is no delay: 0.1 to 3600 seconds",
				       text);
	*out = value;
	return 0;
}

/* Return: CMD_OK to go on, CMD_USAGE, or -1 if help was shown. */
static int parse_arguments(int argc, char **argv, struct top *top)
{
	static const struct option options[] = {
		{"delay", required_argument, NULL, 'd'},
		{"once", no_argument, NULL, 'o'},
		{"json", no_argument, NULL, 'j'},
		{"pin-dir", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int status = CMD_OK;
	int option;

	optind = 0;
	opterr = 0;
	while (!status && (option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			status = parse_delay(optarg, &top->delay_sec);
			break;
		case 'o':
			top->once = true;
			break;
		case 'j':
			top->json = true;
			break;
		case 'p':
			top->reader.pin_dir = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return -1;
		case ':':
			return cmd_usage_error("top", "%s needs a value",
					       argv[optind - 1]);
		default:
			return cmd_usage_error("top", "unknown option '%s'",
					       argv[optind - 1]);
		}
	}
	if (!status && optind < argc)
		return cmd_usage_error("top", "'%s' is one argument too many",
				       argv[optind]);
	if (!status && top->json && !top->once)
		return cmd_usage_error("top", "--json is for --once");
	return status;
}

static void free_top(struct top **top)
{
	if (*top)
		top_reader_free(&(*top)->reader);
	free(*top);
}

int cmd_top(int argc, char **argv)
{
	struct top *top cleanup_(free_top) = calloc(1, sizeof(*top));
	int status;

	if (!top) {
		fputs("fwctl top: out of memory\n", stderr);
		return CMD_REFUSED;
	}
	top->delay_sec = DEFAULT_DELAY_SEC;
	status = parse_arguments(argc, argv, top);
	if (status)
		return status < 0 ? CMD_OK : status;
	return top->once ? once(top) : live(top);
}
