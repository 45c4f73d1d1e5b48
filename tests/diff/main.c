// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - the differential test: the same packets through Pinhole and through
 * nftables, and every difference explained or fatal. README.md says how to
 * read what it prints.
 *
 * Usage: diff FWCTL DIRECTORY      (as root)
 * Environment: SEED, COUNT (per mode), MODES, VERBOSE (1: every difference, 2: every
 * packet), KINDS (1: how often each class was sent and what became of it).
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/diff/compare.h"
#include "tests/diff/gen.h"
#include "tests/diff/reason.h"
#include "tests/diff/table.h"

#define DEFAULT_SEED  1
#define DEFAULT_COUNT 8000
#define COUNT_OF_ALL  100000u
#define MAX_SHOWN     40 /* unexplained differences */

/* A run in which less gets through tests nothing. */
#define MIN_THROUGH_PERCENT 30

struct run {
	const char *mode;
	uint64_t seed;
	unsigned int number; /* of the packet, from 1 */
	unsigned int through, nowhere, explained, unexplained;
	struct explanations *table;
	struct tally *kinds;	   /* class, what became of it */
	struct tally *differences; /* class, verdicts */
	struct world world;
	struct wire wire;
	struct gen gen;
	struct reasons reasons;
	unsigned int verbose;
	uint64_t *trace; /* what Pinhole did with each packet, as a hash */
};

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	char *end;
	uint64_t value;

	if (!text || !*text)
		return otherwise;
	value = strtoull(text, &end, 0);
	if (*end)
		world_bail("%s: '%s' is no number", name, text);
	return value;
}

/* What one CPU does in turn needs no waiting. */
static void stay_on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		world_bail("sched_setaffinity: %s", strerror(errno));
}

/* ---- a difference ------------------------------------------------------------------ */

static void print_frame(const struct frame *f)
{
	for (size_t i = 0; i < f->len && i < 110; i++)
		printf("%s%02x", i == FRAME_L3_OFF || i == 34 ? " " : "", f->bytes[i]);
	printf(f->len > 110 ? "... (%zu bytes)\n" : "\n", f->len);
}

static void print_outcome(const char *name, const struct outcome *o)
{
	for (size_t i = 0; i < o->n; i++) {
		printf("    %s sent to %s: ", name, side_names[o->arrival[i].side]);
		print_frame(&o->arrival[i].frame);
	}
}

static void print_difference(const struct run *run, const struct step *step,
			     const char *class, const struct flow *flow,
			     const struct comparison *c, const struct outcome *outcome)
{
	char text[2][64];

	addr_text(&flow->end[0].self, flow->v6, text[0], sizeof(text[0]));
	addr_text(&flow->end[1].self, flow->v6, text[1], sizeof(text[1]));
	printf("  mode %s seed %" PRIu64 " packet %u: %s\n    Pinhole %s, nftables %s\n",
	       run->mode, run->seed, run->number, class, c->verdict[GATEWAY_A],
	       c->verdict[GATEWAY_B]);
	printf("    flow %u, %s: %s port %u, %s port %u\n", flow->number, flow->path,
	       text[0], flow->end[0].port, text[1], flow->end[1].port);
	for (unsigned int i = flow->steps > GEN_HISTORY ? flow->steps - GEN_HISTORY : 0;
	     i < flow->steps; i++)
		printf("      %s\n", flow->history[i % GEN_HISTORY]);
	for (size_t i = 0; i < step->n; i++) {
		printf("    from %s: ", side_names[step->from]);
		print_frame(&step->frame[i]);
	}
	print_outcome("Pinhole", &outcome[GATEWAY_A]);
	print_outcome("nftables", &outcome[GATEWAY_B]);
}

static void append_reason(char *verdict, const char *reason)
{
	size_t used = strlen(verdict);

	if (reason[0])
		snprintf(verdict + used, VERDICT_BYTES - used, ":%s", reason);
}

static void judge_difference(struct run *run, const struct step *step,
			     const struct comparison *c, const struct outcome *outcome)
{
	const struct explanation *why;
	char class[GEN_CLASS_BYTES + sizeof(step->flow->odd) + 1];
	struct tally_row *row;

	/* What a flow has been through may be why the gateways now differ. */
	snprintf(class, sizeof(class), "%s%s%s", step->class,
		 step->flow->odd[0] ? "~" : "", step->flow->odd);
	why = explanations_find(run->table, run->mode, class, c->verdict[GATEWAY_A],
				c->verdict[GATEWAY_B]);
	row = tally_add(run->differences, class, c->verdict[GATEWAY_A],
			c->verdict[GATEWAY_B]);
	row->line = why ? why->line : 0;
	if (why)
		run->explained++;
	else
		run->unexplained++;
	if (run->verbose || (!why && row->count == 1 && run->unexplained <= MAX_SHOWN))
		print_difference(run, step, class, step->flow, c, outcome);
}

static uint64_t hash_of(const char *class, const char *verdict)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (; *class; class ++)
		hash = (hash ^ (uint8_t) * class) * 1099511628211u;
	for (; *verdict; verdict++)
		hash = (hash ^ (uint8_t)*verdict) * 1099511628211u;
	return hash;
}

/* ---- a step -------------------------------------------------------------------------
 */

static void send_step(struct run *run, const struct step *step, struct outcome *outcome)
{
	for (enum gateway g = 0; g < N_GATEWAYS; g++)
		wire_step(&run->wire, g, step->from, step->frame, step->n, &outcome[g]);
}

static void one_step(struct run *run)
{
	static struct step step; /* large */
	static struct outcome outcome[N_GATEWAYS], raw[N_GATEWAYS];
	struct reasons before = run->reasons;
	char reason[VERDICT_BYTES], verdicts[2 * VERDICT_BYTES + 4];
	enum step_result result;
	struct comparison c;

	run->number++;
	gen_next(&run->gen, &step);
	send_step(run, &step, raw);
	memcpy(outcome, raw, sizeof(raw));
	compare(&step, outcome, &c);
	if (!c.same) {
		/* Late is not never. */
		for (enum gateway g = 0; g < N_GATEWAYS; g++)
			wire_linger(&run->wire, g, &raw[g]);
		memcpy(outcome, raw, sizeof(raw));
		compare(&step, outcome, &c);
	}
	reasons_read(&run->world, &run->reasons);
	for (enum gateway g = 0; g < N_GATEWAYS; g++) {
		reasons_between(&before, &run->reasons, g, reason, sizeof(reason));
		append_reason(c.verdict[g], reason);
	}
	snprintf(verdicts, sizeof(verdicts), "%s | %s", c.verdict[GATEWAY_A],
		 c.verdict[GATEWAY_B]);
	result = !c.same ? STEP_DIFFERED : c.through ? STEP_THROUGH : STEP_NOWHERE;
	if (result == STEP_DIFFERED)
		judge_difference(run, &step, &c, raw);
	else if (result == STEP_THROUGH)
		run->through++;
	else
		run->nowhere++;
	tally_add(run->kinds, step.class,
		  result == STEP_DIFFERED  ? "differ"
		  : result == STEP_THROUGH ? "pass"
					   : "drop",
		  "");
	run->trace[run->number - 1] = hash_of(step.class, c.verdict[GATEWAY_A]);
	if (run->verbose > 1)
		printf("%s %u flow %u %s %s: %s\n", run->mode, run->number,
		       step.flow->number, step.flow->path, step.class, verdicts);
	gen_settle(&run->gen, &step, result, verdicts);
}

static void run_mode(struct run *run, unsigned int count)
{
	double seconds;
	struct timespec begin, end;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	world_open(&run->world, run->mode);
	wire_open(&run->wire, &run->world);
	gen_open(&run->gen, run->seed, (unsigned int)number_from("FEATURES", ~0ULL));
	reasons_read(&run->world, &run->reasons);
	for (unsigned int i = 0; i < count; i++)
		one_step(run);
	wire_close(&run->wire);
	world_close(&run->world);
	clock_gettime(CLOCK_MONOTONIC, &end);
	seconds = (double)(end.tv_sec - begin.tv_sec) +
		  (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	printf("diff: %s: %u steps of seed %" PRIu64 " in %u flows, %.1f s: "
	       "%u through both, %u through neither, %u differ: %u explained, %u not\n",
	       run->mode, count, run->seed, run->gen.n_flows, seconds, run->through,
	       run->nowhere, run->explained + run->unexplained, run->explained,
	       run->unexplained);
}

/* ---- all of them
 * ----------------------------------------------------------------------- */

static void print_differences(const struct tally *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (!t->rows[i].line)
			printf("  unexplained: %5u x %s: Pinhole %s, nftables %s\n",
			       t->rows[i].count, t->rows[i].name[0], t->rows[i].name[1],
			       t->rows[i].name[2]);
}

/* A short run does not meet everything: which ones it missed says nothing. */
static void print_unused(const struct explanations *table, bool all)
{
	unsigned int n = 0;

	for (size_t i = 0; i < table->n; i++) {
		if (table->items[i].used)
			continue;
		n++;
		if (all)
			printf("  note: explained.tsv:%u did not occur: %s\n",
			       table->items[i].line, table->items[i].class);
	}
	if (n && !all)
		printf("  %u of %zu explanations did not occur (COUNT=%u tells which are "
		       "stale)\n",
		       n, table->n, COUNT_OF_ALL);
}

static void print_kinds(const struct tally *t)
{
	for (size_t i = 0; i < t->n; i++)
		printf("  %6u %-6s %s\n", t->rows[i].count, t->rows[i].name[1],
		       t->rows[i].name[0]);
}

static bool run_failed(const struct run *run, unsigned int count)
{
	if (run->through * 100ULL < (uint64_t)count * MIN_THROUGH_PERCENT) {
		printf("diff: %s: hardly anything gets through: this tests nothing\n",
		       run->mode);
		return true;
	}
	return run->unexplained;
}

/* The modes must agree; the same packets make that easy to see. */
static bool modes_agree(const uint64_t *first, const uint64_t *other, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (first[i] == other[i])
			continue;
		printf("diff: the modes part at packet %zu: VERBOSE=2 shows what each "
		       "does\n",
		       i + 1);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	const char *modes = getenv("MODES");
	unsigned int count = (unsigned int)number_from("COUNT", DEFAULT_COUNT);
	struct tally kinds = {0}, differences = {0};
	struct explanations table;
	char path[256], *list, *rest, *mode;
	uint64_t *traces[2] = {calloc(count, sizeof(uint64_t)),
			       calloc(count, sizeof(uint64_t))};
	unsigned int n_modes = 0;
	bool failed = false;

	if (argc != 3) {
		fputs("usage: diff FWCTL DIRECTORY\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(path, sizeof(path), "%s/explained.tsv", argv[2]);
	explanations_read(path, &table);
	if (!traces[0] || !traces[1])
		world_bail("out of memory");
	stay_on_one_cpu();
	world_enter();
	list = rest = strdup(modes ? modes : "xdp tc");
	if (!list)
		world_bail("out of memory");
	while ((mode = strsep(&rest, " "))) {
		static struct run run; /* large */

		memset(&run, 0, sizeof(run));
		run.mode = mode;
		run.seed = number_from("SEED", DEFAULT_SEED);
		run.verbose = (unsigned int)number_from("VERBOSE", 0);
		run.table = &table;
		run.kinds = &kinds;
		run.differences = &differences;
		run.world.fwctl = argv[1];
		run.world.dir = argv[2];
		run.trace = traces[n_modes > 0];
		run_mode(&run, count);
		failed |= run_failed(&run, count);
		if (n_modes++)
			failed |= !modes_agree(traces[0], traces[1], count);
	}
	if (number_from("KINDS", 0))
		print_kinds(&kinds);
	print_differences(&differences);
	print_unused(&table, count >= COUNT_OF_ALL);
	printf("diff: %s\n", failed ? "FAILED" : "passed");
	free(list);
	free(traces[0]);
	free(traces[1]);
	tally_free(&kinds);
	tally_free(&differences);
	explanations_free(&table);
	return failed;
}
