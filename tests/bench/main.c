// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - the bench program: one measurement of one gateway, as JSON.
 *
 * Called by the scripts, which make the labs. Exits non-zero, and says why, when
 * anything gives reason to doubt the figure.
 */
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "ftp.h"
#include "lines.h"
#include "measure.h"
#include "sockets.h"
#include "spawn.h"
#include "stages.h"

static const char *const path_names[BENCH_PATHS] = {
	[BENCH_WIRE] = "wire",
	[BENCH_FIB] = "xdp-fib",
	[BENCH_PINHOLE_XDP] = "pinhole-xdp",
	[BENCH_PINHOLE_TC] = "pinhole-tc",
	[BENCH_KERNEL] = "kernel",
	[BENCH_NFTABLES] = "nftables",
	[BENCH_IPTABLES] = "iptables",
};

static const char *const state_names[] = {
	[BENCH_ANSWERED] = "answered",
	[BENCH_UNANSWERED] = "unanswered",
	[BENCH_FIRST] = "first",
};

const char *bench_state_name(enum bench_state state)
{
	return state_names[state];
}

const char *bench_path_name(enum bench_path path)
{
	return path < BENCH_PATHS ? path_names[path] : "no gateway";
}

uint32_t bench_n_addrs(const struct bench_case *c)
{
	return (c->n_flows + BENCH_PORTS - 1) / BENCH_PORTS;
}

void bench_fail_begin(const struct bench_case *c)
{
	fprintf(stderr, "bench: error: %s, %s, %u flows, %u lines, %s, %s: ",
		bench_path_name(c->path), c->family == AF_INET6 ? "IPv6" : "IPv4",
		c->n_flows, c->n_lines, c->nat ? "NAT" : "no NAT",
		bench_state_name(c->state));
}

int bench_fail_end(void)
{
	fputc('\n', stderr);
	return -1;
}

/* What of the case a command cannot do without. */
enum need {
	NEED_LAB = 1 << 0,
	NEED_LINES = 1 << 1,
};

static const struct {
	const char *name;
	int (*run)(const struct bench_case *c);
	unsigned int needs;
} commands[] = {
	{"prime", measure_prime, NEED_LAB},
	{"measure", measure_rate, NEED_LAB},
	{"attach-fib", measure_attach_fib, NEED_LAB},
	{"ping-pong", sockets_ping_pong, NEED_LAB},
	{"connect", sockets_connect, NEED_LAB},
	{"ftp", ftp_sessions, NEED_LAB},
	{"stages", stages_measure, NEED_LAB},
	{"flush", flows_flush, NEED_LAB},
	{"lines", lines_print, NEED_LINES},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int usage(void)
{
	fputs("usage: bench COMMAND --path PATH --lab PREFIX [--pin-dir DIR] [--cpu N]\n"
	      "             [--family 4|6] [--flows N] [--train N] [--lines N] [--nat]\n"
	      "             [--unanswered|--first] [--active] [--seconds S]\n"
	      "       bench lines --lines N [--skip N] --format FORMAT [--name NAME]\n"
	      "       bench run FILE PROGRAM [ARGUMENT...]\n"
	      "COMMAND is one of:",
	      stderr);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(stderr, " %s", commands[i].name);
	fputs("\nPATH is one of:", stderr);
	for (int i = 0; i < BENCH_PATHS; i++)
		fprintf(stderr, " %s", path_names[i]);
	fputc('\n', stderr);
	return 2;
}

static enum bench_path path_parse(const char *name)
{
	int path = 0;

	while (path < BENCH_PATHS && strcmp(path_names[path], name) != 0)
		path++;
	return path;
}

static bool case_is_complete(const struct bench_case *c, unsigned int needs)
{
	if (needs & NEED_LINES)
		return c->n_lines && c->format;
	return c->path < BENCH_PATHS && c->lab && c->n_flows && c->train &&
	       c->seconds > 0 && (!bench_is_pinhole(c) || c->pin_dir) &&
	       (c->family == AF_INET || c->family == AF_INET6) &&
	       (c->state != BENCH_FIRST || (c->n_lines && c->family == AF_INET)) &&
	       bench_n_addrs(c) <= BENCH_UNANSWERED_ADDR - BENCH_ANSWERED_ADDR;
}

static const struct option options[] = {
	{"path", required_argument, NULL, 'p'},
	{"lab", required_argument, NULL, 'l'},
	{"pin-dir", required_argument, NULL, 'd'},
	{"cpu", required_argument, NULL, 'c'},
	{"family", required_argument, NULL, '4'},
	{"flows", required_argument, NULL, 'f'},
	{"train", required_argument, NULL, 't'},
	{"lines", required_argument, NULL, 'L'},
	{"skip", required_argument, NULL, 'S'},
	{"format", required_argument, NULL, 'F'},
	{"name", required_argument, NULL, 'N'},
	{"nat", no_argument, NULL, 'n'},
	{"unanswered", no_argument, NULL, 'u'},
	{"first", no_argument, NULL, '1'},
	{"active", no_argument, NULL, 'a'},
	{"seconds", required_argument, NULL, 's'},
	{0},
};

static bool option_take(struct bench_case *c, int option)
{
	switch (option) {
	case 'p':
		c->path = path_parse(optarg);
		return true;
	case 'l':
		c->lab = optarg;
		return true;
	case 'd':
		c->pin_dir = optarg;
		return true;
	case 'c':
		c->cpu = (int)strtol(optarg, NULL, 10);
		return true;
	case '4':
		c->family = !strcmp(optarg, "6") ? AF_INET6 : AF_INET;
		return true;
	case 'f':
		c->n_flows = (uint32_t)strtoul(optarg, NULL, 10);
		return true;
	case 't':
		c->train = (uint32_t)strtoul(optarg, NULL, 10);
		return true;
	case 'L':
		c->n_lines = (uint32_t)strtoul(optarg, NULL, 10);
		return true;
	case 'S':
		c->skip = (uint32_t)strtoul(optarg, NULL, 10);
		return true;
	case 'F':
		c->format = optarg;
		return true;
	case 'N':
		c->name = optarg;
		return true;
	case 'n':
		c->nat = true;
		return true;
	case 'u':
		c->state = BENCH_UNANSWERED;
		return true;
	case '1':
		c->state = BENCH_FIRST;
		return true;
	case 'a':
		c->active = true;
		return true;
	case 's':
		c->seconds = strtod(optarg, NULL);
		return true;
	default:
		return false;
	}
}

static bool case_parse(struct bench_case *c, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!option_take(c, option))
			return false;
	return optind == argc;
}

/*
 * Everything on one CPU: the generator there, and the gateway and the sink in
 * the softirqs that it raises. Real-time priority, where the system grants it,
 * keeps other processes from having part of that CPU in the figure; a call is
 * over in seconds, and the kernel leaves ordinary processes 5 % meanwhile.
 */
static int take_cpu(const struct bench_case *c)
{
	struct sched_param priority = {.sched_priority = 1};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(c->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return bench_fail(c, "no CPU %d", c->cpu);
	if (sched_setscheduler(0, SCHED_FIFO, &priority))
		fputs("bench: no real-time priority: mind the spread\n", stderr);
	return 0;
}

int main(int argc, char **argv)
{
	struct bench_case c = {.path = BENCH_PATHS,
			       .family = AF_INET,
			       .n_flows = 1,
			       .train = 1,
			       .state = BENCH_ANSWERED,
			       .name = "lines",
			       .seconds = 1.0};

	if (argc > 3 && !strcmp(argv[1], "run"))
		return spawn_measured(argv[2], argv + 3);
	if (argc < 2 || !case_parse(&c, argc - 1, argv + 1))
		return usage();
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, argv[1]) != 0)
			continue;
		if (!case_is_complete(&c, commands[i].needs))
			return usage();
		if ((commands[i].needs & NEED_LAB) && take_cpu(&c))
			return 1;
		return commands[i].run(&c) ? 1 : 0;
	}
	return usage();
}
