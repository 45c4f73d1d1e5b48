/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report.h - everything that was measured, and how it is shown.
 *
 * Who may include it: tests/bench/acl.
 */
#ifndef PINHOLE_BENCH_ACL_REPORT_H
#define PINHOLE_BENCH_ACL_REPORT_H

#include "peers.h"

struct bench_options {
	bool quick;
	bool peers;
	int cpu;
	uint32_t rounds;
	const char *json;
	const char *only; /* a kind */
	const char *commit;
};

struct report {
	struct bench_options options;
	struct bench_set *sets;
	uint32_t n_sets;
	struct lookup lookup;
	struct peers peers;
	double started_ns;
};

/* Tables to standard output, JSON to options.json. Return: 0 or -1, reported; with
 * options.quick also -1 if a limit is exceeded. */
int report_write(const struct report *report);

/* What one lookup costs without the harness; minimum or median of the runs. */
double report_cost(const struct report *report, const struct bench_samples *samples,
		   bool median);

/* The set of the same kind and family of so many lines; NULL: none. */
const struct bench_set *report_find(const struct report *report,
				    const struct bench_set *like, uint32_t n_lines);

/* ---- limits.c: issue's limits ---- */

/*
 * Print each limit and the worst figure that it meets. @slack: 1: as they are; more:
 * those of times are multiplied by it before they count as exceeded
 * Return: how many are exceeded, ratios to 100 lines not counted: lists of 100 lines have
 * been made faster than what these limits had in mind, and that is no fault.
 */
uint32_t limits_print(const struct report *report, FILE *out, double slack);

/* ---- json.c ---- */
int json_write(const struct report *report, FILE *out);

#endif /* PINHOLE_BENCH_ACL_REPORT_H */
