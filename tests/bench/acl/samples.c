// SPDX-License-Identifier: GPL-2.0
/*
 * samples.c - minimum and median. See bench.h.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

void samples_add(struct bench_samples *samples, double ns)
{
	if (samples->n < MAX_SAMPLES)
		samples->ns[samples->n++] = ns;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The sample that a share of all is below. */
static double at_share(const struct bench_samples *samples, double share)
{
	double sorted[MAX_SAMPLES];

	if (!samples->n)
		return 0;
	memcpy(sorted, samples->ns, samples->n * sizeof(sorted[0]));
	qsort(sorted, samples->n, sizeof(sorted[0]), compare);
	return sorted[(uint32_t)(share * (samples->n - 1) + 0.5)];
}

double samples_min(const struct bench_samples *samples)
{
	return at_share(samples, 0);
}

double samples_median(const struct bench_samples *samples)
{
	return at_share(samples, 0.5);
}

double samples_max(const struct bench_samples *samples)
{
	return at_share(samples, 1);
}
