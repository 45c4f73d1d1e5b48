// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - the promises of host mode, by real sockets: whose listener opens what, to
 * whom, and for how long.
 */
#include <stdio.h>

#include "tests/host/promises.h"

static const struct {
	const char *name;
	unsigned (*check)(void);
} promises[] = {
#define X(NAME) {#NAME, NAME},
	PROMISES(X)
#undef X
};

int main(void)
{
	size_t n = sizeof(promises) / sizeof(promises[0]);
	unsigned failures = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	world_open();
	for (size_t i = 0; i < n; i++) {
		unsigned failed = promises[i].check();

		printf("%s %zu - %s\n", failed ? "not ok" : "ok", i + 1,
		       promises[i].name);
		failures += failed != 0;
	}
	world_close();
	printf("1..%zu\n", n);
	return failures ? 1 : 0;
}
