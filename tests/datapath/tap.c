// SPDX-License-Identifier: GPL-2.0
/*
 * tap.c - see tap.h.
 */
#include "tests/datapath/tap.h"

static unsigned int n_results, n_failed;

void tap_begin(bool ok)
{
	n_results++;
	n_failed += !ok;
	printf("%sok %u - ", ok ? "" : "not ", n_results);
}

int tap_done(void)
{
	printf("1..%u\n", n_results);
	if (!n_results)
		printf("datapath: no test was run\n");
	else if (n_failed)
		printf("datapath: %u of %u tests failed\n", n_failed, n_results);
	else
		printf("datapath: %u tests passed\n", n_results);
	return n_failed || !n_results ? EXIT_FAILURE : EXIT_SUCCESS;
}
