// SPDX-License-Identifier: GPL-2.0
/*
 * limits.c - what is promised of costs, and what the run found. See report.h.
 */
#include "report.h"
#include "sets.h"

#define SMALL_LINES   1000
#define LARGEST	      100000
#define BASE_LINES    100
#define NESTED_MAX_NS 4000
#define MAX_INSNS     100000
#define MAX_LOAD_MS   100
#define MAX_BUILD_MS  1000
#define MAX_BYTES     100 /* a line */

struct limit {
	const char *what;
	double limit;
	double worst;
	const struct bench_set *where;
};

static bool is_realistic(const struct bench_set *set)
{
	return set->kind < GEN_N_REALISTIC && !set->refused[0];
}

static void meet(struct limit *limit, double value, const struct bench_set *where)
{
	if (value <= limit->worst)
		return;
	limit->worst = value;
	limit->where = where;
}

/* Ratio of minima, of the packets inside random lines. */
static void meet_ratio(const struct report *report, struct limit *limit,
		       const struct bench_set *set, uint32_t base_lines, bool harness)
{
	const struct bench_set *base = report_find(report, set, base_lines);
	double less = harness ? 0 : samples_min(&report->lookup.harness);

	if (base)
		meet(limit,
		     (samples_min(&set->walk[TRACE_LINES]) - less) /
			     (samples_min(&base->walk[TRACE_LINES]) - less),
		     set);
}

static bool print_limit(const struct limit *limit, double slack, FILE *out)
{
	bool exceeded = limit->worst > limit->limit * slack;

	fprintf(out, "  %-58s %10.2f %10.2f  %s", limit->what, limit->limit, limit->worst,
		limit->worst <= limit->limit ? "kept" : "EXCEEDED");
	if (limit->where)
		fprintf(out, " (%s, IPv%d, %u lines)", set_kind_name(limit->where->kind),
			limit->where->family == ACL_IPV4 ? 4 : 6, limit->where->n_lines);
	fputc('\n', out);
	return exceeded;
}

uint32_t limits_print(const struct report *report, FILE *out, double slack)
{
	struct limit timed[] = {
		{"100 -> 10,000 lines, ratio, less the harness", 1.6, 0, NULL},
		{"100 -> 10,000 lines, ratio, with the harness", 1.6, 0, NULL},
		{"100 -> 100,000 lines, ratio, less the harness", 2.5, 0, NULL},
		{"100 -> 100,000 lines, ratio, with the harness", 2.5, 0, NULL},
		{"1,000 -> 10 and 100 lines, ratio, less the harness", 1.0, 0, NULL},
		{"nested prefixes, dearest packets, ns", NESTED_MAX_NS, 0, NULL},
		{"load, ms", MAX_LOAD_MS, report->lookup.load_ms, NULL},
		{"compiling 100,000 realistic lines, ms", MAX_BUILD_MS, 0, NULL},
		{"compiling 100,000 lines of any kind, ms", MAX_BUILD_MS, 0, NULL},
	};
	struct limit counted[] = {
		{"instructions that the verifier walks", MAX_INSNS,
		 report->lookup.verified_insns, NULL},
		{"bytes per line, 100,000 realistic lines of IPv4", MAX_BYTES, 0, NULL},
		{"bytes per line, 100,000 realistic lines of IPv6", MAX_BYTES, 0, NULL},
	};
	uint32_t exceeded = 0;

	for (uint32_t i = 0; i < report->n_sets; i++) {
		const struct bench_set *set = &report->sets[i];

		if (set->n_lines == LARGEST)
			meet(&timed[8], set->build_ms, set);
		if (set->kind == GEN_NESTED && !set->refused[0])
			meet(&timed[5],
			     report_cost(report, &set->walk[TRACE_WORST], false), set);
		if (!is_realistic(set))
			continue;
		if (set->n_lines == 10000)
			for (int h = 0; h < 2; h++)
				meet_ratio(report, &timed[h], set, BASE_LINES, h);
		if (set->n_lines == LARGEST) {
			for (int h = 0; h < 2; h++)
				meet_ratio(report, &timed[2 + h], set, BASE_LINES, h);
			meet(&timed[7], set->build_ms, set);
			meet(&counted[1 + set->family],
			     (double)acl_image_bytes(&set->image) / set->n_lines, set);
		}
		if (set->n_lines < SMALL_LINES)
			meet_ratio(report, &timed[4], set, SMALL_LINES, false);
	}
	fputs("\nLimits: what, limit, the worst found\n", out);
	for (size_t i = 0; i < sizeof(timed) / sizeof(timed[0]); i++)
		exceeded += print_limit(&timed[i], slack, out);
	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
		exceeded += print_limit(&counted[i], 1.0, out);
	return exceeded;
}
