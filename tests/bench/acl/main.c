// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - what is measured, in which turns. README.md says how to read the result.
 *
 *	bench-acl [--quick] [--no-peers] [--cpu N] [--rounds N] [--json FILE]
 *		  [--only KIND] [--commit NAME]
 *
 * Exit: 0; 1 if something went wrong, or if --quick finds a limit exceeded; 77 if
 * this user may not load programs.
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "peers.h"
#include "report.h"
#include "sets.h"

#define MAX_SETS       128
#define PACKETS	       32768
#define QUICK_PACKETS  16384
#define LARGEST_LINEAR 10000
#define DEFAULT_ROUNDS 15
#define LARGEST	       100000
#define RUN_NS	       6e6 /* of one sample */
#define MIN_LOOKUPS    64
#define FIRST_LOOKUPS  64
#define REALTIME       10
#define EXIT_SKIP      77

double bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* ---- what is measured ---- */

static const uint32_t sizes[] = {10, 100, 1000, 10000, 100000};
static const uint32_t compared_sizes[] = {100, 1000, 10000, 100000};
/* Without conditions: the traces have no TCP flags or fragments to ask about. */
static const enum gen_kind adversarial[] = {GEN_NESTED,	  GEN_UNIFORM, GEN_CROSS,
					    GEN_PRODUCTS, GEN_RANGES,  GEN_PORTS,
					    GEN_HOSTS,	  GEN_ANY,     GEN_DENSE};

static int add(struct report *report, int kind, enum acl_family family, uint32_t n_lines,
	       bool worst)
{
	const struct bench_options *o = &report->options;
	struct bench_set *set = &report->sets[report->n_sets];

	if (o->only && strcmp(o->only, set_kind_name(kind)) != 0)
		return 0;
	if (report->n_sets == MAX_SETS)
		return bench_fail("more than %d sets", MAX_SETS);
	if (set_make(set, kind, family, n_lines, o->quick ? QUICK_PACKETS : PACKETS,
		     worst))
		return -1;
	set->with_linear = !o->quick && n_lines <= LARGEST_LINEAR &&
			   (kind < GEN_N_REALISTIC || set_is_disjoint(kind));
	report->n_sets++;
	return 0;
}

static int add_realistic(struct report *report)
{
	for (int kind = 0; kind < GEN_N_REALISTIC; kind++)
		for (int family = 0; family < ACL_N_FAMILIES; family++)
			for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
				if (add(report, kind, family, sizes[i], false))
					return -1;
	return 0;
}

static int add_adversarial(struct report *report)
{
	size_t n = report->options.quick ? 1 : sizeof(adversarial) / sizeof(*adversarial);

	for (size_t i = 0; i < n; i++)
		for (int family = 0; family < ACL_N_FAMILIES; family++)
			if (add(report, adversarial[i], family, LARGEST, true))
				return -1;
	return 0;
}

static int add_disjoint(struct report *report)
{
	for (int kind = BENCH_PAIRS; kind <= BENCH_NETS; kind++)
		for (size_t i = 0; i < sizeof(compared_sizes) / sizeof(*compared_sizes);
		     i++)
			if (add(report, kind, ACL_IPV4, compared_sizes[i], false))
				return -1;
	return 0;
}

/* ---- measuring ---- */

static int lookups_for(struct report *report, enum lookup_kind kind, uint32_t *n)
{
	double ns;

	if (lookup_run(&report->lookup, kind, FIRST_LOOKUPS, &ns))
		return -1;
	*n = RUN_NS / ns < *n ? (uint32_t)(RUN_NS / ns) : *n;
	*n = *n < MIN_LOOKUPS ? MIN_LOOKUPS : *n;
	return 0;
}

/* A pass to warm up, for other sets have had the caches since; then one that counts. */
static int sample(struct report *report, const struct bench_set *set,
		  enum lookup_kind kind, enum bench_trace_kind trace, uint32_t round,
		  struct bench_samples *samples)
{
	uint32_t n = set->traces[trace].n;
	double ns;

	lookup_select(&report->lookup, set, trace, 0);
	if (kind == LOOKUP_LINEAR && lookups_for(report, kind, &n))
		return -1;
	lookup_select(&report->lookup, set, trace, round * n);
	for (int pass = 0; pass < 2; pass++)
		if (lookup_run(&report->lookup, kind, n, &ns))
			return -1;
	samples_add(samples, ns);
	return 0;
}

static int measure_set(struct report *report, struct bench_set *set, uint32_t round)
{
	for (int t = 0; t < N_TRACES; t++)
		if (set->traces[t].n &&
		    sample(report, set, LOOKUP_WALK, t, round, &set->walk[t]))
			return -1;
	if (set->n_linear &&
	    sample(report, set, LOOKUP_LINEAR, TRACE_LINES, round, &set->linear))
		return -1;
	return 0;
}

static int measure_round(struct report *report, uint32_t round)
{
	struct bench_samples *harness = &report->lookup.harness;

	for (uint32_t i = 0; i < report->n_sets; i++) {
		struct bench_set *set = &report->sets[i];

		if (set->refused[0])
			continue;
		if (i % 8 == 0 &&
		    sample(report, set, LOOKUP_EMPTY, TRACE_LINES, round, harness))
			return -1;
		if (measure_set(report, set, round))
			return -1;
	}
	return 0;
}

/* Ahead of other processes while the clock runs, and only then. */
static void set_realtime(bool on)
{
	struct sched_param param = {.sched_priority = on ? REALTIME : 0};

	if (sched_setscheduler(0, on ? SCHED_FIFO : SCHED_OTHER, &param) && on)
		fprintf(stderr, "bench-acl: no real-time priority: %s\n",
			strerror(errno));
}

static int measure(struct report *report)
{
	int err = 0;

	set_realtime(true);
	for (uint32_t round = 0; !err && round < report->options.rounds; round++) {
		fprintf(stderr, "\rbench-acl: round %u of %u ", round + 1,
			report->options.rounds);
		err = measure_round(report, round) ||
		      (report->options.peers && peers_round(&report->peers));
	}
	set_realtime(false);
	fputc('\n', stderr);
	return err ? -1 : 0;
}

static int check(struct report *report)
{
	for (uint32_t i = 0; i < report->n_sets; i++) {
		const struct bench_set *set = &report->sets[i];

		for (int t = 0; t < N_TRACES; t++)
			if (!set->refused[0] && set->traces[t].n &&
			    lookup_check(&report->lookup, LOOKUP_WALK, set, t))
				return bench_fail("%s, IPv%d", set_kind_name(set->kind),
						  set->family == ACL_IPV4 ? 4 : 6);
		if (!set->refused[0] && set->n_linear && set->n_lines < LARGEST_LINEAR &&
		    lookup_check(&report->lookup, LOOKUP_LINEAR, set, TRACE_LINES))
			return bench_fail("%s", set_kind_name(set->kind));
	}
	return 0;
}

static int run(struct report *report)
{
	const struct bench_options *o = &report->options;

	if (add_realistic(report) || add_adversarial(report) ||
	    (!o->quick && add_disjoint(report)))
		return -1;
	fprintf(stderr, "bench-acl: %u lists compiled\n", report->n_sets);
	if (lookup_open(&report->lookup, report->sets, report->n_sets) || check(report))
		return -1;
	if (o->peers && peers_open(&report->peers, &report->lookup, report->sets,
				   report->n_sets, GEN_ACL, LARGEST_LINEAR))
		return -1;
	if (measure(report))
		return -1;
	return o->peers ? peers_check(&report->peers) : 0;
}

/* ---- the process ---- */

static int settle_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET((size_t)cpu, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus)
		       ? bench_fail("CPU %d: %s", cpu, strerror(errno))
		       : 0;
}

static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN && getenv("BENCH_VERBOSE")
		       ? vfprintf(stderr, format, args)
		       : 0;
}

static int options_read(struct bench_options *o, int argc, char **argv)
{
	static const struct option known[] = {
		{"quick", no_argument, NULL, 'q'},
		{"no-peers", no_argument, NULL, 'p'},
		{"cpu", required_argument, NULL, 'c'},
		{"rounds", required_argument, NULL, 'r'},
		{"json", required_argument, NULL, 'j'},
		{"only", required_argument, NULL, 'o'},
		{"commit", required_argument, NULL, 'm'},
		{0},
	};
	int option;

	*o = (struct bench_options){.peers = true, .cpu = -1, .commit = "unknown"};
	while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0) {
		switch (option) {
		case 'q':
			o->quick = true;
			o->peers = false;
			break;
		case 'p':
			o->peers = false;
			break;
		case 'c':
			o->cpu = (int)strtol(optarg, NULL, 10);
			break;
		case 'r':
			o->rounds = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'j':
			o->json = optarg;
			break;
		case 'o':
			o->only = optarg;
			break;
		case 'm':
			o->commit = optarg;
			break;
		default:
			return -1;
		}
	}
	if (o->cpu < 0)
		o->cpu = sched_getcpu();
	if (!o->rounds)
		o->rounds = DEFAULT_ROUNDS;
	if (o->rounds > MAX_SAMPLES)
		o->rounds = MAX_SAMPLES;
	return optind == argc ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct report report = {0};
	int err;

	if (options_read(&report.options, argc, argv)) {
		(void)bench_fail(
			"usage: %s [--quick] [--no-peers] [--cpu N] [--rounds N] "
			"[--json FILE] [--only KIND] [--commit NAME]",
			argv[0]);
		return EXIT_FAILURE;
	}
	if (geteuid()) {
		fputs("bench-acl: skipped: BPF and namespaces need root\n", stderr);
		return EXIT_SKIP;
	}
	libbpf_set_print(print_nothing);
	report.sets = calloc(MAX_SETS, sizeof(*report.sets));
	if (!report.sets || settle_on(report.options.cpu))
		return EXIT_FAILURE;
	report.started_ns = bench_now_ns();
	err = run(&report);
	if (!err)
		err = report_write(&report);
	peers_close(&report.peers);
	lookup_close(&report.lookup);
	for (uint32_t i = 0; i < report.n_sets; i++)
		set_free(&report.sets[i]);
	free(report.sets);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
