// SPDX-License-Identifier: GPL-2.0
/*
 * limits.c - what is promised of costs, and what the run found. See report.h.
 */
#include "report.h"
#include "sets.h"

#define SMALL_LINES   1000
#define LARGE	      10000
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

/* Ratio of minima. */
static void meet_ratio(const struct report *report, struct limit *limit,
		       const struct bench_set *set, uint32_t base_lines,
		       enum bench_trace_kind trace, bool harness)
{
	const struct bench_set *base = report_find(report, set, base_lines);
	double less = harness ? 0 : samples_min(&report->lookup.harness);

	if (base)
		meet(limit,
		     (samples_min(&set->walk[trace]) - less) /
			     (samples_min(&base->walk[trace]) - less),
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

/* By trace, then 10,000 and 100,000 lines, then without and with the harness. */
static void print_ratios(const struct report *report, FILE *out)
{
	struct limit ratios[2][2][2] = {
		{{{"100 -> 10,000 lines, ratio, random lines", 1.6, 0, NULL},
		  {"  the same with the harness", 1.6, 0, NULL}},
		 {{"100 -> 100,000 lines, ratio, random lines", 2.5, 0, NULL},
		  {"  the same with the harness", 2.5, 0, NULL}}},
		{{{"100 -> 10,000 lines, ratio, few flows", 1.6, 0, NULL},
		  {"  the same with the harness", 1.6, 0, NULL}},
		 {{"100 -> 100,000 lines, ratio, few flows", 2.5, 0, NULL},
		  {"  the same with the harness", 2.5, 0, NULL}}},
	};

	for (int trace = TRACE_LINES; trace <= TRACE_LOCAL; trace++)
		for (int large = 0; large < 2; large++)
			for (int harness = 0; harness < 2; harness++) {
				struct limit *limit = &ratios[trace][large][harness];

				for (uint32_t i = 0; i < report->n_sets; i++) {
					const struct bench_set *set = &report->sets[i];

					if (is_realistic(set) &&
					    set->n_lines == (large ? LARGEST : LARGE))
						meet_ratio(report, limit, set, BASE_LINES,
							   trace, harness);
				}
				print_limit(limit, 1.0, out);
			}
}

uint32_t limits_print(const struct report *report, FILE *out, double slack)
{
	struct limit small = {"1,000 -> 10 and 100 lines, ratio, random lines", 1.0, 0,
			      NULL};
	struct limit nested = {"nested prefixes, dearest packets, ns", NESTED_MAX_NS, 0,
			       NULL};
	struct limit load = {"loading the walk, ms", MAX_LOAD_MS, report->lookup.load_ms,
			     NULL};
	struct limit build = {"compiling 100,000 lines of any kind, ms", MAX_BUILD_MS, 0,
			      NULL};
	struct limit insns = {"instructions that the verifier walks", MAX_INSNS,
			      report->lookup.verified_insns, NULL};
	struct limit bytes = {"bytes per line, 100,000 realistic lines", MAX_BYTES, 0,
			      NULL};

	for (uint32_t i = 0; i < report->n_sets; i++) {
		const struct bench_set *set = &report->sets[i];

		if (set->n_lines == LARGEST)
			meet(&build, set->build_ms, set);
		if (set->kind == GEN_NESTED && !set->refused[0])
			meet(&nested, report_cost(report, &set->walk[TRACE_WORST], false),
			     set);
		if (is_realistic(set) && set->n_lines == LARGEST)
			meet(&bytes, (double)acl_image_bytes(&set->image) / set->n_lines,
			     set);
		if (is_realistic(set) && set->n_lines < SMALL_LINES)
			meet_ratio(report, &small, set, SMALL_LINES, TRACE_LINES, false);
	}
	fputs("\nLimits: what, limit, the worst found\n", out);
	print_ratios(report, out);
	return print_limit(&small, slack, out) + print_limit(&nested, slack, out) +
	       print_limit(&load, slack, out) + print_limit(&build, slack, out) +
	       print_limit(&insns, 1.0, out) + print_limit(&bytes, 1.0, out);
}
