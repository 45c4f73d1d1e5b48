// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - the bench program: prime flows through a lab, measure their rate.
 *
 * Called by run.sh, which makes the labs. Exits non-zero, and says why, when
 * anything gives reason to doubt the figure.
 */
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "measure.h"

static const char *const path_names[BENCH_PATHS] = {
	[BENCH_WIRE] = "wire",
	[BENCH_FIB] = "xdp-fib",
	[BENCH_PINHOLE_XDP] = "pinhole-xdp",
	[BENCH_PINHOLE_TC] = "pinhole-tc",
	[BENCH_KERNEL] = "kernel",
	[BENCH_NFTABLES] = "nftables",
};

const char *bench_path_name(enum bench_path path)
{
	return path_names[path];
}

uint32_t bench_n_addrs(const struct bench_case *c)
{
	return (c->n_flows + BENCH_PORTS - 1) / BENCH_PORTS;
}

void bench_fail_begin(const struct bench_case *c)
{
	fprintf(stderr, "bench: error: %s, %u flows, %s, %s: ", bench_path_name(c->path),
		c->n_flows, c->nat ? "NAT" : "no NAT",
		c->answered ? "answered" : "unanswered");
}

int bench_fail_end(void)
{
	fputc('\n', stderr);
	return -1;
}

static const struct {
	const char *name;
	int (*run)(const struct bench_case *c);
} commands[] = {
	{"prime", measure_prime},
	{"measure", measure_rate},
	{"attach-fib", measure_attach_fib},
};

static int usage(void)
{
	fputs("usage: bench prime|measure|attach-fib --path PATH --lab PREFIX\n"
	      "             [--flows N] [--nat] [--unanswered] [--seconds S]\n"
	      "             [--cpu N] [--pin-dir DIR]\n"
	      "PATH is one of:",
	      stderr);
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

static bool case_is_complete(const struct bench_case *c)
{
	return c->path < BENCH_PATHS && c->lab && c->n_flows && c->seconds > 0 &&
	       (!bench_is_pinhole(c) || c->pin_dir) &&
	       bench_n_addrs(c) <= BENCH_UNANSWERED_ADDR - BENCH_ANSWERED_ADDR;
}

static bool case_parse(struct bench_case *c, int argc, char **argv)
{
	static const struct option options[] = {
		{"path", required_argument, NULL, 'p'},
		{"lab", required_argument, NULL, 'l'},
		{"flows", required_argument, NULL, 'f'},
		{"nat", no_argument, NULL, 'n'},
		{"unanswered", no_argument, NULL, 'u'},
		{"seconds", required_argument, NULL, 's'},
		{"cpu", required_argument, NULL, 'c'},
		{"pin-dir", required_argument, NULL, 'd'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			c->path = path_parse(optarg);
			break;
		case 'l':
			c->lab = optarg;
			break;
		case 'f':
			c->n_flows = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'n':
			c->nat = true;
			break;
		case 'u':
			c->answered = false;
			break;
		case 's':
			c->seconds = strtod(optarg, NULL);
			break;
		case 'c':
			c->cpu = (int)strtol(optarg, NULL, 10);
			break;
		case 'd':
			c->pin_dir = optarg;
			break;
		default:
			return false;
		}
	}
	return optind == argc && case_is_complete(c);
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
	struct bench_case c = {
		.path = BENCH_PATHS, .n_flows = 1, .answered = true, .seconds = 1.0};

	if (argc < 2 || !case_parse(&c, argc - 1, argv + 1))
		return usage();
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(commands[i].name, argv[1]))
			return take_cpu(&c) || commands[i].run(&c) ? 1 : 0;
	}
	return usage();
}
