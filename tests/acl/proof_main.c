// SPDX-License-Identifier: GPL-2.0
/*
 * proof_main.c - proof [native]: lists of every kind and size, compiled, and asked by
 * millions of packets; each answer is the oracle's or the proof fails. First
 * natively, then in the kernel (which needs root), then what loading it takes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/acl/judge.h"
#include "tests/acl/kernel.h"
#include "util/cleanup.h"

/* What the verifier may walk, and how long loading may take. */
#define MAX_INSTRUCTIONS 100000
#define MAX_LOAD_MS	 100

/* How much is asked of lists of a size. */
struct effort {
	size_t n_lines;
	uint64_t n_seeds;
	size_t n_packets; /* of each list */
};

static const struct effort efforts[] = {
	{1, 10, 1000},	  {2, 10, 1000},     {5, 10, 2000},	 {8, 5, 4000},
	{9, 5, 4000},	  {10, 5, 4000},     {33, 5, 5000},	 {100, 5, 10000},
	{1000, 2, 20000}, {10000, 1, 30000}, {100000, 1, 30000},
};

/* Room for the largest of these lists. */
static const struct acl_limits room = {1 << 22, 1 << 20, 1 << 20};

struct tally {
	size_t lists;
	size_t refused;
	size_t packets;
	size_t asked_in_kernel;
	size_t faults;
	struct ask_cost worst;
};

static double now_sec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int judge_in_kernel(struct judge *judge, struct kernel *kernel,
			   struct tally *tally)
{
	uint32_t *answers cleanup_free_ = calloc(judge->what.n_packets, sizeof(*answers));
	size_t faults = 0;
	int err;

	if (!answers)
		return -ENOMEM;
	err = kernel_load_image(kernel, &judge->image, tally->lists & 1);
	if (!err)
		err = kernel_ask(kernel, judge->image.roots[0], judge->what.family,
				 judge->packets, judge->what.n_packets, answers);
	if (err)
		return err;
	for (size_t i = 0; i < judge->what.n_packets; i++)
		if (answers[i] != judge->expected[i] && ++faults < 5)
			judge_tell(judge, i, answers[i], "in the kernel", stderr);
	tally->asked_in_kernel += judge->what.n_packets;
	tally->faults += faults;
	return 0;
}

static void judge_refused(const struct judge *judge, struct tally *tally)
{
	const struct judge_case *what = &judge->what;

	tally->refused++;
	if (judge_may_refuse(what) && judge->why.needed > judge->why.limit)
		return;
	fprintf(stderr, "%s IPv%c, %zu lines, seed %llu: refused: %s: %llu of %llu\n",
		gen_kind_name(what->kind), what->family == ACL_IPV4 ? '4' : '6',
		what->n_lines, (unsigned long long)what->seed, judge->why.what,
		(unsigned long long)judge->why.needed,
		(unsigned long long)judge->why.limit);
	tally->faults++;
}

static int judge_one(const struct judge_case *what, struct kernel *kernel,
		     struct tally *tally)
{
	struct judge judge cleanup_(judge_end) = {0};
	int err = judge_begin(what, &judge);

	if (err)
		return err;
	tally->lists++;
	if (judge.refused) {
		judge_refused(&judge, tally);
		return 0;
	}
	tally->packets += what->n_packets;
	tally->faults += judge_natively(&judge, stderr);
	if (judge.worst.words > tally->worst.words)
		tally->worst.words = judge.worst.words;
	if (judge.worst.rules > tally->worst.rules)
		tally->worst.rules = judge.worst.rules;
	return kernel ? judge_in_kernel(&judge, kernel, tally) : 0;
}

static int judge_size(const struct effort *effort, struct kernel *kernel,
		      struct tally *tally)
{
	struct judge_case what = {
		.n_lines = effort->n_lines,
		.n_packets = effort->n_packets,
		.step = 1,
	};

	for (int kind = 0; kind < GEN_N_KINDS; kind++)
		for (int family = 0; family < ACL_N_FAMILIES; family++)
			for (uint64_t seed = 0; seed < effort->n_seeds; seed++) {
				int err;

				what.kind = kind;
				what.family = family;
				what.seed = seed + effort->n_lines;
				err = judge_one(&what, kernel, tally);
				if (err) {
					fprintf(stderr, "proof: %s, %zu lines: %s\n",
						gen_kind_name(kind), what.n_lines,
						strerror(-err));
					return err;
				}
			}
	return 0;
}

static int judge_all(struct kernel *kernel)
{
	struct tally sum = {0};
	int err = 0;

	printf("%8s %6s %8s %9s %9s %7s %6s %6s %6s\n", "lines", "lists", "refused",
	       "packets", "in BPF", "faults", "words", "rules", "sec");
	for (size_t i = 0; i < sizeof(efforts) / sizeof(efforts[0]) && !err; i++) {
		struct tally tally = {0};
		double before = now_sec();

		err = judge_size(&efforts[i], kernel, &tally);
		printf("%8zu %6zu %8zu %9zu %9zu %7zu %6u %6u %6.1f\n",
		       efforts[i].n_lines, tally.lists, tally.refused, tally.packets,
		       tally.asked_in_kernel, tally.faults, tally.worst.words,
		       tally.worst.rules, now_sec() - before);
		fflush(stdout);
		sum.packets += tally.packets;
		sum.asked_in_kernel += tally.asked_in_kernel;
		sum.faults += tally.faults;
	}
	printf("acl-proof: %zu packets natively, %zu in BPF, %zu faults\n", sum.packets,
	       sum.asked_in_kernel, sum.faults);
	return err || sum.faults || !sum.packets ? 1 : 0;
}

static int judge_load(const struct kernel_cost *cost)
{
	bool small = cost->instructions <= MAX_INSTRUCTIONS;
	bool quick = cost->load_ms <= MAX_LOAD_MS;

	printf("acl-proof: the verifier walks %u instructions, loading takes %.1f ms: "
	       "%s\n",
	       cost->instructions, cost->load_ms, small && quick ? "ok" : "TOO MUCH");
	return small && quick ? 0 : 1;
}

int main(int argc, char **argv)
{
	bool native = argc > 1 && !strcmp(argv[1], "native");
	struct kernel *kernel = NULL;
	struct kernel_cost cost;
	int err, failed;

	if (native)
		return judge_all(NULL);
	err = kernel_open(&room, MAX_LOAD_MS, &kernel, &cost);
	if (err) {
		fprintf(stderr, "acl-proof: cannot load the walk: %s\n", strerror(-err));
		return 1;
	}
	failed = judge_load(&cost);
	failed |= judge_all(kernel);
	kernel_close(kernel);
	return failed;
}
